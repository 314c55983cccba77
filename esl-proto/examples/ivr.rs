//! Answers calls: an outbound server on threads, one for each call.
//!
//! ```text
//! cargo run -p esl-proto --example ivr -- [ADDRESS:PORT]
//! ```
//!
//! FreeSWITCH connects to it for every call that its dialplan sends here: `<action application="socket"
//! data="127.0.0.1:9042 async full"/>`. The caller hears a tone, types up to four digits, hears them counted back as
//! tones, and is hung up on. Each step is a line on standard output.
//!
//! Exit status: 2 if the command line makes no sense, 3 if nobody can be waited for at that address. Ctrl-C ends it.

mod common;

use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::{Connection, Trouble};
use esl_proto::client::{End, Tag};
use esl_proto::command::{CallCommand, Execute, SendMsg};
use esl_proto::message::Status;
use esl_proto::name::{EventName, HangupCause};
use esl_proto::{Client, Command, Incoming, Limits};

const USAGE: &str = "usage: ivr [ADDRESS:PORT]";
/// How long the server may take for an answer, and a caller for one step.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the connection stays for the last events of a call.
const LINGER: u32 = 5;
const PROMPT: &str = "tone_stream://%(200,100,440);loops=2";

/// One call, from its connection to its end.
struct Session {
    connection: Connection,
    /// How log lines name the call.
    name: String,
    /// The names of applications are of this run, and counted.
    run: u64,
    executed: u64,
}

impl Session {
    /// Asks for the call's data and for its events.
    fn begin(socket: TcpStream) -> Result<Self, Trouble> {
        let connection = Connection::new(socket, Client::outbound(Limits::DEFAULT))?;
        let mut session = Self { connection, name: "?".into(), run: common::random(), executed: 0 };
        let deadline = Instant::now() + PATIENCE;
        // The server answers in order, so nothing needs to be waited for in between.
        for command in [Command::Connect, Command::myevents(None), Command::Linger { seconds: Some(LINGER) }] {
            session.connection.send(&command, deadline)?;
        }
        let caller = session.until(deadline, |incoming| match incoming {
            Incoming::Connected { reply, .. } => {
                let call = reply.channel_data()?;
                let text = |name| call.get(name).map(|value| value.to_string()).unwrap_or_default();
                Some(format!("{} from {}", text("Channel-Name"), text("Caller-Caller-ID-Number")))
            }
            _ => None,
        })?;
        session.name = caller;
        session.say("has come");
        Ok(session)
    }

    /// A line on standard output. Where nobody reads it, the calls go on.
    fn say(&self, text: &str) {
        let _ = common::print(format!("{}: {text}\n", self.name).as_bytes());
    }

    /// Takes in what comes until `wanted` has found what it wants.
    fn until<R>(
        &mut self,
        deadline: Instant,
        mut wanted: impl FnMut(&Incoming<'_>) -> Option<R>,
    ) -> Result<R, Trouble> {
        loop {
            if let Some(found) = wanted(&self.connection.receive(deadline)?) {
                return Ok(found);
            }
        }
    }

    /// Executes an application and waits for its end. Returns the value that `variable` has then.
    fn execute(&mut self, app: &str, arg: &str, variable: &str) -> Result<Option<String>, Trouble> {
        let (run, number) = (self.run, self.executed);
        self.executed += 1;
        let tag = Tag::new(run, number);
        let deadline = Instant::now() + PATIENCE;
        let order = SendMsg::new(Execute::new(app, arg).event_uuid(&tag));
        let order = self.connection.send(&order.into(), deadline)?;
        let value = self.until(deadline, |incoming| {
            let event = match incoming {
                Incoming::Event(event) => event,
                // What was not ordered will not end.
                Incoming::Answer { id, answer } if *id == order && answer.status() == Status::Err => {
                    return Some(Err(Trouble::Answer(String::from_utf8_lossy(answer.text()).trim().to_owned())));
                }
                _ => return None,
            };
            match event.name()? {
                EventName::ChannelExecuteComplete => {
                    let ended = Tag::number_in(event.application_uuid()?, run)?;
                    (ended == number).then(|| Ok(event.get(variable).map(|value| value.to_string())))
                }
                // The caller has hung up: no application will end any more.
                EventName::ChannelHangup => Some(Err(Trouble::Ended(End::ChannelEnded))),
                _ => None,
            }
        })??;
        self.say(&format!("{app} has ended"));
        Ok(value)
    }

    fn talk(&mut self) -> Result<(), Trouble> {
        self.execute("answer", "", "")?;
        self.execute("playback", PROMPT, "")?;
        let ask = format!("1 4 2 5000 # {PROMPT} silence_stream://250 digits \\d+ 2000");
        let digits = self.execute("play_and_get_digits", &ask, "variable_digits")?.unwrap_or_default();
        self.say(&format!("typed {digits:?}"));
        let beeps = digits.len().max(1);
        self.execute("playback", &format!("tone_stream://%(100,100,800);loops={beeps}"), "")?;
        let hangup = SendMsg::new(CallCommand::hangup(HangupCause::NormalClearing));
        self.connection.send(&hangup.into(), Instant::now() + PATIENCE)?;
        Ok(())
    }

    /// Reads on to the good-bye: with `linger`, the last events of the call still come.
    fn farewell(&mut self) -> Result<(), Trouble> {
        let mut last = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        let end = self.until(deadline, |incoming| {
            match incoming {
                Incoming::Lingering(_) => last.push("lingering".to_owned()),
                Incoming::Event(event) => last.extend(event.name().map(|name| name.to_string())),
                Incoming::Goodbye { end, .. } => return Some(*end),
                _ => {}
            }
            None
        })?;
        self.say(&format!("{}; {end}", last.join(", ")));
        Ok(())
    }
}

fn serve(socket: TcpStream) -> Result<(), Trouble> {
    let mut session = Session::begin(socket)?;
    let result = match session.talk() {
        Ok(()) | Err(Trouble::Ended(End::ChannelEnded)) => session.farewell(),
        other => other,
    };
    // Whose trouble it was is known from here on.
    if let Err(trouble) = result {
        session.say(&trouble.to_string());
    }
    Ok(())
}

fn run(address: &str) -> Result<u8, Trouble> {
    let listener = TcpListener::bind(address)?;
    common::print(format!("waiting for calls at {}\n", listener.local_addr()?).as_bytes())?;
    for socket in listener.incoming() {
        // One caller who cannot be accepted must not end the others.
        std::thread::spawn(move || {
            if let Err(trouble) = socket.map_err(Trouble::from).and_then(serve) {
                eprintln!("ivr: {trouble}");
            }
        });
    }
    Ok(0)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:9042".into());
    if address.starts_with('-') || arguments.next().is_some() {
        return common::finish("ivr", "", Err(Trouble::Usage(USAGE.into())));
    }
    common::finish("ivr", &address, run(&address))
}
