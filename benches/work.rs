//! The work that is measured: reading what a server sends (frames, headers, values, look-ups), writing commands,
//! and a listener's replies and events.

use std::hint::black_box;

use std::cell::RefCell;
use std::time::Duration;

use esl_proto::calls::{CallSlot, Calls};
use esl_proto::client::Poll;
use esl_proto::command::{Execute, SendEvent, SendMsg, Words};
use esl_proto::event::{EncodeOptions, EventSource, Field, HeaderSlot, OutgoingEvent};
use esl_proto::frame::Step;
use esl_proto::name::{EventName, Format};
use esl_proto::server::{Admission, Response, Rights, Server, ServerLimits};
use esl_proto::session::{Interest, Session, Slot};
use esl_proto::{Client, Command, Decoder, Event, Incoming, Limits};
use memchr::{memchr_iter, memmem};

use crate::{Busy, Row, Work};

/// The headers that a typical host looks at; the last one is absent from most events.
const NAMES: [&str; 3] = ["Event-Name", "Unique-ID", "Hangup-Cause"];

/// More slots than any of the events has headers.
const SLOTS: usize = 256;

/// Counts the line ends of all events with the instructions that every processor of this kind has, as memchr does
/// without `std`, which is how esl-proto uses it.
#[cfg(target_arch = "x86_64")]
fn line_ends(busy: &Busy) -> Work<'_> {
    let line_end = memchr::arch::x86_64::sse2::memchr::One::new(b'\n').expect("SSE2");
    Box::new(move || busy.texts().map(|text| line_end.count(text)).sum())
}

#[cfg(not(target_arch = "x86_64"))]
use best_line_ends as line_ends;

/// Counts the line ends of all events with the best instructions of this very processor: memchr with `std`.
fn best_line_ends(busy: &Busy) -> Work<'_> {
    Box::new(|| busy.texts().map(|text| memchr_iter(b'\n', text).count()).sum())
}

fn framing(plain: &Busy) -> Row<'_> {
    Row {
        key: "framing",
        name: "framing a stream of events, to memmem and jumping over the bodies",
        octets: plain.stream().len() as u64,
        work: Box::new(|| {
            let mut decoder = Decoder::new(Limits::DEFAULT);
            let mut rest = plain.stream();
            let mut bodies = 0;
            while let Ok(Step::Frame { frame, consumed }) = decoder.decode(rest) {
                bodies += frame.body().map_or(0, <[u8]>::len);
                rest = &rest[consumed..];
            }
            bodies
        }),
        yardstick: jumps(plain),
        best: None,
        target: Some(1.5),
    }
}

/// Finds the blank line of each frame, and knows without looking how long its body is.
fn jumps(busy: &Busy) -> Work<'_> {
    let blank_line = memmem::Finder::new(b"\n\n");
    let bodies: Vec<usize> = busy.texts().map(<[u8]>::len).collect();
    Box::new(move || {
        let mut rest = busy.stream();
        for body in &bodies {
            let Some(head) = blank_line.find(rest) else { break };
            rest = &rest[head + 2 + body..];
        }
        rest.len()
    })
}

fn indexing(plain: &Busy) -> Row<'_> {
    Row {
        key: "index",
        name: "indexing every header of plain events, to line ends",
        octets: plain.octets(),
        work: Box::new(|| {
            let mut slots = [HeaderSlot::EMPTY; SLOTS];
            for event in plain.events() {
                black_box(event.index(&mut slots));
            }
            0
        }),
        yardstick: line_ends(plain),
        best: Some(best_line_ends(plain)),
        target: Some(2.0),
    }
}

fn decoding(plain: &Busy) -> Row<'_> {
    Row {
        key: "decode",
        name: "decoding every value of plain events, to line ends",
        octets: plain.octets(),
        work: Box::new(|| {
            let mut buffer = [0; 16 << 10];
            plain.events().map(|event| decode_all(&event, &mut buffer)).sum()
        }),
        yardstick: line_ends(plain),
        best: Some(best_line_ends(plain)),
        target: Some(8.0),
    }
}

