//! Limits, and splitting a stream into frames.

use crate::number::numbers;
use core::ffi::c_void;

use esl_core::frame::Step;
use esl_core::{Decoder, Limits};

use crate::handle::{Handle, Look, Opaque as _};
use crate::message::{eslp_lines, eslp_message};
use crate::octets::eslp_bytes;
use crate::ptr::{Call, In, Lent, Out, Outcome, Plain as _, ask, known, run};
use crate::status::eslp_status;

/// The limits of a decoder, and the size from which frames are handed out in parts.
///
/// A frame that exceeds a limit ends the connection: its end cannot be found without buffering it. 0 is the default,
/// and a NULL pointer to this struct means all defaults.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_limits {
    /// The most bytes that a head may have, in parts or whole. Default 1 MiB; 64 KiB for a server.
    pub max_head: usize,
    /// The most lines that a head may have. Default 10 000.
    pub max_lines: usize,
    /// The most bytes that a body may have. Default 64 MiB; 1 MiB for a server.
    pub max_body: usize,
    /// The most bytes that a frame may have to be handed out in one piece. Longer ones come in parts, to a client as
    /// ESLP_IN_HEAD or ESLP_IN_HEAD_PART and ESLP_IN_BODY, from a decoder as ESLP_STEP_HEAD or ESLP_STEP_HEAD_PART and
    /// ESLP_STEP_BODY. Default: always in one piece. A host whose buffer is fixed sets this to the buffer's size, at
    /// least ESLP_BUFFER_MIN, and will never be asked for more than that. A server has its requests in one piece in any
    /// case.
    ///
    /// How long frames are on a real server: replies up to 553 bytes, log lines and notices some hundred, plain events
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

/// Memory for a decoder, in bytes, aligned as ESLP_ALIGN says. More than the library needs now.
pub const ESLP_DECODER_SIZE: usize = 384;

/// Cuts the bytes of a stream into frames. See "Decoder".
pub struct eslp_decoder;

