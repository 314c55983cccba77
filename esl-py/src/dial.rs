//! Whom to call: what `esl_proto.dial` is made of, written and read by the core.

use std::hash::{BuildHasher, RandomState};

use esl_proto::command::{Pairs, app::AppEncodeError};
use esl_proto::dial::{
    Bridge, Destination, DialHandles, DialReadError, DialString, Endpoint as Core, FlatLeg, Hook, Inline, Join, Leg,
    LegSource, Originate, Task, Variables,
};
use esl_proto::name::HangupCause;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::error;
use crate::text::{Text, exact_str};

type TextPairs = Vec<(Text, Text)>;

/// A leg as `esl_proto.dial` lays it out: what joins it to the one before (0 `,`, 1 `|`, 2 `:_:`), the variables of its
/// handle, its own, and its endpoint.
type GivenLeg = (u8, TextPairs, TextPairs, Text);

/// The legs of a call.
pub(crate) struct Legs(Vec<GivenLeg>);

impl<'py> FromPyObject<'_, 'py> for Legs {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self)
    }
}

fn variables(pairs: &TextPairs) -> Variables<'_> {
    Pairs::from_source(pairs).into()
}

impl LegSource for Legs {
    fn leg(&self, place: usize) -> Option<FlatLeg<'_>> {
        let (join, handle, own, endpoint) = self.0.get(place)?;
        Some(FlatLeg {
            join: match join {
                0 => Join::And,
                1 => Join::Or,
                _ => Join::Enterprise,
            },
            handle_variables: variables(handle),
            leg: Leg::new(&**endpoint).variables(variables(own)),
        })
    }
}

fn dial<'a>(all: &'a TextPairs, legs: &'a Legs) -> DialString<'a> {
    DialString::new(DialHandles::from_legs(legs)).variables(variables(all))
}

/// What `write` writes, in as much room as it asks for.
fn written<'py, E>(
    py: Python<'py>,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, E>,
    required: impl Fn(&E) -> Option<usize>,
    refuse: impl Fn(&E) -> PyErr,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut out = vec![0; 512];
    loop {
        match write(&mut out) {
            Ok(len) => return Ok(PyBytes::new(py, out.get(..len).unwrap_or_default())),
            Err(error) => match required(&error) {
                Some(required) if required > out.len() => out.resize(required, 0),
                _ => return Err(refuse(&error)),
            },
        }
    }
}

fn pairs<'py, 'a>(py: Python<'py>, pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> PyResult<Bound<'py, PyTuple>> {
    let pairs: Vec<_> =
        pairs.map(|(name, value)| Ok((exact_str(py, name)?, exact_str(py, value)?))).collect::<PyResult<_>>()?;
    PyTuple::new(py, pairs)
}

/// A dial string as its parts: its variables, and for each handle its variables and its lists of legs, which are
/// endpoints with their variables.
fn parts<'py>(py: Python<'py>, dial: &DialString<'_>) -> PyResult<Bound<'py, PyTuple>> {
    let handles = PyList::empty(py);
    for handle in dial.handles {
        let lists = PyList::empty(py);
        for list in handle.leg_lists {
            let legs = PyList::empty(py);
            for leg in list {
                legs.append((exact_str(py, leg.endpoint)?, pairs(py, leg.variables.iter())?))?;
            }
            lists.append(legs)?;
        }
        handles.append((lists, pairs(py, handle.variables.iter())?))?;
    }
    (handles, pairs(py, dial.variables.iter())?).into_pyobject(py)
}

/// The argument of `bridge` that these legs make.
#[pyfunction]
pub(crate) fn bridge_line<'py>(py: Python<'py>, variables: TextPairs, legs: Legs) -> PyResult<Bound<'py, PyBytes>> {
    let bridge = Bridge::new(dial(&variables, &legs));
    let write = |out: &mut [u8]| bridge.encode(out).map(<[u8]>::len);
    written(py, write, |error| error.required(), |error| error::part_not_dialled(py, error))
}

/// The handles and variables in an argument of `bridge`.
#[pyfunction]
pub(crate) fn bridge_parts<'py>(py: Python<'py>, text: Text) -> PyResult<Bound<'py, PyTuple>> {
    let mut storage = vec![0; text.len()];
    let bridge = Bridge::parse(&text, &mut storage).map_err(|error| error::no_call(py, &error))?;
    parts(py, &bridge.dial)
}