/// Decodes all values of an event into `buffer`, one after the other, and returns their length.
fn decode_all(event: &Event<'_>, buffer: &mut [u8]) -> usize {
    let mut end = 0;
    for header in event.headers() {
        end += header.value.decode_into(&mut buffer[end..]).expect("an event that fits").len();
    }
    black_box(&buffer[..end]).len()
}

fn visiting<'a>(key: &'static str, name: &'static str, busy: &'a Busy, plain: &'a Busy) -> Row<'a> {
    Row {
        key,
        name,
        octets: busy.octets(),
        work: Box::new(|| {
            let raw = busy.events().flat_map(|event| event.headers());
            raw.map(|header| header.name.raw().len() + header.value.raw().len()).sum()
        }),
        yardstick: line_ends(plain),
        best: Some(best_line_ends(plain)),
        target: Some(4.0),
    }
}

fn looking_up(plain: &Busy) -> Row<'_> {
    Row {
        key: "get",
        name: "three look-ups per plain event, to line ends",
        octets: plain.octets(),
        work: Box::new(|| {
            let found = |event: Event<'_>| NAMES.iter().filter(|name| event.get(black_box(name)).is_some()).count();
            plain.events().map(found).sum()
        }),
        yardstick: line_ends(plain),
        best: Some(best_line_ends(plain)),
        target: None,
    }
}

fn looking_up_indexed(plain: &Busy) -> Row<'_> {
    Row {
        key: "index-get",
        name: "an index and three look-ups per plain event, to line ends",
        octets: plain.octets(),
        work: Box::new(|| {
            let mut slots = [HeaderSlot::EMPTY; SLOTS];
            let mut found = 0;
            for event in plain.events() {
                let indexed = event.index(&mut slots);
                found += NAMES.iter().filter(|name| indexed.get(black_box(name)).is_some()).count();
            }
            found
        }),
        yardstick: line_ends(plain),
        best: Some(best_line_ends(plain)),
        target: None,
    }
}

/// An event whose one value is an SDP of two kilobytes, coded as FreeSWITCH codes it.
fn escaped() -> Vec<u8> {
    const LINES: &str = "v%3D0%0D%0Ao%3DFreeSWITCH%201761200000%201761200001%20IN%20IP4%20192.0.2.2%0D%0A\
        s%3DFreeSWITCH%0D%0Ac%3DIN%20IP4%20192.0.2.2%0D%0At%3D0%200%0D%0A\
        m%3Daudio%2024680%20RTP/AVP%20102%209%200%208%0D%0A\
        a%3Drtpmap%3A102%20opus/48000/2%0D%0Aa%3Dfmtp%3A102%20useinbandfec%3D1%3B%20maxaveragebitrate%3D30000%0D%0A";
    let value = LINES.repeat(2048 / LINES.len() + 1);
    format!("variable_switch_r_sdp: {}\n\n", &value[..2048]).into_bytes()
}

fn percent_decoding(event: &[u8]) -> Row<'_> {
    let value = Event::new(Format::Plain, event).headers().next().expect("the header").value;
    Row {
        key: "percent",
        name: "percent decoding of an escaped value of 2 KB, to percent-encoding",
        octets: value.raw().len() as u64,
        work: Box::new(move || {
            let mut buffer = [0; 2048];
            let decoded = black_box(value).decode_into(&mut buffer).expect("a value that fits").len();
            black_box(&buffer);
            decoded
        }),
        yardstick: Box::new(move || {
            let mut buffer = [0; 2048];
            let mut decoded = 0;
            for (to, octet) in buffer.iter_mut().zip(percent_encoding::percent_decode(black_box(value.raw()))) {
                *to = octet;
                decoded += 1;
            }
            black_box(&buffer);
            decoded
        }),
        best: None,
        target: None,
    }
}

