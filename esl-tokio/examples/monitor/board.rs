//! What is shown.
//!
//! Nothing of the terminal is changed that would have to be changed back: the cursor stays visible, the screen is the
//! usual one, line wrap stays on. Each line goes out in one piece and switches its attributes off at its end, and the
//! cursor rests below the table. So the terminal is in order whenever a signal kills the program.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use esl_proto::calls::{Call, CallBuf, Calls, Change, Heap};
use esl_proto::name::{CallDirection, CallState, HangupCause};
use esl_tokio::name::EventName;
use esl_tokio::{EventBuf, Stats};

use crate::common::print;

/// How often the table is drawn.
pub(crate) const PERIOD: Duration = Duration::from_millis(400);
/// How many periods the history has.
const HISTORY: usize = 40;
/// How long a call stays in the table after its end.
const FAREWELL: Duration = Duration::from_secs(5);
/// The columns and their widths: 80 in all but the last.
const COLUMNS: [(&str, usize); 7] = [
    ("STATE", 9),
    ("DIR", 3),
    ("CALLER", 12),
    ("DESTINATION", 12),
    ("TIME", 7),
    ("APPLICATION, CAUSE", 24),
    ("BRIDGED TO, UUID", 36),
];

/// A call, and when it was first and last heard of.
struct Row {
    call: CallBuf,
    began: Instant,
    ended: Option<Instant>,
}

#[derive(Default)]
struct Totals {
    inbound: u64,
    outbound: u64,
    answered: u64,
    ended: u64,
}

