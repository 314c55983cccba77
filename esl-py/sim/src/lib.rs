//! The simulated switch as Python objects, for `esl_proto.testing`, which gives it sockets, scripts and time.
//!
//! A crate of its own because a crate is what cargo can compile for size. So that it needs nothing of `esl-py`'s, Python makes
//! bytes of headers and variables before they come here.

use std::sync::Mutex;
use std::time::Duration;

use esl_proto::name::{HangupCause, LogLevel};
use esl_proto::server::{Closed, Goodbye};
use esl_proto::text::Percent;
use esl_sim::{Config, ConnectionId, Faults, Hook, HookId, Incoming, Registration, Request, Sim as Core, User};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

/// Names and values as they are on the wire; `ARRAY::one|:two` is an array.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Who may log in: the user, the domain, the password, the events, the API commands, and whether there are log lines.
#[derive(FromPyObject)]
struct Login(String, String, String, Option<String>, Option<String>, bool);

fn user(Login(name, domain, password, events, api, log): Login) -> User {
    User { name, domain, password, events, api, log }
}

/// Seconds; infinity is for ever.
fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// What a switch is to do from now on: the attributes of an object.
struct Settings<'py>(Bound<'py, PyAny>);

impl<'py> Settings<'py> {
    fn get<T: FromPyObjectOwned<'py>>(&self, name: &str) -> PyResult<T> {
        self.0.getattr(name)?.extract().map_err(Into::into)
    }

    fn span(&self, name: &str) -> PyResult<Duration> {
        self.get(name).map(span)
    }

    fn faults(&self) -> PyResult<Faults> {
        Ok(Faults {
            delay: self.span("delay")?,
            piece: self.get("piece")?,
            pause: self.span("pause")?,
            ..Faults::default()
        })
    }

    fn apply(&self, config: &mut Config) -> PyResult<()> {
        config.faults = self.faults()?;
        config.password = self.get("password")?;
        config.users = self.get::<Vec<Login>>("users")?.into_iter().map(user).collect();
        config.max_queued = self.get("max_queued")?;
        config.max_lost = self.get("max_lost")?;
        config.patience = self.span("patience")?;
        config.window = self.get("window")?;
        config.api_hooks = self.get("commands")?;
        config.app_hooks = self.get("apps")?;
        config.extensions = self.get("dialplan")?;
        config.refusals = self.get("refusals")?;
        let row = |(user, realm, url)| Registration { user, realm, url };
        config.registrations = self.get::<Vec<_>>("registrations")?.into_iter().map(row).collect();
        config.ringing = self.span("ringing")?;
        config.playing = self.span("moment")?;
        config.subclasses = self.get("subclasses")?;
        Ok(())
    }
}

/// A simulated switch without sockets and without a clock: `esl_proto.testing.Switch` is a shell around it.
#[pyclass(frozen, module = "esl_proto")]
pub struct Sim {
    /// INVARIANT: never call into Python while holding this lock.
    core: Mutex<Core>,
}

impl Sim {
    fn with<R>(&self, py: Python<'_>, act: impl FnOnce(&mut Core) -> R) -> R {
        let mut core = self.core.lock_py_attached(py).unwrap_or_else(|poisoned| poisoned.into_inner());
        act(&mut core)
    }
}

/// A request as a tuple: what it is, its number, and its words.
fn request(request: Request) -> (&'static str, u64, Vec<String>) {
    match request {
        Request::Connect { connection, uuid, address } => ("connect", connection.0, vec![uuid, address]),
        Request::Hook(asked) => match asked.hook {
            Hook::Api { command, argument } => ("api", asked.id.0, vec![command, argument]),
            Hook::App { uuid, app, argument } => ("app", asked.id.0, vec![uuid, app, argument]),
            Hook::Dial { uuid, endpoint } => ("dial", asked.id.0, vec![uuid, endpoint]),
            _ => ("unknown", asked.id.0, Vec::new()),
        },
        Request::Withdrawn(id) => ("withdrawn", id.0, Vec::new()),
        Request::Shutdown => ("shutdown", 0, Vec::new()),
        _ => ("unknown", 0, Vec::new()),
    }
}

