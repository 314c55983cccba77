//! The example programs against a simulated switch, on loopback and by the clock. Every wait has an end.

mod common;
#[path = "../../esl-proto/tests/common/program.rs"]
mod program;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::Switch;
use esl_sim::{Config, Program, Sim, User};
use esl_tokio::Options;
use esl_tokio::name::{EventName, Format, HangupCause};
use program::program;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves a switch on loopback: its address.
async fn serve(switch: &Switch) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let switch = switch.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut stream = switch.connect();
            tokio::spawn(async move { copy_bidirectional(&mut socket, &mut stream).await });
        }
    });
    address
}

fn start(name: &str, words: &[&str]) -> Child {
    let mut command = Command::new(program(name));
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs a program to its end: its exit status, and what it has said.
async fn run(name: &str, words: &[&str]) -> (Option<i32>, String, String) {
    let (name, words) = (name.to_owned(), words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    let running = spawn_blocking(move || {
        let words: Vec<&str> = words.iter().map(|word| &**word).collect();
        finish(start(&name, &words))
    });
    let output = running.await.unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Waits for the end of a program, and ends it if that takes too long.
fn finish(mut child: Child) -> Output {
    let deadline = Instant::now() + PATIENCE;
    let id = child.id();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = |mut from: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            from.read_to_end(&mut text).unwrap();
            text
        })
    };
    let (stdout, stderr) = (read(Box::new(stdout)), read(Box::new(stderr)));
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() };
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("process {id} did not end by itself");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn each_program_tells_of_itself_and_of_trouble() {
    for name in ["monitor", "command", "ivr", "dialer", "proxy"] {
        let (status, help, _) = run(name, &["--help"]).await;
        assert!(status == Some(0) && help.starts_with(&format!("usage: {name} ")), "{name}: {help}");
        let (status, _, wrong) = run(name, &["--nosuch"]).await;
        assert!(status == Some(2) && wrong.starts_with(&format!("{name}: unknown option '--nosuch'")), "{wrong}");
    }
    for words in [&["monitor", "127.0.0.1:1"][..], &["command", "--host", "127.0.0.1:1", "api", "status"]] {
        let (status, _, wrong) = run(words[0], &words[1..]).await;
        assert!(status == Some(3) && wrong.contains("127.0.0.1:1: "), "{wrong}");
    }
    for server in ["localhost", "localhost:", "localhost:x"] {
        assert_eq!(run("monitor", &[server]).await.0, Some(2), "{server}");
    }
}

#[tokio::test]
async fn command_tells_success_from_failure() {
    let user = User {
        name: "bob".into(),
        domain: "x.org".into(),
        password: "secret".into(),
        events: Some("HEARTBEAT".into()),
        api: Some("status".into()),
        log: false,
    };
    let switch = Switch::with(Config { users: vec![user], ..Config::default() }, 1 << 16);
    let at = serve(&switch).await;
    let command = async |words: &[&str]| run("command", &[&["--host", &at], words].concat()).await;
    let (status, said, _) = command(&["--", "api", "status"]).await;
    assert!(status == Some(0) && said.starts_with("UP "), "{said}");
    assert_eq!(command(&["api eval x"]).await, (Some(0), "x\n".into(), String::new()));
    assert_eq!(command(&["api", "nosuch"]).await.0, Some(1));
    assert_eq!(command(&["api", "uuid_kill"]).await.0, Some(1));
    let (status, said, _) = command(&["bgapi", "originate", "user/1000", "&park()"]).await;
    assert!(status == Some(0) && said.starts_with("+OK "), "{said}");
    assert_eq!(command(&["bgapi", "originate", "error/USER_BUSY", "&park()"]).await.1, "-ERR USER_BUSY\n");
    let denied = command(&["--user", "bob@x.org:secret", "api", "version"]).await;
    assert_eq!((denied.0, &*denied.1), (Some(1), "-ERR permission denied\n"));
    assert_eq!(command(&["--user", "bob@x.org:secret", "bgapi", "status"]).await.0, Some(1));
    let (status, _, wrong) = command(&["--password", "x", "api", "status"]).await;
    assert_eq!((status, wrong), (Some(3), format!("command: {at}: password refused\n")));
    let (status, _, wrong) = command(&["--timeout", "0.3", "api", "msleep", "3000"]).await;
    assert_eq!((status, wrong), (Some(3), format!("command: {at}: no answer in time\n")));
    for wrong in [&["--", "api status\n\nexit"][..], &["nonsense"], &[], &["--timeout", "x"]] {
        assert_eq!(command(wrong).await.0, Some(2), "{wrong:?}");
    }
}

