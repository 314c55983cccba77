//! Programs on a session, and what a real server said to them: which wait ends with which outcome.
//!
//! Each dialogue is a list of steps. It was played once with a server, and every octet of both sides is in
//! `testdata/captures/17-*`. Here the server's octets are given to a session again, in pieces of every size: the session
//! must say the client's octets, and each wait must end as it says here.
//!
//! `testdata/dialogues.txt` has the same list for programs in other languages, which must get the same ends: `UPDATE=1` writes it.
//!
//! `ESL_RECORD=127.0.0.1:8021 cargo test -p esl-proto --features alloc --test dialogues record -- --ignored` plays them
//! with a server, whose password is ClueCon, and writes the octets down.
#![cfg(all(feature = "alloc", feature = "dial"))]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use esl_proto::client::{Answer, End, Poll};
use esl_proto::command::app::App;
use esl_proto::command::{CallCommand, SendMsg};
use esl_proto::dial::Leg;
use esl_proto::message::Status;
use esl_proto::name::{EventName, HangupCause, LogLevel};
use esl_proto::session::{Notice, Outcome, Reason, Session, Slot};
use esl_proto::{Client, Command, Incoming, Limits};

/// What a program does next, once its last wait has ended.
#[derive(Clone, Copy)]
enum Step {
    /// Sends a command, and waits for the answer, which begins so.
    Send(Command<'static>, Status),
    /// Executes an application.
    Execute(App<'static>, Outcome),
    /// Executes one, and somebody else ends the call meanwhile, or sends it elsewhere.
    Meanwhile(App<'static>, &'static str, Outcome),
    /// Begins a job.
    Job(&'static str, Outcome),
    /// Reads these events; the server may refuse them.
    Listen(&'static [EventName<'static>], Option<Outcome>),
    /// Reads the log, which the server refuses.
    Log,
    /// Filters.
    Filter(&'static [u8], &'static [u8]),
}

/// Where the call is that a program drives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the end of an outbound connection, in this mode.
    Outbound(&'static str),
    /// Anywhere on the server, which the program has connected to with this login.
    Inbound(Command<'static>),
}

struct Dialogue {
    name: &'static str,
    place: Place,
    steps: Vec<Step>,
    /// What ends the connection; [`None`] for the program itself.
    end: Option<End>,
}

/// The channel of inbound programs.
const CHANNEL: &str = "17000000-0000-4000-8000-000000000001";
const TONE: &str = "tone_stream://%(100,0,800)";
const LONG: &str = "tone_stream://%(60000,0,800)";
const KILL: &str = "uuid_kill {uuid} USER_BUSY";

fn dialogues() -> Vec<Dialogue> {
    use Outcome::{ChannelEnded, Completed, JobEnded, Refused};
    use Step::{Execute, Filter, Job, Listen, Log, Meanwhile, Send};
    let mut all = Vec::new();
    let ended = Some(End::ChannelEnded);
    for (mode, played, transferred, lingered) in [
        ("async full", "17-async-full-hangup", "17-async-full-transfer", "17-async-full-linger"),
        ("async", "17-async-hangup", "17-async-transfer", "17-async-ends-itself"),
        ("full", "17-sync-full-hangup", "17-sync-full-transfer", "17-sync-full-linger"),
        ("", "17-sync-hangup", "17-sync-transfer", "17-sync-ends-itself"),
    ] {
        let place = Place::Outbound(mode);
        all.push(Dialogue {
            name: played,
            place,
            steps: vec![Execute(App::playback(TONE), Completed), Meanwhile(App::playback(LONG), KILL, ChannelEnded)],
            end: ended,
        });
        // The program lets the call go: it goes on in the dialplan.
        all.push(Dialogue {
            name: transferred,
            place,
            steps: vec![Send(Command::Resume, Status::Ok), Execute(App::transfer("park"), Completed)],
            end: None,
        });
        let hangup = Execute(App::hangup(HangupCause::UserBusy), ChannelEnded);
        // Without full control there is no `linger`.
        let linger = Send(Command::Linger { seconds: Some(1) }, Status::Ok);
        let steps = if mode.ends_with("full") { vec![linger, hangup] } else { vec![hangup] };
        all.push(Dialogue { name: lingered, place, steps, end: ended });
    }
    // It would be called in a minute.
    let ringing: &'static [Leg<'static>; 1] =
        Box::leak(Box::new([Leg::new("null/x").variables(&[("leg_delay_start", "60")])]));
    for (name, app) in [
        ("17-hangup-in-echo", App::Echo),
        ("17-hangup-in-sleep", App::sleep(60_000)),
        ("17-hangup-in-gentones", App::gentones("%(60000,0,800)")),
        ("17-hangup-in-record", esl_proto::command::app::Record::new("/tmp/esl-dialogue.wav").into()),
        ("17-hangup-in-read", esl_proto::command::app::Read::new(1, 4, LONG, "typed").into()),
        ("17-hangup-in-digits", esl_proto::command::app::PlayAndGetDigits::new(1, 4, LONG, "typed").into()),
        ("17-hangup-in-conference", App::conference("dialogue")),
        ("17-hangup-in-bridge", App::bridge("null/x")),
        ("17-hangup-in-ringing", App::bridge(ringing)),
        ("17-hangup-in-eavesdrop", App::eavesdrop("all")),
    ] {
        let steps = vec![Execute(App::Answer, Completed), Meanwhile(app, KILL, ChannelEnded)];
        all.push(Dialogue { name, place: Place::Outbound("async full"), steps, end: ended });
    }
    // A channel whose program is in an async mode is parked already: only here it waits in `park`.
    let steps = vec![Execute(App::Answer, Completed), Meanwhile(App::Park, KILL, ChannelEnded)];
    all.push(Dialogue { name: "17-hangup-in-park", place: Place::Outbound("full"), steps, end: ended });
    let steps = vec![Execute(App::Park, Completed), Execute(App::hangup(None), ChannelEnded)];
    all.push(Dialogue { name: "17-park-in-park", place: Place::Outbound("async full"), steps, end: ended });
    let login = Command::auth("ClueCon");
    all.push(Dialogue {
        name: "17-inbound",
        place: Place::Inbound(login),
        steps: vec![
            Job("status", JobEnded),
            Job("nosuchcommand", JobEnded),
            Filter(b"Event-Name", b"HEARTBEAT"),
            Job("msleep 50", JobEnded),
            Execute(App::playback(TONE), Completed),
            Execute(App::playback("/nonexistent.wav"), Completed),
            Meanwhile(App::playback(LONG), "uuid_transfer {uuid} park", Completed),
            Meanwhile(App::Echo, KILL, ChannelEnded),
            // The channel's last events come while this waits.
            Send(Command::api("msleep 200"), Status::Ok),
            Execute(App::Answer, Refused),
            Send(Command::api("status"), Status::Bare),
        ],
        end: None,
    });
    all.push(Dialogue {
        name: "17-inbound-refused",
        place: Place::Inbound(Command::userauth("limited", "test.local", "limpass")),
        steps: vec![
            Listen(&[EventName::Heartbeat], None),
            Listen(&[EventName::ChannelAnswer, EventName::Heartbeat], Some(Refused)),
            Log,
            Job("show channels", Refused),
            Job("status", Refused),
            Send(Command::api("show channels"), Status::Err),
            Send(Command::api("status"), Status::Bare),
        ],
        end: None,
    });
    all.push(Dialogue {
        name: "17-inbound-exit",
        place: Place::Inbound(login),
        steps: vec![Job("version", JobEnded), Send(Command::Exit, Status::Ok)],
        end: Some(End::Exit),
    });
    all
}

/// What a session is connected with.
trait Link {
    fn write(&mut self, octets: &[u8]);
    /// More octets; none at the end.
    fn read(&mut self) -> Vec<u8>;
    /// Somebody else does something to the call.
    fn outside(&mut self, line: &str);
}

/// A program, and how far it is.
struct Player<'d, L> {
    dialogue: &'d Dialogue,
    link: L,
    session: Session,
    next: usize,
    /// Whether a wait, an answer or a subscription is awaited.
    waits: bool,
    status: Option<Status>,
    notices: Vec<Notice>,
}

impl<L: Link> Player<'_, L> {
    fn slot(&self) -> Slot {
        Slot(self.next as u64)
    }