#[pymethods]
impl Sim {
    /// A switch that has just started: seconds since 1970, how many seconds local time is ahead, what uuids are made from,
    /// seconds from one HEARTBEAT to the next, how many calls come and go by themselves in a second, and whether those of a
    /// small office do.
    #[new]
    #[pyo3(signature = (start, utc_offset, seed, heartbeat, calls_per_second=0.0, is_scenario=false, lossless_percent=false))]
    fn new(
        start: f64,
        utc_offset: i32,
        seed: u64,
        heartbeat: f64,
        calls_per_second: f64,
        is_scenario: bool,
        lossless_percent: bool,
    ) -> Self {
        let config = Config {
            start: span(start),
            utc_offset,
            seed,
            heartbeat: span(heartbeat),
            calls_per_second,
            is_scenario,
            percent: if lossless_percent { Percent::Lossless } else { Percent::FreeSwitch },
            storage: 65_536,
            record: true,
            ..Config::default()
        };
        Self { core: Mutex::new(Core::new(config)) }
    }

    /// Changes the settings to the attributes of an object, as in `esl_proto.testing`.
    fn configure(&self, settings: Bound<'_, PyAny>) -> PyResult<()> {
        let py = settings.py();
        let mut changed = Config::clone(&self.with(py, |core| core.config()));
        Settings(settings).apply(&mut changed)?;
        self.with(py, |core| core.configure(|config| *config = changed));
        Ok(())
    }

    /// Advances the time to this many seconds since the start.
    fn advance(&self, py: Python<'_>, now: f64) {
        self.with(py, |core| core.advance(span(now)));
    }

    /// When something will happen without input, in seconds since the start.
    #[getter]
    fn deadline(&self, py: Python<'_>) -> Option<f64> {
        self.with(py, |core| core.next_deadline()).map(|time| time.as_secs_f64())
    }

    /// A client connects; with `denied` one whose address is not allowed. Its number.
    #[pyo3(signature = (denied=false))]
    fn connect(&self, py: Python<'_>, denied: bool) -> u64 {
        self.with(py, |core| if denied { core.connect_denied() } else { core.connect() }).0
    }

    /// A program is connected to.
    fn connected(&self, py: Python<'_>, connection: u64) {
        self.with(py, |core| core.connected(ConnectionId(connection)));
    }

    /// A program cannot be connected to.
    fn refused(&self, py: Python<'_>, connection: u64, reason: &str) {
        self.with(py, |core| core.refused(ConnectionId(connection), reason));
    }

    /// Takes bytes that a client has sent.
    fn receive_data(&self, py: Python<'_>, connection: u64, data: &[u8]) {
        self.with(py, |core| core.input(ConnectionId(connection), data));
    }

    /// A client has closed its side.
    fn receive_eof(&self, py: Python<'_>, connection: u64) {
        self.with(py, |core| core.eof(ConnectionId(connection)));
    }

    /// A connection is gone in both directions.
    fn forget(&self, py: Python<'_>, connection: u64) {
        self.with(py, |core| core.drop_connection(ConnectionId(connection)));
    }

    /// Whether more should be read from a client now.
    fn listens(&self, py: Python<'_>, connection: u64) -> bool {
        self.with(py, |core| core.room(ConnectionId(connection))) > 0
    }

