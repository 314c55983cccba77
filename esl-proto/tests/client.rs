//! The client against what real servers said: every recorded dialogue is replayed, whole and octet by octet, and each
//! answer must belong to the command that it answers.

use std::fs;
use std::path::PathBuf;

use esl_proto::client::{
    Answer, CommandId, End, Eof, EventSequence, Follow, Linger, NotAllowed, PendingSlot, PendingTable, Poll, SendError,
    Tag,
};
use esl_proto::command::{Events, Execute, Filter, Pairs, SendEvent, SendMsg};
use esl_proto::frame::{Request, Step};
use esl_proto::message::Status;
use esl_proto::name::{EventName, Format, LogLevel};
use esl_proto::{Client, Command, Decoder, Incoming, Limits, Message, Subscription, Value};

fn captures() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/captures"))
}

/// One recorded connection.
struct Dialogue {
    name: String,
    client: Vec<u8>,
    server: Vec<u8>,
}

impl Dialogue {
    fn read(name: &str) -> Self {
        let file = |file| fs::read(captures().join(name).join(file)).unwrap();
        Self { name: name.to_owned(), client: file("client.bin"), server: file("server.bin") }
    }

    fn all() -> Vec<Self> {
        let folders = fs::read_dir(captures()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        assert!(names.len() > 45);
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The command lines, in order, as far as the server could read them.
    fn requests(&self) -> Vec<Vec<u8>> {
        let mut decoder = Decoder::for_requests(Limits { max_head: 16 << 20, ..Limits::DEFAULT });
        let mut rest = &self.client[..];
        let mut requests = Vec::new();
        while let Ok(Step::Frame { consumed, .. }) = decoder.decode(rest) {
            requests.push(rest[..consumed].to_vec());
            rest = &rest[consumed..];
        }
        requests
    }

    fn is_outbound(&self) -> bool {
        self.name == "08-no-connect-first" || self.client.starts_with(b"connect\n\n")
    }
}

fn request(octets: &[u8]) -> Request<'_> {
    match Decoder::for_requests(Limits { max_head: 16 << 20, ..Limits::DEFAULT }).decode(octets) {
        Ok(Step::Frame { frame, .. }) => frame.into(),
        other => panic!("{other:?}"),
    }
}

/// What a connection came to.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// Each answered command, and how its answer begins.
    answers: Vec<(CommandId, Vec<u8>)>,
    unanswered: Vec<CommandId>,
    unexpected: usize,
    events: u64,
    end: End,
    incomplete: usize,
}

/// Polls until the stream ends, showing `chunk` more octets each time.
fn run(client: &mut Client, server: &[u8], chunk: usize) -> Outcome {
    run_with(client, server, chunk, |_| ())
}

/// The same with something done after each poll.
fn run_with(client: &mut Client, server: &[u8], chunk: usize, mut between: impl FnMut(&mut Client)) -> Outcome {
    let mut outcome =
        Outcome { answers: vec![], unanswered: vec![], unexpected: 0, events: 0, end: End::Eof, incomplete: 0 };
    let (mut start, mut end) = (0, 0);
    loop {
        let poll = client.poll(&server[start..end]).unwrap();
        match &poll {
            Poll::Incoming { incoming, .. } => match incoming {
                Incoming::Authenticated { id, reply, .. }
                | Incoming::AuthRefused { id, reply }
                | Incoming::Connected { id, reply } => {
                    outcome.answers.push((*id, reply.text().bytes().collect()));
                }
                Incoming::Answer { id, answer } => outcome.answers.push((*id, answer.text().to_vec())),
                Incoming::Rejected { unanswered, .. } | Incoming::Goodbye { unanswered, .. } => {
                    outcome.unanswered.extend(unanswered.ids());
                }
                Incoming::Unexpected(_) => outcome.unexpected += 1,
                _ => {}
            },
            Poll::NeedData { .. } | Poll::Closed { .. } if end == server.len() => break,
            Poll::Closed { .. } => panic!("{} octets after the end", server.len() - start),
            Poll::NeedData { required, .. } => {
                assert!(required.is_none_or(|required| required > end - start));
                end = server.len().min(end + chunk);
            }
            other => panic!("{other:?} without a limit"),
        }
        start += poll.consumed();
        between(client);
    }
    let Eof { end: reason, answered, reply, unanswered, incomplete, .. } = client.eof(&server[start..]);
    outcome.answers.extend(answered.zip(reply).map(|(id, reply)| (id, reply.text().bytes().collect())));
    outcome.unanswered.extend(unanswered.ids());
    assert_eq!(client.eof(&[]).unanswered.len(), 0, "nothing is reported twice");
    assert_eq!((client.end(), client.in_flight()), (Some(reason), 0));
    (outcome.end, outcome.incomplete, outcome.events) = (reason, incomplete, client.stats().events);
    outcome
}

