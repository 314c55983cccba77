//! The applications that programs drive, with their arguments as each application's own parser reads them.

use esl_proto::command::Words;
use esl_proto::command::app::{
    App as Core, Conference, Dtmf, PlayAndGetDigits, Read, Record, Say, Text as CoreText, Transfer, TransferLeg,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error;
use crate::text::{Pairs, Text};

/// An application of the dialplan with its argument, made by the static methods.
///
/// What a program passes arrives as it is, or is refused with LocalProtocolError: no text can end an argument early, add
/// another or have something expanded. With `expand`, the server replaces `${...}` in it.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct App {
    /// The application.
    #[pyo3(get)]
    name: &'static str,
    argument: Box<[u8]>,
    /// Whether `resume` must be sent first on an outbound connection, because the call leaves it.
    #[pyo3(get)]
    needs_resume: bool,
}

fn text(text: &Text, expand: bool) -> CoreText<'_> {
    if expand { CoreText::expand(&**text) } else { CoreText::literal(text) }
}

fn literal(text: &Text) -> CoreText<'_> {
    CoreText::literal(text)
}

/// Seconds as milliseconds.
fn ms(seconds: f64) -> PyResult<u32> {
    whole(seconds * 1000.0)
}

/// Seconds, one at least if there are any.
fn seconds(seconds: f64) -> PyResult<u32> {
    whole(if seconds > 0.0 { seconds.max(1.0) } else { seconds })
}

fn whole(number: f64) -> PyResult<u32> {
    let number = number.round();
    if (0.0..=f64::from(u32::MAX)).contains(&number) {
        return Ok(number as u32);
    }
    Err(PyValueError::new_err("the time is out of range"))
}

impl App {
    fn of<'a>(py: Python<'_>, app: impl Into<Core<'a>>) -> PyResult<Self> {
        let app = app.into();
        let len = app.encoded_len().map_err(|error| error::app_refused(py, &error))?;
        let mut argument = vec![0; len];
        app.encode(&mut argument).map_err(|error| error::app_refused(py, &error))?;
        Ok(Self { name: app.name(), argument: argument.into(), needs_resume: app.needs_resume() })
    }
}

