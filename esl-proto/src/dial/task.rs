//! Applications for channels to execute: as hook variables, and as inline dialplans.

use core::fmt;

use super::read::{self, MAX_APPS, SEPARATOR};
use super::{DialEncodeError, DialError, DialErrorKind, DialField, DialReadError, Variables, VariablesIter};
use crate::command::Pairs;
use crate::command::app::{App, AppEncodeError};
use crate::command::dial_string::list::{HANDLE, VALUE, is_mark};
use crate::sink::{Sink, Writer};
use crate::text::check::{self, expansion, first};
use crate::text::{Insufficient, Value};

/// Separators to choose from if there are commas in arguments.
const DELIMITERS: &[u8; 8] = b"^~!#*;|%";

const fn fault(kind: DialErrorKind, field: DialField, item: usize, offset: usize) -> DialError {
    DialError { kind, field, leg: 0, item, offset }
}

/// Where a quote stands after a backslash: the server leaves an application with such an argument out of a dialplan.
pub(super) fn dropped(arg: &[u8]) -> Option<usize> {
    arg.iter().zip(arg.iter().skip(1)).position(|pair| pair == (&b'\\', &b'\''))
}

/// Refuses what would end an application's name.
fn check_name(name: &[u8], item: usize) -> Result<(), DialError> {
    let refused = |kind, offset| Err(fault(kind, DialField::Application, item, offset));
    for (offset, octet) in name.iter().enumerate() {
        match octet {
            0 => return refused(DialErrorKind::Nul, offset),
            b'\n' | b'\r' => return refused(DialErrorKind::LineEnd, offset),
            b' ' | b'\t' => return refused(DialErrorKind::Blank, offset),
            b':' | b',' => return refused(DialErrorKind::Separator, offset),
            b'\'' | b'"' | b'\\' => return refused(DialErrorKind::Quote, offset),
            octet if is_mark(*octet) => return refused(DialErrorKind::Control, offset),
            _ => {}
        }
    }
    match name {
        [] => refused(DialErrorKind::Empty, 0),
        [b'^', b'^', ..] | [b'&', ..] => refused(DialErrorKind::Reserved, 0),
        _ => Ok(()),
    }
}

/// An application and its argument: an [`App`], or any other by its name and its argument as the server is to have it.
///
/// ```
/// use esl_proto::command::app::App;
/// use esl_proto::dial::{Hook, Task};
///
/// let mut storage = [0; 64];
/// let (name, value) = Hook::Answer.execute(Task::new("tone_detect", "fax 1100 r +5000"), &mut storage)?;
/// assert_eq!((name, value), (&b"execute_on_answer"[..], &b"tone_detect fax 1100 r +5000"[..]));
/// let (_, value) = Hook::Answer.execute(App::set("a", "b c"), &mut storage)?;
/// assert_eq!(value, b"set a=b c");
/// # Ok::<(), esl_proto::command::app::AppEncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Task<'a>(TaskOf<'a>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum TaskOf<'a> {
    App(App<'a>),
    Text { app: &'a [u8], arg: &'a [u8] },
}

impl<'a> Task<'a> {
    /// An application by its name. The channel expands variables in the argument before the application has it.
    pub fn new(app: &'a (impl AsRef<[u8]> + ?Sized), arg: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self(TaskOf::Text { app: app.as_ref(), arg: arg.as_ref() })
    }

    const fn app(&self) -> &'a [u8] {
        match &self.0 {
            TaskOf::App(app) => app.name().as_bytes(),
            TaskOf::Text { app, .. } => app,
        }
    }

    /// Writes the argument as far as there is room, and says how long it is.
    fn encode(&self, out: &mut [u8]) -> Result<usize, AppEncodeError> {
        match self.0 {
            TaskOf::App(app) => match app.encode(out) {
                Ok(arg) => Ok(arg.len()),
                Err(AppEncodeError::Insufficient(error)) => Ok(error.required),
                Err(error) => Err(error),
            },
            TaskOf::Text { arg, .. } => {
                let mut writer = Writer::new(out);
                writer.put(arg);
                Ok(writer.count())
            }
        }
    }
}

impl<'a> From<App<'a>> for Task<'a> {
    fn from(app: App<'a>) -> Self {
        Self(TaskOf::App(app))
    }
}

impl fmt::Debug for Task<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            TaskOf::App(app) => app.fmt(f),
            TaskOf::Text { app, arg } => {
                f.debug_tuple("Task").field(&Value::from_bytes(app)).field(&Value::from_bytes(arg)).finish()
            }
        }
    }
}