/// What a program sends a thousand times a second.
fn commands() -> [Command<'static>; 4] {
    [
        Command::api("uuid_getvar 5fd40215-9197-4c64-9523-08df034e2494 caller_id_name"),
        Command::bgapi_named(
            "originate {ignore_early_media=true}user/1000 &park()",
            "00000000000000f5-0000000000000011",
        ),
        SendMsg::new(
            Execute::new("playback", "tone_stream://%(100,0,800)").event_uuid("00000000000000f5-0000000000000012"),
        )
        .to("5fd40215-9197-4c64-9523-08df034e2494")
        .into(),
        SendEvent::new(EventName::Custom, &[("Event-Subclass", "my::sub"), ("X-Key", "a value of some length")])
            .body("and a body")
            .into(),
    ]
}

/// The design's target is 2 times the copy plus 20 ns a command; the copy alone takes 2 to 3 ns.
fn encoding<'a>(commands: &'a [Command<'a>], written: &'a [u8]) -> Row<'a> {
    Row {
        key: "encode",
        name: "encoding four commands, to copying their octets",
        octets: written.len() as u64,
        work: Box::new(move || {
            let mut out = [0; 512];
            let lens =
                commands.iter().map(|command| black_box(command).encode(&mut out).expect("a command that fits").len());
            lens.sum()
        }),
        yardstick: Box::new(move || {
            let mut out = [0; 512];
            for part in written.chunks(written.len() / 4) {
                out[..part.len()].copy_from_slice(black_box(part));
                black_box(&out);
            }
            written.len()
        }),
        best: None,
        target: None,
    }
}

/// A listener's connection that has logged in and sent `event <format> ALL`.
fn listener(format: Format) -> Server<[u8; 256]> {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 256]);
    let mut out = [0; Server::REPLY_MAX];
    server.poll(b"", &mut out).expect("the greeting");
    server.poll(b"auth x\n\n", &mut out).expect("a question");
    server.respond(Response::Accept(Rights::ALL), &mut out).expect("an answer");
    server.poll(format!("event {format} ALL\n\n").as_bytes(), &mut out).expect("a reply");
    server
}

/// What the server writes for one command, from the octets of the command to those of the reply.
fn replying() -> Row<'static> {
    const COMMAND: &[u8] = b"nixevent HEARTBEAT\n\n";
    const REPLY: &[u8] = b"Content-Type: command/reply\nReply-Text: +OK events nixed\n\n";
    let server = RefCell::new(listener(Format::Plain));
    Row {
        key: "reply",
        name: "a command read and answered by the listener, to copying the reply",
        octets: REPLY.len() as u64,
        work: Box::new(move || {
            let mut out = [0; Server::REPLY_MAX];
            server.borrow_mut().poll(black_box(COMMAND), &mut out).expect("a reply").written()
        }),
        yardstick: Box::new(|| {
            let mut out = [0; Server::REPLY_MAX];
            out[..REPLY.len()].copy_from_slice(black_box(REPLY));
            black_box(&out);
            REPLY.len()
        }),
        best: None,
        target: None,
    }
}

/// A client that takes in the answers to a hundred commands, of which each has been sent before.
fn answers() -> Row<'static> {
    const COUNT: usize = 50;
    let reply = "Content-Type: command/reply\nReply-Text: +OK Job-UUID: 5fd4\nJob-UUID: 5fd4\n\n";
    let response = "Content-Type: api/response\nContent-Length: 3\n\n+OK";
    let stream: &[u8] = [reply, response].concat().repeat(COUNT).into_bytes().leak();
    Row {
        key: "answers",
        name: "a client reads the answers to 100 commands, to counting their line ends",
        octets: stream.len() as u64,
        work: Box::new(move || {
            let mut client = Client::inbound(Limits::DEFAULT);
            let _ = client.send(&Command::auth("x"), &mut [0; 16]).expect("a command that fits");
            for _ in 1..2 * COUNT {
                client.track_external();
            }
            let (mut rest, mut answered) = (black_box(stream), 0);
            while let Ok(Poll::Incoming { consumed, .. }) = client.poll(rest) {
                (rest, answered) = (&rest[consumed..], answered + 1);
            }
            answered
        }),
        yardstick: Box::new(move || memchr_iter(b'\n', black_box(stream)).count()),
        best: None,
        target: None,
    }
}

