//! What a switch begins with.

use std::time::Duration;

/// Somebody who may log in with `userauth`, and what he may do then.
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

/// What a [`Sim`](crate::Sim) begins with. Two with the same configuration that are given the same do the same, to the
/// octet.
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
    /// What an extension does: a program that its calls connect to.
    pub extensions: Vec<(String, Program)>,
    /// Calls that come and go by themselves, in a second. 0: none. At most 1000.
    pub calls_per_second: f64,
    /// How often HEARTBEAT comes.
    pub heartbeat: Duration,
    /// How many events, and how many log lines, may wait for a client.
    pub queue: u32,
    /// How many octets they may have together.
    pub queue_octets: usize,
    /// How many octets are written for a client that does not take them: the socket's buffer.
    pub window: usize,
    /// How long a client may say nothing at first, or leave a command unfinished.
    pub patience: Duration,
    /// API commands, by their first word, whose answers the host gives: see [`Hook::Api`](crate::Hook::Api).
    pub api_hooks: Vec<String>,
    /// Applications that the host carries out: see [`Hook::App`](crate::Hook::App).
    pub app_hooks: Vec<String>,
    /// Whether the host says what becomes of each outgoing call: see [`Hook::Dial`](crate::Hook::Dial).
    pub dial_hook: bool,
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
            extensions: Vec::new(),
            calls_per_second: 0.0,
            heartbeat: Duration::from_secs(20),
            queue: 100_000,
            queue_octets: 256 << 20,
            window: 65_536,
            patience: Duration::from_secs(25),
            api_hooks: Vec::new(),
            app_hooks: Vec::new(),
            dial_hook: false,
        }
    }
}
