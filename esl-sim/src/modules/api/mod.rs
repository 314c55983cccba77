//! API commands, with FreeSWITCH's own answers.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::{HangupCause, LogLevel};

use super::conference;
use crate::hook::{Hook, Request};
use crate::switch::expand::{Names, expand};
use crate::switch::{HOSTNAME, Later, MAX_JOBS, MAX_SESSIONS, Switch, VERSION};

pub(crate) mod answer;
pub(crate) mod originate;
mod show;
mod uuid;

use answer::{OK, usage};
use originate::originate;
use show::show;

/// Begins a job: its answer comes as an event.
pub(crate) fn begin(switch: &Arc<Switch>, command: &str, argument: Option<String>, job: &str, owner: Option<String>) {
    let (switch, command, job) = (Arc::clone(switch), command.to_owned(), job.to_owned());
    let queues = Arc::clone(&switch.queues);
    queues.spawn(async move {
        let output = match switch.jobs.get() {
            MAX_JOBS.. => b"-ERR too many jobs\n".to_vec(),
            jobs => {
                switch.jobs.set(jobs + 1);
                let output = run(&switch, &command, argument.as_deref().unwrap_or_default()).await;
                switch.jobs.set(switch.jobs.get() - 1);
                output
            }
        };
        let mut event = switch.event("BACKGROUND_JOB", ("mod_event_socket.c", "api_exec", 1578));
        event.add("Job-UUID", job).add("Job-Owner-UUID", owner.unwrap_or_default()).add("Job-Command", command);
        event.add("Job-Command-Arg", argument.unwrap_or_default());
        event.body = Some(output);
        switch.fire(event);
    });
}

/// Runs a command and says what it puts out; [`None`] if there is no such command. It may begin others.
pub(crate) fn run_boxed<'a>(
    switch: &'a Arc<Switch>,
    command: &'a str,
    argument: &'a str,
) -> Later<'a, Option<Vec<u8>>> {
    Box::pin(run_known(switch, command, argument))
}

/// Runs a command and says what it puts out.
pub(crate) async fn run(switch: &Arc<Switch>, command: &str, argument: &str) -> Vec<u8> {
    let output = run_boxed(switch, command, argument).await;
    output.unwrap_or_else(|| format!("-ERR {command} Command not found!\n").into())
}

async fn run_known(switch: &Arc<Switch>, command: &str, argument: &str) -> Option<Vec<u8>> {
    let argument = argument.trim();
    let name = command.to_ascii_lowercase();
    let hook = || Hook::Api { command: command.to_owned(), argument: argument.to_owned() };
    let output = if switch.config().api_hooks.iter().any(|hooked| hooked.eq_ignore_ascii_case(command)) {
        match switch.ask(hook()).await {
            None => run_own(switch, &name, argument).await,
            answer => answer,
        }
    } else {
        run_own(switch, &name, argument).await
    };
    let mut event = switch.event("API", ("switch_loadable_module.c", "switch_api_execute", 3140));
    event.add("API-Command", command).add("API-Command-Argument", argument);
    switch.fire(event);
    output
}

async fn run_own(switch: &Arc<Switch>, name: &str, argument: &str) -> Option<Vec<u8>> {
    match uuid::run(switch, name, argument) {
        Some(output) => Some(output.into()),
        None => execute(switch, name, argument).await,
    }
}