/// A client takes in a stream, and gives its events to `take`.
fn client<'b>(stream: &'b [u8], mut take: impl FnMut(&Event<'b>)) -> usize {
    let mut client = Client::inbound(Limits::DEFAULT);
    let (mut rest, mut events) = (black_box(stream), 0);
    while let Ok(Poll::Incoming { incoming, consumed }) = client.poll(rest) {
        if let Incoming::Event(event) = incoming {
            take(&event);
            events += 1;
        }
        rest = &rest[consumed..];
    }
    events
}

/// What the rows after it are compared with.
fn client_alone(plain: &Busy) -> Row<'_> {
    Row {
        key: "client",
        name: "events through a client, to counting their line ends",
        octets: plain.stream().len() as u64,
        work: Box::new(|| client(plain.stream(), |_| {})),
        yardstick: Box::new(move || memchr_iter(b'\n', black_box(plain.stream())).count()),
        best: None,
        target: None,
    }
}

/// A session with a job and an application that wait takes in the events of a busy switch.
fn session(plain: &Busy) -> Row<'_> {
    Row {
        key: "session",
        name: "events through a session, to a client's",
        octets: plain.stream().len() as u64,
        work: Box::new(|| {
            let mut session = Session::new(1);
            session.connect(Client::inbound(Limits::DEFAULT), Duration::ZERO);
            let _ = session.poll(b"Content-Type: auth/request\n\n", Duration::ZERO);
            session.send(&Command::auth("x"), None, None).expect("a login");
            let _ = session.poll(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n", Duration::ZERO);
            session.bgapi("status", Slot(1), None).expect("a job");
            session.execute(&SendMsg::new(Execute::new("park", "")).to("c"), Slot(2), None).expect("an application");
            let (mut rest, mut events) = (black_box(plain.stream()), 0);
            while let Ok(Poll::Incoming { incoming, consumed }) = session.poll(rest, Duration::ZERO) {
                events += usize::from(matches!(incoming, Incoming::Event(_)));
                rest = &rest[consumed..];
            }
            events
        }),
        yardstick: Box::new(|| client(plain.stream(), |_| {})),
        best: None,
        target: None,
    }
}

/// A session whose first reader wants all events, and the others those of other channels.
fn reading(readers: u64) -> Session {
    let mut session = Session::new(1);
    session.listen(Slot(0), Interest::all()).expect("a reader");
    for number in 1..readers {
        let other = Interest::from([EventName::ChannelAnswer]).of_channel(format!("{number:036}"));
        session.listen(Slot(number), other).expect("a reader");
    }
    session
}

fn found(plain: &Busy, readers: u64) -> Work<'_> {
    let session = reading(readers);
    Box::new(move || plain.events().map(|event| session.readers(&event).count()).sum())
}

/// The readers of events are found, however many want others.
fn readers(plain: &Busy) -> Row<'_> {
    Row {
        key: "readers",
        name: "the readers of events found among 1 000 that want others, to two",
        octets: plain.octets(),
        work: found(plain, 1000),
        yardstick: found(plain, 2),
        best: None,
        target: Some(1.5),
    }
}

/// The calls of a busy switch are followed.
fn calls(plain: &Busy) -> Row<'_> {
    Row {
        key: "calls",
        name: "calls known from a client's events, to the client alone",
        octets: plain.stream().len() as u64,
        work: Box::new(|| {
            let mut slots = vec![CallSlot::<[u8; 768]>::EMPTY; 256];
            let mut calls = Calls::in_slots(&mut slots, Words::NONE);
            client(plain.stream(), |event| {
                black_box(calls.take(event));
            });
            calls.len()
        }),
        yardstick: Box::new(|| client(plain.stream(), |_| {})),
        best: None,
        target: None,
    }
}

/// The headers of a recorded event, decoded.
fn decoded(busy: &Busy) -> Vec<(Vec<u8>, Vec<u8>)> {
    let event = busy.events().next().expect("an event");
    event.headers().map(|header| (header.name.bytes().collect(), header.value.bytes().collect())).collect()
}

