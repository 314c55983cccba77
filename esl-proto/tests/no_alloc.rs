//! Nothing allocates: a pass over whole captures, with every event read in every way, asks the allocator for nothing.
#![cfg(all(feature = "dial", feature = "server"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use esl_proto::client::Poll;
use esl_proto::command::{Execute, SendEvent, SendMsg};
use esl_proto::dial::{Destination, Leg, LegList, Originate};
use esl_proto::event::{Field, HeaderSlot, OutgoingEvent};
use esl_proto::frame::Step;
use esl_proto::name::{EventName, Format, LogLevel};
use esl_proto::server::{self, Admission, HostRequest, Poll as ServerPoll, Rights, Server, ServerLimits};
use esl_proto::{Client, Command, Decoder, Event, Limits, Message, RecvBuf, Value};

struct Counting;

thread_local!(static ALLOCATIONS: Cell<usize> = const { Cell::new(0) });

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: hands every call on to the system's allocator unchanged.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The allocations made on this thread while `run` runs.
fn allocations(run: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    run();
    ALLOCATIONS.with(Cell::get) - before
}

fn read_value(value: Value<'_>, storage: &mut [u8]) {
    black_box(value.decode_into(storage).is_ok());
    black_box(value.bytes().count());
    black_box(value.items().map(|item| item.decoded_len()).sum::<usize>());
    black_box((value == *"x", value.to_u64()));
}

fn read_event(event: &Event<'_>, storage: &mut [u8], slots: &mut [HeaderSlot]) {
    for header in event.headers() {
        read_value(header.name, storage);
        read_value(header.value, storage);
    }
    black_box((event.get("unique-id"), event.get_all("Event-Name").count(), event.name(), event.validate().is_ok()));
    let indexed = event.index(slots);
    black_box((indexed.get("unique-id"), indexed.get_all("Event-Name").count(), indexed.name()));
    if let Some(body) = event.body() {
        read_value(body, storage);
    }
}

fn read_stream(stream: &[u8], chunk: usize, buffer: &mut [u8], storage: &mut [u8], slots: &mut [HeaderSlot]) -> usize {
    let mut decoder = Decoder::new(Limits::for_buffer(buffer.len()));
    let mut received = RecvBuf::new(buffer);
    let mut pieces = stream.chunks(chunk);
    let mut frames = 0;
    loop {
        let step = decoder.decode(received.filled()).unwrap();
        if let Step::Frame { frame, .. } = step {
            frames += 1;
            match Message::from(frame) {
                Message::Event(event) => read_event(&event, storage, slots),
                Message::Reply(reply) => {
                    read_value(reply.text(), storage);
                    if let Some(data) = reply.channel_data() {
                        read_event(&data, storage, slots);
                    }
                }
                other => {
                    black_box(other);
                }
            }
        }
        let wanted = matches!(step, Step::NeedData { .. });
        let consumed = step.consumed();
        received.consume(consumed);
        if wanted {
            let Some(piece) = pieces.next() else { return frames };
            received.spare_mut()[..piece.len()].copy_from_slice(piece);
            received.commit(piece.len());
        }
    }
}

#[test]
fn reading_captures_allocates_nothing() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/captures/");
    let mut buffer = vec![0; 128 << 10];
    let mut storage = vec![0; 128 << 10];
    let mut slots = [HeaderSlot::EMPTY; 64];
    for (name, least) in [
        ("04-single-call-plain", 150),
        ("04-single-call-json", 150),
        ("04-single-call-xml", 150),
        ("06-sendevent-json", 40),
        ("08-sock-async-full-basic", 20),
        ("09-log", 100),
    ] {
        let stream = std::fs::read(format!("{root}{name}/server.bin")).unwrap();
        for chunk in [1000, stream.len().min(64 << 10)] {
            let mut frames = 0;
            let count = allocations(|| frames = read_stream(&stream, chunk, &mut buffer, &mut storage, &mut slots));
            assert!(frames >= least, "{name}: only {frames} frames were read");
            assert_eq!(count, 0, "{name} in pieces of {chunk}");
        }
    }
}