numbers! {
    /// Who sends the bytes that a decoder reads.
    pub enum eslp_sender {
        /// FreeSWITCH: the client's side. Its frames are messages.
        ESLP_FROM_SERVER = 1,
        /// A client: the server's side. Its frames are requests.
        ESLP_FROM_CLIENT = 2,
    }

    /// What eslp_decoder_decode() found at the front of the buffer.
    pub enum eslp_step_kind {
        /// Nothing; more bytes must be read.
        ESLP_STEP_NONE = 0,
        /// A whole frame: `message`.
        ESLP_STEP_FRAME = 1,
        /// The whole head of a frame longer than eslp_limits.max_buffered: `message` without its body, which follows in parts;
        /// `remaining`, never 0.
        ESLP_STEP_HEAD = 2,
        /// The next bytes of the body of the last head: `data`, `remaining`; and `lines`, if they are headers of a plain
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
    /// Bytes to remove from the front of the buffer before the next call, whatever was returned.
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
    /// The frame or head; valid as long as the bytes in the buffer.
    pub message: eslp_message,
    /// Bytes of a body, at least one; valid as long as they are in the buffer.
    pub data: eslp_bytes,
    /// With ESLP_STEP_HEAD_PART lines of a head, with ESLP_STEP_BODY those of `data` that are headers of a plain event:
    /// none after its blank line, the rest is the event's own body. See eslp_lines_next().
    pub lines: eslp_lines,
    /// With ESLP_STEP_HEAD and the last ESLP_STEP_HEAD_PART the bytes of the body, with ESLP_STEP_BODY those after
    /// these; 0 ends the frame.
    pub remaining: u64,
    /// After an error: its position in the stream, counted from the first byte the decoder was given.
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

impl eslp_limits {
    pub(crate) fn limits(&self, default: Limits) -> Outcome<Limits> {
        known(&self.reserved)?;
        let or = |number, default| if number == 0 { default } else { number };
        Ok(Limits {
            max_head: or(self.max_head, default.max_head),
            max_lines: or(self.max_lines, default.max_lines),
            max_body: or(self.max_body, default.max_body),
            max_buffered: or(self.max_buffered, default.max_buffered),
        })
    }
}

impl In<eslp_limits> {
    /// NULL stands for the defaults.
    pub(crate) fn limits(self, default: Limits, call: Call<'_>) -> Outcome<Limits> {
        self.optional(call)?.map_or(Ok(default), |limits| limits.limits(default))
    }
}

fn decoder(sender: eslp_sender, limits: In<eslp_limits>, call: Call<'_>) -> Outcome<Decoder> {
    let limits = limits.limits(Limits::DEFAULT, call)?;
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
pub extern "C" fn eslp_decoder_init(
    memory: Lent, size: usize, sender: eslp_sender, limits: In<eslp_limits>, decoder: Out<*mut eslp_decoder>,
) -> eslp_status {
    decoder.give(|call| eslp_decoder::place(memory, size, self::decoder(sender, limits, call)?))
}

/// Ends a decoder in the caller's memory, which is free for other use then.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_drop(decoder: Handle<eslp_decoder>) -> eslp_status {
    decoder.end()
}

/// Makes a decoder on the heap; eslp_decoder_free() it.
#[cfg(feature = "heap")]
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_new(
    sender: eslp_sender, limits: In<eslp_limits>, decoder: Out<*mut eslp_decoder>,
) -> eslp_status {
    decoder.give(|call| eslp_decoder::allocate(self::decoder(sender, limits, call)?))
}

/// Gives a decoder on the heap back. NULL is fine.
#[cfg(feature = "heap")]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_free(decoder: Handle<eslp_decoder>) {
    decoder.give_back()
}

/// Decodes the next frame or part in `buf`, which holds all bytes read and not yet consumed.
///
/// Remove `step->consumed` bytes from the front before the next call, and read more first if the status is
/// ESLP_NEED_DATA. Bytes may arrive in any pieces; none is searched twice.
///
/// @return ESLP_OK, ESLP_NEED_DATA, or an error from ESLP_INVALID_LENGTH on if the framing is broken, then and on every
/// later call.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_decode(
    decoder: Handle<eslp_decoder>, buf: In<c_void>, len: usize, step: Out<eslp_step>,
) -> eslp_status {
    run(|call| {
        let mut out = step.nothing(call)?;
        match decoder.get(call)?.decode(buf.octets(len, call)?) {
            Ok(step) => {
                out.set(step.into());
                if matches!(step, Step::NeedData { .. }) { Err(eslp_status::ESLP_NEED_DATA) } else { Ok(()) }
            }
            Err(error) => {
                out.set(eslp_step { error_offset: error.offset, ..eslp_step::ZERO });
                Err(eslp_status::of(error.code()))
            }
        }
    })
}

/// The broken reply or notice that the end of the stream leaves; `buf` is what was read and not consumed. It is the last
/// frame, and the server has written nothing behind it that would have ended it before.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_at_end(
    decoder: Look<eslp_decoder>, buf: In<c_void>, len: usize, message: Out<eslp_message>,
) -> eslp_status {
    message.find(|call| Ok(decoder.get(call)?.at_end(buf.octets(len, call)?).map(eslp_message::of_whole)))
}

/// The number of bytes of a frame that the end of the stream left incomplete, those that were handed out in parts
/// included; `buf` is what was read and not consumed. Blank lines do not count. 0 if an argument is invalid.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_incomplete(decoder: Look<eslp_decoder>, buf: In<c_void>, len: usize) -> usize {
    ask(0, |call| Ok(decoder.get(call)?.incomplete(buf.octets(len, call)?)))
}

/// The number of bytes missing from this frame; 0 if its length is not known from its head, or an argument is invalid.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_missing(decoder: Look<eslp_decoder>, buf: In<c_void>, len: usize) -> usize {
    ask(0, |call| Ok(decoder.get(call)?.missing(buf.octets(len, call)?)))
}

/// Position in the stream of the buffer's first byte: all that was consumed. 0 if the argument is invalid.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_decoder_position(decoder: Look<eslp_decoder>) -> u64 {
    decoder.ask(0, |decoder| decoder.position())
}
