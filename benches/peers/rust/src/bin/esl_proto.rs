//! This library on a blocking socket.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

use esl_peers::{NAMES, Seen, Task};
use esl_proto::client::Poll;
use esl_proto::name::{EventName, Format};
use esl_proto::{Client, Command, Incoming, Limits, RecvBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let task = Task::from_args();
    let mut seen = Seen::default();
    let mut socket = TcpStream::connect(("127.0.0.1", task.port))?;
    let (mut client, mut buffer, mut out) = (Client::inbound(Limits::DEFAULT), RecvBuf::new(vec![0; 65536]), [0; 512]);
    while seen.events < task.events {
        let poll = client.poll(buffer.filled())?;
        let consumed = poll.consumed();
        match poll {
            Poll::Incoming { incoming: Incoming::AuthRequest, .. } => {
                for command in [Command::auth("ClueCon"), Command::event(Format::Plain, [EventName::All].as_slice())] {
                    let sent = client.send(&command, &mut out)?;
                    socket.write_all(&out[..sent.len])?;
                }
            }
            Poll::Incoming { incoming: Incoming::Event(event), .. } => {
                seen.events += 1;
                seen.headers += event.find(NAMES).iter().flatten().count() as u64;
            }
            Poll::NeedData { required, .. } => {
                buffer.consume(consumed);
                let needed = required.unwrap_or(buffer.filled().len() + 1);
                if needed > buffer.capacity() {
                    buffer.grow(|storage| storage.resize(needed.next_power_of_two(), 0));
                }
                match socket.read(buffer.spare_mut())? {
                    0 => break,
                    count => buffer.commit(count),
                }
                continue;
            }
            Poll::Closed { .. } => break,
            _ => {}
        }
        buffer.consume(consumed);
    }
    seen.report();
    Ok(())
}
