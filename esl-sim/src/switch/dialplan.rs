//! What a call does that comes to an extension.

use super::{Switch, Task};

/// What a dialplan does for an extension. That of `inline` is the list of applications itself: `answer,playback:x`.
pub(crate) fn steps(switch: &Switch, extension: &str, dialplan: &str) -> Vec<Task> {
    if !dialplan.eq_ignore_ascii_case("inline") {
        return tasks_of(switch, extension);
    }
    let steps = extension.trim_matches('\'');
    // Another separator, as in `m:^:answer^park`.
    let other = steps.strip_prefix("m:").and_then(|rest| Some((rest.chars().next()?, rest.split_once(':')?.1)));
    let (separator, steps) = other.unwrap_or((',', steps));
    let steps = steps.split(separator).map(|step| step.split_once(':').unwrap_or((step, "")));
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

/// What the second leg of a loopback does: an extension, whose context counts for nothing here, or `app=<application>:<argument>`.
/// Extensions that the dialplan does not know are answered.
pub(crate) fn loopback(switch: &Switch, extension: &str) -> Vec<Task> {
    if let Some(application) = extension.strip_prefix("app=") {
        let (app, argument) = application.split_once(':').unwrap_or((application, ""));
        return vec![Task::new("pre_answer", ""), Task::new(app, argument)];
    }
    let mut parts = extension.splitn(3, '/');
    let (name, _context, dialplan) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let mut steps = steps(switch, name, dialplan.unwrap_or_default());
    if dialplan != Some("inline") && !switch.config().extensions.contains_key(name) {
        steps.insert(0, Task::new("answer", ""));
    }
    steps
}
