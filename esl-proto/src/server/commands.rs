//! What each command does, in the order in which mod_event_socket looks for them.

use super::ask::{Ask, Due, Owed};
use super::interest::{Change, event_name};
use super::store::Kind;
use super::write::{NOT_FOUND, Output};
use super::{Closed, Effect, Goodbye, Phase, Poll, Server};
use crate::command::{
    after, after_blank, is_true, linger_seconds, sendmsg, skip_blanks, skip_blanks_and_tabs, split_at, userauth,
};
use crate::frame::Request;
use crate::name::{Format, LogLevel};
use crate::text::Insufficient;

/// Text from FreeSWITCH's source; FreeSWITCH itself never sends it for a full store.
const MEMORY: &[u8] = b"-ERR memory error";

/// API commands whose argument is a command: that one must be allowed, too.
const NESTING: [&[u8]; 5] = [b"bgapi", b"sched_api", b"eval", b"expand", b"xml_wrap"];

/// What becomes of a command.
enum Outcome<'b> {
    Reply(&'b [u8], Effect),
    Output(Output<'b>, Effect),
    Ask(Ask<'b>, Owed),
    End(&'static [u8], Closed),
}

const fn reply(text: &[u8]) -> Outcome<'_> {
    Outcome::Reply(text, Effect::None)
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Server<S> {
    /// Does what a command says; `out` is long enough for all that is written here.
    pub(super) fn obey<'b>(
        &mut self,
        request: Request<'b>,
        consumed: usize,
        out: &mut [u8],
    ) -> Result<Poll<'b>, Insufficient> {
        // The server reads the first command of an outbound connection and forgets the reply.
        let silent = self.fresh && self.outbound.is_some();
        self.fresh = false;
        let (output, effect, why) = match self.outcome(&request) {
            Outcome::Ask(ask, owed) => {
                self.due = Some(Due { owed, silent });
                return Ok(Poll::Ask { ask, consumed });
            }
            Outcome::Reply(text, effect) => (Output::Reply(&[text]), effect, None),
            Outcome::Output(output, effect) => (output, effect, None),
            Outcome::End(text, why) => (Output::Reply(&[text]), Effect::None, Some(why)),
        };
        let written = if silent { 0 } else { output.emit(out)? };
        Ok(match why {
            None => Poll::Done { effect, consumed, written },
            Some(why) => {
                let rest = out.get_mut(written..).unwrap_or_default();
                let more = self.close(why, Goodbye::Disconnected, rest)?;
                Poll::Closed { why, written: written + more }
            }
        })
    }

    fn outcome<'b>(&mut self, request: &Request<'b>) -> Outcome<'b> {
        let line = unloading(request.line());
        // Blank lines were skipped, so the line is empty only if it starts with NUL.
        if line.is_empty() {
            return Outcome::End(b"-ERR command parse error.", Closed::NoCommand);
        }
        if after("exit", line).is_some() || after("...", line).is_some() {
            return Outcome::End(b"+OK bye", Closed::Exit);
        }
        if self.phase == Phase::Login {
            return login(line);
        }
        if let Some(rest) = after("filter ", line) {
            return self.filter(rest);
        }
        if self.channel().is_some() {
            if after("resume", line).is_some() {
                return Outcome::Reply(b"+OK", Effect::Resume);
            }
            if after("connect", line).is_some() {
                return Outcome::Ask(Ask::Connect, Owed::Channel);
            }
            if let Some(rest) = after("getvar", line) {
                return match after_blank(rest) {
                    Some(name) => Outcome::Ask(Ask::GetVar(name), Owed::Value),
                    None => reply(NOT_FOUND),
                };
            }
        }
        if let Some(rest) = after("myevents", line)
            && (self.channel().is_some() || rest.starts_with(b" "))
        {
            return self.myevents(line, rest);
        }
        if let Some(rest) = after("divert_events", line) {
            return self.divert_events(skip_blanks(rest));
        }
        if let Some(rest) = after("sendmsg", line) {
            return self.sendmsg(request, rest);
        }
        if self.outbound.is_some_and(|control| !control.full) {
            return reply(NOT_FOUND);
        }
        self.full_command(request, line)
    }

    /// The commands that an outbound connection has with `full` only.
    fn full_command<'b>(&mut self, request: &Request<'b>, line: &'b [u8]) -> Outcome<'b> {
        if let Some(rest) = after("sendevent", line) {
            let name = event_name(skip_blanks_and_tabs(rest));
            return Outcome::Ask(Ask::SendEvent { name, request: *request }, Owed::Event);
        }
        if let Some(line) = after("api ", line) {
            return self.api(line, is_true(request.get("console_execute")));
        }
        if let Some(line) = after("bgapi ", line) {
            return self.bgapi(line, request.get("job-uuid"));
        }
        if let Some(rest) = after("log", line) {
            return self.log(skip_blanks(rest));
        }
        if let Some(rest) = after("linger", line) {
            return self.set_linger(linger_seconds(rest));
        }
        if after("nolinger", line).is_some() {
            if self.channel().is_none() {
                return reply(b"-ERR not controlling a session");
            }
            self.linger = None;
            return Outcome::Reply(b"+OK will not linger", Effect::Linger);
        }
        if after("nolog", line).is_some() {
            self.log_lines.waiting = 0;
            let text: &[u8] = if self.log.take().is_some() { b"+OK no longer logging" } else { b"-ERR not loging" };
            return Outcome::Reply(text, Effect::LogFlushed);
        }
        if let Some(rest) = after("event", line) {
            return self.event(after_blank(rest));
        }
        if let Some(rest) = after("nixevent", line) {
            let words = after_blank(rest).into_iter().flat_map(words);
            return match self.interest.nixevent(words, &mut self.store) {
                Change::NoKeywords => reply(b"-ERR no keywords supplied"),
                _ => reply(b"+OK events nixed"),
            };
        }
        if after("noevents", line).is_some() {
            self.events.waiting = 0;
            let text: &[u8] = match self.interest.noevents(&mut self.store) {
                true => b"+OK no longer listening for events",
                false => b"-ERR not listening for events",
            };
            return Outcome::Reply(text, Effect::EventsFlushed);
        }
        reply(NOT_FOUND)
    }

    fn filter<'b>(&mut self, rest: &'b [u8]) -> Outcome<'b> {
        let Some((first, rest)) = split_at(b' ', skip_blanks(rest)) else { return reply(b"-ERR invalid syntax") };
        if first.eq_ignore_ascii_case(b"delete") {
            let (header, value) = split_at(b' ', rest).unwrap_or((rest, &[]));
            let all = header.eq_ignore_ascii_case(b"all");
            self.store.remove(|record| {
                let named = record.first.eq_ignore_ascii_case(header);
                record.is(Kind::Filter) && (all || (named && (value.is_empty() || record.second == value)))
            });
            return Outcome::Output(Output::FilterDeleted(header, value), Effect::None);
        }
        let (header, value) = match first.eq_ignore_ascii_case(b"add") {
            true => match split_at(b' ', rest) {
                Some(parts) => parts,
                // The server adds nothing, and says so in its own way.
                None => return Outcome::Output(Output::FilterAdded(rest, b"(null)"), Effect::None),
            },
            false => (first, rest),
        };
        if value.is_empty() {
            // The server keeps no header without a value: setting none takes those away that it has.
            self.store.remove(|record| record.is(Kind::Filter) && record.first.eq_ignore_ascii_case(header));
        } else if self.store.add(Kind::Filter, header, value).is_err() {
            return reply(MEMORY);
        }
        Outcome::Output(Output::FilterAdded(header, value), Effect::None)
    }

    fn myevents<'b>(&mut self, line: &'b [u8], rest: &'b [u8]) -> Outcome<'b> {
        if self.interest.my_events {
            return reply(b"-ERR aready enabled.");
        }
        if self.channel().is_some() {
            self.watch_channel(format_within(line));
            return reply(b"+OK Events Enabled");
        }
        // The format is cut off with the blank before it, and so is never seen.
        let rest = rest.get(1..).unwrap_or_default();
        let (uuid, word) = split_at(b' ', rest).map_or((rest, false), |(uuid, _)| (uuid, true));
        if uuid.is_empty() {
            if word {
                return reply(b"-ERR invalid uuid");
            }
            self.watch_channel(None);
            return reply(b"+OK Events Enabled");
        }
        Outcome::Ask(Ask::MyEvents(uuid), Owed::Control { format: format_within(uuid), word })
    }

    fn divert_events(&self, word: &[u8]) -> Outcome<'static> {
        if self.channel().is_none() {
            return reply(b"-ERR not controlling a session.");
        }
        match word {
            [] => reply(b"-ERR missing value."),
            word if word.eq_ignore_ascii_case(b"on") => Outcome::Reply(b"+OK events diverted", Effect::Divert(true)),
            _ => Outcome::Reply(b"+OK events not diverted", Effect::Divert(false)),
        }
    }

    fn sendmsg<'b>(&self, request: &Request<'b>, rest: &'b [u8]) -> Outcome<'b> {
        let mut message = sendmsg(request, rest);
        let own = self.channel();
        if message.uuid.is_some_and(|uuid| uuid.is_empty() || own == Some(uuid)) {
            message.uuid = None;
        }
        if message.uuid.is_none() && own.is_none() {
            return reply(b"-ERR invalid session id []");
        }
        let waits = self.outbound.is_some_and(|control| !control.is_async) && !message.is_async;
        let wait = waits && message.uuid.is_none();
        Outcome::Ask(Ask::SendMsg { message, request: *request, wait }, Owed::Message)
    }

    fn api<'b>(&self, line: &'b [u8], console: bool) -> Outcome<'b> {
        let (command, argument) = command_and_argument(line);
        if !self.may_use(command, argument) {
            return reply(b"-ERR permission denied");
        }
        let (command, argument) = if console { (line, None) } else { (command, argument) };
        Outcome::Ask(Ask::Api { command, argument, console }, Owed::Api)
    }

    fn bgapi<'b>(&self, line: &'b [u8], job: Option<&'b [u8]>) -> Outcome<'b> {
        let (command, argument) = command_and_argument(line);
        if !self.may_use(command, argument) {
            return reply(b"-ERR permission denied");
        }
        let job = job.map(|job| job.get(..256).unwrap_or(job));
        Outcome::Ask(Ask::BgApi { command, argument, job }, Owed::Job)
    }

    /// Whether a user may use an API command, and the one in its argument if it is one that runs others.
    fn may_use(&self, command: &[u8], argument: Option<&[u8]>) -> bool {
        if !self.api_limited {
            return true;
        }
        let mut next = Some((command, argument));
        while let Some((command, argument)) = next {
            if !self.store.has(Kind::AllowedApi, command) {
                return false;
            }
            let nests = NESTING.iter().any(|name| command.eq_ignore_ascii_case(name));
            next = argument.filter(|_| nests).map(command_and_argument);
        }
        true
    }

    fn log<'b>(&mut self, rest: &'b [u8]) -> Outcome<'b> {
        if !self.may_log {
            return reply(b"-ERR permission denied");
        }
        let word = split_at(b' ', rest).map_or(rest, |(word, _)| word);
        let level = if word.is_empty() { Some(LogLevel::DEBUG) } else { LogLevel::from_octets(word) };
        let Some(level) = level else { return reply(b"-ERR invalid log level") };
        self.log = Some(level);
        Outcome::Output(Output::LogLevel(word, level), Effect::None)
    }

    fn set_linger(&mut self, seconds: i32) -> Outcome<'static> {
        if self.channel().is_none() {
            return reply(b"-ERR not controlling a session");
        }
        self.linger = Some(seconds);
        match seconds {
            -1 => Outcome::Reply(b"+OK will linger", Effect::Linger),
            seconds => Outcome::Output(Output::WillLinger(seconds), Effect::Linger),
        }
    }

    fn event<'b>(&mut self, words_after: Option<&'b [u8]>) -> Outcome<'b> {
        let mut words = words_after.into_iter().flat_map(words).peekable();
        // A format counts only as the first word, and also if nothing else is right.
        if let Some(format) = words.peek().copied().and_then(Format::from_octets) {
            self.format = format;
            words.next();
        }
        match self.interest.event(words, &mut self.store) {
            Change::Done => Outcome::Output(Output::Listening(self.format), Effect::None),
            Change::All => Outcome::Output(Output::Listening(self.format), Effect::AllEvents),
            Change::NoKeywords => reply(b"-ERR no keywords supplied"),
            Change::Denied => reply(b"-ERR permission denied"),
            Change::Full => reply(MEMORY),
        }
    }
}

