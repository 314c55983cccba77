//! Reading calls as the server does.
//!
//! The server rewrites a text in place, pass by pass. Each rewriting pass is an iterator adaptor over the bytes of the
//! pass before it; the bytes of the last pass are written to the caller's storage.

use super::{Bridge, Destination, DialParseError, DialParseErrorKind, DialReadError, DialString, Originate};
use crate::command::dial_string::list::{
    ALL, AND, END, ENTERPRISE as BETWEEN_HANDLES, HANDLE, LEG, OR, VALUE, is_mark,
};
use crate::command::dial_string::write::{ENTERPRISE, MAX_PEERS, MAX_VARIABLES, UNDEF};
use crate::frame::leading_number;
use crate::text::Insufficient;
use crate::text::check::expansion;
use crate::text::cut::split;

/// How many applications the server reads in an inline dialplan.
pub(super) const MAX_APPS: usize = 128;
/// What separates applications, unless another byte is said in front.
pub(super) const SEPARATOR: u8 = b',';

/// Bytes on their way through the server.
trait Source: Iterator<Item = u8> + Clone {
    /// Position in the text that they come from.
    fn place(&self) -> usize;

    fn error(&self, kind: DialParseErrorKind) -> DialParseError {
        DialParseError { kind, offset: self.place() }
    }

    /// The byte that comes next, which stays where it is.
    fn ahead(&self) -> Option<u8> {
        self.clone().next()
    }

    fn skip_blanks(&mut self) {
        while self.ahead() == Some(b' ') {
            self.next();
        }
    }

    /// How many bytes there are up to the bracket that closes the one before them.
    fn up_to_closing(&self, open: u8, close: u8) -> Option<usize> {
        let mut depth = 0_usize;
        self.clone().position(|octet| {
            if octet == open {
                depth = depth.saturating_add(1);
            } else if octet == close {
                match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return true,
                }
            }
            false
        })
    }
}

/// The text itself.
#[derive(Clone)]
struct Text<'t> {
    text: &'t [u8],
    at: usize,
}

impl Iterator for Text<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let octet = self.text.get(self.at)?;
        self.at = self.at.saturating_add(1);
        Some(*octet)
    }
}

impl Source for Text<'_> {
    fn place(&self) -> usize {
        self.at
    }
}

/// An application's argument after `switch_channel_expand_variables`.
#[derive(Clone)]
struct Expanded<'t> {
    text: Text<'t>,
    /// Whether there is anything to expand: if not, the text stays as it is.
    active: bool,
    /// Whether a variable stood there, whose value only the channel knows.
    variable: bool,
}

impl<'t> Expanded<'t> {
    fn new(text: &'t [u8]) -> Self {
        let mut octets = text.iter().copied().peekable();
        let mut active = expansion(text).is_some();
        while let Some(octet) = octets.next() {
            active |= octet == b'\\' && matches!(octets.peek(), Some(b'\\' | b'n' | b's' | b't' | b'\''));
        }
        Self { text: Text { text, at: 0 }, active, variable: false }
    }
}

impl Iterator for Expanded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            let octet = self.text.next()?;
            if !self.active {
                return Some(octet);
            }
            match (octet, self.text.ahead()) {
                (b'\\', Some(b'\'')) => {
                    self.text.next();
                }
                (b'\\', Some(b'\\')) => return self.text.next(),
                (b'\\', Some(b'$')) => {
                    self.text.next();
                    if self.text.ahead() == Some(b'$') {
                        self.text.next();
                    }
                    return Some(b'$');
                }
                (b'$', ahead) => {
                    if ahead == Some(b'$') {
                        self.text.next();
                    }
                    self.variable |= self.text.ahead() == Some(b'{');
                    return Some(octet);
                }
                _ => return Some(octet),
            }
        }
    }
}

impl Source for Expanded<'_> {
    fn place(&self) -> usize {
        self.text.place()
    }
}

