//! No client at all: a bare `read` of the same stream into the same buffer, which is what a client of events costs at least.
//! It says how many bytes it has read.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

use esl_peers::Task;

fn main() -> Result<(), Box<dyn Error>> {
    let mut socket = TcpStream::connect(("127.0.0.1", Task::from_args().port))?;
    socket.write_all(b"auth ClueCon\n\nevent plain ALL\n\n")?;
    let (mut buffer, mut octets) = (vec![0; 65536], 0);
    loop {
        match socket.read(&mut buffer)? {
            0 => break,
            count => octets += count,
        }
    }
    println!("{octets}");
    Ok(())
}
