//! What is shown.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, MoveTo, MoveToNextLine, Show};
use crossterm::style::{Attribute, Color, Print, SetAttribute, SetForegroundColor};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, size,
};
use crossterm::{execute, queue};
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

/// The terminal while the table is on it: a screen of its own, without a cursor. Dropping it gives the old one back, however
/// the program ends, unless it is killed outright.
pub(crate) struct Screen(());

impl Screen {
    pub(crate) fn enter() -> io::Result<Self> {
        let screen = Self(());
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody could be told.
        let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
    }
}

/// How a line looks.
#[derive(Clone, Copy)]
enum Look {
    Plain,
    Bold,
    Dim,
    Reverse,
    In(Color),
}

/// A call, and when it was first and last heard of.
struct Row {
    call: CallBuf,
    began: Instant,
    ended: Option<Instant>,
    /// Its beginning was seen, and it has not been answered since: whether it will be is counted.
    rings: bool,
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
            colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    /// Begins anew with the calls that there are.
    pub(crate) fn restore(&mut self, list: &[u8]) {
        if self.calls.restore(list, |_| {}).is_ok() {
            let (now, calls) = (Instant::now(), &self.calls);
            self.rows.retain(|uuid, _| calls.get(uuid).is_some());
            for call in self.calls.iter() {
                let row = Row { call: call.into_owned(), began: now, ended: None, rings: false };
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
            Change::Renamed(old) => {
                if let Some(row) = self.rows.remove(old) {
                    self.rows.insert(uuid.clone(), row);
                }
            }
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
        let is_over = call.cause().is_some() || is_gone;
        let row = || Row { call: owned.clone(), began: now, ended: None, rings: has_begun };
        let known = self.rows.entry(uuid.clone()).or_insert_with(row);
        known.call = owned.clone();
        if event.name() == Some(EventName::ChannelAnswer) {
            self.totals.answered += u64::from(std::mem::take(&mut known.rings));
        }
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

    /// The calls so far, in a line.
    pub(crate) fn totals(&self) -> String {
        let Totals { inbound, outbound, answered, ended } = self.totals;
        let share = (answered * 100).checked_div(inbound + outbound).map_or("-".into(), |share| format!("{share} %"));
        format!("{inbound} in, {outbound} out, {share} answered, {ended} ended")
    }

    pub(crate) fn draw(&self, is_open: bool) -> io::Result<()> {
        let now = Instant::now();
        // Some terminals do not know it, and say 0.
        let known = size().ok().filter(|(columns, lines)| *columns > 0 && *lines > 0).unwrap_or((80, 24));
        let (columns, lines) = (usize::from(known.0), usize::from(known.1));
        let bars: Vec<char> = " ▁▂▃▄▅▆▇█".chars().collect();
        let most = self.rates.iter().copied().max().unwrap_or(0).max(1);
        let history: String = self.rates.iter().map(|rate| bars[(rate * 8).div_ceil(most) as usize]).collect();
        let alive = self.rows.values().filter(|row| row.ended.is_none()).count();
        let link = if is_open { "" } else { "   CONNECTION LOST, trying again" };
        let mut shown = vec![
            (Look::Bold, format!("The calls of FreeSWITCH at {}, live{link}", self.peer)),
            (Look::Plain, format!("{alive} now   {}", self.totals())),
            (Look::Plain, format!("{:>6} events/s {history}", self.rates.back().copied().unwrap_or(0))),
            (Look::Reverse, row(COLUMNS.map(|(name, _)| name))),
        ];
        // Four lines stand above the calls, and below them what does not fit, what is new, and how to end it.
        let room = lines.saturating_sub(7);
        let mut rows: Vec<&Row> = self.rows.values().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.began));
        for Row { call, began, ended, .. } in rows.iter().take(room) {
            let call = call.as_call();
            let (state, duration) = (state(call), clock(ended.unwrap_or(now) - *began));
            let (caller, destination) = (text(call.caller_number()), text(call.destination()));
            let other = call.other_leg().map_or_else(|| text(call.uuid()), |other| format!("= {}", text(other)));
            let look = match call.cause() {
                Some(HangupCause::NormalClearing) => Look::Dim,
                Some(_) => Look::In(Color::Red),
                None if call.call_state() == Some(CallState::Active) => Look::In(Color::Green),
                None => Look::Plain,
            };
            let cells = [&*state, direction(call), &caller, &destination, &duration, &last(call), &other];
            shown.push((look, row(cells)));
        }
        if rows.len() > room {
            shown.push((Look::Plain, format!("and {} older", rows.len() - room)));
        }
        let news = self.news.as_ref().filter(|(_, said)| now - *said < 4 * FAREWELL).map_or("", |(news, _)| news);
        shown.push((Look::In(Color::Yellow), news.to_owned()));
        shown.push((Look::Dim, "Ctrl-C ends it".to_owned()));
        // In one piece, so that nothing flickers.
        let mut out = Vec::new();
        queue!(out, BeginSynchronizedUpdate, MoveTo(0, 0))?;
        for (place, (look, text)) in shown.iter().enumerate() {
            if place > 0 {
                queue!(out, MoveToNextLine(1))?;
            }
            let text: String = text.chars().take(columns).collect();
            match look {
                _ if !self.colours => {}
                Look::Plain => {}
                Look::Bold => queue!(out, SetAttribute(Attribute::Bold))?,
                Look::Dim => queue!(out, SetAttribute(Attribute::Dim))?,
                Look::Reverse => queue!(out, SetAttribute(Attribute::Reverse))?,
                Look::In(color) => queue!(out, SetForegroundColor(*color))?,
            }
            queue!(out, Print(text))?;
            if self.colours {
                queue!(out, SetAttribute(Attribute::Reset))?;
            }
            queue!(out, Clear(ClearType::UntilNewLine))?;
        }
        queue!(out, Clear(ClearType::FromCursorDown), EndSynchronizedUpdate)?;
        print(out)
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
