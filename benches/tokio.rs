//! What esl-tokio costs beside the bare core: `cargo bench -p esl-benches --bench tokio`.
//!
//! Both sides run in turns in one thread of this process, against a program beside it: `esl-switch` for commands, a copy of
//! this program that writes recorded events for streams. The wall time and the CPU time of this thread are compared; of
//! each side the best round counts.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use esl_benches::{Bare, Busy, Cost, Result};
use esl_proto::name::{EventName, Format};
use std::task::Poll as TaskPoll;

use esl_proto::client::Poll;
use esl_proto::{Command, Incoming};
use esl_tokio::{EventBuf, Interest, Login, Options, Overflow};

const COMMANDS: usize = 20_000;
const EVENTS: usize = 50_000;
const ROUNDS: usize = 9;
const NAMES: [&str; 3] = ["Unique-ID", "Channel-Call-State", "Caller-Destination-Number"];

fn bare_commands(port: u16) -> Result<Cost> {
    let mut bare = Bare::open(port)?;
    Cost::of(|| {
        for _ in 0..COMMANDS {
            bare.connection.send(&Command::api("eval x"))?;
        }
        bare.flush()?;
        let mut answers = 0;
        while answers < COMMANDS {
            if let Poll::Incoming { incoming: Incoming::Answer { answer, .. }, .. } = bare.receive()? {
                assert_eq!(answer.text(), b"x");
                answers += 1;
            }
        }
        Ok(())
    })
}

fn tokio_commands(port: u16) -> Result<Cost> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let address = format!("127.0.0.1:{port}");
    let fs = runtime.block_on(esl_tokio::connect(&address, Login::password("ClueCon")))?;
    Cost::of(|| {
        runtime.block_on(async {
            let mut asked: Vec<_> = (0..COMMANDS).map(|_| Box::pin(fs.api("eval x"))).collect();
            // All are sent before one is waited for.
            std::future::poll_fn(|cx| {
                for asked in &mut asked {
                    assert!(asked.as_mut().poll(cx).is_pending());
                }
                TaskPoll::Ready(())
            })
            .await;
            for answer in asked {
                assert_eq!(answer.await?.as_bytes(), b"x");
            }
            Ok(())
        })
    })
}

fn bare_events(port: u16) -> Result<Cost> {
    let mut bare = Bare::open(port)?;
    bare.send(&Command::event(None, &[EventName::All]))?;
    Cost::of(|| {
        let (mut events, mut found) = (0, 0);
        while events < EVENTS {
            if let Poll::Incoming { incoming: Incoming::Event(event), .. } = bare.receive()? {
                let owned = std::hint::black_box(EventBuf::from(&event));
                found += NAMES.iter().filter(|name| owned.get(name).is_some()).count();
                events += 1;
            }
        }
        std::hint::black_box(found);
        Ok(())
    })
}

fn tokio_events(port: u16) -> Result<Cost> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let options = Options::new(Login::password("ClueCon"));
    let fs = runtime.block_on(options.connect(&format!("127.0.0.1:{port}")))?;
    Cost::of(|| {
        runtime.block_on(async {
            let mut events = fs.events_with(Interest::all(), 1000, Overflow::Block).await?;
            let mut found = 0;
            for _ in 0..EVENTS {
                let Some(event) = events.next().await else { return Err("the stream has ended".into()) };
                let event = event?;
                found += NAMES.iter().filter(|name| event.get(name).is_some()).count();
            }
            std::hint::black_box(found);
            Ok(())
        })
    })
}

/// Writes recorded events to whoever subscribes, for ever.
fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let busy = Busy::new(Format::Plain);
    for socket in listener.incoming() {
        let mut socket = socket?;
        socket.set_nodelay(true)?;
        socket.write_all(b"Content-Type: auth/request\n\n")?;
        let mut lines = BufReader::new(socket.try_clone()?).lines();
        let mut answer = |line: &str, text: &str| {
            while lines.next().is_some_and(|said| said.is_ok_and(|said| said != line)) {}
            write!(socket, "Content-Type: command/reply\nReply-Text: {text}\n\n")
        };
        if answer("auth ClueCon", "+OK accepted").is_err()
            || answer("event ALL", "+OK event listener enabled plain").is_err()
        {
            continue;
        }
        while socket.write_all(busy.stream()).is_ok() {}
    }
    Ok(())
}

/// A program that says where it listens; it ends with this one.
struct Server(Child, u16);

impl Server {
    fn start(process: &mut Process) -> Result<Self> {
        let mut child = process.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok()).ok_or("no port")?;
        Ok(Self(child, port))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn compare(
    what: &str,
    most: (f64, f64),
    bare: impl Fn() -> Result<Cost>,
    tokio: impl Fn() -> Result<Cost>,
) -> Result<()> {
    let (mut best, mut other) = (bare()?, tokio()?);
    for _ in 1..ROUNDS {
        for (best, cost) in [(&mut best, bare()?), (&mut other, tokio()?)] {
            *best = Cost { wall: best.wall.min(cost.wall), cpu: best.cpu.min(cost.cpu) };
        }
    }
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{what}: wall {:.2} ({:.0} to {:.0} ms; target {}), CPU {:.2} ({:.0} to {:.0} ms; target {})",
        ratio(other.wall, best.wall),
        millis(other.wall),
        millis(best.wall),
        most.0,
        ratio(other.cpu, best.cpu),
        millis(other.cpu),
        millis(best.cpu),
        most.1,
    );
    Ok(())
}

fn main() -> Result<()> {
    if std::env::args().any(|word| word == "serve") {
        return serve();
    }
    // Without the name of a part, both are run.
    let is_wanted = |part: &str| !std::env::args().any(|word| matches!(&*word, "api" | "events") && word != part);
    if is_wanted("api") {
        commands()?;
    }
    if is_wanted("events") {
        let writer = Server::start(Process::new(std::env::current_exe()?).arg("serve"))?;
        compare("an event with three look-ups", (1.5, 1.5), || bare_events(writer.1), || tokio_events(writer.1))?;
    }
    Ok(())
}

fn commands() -> Result<()> {
    let mut build = Process::new(env!("CARGO"));
    build.args(["build", "--quiet", "--release", "-p", "esl-sim", "--features", "program", "--bin", "esl-switch"]);
    assert!(build.status()?.success());
    let program = std::env::current_exe()?;
    let folder = program.ancestors().nth(2).ok_or("no folder")?;
    let switch = Server::start(Process::new(folder.join("esl-switch")).args(["--listen", "127.0.0.1:0"]))?;
    compare("20 000 api on esl-switch", (1.1, 2.5), || bare_commands(switch.1), || tokio_commands(switch.1))
}
