//! What a switch begins with.

use std::collections::BTreeMap;
use std::time::Duration;

use esl_proto::text::Percent;

use crate::base::wire::Faults;

/// How long the simulated world takes for what people do: to ring, to play a short file.
const MOMENT: Duration = Duration::from_millis(50);

/// A user for `userauth`, and its rights.
#[derive(Clone, Debug)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// The user's domain.
    pub domain: String,
    /// The password.
    pub password: String,
    /// `esl-allowed-events`; [`None`]: all.
    pub events: Option<String>,
    /// `esl-allowed-api`; [`None`]: all.
    pub api: Option<String>,
    /// Whether `log` may be used.
    pub log: bool,
}

/// A program that calls connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// `HOST:PORT`, or several between `|`, which are tried in their order.
    pub address: String,
    /// Whether `sendmsg` is answered at once.
    pub is_async: bool,
    /// Whether the program may use all commands.
    pub full: bool,
}

impl Program {
    /// Reads the argument of the application `socket`: `HOST:PORT [async] [full]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        let address = words.next()?.to_owned();
        let mut program = Self { address, is_async: false, full: false };
        for word in words {
            program.is_async |= word.eq_ignore_ascii_case("async");
            program.full |= word.eq_ignore_ascii_case("full");
        }
        Some(program)
    }

    /// The argument of the application `socket`.
    #[must_use]
    pub fn argument(&self) -> String {
        let words = [(&*self.address, true), (" async", self.is_async), (" full", self.full)];
        words.iter().filter(|(_, said)| *said).map(|(word, _)| *word).collect()
    }

    /// The application `socket`, as a step of an extension.
    #[must_use]
    pub fn step(&self) -> (String, String) {
        ("socket".into(), self.argument())
    }
}

/// An address that answers as if it had registered: a row of `show registrations`.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The user, such as `1000`.
    pub user: String,
    /// The domain.
    pub realm: String,
    /// Where the user is reached, such as `sofia/internal/sip:1000@127.0.0.1:5060`.
    pub url: String,
}

impl Registration {
    /// Reads `USER@DOMAIN`, or `USER@DOMAIN=URL` for another than `sofia/internal/sip:USER@127.0.0.1:5060`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, url) = text.split_once('=').map_or((text, None), |(address, url)| (address, Some(url)));
        let (user, realm) = address.split_once('@').filter(|(user, realm)| !user.is_empty() && !realm.is_empty())?;
        let url = url.map_or_else(|| format!("sofia/internal/sip:{user}@127.0.0.1:5060"), str::to_owned);
        Some(Self { user: user.into(), realm: realm.into(), url })
    }
}