/// What is done instead of unloading the module that serves the command, by whatever command.
fn unloading(line: &[u8]) -> &[u8] {
    let has = |word: &[u8]| line.windows(word.len()).any(|text| text.eq_ignore_ascii_case(word));
    if !has(b"mod_event_socket") {
        line
    } else if has(b"unload") {
        b"api bgapi unload mod_event_socket"
    } else if has(b"reload") {
        b"api bgapi reload mod_event_socket"
    } else {
        line
    }
}

/// What may be said before a password.
fn login(line: &[u8]) -> Outcome<'_> {
    if let Some(password) = after("auth ", line) {
        return Outcome::Ask(Ask::Password(crate::command::Secret(password)), Owed::Password);
    }
    if let Some(rest) = after("userauth ", line) {
        let (user, domain, password) = userauth(rest);
        if user.is_empty() || domain.is_empty() || password.expose().is_empty() {
            return Outcome::End(b"-ERR invalid", Closed::Refused);
        }
        return Outcome::Ask(Ask::User { user, domain, password }, Owed::User);
    }
    reply(NOT_FOUND)
}

/// The words between single blanks, empty ones among them.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|octet| *octet == b' ')
}

fn command_and_argument(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    split_at(b' ', line).map_or((line, None), |(command, argument)| (command, Some(argument)))
}

/// The format that stands anywhere in the text of `myevents`, in one case of its letters.
fn format_within(text: &[u8]) -> Option<Format> {
    let has = |word: &[u8]| text.windows(word.len()).any(|part| part == word);
    if has(b"json") || has(b"JSON") {
        Some(Format::Json)
    } else if has(b"xml") || has(b"XML") {
        Some(Format::Xml)
    } else {
        None
    }
}
