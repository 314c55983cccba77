//! Text and bytes, from Python and to it.

use std::borrow::Cow;
use std::ops::Deref;

use esl_proto::Value;
use esl_proto::frame::Header;
use esl_proto::name::Format;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyByteArray, PyBytes, PyList, PyMapping, PyMemoryView, PyString};

/// Bytes that a caller gives: `bytes` as they are, a copy of any other buffer.
///
/// Subclasses are copied: their finalizer would run under our lock.
pub(crate) struct Octets(pub(crate) PyBackedBytes);

impl<'py> FromPyObject<'_, 'py> for Octets {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast_exact::<PyBytes>() {
            return Ok(Self(bytes.to_owned().into()));
        }
        if let Ok(array) = object.cast::<PyByteArray>() {
            return Ok(Self(array.to_owned().into()));
        }
        if object.is_exact_instance_of::<PyMemoryView>() {
            // What comes from a socket: the interpreter copies it into memory that is not filled with zeros before.
            let copy = object.py().get_type::<PyBytes>().call1((object,))?;
            return Ok(Self(copy.cast_into::<PyBytes>()?.into()));
        }
        let wrong = |_| PyTypeError::new_err(format!("a bytes-like object is required, not {}", kind(&object)));
        let buffer = PyBuffer::<u8>::get(&object).map_err(wrong)?;
        let copy = PyBytes::new_with(object.py(), buffer.len_bytes(), |to| buffer.copy_to_slice(object.py(), to))?;
        Ok(Self(copy.into()))
    }
}

impl Deref for Octets {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// An argument to be sent: text as UTF-8 (lone surrogates as the bytes they stand for), or bytes. Subclasses are copied, as
/// for [`Octets`].
pub(crate) enum Text {
    Text(PyBackedStr),
    Octets(Octets),
}

impl<'py> FromPyObject<'_, 'py> for Text {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let Ok(text) = object.cast::<PyString>() else {
            let wrong =
                |_| PyTypeError::new_err(format!("str or a bytes-like object is required, not {}", kind(&object)));
            return object.extract().map(Self::Octets).map_err(wrong);
        };
        let py = object.py();
        if let Ok(utf8) = PyBackedStr::try_from(text.to_owned()) {
            let is_exact = object.cast_exact::<PyString>().is_ok();
            return Ok(if is_exact {
                Self::Text(utf8)
            } else {
                Self::Octets(Octets(PyBytes::new(py, utf8.as_bytes()).into()))
            });
        }
        object.call_method1(intern!(py, "encode"), ("utf-8", "surrogateescape"))?.extract().map(Self::Octets)
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Octets(octets) => octets,
        }
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

fn kind(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "that".to_owned(), |name| name.to_string())
}

/// Pairs of names and what belongs to them: of a mapping, or of an iterable of pairs.
pub(crate) struct Pairs<V>(pub(crate) Vec<(Text, V)>);

impl<'py, V: FromPyObjectOwned<'py>> FromPyObject<'_, 'py> for Pairs<V> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let pairs = match object.cast::<PyMapping>() {
            Ok(mapping) => mapping.items()?.into_any(),
            Err(_) => object.to_owned(),
        };
        pairs.try_iter()?.map(|pair| pair?.extract()).collect::<PyResult<_>>().map(Self)
    }
}

/// A format by its word.
pub(crate) struct FormatWord(pub(crate) Format);

impl<'py> FromPyObject<'_, 'py> for FormatWord {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let word: Text = object.extract()?;
        let format = Format::from_bytes(&word).map(Self);
        format.ok_or_else(|| PyValueError::new_err("a format is one of 'plain', 'json' and 'xml'"))
    }
}

/// Bytes as `str`; what is not UTF-8 becomes U+FFFD.
pub(crate) fn to_str<'py>(py: Python<'py>, octets: &[u8]) -> Bound<'py, PyString> {
    // The interpreter looks whether it is UTF-8, so that bytes are gone through once.
    PyString::from_bytes(py, octets).unwrap_or_else(|_| PyString::new(py, &String::from_utf8_lossy(octets)))
}

/// Bytes as `str`; what is not UTF-8 becomes surrogates, which go out as the same bytes again.
pub(crate) fn exact_str<'py>(py: Python<'py>, octets: &[u8]) -> PyResult<Bound<'py, PyString>> {
    match std::str::from_utf8(octets) {
        Ok(text) => Ok(PyString::new(py, text)),
        Err(_) => PyString::from_encoded_object(&PyBytes::new(py, octets), Some(c"utf-8"), Some(c"surrogateescape")),
    }
}

/// The `bytes` that these bytes are in.
pub(crate) fn shared<'py>(py: Python<'py>, octets: &PyBackedBytes) -> Bound<'py, PyBytes> {
    let Ok(bytes) = octets.into_pyobject(py);
    bytes
}

/// Room on the stack for a value that must be decoded.
const SHORT: usize = 128;

/// Passes the decoded bytes of a value to `act`.
pub(crate) fn with_decoded<T>(value: &Value<'_>, act: impl FnOnce(&[u8]) -> T) -> T {
    if let Some(plain) = value.as_plain() {
        return act(plain);
    }
    let mut short = [0; SHORT];
    match value.decode_into(&mut short) {
        Ok(octets) => act(octets),
        Err(_) => act(&decode(value)),
    }
}

/// The decoded bytes of a value.
pub(crate) fn decoded<'a>(value: &Value<'a>) -> Cow<'a, [u8]> {
    match value.as_plain() {
        Some(plain) => Cow::Borrowed(plain),
        None => Cow::Owned(decode(value)),
    }
}

fn decode(value: &Value<'_>) -> Vec<u8> {
    let mut octets = vec![0; value.raw().len()];
    loop {
        match value.decode_into(&mut octets).map(<[u8]>::len) {
            Ok(len) => {
                octets.truncate(len);
                return octets;
            }
            // Only an array can be longer decoded than encoded.
            Err(error) => octets.resize(error.required, 0),
        }
    }
}

/// A value as `str`.
pub(crate) fn value_str<'py>(py: Python<'py>, value: &Value<'_>) -> Bound<'py, PyString> {
    with_decoded(value, |octets| to_str(py, octets))
}

/// A value as `bytes`.
pub(crate) fn value_bytes<'py>(py: Python<'py>, value: &Value<'_>) -> Bound<'py, PyBytes> {
    with_decoded(value, |octets| PyBytes::new(py, octets))
}

/// A value, or a list if it is an array, each made by `one`.
pub(crate) fn item<'py, T>(
    py: Python<'py>,
    value: &Value<'_>,
    one: impl Fn(Python<'py>, &Value<'_>) -> Bound<'py, T>,
) -> PyResult<Bound<'py, PyAny>> {
    if value.is_array() {
        let items: Vec<_> = value.items().map(|item| one(py, &item).into_any()).collect();
        return Ok(PyList::new(py, items)?.into_any());
    }
    Ok(one(py, value).into_any())
}

/// Headers as a list of pairs.
pub(crate) fn header_list<'py, 'a>(
    py: Python<'py>,
    headers: impl Iterator<Item = Header<'a>>,
    mut pair: impl FnMut(&Header<'a>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for header in headers {
        list.append(pair(&header)?)?;
    }
    Ok(list)
}
