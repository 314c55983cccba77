//! Commands: validated when made, then bytes.

use std::hash::{DefaultHasher, Hash, Hasher};

use esl_proto::client::{CommandId, SendError};
use esl_proto::command::{
    CallCommand, ChannelApi, CommandError, CommandErrorKind, Events, Execute, Field, Filter, ParseErrorKind, SendEvent,
    SendMsg, Unicast,
};
use esl_proto::frame::{Request, Step};
use esl_proto::name::{EventName, HangupCause, LogLevel};
use esl_proto::{Client, Command as Core, Decoder, Limits, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};

use crate::error;
use crate::text::{FormatWord, Octets, Pairs, Text, shared};

/// A command as it goes out: `bytes(command)`.
///
/// Made by the static methods, which refuse with LocalProtocolError whatever would break or forge the protocol; the
/// error's offset counts bytes of the argument. Text goes out as UTF-8. Send it with `Connection.send`.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct Command {
    kind: &'static str,
    octets: PyBackedBytes,
    /// The same without its texts: what a client goes by when it is sent.
    skeleton: Core<'static>,
}

/// The word of a command.
fn kind(command: &Core<'_>) -> &'static str {
    use esl_proto::raw::Command;
    match Command::from(*command) {
        Command::Auth { .. } => "auth",
        Command::UserAuth { .. } => "userauth",
        Command::Api { .. } => "api",
        Command::BgApi { .. } => "bgapi",
        Command::Event { .. } => "event",
        Command::NixEvent { .. } => "nixevent",
        Command::NoEvents => "noevents",
        Command::MyEvents { .. } => "myevents",
        Command::DivertEvents { .. } => "divert_events",
        Command::Filter(_) => "filter",
        Command::SendEvent(_) => "sendevent",
        Command::SendMsg(_) => "sendmsg",
        Command::Log { .. } => "log",
        Command::NoLog => "nolog",
        Command::Linger { .. } => "linger",
        Command::NoLinger => "nolinger",
        Command::GetVar { .. } => "getvar",
        Command::Connect => "connect",
        Command::Resume => "resume",
        Command::Exit => "exit",
    }
}

const UNKNOWN: &str = "unknown";

/// A command that needs and changes what this one does, whatever its texts are.
fn skeleton(command: &Core<'_>) -> Core<'static> {
    const ANY: &[u8] = b"-";
    use esl_proto::raw::Command;
    match Command::from(*command) {
        Command::Auth { .. } => Core::auth(ANY),
        Command::UserAuth { .. } => Core::userauth(ANY, ANY, ANY),
        Command::Api { .. } => Core::api(ANY),
        Command::BgApi { .. } => Core::bgapi(ANY),
        Command::Event { .. } => Core::Event { format: None, events: Events::from(&[EventName::All]) },
        Command::NixEvent { .. } => Core::NixEvent { events: Events::from(&[EventName::All]) },
        Command::NoEvents => Core::NoEvents,
        // The format would not be refused by the server, only lost.
        Command::MyEvents { uuid, .. } => Core::MyEvents { uuid: uuid.map(|_| ANY), format: None },
        Command::DivertEvents { on } => Core::DivertEvents { on },
        Command::Filter(_) => Core::Filter(Filter::DeleteAll),
        Command::SendEvent(_) => SendEvent::new(EventName::Custom, &[] as &[(&[u8], &[u8])]).into(),
        Command::SendMsg(message) => {
            let call = CallCommand::Hangup { cause: None };
            SendMsg { uuid: message.uuid.map(|_| ANY), ..SendMsg::new(call) }.into()
        }
        Command::Log { .. } => Core::Log { level: None },
        Command::NoLog => Core::NoLog,
        Command::Linger { .. } => Core::Linger { seconds: None },
        Command::NoLinger => Core::NoLinger,
        Command::GetVar { .. } => Core::getvar(ANY),
        Command::Connect => Core::Connect,
        Command::Resume => Core::Resume,
        Command::Exit => Core::Exit,
    }
}

const NO_LIMITS: Limits =
    Limits { max_head: usize::MAX, max_lines: usize::MAX, max_body: usize::MAX, max_buffered: usize::MAX };

/// The command at the front of `octets`, and its length.
pub(crate) fn request(octets: &[u8]) -> Option<(Request<'_>, usize)> {
    match Decoder::for_requests(NO_LIMITS).decode(octets) {
        Ok(Step::Frame { frame, consumed }) => Some((frame.into(), consumed)),
        _ => None,
    }
}

impl Command {
    fn new(py: Python<'_>, command: &Core<'_>) -> PyResult<Self> {
        let len = command.encoded_len().map_err(|error| error::refused(py, &error))?;
        let octets = PyBytes::new_with(py, len, |out| {
            command.encode(out).map(drop).map_err(|error| error::not_encoded(py, &error))
        })?;
        Ok(Self { kind: kind(command), octets: octets.into(), skeleton: skeleton(command) })
    }

    fn of_octets(octets: PyBackedBytes) -> Self {
        let (kind, skeleton) = match request(&octets).map(|(request, _)| Core::parse(&request)) {
            Some(Ok(command)) => (kind(&command), skeleton(&command)),
            // Names that a newer server may know: it needs what other names need.
            Some(Err(error)) if error.kind == ParseErrorKind::NoNames => (UNKNOWN, Core::NoEvents),
            // It needs what all commands need.
            Some(Err(_)) | None => (UNKNOWN, Core::Filter(Filter::DeleteAll)),
        };
        Self { kind, octets, skeleton }
    }

    fn message(py: Python<'_>, call: CallCommand<'_>, uuid: &Option<Text>) -> PyResult<Self> {
        Self::new(py, &SendMsg { uuid: uuid.as_deref(), ..SendMsg::new(call) }.into())
    }

    pub(crate) fn bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        shared(py, &self.octets)
    }

    /// Counts the command as sent. The client's state changes as for what the server will read in these bytes.
    pub(crate) fn count(&self, client: &mut Client) -> Result<CommandId, SendError> {
        client.track(&self.skeleton).map_err(SendError::NotAllowed)
    }

    pub(crate) fn share(&self, py: Python<'_>) -> Self {
        Self { kind: self.kind, octets: self.octets.clone_ref(py), skeleton: self.skeleton }
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What a client goes by in place of the command.
    pub(crate) const fn skeleton(&self) -> &Core<'static> {
        &self.skeleton
    }
}

/// A command as text in quotes, for people: cut where it is long, and without a password.
pub(crate) fn shown(octets: &[u8]) -> String {
    const MOST: usize = 200;
    let text = octets.trim_ascii();
    let word = text.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    if word.eq_ignore_ascii_case(b"auth") || word.eq_ignore_ascii_case(b"userauth") {
        return format!("\"{} ***\"", String::from_utf8_lossy(word));
    }
    let more = if text.len() > MOST { "..." } else { "" };
    format!("{:?}{more}", Value::from_bytes(&text[..text.len().min(MOST)]))
}

/// A cause by its word or number.
#[derive(FromPyObject)]
enum Cause {
    Number(u16),
    Word(Text),
}

impl Cause {
    fn get(&self) -> PyResult<HangupCause<'_>> {
        match self {
            Self::Number(number) => HangupCause::from_number(*number)
                .ok_or_else(|| PyValueError::new_err(format!("{number} is no hangup cause"))),
            Self::Word(word) => Ok(HangupCause::from_bytes(word)),
        }
    }
}

