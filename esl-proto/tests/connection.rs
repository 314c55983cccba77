//! A connection gives what its client gives, in whatever order it is asked, and sends what it was told to, in order.

#[path = "common/captures.rs"]
mod captures;

use captures::{CAPTURES, Capture};
use esl_proto::client::{End, Poll, ProtocolError, SendError};
use esl_proto::{Client, Command, Connection, Limits};
use proptest::prelude::*;

/// A client that waits for many answers.
fn client(is_outbound: bool, whole: usize) -> Client {
    let limits = Limits::for_buffer(whole);
    let (mut client, first) = match is_outbound {
        true => (Client::outbound(limits), Command::Connect),
        false => (Client::inbound(limits), Command::auth("ClueCon")),
    };
    client.track(&first).unwrap();
    for _ in 0..250 {
        client.track_external();
    }
    client
}

/// The same stream for a connection and, beside it, for a client alone, which sees the same octets.
struct Pair<'s> {
    connection: Connection<Vec<u8>, [u8; 0]>,
    alone: Client,
    stream: &'s [u8],
    /// What of the stream the client alone has not consumed and has been read.
    start: usize,
    arrived: usize,
    /// What the client alone has given while the connection was only asked whether there is something, and itself before
    /// that.
    found: Option<(Poll<'s>, Client)>,
}

impl<'s> Pair<'s> {
    fn new(stream: &'s [u8], is_outbound: bool, buffer: usize, whole: usize) -> Self {
        let alone = client(is_outbound, whole);
        let connection = Connection::new(alone.clone(), vec![0; buffer], []);
        Self { connection, alone, stream, start: 0, arrived: 0, found: None }
    }

    /// Reads up to `count` octets, growing the buffer if it must. Returns how many.
    fn read(&mut self, count: usize) -> usize {
        if let Some(required) = self.connection.required() {
            assert!(required > self.arrived - self.start);
            self.connection.grow_input(|storage| storage.resize(required, 0));
            assert_eq!(self.connection.required(), None);
        }
        let spare = self.connection.spare_mut();
        let rest = &self.stream[self.arrived..];
        let count = count.min(spare.len()).min(rest.len());
        spare[..count].copy_from_slice(&rest[..count]);
        self.connection.commit(count);
        self.arrived += count;
        count
    }

    /// What the client alone finds.
    fn poll(&mut self) -> Result<Poll<'s>, ProtocolError> {
        let poll = self.alone.poll(&self.stream[self.start..self.arrived])?;
        Ok(poll)
    }

    /// Asks whether there is something.
    fn ready(&mut self) -> Result<bool, ProtocolError> {
        let ready = self.connection.ready();
        if self.found.is_some() {
            assert_eq!(ready, Ok(true));
            return ready;
        }
        let before = self.alone.clone();
        match self.poll() {
            Err(error) => assert_eq!(ready, Err(error)),
            Ok(Poll::NeedData { consumed, .. }) => {
                self.start += consumed;
                assert_eq!(ready, Ok(false));
            }
            Ok(poll) => {
                self.found = Some((poll, before));
                assert_eq!(ready, Ok(true));
            }
        }
        ready
    }

    /// Takes what there is. Returns whether it is something, and more than the end.
    fn next(&mut self) -> bool {
        let expected = match self.found.take() {
            Some((poll, _)) => Ok(poll),
            None => self.poll(),
        };
        let found = self.connection.next();
        if let (Ok(Poll::Closed { end, .. }), Ok(Poll::Closed { end: expected, .. })) = (&found, &expected) {
            assert_eq!(end, expected);
            return false;
        }
        assert_eq!(found, expected);
        self.start += expected.map_or(0, |poll| poll.consumed());
        !matches!(expected, Ok(Poll::NeedData { .. }) | Err(_))
    }

    /// The end of the stream.
    fn end(mut self) {
        let rest = &self.stream[self.start..self.arrived];
        let mut alone = self.found.map_or(self.alone, |(_, before)| before);
        assert_eq!(self.connection.eof(), alone.eof(rest));
        assert_eq!((self.connection.client().end(), self.connection.client().stats()), (alone.end(), alone.stats()));
        assert!(matches!(self.connection.next(), Ok(Poll::Closed { .. }) | Err(_)), "over is over");
        match alone.end() {
            Some(End::Protocol(error)) => assert_eq!(self.connection.ready().unwrap_err().error, error),
            _ => assert_eq!(self.connection.ready(), Ok(true)),
        }
    }
}

