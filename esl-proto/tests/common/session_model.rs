//! A program, a session and a server that do what octets tell them, and what must come of it.
//!
//! The model knows of each wait what it waits for and when it must end; after each step the outcomes that the session tells
//! must be those, each once. The server keeps subscriptions and filters as FreeSWITCH does, and finds it wrong if it is
//! told twice what stands. Events come whole or in parts, in each format.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use esl_proto::client::{End, Poll};
use esl_proto::command::{Events, Execute, SendMsg};
use esl_proto::name::{EventName, LogLevel};
use esl_proto::session::{Interest, Notice, Outcome, Reason, Session, Slot};
use esl_proto::{Client, Command, Limits};

#[derive(Clone, Debug)]
enum Kind {
    Answer,
    Job,
    App(u8),
}

#[derive(Clone, Debug)]
struct Wait {
    kind: Kind,
    deadline: Option<Duration>,
}

#[derive(Default)]
struct Server {
    open: bool,
    /// The commands without an answer, and whose waits they begin.
    unanswered: VecDeque<(String, Option<u64>)>,
    names: BTreeSet<String>,
    filters: BTreeSet<String>,
    log: Option<i8>,
    /// Its Core-UUID, once an event has told it.
    core: Option<u8>,
    jobs: Vec<(String, u64)>,
    apps: Vec<(String, u64, u8)>,
    /// What the user has no right to: events, filters, `log`.
    denied: BTreeSet<String>,
    /// What was refused together with something else, so that it may be said once more. What stands in the end is checked all
    /// the same.
    apart: BTreeSet<String>,
}

struct Model {
    session: Session,
    server: Server,
    waits: BTreeMap<u64, Wait>,
    readers: BTreeMap<u64, &'static [EventName<'static>]>,
    filters: Vec<(&'static [u8], &'static [u8])>,
    log: Option<i8>,
    log_readers: BTreeMap<u64, i8>,
    needed: BTreeSet<&'static str>,
    /// How long the server may be silent, and be without a HEARTBEAT.
    limits: [Option<Duration>; 2],
    /// When it was heard last, and its HEARTBEAT.
    heard: [Duration; 2],
    may_beat: bool,
    expected: Vec<(Slot, Outcome)>,
    notices: Vec<Notice>,
    buffered: Limits,
    /// How many octets come at once.
    piece: usize,
    /// The last Core-UUID that was told.
    core: Option<u8>,
    next: u64,
    now: Duration,
    gaps: (usize, usize),
}