#[test]
fn writing_commands_allocates_nothing() {
    let mut storage = [0; 512];
    let count = allocations(|| {
        for command in [
            Command::api("status"),
            Command::bgapi_named("originate user/1 &park()", "job"),
            Command::event(Format::Json, &[EventName::All]),
            SendMsg::new(Execute::new("playback", "two\nlines").event_uuid("x")).to("u").into(),
            SendEvent::new(EventName::Custom, &[("Event-Subclass", "a::b")]).body("text").into(),
            Command::api("refused\n"),
        ] {
            let written = command.encode(&mut storage).map(<[u8]>::len);
            if let Ok(len) = written
                && let Ok(Step::Frame { frame, .. }) = Decoder::for_requests(Limits::DEFAULT).decode(&storage[..len])
            {
                assert!(Command::parse(&frame.into()) == Ok(command));
            }
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn a_client_allocates_nothing() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/captures/");
    for (name, mut client, least) in [
        ("04-single-call-json", Client::inbound(Limits::DEFAULT), 200),
        ("08-sock-async-full-basic", Client::outbound(Limits::DEFAULT), 40),
        ("11-pipelined-200", Client::inbound(Limits::DEFAULT), 200),
    ] {
        let stream = std::fs::read(format!("{root}{name}/server.bin")).unwrap();
        let mut out = [0; 256];
        let mut rest = &stream[..];
        let mut incoming = 0;
        let count = allocations(|| {
            for command in [Command::auth("ClueCon"), Command::Connect, Command::api("status"), Command::api("no\n")] {
                black_box(client.send(&command, &mut out).is_ok());
            }
            for _ in 0..300 {
                black_box(client.track_external());
            }
            while let Ok(Poll::Incoming { incoming: what, consumed }) = client.poll(rest) {
                black_box(what);
                incoming += 1;
                rest = &rest[consumed..];
            }
            black_box(client.eof(rest).unanswered.ids().count());
        });
        assert!(incoming >= least, "{name}: only {incoming} messages");
        assert_eq!(count, 0, "{name}");
    }
}

#[test]
fn a_listener_allocates_nothing() {
    let mut out = [0; 4096];
    let commands = b"event json ALL CUSTOM a::b\n\nfilter Event-Name /HEART/\n\nnixevent CUSTOM a::b\n\nlog 7\n\n\
        api status\n\nbgapi status\nJob-UUID: j\n\nsendmsg u\ncall-command: hangup\n\nsendevent CUSTOM\nA: b\n\n\
        myevents u\n\ngetvar x\n\nconnect\n\nevent xml HEARTBEAT\n\nfilter delete all\n\nlinger 3\n\nnolog\n\nexit\n\n";
    let fields = [Field::new("Event-Name", "HEARTBEAT"), Field::array("a%", &[b"one", b"two\xff"])];
    let event = OutgoingEvent::new(&fields).with_body("a < b & \u{17b}");
    let count = allocations(|| {
        let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
        let mut answered = 0;
        let mut rest = &b"userauth a@b:c\n\n"[..];
        for _ in 0..40 {
            let poll = server.poll(rest, &mut out).unwrap();
            rest = &rest[poll.consumed()..];
            if let ServerPoll::HostRequest { request: ask, .. } = poll {
                let answer = match ask {
                    HostRequest::Password(_) | HostRequest::User { .. } => server::Response::Accept(Rights {
                        allowed_events: Some(b"ALL CUSTOM a::b"),
                        allowed_api: Some(b"status"),
                        allowed_log: true,
                    }),
                    HostRequest::Api { .. } => server::Response::Output(b"UP 0 years\n"),
                    HostRequest::BgApi { .. } => server::Response::Job(b"j"),
                    HostRequest::SendMsg { .. } => server::Response::Ok,
                    HostRequest::SendEvent { .. } => server::Response::Fired(b"e"),
                    HostRequest::GetVar(_) => server::Response::Value(b"v"),
                    HostRequest::MyEvents(uuid) => server::Response::Control(uuid),
                    _ => server::Response::Channel(event),
                };
                black_box(server.respond(answer, &mut out).unwrap());
                answered += 1;
            }
            if rest.is_empty() && server.is_authenticated() && answered == 1 {
                rest = commands;
            }
            black_box(server.offer_with(&event, &|_, _| true) == Admission::Enqueue);
            black_box(server.deliver(&event, &mut out).is_ok());
            black_box(server.offer_log(LogLevel::INFO) == Admission::Enqueue);
        }
        assert_eq!((answered, server.closed().is_some()), (8, true));
    });
    assert_eq!(count, 0);
}

#[test]
fn dial_strings_allocate_nothing() {
    let (mut out, mut storage) = ([0; 256], [0; 256]);
    let count = allocations(|| {
        let legs = [Leg::new("user/1").variables(&[("a", "b, c")]), Leg::new("user/2")];
        let call = Originate::new(LegList::from(&legs), Destination::application("park", ""));
        let line = call.encode(&mut out).unwrap();
        assert!(Originate::parse(line, &mut storage) == Ok(call));
    });
    assert_eq!(count, 0);
}

#[test]
fn the_count_counts() {
    assert_eq!(allocations(|| drop(black_box(vec![0_u8; 10]))), 1);
}
