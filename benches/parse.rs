//! Reading what a server sends: frames, headers, values, look-ups.
//!
//! ```text
//! cargo bench -p esl-benches --bench parse
//! ```
//!
//! The yardstick of most rows is to count the line ends of the same octets with memchr, which is as fast as a text can
//! be looked at. The table at the end has the ratios; the groups before it have the speeds.
//!
//! criterion switches memchr's `std` feature on, for esl-proto, too: both look for AVX2 at run time. Without `std`, as
//! esl-proto is shipped, memchr counts with SSE2, which takes about twice as long.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use esl_benches::{Busy, Row, Work, print_table};
use esl_proto::name::Format;
use esl_proto::{Decoder, Event, HeaderSlot, Limits, Step};
use memchr::{memchr_iter, memmem};

/// The headers that a typical host looks at; the last one is absent from most events.
const NAMES: [&str; 3] = ["Event-Name", "Unique-ID", "Hangup-Cause"];

/// More slots than any of the events has headers.
const SLOTS: usize = 256;

/// Counts the line ends of all events.
fn line_ends(busy: &Busy) -> Work<'_> {
    Box::new(|| busy.texts().map(|text| memchr_iter(b'\n', text).count()).sum())
}

fn framing(plain: &Busy) -> Row<'_> {
    Row {
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
        target: Some(2.0),
    }
}

fn decoding(plain: &Busy) -> Row<'_> {
    Row {
        name: "decoding every value of plain events, to line ends",
        octets: plain.octets(),
        work: Box::new(|| {
            let mut buffer = [0; 16 << 10];
            plain.events().map(|event| decode_all(&event, &mut buffer)).sum()
        }),
        yardstick: line_ends(plain),
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

fn visiting<'a>(name: &'static str, busy: &'a Busy, plain: &'a Busy) -> Row<'a> {
    Row {
        name,
        octets: busy.octets(),
        work: Box::new(|| {
            let raw = busy.events().flat_map(|event| event.headers());
            raw.map(|header| header.name.raw().len() + header.value.raw().len()).sum()
        }),
        yardstick: line_ends(plain),
        target: Some(4.0),
    }
}

fn looking_up(plain: &Busy) -> Row<'_> {
    Row {
        name: "three look-ups per plain event, to line ends",
        octets: plain.octets(),
        work: Box::new(|| {
            let found = |event: Event<'_>| NAMES.iter().filter(|name| event.get(black_box(name)).is_some()).count();
            plain.events().map(found).sum()
        }),
        yardstick: line_ends(plain),
        target: None,
    }
}

fn looking_up_indexed(plain: &Busy) -> Row<'_> {
    Row {
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
        target: None,
    }
}

/// That what is compared does the same, and all of it.
fn check(plain: &Busy, json: &Busy, xml: &Busy, escaped: &[u8]) {
    let headers = |busy: &Busy| busy.events().map(|event| event.headers().count()).sum::<usize>();
    assert!(plain.events().all(|event| event.headers().count() < SLOTS));
    assert!(headers(json) == headers(plain) && headers(xml) >= headers(plain));
    let framing = framing(plain);
    assert_eq!(((framing.work)() as u64, (framing.yardstick)()), (plain.octets(), 0));
    let percent_decoding = percent_decoding(escaped);
    assert_eq!((percent_decoding.work)(), (percent_decoding.yardstick)());
}

/// Shows the speed of each row and its yardstick.
fn show_speeds(criterion: &mut Criterion, rows: &[Row<'_>]) {
    for row in rows {
        let mut group = criterion.benchmark_group(row.name);
        group.throughput(Throughput::Bytes(row.octets));
        group.bench_function("esl-proto", |bencher| bencher.iter(&row.work));
        group.bench_function("yardstick", |bencher| bencher.iter(&row.yardstick));
        group.finish();
    }
}

fn main() {
    let [plain, json, xml] = [Format::Plain, Format::Json, Format::Xml].map(Busy::new);
    let escaped = escaped();
    check(&plain, &json, &xml, &escaped);
    let rows = [
        framing(&plain),
        indexing(&plain),
        decoding(&plain),
        visiting("every header of json events, to line ends of the plain ones", &json, &plain),
        visiting("every header of xml events, to line ends of the plain ones", &xml, &plain),
        looking_up(&plain),
        looking_up_indexed(&plain),
        percent_decoding(&escaped),
        // The rows of encoding commands belong here; their yardstick is a memcpy of the same octets.
    ];
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    show_speeds(&mut criterion, &rows);
    criterion.final_summary();
    // `cargo test` runs each bench once to see that it works; there is nothing to measure then.
    if std::env::args().any(|argument| argument == "--bench") {
        print_table(&rows);
    }
}
