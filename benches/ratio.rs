//! Ratios that noise cannot move.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Something to do. What it returns is only there so that the work is not optimised away.
pub type Work<'a> = Box<dyn Fn() -> usize + 'a>;

/// One line of the table: a piece of work, its yardstick, and how much longer than that it may take.
pub struct Row<'a> {
    /// One word for it.
    pub key: &'static str,
    /// What is done, and what it is compared with.
    pub name: &'static str,
    /// The octets that the work goes over.
    pub octets: u64,
    /// The work.
    pub work: Work<'a>,
    /// What it is compared with.
    pub yardstick: Work<'a>,
    /// The same with the best instructions of this very processor, where that differs.
    pub best: Option<Work<'a>>,
    /// The ratio that is promised, if one is.
    pub target: Option<f64>,
}

/// How often the work and the yardstick take turns. Many short turns: on a busy machine most are disturbed, and the
/// best of each is what the code takes.
const TURNS: usize = 1000;

/// How long a turn takes, about.
const TURN: Duration = Duration::from_micros(250);

impl Row<'_> {
    /// How many times longer than `yardstick` the work takes.
    fn ratio(&self, yardstick: &Work<'_>) -> f64 {
        let counts = (repetitions(&self.work), repetitions(yardstick));
        let mut best = (f64::MAX, f64::MAX);
        for _ in 0..TURNS {
            best.0 = best.0.min(seconds(&self.work, counts.0));
            best.1 = best.1.min(seconds(yardstick, counts.1));
        }
        best.0 / best.1
    }
}

/// How often `work` must be done to fill a turn.
fn repetitions(work: &Work<'_>) -> u32 {
    let mut count = 1;
    while seconds(work, count) * f64::from(count) < TURN.as_secs_f64() {
        count *= 2;
    }
    count
}

/// The seconds that `work` takes once, on average of `count` times.
fn seconds(work: &Work<'_>, count: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        black_box(work());
    }
    start.elapsed().as_secs_f64() / f64::from(count)
}

/// Prints a line for each row: the ratio to its yardstick, to the best one that this processor has, and the target.
pub fn print_table(rows: &[Row<'_>]) {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    println!("{:width$} | ratio | to the best | target", "work");
    println!("{:-<width$}-|-------|-------------|-------", "");
    for row in rows {
        let best = row.best.as_ref().map_or("-".to_owned(), |best| format!("{:.2}", row.ratio(best)));
        let target = row.target.map_or("-".to_owned(), |target| format!("{target:.1}"));
        println!("{:width$} | {:>5.2} | {best:>11} | {target:>6}", row.name, row.ratio(&row.yardstick));
    }
}