/// A program whose lines are read while it runs. It ends with this.
struct Watched {
    child: Child,
    lines: UnboundedReceiver<String>,
    text: String,
}

impl Watched {
    async fn start(name: &'static str, words: &[&str]) -> Self {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let started =
            spawn_blocking(move || start(name, &words.iter().map(|word| &**word).collect::<Vec<_>>())).await.unwrap();
        let (mut child, (sender, lines)) = (started, unbounded_channel());
        let outputs: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line + "\n"))
            });
        }
        Self { child, lines, text: String::new() }
    }

    /// Waits until it says a line of this kind, on standard output or for errors.
    async fn until(&mut self, is_it: impl Fn(&str) -> bool) {
        let found = async {
            while let Some(line) = self.lines.recv().await {
                self.text += &line;
                if is_it(line.trim_end()) {
                    return true;
                }
            }
            false
        };
        let found = timeout(PATIENCE, found).await;
        assert_eq!(found, Ok(true), "{}", self.text);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until somebody has subscribed to what happens to calls.
async fn somebody_hears(switch: &Switch) {
    let hears = async {
        // It is about no call.
        while switch.act(|sim| sim.fire("CALL_UPDATE", &[], None)) == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, hears).await.expect("nobody subscribes");
}

#[tokio::test]
async fn monitor_tells_what_came_and_went_and_connects_again() {
    let switch = Switch::start();
    let at = serve(&switch).await;
    switch.act(|sim| sim.api("originate", "user/1 &park()"));
    let mut monitor = Watched::start("monitor", &[&at]).await;
    somebody_hears(&switch).await;
    let fs = switch.session().await;
    let call = fs.api("originate user/1000 &park()").await.unwrap().detail().into_owned();
    monitor.until(|line| line.contains("ACTIVE") && line.ends_with(&call)).await;
    assert!(!fs.api(format!("uuid_kill {call} USER_BUSY")).await.unwrap().is_err());
    monitor.until(|line| line.contains("HANGUP") && line.ends_with(&format!("USER_BUSY {call}"))).await;
    switch.act(Sim::shut_down);
    monitor.until(|line| line.contains("gap: server is shutting down")).await;
    let fs = switch.session().await;
    let second = fs.api("originate user/1000 &park()").await.unwrap().detail().into_owned();
    monitor.until(|line| line.ends_with(&second)).await;
    let last = monitor.text.lines().rfind(|line| line.ends_with(&call)).unwrap();
    assert!(last.contains("HANGUP"), "{}", monitor.text);
    assert_eq!(run("monitor", &[&at, "--once-for", "0.1"]).await.0, Some(0));
}

#[tokio::test]
async fn monitor_prints_events_as_json() {
    let switch = Switch::start();
    let at = serve(&switch).await;
    let mut monitor = Watched::start("monitor", &[&at, "--json"]).await;
    somebody_hears(&switch).await;
    let fs = switch.session().await;
    fs.api("originate {a='x\ty é'}user/1000 &park()").await.unwrap();
    let read = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    monitor.until(|line| read(line)["Event-Name"] == "CHANNEL_ANSWER").await;
    let events: Vec<serde_json::Value> = monitor.text.lines().map(read).collect();
    assert!(events.iter().all(|event| event["Event-Name"].is_string()));
    let answer = events.last().unwrap();
    assert_eq!(
        (&answer["Event-Name"], &answer["variable_a"]),
        (&"CHANNEL_ANSWER".into(), &"x\ty é".into()),
        "{answer}"
    );
}

/// A program on a terminal of its own, which `script` makes. It ends with this.
#[cfg(target_os = "linux")]
struct OnTerminal {
    child: Child,
    typed: std::process::ChildStdin,
    shown: std::sync::mpsc::Receiver<Vec<u8>>,
    text: String,
}

#[cfg(target_os = "linux")]
impl OnTerminal {
    fn start(name: &str, words: &[&str], env: &[(&str, &str)]) -> Self {
        // `exec`: a shell that stays would itself be ended by what is typed.
        let line = [&["exec", &program(name).display().to_string()], words].concat().join(" ");
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).envs(env.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (typed, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, shown) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut room = [0; 4096];
            while let Ok(count @ 1..) = std::io::Read::read(&mut output, &mut room) {
                let _ = sender.send(room[..count].to_vec());
            }
        });
        Self { child, typed, shown, text: String::new() }
    }

    /// Waits until something is shown; for all if that is nothing.
    fn until(&mut self, text: Option<&str>) {
        let deadline = Instant::now() + PATIENCE;
        while text.is_none_or(|text| !self.text.contains(text)) {
            match self.shown.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(octets) => self.text.push_str(&String::from_utf8_lossy(&octets)),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) if text.is_none() => return,
                Err(error) => panic!("{error}, {text:?}: {:?}", self.text),
            }
        }
    }
}

