//! Sends one command and prints its answer; for `bgapi`, the result of the job.
//!
//! ```text
//! cargo run -p esl-proto --example command -- [--host HOST:PORT] [--password PASSWORD | --user USER@DOMAIN:PASSWORD]
//!     [--timeout SECONDS] -- COMMAND
//! ```
//!
//! COMMAND is what the event socket takes: `api status`, `bgapi originate user/1000 &park`, `sendmsg` with its headers on
//! lines of their own. The server is 127.0.0.1:8021, the password ClueCon and the timeout 30 seconds if nothing else is
//! said. The timeout is for all of it: a `bgapi` that may take longer needs a longer one.
//!
//! Exit status: 0 if the answer is `+OK` or anything else but `-ERR` and `-USAGE`, 1 for these two; 2 if the command
//! line makes no sense or the command may not be sent; 3 for trouble with the connection, or no answer in time.

mod common;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::{Connection, Login, Trouble};
use esl_proto::client::{SendError, Tag};
use esl_proto::message::Status;
use esl_proto::name::{EventName, Format};
use esl_proto::{Command, Incoming};

const USAGE: &str = "usage: command [--host HOST:PORT] [--password PASSWORD | --user USER@DOMAIN:PASSWORD] \
                     [--timeout SECONDS] -- COMMAND";

struct Options {
    server: String,
    login: Login,
    timeout: Duration,
    /// The command, with the blank line that ends it.
    command: String,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut server = "127.0.0.1:8021".to_owned();
        let mut login = Login::with_password("ClueCon");
        let mut timeout = Duration::from_secs(30);
        let mut words = Vec::new();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--host" => server = arguments.next()?,
                "--password" => login = Login::with_password(&arguments.next()?),
                "--user" => login = Login::of_user(&arguments.next()?)?,
                "--timeout" => timeout = common::seconds(&arguments.next()?)?,
                "--" => words.extend(arguments.by_ref()),
                option if option.starts_with('-') => return None,
                _ => words.extend([argument].into_iter().chain(arguments.by_ref())),
            }
        }
        let command = format!("{}\n\n", words.join(" ").trim_end_matches('\n'));
        (!words.is_empty()).then_some(Self { server, login, timeout, command })
    }
}

/// Prints what the server says, and returns the exit status that it stands for.
fn report(text: &[u8], status: Status) -> Result<u8, Trouble> {
    common::print(text)?;
    if !text.is_empty() && !text.ends_with(b"\n") {
        common::print(b"\n")?;
    }
    Ok(u8::from(matches!(status, Status::Err | Status::Usage)))
}

fn run(options: &Options) -> Result<u8, Trouble> {
    let mut command = common::parse(&options.command)?;
    // A job is told by its name, which must be one that no other program on the server uses.
    let run = common::random();
    let name = Tag::new(run, 0);
    let is_job = match &mut command {
        Command::BgApi { job_uuid, .. } => {
            *job_uuid = Some(name.as_bytes());
            true
        }
        _ => false,
    };
    // What can never be sent is known before anybody is bothered.
    command.encoded_len().map_err(|error| Trouble::Refused(SendError::Refused(error)))?;

    let deadline = Instant::now() + options.timeout;
    let mut connection = Connection::open(&options.server, deadline)?;
    let mut awaited = None;
    loop {
        match connection.receive(deadline)? {
            Incoming::AuthRequest => {
                connection.send(&options.login.command(), deadline)?;
            }
            // A refusal needs no arm of its own: the server ends the connection, and the next poll says why.
            Incoming::Authenticated { .. } => {
                if is_job {
                    let jobs = Command::event(Format::Plain, &[EventName::BackgroundJob]);
                    connection.send(&jobs, deadline)?;
                }
                awaited = Some(connection.send(&command, deadline)?);
            }
            Incoming::Answer { id, answer } => {
                let failed = matches!(answer.status(), Status::Err | Status::Usage);
                // No job will end if the subscription to its end has failed.
                if failed || (awaited == Some(id) && !is_job) {
                    return report(answer.text(), answer.status());
                }
            }
            Incoming::Event(event) if event.job_uuid().and_then(|uuid| Tag::number_in(uuid, run)).is_some() => {
                let result: Vec<u8> = event.body().map(|body| body.bytes().collect()).unwrap_or_default();
                return report(&result, Status::of(&result));
            }
            _ => {}
        }
    }
}

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)) {
        Some(options) => common::finish("command", &options.server, run(&options)),
        None => common::finish("command", "", Err(Trouble::Usage(USAGE.into()))),
    }
}
