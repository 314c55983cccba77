//! What `originate` does, and the calls that connect to programs.

use std::sync::Arc;

use esl_proto::dial::{Destination, Originate};

use super::answer::usage;
use crate::config::Program;
use crate::modules::bridge::{legs, patience, ring};
use crate::switch::dialplan::steps;
use crate::switch::{Call, Next, Setup, Switch, Task};

/// Calls somebody: one leg after the other, until one answers.
pub(crate) async fn originate(switch: &Arc<Switch>, line: &str) -> String {
    let line = format!("originate {line}");
    let mut storage = vec![0; line.len()];
    let Ok(order) = Originate::parse(line.as_bytes(), &mut storage) else {
        return usage(
            "<call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] \
             [<timeout_sec>]",
        );
    };
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let legs = legs(&order.dial);
    let known = ["loopback/", "user/", "null/", "sofia/", "error/"];
    if !legs.iter().all(|(endpoint, _)| known.iter().any(|kind| endpoint.starts_with(kind))) {
        return "-ERR CHAN_NOT_IMPLEMENTED\n".into();
    }
    let mut setups = Vec::new();
    for (endpoint, variables) in legs {
        let given = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| text(value));
        if given("origination_uuid").is_some_and(|uuid| switch.call(uuid).is_some()) {
            return "-ERR DESTINATION_OUT_OF_ORDER\n".into();
        }
        setups.push(Setup {
            caller_name: given("origination_caller_id_name").or(order.cid_name.map(text)).unwrap_or_default(),
            caller_number: given("origination_caller_id_number")
                .or(order.cid_num.map(text))
                .unwrap_or_else(|| "0000000000".into()),
            patience: Some(patience(&variables, order.timeout_sec.map(u64::from))),
            variables,
            ..Setup::to(&endpoint)
        });
    }
    let is_application = matches!(order.destination, Destination::Application { .. });
    let tasks = match order.destination {
        Destination::Application { app, arg } => vec![Task::new(&text(app), &text(arg))],
        Destination::Extension(name) => steps(switch, &text(name), &order.dialplan.map(text).unwrap_or_default()),
    };
    match ring(switch, setups, None).await {
        Ok(call) => {
            if is_application {
                call.enter_dialplan();
                switch.queues.spawn(Arc::clone(&call).live(tasks));
            } else {
                call.leave(Next::Steps(tasks));
                switch.queues.spawn(Arc::clone(&call).routed());
            }
            format!("+OK {}\n", call.uuid)
        }
        Err(cause) => format!("-ERR {cause}\n"),
    }
}

/// Makes one call that connects to a program, and gives its uuid.
pub(crate) fn outbound(switch: &Arc<Switch>, program: &Program) -> Option<String> {
    if switch.is_full() {
        return None;
    }
    let setup = Setup { caller_number: "0000000000".into(), ..Setup::to("user/program") };
    let call = Call::new(switch, setup);
    let (uuid, argument) = (call.uuid.clone(), program.argument());
    switch.queues.spawn(async move {
        if call.dial().await.is_some() {
            call.live(vec![Task::new("socket", &argument)]).await;
        } else {
            call.live(vec![Task::new("hangup", "")]).await;
        }
    });
    Some(uuid)
}