const INTERESTS: [&[EventName<'static>]; 4] = [
    &[EventName::ChannelAnswer],
    &[EventName::ChannelCreate, EventName::ChannelDestroy],
    &[EventName::Heartbeat, EventName::ChannelAnswer],
    &[EventName::BackgroundJob],
];
const FILTERS: [(&[u8], &[u8]); 3] = [(b"Call-Direction", b"inbound"), (b"Event-Name", b"HEARTBEAT"), (b"x", b"a b")];

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

fn pair(filter: &(&[u8], &[u8])) -> String {
    text(&[filter.0, b" ", filter.1].concat())
}

/// An event in one of the formats, made longer by `more` octets.
fn document(format: u8, headers: &[(&str, &str)], more: usize) -> Vec<u8> {
    let long = "x".repeat(more);
    let all = headers.iter().copied().chain([("variable_long", &*long)]);
    let (word, text) = match format % 3 {
        0 => ("plain", all.map(|(name, value)| format!("{name}: {value}\n")).chain(["\n".into()]).collect()),
        1 => {
            let pairs: Vec<String> = all.map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
            ("json", format!("{{{}}}", pairs.join(",")))
        }
        _ => {
            let rows: String = all.map(|(name, value)| format!("    <{name}>{value}</{name}>\n")).collect();
            ("xml", format!("<event>\n  <headers>\n{rows}  </headers>\n</event>"))
        }
    };
    format!("Content-Length: {}\nContent-Type: text/event-{word}\n\n{text}", text.len()).into_bytes()
}

/// See the module: two octets a step.
#[allow(unreachable_pub, reason = "the fuzz target is another crate")]
pub fn run(data: &[u8]) {
    let mut model = Model {
        session: Session::new(7),
        server: Server::default(),
        waits: BTreeMap::new(),
        readers: BTreeMap::new(),
        filters: Vec::new(),
        log: None,
        log_readers: BTreeMap::new(),
        needed: BTreeSet::new(),
        limits: [None; 2],
        heard: [Duration::ZERO; 2],
        may_beat: true,
        expected: Vec::new(),
        notices: Vec::new(),
        buffered: if data.len().is_multiple_of(2) { Limits::DEFAULT } else { Limits::for_buffer(Limits::MIN) },
        piece: 1 + data.len() * 7 % 300,
        core: None,
        next: 0,
        now: Duration::ZERO,
        gaps: (0, 0),
    };
    for step in data.chunks_exact(2) {
        model.step(step[0], step[1]);
        model.check();
    }
    model.lost(Reason::Closed);
    model.session.close(model.now);
    model.server = Server::default();
    model.check();
    assert!(model.waits.is_empty() && model.session.waiting() == 0);
    assert_eq!(model.session.next_deadline(), None);
}

impl Server {
    /// Whether nothing stands that a right could have been needed for.
    fn has_said_nothing(&self) -> bool {
        self.open && self.names.is_empty() && self.log.is_none() && self.unanswered.is_empty()
    }
}

impl Model {
    fn step(&mut self, what: u8, which: u8) {
        match what % 23 {
            0 => self.begin(which, Kind::Answer),
            1 => self.begin(which, Kind::Job),
            2 => self.begin(which, Kind::App(which % 3)),
            3 => {
                let picked = self.waits.keys().nth(usize::from(which) % self.waits.len().max(1)).copied();
                let slot = picked.unwrap_or(u64::from(which));
                assert_eq!(self.session.give_up(Slot(slot)), self.waits.remove(&slot).is_some());
            }
            4 | 5 => self.answer(true),
            6 => self.answer(false),
            // Rights do not change while a connection stands.
            17 if self.server.has_said_nothing() => {
                let names = [
                    "BACKGROUND_JOB",
                    "CHANNEL_EXECUTE_COMPLETE",
                    "CHANNEL_ANSWER",
                    "HEARTBEAT",
                    "log",
                    "x a b",
                    "Event-Name BACKGROUND_JOB",
                    "Event-Name HEARTBEAT",
                    "Event-Name CHANNEL_DESTROY",
                ];
                self.server.denied.insert(names[usize::from(which) % names.len()].into());
            }
            7 if !self.server.jobs.is_empty() => {
                let (tag, slot) = self.server.jobs.swap_remove(usize::from(which) % self.server.jobs.len());
                self.ends(slot, Outcome::JobEnded);
                self.event("BACKGROUND_JOB", &[("Job-UUID", &tag)], which);
            }
            8 if !self.server.apps.is_empty() => {
                let (tag, slot, _) = self.server.apps.swap_remove(usize::from(which) % self.server.apps.len());
                let (state, outcome) = match which & 64 {
                    0 => ("answered", Outcome::Completed),
                    _ => ("hangup", Outcome::ChannelEnded),
                };
                self.ends(slot, outcome);
                self.event("CHANNEL_EXECUTE_COMPLETE", &[("Application-UUID", &tag), ("Answer-State", state)], which);
            }
            9 if self.server.open => {
                let channel = which % 3;
                let ended = |wait: &Wait| matches!(wait.kind, Kind::App(app) if app == channel);
                let slots: Vec<u64> =
                    self.waits.iter().filter(|(_, wait)| ended(wait)).map(|(slot, _)| *slot).collect();
                slots.into_iter().for_each(|slot| self.ends(slot, Outcome::ChannelEnded));
                self.server.apps.retain(|(_, _, app)| *app != channel);
                let name = if which & 64 == 0 { "CHANNEL_HANGUP_COMPLETE" } else { "CHANNEL_DESTROY" };
                self.event(name, &[("Unique-ID", &format!("c{channel}"))], which);
            }
            10 => {
                self.now += Duration::from_millis(u64::from(which));
                let now = self.now;
                let over = |wait: &Wait| wait.deadline.is_some_and(|at| at <= now);
                let slots: Vec<u64> = self.waits.iter().filter(|(_, wait)| over(wait)).map(|(slot, _)| *slot).collect();
                slots.into_iter().for_each(|slot| self.ends(slot, Outcome::TimedOut));
                let over = |watch: usize| self.limit(watch).is_some_and(|at| at <= now);
                let reason =
                    [(0, Reason::Silence), (1, Reason::NoHeartbeat)].into_iter().find(|(watch, _)| over(*watch));
                if let Some((_, reason)) = reason {
                    self.lost(reason);
                    self.server = Server::default();
                }
                self.session.advance(now);
            }
            11 if which < 64 => {
                self.lost(Reason::End(End::Eof));
                assert_eq!(self.session.eof(b"", self.now).is_some(), self.server.open);
                self.server = Server::default();
            }
            11 if which < 96 => {
                self.lost(Reason::Closed);
                self.session.close(self.now);
                self.server = Server::default();
            }
            11 if which < 128 && self.server.open => {
                self.lost(Reason::End(End::Shutdown));
                let text = "The system is being shut down.\n";
                let head = format!("Content-Type: text/disconnect-notice\nContent-Length: {}\n\n{text}", text.len());
                self.feed(head.as_bytes());
                self.server = Server::default();
            }
            12 => self.connect(),
            13 => {
                let interest = INTERESTS[usize::from(which) % INTERESTS.len()];
                let slot = 1_000_000 + u64::from(which % 5);
                self.readers.insert(slot, interest);
                self.session.listen(Slot(slot), Interest::new(Events::new(interest, &[] as &[&str]))).unwrap();
            }
            14 => {
                let slot = 1_000_000 + u64::from(which % 5);
                self.readers.remove(&slot);
                self.log_readers.remove(&slot);
                self.session.unlisten(Slot(slot)).unwrap();
            }
            15 => {
                self.filters = FILTERS.iter().copied().take(usize::from(which) % (FILTERS.len() + 1)).collect();
                self.session.set_filters(self.filters.iter().copied()).unwrap();
            }
            16 => {
                let other = [
                    ("Job-UUID", "0000000000000008-0000000000000000"),
                    ("Job-UUID", "x"),
                    ("Unique-ID", "c9"),
                    ("Answer-State", "hangup"),
                ];
                let names = ["BACKGROUND_JOB", "CHANNEL_EXECUTE_COMPLETE", "CHANNEL_DESTROY", "HEARTBEAT", "NEW"];
                let name = names[usize::from(which) % names.len()];
                self.event(name, &[other[usize::from(which) % other.len()]], which);
            }
            18 => {
                let (slot, level) = (1_000_000 + u64::from(which % 5), (which / 5 % 8) as i8);
                self.log_readers.insert(slot, level);
                self.session.listen_log(Slot(slot), LogLevel::new(level).unwrap()).unwrap();
            }
            19 => {
                self.log = (which < 128).then_some((which % 8) as i8);
                self.session.set_log(self.log.and_then(LogLevel::new)).unwrap();
            }
            20 => {
                let watch = usize::from(which % 2);
                let limit = (which < 128).then(|| Duration::from_millis(100 + u64::from(which) * 4));
                self.limits[watch] = limit;
                self.heard[watch] = self.now;
                self.needed.extend(limit.map(|_| "HEARTBEAT"));
                match watch {
                    0 => self.session.set_silence(limit).unwrap(),
                    _ => self.session.set_heartbeat(limit).unwrap(),
                }
            }
            // An answer in parts: one that nobody waits for, as the commands are answered by others.
            21 if self.server.open && self.server.unanswered.is_empty() => {
                let line = "x".repeat(usize::from(which) * 3);
                self.feed(format!("Content-Type: command/reply\nReply-Text: {line}\n\n").as_bytes());
            }
            22 => {
                let readers = self.log_readers.iter().filter(|(_, level)| **level >= (which % 8) as i8);
                let expected: Vec<Slot> = readers.map(|(slot, _)| Slot(*slot)).collect();
                let stream = format!("Content-Type: log/data\nContent-Length: 1\nLog-Level: {}\n\n\n", which % 8);
                let poll = Client::inbound(Limits::DEFAULT).poll(stream.as_bytes()).unwrap();
                let Poll::Incoming { incoming: esl_proto::Incoming::Log(line), .. } = poll else { panic!("{poll:?}") };
                assert_eq!(self.session.log_readers(&line).collect::<Vec<_>>(), expected);
            }
            _ => {}
        }
        self.collect(None);
    }

    fn begin(&mut self, which: u8, kind: Kind) {
        let deadline = (which & 128 != 0).then(|| self.now + Duration::from_millis(u64::from(which & 127) + 1));
        let slot = self.next;
        let result = match kind {
            Kind::Answer => self.session.send(&Command::api("status"), Some(Slot(slot)), deadline),
            Kind::Job => self.session.bgapi("status", Slot(slot), deadline),
            Kind::App(channel) => {
                let uuid = format!("c{channel}");
                let message = SendMsg::new(Execute::new("park", "")).to(&uuid);
                self.session.execute(&message, Slot(slot), deadline)
            }
        };
        assert_eq!(result.is_ok(), self.server.open, "{result:?}");
        if result.is_err() {
            return;
        }
        match kind {
            Kind::Answer => {}
            Kind::Job => self.needed.extend(["BACKGROUND_JOB"]),
            Kind::App(_) => {
                self.needed.extend(["CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"]);
            }
        }
        self.next += 1;
        self.waits.insert(slot, Wait { kind, deadline });
        self.collect(Some(slot));
    }

    /// The server reads what has been sent.
    fn collect(&mut self, slot: Option<u64>) {
        let text = String::from_utf8(self.session.to_send().to_vec()).unwrap();
        self.session.sent(text.len());
        for command in text.split_terminator("\n\n") {
            self.server.unanswered.push_back((command.into(), None));
        }
        if let (Some(slot), Some(last)) = (slot, self.server.unanswered.back_mut()) {
            last.1 = Some(slot);
        }
    }

    fn connect(&mut self) {
        if self.server.open {
            return;
        }
        self.session.connect(Client::inbound(self.buffered), self.now);
        self.heard = [self.now; 2];
        self.may_beat = true;
        if self.limits.iter().any(Option::is_some) {
            self.needed.insert("HEARTBEAT");
        }
        self.feed(b"Content-Type: auth/request\n\n");
        self.session.send(&Command::auth("x"), None, None).unwrap();
        self.session.sent(usize::MAX);
        self.server = Server { open: true, ..Server::default() };
        self.feed(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
    }

    /// The server answers the next command.
    fn answer(&mut self, mut well: bool) {
        let Some((command, slot)) = self.server.unanswered.pop_front() else { return };
        let (word, rest) = command.split_once(' ').unwrap_or((&command, ""));
        let after = |front: &str| command.lines().find_map(|line| line.strip_prefix(front)).map(String::from);
        match word {
            "api" => self.ends(slot.unwrap(), Outcome::Answered),
            "bgapi" if well => self.server.jobs.push((after("Job-UUID: ").unwrap(), slot.unwrap())),
            "sendmsg" if well => {
                let channel = rest.as_bytes()[1] - b'0';
                self.server.apps.push((after("Event-UUID: ").unwrap(), slot.unwrap(), channel));
            }
            "bgapi" | "sendmsg" => self.ends(slot.unwrap(), Outcome::Refused),
            "event" => {
                let names: Vec<&str> = rest.split(' ').collect();
                well = true;
                for name in &names {
                    // As FreeSWITCH: up to the first one that is denied.
                    if self.server.denied.contains(*name) {
                        well = false;
                        break;
                    }
                    let new = self.server.names.insert((*name).into());
                    assert!(new || self.server.apart.contains(*name), "{name} is said twice");
                }
                match names[..] {
                    _ if well => {}
                    [name] => self.refuse(name),
                    _ => self.server.apart.extend(names.iter().map(|name| (*name).into())),
                }
            }
            "log" => {
                well = !self.server.denied.contains("log");
                let level: i8 = LogLevel::from_bytes(rest.as_bytes()).unwrap().number();
                if well {
                    assert_ne!(self.server.log.replace(level), Some(level), "log is said twice");
                } else {
                    let readers = std::mem::take(&mut self.log_readers);
                    self.expected.extend(readers.keys().map(|slot| (Slot(*slot), Outcome::Refused)));
                    if self.log.take().is_some() {
                        self.notices.push(Notice::LogRefused { level: LogLevel::new(level).unwrap() });
                    }
                }
            }
            "nolog" => well = self.server.log.take().is_some(),
            "nixevent" => rest.split(' ').for_each(|name| {
                let (stood, apart) = (self.server.names.remove(name), self.server.apart.contains(name));
                // It may have been taken back before its refusal came.
                let denied = self.server.denied.contains(name);
                assert!(stood || apart || denied, "{name} was not said");
            }),
            "filter" => {
                let (verb, pair) = rest.split_once(' ').unwrap();
                match verb {
                    "add" if self.server.denied.contains(pair) => {
                        well = false;
                        self.refuse_filter(pair);
                    }
                    _ if rest.starts_with("delete") && self.server.denied.contains(pair) => {}
                    "add" => {
                        well = true;
                        assert!(self.server.filters.insert(pair.into()), "{pair} is said twice");
                    }
                    _ if pair == "all" => self.server.filters.clear(),
                    _ => assert!(self.server.filters.remove(pair), "{pair} was not said"),
                }
            }
            _ => panic!("{command}"),
        }
        let reply = if well || word == "nixevent" || word == "filter" && rest.starts_with("delete") {
            "+OK"
        } else {
            "-ERR no"
        };
        match word {
            "api" => {
                self.feed(format!("Content-Type: api/response\nContent-Length: {}\n\n{reply}", reply.len()).as_bytes())
            }
            _ => self.feed(format!("Content-Type: command/reply\nReply-Text: {reply}\n\n").as_bytes()),
        }
    }

    /// This event will not come: who needs it learns it.
    fn refuse(&mut self, refused: &str) {
        self.server.names.remove(refused);
        let has = |name: &EventName<'_>| name.as_bytes() == refused.as_bytes();
        let readers: Vec<u64> =
            self.readers.iter().filter(|(_, interest)| interest.iter().any(has)).map(|(slot, _)| *slot).collect();
        for slot in readers {
            self.readers.remove(&slot);
            self.expected.push((Slot(slot), Outcome::Refused));
        }
        self.refuse_needed(refused);
    }

    /// A filter does not stand.
    fn refuse_filter(&mut self, refused: &str) {
        if let Some(name) = refused.strip_prefix("Event-Name ").filter(|_| !self.filters.is_empty())
            && self.needed.contains(name)
        {
            self.refuse_needed(name);
        }
        if let Some(place) = self.filters.iter().position(|filter| pair(filter) == refused) {
            let (header, value) = self.filters.remove(place);
            self.notices.push(Notice::FilterRefused { header: header.into(), value: value.into() });
        }
    }

    /// What waits need will not come.
    fn refuse_needed(&mut self, refused: &str) {
        self.needed.remove(refused);
        if refused == "HEARTBEAT" && self.may_beat && self.limits.iter().any(Option::is_some) {
            self.may_beat = false;
            self.notices.push(Notice::HeartbeatRefused);
        }
        let ends = |wait: &Wait| match wait.kind {
            Kind::Answer => false,
            Kind::Job => refused == "BACKGROUND_JOB",
            Kind::App(_) => refused == "CHANNEL_EXECUTE_COMPLETE",
        };
        let slots: Vec<u64> = self.waits.iter().filter(|(_, wait)| ends(wait)).map(|(slot, _)| *slot).collect();
        slots.into_iter().for_each(|slot| self.ends(slot, Outcome::Refused));
    }

    fn ends(&mut self, slot: u64, outcome: Outcome) {
        if self.waits.remove(&slot).is_some() {
            self.expected.push((Slot(slot), outcome));
        }
    }

    fn lost(&mut self, reason: Reason) {
        let slots: Vec<u64> = self.waits.keys().copied().collect();
        slots.into_iter().for_each(|slot| self.ends(slot, Outcome::Lost(reason)));
    }

    fn event(&mut self, name: &str, headers: &[(&str, &str)], which: u8) {
        if !self.server.open {
            return;
        }
        let core = which / 64 % 2;
        if self.server.core.is_none() {
            self.server.core = Some(core);
            if let Some(before) = self.core.replace(core).filter(|before| *before != core) {
                let [before, after] = [before, core].map(|core| format!("core{core}").into_bytes().into());
                self.notices.push(Notice::Restarted { before, after });
            }
        }
        if name == "HEARTBEAT" {
            self.heard[1] = self.now;
        }
        let core = format!("core{core}");
        let first = [("Event-Name", name), ("Core-UUID", &*core)];
        let all: Vec<(&str, &str)> = first.into_iter().chain(headers.iter().copied()).collect();
        self.feed(&document(which / 3, &all, usize::from(which) * 5));
    }

    fn feed(&mut self, octets: &[u8]) {
        let mut buffer: Vec<u8> = Vec::new();
        for piece in octets.chunks(self.piece) {
            buffer.extend_from_slice(piece);
            loop {
                let poll = self.session.poll(&buffer, self.now).unwrap();
                let consumed = poll.consumed();
                let is_over = matches!(poll, Poll::NeedData { .. } | Poll::Closed { .. });
                buffer.drain(..consumed);
                if is_over {
                    break;
                }
            }
        }
        assert!(buffer.is_empty());
        self.heard[0] = self.now;
    }

    /// When a server that says nothing, or has no HEARTBEAT, is taken for dead.
    fn limit(&self, watch: usize) -> Option<Duration> {
        self.limits[watch].filter(|_| self.server.open && self.may_beat).map(|limit| self.heard[watch] + limit)
    }

    fn check(&mut self) {
        let mut told: Vec<_> = std::iter::from_fn(|| self.session.next_outcome()).collect();
        told.sort_by_key(|(slot, _)| *slot);
        self.expected.sort_by_key(|(slot, _)| *slot);
        assert_eq!(told, std::mem::take(&mut self.expected));
        assert_eq!(self.session.waiting(), self.waits.len());
        let notices: Vec<_> = std::iter::from_fn(|| self.session.next_notice()).collect();
        assert_eq!(notices, std::mem::take(&mut self.notices));
        let deadlines = self.waits.values().filter_map(|wait| wait.deadline);
        assert_eq!(self.session.next_deadline(), deadlines.chain(self.limit(0)).chain(self.limit(1)).min());
        self.gaps.0 += usize::from(self.session.next_gap().is_some());
        if !self.server.open || !self.server.unanswered.is_empty() {
            return;
        }
        // All that was said is answered: what is needed stands, and nothing else.
        let mut names: BTreeSet<String> = self.needed.iter().map(|name| (*name).into()).collect();
        let read = self.readers.values().flat_map(|names| names.iter());
        names.extend(read.map(|name| text(name.as_bytes())));
        assert_eq!(self.server.names, names);
        let mut filters: BTreeSet<String> = BTreeSet::new();
        if !self.filters.is_empty() {
            filters.extend(self.needed.iter().map(|name| format!("Event-Name {name}")));
            filters.extend(self.filters.iter().map(pair));
        }
        assert_eq!(self.server.filters, filters);
        assert_eq!(self.server.log, self.log_readers.values().copied().chain(self.log).max());
    }
}
