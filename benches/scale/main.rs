//! How cost grows: with events a second, connections, listeners of one switch, subscriptions of one connection. Part of
//! `benches/scale/run`, which adds the rows of Python.
//!
//! Each row is the cost of one unit at 1, 10, 100 and 1 000 times the first size, as a ratio to that at the first: 1 all
//! along is linear growth, less is better than that. It is CPU time of the thread that does the work; who sends to it runs in
//! another. The sizes take turns, and the best round of each counts.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::task::Poll as TaskPoll;
use std::thread;
use std::time::{Duration, Instant};

use esl_benches::{Bare, Busy, Cost, Result};
use esl_proto::client::Poll;
use esl_proto::command::Events;
use esl_proto::event::{Field, OutgoingEvent};
use esl_proto::name::{EventName, Format};
use esl_proto::server::{Admission, Response, Rights, Server, ServerLimits};
use esl_proto::{Command, Incoming};
use esl_sim::{Config, Sim};
use esl_tokio::{EventStream, Interest, Login, Options, Overflow, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ROUNDS: usize = 3;
const SIZES: [usize; 4] = [1, 10, 100, 1000];
const NAMES: [&str; 3] = ["Event-Name", "Unique-ID", "Hangup-Cause"];

/// Prints a row: the cost of a unit at each size, in seconds, of which the best round counts.
fn row(name: &str, cost: impl Fn(usize) -> Result<f64>) -> Result<[f64; 4]> {
    let mut best = [f64::MAX; SIZES.len()];
    for _ in 0..ROUNDS {
        for (best, size) in best.iter_mut().zip(SIZES) {
            *best = best.min(cost(size)?);
        }
    }
    if std::env::var_os("SCALE_TIMES").is_some() {
        eprintln!("{name}: {:?} us", best.map(|best| (best * 1e8).round() / 1e2));
    }
    print(name, best, best[0]);
    Ok(best)
}

fn print(name: &str, costs: [f64; 4], first: f64) {
    let cells: Vec<String> = costs.iter().map(|cost| format!("{:.2}", cost / first)).collect();
    println!("| {name} | {} |", cells.join(" | "));
}

fn beside_each_other(name: &str, mut ratios: [f64; 4], to: [f64; 4]) {
    ratios.iter_mut().zip(to).for_each(|(ratio, to)| *ratio /= to);
    print(name, ratios, 1.0);
}

/// The CPU time of each of `units`.
fn each(units: usize, cost: Cost) -> f64 {
    cost.cpu.as_secs_f64() / units as f64
}

/// Serves so many connections, one after the other: says yes to all that each asks for, until it says `api go`. What comes
/// then is up to `body`.
fn feed(connections: usize, body: impl FnOnce(Vec<TcpStream>) -> std::io::Result<()> + Send + 'static) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let greet = || -> std::io::Result<TcpStream> {
            let (mut socket, _) = listener.accept()?;
            socket.set_nodelay(true)?;
            socket.write_all(b"Content-Type: auth/request\n\n")?;
            let mut said = Vec::new();
            loop {
                while let Some(end) = said.windows(2).position(|two| two == b"\n\n") {
                    let command: Vec<u8> = said.drain(..end + 2).collect();
                    if command.starts_with(b"api go") {
                        socket.write_all(b"Content-Type: api/response\nContent-Length: 3\n\n+OK")?;
                        return Ok(socket);
                    }
                    socket.write_all(b"Content-Type: command/reply\nReply-Text: +OK\n\n")?;
                }
                let mut octets = [0; 4096];
                match socket.read(&mut octets)? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    count => said.extend_from_slice(&octets[..count]),
                }
            }
        };
        // Whoever has gone has what it wants.
        let _ = (0..connections).map(|_| greet()).collect::<std::io::Result<_>>().and_then(body);
    });
    Ok(port)
}

/// So many recorded events, one frame after the other.
fn events(count: usize) -> Vec<u8> {
    let busy = Busy::new(Format::Plain);
    busy.frames().cycle().take(count).flatten().copied().collect()
}

