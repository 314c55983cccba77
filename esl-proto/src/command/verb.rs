//! The words that commands begin with: one table for [`Command::parse`], the client's rules, the listener and the pages.
//!
//! The table has the server's order, which `docs/protocol.md` repeats. The order changes nothing: no word is the beginning
//! of another.

use super::Command;
use crate::text::cut::after;

/// What a command does, whatever word it is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Exit,
    Auth,
    UserAuth,
    Filter,
    Resume,
    Connect,
    GetVar,
    MyEvents,
    DivertEvents,
    SendMsg,
    SendEvent,
    Api,
    BgApi,
    Log,
    Linger,
    NoLinger,
    NoLog,
    Event,
    NixEvent,
    NoEvents,
}

/// On which connections the server knows a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On all, also before a password.
    Always,
    /// Inbound, before a password.
    Login,
    /// On all, after a password.
    Any,
    /// Inbound, and outbound with full control.
    Full,
}

/// Whether a command needs a controlled channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    Unneeded,
    /// Unless it names a channel.
    Unnamed,
    /// The reply without a channel.
    Needed(&'static str),
}

/// What the server says of a word that it does not know on this connection.
pub(crate) const NOT_FOUND: &str = "-ERR command not found";

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) verb: Verb,
    /// A command line begins with this, in any case of its letters.
    word: &'static [u8],
    pub(crate) place: Place,
    pub(crate) session: Session,
}

const fn row(verb: Verb, word: &'static [u8], place: Place, session: Session) -> Row {
    Row { verb, word, place, session }
}

/// The words, in the server's order. Some end in a blank.
pub(crate) const TABLE: [Row; 21] = {
    use Place::{Always, Any, Full, Login};
    use Session::{Needed, Unnamed, Unneeded};
    [
        row(Verb::Exit, b"exit", Always, Unneeded),
        row(Verb::Exit, b"...", Always, Unneeded),
        row(Verb::Auth, b"auth ", Login, Unneeded),
        row(Verb::UserAuth, b"userauth ", Login, Unneeded),
        row(Verb::Filter, b"filter ", Any, Unneeded),
        row(Verb::Resume, b"resume", Any, Needed(NOT_FOUND)),
        row(Verb::Connect, b"connect", Any, Needed(NOT_FOUND)),
        row(Verb::GetVar, b"getvar", Any, Needed(NOT_FOUND)),
        row(Verb::MyEvents, b"myevents", Any, Unnamed),
        row(Verb::DivertEvents, b"divert_events", Any, Needed("-ERR not controlling a session.")),
        row(Verb::SendMsg, b"sendmsg", Any, Unnamed),
        row(Verb::SendEvent, b"sendevent", Full, Unneeded),
        row(Verb::Api, b"api ", Full, Unneeded),
        row(Verb::BgApi, b"bgapi ", Full, Unneeded),
        row(Verb::Log, b"log", Full, Unneeded),
        row(Verb::NoLog, b"nolog", Full, Unneeded),
        row(Verb::Linger, b"linger", Full, Needed("-ERR not controlling a session")),
        row(Verb::NoLinger, b"nolinger", Full, Needed("-ERR not controlling a session")),
        row(Verb::Event, b"event", Full, Unneeded),
        row(Verb::NixEvent, b"nixevent", Full, Unneeded),
        row(Verb::NoEvents, b"noevents", Full, Unneeded),
    ]
};

/// The table's line for a command line, and what follows the word.
pub(crate) fn find(line: &[u8]) -> Option<(&'static Row, &[u8])> {
    TABLE.iter().find_map(|row| Some((row, after(row.word, line)?)))
}

impl Verb {
    /// What a command line of this verb begins with.
    pub(crate) const fn word(self) -> &'static [u8] {
        match self.row() {
            Some(row) => row.word,
            None => b"",
        }
    }

    /// The verb's first line in the table.
    const fn row(self) -> Option<&'static Row> {
        const ROWS: &[Row] = &TABLE;
        let mut rest = ROWS;
        while let [row, others @ ..] = rest {
            if row.verb as u8 == self as u8 {
                return Some(row);
            }
            rest = others;
        }
        None
    }
}

