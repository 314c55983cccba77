//! Limits, and splitting a stream into frames.

use crate::number::numbers;
use core::ffi::c_void;

use esl_core::frame::Step;
use esl_core::{Decoder, Limits};

use crate::handle::{Opaque, assert_size};
use crate::message::{eslp_lines, eslp_message};
use crate::octets::eslp_bytes;
use crate::ptr::{Out, Outcome, Plain as _, input, known, read, run};
use crate::status::eslp_status;

/// The limits of a decoder, and the size from which on frames are handed out in pieces.
///
/// A frame that exceeds a limit ends the connection: its end cannot be found without buffering it. 0 stands for the
/// default, and a NULL pointer to this struct for all of them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_limits {
    /// The most octets that a head may have, in parts or whole. Default 1 MiB; 64 KiB for a server.
    pub max_head: usize,
    /// The most lines that a head may have. Default 10 000.
    pub max_lines: usize,
    /// The most octets that a body may have. Default 64 MiB; 1 MiB for a server.
    pub max_body: usize,
    /// The most octets that a frame may have to be handed out in one piece. Longer ones come in parts, to a client as
    /// ESLP_IN_HEAD or ESLP_IN_HEAD_PART and ESLP_IN_BODY, from a decoder as ESLP_STEP_HEAD or ESLP_STEP_HEAD_PART and
    /// ESLP_STEP_BODY. Default: always in one piece. A host whose buffer is fixed sets this to the buffer's size, at
    /// least ESLP_BUFFER_MIN, and will never be asked for more than that. A server has its requests in one piece in any
    /// case.
    ///
    /// How long frames are on a real server: replies up to 553 octets, log lines and notices some hundred, plain events
    /// 2.4 kB on average and up to 10 kB (JSON the same, XML 1.75 times that), the reply to `connect` 4 kB for a
    /// loopback call and 8 to 12 kB for a SIP call. A buffer of 16 KiB has nearly all of them whole.
    pub max_buffered: usize,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// The smallest eslp_limits.max_buffered with which every frame is understood, and a connection ends for the same reason, with
/// the same counts and the same unanswered commands, as with a larger one. With a smaller one, a head that is longer ends
/// the connection.
pub const ESLP_BUFFER_MIN: usize = 256;

const _: () = assert!(ESLP_BUFFER_MIN == Limits::MIN);

/// Memory for a decoder, in octets, aligned as ESLP_ALIGN says. More than the library needs now.
pub const ESLP_DECODER_SIZE: usize = 384;

/// Cuts the octets of a stream into frames. See "Decoder".
pub struct eslp_decoder;

// SAFETY: C knows the type by name only; the mark is used once.
unsafe impl Opaque for eslp_decoder {
    type Inner = Decoder;
    const MARK: u64 = 0x6573_6c70_6465_6310;
}

const _: () = assert_size::<eslp_decoder>(ESLP_DECODER_SIZE);

numbers! {
    /// Who sends the octets that a decoder reads.
    pub enum eslp_sender {
        /// FreeSWITCH: the client's side. Its frames are messages.
        ESLP_FROM_SERVER = 1,
        /// A client: the server's side. Its frames are requests.
        ESLP_FROM_CLIENT = 2,
    }
}

numbers! {
    /// What eslp_decoder_decode() found at the front of the buffer.
    pub enum eslp_step_kind {
        /// Nothing; more octets must be read.
        ESLP_STEP_NONE = 0,
        /// A whole frame: `message`.
        ESLP_STEP_FRAME = 1,
        /// The whole head of a frame longer than eslp_limits.max_buffered: `message` without its body, which follows in parts;
        /// `remaining`, never 0.
        ESLP_STEP_HEAD = 2,
        /// The next octets of the body of the last head: `data`, `remaining`; and `lines`, if they are headers of a plain
        /// event.
        ESLP_STEP_BODY = 3,
        /// Lines of a head longer than eslp_limits.max_buffered, in the order of the wire: `lines`; `message.kind` and
        /// `message.format`, as far as the lines have told. More of the head follows until `head_ends` is not 0.
        ESLP_STEP_HEAD_PART = 4,
    }
}

