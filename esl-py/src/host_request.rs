//! What the listener wants of its host, and what it tells.

use esl_proto::command::SendMsg;
use esl_proto::frame::Request;
use esl_proto::raw::{self, CallCommand};
use esl_proto::server::{Effect as CoreEffect, HostRequest as Core};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::command::{request, shown};
use crate::text::{header_list, shared, to_str, value_str};

/// The `bytes` of a command: blank lines before it are no part of it.
fn command(py: Python<'_>, mut octets: &[u8]) -> PyBackedBytes {
    while let [b'\r' | b'\n', rest @ ..] = octets {
        octets = rest;
    }
    PyBytes::new(py, octets).into()
}

/// A client's request to the host, which must answer with a method of `Server`; each kind has its own.
///
/// | kind | attributes | answers |
/// |---|---|---|
/// | 'password' | password | accept, refuse |
/// | 'user' | user, domain, password | accept, refuse |
/// | 'api' | line, command, argument, console | output |
/// | 'bgapi' | line, command, argument, job_uuid | job |
/// | 'sendmsg' | uuid, call, app, arg, cause, event_uuid, headers, body, wait | ok, no_such_channel |
/// | 'sendevent' | name, headers, body | fired |
/// | 'connect' | | channel |
/// | 'getvar' | name | value |
/// | 'myevents' | uuid | control, no_such_channel |
///
/// All except passwords can also be declined with `reply`. Attributes of other kinds are None or empty.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct HostRequest {
    /// The kind of request.
    #[pyo3(get)]
    kind: &'static str,
    octets: PyBackedBytes,
    password: Option<Py<PyBytes>>,
    /// `userauth`: the user.
    #[pyo3(get)]
    user: Option<Py<PyString>>,
    /// `userauth`: the domain.
    #[pyo3(get)]
    domain: Option<Py<PyString>>,
    /// The API command and its argument, as they were sent.
    #[pyo3(get)]
    line: Option<Py<PyString>>,
    /// The API command.
    #[pyo3(get)]
    command: Option<Py<PyString>>,
    /// What follows the first blank after the API command.
    #[pyo3(get)]
    argument: Option<Py<PyString>>,
    /// Whether the API command is to be interpreted as on the console, with aliases; `command` is then the whole line.
    #[pyo3(get)]
    console: bool,
    /// The client's name for the job.
    #[pyo3(get)]
    job_uuid: Option<Py<PyString>>,
    /// The channel; None for the one that the connection controls.
    #[pyo3(get)]
    uuid: Option<Py<PyString>>,
    /// `sendmsg`: the call-command, such as 'execute' or 'hangup'.
    #[pyo3(get)]
    call: Option<Py<PyString>>,
    /// `execute`: the application.
    #[pyo3(get)]
    app: Option<Py<PyString>>,
    /// `execute`: its argument, whether it came in a header or as the body.
    #[pyo3(get)]
    arg: Option<Py<PyString>>,
    /// `execute`: the Application-UUID for CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE.
    #[pyo3(get)]
    event_uuid: Option<Py<PyString>>,
    /// `hangup`: why.
    #[pyo3(get)]
    cause: Option<Py<PyString>>,
    /// `sendmsg`: whether the answer must wait until it is done.
    #[pyo3(get)]
    wait: bool,
    /// The name of the event, or of the variable.
    #[pyo3(get)]
    name: Option<Py<PyString>>,
    /// The body, if there is a Content-Length.
    #[pyo3(get)]
    body: Option<Py<PyBytes>>,
}

impl HostRequest {
    fn blank(py: Python<'_>, kind: &'static str, octets: &[u8]) -> Self {
        Self {
            kind,
            octets: command(py, octets),
            password: None,
            user: None,
            domain: None,
            line: None,
            command: None,
            argument: None,
            console: false,
            job_uuid: None,
            uuid: None,
            call: None,
            app: None,
            arg: None,
            event_uuid: None,
            cause: None,
            wait: false,
            name: None,
            body: None,
        }
    }

