//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::common::{Trouble, seconds};

pub(crate) const USAGE: &str = "\
usage: switch [OPTION]...
A simulated FreeSWITCH: its event socket, and calls that exist in events only.

  --listen ADDR:PORT          where to listen (127.0.0.1:8021; port 0: a free one)
  --password WORD             the password of `auth` (ClueCon)
  --user 'NAME@DOMAIN:PASSWORD[;events=LIST][;api=LIST][;log=false]'
                              a user of `userauth`, and what it may do
  --deny CIDR                 refuse clients from these addresses
  --extension 'NAME=ADDR:PORT [async] [full]'
                              calls to this extension connect to that program
  --calls-per-second N        calls that come and go by themselves
  --heartbeat SECONDS         how often the HEARTBEAT event comes (20)
  --queue N                   events that may wait for a slow client (100000)
  --queue-octets N            and how large they may be together (268435456)
  --patience SECONDS          how long a client may say nothing at first, or leave a
                              command unfinished (25)
  --max-connections N         clients at a time (1000)
  --seconds N                 end after this time
  --outbound ADDR:PORT        one call that connects to this program; ends with it
  --mode sync|async           how that program controls its call (async)
  --control full|single-channel
                              and what else it may do (full)
  --help                      this text";

/// Somebody who may log in with `userauth`.
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) password: String,
    pub(crate) events: Option<String>,
    pub(crate) api: Option<String>,
    pub(crate) log: bool,
}

/// A program that calls connect to.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) address: String,
    pub(crate) is_async: bool,
    pub(crate) full: bool,
}

impl Program {
    /// The argument of the `socket` application: `ADDR:PORT [async] [full]`.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        let address = words.next()?.to_owned();
        let mut program = Self { address, is_async: false, full: false };
        for word in words {
            program.is_async |= word.eq_ignore_ascii_case("async");
            program.full |= word.eq_ignore_ascii_case("full");
        }
        Some(program)
    }

    pub(crate) fn argument(&self) -> String {
        let words = [(&*self.address, true), (" async", self.is_async), (" full", self.full)];
        words.iter().filter(|(_, said)| *said).map(|(word, _)| *word).collect()
    }
}

pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) password: String,
    pub(crate) users: Vec<User>,
    denied: Vec<(IpAddr, u8)>,
    pub(crate) extensions: Vec<(String, Program)>,
    pub(crate) calls_per_second: f64,
    pub(crate) heartbeat: Duration,
    pub(crate) queue: u32,
    pub(crate) queue_octets: usize,
    pub(crate) patience: Duration,
    pub(crate) max_connections: usize,
    pub(crate) seconds: Option<Duration>,
    pub(crate) outbound: Option<Program>,
}

impl Options {
    /// [`None`] if help is wanted.
    pub(crate) fn of(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, Trouble> {
        let mut options = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8021)),
            password: "ClueCon".into(),
            users: Vec::new(),
            denied: Vec::new(),
            extensions: Vec::new(),
            calls_per_second: 0.0,
            heartbeat: Duration::from_secs(20),
            queue: 100_000,
            queue_octets: 256 << 20,
            patience: Duration::from_secs(25),
            max_connections: 1000,
            seconds: None,
            outbound: None,
        };
        let (mut outbound, mut is_async, mut full) = (None, true, true);
        while let Some(option) = arguments.next() {
            if option == "--help" {
                return Ok(None);
            }
            let value = arguments.next().ok_or_else(|| Trouble::Usage(format!("{option}: what?\n{USAGE}")))?;
            let wrong = || Trouble::Usage(format!("{option}: cannot read '{value}'\n{USAGE}"));
            match option.as_str() {
                "--listen" => options.listen = value.parse().map_err(|_| wrong())?,
                "--password" => options.password = value,
                "--user" => options.users.push(user(&value).ok_or_else(wrong)?),
                "--deny" => options.denied.push(cidr(&value).ok_or_else(wrong)?),
                "--extension" => {
                    let (name, program) = value.split_once('=').ok_or_else(wrong)?;
                    options.extensions.push((name.to_owned(), Program::of(program).ok_or_else(wrong)?));
                }
                "--calls-per-second" => {
                    let rate = value.parse().ok().filter(|rate| (0.0..=1000.0).contains(rate));
                    options.calls_per_second = rate.ok_or_else(wrong)?;
                }
                "--heartbeat" => {
                    options.heartbeat = seconds(&value).filter(|time| !time.is_zero()).ok_or_else(wrong)?;
                }
                "--queue" => options.queue = value.parse().map_err(|_| wrong())?,
                "--queue-octets" => options.queue_octets = value.parse().map_err(|_| wrong())?,
                "--patience" => options.patience = seconds(&value).ok_or_else(wrong)?,
                "--max-connections" => options.max_connections = value.parse().map_err(|_| wrong())?,
                "--seconds" => options.seconds = Some(seconds(&value).ok_or_else(wrong)?),
                "--outbound" => outbound = Some(value),
                "--mode" => {
                    is_async = match value.as_str() {
                        "async" => true,
                        "sync" => false,
                        _ => return Err(wrong()),
                    }
                }
                "--control" => {
                    full = match value.as_str() {
                        "full" => true,
                        "single-channel" => false,
                        _ => return Err(wrong()),
                    }
                }
                _ => return Err(Trouble::Usage(format!("{option}: unknown option\n{USAGE}"))),
            }
        }
        options.outbound = outbound.map(|address| Program { address, is_async, full });
        Ok(Some(options))
    }

    /// Whether clients from this address are refused.
    pub(crate) fn denies(&self, address: IpAddr) -> bool {
        // Where both kinds come to one socket, the older ones look like the newer.
        let address = address.to_canonical();
        self.denied.iter().any(|(network, bits)| match (address, network) {
            (IpAddr::V4(address), IpAddr::V4(network)) => {
                let shift = 32 - u32::from(*bits);
                u64::from(address.to_bits()) >> shift == u64::from(network.to_bits()) >> shift
            }
            (IpAddr::V6(address), IpAddr::V6(network)) => {
                let differing = address.to_bits() ^ network.to_bits();
                differing.leading_zeros() >= u32::from(*bits)
            }
            _ => false,
        })
    }
}

fn user(text: &str) -> Option<User> {
    let mut parts = text.split(';');
    let (name, rest) = parts.next()?.split_once('@')?;
    let (domain, password) = rest.split_once(':')?;
    let mut user = User {
        name: name.into(),
        domain: domain.into(),
        password: password.into(),
        events: None,
        api: None,
        log: true,
    };
    for part in parts {
        match part.split_once('=')? {
            ("events", list) => user.events = Some(list.into()),
            ("api", list) => user.api = Some(list.into()),
            ("log", "false") => user.log = false,
            ("log", "true") => user.log = true,
            _ => return None,
        }
    }
    Some(user)
}

fn cidr(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
    (bits <= most).then_some((address, bits))
}
