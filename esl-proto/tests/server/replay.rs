//! Replies, in their order.

use std::fs;
use std::path::PathBuf;

use super::encoding::before_encoding;
use esl_proto::event::{Field, OutgoingEvent};
use esl_proto::frame::Step;
use esl_proto::name::Format;
use esl_proto::server::{Control, HostRequest, Poll, Response, Rights, Server, ServerLimits};
use esl_proto::{Decoder, Event, Limits, Message};

/// What a real server wrote that is no event and no log line: a frame, octet for octet.
struct Written {
    octets: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Reply,
    Api,
    Notice,
    Other,
}

struct Dialogue {
    name: String,
    client: Vec<u8>,
    written: Vec<Written>,
    /// Whether that is all.
    is_whole: bool,
}

/// Dialogues in which the real server breaks its own framing: replayed up to the reply where it does, whose number among
/// the replies is given. `differences.rs` has what the listener says there.
const BROKEN: [(&str, usize); 3] = [
    // The reply to `bgapi` with a long Job-UUID loses its end.
    ("07-reply-truncation", 6),
    // The value of a variable ends the reply in its middle.
    ("08-getvar-long-and-multiline", 10),
    // The lines that the CR has drawn into the command come back as lines.
    ("11-mixed-line-ends", 8),
];
/// Only the end of this one was recorded, so what it answers is not there; `differences.rs` has its notice.
const LEFT_OUT: &str = "15-slow-consumer";

fn captures() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/captures"))
}

