//! The program, started, and clients of it over TCP.

#[path = "../common/heard.rs"]
mod heard;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use esl_proto::frame::Step;
use esl_proto::{Decoder, Limits, Message, RecvBuf};

use heard::heard;
pub(crate) use heard::{Heard, Kind};

/// Longer than anything here takes on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Switch {
    pub(crate) child: Child,
    pub(crate) output: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Switch {
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esl-switch"));
        command.args(["--listen", "127.0.0.1:0", "--seconds", "120"]).args(options);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        Self { child, output, address }
    }

    /// A client that has seen the greeting.
    pub(crate) fn stranger(&self) -> Client {
        let mut client = Client::new(TcpStream::connect(self.address).unwrap());
        assert_eq!(client.next().unwrap().text, "Content-Type: auth/request\n\n");
        client
    }

    pub(crate) fn client(&self) -> Client {
        let mut client = self.stranger();
        assert_eq!(client.reply("auth ClueCon"), "+OK accepted");
        client
    }

    /// Whether the program ends by itself, and well.
    pub(crate) fn ends(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Hundredths of a second that it has used of the processor.
    pub(crate) fn processor_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Kilobytes of memory.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut rest = String::new();
        let _ = self.output.read_to_string(&mut rest);
    }
}

pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    pub(crate) decoder: Decoder,
    pub(crate) buffer: RecvBuf<Vec<u8>>,
    /// Events that have come before a reply.
    pub(crate) events: std::collections::VecDeque<Heard>,
}

impl Client {
    pub(crate) fn new(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let (decoder, buffer) = (Decoder::new(Limits::DEFAULT), RecvBuf::new(vec![0; 1 << 20]));
        Self { socket, decoder, buffer, events: Default::default() }
    }

    pub(crate) fn say(&mut self, octets: impl AsRef<[u8]>) {
        self.socket.write_all(octets.as_ref()).unwrap();
    }

    /// The next frame; [`None`] at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Heard> {
        loop {
            let step = self.decoder.decode(self.buffer.filled()).unwrap();
            let consumed = step.consumed();
            if let Step::Frame { frame, .. } = step {
                let text = String::from_utf8_lossy(&self.buffer.filled()[..consumed]).into_owned();
                let heard = heard(Message::from(frame), text);
                self.buffer.consume(consumed);
                return Some(heard);
            }
            self.buffer.consume(consumed);
            let count = self.socket.read(self.buffer.spare_mut()).unwrap();
            if count == 0 {
                assert!(self.buffer.filled().is_empty(), "the stream ends in the middle of a frame");
                return None;
            }
            self.buffer.commit(count);
        }
    }

    /// Sends a command and says what the reply to it says.
    pub(crate) fn reply(&mut self, command: &str) -> String {
        self.say(format!("{command}\n\n"));
        self.answer(Kind::Reply)
    }

    pub(crate) fn api(&mut self, command: &str) -> String {
        self.say(format!("api {command}\n\n"));
        self.answer(Kind::Api)
    }

    pub(crate) fn answer(&mut self, kind: Kind) -> String {
        loop {
            let heard = self.next().expect("an answer");
            match heard.kind {
                Kind::Event | Kind::Log => self.events.push_back(heard),
                other => {
                    assert_eq!(other, kind, "{}", heard.text);
                    return heard.said;
                }
            }
        }
    }
}