/// A dial string, by the way it takes.
#[derive(Clone)]
enum Dialled<'t> {
    Argument(Tokens<Text<'t>>),
    Expanded(Expanded<'t>),
}

impl Iterator for Dialled<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        match self {
            Self::Argument(tokens) => tokens.next(),
            Self::Expanded(expanded) => expanded.next(),
        }
    }
}

impl Source for Dialled<'_> {
    fn place(&self) -> usize {
        match self {
            Self::Argument(tokens) => tokens.place(),
            Self::Expanded(expanded) => expanded.place(),
        }
    }
}

/// The first bytes of a source.
#[derive(Clone)]
struct Within<S> {
    source: S,
    left: usize,
}

impl<S: Source> Within<S> {
    /// Consumes this number of bytes of `source`.
    fn take(source: &mut S, count: usize) -> Self {
        let within = Self { source: source.clone(), left: count };
        if let Some(last) = count.checked_sub(1) {
            source.nth(last);
        }
        within
    }
}

impl<S: Source> Iterator for Within<S> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.left = self.left.checked_sub(1)?;
        self.source.next()
    }
}

impl<S: Source> Source for Within<S> {
    fn place(&self) -> usize {
        self.source.place()
    }
}

/// `switch_separate_string`: an iterator over the bytes of one token after the other, a layer of quotes and
/// backslashes taken off.
#[derive(Clone)]
struct Tokens<S> {
    source: S,
    delimiter: u8,
    /// A byte of the source that has been looked at.
    peeked: Option<u8>,
    /// How many quotes are still to come.
    quotes: usize,
    /// How many more tokens there may be; the last is not split.
    left: usize,
    /// Whether the token has begun, after its blanks.
    begun: bool,
    ended: bool,
    inside: bool,
    /// Whether no delimiter ends this token.
    whole: bool,
    /// Whether the next byte is no delimiter.
    kept: bool,
    /// Whether the last byte was a backslash: the server takes the end of the text for what it protects, and reads on.
    overrun: bool,
    /// Blanks that count only if something follows.
    blanks: usize,
    /// Blanks that come next, and the byte after them.
    due: usize,
    octet: Option<u8>,
}

impl<S: Source> Tokens<S> {
    /// Splits what is left of `source`.
    fn new(mut source: S, delimiter: u8, most: usize) -> Self {
        let mut ahead = source.clone();
        let mut delimiter = delimiter;
        if let (Some(b'^'), Some(b'^'), Some(other)) = (ahead.next(), ahead.next(), ahead.next())
            && ahead.ahead().is_some()
        {
            delimiter = other;
            source = ahead;
        }
        let quotes = source.clone().filter(|octet| *octet == b'\'').count();
        Self {
            source,
            delimiter,
            peeked: None,
            quotes,
            left: most,
            begun: false,
            ended: true,
            inside: false,
            whole: false,
            kept: false,
            overrun: false,
            blanks: 0,
            due: 0,
            octet: None,
        }
    }

    /// Goes to the next token, if there is one.
    fn next_token(&mut self) -> bool {
        while self.next().is_some() {}
        let splits_at_blanks = self.delimiter == b' ';
        self.peeked = self.peeked.or_else(|| self.source.find(|octet| !splits_at_blanks || *octet != b' '));
        let (Some(left), Some(_)) = (self.left.checked_sub(1), self.peeked) else { return false };
        self.left = left;
        self.whole = left == 0;
        (self.begun, self.ended, self.inside, self.kept) = (false, false, false, false);
        self.blanks = 0;
        true
    }

    /// To be asked when there are no more tokens.
    fn checked(&self) -> Result<(), DialParseError> {
        if self.overrun { Err(self.error(DialParseErrorKind::Invalid)) } else { Ok(()) }
    }

    fn pull(&mut self) -> Option<u8> {
        let octet = self.peeked.take().or_else(|| self.source.next())?;
        if octet == b'\'' {
            self.quotes = self.quotes.saturating_sub(1);
        }
        Some(octet)
    }

