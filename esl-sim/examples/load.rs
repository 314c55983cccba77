//! How many calls and listeners one simulation carries: `cargo run --release -p esl-sim --example load`.
//!
//! Calls come and go, every listener gets every event, and a minute passes.

use std::time::{Duration, Instant};

use esl_sim::{Config, ConnectionId, Sim};

const CALLS: usize = 1000;
const LISTENERS: usize = 100;

fn main() {
    let mut sim = Sim::new(Config { max_queued: 1_000_000, ..Config::default() });
    let host = sim.connect();
    sim.input(host, b"auth ClueCon\n\n");
    let mut chunk = vec![0; 1 << 16];
    let mut take = |sim: &mut Sim| -> usize {
        let mut octets = 0;
        while let Some(id) = sim.next_active() {
            loop {
                match sim.output(id, &mut chunk) {
                    0 => break,
                    count => octets += count,
                }
            }
        }
        octets
    };
    for user in 0..CALLS {
        sim.input(host, format!("bgapi originate user/{user} &park\n\n").as_bytes());
        take(&mut sim);
    }
    sim.advance(Duration::from_secs(1));
    let calls = sim.calls();
    let listeners: Vec<ConnectionId> = (0..LISTENERS).map(|_| sim.connect()).collect();
    for listener in &listeners {
        sim.input(*listener, b"auth ClueCon\n\nevent plain ALL\n\n");
    }
    take(&mut sim);
    let began = Instant::now();
    let mut octets = 0;
    for uuid in &calls {
        let order = "call-command: execute\nexecute-app-name: set\nexecute-app-arg: a=b";
        sim.input(host, format!("sendmsg {uuid}\n{order}\n\n").as_bytes());
        octets += take(&mut sim);
    }
    let took = began.elapsed();
    let events = 2 * calls.len() * LISTENERS;
    println!(
        "{} calls, {LISTENERS} listeners: {events} events of {} octets delivered in {:.2} s, {:.0} a second",
        calls.len(),
        octets / events,
        took.as_secs_f64(),
        events as f64 / took.as_secs_f64(),
    );
}