    fn execute(&mut self, app: App<'_>) -> Result<(), esl_proto::session::SessionError> {
        let mut storage = [0; 256];
        let execute = app.execute(&mut storage).unwrap();
        let message = SendMsg::new(CallCommand::Execute(execute));
        let message = match self.dialogue.place {
            Place::Outbound(_) => message,
            Place::Inbound(_) => message.to(CHANNEL),
        };
        self.session.execute(&message, self.slot(), None).map(drop)
    }

    /// Begins the next step.
    fn begin(&mut self) {
        let slot = self.slot();
        let Some(step) = self.dialogue.steps.get(self.next) else { return };
        self.waits = true;
        match *step {
            Step::Send(command, _) => drop(self.session.send(&command, Some(slot), None).unwrap()),
            Step::Execute(app, _) | Step::Meanwhile(app, ..) => self.execute(app).unwrap(),
            Step::Job(line, _) => drop(self.session.bgapi(line, slot, None).unwrap()),
            Step::Listen(names, _) => self.session.listen(slot, names.into()).unwrap(),
            Step::Log => {
                // The login has told already.
                assert!(self.session.listen_log(slot, LogLevel::INFO).is_err());
                self.next += 1;
                return self.begin();
            }
            Step::Filter(name, value) => self.session.set_filters([(name, value)]).unwrap(),
        }
        self.flush();
        if let Step::Meanwhile(_, line, _) = step {
            self.link.outside(line);
        }
    }

