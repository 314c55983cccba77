//! Applications that a channel can execute.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::{EventName, HangupCause, LogLevel};
use esl_proto::server::Control;

use crate::bridge::bridge;
use crate::call::{Call, known_cause};
use crate::config::Program;
use crate::connection::Connection;
use crate::event::{Source, Value};
use crate::hook::Hook;
use crate::listener::Session;
use crate::switch::MOMENT;

const PLAY: Source = ("switch_ivr_play_say.c", "switch_ivr_play_file", 1649);
/// A program's port, unless it is said.
const PORT: u16 = 8084;
/// How long nobody may press a key, unless it is said.
const PATIENCE: u64 = 5000;

/// Executes an application and says what came of it. [`None`] if there is no such application.
pub(crate) async fn run(call: &Arc<Call>, app: &str, arg: &str) -> Option<String> {
    let none = Some("_none_".to_owned());
    if call.switch.config.app_hooks.iter().any(|hooked| hooked == app) {
        let hook = Hook::App { uuid: call.uuid.clone(), app: app.into(), argument: arg.into() };
        let response = call.alive(call.switch.ask(hook)).await.filter(|response| !response.is_empty());
        return response.map_or(none, |response| Some(String::from_utf8_lossy(&response).into_owned()));
    }
    match app {
        "answer" => {
            call.answer();
            none
        }
        "set" | "export" => {
            if let Some((name, value)) = arg.split_once('=') {
                call.set_variable(name, value.as_bytes());
            }
            none
        }
        "unset" => {
            call.set_variable(arg, b"");
            none
        }
        "playback" | "say" | "speak" | "endless_playback" => {
            let mut event = call.event("PLAYBACK_START", PLAY);
            event.add("Playback-File-Path", arg);
            call.switch.fire(event);
            let whole = call.alive(call.switch.clock.sleep(MOMENT)).await.is_some();
            let mut event = call.event("PLAYBACK_STOP", PLAY);
            event.add("Playback-File-Path", arg).add("Playback-Status", if whole { "done" } else { "break" });
            call.switch.fire(event);
            Some(if whole { "FILE PLAYED" } else { "PLAYBACK ERROR" }.to_owned())
        }
        "sleep" => {
            call.alive(call.switch.clock.sleep(Duration::from_millis(arg.trim().parse().unwrap_or(0)))).await;
            none
        }
        "park" => {
            call.fire("CHANNEL_PARK", ("switch_ivr.c", "switch_ivr_park", 1002));
            call.obey(std::future::pending()).await;
            call.fire("CHANNEL_UNPARK", ("switch_ivr.c", "switch_ivr_park", 1213));
            none
        }
        "echo" => {
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
        "play_and_get_digits" => Some(digits(call, arg).await),
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
        _ => None,
    }
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
    let terminators = word(4).to_owned();
    for _ in 0..tries.clamp(1, 128) {
        let pressed =
            call.keys(|keys| keys.len() >= max || keys.contains(|key| terminators.contains(key)), patience).await;
        let pressed = pressed.trim_end_matches(|key| terminators.contains(key));
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
        match call.alive(call.switch.reach(connection.id, address)).await {
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
    if !call.is_resumed() {
        call.hangup(HangupCause::NormalClearing);
    }
}