/// A log level by its word or number.
#[derive(FromPyObject)]
pub(crate) enum Level {
    Number(i8),
    Word(Text),
}

impl Level {
    pub(crate) fn get(&self) -> PyResult<LogLevel> {
        let level = match self {
            Self::Number(number) => LogLevel::new(*number),
            Self::Word(word) => LogLevel::from_bytes(word),
        };
        level.ok_or_else(|| {
            PyValueError::new_err("a log level is a name from CONSOLE to DEBUG or a number from 0 to 63")
        })
    }
}

fn octet_pairs(pairs: &[(Text, Text)]) -> Vec<(&[u8], &[u8])> {
    pairs.iter().map(|(name, value)| (&**name, &**value)).collect()
}

/// What `event` and `nixevent` ask for. A name with `::` is one of a subclass: no event has such a name.
pub(crate) fn with_events<T>(names: &[Text], subclasses: &[Text], act: impl FnOnce(Events<'_>) -> T) -> T {
    let is_subclass = |name: &&Text| name.array_windows().any(|pair| pair == b"::");
    let more = names.iter().filter(is_subclass);
    let subclasses: Vec<&[u8]> = subclasses.iter().chain(more).map(|subclass| &**subclass).collect();
    let names: Vec<_> =
        names.iter().filter(|name| !is_subclass(name)).map(|name| EventName::from_bytes(name)).collect();
    act(Events::new(&names, subclasses.as_slice()))
}

#[pymethods]
impl Command {
    /// `auth <password>`: answers the `AuthRequest`. A wrong password ends the connection.
    #[staticmethod]
    fn auth(py: Python<'_>, password: Text) -> PyResult<Self> {
        Self::new(py, &Core::auth(&*password))
    }

    /// `userauth <user>@<domain>:<password>`: answers the `AuthRequest` as a user of the directory.
    #[staticmethod]
    fn userauth(py: Python<'_>, user: Text, domain: Text, password: Text) -> PyResult<Self> {
        Self::new(py, &Core::userauth(&*user, &*domain, &*password))
    }

    /// `api <line>`: runs an API command. No event arrives before it has ended. `console` enables the server's console
    /// aliases.
    #[staticmethod]
    #[pyo3(signature = (line, *, console=false))]
    fn api(py: Python<'_>, line: Text, console: bool) -> PyResult<Self> {
        Self::new(py, &Core::Api { line: &line, console_execute: console })
    }

    /// `api uuid_getvar`: the value of a channel's variable, for `ApiResponse.variable`, whatever the name.
    #[staticmethod]
    fn uuid_getvar(py: Python<'_>, uuid: Text, name: Text) -> PyResult<Self> {
        Self::new(py, &Core::api(&ChannelApi::GetVar { uuid: &uuid, name: &name }.to_vec()))
    }

    /// `api uuid_dump ... json`: what the server knows of a channel now; the answer's text is an event in JSON.
    #[staticmethod]
    fn uuid_dump(py: Python<'_>, uuid: Text) -> PyResult<Self> {
        Self::new(py, &Core::api(&ChannelApi::Dump { uuid: &uuid }.to_vec()))
    }

    /// `api uuid_bridge`: connects a channel with another one.
    #[staticmethod]
    fn uuid_bridge(py: Python<'_>, uuid: Text, other: Text) -> PyResult<Self> {
        Self::new(py, &Core::api(&ChannelApi::Bridge { uuid: &uuid, other: &other }.to_vec()))
    }

    /// `api uuid_exists`: whether there is a channel, as `ApiResponse.exists` tells it.
    #[staticmethod]
    fn uuid_exists(py: Python<'_>, uuid: Text) -> PyResult<Self> {
        Self::new(py, &Core::api(&ChannelApi::Exists { uuid: &uuid }.to_vec()))
    }

    /// `bgapi <line>`: runs an API command in the background; its result is a BACKGROUND_JOB event with this
    /// `job_uuid`, any text up to 200 bytes, or one that the server makes.
    #[staticmethod]
    #[pyo3(signature = (line, *, job_uuid=None))]
    fn bgapi(py: Python<'_>, line: Text, job_uuid: Option<Text>) -> PyResult<Self> {
        Self::new(py, &Core::BgApi { line: &line, job_uuid: job_uuid.as_deref() })
    }

    /// `event [<format>] <names>`: subscribes to more events; a `format` applies to all events from then on.
    /// `subclasses` are those of CUSTOM events; a name with `::` is one of them.
    #[staticmethod]
    #[pyo3(signature = (*names, format=None, subclasses=Vec::new()))]
    fn event(py: Python<'_>, names: Vec<Text>, format: Option<FormatWord>, subclasses: Vec<Text>) -> PyResult<Self> {
        let format = format.map(|word| word.0);
        with_events(&names, &subclasses, |events| Self::new(py, &Core::Event { format, events }))
    }

    /// `nixevent <names>`: subscribes to fewer events.
    #[staticmethod]
    #[pyo3(signature = (*names, subclasses=Vec::new()))]
    fn nixevent(py: Python<'_>, names: Vec<Text>, subclasses: Vec<Text>) -> PyResult<Self> {
        with_events(&names, &subclasses, |events| Self::new(py, &Core::NixEvent { events }))
    }

    /// `noevents`: ends all subscriptions and discards waiting events. Filters stay.
    #[staticmethod]
    fn noevents(py: Python<'_>) -> PyResult<Self> {
        Self::new(py, &Core::NoEvents)
    }

    /// `myevents`: subscribes to the events of one channel. Inbound: with its `uuid`, after `event` has set the format;
    /// outbound: without, perhaps with a `format`.
    #[staticmethod]
    #[pyo3(signature = (uuid=None, *, format=None))]
    fn myevents(py: Python<'_>, uuid: Option<Text>, format: Option<FormatWord>) -> PyResult<Self> {
        Self::new(py, &Core::MyEvents { uuid: uuid.as_deref(), format: format.map(|word| word.0) })
    }

    /// `divert_events on|off`: whether this connection gets the events for the channel's own script.
    #[staticmethod]
    fn divert_events(py: Python<'_>, on: bool) -> PyResult<Self> {
        Self::new(py, &Core::DivertEvents { on })
    }

    /// `filter add <header> <value>`: passes only matching events; several filters are alternatives. A value `/.../` is
    /// a regular expression. `exclude` excludes matching events instead.
    #[staticmethod]
    #[pyo3(signature = (header, value, *, exclude=false))]
    fn filter(py: Python<'_>, header: Text, value: Text, exclude: bool) -> PyResult<Self> {
        // An empty value stays empty, and is refused.
        let sign: &[u8] = if exclude && !value.is_empty() { b"-" } else { b"" };
        Self::new(py, &Filter::add(&*header, &[sign, &*value].concat()).into())
    }

    /// `filter delete`: removes one filter, all filters of a header, or (without arguments) all.
    #[staticmethod]
    #[pyo3(signature = (header=None, value=None))]
    fn filter_delete(py: Python<'_>, header: Option<Text>, value: Option<Text>) -> PyResult<Self> {
        let filter = match (&header, &value) {
            (Some(header), value) => Filter::Delete { header, value: value.as_deref() },
            (None, None) => Filter::DeleteAll,
            (None, Some(_)) => return Err(PyValueError::new_err("a value without a header")),
        };
        Self::new(py, &filter.into())
    }

    /// `sendevent <name>`: fires an event. An unknown name fires CUSTOM, which needs a header Event-Subclass.
    #[staticmethod]
    #[pyo3(signature = (name, headers=Pairs(Vec::new()), body=None), text_signature = "(name, headers=(), body=None)")]
    fn sendevent(py: Python<'_>, name: Text, headers: Pairs<Text>, body: Option<Text>) -> PyResult<Self> {
        let pairs = octet_pairs(&headers.0);
        let event = SendEvent::new(EventName::from_bytes(&name), pairs.as_slice());
        Self::new(py, &SendEvent { body: body.as_deref().unwrap_or_default(), ..event }.into())
    }

    /// `sendmsg` with `execute`: runs an application on a channel; without `uuid` on the one that the connection
    /// controls. CHANNEL_EXECUTE_COMPLETE carries `event_uuid` as Application-UUID.
    ///
    /// `loops` repeats it (negative: for ever); `event_lock` lets the channel take no other message before it has ended;
    /// `lead_frames` waits for media first; `run_async` does not wait for its end in sync outbound mode.
    #[staticmethod]
    #[pyo3(signature = (app, arg=None, *, uuid=None, event_uuid=None, event_uuid_name=None, loops=None, hold_bleg=false,
        event_lock=false, event_lock_pri=false, lead_frames=None, run_async=false))]
    #[allow(clippy::too_many_arguments)]
    fn execute(
        py: Python<'_>,
        app: Text,
        arg: Option<Text>,
        uuid: Option<Text>,
        event_uuid: Option<Text>,
        event_uuid_name: Option<Text>,
        loops: Option<i32>,
        hold_bleg: bool,
        event_lock: bool,
        event_lock_pri: bool,
        lead_frames: Option<u32>,
        run_async: bool,
    ) -> PyResult<Self> {
        let call = Execute {
            loops,
            event_uuid: event_uuid.as_deref(),
            event_uuid_name: event_uuid_name.as_deref(),
            hold_bleg,
            ..Execute::new(&*app, arg.as_deref().unwrap_or_default())
        };
        let message =
            SendMsg { uuid: uuid.as_deref(), event_lock, event_lock_pri, lead_frames, run_async, ..SendMsg::new(call) };
        Self::new(py, &message.into())
    }

    /// `sendmsg` with `hangup`: ends a call, for a cause by name or number, `"USER_BUSY"`, `17` or `"17"`.
    #[staticmethod]
    #[pyo3(signature = (cause=None, *, uuid=None, event_lock=false))]
    fn hangup(py: Python<'_>, cause: Option<Cause>, uuid: Option<Text>, event_lock: bool) -> PyResult<Self> {
        let cause = cause.as_ref().map(Cause::get).transpose()?;
        let message = SendMsg { uuid: uuid.as_deref(), event_lock, ..SendMsg::new(CallCommand::Hangup { cause }) };
        Self::new(py, &message.into())
    }

    /// `sendmsg` with `unicast`: sends and receives a call's media at a socket.
    #[staticmethod]
    #[pyo3(signature = (*, uuid=None, local_ip=None, local_port=None, remote_ip=None, remote_port=None, transport=None,
        flags=None))]
    #[allow(clippy::too_many_arguments)]
    fn unicast(
        py: Python<'_>,
        uuid: Option<Text>,
        local_ip: Option<Text>,
        local_port: Option<u16>,
        remote_ip: Option<Text>,
        remote_port: Option<u16>,
        transport: Option<Text>,
        flags: Option<Text>,
    ) -> PyResult<Self> {
        let unicast = Unicast {
            local_ip: local_ip.as_deref(),
            local_port,
            remote_ip: remote_ip.as_deref(),
            remote_port,
            transport: transport.as_deref(),
            flags: flags.as_deref(),
        };
        Self::message(py, unicast.into(), &uuid)
    }

    /// `sendmsg` with `nomedia`: lets the media of a bridged call flow past the server.
    #[staticmethod]
    #[pyo3(signature = (nomedia_uuid, *, uuid=None))]
    fn nomedia(py: Python<'_>, nomedia_uuid: Text, uuid: Option<Text>) -> PyResult<Self> {
        Self::message(py, CallCommand::nomedia(&*nomedia_uuid), &uuid)
    }

    /// `sendmsg` with `xferext`: transfers a channel to an extension made of these applications, each with its argument.
    #[staticmethod]
    #[pyo3(signature = (applications, *, uuid=None))]
    fn xferext(py: Python<'_>, applications: Pairs<Text>, uuid: Option<Text>) -> PyResult<Self> {
        Self::message(py, CallCommand::xferext(octet_pairs(&applications.0).as_slice()), &uuid)
    }

    /// `log [<level>]`: subscribes to log lines up to a level, by name or number; without one to DEBUG.
    #[staticmethod]
    #[pyo3(signature = (level=None))]
    fn log(py: Python<'_>, level: Option<Level>) -> PyResult<Self> {
        let level = level.as_ref().map(Level::get).transpose()?;
        Self::new(py, &Core::Log { level })
    }

    /// `nolog`: ends the subscription to log lines.
    #[staticmethod]
    fn nolog(py: Python<'_>) -> PyResult<Self> {
        Self::new(py, &Core::NoLog)
    }

    /// `linger [<seconds>]`: keeps the connection after its channel has ended; without a number for ever.
    #[staticmethod]
    #[pyo3(signature = (seconds=None))]
    fn linger(py: Python<'_>, seconds: Option<u32>) -> PyResult<Self> {
        Self::new(py, &Core::Linger { seconds })
    }

    /// `nolinger`: undoes `linger`.
    #[staticmethod]
    fn nolinger(py: Python<'_>) -> PyResult<Self> {
        Self::new(py, &Core::NoLinger)
    }

    /// `getvar <name>`: asks for a variable of the controlled channel.
    #[staticmethod]
    fn getvar(py: Python<'_>, name: Text) -> PyResult<Self> {
        Self::new(py, &Core::getvar(&*name))
    }

    /// `connect`: the first command of an outbound connection.
    #[staticmethod]
    fn connect(py: Python<'_>) -> PyResult<Self> {
        Self::new(py, &Core::Connect)
    }

    /// `resume`: lets the dialplan continue when the outbound connection ends.
    #[staticmethod]
    fn resume(py: Python<'_>) -> PyResult<Self> {
        Self::new(py, &Core::Resume)
    }

    /// `exit`: ends the connection. Waiting events are discarded.
    #[staticmethod]
    fn exit(py: Python<'_>) -> PyResult<Self> {
        Self::new(py, &Core::Exit)
    }

    /// Any command line, optionally with header lines after it, and a body. Line ends at its end are normalised, and
    /// Content-Length is added. Text that would be more than one command is refused; whether the server knows the
    /// command is up to the caller.
    #[staticmethod]
    #[pyo3(signature = (head, body=None))]
    fn raw(py: Python<'_>, head: Text, body: Option<Text>) -> PyResult<Self> {
        let head = trim_line_ends(&head);
        check_raw(head, body.as_deref()).map_err(|error| error::refused(py, &error))?;
        let mut octets = head.to_vec();
        if let Some(body) = body.as_deref().filter(|body| !body.is_empty()) {
            octets.extend_from_slice(format!("\nContent-Length: {}\n\n", body.len()).as_bytes());
            octets.extend_from_slice(body);
        } else {
            octets.extend_from_slice(b"\n\n");
        }
        Ok(Self::of_octets(PyBytes::new(py, &octets).into()))
    }

    /// Parses exactly one command, as on the wire.
    #[staticmethod]
    fn parse(py: Python<'_>, data: Octets) -> PyResult<Self> {
        match request(&data) {
            Some((_, consumed)) if consumed == data.len() => Ok(Self::of_octets(data.0)),
            Some((_, consumed)) => Err(error::local(py, "something follows the command", 403, Some(consumed))),
            None => Err(error::local(py, "the command is not complete", 402, Some(data.len()))),
        }
    }

    /// The command's word: 'api', 'sendmsg', ...; 'unknown' for one that the core does not know.
    #[getter]
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.bytes(py)
    }

    fn __eq__(&self, other: &Self) -> bool {
        *self.octets == *other.octets
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.octets.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("Command({})", shown(&self.octets))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        (slf.get_type().getattr("parse")?, (slf.get().bytes(py),)).into_pyobject(py)
    }
}

