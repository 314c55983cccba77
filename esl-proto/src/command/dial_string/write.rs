//! Validating and writing dial strings.

use super::error::{DialEncodeError, DialError, DialErrorKind, DialField};
use super::list::{DialString, Variables, is_mark};
use crate::scan::any;
use crate::sink::{Sink, Writer};
use crate::text::check::{self, Break, expansion};
use crate::text::cut::around;

/// How many variables the server reads in one set.
pub(crate) const MAX_VARIABLES: usize = 1024;
/// How many legs, leg lists or handles the server reads in one place.
pub(crate) const MAX_PEERS: usize = 128;
/// The separator of handles.
pub(crate) const ENTERPRISE: &[u8; 3] = b":_:";
/// The word for an argument that is not given.
pub(crate) const UNDEF: &[u8] = b"undef";

/// What may separate variables after `^^`: bytes that mean nothing to any of the server's readers.
const DELIMITERS: &[u8; 11] = b";~!#*+&@?/%";

/// One part of a call under examination.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    octets: &'a [u8],
    field: DialField,
    leg: usize,
    item: usize,
}

pub(crate) const fn part(field: DialField, octets: &[u8]) -> Part<'_> {
    Part { octets, field, leg: 0, item: 0 }
}

impl Part<'_> {
    pub(crate) const fn error(&self, kind: DialErrorKind, offset: usize) -> DialError {
        DialError { kind, field: self.field, leg: self.leg, item: self.item, offset }
    }

    pub(crate) fn filled(self) -> Result<Self, DialError> {
        if self.octets.is_empty() { Err(self.error(DialErrorKind::Empty, 0)) } else { Ok(self) }
    }

    /// A text of one line.
    pub(crate) fn text(self) -> Result<Self, DialError> {
        match check::line_break(self.octets) {
            Some((Break::Nul, offset)) => Err(self.error(DialErrorKind::Nul, offset)),
            Some((Break::LineEnd, offset)) => Err(self.error(DialErrorKind::LineEnd, offset)),
            None => Ok(self),
        }
    }

    /// A text as dial strings hold it: more than nothing, of one line, without marks.
    fn dialled(self) -> Result<Self, DialError> {
        self.filled()?.text()?.without(DialErrorKind::Control, is_mark)
    }

    pub(crate) fn without(self, kind: DialErrorKind, refused: impl Fn(u8) -> bool) -> Result<Self, DialError> {
        match check::first(self.octets, refused) {
            Some(offset) => Err(self.error(kind, offset)),
            None => Ok(self),
        }
    }

    fn without_enterprise(self) -> Result<Self, DialError> {
        match self.octets.windows(ENTERPRISE.len()).position(|octets| octets == ENTERPRISE) {
            Some(offset) => Err(self.error(DialErrorKind::Separator, offset)),
            None => Ok(self),
        }
    }

    fn without_expansion(self) -> Result<Self, DialError> {
        expansion(self.octets).map_or(Ok(self), |offset| Err(self.error(DialErrorKind::Expansion, offset)))
    }

    /// A text in which each bracket of a kind has its partner.
    fn paired(self, (open, close): (u8, u8)) -> Result<Self, DialError> {
        let mut depth = 0_usize;
        let mut outermost = 0;
        for (offset, octet) in self.octets.iter().enumerate() {
            if *octet == open {
                if depth == 0 {
                    outermost = offset;
                }
                depth = depth.saturating_add(1);
            } else if *octet == close {
                let Some(less) = depth.checked_sub(1) else {
                    return Err(self.error(DialErrorKind::Bracket, offset));
                };
                depth = less;
            }
        }
        if depth == 0 { Ok(self) } else { Err(self.error(DialErrorKind::Bracket, outermost)) }
    }

    pub(crate) fn not(self, kind: DialErrorKind, refused: bool) -> Result<Self, DialError> {
        if refused { Err(self.error(kind, 0)) } else { Ok(self) }
    }

    /// An argument of `originate` that is not taken for a missing one.
    pub(crate) fn argument(self) -> Result<Self, DialError> {
        self.text()?.not(DialErrorKind::Reserved, self.octets.eq_ignore_ascii_case(UNDEF))
    }
}