/// An event at which a channel executes its hook variables: `execute_on_answer`, `api_on_answer` and others.
///
/// The variables are set like others: in `[...]` for one leg, in `{...}` for those of a handle, in `<...>` for all. Of
/// several with the same name only the last counts; but every variable whose name begins with that of the hook is
/// executed, so a second one may be called `execute_on_answer_2`.
///
/// ```
/// use esl_proto::command::app::App;
/// use esl_proto::dial::{Bridge, DialHandle, Hook, Leg};
///
/// let (mut first, mut second, mut third) = ([0; 64], [0; 64], [0; 64]);
/// // For one leg: it hears a text, while the call goes on.
/// let leg = [Hook::Answer.execute_async(App::playback("/tmp/recorded.wav"), &mut first)?];
/// // For all legs of the handle.
/// let (_, value) = Hook::Answer.execute(App::set("who", "O'Hara, A."), &mut second)?;
/// let all = [
///     (&b"execute_on_answer_2"[..], value),
///     Hook::Ring.api("log INFO it rings", &mut third)?,
/// ];
/// let legs = [Leg::new("user/1000").variables(&leg), Leg::new("user/1001")];
/// let mut storage = [0; 256];
/// let argument = Bridge::new(DialHandle::new(&legs).variables(&all)).encode(&mut storage)?;
/// assert_eq!(
///     argument,
///     br"{^^;execute_on_answer_2=set who=O\\\\\\'Hara, A.;api_on_ring=log INFO it rings}".iter()
///         .chain(b"[execute_on_answer=playback::/tmp/recorded.wav]user/1000,user/1001").copied().collect::<Vec<_>>()
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hook {
    /// The channel has been made, and is not called yet.
    Originate,
    /// The originate has succeeded, with this channel.
    PostOriginate,
    /// It rings.
    Ring,
    /// It sends early media.
    PreAnswer,
    /// It sends media, early or not.
    Media,
    /// It has answered.
    Answer,
    /// A tone has been heard that the application `tone_detect` listens for.
    ToneDetect,
}

impl Hook {
    /// The variable of the application that is executed then.
    #[must_use]
    pub const fn execute_name(self) -> &'static str {
        match self {
            Self::Originate => "execute_on_originate",
            Self::PostOriginate => "execute_on_post_originate",
            Self::Ring => "execute_on_ring",
            Self::PreAnswer => "execute_on_pre_answer",
            Self::Media => "execute_on_media",
            Self::Answer => "execute_on_answer",
            Self::ToneDetect => "execute_on_tone_detect",
        }
    }

    /// The variable of the API command that is executed then.
    #[must_use]
    pub const fn api_name(self) -> &'static str {
        match self {
            Self::Originate => "api_on_originate",
            Self::PostOriginate => "api_on_post_originate",
            Self::Ring => "api_on_ring",
            Self::PreAnswer => "api_on_pre_answer",
            Self::Media => "api_on_media",
            Self::Answer => "api_on_answer",
            Self::ToneDetect => "api_on_tone_detect",
        }
    }

    /// The variable and its value, in `out`, for an application that is executed before the call continues:
    /// `<application> <argument>`. Use it for applications that end soon; `perl` is executed as by
    /// [`execute_async`](Self::execute_async).
    ///
    /// # Errors
    /// [`AppEncodeError`] if no argument would be read back as this, if a name would end early, if there is `${` in the
    /// argument (the server sets no such variable), or if `out` is too short. Line ends and the like are refused when the
    /// call is written.
    pub fn execute<'a, 'o>(
        self,
        task: impl Into<Task<'a>>,
        out: &'o mut [u8],
    ) -> Result<(&'static [u8], &'o [u8]), AppEncodeError> {
        self.written(task.into(), b" ", out)
    }

    /// The same for an application that is executed asynchronously, while the call continues:
    /// `<application>::<argument>`.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn execute_async<'a, 'o>(
        self,
        task: impl Into<Task<'a>>,
        out: &'o mut [u8],
    ) -> Result<(&'static [u8], &'o [u8]), AppEncodeError> {
        self.written(task.into(), b"::", out)
    }

    fn written<'o>(
        self,
        task: Task<'_>,
        between: &'static [u8],
        out: &'o mut [u8],
    ) -> Result<(&'static [u8], &'o [u8]), AppEncodeError> {
        let app = task.app();
        check_name(app, 0).map_err(AppEncodeError::Dial)?;
        let expands = |field, offset| AppEncodeError::Dial(fault(DialErrorKind::Expansion, field, 0, offset));
        if let TaskOf::Text { app, arg } = task.0 {
            // Whatever the room is.
            for (field, text) in [(DialField::Application, app), (DialField::Argument, arg)] {
                expansion(text).map_or(Ok(()), |offset| Err(expands(field, offset)))?;
            }
        }
        let mut writer = Writer::new(out);
        writer.put(app);
        writer.put(between);
        let start = writer.count();
        let len = task.encode(out.get_mut(start..).unwrap_or_default())?;
        // A blank alone would be dropped.
        let required = if len == 0 && between == b" " { app.len() } else { start.saturating_add(len) };
        let value = out.get(..required).ok_or(Insufficient { required })?;
        match expansion(value) {
            Some(offset) => Err(expands(DialField::Argument, offset.saturating_sub(start))),
            None => Ok((self.execute_name().as_bytes(), value)),
        }
    }

    /// The variable and its value, in `out`, for an API command with its argument, a line as
    /// [`Command::api`](crate::Command::api) takes it. The server waits for it, and drops the answer.
    ///
    /// # Errors
    /// [`DialEncodeError`] if the line is empty or begins with a blank, holds `${` (the server sets no such variable), or
    /// `out` is too short. Line ends and the like are refused when the call is written.
    pub fn api<'o>(
        self,
        line: &(impl AsRef<[u8]> + ?Sized),
        out: &'o mut [u8],
    ) -> Result<(&'static [u8], &'o [u8]), DialEncodeError> {
        let line = line.as_ref();
        let refused = |kind, offset| Err(fault(kind, DialField::Argument, 0, offset).into());
        match line {
            [] => return refused(DialErrorKind::Empty, 0),
            [octet, ..] if check::is_blank(*octet) => return refused(DialErrorKind::Blank, 0),
            _ => {}
        }
        if let Some(offset) = expansion(line) {
            return refused(DialErrorKind::Expansion, offset);
        }
        let (command, arg) =
            line.split_at_checked(first(line, |octet| octet == b' ').unwrap_or(line.len())).unwrap_or((line, &[]));
        let mut writer = Writer::new(out);
        writer.put(command);
        // The channel expands variables in the argument. It takes backslashes off then, if there are any.
        let expands = arg.contains(&b'\\');
        for octet in arg {
            if expands && matches!(octet, b'\\' | b'$') {
                writer.put(b"\\");
            }
            writer.put(&[*octet]);
        }
        Ok((self.api_name().as_bytes(), writer.finish()?))
    }
}

