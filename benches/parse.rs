//! Reading what a server sends and writing commands: the speed of each, and the table of ratios.
//!
//! ```text
//! cargo bench -p esl-benches --bench parse
//! ```
//!
//! The yardstick of most rows is to count the line ends of the same octets with memchr, which is as fast as a text can
//! be looked at. esl-proto and its memchr use what every processor of the target has (on x86-64: SSE2), and so does
//! the yardstick; the column "to the best" has the ratio to memchr where it may use all that this very processor has.

use std::time::Duration;

use criterion::{Criterion, Throughput};
use esl_benches::{Row, Works, print_table};

/// Shows the speed of each row and its yardstick.
fn show_speeds(criterion: &mut Criterion, rows: &[Row<'_>]) {
    for row in rows {
        let mut group = criterion.benchmark_group(row.name);
        group.throughput(Throughput::Bytes(row.octets));
        group.bench_function("esl-proto", |bencher| bencher.iter(&row.work));
        group.bench_function("yardstick", |bencher| bencher.iter(&row.yardstick));
        if let Some(best) = &row.best {
            group.bench_function("best yardstick", |bencher| bencher.iter(best));
        }
        group.finish();
    }
}

fn main() {
    let works = Works::default();
    let rows = works.rows();
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
