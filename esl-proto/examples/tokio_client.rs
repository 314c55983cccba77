//! The same core under tokio: one task with pipelined commands, events, and a deadline for each command.
//!
//! ```text
//! cargo run -p esl-proto --example tokio_client -- [HOST:PORT [PASSWORD]]
//! ```
//!
//! A task owns the connection; others send it commands through a queue and await the answers. Here, three API commands
//! are asked at once, one of which takes longer than its deadline: it is given up, and the connection stays in step.
//! Then HEARTBEAT and channel events are printed for a few seconds, and the connection is closed by `exit`.
//!
//! Exit status: 0, or 3 for trouble with the connection.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use esl_proto::client::{CommandId, End, Poll};
use esl_proto::name::{EventName, Format};
use esl_proto::{Client, Command, Connection, Incoming, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// How long events are printed.
const LISTEN: Duration = Duration::from_secs(3);
/// How long connecting may take, and the login after it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much may wait to be written before no further command is taken.
const OUTPUT: usize = 64 << 10;
/// What is listened to.
const EVENTS: &[EventName<'static>] =
    &[EventName::Heartbeat, EventName::ChannelCreate, EventName::ChannelAnswer, EventName::ChannelHangup];

/// What became of a command: its answer, or why there is none.
type Outcome = Result<String, &'static str>;

/// A command for the task, and who waits for its outcome until when.
struct Request {
    command: Command<'static>,
    deadline: Instant,
    reply: oneshot::Sender<Outcome>,
}

/// The task: a socket, the protocol, and who waits for which answer.
struct Task {
    socket: TcpStream,
    connection: Connection<Vec<u8>>,
    /// In the order of the commands; those given up are not in it.
    waiting: BTreeMap<CommandId, (Instant, oneshot::Sender<Outcome>)>,
}

impl Task {
    async fn open(server: &str) -> std::io::Result<Self> {
        let socket = tokio::time::timeout(PATIENCE, TcpStream::connect(server)).await??;
        let connection = Connection::new(Client::inbound(Limits::DEFAULT), vec![0; 64 << 10], Vec::new());
        Ok(Self { socket, connection, waiting: BTreeMap::new() })
    }

    /// Reads, writes and watches the deadlines, until the connection is over.
    async fn run(mut self, password: &str, mut requests: mpsc::Receiver<Request>) -> Result<End, Box<dyn Error>> {
        let login = Instant::now() + PATIENCE;
        loop {
            if let Some(end) = self.take_in(password)? {
                self.settle(|_| true, "the connection is over");
                return Ok(end);
            }
            let next_deadline = self.waiting.values().map(|(deadline, _)| *deadline).min();
            let deadline = next_deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
            let is_open = self.connection.client().is_open();
            let (mut input, mut output) = self.socket.split();
            // Both at once: a server that cannot get rid of its events reads no commands.
            let (spare, to_send) = self.connection.split();
            let has_output = !to_send.is_empty();
            // Before the login nothing may be sent, and after too much not more: the queue waits.
            let takes_requests = is_open && to_send.len() < OUTPUT;
            tokio::select! {
                count = input.read(spare) => match count? {
                    0 => {
                        let end = self.connection.eof().end;
                        self.settle(|_| true, "the connection is over");
                        return Ok(end);
                    }
                    count => self.connection.commit(count),
                },
                count = output.write(to_send), if has_output => self.connection.sent(count?),
                Some(request) = requests.recv(), if takes_requests => self.send(request)?,
                () = sleep_until(login), if !is_open => return Err("no login in time".into()),
                () = sleep_until(deadline) => {
                    let now = Instant::now();
                    // Giving up needs nothing else: the late answer will carry an id that nobody waits for.
                    self.settle(|deadline| deadline <= now, "no answer in time");
                }
            }
        }
    }

    /// Takes in all that has been read. Returns why the connection is over, if it is.
    fn take_in(&mut self, password: &str) -> Result<Option<End>, Box<dyn Error>> {
        loop {
            let mut login = false;
            match self.connection.next()? {
                Poll::Incoming { incoming, .. } => match incoming {
                    Incoming::AuthRequest => login = true,
                    Incoming::Answer { id, answer } => {
                        if let Some((_, reply)) = self.waiting.remove(&id) {
                            // Whoever asked may have gone.
                            let _ = reply.send(Ok(String::from_utf8_lossy(answer.text()).into_owned()));
                        }
                    }
                    Incoming::Event(event) => {
                        let text = |name| event.get(name).map(|value| value.to_string()).unwrap_or_default();
                        println!("event {} {}", text("Event-Name"), text("Unique-ID"));
                    }
                    _ => {}
                },
                Poll::Closed { end, .. } => return Ok(Some(end)),
                Poll::NeedData { .. } => break,
                // Only with limits for a small buffer.
                Poll::HeadPart { .. } | Poll::Head { .. } | Poll::Body { .. } => {}
            }
            if login {
                self.write(&Command::auth(password))?;
            }
        }
        if let Some(required) = self.connection.required() {
            self.connection.grow_input(|storage| storage.resize(required.next_power_of_two(), 0));
        }
        Ok(None)
    }

    fn write(&mut self, command: &Command<'_>) -> Result<CommandId, Box<dyn Error>> {
        let needed = self.connection.to_send().len() + command.encoded_len()?;
        self.connection.grow_output(|storage| storage.resize(needed.max(storage.len()), 0));
        Ok(self.connection.send(command)?)
    }

    fn send(&mut self, request: Request) -> Result<(), Box<dyn Error>> {
        let id = self.write(&request.command)?;
        self.waiting.insert(id, (request.deadline, request.reply));
        Ok(())
    }

    /// Tells those who wait, and whose deadline is such, that no answer will reach them.
    fn settle(&mut self, such: impl Fn(Instant) -> bool, why: &'static str) {
        let ids: Vec<CommandId> =
            self.waiting.iter().filter(|(_, (deadline, _))| such(*deadline)).map(|(id, _)| *id).collect();
        for (_, reply) in ids.into_iter().filter_map(|id| self.waiting.remove(&id)) {
            let _ = reply.send(Err(why));
        }
    }
}

/// Asks the task, and does not wait yet.
async fn ask(task: &mpsc::Sender<Request>, command: Command<'static>, millis: u64) -> oneshot::Receiver<Outcome> {
    let (reply, outcome) = oneshot::channel();
    let deadline = Instant::now() + Duration::from_millis(millis);
    // If the task has ended, the outcome tells.
    let _ = task.send(Request { command, deadline, reply }).await;
    outcome
}

async fn converse(task: mpsc::Sender<Request>) {
    let mut outcomes = Vec::new();
    for (line, millis) in [("api version", 5000), ("api msleep 1500", 500), ("api hostname", 5000)] {
        let api = Command::api(&line["api ".len()..]);
        outcomes.push((line, ask(&task, api, millis).await));
    }
    outcomes.push(("event", ask(&task, Command::event(Format::Plain, EVENTS), 5000).await));
    for (line, outcome) in outcomes {
        match outcome.await.unwrap_or(Err("the connection is over")) {
            Ok(answer) => println!("{line}: {}", answer.trim_end()),
            Err(why) => println!("{line}: {why}"),
        }
    }
    tokio::time::sleep(LISTEN).await;
    let _ = ask(&task, Command::Exit, 5000).await.await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().unwrap_or_else(|| "127.0.0.1:8021".into());
    let password = arguments.next().unwrap_or_else(|| "ClueCon".into());
    let (task, requests) = mpsc::channel(64);
    let connection = async { Task::open(&server).await?.run(&password, requests).await };
    let (end, ()) = tokio::join!(connection, converse(task));
    match end {
        Ok(End::Exit) => return std::process::ExitCode::SUCCESS,
        Ok(end) => eprintln!("tokio_client: {server}: {end}"),
        Err(error) => eprintln!("tokio_client: {server}: {error}"),
    }
    std::process::ExitCode::from(3)
}