/// What a [`Sim`](crate::Sim) begins with. Two with the same configuration that are given the same do the same, to the
/// byte.
#[derive(Clone, Debug)]
pub struct Config {
    /// The time of the start, since 1970 in UTC.
    pub start: Duration,
    /// How many seconds local time is ahead of UTC.
    pub utc_offset: i32,
    /// What uuids and the load are made from.
    pub seed: u64,
    /// The password of `auth`.
    pub password: String,
    /// The users of `userauth`.
    pub users: Vec<User>,
    /// Who is registered.
    pub registrations: Vec<Registration>,
    /// What the dialplan has for an extension: applications and their arguments. `echo` is known without, and all
    /// others are parked.
    pub extensions: BTreeMap<String, Vec<(String, String)>>,
    /// Why an endpoint such as `user/1001` does not answer, such as `USER_BUSY`. Others do.
    pub refusals: BTreeMap<String, String>,
    /// How long an endpoint rings before it answers or refuses.
    pub ringing: Duration,
    /// How long a file takes to play.
    pub playing: Duration,
    /// New calls a second. 0: none. At most 1000.
    pub calls_per_second: f64,
    /// Whether to simulate the calls of a small office: see [`scenario`](Self::scenario).
    pub is_scenario: bool,
    /// The interval of HEARTBEAT events.
    pub heartbeat: Duration,
    /// The subclasses of CUSTOM events that modules have registered. Clients that have subscribed to ALL still get
    /// these after `nixevent`, but no others.
    pub subclasses: Vec<String>,
    /// How many events, and how many log lines, may wait for a client. This and the next two are for connections that
    /// begin from then on.
    pub max_queued: u32,
    /// How many may be lost in a row beyond that. One more ends the connection.
    pub max_lost: u32,
    /// How many bytes a client's subscriptions, filters and rights may take.
    pub storage: usize,
    /// How many bytes they may have together.
    pub queue_octets: usize,
    /// How many bytes are written for a client that does not take them, and read of one that is not answered: the
    /// buffers of a socket.
    pub window: usize,
    /// How values are percent-coded in events, for connections that begin from then on.
    pub percent: Percent,
    /// How bytes travel on connections that begin from then on.
    pub faults: Faults,
    /// How long a client may say nothing at first, or leave a command unfinished.
    pub patience: Duration,
    /// API commands, by their first word, whose answers the host gives: see [`Hook::Api`](crate::Hook::Api).
    pub api_hooks: Vec<String>,
    /// Applications that the host carries out: see [`Hook::App`](crate::Hook::App).
    pub app_hooks: Vec<String>,
    /// Whether the host says what becomes of each outgoing call: see [`Hook::Dial`](crate::Hook::Dial).
    pub dial_hook: bool,
    /// Whether the host wants to know what clients send and what channels execute: see
    /// [`Sim::next_received`](crate::Sim::next_received) and [`Channel::executed`](crate::Channel::executed). It is kept
    /// for as long as the host does not take it.
    pub record: bool,
}

/// An incoming call.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The channel's name.
    pub name: String,
    /// Its uuid; [`None`]: any.
    pub uuid: Option<String>,
    /// Who calls: the number, and a name if it is another.
    pub caller: (String, Option<String>),
    /// Whom he calls.
    pub destination: String,
    /// Channel variables; `ARRAY::a|:b` is an array.
    pub variables: Vec<(String, Vec<u8>)>,
    /// What the dialplan has for it. [`None`]: it does what it is ordered to.
    pub steps: Option<Vec<(String, String)>>,
}

impl Config {
    /// Who is always busy in the scenario.
    const BUSY: &str = "user/1005";

    /// A demonstration: calls come in and go out, are put through, transferred, put on hold and queued; one line is
    /// busy. Calls ring for two seconds, and files take four seconds to play.
    #[must_use]
    pub fn scenario(mut self) -> Self {
        self.is_scenario = true;
        self.ringing = Duration::from_secs(2);
        self.playing = Duration::from_secs(4);
        self.refusals.insert(Self::BUSY.into(), "USER_BUSY".into());
        self
    }
}

impl Default for Incoming {
    /// A call from 1000 that waits for orders.
    fn default() -> Self {
        Self {
            name: "sofia/internal/1000".into(),
            uuid: None,
            caller: ("1000".into(), None),
            destination: "1000".into(),
            variables: Vec::new(),
            steps: None,
        }
    }
}

impl Default for Config {
    /// The password `ClueCon`, 100 000 waiting events, 25 seconds of patience, and the first second of 2026 in UTC.
    fn default() -> Self {
        Self {
            start: Duration::from_secs(1_767_225_600),
            utc_offset: 0,
            seed: 0,
            password: "ClueCon".into(),
            users: Vec::new(),
            registrations: Vec::new(),
            extensions: BTreeMap::new(),
            refusals: BTreeMap::new(),
            ringing: MOMENT,
            playing: MOMENT,
            calls_per_second: 0.0,
            is_scenario: false,
            heartbeat: Duration::from_secs(20),
            subclasses: Vec::new(),
            max_queued: 100_000,
            max_lost: 500,
            storage: 8192,
            queue_octets: 256 << 20,
            window: 65_536,
            percent: Percent::FreeSwitch,
            faults: Faults::default(),
            patience: Duration::from_secs(25),
            api_hooks: Vec::new(),
            app_hooks: Vec::new(),
            dial_hook: false,
            record: false,
        }
    }
}
