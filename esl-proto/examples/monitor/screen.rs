//! The table on a terminal.
//!
//! Nothing of the terminal is changed that would have to be changed back: the cursor stays visible, the screen is the
//! usual one, line wrap stays on. Each line goes out in one piece and switches its attributes off at its end, and the
//! cursor rests below the table. So the terminal is in order whenever a signal kills the program.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::calls::Calls;
use crate::common::{self, Trouble};

/// How often the table is drawn at most.
pub(crate) const PERIOD: Duration = Duration::from_millis(400);

/// The columns and their widths. All but the last fit into 80 columns, with the longest of the usual causes.
const COLUMNS: [(&str, usize); 7] = [
    ("STATE", 9),
    ("DIR", 3),
    ("CALLER", 12),
    ("DESTINATION", 12),
    ("TIME", 7),
    ("LAST EVENT, CAUSE", 24),
    ("UUID", 36),
];

pub(crate) struct Screen {
    columns: usize,
    rows: usize,
    measured: Option<Instant>,
}

impl Screen {
    /// Moves what stands on the terminal up, out of the table's way.
    pub(crate) fn new() -> Result<Self, Trouble> {
        let mut screen = Self { columns: 80, rows: 24, measured: None };
        screen.measure();
        common::print("\n".repeat(screen.rows).as_bytes())?;
        Ok(screen)
    }

    /// Draws a line of news and the table below it.
    pub(crate) fn draw(&mut self, news: &str, calls: &mut Calls) -> Result<(), Trouble> {
        let now = Instant::now();
        if self.measured.is_none_or(|measured| now.saturating_duration_since(measured) > Duration::from_secs(1)) {
            self.measure();
        }
        let calls = calls.current(now);
        // To the upper left corner.
        common::print(b"\x1b[H")?;
        self.line("\x1b[1m", news)?;
        self.line("\x1b[7m", &row(COLUMNS.map(|(name, _)| name)))?;
        // Four lines are for these two, for what does not fit, and for the cursor.
        let room = self.rows.saturating_sub(4);
        for call in calls.iter().rev().take(room) {
            let duration = clock(call.duration(now));
            let direction = call.direction.trim_end_matches("bound").to_owned();
            let cells = [&call.state, &direction, &call.caller, &call.destination, &duration, &call.last, &call.uuid];
            let attributes = match &call.state[..] {
                "HANGUP" => "\x1b[2m",
                "ACTIVE" => "\x1b[32m",
                _ => "",
            };
            self.line(attributes, &row(cells.map(String::as_str)))?;
        }
        if calls.len() > room {
            self.line("", &format!("and {} older", calls.len() - room))?;
        }
        // Nothing below the cursor.
        common::print(b"\x1b[J")
    }

    /// Writes one line in one piece, as much of it as the terminal is wide.
    fn line(&self, attributes: &str, text: &str) -> Result<(), Trouble> {
        let text: String = text.chars().take(self.columns.saturating_sub(1)).collect();
        common::print(format!("{attributes}{text}\x1b[m\x1b[K\n").as_bytes())
    }

    /// Asks how large the terminal is, in the one way that needs nothing but what every Unix has.
    fn measure(&mut self) {
        self.measured = Some(Instant::now());
        let Ok(terminal) = std::fs::File::open("/dev/tty") else { return };
        let Ok(output) = std::process::Command::new("stty").arg("size").stdin(terminal).output() else { return };
        let answer = String::from_utf8_lossy(&output.stdout);
        let mut numbers = answer.split_whitespace().map_while(|word| word.parse().ok()).filter(|number| *number > 0);
        if let (Some(rows), Some(columns)) = (numbers.next(), numbers.next()) {
            (self.rows, self.columns) = (rows, columns);
        }
    }
}

/// A line of the table: each cell as wide as its column.
fn row(cells: [&str; COLUMNS.len()]) -> String {
    let mut line = String::new();
    for (cell, (_, width)) in cells.into_iter().zip(COLUMNS) {
        let length = cell.chars().count();
        let (kept, mark) = if length > width { (width - 1, "…") } else { (length, "") };
        let text: String = cell.chars().take(kept).chain(mark.chars()).collect();
        // Writing to a string cannot fail.
        let _ = write!(line, "{text:<width$}  ");
    }
    line
}

/// A span of time as `1:02:03`, or `2:03` if it is short.
pub(crate) fn clock(span: Duration) -> String {
    let (hours, minutes, seconds) = (span.as_secs() / 3600, span.as_secs() / 60 % 60, span.as_secs() % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