    fn content(&mut self, octet: u8) {
        self.begun = true;
        self.due = core::mem::take(&mut self.blanks);
        self.octet = Some(octet);
    }

    fn escape(&mut self) {
        self.peeked = self.source.next();
        let octet = match self.peeked {
            Some(octet @ (b'\'' | b'"' | b'\\')) => octet,
            Some(octet) if octet == self.delimiter && octet != b' ' => octet,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b's') => b' ',
            _ => {
                // The backslash stands for itself, but what follows ends no token.
                self.kept = true;
                self.overrun |= self.peeked.is_none() && !self.whole;
                return self.content(b'\\');
            }
        };
        self.pull();
        self.content(octet);
    }

    fn step(&mut self) {
        let Some(octet) = self.pull() else {
            self.ended = true;
            return;
        };
        let kept = core::mem::take(&mut self.kept);
        let splits = octet == self.delimiter && !self.inside && !self.whole && !kept;
        match octet {
            b'\\' => self.escape(),
            b'\'' if self.inside || self.quotes > 0 => {
                self.begun = true;
                self.inside = !self.inside;
                if self.inside {
                    self.due = core::mem::take(&mut self.blanks);
                }
            }
            b'\'' if self.delimiter == b' ' => {
                self.whole = true;
                self.content(octet);
            }
            b' ' if splits && self.begun => self.ended = true,
            b' ' if !self.inside => {
                if self.begun {
                    self.blanks = self.blanks.saturating_add(1);
                }
            }
            _ if splits => self.ended = true,
            _ => self.content(octet),
        }
    }
}

impl<S: Source> Iterator for Tokens<S> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            if let Some(due) = self.due.checked_sub(1) {
                self.due = due;
                return Some(b' ');
            }
            if let Some(octet) = self.octet.take() {
                return Some(octet);
            }
            if self.ended {
                return None;
            }
            self.step();
        }
    }
}

impl<S: Source> Source for Tokens<S> {
    fn place(&self) -> usize {
        self.source.place()
    }
}

/// A comma in square brackets that belongs to a value.
const COMMA: u8 = 1;
/// A comma in square brackets that is between variables.
const SPLIT: u8 = 2;

/// A leg list in which the commas between square brackets are marked. Each bracket is closed.
#[derive(Clone)]
struct Marked<S> {
    source: S,
    /// How many bytes there are up to the end of the brackets.
    left: usize,
    /// Whether all commas there belong to values.
    delimiter: bool,
    quoted: bool,
    last: u8,
}

impl<S: Source> Iterator for Marked<S> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let mut octet = self.source.next()?;
        if self.left == 0 && octet == b'[' {
            self.left = self.source.up_to_closing(b'[', b']').map_or(0, |count| count.saturating_add(2));
            let mut ahead = self.source.clone();
            self.delimiter = ahead.next() == Some(b'^') && ahead.next() == Some(b'^');
            self.quoted = false;
        }
        if octet == b'\'' {
            self.quoted = !self.quoted;
        }
        let last = core::mem::replace(&mut self.last, octet);
        if octet == b',' && self.left > 0 && last != b'\\' {
            octet = if self.quoted || self.delimiter { COMMA } else { SPLIT };
        }
        self.left = self.left.saturating_sub(1);
        Some(octet)
    }
}

impl<S: Source> Source for Marked<S> {
    fn place(&self) -> usize {
        self.source.place()
    }
}

/// Variables of a leg, with the marked commas of values as they were.
#[derive(Clone)]
struct Restored<S>(S);

impl<S: Source> Iterator for Restored<S> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        match self.0.next() {
            Some(COMMA) => Some(b','),
            octet => octet,
        }
    }
}

impl<S: Source> Source for Restored<S> {
    fn place(&self) -> usize {
        self.0.place()
    }
}

