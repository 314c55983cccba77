//! Generated calls.

mod load;
mod scenario;

use std::sync::Arc;

use crate::switch::Switch;

/// Begins those that the configuration asks for.
pub(crate) fn begin(switch: &Arc<Switch>) {
    if switch.config().calls_per_second > 0.0 {
        switch.queues.spawn(load::calls(Arc::clone(switch)));
    }
    if switch.config().is_scenario {
        switch.queues.spawn(scenario::stories(Arc::clone(switch)));
    }
}