/// An inline dialplan: applications that a channel executes one after another, in place of an extension.
///
/// Written, it is for [`Originate::inline`](super::Originate::inline), or the extension of a
/// [`Transfer`](crate::command::app::Transfer) in the dialplan `inline`. Commas, quotes, backslashes, blanks and line
/// ends in arguments arrive unchanged; only a quote after a backslash is refused, as the server would leave the
/// application out. As in any dialplan, the channel expands variables in each argument before it executes the
/// application; an [`App`] takes that into account.
///
/// ```
/// use esl_proto::command::app::App;
/// use esl_proto::dial::{Inline, Originate};
///
/// let apps = [App::Answer.into(), App::playback("a,b.wav").into(), App::hangup(None).into()];
/// let (mut kept, mut text, mut line) = ([0; 64], [0; 64], [0; 128]);
/// let text = Inline::from_tasks(&apps, &mut kept)?.encode(&mut text)?;
/// assert_eq!(text, b"m:^:answer^playback:a,b.wav^hangup");
/// let line = Originate::inline("user/1000", text).encode(&mut line)?;
/// assert_eq!(line, b"originate user/1000 m:^:answer^playback:a,b.wav^hangup inline");
///
/// let mut read = [0; 64];
/// let pairs = [("answer", ""), ("playback", "a,b.wav"), ("hangup", "")];
/// assert_eq!(Inline::parse(text, &mut read)?, Inline::new(&pairs));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Inline<'a> {
    apps: Variables<'a>,
}

impl<'a> Inline<'a> {
    /// Applications by their names, with their arguments as the server is to have them: `&[("answer", "")]`.
    pub fn new(apps: impl Into<Pairs<'a>>) -> Self {
        Self { apps: Variables::from(apps.into()) }
    }

    /// Applications with their arguments, which are written to `storage`.
    ///
    /// # Errors
    /// [`InlineError`] if an application is refused, or `storage` is too short.
    pub fn from_tasks(tasks: &[Task<'_>], storage: &'a mut [u8]) -> Result<Self, InlineError> {
        let mut at = 0_usize;
        for (item, task) in tasks.iter().enumerate() {
            let refused = |error| InlineError { item, error };
            let dial = |error| refused(AppEncodeError::Dial(error));
            check_name(task.app(), item).map_err(dial)?;
            let mut writer = Writer::new(storage.get_mut(at..).unwrap_or_default());
            writer.put(&[HANDLE]);
            writer.put(task.app());
            writer.put(&[VALUE]);
            at = at.saturating_add(writer.count());
            let rest = storage.get_mut(at..).unwrap_or_default();
            let len = task.encode(rest).map_err(refused)?;
            if let Some(offset) = rest.get(..len).and_then(|arg| first(arg, is_mark)) {
                return Err(dial(fault(DialErrorKind::Control, DialField::Argument, item, offset)));
            }
            at = at.saturating_add(len);
        }
        let error = InlineError { item: tasks.len(), error: Insufficient { required: at }.into() };
        Ok(Self { apps: Variables::from_parts(storage.get(..at).ok_or(error)?, HANDLE) })
    }

    /// The applications and their arguments, as a set of variables is written.
    #[must_use]
    pub const fn as_variables(&self) -> Variables<'a> {
        self.apps
    }