/// The commands that are about no call in particular. [`None`] if there is no such command.
async fn execute(switch: &Arc<Switch>, command: &str, argument: &str) -> Option<Vec<u8>> {
    Some(match command {
        "status" => status(switch).into(),
        "version" if argument == "short" => format!("{VERSION}\n").into(),
        "version" => format!("FreeSWITCH Version {VERSION}-simulated ( 64bit)\n").into(),
        "uptime" => uptime(switch, argument).into(),
        "hostname" | "switchname" => HOSTNAME.into(),
        "show" if argument.starts_with("status") => status(switch).into(),
        "show" => show(switch, argument).into(),
        "originate" => originate(switch, argument).await.into(),
        "create_uuid" => switch.uuid().into(),
        "msleep" => {
            switch.clock.sleep(Duration::from_millis(argument.parse().unwrap_or(0))).await;
            "+OK".into()
        }
        "conference" => conference::api(switch, argument).into(),
        "echo" => argument.into(),
        "eval" => eval(switch, argument).await,
        "expand" if argument.is_empty() => "-ERR No input\n".into(),
        "expand" => {
            let line = eval(switch, argument).await;
            let line = String::from_utf8_lossy(&line).into_owned();
            let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
            let output = run_boxed(switch, command, argument).await;
            output.unwrap_or_else(|| "INVALID COMMAND!\n-ERR Cannot execute command\n".into())
        }
        "global_getvar" if argument.is_empty() => {
            let globals = switch.globals.lock();
            globals.iter().flat_map(|(name, value)| [name.as_bytes(), b"=", value, b"\n"].concat()).collect()
        }
        "global_getvar" => switch.globals.lock().get(argument).cloned().unwrap_or_default(),
        "global_setvar" => match argument.split_once('=') {
            Some((name, value)) => {
                switch.globals.lock().insert(name.into(), value.into());
                "+OK".into()
            }
            None => usage("<var>=<value> [=<value2>]").into(),
        },
        "hupall" => {
            let word = argument.split(' ').next().unwrap_or_default();
            let cause = uuid::cause(word, HangupCause::ManagerRequest);
            switch.calls().iter().for_each(|call| call.hangup(cause));
            format!("+OK hangup all channels with cause {cause}\n").into()
        }
        "log" if argument.is_empty() => "-ERR\n".into(),
        "log" => {
            let (level, text) = argument.split_once(' ').unwrap_or(("", argument));
            let level = LogLevel::from_bytes(level.as_bytes()).unwrap_or(LogLevel::DEBUG);
            switch.log(level, ("mod_commands.c", "log_function", 7247), "", text);
            OK.into()
        }
        "bgapi" => {
            let job = switch.uuid();
            let (command, argument) = argument.split_once(' ').unwrap_or((argument, ""));
            begin(switch, command, Some(argument.into()), &job, None);
            format!("+OK Job-UUID: {job}\n").into()
        }
        "reloadxml" => "+OK [Success]\n".into(),
        "strepoch" => switch.now().as_secs().to_string().into(),
        "toupper" => argument.to_ascii_uppercase().into(),
        "tolower" => argument.to_ascii_lowercase().into(),
        "url_encode" => argument
            .bytes()
            .map(|octet| match octet {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(octet).to_string(),
                _ => format!("%{octet:02X}"),
            })
            .collect::<String>()
            .into(),
        "module_exists" => {
            let known =
                ["mod_commands", "mod_conference", "mod_dptools", "mod_event_socket", "mod_loopback", "mod_sofia"];
            known.contains(&argument).to_string().into()
        }
        "sched_hangup" => sched_hangup(switch, argument).into(),
        "fsctl" => {
            match argument {
                "sync_clock" => return Some("+OK clock synchronized\n".into()),
                "max_sessions" => return Some(format!("+OK max sessions: {MAX_SESSIONS}\n").into()),
                "sps" => return Some("+OK sessions per second: 1000\n".into()),
                _ => {}
            }
            if argument.starts_with("shutdown") {
                switch.say_goodbye();
                switch.requests.lock().push_back(Request::Shutdown);
            }
            OK.into()
        }
        _ => return None,
    })
}

/// `[uuid:<uuid> ]<text>`: expands a text, with the headers of an event of that channel, or without.
async fn eval(switch: &Arc<Switch>, argument: &str) -> Vec<u8> {
    let told = argument.strip_prefix("uuid:").and_then(|rest| rest.split_once(' '));
    let (uuid, text) = told.map_or((None, argument), |(uuid, text)| (Some(uuid), text));
    let call = uuid.and_then(|uuid| switch.call(uuid));
    let event = call.map(|call| call.event("CHANNEL_DATA", ("mod_commands.c", "eval_function", 1698)));
    expand(switch, event.as_ref().map_or(Names::None, Names::Event), text).await
}

/// `[+]<time> <uuid> [<cause>]`: ends a call later.
fn sched_hangup(switch: &Arc<Switch>, argument: &str) -> String {
    let mut words = argument.split(' ').filter(|word| !word.is_empty());
    let (Some(time), Some(uuid)) = (words.next(), words.next()) else { return usage("[+]<time> <uuid> [<cause>]") };
    let Some(call) = switch.call(uuid) else { return "-ERR No such channel!\n".into() };
    let cause = uuid::cause(words.next().unwrap_or_default(), HangupCause::AllottedTimeout);
    let seconds = match time.strip_prefix('+') {
        Some(seconds) => seconds.parse().unwrap_or(0),
        None => time.parse::<u64>().unwrap_or(0).saturating_sub(switch.now().as_secs()),
    };
    let clock = Arc::clone(&switch.clock);
    switch.queues.spawn(async move {
        clock.sleep(Duration::from_secs(seconds)).await;
        call.hangup(cause);
    });
    OK.into()
}

fn status(switch: &Switch) -> String {
    let (now, peak) = (switch.calls().len(), switch.peak.get());
    format!(
        "UP {}\nFreeSWITCH (Version {VERSION}-simulated  64bit) is ready\n{} session(s) since startup\n\
         {now} session(s) - peak {peak}, last 5min {peak} \n0 session(s) per Sec out of max 1000, peak 0, last 5min 0 \n\
         {MAX_SESSIONS} session(s) max\nmin idle cpu 0.00/99.00\nCurrent Stack Size/Max 240K/240K\n",
        switch.uptime(),
        switch.sessions.get(),
    )
}

fn uptime(switch: &Switch, unit: &str) -> String {
    let up = switch.clock.now();
    let time = match unit.to_ascii_lowercase().as_str() {
        "us" | "microseconds" => up.as_micros(),
        "ms" | "milliseconds" => up.as_millis(),
        "" | "s" | "seconds" => up.as_secs().into(),
        "m" | "minutes" => (up.as_secs() / 60).into(),
        "h" | "hours" => (up.as_secs() / 3600).into(),
        "d" | "days" => (up.as_secs() / 86_400).into(),
        _ => return usage("[us|ms|s|m|h|d|microseconds|milliseconds|seconds|minutes|hours|days]"),
    };
    format!("{time}\n")
}