/// The brackets around a set of variables.
type Brackets = (u8, u8);
const ALL: Brackets = (b'<', b'>');
const HANDLE: Brackets = (b'{', b'}');
const LEG: Brackets = (b'[', b']');

fn check_variables(variables: &Variables<'_>, brackets: Brackets, leg: usize) -> Result<(), DialError> {
    for (item, (name, value)) in variables.iter().enumerate() {
        let part = Part { octets: name, field: DialField::VariableName, leg, item };
        part.not(DialErrorKind::TooMany, item >= MAX_VARIABLES)?
            .dialled()?
            .without(DialErrorKind::Blank, check::is_blank)?
            .without(DialErrorKind::Separator, |octet| matches!(octet, b'=' | b',' | b'|'))?
            .without(DialErrorKind::Quote, |octet| matches!(octet, b'\'' | b'"' | b'\\'))?
            .not(DialErrorKind::Bracket, matches!(name, [b'<' | b'{' | b'[', ..]))?
            .not(DialErrorKind::Reserved, name.starts_with(b"^^"))?
            .without_expansion()?
            .paired(brackets)?;
        Part { octets: value, field: DialField::VariableValue, ..part }
            .dialled()?
            .without_expansion()?
            .paired(brackets)?;
    }
    Ok(())
}

fn check_endpoint(endpoint: &[u8], leg: usize) -> Result<(), DialError> {
    let part = Part { octets: endpoint, field: DialField::Endpoint, leg, item: 0 };
    part.dialled()?
        .not(DialErrorKind::Blank, endpoint.starts_with(b" "))?
        .without(DialErrorKind::Separator, |octet| matches!(octet, b',' | b'|'))?
        .without_enterprise()?
        .not(DialErrorKind::Bracket, matches!(endpoint, [b'<' | b'{' | b'[', ..]))?
        .paired(LEG)?
        .not(DialErrorKind::Reserved, matches!(endpoint, [b'%', ..] | [b'^', b'^', ..]))?
        .argument()?;
    let last = endpoint.len().saturating_sub(1);
    match endpoint {
        [.., b' '] => Err(part.error(DialErrorKind::Blank, last)),
        // Together with the separator of handles it would be another one.
        [.., b':', b'_'] => Err(part.error(DialErrorKind::Separator, last.saturating_sub(1))),
        _ => Ok(()),
    }
}

impl DialString<'_> {
    pub(crate) fn check(&self) -> Result<(), DialError> {
        let mut leg = 0;
        let place = |leg, item| Part { octets: &[], field: DialField::Endpoint, leg, item };
        check_variables(&self.variables, ALL, leg)?;
        let mut some = false;
        for (item, handle) in self.handles.iter().enumerate() {
            place(leg, item).not(DialErrorKind::TooMany, item >= MAX_PEERS)?;
            check_variables(&handle.variables, HANDLE, leg)?;
            some = false;
            for (item, list) in handle.leg_lists.iter().enumerate() {
                place(leg, item).not(DialErrorKind::TooMany, item >= MAX_PEERS)?;
                some = false;
                for (item, one) in list.iter().enumerate() {
                    place(leg, item).not(DialErrorKind::TooMany, item >= MAX_PEERS)?;
                    check_variables(&one.variables, LEG, leg)?;
                    check_endpoint(one.endpoint, leg)?;
                    some = true;
                    leg = leg.saturating_add(1);
                }
                place(leg, 0).not(DialErrorKind::Empty, !some)?;
            }
            place(leg, 0).not(DialErrorKind::Empty, !some)?;
        }
        place(leg, 0).not(DialErrorKind::Empty, !some).map(drop)
    }
}

/// White space at the ends of an API command is dropped, and blanks split it.
pub(crate) const fn is_blank(octet: u8) -> bool {
    check::is_blank(octet) || octet == 0x0b
}

