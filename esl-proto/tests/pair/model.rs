//! What a connection subscribes to, as the reference tells it.

use std::collections::BTreeSet;

use super::events::{Content, Happening};
use super::play::CHANNEL;

/// Event names that the tests use, some that no server has, and one with the front that is overlooked.
pub(crate) const NAMES: [&str; 9] = [
    "HEARTBEAT",
    "heartbeat",
    "CHANNEL_ANSWER",
    "DTMF",
    "RELOADXML",
    "SWITCH_EVENT_TALK",
    "NOSUCH",
    "ALL",
    "CHANNEL_STATE",
];
/// What of [`KNOWN`] `myevents` brings.
const MINE: [&str; 4] = ["CHANNEL_ANSWER", "DTMF", "TALK", "CHANNEL_STATE"];
/// All names that there are, as far as these tests go.
pub(crate) const KNOWN: [&str; 7] =
    ["CUSTOM", "HEARTBEAT", "CHANNEL_ANSWER", "DTMF", "RELOADXML", "TALK", "CHANNEL_STATE"];

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) format: String,
    pub(crate) log: Option<i8>,
    listening: bool,
    all: bool,
    names: BTreeSet<String>,
    subclasses: BTreeSet<String>,
    filters: Vec<(String, String)>,
    mine: bool,
    channel: bool,
}

fn known(word: &str) -> Option<String> {
    let upper = word.to_uppercase();
    let name = upper.strip_prefix("SWITCH_EVENT_").unwrap_or(&upper);
    (name == "ALL" || KNOWN.contains(&name)).then(|| name.to_owned())
}

impl Model {
    pub(crate) fn new(outbound: bool) -> Self {
        Self {
            format: "plain".into(),
            log: None,
            listening: false,
            all: false,
            names: BTreeSet::new(),
            subclasses: BTreeSet::new(),
            filters: Vec::new(),
            mine: false,
            channel: outbound,
        }
    }

    /// Does a command, and says what the reply says.
    pub(crate) fn command(&mut self, line: &str) -> String {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        let session = |text: &str| if self.channel { text } else { "-ERR not controlling a session" }.to_owned();
        match first {
            "event" => self.event(rest),
            "nixevent" => self.nixevent(rest),
            "noevents" => {
                let was = std::mem::take(&mut self.listening);
                if !was {
                    return "-ERR not listening for events".into();
                }
                self.all = false;
                self.names.clear();
                self.subclasses.clear();
                "+OK no longer listening for events".into()
            }
            "filter" => self.filter(rest),
            "myevents" => {
                if self.mine {
                    return "-ERR aready enabled.".into();
                }
                assert_eq!(rest, CHANNEL);
                (self.mine, self.channel, self.listening) = (true, true, true);
                self.names.extend(MINE.map(str::to_owned));
                "+OK Events Enabled".into()
            }
            "log" => {
                let (level, word) = match rest {
                    "" => (7, ""),
                    "disable" => (-1, rest),
                    "99" => (63, rest),
                    number => (number.parse().unwrap(), rest),
                };
                self.log = Some(level);
                format!("+OK log level {word} [{level}]")
            }
            "nolog" => match self.log.take() {
                Some(_) => "+OK no longer logging".into(),
                None => "-ERR not loging".into(),
            },
            "linger" if rest.is_empty() => session("+OK will linger"),
            "linger" => session(&format!("+OK will linger {rest} seconds")),
            "nolinger" => session("+OK will not linger"),
            "divert_events" => match (self.channel, rest) {
                (false, _) => "-ERR not controlling a session.".into(),
                (true, "on") => "+OK events diverted".into(),
                (true, _) => "+OK events not diverted".into(),
            },
            "bgapi" => "+OK Job-UUID: a-job".into(),
            "getvar" => "a value".into(),
            "resume" => "+OK".into(),
            "sendmsg" => "-ERR invalid session id [nobody]".into(),
            other => panic!("{other}"),
        }
    }

