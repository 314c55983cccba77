//! The parts of dial strings: whatever they are made of, they are refused, or mean what was meant.

use std::ptr::null_mut;

use arbitrary::{Result, Unstructured};
use c_library::dial::{eslp_dial_fault, eslp_endpoint, eslp_endpoint_kind, eslp_hook};
use c_library::pairs::{eslp_pair, eslp_pairs};
use c_library::status::eslp_status;

use super::client::{list, option, pairs, texts};
use super::memory::{Memory, bytes, exact, zeroed};
use super::{OK, messages};
use crate::c_functions::*;
use crate::texts::text;

const SHORT: eslp_status = eslp_status::ESLP_DIAL_INSUFFICIENT;

/// Writes one of each kind, in memory of exactly its length, and reads what can be read.
pub(super) fn step(u: &mut Unstructured<'_>) -> Result<()> {
    let texts = texts(u)?;
    let pairs = pairs(&texts);
    let endpoint = eslp_endpoint {
        kind: eslp_endpoint_kind(u.int_in_range(0..=11)?),
        profile: option(u, &texts[0])?,
        name: option(u, &texts[1])?,
        domain: option(u, &texts[2])?,
        context: option(u, &texts[3])?,
        dialplan: option(u, &texts[4])?,
        ..zeroed()
    };
    // SAFETY: the memory is as long as said, and the texts are there.
    let _ = written(|out, len, fault| unsafe { eslp_endpoint_encode(&endpoint, out.at(), out.len(), len, fault) });

    let (hook, app) = (eslp_hook(u.int_in_range(0..=8)?), option(u, &texts[0])?);
    let (arg, in_background): (_, bool) = (bytes(&texts[1]), u.arbitrary()?);
    let _ = written(|out, len, fault| {
        let mut variable: eslp_pair = zeroed();
        // SAFETY: as above.
        let status =
            unsafe { eslp_hook_encode(hook, app, arg, in_background, out.at(), out.len(), &mut variable, fault) };
        assert_eq!(status == OK, !variable.name.data.is_null());
        // SAFETY: it lies on the stack of `written`.
        unsafe { *len = variable.value.len };
        status
    });

    let apps = list(u, &pairs)?;
    // SAFETY: as above.
    let inline = |apps: &eslp_pairs| {
        written(|out, len, fault| unsafe { eslp_inline_encode(apps, out.at(), out.len(), len, fault) })
    };
    if let Some(text) = inline(&apps) {
        let (read, _storage) = parse(text.octets()).expect("what was written can be read");
        assert_eq!(inline(&read).expect("it was written before").octets(), text.octets());
    }
    let any = exact(&text(u)?);
    if let Some((read, storage)) = parse(&any) {
        messages::about_pairs(&read, storage.octets());
        let _ = inline(&read);
    }
    Ok(())
}

/// What is written, in memory of exactly its length; [`None`] if it is refused.
fn written(mut write: impl FnMut(&Memory, *mut usize, *mut eslp_dial_fault) -> eslp_status) -> Option<Memory> {
    let (mut len, mut fault): (_, eslp_dial_fault) = (0, zeroed());
    let status = write(&Memory::new(0, 1), &mut len, &mut fault);
    if status != SHORT {
        assert!(status.0 < 0, "{status:?}");
        return None;
    }
    let (short, out) = (Memory::new(len - 1, 1), Memory::new(len, 1));
    assert_eq!(write(&short, &mut len, null_mut()), SHORT);
    assert_eq!((write(&out, &mut len, null_mut()), len), (OK, out.len()));
    Some(out)
}

/// The applications that a text says, in storage of exactly as much as is promised to be enough.
fn parse(text: &[u8]) -> Option<(eslp_pairs, Memory)> {
    let storage = Memory::new(text.len() + 1, 1);
    let (mut apps, mut offset): (eslp_pairs, _) = (zeroed(), 0);
    // SAFETY: the storage is as long as said, and lives as long as the applications.
    let status = unsafe { eslp_inline_parse(bytes(text), storage.at(), storage.len(), &mut apps, &mut offset) };
    if status != OK {
        assert!(matches!(status.0, -599..=-552) && offset <= text.len(), "{status:?} {offset}");
        return None;
    }
    Some((apps, storage))
}