/// Sends all commands of the dialogue at once, then takes in what the server said.
fn replay(dialogue: &Dialogue, chunk: usize) -> (Vec<Vec<u8>>, Outcome) {
    replay_with(dialogue, chunk, |_| ())
}

fn replay_with(dialogue: &Dialogue, chunk: usize, between: impl FnMut(&mut Client)) -> (Vec<Vec<u8>>, Outcome) {
    let mut client =
        if dialogue.is_outbound() { Client::outbound(Limits::DEFAULT) } else { Client::inbound(Limits::DEFAULT) };
    let mut requests = dialogue.requests();
    if dialogue.name == "08-no-connect-first" {
        // The server does not answer a first command that is not `connect`.
        assert_eq!(requests.remove(0), b"myevents\n\n");
    }
    let mut out = vec![0; 1 << 20];
    for octets in &requests {
        // Recorded clients also sent what this one never would.
        let sent = Command::parse(&request(octets)).ok().and_then(|command| client.send(&command, &mut out).ok());
        if sent.is_none() {
            client.track_external();
        }
    }
    let outcome = run_with(&mut client, &dialogue.server, chunk, between);
    (requests, outcome)
}

/// Whether the server can have said this to that.
fn fits(request: &[u8], answer: &[u8]) -> bool {
    let request = self::request(request);
    let line = String::from_utf8_lossy(request.line()).to_lowercase();
    let answer = String::from_utf8_lossy(answer).into_owned();
    let any = |beginnings: &[&str]| beginnings.iter().any(|beginning| answer.starts_with(beginning));
    if answer == "-ERR command not found" {
        // What every command can get that is unknown, unfinished, or not for this connection.
        return true;
    }
    if let Some(text) = line.strip_prefix("api eval ")
        && !text.is_empty()
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric())
    {
        return answer == text || answer == "-ERR permission denied";
    }
    // Words match by prefix: a longer one stands before those that begin it.
    const WORDS: [&str; 19] = [
        "userauth",
        "auth",
        "bgapi ",
        "api ",
        "sendevent",
        "sendmsg",
        "nixevent",
        "noevents",
        "event",
        "filter",
        "nolog",
        "nolinger",
        "linger",
        "log",
        "myevents",
        "divert_events",
        "connect",
        "resume",
        "exit",
    ];
    match WORDS.into_iter().find(|word| line.starts_with(word)) {
        Some("api ") => !any(&["+OK event", "+OK filter", "+OK Job-UUID", "+OK accepted", "+OK log"]),
        Some("bgapi ") if answer == "-ERR permission denied" => true,
        Some("bgapi ") => match request.get("job-uuid") {
            Some(uuid) if uuid.len() < 200 => answer == format!("+OK Job-UUID: {}", String::from_utf8_lossy(uuid)),
            _ => any(&["+OK Job-UUID: "]),
        },
        Some("auth" | "userauth") => any(&["+OK accepted", "-ERR invalid"]),
        Some("event") => any(&["+OK event listener enabled ", "-ERR no keywords", "-ERR permission"]),
        Some("nixevent") => any(&["+OK events nixed", "-ERR no keywords"]),
        Some("noevents") => any(&["+OK no longer listening for events", "-ERR not listening for events"]),
        Some("filter") => any(&["+OK filter added. [", "+OK filter deleted. [", "-ERR invalid syntax"]),
        Some("sendevent") => answer.len() == 40 && any(&["+OK "]),
        Some("sendmsg") => answer == "+OK" || any(&["-ERR invalid session id ["]),
        Some("log") => any(&["+OK log level ", "-ERR invalid log level"]),
        Some("nolog") => any(&["+OK no longer logging", "-ERR not loging"]),
        Some("linger") => any(&["+OK will linger", "-ERR not controlling a session"]),
        Some("nolinger") => any(&["+OK will not linger", "-ERR not controlling a session"]),
        Some("myevents") => any(&["+OK Events Enabled", "-ERR aready enabled.", "-ERR invalid uuid"]),
        Some("divert_events") => any(&["+OK events ", "-ERR not controlling a session.", "-ERR missing value."]),
        // A variable's name that holds a blank line ends the head early: the rest is not known for channel data.
        Some("connect") => answer == "+OK\n" || answer == "%2BOK%0A",
        Some("resume") => answer == "+OK",
        Some("exit") => answer == "+OK bye",
        // `getvar`: the value of a variable.
        _ => line.starts_with("getvar"),
    }
}

