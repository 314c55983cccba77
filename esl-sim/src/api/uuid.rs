//! The API commands that are about one call.

use std::sync::Arc;

use esl_proto::name::{Format, HangupCause};
use esl_proto::text::Percent;

use crate::api::{OK, usage};
use crate::bridge::pair;
use crate::call::{Call, Task, known_cause};
use crate::switch::Switch;

/// What a command says, or [`None`] if there is no such command.
pub(crate) fn run(switch: &Arc<Switch>, command: &str, argument: &str) -> Option<String> {
    let words: Vec<&str> = argument.split(' ').filter(|word| !word.is_empty()).collect();
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    let Some((least, syntax)) = syntax(command) else {
        return (command == "uuid_exists").then(|| switch.call(word(0)).is_some().to_string());
    };
    if words.len() < least {
        return Some(usage(syntax));
    }
    let call = switch.call(word(0));
    if command == "uuid_bridge" {
        return Some(connect(switch, call, &words[1..]));
    }
    let Some(call) = call else { return Some(no_such_call(command).into()) };
    let output = match command {
        "uuid_kill" => {
            call.hangup(cause(word(1), HangupCause::NormalClearing));
            OK.into()
        }
        "uuid_answer" => {
            call.answer();
            OK.into()
        }
        "uuid_setvar" => {
            let value = argument.splitn(3, ' ').nth(2).unwrap_or_default().trim();
            call.set_variable(word(1), value.as_bytes());
            OK.into()
        }
        "uuid_getvar" => {
            let value = call.variable(word(1)).map(|value| value.text());
            value.map_or_else(|| "_undef_".into(), |value| String::from_utf8_lossy(&value).into_owned())
        }
        "uuid_dump" => dump(&call, word(1)),
        "uuid_broadcast" => {
            let (app, argument) = word(1).split_once("::").unwrap_or(("playback", word(1)));
            call.order(Task::new(app, argument));
            "+OK Message sent\n".into()
        }
        "uuid_send_dtmf" => press(&call, word(1), "sent"),
        _ => press(&call, word(1), "received"),
    };
    Some(output)
}

/// How many words a command must have, and which.
fn syntax(command: &str) -> Option<(usize, &'static str)> {
    Some(match command {
        "uuid_kill" => (1, "<uuid> [cause]"),
        "uuid_answer" => (1, "<uuid>"),
        "uuid_setvar" => (2, "<uuid> <var> [value]"),
        "uuid_getvar" => (2, "<uuid> <var>"),
        "uuid_dump" => (1, "<uuid> [format]"),
        "uuid_broadcast" => (2, "<uuid> <path> [aleg|bleg|holdb|both]"),
        "uuid_send_dtmf" | "uuid_recv_dtmf" => (2, "<uuid> <dtmf_data>"),
        "uuid_bridge" => (2, "<uuid> <other_uuid>"),
        _ => return None,
    })
}

const fn no_such_call(command: &str) -> &'static str {
    match command.as_bytes() {
        b"uuid_answer" => "-ERROR\n",
        b"uuid_broadcast" => "-ERR invalid uuid\n",
        b"uuid_send_dtmf" | b"uuid_recv_dtmf" => "-ERR Cannot locate session!\n",
        _ => "-ERR No such channel!\n",
    }
}

/// The cause of this name, or `none` if there is no name.
pub(crate) fn cause(word: &str, none: HangupCause<'static>) -> HangupCause<'static> {
    if word.is_empty() { none } else { known_cause(Some(HangupCause::from_bytes(word.as_bytes()))) }
}

fn press(call: &Call, keys: &str, what: &str) -> String {
    keys.chars().take_while(|key| *key != '@').for_each(|key| call.press(key));
    format!("+OK {} {what} DTMF {keys}.\n", call.uuid)
}

fn connect(switch: &Arc<Switch>, call: Option<Arc<Call>>, others: &[&str]) -> String {
    let other = others.iter().take(2).find_map(|uuid| switch.call(uuid));
    match (call, other) {
        (Some(call), Some(other)) if !Arc::ptr_eq(&call, &other) => {
            let text = format!("+OK {}\n", other.uuid);
            switch.queues.spawn(pair(call, other));
            text
        }
        _ => "-ERR Invalid uuid\n".into(),
    }
}

/// `plain` is the one form that is not percent-coded.
fn dump(call: &Call, form: &str) -> String {
    let event = call.event("CHANNEL_DATA", ("mod_commands.c", "uuid_dump_function", 6495));
    if form.eq_ignore_ascii_case("plain") {
        return event.lines();
    }
    let format = Format::from_bytes(form.as_bytes()).unwrap_or(Format::Plain);
    event.view(|view| {
        let mut out = vec![0; view.encoded_len(format, Percent::FreeSwitch)];
        match view.encode(format, Percent::FreeSwitch, &mut out) {
            Ok(_) => String::from_utf8_lossy(&out).into_owned(),
            Err(error) => format!("-ERR {error}\n"),
        }
    })
}
