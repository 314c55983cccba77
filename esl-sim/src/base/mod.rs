//! What knows nothing of a switch: time, what runs beside each other, events, and the bytes of a connection.

pub(crate) mod event;
pub(crate) mod slot;
pub(crate) mod table;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod wire;
