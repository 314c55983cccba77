//! Applications that a channel can execute.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::{EventName, HangupCause, LogLevel};
use esl_proto::server::Control;

use crate::api::originate::steps;
use crate::bridge::bridge;
use crate::call::{Call, Next, known_cause};
use crate::config::Program;
use crate::connection::Connection;
use crate::event::{Event, Source, Value};
use crate::hook::Hook;
use crate::listener::Session;

const PLAY: Source = ("switch_ivr_play_say.c", "switch_ivr_play_file", 1649);
/// A program's port, unless it is said.
const PORT: u16 = 8084;
/// How many octets the list of exported variables may have.
const EXPORTS: usize = 4096;
/// How long nobody may press a key, unless it is said.
const PATIENCE: u64 = 5000;

/// Applications that a channel can execute, with effects: what `show application` lists, beside those below.
pub(crate) const KNOWN: &[&str] = &[
    "answer",
    "break",
    "bridge",
    "bridge_export",
    "conference",
    "delay_echo",
    "echo",
    "endless_playback",
    "event",
    "execute_extension",
    "export",
    "flush_dtmf",
    "hangup",
    "hold",
    "log",
    "loop_playback",
    "multiset",
    "multiunset",
    "park",
    "phrase",
    "play_and_get_digits",
    "playback",
    "pre_answer",
    "push",
    "queue_dtmf",
    "read",
    "record",
    "record_session",
    "ring_ready",
    "say",
    "sched_hangup",
    "set",
    "set_global",
    "sleep",
    "socket",
    "speak",
    "stop_record_session",
    "transfer",
    "unhold",
    "unset",
    "unshift",
];
/// Applications that the server has and that have no effect here but their events.
pub(crate) const ACCEPTED: &[&str] = &[
    "acknowledge_call",
    "att_xfer",
    "bgsystem",
    "bind_digit_action",
    "bind_meta_app",
    "blind_transfer_ack",
    "block_dtmf",
    "broadcast",
    "capture",
    "capture_text",
    "check_acl",
    "clear_digit_action",
    "clear_speech_cache",
    "cng_plc",
    "debug_media",
    "deduplicate_dtmf",
    "deflect",
    "detect_audio",
    "detect_silence",
    "detect_speech",
    "digit_action_set_realm",
    "displace_session",
    "early_hangup",
    "eavesdrop",
    "enable_heartbeat",
    "enable_keepalive",
    "eval",
    "fax_detect",
    "filter_codecs",
    "gentones",
    "info",
    "intercept",
    "ivr",
    "jitterbuffer",
    "limit",
    "limit_execute",
    "limit_hash",
    "limit_hash_execute",
    "media_reset",
    "mkdir",
    "mutex",
    "native_eavesdrop",
    "novideo",
    "page",
    "park_state",
    "pickup",
    "play_and_detect_speech",
    "preprocess",
    "presence",
    "privacy",
    "record_session_mask",
    "record_session_pause",
    "record_session_resume",
    "record_session_unmask",
    "recovery_refresh",
    "redirect",
    "remove_bugs",
    "rename",
    "respond",
    "reuse_caller_profile",
    "sched_broadcast",
    "sched_cancel",
    "sched_heartbeat",
    "sched_transfer",
    "send_display",
    "send_dtmf",
    "send_info",
    "session_loglevel",
    "set_audio_level",
    "set_media_stats",
    "set_mute",
    "set_name",
    "set_profile_var",
    "set_user",
    "set_zombie_exec",
    "soft_hold",
    "sound_test",
    "start_dtmf",
    "start_dtmf_generate",
    "stop",
    "stop_displace_session",
    "stop_dtmf",
    "stop_dtmf_generate",
    "stop_tone_detect",
    "stop_video_write_overlay",
    "strftime",
    "system",
    "three_way",
    "tone_detect",
    "transfer_vars",
    "unbind_meta_app",
    "unblock_dtmf",
    "vad_test",
    "verbose_events",
    "video_decode",
    "video_refresh",
    "video_write_overlay",
    "wait_for_answer",
    "wait_for_silence",
    "wait_for_video_ready",
];

