//! What `originate` does, and the calls that connect to programs.

use std::rc::Rc;

use esl_proto::dial::{Destination, Originate};
use esl_proto::name::HangupCause;
use tokio::task::spawn_local;

use crate::api::usage;
use crate::calls::{Call, Setup, Task};
use crate::common::Trouble;
use crate::core::Switch;
use crate::options::Program;

/// Calls somebody. The first leg answers; whatever else is rung, is not.
pub(crate) async fn originate(switch: &Rc<Switch>, line: &str) -> String {
    let line = format!("originate {line}");
    let mut storage = vec![0; line.len()];
    let Ok(order) = Originate::parse(line.as_bytes(), &mut storage) else {
        return usage(
            "<call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] \
             [<timeout_sec>]",
        );
    };
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let mut variables: Vec<(String, Vec<u8>)> =
        order.dial.variables.iter().map(|(name, value)| (text(name), value.into())).collect();
    let mut endpoint = String::new();
    if let Some(handle) = order.dial.handles.iter().next() {
        variables.extend(handle.variables.iter().map(|(name, value)| (text(name), value.into())));
        if let Some(leg) = handle.leg_lists.iter().next().and_then(|list| list.iter().next()) {
            variables.extend(leg.variables.iter().map(|(name, value)| (text(name), value.into())));
            endpoint = text(leg.endpoint);
        }
    }
    let known = ["loopback/", "user/", "null/", "sofia/", "error/"];
    if !known.iter().any(|kind| endpoint.starts_with(kind)) {
        return "-ERR CHAN_NOT_IMPLEMENTED\n".into();
    }
    if switch.is_full() {
        return format!("-ERR {}\n", HangupCause::DestinationOutOfOrder);
    }
    let given = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| text(value));
    if given("origination_uuid").is_some_and(|uuid| switch.call(uuid).is_some()) {
        return "-ERR DESTINATION_OUT_OF_ORDER\n".into();
    }
    let setup = Setup {
        caller_name: given("origination_caller_id_name").or(order.cid_name.map(text)).unwrap_or_default(),
        caller_number: given("origination_caller_id_number")
            .or(order.cid_num.map(text))
            .unwrap_or_else(|| "0000000000".into()),
        variables,
        ..Setup::to(&endpoint)
    };
    let task = match order.destination {
        Destination::Application { app, arg } => Task::new(&text(app), &text(arg)),
        Destination::Extension(name) => extension(switch, &text(name)),
    };
    let call = Call::new(switch, setup);
    let answered = call.dial().await.is_some();
    spawn_local(Rc::clone(&call).live(task));
    match call.cause() {
        None if answered => format!("+OK {}\n", call.uuid),
        cause => format!("-ERR {}\n", cause.unwrap_or(HangupCause::NoAnswer)),
    }
}

/// What the simulated dialplan does for an extension.
fn extension(switch: &Switch, name: &str) -> Task {
    if let Some((_, program)) = switch.options.extensions.iter().find(|(known, _)| known == name) {
        return Task::new("socket", &program.argument());
    }
    match name {
        "park" | "echo" => Task::new(name, ""),
        _ => Task::new("playback", "ivr/ivr-welcome.wav"),
    }
}

/// Makes one call that connects to a program, and waits for its end.
pub(crate) async fn outbound(switch: &Rc<Switch>, program: &Program) -> Result<(), Trouble> {
    let setup = Setup { caller_number: "0000000000".into(), ..Setup::to("loopback/program") };
    let call = Call::new(switch, setup);
    if call.dial().await.is_some() {
        Rc::clone(&call).live(Task::new("socket", &program.argument())).await;
    }
    call.refusal.take().map_or(Ok(()), |error| Err(Trouble::Socket(error)))
}