/// After each poll another process goes on with the connection, where that is possible.
#[test]
fn a_connection_can_be_carried_to_another_process() {
    let mut carried = 0;
    for dialogue in Dialogue::all() {
        let wanted = replay(&dialogue, usize::MAX / 2);
        for chunk in [7, usize::MAX / 2] {
            let outcome = replay_with(&dialogue, chunk, |client| {
                if let Some(saved) = client.save() {
                    let resumed = Client::resume(&saved, Limits::DEFAULT).unwrap();
                    assert_eq!((resumed.in_flight(), resumed.stats()), (client.in_flight(), client.stats()));
                    assert_eq!(resumed.save(), Some(saved));
                    *client = resumed;
                    carried += 1;
                }
            });
            assert!(outcome.1 == wanted.1, "{} in chunks of {chunk}", dialogue.name);
        }
    }
    assert!(carried > 10_000, "{carried}");
}

#[test]
fn a_state_that_nobody_saved_is_refused() {
    let mut client = Client::inbound(Limits::DEFAULT);
    assert_eq!(client.save(), None, "not open yet");
    client = Client::outbound(Limits::DEFAULT);
    let _ = client.send(&Command::Connect, &mut [0; 64]).unwrap();
    let saved = client.save().unwrap();
    assert!(Client::resume(&saved, Limits::DEFAULT).is_some_and(|client| client.is_open() && client.in_flight() == 1));
    // Another layout, unknown flags, more answered than sent, more unreported than answered.
    for (place, octet) in [(0, 0), (0, 2), (1, 0x20), (2, 3), (2, 0x10), (11, 2), (19, 1)] {
        let mut other = saved;
        other[place] = octet;
        assert!(Client::resume(&other, Limits::DEFAULT).is_none(), "{place}");
    }
}

#[test]
fn every_dialogue_replays_with_each_answer_at_its_command() {
    for dialogue in Dialogue::all() {
        let name = &dialogue.name[..];
        if name == "15-slow-consumer" {
            // Only the end of this one was kept, without the answers.
            continue;
        }
        let (requests, outcome) = replay(&dialogue, usize::MAX / 2);
        assert_eq!(replay(&dialogue, 1).1, outcome, "{name} octet by octet");

        let unanswered = match name {
            // Sent before the rejection.
            "01-acl-reject" => 1,
            _ => 0,
        };
        assert_eq!(outcome.unanswered.len(), unanswered, "{name}");
        assert_eq!(outcome.answers.len() + unanswered, requests.len(), "{name}");
        assert_eq!(outcome.unexpected, orphans(name), "{name}");
        assert_eq!(outcome.incomplete, 0, "{name}");

        // Behind a value that spells a whole reply, line ends included, nobody can tell.
        let told = match name {
            "16-getvar-lines" => 101,
            "16-getvar-tilde-headers-lines" => 52,
            "16-getvar-tilde-lines" => 49,
            _ => requests.len(),
        };
        for (position, (id, answer)) in outcome.answers.iter().enumerate() {
            assert_eq!(id.number(), position as u64, "{name}");
            let request = &requests[position];
            let shown = String::from_utf8_lossy(&request[..request.len().min(80)]);
            assert!(
                position >= told || fits(request, answer),
                "{name}: {shown} was answered {}",
                String::from_utf8_lossy(answer)
            );
        }

        let end = match name {
            "01-acl-reject" => End::Rejected,
            "01-auth-wrong" => End::AuthRefused,
            "01-auth-timeout" => End::AuthTimeout,
            "14-shutdown-inbound" | "16-bgapi-long-job-uuid-shutdown" => End::Shutdown,
            // The server hangs up on a Content-Length that it rejects, or says good-bye to a client that has gone.
            "06-content-length-negative" | "13-esl-python" | "13-fs_cli-x" => End::Goodbye,
            "16-bgapi-long-job-uuid-fin" | "16-userauth-merged-fin" => End::Goodbye,
            "05-divert-events" | "05-myevents-plain" | "05-myevents-json" => End::ChannelEnded,
            "08-resume" | "16-getvar-tilde-exit" | "16-getvar-tilde-sync" => End::Exit,
            "16-getvar-tilde-inbound" => End::ChannelEnded,
            // The program went away.
            "17-inbound" | "17-inbound-refused" => End::Eof,
            _ if name.starts_with("17-") && name.ends_with("-transfer") => End::Eof,
            _ if dialogue.is_outbound() => End::ChannelEnded,
            _ => End::Exit,
        };
        assert_eq!(outcome.end, end, "{name}");
    }
}

