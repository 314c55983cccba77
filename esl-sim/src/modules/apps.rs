//! Applications that a channel can execute.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::{EventName, HangupCause, LogLevel};
use esl_proto::server::Control;

use super::bridge::bridge;
use super::conference;
use super::listener::Session;
use super::names::{ACCEPTED, KNOWN};
use crate::base::event::{Source, Value};
use crate::base::task::first;
use crate::config::Program;
use crate::hook::Hook;
use crate::switch::dialplan::steps;
use crate::switch::{Call, Connection, Later, Next, Switch, known_cause};

const PLAY: Source = ("switch_ivr_play_say.c", "switch_ivr_play_file", 1649);
/// A program's port, unless it is said.
const PORT: u16 = 8084;
/// How many bytes the list of exported variables may have.
const EXPORTS: usize = 4096;
/// How long nobody may press a key, unless it is said.
const PATIENCE: u64 = 5000;

fn is_hooked(switch: &Switch, app: &str) -> bool {
    switch.config().app_hooks.iter().any(|hooked| hooked == app)
}

/// Whether there is such an application.
pub(crate) fn is_known(switch: &Switch, app: &str) -> bool {
    KNOWN.contains(&app) || ACCEPTED.contains(&app) || is_hooked(switch, app)
}

/// Executes an application that is known and says what came of it.
pub(crate) fn run<'a>(call: &'a Arc<Call>, app: &'a str, arg: &'a str) -> Later<'a, String> {
    Box::pin(execute(call, app, arg))
}

async fn execute(call: &Arc<Call>, app: &str, arg: &str) -> String {
    const NONE: &str = "_none_";
    let none = NONE.to_owned();
    if is_hooked(&call.switch, app) {
        let hook = Hook::App { uuid: call.uuid.clone(), app: app.into(), argument: arg.into() };
        match call.alive(call.switch.ask(hook)).await {
            Some(Some(response)) if !response.is_empty() => return String::from_utf8_lossy(&response).into_owned(),
            // Left to the simulation, which may know it as well.
            Some(None) => {}
            _ => return none,
        }
    }
    // These expand what they are given once more.
    let again = match app {
        "set" | "multiset" | "push" | "unshift" => Some(call.expand(arg).await),
        _ => None,
    };
    if let Some(response) = variables(call, app, again.as_deref().unwrap_or(arg)) {
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
        "pre_answer" => {
            call.progress_media();
            none
        }
        "ring_ready" => {
            call.ring();
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
            conference::take_part(call, arg).await;
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
    let mut ended = std::pin::pin!(ended);
    if program.is_async {
        // The channel is parked, from `connect` on.
        let connected = connection.connected.notified();
        let is_connected = async {
            if !connection.has_connected.get() {
                connected.await;
            }
        };
        let either = async {
            let _ = first(is_connected, ended.as_mut()).await;
        };
        call.obey(either).await;
        if connection.has_connected.get() && !call.is_leaving() {
            if call.is_parked.get() {
                // What has parked it goes on, and ends with the program.
                call.park().await;
                let (call, session) = (Arc::clone(call), session.clone());
                call.switch.clone().queues.spawn(async move {
                    session.opened().await;
                    call.let_go();
                });
                return;
            }
            call.park_until(ended).await;
            return call.let_go();
        }
    }
    call.obey(ended).await;
    // A synchronous program has the channel's thread: nothing happens to the channel before it lets go.
    if !program.is_async {
        session.opened().await;
        // As on a server: it goes on with the dialplan unless it was told to.
        if call.is_resumed() && !call.is_leaving() {
            call.leave(Next::Stand);
        }
    }
    call.let_go();
}
