//! Whom to call: the arguments of `originate` and `bridge`.

use crate::number::numbers;
use core::ffi::c_void;

use esl_core::command::app::AppEncodeError;
use esl_core::dial::{
    Bridge, Destination, DialEncodeError, DialError, DialField, DialHandles, DialReadError, DialString, Endpoint,
    FlatLeg, Hook, Inline, Join, Leg, Originate, Task, Variables,
};
use esl_core::name::HangupCause;
use esl_core::raw::{app as raw, dial as raw_dial};
use esl_core::text::Insufficient;

use crate::octets::eslp_bytes;
use crate::pairs::{eslp_pair, eslp_pairs};
use crate::ptr::{Call, In, Out, Outcome, Place, Plain, Wanted as _, known, run};
use crate::status::eslp_status;

numbers! {
    /// The separator between a leg and the previous one.
    pub enum eslp_join {
        /// `,`: both are called at once.
        ESLP_JOIN_AND = 0 => And,
        /// `|`: this one begins a list that is called if nobody answers in the list before.
        ESLP_JOIN_OR = 1 => Or,
        /// `:_:`: this one begins a new handle, called at the same time ("enterprise originate").
        ESLP_JOIN_ENTERPRISE = 2 => Enterprise,
    }
    of Join as Join for Join
}

/// One channel to call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_leg {
    /// What to call: `user/1000`, `sofia/gateway/gw/1234`, `loopback/1000/default`, `error/USER_BUSY`, `group/sales`.
    pub endpoint: eslp_bytes,
    /// The variables of this channel alone, written in `[...]`: `leg_timeout`, `leg_delay_start`.
    pub variables: eslp_pairs,
    /// The variables of all legs of its handle, written in `{...}`; count only for a handle's first leg.
    pub handle_variables: eslp_pairs,
    /// An eslp_join; does not count for the first leg.
    pub join: eslp_join,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// Whom to call: what `originate` and `bridge` have in common.
///
///     eslp_leg legs[] = {{.endpoint = ESLP_LIT("user/1000")}, {.endpoint = ESLP_LIT("user/1001")}};
///     eslp_dial dial = {.legs = legs, .count = 2};
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_dial {
    /// The legs: they must stay where they are until the call has been written.
    pub legs: *const eslp_leg,
    /// Their number.
    pub count: usize,
    /// The variables of all legs of all handles, written in `<...>`.
    pub variables: eslp_pairs,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// `originate <dial string> <destination> [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]`: makes a
/// call and, when it is answered, connects it to something. The command answers when the call is answered or has
/// failed, so it is one for `bgapi` more often than for `api`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_originate {
    /// Whom to call.
    pub dial: eslp_dial,
    /// Where the dialplan routes the call; left out if an application is given.
    pub extension: eslp_bytes,
    /// The application that the call executes; left out if an extension is given.
    pub application: eslp_bytes,
    /// The application's argument. No `)` may stand in it: the server would cut it there.
    pub argument: eslp_bytes,
    /// Which dialplan knows the extension; `XML` if left out.
    pub dialplan: eslp_bytes,
    /// In which context; `default` if left out.
    pub context: eslp_bytes,
    /// The name that the called see, unless `origination_caller_id_name` says another.
    pub cid_name: eslp_bytes,
    /// The number that the called see, unless `origination_caller_id_number` says another.
    pub cid_num: eslp_bytes,
    /// How long to ring, in seconds, unless `originate_timeout` says something else; 60 if 0.
    pub timeout_sec: u32,
    /// Zeros: room for more fields.
    pub reserved: [u64; 6],
}

