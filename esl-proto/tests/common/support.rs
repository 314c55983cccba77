//! What the tests share: the recorded streams of a real server, and the events in them.

#[path = "captures.rs"]
mod captures;

pub(crate) use captures::CAPTURES;
use esl_proto::frame::Step;
use esl_proto::name::Format;
use esl_proto::{Decoder, Limits, Message};

/// What the server sent in one of the recorded sessions.
pub(crate) fn session(name: &str) -> Vec<u8> {
    let capture = CAPTURES.iter().find(|capture| capture.name == name);
    capture.unwrap_or_else(|| panic!("no capture is called {name}")).stream.clone()
}

/// What a busy server sent: the same 800 events in each format.
pub(crate) fn busy(format: Format) -> Vec<u8> {
    session(&format!("busy-{format}"))
}

/// The texts of the events of this format in a stream.
pub(crate) fn events(mut stream: &[u8], format: Format) -> Vec<&[u8]> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut events = Vec::new();
    while let Step::Frame { frame, consumed } = decoder.decode(stream).expect("a stream in step") {
        if let Message::Event(event) = Message::from(frame)
            && event.format() == format
        {
            events.push(event.text());
        }
        stream = &stream[consumed..];
    }
    events
}