/// An event offered and delivered to one connection.
fn delivering<'a>(key: &'static str, name: &'static str, format: Format, headers: &'a [(Vec<u8>, Vec<u8>)]) -> Row<'a> {
    let fields: Vec<_> = headers.iter().map(|(name, value)| Field::new(name, value)).collect();
    let mut server = listener(format);
    let mut out = vec![0; 64 << 10];
    assert_eq!(server.offer(&OutgoingEvent::new(&fields)), Admission::Enqueue);
    let len = server.deliver(&OutgoingEvent::new(&fields), &mut out).expect("an event that fits");
    let written = out[..len].to_vec();
    let (host, copy) = (RefCell::new((server, out)), RefCell::new(written.clone()));
    Row {
        key,
        name,
        octets: len as u64,
        work: Box::new(move || {
            let event = black_box(OutgoingEvent::new(&fields));
            let (server, out) = &mut *host.borrow_mut();
            match server.offer(&event) {
                Admission::Enqueue => server.deliver(&event, out).expect("an event that fits"),
                _ => 0,
            }
        }),
        yardstick: Box::new(move || {
            let copy = &mut *copy.borrow_mut();
            copy.copy_from_slice(black_box(&written));
            black_box(copy).len()
        }),
        best: None,
        target: None,
    }
}

/// An event to a hundred connections of one format: offered to each, written once, and copied.
fn delivering_to_many(headers: &[(Vec<u8>, Vec<u8>)]) -> Row<'_> {
    const CONNECTIONS: usize = 100;
    let fields: Vec<_> = headers.iter().map(|(name, value)| Field::new(name, value)).collect();
    let host = RefCell::new((vec![listener(Format::Plain); CONNECTIONS], vec![0; 64 << 10], vec![0; 64 << 10]));
    let (copy, others) = (RefCell::new((vec![0; 64 << 10], vec![0; 64 << 10])), fields.clone());
    let coding = listener(Format::Plain).coding();
    let len = coding.encode(&OutgoingEvent::new(&fields), &mut host.borrow_mut().1).expect("an event that fits");
    Row {
        key: "many-out",
        name: "an event delivered to 100 connections, to one write and 100 copies of its octets",
        octets: (len * CONNECTIONS) as u64,
        work: Box::new(move || {
            let event = black_box(OutgoingEvent::new(&fields));
            let (servers, frame, out) = &mut *host.borrow_mut();
            let mut written = None;
            let mut sent = 0;
            for server in servers {
                if server.offer(&event) != Admission::Enqueue {
                    continue;
                }
                let coding = server.coding();
                let len = match written {
                    Some((of, len)) if of == coding => len,
                    _ => coding.encode(&event, frame).expect("an event that fits"),
                };
                written = Some((coding, len));
                server.delivered(coding).expect("a connection that waits for it");
                out[..len].copy_from_slice(&frame[..len]);
                sent += black_box(&out[..len]).len();
            }
            sent
        }),
        yardstick: Box::new(move || {
            let event = black_box(OutgoingEvent::new(&others));
            let (frame, out) = &mut *copy.borrow_mut();
            let len = coding.encode(&event, frame).expect("an event that fits");
            for _ in 0..CONNECTIONS {
                out[..len].copy_from_slice(&frame[..len]);
                black_box(&out[..len]);
            }
            CONNECTIONS * len
        }),
        best: None,
        target: Some(1.5),
    }
}

/// Every event of one format written in another.
fn transcoding<'a>(key: &'static str, name: &'static str, busy: &'a Busy, format: Format) -> Row<'a> {
    let out = RefCell::new(vec![0; 64 << 10]);
    Row {
        key,
        name,
        octets: busy.octets(),
        work: Box::new(move || {
            let out = &mut *out.borrow_mut();
            let written = |event: Event<'_>| event.encode(format, EncodeOptions::FREESWITCH, out).expect("room enough");
            busy.events().map(written).sum()
        }),
        yardstick: Box::new(|| {
            let raw = busy.events().flat_map(|event| event.headers());
            raw.map(|header| header.name.raw().len() + header.value.raw().len()).sum()
        }),
        best: None,
        target: Some(4.0),
    }
}

