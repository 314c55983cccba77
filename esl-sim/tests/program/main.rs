//! The program `esl-switch`, on loopback: its options, its sockets, its end. What the switch does is tested without it.

mod harness;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use harness::{Client, Heard, Kind, PATIENCE, Switch};

#[test]
fn wrong_options_are_said() {
    for options in [
        &["--listen", "nowhere"][..],
        &["--what"],
        &["--deny", "1.2.3.4/99", "--mode", "x"],
        &["--user", "x"],
        &["--register", "@x"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_esl-switch")).args(options).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(!output.stderr.is_empty());
    }
    let output = Command::new(env!("CARGO_BIN_EXE_esl-switch")).arg("--help").output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"usage: esl-switch"));
}

#[test]
fn who_is_registered_is_said() {
    let switch =
        Switch::start(&["--register", "1000@x.org", "--register", "1001@x.org=sofia/internal/sip:1001@192.0.2.1"]);
    let table = switch.client().api("show registrations");
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..4], ["reg_user", "realm", "token", "url"]);
    assert_eq!((rows[1][0], rows[1][1], rows[1][3]), ("1000", "x.org", "sofia/internal/sip:1000@127.0.0.1:5060"));
    assert_eq!(rows[2][3], "sofia/internal/sip:1001@192.0.2.1");
}

/// A client with this address is turned away. Only where the whole of 127.0.0.0/8 is this host.
fn assert_denied(switch: &Switch, from: &str) {
    const CONNECT: &str = "import socket, sys
socket = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5, (sys.argv[2], 0))
while octets := socket.recv(4096): sys.stdout.write(octets.decode())";
    if cfg!(target_os = "linux") {
        let arguments = ["-c", CONNECT, &switch.address.port().to_string(), from];
        let text = String::from_utf8(Command::new("python3").args(arguments).output().unwrap().stdout).unwrap();
        let rejection = "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n";
        assert!(text.starts_with(rejection) && text.ends_with(GOODBYE), "{text}");
    }
}

#[test]
fn addresses_are_turned_away() {
    assert_denied(&Switch::start(&["--deny", "127.0.0.66/32"]), "127.0.0.66");
    // A socket for both kinds of addresses gives the older kind another look.
    if TcpListener::bind("[::]:0").is_ok() {
        assert_denied(&Switch::start(&["--listen", "[::]:0", "--deny", "127.0.0.64/26"]), "127.0.0.66");
    }
}

/// The last frame is that notice, and nothing comes after it.
fn assert_ends_with(client: &mut Client, notice: &str) {
    let rest: Vec<Heard> = std::iter::from_fn(|| client.next()).collect();
    let last = &rest.last().unwrap().text;
    assert!(last.starts_with("Content-Type: text/disconnect-notice\n") && last.ends_with(notice), "{last}");
}

const GOODBYE: &str = "\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";

#[cfg(unix)]
#[test]
fn whoever_ends_it_from_outside_ends_it_well() {
    for signal in ["-INT", "-TERM"] {
        let mut switch = Switch::start(&[]);
        let (mut stranger, mut client) = (switch.stranger(), switch.client());
        let done = Command::new("kill").args([signal, &switch.child.id().to_string()]).status().unwrap();
        assert!(done.success());
        for client in [&mut stranger, &mut client] {
            assert_ends_with(client, "\n\nThe system is being shut down.\n");
        }
        assert!(switch.ends(), "{signal}");
    }
}

#[test]
fn nobody_keeps_others_from_being_served() {
    let switch = Switch::start(&["--queue", "50", "--max-connections", "400"]);
    let before = switch.memory();
    // Some say nothing, some half a command, some a head without an end.
    let mut idle: Vec<Client> = (0..300).map(|_| switch.stranger()).collect();
    for (place, client) in idle.iter_mut().enumerate() {
        match place % 3 {
            0 => {}
            1 => client.say("api sta"),
            _ => client.say("sendevent CUSTOM\nContent-Length: 1000000\n\nhalf a body"),
        }
    }
    let each = switch.memory().saturating_sub(before) / 300;
    assert!(each < 100, "{each} kB a connection");
    // One wants all events and reads none.
    let mut slow = switch.client();
    slow.reply("event plain ALL");
    let mut client = switch.client();
    let long = "x".repeat(20_000);
    for _ in 0..1500 {
        client.say(format!("sendevent CUSTOM\nEvent-Subclass: a::b\nFoo: {long}\n\n"));
        assert!(client.answer(Kind::Reply).starts_with("+OK "));
    }
    assert!(client.api("status").starts_with("UP "));
    assert!(switch.memory() < before + 80_000, "{} kB", switch.memory());
    let mut last = None;
    let mut octets = Vec::new();
    let _ = slow.socket.read_to_end(&mut octets).map(|_| last = Some(()));
    assert!(octets.len() > 100_000 && octets.len() < 1500 * 20_000, "{}", octets.len());
    // One says more and more while nothing is answered: it waits, as for any socket that is not read.
    let mut eager = switch.client();
    eager.say("api msleep 100000\n\n");
    eager.socket.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let flood = vec![b'\n'; 1 << 20];
    assert!((0..64).any(|_| eager.socket.write_all(&flood).is_err()));
    assert!(switch.memory() < before + 90_000, "{} kB", switch.memory());
    // A head without an end.
    let mut endless = switch.client();
    endless.say(vec![b'x'; 200_000]);
    assert!(endless.next().unwrap().text.starts_with("Content-Type: text/disconnect-notice\n"));
    // And one too many is turned away at once.
    let mut many: Vec<TcpStream> = (0..120).map(|_| TcpStream::connect(switch.address).unwrap()).collect();
    let last = many.last_mut().unwrap();
    last.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(last.read(&mut [0; 10]).unwrap_or(0), 0);
    assert!(client.api("status").starts_with("UP "));
}

