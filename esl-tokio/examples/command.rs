//! One command, and its answer on standard output: `command --host pbx:8021 -- api status`.

mod common;

use std::process::ExitCode;
use std::time::Duration;

use common::{Args, SERVER, Server, Trouble, about, finish, print, seconds, unknown};
use esl_proto::frame::Step;
use esl_proto::{Command, Decoder, Limits};
use esl_tokio::Answer;

fn usage() -> String {
    format!(
        "usage: command [OPTION]... [--] COMMAND...
Sends one command of the event socket and prints the answer; of `bgapi`, what the job prints.

  command api status
  command -- bgapi originate user/1000 '&park()'

{SERVER}
  --timeout SECONDS                   how long all of it may take (60)
  --help                              show this text

Exit status: 0 if the answer is +OK or some output, 1 if it is -ERR or -USAGE, 2 if the command line is invalid, 3 for
connection problems."
    )
}

/// The one command that a line is.
fn parse(line: &str) -> Result<Command<'_>, Trouble> {
    let wrong = |text: &str| Trouble::Usage(Some(text.into()));
    match Decoder::for_requests(Limits::DEFAULT).decode(line.as_bytes()) {
        Ok(Step::Frame { frame, consumed }) if consumed == line.len() => {
            Command::parse(&frame.into()).map_err(|error| wrong(&error.to_string()))
        }
        _ => Err(wrong("that is not one command")),
    }
}

/// What the server says, to the octet, and a line end.
fn say(answer: &Answer) -> Result<(), Trouble> {
    let mut octets = answer.as_bytes().to_vec();
    if !octets.ends_with(b"\n") {
        octets.push(b'\n');
    }
    Ok(print(octets)?)
}

async fn run() -> Result<(), Trouble> {
    let (mut server, mut args, mut limit) = (Server::new(), Args::new(), Duration::from_secs(60));
    let mut words = Vec::new();
    while let Some(word) = args.word()? {
        match &*word {
            "--timeout" => limit = args.value(&word, seconds)?,
            "--" => words = args.rest(),
            option if server.takes(option, &mut args)? => {}
            option if option.starts_with('-') => return Err(unknown(option)),
            _ => words = std::iter::once(word).chain(args.rest()).collect(),
        }
    }
    if words.is_empty() {
        return Err(Trouble::Usage(Some("there is no command".into())));
    }
    let line = words.join(" ") + "\n\n";
    let command = parse(&line)?;
    let about = about(&server.address);
    let work = async {
        let fs = server.options().connect(&server.address).await.map_err(&about)?;
        let fs = fs.within(limit);
        let answer = match &command {
            Command::BgApi { line, .. } => fs.bgapi(line).await.map_err(&about)?.result().await,
            command => fs.send(command).await,
        };
        Ok::<_, Trouble>(answer)
    };
    let late = |_| Trouble::Other(server.address.clone(), "no answer in time".into());
    match tokio::time::timeout(limit, work).await.map_err(late)?? {
        Ok(answer) => {
            say(&answer)?;
            answer.check().map(drop).map_err(|_| Trouble::Quiet(1))
        }
        Err(esl_tokio::Error::Refused(answer)) => {
            say(&answer)?;
            Err(Trouble::Quiet(1))
        }
        Err(error) => Err(about(error)),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    finish("command", &usage(), run().await)
}