fn is_hooked(call: &Call, app: &str) -> bool {
    call.switch.config().app_hooks.iter().any(|hooked| hooked == app)
}

/// Whether there is such an application.
pub(crate) fn is_known(call: &Call, app: &str) -> bool {
    KNOWN.contains(&app) || ACCEPTED.contains(&app) || is_hooked(call, app)
}

/// Executes an application that is known and says what came of it.
pub(crate) async fn run(call: &Arc<Call>, app: &str, arg: &str) -> String {
    const NONE: &str = "_none_";
    let none = NONE.to_owned();
    if is_hooked(call, app) {
        let hook = Hook::App { uuid: call.uuid.clone(), app: app.into(), argument: arg.into() };
        match call.alive(call.switch.ask(hook)).await {
            Some(Some(response)) if !response.is_empty() => return String::from_utf8_lossy(&response).into_owned(),
            // Left to the simulation, which may know it as well.
            Some(None) => {}
            _ => return none,
        }
    }
    if let Some(response) = variables(call, app, arg) {
        return response.into();
    }
    match app {
        "answer" => {
            call.answer();
            none
        }
        "playback" | "say" | "speak" | "phrase" | "endless_playback" | "loop_playback" => {
            let mut event = call.event("PLAYBACK_START", PLAY);
            event.add("Playback-File-Path", arg);
            call.switch.fire(event);
            let whole = call.unbroken(call.switch.clock.sleep(call.switch.config().playing)).await.is_some();
            let mut event = call.event("PLAYBACK_STOP", PLAY);
            event.add("Playback-File-Path", arg).add("Playback-Status", if whole { "done" } else { "break" });
            call.switch.fire(event);
            if whole { "FILE PLAYED" } else { "PLAYBACK ERROR" }.to_owned()
        }
        "sleep" => {
            call.unbroken(call.switch.clock.sleep(Duration::from_millis(arg.trim().parse().unwrap_or(0)))).await;
            none
        }
        "park" => {
            call.park().await;
            none
        }
        "echo" | "delay_echo" => {
            call.obey(std::future::pending()).await;
            none
        }
        "hangup" => {
            call.hangup(known_cause(Some(HangupCause::from_bytes(arg.as_bytes()))));
            none
        }
        "log" => {
            let (level, text) = arg.split_once(' ').unwrap_or(("DEBUG", arg));
            let level = LogLevel::from_bytes(level.as_bytes()).unwrap_or(LogLevel::DEBUG);
            call.switch.log(level, ("mod_dptools.c", "log_function", 1865), &call.uuid, text);
            none
        }
        "event" => {
            event(call, arg);
            none
        }
        "play_and_get_digits" => digits(call, arg).await,
        "bridge" => {
            bridge(call, arg).await;
            none
        }
        "socket" => {
            if let Some(program) = Program::parse(arg) {
                socket(call, &program).await;
            }
            none
        }
        "transfer" => {
            let mut words = arg.split(' ').filter(|word| !word.is_empty());
            let (extension, dialplan) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            call.transfer(extension, dialplan);
            none
        }
        "execute_extension" => {
            let mut words = arg.split(' ').filter(|word| !word.is_empty());
            let (extension, dialplan) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            for task in steps(&call.switch, extension, dialplan) {
                if !call.is_leaving() {
                    call.execute_boxed(task).await;
                }
            }
            none
        }
        "read" => {
            read(call, arg).await;
            none
        }
        "record" => {
            record(call, arg).await;
            none
        }
        "record_session" | "stop_record_session" => {
            call.record(arg.split(' ').next().unwrap_or_default(), app == "record_session");
            none
        }
        "hold" | "unhold" => {
            call.hold(app == "hold");
            none
        }
        "queue_dtmf" => {
            arg.chars().take_while(|key| *key != '@').for_each(|key| call.press(key));
            none
        }
        "flush_dtmf" => {
            call.flush_keys();
            none
        }
        "break" => {
            call.break_off();
            none
        }
        "pre_answer" | "ring_ready" => {
            if call.answered.get().is_none() {
                let name = if app == "pre_answer" { "CHANNEL_PROGRESS_MEDIA" } else { "CHANNEL_PROGRESS" };
                call.fire(name, ("switch_channel.c", "switch_channel_perform_mark_pre_answered", 3725));
            }
            none
        }
        "sched_hangup" => {
            let (time, cause) = arg.split_once(' ').unwrap_or((arg, ""));
            let seconds = time.trim_start_matches('+').parse().unwrap_or(0);
            let cause = known_cause(Some(HangupCause::from_bytes(cause.as_bytes())));
            let (clock, call) = (Arc::clone(&call.switch.clock), Arc::clone(call));
            Arc::clone(&call.switch).queues.spawn(async move {
                if call.alive(clock.sleep(Duration::from_secs(seconds))).await.is_some() {
                    call.hangup(cause);
                }
            });
            none
        }
        "conference" => {
            conference(call, arg).await;
            none
        }
        // Accepted, without an effect.
        _ => none,
    }
}