    fn flush(&mut self) {
        self.link.write(self.session.to_send());
        self.session.sent(usize::MAX);
    }

    /// Looks what has ended.
    fn settle(&mut self) {
        self.flush();
        self.notices.extend(std::iter::from_fn(|| self.session.next_notice()));
        let told = self.session.next_outcome();
        assert!(self.session.next_outcome().is_none(), "one wait at a time: {told:?}");
        let name = self.dialogue.name;
        let Some(step) = self.dialogue.steps.get(self.next).filter(|_| self.waits) else {
            assert_eq!(told, None, "{name}");
            return;
        };
        let expected = match *step {
            Step::Send(_, status) if told.is_some() => {
                assert_eq!(self.status, Some(status), "{name} {}", self.next);
                Some(Outcome::Answered)
            }
            Step::Send(..) | Step::Log | Step::Filter(..) => None,
            Step::Execute(_, outcome) | Step::Meanwhile(_, _, outcome) | Step::Job(_, outcome) => Some(outcome),
            Step::Listen(_, outcome) => outcome,
        };
        let is_done = match told {
            Some((slot, outcome)) => {
                assert_eq!((slot, Some(outcome)), (self.slot(), expected), "{name}");
                true
            }
            // What is only said stands once it is answered.
            None => expected.is_none() && !matches!(step, Step::Send(..)) && self.session.is_settled(),
        };
        if is_done {
            self.waits = false;
            self.next += 1;
            self.begin();
        }
    }
}

/// Plays a dialogue to its end, and returns the link.
fn play<L: Link>(dialogue: &Dialogue, link: L, limits: Limits) -> L {
    let mut session = Session::new(0x17);
    let client = match dialogue.place {
        Place::Outbound(_) => Client::outbound(limits),
        Place::Inbound(_) => Client::inbound(limits),
    };
    session.connect(client, Duration::ZERO);
    let mut player = Player { dialogue, link, session, next: 0, waits: false, status: None, notices: Vec::new() };
    if let Place::Outbound(_) = dialogue.place {
        player.session.send(&Command::Connect, None, None).unwrap();
        player.flush();
    }
    let (mut buffer, mut has_begun) = (Vec::new(), false);
    while has_begun.then_some(player.next) != Some(dialogue.steps.len()) || dialogue.end.is_some() {
        let read = player.link.read();
        if read.is_empty() {
            player.session.eof(&buffer, Duration::ZERO);
            player.settle();
            break;
        }
        buffer.extend_from_slice(&read);
        loop {
            let poll = player.session.poll(&buffer, Duration::ZERO).unwrap();
            let consumed = poll.consumed();
            match poll {
                Poll::Incoming { incoming: Incoming::AuthRequest, .. } => {
                    let Place::Inbound(login) = dialogue.place else { panic!() };
                    player.session.send(&login, None, None).unwrap();
                }
                Poll::Incoming { incoming: Incoming::Answer { answer, .. }, .. } => {
                    player.status = Some(match answer {
                        Answer::Reply(reply) => reply.status(),
                        Answer::Api(response) => response.status(),
                    });
                }
                Poll::NeedData { .. } | Poll::Closed { .. } => break,
                _ => {}
            }
            buffer.drain(..consumed);
            player.settle();
            if !has_begun && player.session.is_open() {
                has_begun = true;
                player.begin();
            }
        }
        player.settle();
    }
    let name = dialogue.name;
    assert_eq!((player.next, player.session.waiting()), (dialogue.steps.len(), 0), "{name}");
    assert_eq!(player.session.reason(), dialogue.end.map(Reason::End), "{name}");
    assert_eq!(player.notices, [], "{name}");
    player.link
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/captures").join(name)
}