/// What a client takes for an event at so many a second, and what a bare read does.
fn rates() -> Result<()> {
    const FIRST: usize = 100;
    // The sender writes what is due once in a millisecond at most.
    let open = |rate: usize| -> Result<(usize, Bare)> {
        // A fifth of a second, and no less than can be measured.
        let count = (rate / 5).max(100);
        let stream = events(count);
        let port = feed(1, move |mut sockets| {
            let mut due = Instant::now();
            let ticks = (count * 1000).div_ceil(rate).min(count);
            for part in stream.chunks(stream.len().div_ceil(ticks)) {
                due += Duration::from_secs_f64(count as f64 / rate as f64) / ticks as u32;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                sockets[0].write_all(part)?;
            }
            sockets[0].shutdown(Shutdown::Write)?;
            sockets[0].read(&mut [0]).map(drop)
        })?;
        let mut bare = Bare::open(port)?;
        bare.send(&Command::api("go"))?;
        while !matches!(bare.receive()?, Poll::Incoming { incoming: Incoming::Answer { .. }, .. }) {}
        Ok((count, bare))
    };
    let client = row("an event at 100 to 100 000 a second, with three look-ups", |size| {
        let (count, mut bare) = open(FIRST * size)?;
        let cost = Cost::of(|| {
            let (mut events, mut found) = (0, 0);
            while events < count {
                if let Poll::Incoming { incoming: Incoming::Event(event), .. } = bare.receive()? {
                    found += event.find(NAMES).iter().flatten().count();
                    events += 1;
                }
            }
            black_box(found);
            Ok(())
        })?;
        Ok(each(count, cost))
    })?;
    let read = row("the same, a bare read", |size| {
        let (count, bare) = open(FIRST * size)?;
        let mut socket = bare.into_socket();
        let mut buffer = vec![0; 64 << 10];
        let cost = Cost::of(|| {
            // The first of them may have come with the answer.
            while socket.read(&mut buffer)? > 0 {}
            Ok(())
        })?;
        Ok(each(count, cost))
    })?;
    beside_each_other("the one to the other, at each rate", client, read);
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

async fn connect(port: u16) -> Result<Session> {
    Ok(Options::new(Login::password("x")).format(Format::Plain).connect(&format!("127.0.0.1:{port}")).await?)
}

async fn stream(fs: &Session, interest: Interest) -> Result<EventStream> {
    Ok(fs.events_with(interest, 1000, Overflow::Block).await?)
}

/// Reads so many events, with three look-ups each.
async fn read(mut stream: EventStream, count: usize) -> Result<EventStream> {
    let mut found = 0;
    for _ in 0..count {
        let event = stream.next().await.ok_or("the stream has ended")??;
        found += event.find(NAMES).iter().flatten().count();
    }
    black_box(found);
    Ok(stream)
}

/// Events in bursts, to one connection after the other: to clients, or to bare reads. The first bursts are not measured:
/// buffers grow with them.
fn connections(size: usize, is_bare: bool) -> Result<f64> {
    const EVENTS: usize = 40_000;
    const BURST: usize = 20;
    let (burst, count) = (events(BURST), EVENTS / size);
    let (warm, octets) = (4 * BURST, burst.len() / BURST);
    let port = feed(size, move |mut sockets| {
        let mut write = |count: usize| {
            for _ in 0..count / BURST {
                sockets.iter_mut().try_for_each(|socket| socket.write_all(&burst))?;
            }
            sockets[0].read(&mut [0; 64]).and_then(|_| sockets[0].write_all(b"Content-Type: api/response\n\n"))
        };
        write(warm)?;
        write(count)
    })?;
    runtime()?.block_on(async {
        let mut readers: Vec<Reading> = Vec::new();
        for _ in 0..size {
            if is_bare {
                let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
                socket.write_all(b"api go\n\n").await?;
                readers.push(Reading::Bare(socket, vec![0; 64 << 10]));
            } else {
                let fs = connect(port).await?;
                let stream = stream(&fs, Interest::all()).await?;
                fs.api("go").await?;
                readers.push(Reading::Client(fs, stream));
            }
        }
        readers = all(readers, warm, octets).await?;
        match &mut readers[0] {
            Reading::Bare(socket, _) => socket.write_all(b"api go\n\n").await?,
            Reading::Client(fs, _) => drop(fs.api("go").await?),
        }
        let cost = Cost::of_waiting(all(readers, count, octets)).await?;
        Ok(each(EVENTS, cost))
    })
}

/// What reads a connection.
enum Reading {
    Bare(tokio::net::TcpStream, Vec<u8>),
    Client(Session, EventStream),
}

/// Each reads so many events, in a task of its own.
async fn all(readers: Vec<Reading>, count: usize, octets: usize) -> Result<Vec<Reading>> {
    let tasks: Vec<_> = readers
        .into_iter()
        .map(|reader| {
            tokio::spawn(async move {
                Result::Ok(match reader {
                    Reading::Bare(mut socket, mut buffer) => {
                        let mut rest = count * octets;
                        while rest > 0 {
                            rest = rest.saturating_sub(socket.read(&mut buffer).await?);
                        }
                        Reading::Bare(socket, buffer)
                    }
                    Reading::Client(fs, stream) => Reading::Client(fs, read(stream, count).await?),
                })
            })
        })
        .collect();
    let mut readers = Vec::new();
    for task in tasks {
        readers.push(task.await??);
    }
    Ok(readers)
}

/// One connection whose events go to streams: what each of `deliveries` takes.
fn streams(count: usize, interests: Vec<Interest>, hearing: usize) -> Result<f64> {
    let stream_of_events = events(count);
    let port = feed(1, move |mut sockets| {
        sockets[0].write_all(&stream_of_events)?;
        sockets[0].read(&mut [0]).map(drop)
    })?;
    let runtime = runtime()?;
    let (fs, streams) = runtime.block_on(async {
        let fs = connect(port).await?;
        let mut streams = Vec::new();
        for interest in interests {
            streams.push(stream(&fs, interest).await?);
        }
        Result::Ok((fs, streams))
    })?;
    let mut streams = streams.into_iter();
    let cost = Cost::of(|| {
        runtime.block_on(async {
            let tasks: Vec<_> =
                streams.by_ref().take(hearing).map(|stream| tokio::spawn(read(stream, count))).collect();
            fs.api("go").await?;
            for task in tasks {
                drop(task.await??);
            }
            Ok(())
        })
    })?;
    // Only now those end that have heard nothing.
    drop(streams);
    Ok(each(count * hearing, cost))
}

/// The first hears all events, the others ever other ones.
fn beside(size: usize, other: impl Fn(usize) -> Interest) -> Result<f64> {
    streams(20_000, std::iter::once(Interest::all()).chain((1..size).map(other)).collect(), 1)
}

fn of_subclass(number: usize) -> Interest {
    Interest::new(Events::new(&[], &[&*format!("scale::{number}")]))
}

fn of_channel(number: usize) -> Interest {
    Interest::from([EventName::ChannelAnswer, EventName::ChannelHangupComplete]).of_channel(format!("{number:036}"))
}

/// Opens so many streams, and closes them all.
fn opening(size: usize, interest: impl Fn(usize) -> Interest) -> Result<f64> {
    const STREAMS: usize = 1000;
    let port = feed(1, |_| Ok(()))?;
    let runtime = runtime()?;
    let fs = runtime.block_on(connect(port))?;
    let cost = Cost::of(|| {
        runtime.block_on(async {
            for _ in 0..STREAMS / size {
                let mut streams = Vec::new();
                for number in 0..size {
                    streams.push(stream(&fs, interest(number)).await?);
                }
            }
            Ok(())
        })
    })?;
    Ok(each(STREAMS, cost))
}

/// Commands of which so many wait for their answers at a time.
fn commands(size: usize) -> Result<f64> {
    const COMMANDS: usize = 10_000;
    let port = feed(1, move |mut sockets| {
        let (mut octets, mut last) = ([0; 4096], b' ');
        loop {
            let count = sockets[0].read(&mut octets)?;
            let mut ends = 0;
            for octet in octets.iter().take(count) {
                ends += usize::from(*octet == b'\n' && last == b'\n');
                last = *octet;
            }
            sockets[0].write_all(&b"Content-Type: api/response\nContent-Length: 3\n\n+OK".repeat(ends))?;
            if count == 0 {
                return Ok(());
            }
        }
    })?;
    let runtime = runtime()?;
    let fs = runtime.block_on(connect(port))?;
    let cost = Cost::of(|| {
        runtime.block_on(async {
            fs.api("go").await?;
            for _ in 0..COMMANDS / size {
                let mut asked: Vec<_> = (0..size).map(|_| Box::pin(fs.api("status"))).collect();
                // All are sent before one is waited for.
                poll_fn(|cx| {
                    asked.iter_mut().for_each(|asked| assert!(asked.as_mut().poll(cx).is_pending()));
                    TaskPoll::Ready(())
                })
                .await;
                for answer in asked {
                    answer.await?;
                }
            }
            Ok(())
        })
    })?;
    Ok(each(COMMANDS, cost))
}

/// A listener's connection on the core that has logged in and said these commands.
fn listener(said: impl IntoIterator<Item = String>) -> Server<Vec<u8>> {
    let mut server = Server::inbound(ServerLimits::DEFAULT, vec![0; 1 << 20]);
    let mut out = vec![0; Server::REPLY_MAX];
    server.poll(b"", &mut out).expect("the greeting");
    server.poll(b"auth x\n\n", &mut out).expect("a question");
    server.respond(Response::Accept(Rights::ALL), &mut out).expect("an answer");
    for command in said {
        server.poll(format!("{command}\n\n").as_bytes(), &mut out).expect("a reply");
    }
    server
}

/// The headers of an event that a listener sends, and a subclass that makes it a CUSTOM one.
fn headers(subclass: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let busy = Busy::new(Format::Plain);
    let recorded = busy.events().next().expect("an event");
    let mut headers: Vec<(Vec<u8>, Vec<u8>)> =
        recorded.headers().map(|header| (header.name.bytes().collect(), header.value.bytes().collect())).collect();
    headers[0].1 = b"CUSTOM".to_vec();
    headers.insert(1, (b"Event-Subclass".to_vec(), subclass.into()));
    headers
}

/// Offers an event to connections of the core's server, and delivers it to those that want it: written once, copied to each.
fn offering(mut servers: Vec<Server<Vec<u8>>>, times: usize) -> Result<f64> {
    let headers = headers("scale::0");
    let fields: Vec<Field<'_>> = headers.iter().map(|(name, value)| Field::new(name, value)).collect();
    let (mut frame, mut out) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let offers = times * servers.len();
    let cost = Cost::of(|| {
        for _ in 0..times {
            let event = black_box(OutgoingEvent::new(&fields));
            let mut written = 0;
            for server in &mut servers {
                if server.offer(&event) == Admission::Enqueue {
                    let coding = server.coding();
                    if written == 0 {
                        written = coding.encode(&event, &mut frame)?;
                    }
                    server.delivered(coding)?;
                    out[..written].copy_from_slice(&frame[..written]);
                    black_box(&out);
                }
            }
        }
        Ok(())
    })?;
    Ok(each(offers, cost))
}

/// Listeners of the simulated switch that get all events. What it takes to make the events is taken off.
fn listeners(size: usize) -> Result<f64> {
    const DELIVERIES: usize = 20_000;
    let headers = headers("scale::0");
    let names: Vec<(&str, &str)> = headers
        .iter()
        .skip(2)
        .filter_map(|(name, value)| Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?)))
        .collect();
    let cost = |listeners: usize| {
        let mut sim = Sim::new(Config::default());
        for _ in 0..listeners {
            let id = sim.connect();
            sim.input(id, b"auth ClueCon\n\nevent plain ALL\n\n");
        }
        let mut chunk = vec![0; 64 << 10];
        let mut take = |sim: &mut Sim| {
            while let Some(id) = sim.next_active() {
                while sim.output(id, &mut chunk) > 0 {}
            }
        };
        take(&mut sim);
        Cost::of(|| {
            for _ in 0..DELIVERIES / size {
                assert_eq!(sim.fire("HEARTBEAT", &names, None), listeners);
                take(&mut sim);
            }
            Ok(())
        })
    };
    let (nobody, all) = (cost(0)?, cost(size)?);
    Ok((all.cpu.as_secs_f64() - nobody.cpu.as_secs_f64()) / DELIVERIES as f64)
}