/// What a command needs of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Full control, in outbound mode.
    pub(crate) full: bool,
    /// A controlled channel.
    pub(crate) channel: bool,
    /// Whether a channel's uuid in the command would do, too.
    pub(crate) or_uuid: bool,
}

impl Command<'_> {
    pub(crate) const fn verb(&self) -> Verb {
        match self {
            Self::Auth { .. } => Verb::Auth,
            Self::UserAuth { .. } => Verb::UserAuth,
            Self::Api { .. } => Verb::Api,
            Self::BgApi { .. } => Verb::BgApi,
            Self::Event { .. } => Verb::Event,
            Self::NixEvent { .. } => Verb::NixEvent,
            Self::NoEvents => Verb::NoEvents,
            Self::MyEvents { .. } => Verb::MyEvents,
            Self::DivertEvents { .. } => Verb::DivertEvents,
            Self::Filter(_) => Verb::Filter,
            Self::SendEvent(_) => Verb::SendEvent,
            Self::SendMsg(_) => Verb::SendMsg,
            Self::Log { .. } => Verb::Log,
            Self::NoLog => Verb::NoLog,
            Self::Linger { .. } => Verb::Linger,
            Self::NoLinger => Verb::NoLinger,
            Self::GetVar { .. } => Verb::GetVar,
            Self::Connect => Verb::Connect,
            Self::Resume => Verb::Resume,
            Self::Exit => Verb::Exit,
        }
    }

    /// What the command needs of its connection, by the table.
    pub(crate) const fn needs(&self) -> Needs {
        let Some(row) = self.verb().row() else { return Needs { full: false, channel: false, or_uuid: false } };
        let named = match self {
            Self::MyEvents { uuid, .. } => uuid.is_some(),
            Self::SendMsg(message) => message.uuid.is_some(),
            _ => false,
        };
        let (channel, or_uuid) = match row.session {
            Session::Unneeded => (false, false),
            Session::Unnamed => (!named, true),
            Session::Needed(_) => (true, false),
        };
        Needs { full: matches!(row.place, Place::Full), channel, or_uuid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_begins_another_so_that_their_order_changes_nothing() {
        for (place, row) in TABLE.iter().enumerate() {
            for (other_place, other) in TABLE.iter().enumerate() {
                assert!(place == other_place || !other.word.starts_with(row.word));
            }
        }
    }

    #[test]
    fn each_verb_is_found_by_its_word() {
        for row in &TABLE {
            let line = [&row.word.to_ascii_uppercase(), &b"x"[..]].concat();
            let (found, rest) = find(&line).expect("a word of the table");
            assert_eq!((found.verb, rest), (row.verb, &b"x"[..]));
            assert!(row.verb == Verb::Exit || row.verb.word() == row.word);
        }
    }

    /// The page says where each command is known, in the table's order.
    #[test]
    fn the_page_of_the_protocol_has_this_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol.md");
        // Not part of the package.
        let Ok(page) = std::fs::read_to_string(page) else { return };
        let table = page.split("### 5.2 All commands").nth(1).and_then(|rest| rest.split("### 5.3").next()).unwrap();
        let mut rows = TABLE.iter().peekable();
        let mut before: Option<&Row> = None;
        for line in table.lines().filter(|line| line.starts_with("| `")) {
            let columns: Vec<&str> = line.split(" | ").collect();
            for call in columns[0].trim_start_matches("| ").split("`, `") {
                let call = format!("{} ", call.trim_matches('`'));
                let begins = |row: &Row| call.as_bytes().starts_with(row.word);
                let row = rows.next_if(|row| begins(row)).or(before.filter(|row| begins(row)));
                let row = row.unwrap_or_else(|| panic!("{call}has no place in the table after {before:?}"));
                let place = match (row.place, row.session) {
                    (Place::Always, _) => "any, also before authentication",
                    (Place::Login, _) => "before authentication",
                    (Place::Any, Session::Needed(_)) => "session",
                    (Place::Any, _) => "any",
                    (Place::Full, Session::Needed(_)) => "full, session",
                    (Place::Full, _) => "full",
                };
                assert_eq!(columns[1], place, "{call}");
                before = Some(row);
            }
        }
        assert!(rows.peek().is_none(), "the page lacks {:?}", rows.peek());
    }
}