pub(crate) struct Board {
    peer: String,
    calls: Calls<Heap>,
    rows: BTreeMap<Vec<u8>, Row>,
    /// Whose state was shown last, so that a line is said once for each change.
    said: BTreeMap<Vec<u8>, String>,
    totals: Totals,
    rates: VecDeque<u64>,
    events: u64,
    ticked: Option<Instant>,
    news: Option<(String, Instant)>,
    size: (usize, usize),
    colours: bool,
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

fn state(call: Call<'_>) -> String {
    match (call.cause(), call.call_state()) {
        (Some(_), _) => "HANGUP".into(),
        (None, Some(state)) => text(state.as_bytes()),
        (None, None) => "?".into(),
    }
}

fn direction(call: Call<'_>) -> &'static str {
    match call.direction() {
        Some(CallDirection::Inbound) => "in",
        Some(CallDirection::Outbound) => "out",
        _ => "",
    }
}

fn last(call: Call<'_>) -> String {
    call.cause().map_or_else(|| text(call.application()), |cause| text(cause.as_bytes()))
}

impl Board {
    pub(crate) fn new(peer: &str) -> Self {
        Self {
            peer: peer.into(),
            calls: Calls::new(100_000),
            rows: BTreeMap::new(),
            said: BTreeMap::new(),
            totals: Totals::default(),
            rates: VecDeque::from([0; HISTORY]),
            events: 0,
            ticked: None,
            news: None,
            size: (80, 24),
            colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    /// Begins anew with the calls that there are.
    pub(crate) fn restore(&mut self, list: &[u8]) {
        if self.calls.restore(list, |_| {}).is_ok() {
            let (now, calls) = (Instant::now(), &self.calls);
            self.rows.retain(|uuid, _| calls.get(uuid).is_some());
            for call in self.calls.iter() {
                let row = Row { call: call.into_owned(), began: now, ended: None };
                self.rows.entry(call.uuid().to_vec()).or_insert(row).call = call.into_owned();
            }
        }
    }

    /// Takes in an event. Gives a line if the call's state has changed by it.
    pub(crate) fn take(&mut self, event: &EventBuf) -> Option<String> {
        let uuid = event.unique_id()?.to_vec();
        let now = Instant::now();
        let (mut has_begun, mut ended) = (false, None);
        match self.calls.take(&event.as_event()) {
            Change::Began => has_begun = true,
            Change::Renamed(old) => drop(self.rows.remove(old)),
            Change::Ended(call) => ended = Some(call.into_owned()),
            _ => {}
        }
        let is_gone = ended.is_some();
        let owned = match ended {
            Some(call) => call,
            None => self.calls.get(&uuid)?.into_owned(),
        };
        let call = owned.as_call();
        match call.direction() {
            _ if !has_begun => {}
            Some(CallDirection::Outbound) => self.totals.outbound += 1,
            _ => self.totals.inbound += 1,
        }
        self.totals.answered += u64::from(event.name() == Some(EventName::ChannelAnswer));
        let is_over = call.cause().is_some() || is_gone;
        let row = || Row { call: owned.clone(), began: now, ended: None };
        let known = self.rows.entry(uuid.clone()).or_insert_with(row);
        known.call = owned.clone();
        if is_over && known.ended.is_none() {
            known.ended = Some(now);
            self.totals.ended += 1;
        }
        let shown = if call.cause().is_some() { format!("HANGUP {}", last(call)) } else { state(call) };
        if self.said.insert(uuid.clone(), shown.clone()).as_ref() == Some(&shown) {
            return None;
        }
        if is_gone {
            self.said.remove(&uuid);
            return None;
        }
        let (caller, destination) = (text(call.caller_number()), text(call.destination()));
        let date = event.get("Event-Date-Local").unwrap_or_default();
        Some(format!(
            "{date} {} {} {caller} -> {destination} {} {}\n",
            state(call),
            direction(call),
            last(call),
            text(&uuid)
        ))
    }

    /// A line that stands for a while.
    pub(crate) fn say(&mut self, news: &str) {
        self.news = Some((news.to_owned(), Instant::now()));
    }

    /// A period is over.
    pub(crate) fn tick(&mut self, stats: Stats, now: Instant) {
        let span = self.ticked.map_or(PERIOD, |ticked| now - ticked).as_secs_f64();
        self.rates.pop_front();
        self.rates.push_back(((stats.events - self.events) as f64 / span.max(0.001)) as u64);
        (self.events, self.ticked) = (stats.events, Some(now));
        self.rows.retain(|_, row| row.ended.is_none_or(|ended| now - ended < FAREWELL));
        let rows = &self.rows;
        self.said.retain(|uuid, _| rows.contains_key(uuid));
    }

    /// Moves what stands on the terminal up, out of the table's way.
    pub(crate) fn make_room(&mut self) -> io::Result<()> {
        self.measure();
        print("\n".repeat(self.size.1))
    }

    pub(crate) fn draw(&mut self, is_open: bool) -> io::Result<()> {
        let now = Instant::now();
        self.measure();
        let bars: Vec<char> = " ▁▂▃▄▅▆▇█".chars().collect();
        let most = self.rates.iter().copied().max().unwrap_or(0).max(1);
        let history: String = self.rates.iter().map(|rate| bars[(rate * 8).div_ceil(most) as usize]).collect();
        let alive = self.rows.values().filter(|row| row.ended.is_none()).count();
        let Totals { inbound, outbound, answered, ended } = self.totals;
        let share = (answered * 100).checked_div(inbound + outbound).map_or("-".into(), |share| format!("{share} %"));
        // To the upper left corner.
        print("\x1b[H")?;
        let link = if is_open { "" } else { "  CONNECTION LOST, trying again" };
        self.line("\x1b[1m", &format!("Calls of {}{link}", self.peer))?;
        let totals = format!("{alive} now   {inbound} in, {outbound} out, {share} answered, {ended} ended");
        self.line("", &totals)?;
        self.line("", &format!("{:>6} events/s {history}", self.rates.back().copied().unwrap_or(0)))?;
        self.line("\x1b[7m", &row(COLUMNS.map(|(name, _)| name)))?;
        // Seven lines are for these, for what does not fit, for the last two and for the cursor.
        let room = self.size.1.saturating_sub(8);
        let mut rows: Vec<&Row> = self.rows.values().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.began));
        for shown in rows.iter().take(room) {
            let Row { call, began, ended } = shown;
            let call = call.as_call();
            let (state, duration) = (state(call), clock(ended.unwrap_or(now) - *began));
            let (caller, destination) = (text(call.caller_number()), text(call.destination()));
            let other = call.other_leg().map_or_else(|| text(call.uuid()), |other| format!("= {}", text(other)));
            let last = last(call);
            let attributes = match call.cause() {
                Some(HangupCause::NormalClearing) => "\x1b[2m",
                Some(_) => "\x1b[31m",
                None if call.call_state() == Some(CallState::Active) => "\x1b[32m",
                None => "",
            };
            self.line(attributes, &row([&state, direction(call), &caller, &destination, &duration, &last, &other]))?;
        }
        if rows.len() > room {
            self.line("", &format!("and {} older", rows.len() - room))?;
        }
        let news = self.news.as_ref().filter(|(_, said)| now - *said < 4 * FAREWELL).map_or("", |(news, _)| news);
        self.line("\x1b[33m", news)?;
        self.line("\x1b[2m", "Ctrl-C ends it")?;
        // Nothing below the cursor.
        print("\x1b[J")
    }

    /// Writes one line in one piece, as much of it as the terminal is wide.
    fn line(&self, attributes: &str, text: &str) -> io::Result<()> {
        let text: String = text.chars().take(self.size.0.saturating_sub(1)).collect();
        match self.colours {
            true => print(format!("{attributes}{text}\x1b[m\x1b[K\n")),
            false => print(format!("{text}\x1b[K\n")),
        }
    }

    /// Asks how large the terminal is, in the one way that needs nothing but what every Unix has.
    fn measure(&mut self) {
        let Ok(terminal) = std::fs::File::open("/dev/tty") else { return };
        let Ok(output) = std::process::Command::new("stty").arg("size").stdin(terminal).output() else { return };
        let answer = String::from_utf8_lossy(&output.stdout);
        let mut numbers = answer.split_whitespace().map_while(|word| word.parse().ok()).filter(|number| *number > 0);
        if let (Some(rows), Some(columns)) = (numbers.next(), numbers.next()) {
            self.size = (columns, rows);
        }
    }
}

/// A line of the table: each cell as wide as its column.
fn row(cells: [&str; COLUMNS.len()]) -> String {
    let cell = |(cell, (_, width)): (&str, (&str, usize))| {
        let length = cell.chars().count();
        let (kept, mark) = if length > width { (width - 1, "…") } else { (length, "") };
        let text: String = cell.chars().take(kept).chain(mark.chars()).collect();
        format!("{text:<width$}  ")
    };
    cells.into_iter().zip(COLUMNS).map(cell).collect()
}

/// A span of time as `1:02:03`, or `2:03` if it is short.
fn clock(span: Duration) -> String {
    let (hours, minutes, seconds) = (span.as_secs() / 3600, span.as_secs() / 60 % 60, span.as_secs() % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