/// The caller's storage.
struct Output<'a> {
    storage: &'a mut [u8],
    written: usize,
}

impl<'a> Output<'a> {
    /// Nothing that is read is longer than the text that it is read from.
    fn new(storage: &'a mut [u8], text: &[u8]) -> Result<Self, Insufficient> {
        if storage.len() < text.len() {
            return Err(Insufficient { required: text.len() });
        }
        Ok(Self { storage, written: 0 })
    }

    fn put(&mut self, octet: u8) {
        if let Some(to) = self.storage.get_mut(self.written) {
            *to = octet;
            self.written = self.written.saturating_add(1);
        }
    }

    /// Puts all of `source`.
    fn put_all(&mut self, source: &mut impl Source) {
        for octet in source {
            self.put(octet);
        }
    }

    /// Puts all of `source`, which must hold no marks.
    fn put_text(&mut self, source: &mut impl Source) -> Result<(), DialParseError> {
        while let Some(octet) = source.next() {
            if is_mark(octet) {
                return Err(source.error(DialParseErrorKind::Control));
            }
            self.put(octet);
        }
        Ok(())
    }

    /// What has been put since the last time.
    fn finish(&mut self) -> &'a [u8] {
        let storage = core::mem::take(&mut self.storage);
        let (done, rest) = storage.split_at_mut_checked(core::mem::take(&mut self.written)).unwrap_or_default();
        self.storage = rest;
        done
    }
}

/// `switch_event_create_brackets`: takes all sets of variables with these brackets off the front of `source`.
fn variables<S: Source>(
    source: &mut S,
    (open, close): (u8, u8),
    separator: u8,
    mark: u8,
    output: &mut Output<'_>,
) -> Result<bool, DialParseError> {
    let mut some = false;
    while source.ahead() == Some(open) {
        source.next();
        let Some(count) = source.up_to_closing(open, close) else {
            return Err(source.error(DialParseErrorKind::Bracket));
        };
        let mut set = Restored(Within::take(source, count));
        source.next();
        // The server would read on in the middle of what follows.
        let mut ahead = source.clone();
        ahead.skip_blanks();
        if ahead.next() == Some(open) {
            ahead.skip_blanks();
            if ahead.next() == Some(open) {
                return Err(ahead.error(DialParseErrorKind::Bracket));
            }
        }
        let mut delimiter = separator;
        let mut ahead = set.clone();
        if ahead.next() == Some(b'^') && ahead.next() == Some(b'^') {
            // After nothing but that the server would read past the end.
            delimiter = ahead.next().ok_or(source.error(DialParseErrorKind::Invalid))?;
            set = ahead;
        }
        let mut tokens = Tokens::new(set, delimiter, MAX_VARIABLES);
        while tokens.next_token() {
            let mut pair = Tokens::new(tokens.clone(), b'=', 2);
            pair.next_token();
            let mut value = pair.clone();
            if value.next_token() {
                output.put(mark);
                output.put_text(&mut pair)?;
                output.put(VALUE);
                output.put_text(&mut value)?;
                some = true;
            }
            value.checked()?;
        }
        tokens.checked()?;
    }
    Ok(some)
}

/// `switch_ivr_enterprise_originate`: takes handles apart.
fn dial_string<'a>(mut source: Dialled<'_>, output: &mut Output<'a>) -> Result<&'a [u8], DialParseError> {
    source.skip_blanks();
    let is_enterprise = up_to_enterprise(&source).is_some();
    if variables(&mut source, (b'<', b'>'), b',', ALL, output)? {
        output.put(END);
    }
    for _ in 1..MAX_PEERS {
        let Some(count) = up_to_enterprise(&source) else { break };
        let mut part = Within::take(&mut source, count);
        part.skip_blanks();
        handle(part, output)?;
        source.nth(ENTERPRISE.len() - 1);
        output.put(BETWEEN_HANDLES);
    }
    if up_to_enterprise(&source).is_some() {
        return Err(source.error(DialParseErrorKind::TooMany));
    }
    if is_enterprise {
        source.skip_blanks();
    }
    handle(Within { source, left: usize::MAX }, output)?;
    Ok(output.finish())
}

