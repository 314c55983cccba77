//! What the example programs share: their command line, and how they end.
#![allow(dead_code, unreachable_pub, reason = "each program uses a part, and none exports it")]

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use esl_tokio::{Error, Login, Options};

/// Why a program cannot go on.
pub enum Trouble {
    /// The command line makes no sense, or help is wanted.
    Usage(Option<String>),
    /// The server says no.
    No(String),
    /// Anything else, about whom it is.
    Other(String, String),
    /// It has been said already: the exit status.
    Quiet(u8),
    /// Standard output says so.
    Output(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// An error of the library, with the server's name.
pub fn about(peer: &str) -> impl Fn(Error) -> Trouble {
    move |error| match error {
        Error::Refused(answer) => Trouble::No(answer.to_string()),
        Error::Command(error) => Trouble::Usage(Some(error.to_string())),
        Error::Dial(error) => Trouble::Usage(Some(error.to_string())),
        error => Trouble::Other(peer.to_owned(), error.to_string()),
    }
}

/// The exit status. What went wrong is one line on standard error.
pub fn finish(program: &str, usage: &str, result: Result<(), Trouble>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Trouble::Quiet(status)) => ExitCode::from(status),
        Err(Trouble::Output(error)) => complain(program, &error.to_string(), 3),
        Err(Trouble::Usage(None)) => {
            let _ = print(format!("{usage}\n"));
            ExitCode::SUCCESS
        }
        Err(Trouble::Usage(Some(text))) => complain(program, &format!("{text}; see --help"), 2),
        Err(Trouble::No(text)) => complain(program, &text, 1),
        Err(Trouble::Other(peer, text)) => complain(program, &format!("{peer}: {text}"), 3),
    }
}

fn complain(program: &str, text: &str, status: u8) -> ExitCode {
    eprintln!("{program}: {text}");
    ExitCode::from(status)
}

/// Writes to standard output, at once.
pub fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_ref())?;
    output.flush()
}

/// A command line: options with their values, and what is none.
pub struct Args(std::vec::IntoIter<String>);

impl Args {
    pub fn new() -> Self {
        Self(std::env::args().skip(1).collect::<Vec<_>>().into_iter())
    }

    /// The next word. `--help` is found here.
    pub fn word(&mut self) -> Result<Option<String>, Trouble> {
        match self.0.next() {
            Some(word) if word == "--help" => Err(Trouble::Usage(None)),
            word => Ok(word),
        }
    }

    /// The value of an option, as what it should be.
    pub fn value<T>(&mut self, option: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Trouble> {
        let text = self.0.next().ok_or_else(|| Trouble::Usage(Some(format!("missing value after {option}"))))?;
        read(&text).ok_or_else(|| Trouble::Usage(Some(format!("invalid value of {option}: '{text}'"))))
    }

    /// The words that are left.
    pub fn rest(&mut self) -> Vec<String> {
        self.0.by_ref().collect()
    }
}

pub fn unknown(word: &str) -> Trouble {
    Trouble::Usage(Some(format!("unknown option '{word}'")))
}

/// The server that a program connects to.
pub struct Server {
    pub address: String,
    pub login: Login,
}

pub const SERVER: &str = "  --host HOST:PORT                    the server (127.0.0.1:8021)
  --password WORD                     the password of its event socket (ClueCon)
  --user USER@DOMAIN:PASSWORD         log in as a user of its directory instead";

impl Server {
    pub fn new() -> Self {
        Self { address: "127.0.0.1:8021".into(), login: Login::password("ClueCon") }
    }

    /// Whether the option is one of [`SERVER`]'s, which is taken then.
    pub fn takes(&mut self, option: &str, args: &mut Args) -> Result<bool, Trouble> {
        match option {
            "--host" => self.address = args.value(option, address)?,
            "--password" => self.login = Login::password(args.value(option, |word| Some(word.to_owned()))?),
            "--user" => self.login = args.value(option, user)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub fn options(&self) -> Options {
        Options::new(self.login.clone())
    }
}

pub fn address(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| text.to_owned())
}

fn user(text: &str) -> Option<Login> {
    let (user, rest) = text.split_once('@')?;
    let (domain, password) = rest.split_once(':')?;
    Some(Login::user(user, domain, password))
}

/// A span of time as people type it, in seconds.
pub fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds < 1e9)?;
    Duration::try_from_secs_f64(seconds).ok()
}

pub fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