/// The applications that set variables. [`None`] if this is another.
fn variables(call: &Arc<Call>, app: &str, arg: &str) -> Option<&'static str> {
    let set = |pair: &str| {
        if let Some((name, value)) = pair.split_once('=') {
            call.set_variable(name, value.as_bytes());
        }
    };
    match app {
        "set" => set(arg),
        "export" | "bridge_export" => {
            set(arg);
            let name = arg.split('=').next().unwrap_or_default();
            let known = call.variable("export_vars").map_or_else(Vec::new, |names| names.text());
            if !known.split(|octet| *octet == b',').any(|other| other == name.as_bytes()) && known.len() < EXPORTS {
                let names = if known.is_empty() { Vec::new() } else { [&known[..], b","].concat() };
                call.set_variable("export_vars", &[&names[..], name.as_bytes()].concat());
            }
        }
        "multiset" => separated(arg).for_each(set),
        "unset" => call.set_variable(arg, b""),
        "multiunset" => separated(arg).for_each(|name| call.set_variable(name, b"")),
        "set_global" => {
            if let Some((name, value)) = arg.split_once('=') {
                call.switch.globals.lock().insert(name.into(), value.into());
            }
        }
        "push" | "unshift" => {
            if let Some((name, value)) = arg.split_once('=') {
                call.add_item(name, value.as_bytes(), app == "push");
            }
        }
        _ => return None,
    }
    Some("_none_")
}

/// The items of a list: between blanks, or what `^^;` says.
fn separated(text: &str) -> impl Iterator<Item = &str> {
    let other = text.strip_prefix("^^").and_then(|rest| Some((rest, rest.chars().next()?)));
    let (text, separator) = other.map_or((text, ' '), |(rest, mark)| (&rest[mark.len_utf8()..], mark));
    text.split(separator).filter(|item| !item.is_empty())
}

/// `min max file variable timeout terminators`: what is pressed comes into the variable.
async fn read(call: &Call, arg: &str) {
    let words: Vec<&str> = arg.split(' ').filter(|word| !word.is_empty()).collect();
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    let most = word(1).parse::<usize>().unwrap_or(128).clamp(1, 128);
    let terminators = if word(5).is_empty() { "#" } else { word(5) };
    let patience = Duration::from_millis(word(4).parse().unwrap_or(PATIENCE));
    let (is_pressed, digits) = call.keys(most, terminators, patience).await;
    let least = word(0).parse::<usize>().unwrap_or(0);
    let result = match digits.len() {
        length if length >= least && is_pressed => "success",
        0 => "timeout",
        _ => "failure",
    };
    call.set_variable("read_result", result.as_bytes());
    call.set_variable(word(3), digits.as_bytes());
}

/// `path limit`: records for so many seconds, or until somebody breaks it off.
async fn record(call: &Call, arg: &str) {
    let mut words = arg.split(' ').filter(|word| !word.is_empty());
    let path = words.next().unwrap_or_default();
    let limit = words.next().and_then(|word| word.trim_start_matches('+').parse().ok()).filter(|limit| *limit > 0);
    call.record(path, true);
    match limit {
        Some(seconds) => call.unbroken(call.switch.clock.sleep(Duration::from_secs(seconds))).await,
        None => call.unbroken(std::future::pending()).await,
    };
    call.record(path, false);
}