/// Takes all in, reading `chunk` octets at a time.
fn take_all(mut pair: Pair<'_>, chunk: usize, asks: bool) {
    loop {
        let is_there = if asks { matches!(pair.ready(), Ok(true)) && pair.next() } else { pair.next() };
        if !is_there && pair.read(chunk) == 0 {
            return pair.end();
        }
    }
}

#[test]
fn recordings_give_what_a_client_gives() {
    for Capture { stream, .. } in &*CAPTURES {
        for is_outbound in [false, true] {
            for (buffer, whole) in [(16, usize::MAX), (256, 256), (4096, 4096)] {
                for asks in [false, true] {
                    take_all(Pair::new(stream, is_outbound, buffer, whole), usize::MAX, asks);
                }
            }
        }
    }
}

#[test]
fn recordings_octet_by_octet_give_what_a_client_gives() {
    for Capture { name, stream } in &*CAPTURES {
        let is_outbound = name.starts_with("08");
        take_all(Pair::new(stream, is_outbound, 16, usize::MAX), 1, true);
        take_all(Pair::new(stream, is_outbound, 256, 256), 1, true);
    }
}

/// What a host may do, in any order.
#[derive(Clone, Copy, Debug)]
enum Act {
    Read(usize),
    Ready,
    Next,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![(1..400_usize).prop_map(Act::Read), Just(Act::Ready), Just(Act::Next)]
}

/// What a server may say, the odd things among it.
const FRAMES: [&str; 10] = [
    "Content-Type: auth/request\n\n",
    "Content-Type: command/reply\nReply-Text: +OK accepted\n\n",
    "Content-Type: command/reply\n~a value without its end",
    "\n\r\n\n",
    "Content-Type: api/response\nContent-Length: 11\n\n+OK 01234\n\n",
    "Content-Length: 61\nContent-Type: text/event-plain\n\nEvent-Name: CHANNEL_ANSWER\nCaller-Caller-ID-Name: %C3%89va\n\nx",
    "Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n",
    "Content-Type: text/disconnect-notice\nContent-Length: 24\n\nDisconnected, goodbye.\nx\n",
    "Content-Length: x\n\n",
    "x: y\r\n\r\n",
];

