//! The example programs against servers that follow a script, on loopback. Every wait has an end.
#![cfg(all(feature = "dial", feature = "server"))]

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use esl_proto::frame::{Request, Step};
use esl_proto::{Decoder, Limits, RecvBuf};
use program::program;
use serde_json::Value;

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);
const AUTH_REQUEST: &str = "Content-Type: auth/request\n\n";
const GOODBYE: &str = "Content-Type: text/disconnect-notice\nContent-Length: 4\n\nbye\n";

fn reply(text: &str) -> String {
    format!("Content-Type: command/reply\nReply-Text: {text}\n\n")
}

fn response(text: &str) -> String {
    format!("Content-Type: api/response\nContent-Length: {}\n\n{text}", text.len())
}

fn event(text: &str) -> String {
    format!("Content-Length: {}\nContent-Type: text/event-plain\n\n{text}", text.len())
}

/// FreeSWITCH's end of a connection.
struct Peer {
    socket: TcpStream,
    decoder: Decoder,
    buffer: RecvBuf<Vec<u8>>,
}

impl Peer {
    fn new(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let (decoder, buffer) = (Decoder::for_requests(Limits::DEFAULT), RecvBuf::new(vec![0; 64 << 10]));
        Self { socket, decoder, buffer }
    }

    fn say(&mut self, octets: impl AsRef<[u8]>) {
        self.socket.write_all(octets.as_ref()).unwrap();
    }

    /// The next command, as its line and the header that `wanted` names.
    fn hear(&mut self, wanted: &str) -> (String, String) {
        loop {
            let step = self.decoder.decode(self.buffer.filled()).unwrap();
            let heard = if let Step::Frame { frame, .. } = step {
                let request = Request::from(frame);
                let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
                Some((text(request.line()), text(request.get(wanted).unwrap_or_default())))
            } else {
                None
            };
            let consumed = step.consumed();
            self.buffer.consume(consumed);
            if let Some(heard) = heard {
                return heard;
            }
            let count = self.socket.read(self.buffer.spare_mut()).unwrap();
            assert!(count > 0, "the program has closed the connection");
            self.buffer.commit(count);
        }
    }

    fn expect(&mut self, line: &str) {
        assert_eq!(self.hear("").0, line);
    }

    fn log_in(&mut self) {
        self.say(AUTH_REQUEST);
        self.expect("auth ClueCon");
        self.say(reply("+OK accepted"));
    }
}

/// Closes as FreeSWITCH does, and waits for the program to do so, too: with something unread, a close would be a reset
/// of the connection, and what was said could be lost before the program has read it.
impl Drop for Peer {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = self.socket.shutdown(Shutdown::Write);
            while self.socket.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
        }
    }
}

/// A server that follows `script` on its connections.
fn serve<R: Send + 'static>(script: impl FnOnce(&TcpListener) -> R + Send + 'static) -> (SocketAddr, JoinHandle<R>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address, thread::spawn(move || script(&listener)))
}

fn accept(listener: &TcpListener) -> Peer {
    Peer::new(listener.accept().unwrap().0)
}

fn start(name: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(program(name));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end of a program, and ends it if that takes too long.
fn finish(mut child: Child) -> Output {
    let (done, watch) = mpsc::channel::<()>();
    let id = child.id();
    // What it prints is read on other threads, so that it never waits for us.
    let read = |mut from: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut text = Vec::new();
            from.read_to_end(&mut text).unwrap();
            text
        })
    };
    let stdout = read(Box::new(child.stdout.take().unwrap()));
    let stderr = read(Box::new(child.stderr.take().unwrap()));
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("process {id} did not end by itself");
        }
        let _ = watch.recv_timeout(Duration::from_millis(10));
    };
    drop(done);
    Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// Runs `command` with this command line against a server that follows the script after the login.
