//! Whatever clients of the simulated switch send, and whenever: it does not panic, no more waits for a client than its
//! configuration says, and in the end all calls and all jobs are over.

use std::time::Duration;

use esl_sim::{Config, ConnectionId, Request, Sim};

/// How many connections there are at a time.
const CONNECTIONS: usize = 8;
/// How many events may wait for each.
const QUEUED: u32 = 50;

/// See the module. The input is lines: what is done, with which connection, and the octets of it. `;` is a line end there.
pub fn run(data: &[u8]) {
    let mut sim = Sim::new(Config { max_queued: QUEUED, patience: Duration::from_secs(9), ..Config::default() });
    let mut connections: Vec<ConnectionId> = Vec::new();
    for line in data.split(|octet| *octet == b'\n') {
        let Some((what, rest)) = line.split_first() else { continue };
        let place = usize::from(*what >> 3) % connections.len().max(1);
        match (what & 7, connections.get(place).copied()) {
            (0, _) | (_, None) if connections.len() < CONNECTIONS => {
                let id = sim.connect();
                sim.input(id, b"auth ClueCon\n\n");
                connections.push(id);
            }
            (1, Some(id)) => sim.eof(id),
            (2, Some(id)) => {
                sim.drop_connection(id);
                connections.swap_remove(place);
            }
            (3, _) => {
                let now = sim.now() + Duration::from_millis(rest.iter().map(|octet| u64::from(*octet)).sum());
                sim.advance(now);
            }
            (4, Some(id)) => drop(sim.take_output(id)),
            (_, Some(id)) => {
                let text: Vec<u8> = rest.iter().map(|octet| if *octet == b';' { b'\n' } else { *octet }).collect();
                sim.input(id, &text);
                if what & 7 != 5 {
                    sim.input(id, b"\n\n");
                }
            }
            (_, None) => {}
        }
        assert!(connections.iter().all(|id| sim.waiting_events(*id) <= QUEUED));
        while let Some(request) = sim.next_request() {
            if let Request::Connect { connection, .. } = request {
                if connections.len() < CONNECTIONS {
                    sim.connected(connection);
                    connections.push(connection);
                } else {
                    sim.refused(connection, "Connection refused");
                }
            }
        }
    }
    for id in connections {
        sim.drop_connection(id);
    }
    for _ in 0..2 {
        // Also of jobs that begin calls when others have ended.
        sim.api("hupall", "");
        while let Some(request) = sim.next_request() {
            if let Request::Connect { connection, .. } = request {
                sim.refused(connection, "Connection refused");
            }
        }
        let later = sim.now() + Duration::from_secs(70);
        sim.advance(later);
    }
    assert!(sim.calls().is_empty(), "{:?}", sim.calls());
    // A pause of years is no job that never ends.
    assert!(sim.jobs() == 0 || data.windows(6).any(|text| text.eq_ignore_ascii_case(b"msleep")));
}
