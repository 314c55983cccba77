//! The API commands that are about one call.

use std::sync::Arc;

use esl_proto::event::EventSource;
use esl_proto::name::{Format, HangupCause};
use esl_proto::text::Percent;

use crate::switch::call::join_calls;
use crate::switch::{Call, Next, Switch, Task, known_cause};

/// The commands: how many words each must have, what it says with fewer, where there is no such channel (`{uuid}` stands
/// for what was given), and when it is done, unless it says more than that.
const COMMANDS: &[(&str, usize, &str, &str, &str)] = &[
    ("uuid_answer", 1, "-ERROR\n", "-ERROR\n", "+OK\n"),
    (
        "uuid_audio",
        2,
        "-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n",
        "-ERR No such channel!\n",
        "+OK\n",
    ),
    ("uuid_break", 1, "-USAGE: <uuid> [all]\n", "-ERR No such channel!\n", "+OK\n"),
    ("uuid_bridge", 2, "-USAGE: <uuid> <other_uuid>\n", "-ERR Invalid uuid\n", "+OK\n"),
    (
        "uuid_broadcast",
        2,
        "-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n",
        "-ERR invalid uuid\n",
        "+OK Message sent\n",
    ),
    ("uuid_capture_text", 2, "-USAGE: <uuid> <on|off>\n", "-ERR No such channel {uuid}!\n", ""),
    ("uuid_chat", 2, "-USAGE: <uuid> <text>\n", "-ERR No such channel {uuid}!\n", "-ERR Send failed\n"),
    (
        "uuid_codec_debug",
        2,
        "-USAGE: <uuid> audio|video <level>\n-ERR Operation Failed\n",
        "-ERR Operation Failed\n",
        "+OK\n",
    ),
    (
        "uuid_codec_param",
        2,
        "-USAGE: <uuid> audio|video read|write <param> <val>\n-ERR Operation Failed [NOT SENT]\n",
        "-ERR Operation Failed [NOT SENT]\n",
        "+OK\n",
    ),
    (
        "uuid_debug_media",
        2,
        "-USAGE: <uuid> <read|write|both|vread|vwrite|vboth|all> <on|off>\n",
        "-ERR Operation failed\n",
        "+OK Success\n",
    ),
    ("uuid_deflect", 2, "-USAGE: <uuid> <uri>\n", "-ERR No such channel {uuid}!\n", "+OK:\n"),
    (
        "uuid_displace",
        2,
        "-USAGE: <uuid> [start|stop] <path> [<limit>] [mux]\n",
        "-ERR Cannot locate session!\n",
        "-ERR Cannot displace session!\n",
    ),
    ("uuid_display", 2, "-USAGE: <uuid> <display>\n", "-ERR Operation failed\n", "-ERR Operation failed\n"),
    (
        "uuid_drop_dtmf",
        2,
        "-USAGE: <uuid> [on | off ] [ mask_digits <digits> | mask_file <file>]\n",
        "-ERR No such channel {uuid}!\n",
        "+OK\n",
    ),
    (
        "uuid_dual_transfer",
        3,
        "-USAGE: <uuid> <A-dest-exten>[/<A-dialplan>][/<A-context>] <B-dest-exten>[/<B-dialplan>][/<B-context>]\n",
        "-ERR No such channel!\n",
        "+OK\n",
    ),
    ("uuid_dump", 1, "-USAGE: <uuid> [format]\n", "-ERR No such channel!\n", "+OK\n"),
    ("uuid_early_ok", 1, "-ERROR\n", "-ERROR\n", ""),
    ("uuid_fileman", 2, "-USAGE: <uuid> <cmd>:<val>\n", "-ERR No such channel!\n", "-ERR No file handle!\n"),
    ("uuid_flush_dtmf", 1, "-ERR No such session\n", "-ERR No such session\n", "+OK\n"),
    ("uuid_getvar", 2, "-USAGE: <uuid> <var>\n", "-ERR No such channel!\n", "d"),
    (
        "uuid_hold",
        1,
        "-USAGE: [off|toggle] <uuid> [<display>]\n-ERR Operation failed\n",
        "+OK Success\n",
        "+OK Success\n",
    ),
    ("uuid_jitterbuffer", 2, "-USAGE: <uuid> [0|<min_msec>[:<max_msec>]]\n", "-ERR Operation failed\n", "+OK\n"),
    ("uuid_kill", 1, "-USAGE: <uuid> [cause]\n", "-ERR No such channel!\n", "+OK\n"),
    (
        "uuid_limit",
        3,
        "USAGE: uuid_limit <uuid> <backend> <realm> <resource> [<max>[/interval]] [number [dialplan [context]]]\n",
        "-ERR Cannot find session with uuid {uuid}\n",
        "+OK",
    ),
    (
        "uuid_limit_release",
        3,
        "USAGE: uuid_limit_release <uuid> <backend> [realm] [resource]\n",
        "-ERR Cannot find session with uuid {uuid}\n",
        "+OK\n",
    ),
    ("uuid_loglevel", 2, "-USAGE: <uuid> <level>\n", "-ERR No such channel!\n", "+OK\n"),
    (
        "uuid_media",
        1,
        "-USAGE: [off] <uuid>\n-ERR Operation failed\n",
        "-ERR Operation failed\n",
        "-ERR Operation failed\n",
    ),
    ("uuid_media_3p", 1, "-USAGE: [off] <uuid>\n-ERR Operation failed\n", "-ERR Operation failed\n", "+OK\n"),
    (
        "uuid_media_reneg",
        1,
        "-USAGE: <uuid>[ <codec_string>]\n-ERR Operation Failed\n",
        "-ERR Operation Failed\n",
        "+OK Success\n",
    ),
    ("uuid_outgoing_answer", 1, "-USAGE: <uuid>\n", "-ERR No such channel!\n", "+OK\n"),
    ("uuid_park", 1, "-ERR No such channel!\n", "-ERR No such channel!\n", "+OK\n"),
    ("uuid_pause", 2, "-USAGE: <uuid> <on|off>\n", "-ERR No such channel!\n", ""),
    ("uuid_phone_event", 1, "-USAGE: <uuid>\n-ERR Operation failed\n", "-ERR Operation failed\n", "+OK Success\n"),
    ("uuid_pre_answer", 1, "-ERROR\n", "-ERROR\n", "+OK\n"),
    ("uuid_preprocess", 2, "-USAGE: <>\n", "-ERR No such channel!\n", "+OK\n"),
    (
        "uuid_record",
        2,
        "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n",
        "-ERR Cannot locate session!\n",
        "+OK Success\n",
    ),
    ("uuid_recovery_refresh", 2, "-USAGE: <uuid> <uri>\n", "-ERR No such channel {uuid}!\n", "+OK\n"),
    ("uuid_recv_dtmf", 2, "-USAGE: <uuid> <dtmf_data>\n", "-ERR Cannot locate session!\n", "+OK\n"),
    ("uuid_redirect", 2, "-USAGE: <uuid> <uri>\n", "-ERR No such channel {uuid}!\n", "+OK\n"),
    ("uuid_ring_ready", 1, "-USAGE: <uuid> [queued]\n", "-ERROR\n", "+OK\n"),
    ("uuid_send_dtmf", 2, "-USAGE: <uuid> <dtmf_data>\n", "-ERR Cannot locate session!\n", "+OK\n"),
    (
        "uuid_send_info",
        1,
        "-USAGE: <uuid> [<mime_type> <mime_subtype>] <message>\n-ERR Operation Failed\n",
        "-ERR Operation Failed\n",
        "+OK Success\n",
    ),
    ("uuid_send_message", 2, "-USAGE: <uuid> <message>\n", "-ERR Unable to find session for UUID\n", "+OK\n"),
    ("uuid_send_text", 2, "-USAGE: <uuid> <text>\n", "-ERR No such channel {uuid}!\n", "+OK\n"),
    (
        "uuid_session_heartbeat",
        2,
        "-USAGE: uuid_session_heartbeat <uuid> [sched] [0|<seconds>]\n",
        "-ERR Cannot locate session. USAGE: uuid_session_heartbeat <uuid> [sched] [0|<seconds>]\n",
        "+OK\n",
    ),
    ("uuid_set_media_stats", 1, "-USAGE: <uuid>\n", "-ERR No such channel!\n", "+OK\n"),
    ("uuid_setvar", 2, "-USAGE: <uuid> <var> [value]\n", "-ERR No such channel!\n", "+OK\n"),
    (
        "uuid_setvar_multi",
        1,
        "-USAGE: <uuid> <var>=<value>;<var>=<value>...\n",
        "-ERR No such channel!\n-USAGE: <uuid> <var>=<value>;<var>=<value>...\n",
        "+OK\n",
    ),
    ("uuid_simplify", 1, "-USAGE: <uuid>\n", "-ERR Operation failed\n", "+OK Success\n"),
    (
        "uuid_transfer",
        2,
        "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n",
        "-ERR No such channel!\n",
        "+OK\n",
    ),
    (
        "uuid_video_bandwidth",
        2,
        "-USAGE: <uuid> [auto|manual]\n-ERR Operation Failed\n",
        "-ERR Operation Failed\n",
        "+OK\n",
    ),
    (
        "uuid_video_bitrate",
        2,
        "-USAGE: <uuid> [auto|manual]\n-ERR Operation Failed\n",
        "-ERR Operation Failed\n",
        "+OK\n",
    ),
    (
        "uuid_video_refresh",
        1,
        "-USAGE: <uuid> [auto|manual]\n-ERR Operation Failed\n",
        "-ERR Operation Failed\n",
        "+OK\n",
    ),
    ("uuid_xfer_zombie", 1, "-USAGE: <uuid>\n-ERR Operation Failed\n", "-ERR Operation Failed\n", "+OK\n"),
    ("uuid_zombie_exec", 1, "-ERR no such session\n", "-ERR no such session\n", "+OK MMM Brains...\n"),
];