    /// Bytes for a client, at most this many.
    fn data_to_send<'py>(&self, py: Python<'py>, connection: u64, amount: usize) -> Bound<'py, PyBytes> {
        let mut out = vec![0; amount];
        let count = self.with(py, |core| core.output(ConnectionId(connection), &mut out));
        PyBytes::new(py, out.get(..count).unwrap_or_default())
    }

    /// Whether the switch has closed its side, and all that it has written was taken.
    fn is_closed(&self, py: Python<'_>, connection: u64) -> bool {
        self.with(py, |core| core.is_closed(ConnectionId(connection)))
    }

    /// Why the listener has ended a connection, if it has.
    fn end(&self, py: Python<'_>, connection: u64) -> Option<&'static str> {
        self.with(py, |core| core.end(ConnectionId(connection))).map(Closed::name)
    }

    /// How many events wait for a client.
    fn waiting(&self, py: Python<'_>, connection: u64) -> u32 {
        self.with(py, |core| core.waiting_events(ConnectionId(connection)))
    }

    /// The channel that a connection controls.
    fn controlled(&self, py: Python<'_>, connection: u64) -> Option<Channel> {
        self.with(py, |core| core.controlled(ConnectionId(connection))).map(Channel)
    }

    /// Sets the network faults of one connection: those of the settings; nothing is sent while it is held; it breaks
    /// after this many more bytes.
    #[pyo3(signature = (connection, settings, *, held=false, after=None))]
    fn set_faults(&self, connection: u64, settings: Bound<'_, PyAny>, held: bool, after: Option<u64>) -> PyResult<()> {
        let (id, py) = (ConnectionId(connection), settings.py());
        let faults = Settings(settings).faults()?;
        self.with(py, |core| {
            let lost_at = after.map(|after| core.taken(id).saturating_add(after));
            core.set_faults(id, Faults { held, lost_at, ..faults });
        });
        Ok(())
    }

    /// Sends arbitrary bytes to a client.
    fn inject(&self, py: Python<'_>, connection: u64, data: &[u8]) {
        self.with(py, |core| core.inject(ConnectionId(connection), data));
    }

    /// Ends a connection with a notice: 'disconnected', 'shutdown', 'lost-events' or 'lost-log-lines'.
    fn disconnect(&self, py: Python<'_>, connection: u64, why: &str) -> PyResult<()> {
        let why =
            Goodbye::from_name(why).ok_or_else(|| PyValueError::new_err("that is no reason to end a connection"))?;
        self.with(py, |core| core.disconnect(ConnectionId(connection), why));
        Ok(())
    }

    /// The next connection that has something to send, has room to read, or has ended.
    fn next_active(&self, py: Python<'_>) -> Option<u64> {
        self.with(py, Core::next_active).map(|id| id.0)
    }

    /// What the host is to do next: what it is ('connect', 'api', 'app', 'withdrawn', 'shutdown'), its number, and words.
    fn next_request(&self, py: Python<'_>) -> Option<(&'static str, u64, Vec<String>)> {
        self.with(py, Core::next_request).map(request)
    }

    /// The next command that a client has sent: the connection, and its bytes.
    fn next_received<'py>(&self, py: Python<'py>) -> Option<(u64, Bound<'py, PyBytes>)> {
        let received = self.with(py, Core::next_received)?;
        Some((received.connection.0, PyBytes::new(py, &received.octets)))
    }

    /// Answers a hook, or leaves it to the simulation.
    #[pyo3(signature = (hook, answer=None))]
    fn answer(&self, py: Python<'_>, hook: u64, answer: Option<Vec<u8>>) {
        self.with(py, |core| match answer {
            Some(answer) => core.answer(HookId(hook), answer),
            None => core.decline(HookId(hook)),
        });
    }

    /// Fires an event; returns how many connections get it. The headers of every event come first, unless it is `bare`,
    /// then those of a channel's events, if there is one.
    #[pyo3(signature = (name, headers, body=None, *, channel=None, bare=false))]
    fn fire(
        &self,
        py: Python<'_>,
        name: &str,
        headers: Pairs,
        body: Option<&[u8]>,
        channel: Option<&Channel>,
        bare: bool,
    ) -> usize {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        let channel = channel.map(|channel| &channel.0);
        self.with(py, |core| match bare {
            true => core.fire_bare(&headers, body),
            false => core.fire_on(channel, name, &headers, body),
        })
    }

    /// Writes a line of the log as it is; how many connections get it.
    fn log(&self, py: Python<'_>, level: &str, text: &str, source: (&str, &str, u32), uuid: &str) -> PyResult<usize> {
        let level = LogLevel::from_bytes(level.as_bytes());
        let level =
            level.ok_or_else(|| PyValueError::new_err("a log level is a name from CONSOLE to DEBUG or a number"))?;
        Ok(self.with(py, |core| core.log(level, text, source, uuid)))
    }

    /// A call comes in: with these applications as its dialplan, or one that does what it is ordered to.
    fn begin_call(
        &self,
        py: Python<'_>,
        name: String,
        uuid: Option<String>,
        caller: String,
        variables: Pairs,
        steps: Option<Vec<(String, String)>>,
    ) -> PyResult<Channel> {
        let variables: Vec<_> = variables.into_iter().map(|(name, value)| (text(&name), value)).collect();
        let caller_name = variables.iter().find(|(name, _)| name == "origination_caller_id_name");
        let caller_name = caller_name.map(|(_, name)| text(name));
        let destination = name.rsplit('/').next().unwrap_or_default().to_owned();
        let incoming = Incoming { name, uuid, caller: (caller, caller_name), destination, variables, steps };
        let channel = self.with(py, |core| core.begin_call(incoming));
        channel.map(Channel).ok_or_else(|| PyRuntimeError::new_err("there are too many calls"))
    }

    /// The channel of this uuid, if it is not hung up.
    fn channel(&self, py: Python<'_>, uuid: &str) -> Option<Channel> {
        self.with(py, |core| core.channel(uuid)).map(Channel)
    }

    /// The channels that are not over.
    fn channels(&self, py: Python<'_>) -> Vec<Channel> {
        self.with(py, |core| core.channels()).into_iter().map(Channel).collect()
    }

    /// How many calls there have been.
    #[getter]
    fn calls_so_far(&self, py: Python<'_>) -> usize {
        self.with(py, |core| core.calls_so_far())
    }

    /// The other side of a channel rings.
    fn ring(&self, py: Python<'_>, channel: &Channel) {
        self.with(py, |core| core.ring(&channel.0));
    }

    /// A channel is answered.
    fn answer_call(&self, py: Python<'_>, channel: &Channel) {
        self.with(py, |core| core.answer_call(&channel.0));
    }

    /// Keys are pressed.
    fn press(&self, py: Python<'_>, channel: &Channel, keys: &str) {
        self.with(py, |core| core.press(&channel.0, keys));
    }

    /// Orders an application.
    #[pyo3(signature = (channel, app, arg, loops=1, event_uuid=None))]
    fn execute(
        &self,
        py: Python<'_>,
        channel: &Channel,
        app: &str,
        arg: &str,
        loops: i32,
        event_uuid: Option<&str>,
    ) -> bool {
        self.with(py, |core| core.execute(&channel.0, app, arg, loops, event_uuid))
    }

    /// Ends a call, if it has not ended.
    fn hang_up(&self, py: Python<'_>, channel: &Channel, cause: &str) {
        let cause = HangupCause::from_bytes(cause.as_bytes());
        self.with(py, |core| core.hang_up(&channel.0, cause));
    }
}

