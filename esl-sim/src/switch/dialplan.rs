//! What a call does that comes to an extension.

use super::{Switch, Task};

/// What a dialplan does for an extension. That of `inline` is the list of applications itself: `answer,playback:x`.
pub(crate) fn steps(switch: &Switch, extension: &str, dialplan: &str) -> Vec<Task> {
    if !dialplan.eq_ignore_ascii_case("inline") {
        return tasks_of(switch, extension);
    }
    let steps = extension.trim_matches('\'').split(',').map(|step| step.split_once(':').unwrap_or((step, "")));
    steps.map(|(app, arg)| Task::new(app, arg)).collect()
}

/// What the simulated dialplan does for an extension: those that it does not know are parked.
fn tasks_of(switch: &Switch, name: &str) -> Vec<Task> {
    match (switch.config().extensions.get(name), name) {
        (Some(steps), _) => tasks(steps),
        (None, "echo") => vec![Task::new(name, "")],
        (None, _) => vec![Task::new("park", "")],
    }
}

/// The applications of an extension.
pub(crate) fn tasks(steps: &[(String, String)]) -> Vec<Task> {
    steps.iter().map(|(app, arg)| Task::new(app, arg)).collect()
}
