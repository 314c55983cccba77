//! The events of a real server, as they came over the socket.

use std::fs;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use esl_proto::frame::Step;
use esl_proto::name::Format;
use esl_proto::{Decoder, Event, Limits, Message};

/// Events of a busy server in one format, as they came over the socket.
pub struct Busy {
    format: Format,
    stream: Vec<u8>,
    /// Where the texts of the events lie in the stream.
    texts: Vec<Range<usize>>,
}

impl Busy {
    /// Of so many events one is kept, so that all of them stay in a core's cache, as what a host has just received does.
    const STEP: usize = 4;

    /// The same events in each format.
    #[must_use]
    pub fn new(format: Format) -> Self {
        let recorded = recorded(format);
        let mut rest = &recorded[..];
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let mut busy = Self { format, stream: Vec::new(), texts: Vec::new() };
        let mut seen = 0;
        while let Step::Frame { frame, consumed } = decoder.decode(rest).expect("a stream in step") {
            if let Message::Event(event) = Message::from(frame) {
                if seen % Self::STEP == 0 {
                    busy.stream.extend_from_slice(&rest[..consumed]);
                    busy.texts.push(busy.stream.len() - event.text().len()..busy.stream.len());
                }
                seen += 1;
            }
            rest = &rest[consumed..];
        }
        busy
    }

    /// The frames of all events, one after the other.
    #[must_use]
    pub fn stream(&self) -> &[u8] {
        &self.stream
    }

    /// The frame of each event.
    pub fn frames(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let begins = std::iter::once(0).chain(self.texts.iter().map(|text| text.end));
        begins.zip(&self.texts).map(|(begin, text)| &self.stream[begin..text.end])
    }

    /// The texts of the events.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.texts.iter().map(|text| &self.stream[text.clone()])
    }

    /// The events.
    pub fn events(&self) -> impl ExactSizeIterator<Item = Event<'_>> {
        self.texts().map(|text| Event::new(self.format, text))
    }

    /// The octets of all texts.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.texts().map(|text| text.len() as u64).sum()
    }
}

fn recorded(format: Format) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/captures");
    let packed = fs::read(folder.join(format!("busy-{format}.bin.gz"))).expect("a recorded stream");
    let mut stream = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut stream).expect("a gzip file");
    stream
}