fn command(words: &[&str], script: impl FnOnce(&mut Peer) + Send + 'static) -> (Option<i32>, String, String) {
    let (address, server) = serve(|listener| {
        let mut peer = accept(listener);
        script(&mut peer);
    });
    let address = address.to_string();
    let output = finish(start("command", &[&["--host", &address][..], words].concat()));
    server.join().unwrap();
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn command_tells_success_from_failure() {
    let api = |answer: &'static str| {
        command(&["--", "api", "status"], move |peer| {
            peer.log_in();
            peer.expect("api status");
            peer.say(response(answer));
        })
    };
    assert_eq!(api("UP 0 years\n"), (Some(0), "UP 0 years\n".into(), String::new()));
    assert_eq!(api("+OK"), (Some(0), "+OK\n".into(), String::new()));
    assert_eq!(api("-ERR nosuch Command not found!\n").0, Some(1));
    assert_eq!(api("-USAGE: <uuid>\n").0, Some(1));
    let denied = command(&["api status"], |peer| {
        peer.log_in();
        peer.expect("api status");
        peer.say(reply("-ERR permission denied"));
    });
    assert_eq!(denied, (Some(1), "-ERR permission denied\n".into(), String::new()));
}

#[test]
fn command_tells_trouble_by_its_reason() {
    let wrong = command(&["--password", "x", "--", "api", "status"], |peer| {
        peer.say(AUTH_REQUEST);
        peer.expect("auth x");
        peer.say(reply("-ERR invalid") + GOODBYE);
    });
    assert!(wrong.0 == Some(3) && wrong.2.ends_with("password refused\n"), "{wrong:?}");
    let rejected = command(&["--", "api", "status"], |peer| {
        peer.say("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n");
        peer.say(GOODBYE);
    });
    assert!(rejected.0 == Some(3) && rejected.2.contains("access list"), "{rejected:?}");
    let silent = command(&["--timeout", "0.3", "--", "api", "status"], |peer| {
        peer.log_in();
        peer.expect("api status");
        // Until the program gives up.
        let _ = peer.socket.read(&mut [0]);
    });
    assert!(silent.0 == Some(3) && silent.2.ends_with("no answer in time\n"), "{silent:?}");
    let usage = finish(start("command", &["--nonsense"]));
    assert_eq!(usage.status.code(), Some(2));
    let injected = finish(start("command", &["--", "api status\n\nexit"]));
    assert_eq!(injected.status.code(), Some(2));
}

#[test]
fn command_waits_for_the_job() {
    let job = command(&["--", "bgapi", "originate", "user/1000", "&park()"], |peer| {
        peer.log_in();
        peer.expect("event plain BACKGROUND_JOB");
        peer.say(reply("+OK event listener enabled plain"));
        let (line, uuid) = peer.hear("Job-UUID");
        assert_eq!(line, "bgapi originate user/1000 &park()");
        peer.say(event("Event-Name: BACKGROUND_JOB\nJob-UUID: another\nContent-Length: 2\n\nno"));
        peer.say(format!("Content-Type: command/reply\nReply-Text: +OK Job-UUID: {uuid}\nJob-UUID: {uuid}\n\n"));
        peer.say(event(&format!(
            "Event-Name: BACKGROUND_JOB\nJob-UUID: {uuid}\nContent-Length: 15\n\n-ERR USER_BUSY\n"
        )));
    });
    assert_eq!(job, (Some(1), "-ERR USER_BUSY\n".into(), String::new()));
}