fn dialogues() -> Vec<Dialogue> {
    let folders = fs::read_dir(captures()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    // The group 16 is of broken frames and long heads: this listener breaks none.
    names.retain(|name| name != LEFT_OUT && !name.starts_with("16-"));
    names.iter().map(|name| dialogue(name)).collect()
}

fn dialogue(name: &str) -> Dialogue {
    let file = |file| fs::read(captures().join(name).join(file)).unwrap();
    let server = file("server.bin");
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut rest = &server[..];
    let mut written = Vec::new();
    while let Ok(Step::Frame { frame, consumed }) = decoder.decode(rest) {
        let kind = match Message::from(frame) {
            Message::Event(_) | Message::Log(_) => None,
            Message::Reply(_) => Some(Kind::Reply),
            Message::ApiResponse(_) => Some(Kind::Api),
            Message::Disconnect(_) => Some(Kind::Notice),
            _ => Some(Kind::Other),
        };
        if let Some(kind) = kind {
            written.push(Written { octets: rest[..consumed].to_vec(), kind });
        }
        rest = &rest[consumed..];
    }
    let broken = BROKEN.iter().find(|(broken, _)| *broken == name).map(|(_, at)| *at);
    written.truncate(broken.unwrap_or(usize::MAX));
    Dialogue { name: name.to_owned(), client: file("client.bin"), written, is_whole: broken.is_none() }
}

impl Written {
    /// The value of a header of the frame's head, raw.
    fn header(&self, name: &str) -> &[u8] {
        let start = format!("{name}: ");
        let lines = self.octets.split(|octet| *octet == b'\n');
        lines.filter_map(|line| line.strip_prefix(start.as_bytes())).next().unwrap()
    }

    fn body(&self) -> &[u8] {
        let head = self.octets.windows(2).position(|pair| pair == b"\n\n").unwrap();
        &self.octets[head + 2..]
    }
}

/// The headers of a reply to `connect`, decoded, without the four that the listener adds.
fn channel_data(octets: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let headers: Vec<(Vec<u8>, Vec<u8>)> = Event::new(Format::Plain, octets)
        .headers()
        .map(|header| (header.name.bytes().collect(), before_encoding(header.value.raw())))
        .collect();
    headers[..headers.len() - 4].to_vec()
}

fn answer<'a>(ask: &HostRequest<'a>, expected: &'a Written, fields: &'a [Field<'a>]) -> Response<'a> {
    let text = || expected.header("Reply-Text");
    use esl_proto::raw::server::HostRequest;
    match HostRequest::from(*ask) {
        HostRequest::Password(_) if text() == b"+OK accepted" => Response::Accept(Rights::ALL),
        HostRequest::User { .. } if text() == b"+OK accepted" => {
            let allowed = |name| Some(expected.header(name)).filter(|allowed| *allowed != b"all");
            Response::Accept(Rights {
                allowed_events: allowed("Allowed-Events"),
                allowed_api: allowed("Allowed-API"),
                allowed_log: expected.header("Allowed-LOG") == b"true",
            })
        }
        HostRequest::Password(_) | HostRequest::User { .. } => Response::Refuse,
        HostRequest::Api { .. } => Response::Output(expected.body()),
        HostRequest::BgApi { job, .. } => {
            let named = expected.header("Job-UUID");
            assert!(job.is_none_or(|job| job == named));
            Response::Job(named)
        }
        HostRequest::SendMsg { message, .. } if text().starts_with(b"-ERR invalid session id") => {
            Response::NoSuchChannel(message.uuid.unwrap())
        }
        HostRequest::SendMsg { .. } => Response::Ok,
        HostRequest::SendEvent { .. } => Response::Fired(text().strip_prefix(b"+OK ").unwrap()),
        HostRequest::GetVar(_) if text() == b"-ERR command not found" => Response::Value(b""),
        HostRequest::GetVar(_) => Response::Value(text()),
        HostRequest::MyEvents(uuid) if text() == b"+OK Events Enabled" => Response::Control(uuid),
        HostRequest::MyEvents(uuid) => Response::NoSuchChannel(uuid),
        HostRequest::Connect => Response::Channel(OutgoingEvent::new(fields)),
    }
}

impl Dialogue {
    fn server(&self) -> Server<[u8; 4096]> {
        // As 10 485 760 octets end a head in FreeSWITCH, which none of these reaches.
        let limits = ServerLimits {
            request: Limits { max_head: 10 << 20, max_body: 16 << 20, ..Limits::DEFAULT },
            ..ServerLimits::DEFAULT
        };
        // Inbound connections begin with an auth/request or a rejection, outbound ones with a reply.
        if self.written.first().is_none_or(|first| first.kind == Kind::Other) {
            return Server::inbound(limits, [0; 4096]);
        }
        let notice = self.written.iter().rfind(|written| written.kind == Kind::Notice);
        let uuid = notice.map_or(&b"unknown"[..], |notice| notice.header("Controlled-Session-UUID"));
        let said = |name, value| self.written.iter().any(|written| written.header_is(name, value));
        let control = Control { full: said("Control", b"full"), is_async: said("Socket-Mode", b"async") };
        Server::outbound(limits, [0; 4096], uuid, control).unwrap()
    }

    /// Plays the client's side in pieces of `chunk` octets; the result is how many of the frames came to pass.
    fn replay(&self, chunk: usize) -> usize {
        let mut server = self.server();
        let mut out = vec![0; 1 << 20];
        let mut expected = self.written.iter().filter(|written| !written.octets.is_empty()).peekable();
        let mut matched = 0;
        let mut check = |what: &[u8], octets: &mut dyn Iterator<Item = &Written>| {
            let mut rest = what;
            while !rest.is_empty() {
                let next = octets.next().unwrap_or_else(|| panic!("{}: too much: {}", self.name, what.escape_ascii()));
                let same = rest.strip_prefix(&next.octets[..]);
                rest = same.unwrap_or_else(|| {
                    panic!("{}: {}\ninstead of {}", self.name, rest.escape_ascii(), next.octets.escape_ascii())
                });
                matched += 1;
            }
        };
        if self.name == "01-acl-reject" {
            let written = server.reject(&mut out).unwrap();
            check(&out[..written], &mut expected);
            assert!(expected.next().is_none());
            return matched;
        }
        let (mut from, mut to) = (0, 0);
        let mut ended = false;
        while self.is_whole || expected.peek().is_some() {
            let buf = &self.client[from..to];
            let poll = server.poll(buf, &mut out).unwrap();
            from += poll.consumed();
            match poll {
                Poll::Done { written, .. } => check(&out[..written], &mut expected),
                Poll::HostRequest { request: ask, .. } => {
                    // A lingering notice may stand before any reply.
                    while expected.next_if(|next| next.header_is("Content-Disposition", b"linger")).is_some() {}
                    let Some(next) = expected.peek().copied() else { break };
                    let data = if ask == HostRequest::Connect { channel_data(&next.octets) } else { Vec::new() };
                    let fields: Vec<Field<'_>> = data.iter().map(|(name, value)| Field::new(name, value)).collect();
                    let written = server.respond(answer(&ask, next, &fields), &mut out).unwrap();
                    check(&out[..written], &mut expected);
                }
                Poll::NeedData { .. } if to == self.client.len() => break,
                Poll::NeedData { .. } => to = (to + chunk).min(self.client.len()),
                Poll::Closed { written, .. } => {
                    check(&out[..written], &mut expected);
                    ended = true;
                    break;
                }
                Poll::Waiting => panic!("every question is answered at once"),
            }
        }
        // What is left is what the server does by itself: notices.
        for left in expected {
            assert!(!ended, "{}: {}", self.name, left.octets.escape_ascii());
            assert_eq!(left.kind, Kind::Notice, "{}: {}", self.name, left.octets.escape_ascii());
        }
        matched
    }
}

impl Written {
    fn header_is(&self, name: &str, value: &[u8]) -> bool {
        let line = [name.as_bytes(), b": ", value].concat();
        self.octets.split(|octet| *octet == b'\n').any(|part| part == line)
    }
}

#[test]
fn replies_are_those_of_the_real_server() {
    let mut matched = 0;
    for dialogue in dialogues() {
        let found = dialogue.replay(usize::MAX / 2);
        assert!(found > 0, "{}", dialogue.name);
        matched += found;
    }
    assert!(matched > 1000, "{matched}");
}

#[test]
fn octet_by_octet_too() {
    for dialogue in dialogues() {
        let chunk = if dialogue.client.len() < 20_000 { 1 } else { 7 };
        assert_eq!(dialogue.replay(chunk), dialogue.replay(usize::MAX / 2), "{}", dialogue.name);
    }
}