numbers! {
    /// What a leg calls. Each says which fields of eslp_endpoint go with it; those in brackets may be left out.
    pub enum eslp_endpoint_kind {
        /// A user of the directory, wherever it is registered: `user/<name>@<domain>`. `name`, [`domain`].
        ESLP_ENDPOINT_USER = 1,
        /// All users of a group of the directory: `group/<name>@<domain>`. `name`, [`domain`].
        ESLP_ENDPOINT_GROUP = 2,
        /// A SIP address, from one of the server's profiles: `sofia/<profile>/<name>`. `profile`, `name`.
        ESLP_ENDPOINT_SOFIA = 3,
        /// A number at a SIP provider: `sofia/gateway/<profile>/<name>`. `profile` (the gateway), `name` (the number).
        ESLP_ENDPOINT_GATEWAY = 4,
        /// Where a user has registered at a profile: `sofia/<profile>/<name>%<domain>`. `profile`, `name`, `domain`.
        ESLP_ENDPOINT_CONTACT = 5,
        /// An extension of the dialplan, through a loopback channel: `loopback/<name>/<context>/<dialplan>`. `name`,
        /// [`context`, [`dialplan`]].
        ESLP_ENDPOINT_LOOPBACK = 6,
        /// A browser that has logged in: `verto.rtc/<name>@<domain>`. `name`, [`domain`].
        ESLP_ENDPOINT_VERTO = 7,
        /// Nobody: the call fails with this cause, `error/<name>`. `name`, as eslp_cause_text() gives it.
        ESLP_ENDPOINT_ERROR = 8,
        /// A channel without anybody, which answers at once: `null`.
        ESLP_ENDPOINT_NULL = 9,
        /// Whoever takes the call with the application `pickup`: `pickup/<name>`. `name`, a key.
        ESLP_ENDPOINT_PICKUP = 10,
    }

    /// An occasion on which a channel executes what its variables say.
    pub enum eslp_hook {
        /// The channel has been made, and is not called yet.
        ESLP_HOOK_ORIGINATE = 1 => Originate,
        /// The originate has succeeded, with this channel.
        ESLP_HOOK_POST_ORIGINATE = 2 => PostOriginate,
        /// It rings.
        ESLP_HOOK_RING = 3 => Ring,
        /// It sends early media.
        ESLP_HOOK_PRE_ANSWER = 4 => PreAnswer,
        /// It sends media, early or not.
        ESLP_HOOK_MEDIA = 5 => Media,
        /// It has answered.
        ESLP_HOOK_ANSWER = 6 => Answer,
        /// The application `tone_detect` has detected a tone.
        ESLP_HOOK_TONE_DETECT = 7 => ToneDetect,
    }
    for Hook
}

/// An endpoint, built from its parts: no part can become another. Other kinds of endpoints are given to eslp_leg as
/// text.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_endpoint {
    /// Of which kind.
    pub kind: eslp_endpoint_kind,
    /// The profile or gateway.
    pub profile: eslp_bytes,
    /// Who or what is called.
    pub name: eslp_bytes,
    /// In which domain.
    pub domain: eslp_bytes,
    /// In which context of the dialplan.
    pub context: eslp_bytes,
    /// By which dialplan.
    pub dialplan: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

numbers! {
    /// The part of a call that is wrong.
    pub enum eslp_dial_field {
        /// None.
        ESLP_DIAL_FIELD_NONE = 0,
        /// The name of a variable.
        ESLP_DIAL_FIELD_VARIABLE_NAME = 1 => VariableName,
        /// The value of a variable.
        ESLP_DIAL_FIELD_VARIABLE_VALUE = 2 => VariableValue,
        /// An endpoint.
        ESLP_DIAL_FIELD_ENDPOINT = 3 => Endpoint,
        /// The extension.
        ESLP_DIAL_FIELD_EXTENSION = 4 => Extension,
        /// The name of the application.
        ESLP_DIAL_FIELD_APPLICATION = 5 => Application,
        /// The argument of the application.
        ESLP_DIAL_FIELD_ARGUMENT = 6 => Argument,
        /// The dialplan.
        ESLP_DIAL_FIELD_DIALPLAN = 7 => Dialplan,
        /// The context.
        ESLP_DIAL_FIELD_CONTEXT = 8 => Context,
        /// The caller's name.
        ESLP_DIAL_FIELD_CID_NAME = 9 => CidName,
        /// The caller's number.
        ESLP_DIAL_FIELD_CID_NUM = 10 => CidNum,
        /// The time limit.
        ESLP_DIAL_FIELD_TIMEOUT_SEC = 11 => TimeoutSec,
    }
    of DialField as raw_dial::DialField for DialField
}

/// Where a call is wrong.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_dial_fault {
    /// With which part: an eslp_dial_field.
    pub field: eslp_dial_field,
    /// With which leg, from 0. A variable in `{...}` belongs to its handle's first leg; all that belongs to no leg has 0.
    pub leg: usize,
    /// Which one, if there are several of them in one place, from 0.
    pub item: usize,
    /// The byte of that part, from 0.
    pub offset: usize,
    /// Zeros: room for more fields.
    pub reserved: [u64; 1],
}

