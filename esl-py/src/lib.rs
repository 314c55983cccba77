//! The native module of the Python package `esl_proto`: the core's values as Python objects.
//!
//! Bottom up: `text` (bytes and text from Python and to it), `error`, `names`, `keys`, `lookup`, `headers`; `index`, `event`
//! and `variables`, `rows` and `calls`; `message` (all other frames); `command`, `app` and `dial`; `input`; and on these
//! `connection`, the client's side, and `session`, what waits for what on it. `host_request`, `outgoing`, `output` and
//! `pattern`, and on them `server`, are the listener's side. The simulated switch is a crate of its own, `esl-py-sim`: it is
//! compiled for size.
//!
//! Objects hold bytes as Python's own `bytes`, and read them with the core when they are asked something. All classes
//! are frozen; what changes stands behind a lock, so that the module needs no GIL.

mod app;
mod calls;
mod command;
mod connection;
mod dial;
mod error;
mod event;
mod headers;
mod host_request;
mod index;
mod input;
mod job;
mod keys;
mod lookup;
mod message;
mod names;
mod outgoing;
mod output;
mod pattern;
mod rows;
mod server;
mod session;
mod text;
mod variables;

use pyo3::prelude::*;

/// The protocol core behind `esl_proto`.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use esl_py_sim::{Channel, Sim};
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::app::App;
    #[pymodule_export]
    use crate::calls::{Call, Calls, Change};
    #[pymodule_export]
    use crate::command::Command;
    #[pymodule_export]
    use crate::connection::Connection;
    #[pymodule_export]
    use crate::dial::{
        Endpoint, bridge_line, bridge_parts, hook_variable, inline_line, inline_parts, named_originate, new_uuid,
        originate_line, originate_parts,
    };
    #[pymodule_export]
    use crate::event::Event;
    #[pymodule_export]
    use crate::headers::Headers;
    #[pymodule_export]
    use crate::host_request::{Effect, HostRequest, ServerClosed};
    #[pymodule_export]
    use crate::job::JobResult;
    #[pymodule_export]
    use crate::message::{
        ApiResponse, AuthRefused, AuthRequest, Authenticated, Closed, Connected, Frame, Lingering, LogLine, Rejected,
        Reply, Unexpected, closed_of_parts, end_reasons, frame_of_parts,
    };
    #[pymodule_export]
    use crate::names::vocabulary;
    #[pymodule_export]
    use crate::outgoing::OutgoingEvent;
    #[pymodule_export]
    use crate::rows::rows;
    #[pymodule_export]
    use crate::server::Server;
    #[pymodule_export]
    use crate::session::{ClientSession, EventQueue, Gap};
    #[pymodule_export]
    use crate::variables::Variables;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        // `collections.abc` without `collections`, which most programs need, but not this.
        let mapping = module.py().import("_collections_abc")?.getattr("Mapping")?;
        mapping.call_method1("register", (module.py().get_type::<Headers>(),))?;
        crate::error::register(module)
    }
}
