//! esl-tokio and freeswitch-esl-tokio on a running esl-switch, in turns: `beside tasks|lockstep PORT` for 20 000 `api`, and
//! `beside memory PORT ours|theirs` for what each of 400 connections takes.

use std::error::Error;
use std::time::{Duration, Instant};

use esl_tokio::Login;
use freeswitch_esl_tokio::EslClient;

const COMMANDS: usize = 20_000;
const ROUNDS: usize = 5;
const CONNECTIONS: usize = 400;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The CPU time of this thread, which does all the work.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

/// What the process holds in memory, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4096
}

async fn ours(port: u16) -> Result<esl_tokio::Session> {
    Ok(esl_tokio::connect(&format!("127.0.0.1:{port}"), Login::password("ClueCon")).await?)
}

async fn theirs(port: u16) -> Result<(EslClient, freeswitch_esl_tokio::EslEventStream)> {
    Ok(EslClient::connect("127.0.0.1", port, "ClueCon").await?)
}

async fn commands(what: &str, port: u16) -> Result<()> {
    let (fs, (client, _events)) = (ours(port).await?, theirs(port).await?);
    for round in 0..2 * ROUNDS {
        let is_ours = round % 2 == 0;
        let (began, before) = (Instant::now(), cpu());
        if what == "lockstep" {
            for _ in 0..COMMANDS {
                match is_ours {
                    true => assert_eq!(fs.api("eval x").await?.as_bytes(), b"x"),
                    false => assert_eq!(client.api("eval x").await?.body(), Some("x")),
                }
            }
        } else {
            let tasks: Vec<_> = (0..COMMANDS)
                .map(|_| {
                    let (fs, client) = (fs.clone(), client.clone());
                    tokio::spawn(async move {
                        match is_ours {
                            true => assert_eq!(fs.api("eval x").await.unwrap().as_bytes(), b"x"),
                            false => assert_eq!(client.api("eval x").await.unwrap().body(), Some("x")),
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await?;
            }
        }
        let name = if is_ours { "esl-tokio" } else { "freeswitch-esl-tokio" };
        println!("{what}: {name}: {} ms, CPU {} ms", began.elapsed().as_millis(), (cpu() - before).as_millis());
    }
    Ok(())
}

async fn memory(whose: &str, port: u16) -> Result<()> {
    let (mut sessions, mut clients) = (Vec::with_capacity(CONNECTIONS), Vec::with_capacity(CONNECTIONS));
    let before = resident();
    for _ in 0..CONNECTIONS {
        if whose == "ours" {
            let fs = ours(port).await?;
            fs.api("status").await?;
            sessions.push(fs);
        } else {
            let client = theirs(port).await?;
            client.0.api("status").await?.into_result()?;
            clients.push(client);
        }
    }
    println!("memory: {whose}: {:.1} KiB a connection", (resident() - before) as f64 / CONNECTIONS as f64 / 1024.0);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(|arg| &**arg).collect::<Vec<_>>()[..] {
        [what @ ("tasks" | "lockstep"), port] => commands(what, port.parse()?).await,
        ["memory", port, whose @ ("ours" | "theirs")] => memory(whose, port.parse()?).await,
        _ => Err("usage: beside tasks|lockstep PORT, or beside memory PORT ours|theirs".into()),
    }
}