/// What eslp_originate_parse() and eslp_bridge_parse() return besides the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_dial_read {
    /// The number of legs; with ESLP_INSUFFICIENT, how many eslp_leg are needed.
    pub legs: usize,
    /// After an error from ESLP_DIAL_PARSE_STORAGE on: the place in the text, near the end of what is wrong; with that
    /// status itself, how many bytes of storage are enough.
    pub offset: usize,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

impl eslp_leg {
    pub(crate) fn flat<'c>(&'c self, call: Call<'c>) -> Outcome<FlatLeg<'c>> {
        let join = self.join.try_into()?;
        known(&self.reserved)?;
        let leg = Leg { variables: self.variables.variables(call)?, endpoint: self.endpoint.octets(call)? };
        Ok(FlatLeg { join, handle_variables: self.handle_variables.variables(call)?, leg })
    }

    fn read(join: Join, handle_variables: Variables<'_>, leg: Leg<'_>) -> Self {
        Self {
            endpoint: eslp_bytes::of(leg.endpoint),
            variables: eslp_pairs::of_variables(leg.variables),
            handle_variables: eslp_pairs::of_variables(handle_variables),
            join: join.into(),
            ..Self::ZERO
        }
    }
}

impl eslp_dial {
    pub(crate) fn dial<'c>(&'c self, call: Call<'c>) -> Outcome<DialString<'c>> {
        known(&self.reserved)?;
        for leg in self.given(call)? {
            leg.flat(call)?;
        }
        Ok(DialString { variables: self.variables.variables(call)?, handles: DialHandles::from_legs(self) })
    }

    /// A dial string that was read, its legs in slots of C's.
    fn read(dial: &DialString<'_>, legs: &mut [eslp_leg], read: &mut eslp_dial_read) -> Outcome<Self> {
        for handle in dial.handles.iter() {
            let mut join = Join::Enterprise;
            for list in handle.leg_lists.iter() {
                for leg in list.iter() {
                    if let Some(slot) = legs.get_mut(read.legs) {
                        let of_handle = if join == Join::Enterprise { handle.variables } else { Variables::NONE };
                        *slot = eslp_leg::read(join, of_handle, leg);
                    }
                    read.legs = read.legs.saturating_add(1);
                    join = Join::And;
                }
                join = Join::Or;
            }
        }
        if read.legs > legs.len() {
            return Err(eslp_status::ESLP_INSUFFICIENT);
        }
        Ok(Self {
            legs: legs.as_ptr(),
            count: read.legs,
            variables: eslp_pairs::of_variables(dial.variables),
            ..Self::ZERO
        })
    }
}

impl eslp_originate {
    fn originate<'c>(&'c self, call: Call<'c>) -> Outcome<Originate<'c>> {
        known(&self.reserved)?;
        let destination = match self.application.said(call)? {
            Some(app) => Destination::Application { app, arg: self.argument.octets(call)? },
            None => Destination::Extension(self.extension.octets(call)?),
        };
        Ok(Originate {
            dial: self.dial.dial(call)?,
            destination,
            dialplan: self.dialplan.said(call)?,
            context: self.context.said(call)?,
            cid_name: self.cid_name.said(call)?,
            cid_num: self.cid_num.said(call)?,
            timeout_sec: (self.timeout_sec != 0).then_some(self.timeout_sec),
        })
    }

    fn read(call: &Originate<'_>, dial: eslp_dial) -> Self {
        let (extension, application, argument) = match call.destination {
            Destination::Extension(extension) => (Some(extension), None, None),
            Destination::Application { app, arg } => (None, Some(app), Some(arg)),
        };
        Self {
            dial,
            extension: eslp_bytes::option(extension),
            application: eslp_bytes::option(application),
            argument: eslp_bytes::option(argument),
            dialplan: eslp_bytes::option(call.dialplan),
            context: eslp_bytes::option(call.context),
            cid_name: eslp_bytes::option(call.cid_name),
            cid_num: eslp_bytes::option(call.cid_num),
            timeout_sec: call.timeout_sec.unwrap_or_default(),
            ..Self::ZERO
        }
    }
}

