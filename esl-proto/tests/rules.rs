//! What applications get of arguments that are hard to write, asked of a server.
//!
//! `ESL_SERVER=127.0.0.1:8021 cargo test -p esl-proto --test rules -- --ignored`; the password is ClueCon.
#![cfg(feature = "dial")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};

use esl_proto::client::Poll;
use esl_proto::command::app::{
    App, Conference, PlayAndGetDigits, Read, Record, Say, Socket, Text, Transfer, TransferLeg,
};
use esl_proto::command::{Execute, SendMsg};
use esl_proto::dial::Leg;
use esl_proto::name::{EventName, HangupCause, LogLevel};
use esl_proto::{Client, Command, Incoming, Limits, Value};

const CHANNEL: &str = "17000000-0000-4000-8000-000000000002";
const OTHER: &str = "17000000-0000-4000-8000-000000000003";
const THIRD: &str = "17000000-0000-4000-8000-000000000004";
/// Octets that some reader of some application would take for its own.
const HARD: &[&str] = &[
    r"plain",
    r"two words",
    r"it's",
    r"a,b;c|d",
    r"a\b\\c\n",
    r"ends in \",
    r"'quoted'",
    r"cost $5 $$ {x}",
    r"C:\s\t",
    r"=a=b",
    r" leading and trailing ",
    r"^^;x",
    r"%[a=b]",
    r"@x+y{z}",
    "Grüße",
];

/// There is one channel, for one test at a time.
static ONE: Mutex<()> = Mutex::new(());

struct Server {
    _turn: MutexGuard<'static, ()>,
    socket: TcpStream,
    read: Vec<u8>,
    client: Client,
    /// Names and channels of the events that have come.
    seen: Vec<(Vec<u8>, String)>,
}

impl Server {
    fn open() -> Self {
        let address = std::env::var("ESL_SERVER").expect("ESL_SERVER=HOST:PORT");
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let _turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut server =
            Self { _turn, socket, read: Vec::new(), client: Client::inbound(Limits::DEFAULT), seen: Vec::new() };
        server.say(&Command::auth("ClueCon"));
        server.clear();
        server
    }