/// How many frames of a dialogue answer no command: what stands behind a blank line in a variable's value, in a list of
/// rights, in a channel's name, in a variable's name.
fn orphans(name: &str) -> usize {
    match name {
        "08-getvar-long-and-multiline" => 1,
        "16-getvar-lines" => 13,
        "16-getvar-tilde-headers-lines" => 3,
        "16-getvar-tilde-lines" => 10,
        "16-connect-odd-names" | "16-linger-notice-lines" | "16-userauth-lines" => 1,
        _ => 0,
    }
}

#[test]
fn a_slow_consumer_ends_inside_an_event() {
    let dialogue = Dialogue::read("15-slow-consumer");
    let mut client = Client::inbound(Limits::DEFAULT);
    let outcome = run(&mut client, &dialogue.server, 100);
    assert_eq!((outcome.end, outcome.incomplete, outcome.unexpected), (End::Eof, 27, 0));
    assert!(outcome.events > 5);
}

/// Sends a command that may be sent.
fn send(client: &mut Client, command: &Command<'_>) -> CommandId {
    client.send(command, &mut [0; 256]).unwrap().id
}

/// The octets of a stream as messages.
fn incoming<'b>(client: &mut Client, stream: &'b [u8]) -> Vec<Incoming<'b>> {
    let mut rest = stream;
    let mut all = Vec::new();
    while let Poll::Incoming { incoming, consumed } = client.poll(rest).unwrap() {
        all.push(incoming);
        rest = &rest[consumed..];
    }
    all
}

/// An inbound client that has logged in.
fn open() -> Client {
    let mut client = Client::inbound(Limits::DEFAULT);
    send(&mut client, &Command::auth("ClueCon"));
    let stream = b"Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n";
    assert_eq!(incoming(&mut client, stream).len(), 2);
    assert!(client.is_open());
    client
}

/// An outbound client that has connected, with this kind of control.
fn connected(control: &str) -> Client {
    let mut client = Client::outbound(Limits::DEFAULT);
    send(&mut client, &Command::Connect);
    let stream = format!(
        "Event-Name: CHANNEL_DATA\nChannel-Name: a%20b\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\
         Socket-Mode: async\nControl: {control}\n\n"
    );
    match incoming(&mut client, stream.as_bytes())[..] {
        [Incoming::Connected { id, reply }] => {
            assert_eq!(id.number(), 0);
            assert!(reply.channel_data().unwrap().get("channel-name").is_some_and(|name| name == *"a b"));
        }
        ref other => panic!("{other:?}"),
    }
    client
}

#[test]
fn rights_come_with_userauth() {
    let dialogue = Dialogue::read("01-userauth-ok");
    let mut client = Client::inbound(Limits::DEFAULT);
    send(&mut client, &Command::userauth("full", "test.local", "fullpass"));
    let all = incoming(&mut client, &dialogue.server);
    let [Incoming::AuthRequest, Incoming::Authenticated { reply, .. }, ..] = all[..] else { panic!("{all:?}") };
    assert!(!reply.is_broken());
    assert_eq!(reply.allowed_events(), Some(Value::from_bytes(b"all")));
    assert_eq!(reply.allowed_api(), Some(Value::from_bytes(b"all")));
    assert_eq!(reply.allowed_log(), Some(true));
}

#[test]
fn a_reply_merged_with_that_of_userauth_answers_the_next_command() {
    let mut client = Client::inbound(Limits::DEFAULT);
    let login = send(&mut client, &Command::userauth("u", "d", "p"));
    let next = send(&mut client, &Command::NoEvents);
    let last = send(&mut client, &Command::api("status"));
    let rights = "Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-Events: all\nAllowed-API: ";
    // What follows the first line is cut at 510 octets.
    let rights = format!("{rights}{}", "a,".repeat(300))[..28 + 510].to_owned();
    let stream = format!(
        "{rights}Content-Type: command/reply\nReply-Text: -ERR not listening for events\n\n\
         Content-Type: api/response\nContent-Length: 2\n\nUP"
    );
    match incoming(&mut client, stream.as_bytes())[..] {
        [
            Incoming::Authenticated { id, reply },
            Incoming::Answer { id: second, answer: Answer::Reply(other) },
            Incoming::Answer { id: third, .. },
        ] => {
            assert_eq!((id, second, third), (login, next, last));
            assert_eq!(
                (reply.is_broken(), reply.status(), reply.text()),
                (true, Status::Ok, Value::from_bytes(b"+OK accepted"))
            );
            assert_eq!((other.is_broken(), other.status()), (false, Status::Err));
        }
        ref other => panic!("{other:?}"),
    }
    assert!(client.is_open());
}

