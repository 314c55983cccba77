//! One connection as the switch sees it: its listener, and what waits for it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use esl_proto::EventData;
use esl_proto::server::{Control, Goodbye, Offer, Server, ServerLimits};
use regex_lite::Regex;
use tokio::sync::Notify;

use crate::calls::Call;
use crate::core::{LogLine, Switch};
use crate::event::Event;

/// What a client's subscriptions, filters and rights may take.
pub(crate) const STORAGE: usize = 8192;
pub(crate) struct Connection {
    pub(crate) server: RefCell<Server<[u8; STORAGE]>>,
    pub(crate) events: RefCell<VecDeque<Rc<Event>>>,
    pub(crate) log: RefCell<VecDeque<Rc<LogLine>>>,
    /// There is something to do.
    pub(crate) wake: Notify,
    pub(crate) killed: Cell<Option<Goodbye>>,
    /// The controlled channel, and its name when it has ended.
    call: RefCell<Option<Weak<Call>>>,
    pub(crate) gone: RefCell<Option<String>>,
    pub(crate) resumes: Cell<bool>,
}

impl Connection {
    fn new(server: Server<[u8; STORAGE]>) -> Rc<Self> {
        Rc::new(Self {
            server: RefCell::new(server),
            events: RefCell::default(),
            log: RefCell::default(),
            wake: Notify::new(),
            killed: Cell::new(None),
            call: RefCell::default(),
            gone: RefCell::default(),
            resumes: Cell::new(false),
        })
    }

    pub(crate) fn inbound(switch: &Switch) -> Rc<Self> {
        Self::new(Server::inbound(limits(switch), [0; STORAGE]))
    }

    pub(crate) fn outbound(switch: &Switch, call: &Rc<Call>, control: Control) -> Option<Rc<Self>> {
        let connection = Self::new(Server::outbound(limits(switch), [0; STORAGE], &call.uuid, control).ok()?);
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

    pub(crate) fn offer(&self, event: &Rc<Event>, view: &EventData<'_>) {
        let offer = self.server.borrow_mut().offer_with(view, &matches);
        self.take(offer, Goodbye::LostEvents, || self.events.borrow_mut().push_back(Rc::clone(event)));
    }

    pub(crate) fn offer_diverted(&self, event: Event) {
        let offer = self.server.borrow_mut().offer_diverted();
        self.take(offer, Goodbye::LostEvents, || self.events.borrow_mut().push_back(Rc::new(event)));
    }

    pub(crate) fn offer_log(&self, line: &Rc<LogLine>) {
        let offer = self.server.borrow_mut().offer_log(line.level);
        self.take(offer, Goodbye::LostLogLines, || self.log.borrow_mut().push_back(Rc::clone(line)));
    }

    fn take(&self, offer: Offer, goodbye: Goodbye, keep: impl FnOnce()) {
        match offer {
            Offer::Skip | Offer::Lost => {}
            Offer::Queue => {
                keep();
                self.wake.notify_one();
            }
            Offer::Kill => self.kill(goodbye),
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
    ServerLimits { queued: switch.options.queue, ..ServerLimits::DEFAULT }
}

/// A filter's `/.../` against a header's value.
fn matches(pattern: &[u8], value: &[u8]) -> bool {
    let pattern = String::from_utf8_lossy(pattern);
    let pattern = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map_or("", |(inner, _)| inner);
    Regex::new(pattern).is_ok_and(|regex| regex.is_match(&String::from_utf8_lossy(value)))
}