/// The line of `originate` with these legs. The destination is an extension, or with `app` an application's argument.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn originate_line<'py>(
    py: Python<'py>,
    variables: TextPairs,
    legs: Legs,
    app: Option<Text>,
    destination: Text,
    dialplan: Option<Text>,
    context: Option<Text>,
    cid_name: Option<Text>,
    cid_num: Option<Text>,
    timeout_sec: Option<u32>,
) -> PyResult<Bound<'py, PyBytes>> {
    let originate = Originate {
        dial: dial(&variables, &legs),
        destination: match &app {
            Some(app) => Destination::Application { app, arg: &destination },
            None => Destination::Extension(&destination),
        },
        dialplan: dialplan.as_deref(),
        context: context.as_deref(),
        cid_name: cid_name.as_deref(),
        cid_num: cid_num.as_deref(),
        timeout_sec,
    };
    let write = |out: &mut [u8]| originate.encode(out).map(<[u8]>::len);
    written(py, write, |error| error.required(), |error| error::part_not_dialled(py, error))
}

/// The parts of a line of `originate`, in the order of `originate_line`.
#[pyfunction]
pub(crate) fn originate_parts<'py>(py: Python<'py>, line: Text) -> PyResult<Bound<'py, PyTuple>> {
    let mut storage = vec![0; line.len()];
    let call = Originate::parse(&line, &mut storage).map_err(|error| error::no_call(py, &error))?;
    let text = |text: Option<&[u8]>| text.map(|text| exact_str(py, text)).transpose();
    let (app, destination) = match call.destination {
        Destination::Extension(extension) => (None, extension),
        Destination::Application { app, arg } => (Some(app), arg),
    };
    let rest = (
        parts(py, &call.dial)?,
        text(app)?,
        exact_str(py, destination)?,
        text(call.dialplan)?,
        text(call.context)?,
        text(call.cid_name)?,
        text(call.cid_num)?,
        call.timeout_sec,
    );
    rest.into_pyobject(py)
}

/// The line of `originate` for a call, the word itself perhaps left out, and the uuid of its channel: this one, or a new one. None
/// if the call has several legs or an `origination_uuid` of its own, or cannot be read: it goes out as it is.
#[pyfunction]
pub(crate) fn named_originate<'py>(
    py: Python<'py>,
    call: Text,
    uuid: Option<Text>,
) -> PyResult<(Bound<'py, PyBytes>, Option<Bound<'py, PyString>>)> {
    const WORD: &[u8] = b"originate ";
    let line = if call.starts_with(WORD) { call.to_vec() } else { [WORD, &*call].concat() };
    let uuid = uuid.map_or_else(|| new_uuid().into_bytes(), |uuid| uuid.to_vec());
    let mut storage = vec![0; line.len()];
    let mut named = Vec::new();
    if let Ok(call) = Originate::parse(&line, &mut storage)
        && call.encode_named_to_vec(&uuid, &mut named).map_err(|error| error::part_not_dialled(py, &error))?
    {
        return Ok((PyBytes::new(py, &named), Some(exact_str(py, &uuid)?)));
    }
    Ok((PyBytes::new(py, &line), None))
}

/// A random uuid.
#[pyfunction]
pub(crate) fn new_uuid() -> String {
    let random = || u128::from(RandomState::new().hash_one(0));
    let number = (random() << 64 | random()) & !(0xf << 76) & !(0xc << 60) | 4 << 76 | 8 << 60;
    let digits = format!("{number:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// The text of an inline dialplan with these applications and arguments.
#[pyfunction]
pub(crate) fn inline_line<'py>(py: Python<'py>, tasks: TextPairs) -> PyResult<Bound<'py, PyBytes>> {
    let inline = Inline::new(Pairs::from_source(&tasks));
    let write = |out: &mut [u8]| inline.encode(out).map(<[u8]>::len);
    written(py, write, |error| error.required(), |error| error::part_not_dialled(py, error))
}

/// The applications and arguments of an inline dialplan.
#[pyfunction]
pub(crate) fn inline_parts<'py>(py: Python<'py>, text: Text) -> PyResult<Bound<'py, PyTuple>> {
    let mut storage = vec![0; text.len() + 1];
    let inline = Inline::parse(&text, &mut storage).map_err(|error: DialReadError| error::no_call(py, &error))?;
    pairs(py, inline.iter())
}

fn hook(occasion: &str) -> PyResult<Hook> {
    Ok(match occasion {
        "originate" => Hook::Originate,
        "post_originate" => Hook::PostOriginate,
        "ring" => Hook::Ring,
        "pre_answer" => Hook::PreAnswer,
        "media" => Hook::Media,
        "answer" => Hook::Answer,
        "tone_detect" => Hook::ToneDetect,
        _ => return Err(PyValueError::new_err(format!("{occasion:?} is no occasion for a hook"))),
    })
}

