//! Dial strings as values, and as the server reads them.
//!
//! They are an argument of the applications that make calls and of `originate`, and public in [`crate::dial`].

mod error;
pub(crate) mod list;
pub(crate) mod write;

pub use error::{DialEncodeError, DialError, DialErrorKind, DialField};
pub use list::{
    DialHandle, DialHandles, DialListIter, DialString, FlatLeg, Join, Leg, LegList, LegLists, LegSource, ReadVariables,
    Variables, VariablesIter,
};
