//! What the benches of esl-proto share: the events of a real server, and ratios that noise cannot move.
//!
//! A speed alone says more of the machine than of the code. Each figure is therefore a ratio to a yardstick that runs
//! in the same process in turns with the work, so that whatever slows the one down slows the other down, too.

use std::fs;
use std::hint::black_box;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use esl_proto::name::Format;
use esl_proto::{Decoder, Event, Limits, Message, Step};

/// Events of a busy server in one format, as they came over the socket.
pub struct Busy {
    format: Format,
    stream: Vec<u8>,
    /// Where the texts of the events lie in the stream.
    texts: Vec<Range<usize>>,
}

impl Busy {
    /// Of so many events one is kept, so that they all stay in a core's cache, as what a host has just received does.
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

/// Something to do. What it returns is only there so that the work is not optimised away.
pub type Work<'a> = Box<dyn Fn() -> usize + 'a>;

/// One line of the table: a piece of work, its yardstick, and how much longer than that it may take.
pub struct Row<'a> {
    /// What is done, and what it is compared with.
    pub name: &'static str,
    /// The octets that the work goes over.
    pub octets: u64,
    /// The work.
    pub work: Work<'a>,
    /// What it is compared with.
    pub yardstick: Work<'a>,
    /// The ratio that is promised, if one is.
    pub target: Option<f64>,
}

impl Row<'_> {
    const ROUNDS: usize = 101;
    /// How long the work, or the yardstick, takes in one round, about.
    const TURN: Duration = Duration::from_millis(4);

    /// How many times longer than its yardstick the work takes: the median of many rounds, in each of which both run
    /// for a while, so that noise falls on both or makes a round that does not count.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let (work, yardstick) = (repetitions(&self.work), repetitions(&self.yardstick));
        let mut ratios: Vec<f64> = (0..Self::ROUNDS)
            .map(|round| {
                // Neither is always the one that finds the caches warm.
                if round % 2 == 0 {
                    let work = seconds(&self.work, work);
                    work / seconds(&self.yardstick, yardstick)
                } else {
                    let yardstick = seconds(&self.yardstick, yardstick);
                    seconds(&self.work, work) / yardstick
                }
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios[Self::ROUNDS / 2]
    }
}

/// How often `work` must be done to fill a turn.
fn repetitions(work: &Work<'_>) -> u32 {
    let mut count = 1;
    loop {
        let taken = seconds(work, count) * f64::from(count);
        if taken >= Row::TURN.as_secs_f64() {
            return count;
        }
        count *= 2;
    }
}

/// The seconds that `work` takes once, on average of `count` times.
fn seconds(work: &Work<'_>, count: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        black_box(work());
    }
    start.elapsed().as_secs_f64() / f64::from(count)
}

/// Prints `work | ratio | target` for each row.
pub fn print_table(rows: &[Row<'_>]) {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    println!("{:width$} | ratio | target", "work");
    println!("{:-<width$}-|-------|-------", "");
    for row in rows {
        let target = row.target.map_or("-".to_owned(), |target| format!("{target:.1}"));
        println!("{:width$} | {:>5.2} | {target:>6}", row.name, row.ratio());
    }
}
