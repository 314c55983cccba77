//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use esl_sim::{Config, Program, Registration, User};

pub(crate) const USAGE: &str = "\
usage: esl-switch [OPTION]...
A simulated FreeSWITCH: its event socket, with calls that exist only as events.

  --listen ADDR:PORT          where to listen (127.0.0.1:8021; port 0: a free one); with
                              --outbound, nowhere unless this is given
  --password WORD             the password for `auth` (ClueCon)
  --user 'NAME@DOMAIN:PASSWORD[;events=LIST][;api=LIST][;log=false]'
                              a user for `userauth`, and its rights
  --register USER@DOMAIN[=URL]
                              an entry in `show registrations`
  --deny CIDR                 refuse clients from these addresses
  --extension 'NAME=ADDR:PORT [async] [full]'
                              calls to this extension connect to that program
  --calls-per-second N        make N new calls a second
  --scenario                  simulate the calls of a small office: they come in and go out, are
                              put through, transferred, held and queued; one line is busy
  --heartbeat SECONDS         interval of HEARTBEAT events (20)
  --queue N                   maximum number of events that wait for a slow client (100000)
  --queue-octets N            and their maximum total size in bytes (268435456)
  --patience SECONDS          time limit for a client's first command, and for the rest of an
                              unfinished one (25)
  --max-connections N         maximum number of clients (1000)
  --seconds N                 exit after N seconds
  --utc-offset SECONDS        how far local time is ahead of UTC (0)
  --seed N                    seed for uuids (random)
  --outbound ADDR:PORT        make one call that connects to this program; exit with it
  --mode sync|async           mode of that connection (async)
  --control full|single-channel
                              and its rights (full)
  --help                      show this text";

pub(crate) struct Options {
    /// [`None`]: nowhere.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) config: Config,
    denied: Vec<(IpAddr, u8)>,
    pub(crate) max_connections: usize,
    pub(crate) seconds: Option<Duration>,
    pub(crate) outbound: Option<Program>,
}

/// A span of time as people type it, in seconds.
fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds < 1e9)?;
    Duration::try_from_secs_f64(seconds).ok()
}

impl Options {
    /// [`None`] if help is wanted; what is wrong otherwise.
    pub(crate) fn of(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            listen: None,
            config: Config::default(),
            denied: Vec::new(),
            max_connections: 1000,
            seconds: None,
            outbound: None,
        };
        let config = &mut options.config;
        config.seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        let (mut outbound, mut is_async, mut full) = (None, true, true);
        while let Some(option) = arguments.next() {
            if option == "--help" {
                return Ok(None);
            }
            if option == "--scenario" {
                *config = std::mem::take(config).scenario();
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("missing value after {option}\n{USAGE}"))?;
            let wrong = || format!("invalid value of {option}: '{value}'\n{USAGE}");
            match option.as_str() {
                "--listen" => options.listen = Some(value.parse().map_err(|_| wrong())?),
                "--password" => config.password = value,
                "--user" => config.users.push(user(&value).ok_or_else(wrong)?),
                "--register" => config.registrations.push(Registration::parse(&value).ok_or_else(wrong)?),
                "--deny" => options.denied.push(cidr(&value).ok_or_else(wrong)?),
                "--extension" => {
                    let (name, program) = value.split_once('=').ok_or_else(wrong)?;
                    config.extensions.insert(name.to_owned(), vec![Program::parse(program).ok_or_else(wrong)?.step()]);
                }
                "--calls-per-second" => {
                    let rate = value.parse().ok().filter(|rate| (0.0..=1000.0).contains(rate));
                    config.calls_per_second = rate.ok_or_else(wrong)?;
                }
                "--heartbeat" => config.heartbeat = seconds(&value).ok_or_else(wrong)?,
                "--queue" => config.max_queued = value.parse().map_err(|_| wrong())?,
                "--queue-octets" => config.queue_octets = value.parse().map_err(|_| wrong())?,
                "--patience" => config.patience = seconds(&value).ok_or_else(wrong)?,
                "--seed" => config.seed = value.parse().map_err(|_| wrong())?,
                "--utc-offset" => config.utc_offset = value.parse().map_err(|_| wrong())?,
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
                _ => return Err(format!("unknown option {option}\n{USAGE}")),
            }
        }
        options.outbound = outbound.map(|address| Program { address, is_async, full });
        if options.outbound.is_none() && options.listen.is_none() {
            options.listen = Some(SocketAddr::from(([127, 0, 0, 1], 8021)));
        }
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