/// Runs `monitor` on a recorded stream; the server then goes away, and must be connected to again.
fn monitor(options: &[&str], capture: &str, subscription: &'static str) -> String {
    let file = format!("{}/../testdata/captures/{capture}/server.bin", env!("CARGO_MANIFEST_DIR"));
    let stream = fs::read(file).unwrap();
    let (address, server) = serve(move |listener| {
        let mut first = accept(listener);
        // The recorded connection has answers for the login, the subscription and one more command.
        first.say(&stream);
        first.expect("auth ClueCon");
        first.expect(subscription);
        first.expect("api show channels as delim |~|");
        // Until the program has read the good-bye.
        assert_eq!(first.socket.read(&mut [0]).unwrap(), 0);
        let mut second = accept(listener);
        second.log_in();
        second.expect(subscription);
        second.say(reply("+OK event listener enabled"));
        // Until the program has had its time.
        while second.socket.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
    });
    let address = address.to_string();
    let arguments = [&[&address[..], "--once-for", "4"], options].concat();
    let output = finish(start("monitor", &arguments));
    server.join().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("next attempt in"));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn monitor_prints_events_as_json_and_subscribes_again() {
    let output = monitor(&["--json"], "04-single-call-json", "event json ALL");
    let events: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 204);
    assert!(events.iter().all(|event| event["Event-Name"].is_string()));
    assert!(events.iter().any(|event| event["variable_awk_arrayempty"] == serde_json::json!(["a", "", "c"])));
}

#[test]
fn monitor_prints_a_line_for_each_change() {
    let subscription = "event plain CHANNEL_CREATE CHANNEL_CALLSTATE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER \
        CHANNEL_EXECUTE CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_PARK CALL_UPDATE DTMF CHANNEL_HANGUP \
        CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY";
    let output = monitor(&[], "04-single-call-plain", subscription);
    assert!(output.lines().any(|line| line.contains(" HANGUP ") && line.contains(" USER_BUSY ")), "{output}");
}

#[test]
fn monitor_shows_what_came_and_went_in_a_moment() {
    let (address, server) = serve(|listener| {
        let mut peer = accept(listener);
        peer.log_in();
        peer.hear("");
        peer.say(reply("+OK event listener enabled plain"));
        let call = |name: &str, state: &str, rest: &str| {
            event(&format!("Event-Name: {name}\nUnique-ID: u\nChannel-Call-State: {state}\nAnswer-State: {rest}\n\n"))
        };
        peer.say(
            call("CHANNEL_CREATE", "DOWN", "ringing")
                + &call("CHANNEL_ANSWER", "ACTIVE", "answered")
                + &call("CHANNEL_HANGUP", "HANGUP", "hangup\nHangup-Cause: USER_BUSY")
                + GOODBYE,
        );
    });
    let output = finish(start("monitor", &[&address.to_string(), "--once-for", "2"]));
    server.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = text.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(words, ["DOWN", "ACTIVE", "HANGUP"], "{text}");
    assert!(text.ends_with("USER_BUSY u\n"), "{text}");
}

#[test]
fn monitor_wants_to_know_the_port() {
    for server in ["localhost", "localhost:", "localhost:x", "--nosuch"] {
        let output = finish(start("monitor", &[server]));
        assert_eq!(output.status.code(), Some(2), "{server}");
        assert!(output.stderr.starts_with(b"monitor: usage: "), "{server}");
    }
}

#[test]
fn monitor_ends_where_its_subscription_is_refused() {
    let (address, server) = serve(|listener| {
        let mut peer = accept(listener);
        peer.log_in();
        peer.hear("");
        peer.say(reply("-ERR permission denied"));
    });
    let output = finish(start("monitor", &[&address.to_string()]));
    server.join().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("permission denied"));
}

