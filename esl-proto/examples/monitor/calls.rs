//! The calls of a server, as its events tell of them.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use esl_proto::event::HeaderSlot;
use esl_proto::name::{AnswerState, EventName, header};
use esl_proto::{Event, Value};

/// How long a call stays in the table after its end.
const FAREWELL: Duration = Duration::from_secs(5);
/// A call that the server does not list, and that nothing was heard of for so long, has ended unheard.
const SILENCE: Duration = Duration::from_secs(10);
/// Between the columns of the server's list: hardly a value holds this.
const SEPARATOR: &str = "|~|";
/// The command whose answer [`Calls::take_list`] reads.
pub(crate) const LIST: &str = "show channels as delim |~|";

/// A channel: one leg of a call.
pub(crate) struct Call {
    pub(crate) uuid: String,
    pub(crate) state: String,
    pub(crate) direction: String,
    pub(crate) caller: String,
    pub(crate) destination: String,
    /// The last event, or the hangup cause after the end.
    pub(crate) last: String,
    /// The server's clock at the last event.
    pub(crate) date: String,
    started: Instant,
    heard: Instant,
    ended: Option<Instant>,
    /// Whether it is new, or its state has changed, since [`Calls::news`] was last asked.
    changed: bool,
}

impl Call {
    fn new(uuid: String, now: Instant) -> Self {
        let [state, direction, caller, destination, last, date] = Default::default();
        let (started, heard) = (now, now);
        Self { uuid, state, direction, caller, destination, last, date, started, heard, ended: None, changed: true }
    }

    pub(crate) fn duration(&self, now: Instant) -> Duration {
        self.ended.unwrap_or(now).saturating_duration_since(self.started)
    }

    fn set_state(&mut self, state: String) {
        self.changed |= self.state != state;
        self.state = state;
    }

    fn end(&mut self, cause: String, now: Instant) {
        self.ended.get_or_insert(now);
        self.changed |= self.last != cause;
        self.last = cause;
        self.state = "HANGUP".into();
    }
}

impl fmt::Display for Call {
    /// A line of news.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, state, direction, caller, destination, last, uuid, .. } = self;
        write!(f, "{date} {state} {direction} {caller} -> {destination} {last} {uuid}")
    }
}

/// All calls, the newest last.
#[derive(Default)]
pub(crate) struct Calls(Vec<Call>);

impl Calls {
    /// Takes in what an event says of its call.
    pub(crate) fn take_event(&mut self, event: &Event<'_>) {
        // More than a few look-ups: an index is worth its while.
        let mut slots = [HeaderSlot::EMPTY; 256];
        let event = event.index(&mut slots);
        let text = |name: &str| event.get(name).map(printable).unwrap_or_default();
        let (Some(uuid), Some(name)) = (event.get(header::UNIQUE_ID), event.name()) else { return };
        let now = Instant::now();
        let known = self.0.iter().position(|call| uuid == *call.uuid);
        let has_ended = event
            .get(header::ANSWER_STATE)
            .is_some_and(|state| AnswerState::from_bytes(state.raw()) == AnswerState::Hangup);
        if known.is_none() && has_ended {
            // The last words of a call that has left the table.
            return;
        }
        let place = known.unwrap_or_else(|| {
            self.0.push(Call::new(printable(uuid), now));
            self.0.len() - 1
        });
        let call = &mut self.0[place];
        call.heard = now;
        call.date = text("Event-Date-Local");
        call.direction = text(header::CALL_DIRECTION);
        call.caller = text("Caller-Caller-ID-Number");
        call.destination = text("Caller-Destination-Number");
        // Both times are of the server's clock, which need not be that of this machine.
        let number = |name: &str| event.get(name).and_then(|value| value.to_u64()).filter(|number| *number > 0);
        if let (Some(created), Some(fired)) =
            (number("Caller-Channel-Created-Time"), number(header::EVENT_DATE_TIMESTAMP))
        {
            call.started = now.checked_sub(Duration::from_micros(fired.saturating_sub(created))).unwrap_or(now);
        }
        if has_ended {
            call.end(text(header::HANGUP_CAUSE), now);
            return;
        }
        // A call that the server's list did not have is there after all.
        call.ended = None;
        call.set_state(text(header::CHANNEL_CALL_STATE));
        let name_text = name.to_string();
        call.last = name_text.strip_prefix("CHANNEL_").unwrap_or(&name_text).to_owned();
        if matches!(name, EventName::ChannelExecute | EventName::ChannelExecuteComplete) {
            call.last = format!("{} {}", call.last, text("Application"));
        }
    }

    /// Takes in the server's list of all channels, whose first line names its columns: what was there before the
    /// subscription, and what has ended before it.
    pub(crate) fn take_list(&mut self, list: &[u8]) {
        let now = Instant::now();
        let list = String::from_utf8_lossy(list);
        let mut lines = list.lines();
        let names: Vec<&str> = lines.next().unwrap_or_default().split(SEPARATOR).collect();
        let rows: HashMap<&str, HashMap<&str, &str>> = lines
            .map(|line| names.iter().copied().zip(line.split(SEPARATOR)).collect::<HashMap<_, _>>())
            .filter_map(|row| Some((*row.get("uuid")?, row)))
            .filter(|(_, row)| row.len() == names.len())
            .collect();
        for call in self.0.iter_mut().filter(|call| call.ended.is_none() && now - call.heard > SILENCE) {
            if !rows.contains_key(&call.uuid[..]) {
                call.end("gone".into(), now);
            }
        }
        for (uuid, row) in rows {
            if self.0.iter().any(|call| call.uuid == uuid) {
                continue;
            }
            let text = |name: &str| {
                row.get(name).map(|text| printable(Value::from_bytes(text.as_bytes()))).unwrap_or_default()
            };
            let mut call = Call::new(uuid.to_owned(), now);
            (call.state, call.direction, call.date) = (text("callstate"), text("direction"), text("created"));
            (call.caller, call.destination, call.last) = (text("cid_num"), text("dest"), text("application"));
            // The best that there is: the next event corrects it if the two clocks differ.
            let created = Duration::from_secs(text("created_epoch").parse().unwrap_or(0));
            let age = SystemTime::UNIX_EPOCH.checked_add(created).and_then(|created| created.elapsed().ok());
            call.started = age.and_then(|age| now.checked_sub(age)).unwrap_or(now);
            self.0.push(call);
        }
    }

    /// The calls that have come, changed their state or ended since this was last asked.
    pub(crate) fn news(&mut self) -> impl Iterator<Item = &Call> {
        self.0.iter_mut().filter_map(|call| std::mem::take(&mut call.changed).then_some(&*call))
    }

    /// All calls, after those have gone whose end was shown long enough.
    pub(crate) fn current(&mut self, now: Instant) -> &[Call] {
        self.0.retain(|call| call.ended.is_none_or(|ended| now.saturating_duration_since(ended) < FAREWELL));
        &self.0
    }

    /// The number of calls that have not ended.
    pub(crate) fn alive(&self) -> usize {
        self.0.iter().filter(|call| call.ended.is_none()).count()
    }
}

/// A value as text that is safe to show: a caller's name must not control the terminal.
fn printable(value: Value<'_>) -> String {
    value.to_string().chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}
