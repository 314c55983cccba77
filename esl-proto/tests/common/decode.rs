//! Decoding a stream that arrives in pieces.

use std::ops::Range;

use esl_proto::frame::{DecodeError, Step};
use esl_proto::{Decoder, Frame, Limits};

/// What a decoder makes of a stream.
#[derive(Debug, PartialEq)]
pub(crate) struct Run<'s> {
    /// The frames, each with the position in the stream where it ends.
    pub(crate) frames: Vec<(Frame<'s>, usize)>,
    /// The octets of an incomplete frame at the end, or what broke the framing.
    pub(crate) end: Result<usize, DecodeError>,
}

/// Decodes `stream`. Each of `arrivals` says how many of its octets are there before the decoder is asked again.
pub(crate) fn decode(stream: &[u8], arrivals: impl IntoIterator<Item = usize>) -> Run<'_> {
    decode_with(stream, arrivals, |_, _, _| {})
}

/// [`decode`], with a look at every need for more: how many frames came before, which part of the stream the decoder
/// has and has not consumed, and how much it says it requires.
pub(crate) fn decode_with(
    stream: &[u8],
    arrivals: impl IntoIterator<Item = usize>,
    mut look: impl FnMut(usize, Range<usize>, Option<usize>),
) -> Run<'_> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut frames = Vec::new();
    let (mut from, mut to) = (0, 0);
    for arrived in arrivals {
        to = arrived;
        // Ends: every frame takes octets, and the first need is the last.
        loop {
            let step = match decoder.decode(&stream[from..to]) {
                Ok(step) => step,
                Err(error) => return Run { frames, end: Err(error) },
            };
            from += step.consumed();
            assert_eq!(decoder.position(), from as u64);
            match step {
                Step::Frame { frame, consumed } => {
                    assert!(consumed > 0, "a frame of no octets at {from}");
                    frames.push((frame, from));
                }
                Step::NeedData { required, .. } => {
                    look(frames.len(), from..to, required);
                    break;
                }
                other => panic!("{other:?}, but no frame is too long to be whole"),
            }
        }
    }
    Run { frames, end: Ok(decoder.incomplete(&stream[from..to])) }
}
