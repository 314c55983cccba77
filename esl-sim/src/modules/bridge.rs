//! Calls to somebody, and the connection of two.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::dial::{Bridge, DialString};
use esl_proto::name::HangupCause;

use crate::switch::call::EXCHANGE_MEDIA;
use crate::switch::life::connect;
use crate::switch::{Call, Setup, Switch};

type Variables = Vec<(String, Vec<u8>)>;

/// Somebody to call, and the variables of that call.
pub(crate) type Leg = (String, Variables);

/// How long a caller waits, unless a variable says something else.
const PATIENCE: u64 = 60;

/// How long a caller waits for a leg with these variables: the least of what they say, in seconds.
pub(crate) fn patience(variables: &Variables, said: Option<u64>) -> Duration {
    let of = |name: &str| {
        let (_, value) = variables.iter().find(|(known, _)| known == name)?;
        std::str::from_utf8(value).ok()?.parse::<u64>().ok()
    };
    let all = [of("originate_timeout").or(said), of("leg_timeout")];
    Duration::from_secs(all.into_iter().flatten().filter(|seconds| *seconds > 0).min().unwrap_or(PATIENCE))
}

/// Everybody that a dial string names, in their order.
pub(crate) fn legs(dial: &DialString<'_>) -> Vec<Leg> {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let mut legs = Vec::new();
    for handle in dial.handles.iter() {
        for leg in handle.leg_lists.iter().flat_map(|list| list.iter()) {
            let variables = dial.variables.iter().chain(handle.variables.iter()).chain(leg.variables.iter());
            let variables = variables.map(|(name, value)| (text(name), value.into())).collect();
            legs.push((text(leg.endpoint), variables));
        }
    }
    legs
}

/// Calls one after the other until somebody answers, or says why nobody does.
pub(crate) async fn ring(
    switch: &Arc<Switch>,
    setups: Vec<Setup>,
    originator: Option<&Arc<Call>>,
) -> Result<Arc<Call>, HangupCause<'static>> {
    let mut last = HangupCause::DestinationOutOfOrder;
    for setup in setups {
        if switch.is_full() {
            break;
        }
        if let Some(cause) = setup.error {
            // There is no such channel at all.
            last = cause;
            continue;
        }
        let call = Call::new(switch, setup);
        if let Some(originator) = originator {
            call.join(originator, "originator");
            call.set_variable("originator", originator.uuid.as_bytes());
            call.set_variable("call_uuid", originator.uuid.as_bytes());
        }
        let answered = match originator {
            Some(originator) => originator.alive(call.dial()).await.flatten(),
            None => call.dial().await,
        };
        let is_leaving = originator.is_some_and(|originator| originator.is_leaving());
        if answered.is_some() && !is_leaving {
            return Ok(call);
        }
        call.hangup(HangupCause::OriginatorCancel);
        last = call.cause().unwrap_or(HangupCause::NoAnswer);
        switch.queues.spawn(call.wait_for_orders(EXCHANGE_MEDIA));
        if is_leaving {
            break;
        }
    }
    Err(last)
}

/// Calls somebody for a call, and connects the two until one of them ends. Then the caller goes on, unless
/// `hangup_after_bridge` is true.
pub(crate) async fn bridge(call: &Arc<Call>, argument: &str) {
    let argument = expanded(argument);
    let mut storage = vec![0; argument.len()];
    let found = Bridge::parse(&argument, &mut storage).map(|order| legs(&order.dial)).unwrap_or_default();
    let exported = exported(call);
    let setup = |(endpoint, own): Leg| {
        let variables = exported.iter().cloned().chain(own).collect();
        setup_of(call, &endpoint, variables)
    };

    let waits = call.wait_for_ringing();
    let other = ring(&call.switch, found.into_iter().map(setup).collect(), Some(call)).await;
    if waits {
        if let Ok(other) = &other {
            call.join(other, "originatee");
        }
        call.ringing_is_over();
    }
    let other = match other {
        Ok(other) => other,
        Err(cause) => return fail(call, cause),
    };
    call.switch.queues.spawn(Arc::clone(&other).wait_for_orders(EXCHANGE_MEDIA));
    // Early media of the other side is the caller's.
    match other.answered.get() {
        Some(_) => call.answer(),
        None => call.progress_media(),
    }
    for name in ["originate_disposition", "DIALSTATUS"] {
        call.set_variable(name, b"SUCCESS");
    }
    connect(call, &other).await;
    if !call.is_leaving() && call.variable("hangup_after_bridge").is_some_and(|value| value.text() == b"true") {
        call.hangup(other.cause().unwrap_or(HangupCause::NormalClearing));
    }
}

/// An argument that was expanded as the library reads it, which expands it: so that nothing of it is, once more.
fn expanded(argument: &str) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(argument.len());
    let is_special = argument.contains('\\') || argument.contains("${");
    for octet in argument.bytes() {
        if is_special && matches!(octet, b'\\' | b'$') {
            escaped.push(b'\\');
        }
        escaped.push(octet);
    }
    escaped
}

fn setup_of(call: &Call, endpoint: &str, variables: Variables) -> Setup {
    let call_timeout =
        call.variable("call_timeout").and_then(|value| String::from_utf8(value.text()).ok()?.parse().ok());
    Setup {
        caller_name: call.setup.caller_name.clone(),
        caller_number: call.setup.caller_number.clone(),
        patience: Some(patience(&variables, call_timeout)),
        variables,
        ..Setup::to(endpoint)
    }
}

/// The variables that the caller's `export` gives to the other leg.
fn exported(call: &Call) -> Variables {
    let names = call.variable("export_vars").map_or_else(Vec::new, |names| names.text());
    let names = String::from_utf8_lossy(&names).into_owned();
    let pair = |name: &str| {
        let value = call.variable(name)?.text();
        Some((name.strip_prefix("nolocal:").unwrap_or(name).to_owned(), value))
    };
    names.split(',').filter_map(pair).collect()
}

/// Nobody has answered: the call ends, unless `continue_on_fail` says otherwise, or nobody was there.
fn fail(call: &Call, cause: HangupCause<'static>) {
    for name in ["originate_disposition", "DIALSTATUS", "originate_failed_cause"] {
        call.set_variable(name, cause.as_bytes());
    }
    let goes_on = match call.variable("continue_on_fail").map(|value| value.text()) {
        None => {
            matches!(cause, HangupCause::NoAnswer | HangupCause::NoUserResponse | HangupCause::OriginatorCancel)
        }
        Some(wanted) => wanted
            .split(|octet| *octet == b',')
            .any(|word| word.eq_ignore_ascii_case(b"true") || HangupCause::from_bytes(word) == cause),
    };
    if !goes_on && !call.is_leaving() {
        call.hangup(cause);
    }
}