/// What eslp_decoder_decode() found.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_step {
    /// Octets that are done with: take them off the front of the buffer before the next call, whatever came.
    pub consumed: usize,
    /// With ESLP_NEED_DATA: how long the buffer must be, after `consumed` have been taken off, for the next frame or
    /// head to be whole; 0 if that is not known yet.
    pub required: usize,
    /// An eslp_step_kind.
    pub kind: eslp_step_kind,
    /// With ESLP_STEP_HEAD_PART: whether these are the last lines of the head. Then `remaining` is the length of the
    /// body.
    pub head_ends: u8,
    /// With the last ESLP_STEP_HEAD_PART: whether the head has lost its end; see eslp_message_is_cut().
    pub is_cut: u8,
    /// The frame or head; valid as long as the octets in the buffer.
    pub message: eslp_message,
    /// Octets of a body, at least one; valid as long as they are in the buffer.
    pub data: eslp_bytes,
    /// With ESLP_STEP_HEAD_PART lines of a head, with ESLP_STEP_BODY those of `data` that are headers of a plain event:
    /// none after its blank line, the rest is the event's own body. See eslp_lines_next().
    pub lines: eslp_lines,
    /// With ESLP_STEP_HEAD and the last ESLP_STEP_HEAD_PART the octets of the body, with ESLP_STEP_BODY those after
    /// these; 0 ends the frame.
    pub remaining: u64,
    /// After an error: its position in the stream, counted from the first octet the decoder was given.
    pub error_offset: u64,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

impl From<Step<'_>> for eslp_step {
    fn from(step: Step<'_>) -> Self {
        let consumed = step.consumed();
        match step {
            Step::Frame { frame, .. } => Self {
                consumed,
                kind: eslp_step_kind::ESLP_STEP_FRAME,
                message: eslp_message::of_whole(frame),
                ..Self::ZERO
            },
            Step::HeadPart { lines, kind, end, .. } => Self {
                consumed,
                kind: eslp_step_kind::ESLP_STEP_HEAD_PART,
                head_ends: end.is_some().into(),
                is_cut: end.is_some_and(|end| end.is_cut).into(),
                message: eslp_message::of_head_part(kind),
                lines: lines.into(),
                remaining: end.map_or(0, |end| end.body_len as u64),
                ..Self::ZERO
            },
            Step::Head { head, body_len, .. } => Self {
                consumed,
                kind: eslp_step_kind::ESLP_STEP_HEAD,
                message: eslp_message::of_head(head),
                remaining: body_len as u64,
                ..Self::ZERO
            },
            Step::Body { data, lines, remaining, .. } => Self {
                consumed,
                kind: eslp_step_kind::ESLP_STEP_BODY,
                data: eslp_bytes::of(data),
                lines: lines.map_or(eslp_lines::ZERO, eslp_lines::from),
                remaining: remaining as u64,
                ..Self::ZERO
            },
            Step::NeedData { required, .. } => Self { consumed, required: required.unwrap_or_default(), ..Self::ZERO },
        }
    }
}

/// # Safety
/// As [`read`], but NULL stands for the defaults.
pub(crate) unsafe fn limits(pointer: *const eslp_limits, default: Limits) -> Outcome<Limits> {
    if pointer.is_null() {
        return Ok(default);
    }
    // SAFETY: not NULL, so the precondition of `read` is this function's.
    let limits = unsafe { read(pointer) }?;
    known(&limits.reserved)?;
    let or = |number, default| if number == 0 { default } else { number };
    Ok(Limits {
        max_head: or(limits.max_head, default.max_head),
        max_lines: or(limits.max_lines, default.max_lines),
        max_body: or(limits.max_body, default.max_body),
        max_buffered: or(limits.max_buffered, default.max_buffered),
    })
}

/// # Safety
/// As [`limits`].
unsafe fn decoder(sender: eslp_sender, limits: *const eslp_limits) -> Outcome<Decoder> {
    // SAFETY: the same precondition as this function's.
    let limits = unsafe { self::limits(limits, Limits::DEFAULT) }?;
    match sender {
        eslp_sender::ESLP_FROM_SERVER => Ok(Decoder::new(limits)),
        eslp_sender::ESLP_FROM_CLIENT => Ok(Decoder::for_requests(limits)),
        _ => Err(eslp_status::ESLP_UNKNOWN_NUMBER),
    }
}

/// The memory that eslp_decoder_init() needs of this library: at most ESLP_DECODER_SIZE.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_sizeof() -> usize {
    eslp_decoder::size()
}

/// How that memory must be aligned: at most ESLP_ALIGN.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_alignof() -> usize {
    eslp_decoder::align()
}

/// Makes a decoder in memory of the caller's, which must stay where it is until eslp_decoder_drop().
///
/// `sender` is an eslp_sender. Then eslp_decoder_decode().
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_init(
    memory: *mut c_void,
    size: usize,
    sender: eslp_sender,
    limits: *const eslp_limits,
    decoder: *mut *mut eslp_decoder,
) -> eslp_status {
    // SAFETY: by the contract with C, `limits` is an input, `decoder` is an output and `memory[..size]` is lent memory.
    run(|| unsafe {
        let out = Out::new(decoder)?;
        out.set(eslp_decoder::place(memory, size, self::decoder(sender, limits)?)?);
        Ok(())
    })
}