/// What was recorded.
struct Recorded<'r> {
    server: &'r [u8],
    client: &'r [u8],
    piece: usize,
    /// The first piece has another length.
    first: usize,
}

impl Link for Recorded<'_> {
    fn write(&mut self, octets: &[u8]) {
        let (said, rest) = self.client.split_at(octets.len().min(self.client.len()));
        assert_eq!(String::from_utf8_lossy(octets), String::from_utf8_lossy(said));
        self.client = rest;
    }

    fn read(&mut self) -> Vec<u8> {
        let count = std::mem::replace(&mut self.first, self.piece);
        let (piece, rest) = self.server.split_at(count.min(self.server.len()));
        self.server = rest;
        piece.to_vec()
    }

    fn outside(&mut self, _: &str) {}
}

fn replay(dialogue: &Dialogue, first: usize, piece: usize, server: &[u8], client: &[u8]) {
    let link = play(dialogue, Recorded { server, client, piece, first }, Limits::DEFAULT);
    assert!(link.client.is_empty(), "{}: {}", dialogue.name, String::from_utf8_lossy(link.client));
}

#[test]
fn each_wait_ends_as_with_the_server_however_the_octets_come() {
    for dialogue in dialogues() {
        let [server, client] = ["server.bin", "client.bin"].map(|file| {
            std::fs::read(folder(dialogue.name).join(file)).unwrap_or_else(|error| panic!("{}: {error}", dialogue.name))
        });
        replay(&dialogue, server.len(), server.len(), &server, &client);
        replay(&dialogue, 1, 1, &server, &client);
        // Cut in two at every place near the end, where waits end, and at places before.
        let places = (1..server.len()).filter(|at| at + 1024 > server.len() || at % 61 == 0);
        for at in places {
            replay(&dialogue, at, server.len(), &server, &client);
        }
    }
}

/// A command as it is written, without its end: none of these has more than one line.
fn line(command: &Command<'_>) -> String {
    let mut storage = [0; 256];
    let line = String::from_utf8(command.encode(&mut storage).unwrap().to_vec()).unwrap();
    line.strip_suffix("\n\n").unwrap().to_owned()
}

