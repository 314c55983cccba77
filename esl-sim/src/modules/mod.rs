//! What a switch has beside its core, as FreeSWITCH has modules: applications, API commands, the event socket.

pub(crate) mod answers;
pub(crate) mod api;
mod apps;
mod bridge;
mod conference;
pub(crate) mod listener;
mod names;

use crate::switch::Interfaces;

/// All of it, for the core.
pub(crate) const INTERFACES: Interfaces =
    Interfaces { has_application: apps::is_known, application: apps::run, api: api::run_boxed };