#[pymethods]
impl App {
    /// The argument.
    #[getter]
    fn argument<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.argument)
    }

    /// `playback`: plays a file, a tone or a stream to its end.
    #[staticmethod]
    #[pyo3(signature = (path, *, expand=false))]
    fn playback(py: Python<'_>, path: Text, expand: bool) -> PyResult<Self> {
        Self::of(py, Core::playback(text(&path, expand)))
    }

    /// `say`: reads a text aloud, from recorded words.
    #[staticmethod]
    fn say(
        py: Python<'_>,
        words: Text,
        module: Text,
        r#type: Text,
        method: Text,
        gender: Option<Text>,
    ) -> PyResult<Self> {
        let say = Say::new(literal(&module), literal(&r#type), literal(&method), literal(&words));
        Self::of(py, gender.as_ref().map_or(say, |gender| say.gender(literal(gender))))
    }

    /// `speak`: reads a text aloud, by a speech engine and its voice, or those of the channel's variables.
    #[staticmethod]
    fn speak(py: Python<'_>, words: Text, engine: Option<Text>, voice: Option<Text>) -> PyResult<Self> {
        let app = match (&engine, &voice) {
            (Some(engine), Some(voice)) => Core::speak(literal(engine), literal(voice), literal(&words)),
            (None, None) => Core::speak_text(literal(&words)),
            _ => return Err(PyValueError::new_err("an engine and a voice, or neither")),
        };
        Self::of(py, app)
    }

    /// `record`: records the caller into a file, for at most `limit` seconds.
    #[staticmethod]
    fn record(py: Python<'_>, path: Text, limit: Option<f64>, silence: Option<(u32, f64)>) -> PyResult<Self> {
        let mut record = Record::new(literal(&path));
        if let Some(limit) = limit {
            record = record.limit(seconds(limit)?);
        }
        if let Some((threshold, time)) = silence {
            record = record.silence(threshold, seconds(time)?);
        }
        Self::of(py, record)
    }

    /// `record_session`: records the call into a file in the background.
    #[staticmethod]
    fn record_session(py: Python<'_>, path: Text, limit: Option<f64>) -> PyResult<Self> {
        Self::of(py, Core::record_session(literal(&path), limit.map(seconds).transpose()?))
    }

    /// `stop_record_session`: ends such a recording, or `all`.
    #[staticmethod]
    fn stop_record_session(py: Python<'_>, path: Text) -> PyResult<Self> {
        Self::of(py, Core::stop_record_session(literal(&path)))
    }

    /// `sleep`: waits.
    #[staticmethod]
    fn sleep(py: Python<'_>, time: f64) -> PyResult<Self> {
        Self::of(py, Core::sleep(ms(time)?))
    }

    /// `set`: sets a variable of the channel.
    #[staticmethod]
    #[pyo3(signature = (name, value, *, expand=false))]
    fn set(py: Python<'_>, name: Text, value: Text, expand: bool) -> PyResult<Self> {
        Self::of(py, Core::set(literal(&name), text(&value, expand)))
    }

    /// `multiset`: sets several variables.
    #[staticmethod]
    fn multiset(py: Python<'_>, variables: Pairs<Text>) -> PyResult<Self> {
        let pairs: Vec<(&[u8], &[u8])> = variables.0.iter().map(|(name, value)| (&**name, &**value)).collect();
        Self::of(py, Core::multiset(pairs.as_slice()))
    }

    /// `unset`: removes a variable.
    #[staticmethod]
    fn unset(py: Python<'_>, name: Text) -> PyResult<Self> {
        Self::of(py, Core::unset(literal(&name)))
    }

    /// `export`: sets a variable of the channel and of the channels that it calls; with `nolocal`, only of the latter.
    #[staticmethod]
    #[pyo3(signature = (name, value, *, nolocal=false, expand=false))]
    fn export(py: Python<'_>, name: Text, value: Text, nolocal: bool, expand: bool) -> PyResult<Self> {
        let (name, value) = (literal(&name), text(&value, expand));
        Self::of(py, Core::Export { name, value, nolocal })
    }

    /// `transfer`: sends the call elsewhere in the dialplan: this leg, the `"other"`, or `"both"`.
    #[staticmethod]
    fn transfer(
        py: Python<'_>,
        extension: Text,
        dialplan: Option<Text>,
        context: Option<Text>,
        leg: &str,
    ) -> PyResult<Self> {
        let leg = match leg {
            "this" => TransferLeg::This,
            "other" => TransferLeg::Other,
            "both" => TransferLeg::Both,
            _ => return Err(PyValueError::new_err("leg must be one of this, other, both")),
        };
        let mut transfer = Transfer::new(literal(&extension)).leg(leg);
        if let Some(dialplan) = &dialplan {
            transfer = transfer.dialplan(literal(dialplan));
        }
        if let Some(context) = &context {
            transfer = transfer.context(literal(context));
        }
        Self::of(py, transfer)
    }

    /// `play_and_get_digits`: plays a file and collects digits. Times are in seconds.
    #[staticmethod]
    #[allow(clippy::too_many_arguments)]
    fn play_and_get_digits(
        py: Python<'_>,
        file: Text,
        min_digits: u32,
        max_digits: u32,
        tries: u32,
        timeout: f64,
        terminators: Text,
        invalid_file: Text,
        variable: Text,
        regexp: Text,
        digit_timeout: Option<f64>,
    ) -> PyResult<Self> {
        let mut ask = PlayAndGetDigits::new(min_digits, max_digits, literal(&file), literal(&variable))
            .tries(tries)
            .timeout(ms(timeout)?)
            .terminators(literal(&terminators))
            .invalid_file(literal(&invalid_file))
            .regexp(literal(&regexp));
        if let Some(time) = digit_timeout {
            ask = ask.digit_timeout(ms(time)?);
        }
        Self::of(py, ask)
    }

    /// `read`: plays a file and collects digits.
    #[staticmethod]
    #[allow(clippy::too_many_arguments)]
    fn read(
        py: Python<'_>,
        file: Text,
        min_digits: u32,
        max_digits: u32,
        timeout: f64,
        terminators: Text,
        variable: Text,
    ) -> PyResult<Self> {
        let read = Read::new(min_digits, max_digits, literal(&file), literal(&variable));
        Self::of(py, read.timeout(ms(timeout)?).terminators(literal(&terminators)))
    }

    /// `send_dtmf`: sends digits to the other end, each for so many seconds.
    #[staticmethod]
    fn send_dtmf(py: Python<'_>, digits: Text, duration: Option<f64>) -> PyResult<Self> {
        let dtmf = Dtmf::new(&*digits);
        Self::of(
            py,
            Core::send_dtmf(match duration {
                Some(time) => dtmf.duration(ms(time)?),
                None => dtmf,
            }),
        )
    }

    /// `conference`: enters a conference.
    #[staticmethod]
    fn conference(
        py: Python<'_>,
        name: Text,
        profile: Option<Text>,
        pin: Option<Text>,
        flags: Vec<Text>,
    ) -> PyResult<Self> {
        let flags: Vec<&[u8]> = flags.iter().map(|flag| &**flag).collect();
        let mut conference = Conference::new(literal(&name)).flags(Words::from_bytes(&flags));
        if let Some(profile) = &profile {
            conference = conference.profile(literal(profile));
        }
        if let Some(pin) = &pin {
            conference = conference.pin(literal(pin));
        }
        Self::of(py, Core::Conference(conference))
    }

    /// `deflect`: makes the caller's own switch send the answered call elsewhere.
    #[staticmethod]
    fn deflect(py: Python<'_>, target: Text) -> PyResult<Self> {
        Self::of(py, Core::deflect(literal(&target)))
    }

    /// `respond`: answers a call that is not answered yet with a SIP status.
    #[staticmethod]
    fn respond(py: Python<'_>, status: Text) -> PyResult<Self> {
        Self::of(py, Core::respond(literal(&status)))
    }

    fn __repr__(&self) -> String {
        format!("<App {} {:?}>", self.name, esl_proto::Value::from_bytes(&self.argument))
    }
}