/// One name, or three at once, in events of a format.
fn finding<'a>(key: &'static str, name: &'static str, busy: &'a Busy, single: bool) -> Row<'a> {
    Row {
        key,
        name,
        octets: busy.octets(),
        work: Box::new(move || {
            let found = |event: Event<'_>| match single {
                true => usize::from(event.get(black_box(NAMES[1])).is_some()),
                false => event.find(black_box(NAMES)).iter().flatten().count(),
            };
            busy.events().map(found).sum()
        }),
        yardstick: Box::new(move || {
            let mut slots = [HeaderSlot::EMPTY; SLOTS];
            let mut found = 0;
            for event in busy.events() {
                let indexed = event.index(&mut slots);
                let names = if single { &NAMES[1..2] } else { &NAMES };
                found += names.iter().filter(|name| indexed.get(black_box(name)).is_some()).count();
            }
            found
        }),
        best: None,
        target: Some(1.0),
    }
}

/// What the work is done on.
pub struct Works {
    plain: Busy,
    json: Busy,
    xml: Busy,
    escaped: Vec<u8>,
    commands: [Command<'static>; 4],
    written: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Default for Works {
    fn default() -> Self {
        let [plain, json, xml] = [Format::Plain, Format::Json, Format::Xml].map(Busy::new);
        let commands = commands();
        let mut out = [0; 512];
        let written = commands
            .iter()
            .flat_map(|command| command.encode(&mut out).expect("a command that fits").to_vec())
            .collect();
        let headers = decoded(&plain);
        Self { plain, json, xml, escaped: escaped(), commands, written, headers }
    }
}

impl Works {
    /// All rows of the table.
    #[must_use]
    pub fn rows(&self) -> [Row<'_>; 33] {
        let Self { plain, json, xml, escaped, commands, written, headers } = self;
        [
            framing(plain),
            indexing(plain),
            decoding(plain),
            visiting("json", "every header of json events, to line ends of the plain ones", json, plain),
            visiting("xml", "every header of xml events, to line ends of the plain ones", xml, plain),
            looking_up(plain),
            looking_up_indexed(plain),
            percent_decoding(escaped),
            encoding(commands, written),
            answers(),
            client_alone(plain),
            session(plain),
            readers(plain),
            calls(plain),
            replying(),
            delivering("plain-out", "an event delivered as plain, to copying its octets", Format::Plain, headers),
            delivering("json-out", "an event delivered as json, to copying its octets", Format::Json, headers),
            delivering("xml-out", "an event delivered as xml, to copying its octets", Format::Xml, headers),
            delivering_to_many(headers),
            transcoding(
                "plain-plain",
                "plain events written as plain, to visiting their headers",
                plain,
                Format::Plain,
            ),
            transcoding("plain-json", "plain events written as json, to visiting their headers", plain, Format::Json),
            transcoding("plain-xml", "plain events written as xml, to visiting their headers", plain, Format::Xml),
            transcoding("json-plain", "json events written as plain, to visiting their headers", json, Format::Plain),
            transcoding("json-json", "json events written as json, to visiting their headers", json, Format::Json),
            transcoding("json-xml", "json events written as xml, to visiting their headers", json, Format::Xml),
            transcoding("xml-plain", "xml events written as plain, to visiting their headers", xml, Format::Plain),
            transcoding("xml-json", "xml events written as json, to visiting their headers", xml, Format::Json),
            transcoding("xml-xml", "xml events written as xml, to visiting their headers", xml, Format::Xml),
            finding("plain-find", "three names found in plain events, to an index and three look-ups", plain, false),
            finding("json-find", "three names found in json events, to an index and three look-ups", json, false),
            finding("xml-find", "three names found in xml events, to an index and three look-ups", xml, false),
            finding("json-get", "one look-up in json events, to an index and one look-up", json, true),
            finding("xml-get", "one look-up in xml events, to an index and one look-up", xml, true),
        ]
    }
}