/// How many bytes there are before the next `:_:`.
fn up_to_enterprise(source: &Dialled<'_>) -> Option<usize> {
    let mut last = [0; ENTERPRISE.len()];
    let end = source.clone().position(|octet| {
        let [_, second, third] = last;
        last = [second, third, octet];
        last == *ENTERPRISE
    })?;
    end.checked_sub(ENTERPRISE.len() - 1)
}

/// `switch_ivr_originate`
fn handle<S: Source>(mut source: S, output: &mut Output<'_>) -> Result<(), DialParseError> {
    let all = variables(&mut source, (b'<', b'>'), b',', HANDLE, output)?;
    if variables(&mut source, (b'{', b'}'), b',', HANDLE, output)? || all {
        output.put(END);
    }
    source.skip_blanks();
    let mut lists = Tokens::new(source, b'|', MAX_PEERS);
    let mut some = false;
    while lists.next_token() {
        let list = lists.clone();
        // The server dials nothing for an empty list.
        if list.ahead().is_none() {
            continue;
        }
        if some {
            output.put(OR);
        }
        leg_list(list, output)?;
        some = true;
    }
    lists.checked()?;
    if some { Ok(()) } else { Err(lists.error(DialParseErrorKind::Missing)) }
}

fn leg_list<S: Source>(source: S, output: &mut Output<'_>) -> Result<(), DialParseError> {
    every_bracket_closed(source.clone())?;
    let marked = Marked { source, left: 0, delimiter: false, quoted: false, last: 0 };
    let mut legs = Tokens::new(marked, b',', MAX_PEERS);
    let mut some = false;
    while legs.next_token() {
        if some {
            output.put(AND);
        }
        some = true;
        let mut leg = legs.clone();
        leg.skip_blanks();
        if variables(&mut leg, (b'[', b']'), SPLIT, LEG, output)? {
            output.put(END);
        }
        leg.skip_blanks();
        if leg.ahead().is_none() {
            return Err(leg.error(DialParseErrorKind::Missing));
        }
        output.put_text(&mut leg)?;
    }
    legs.checked()
}

/// The server reads on after a bracket that is never closed; nobody means that.
fn every_bracket_closed(mut source: impl Source) -> Result<(), DialParseError> {
    let mut depth = 0_usize;
    let mut outermost = 0;
    while let Some(octet) = source.next() {
        match octet {
            b'[' => {
                if depth == 0 {
                    outermost = source.place();
                }
                depth = depth.saturating_add(1);
            }
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    match depth {
        0 => Ok(()),
        _ => Err(DialParseError { kind: DialParseErrorKind::Bracket, offset: outermost }),
    }
}

/// `text` as far as C would read it.
fn before_nul(text: &[u8]) -> &[u8] {
    split(0, text).0
}

pub(super) fn bridge<'a>(argument: &[u8], storage: &'a mut [u8]) -> Result<Bridge<'a>, DialReadError> {
    Ok(Bridge { dial: DialString::read(bridge_text(argument, storage)?) })
}

/// The text of the dial string, of which [`DialString::read`] makes one.
pub(super) fn bridge_text<'a>(argument: &[u8], storage: &'a mut [u8]) -> Result<&'a [u8], DialReadError> {
    let text = before_nul(argument);
    let mut output = Output::new(storage, text)?;
    let expanded = Expanded::new(text);
    let mut ahead = expanded.clone();
    while ahead.next().is_some() {
        if ahead.variable {
            return Err(ahead.error(DialParseErrorKind::Expansion).into());
        }
    }
    Ok(dial_string(Dialled::Expanded(expanded), &mut output)?)
}

