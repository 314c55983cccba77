//! What one simulation carries: `cargo run --release -p esl-sim --example load`.
//!
//! 1000 calls, 100 listeners that get every event of them; then the same while nobody reads.

use std::fs;
use std::time::{Duration, Instant};

use esl_sim::{Config, ConnectionId, Sim};

const CALLS: usize = 1000;
const LISTENERS: usize = 100;
/// How many events may wait for one that does not read.
const QUEUED: u32 = 1000;

/// The memory of this process in kilobytes; 0 where that is not said.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Takes all that there is for anybody, and says how much.
fn take(sim: &mut Sim, chunk: &mut [u8]) -> usize {
    let mut octets = 0;
    while let Some(id) = sim.next_active() {
        loop {
            match sim.output(id, chunk) {
                0 => break,
                count => octets += count,
            }
        }
    }
    octets
}

/// Orders a call to execute an application that is done at once: two events.
fn order(sim: &mut Sim, host: ConnectionId, uuid: &str) {
    let order = "call-command: execute\nexecute-app-name: set\nexecute-app-arg: a=b";
    sim.input(host, format!("sendmsg {uuid}\n{order}\n\n").as_bytes());
}

fn main() {
    let mut chunk = vec![0; 1 << 16];
    let config = Config { max_queued: QUEUED, max_lost: u32::MAX, ..Config::default() };
    let mut sim = Sim::new(config);
    let host = sim.connect();
    sim.input(host, b"auth ClueCon\n\n");
    let before = memory();
    for user in 0..CALLS {
        sim.input(host, format!("bgapi originate user/{user} &park\n\n").as_bytes());
        take(&mut sim, &mut chunk);
    }
    sim.advance(Duration::from_secs(1));
    let calls = sim.calls();
    assert_eq!(calls.len(), CALLS);
    println!("{CALLS} calls: {} kB", memory().saturating_sub(before));
    let before = memory();
    let listeners: Vec<ConnectionId> = (0..LISTENERS).map(|_| sim.connect()).collect();
    for listener in &listeners {
        sim.input(*listener, b"auth ClueCon\n\nevent plain ALL\n\n");
    }
    take(&mut sim, &mut chunk);
    println!("{LISTENERS} listeners: {} kB", memory().saturating_sub(before));

    let began = Instant::now();
    let mut octets = 0;
    for uuid in &calls {
        order(&mut sim, host, uuid);
        octets += take(&mut sim, &mut chunk);
    }
    let took = began.elapsed();
    let events = 2 * CALLS * LISTENERS;
    // The yardstick: those octets from one place to another, as long as an event at a time.
    let source = vec![b'x'; octets / events];
    let began = Instant::now();
    for _ in 0..events {
        chunk[..source.len()].copy_from_slice(std::hint::black_box(&source));
        std::hint::black_box(&chunk);
    }
    let copied = began.elapsed();
    println!(
        "{events} events of {} octets delivered: {:.1} µs each, {:.0} times their copying",
        source.len(),
        took.as_secs_f64() * 1e6 / events as f64,
        took.as_secs_f64() / copied.as_secs_f64(),
    );

    let before = memory();
    for _ in 0..10 {
        for uuid in &calls {
            order(&mut sim, host, uuid);
            while sim.output(host, &mut chunk) > 0 {}
        }
    }
    let waiting = listeners.iter().map(|id| sim.waiting_events(*id)).max().unwrap_or(0);
    println!(
        "{} events that nobody reads: {waiting} wait for each listener, {} kB in all",
        2 * 10 * CALLS,
        memory().saturating_sub(before),
    );
}