fn stream() -> impl Strategy<Value = Vec<u8>> {
    // The endings are rare.
    let frame = prop_oneof![
        20 => (0..7_usize).prop_map(|which| FRAMES[which].as_bytes().to_vec()),
        1 => (7..10_usize).prop_map(|which| FRAMES[which].as_bytes().to_vec()),
        4 => (0..1000_usize).prop_map(|length| {
            [format!("Content-Type: api/response\nContent-Length: {length}\n\n").into_bytes(), vec![b'\n'; length]].concat()
        }),
        2 => (0..60_usize).prop_map(|count| {
            let headers = "variable_x: %20\n".repeat(count);
            format!("Event-Name: CHANNEL_DATA\n{headers}Content-Type: command/reply\nReply-Text: %2BOK%0A\n\n").into()
        }),
        2 => (0..60_usize).prop_map(|count| {
            let event = "variable_x: %20\n".repeat(count) + "\n";
            format!("Content-Length: {}\nContent-Type: text/event-plain\n\n{event}", event.len()).into()
        }),
    ];
    prop::collection::vec(frame, 0..12).prop_map(|frames| frames.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn asking_and_taking_in_any_order_loses_nothing(
        stream in stream(), acts in prop::collection::vec(act(), 0..80), is_outbound: bool,
        whole in prop::sample::select(&[256, 300, 1024, usize::MAX][..]), to_the_end: bool,
    ) {
        let mut pair = Pair::new(&stream, is_outbound, whole.min(64), whole);
        for act in acts {
            match act {
                Act::Read(count) => drop(pair.read(count)),
                Act::Ready => drop(pair.ready()),
                Act::Next => drop(pair.next()),
            }
        }
        match to_the_end {
            true => take_all(pair, 100, true),
            false => pair.end(),
        }
    }

    #[test]
    fn what_is_sent_is_a_queue(
        capacity in 0..120_usize,
        steps in prop::collection::vec((0..4_u8, 0..60_usize), 0..100),
    ) {
        let mut before = Client::outbound(Limits::DEFAULT);
        before.track(&Command::Connect).unwrap();
        let mut connection = Connection::new(before, [], vec![0; capacity]);
        let (mut model, mut id) = (Vec::new(), 1);
        for (kind, count) in steps {
            let text = "x".repeat(count);
            let octets = format!("api {text}x\n\n").into_bytes();
            let result = match kind {
                0 => connection.send(&Command::api(&format!("{text}x"))).map_err(|error| error.required()),
                1 => connection.send_external(&octets).map_err(|error| Some(error.required)),
                2 => {
                    connection.sent(count);
                    model.drain(..count.min(model.len()));
                    prop_assert_eq!(connection.to_send(), &model[..]);
                    continue;
                }
                _ => {
                    prop_assert!(matches!(connection.send(&Command::api("a\n")), Err(SendError::Refused(_))));
                    prop_assert!(matches!(connection.send(&Command::auth("a")), Err(SendError::NotAllowed(_))));
                    continue;
                }
            };
            match result {
                Ok(sent) => {
                    prop_assert_eq!(sent.number(), id);
                    id += 1;
                    model.extend(octets);
                }
                Err(required) => {
                    prop_assert_eq!(required, Some(octets.len()));
                    prop_assert!(octets.len() > capacity - model.len(), "room that is there must be used");
                }
            }
            prop_assert_eq!(connection.to_send(), &model[..]);
            prop_assert_eq!(connection.client().in_flight(), id);
        }
        // A storage that grows keeps what it has, and has room.
        let more = model.len() + 6;
        connection.grow_output(|storage| storage.resize(capacity.max(more), 0));
        prop_assert_eq!(connection.send(&Command::Exit).map(|sent| sent.number()), Ok(id));
        prop_assert_eq!(connection.split().1, [&model[..], b"exit\n\n"].concat());
        prop_assert_eq!(connection.into_storage().1.len(), capacity.max(more));
    }
}

#[test]
fn a_full_input_says_how_long_it_must_be() {
    let mut connection = Connection::new(Client::inbound(Limits::DEFAULT), vec![0; 8], [0; 16]);
    let stream = b"Content-Type: auth/request\n\n";
    assert_eq!((connection.ready(), connection.required()), (Ok(false), None));
    connection.spare_mut().copy_from_slice(&stream[..8]);
    connection.commit(8);
    assert_eq!((connection.ready(), connection.required()), (Ok(false), Some(9)));
    assert!(connection.spare_mut().is_empty());
    connection.grow_input(|storage| storage.resize(64, 0));
    assert_eq!(connection.required(), None);
    connection.spare_mut()[..20].copy_from_slice(&stream[8..]);
    connection.commit(20);
    assert_eq!((connection.ready(), connection.ready(), connection.required()), (Ok(true), Ok(true), None));
    assert!(matches!(connection.next(), Ok(Poll::Incoming { consumed: 28, .. })));
    assert_eq!(connection.ready(), Ok(false));
}