/// White space that the server drops at the ends of an API command's argument.
const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r' | 0x0b)
}

pub(super) fn originate<'a>(line: &[u8], storage: &'a mut [u8]) -> Result<Originate<'a>, DialReadError> {
    const MOST: usize = 10;
    let line = before_nul(line);
    let end = line.iter().rposition(|octet| !is_space(*octet)).map_or(0, |last| last + 1);
    let line = line.get(..end).unwrap_or(line);
    let mut text = Text { text: line, at: memchr::memchr(b' ', line).unwrap_or(line.len()) };
    if !line.get(..text.at).is_some_and(|word| word.eq_ignore_ascii_case(b"originate")) {
        return Err(DialParseError { kind: DialParseErrorKind::Unknown, offset: 0 }.into());
    }
    let mut output = Output::new(storage, line)?;
    while text.ahead().is_some_and(is_space) {
        text.next();
    }
    let mut arguments = Tokens::new(text, b' ', MOST);
    let mut ahead = arguments.clone();
    let count = (0..=MOST).take_while(|_| ahead.next_token()).count();
    ahead.checked()?;
    if !(2..=7).contains(&count) {
        return Err(ahead.error(DialParseErrorKind::Missing).into());
    }
    arguments.next_token();
    let dial = DialString::read(dial_string(Dialled::Argument(arguments.clone()), &mut output)?);
    let mut next = || {
        arguments.next_token().then(|| {
            output.put_all(&mut arguments);
            output.finish()
        })
    };
    let mut argument = || next().filter(|text| !text.eq_ignore_ascii_case(UNDEF));
    let destination = argument().map(destination);
    let [dialplan, context, cid_name, cid_num, timeout] = [(); 5].map(|()| argument());
    let destination = destination.ok_or(ahead.error(DialParseErrorKind::Missing))?;
    let timeout_sec = match timeout.map(leading_number) {
        Some(Some(seconds)) => Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
        Some(None) => return Err(ahead.error(DialParseErrorKind::Invalid).into()),
        None => None,
    };
    Ok(Originate { dial, destination, dialplan, context, cid_name, cid_num, timeout_sec })
}

fn destination(text: &[u8]) -> Destination<'_> {
    match text {
        [b'&', call @ ..] if !call.is_empty() => {
            let (call, _) = split(b')', call);
            let (app, arg) = split(b'(', call);
            Destination::Application { app, arg }
        }
        extension => Destination::Extension(extension),
    }
}

/// `inline_dialplan_hunt`
pub(super) fn inline_text<'a>(text: &[u8], storage: &'a mut [u8]) -> Result<&'a [u8], DialReadError> {
    let text = before_nul(text);
    // An application without an argument takes one byte for its mark, and the last has no separator.
    let required = text.len().saturating_add(1);
    if storage.len() < required {
        return Err(Insufficient { required }.into());
    }
    let mut output = Output { storage, written: 0 };
    let (delimiter, at) = match text {
        [b'm', b':', delimiter, b':', ..] => (*delimiter, 4),
        _ => (SEPARATOR, 0),
    };
    let mut apps = Tokens::new(Text { text, at }, delimiter, MAX_APPS);
    let mut some = false;
    while apps.next_token() {
        let mut app = apps.clone();
        app.skip_blanks();
        output.put(HANDLE);
        let mut named = false;
        let mut argued = false;
        while let Some(octet) = app.next() {
            if is_mark(octet) {
                return Err(app.error(DialParseErrorKind::Control).into());
            }
            if octet == b':' && !argued {
                argued = true;
                output.put(VALUE);
            } else {
                named |= !argued;
                output.put(octet);
            }
        }
        if !named {
            return Err(app.error(DialParseErrorKind::Missing).into());
        }
        some = true;
    }
    apps.checked()?;
    if some { Ok(output.finish()) } else { Err(apps.error(DialParseErrorKind::Missing).into()) }
}