/// Ends a decoder in the caller's memory, which is free for other use then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_drop(decoder: *mut eslp_decoder) -> eslp_status {
    // SAFETY: by the contract with C, `decoder` is a handle.
    run(|| unsafe { eslp_decoder::end(decoder) })
}

/// Makes a decoder on the heap; eslp_decoder_free() it.
#[cfg(feature = "heap")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_new(
    sender: eslp_sender,
    limits: *const eslp_limits,
    decoder: *mut *mut eslp_decoder,
) -> eslp_status {
    // SAFETY: by the contract with C, `limits` is an input and `decoder` is an output.
    run(|| unsafe {
        let out = Out::new(decoder)?;
        out.set(eslp_decoder::allocate(self::decoder(sender, limits)?)?);
        Ok(())
    })
}

/// Gives a decoder on the heap back. NULL is fine.
#[cfg(feature = "heap")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_free(decoder: *mut eslp_decoder) {
    // SAFETY: by the contract with C, `decoder` is a handle.
    unsafe { eslp_decoder::give_back(decoder) }
}

/// Decodes the next frame or part in `buf`, which holds all octets read and not yet consumed.
///
/// Take `step->consumed` octets off the front before the next call, and read more before it if the status is
/// ESLP_NEED_DATA. Octets may come in any pieces; none is searched twice.
///
/// @return ESLP_OK, ESLP_NEED_DATA, or an error from ESLP_INVALID_LENGTH on if the framing is broken, then and on every
/// later call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_decode(
    decoder: *mut eslp_decoder,
    buf: *const c_void,
    len: usize,
    step: *mut eslp_step,
) -> eslp_status {
    // SAFETY: by the contract with C, `decoder` is a handle, `buf[..len]` is an input and `step` is an output.
    run(|| unsafe {
        let out = Out::new(step)?;
        let decoder = eslp_decoder::inner(decoder)?;
        let step = match decoder.decode(input(buf, len)?) {
            Ok(step) => step,
            Err(error) => {
                out.set(eslp_step { error_offset: error.offset, ..eslp_step::ZERO });
                return Err(eslp_status::of(error.code()));
            }
        };
        out.set(eslp_step::from(step));
        if matches!(step, Step::NeedData { .. }) { Err(eslp_status::ESLP_NEED_DATA) } else { Ok(()) }
    })
}

/// The broken reply or notice that the end of the stream leaves; `buf` is what was read and not consumed. It is the last
/// frame, and the server has written nothing behind it that would have ended it before.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_at_end(
    decoder: *const eslp_decoder,
    buf: *const c_void,
    len: usize,
    message: *mut eslp_message,
) -> eslp_status {
    // SAFETY: by the contract with C, `decoder` is a handle, `buf[..len]` is an input and `message` is an output.
    run(|| unsafe {
        let out = Out::new(message)?;
        let frame = eslp_decoder::inner_ref(decoder)?.at_end(input(buf, len)?).ok_or(eslp_status::ESLP_NOT_FOUND)?;
        out.set(eslp_message::of_whole(frame));
        Ok(())
    })
}

/// The number of octets of a frame that the end of the stream left incomplete, those that were handed out in parts
/// included; `buf` is what was read and not consumed. Blank lines do not count. 0 if something is wrong with the
/// arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_incomplete(
    decoder: *const eslp_decoder,
    buf: *const c_void,
    len: usize,
) -> usize {
    // SAFETY: by the contract with C, `decoder` is a handle and `buf[..len]` is an input.
    let (decoder, octets) = unsafe { (eslp_decoder::inner_ref(decoder), input(buf, len)) };
    match (decoder, octets) {
        (Ok(decoder), Ok(octets)) => decoder.incomplete(octets),
        (Err(_), _) | (_, Err(_)) => 0,
    }
}

/// The number of octets that this frame lacks; 0 if its head has not said how long it is, or something is wrong with the
/// arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_missing(decoder: *const eslp_decoder, buf: *const c_void, len: usize) -> usize {
    // SAFETY: by the contract with C, `decoder` is a handle and `buf[..len]` is an input.
    let (decoder, octets) = unsafe { (eslp_decoder::inner_ref(decoder), input(buf, len)) };
    match (decoder, octets) {
        (Ok(decoder), Ok(octets)) => decoder.missing(octets),
        (Err(_), _) | (_, Err(_)) => 0,
    }
}

/// Position in the stream of the buffer's first octet: all that was consumed. 0 if something is wrong with the argument.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_decoder_position(decoder: *const eslp_decoder) -> u64 {
    // SAFETY: by the contract with C, `decoder` is a handle.
    unsafe { eslp_decoder::inner_ref(decoder) }.map_or(0, |decoder| decoder.position())
}
