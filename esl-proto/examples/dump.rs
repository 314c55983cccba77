//! Prints a recorded server stream as one JSON object a frame.
//!
//! ```text
//! cargo run -p esl-proto --example dump -- [--chunk N] FILE
//! ```
//!
//! FILE is `-` for standard input. With `--chunk N` the decoder is fed N octets at a time; the output is the same.
//! Octets left at the end are reported and are no failure; a broken framing ends the output with exit status 1.

use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

use esl_proto::frame::{Header, Step};
use esl_proto::message::Reply;
use esl_proto::{Decoder, Event, Frame, Limits, Message, RecvBuf, Value};
use serde::Serialize;

const USAGE: &str = "usage: dump [--chunk N] FILE";

/// One line of output.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line {
    AuthRequest(Parts),
    CommandReply(Parts),
    ApiResponse(Parts),
    Event {
        format: &'static str,
        #[serde(flatten)]
        parts: Parts,
    },
    Log(Parts),
    DisconnectNotice(Parts),
    RudeRejection(Parts),
    Unknown(Parts),
    Malformed {
        format: &'static str,
        bytes: usize,
    },
    Incomplete {
        bytes: usize,
    },
    Error {
        offset: u64,
        error: &'static str,
    },
}

#[derive(Serialize)]
struct Parts {
    headers: Vec<(Text, Item)>,
    body: Option<Text>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Item {
    One(Text),
    Array(Vec<Text>),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Text {
    Utf8(String),
    Octets { hex: String },
}

impl From<Value<'_>> for Text {
    fn from(value: Value<'_>) -> Self {
        match String::from_utf8(value.bytes().collect()) {
            Ok(text) => Self::Utf8(text),
            Err(error) => Self::Octets { hex: error.as_bytes().iter().map(|octet| format!("{octet:02x}")).collect() },
        }
    }
}

fn pair(header: Header<'_>) -> (Text, Item) {
    let value = header.value;
    let item =
        if value.is_array() { Item::Array(value.items().map(Text::from).collect()) } else { Item::One(value.into()) };
    (header.name.into(), item)
}

fn frame_parts(frame: &Frame<'_>) -> Parts {
    Parts { headers: frame.headers().map(pair).collect(), body: body(frame) }
}

fn body(frame: &Frame<'_>) -> Option<Text> {
    frame.body().map(|body| Value::from_bytes(body).into())
}

fn reply(reply: &Reply<'_>) -> Line {
    match reply.channel_data() {
        Some(data) => {
            Line::CommandReply(Parts { headers: data.headers().map(pair).collect(), body: body(reply.frame()) })
        }
        None => Line::CommandReply(frame_parts(reply.frame())),
    }
}

fn event(event: &Event<'_>) -> Line {
    let format = event.format().as_str();
    let mut headers = event.headers();
    let pairs = headers.by_ref().map(pair).collect();
    match headers.error() {
        Some(_) => Line::Malformed { format, bytes: event.text().len() },
        None => Line::Event { format, parts: Parts { headers: pairs, body: headers.into_body().map(Text::from) } },
    }
}

fn line(frame: Frame<'_>) -> Line {
    match Message::from(frame) {
        Message::AuthRequest(frame) => Line::AuthRequest(frame_parts(&frame)),
        Message::Reply(message) => reply(&message),
        Message::ApiResponse(message) => Line::ApiResponse(frame_parts(message.frame())),
        Message::Event(message) => event(&message),
        Message::Log(message) => Line::Log(frame_parts(message.frame())),
        Message::Disconnect(message) => Line::DisconnectNotice(frame_parts(message.frame())),
        Message::Rejection(message) => Line::RudeRejection(frame_parts(message.frame())),
        _ => Line::Unknown(frame_parts(&frame)),
    }
}

fn print(line: &Line, output: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

/// Prints all frames of `stream`, fed to the decoder in pieces of `chunk` octets.
fn dump(stream: &[u8], chunk: usize, output: &mut impl Write) -> io::Result<ExitCode> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut buffer = RecvBuf::new(vec![0; 64 << 10]);
    let mut pieces = stream.chunks(chunk);
    loop {
        let step = match decoder.decode(buffer.filled()) {
            Ok(step) => step,
            Err(error) => {
                print(&Line::Error { offset: error.offset, error: error.kind.as_str() }, output)?;
                return Ok(ExitCode::FAILURE);
            }
        };
        let wanted = match step {
            Step::Frame { frame, .. } => {
                print(&line(frame), output)?;
                false
            }
            _ => true,
        };
        let consumed = step.consumed();
        buffer.consume(consumed);
        if wanted {
            let Some(piece) = pieces.next() else { break };
            if buffer.spare_mut().len() < piece.len() {
                let needed = buffer.filled().len() + piece.len();
                buffer.grow(|storage| storage.resize(storage.len().max(needed) * 2, 0));
            }
            buffer.spare_mut()[..piece.len()].copy_from_slice(piece);
            buffer.commit(piece.len());
        }
    }
    match decoder.incomplete(buffer.filled()) {
        0 => {}
        bytes => print(&Line::Incomplete { bytes }, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn run() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut file = None;
    let mut chunk = usize::MAX;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--chunk" => {
                chunk = arguments
                    .next()
                    .and_then(|number| number.parse().ok())
                    .filter(|number| *number > 0)
                    .ok_or(USAGE)?;
            }
            _ if file.is_none() => file = Some(argument),
            _ => return Err(USAGE.into()),
        }
    }
    let file = file.ok_or(USAGE)?;
    let stream = if file == "-" {
        let mut stream = Vec::new();
        io::stdin().lock().read_to_end(&mut stream)?;
        stream
    } else {
        std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?
    };
    let mut output = BufWriter::new(io::stdout().lock());
    let status = match dump(&stream, chunk, &mut output).and_then(|status| output.flush().map(|()| status)) {
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        other => other?,
    };
    Ok(status)
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("dump: {error}");
        ExitCode::from(2)
    })
}