fn main() -> Result<()> {
    // `cargo test` runs each bench once to see that it works; there is nothing to measure then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    rates()?;
    let client = row("an event on one of 1 to 1 000 connections, in bursts of 20", |size| connections(size, false))?;
    let read = row("the same, bare reads", |size| connections(size, true))?;
    beside_each_other("the one to the other, at each number", client, read);
    row("an event to one of 1 000 streams of a connection, the others of other subclasses", |size| {
        beside(size, of_subclass)
    })?;
    row("the same, the others of other channels", |size| beside(size, of_channel))?;
    row("an event to each of 1 to 1 000 streams of a connection: each delivery", |size| {
        streams(50_000 / size, (0..size).map(|_| Interest::all()).collect(), size)
    })?;
    row("a stream of a subclass of its own, opened beside others and closed", |size| opening(size, of_subclass))?;
    row("the same, of a channel of its own", |size| opening(size, of_channel))?;
    row("a command and its answer, of 1 to 1 000 that wait", commands)?;
    row("an event to each of 1 to 1 000 connections of the core's server: each delivery", |size| {
        offering((0..size).map(|_| listener(["event plain ALL".into()])).collect(), 20_000 / size)
    })?;
    row("an event offered to a server's connection with 1 to 1 000 subclasses", |size| {
        let subclasses = (0..size).rev().map(|number| format!("event plain CUSTOM scale::{number}"));
        offering(vec![listener(subclasses)], 5_000)
    })?;
    row("the same, with 1 to 1 000 filters that do not let it pass", |size| {
        let filters = (0..size).map(|number| format!("filter Unique-ID {number:036}"));
        offering(vec![listener(std::iter::once("event plain ALL".into()).chain(filters))], 5_000)
    })?;
    row("an event to each of 1 to 1 000 listeners of the simulated switch: each delivery", listeners)?;
    Ok(())
}
