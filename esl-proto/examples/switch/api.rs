//! API commands, with FreeSWITCH's own answers.

use std::rc::Rc;
use std::time::Duration;

use esl_proto::name::{HangupCause, LogLevel};
use tokio::task::spawn_local;

use crate::core::{HOSTNAME, MAX_JOBS, MAX_SESSIONS, Switch, VERSION};
use crate::event::uuid;
use crate::originate::originate;
use crate::show::show;
use crate::uuid_api;

/// FreeSWITCH's answer where there is no other.
pub(crate) const OK: &str = "+OK\n";

/// The answer to who uses a command in the wrong way.
pub(crate) fn usage(syntax: &str) -> String {
    format!("-USAGE: {syntax}\n")
}

/// Begins a job: its answer comes as an event.
pub(crate) fn begin(switch: &Rc<Switch>, command: &str, argument: Option<String>, job: &str, owner: Option<String>) {
    let (switch, command, job) = (Rc::clone(switch), command.to_owned(), job.to_owned());
    spawn_local(async move {
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

/// Runs a command and says what it puts out.
pub(crate) async fn run(switch: &Rc<Switch>, command: &str, argument: &str) -> Vec<u8> {
    let argument = argument.trim();
    let name = command.to_ascii_lowercase();
    let output = match uuid_api::run(switch, &name, argument) {
        Some(output) => Some(output.into()),
        None => execute(switch, &name, argument).await,
    };
    let mut event = switch.event("API", ("switch_loadable_module.c", "switch_api_execute", 3140));
    event.add("API-Command", command).add("API-Command-Argument", argument);
    switch.fire(event);
    output.unwrap_or_else(|| format!("-ERR {command} Command not found!\n").into())
}

/// The commands that are about no call in particular. [`None`] if there is no such command.
async fn execute(switch: &Rc<Switch>, command: &str, argument: &str) -> Option<Vec<u8>> {
    Some(match command {
        "status" => status(switch).into(),
        "version" if argument == "short" => format!("{VERSION}\n").into(),
        "version" => format!("FreeSWITCH Version {VERSION}-simulated ( 64bit)\n").into(),
        "uptime" => uptime(switch, argument).into(),
        "hostname" | "switchname" => HOSTNAME.into(),
        "show" if argument.starts_with("status") => status(switch).into(),
        "show" => show(switch, argument).into(),
        "originate" => originate(switch, argument).await.into(),
        "create_uuid" => uuid().into(),
        "msleep" => {
            tokio::time::sleep(Duration::from_millis(argument.parse().unwrap_or(0))).await;
            "+OK".into()
        }
        "echo" => argument.into(),
        "eval" | "expand" => switch.expand(argument),
        "global_getvar" if argument.is_empty() => {
            let globals = switch.globals.borrow();
            globals.iter().flat_map(|(name, value)| [name.as_bytes(), b"=", value, b"\n"].concat()).collect()
        }
        "global_getvar" => switch.globals.borrow().get(argument).cloned().unwrap_or_default(),
        "global_setvar" => match argument.split_once('=') {
            Some((name, value)) => {
                switch.globals.borrow_mut().insert(name.into(), value.into());
                "+OK".into()
            }
            None => usage("<var>=<value> [=<value2>]").into(),
        },
        "hupall" => {
            let word = argument.split(' ').next().unwrap_or_default();
            let cause = uuid_api::cause(word, HangupCause::ManagerRequest);
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
            let job = uuid();
            let (command, argument) = argument.split_once(' ').unwrap_or((argument, ""));
            begin(switch, command, Some(argument.into()), &job, None);
            format!("+OK Job-UUID: {job}\n").into()
        }
        "fsctl" => {
            if argument.starts_with("shutdown") {
                switch.say_goodbye();
                switch.shutdown.notify_one();
            }
            OK.into()
        }
        _ => return None,
    })
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
    let up = switch.started.elapsed();
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
