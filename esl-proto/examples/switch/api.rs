//! API commands, with FreeSWITCH's own answers.

use std::rc::Rc;
use std::time::Duration;

use esl_proto::Percent;
use esl_proto::dial::{Destination, Originate};
use esl_proto::name::{Format, HangupCause};
use esl_proto::server::Goodbye;
use tokio::task::spawn_local;

use crate::calls::{Call, Setup, Task, bridge, known_cause};
use crate::core::{HOSTNAME, Switch};
use crate::event::{date, uuid};
use crate::options::Program;

/// The columns of `show channels`.
const COLUMNS: [&str; 12] = [
    "uuid",
    "direction",
    "created",
    "created_epoch",
    "name",
    "state",
    "cid_name",
    "cid_num",
    "dest",
    "application",
    "application_data",
    "callstate",
];
const NO_SUCH_CHANNEL: &str = "-ERR No such channel!\n";
/// FreeSWITCH's answer where there is no other.
const OK: &str = "+OK\n";

/// Begins a job: its answer comes as an event.
pub(crate) fn begin(switch: &Rc<Switch>, command: &str, argument: Option<String>, job: &str, owner: Option<String>) {
    let (switch, command, job) = (Rc::clone(switch), command.to_owned(), job.to_owned());
    spawn_local(async move {
        let output = run(&switch, &command, argument.as_deref().unwrap_or_default()).await;
        let mut event = switch.event("BACKGROUND_JOB", ("mod_event_socket.c", "api_exec", 1578));
        event.add("Job-UUID", job).add("Job-Owner-UUID", owner.unwrap_or_default()).add("Job-Command", command);
        event.add("Job-Command-Arg", argument.unwrap_or_default());
        event.body = Some(output);
        switch.fire(event);
    });
}

/// Runs a command and says what it puts out.
pub(crate) async fn run(switch: &Rc<Switch>, command: &str, argument: &str) -> Vec<u8> {
    let words: Vec<&str> = argument.split(' ').filter(|word| !word.is_empty()).collect();
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    // What follows the first words, as it stands there.
    let after = |count: usize| argument.splitn(count + 1, ' ').nth(count).unwrap_or_default();
    let call = || switch.call(word(0));
    match command.to_ascii_lowercase().as_str() {
        "status" => status(switch).into(),
        "version" => "FreeSWITCH Version 1.11.3-simulated (simulated 64bit)\n".into(),
        "uptime" => uptime(switch, word(0)).into(),
        "hostname" | "switchname" => HOSTNAME.into(),
        "show" => show(switch, argument),
        "originate" => originate(switch, argument).await.into(),
        "create_uuid" => uuid().into(),
        "msleep" => {
            tokio::time::sleep(Duration::from_millis(word(0).parse().unwrap_or(0))).await;
            OK.into()
        }
        "echo" | "eval" | "expand" => argument.into(),
        "global_getvar" => switch.globals.borrow().get(word(0)).cloned().unwrap_or_default(),
        "global_setvar" => match argument.split_once('=') {
            Some((name, value)) => {
                switch.globals.borrow_mut().insert(name.into(), value.into());
                "+OK".into()
            }
            None => "-USAGE: <var>=<value> [=<value2>]\n".into(),
        },
        "hupall" => {
            switch.calls().iter().for_each(|call| call.hangup(cause(word(0))));
            "+OK hangup all channels with cause MANAGER_REQUEST\n".into()
        }
        "bgapi" => {
            let job = uuid();
            let (command, argument) = argument.split_once(' ').unwrap_or((argument, ""));
            begin(switch, command, Some(argument.into()), &job, None);
            format!("+OK Job-UUID: {job}\n").into()
        }
        "fsctl" if word(0) == "shutdown" => {
            switch.connections().iter().for_each(|connection| connection.kill(Goodbye::ShutDown));
            switch.shutdown.notify_one();
            OK.into()
        }
        "fsctl" => OK.into(),
        "uuid_exists" => if call().is_some() { "true" } else { "false" }.into(),
        "uuid_kill" => with(call(), |call| {
            call.hangup(cause(word(1)));
            OK.into()
        }),
        "uuid_answer" => with(call(), |call| {
            call.answer();
            OK.into()
        }),
        "uuid_setvar" => with(call(), |call| {
            call.set_variable(word(1), after(2).as_bytes());
            OK.into()
        }),
        "uuid_getvar" => with(call(), |call| call.variable(word(1)).map_or("_undef_".into(), |value| value.text())),
        "uuid_dump" => with(call(), |call| dump(call, word(1))),
        "uuid_broadcast" => with(call(), |call| {
            let (app, argument) = word(1).split_once("::").unwrap_or(("playback", word(1)));
            call.order(Task::new(app, argument));
            "+OK Message sent\n".into()
        }),
        "uuid_send_dtmf" | "uuid_recv_dtmf" => with(call(), |call| {
            word(1).chars().take_while(|digit| *digit != '@').for_each(|digit| call.press(digit));
            OK.into()
        }),
        "uuid_bridge" => match (call(), switch.call(word(1))) {
            (Some(one), Some(other)) => {
                let uuid = other.uuid.clone();
                spawn_local(bridge(one, other));
                format!("+OK {uuid}\n").into()
            }
            _ => "-ERR Invalid uuid\n".into(),
        },
        _ => format!("-ERR {command} Command not found!\n").into(),
    }
}

