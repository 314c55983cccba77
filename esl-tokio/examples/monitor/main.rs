//! The calls of a server, live.

mod board;
#[path = "../common/mod.rs"]
mod common;

use std::future::pending;
use std::io::IsTerminal;
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use board::{Board, PERIOD, Screen};
use common::{Args, SERVER, Server, Trouble, about, address, finish, print, seconds, unknown};
use esl_proto::command::Events;
use esl_tokio::name::{EventName, Format};
use esl_tokio::{Error, EventBuf, Interest, Missed, Reconnect, Session};
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, sleep};

fn usage() -> String {
    format!(
        "usage: monitor [OPTION]... [HOST:PORT]
Shows the calls of a server as they come and go: on a terminal a table with totals, elsewhere a line for each change. A lost
connection is made anew; what was missed meanwhile is asked for.

{SERVER}
  --json                              each event as one line of JSON, whatever it is about
  --once-for SECONDS                  end after this time
  --help                              show this text

Ctrl-C ends it. NO_COLOR leaves the colours out.

Exit status: 0, 1 if the server refuses the subscription, 2 if the command line makes no sense, 3 for trouble with the
connection."
    )
}

/// What tells something of a call.
const EVENTS: [EventName<'static>; 14] = [
    EventName::ChannelCreate,
    EventName::ChannelState,
    EventName::ChannelCallstate,
    EventName::ChannelAnswer,
    EventName::ChannelExecute,
    EventName::ChannelBridge,
    EventName::ChannelUnbridge,
    EventName::ChannelHold,
    EventName::ChannelUnhold,
    EventName::ChannelUuid,
    EventName::CallUpdate,
    EventName::ChannelHangup,
    EventName::ChannelHangupComplete,
    EventName::ChannelDestroy,
];

struct Options {
    server: Server,
    json: bool,
    once_for: Option<Duration>,
}

impl Options {
    fn read() -> Result<Self, Trouble> {
        let mut args = Args::new();
        let mut options = Self { server: Server::new(), json: false, once_for: None };
        while let Some(word) = args.word()? {
            match &*word {
                "--json" => options.json = true,
                "--once-for" => options.once_for = Some(args.value(&word, seconds)?),
                option if options.server.takes(option, &mut args)? => {}
                option if option.starts_with('-') => return Err(unknown(option)),
                text => {
                    let wrong = || Trouble::Usage(Some(format!("'{text}' is no HOST:PORT")));
                    options.server.address = address(text).ok_or_else(wrong)?;
                }
            }
        }
        Ok(options)
    }
}

/// A line of JSON, as the server writes it. Line ends between its parts are none of the text's.
fn line(event: &EventBuf) -> String {
    let text = String::from_utf8_lossy(event.as_event().text());
    text.chars().filter(|char| *char != '\n' && *char != '\r').chain(['\n']).collect()
}

/// Asks for the calls that there are. A user may have no right to the list.
async fn restore(fs: &Session, board: &mut Board) {
    if let Ok(rows) = fs.show("channels").await {
        board.restore(rows.answer().as_bytes());
    }
}

async fn run() -> Result<(), Trouble> {
    let options = Options::read()?;
    let peer = &options.server.address;
    let about = about(peer);
    let connect = options.server.options().silence(Duration::from_secs(50)).reconnect(Reconnect::default());
    let format = if options.json { Format::Json } else { Format::Plain };
    let fs = connect.format(format).connect(peer).await.map_err(&about)?;
    let interest = match options.json {
        true => Interest::all(),
        false => Interest::new(Events::new(&EVENTS, &["loopback::bowout"])),
    };
    let mut events = match fs.events(interest).await {
        // What came is no event: whoever waits no more was told so.
        Err(Error::Refused(answer)) => return Err(Trouble::No(format!("the subscription was refused: {answer}"))),
        events => events.map_err(&about)?,
    };
    let is_terminal = std::io::stdout().is_terminal() && !options.json;
    let mut board = Board::new(peer);
    if !options.json {
        restore(&fs, &mut board).await;
    }
    let screen = if is_terminal { Some(Screen::enter()?) } else { None };
    let mut end = pin!(end(options.once_for));
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = &mut end => {
                drop(screen);
                if is_terminal {
                    print(format!("{peer}: {}\n", board.totals()))?;
                }
                return Ok(());
            }
            _ = ticks.tick() => {
                board.tick(fs.stats(), Instant::now());
                if is_terminal {
                    board.draw(fs.is_open())?;
                }
                continue;
            }
        };
        match event {
            Some(Ok(event)) if options.json => print(line(&event))?,
            Some(Ok(event)) => {
                let news = board.take(&event);
                if let Some(news) = news.filter(|_| !is_terminal) {
                    print(news)?;
                }
            }
            Some(Err(missed)) if !missed.is_end() => {
                board.say(&missed.to_string());
                if !is_terminal {
                    eprintln!("monitor: {peer}: {missed}");
                }
                if matches!(missed, Missed::Gap(_) | Missed::Lost(_)) && !options.json {
                    restore(&fs, &mut board).await;
                }
            }
            Some(Err(missed)) => return Err(Trouble::Other(peer.clone(), missed.to_string())),
            None => return Ok(()),
        }
    }
}

/// Until somebody ends the program: with Ctrl-C, or as systems do.
async fn end(time: Option<Duration>) {
    let over = async {
        match time {
            Some(time) => sleep(time).await,
            None => pending().await,
        }
    };
    #[cfg(unix)]
    let told = async {
        match signal(SignalKind::terminate()) {
            Ok(mut told) => drop(told.recv().await),
            Err(_) => pending().await,
        }
    };
    #[cfg(not(unix))]
    let told = pending();
    tokio::select! {
        () = over => {}
        () = told => {}
        _ = ctrl_c() => {}
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    finish("monitor", &usage(), run().await)
}