    /// The question that these bytes led to.
    pub(crate) fn new(py: Python<'_>, ask: &Core<'_>, octets: &[u8]) -> Self {
        let text = |octets: &[u8]| Some(to_str(py, octets).unbind());
        let secret = |octets: &[u8]| Some(PyBytes::new(py, octets).unbind());
        let blank = |kind| Self::blank(py, kind, octets);
        match raw::server::HostRequest::from(*ask) {
            raw::server::HostRequest::Password(password) => {
                Self { password: secret(password.expose()), ..blank("password") }
            }
            raw::server::HostRequest::User { user, domain, password } => {
                Self { user: text(user), domain: text(domain), password: secret(password.expose()), ..blank("user") }
            }
            raw::server::HostRequest::Api { line, command, argument, console } => Self {
                line: text(line),
                command: text(command),
                argument: argument.and_then(text),
                console,
                ..blank("api")
            },
            raw::server::HostRequest::BgApi { line, command, argument, job } => Self {
                line: text(line),
                command: text(command),
                argument: argument.and_then(text),
                job_uuid: job.and_then(text),
                ..blank("bgapi")
            },
            raw::server::HostRequest::SendMsg { message, request, wait } => {
                Self { wait, ..blank("sendmsg") }.with_message(py, &message).with_body(py, &request)
            }
            raw::server::HostRequest::SendEvent { name, request } => {
                Self { name: text(name.as_bytes()), ..blank("sendevent") }.with_body(py, &request)
            }
            raw::server::HostRequest::Connect => blank("connect"),
            raw::server::HostRequest::GetVar(name) => Self { name: text(name), ..blank("getvar") },
            raw::server::HostRequest::MyEvents(uuid) => Self { uuid: text(uuid), ..blank("myevents") },
        }
    }

    fn with_message(self, py: Python<'_>, message: &SendMsg<'_>) -> Self {
        let text = |octets: &[u8]| Some(to_str(py, octets).unbind());
        let asked = Self { uuid: message.uuid.and_then(text), ..self };
        match CallCommand::from(message.call) {
            CallCommand::Execute(execute) => Self {
                call: text(b"execute"),
                app: text(execute.app),
                arg: text(execute.arg),
                event_uuid: execute.event_uuid.and_then(text),
                ..asked
            },
            CallCommand::Hangup { cause } => {
                Self { call: text(b"hangup"), cause: cause.and_then(|cause| text(cause.as_bytes())), ..asked }
            }
            CallCommand::Unicast(_) => Self { call: text(b"unicast"), ..asked },
            CallCommand::NoMedia { .. } => Self { call: text(b"nomedia"), ..asked },
            CallCommand::XferExt { .. } => Self { call: text(b"xferext"), ..asked },
            CallCommand::Other { name } => Self { call: text(name), ..asked },
        }
    }

    fn with_body(self, py: Python<'_>, request: &Request<'_>) -> Self {
        Self { body: request.body().map(|body| PyBytes::new(py, body).unbind()), ..self }
    }
}

#[pymethods]
impl HostRequest {
    /// The command as it was sent.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        shared(py, &self.octets)
    }

    /// The client's password.
    #[getter]
    fn password<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.password.as_ref().map(|password| to_str(py, password.as_bytes(py)))
    }

    /// The password in bytes; compare this.
    #[getter]
    fn password_bytes(&self, py: Python<'_>) -> Option<Py<PyBytes>> {
        self.password.as_ref().map(|password| password.clone_ref(py))
    }

    /// The headers of the command, in their order.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let headers = request(&self.octets).into_iter().flat_map(|(request, _)| request.headers());
        header_list(py, headers, |header| {
            Ok((value_str(py, &header.name).into_any(), value_str(py, &header.value).into_any()))
        })
    }

    fn __repr__(&self) -> String {
        match self.kind {
            "password" | "user" => format!("<HostRequest {}>", self.kind),
            kind => format!("<HostRequest {kind} {}>", shown(&self.octets)),
        }
    }
}

/// A command that the listener has answered.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct Effect {
    /// Its effect on the host: 'all-events' (subscribe to the known subclasses), 'divert' and 'undivert', 'resume',
    /// 'linger' (`Server.linger` has changed), or 'none'.
    #[pyo3(get)]
    kind: &'static str,
    octets: PyBackedBytes,
}

impl Effect {
    pub(crate) fn new(py: Python<'_>, effect: CoreEffect, octets: &[u8]) -> Self {
        let kind = match raw::server::Effect::from(effect) {
            raw::server::Effect::AllEvents => "all-events",
            raw::server::Effect::Divert(true) => "divert",
            raw::server::Effect::Divert(false) => "undivert",
            raw::server::Effect::Resume => "resume",
            raw::server::Effect::Linger => "linger",
            // What waits is dropped here.
            raw::server::Effect::Greeting
            | raw::server::Effect::None
            | raw::server::Effect::EventsFlushed
            | raw::server::Effect::LogFlushed => "none",
        };
        Self { kind, octets: command(py, octets) }
    }
}

#[pymethods]
impl Effect {
    /// The command as it was sent.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        shared(py, &self.octets)
    }

    fn __repr__(&self) -> String {
        format!("<Effect {} {}>", self.kind, shown(&self.octets))
    }
}

/// The listener has ended the connection: send the remaining data, then close it.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct ServerClosed {
    /// Why, as `Server.closed`.
    #[pyo3(get)]
    pub(crate) why: &'static str,
    /// What could not be read, for 'unreadable'.
    #[pyo3(get)]
    pub(crate) error: Option<Py<PyAny>>,
}

#[pymethods]
impl ServerClosed {
    fn __repr__(&self) -> String {
        format!("<ServerClosed {:?}>", self.why)
    }
}