    /// The applications and their arguments, in order.
    #[must_use]
    pub fn iter(&self) -> VariablesIter<'a> {
        self.apps.iter()
    }

    /// Writes the dialplan to the front of `out` and returns it.
    ///
    /// # Errors
    /// [`DialEncodeError`] if there is no application, too many of them, one whose name would end early, or one that the server
    /// would leave out; its place is the error's `item`. Or `out` is too short.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], DialEncodeError> {
        let mut found = [false; DELIMITERS.len()];
        let (mut some, mut comma, mut said) = (false, false, false);
        for (item, (app, arg)) in self.iter().enumerate() {
            if item >= MAX_APPS {
                return Err(fault(DialErrorKind::TooMany, DialField::Application, item, 0).into());
            }
            check_name(app, item)?;
            let argument = |kind, offset| fault(kind, DialField::Argument, item, offset);
            if let Some(offset) = first(arg, |octet| octet == 0) {
                return Err(argument(DialErrorKind::Nul, offset).into());
            }
            if let Some(offset) = first(arg, is_mark) {
                return Err(argument(DialErrorKind::Control, offset).into());
            }
            if let Some(offset) = dropped(arg) {
                return Err(argument(DialErrorKind::Quote, offset).into());
            }
            for octet in app.iter().chain(arg) {
                comma |= *octet == SEPARATOR;
                for (found, delimiter) in found.iter_mut().zip(DELIMITERS) {
                    *found |= octet == delimiter;
                }
            }
            // That would be taken for a separator said in front.
            said |= item == 0 && app == b"m" && matches!(arg, [_, b':', ..]);
            some = true;
        }
        if !some {
            return Err(fault(DialErrorKind::Empty, DialField::Application, 0, 0).into());
        }
        let free = found.iter().zip(DELIMITERS).find(|(found, _)| !**found).map(|(_, delimiter)| *delimiter);
        let delimiter = free.filter(|_| comma).unwrap_or(SEPARATOR);
        let mut writer = Writer::new(out);
        if said || delimiter != SEPARATOR {
            writer.put(&[b'm', b':', delimiter, b':']);
        }
        for (item, (app, arg)) in self.iter().enumerate() {
            if item > 0 {
                writer.put(&[delimiter]);
            }
            writer.put(app);
            if !arg.is_empty() {
                writer.put(b":");
            }
            let last = arg.len().saturating_sub(1);
            for (place, octet) in arg.iter().enumerate() {
                match octet {
                    b'\n' => writer.put(b"\\n"),
                    b'\r' => writer.put(b"\\r"),
                    // A blank at the end would be dropped.
                    b' ' if place == last => writer.put(b"\\s"),
                    b'\'' | b'\\' => writer.put(&[b'\\', *octet]),
                    octet if *octet == delimiter => writer.put(&[b'\\', *octet]),
                    octet => writer.put(&[*octet]),
                }
            }
        }
        Ok(writer.finish()?)
    }

    /// Reads an inline dialplan as the server would, into `storage`: one byte more than the text has is enough.
    ///
    /// # Errors
    /// [`DialReadError`] if there is an application without a name, the server would read past the end, or `storage` is
    /// too short.
    pub fn parse(text: &[u8], storage: &'a mut [u8]) -> Result<Self, DialReadError> {
        Ok(Self { apps: Variables::from_parts(read::inline_text(text, storage)?, HANDLE) })
    }
}

impl<'a> From<Variables<'a>> for Inline<'a> {
    /// The names are those of applications, the values their arguments.
    fn from(apps: Variables<'a>) -> Self {
        Self { apps }
    }
}

iterated! { Inline => VariablesIter of (&'a [u8], &'a [u8]) }

impl fmt::Debug for Inline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inline").field(&self.apps).finish()
    }
}

/// An inline dialplan cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlineError {
    /// Which application is refused, from 0; how many there are, if only the room is short.
    pub item: usize,
    /// What is wrong with it.
    pub error: AppEncodeError,
}

impl InlineError {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.error.code()
    }

    /// The number of bytes that are needed, if there is too little room.
    #[must_use]
    pub const fn required(&self) -> Option<usize> {
        self.error.required()
    }
}

impl fmt::Display for InlineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "application {}: {}", self.item, self.error)
    }
}

impl core::error::Error for InlineError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
