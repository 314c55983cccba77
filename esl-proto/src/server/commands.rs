//! What each command does.

use super::arena::Kind;
use super::request::{HostRequest, Owed, PendingReply};
use super::subscriptions::Change;
use super::write::Output;
use super::{Closed, Effect, Goodbye, Phase, Poll, Server};
use crate::command::parse::{self, Parsed};
use crate::command::verb::{self, NOT_FOUND, Place, Row, Session, Verb};
use crate::command::{Filter, ParseErrorKind, Secret};
use crate::frame::Request;
use crate::text::Insufficient;
use crate::text::cut::{pieces, skip_blanks, split, split_at};

/// Text from FreeSWITCH's source; FreeSWITCH itself never sends it for a full store.
const MEMORY: &str = "-ERR memory error";

/// The reply to what a user has no right to.
const DENIED: &str = "-ERR permission denied";

/// API commands whose argument is a command: that one must be allowed, too.
const NESTING: [&[u8]; 5] = [b"bgapi", b"sched_api", b"eval", b"expand", b"xml_wrap"];

/// What becomes of a command.
enum Outcome<'b> {
    Reply(&'static str, Effect),
    Output(Output<'b>, Effect),
    HostRequest(HostRequest<'b>, Owed),
    End(&'static str, Closed),
}

const fn reply(text: &'static str) -> Outcome<'static> {
    Outcome::Reply(text, Effect::None)
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Server<S> {
    /// Does what a command says; `out` is long enough for all that is written here.
    pub(super) fn dispatch<'b>(
        &mut self,
        request: Request<'b>,
        consumed: usize,
        out: &mut [u8],
    ) -> Result<Poll<'b>, Insufficient> {
        // The server reads the first command of an outbound connection and forgets the reply.
        let silent = self.fresh && self.outbound.is_some();
        self.fresh = false;
        let (output, effect, why) = match self.outcome(&request) {
            Outcome::HostRequest(request, owed) => {
                self.pending = Some(PendingReply { owed, silent });
                return Ok(Poll::HostRequest { request, consumed });
            }
            Outcome::Reply(text, effect) => (Output::Text(text), effect, None),
            Outcome::Output(output, effect) => (output, effect, None),
            Outcome::End(text, why) => (Output::Text(text), Effect::None, Some(why)),
        };
        let output = (!silent).then_some(output);
        Ok(match why {
            None => Poll::Done { effect, consumed, written: output.map_or(Ok(0), |output| output.emit(out))? },
            Some(why) => Poll::Closed { why, written: self.close_after(output, why, Goodbye::Disconnected, out)? },
        })
    }

    fn outcome<'b>(&mut self, request: &Request<'b>) -> Outcome<'b> {
        let line = parse::unloading(request.line());
        // Blank lines were skipped, so the line is empty only if it starts with NUL.
        if line.is_empty() {
            return Outcome::End(ParseErrorKind::Nul.reply(), Closed::NoCommand);
        }
        let Some((row, rest)) = verb::find(line).filter(|(row, rest)| self.knows(row, rest)) else {
            return reply(NOT_FOUND);
        };
        if let Session::Needed(refusal) = row.session
            && self.channel().is_none()
        {
            return reply(refusal);
        }
        self.run(row.verb, request, rest).unwrap_or_else(|(kind, _)| match kind {
            ParseErrorKind::Credentials => Outcome::End(kind.reply(), Closed::Refused),
            kind => reply(kind.reply()),
        })
    }

    /// Whether the word of a command is one on this connection, now.
    fn knows(&self, row: &Row, rest: &[u8]) -> bool {
        let is_login = self.phase == Phase::Login;
        let is_placed = match row.place {
            Place::Always => true,
            Place::Login => is_login,
            Place::Any => !is_login,
            Place::Full => !is_login && self.outbound.is_none_or(|control| control.full),
        };
        is_placed && (row.verb != Verb::MyEvents || self.channel().is_some() || rest.starts_with(b" "))
    }

    /// Does what a command of this verb says, given what follows the verb.
    fn run<'b>(&mut self, verb: Verb, request: &Request<'b>, rest: &'b [u8]) -> Parsed<'b, Outcome<'b>> {
        Ok(match verb {
            Verb::Exit => Outcome::End("+OK bye", Closed::Exit),
            Verb::Auth => Outcome::HostRequest(HostRequest::Password(Secret::new(rest)), Owed::Password),
            Verb::UserAuth => {
                let (user, domain, password) = parse::userauth(rest)?;
                Outcome::HostRequest(HostRequest::User { user, domain, password }, Owed::User)
            }
            Verb::Filter => self.filter(parse::filter(rest)?, rest),
            Verb::Resume => Outcome::Reply("+OK", Effect::Resume),
            Verb::Connect => Outcome::HostRequest(HostRequest::Connect, Owed::Channel),
            Verb::GetVar => Outcome::HostRequest(HostRequest::GetVar(parse::variable(rest)?), Owed::Value),
            Verb::MyEvents => self.myevents(rest),
            Verb::DivertEvents => match parse::divert_events(rest)? {
                true => Outcome::Reply("+OK events diverted", Effect::Divert(true)),
                false => Outcome::Reply("+OK events not diverted", Effect::Divert(false)),
            },
            Verb::SendMsg => self.sendmsg(request, rest),
            Verb::SendEvent => Outcome::HostRequest(
                HostRequest::SendEvent { name: parse::event_name(rest), request: *request },
                Owed::Event,
            ),
            Verb::Api => self.api(rest, parse::is_console(request)),
            Verb::BgApi => self.bgapi(rest, parse::job_uuid(request)),
            Verb::Log if !self.may_log => reply(DENIED),
            Verb::Log => {
                let (word, level) = parse::log(rest)?;
                self.log = Some(level);
                Outcome::Output(Output::LogLevel(word, level), Effect::None)
            }
            Verb::Linger => self.set_linger(parse::linger_seconds(rest)),
            Verb::NoLinger => {
                self.linger = None;
                Outcome::Reply("+OK will not linger", Effect::Linger)
            }
            Verb::NoLog => {
                self.log_lines.waiting = 0;
                let was_logging = self.log.take().is_some();
                Outcome::Reply(
                    if was_logging { "+OK no longer logging" } else { "-ERR not loging" },
                    Effect::LogFlushed,
                )
            }
            Verb::Event => self.event(rest)?,
            Verb::NixEvent => match self.subscriptions.nixevent(pieces(parse::nixevent_words(rest)), &mut self.arena) {
                Change::NoKeywords => return Err((ParseErrorKind::NoNames, rest)),
                _ => reply("+OK events nixed"),
            },
            Verb::NoEvents => {
                self.events.waiting = 0;
                let text = match self.subscriptions.noevents(&mut self.arena) {
                    true => "+OK no longer listening for events",
                    false => "-ERR not listening for events",
                };
                Outcome::Reply(text, Effect::EventsFlushed)
            }
        })
    }

    fn filter<'b>(&mut self, filter: Filter<'b>, rest: &'b [u8]) -> Outcome<'b> {
        match filter {
            // The server adds nothing, and says so in its own way.
            Filter::Ignored { header } => Outcome::Output(Output::FilterAdded(header, b"(null)"), Effect::None),
            // The server keeps no header without a value: setting none takes those away that it has.
            Filter::Add { header, value: b"" } => {
                self.arena.remove_filters(header, None);
                Outcome::Output(Output::FilterAdded(header, b""), Effect::None)
            }
            Filter::Add { header, value } => match self.arena.add(Kind::Filter, header, value) {
                Ok(()) => Outcome::Output(Output::FilterAdded(header, value), Effect::None),
                Err(_) => reply(MEMORY),
            },
            Filter::Delete { header, value } => {
                self.arena.remove_filters(header, value);
                Outcome::Output(Output::FilterDeleted(header, value.unwrap_or_default()), Effect::None)
            }
            Filter::DeleteAll => {
                self.arena.clear(Kind::Filter);
                // The reply repeats the words.
                let (_, words) = split(b' ', skip_blanks(rest));
                let (all, value) = split(b' ', words);
                Outcome::Output(Output::FilterDeleted(all, value), Effect::None)
            }
        }
    }

    fn myevents<'b>(&mut self, rest: &'b [u8]) -> Outcome<'b> {
        if self.subscriptions.my_events {
            return reply("-ERR aready enabled.");
        }
        if self.channel().is_some() {
            self.watch_channel(parse::format_within(rest));
            return reply("+OK Events Enabled");
        }
        // The format is cut off with the blank before it, and so is never seen.
        let rest = rest.get(1..).unwrap_or_default();
        let (uuid, word) = split_at(b' ', rest).map_or((rest, false), |(uuid, _)| (uuid, true));
        if uuid.is_empty() {
            if word {
                return reply("-ERR invalid uuid");
            }
            self.watch_channel(None);
            return reply("+OK Events Enabled");
        }
        Outcome::HostRequest(HostRequest::MyEvents(uuid), Owed::Control { format: parse::format_within(uuid), word })
    }

    fn sendmsg<'b>(&self, request: &Request<'b>, rest: &'b [u8]) -> Outcome<'b> {
        let mut message = parse::sendmsg(request, rest);
        let own = self.channel();
        if message.uuid.is_some_and(|uuid| uuid.is_empty() || own == Some(uuid)) {
            message.uuid = None;
        }
        if message.uuid.is_none() && own.is_none() {
            return reply("-ERR invalid session id []");
        }
        let waits = self.outbound.is_some_and(|control| !control.is_async) && !message.run_async;
        let wait = waits && message.uuid.is_none();
        Outcome::HostRequest(HostRequest::SendMsg { message, request: *request, wait }, Owed::Message)
    }

    fn api<'b>(&self, line: &'b [u8], console: bool) -> Outcome<'b> {
        let (command, argument) = command_and_argument(line);
        if !self.may_use(command, argument) {
            return reply(DENIED);
        }
        let (command, argument) = if console { (line, None) } else { (command, argument) };
        Outcome::HostRequest(HostRequest::Api { line, command, argument, console }, Owed::Api)
    }

    fn bgapi<'b>(&self, line: &'b [u8], job: Option<&'b [u8]>) -> Outcome<'b> {
        let (command, argument) = command_and_argument(line);
        if !self.may_use(command, argument) {
            return reply(DENIED);
        }
        Outcome::HostRequest(HostRequest::BgApi { line, command, argument, job }, Owed::Job)
    }

    /// Whether a user may use an API command, and the one in its argument if it is one that runs others.
    fn may_use(&self, command: &[u8], argument: Option<&[u8]>) -> bool {
        if !self.api_limited {
            return true;
        }
        let mut next = Some((command, argument));
        while let Some((command, argument)) = next {
            if !self.arena.has(Kind::AllowedApi, command) {
                return false;
            }
            let nests = NESTING.iter().any(|name| command.eq_ignore_ascii_case(name));
            next = argument.filter(|_| nests).map(command_and_argument);
        }
        true
    }

    fn set_linger(&mut self, seconds: i32) -> Outcome<'static> {
        self.linger = Some(seconds);
        match seconds {
            -1 => Outcome::Reply("+OK will linger", Effect::Linger),
            seconds => Outcome::Output(Output::WillLinger(seconds), Effect::Linger),
        }
    }

    fn event<'b>(&mut self, rest: &'b [u8]) -> Parsed<'b, Outcome<'b>> {
        let (format, names) = parse::event_words(rest);
        // It counts also if nothing else is right.
        self.format = format.unwrap_or(self.format);
        Ok(match self.subscriptions.event(pieces(names), &mut self.arena) {
            Change::Done => Outcome::Output(Output::Listening(self.format), Effect::None),
            Change::All => Outcome::Output(Output::Listening(self.format), Effect::AllEvents),
            Change::NoKeywords => return Err((ParseErrorKind::NoNames, names)),
            Change::Denied => reply(DENIED),
            Change::Full => reply(MEMORY),
        })
    }
}

fn command_and_argument(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    split_at(b' ', line).map_or((line, None), |(command, argument)| (command, Some(argument)))
}