/// The variable that has a channel execute something on an occasion, and its value: an application (`background`: when the
/// channel comes to it), or, without one, an API command, which is the argument.
#[pyfunction]
pub(crate) fn hook_variable<'py>(
    py: Python<'py>,
    occasion: &str,
    app: Option<Text>,
    arg: Text,
    background: bool,
) -> PyResult<(&'static str, Bound<'py, PyString>)> {
    let hook = hook(occasion)?;
    let write = |out: &mut [u8]| -> Result<usize, AppEncodeError> {
        Ok(match &app {
            None => hook.api(&*arg, out)?.1.len(),
            Some(app) if background => hook.execute_async(Task::new(&**app, &*arg), out)?.1.len(),
            Some(app) => hook.execute(Task::new(&**app, &*arg), out)?.1.len(),
        })
    };
    let value = written(py, write, |error| error.required(), |error| error::app_refused(py, error))?;
    let name = if app.is_some() { hook.execute_name() } else { hook.api_name() };
    Ok((name, exact_str(py, value.as_bytes())?))
}

/// What a leg calls, put together of its parts, as text for `Leg`.
///
/// No part can become another: what the endpoint's module would read as the end of a part is refused with DialError,
/// whose `item` is the part. Any other endpoint is given to `Leg` as text.
#[pyclass(frozen, module = "esl_proto.dial")]
pub(crate) struct Endpoint;

fn endpoint<'py>(py: Python<'py>, endpoint: Core<'_>) -> PyResult<Bound<'py, PyString>> {
    let write = |out: &mut [u8]| endpoint.encode(out).map(<[u8]>::len);
    let text = written(py, write, |error| error.required(), |error| error::part_not_dialled(py, error))?;
    exact_str(py, text.as_bytes())
}

fn in_domain<'a>(endpoint: Core<'a>, domain: &'a Option<Text>) -> Core<'a> {
    domain.as_ref().map_or(endpoint, |domain| endpoint.domain(domain))
}

#[pymethods]
impl Endpoint {
    /// A user of the directory, wherever it is registered: `user/<user>@<domain>`.
    #[staticmethod]
    #[pyo3(signature = (user, domain=None))]
    fn user<'py>(py: Python<'py>, user: Text, domain: Option<Text>) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, in_domain(Core::user(&user), &domain))
    }

    /// All users of a group of the directory: `group/<group>@<domain>`.
    #[staticmethod]
    #[pyo3(signature = (group, domain=None))]
    fn group<'py>(py: Python<'py>, group: Text, domain: Option<Text>) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, in_domain(Core::group(&group), &domain))
    }

    /// A SIP address, from one of the server's profiles: `sofia/<profile>/<address>`.
    #[staticmethod]
    fn sofia<'py>(py: Python<'py>, profile: Text, address: Text) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, Core::sofia(&profile, &address))
    }

    /// A number at a SIP provider: `sofia/gateway/<gateway>/<number>`.
    #[staticmethod]
    fn gateway<'py>(py: Python<'py>, gateway: Text, number: Text) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, Core::gateway(&gateway, &number))
    }

    /// Where a user has registered at a profile: `sofia/<profile>/<user>%<domain>`.
    #[staticmethod]
    fn contact<'py>(py: Python<'py>, profile: Text, user: Text, domain: Text) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, Core::contact(&profile, &user, &domain))
    }

    /// An extension of the dialplan, through a loopback channel: `loopback/<extension>/<context>/<dialplan>`.
    #[staticmethod]
    #[pyo3(signature = (extension, context=None, dialplan=None))]
    fn loopback<'py>(
        py: Python<'py>,
        extension: Text,
        context: Option<Text>,
        dialplan: Option<Text>,
    ) -> PyResult<Bound<'py, PyString>> {
        let loopback = Core::loopback(&extension);
        match (&context, &dialplan) {
            (Some(context), Some(dialplan)) => endpoint(py, loopback.context(context).dialplan(dialplan)),
            (Some(context), None) => endpoint(py, loopback.context(context)),
            (None, None) => endpoint(py, loopback),
            (None, Some(_)) => Err(PyValueError::new_err("a dialplan without a context")),
        }
    }

    /// A browser that has logged in: `verto.rtc/<user>@<domain>`.
    #[staticmethod]
    #[pyo3(signature = (user, domain=None))]
    fn verto<'py>(py: Python<'py>, user: Text, domain: Option<Text>) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, in_domain(Core::verto(&user), &domain))
    }

    /// Nobody: the call fails with this cause, `error/<cause>`.
    #[staticmethod]
    fn error<'py>(py: Python<'py>, cause: Text) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, Core::error(HangupCause::from_bytes(&cause)))
    }

    /// A channel without anybody, which answers at once: `null`.
    #[staticmethod]
    fn null<'py>(py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, Core::null())
    }

    /// Whoever takes the call with the application `pickup`: `pickup/<key>`.
    #[staticmethod]
    fn pickup<'py>(py: Python<'py>, key: Text) -> PyResult<Bound<'py, PyString>> {
        endpoint(py, Core::pickup(&key))
    }
}