/// Takes part in a conference, in its events.
async fn conference(call: &Arc<Call>, arg: &str) {
    let name = arg.split(['@', '+']).next().unwrap_or_default();
    let tell = |action: &str| {
        let mut event = Event::default();
        event.add("Event-Subclass", "conference::maintenance");
        call.switch.stamp(&mut event, "CUSTOM", ("conference_event.c", "conference_event_add_data", 54));
        event.add("Conference-Name", name);
        call.describe("CUSTOM", &mut event);
        event.add("Action", action);
        call.switch.fire(event);
    };
    call.answer();
    tell("add-member");
    call.obey(std::future::pending()).await;
    tell("del-member");
}

/// `Name=Value,...`, with Event-Name and Event-Subclass among them.
fn event(call: &Call, arg: &str) {
    let pairs = arg.split(',').filter_map(|pair| pair.split_once('='));
    let find = |wanted: &str| pairs.clone().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let name = EventName::from_bytes(find("Event-Name").unwrap_or_default().as_bytes());
    let name = if EventName::KNOWN.contains(&name) { name.to_string() } else { "CHANNEL_APPLICATION".into() };
    let mut event = call.event(&name, ("mod_dptools.c", "event_function", 1902));
    for (name, value) in pairs.filter(|(name, _)| !name.eq_ignore_ascii_case("Event-Name")) {
        event.add_value(name, Value::of(value.as_bytes()));
    }
    call.switch.fire(event);
}

/// `min max tries timeout terminators file invalid_file variable`: what was pressed comes into the variable.
async fn digits(call: &Call, arg: &str) -> String {
    let words: Vec<&str> = arg.split(' ').collect();
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    let [min, max, tries] = [0, 1, 2].map(|place| word(place).parse::<usize>().unwrap_or(1));
    let patience = Duration::from_millis(word(3).parse().unwrap_or(PATIENCE));
    let terminators = word(4);
    for _ in 0..tries.clamp(1, 128) {
        let (_, pressed) = call.keys(max, terminators, patience).await;
        if pressed.len() >= min {
            call.set_variable(word(7), pressed.as_bytes());
            return "success".into();
        }
    }
    "failure".into()
}

/// Connects to a program, which has the call from then on.
async fn socket(call: &Arc<Call>, program: &Program) {
    let control = Control { full: program.full, is_async: program.is_async };
    let source = ("mod_event_socket.c", "socket_function", 450);
    let log = |level, text: String| call.switch.log(level, source, &call.uuid, &text);
    let mut reached = None;
    // Several hosts are tried one after the other.
    for host in program.address.split('|').filter(|host| !host.is_empty()) {
        log(LogLevel::NOTICE, format!("Trying host: {host}"));
        let address = if host.contains(':') { host.to_owned() } else { format!("{host}:{PORT}") };
        let Some(connection) = Connection::outbound(&call.switch, call, control) else { return };
        match call.alive(call.switch.reach(connection.id, call.uuid.clone(), address)).await {
            Some(Ok(())) => {
                reached = Some(connection);
                break;
            }
            Some(Err(error)) => log(LogLevel::ERR, format!("Socket Error: {error}")),
            None => return,
        }
    }
    let Some(connection) = reached else { return };
    connection.control(call);
    call.switch.opened.lock().push(Arc::clone(&connection));
    let session = call.switch.queues.spawn(Session::new(&call.switch, &connection).run());
    let ended = async {
        session.opened().await;
        // Without `connect`, FreeSWITCH does not see the end of an asynchronous connection: the call stays.
        if program.is_async && !connection.has_connected.get() {
            std::future::pending::<()>().await;
        }
    };
    call.obey(ended).await;
    // A synchronous program has the channel's thread: nothing happens to the channel before it lets go.
    if !program.is_async {
        session.opened().await;
    }
    match call.is_resumed() {
        _ if call.is_leaving() => {}
        false => call.hangup(HangupCause::NormalClearing),
        true if program.is_async => {}
        // As on a server, which does not go on with the dialplan then.
        true => call.leave(Next::Stand),
    }
}