/// Connects so many times, says how often it could, and holds on until its input ends.
const HOLD: &str = "import resource, socket, sys
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
held = []
try:
    for _ in range(int(sys.argv[3])):
        held.append(socket.create_connection((sys.argv[1], int(sys.argv[2])), 30))
        held[-1].recv(100)
except OSError as error:
    print(error, file=sys.stderr)
print(len(held), flush=True)
sys.stdin.read()";

#[test]
fn thousands_that_say_nothing_cost_little() {
    const MANY: usize = 2500;
    let switch = Switch::start(&["--max-connections", "3000", "--patience", "300"]);
    let before = switch.memory();
    let address = [switch.address.ip().to_string(), switch.address.port().to_string(), MANY.to_string()];
    let mut command = Command::new("python3");
    command.args(["-c", HOLD]).args(address).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut holder = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let held: u64 = line.trim().parse().unwrap();
    if held < MANY as u64 {
        println!("only {held} connections: this machine allows no more open files");
    }
    let each = (switch.memory() - before) / held;
    assert!(each < 32, "{each} kB a connection");
    // Nothing turns round and round for them.
    let used = switch.processor_ticks();
    std::thread::sleep(Duration::from_secs(2));
    assert!(switch.processor_ticks() - used < 20, "{} ticks", switch.processor_ticks() - used);
    let mut client = switch.client();
    assert!(client.api("status").starts_with("UP "));
    client.reply("event plain HEARTBEAT");
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    assert!(client.api("status").starts_with("UP "));
}

#[test]
fn what_waits_is_bounded_in_octets_too() {
    let switch = Switch::start(&["--queue-octets", "4000000"]);
    let mut client = switch.client();
    let before = switch.memory();
    let mut slow: Vec<Client> = (0..3).map(|_| switch.client()).collect();
    slow.iter_mut().for_each(|slow| drop(slow.reply("event plain ALL")));
    let body = "x".repeat(500_000);
    for _ in 0..200 {
        client.say(format!("sendevent CUSTOM\nContent-Length: {}\n\n{body}", body.len()));
        assert!(client.answer(Kind::Reply).starts_with("+OK "));
    }
    assert!(switch.memory() < before + 40_000, "{} kB", switch.memory() - before);
    for mut slow in slow {
        let mut octets = Vec::new();
        let _ = slow.socket.read_to_end(&mut octets);
        assert!(octets.len() < 100_000_000, "{}", octets.len());
    }
}

#[test]
fn nobody_at_the_programs_address_is_said() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let arguments = ["--outbound", &address];
    let output = Command::new(env!("CARGO_BIN_EXE_esl-switch")).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with(&format!("esl-switch: {address}: ")), "{error}");
}

#[test]
#[ignore = "it waits a minute by the clock, and differs where the machine is too busy: make soak runs it"]
fn answers_and_events_have_the_shape_of_a_real_servers() {
    let switch = Switch::start(&[]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/answers");
    let [master, production] = ["1.11.3-dev", "1.10.12"].map(|version| format!("{folder}/freeswitch-{version}.json"));
    let compare = |haste: &str, one: &str, other: &str| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/compare.py");
        let output = Command::new("python3").args([script, "--haste", haste, one, other]).output().unwrap();
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    };
    compare("10", &master, &switch.address.to_string());
    // And what production runs says the same.
    compare("1", &master, &production);
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[test]
fn a_call_connects_to_its_program_and_ends_with_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut switch = Switch::start(&["--outbound", &address, "--mode", "sync"]);
    let mut call = Client::new(listener.accept().unwrap().0);
    call.say("connect\n\n");
    assert!(call.next().unwrap().text.ends_with("Socket-Mode: static\nControl: full\n\n"));
    let order = "call-command: execute\nexecute-app-name: playback\nexecute-app-arg: x.wav";
    assert_eq!(call.reply(&format!("sendmsg\n{order}")), "+OK");
    assert_eq!(call.reply("exit"), "+OK bye");
    let rest: Vec<Heard> = std::iter::from_fn(|| call.next()).collect();
    assert!(rest.last().unwrap().text.ends_with(GOODBYE));
    assert!(switch.ends());
}