impl eslp_endpoint {
    fn endpoint<'c>(&self, call: Call<'c>) -> Outcome<Endpoint<'c>> {
        known(&self.reserved)?;
        let (profile, name) = (self.profile.octets(call)?, self.name.octets(call)?);
        let (domain, context, dialplan) =
            (self.domain.said(call)?, self.context.said(call)?, self.dialplan.said(call)?);
        let in_domain = |endpoint: Endpoint<'c>| domain.map_or(endpoint, |domain| endpoint.domain(domain));
        Ok(match self.kind {
            eslp_endpoint_kind::ESLP_ENDPOINT_USER => in_domain(Endpoint::user(name)),
            eslp_endpoint_kind::ESLP_ENDPOINT_GROUP => in_domain(Endpoint::group(name)),
            eslp_endpoint_kind::ESLP_ENDPOINT_SOFIA => Endpoint::sofia(profile, name),
            eslp_endpoint_kind::ESLP_ENDPOINT_GATEWAY => Endpoint::gateway(profile, name),
            eslp_endpoint_kind::ESLP_ENDPOINT_CONTACT => Endpoint::contact(profile, name, domain.unwrap_or_default()),
            eslp_endpoint_kind::ESLP_ENDPOINT_LOOPBACK => match (context, dialplan) {
                (None, None) => Endpoint::loopback(name),
                (Some(context), None) => Endpoint::loopback(name).context(context),
                (Some(context), Some(dialplan)) => Endpoint::loopback(name).context(context).dialplan(dialplan),
                (None, Some(_)) => return Err(eslp_status::ESLP_INVALID_ARGUMENT),
            },
            eslp_endpoint_kind::ESLP_ENDPOINT_VERTO => in_domain(Endpoint::verto(name)),
            eslp_endpoint_kind::ESLP_ENDPOINT_ERROR => Endpoint::error(HangupCause::from_bytes(name)),
            eslp_endpoint_kind::ESLP_ENDPOINT_NULL => Endpoint::null(),
            eslp_endpoint_kind::ESLP_ENDPOINT_PICKUP => Endpoint::pickup(name),
            _ => return Err(eslp_status::ESLP_UNKNOWN_NUMBER),
        })
    }
}

/// The error of a variable for a hook as that of a dial string: its task is a text, which is refused for nothing else.
fn hook_error(error: AppEncodeError) -> DialEncodeError {
    match raw::AppEncodeError::from(error) {
        raw::AppEncodeError::Dial(error) => error.into(),
        raw::AppEncodeError::Insufficient(error) => error.into(),
        raw::AppEncodeError::Refused(_) => Insufficient { required: 0 }.into(),
    }
}

impl From<DialError> for eslp_dial_fault {
    fn from(error: DialError) -> Self {
        Self { field: error.field.into(), leg: error.leg, item: error.item, offset: error.offset, ..Self::ZERO }
    }
}

/// Sets `len` or `fault`, and returns the status of writing.
fn wrote(
    result: Result<usize, DialEncodeError>, len: Option<Place<'_, usize>>, fault: Option<Place<'_, eslp_dial_fault>>,
) -> Outcome {
    match result {
        Ok(count) | Err(DialEncodeError::Insufficient(Insufficient { required: count })) => len.set(count),
        Err(DialEncodeError::Refused(error)) => fault.set(error.into()),
    }
    result.map(drop).map_err(|error| eslp_status::of(error.code()))
}

/// The body of a function that writes, and sets `len` or `fault`.
fn write(
    (out, size): (Out<c_void>, usize), len: Out<usize>, fault: Out<eslp_dial_fault>,
    encode: impl for<'c> FnOnce(&'c mut [u8], Call<'c>) -> Outcome<Result<usize, DialEncodeError>>,
) -> eslp_status {
    run(|call| {
        let (len, fault) = (len.optional(call)?, fault.optional(call)?);
        let (out, call) = out.room(size, call)?;
        wrote(encode(out, call)?, len, fault)
    })
}

/// The place of what cannot be read, or what storage it needs.
fn place(error: DialReadError) -> usize {
    match error {
        DialReadError::Refused(error) => error.offset,
        DialReadError::Insufficient(error) => error.required,
    }
}

