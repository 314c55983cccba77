//! Random commands, connections and times: nothing panics, every job ends, and nothing is kept that should not be.

use std::time::Duration;

use esl_sim::{Config, ConnectionId, Request, Sim};

/// A sequence of numbers that its seed decides.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

const COMMANDS: [&str; 30] = [
    "api originate {origination_uuid=a}user/1 &park",
    "bgapi originate {origination_uuid=b}user/2|error/USER_BUSY &bridge(user/3)",
    "bgapi originate user/1 &socket(program:1 async full)",
    "bgapi originate user/1 &socket(program:1)",
    "bgapi msleep 3000",
    "bgapi originate {origination_uuid=a}loopback/app=bridge:user/2 &park",
    "bgapi originate user/1 &bridge({origination_uuid=b}loopback/app=bridge:loopback/3)",
    "api originate {origination_uuid=b}user/1 &conference(room)",
    "api conference room transfer other 1",
    "api conference room kick all",
    "api eval ${uuid_setvar(a x ${x}${eval ${x}${x}})}",
    "api uuid_transfer a 'set:x=y,echo,park' inline",
    "api uuid_transfer b -both park",
    "api uuid_bridge a b",
    "api uuid_kill a",
    "api uuid_kill b CALL_REJECTED",
    "api uuid_dump a json",
    "api uuid_hold a",
    "api show detailed_calls as json",
    "api hupall",
    "event json ALL",
    "log 7",
    "myevents a",
    "linger 2",
    "filter Event-Name /CHANNEL/",
    "divert_events on",
    "connect",
    "sendmsg a\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: x=${x}${x}y",
    "sendmsg b\ncall-command: execute\nexecute-app-name: transfer\nexecute-app-arg: a inline\nloops: -1",
    "sendmsg\ncall-command: execute\nexecute-app-name: sleep\nexecute-app-arg: 700\nloops: -1",
];

#[test]
fn whatever_comes_in_whatever_order() {
    for seed in 0..60 {
        let mut numbers = Numbers(seed);
        let mut sim = Sim::new(Config { seed, max_queued: 100, patience: Duration::from_secs(9), ..Config::default() });
        let mut connections: Vec<ConnectionId> = Vec::new();
        for _ in 0..300 {
            let place = numbers.next(connections.len().max(1));
            let one = connections.get(place).copied();
            match (numbers.next(20), one) {
                (0..=1, _) | (_, None) => {
                    let id = sim.connect();
                    sim.input(id, b"auth ClueCon\n\n");
                    connections.push(id);
                }
                (2, Some(id)) => sim.eof(id),
                (3, Some(id)) => {
                    sim.drop_connection(id);
                    connections.swap_remove(place);
                }
                (4..=6, _) => {
                    let now = sim.now() + Duration::from_millis(numbers.next(4000) as u64);
                    sim.advance(now);
                }
                (7..=8, Some(id)) => drop(sim.take_output(id)),
                (9, Some(id)) => sim.input(id, COMMANDS[numbers.next(COMMANDS.len())].as_bytes()),
                (_, Some(id)) => {
                    let command = COMMANDS[numbers.next(COMMANDS.len())];
                    sim.input(id, format!("{command}\n\n").as_bytes());
                }
            }
            while let Some(request) = sim.next_request() {
                if let Request::Connect { connection, .. } = request {
                    match numbers.next(3) {
                        0 => sim.refused(connection, "Connection refused"),
                        _ => {
                            sim.connected(connection);
                            connections.push(connection);
                        }
                    }
                }
            }
        }
        // All calls can be ended, and then nothing is left to happen but the heartbeat.
        sim.api("hupall", "");
        for id in connections {
            sim.drop_connection(id);
        }
        let end = sim.now() + Duration::from_secs(100);
        sim.advance(end);
        sim.api("hupall", "");
        let end = sim.now() + Duration::from_secs(100);
        sim.advance(end);
        assert!(sim.calls().is_empty(), "{seed}: {:?}", sim.calls());
    }
}