#[test]
fn what_cannot_be_answered_is_not_sent() {
    let refuse = |client: &Client, command: Command<'_>, reason| {
        let mut client = client.clone();
        let before = format!("{client:?}");
        let mut out = [7; 256];
        assert_eq!(client.send(&command, &mut out), Err(SendError::NotAllowed(reason)), "{command:?}");
        assert_eq!(out, [7; 256]);
        assert_eq!(format!("{client:?}"), before, "a refused command changes nothing");
    };
    let allow = |client: &Client, command: Command<'_>| assert_eq!(client.may_send(&command), Ok(()), "{command:?}");
    let status = Command::api("status");
    let answer = Command::from(SendMsg::new(Execute::new("answer", "")));

    let mut inbound = Client::inbound(Limits::DEFAULT);
    refuse(&inbound, status, NotAllowed::NotAuthenticated);
    refuse(&inbound, Command::Connect, NotAllowed::NotAuthenticated);
    allow(&inbound, Command::Exit);
    send(&mut inbound, &Command::auth("x"));
    allow(&inbound, status);
    refuse(&inbound, Command::auth("x"), NotAllowed::AlreadyAuthenticated);

    let mut inbound = open();
    refuse(&inbound, Command::userauth("a", "b", "c"), NotAllowed::AlreadyAuthenticated);
    for command in
        [Command::Connect, Command::Resume, Command::getvar("x"), Command::DivertEvents { on: true }, Command::NoLinger]
    {
        refuse(&inbound, command, NotAllowed::NeedsChannel);
    }
    refuse(&inbound, Command::myevents(Format::Json), NotAllowed::NeedsUuid);
    refuse(&inbound, answer, NotAllowed::NeedsUuid);
    allow(&inbound, SendMsg::new(Execute::new("answer", "")).to("u").into());
    send(&mut inbound, &Command::myevents_of("u"));
    for command in [Command::getvar("x"), Command::Linger { seconds: None }, answer] {
        allow(&inbound, command);
    }
    send(&mut inbound, &Command::Exit);
    refuse(&inbound, status, NotAllowed::Exiting);
    inbound.eof(b"");
    refuse(&inbound, status, NotAllowed::Closed);

    let outbound = Client::outbound(Limits::DEFAULT);
    refuse(&outbound, Command::myevents(None), NotAllowed::NotConnected);
    refuse(&outbound, Command::auth("x"), NotAllowed::AlreadyAuthenticated);
    allow(&outbound, Command::Connect);
    let full = connected("full");
    for command in [status, Command::Linger { seconds: None }, Command::getvar("x"), answer, Command::Connect] {
        allow(&full, command);
    }
    let single = connected("single-channel");
    assert_eq!(single.has_full_control(), Some(false));
    let needing_full = [
        status,
        Command::bgapi("status"),
        Command::event(None, &[EventName::All]),
        Command::nixevent(&[EventName::All]),
        Command::NoEvents,
        SendEvent::new(EventName::Custom, Pairs::NONE).into(),
        Command::Log { level: None },
        Command::NoLog,
        Command::Linger { seconds: None },
        Command::NoLinger,
    ];
    for command in needing_full {
        refuse(&single, command, NotAllowed::NeedsFullControl);
        allow(&full, command);
    }
    for command in [
        Command::myevents(None),
        Command::getvar("x"),
        answer,
        Filter::DeleteAll.into(),
        Command::Resume,
        Command::Exit,
    ] {
        allow(&single, command);
    }

    let mut limited = Client::inbound(Limits::DEFAULT);
    send(&mut limited, &Command::userauth("a", "b", "c"));
    incoming(&mut limited, b"Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-LOG: false\n\n");
    refuse(&limited, Command::Log { level: None }, NotAllowed::NoRight);
    allow(&limited, status);
}