/// The body of a function that reads a call, and sets `told`.
fn read<T: Plain>(
    (storage, size): (Out<c_void>, usize), (legs, max): (Out<eslp_leg>, usize), out: Out<T>, told: Out<eslp_dial_read>,
    parse: impl for<'c> FnOnce(
        &'c mut [u8],
        &'c mut [eslp_leg],
        &mut eslp_dial_read,
        Call<'c>,
    ) -> Outcome<Result<Outcome<T>, DialReadError>>,
) -> eslp_status {
    out.give(|call| {
        let told = told.optional(call)?;
        let legs = legs.array(max, call)?;
        let (storage, call) = storage.room(size, call)?;
        let mut read = eslp_dial_read::ZERO;
        match parse(storage, legs, &mut read, call)? {
            Ok(result) => {
                told.set(read);
                result
            }
            Err(error) => {
                told.set(eslp_dial_read { offset: place(error), ..eslp_dial_read::ZERO });
                Err(eslp_status::of(error.code()))
            }
        }
    })
}

/// Writes the line for `api` and `bgapi` to `out`. `len`, which may be NULL, is its length.
///
/// The server reads what is written as intended, or it is refused: no text can add a variable, a leg, an argument or an
/// application.
///
/// @return ESLP_DIAL_INSUFFICIENT if `size` is less: `len` says what is needed, and the contents of `out` are
/// meaningless. An error from ESLP_DIAL_EMPTY on if the server would misread every possible line; `fault`, which may be
/// NULL, says where.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_originate_encode(
    call: In<eslp_originate>, out: Out<c_void>, size: usize, len: Out<usize>, fault: Out<eslp_dial_fault>,
) -> eslp_status {
    write((out, size), len, fault, |out, lasts| Ok(call.read(lasts)?.originate(lasts)?.encode(out).map(<[u8]>::len)))
}

/// Writes the argument for the application `bridge` to `out`. `len`, which may be NULL, is its length.
///
/// @return As eslp_originate_encode().
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_bridge_encode(
    dial: In<eslp_dial>, out: Out<c_void>, size: usize, len: Out<usize>, fault: Out<eslp_dial_fault>,
) -> eslp_status {
    write((out, size), len, fault, |out, call| {
        Ok(Bridge { dial: dial.read(call)?.dial(call)? }.encode(out).map(<[u8]>::len))
    })
}

/// Reads a line as the server would, into `storage` and `max` legs: as many bytes as the line has are enough.
///
/// The call is valid as long as both. Its variables are walked with eslp_pairs_headers(). `read` may be NULL.
///
/// @return ESLP_INSUFFICIENT if there are more than `max` legs. An error from ESLP_DIAL_PARSE_STORAGE on if it is no
/// `originate`, or the server would refuse it or read past its end.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_originate_parse(
    line: eslp_bytes, storage: Out<c_void>, size: usize, legs: Out<eslp_leg>, max: usize, call: Out<eslp_originate>,
    read: Out<eslp_dial_read>,
) -> eslp_status {
    self::read((storage, size), (legs, max), call, read, |storage, legs, read, lasts| {
        let parsed = Originate::parse(line.octets(lasts)?, storage);
        Ok(parsed.map(|call| Ok(eslp_originate::read(&call, eslp_dial::read(&call.dial, legs, read)?))))
    })
}

/// Reads an argument of the application `bridge` as the server would, as eslp_originate_parse().
///
/// @return As eslp_originate_parse(); ESLP_DIAL_PARSE_EXPANSION if it holds `${...}`, which only the channel can expand.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_bridge_parse(
    argument: eslp_bytes, storage: Out<c_void>, size: usize, legs: Out<eslp_leg>, max: usize, dial: Out<eslp_dial>,
    read: Out<eslp_dial_read>,
) -> eslp_status {
    self::read((storage, size), (legs, max), dial, read, |storage, legs, read, call| {
        let parsed = Bridge::parse(argument.octets(call)?, storage);
        Ok(parsed.map(|bridge| eslp_dial::read(&bridge.dial, legs, read)))
    })
}

/// Writes an endpoint to `out`, for eslp_leg.endpoint. `len`, which may be NULL, is its length.
///
/// @return As eslp_originate_encode(): refused is a part that is empty, or holds what would end it; `fault->item` says which part,
/// from 0.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_endpoint_encode(
    endpoint: In<eslp_endpoint>, out: Out<c_void>, size: usize, len: Out<usize>, fault: Out<eslp_dial_fault>,
) -> eslp_status {
    write((out, size), len, fault, |out, call| Ok(endpoint.read(call)?.endpoint(call)?.encode(out).map(<[u8]>::len)))
}

