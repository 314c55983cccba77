//! A simulated FreeSWITCH that anyone can start: the listener of `esl_proto::server` on TCP, and calls that exist in
//! events only.
//!
//! * `options.rs`: the command line
//! * `core.rs`: what all share: events are fired here, and the log is written
//! * `connection.rs`: one connection: its listener, and what waits for it; `session.rs`: the same at work, with its socket
//! * `answers.rs`: what the listener asks, and what the switch says
//! * `api.rs`: API commands; `uuid_api.rs`, `originate.rs`, `show.rs`: some of them; `apps.rs`: applications; `calls.rs`: channels; `bridge.rs`: two of them; `load.rs`: calls by themselves
//! * `event.rs`: events as they happen; `headers.rs`: what those of a channel say of it
//!
//! All of it runs on one thread. No client can stop another: whatever waits, waits for its own socket, clock or call.

mod answers;
mod api;
mod apps;
mod bridge;
mod calls;
#[path = "../common/mod.rs"]
mod common;
mod connection;
mod core;
mod event;
mod headers;
mod load;
mod options;
mod originate;
mod session;
mod show;
mod uuid_api;

use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use common::{Trouble, finish};
use connection::Connection;
use core::Switch;
use options::{Options, USAGE};
use session::Session;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

/// How long the goodbyes may take at the end.
const GOODBYE: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    // What trouble is about: the program of `--outbound`, or its own address.
    let mut peer = String::new();
    let result = Options::of(std::env::args().skip(1)).and_then(|options| match options {
        Some(options) => {
            let program = options.outbound.as_ref().map(|program| program.address.clone());
            peer = program.unwrap_or_else(|| options.listen.to_string());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(LocalSet::new().run_until(run(options)))
        }
        None => common::print(format!("{USAGE}\n").as_bytes()).map(|()| 0),
    });
    finish("switch", &peer, result)
}

async fn run(options: Options) -> Result<u8, Trouble> {
    let (seconds, rate, outbound) = (options.seconds, options.calls_per_second, options.outbound.clone());
    let listener = TcpListener::bind(options.listen).await?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?).map_err(Trouble::Output)?;
    let switch = Switch::new(options);
    let over = async {
        match seconds {
            Some(time) => sleep(time).await,
            None => std::future::pending().await,
        }
    };
    let one_call = async {
        match &outbound {
            Some(program) => originate::outbound(&switch, program).await,
            None => std::future::pending().await,
        }
    };
    let result = tokio::select! {
        () = accept(&switch, &listener) => Ok(0),
        () = switch.beat() => Ok(0),
        () = load::calls(Rc::clone(&switch), rate) => Ok(0),
        () = switch.shutdown.notified() => Ok(0),
        () = told_to_end() => Ok(0),
        () = over => Ok(0),
        result = one_call => result.map(|()| 0),
    };
    switch.say_goodbye();
    // As soon as all are told, and no later than that.
    for _ in 0..50 {
        if switch.connection_count() == 0 {
            break;
        }
        sleep(GOODBYE / 50).await;
    }
    result
}

/// Waits for Ctrl-C, or for what ends programs without one.
async fn told_to_end() {
    #[cfg(unix)]
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending();
    let interrupted = async {
        if ctrl_c().await.is_err() {
            std::future::pending().await
        }
    };
    tokio::select! {
        () = terminated => {}
        () = interrupted => {}
    }
}

async fn accept(switch: &Rc<Switch>, listener: &TcpListener) {
    loop {
        // A client that is gone again, or no file descriptor left: the others are served all the same.
        let Ok((socket, address)) = listener.accept().await else {
            sleep(GOODBYE).await;
            continue;
        };
        if switch.connection_count() >= switch.options.max_connections {
            continue;
        }
        let connection = Connection::inbound(switch);
        let session = Session::new(switch, &connection, socket);
        match switch.options.denies(address.ip()) {
            true => drop(spawn_local(session.reject())),
            false => drop(spawn_local(session.run())),
        }
    }
}
