//! Any command, and what all commands hold to when they are written.

use esl_proto::command::{
    CallCommand, EncodeError, Events, Execute, Filter, ParseErrorKind, SendEvent, SendMsg, Unicast, Words,
};
use esl_proto::frame::{Request, Step};
use esl_proto::name::{EventName, Format, HangupCause, LogLevel};
use esl_proto::text::Insufficient;
use esl_proto::{Command, Decoder, Limits};

/// The command in storage of exactly its length, after checking that all shorter storage is refused, and the length told.
pub(crate) fn encode(command: &Command<'_>) -> Result<Vec<u8>, EncodeError> {
    let required = match command.encoded_len() {
        Ok(required) => required,
        Err(error) => {
            let mut storage = [7; 16];
            assert_eq!(command.encode(&mut storage), Err(EncodeError::Refused(error)));
            return Err(EncodeError::Refused(error));
        }
    };
    let mut short = vec![7; required - 1];
    assert_eq!(command.encode(&mut short), Err(EncodeError::Insufficient(Insufficient { required })));
    assert_eq!(command.encode(&mut []), Err(EncodeError::Insufficient(Insufficient { required })));
    let mut storage = vec![7; required + 3];
    assert_eq!(command.encode(&mut storage).map(<[u8]>::len), Ok(required));
    assert_eq!(storage.split_off(required), [7; 3]);
    Ok(storage)
}

/// The one request that `wire` is.
pub(crate) fn request(wire: &[u8]) -> Request<'_> {
    let mut decoder = Decoder::for_requests(Limits { max_body: Command::MAX_BODY, ..Limits::DEFAULT });
    match decoder.decode(wire) {
        Ok(Step::Frame { frame, consumed }) if consumed == wire.len() => frame.into(),
        other => panic!("{other:?} instead of one request"),
    }
}

/// The server reads the command that was written. There are two exceptions: event names none of which it knows, which a
/// newer one may, and what speaks of taking away the module that serves the connection.
pub(crate) fn reads_back(wire: &[u8], command: &Command<'_>) {
    let read = Command::parse(&request(wire));
    match command {
        _ if unloads(wire) => assert!(matches!(read, Ok(Command::Api { .. }))),
        Command::Event { events, .. } | Command::NixEvent { events } if !is_known(events) => {
            assert_eq!(read.map_err(|error| error.kind), Err(ParseErrorKind::NoNames));
        }
        _ => assert_eq!(read, Ok(*command)),
    }
}

fn is_known(events: &Events<'_>) -> bool {
    events.has_custom() || events.names.iter().any(|name| !matches!(name, EventName::Other(_)))
}

/// Whether a command line speaks of taking away the module that serves the connection.
pub(crate) fn unloads(wire: &[u8]) -> bool {
    let line = wire.split(|octet| *octet == b'\n').next().unwrap_or_default().to_ascii_lowercase();
    let has = |word: &[u8]| line.windows(word.len()).any(|text| text == word);
    has(b"mod_event_socket") && (has(b"unload") || has(b"reload"))
}

/// What an arbitrary command is built from.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) kind: usize,
    pub(crate) texts: Vec<Vec<u8>>,
    pub(crate) numbers: [u32; 2],
    pub(crate) flags: [bool; 6],
    pub(crate) items: usize,
}

impl Parts {
    /// How many kinds of command there are.
    pub(crate) const KINDS: usize = 26;
    /// How many texts a command is built from.
    pub(crate) const TEXTS: usize = 8;
    /// No list has as many items.
    pub(crate) const ITEMS: usize = 4;

    fn text(&self, index: usize) -> &[u8] {
        &self.texts[index]
    }

    fn option(&self, index: usize) -> Option<&[u8]> {
        self.flags[index % 6].then(|| self.text(index))
    }

    fn format(&self) -> Option<Format> {
        self.flags[0].then(|| Format::KNOWN[self.numbers[0] as usize % 3])
    }

    fn names(&self) -> Vec<EventName<'_>> {
        let known = EventName::KNOWN[self.numbers[1] as usize % EventName::KNOWN.len()];
        let choices = [known, EventName::from_bytes(self.text(0)), EventName::Other(self.text(1)), EventName::Custom];
        choices[..self.items].to_vec()
    }

    fn pairs(&self) -> Vec<(&[u8], &[u8])> {
        (0..self.items).map(|item| (self.text(2 * item), self.text(2 * item + 1))).collect()
    }

    /// Calls `check` with the command.
    pub(crate) fn with<R>(&self, check: impl FnOnce(Command<'_>) -> R) -> R {
        let names = self.names();
        let words: Vec<&[u8]> = self.texts[4..4 + self.items].iter().map(Vec::as_slice).collect();
        let pairs = self.pairs();
        let events = Events::new(&names, Words::from(&words[..]));
        let call = match self.kind {
            0..=3 => CallCommand::Execute(Execute {
                app: self.text(0),
                arg: self.text(1),
                loops: self.flags[2].then_some(self.numbers[0] as i32),
                event_uuid: self.option(3),
                event_uuid_name: self.option(4),
                hold_bleg: self.flags[5],
            }),
            4 => CallCommand::Hangup { cause: self.flags[2].then(|| HangupCause::from_bytes(self.text(0))) },
            5 => CallCommand::Unicast(Unicast {
                local_ip: self.option(0),
                local_port: self.flags[1].then_some(self.numbers[0] as u16),
                remote_ip: self.option(2),
                remote_port: self.flags[3].then_some(self.numbers[1] as u16),
                transport: self.option(4),
                flags: self.option(5),
            }),
            6 => CallCommand::nomedia(self.text(0)),
            7 => CallCommand::xferext(&pairs[..]),
            _ => CallCommand::Other { name: self.text(0) },
        };
        let message = SendMsg {
            uuid: self.option(6),
            call,
            event_lock: self.flags[1],
            event_lock_pri: self.flags[2],
            lead_frames: self.flags[3].then_some(self.numbers[1]),
            run_async: self.flags[4],
        };
        check(match self.kind {
            0..=8 => message.into(),
            9 => Command::auth(self.text(0)),
            10 => Command::userauth(self.text(0), self.text(1), self.text(2)),
            11 => Command::Api { line: self.text(0), console_execute: self.flags[0] },
            12 => Command::BgApi { line: self.text(0), job_uuid: self.option(1) },
            13 => Command::Event { format: self.format(), events },
            14 => Command::NixEvent { events },
            15 => Command::MyEvents { uuid: self.option(1), format: self.format() },
            16 => Filter::add(self.text(0), self.text(1)).into(),
            17 => Filter::Delete { header: self.text(0), value: self.option(1) }.into(),
            18..=20 => {
                SendEvent { name: EventName::from_bytes(self.text(7)), headers: pairs[..].into(), body: self.text(6) }
                    .into()
            }
            21 => Command::getvar(self.text(0)),
            22 => Command::Linger { seconds: self.flags[0].then_some(self.numbers[0]) },
            23 => Command::Log { level: LogLevel::new(self.numbers[0] as i8) },
            24 => Command::DivertEvents { on: self.flags[0] },
            _ => [
                Command::Exit,
                Command::Connect,
                Command::Resume,
                Command::NoLog,
                Command::NoLinger,
                Command::NoEvents,
                Filter::DeleteAll.into(),
            ][self.numbers[0] as usize % 7],
        })
    }
}