    fn event(&mut self, rest: &str) -> String {
        let mut words: Vec<&str> = rest.split(' ').collect();
        if let Some(format) = ["plain", "json", "xml"].iter().find(|format| words[0].eq_ignore_ascii_case(format)) {
            self.format = (*format).to_owned();
            words.remove(0);
        }
        let mut names = words.split(|word| word.eq_ignore_ascii_case("CUSTOM"));
        let plain: Vec<String> = names.next().unwrap_or_default().iter().filter_map(|word| known(word)).collect();
        let custom = words.iter().position(|word| word.eq_ignore_ascii_case("CUSTOM"));
        if plain.is_empty() && custom.is_none() {
            return "-ERR no keywords supplied".into();
        }
        for name in plain {
            if name == "ALL" {
                self.all = true;
                self.names.extend(KNOWN.map(str::to_owned));
            }
            self.names.insert(name);
        }
        if let Some(custom) = custom {
            self.names.insert("CUSTOM".into());
            self.subclasses.extend(words[custom + 1..].iter().map(|word| (*word).to_owned()));
        }
        self.listening = true;
        format!("+OK event listener enabled {}", self.format)
    }

    fn nixevent(&mut self, rest: &str) -> String {
        let words: Vec<&str> = rest.split(' ').collect();
        let custom = words.iter().position(|word| word.eq_ignore_ascii_case("CUSTOM"));
        let plain: Vec<String> = words[..custom.unwrap_or(words.len())].iter().filter_map(|word| known(word)).collect();
        if plain.is_empty() && custom.is_none() {
            return "-ERR no keywords supplied".into();
        }
        for name in plain {
            self.all = false;
            if name == "ALL" {
                self.names.clear();
            }
            self.names.remove(&name);
        }
        for subclass in custom.map_or(&[][..], |custom| &words[custom + 1..]) {
            self.subclasses.remove(*subclass);
        }
        self.listening = true;
        "+OK events nixed".into()
    }

    fn filter(&mut self, rest: &str) -> String {
        if let Some(rest) = rest.strip_prefix("delete ") {
            let (header, value) = rest.split_once(' ').unwrap_or((rest, ""));
            self.filters.retain(|(known, kept)| {
                !(header == "all" || (known.eq_ignore_ascii_case(header) && (value.is_empty() || kept == value)))
            });
            return format!("+OK filter deleted. [{header}][{value}]");
        }
        let (header, value) = rest.strip_prefix("add ").unwrap_or(rest).split_once(' ').unwrap();
        if value.is_empty() {
            self.filters.retain(|(known, _)| !known.eq_ignore_ascii_case(header));
        } else {
            self.filters.push((header.into(), value.into()));
        }
        format!("+OK filter added. [{header}]=[{value}]")
    }

    pub(crate) fn wants(&self, event: &Happening) -> bool {
        if !self.listening {
            return false;
        }
        let subclass = event.get("Event-Subclass").map(|value| value.text());
        let named = self.names.contains(&event.name)
            && (event.name != "CUSTOM" || subclass.is_none_or(|subclass| self.subclasses.contains(&subclass)));
        if !self.all && !named {
            return false;
        }
        if !self.filters.is_empty() && !self.passes(event) {
            return false;
        }
        let is_mine = |header: &str| event.get(header) == Some(Content::Text(CHANNEL.into()));
        !self.mine || is_mine("Unique-ID") || is_mine("Job-Owner-UUID")
    }

    fn passes(&self, event: &Happening) -> bool {
        let mut passes = false;
        for (header, value) in &self.filters {
            let Some(found) = event.get(header) else { continue };
            let include = value.rfind(['+', '-']).is_none_or(|sign| {
                !value[..sign].chars().all(|front| "+- ".contains(front)) || value.as_bytes()[sign] == b'+'
            });
            let compare = value.trim_start_matches(['+', '-', ' ']);
            let matches = match value.strip_prefix('/') {
                Some(word) => found.text().contains(word.trim_end_matches('/')),
                None => found.text().eq_ignore_ascii_case(compare),
            };
            if matches {
                if !include {
                    return false;
                }
                passes = true;
            }
        }
        passes
    }
}