#[cfg(target_os = "linux")]
impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn monitor_gives_the_terminal_back() {
    let switch = Switch::start();
    let at = serve(&switch).await;
    let fs = switch.session().await;
    for colours in ["", "1"] {
        let mut terminal = OnTerminal::start("monitor", &[&at], &[("NO_COLOR", colours)]);
        // It has asked for the calls that there are, and hears of the others.
        tokio::task::block_in_place(|| terminal.until(Some("Ctrl-C ends it")));
        // Two calls, one of them answered.
        let call = fs.api("originate user/1000 &park()").await.unwrap().detail().into_owned();
        let other = [("Unique-ID", "u"), ("Call-Direction", "inbound"), ("Channel-Call-State", "RINGING")];
        switch.act(|sim| sim.fire("CHANNEL_CREATE", &other, None));
        tokio::task::block_in_place(|| terminal.until(Some("1 in, 1 out, 50 % answered, 0 ended")));
        std::io::Write::write_all(&mut terminal.typed, b"\x03").unwrap();
        tokio::task::block_in_place(|| terminal.until(None));
        let (status, text) = (terminal.child.wait().unwrap().code(), &terminal.text);
        assert_eq!(status, Some(0), "{text:?}");
        // A screen of its own without a cursor, then both back, and a line that stays.
        let (enter, leave) = ("\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l");
        assert!(text.starts_with(enter) && text.matches("\x1b[?1049").count() == 2, "{text:?}");
        let last = text.rsplit_once(leave).unwrap().1;
        assert_eq!(last.trim_end(), format!("{at}: 1 in, 1 out, 50 % answered, 0 ended"));
        for shown in [&*format!("The calls of FreeSWITCH at {at}, live"), "events/s", "STATE"] {
            assert!(text.contains(shown), "{shown}: {text:?}");
        }
        let coloured = text.contains("\x1b[38;5;") && text.contains("\x1b[7m");
        assert_eq!(coloured, colours.is_empty(), "{text:?}");
        assert!(!fs.api(format!("uuid_kill {call}")).await.unwrap().is_err());
    }
}

#[tokio::test]
async fn monitor_ends_where_its_subscription_is_refused() {
    let user = User {
        name: "bob".into(),
        domain: "x.org".into(),
        password: "secret".into(),
        events: Some("HEARTBEAT".into()),
        api: None,
        log: false,
    };
    let switch = Switch::with(Config { users: vec![user], ..Config::default() }, 1 << 16);
    let at = serve(&switch).await;
    let (status, _, wrong) = run("monitor", &[&at, "--user", "bob@x.org:secret"]).await;
    assert!(status == Some(1) && wrong.contains("permission denied"), "{wrong}");
}