/// What the server does with a dial string before it reads it as one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// It is an argument of `originate`: a layer of quotes and backslashes is taken off.
    Argument,
    /// It is the argument of an application: variables are expanded.
    Application,
}

/// How often the server takes a layer of quotes and backslashes off a text, when it reads the dial string.
#[derive(Clone, Copy)]
struct Layers {
    all: u32,
    /// How many backslashes keep a comma from being a separator.
    comma: usize,
    /// The same for `|`.
    bar: usize,
}

/// Writes the bytes of a dial string.
struct Dialled<'s, 'o> {
    sink: &'s mut Writer<'o>,
    context: Context,
    /// Whether a blank has been put, so that an argument of `originate` needs quotes around it.
    blank: bool,
    /// The last two bytes of the dial string.
    last: [u8; 2],
}

impl Dialled<'_, '_> {
    fn follow(&mut self, octet: u8) {
        let [_, last] = self.last;
        self.last = [last, octet];
    }

    /// Puts backslashes where the dial string shall have them.
    fn put_backslashes(&mut self, count: usize) {
        for _ in 0..count {
            self.sink.put(br"\\");
            self.follow(b'\\');
        }
    }

    /// Writes one literal byte (never a backslash). An empty pair of quotes goes first if it would form `:_:`, `$$` or
    /// `${` with the preceding bytes.
    fn put_octet(&mut self, octet: u8) {
        let forges = match (self.last, octet) {
            ([b':', b'_'], b':') => true,
            ([_, b'$'], b'$' | b'{') => self.context == Context::Application,
            _ => false,
        };
        match self.context {
            Context::Argument if forges => self.sink.put(br"\'\'"),
            Context::Application if forges => self.sink.put(b"''"),
            _ => {}
        }
        if octet == b'\'' && self.context == Context::Argument {
            self.sink.put(b"\\");
        }
        self.blank |= is_blank(octet);
        self.sink.put(&[octet]);
        self.follow(octet);
    }

    /// Puts bytes that need no escape.
    fn put_plain(&mut self, octets: &[u8]) {
        self.blank |= any(octets, is_blank);
        self.sink.put(octets);
        for octet in octets.last_chunk::<2>().map_or(octets, <[u8; 2]>::as_slice) {
            self.follow(*octet);
        }
    }

    /// Puts a text so that it is the same after the server has taken the layers off.
    fn put_text(&mut self, text: &[u8], layers: Layers) {
        let power = |exponent: u32| 1_usize.checked_shl(exponent).unwrap_or(0);
        let blank = |dialled: &mut Self| {
            dialled.put_backslashes(power(layers.all.saturating_sub(1)));
            dialled.put_octet(b's');
        };
        let mut rest = text;
        if let [b' ', after @ ..] = rest {
            blank(self);
            rest = after;
        }
        let ends_blank = if let [before @ .., b' '] = rest {
            rest = before;
            true
        } else {
            false
        };
        let special = |octet: &u8| matches!(octet, b'\\' | b'\'' | b',' | b'|' | b':' | b'$' | b'{');
        while let Some((plain, octet, after)) = rest.iter().position(special).and_then(|at| around(rest, at)) {
            self.put_plain(plain);
            match octet {
                [b'\\'] => self.put_backslashes(power(layers.all)),
                [octet] => {
                    self.put_backslashes(match octet {
                        b'\'' => power(layers.all).saturating_sub(1),
                        b',' => layers.comma,
                        b'|' => layers.bar,
                        _ => 0,
                    });
                    self.put_octet(*octet);
                }
            }
            rest = after;
        }
        self.put_plain(rest);
        if ends_blank {
            blank(self);
        }
    }