#[test]
fn ivr_goes_on_when_it_is_refused_and_when_nobody_reads_what_it_says() {
    let mut child = start("ivr", &["127.0.0.1:0"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let address = line.trim().rsplit(' ').next().unwrap().to_owned();
    let call = || {
        let mut peer = Peer::new(TcpStream::connect(&address).unwrap());
        peer.expect("connect");
        peer.say(
            "Event-Name: CHANNEL_DATA\nChannel-Name: user/1\nCaller-Caller-ID-Number: 1\nContent-Type: command/reply\n\
             Reply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n",
        );
        peer.expect("myevents");
        peer.say(reply("+OK Events Enabled"));
        peer.expect("linger 5");
        peer.say(reply("+OK will linger 5 seconds"));
        assert_eq!(peer.hear("execute-app-name").1, "answer");
        peer.say(reply("-ERR memory error"));
        // It gives up at once.
        assert_eq!(peer.socket.read(&mut [0; 16]).unwrap(), 0);
    };
    call();
    let mut lines = output.by_ref().lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "user/1 from 1: has come");
    assert_eq!(lines.next().unwrap(), "user/1 from 1: -ERR memory error");
    drop(output);
    call();
    call();
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn tokio_client_does_not_wait_for_ever() {
    // A server that says nothing after the connection.
    let (address, server) = serve(|listener| {
        let mut peer = accept(listener);
        assert_eq!(peer.socket.read(&mut [0; 16]).unwrap(), 0);
    });
    let output = finish(start("tokio_client", &[&address.to_string()]));
    server.join().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no login in time"));
}

#[test]
fn ivr_takes_a_caller_through() {
    let mut child = start("ivr", &["127.0.0.1:0"]);
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = output.next().unwrap().unwrap().rsplit(' ').next().unwrap().to_owned();
    let mut peer = Peer::new(TcpStream::connect(&address).unwrap());
    peer.expect("connect");
    peer.say(
        "Event-Name: CHANNEL_DATA\nChannel-Name: user/1000\nCaller-Caller-ID-Number: 1000\nContent-Type: command/reply\n\
         Reply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n",
    );
    peer.expect("myevents");
    peer.say(reply("+OK Events Enabled"));
    peer.expect("linger 5");
    peer.say(reply("+OK will linger 5 seconds"));
    for app in ["answer", "playback", "play_and_get_digits", "playback"] {
        let (line, uuid) = peer.hear("Event-UUID");
        assert_eq!(line, "sendmsg");
        peer.say(reply("+OK"));
        // The end of another application must not be taken for this one.
        for (uuid, digits) in [("0000000000000000-0000000000000000", "13"), (&uuid, "42")] {
            peer.say(event(&format!(
                "Event-Name: CHANNEL_EXECUTE_COMPLETE\nApplication: {app}\nApplication-UUID: {uuid}\nvariable_digits: {digits}\n\n"
            )));
        }
    }
    assert_eq!(peer.hear("call-command").1, "hangup");
    peer.say(reply("+OK") + &event("Event-Name: CHANNEL_HANGUP_COMPLETE\n\n"));
    peer.say("Content-Type: text/disconnect-notice\nControlled-Session-UUID: u\nContent-Disposition: linger\nContent-Length: 0\n\n");
    peer.say("Content-Type: text/disconnect-notice\nControlled-Session-UUID: u\nContent-Length: 4\n\nbye\n");
    let lines: Vec<String> = output.by_ref().map(Result::unwrap).take(7).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lines[0], "user/1000 from 1000: has come");
    assert_eq!(lines[4], "user/1000 from 1000: typed \"42\"");
    assert_eq!(lines[6], "user/1000 from 1000: CHANNEL_HANGUP_COMPLETE, lingering; channel ended");
}

#[test]
fn tokio_client_gives_up_and_stays_in_step() {
    let (address, server) = serve(|listener| {
        let mut peer = accept(listener);
        peer.log_in();
        peer.expect("api version");
        peer.say(response("1.11"));
        peer.expect("api msleep 1500");
        peer.expect("api hostname");
        // Longer than the deadline of the first of the two.
        thread::sleep(Duration::from_millis(800));
        peer.say(response("slept") + &response("vm"));
        assert!(peer.hear("").0.starts_with("event plain HEARTBEAT "));
        peer.say(reply("+OK event listener enabled plain") + &event("Event-Name: HEARTBEAT\n\n"));
        peer.expect("exit");
        peer.say(reply("+OK bye") + GOODBYE);
    });
    let output = finish(start("tokio_client", &[&address.to_string()]));
    server.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let expected = [
        "api hostname: vm",
        "api msleep 1500: no answer in time",
        "api version: 1.11",
        "event HEARTBEAT ",
        "event: +OK event listener enabled plain",
    ];
    assert_eq!(lines, expected);
    assert_eq!(output.status.code(), Some(0));
}