/// Makes a hook variable, with which a channel executes something at an event: for the variables of a leg, a handle or
/// a whole dial string. Its value is written to `out`.
///
/// `app` is an application and `arg` its argument, as returned by eslp_app_encode(); with `in_background` it is
/// executed asynchronously, while the call continues. Without an `app`, `arg` is the line of an API command. For a
/// second variable of the same hook, use another name that begins with this one, such as `execute_on_answer_2`.
///
/// @return ESLP_DIAL_INSUFFICIENT if `size` is less than `variable->value.len`, whose data is NULL then. An error from ESLP_DIAL_EMPTY on
/// if the server would execute something else; `fault`, which may be NULL, says where.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_hook_encode(
    hook: eslp_hook, app: eslp_bytes, arg: eslp_bytes, in_background: bool, out: Out<c_void>, size: usize,
    variable: Out<eslp_pair>, fault: Out<eslp_dial_fault>,
) -> eslp_status {
    run(|call| {
        let (mut variable, fault) = (variable.nothing(call)?, fault.optional(call)?);
        let hook: Hook = hook.try_into()?;
        let (out, call) = out.room(size, call)?;
        let (app, arg) = (app.said(call)?, arg.octets(call)?);
        let made = match app {
            None => hook.api(arg, out),
            Some(app) if in_background => hook.execute_async(Task::new(app, arg), out).map_err(hook_error),
            Some(app) => hook.execute(Task::new(app, arg), out).map_err(hook_error),
        };
        match made {
            Ok((name, value)) => {
                variable.set((name, value).into());
                Ok(())
            }
            Err(error) => {
                let len = error.required().unwrap_or_default();
                variable.set(eslp_pair { value: eslp_bytes { len, ..eslp_bytes::ZERO }, ..eslp_pair::ZERO });
                wrote(Err(error), None, fault)
            }
        }
    })
}

/// Writes an inline dialplan to `out`: applications, by their names with their arguments, that a channel executes one after another. It is
/// for eslp_originate.extension with `inline` for its dialplan, or for the application `transfer`. `len`, which may be NULL, is its
/// length.
///
/// Commas, quotes, backslashes, blanks and line ends in arguments arrive unchanged. As in any dialplan, the channel
/// expands variables in each argument before it executes the application; eslp_app_encode() takes that into account.
///
/// @return As eslp_originate_encode(); `fault->item` says which application, from 0.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_inline_encode(
    apps: In<eslp_pairs>, out: Out<c_void>, size: usize, len: Out<usize>, fault: Out<eslp_dial_fault>,
) -> eslp_status {
    write((out, size), len, fault, |out, call| {
        Ok(Inline::from(apps.read(call)?.variables(call)?).encode(out).map(<[u8]>::len))
    })
}

/// Reads an inline dialplan as the server would, into `storage`: one byte more than the text has is enough.
///
/// The applications are valid as long as the storage, and are walked with eslp_pairs_headers(). `offset`, which may be NULL, is the
/// place in the text, near the end of what is wrong; with ESLP_DIAL_PARSE_STORAGE, how many bytes of storage are enough.
///
/// @return An error from ESLP_DIAL_PARSE_STORAGE on if there is an application without a name, or the server would read past the end.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_inline_parse(
    text: eslp_bytes, storage: Out<c_void>, size: usize, apps: Out<eslp_pairs>, offset: Out<usize>,
) -> eslp_status {
    apps.give(|call| {
        let offset = offset.optional(call)?;
        let (storage, call) = storage.room(size, call)?;
        let inline = Inline::parse(text.octets(call)?, storage).map_err(|error| {
            offset.set(place(error));
            eslp_status::of(error.code())
        })?;
        Ok(eslp_pairs::of_variables(inline.as_variables()))
    })
}

/// The name of an eslp_dial_field, in English: valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_dial_field_text(field: eslp_dial_field) -> eslp_bytes {
    eslp_bytes::option(DialField::try_from(field).ok().map(|field| field.as_str().as_bytes()))
}