    /// Ends what a test has left behind: the server gives another channel another UUID.
    fn clear(&mut self) {
        for channel in [CHANNEL, OTHER, THIRD] {
            while self.api(&format!("uuid_exists {channel}")) == "true" {
                self.api(&format!("uuid_kill {channel}"));
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        }
    }

    /// Polls until something is found.
    fn until<T>(&mut self, mut find: impl FnMut(&Incoming<'_>) -> Option<T>) -> T {
        loop {
            let poll = self.client.poll(&self.read).unwrap();
            let consumed = poll.consumed();
            let (found, more) = match poll {
                Poll::Incoming { incoming, .. } => {
                    if let Incoming::Event(event) = &incoming {
                        let text = |value: Option<Value<'_>>| value.map(|it| it.bytes().collect::<Vec<u8>>());
                        let name = text(event.get("Event-Name")).unwrap_or_default();
                        let channel = text(event.unique_id()).unwrap_or_default();
                        self.seen.push((name, String::from_utf8(channel).unwrap()));
                    }
                    (find(&incoming), false)
                }
                _ => (None, true),
            };
            self.read.drain(..consumed);
            if let Some(found) = found {
                return found;
            }
            if more {
                let mut buffer = [0; 4096];
                let count = self.socket.read(&mut buffer).unwrap();
                assert!(count > 0, "the server has gone");
                self.read.extend_from_slice(&buffer[..count]);
            }
        }
    }

    fn say(&mut self, command: &Command<'_>) -> Vec<u8> {
        let mut out = vec![0; 4096];
        let len = self.client.send(command, &mut out).unwrap().len;
        self.socket.write_all(&out[..len]).unwrap();
        self.until(|incoming| match incoming {
            Incoming::Answer { answer, .. } => Some(answer.text().to_vec()),
            Incoming::Authenticated { .. } => Some(Vec::new()),
            _ => None,
        })
    }

    fn api(&mut self, line: &str) -> String {
        String::from_utf8(self.say(&Command::api(line))).unwrap()
    }

    /// Executes an application, and gives the headers of its CHANNEL_EXECUTE_COMPLETE.
    fn execute(&mut self, name: &str, arg: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let message = SendMsg::new(Execute::new(name, arg).event_uuid("rule")).to(CHANNEL);
        assert_eq!(self.say(&message.into()), b"+OK");
        self.until(|incoming| match incoming {
            Incoming::Event(event) if event.application_uuid().is_some_and(|uuid| uuid == "rule") => {
                let owned = |value: Value<'_>| value.bytes().collect::<Vec<u8>>();
                Some(event.headers().map(|header| (owned(header.name), owned(header.value))).collect())
            }
            _ => None,
        })
    }

    fn run(&mut self, app: &App<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut storage = [0; 1024];
        let arg = app.encode(&mut storage).unwrap_or_else(|error| panic!("{app:?}: {error}")).to_vec();
        self.execute(app.name(), &arg)
    }

    fn variable(&mut self, name: &str) -> String {
        self.api(&format!("uuid_getvar {CHANNEL} {name}"))
    }

    fn call(&mut self) {
        let said = self.api(&format!("originate {{origination_uuid={CHANNEL}}}null/x &park()"));
        assert!(said.starts_with("+OK"), "{said}");
    }

    /// What an application has got.
    fn argument(&mut self, app: &App<'_>) -> String {
        let headers = self.run(app);
        let value = headers.into_iter().find(|(name, _)| name == b"Application-Data").map(|(_, value)| value);
        String::from_utf8(value.unwrap_or_default()).unwrap()
    }
}

/// The text arrives, or it is refused.
fn writes(app: &App<'_>) -> bool {
    app.encoded_len().is_ok()
}

#[test]
#[ignore = "needs a FreeSWITCH"]
fn arguments_arrive_as_they_are_meant() {
    let mut server = Server::open();
    server.say(&Command::event(
        None,
        &[EventName::ChannelExecuteComplete, EventName::ChannelApplication, EventName::ChannelHangupComplete],
    ));
    server.call();
    let mut tried = 0;
    for text in HARD {
        let mut check = |what: &str, got: String| {
            assert_eq!(got, *text, "{what}");
            tried += 1;
        };
        if writes(&App::set("v", text)) {
            server.run(&App::set("v", text));
            check("set", server.variable("v"));
        }
        if writes(&App::multiset(&[("m1", *text), ("m2", "x")])) {
            server.run(&App::multiset(&[("m1", *text), ("m2", "x")]));
            check("multiset", server.variable("m1"));
            assert_eq!(server.variable("m2"), "x");
        }
        if writes(&App::export("e", text)) {
            server.run(&App::export("e", text));
            check("export", server.variable("e"));
        }
        if writes(&App::push("p", text)) {
            server.run(&App::unset("p"));
            server.run(&App::push("p", text));
            check("push", server.variable("p"));
        }
        if writes(&App::unshift("u", text)) {
            server.run(&App::unset("u"));
            server.run(&App::unshift("u", text));
            check("unshift", server.variable("u"));
        }
        // What is not split is what the application itself has got.
        for (what, app) in [
            ("log", App::log(LogLevel::DEBUG, text)),
            ("unset", App::unset(text)),
            ("stop_record_session", App::stop_record_session(text)),
            ("respond", App::respond(text)),
            ("redirect", App::redirect(text)),
            ("phrase", App::phrase("nosuch", text)),
            ("speak", App::speak("nosuch", "nobody", text)),
        ] {
            if writes(&app) {
                let front = match what {
                    "log" => "DEBUG ",
                    "phrase" => "nosuch,",
                    "speak" => "nosuch|nobody|",
                    _ => "",
                };
                let got = server.argument(&app);
                check(what, got.strip_prefix(front).unwrap_or(&got).to_owned());
            }
        }
        let headers = [("X-Text", *text)];
        if writes(&App::event(&headers)) {
            let mut storage = [0; 1024];
            let arg = App::event(&headers).encode(&mut storage).unwrap().to_vec();
            let message = SendMsg::new(Execute::new("event", &arg)).to(CHANNEL);
            server.say(&message.into());
            let got = server.until(|incoming| match incoming {
                Incoming::Event(event) => event.get("X-Text").map(|value| value.bytes().collect::<Vec<u8>>()),
                _ => None,
            });
            check("event", String::from_utf8(got).unwrap());
        }
        // As many words as it takes, or it would do nothing.
        // What does not match is kept beside the variable.
        let digits = App::from(PlayAndGetDigits::new(1, 1, "silence", "typed").timeout(2000).regexp(text));
        if writes(&digits) {
            server.run(&App::unset("typed_invalid"));
            server.execute_nowait(&digits);
            std::thread::sleep(std::time::Duration::from_millis(150));
            server.api(&format!("uuid_recv_dtmf {CHANNEL} 5"));
            std::thread::sleep(std::time::Duration::from_millis(300));
            assert_eq!(server.variable("typed_invalid"), "5", "play_and_get_digits {text}");
            tried += 1;
        }
        let name = text.replace(['/', '\\'], "-");
        let path = format!("/tmp/esl-rule {name}.wav");
        let record = App::from(Record::new(&path).limit(1));
        if writes(&record) {
            server.run(&record);
            assert!(std::fs::remove_file(&path).is_ok(), "record {path}");
            tried += 1;
        }
        let session = App::record_session(&path, 1);
        if writes(&session) {
            server.run(&session);
            server.run(&App::stop_record_session(&path));
            assert!(std::fs::remove_file(&path).is_ok(), "record_session {path}");
            tried += 1;
        }
        let conference = App::from(Conference::new(text).flags(&["mute", "deaf"]));
        if writes(&conference) {
            let mut storage = [0; 1024];
            let arg = conference.encode(&mut storage).unwrap().to_vec();
            server.say(&SendMsg::new(Execute::new("conference", &arg)).to(CHANNEL).into());
            std::thread::sleep(std::time::Duration::from_millis(300));
            let got = server.variable("conference_name");
            server.run_break();
            assert_eq!(got, *text, "conference");
            tried += 1;
        }
        // No dialplan knows such an extension: the call ends there.
        let transfer = App::transfer(text);
        if writes(&transfer) {
            server.execute_nowait(&transfer);
            let got = server.until(|incoming| match incoming {
                Incoming::Event(event)
                    if event.name() == Some(EventName::ChannelHangupComplete)
                        && event.unique_id().is_some_and(|uuid| uuid == CHANNEL) =>
                {
                    event.get("Caller-Destination-Number").map(|value| value.bytes().collect::<Vec<u8>>())
                }
                _ => None,
            });
            assert_eq!(String::from_utf8(got).unwrap(), *text, "transfer");
            tried += 1;
            std::thread::sleep(std::time::Duration::from_millis(300));
            server.call();
        }
    }
    let legs =
        [Leg::new("null/y").variables(&[("who", "O'Hara, A."), ("path", r"C:\x"), ("absolute_codec_string", "PCMU")])];
    let _ = server.execute_nowait(&App::bridge(&legs));
    std::thread::sleep(std::time::Duration::from_millis(500));
    let other = server.variable("signal_bond");
    assert_eq!(server.api(&format!("uuid_getvar {other} who")), "O'Hara, A.");
    assert_eq!(server.api(&format!("uuid_getvar {other} path")), r"C:\x");
    assert!(server.argument_expands());
    let _ = server.api(&format!("uuid_kill {CHANNEL}"));
    eprintln!("{tried} arguments have arrived");
}

#[test]
#[ignore = "needs a FreeSWITCH"]
fn words_and_numbers_mean_what_they_say() {
    let mut server = Server::open();
    server.say(&Command::event(None, &[EventName::ChannelExecuteComplete, EventName::ChannelHangupComplete]));
    let cause = |server: &mut Server| {
        server.until(|incoming| match incoming {
            Incoming::Event(event)
                if event.name() == Some(EventName::ChannelHangupComplete)
                    && event.unique_id().is_some_and(|uuid| uuid == CHANNEL) =>
            {
                event.get("Hangup-Cause").map(|value| value.bytes().collect::<Vec<u8>>())
            }
            _ => None,
        })
    };
    for app in [
        App::hangup(HangupCause::UserBusy),
        App::sched_hangup(1, HangupCause::UserBusy),
        App::from(Transfer::new("hangup:USER_BUSY").dialplan("inline")),
        App::from(Transfer::new("hangup:USER_BUSY").dialplan("inline").context("two words")),
    ] {
        server.call();
        server.execute_nowait(&app);
        assert_eq!(cause(&mut server), b"USER_BUSY", "{app:?}");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    server.call();
    for app in [
        App::sleep(1),
        App::playback("tone_stream://%(10,0,800)"),
        App::gentones("%(10,0,800)"),
        App::info(LogLevel::DEBUG),
        App::log(LogLevel::DEBUG, "a line"),
        App::send_dtmf("12#"),
        App::queue_dtmf("12w#"),
        App::FlushDtmf,
        App::Break,
        App::RingReady,
        App::PreAnswer,
        App::Answer,
        App::Playback { path: "/nonexistent.wav".into(), start_sample: Some(8000) },
        App::from(Say::new("en", "number", "pronounced", "12")),
        App::from(Read::new(1, 2, "silence", "typed").timeout(1).digit_timeout(1)),
        App::Hold,
        App::Unhold,
        App::deflect("sip:1000@192.0.2.1"),
    ] {
        server.run(&app);
    }
    // A conference of a profile, with a PIN that its first member sets and flags.
    let conference = App::from(Conference::new("rules").profile("default").pin("12").flags(&["mute", "deaf"]));
    server.execute_nowait(&conference);
    std::thread::sleep(std::time::Duration::from_millis(400));
    let list = server.api("conference rules list");
    let flags = list.split(';').nth(5).unwrap_or_default();
    assert!(!list.starts_with("-ERR") && !flags.contains("speak") && !flags.contains("hear"), "{list}");
    server.run_break();
    // The other leg goes, this one is left alone.
    let legs = [Leg::new("null/y")];
    server.execute_nowait(&App::bridge(&legs));
    std::thread::sleep(std::time::Duration::from_millis(400));
    let other = server.variable("signal_bond");
    let said = server.say(&SendMsg::new(Execute::new("transfer", "-bleg 'park:' inline")).to(CHANNEL).into());
    assert_eq!(said, b"+OK");
    let _ = server.api(&format!("uuid_kill {CHANNEL}"));
    let _ = server.api(&format!("uuid_kill {other}"));
}

/// Applications that need another channel, or a program.
#[test]
#[ignore = "needs a FreeSWITCH"]
fn others_are_met_as_it_is_meant() {
    let mut server = Server::open();
    server.say(&Command::event(
        None,
        &[EventName::ChannelBridge, EventName::ChannelPark, EventName::ChannelHangupComplete],
    ));
    server.call();
    server.parked(CHANNEL);

    // The program is told in its first reply how it was called.
    for (is_async, is_full) in [(false, false), (true, false), (false, true), (true, true)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut socket = Socket::new(&address);
        socket.run_async = is_async;
        socket.full = is_full;
        server.execute_nowait(&socket.into());
        let (mut program, _) = listener.accept().unwrap();
        program.write_all(b"connect\n\n").unwrap();
        let mut reply = Vec::new();
        while !reply.ends_with(b"\n\n") {
            let mut buffer = [0; 4096];
            let count = program.read(&mut buffer).unwrap();
            assert!(count > 0);
            reply.extend_from_slice(&buffer[..count]);
        }
        let reply = String::from_utf8(reply).unwrap();
        assert!(reply.contains(if is_async { "Socket-Mode: async\n" } else { "Socket-Mode: static\n" }), "{reply}");
        assert!(reply.contains(if is_full { "Control: full\n" } else { "Control: single-channel\n" }), "{reply}");
        let _ = server.api(&format!("uuid_kill {CHANNEL}"));
        server.gone(CHANNEL);
        drop(program);
        server.call();
        server.parked(CHANNEL);
    }

    // Both legs go where they are sent.
    server.call_other();
    server.execute_nowait(&App::intercept(OTHER));
    server.next(EventName::ChannelBridge);
    server.until_variable(CHANNEL, "signal_bond", OTHER);
    server.execute_nowait(&Transfer::new("park:").leg(TransferLeg::Both).dialplan("inline").into());
    let both = [server.parked_any(), server.parked_any()];
    assert!(both.contains(&CHANNEL.to_owned()) && both.contains(&OTHER.to_owned()), "{both:?}");

    server.execute_nowait(&App::intercept(OTHER));
    server.next(EventName::ChannelBridge);
    server.until_variable(CHANNEL, "signal_bond", OTHER);
    server.execute_nowait(&Transfer::new("park:").leg(TransferLeg::Other).dialplan("inline").into());
    server.parked(OTHER);
    server.gone(CHANNEL);
    server.call();
    server.parked(CHANNEL);

    // The third one is called as it was written.
    server.execute_nowait(&App::intercept(OTHER));
    server.next(EventName::ChannelBridge);
    server.until_variable(CHANNEL, "signal_bond", OTHER);
    let legs = [Leg::new("null/z").variables(&[("origination_uuid", THIRD), ("who", "O'Hara, A.")])];
    server.execute_nowait(&App::att_xfer(&legs));
    server.until_variable(THIRD, "who", "O'Hara, A.");
    server.clear();
}

impl Server {
    /// A second channel, which is parked.
    fn call_other(&mut self) {
        let said = self.api(&format!("originate {{origination_uuid={OTHER}}}null/x &park()"));
        assert!(said.starts_with("+OK"), "{said}");
        self.parked(OTHER);
    }

    /// Waits for an event of this name, unless one has come that nobody has asked for, and gives the channel.
    fn next(&mut self, name: EventName<'static>) -> String {
        loop {
            if let Some(place) = self.seen.iter().position(|(seen, _)| name.as_bytes() == seen.as_slice()) {
                return self.seen.remove(place).1;
            }
            self.until(|incoming| matches!(incoming, Incoming::Event(_)).then_some(()));
        }
    }

    fn parked_any(&mut self) -> String {
        self.next(EventName::ChannelPark)
    }

    fn parked(&mut self, channel: &str) {
        while self.parked_any() != channel {}
    }

    fn gone(&mut self, channel: &str) {
        while self.next(EventName::ChannelHangupComplete) != channel {}
    }

    fn until_variable(&mut self, channel: &str, name: &str, wanted: &str) {
        for tries in 0.. {
            let value = self.api(&format!("uuid_getvar {channel} {name}"));
            if value == wanted {
                break;
            }
            assert!(tries < 100, "{name} of {channel} is {value}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn run_break(&mut self) {
        let _ = self.api(&format!("uuid_transfer {CHANNEL} park:  inline"));
        std::thread::sleep(std::time::Duration::from_millis(200));
    }

    fn execute_nowait(&mut self, app: &App<'_>) -> Vec<u8> {
        self.seen.clear();
        let mut storage = [0; 1024];
        let arg = app.encode(&mut storage).unwrap().to_vec();
        self.say(&SendMsg::new(Execute::new(app.name(), &arg)).to(CHANNEL).into())
    }

    /// Only a text that is to be expanded is.
    fn argument_expands(&mut self) -> bool {
        let _ = self.api(&format!("uuid_transfer {CHANNEL} park: inline"));
        std::thread::sleep(std::time::Duration::from_millis(200));
        self.run(&App::set("name", "Éva"));
        self.run(&App::set("copy", Text::expand("<${name}>")));
        self.variable("copy") == "<Éva>"
    }
}