    fn put_variables(&mut self, variables: &Variables<'_>, brackets: Brackets) {
        let is_leg = brackets == LEG;
        let (open, close) = brackets;
        let layers = |comma| Layers { all: if is_leg { 4 } else { 2 }, comma, bar: usize::from(is_leg) };
        let (form, layers) = match (Found::in_values(variables), is_leg) {
            (Found { comma: false, .. }, false) => (Form::Commas, layers(0)),
            (Found { comma: false, several: false, .. } | Found { comma: false, escape: false, .. }, true) => {
                (Form::Commas, layers(0))
            }
            // A comma after a backslash would not be marked as one that belongs to the value.
            (Found { free: Some(delimiter), escape, .. }, _) => {
                (Form::Delimiter(delimiter), layers(if is_leg && escape { 2 } else { 0 }))
            }
            (_, false) => (Form::Commas, layers(1)),
            (_, true) => (Form::Apart, layers(2)),
        };
        for (item, (name, value)) in variables.iter().enumerate() {
            match (item, form) {
                (0, _) => self.put_octet(open),
                (_, Form::Commas) => self.put_octet(b','),
                (_, Form::Delimiter(delimiter)) => self.put_octet(delimiter),
                (_, Form::Apart) => {
                    self.put_octet(close);
                    self.put_octet(open);
                }
            }
            if let (0, Form::Delimiter(delimiter)) = (item, form) {
                self.put_plain(b"^^");
                self.put_octet(delimiter);
            }
            self.put_text(name, layers);
            self.put_octet(b'=');
            self.put_text(value, layers);
        }
        if variables.iter().next().is_some() {
            self.put_octet(close);
        }
    }
}

/// How the variables of a set are kept apart.
#[derive(Clone, Copy)]
enum Form {
    /// By commas.
    Commas,
    /// By a byte that is said in front.
    Delimiter(u8),
    /// By brackets: each is a set of its own.
    Apart,
}

/// What there is in a set of variables that decides on its form.
struct Found {
    several: bool,
    comma: bool,
    /// A quote or backslash.
    escape: bool,
    /// A delimiter that does not occur.
    free: Option<u8>,
}

impl Found {
    fn in_values(variables: &Variables<'_>) -> Self {
        let mut found = [false; DELIMITERS.len()];
        let (mut comma, mut escape) = (false, false);
        for (name, value) in variables.iter() {
            for octet in name.iter().chain(value) {
                match octet {
                    b',' => comma = true,
                    b'\'' | b'\\' => escape = true,
                    _ => {
                        for (found, delimiter) in found.iter_mut().zip(DELIMITERS) {
                            *found |= octet == delimiter;
                        }
                    }
                }
            }
        }
        let free = found.iter().zip(DELIMITERS).find(|(found, _)| !**found).map(|(_, delimiter)| *delimiter);
        Self { several: variables.iter().nth(1).is_some(), comma, escape, free }
    }
}

impl DialString<'_> {
    /// Writes the dial string, and says whether there is a blank in it.
    pub(crate) fn write(&self, sink: &mut Writer<'_>, context: Context) -> bool {
        let mut dialled = Dialled { sink, context, blank: false, last: [0; 2] };
        dialled.put_variables(&self.variables, ALL);
        for (item, handle) in self.handles.iter().enumerate() {
            if item > 0 {
                dialled.put_plain(ENTERPRISE);
                // The server searches for the next one after it.
                dialled.last = [0; 2];
            }
            dialled.put_variables(&handle.variables, HANDLE);
            for (item, list) in handle.leg_lists.iter().enumerate() {
                if item > 0 {
                    dialled.put_octet(b'|');
                }
                for (item, leg) in list.iter().enumerate() {
                    if item > 0 {
                        dialled.put_octet(b',');
                    }
                    dialled.put_variables(&leg.variables, LEG);
                    dialled.put_text(leg.endpoint, Layers { all: 2, comma: 0, bar: 0 });
                }
            }
        }
        dialled.blank
    }

    /// How long the dial string is as the argument of an application.
    pub(crate) fn argument_len(&self) -> Result<usize, DialError> {
        self.check()?;
        let mut counter = Writer::new(&mut []);
        self.write(&mut counter, Context::Application);
        Ok(counter.count())
    }

    /// Writes the dial string as the argument of an application.
    pub(crate) fn encode_argument<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], DialEncodeError> {
        self.check()?;
        let mut writer = Writer::new(out);
        self.write(&mut writer, Context::Application);
        Ok(writer.finish()?)
    }
}
