//! The simulated switch, from outside: on loopback, by octets that a client would send. Every wait has an end.

#[path = "common/program.rs"]
mod program;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use esl_proto::{Decoder, Limits, Message, RecvBuf, Step};
use program::program;

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Switch {
    child: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Switch {
    fn start(options: &[&str]) -> Self {
        let mut command = Command::new(program("switch"));
        command.args(["--listen", "127.0.0.1:0", "--seconds", "120"]).args(options);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        Self { child, output, address }
    }

    /// A client that has seen the greeting.
    fn stranger(&self) -> Client {
        let mut client = Client::new(TcpStream::connect(self.address).unwrap());
        assert_eq!(client.next().unwrap().text, "Content-Type: auth/request\n\n");
        client
    }

    fn client(&self) -> Client {
        let mut client = self.stranger();
        assert_eq!(client.reply("auth ClueCon"), "+OK accepted");
        client
    }

    /// Whether the program ends by itself, and well.
    fn ends(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Kilobytes of memory.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut rest = String::new();
        let _ = self.output.read_to_string(&mut rest);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Reply,
    Api,
    Event,
    Log,
    Other,
}

/// A frame that has come, as text, and what the tests ask of it.
struct Heard {
    kind: Kind,
    text: String,
    /// The reply's text, or the body.
    said: String,
    event: Option<String>,
    headers: Vec<(String, String)>,
}

impl Heard {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

struct Client {
    socket: TcpStream,
    decoder: Decoder,
    buffer: RecvBuf<Vec<u8>>,
    /// Events that have come before a reply.
    events: std::collections::VecDeque<Heard>,
}

impl Client {
    fn new(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let (decoder, buffer) = (Decoder::new(Limits::DEFAULT), RecvBuf::new(vec![0; 1 << 20]));
        Self { socket, decoder, buffer, events: Default::default() }
    }

    fn say(&mut self, octets: impl AsRef<[u8]>) {
        self.socket.write_all(octets.as_ref()).unwrap();
    }

    /// The next frame; [`None`] at the end of the stream.
    fn next(&mut self) -> Option<Heard> {
        loop {
            let step = self.decoder.decode(self.buffer.filled()).unwrap();
            let consumed = step.consumed();
            if let Step::Frame { frame, .. } = step {
                let text = String::from_utf8_lossy(&self.buffer.filled()[..consumed]).into_owned();
                let heard = heard(Message::from(frame), text);
                self.buffer.consume(consumed);
                return Some(heard);
            }
            self.buffer.consume(consumed);
            let count = self.socket.read(self.buffer.spare_mut()).unwrap();
            if count == 0 {
                assert!(self.buffer.filled().is_empty(), "the stream ends in the middle of a frame");
                return None;
            }
            self.buffer.commit(count);
        }
    }

    /// Sends a command and says what the reply to it says.
    fn reply(&mut self, command: &str) -> String {
        self.say(format!("{command}\n\n"));
        self.answer(Kind::Reply)
    }

    fn api(&mut self, command: &str) -> String {
        self.say(format!("api {command}\n\n"));
        self.answer(Kind::Api)
    }

    fn answer(&mut self, kind: Kind) -> String {
        loop {
            let heard = self.next().expect("an answer");
            match heard.kind {
                Kind::Event | Kind::Log => self.events.push_back(heard),
                other => {
                    assert_eq!(other, kind, "{}", heard.text);
                    return heard.said;
                }
            }
        }
    }

    /// The next event of this name; those before it are forgotten.
    fn event(&mut self, name: &str) -> Heard {
        loop {
            let heard = self.events.pop_front().or_else(|| self.next()).expect("an event");
            if heard.event.as_deref() == Some(name) {
                return heard;
            }
        }
    }
}

fn heard(message: Message<'_>, text: String) -> Heard {
    let mut heard = Heard { kind: Kind::Other, text, said: String::new(), event: None, headers: Vec::new() };
    match message {
        Message::Reply(reply) => {
            heard.kind = Kind::Reply;
            heard.said = reply.text().to_string();
        }
        Message::ApiResponse(response) => {
            heard.kind = Kind::Api;
            heard.said = String::from_utf8_lossy(response.body()).into_owned();
        }
        Message::Event(event) => {
            heard.kind = Kind::Event;
            heard.event = event.name().map(|name| name.to_string());
            heard.headers = event.headers().map(|header| (header.name.to_string(), header.value.to_string())).collect();
            heard.said = event.body().map(|body| body.to_string()).unwrap_or_default();
        }
        Message::Log(_) => heard.kind = Kind::Log,
        _ => {}
    }
    heard
}

#[test]
fn passwords_users_and_addresses() {
    let user = "bob@test.local:secret;events=HEARTBEAT,CHANNEL_ANSWER;api=status;log=false";
    let switch = Switch::start(&["--user", user, "--deny", "127.0.0.66/32"]);
    let mut wrong = switch.stranger();
    assert_eq!(wrong.reply("api status"), "-ERR command not found");
    assert_eq!(wrong.reply("auth wrong"), "-ERR invalid");
    assert!(wrong.next().unwrap().text.starts_with("Content-Type: text/disconnect-notice\n"));
    assert!(wrong.next().is_none());

    let mut bob = switch.stranger();
    bob.say("userauth bob@test.local:secret\n\n");
    let rights = "Allowed-Events: HEARTBEAT,CHANNEL_ANSWER\nAllowed-API: status\nAllowed-LOG: false\n\n";
    assert!(bob.next().unwrap().text.ends_with(rights));
    assert_eq!(bob.reply("api version"), "-ERR permission denied");
    assert!(bob.api("status").starts_with("UP 0 years"));
    assert_eq!(bob.reply("event plain ALL"), "-ERR permission denied");
    assert_eq!(bob.reply("event plain CHANNEL_ANSWER"), "+OK event listener enabled plain");
    assert_eq!(bob.reply("log 7"), "-ERR permission denied");

    // Only where the whole of 127.0.0.0/8 is this host.
    if cfg!(target_os = "linux") {
        let output = Command::new("python3")
            .args([
                "-c",
                "import socket,sys; s=socket.create_connection((sys.argv[1],int(sys.argv[2])),5,('127.0.0.66',0))
while d:=s.recv(4096): sys.stdout.write(d.decode())",
            ])
            .args([switch.address.ip().to_string(), switch.address.port().to_string()])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.starts_with("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"),
            "{text}"
        );
        assert!(text.ends_with("See you at ClueCon! http://www.cluecon.com/\n"), "{text}");
    }
}

#[test]
fn a_call_from_its_beginning_to_its_end() {
    let switch = Switch::start(&[]);
    for format in ["plain", "json", "xml"] {
        let mut client = switch.client();
        assert_eq!(client.reply(&format!("event {format} ALL")), format!("+OK event listener enabled {format}"));
        let job = client.reply("bgapi originate {origination_caller_id_name='Ada & Co',a='100%41'}user/1000 &park");
        let job = job.strip_prefix("+OK Job-UUID: ").unwrap().to_owned();
        for name in ["CHANNEL_OUTGOING", "CHANNEL_CREATE", "CHANNEL_ORIGINATE", "CHANNEL_PROGRESS", "CHANNEL_ANSWER"] {
            let event = client.event(name);
            assert_eq!(event.get("Caller-Caller-ID-Name"), Some("Ada & Co"), "{format}");
            // Plain and XML lose this one, as the real server does.
            let exact = if format == "json" { "100%41" } else { "100A" };
            // This event has no variables at all.
            let exact = (name != "CHANNEL_OUTGOING").then_some(exact);
            assert_eq!(event.get("variable_a"), exact, "{format}");
        }
        let done = client.event("BACKGROUND_JOB");
        assert_eq!(done.get("Job-UUID"), Some(job.as_str()));
        let uuid = done.said.trim().strip_prefix("+OK ").unwrap().to_owned();
        assert_eq!(client.event("CHANNEL_EXECUTE").get("Application"), Some("park"));
        client.event("CHANNEL_PARK");

        let order = "call-command: execute\nexecute-app-name: set\nexecute-app-arg: x=1\nEvent-UUID: my app\nloops: 2";
        assert_eq!(client.reply(&format!("sendmsg {uuid}\n{order}")), "+OK");
        for _ in 0..2 {
            assert_eq!(client.event("CHANNEL_EXECUTE").get("Application-UUID"), Some("my app"));
            assert_eq!(client.event("CHANNEL_EXECUTE_COMPLETE").get("variable_x"), Some("1"));
        }
        assert_eq!(client.api(&format!("uuid_getvar {uuid} x")), "1");
        assert_eq!(client.api(&format!("uuid_getvar {uuid} nosuch")), "_undef_");
        assert_eq!(client.api(&format!("uuid_send_dtmf {uuid} 7")), format!("+OK {uuid} sent DTMF 7.\n"));
        assert_eq!(client.event("DTMF").get("DTMF-Digit"), Some("7"));
        assert!(client.api("show channels").ends_with("\n\n1 total.\n"));
        assert!(client.api("show calls as json").contains(&uuid));
        assert!(client.api(&format!("uuid_dump {uuid}")).starts_with("Event-Name: CHANNEL_DATA\n"));

        assert_eq!(client.reply(&format!("sendmsg {uuid}\ncall-command: hangup\nhangup-cause: 17")), "+OK");
        for name in ["CHANNEL_HANGUP", "CHANNEL_UNPARK", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"] {
            assert_eq!(client.event(name).get("Hangup-Cause"), Some("USER_BUSY"), "{name}");
        }
        assert_eq!(client.event("CHANNEL_STATE").get("Channel-State"), Some("CS_DESTROY"));
        assert_eq!(client.api(&format!("uuid_kill {uuid}")), "-ERR No such channel!\n");
        assert_eq!(client.reply("exit"), "+OK bye");
    }
}

#[test]
fn an_unknown_application_ends_the_call() {
    let switch = Switch::start(&[]);
    let mut client = switch.client();
    client.reply("event plain ALL");
    let uuid = client.api("originate user/1 &park").trim().replace("+OK ", "");
    client.reply(&format!("sendmsg {uuid}\ncall-command: execute\nexecute-app-name: nosuch"));
    assert_eq!(client.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("DESTINATION_OUT_OF_ORDER"));
    assert_eq!(client.api("originate error/USER_BUSY &park"), "-ERR USER_BUSY\n");
    assert_eq!(client.api("originate nowhere &park"), "-ERR CHAN_NOT_IMPLEMENTED\n");
    assert_eq!(client.api("nosuch thing"), "-ERR nosuch Command not found!\n");
    assert_eq!(client.api("global_getvar nosuch"), "-ERR no reply\n");
}

#[test]
fn two_calls_are_bridged() {
    let switch = Switch::start(&[]);
    let mut client = switch.client();
    client.reply("event json CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HANGUP");
    let [one, other] =
        [1, 2].map(|user| client.api(&format!("originate user/{user} &park")).trim().replace("+OK ", ""));
    assert_eq!(client.api(&format!("uuid_bridge {one} {other}")), format!("+OK {other}\n"));
    assert_eq!(client.event("CHANNEL_BRIDGE").get("Other-Leg-Unique-ID"), Some(other.as_str()));
    assert!(client.api("show calls").ends_with("\n\n1 total.\n"));
    client.api(&format!("uuid_kill {one} NO_ANSWER"));
    assert_eq!(client.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("NO_ANSWER"));
    client.event("CHANNEL_UNBRIDGE");
    assert_eq!(client.event("CHANNEL_HANGUP").get("Unique-ID"), Some(other.as_str()));
}

#[test]
fn events_of_other_clients_heartbeats_and_log_lines() {
    let switch = Switch::start(&["--heartbeat", "0.2"]);
    let (mut one, mut other) = (switch.client(), switch.client());
    one.reply("event json CUSTOM a::b");
    one.reply("filter Foo /^b[a-z]r$/");
    other.say("sendevent CUSTOM\nEvent-Subclass: a::b\nFoo: no\n\n");
    other.answer(Kind::Reply);
    other.say("sendevent CUSTOM\nEvent-Subclass: a::b\nFoo: bar\nBar[1]: x\nContent-Length: 4\n\nbody");
    let uuid = other.answer(Kind::Reply).replace("+OK ", "");
    let event = one.event("CUSTOM");
    assert_eq!((event.get("Event-UUID"), event.said.as_str()), (Some(uuid.as_str()), "body"));
    assert!(event.text.contains(r#""Bar":["","x"]"#), "{}", event.text);
    assert_eq!(one.reply("filter delete all"), "+OK filter deleted. [all][]");
    one.reply("event plain HEARTBEAT");
    assert_eq!(one.event("HEARTBEAT").get("Event-Info"), Some("System Ready"));
    one.reply("log 5");
    other.api("originate user/1 &hangup");
    let line = std::iter::from_fn(|| one.next()).find(|heard| heard.kind == Kind::Log).unwrap();
    assert!(line.text.contains("Callstate Change DOWN -> RINGING\n"), "{}", line.text);
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

#[test]
fn a_program_has_its_call() {
    for (mode, socket_mode) in [("async", "async"), ("sync", "static")] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut switch = Switch::start(&["--outbound", &address, "--mode", mode, "--control", "full"]);
        let mut call = Client::new(listener.accept().unwrap().0);
        call.say("connect\n\n");
        let connected = call.next().unwrap();
        let end = format!("Reply-Text: %2BOK%0A\nSocket-Mode: {socket_mode}\nControl: full\n\n");
        assert!(connected.text.ends_with(&end), "{}", connected.text);
        assert_eq!(call.reply("myevents"), "+OK Events Enabled");
        assert_eq!(call.reply("myevents"), "-ERR aready enabled.");
        assert_eq!(call.reply("linger 1"), "+OK will linger 1 seconds");
        let order = "call-command: execute\nexecute-app-name: playback\nexecute-app-arg: x.wav\nEvent-UUID: e";
        call.say(format!("sendmsg\n{order}\n\n"));
        assert_eq!(call.answer(Kind::Reply), "+OK");
        // Where it is synchronous all of its events come after the reply, otherwise its end does.
        if mode == "sync" {
            assert!(call.events.iter().all(|heard| heard.get("Application-UUID") != Some("e")));
        }
        assert_eq!(call.event("CHANNEL_EXECUTE_COMPLETE").get("Application-Response"), Some("FILE PLAYED"));
        assert_eq!(call.reply("getvar direction"), "outbound");
        assert_eq!(call.reply("getvar nosuch"), "-ERR command not found");
        assert_eq!(call.reply("sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY"), "+OK");
        call.event("CHANNEL_HANGUP");
        let rest: Vec<Heard> = std::iter::from_fn(|| call.next()).collect();
        let notices: Vec<&str> = rest
            .iter()
            .filter_map(|heard| heard.text.split("Content-Disposition: ").nth(1)?.split('\n').next())
            .collect();
        assert_eq!(notices, ["linger", "disconnect"]);
        // The channel's end never comes on its own connection.
        assert!(rest.iter().all(|heard| heard.event.as_deref() != Some("CHANNEL_DESTROY")));
        assert!(switch.ends());
    }
}

#[test]
fn calls_to_an_extension_connect_to_its_program() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let extension = format!("9000={}", listener.local_addr().unwrap());
    let switch = Switch::start(&["--extension", &extension]);
    let mut client = switch.client();
    client.say("bgapi originate user/1 9000\n\n");
    let mut call = Client::new(listener.accept().unwrap().0);
    call.say("myevents\n\n");
    call.say("connect\n\n");
    // The first command is not `connect`: it has no reply.
    assert!(call.next().unwrap().text.starts_with("Event-Name: CHANNEL_DATA\n"));
    assert_eq!(call.reply("linger"), "-ERR command not found", "needs full");
    assert_eq!(call.reply("exit"), "+OK bye");
    let rest: Vec<Heard> = std::iter::from_fn(|| call.next()).collect();
    assert!(rest.last().unwrap().text.ends_with("See you at ClueCon! http://www.cluecon.com/\n"));
}

#[test]
fn load_and_shutdown() {
    let mut switch = Switch::start(&["--calls-per-second", "20"]);
    let mut client = switch.client();
    client.reply("event plain CHANNEL_CREATE CHANNEL_DESTROY");
    for _ in 0..5 {
        client.event("CHANNEL_CREATE");
        client.event("CHANNEL_DESTROY");
    }
    client.say("api fsctl shutdown\n\n");
    let rest: Vec<Heard> = std::iter::from_fn(|| client.next()).collect();
    assert!(rest.last().unwrap().text.ends_with("\n\nThe system is being shut down.\n"));
    assert!(switch.ends());
}

#[test]
fn wrong_options_are_said() {
    for options in
        [&["--listen", "nowhere"][..], &["--what"], &["--deny", "1.2.3.4/99", "--mode", "x"], &["--user", "x"]]
    {
        let output = Command::new(program("switch")).args(options).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(!output.stderr.is_empty());
    }
    let output = Command::new(program("switch")).arg("--help").output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"usage: switch"));
}
