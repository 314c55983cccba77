//! One connection as the switch sees it: its listener, and what waits for it.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};

use esl_proto::Value;
use esl_proto::event::OutgoingEvent;
use esl_proto::server::{Admission, Control, Goodbye, Server, ServerLimits};
use regex_lite::{Regex, RegexBuilder};
use tokio::sync::Notify;

use crate::calls::Call;
use crate::core::{LogLine, Switch};
use crate::event::Event;

/// What a client's subscriptions, filters and rights may take.
pub(crate) const STORAGE: usize = 8192;
/// How many of a client's regular expressions are kept ready.
const EXPRESSIONS: usize = 100;
/// How many octets one of them may become. A larger one matches nothing, like one that cannot be read.
const EXPRESSION: usize = 65_536;

pub(crate) struct Connection {
    pub(crate) server: RefCell<Server<[u8; STORAGE]>>,
    pub(crate) events: RefCell<Backlog<Event>>,
    pub(crate) log: RefCell<Backlog<LogLine>>,
    /// How many octets may wait in each of them.
    most: usize,
    /// There is something to do.
    pub(crate) wake: Notify,
    pub(crate) killed: Cell<Option<Goodbye>>,
    expressions: RefCell<HashMap<Vec<u8>, Option<Regex>>>,
    /// The controlled channel, and its name when it has ended.
    call: RefCell<Option<Weak<Call>>>,
    pub(crate) gone: RefCell<Option<String>>,
}

/// What waits for a client, in its order.
pub(crate) struct Backlog<T> {
    items: VecDeque<(Rc<T>, usize)>,
    octets: usize,
}

impl<T> Backlog<T> {
    const fn new() -> Self {
        Self { items: VecDeque::new(), octets: 0 }
    }

    /// Adds something of so many octets, and says how many there are then.
    fn push(&mut self, item: &Rc<T>, octets: usize) -> usize {
        self.items.push_back((Rc::clone(item), octets));
        self.octets += octets;
        self.octets
    }

    pub(crate) fn first(&self) -> Option<Rc<T>> {
        self.items.front().map(|(item, _)| Rc::clone(item))
    }

    pub(crate) fn drop_first(&mut self) {
        if let Some((_, octets)) = self.items.pop_front() {
            self.octets -= octets;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

impl Connection {
    fn new(switch: &Switch, server: Server<[u8; STORAGE]>) -> Rc<Self> {
        Rc::new(Self {
            server: RefCell::new(server),
            most: switch.options.queue_octets,
            events: RefCell::new(Backlog::new()),
            log: RefCell::new(Backlog::new()),
            wake: Notify::new(),
            killed: Cell::new(None),
            expressions: RefCell::default(),
            call: RefCell::default(),
            gone: RefCell::default(),
        })
    }

    pub(crate) fn inbound(switch: &Switch) -> Rc<Self> {
        Self::new(switch, Server::inbound(limits(switch), [0; STORAGE]))
    }

    pub(crate) fn outbound(switch: &Switch, call: &Rc<Call>, control: Control) -> Option<Rc<Self>> {
        let connection = Self::new(switch, Server::outbound(limits(switch), [0; STORAGE], &call.uuid, control).ok()?);
        connection.control(call);
        Some(connection)
    }

    /// Ties the connection to its channel.
    pub(crate) fn control(self: &Rc<Self>, call: &Rc<Call>) {
        *self.call.borrow_mut() = Some(Rc::downgrade(call));
        call.controlled_by(self);
    }

    /// The channel that the connection controls.
    pub(crate) fn controlled(&self) -> Option<Rc<Call>> {
        self.call.borrow().as_ref()?.upgrade()
    }

    pub(crate) fn offer(&self, event: &Rc<Event>, view: &OutgoingEvent<'_>) {
        let regex = |filter: &[u8], value: Value<'_>| matches(&self.expressions, filter, value);
        let offer = self.server.borrow_mut().offer_with(view, &regex);
        self.take(offer, Goodbye::LostEvents, || self.events.borrow_mut().push(event, event.octets()));
    }

    pub(crate) fn offer_diverted(&self, event: Event) {
        let offer = self.server.borrow_mut().offer_diverted();
        let event = Rc::new(event);
        self.take(offer, Goodbye::LostEvents, || self.events.borrow_mut().push(&event, event.octets()));
    }

    pub(crate) fn offer_log(&self, line: &Rc<LogLine>) {
        let offer = self.server.borrow_mut().offer_log(line.level);
        self.take(offer, Goodbye::LostLogLines, || self.log.borrow_mut().push(line, line.text.len()));
    }

    /// `keep` says how many octets wait then.
    fn take(&self, offer: Admission, goodbye: Goodbye, keep: impl FnOnce() -> usize) {
        match offer {
            Admission::Enqueue if keep() > self.most => self.kill(goodbye),
            Admission::Enqueue => self.wake.notify_one(),
            Admission::Overflow => self.kill(goodbye),
            // Not wanted, or lost and counted.
            _ => {}
        }
    }

    /// Whether something waits that could be said now.
    pub(crate) fn has_news(&self) -> bool {
        let server = self.server.borrow();
        self.gone.borrow().is_some()
            || (server.is_ready_for_events() && server.waiting_events() > 0)
            || (server.is_ready_for_log() && server.waiting_log_lines() > 0)
    }

    /// Ends the connection, whatever it is doing.
    pub(crate) fn kill(&self, goodbye: Goodbye) {
        self.killed.set(Some(goodbye));
        self.wake.notify_one();
    }

    /// Says that the controlled channel has ended.
    pub(crate) fn channel_gone(&self, name: &str) {
        *self.gone.borrow_mut() = Some(name.into());
        self.wake.notify_one();
    }
}

fn limits(switch: &Switch) -> ServerLimits {
    ServerLimits { max_queued: switch.options.queue, ..ServerLimits::DEFAULT }
}

/// A filter's `/.../` against a header's value; `i` and `s` after it mean what they do in FreeSWITCH.
fn matches(expressions: &RefCell<HashMap<Vec<u8>, Option<Regex>>>, filter: &[u8], value: Value<'_>) -> bool {
    let mut expressions = expressions.borrow_mut();
    if expressions.len() > EXPRESSIONS {
        expressions.clear();
    }
    let regex = expressions.entry(filter.into()).or_insert_with(|| {
        let filter = String::from_utf8_lossy(filter);
        let (pattern, flags) = filter.strip_prefix('/')?.rsplit_once('/')?;
        RegexBuilder::new(pattern)
            .case_insensitive(flags.contains('i'))
            .dot_matches_new_line(flags.contains('s'))
            .size_limit(EXPRESSION)
            .build()
            .ok()
    });
    regex.as_ref().is_some_and(|regex| regex.is_match(&value.to_string()))
}