#[tokio::test]
async fn ivr_takes_callers_through_and_ends_cleanly() {
    let switch = Switch::start();
    let mut child = start("ivr", &["127.0.0.1:0", "--max-calls", "1"]);
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = output.next().unwrap().unwrap().rsplit(' ').next().unwrap().to_owned();
    let call = async || {
        let program = Program::parse("program async full").unwrap();
        let uuid = switch.act(|sim| sim.call_program(&program)).unwrap();
        let (mut stream, mut socket) = (switch.program().await, TcpStream::connect(&address).await.unwrap());
        tokio::spawn(async move { copy_bidirectional(&mut socket, &mut stream).await });
        uuid
    };
    let first = call().await;
    sleep(Duration::from_millis(200)).await;
    // One too many: it is told so, and ends.
    call().await;
    let fs = switch.session().await;
    for _ in 0..200 {
        sleep(Duration::from_millis(100)).await;
        if fs.api(format!("uuid_recv_dtmf {first} 42#")).await.unwrap().is_err() {
            break;
        }
    }
    assert!(switch.is_idle().await);
    let lines = spawn_blocking(move || output.by_ref().map(Result::unwrap).take(3).collect::<Vec<_>>()).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines[0].contains(": has come from "), "{lines:?}");
    assert!(lines[1].contains(": typed \"42\""), "{lines:?}");
    assert!(lines[2].contains(": hung up: NORMAL_CLEARING"), "{lines:?}");
}

#[tokio::test]
async fn dialer_tells_what_becomes_of_its_calls() {
    let switch = Switch::start();
    let at = serve(&switch).await;
    let words = ["--host", &at, "--rate", "50", "--repeat", "3", "user/1000", "error/USER_BUSY"];
    let (status, said, wrong) = run("dialer", &words).await;
    assert_eq!((status, &*wrong), (Some(0), ""));
    assert_eq!(
        said.lines().filter(|line| line.starts_with("user/1000 answered, NORMAL_CLEARING, ")).count(),
        3,
        "{said}"
    );
    assert!(said.ends_with("3 answered: NORMAL_CLEARING\n3 not answered: USER_BUSY\n"), "{said}");
    assert!(switch.calls().is_empty());
}

#[tokio::test]
async fn proxy_serves_many_clients_over_one_connection() {
    let switch = Switch::start();
    let at = serve(&switch).await;
    let mut child = start("proxy", &["127.0.0.1:0", "--host", &at, "--listen-password", "other"]);
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = spawn_blocking(move || output.next().unwrap().unwrap()).await.unwrap();
    let address = line.rsplit(' ').next().unwrap();
    let login = esl_tokio::Login::password("other");
    assert!(esl_tokio::connect(address, esl_tokio::Login::password("ClueCon")).await.is_err());
    let mut clients = Vec::new();
    for format in [Format::Plain, Format::Json, Format::Xml] {
        let fs = Options::new(login.clone()).format(format).connect(address).await.unwrap();
        let events = fs.events([EventName::ChannelAnswer]).await.unwrap();
        clients.push((fs, events));
    }
    let call = clients[0].0.bgapi("originate {a='x y'}user/1000 &park()").await.unwrap().result().await.unwrap();
    for (fs, events) in &mut clients {
        let event = events.next().await.unwrap().unwrap();
        assert_eq!(event.unique_id().unwrap(), *call.detail());
        assert_eq!(event.variable("a").unwrap(), "x y");
        assert!(fs.api("status").await.unwrap().text().starts_with("UP "));
        assert!(fs.api("nosuch").await.unwrap().is_err());
    }
    let done = clients[1].0.call(call.detail().as_bytes()).playback("x.wav").await.unwrap();
    assert_eq!(done.response().unwrap().to_string(), "FILE PLAYED");
    clients[2].0.call(call.detail().as_bytes()).hangup(HangupCause::UserBusy).await.unwrap();
    assert!(switch.is_idle().await);
    child.kill().unwrap();
    child.wait().unwrap();
}