/// The names of the commands.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|(name, ..)| *name).chain(["uuid_exists"])
}

/// What a command says, or [`None`] if there is no such command.
pub(crate) fn run(switch: &Arc<Switch>, command: &str, argument: &str) -> Option<String> {
    let words: Vec<&str> = argument.split(' ').filter(|word| !word.is_empty()).collect();
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    match command {
        "uuid_exists" => return Some(switch.call(word(0)).is_some().to_string()),
        "uuid_hold" | "uuid_media" if words.len() > 1 => return Some(hold(switch, command, word(0), word(1))),
        _ => {}
    }
    let (_, least, usage, missing, done) = COMMANDS.iter().find(|(name, ..)| *name == command)?;
    if words.len() < *least {
        return Some((*usage).into());
    }
    let call = switch.call(word(0));
    if command == "uuid_bridge" {
        return Some(connect(switch, call, &words[1..]));
    }
    let Some(call) = call else { return Some(missing.replace("{uuid}", word(0))) };
    match command {
        "uuid_kill" => call.hangup(cause(word(1), HangupCause::NormalClearing)),
        "uuid_answer" => call.answer(),
        "uuid_setvar" => {
            let value = argument.splitn(3, ' ').nth(2).unwrap_or_default().trim();
            call.set_variable(word(1), value.as_bytes());
        }
        "uuid_setvar_multi" => {
            let pairs = argument.split_once(' ').map_or("", |(_, pairs)| pairs);
            for (name, value) in pairs.split(';').filter_map(|pair| pair.split_once('=')) {
                call.set_variable(name, value.as_bytes());
            }
        }
        "uuid_getvar" => {
            let value = call.value(word(1)).map(|value| value.text());
            return Some(value.map_or_else(|| "_undef_".into(), |value| String::from_utf8_lossy(&value).into_owned()));
        }
        "uuid_dump" => return Some(dump(&call, word(1))),
        "uuid_broadcast" => {
            let (app, argument) = word(1).split_once("::").unwrap_or(("playback", word(1)));
            call.order(Task::new(app, argument));
        }
        "uuid_send_dtmf" => return Some(press(&call, word(1), "sent")),
        "uuid_recv_dtmf" => return Some(press(&call, word(1), "received")),
        "uuid_flush_dtmf" => call.flush_keys(),
        "uuid_break" => call.break_off(),
        "uuid_hold" => call.hold(true),
        "uuid_park" => call.leave(Next::Park),
        "uuid_record" => {
            match word(1) {
                "start" => call.record(word(2), true),
                "stop" => call.record(word(2), false),
                _ => {}
            };
        }
        "uuid_transfer" => {
            let (leg, rest) = if word(1).starts_with('-') { (word(1), &words[2..]) } else { ("", &words[1..]) };
            let to = |call: &Call| call.transfer(rest.first().unwrap_or(&""), rest.get(1).unwrap_or(&""));
            let other = call.other_leg().filter(|_| matches!(leg, "-bleg" | "-both"));
            if let Some(other) = other {
                to(&other);
            }
            if leg != "-bleg" {
                to(&call);
            }
        }
        "uuid_dual_transfer" => {
            for (call, extension) in [(Some(Arc::clone(&call)), word(1)), (call.other_leg(), word(2))] {
                let extension = extension.split('/').next().unwrap_or_default();
                if let Some(call) = call {
                    call.transfer(extension, "");
                }
            }
        }
        _ => {}
    }
    Some((*done).into())
}

/// `uuid_hold` with a word before the uuid.
fn hold(switch: &Switch, command: &str, word: &str, uuid: &str) -> String {
    let call = match switch.call(word) {
        Some(call) if command == "uuid_hold" => {
            call.hold(true);
            return "+OK Success\n".into();
        }
        _ => switch.call(uuid),
    };
    match (call, word) {
        (Some(call), "off") if command == "uuid_hold" && call.is_held() => {
            call.hold(false);
            "+OK Success\n".into()
        }
        (Some(call), "toggle") if command == "uuid_hold" => {
            call.hold(!call.is_held());
            "+OK Success\n".into()
        }
        _ => "-ERR Operation failed\n".into(),
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
        // Nothing comes of it, as on a server.
        (Some(call), Some(other)) if Arc::ptr_eq(&call, &other) => format!("+OK {}\n", other.uuid),
        (Some(call), Some(other)) => {
            let text = format!("+OK {}\n", other.uuid);
            join_calls(&call, &other);
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
