//! Shows the calls of a server live.
//!
//! ```text
//! cargo run -p esl-proto --example monitor -- [HOST:PORT] [--password PASSWORD | --user USER@DOMAIN:PASSWORD] [--json]
//!     [--once-for SECONDS]
//! ```
//!
//! On a terminal, the calls are a table that is drawn again and again in its place. Elsewhere, there is one line for
//! each call that comes, changes its state or ends. With `--json`, each event is one JSON object a line, whatever it
//! is about. The server is 127.0.0.1:8021 and the password ClueCon if nothing else is said.
//!
//! When the connection ends, the program connects and subscribes again, after a pause that grows with each failure.
//! It ends after the time of `--once-for`, when nobody reads its output any more, or by Ctrl-C, which kills it: see
//! `screen.rs` for why that leaves the terminal in order.
//!
//! Exit status: 0 after `--once-for` or without a reader, 2 if the command line makes no sense or the server refuses the
//! subscription, 3 if it refuses the password.

mod calls;
#[path = "../common/mod.rs"]
mod common;
mod json;
mod options;
mod screen;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use calls::{Calls, LIST};
use common::{Connection, Trouble};
use esl_proto::client::{End, Stats};
use esl_proto::message::Status;
use esl_proto::{Command, Event, Incoming};
use options::Options;
use screen::{PERIOD, Screen};

const USAGE: &str = "usage: monitor [HOST:PORT] [--password PASSWORD | --user USER@DOMAIN:PASSWORD] [--json] \
                     [--once-for SECONDS]";
/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the server is asked for its list of calls: that mends the table, and shows that the server is there.
const LIST_PERIOD: Duration = Duration::from_secs(30);
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Where the calls are shown.
enum View {
    Json,
    Lines,
    Table(Screen),
}

struct Monitor<'o> {
    options: &'o Options,
    view: View,
    calls: Calls,
    end: Option<Instant>,
    /// How long to wait before the next attempt to connect.
    pause: Duration,
}

impl Monitor<'_> {
    /// Connects again and again, until the time is over or the server does not want this program.
    fn run(&mut self) -> Result<u8, Trouble> {
        loop {
            let trouble = match self.session() {
                Ok(()) => return Ok(0),
                Err(trouble @ (Trouble::Output(_) | Trouble::Refused(_) | Trouble::Usage(_))) => return Err(trouble),
                Err(trouble @ Trouble::Ended(End::AuthRefused | End::Rejected)) => return Err(trouble),
                Err(trouble) => trouble,
            };
            let retry = Instant::now() + self.pause;
            let text = format!("{}: {trouble}; next attempt in {:.1} s", self.options.server, self.pause.as_secs_f32());
            match &mut self.view {
                View::Table(screen) => screen.draw(&text, &mut self.calls)?,
                _ => eprintln!("monitor: {text}"),
            }
            let wake = self.end.map_or(retry, |end| end.min(retry));
            std::thread::sleep(wake.saturating_duration_since(Instant::now()));
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            if self.is_over() {
                return Ok(0);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// One connection, up to its end or that of the program.
    fn session(&mut self) -> Result<(), Trouble> {
        let opened = Instant::now();
        let mut connection = Connection::open(&self.options.server, opened + PATIENCE)?;
        // When to ask for the list of calls; once logged in. And which question is open since when.
        let mut next_list = None;
        let mut question = Some((None, opened));
        let (mut drawn, mut seen) = (opened, Stats::default());
        while !self.is_over() {
            let now = Instant::now();
            if now - drawn >= PERIOD {
                let stats = connection.client().stats();
                self.show(&self.headline(now - opened, stats, seen, now - drawn))?;
                (drawn, seen) = (now, stats);
            }
            if next_list.is_some_and(|due| now >= due) {
                question = Some((Some(connection.send(&Command::api(LIST), now + PATIENCE)?), now));
                next_list = Some(now + LIST_PERIOD);
            }
            match connection.receive(now + PERIOD) {
                Ok(Incoming::AuthRequest) => {
                    connection.send(&self.options.login.command(), now + PATIENCE)?;
                }
                Ok(Incoming::Authenticated { .. }) => {
                    for command in self.options.subscription().commands() {
                        connection.send(&command, Instant::now() + PATIENCE)?;
                    }
                    (next_list, question, self.pause) = (Some(Instant::now()), None, SHORTEST_PAUSE);
                }
                Ok(Incoming::Answer { id, answer }) if question.is_some_and(|(asked, _)| asked == Some(id)) => {
                    // A user may have no right to the list.
                    if answer.status() != Status::Err {
                        self.calls.take_list(answer.text());
                    }
                    question = None;
                }
                Ok(Incoming::Answer { answer, .. }) if answer.status() == Status::Err => {
                    let text = String::from_utf8_lossy(answer.text()).into_owned();
                    return Err(Trouble::Usage(format!("the subscription was refused: {text}")));
                }
                Ok(Incoming::Event(event)) => self.take_event(&event)?,
                Ok(_) => {}
                // Silence is usual, but not if there is a question.
                Err(Trouble::Timeout) if question.is_none_or(|(_, since)| now - since < PATIENCE) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }

    fn headline(&self, age: Duration, now: Stats, before: Stats, span: Duration) -> String {
        let rate = |now: u64, before: u64| (now - before) as f64 / span.as_secs_f64();
        format!(
            "{}  connected {}  {} calls  {:.0} events/s  {:.1} kB/s",
            self.options.server,
            screen::clock(age),
            self.calls.alive(),
            rate(now.events, before.events),
            rate(now.octets, before.octets) / 1000.0,
        )
    }

    fn take_event(&mut self, event: &Event<'_>) -> Result<(), Trouble> {
        match self.view {
            View::Json => common::print(json::line(event).as_bytes()),
            View::Lines => {
                self.calls.take_event(event);
                self.news()
            }
            View::Table(_) => {
                self.calls.take_event(event);
                Ok(())
            }
        }
    }

    /// A line for each call that has changed.
    fn news(&mut self) -> Result<(), Trouble> {
        let lines: String = self.calls.news().map(|call| format!("{call}\n")).collect();
        common::print(lines.as_bytes())
    }

    fn show(&mut self, headline: &str) -> Result<(), Trouble> {
        match &mut self.view {
            View::Json => {}
            View::Table(screen) => screen.draw(headline, &mut self.calls)?,
            View::Lines => {
                self.news()?;
                self.calls.current(Instant::now());
            }
        }
        Ok(())
    }
}

fn run(options: &Options) -> Result<u8, Trouble> {
    let view = match options.json {
        true => View::Json,
        false if std::io::stdout().is_terminal() => View::Table(Screen::new()?),
        false => View::Lines,
    };
    let end = options.once_for.map(|time| Instant::now() + time);
    Monitor { options, view, calls: Calls::default(), end, pause: SHORTEST_PAUSE }.run()
}

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)) {
        Some(options) => common::finish("monitor", &options.server, run(&options)),
        None => common::finish("monitor", "", Err(Trouble::Usage(USAGE.into()))),
    }
}