/// A name of Rust's as a word.
fn word(name: &impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for letter in format!("{name:?}").chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// A step with what it must come to, between tabs.
fn step_line(step: &Step) -> String {
    let execute = |app: &App<'_>, outcome| {
        let mut storage = [0; 256];
        let execute = app.execute(&mut storage).unwrap();
        let [app, arg] = [execute.app, execute.arg].map(String::from_utf8_lossy);
        format!("execute\t{app}\t{arg}\t{}", word(outcome))
    };
    match step {
        Step::Send(command, status) => format!("send\t{}\t{}", line(command), word(status)),
        Step::Execute(app, outcome) | Step::Meanwhile(app, _, outcome) => execute(app, outcome),
        Step::Job(line, outcome) => format!("job\t{line}\t{}", word(outcome)),
        Step::Listen(names, outcome) => {
            let names: Vec<_> = names.iter().map(|name| name.as_str().unwrap()).collect();
            format!("listen\t{}\t{}", names.join(" "), outcome.as_ref().map_or("-".into(), word))
        }
        Step::Log => "log".into(),
        Step::Filter(name, value) => {
            format!("filter\t{}\t{}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
        }
    }
}

#[test]
fn the_list_for_other_languages_is_fresh() {
    let mut text = String::new();
    for Dialogue { name, place, steps, end } in dialogues() {
        let place = match place {
            Place::Outbound(_) => "outbound\t-\t-".to_owned(),
            Place::Inbound(login) => format!("inbound\t{}\t{CHANNEL}", line(&login)),
        };
        text += &format!("dialogue\t{name}\t{place}\t{}\n", end.as_ref().map_or("-".into(), word));
        steps.iter().for_each(|step| text += &(step_line(step) + "\n"));
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/dialogues.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == text, "testdata/dialogues.txt is stale: UPDATE=1");
}

/// With a server.
struct Live {
    socket: TcpStream,
    other: Connection,
    uuid: String,
    server: Vec<u8>,
    client: Vec<u8>,
}

impl Link for Live {
    fn write(&mut self, octets: &[u8]) {
        self.client.extend_from_slice(octets);
        self.socket.write_all(octets).unwrap();
    }

    fn read(&mut self) -> Vec<u8> {
        let mut buffer = vec![0; 64 << 10];
        let count = self.socket.read(&mut buffer).unwrap_or_else(|error| {
            panic!(
                "{error} after {}\nsaid: {}",
                String::from_utf8_lossy(&self.server),
                String::from_utf8_lossy(&self.client)
            )
        });
        buffer.truncate(count);
        self.server.extend_from_slice(&buffer);
        buffer
    }

    fn outside(&mut self, line: &str) {
        std::thread::sleep(Duration::from_millis(500));
        let said = self.other.api(&line.replace("{uuid}", &self.uuid));
        assert!(said.starts_with("+OK"), "{line}: {said}");
    }
}

/// A connection of somebody else's.
struct Connection {
    socket: TcpStream,
    read: Vec<u8>,
    client: Client,
}

impl Connection {
    fn open(address: &str) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        let mut connection = Self { socket, read: Vec::new(), client: Client::inbound(Limits::DEFAULT) };
        connection.say(&Command::auth("ClueCon"));
        connection
    }

    fn say(&mut self, command: &Command<'_>) -> String {
        let mut out = Vec::new();
        let _ = self.client.send_to_vec(command, &mut out).unwrap();
        self.socket.write_all(&out).unwrap();
        loop {
            let poll = self.client.poll(&self.read).unwrap();
            let consumed = poll.consumed();
            let found = match poll {
                Poll::Incoming { incoming: Incoming::Answer { answer, .. }, .. } => {
                    Some(String::from_utf8_lossy(answer.text()).into_owned())
                }
                Poll::Incoming { incoming: Incoming::Authenticated { .. }, .. } => Some(String::new()),
                Poll::NeedData { .. } => {
                    let mut buffer = [0; 4096];
                    let count = self.socket.read(&mut buffer).unwrap();
                    assert!(count > 0, "the server has gone");
                    self.read.extend_from_slice(&buffer[..count]);
                    None
                }
                _ => None,
            };
            self.read.drain(..consumed);
            if let Some(found) = found {
                return found;
            }
        }
    }

    fn api(&mut self, line: &str) -> String {
        self.say(&Command::api(line))
    }
}

#[test]
#[ignore = "needs a FreeSWITCH"]
fn record() {
    let address = std::env::var("ESL_RECORD").expect("ESL_RECORD=HOST:PORT");
    let only = std::env::var("ESL_ONLY").ok();
    for dialogue in dialogues().iter().filter(|dialogue| only.as_ref().is_none_or(|only| dialogue.name.contains(only)))
    {
        let mut other = Connection::open(&address);
        let make = |uuid: &str, next: &str| format!("originate {{origination_uuid={uuid}}}null/x {next}");
        let (socket, uuid) = match dialogue.place {
            Place::Outbound(mode) => {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let port = listener.local_addr().unwrap().port();
                let uuid = other.api("create_uuid");
                let mut beside = Connection::open(&address);
                let line = make(&uuid, &format!("'socket:127.0.0.1:{port} {mode}' inline"));
                let call = std::thread::spawn(move || beside.api(&line));
                let (socket, _) = listener.accept().unwrap();
                let said = call.join().unwrap();
                assert!(said.starts_with("+OK"), "{said}");
                (socket, uuid)
            }
            Place::Inbound(_) => {
                let said = other.api(&make(CHANNEL, "&park()"));
                assert!(said.starts_with("+OK"), "{said}");
                (TcpStream::connect(&address).unwrap(), CHANNEL.into())
            }
        };
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        eprintln!("{}", dialogue.name);
        let link = Live { socket, other, uuid, server: Vec::new(), client: Vec::new() };
        let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| play(dialogue, link, Limits::DEFAULT)));
        let Ok(mut link) = played else { continue };
        let _ = link.other.api(&format!("uuid_kill {}", link.uuid));
        std::fs::create_dir_all(folder(dialogue.name)).unwrap();
        std::fs::write(folder(dialogue.name).join("server.bin"), &link.server).unwrap();
        std::fs::write(folder(dialogue.name).join("client.bin"), &link.client).unwrap();
    }
}