/// A channel of a simulated switch: what can be seen of it, also when it has ended.
#[pyclass(frozen, module = "esl_proto")]
pub struct Channel(esl_sim::Channel);

#[pymethods]
impl Channel {
    #[getter]
    fn uuid(&self) -> &str {
        self.0.uuid()
    }

    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The name of who calls, and the number.
    #[getter]
    fn caller(&self) -> (&str, &str) {
        self.0.caller()
    }

    #[getter]
    fn destination(&self) -> &str {
        self.0.destination()
    }

    #[getter]
    fn direction(&self) -> &'static str {
        self.0.direction()
    }

    /// The call state: DOWN, RINGING, ACTIVE, HELD or HANGUP.
    #[getter]
    fn state(&self) -> &'static str {
        self.0.state()
    }

    /// Why it has ended, if it has.
    #[getter]
    fn cause(&self) -> Option<String> {
        self.0.cause().map(|cause| cause.to_string())
    }

    /// Whether its last event has happened.
    #[getter]
    fn is_destroyed(&self) -> bool {
        self.0.is_destroyed()
    }

    /// Whether it is, or was, connected to another.
    #[getter]
    fn is_bridged(&self) -> bool {
        self.0.is_bridged()
    }

    /// The channel that it is, or was, connected to, or that it was made for, and what that is to it.
    #[getter]
    fn other_leg(&self) -> Option<(Self, &'static str)> {
        self.0.other_leg().map(|(other, role)| (Self(other), role))
    }

    /// A variable; nothing if it is not set.
    fn variable<'py>(&self, py: Python<'py>, name: &str) -> Bound<'py, PyString> {
        let value = self.0.variable(name).unwrap_or_default();
        PyString::new(py, &text(&value))
    }

    /// All variables, in their order.
    #[getter]
    fn variables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for (name, value) in self.0.variables() {
            match value.strip_prefix(b"ARRAY::") {
                None => all.set_item(name, text(&value))?,
                Some(items) => {
                    let items = text(items);
                    all.set_item(name, PyList::new(py, items.split("|:"))?)?;
                }
            }
        }
        Ok(all)
    }

    /// Sets a variable, or removes it if the value is empty.
    fn set_variable(&self, name: &str, value: &[u8]) {
        self.0.set_variable(name, value);
    }

    /// The applications that have begun, each with its argument.
    #[getter]
    fn executed(&self) -> Vec<(String, String)> {
        self.0.executed()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