fn trim_line_ends(mut head: &[u8]) -> &[u8] {
    while let [rest @ .., b'\n'] = head {
        head = rest;
    }
    head
}

/// Refuses what would not be one command with this body.
fn check_raw(head: &[u8], body: Option<&[u8]>) -> Result<(), CommandError> {
    let error = |kind, field, offset| Err(CommandError { kind, field, item: 0, offset });
    if head.is_empty() {
        return error(CommandErrorKind::Empty, Field::Head, 0);
    }
    for (offset, octet) in head.iter().enumerate() {
        match octet {
            b'\r' => return error(CommandErrorKind::LineEnd, Field::Head, offset),
            0 => return error(CommandErrorKind::Nul, Field::Head, offset),
            b'\n' if offset == 0 || head[offset - 1] == b'\n' => {
                return error(CommandErrorKind::LineEnd, Field::Head, offset);
            }
            _ => {}
        }
    }
    if head.len() > Core::MAX_HEAD {
        return error(CommandErrorKind::TooLong, Field::Head, Core::MAX_HEAD);
    }
    let mut offset = 0;
    for line in head.split(|octet| *octet == b'\n') {
        let name = line.split(|octet| *octet == b':').next().unwrap_or_default();
        if offset > 0 && name.eq_ignore_ascii_case(b"content-length") {
            return error(CommandErrorKind::Reserved, Field::HeaderName, offset);
        }
        offset += line.len() + 1;
    }
    let body = body.unwrap_or_default();
    match body.iter().position(|octet| *octet == 0) {
        Some(offset) => error(CommandErrorKind::Nul, Field::Body, offset),
        None if body.len() > Core::MAX_BODY => error(CommandErrorKind::TooLong, Field::Body, Core::MAX_BODY),
        None => Ok(()),
    }
}