#[test]
fn too_little_storage_says_how_much_is_needed_and_changes_nothing() {
    let mut client = open();
    let before = format!("{client:?}");
    let command = Command::api("status");
    let mut out = [7; 11];
    let error = client.send(&command, &mut out).unwrap_err();
    assert!(matches!(error, SendError::Insufficient(short) if short.required == 12));
    assert!(matches!(client.send(&Command::api("\n"), &mut out), Err(SendError::Refused(_))));
    assert_eq!(format!("{client:?}"), before);
    assert_eq!(client.send(&command, &mut [0; 12]).unwrap().id.number(), 1, "ids go on where they were");
}

#[test]
fn a_denied_api_is_answered_by_a_reply() {
    let mut client = open();
    let id = send(&mut client, &Command::api("reloadxml"));
    match incoming(&mut client, b"Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n")[..] {
        [Incoming::Answer { id: answered, answer: answer @ Answer::Reply(_) }] => {
            assert_eq!((answered, answer.status(), answer.text()), (id, Status::Err, &b"-ERR permission denied"[..]));
        }
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_late_answer_carries_its_id_and_one_too_many_is_unexpected() {
    let mut client = open();
    let given_up = send(&mut client, &Command::api("msleep 99999"));
    let next = send(&mut client, &Command::api("status"));
    let stream = "Content-Type: api/response\nContent-Length: 2\n\nok".repeat(3);
    match incoming(&mut client, stream.as_bytes())[..] {
        [
            Incoming::Answer { id: first, .. },
            Incoming::Answer { id: second, .. },
            Incoming::Unexpected(Message::ApiResponse(_)),
        ] => {
            assert_eq!((first, second), (given_up, next));
        }
        ref other => panic!("{other:?}"),
    }
    assert_eq!((client.in_flight(), client.stats().unexpected), (0, 1));
}

#[test]
fn a_broken_framing_reports_what_will_not_be_answered_once() {
    let mut client = open();
    let id = send(&mut client, &Command::api("status"));
    let stream = b"Content-Type: api/response\nContent-Length: many\n\n";
    let error = client.poll(stream).unwrap_err();
    assert_eq!(error.unanswered.ids().collect::<Vec<_>>(), [id]);
    assert_eq!(error.unanswered.end(), End::Protocol(error.error));
    let again = client.poll(stream).unwrap_err();
    assert_eq!((again.error, again.unanswered.is_empty()), (error.error, true));
    let eof = client.eof(stream);
    assert_eq!((eof.end, eof.unanswered.is_empty(), eof.incomplete), (End::Protocol(error.error), true, 0));
}

#[test]
fn a_host_with_little_memory_gets_long_answers_in_parts() {
    let mut client = Client::inbound(Limits::for_buffer(128));
    send(&mut client, &Command::auth("x"));
    incoming(&mut client, b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
    let id = send(&mut client, &Command::api("show channels"));
    let stream = [b"Content-Type: api/response\nContent-Length: 300\n\n", &b"c"[..].repeat(300)[..]].concat();
    let Poll::Head { id: answered, body_len, consumed, .. } = client.poll(&stream[..128]).unwrap() else { panic!() };
    assert_eq!((answered, body_len), (Some(id), 300));
    let (mut body, mut rest) = (0, &stream[consumed..]);
    while body < 300 {
        let Poll::Body { data, id: answered, remaining, consumed, .. } =
            client.poll(&rest[..rest.len().min(128)]).unwrap()
        else {
            panic!()
        };
        body += data.len();
        assert_eq!(answered, Some(id));
        assert_eq!(client.in_flight(), u64::from(remaining > 0), "answered with its last part");
        assert_eq!(remaining, 300 - body);
        rest = &rest[consumed..];
    }
    assert_eq!(client.poll(b"").unwrap(), Poll::NeedData { required: None, consumed: 0 });
    // A notice that does not fit ends the connection all the same.
    let notice = format!("Content-Type: text/disconnect-notice\nContent-Length: 100\n\n{}", "x".repeat(100));
    let Poll::Head { id: None, consumed, .. } = client.poll(notice.as_bytes()).unwrap() else { panic!() };
    let Poll::Body { remaining: 0, .. } = client.poll(&notice.as_bytes()[consumed..]).unwrap() else { panic!() };
    assert_eq!(client.poll(b"").unwrap(), Poll::Closed { end: End::Goodbye, trailing: &[] });
}

#[test]
fn lingering_is_not_the_end() {
    let mut client = connected("full");
    let notice = b"Content-Type: text/disconnect-notice\nControlled-Session-UUID: u\nContent-Disposition: linger\n\
        Channel-Name: loopback/x\nLinger-Time: -1\nContent-Length: 0\n\n";
    match incoming(&mut client, notice)[..] {
        [Incoming::Lingering(notice)] => assert_eq!(notice.linger_seconds(), Some(-1)),
        ref other => panic!("{other:?}"),
    }
    assert!(client.is_lingering() && client.end().is_none());
    let id = send(&mut client, &Command::getvar("x"));
    let end = b"Content-Type: text/disconnect-notice\nControlled-Session-UUID: u\nContent-Disposition: disconnect\n\
        Content-Length: 3\n\nbyejunk";
    match client.poll(end).unwrap() {
        Poll::Incoming { incoming: Incoming::Goodbye { end: End::ChannelEnded, unanswered, .. }, consumed } => {
            assert_eq!(unanswered.ids().collect::<Vec<_>>(), [id]);
            let closed = Poll::Closed { end: End::ChannelEnded, trailing: &b"junk"[..] };
            assert_eq!(client.poll(&end[consumed..]).unwrap(), closed);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn passwords_are_in_no_debug_output_and_no_error() {
    let mut client = Client::inbound(Limits::DEFAULT);
    let mut out = [0; 8];
    for command in [Command::auth("SeCrEt\n"), Command::auth("SeCrEt"), Command::userauth("u", "d", "SeCrEt")] {
        let error = client.send(&command, &mut out).unwrap_err();
        let shown = format!("{error} {error:?} {command:?} {client:?}");
        assert!(!shown.contains("SeCrEt"), "{shown}");
    }
    let sent = send(&mut client, &Command::auth("SeCrEt"));
    assert!(!format!("{client:?} {sent:?}").contains("SeCrEt"));
}

#[test]
fn tags_name_jobs_and_are_found_again() {
    let tag = Tag::new(u64::MAX, 0x0123_4567_89ab_cdef);
    assert_eq!(tag.to_string(), "ffffffffffffffff-0123456789abcdef");
    assert_eq!(Tag::number_in(Value::from_bytes(tag.as_bytes()), u64::MAX), Some(0x0123_4567_89ab_cdef));
    for other in [
        "fffffffffffffffe-0123456789abcdef",
        "ffffffffffffffff-0123456789abcde",
        "ffffffffffffffff_0123456789abcdef",
        "ffffffffffffffff-0123456789abcdef0",
        "ffffffffffffffff-0123456789abcdeg",
        "",
        "7f4db9c8-3b7a-11ef-9c0e-0123456789ab",
    ] {
        assert_eq!(Tag::number_in(Value::from_bytes(other.as_bytes()), u64::MAX), None, "{other}");
    }
}

#[test]
fn what_is_waited_for_is_found_by_its_number() {
    let mut table = PendingTable::new([PendingSlot::EMPTY; 3]);
    assert!(table.is_empty());
    assert_eq!(table.insert(7, "a"), Ok(None));
    assert_eq!(table.insert(7, "b"), Ok(Some("a")), "one entry a number");
    assert_eq!(table.insert(8, "c"), Ok(None));
    assert_eq!(table.insert(9, "d"), Ok(None));
    assert_eq!(table.insert(10, "e"), Err("e"));
    assert_eq!(table.insert(9, "f"), Ok(Some("d")), "a full table still replaces");
    assert_eq!((table.len(), table.take(8), table.take(8)), (3, Some("c"), None));
    assert_eq!(table.insert(10, "e"), Ok(None));
    let mut left: Vec<_> = table.drain().collect();
    left.sort_unstable();
    assert_eq!(left, [(7, "b"), (9, "f"), (10, "e")]);
    assert!(table.is_empty());
}

#[test]
fn a_subscription_says_what_to_send() {
    let wire = |subscription: &Subscription<'_>| {
        let mut out = [0; 256];
        let lines = subscription.commands().map(|command| command.encode(&mut out).unwrap().to_vec());
        String::from_utf8(lines.collect::<Vec<_>>().concat()).unwrap().replace("\n\n", "|")
    };
    assert_eq!(wire(&Subscription::NONE), "");
    assert_eq!(Subscription::NONE.reset_commands().count(), 0);
    let filters = [("a", "b"), ("c", "/d/")];
    let all = Subscription {
        format: Some(Format::Json),
        events: Events::new(&[EventName::Heartbeat], &["x::y"]),
        filters: Pairs::from(&filters),
        log: Some(LogLevel::INFO),
        channel: Follow::Own,
        linger: Some(Linger::Seconds(5)),
        divert: true,
    };
    assert_eq!(
        wire(&all),
        "filter add a b|filter add c /d/|event json HEARTBEAT CUSTOM x::y|myevents json|linger 5|divert_events on|log 6|"
    );
    let reset: Vec<_> = all.reset_commands().collect();
    assert_eq!(
        reset,
        [
            Command::NoEvents,
            Filter::DeleteAll.into(),
            Command::NoLinger,
            Command::DivertEvents { on: false },
            Command::NoLog
        ]
    );
    // Inbound, the format must be set before `myevents <uuid>`, which would lose it.
    let one = Subscription { format: Some(Format::Xml), channel: Follow::Uuid(b"u"), ..Subscription::NONE };
    assert_eq!(wire(&one), "event xml CLONE|myevents u|");
    let plain = Subscription { channel: Follow::Uuid(b"u"), linger: Some(Linger::Forever), ..Subscription::NONE };
    assert_eq!(wire(&plain), "myevents u|linger|");
    // Every connection that may have it takes it, in this order.
    for (mut client, subscription) in [(connected("full"), all), (open(), one), (open(), plain)] {
        for command in subscription.commands() {
            assert!(client.send(&command, &mut [0; 256]).is_ok(), "{command:?}");
        }
    }
}

#[test]
fn missing_events_are_counted() {
    let mut sequence = EventSequence::new();
    assert_eq!((sequence.highest(), sequence.missing()), (None, 0));
    for (number, missing) in [(10, 0), (11, 0), (14, 2), (13, 1), (9, 1), (12, 0), (20, 5)] {
        sequence.note_number(number);
        assert_eq!(sequence.missing(), missing);
    }
    // Subscribed to all events, and none lost: the numbers that no listener gets remain.
    let dialogue = Dialogue::read("04-single-call-plain");
    let mut client = Client::inbound(Limits::DEFAULT);
    let mut sequence = EventSequence::new();
    for incoming in incoming(&mut client, &dialogue.server) {
        if let Incoming::Event(event) = incoming {
            sequence.note(&event);
        }
    }
    // 204 events, two of them with two numbers, from 684 to 893.
    assert_eq!((client.stats().events, sequence.highest(), sequence.missing()), (204, Some(893), 4));
}

/// The ways of sending for small programs say what the other says, and refuse as much.
#[test]
fn few_commands_are_sent_alike() {
    use esl_proto::command::{CommandErrorKind, Field};
    use esl_proto::raw;

    let mut opened = Client::inbound(Limits::DEFAULT);
    let _ = opened.poll(b"Content-Type: auth/request\n\n").expect("a request");
    let (mut one, mut other) = (opened.clone(), opened);
    let commands =
        [Command::api("status"), Command::auth("a"), Command::api("a\nb"), Command::api("status"), Command::Exit];
    for command in &commands {
        let (mut written, mut expected) = ([0; 64], [0; 64]);
        assert_eq!(raw::send(&mut one, command, &mut written), other.send(command, &mut expected));
        assert_eq!(written, expected);
    }

    let mut client = Client::outbound(Limits::DEFAULT);
    let mut out = [0; 64];
    assert!(matches!(raw::send_event(&mut client, None, b"ALL", &mut out), Err(SendError::NotAllowed(_))));
    let connect = raw::send(&mut client, &Command::Connect, &mut out).expect("the first command");
    assert_eq!(&out[..connect.len], b"connect\n\n");
    let sent = raw::send_event(&mut client, Some(Format::Json), b"heartbeat CUSTOM a::b", &mut out).expect("names");
    assert_eq!((sent.id.number(), &out[..sent.len]), (1, &b"event json heartbeat CUSTOM a::b\n\n"[..]));
    for (names, kind, offset) in [
        (&b""[..], CommandErrorKind::Empty, 0),
        (b" ALL", CommandErrorKind::Blank, 0),
        (b"ALL\n\nexit", CommandErrorKind::LineEnd, 3),
        (b"A\0", CommandErrorKind::Nul, 1),
    ] {
        let Err(SendError::Refused(error)) = raw::send_event(&mut client, None, names, &mut out) else {
            panic!("{names:?} is sent");
        };
        assert_eq!((error.kind, error.field, error.offset), (kind, Field::EventName, offset));
    }
    let short = raw::send_event(&mut client, None, b"ALL", &mut out[..10]);
    assert!(matches!(short, Err(SendError::Insufficient(error)) if error.required == 11), "{short:?}");
    assert_eq!(client.in_flight(), 2);
}