fn with(call: Option<Rc<Call>>, act: impl FnOnce(&Call) -> Vec<u8>) -> Vec<u8> {
    call.map_or_else(|| NO_SUCH_CHANNEL.into(), |call| act(&call))
}

fn cause(word: &str) -> HangupCause<'static> {
    known_cause((!word.is_empty()).then(|| HangupCause::from_octets(word.as_bytes())))
}

fn status(switch: &Switch) -> String {
    let (now, peak) = (switch.calls().len(), switch.peak.get());
    format!(
        "UP {}\nFreeSWITCH (Version 1.11.3-simulated  64bit) is ready\n{} session(s) since startup\n\
         {now} session(s) - peak {peak}, last 5min {peak} \n0 session(s) per Sec out of max 1000, peak 0, last 5min 0 \n\
         2000 session(s) max\nmin idle cpu 0.00/99.00\nCurrent Stack Size/Max 240K/240K\n",
        switch.uptime(),
        switch.sessions.get(),
    )
}

fn uptime(switch: &Switch, unit: &str) -> String {
    let up = switch.started.elapsed();
    match unit {
        "ms" => up.as_millis().to_string(),
        "us" => up.as_micros().to_string(),
        _ => up.as_secs().to_string(),
    }
}

/// A channel's fields, as [`COLUMNS`] names them.
fn row(call: &Call) -> [String; COLUMNS.len()] {
    let (app, argument) = call.application.borrow().clone();
    [
        call.uuid.clone(),
        "outbound".into(),
        date(call.created),
        call.created.as_secs().to_string(),
        call.setup.name.clone(),
        call.state().into(),
        call.setup.caller_name.clone(),
        call.setup.caller_number.clone(),
        call.setup.destination.clone(),
        app,
        argument,
        call.call_state.get().into(),
    ]
}

fn show(switch: &Switch, argument: &str) -> Vec<u8> {
    let (what, form) = argument.split_once(' ').unwrap_or((argument, ""));
    let rows: Vec<_> = match what {
        "channels" => switch.calls().iter().map(|call| row(call)).collect(),
        // A call of two legs is one.
        "calls" => {
            let is_second = |call: &Call| {
                call.variable("bridge_uuid").is_some_and(|other| other.text().as_slice() < call.uuid.as_bytes())
            };
            switch.calls().iter().filter(|call| !is_second(call)).map(|call| row(call)).collect()
        }
        _ => return "-USAGE: channels|calls [count|as json|as delim <string>]\n".into(),
    };
    let separator = match form.split_once("as ").map_or("", |(_, form)| form) {
        _ if form == "count" => return format!("\n{} total.\n", rows.len()).into(),
        "json" => return json(&rows).into(),
        "" => ",",
        form => match form.strip_prefix("delim ") {
            Some(separator) if !separator.is_empty() => separator,
            _ => return "-ERR Cannot show it in that form\n".into(),
        },
    };
    if rows.is_empty() {
        return "\n0 total.\n".into();
    }
    let mut text = COLUMNS.join(separator);
    for row in &rows {
        text += "\n";
        text += &row.join(separator);
    }
    format!("{text}\n\n{} total.\n", rows.len()).into()
}

fn json(rows: &[[String; COLUMNS.len()]]) -> String {
    let total = rows.len();
    if rows.is_empty() {
        return r#"{"row_count":0}"#.into();
    }
    let rows: Vec<serde_json::Map<String, serde_json::Value>> = rows
        .iter()
        .map(|row| COLUMNS.iter().zip(row).map(|(name, value)| ((*name).into(), value.as_str().into())).collect())
        .collect();
    serde_json::json!({ "row_count": total, "rows": rows }).to_string()
}

fn dump(call: &Call, form: &str) -> Vec<u8> {
    let format = Format::from_octets(form.as_bytes()).unwrap_or(Format::Plain);
    let event = call.event("CHANNEL_DATA", ("mod_commands.c", "uuid_dump_function", 6600));
    event.view(|view| {
        let mut out = vec![0; view.encoded_len(format, Percent::Faithful)];
        if view.encode(format, Percent::Faithful, &mut out).is_err() {
            return b"-ERR Cannot show it in that form\n".to_vec();
        }
        out
    })
}

/// Calls somebody. The first leg answers; whatever else is rung, is not.
async fn originate(switch: &Rc<Switch>, line: &str) -> String {
    let line = format!("originate {line}");
    let mut storage = vec![0; line.len()];
    let Ok(order) = Originate::parse(line.as_bytes(), &mut storage) else {
        return "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] \
                [<cid_num>] [<timeout_sec>]\n"
            .into();
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
    let given = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| text(value));
    if given("origination_uuid").is_some_and(|uuid| switch.call(uuid).is_some()) {
        return "-ERR DESTINATION_OUT_OF_ORDER\n".into();
    }
    let setup = Setup {
        destination: endpoint.split_once('/').map_or("", |(_, name)| name).into(),
        caller_name: given("origination_caller_id_name").or(order.cid_name.map(text)).unwrap_or_default(),
        caller_number: given("origination_caller_id_number")
            .or(order.cid_num.map(text))
            .unwrap_or_else(|| "0000000000".into()),
        name: endpoint,
        variables,
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
pub(crate) async fn outbound(switch: &Rc<Switch>, program: &Program) {
    let setup = Setup {
        name: "loopback/program".into(),
        destination: "program".into(),
        caller_number: "0000000000".into(),
        ..Setup::default()
    };
    let call = Call::new(switch, setup);
    if call.dial().await.is_some() {
        call.live(Task::new("socket", &program.argument())).await;
    }
}
