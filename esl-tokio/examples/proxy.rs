//! One connection to a server for many clients.

mod common;

use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use common::{Args, SERVER, Server as Upstream, Trouble, about, address, finish, print, unknown};
use esl_proto::client::Tag;
use esl_proto::frame::Step;
use esl_proto::server::{Admission, DeliverError, Goodbye, Poll, Response, Rights, Server, ServerLimits};
use esl_proto::{Command, Decoder, Limits, RecvBuf};
use esl_tokio::{Error, EventBuf, EventStream, Interest, Reconnect, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

fn usage() -> String {
    format!(
        "usage: proxy [OPTION]... [ADDRESS:PORT]
Listens at ADDRESS:PORT (127.0.0.1:8022) as an event socket, and serves all of its clients over one connection to a server:
`api`, `bgapi`, `sendmsg` and `sendevent` go there, its events come to whoever subscribes, in each client's format and through
each client's filters.

{SERVER}
  --listen-password WORD              the password of the clients (ClueCon)
  --help                              show this text

Ctrl-C ends it."
    )
}

/// How long a client may say nothing at first.
const PATIENCE: Duration = Duration::from_secs(25);
/// How many octets a client's subscriptions and filters may take.
const STORAGE: usize = 8192;

/// A client: what the listener keeps of it, and its octets.
struct Client {
    socket: TcpStream,
    server: Server<[u8; STORAGE]>,
    input: RecvBuf<Vec<u8>>,
    output: Vec<u8>,
    /// Room for one thing that is written.
    room: Vec<u8>,
    fs: Session,
    password: String,
    /// Its jobs are named by these, if it does not name them itself.
    run: u64,
    jobs: u64,
}

/// What `-ERR` says of trouble with the server.
fn trouble(error: &Error) -> Vec<u8> {
    match error {
        Error::Refused(answer) => answer.as_bytes().to_vec(),
        error => format!("-ERR {error}").into_bytes(),
    }
}

impl Client {
    /// Takes in what the client has sent. Returns whether it goes on.
    async fn take_in(&mut self) -> Result<bool, Error> {
        loop {
            let (consumed, asked) = match self.server.poll(self.input.filled(), &mut self.room) {
                Ok(Poll::Done { consumed, written, .. }) => {
                    self.output.extend_from_slice(&self.room[..written]);
                    (consumed, false)
                }
                Ok(Poll::HostRequest { consumed, .. }) => (consumed, true),
                Ok(Poll::NeedData { required, consumed }) => {
                    self.input.consume(consumed);
                    if let Some(required) = required.filter(|required| *required > self.input.capacity()) {
                        self.input.grow(|storage| storage.resize(required, 0));
                    }
                    return Ok(true);
                }
                Ok(Poll::Waiting) => return Ok(true),
                Ok(Poll::Closed { written, .. }) => {
                    self.output.extend_from_slice(&self.room[..written]);
                    return Ok(false);
                }
                Err(error) => {
                    self.room.resize(error.required, 0);
                    continue;
                }
            };
            if asked {
                self.answer().await?;
            }
            self.input.consume(consumed);
        }
    }

    /// Answers what the client has asked, which still stands at the front of the input.
    async fn answer(&mut self) -> Result<(), Error> {
        // A copy, because what is asked lies in the input. The listener reads commands as `Command::parse` does.
        let question = self.input.filled().to_vec();
        let frame = match Decoder::for_requests(Limits::DEFAULT).decode(&question) {
            Ok(Step::Frame { frame, .. }) => frame,
            _ => return self.say(Response::Reply(b"-ERR command not found")),
        };
        let Ok(command) = Command::parse(&frame.into()) else {
            return self.say(Response::Reply(b"-ERR command not found"));
        };
        match command {
            Command::Auth { password } => {
                let answer =
                    if password.matches(&self.password) { Response::Accept(Rights::ALL) } else { Response::Refuse };
                self.say(answer)
            }
            Command::UserAuth { .. } => self.say(Response::Refuse),
            Command::Api { line, .. } => match self.fs.api(line).await {
                Ok(answer) => self.say(Response::Output(answer.as_bytes())),
                Err(error) => self.say(Response::Output(&trouble(&error))),
            },
            Command::BgApi { line, job_uuid } => {
                // Its end comes among the events, by its name.
                self.jobs += 1;
                let tag = Tag::new(self.run, self.jobs);
                let name = job_uuid.unwrap_or(tag.as_bytes());
                match self.fs.send(&Command::BgApi { line, job_uuid: Some(name) }).await {
                    Ok(_) => self.say(Response::Job(name)),
                    Err(error) => self.say(Response::Reply(&trouble(&error))),
                }
            }
            command @ (Command::SendMsg(_) | Command::SendEvent(_)) => match self.fs.send(&command).await {
                Ok(answer) => self.say(Response::Reply(answer.as_bytes())),
                Err(error) => self.say(Response::Reply(&trouble(&error))),
            },
            _ => self.say(Response::Reply(b"-ERR command not found")),
        }
    }

    fn say(&mut self, answer: Response<'_>) -> Result<(), Error> {
        loop {
            match self.server.respond(answer, &mut self.room) {
                Ok(written) => {
                    self.output.extend_from_slice(&self.room[..written]);
                    return Ok(());
                }
                Err(error) => match error.required() {
                    Some(required) => self.room.resize(required, 0),
                    // What the server has said cannot be said so: something must be said.
                    None => return self.say(Response::Reply(b"-ERR no reply")),
                },
            }
        }
    }

    /// Gives the client an event, if it wants it. Returns whether it goes on.
    fn offer(&mut self, event: &EventBuf) -> bool {
        match self.server.offer(event) {
            Admission::Enqueue => loop {
                match self.server.deliver(event, &mut self.room) {
                    Ok(written) => {
                        self.output.extend_from_slice(&self.room[..written]);
                        return true;
                    }
                    Err(DeliverError::Insufficient(error)) => self.room.resize(error.required, 0),
                    Err(_) => {
                        self.server.skip();
                        return true;
                    }
                }
            },
            Admission::Overflow => {
                if let Ok(written) = self.server.disconnect(Goodbye::LostEvents, &mut self.room) {
                    self.output.extend_from_slice(&self.room[..written]);
                }
                false
            }
            // Not wanted, or dropped and counted.
            _ => true,
        }
    }

    async fn run(mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut events: Option<EventStream> = None;
        let mut goes_on = self.take_in().await?;
        loop {
            self.socket.write_all(&self.output).await?;
            self.output.clear();
            if !goes_on {
                self.socket.shutdown().await?;
                return Ok(());
            }
            if self.server.is_authenticated() && events.is_none() {
                events = Some(self.fs.events(Interest::all()).await?);
            }
            let stranger = self.server.is_awaiting_first_command();
            let ready = self.server.is_ready_for_events();
            tokio::select! {
                count = self.socket.read(self.input.spare_mut()) => match count? {
                    0 => return Ok(()),
                    count => {
                        self.input.commit(count);
                        goes_on = self.take_in().await?;
                    }
                },
                event = next(&mut events), if ready => match event {
                    Some(event) => goes_on = self.offer(&event),
                    None => return Ok(()),
                },
                () = sleep(PATIENCE), if stranger => return Ok(()),
            }
        }
    }
}

/// The next event. What is missing is missing for the client, too: it has no way to be told.
async fn next(events: &mut Option<EventStream>) -> Option<Arc<EventBuf>> {
    let Some(events) = events else { return std::future::pending().await };
    loop {
        match events.next().await? {
            Ok(event) => return Some(event),
            Err(missed) if missed.is_end() => return None,
            Err(_) => {}
        }
    }
}

async fn run() -> Result<(), Trouble> {
    let (mut upstream, mut args) = (Upstream::new(), Args::new());
    let (mut at, mut password) = ("127.0.0.1:8022".to_owned(), "ClueCon".to_owned());
    while let Some(word) = args.word()? {
        match &*word {
            "--listen-password" => password = args.value(&word, |text| Some(text.to_owned()))?,
            option if upstream.takes(option, &mut args)? => {}
            option if option.starts_with('-') => return Err(unknown(option)),
            text => at = address(text).ok_or_else(|| Trouble::Usage(Some(format!("'{text}' is no ADDRESS:PORT"))))?,
        }
    }
    let options = upstream.options().silence(Duration::from_secs(50)).reconnect(Reconnect::default());
    let fs = options.connect(&upstream.address).await.map_err(about(&upstream.address))?;
    // Kept, so that all clients find it: the server is told once.
    let _subscription = fs.subscribe(Interest::all()).await.map_err(about(&upstream.address))?;
    let wrong = |error: std::io::Error| Trouble::Other(at.clone(), error.to_string());
    let listener = TcpListener::bind(&at).await.map_err(wrong)?;
    print(format!("listening on {}\n", listener.local_addr().map_err(wrong)?))?;
    let accepting = async {
        loop {
            let Ok((socket, _)) = listener.accept().await else {
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let client = Client {
                socket,
                server: Server::inbound(ServerLimits::DEFAULT, [0; STORAGE]),
                input: RecvBuf::new(vec![0; 4096]),
                output: Vec::new(),
                room: vec![0; Server::REPLY_MAX],
                fs: fs.clone(),
                password: password.clone(),
                run: BuildHasher::hash_one(&RandomState::new(), 0),
                jobs: 0,
            };
            // One client's end is nobody else's.
            tokio::spawn(client.run());
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = tokio::signal::ctrl_c() => {}
        reason = fs.closed() => return Err(Trouble::Other(upstream.address.clone(), reason.to_string())),
    }
    let _ = timeout(Duration::from_secs(5), fs.close()).await;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    finish("proxy", &usage(), run().await)
}
