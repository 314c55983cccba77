//! Writing onto the end of a `Vec`.

use alloc::vec::Vec;

use crate::client::SendError;
use crate::command::EncodeError;
#[cfg(feature = "dial")]
use crate::dial::DialEncodeError;

/// An error that may tell how much room is needed.
pub(crate) trait Required {
    fn required(&self) -> Option<usize>;
}

macro_rules! required {
    ($($(#[$meta:meta])* $error:ty)+) => {$(
        $(#[$meta])*
        impl Required for $error {
            fn required(&self) -> Option<usize> {
                <$error>::required(self)
            }
        }
    )+};
}

required! {
    SendError
    EncodeError
    #[cfg(feature = "dial")]
    DialEncodeError
}

/// Room for most commands: with it nothing is written twice.
const ROOM: usize = 256;

/// Appends what `write` writes, whose length `len` tells: all of it, or nothing if it fails.
pub(crate) fn append<T, E: Required>(
    out: &mut Vec<u8>,
    len: impl Fn(&T) -> usize,
    mut write: impl FnMut(&mut [u8]) -> Result<T, E>,
) -> Result<T, E> {
    let start = out.len();
    let mut room = ROOM;
    loop {
        out.resize(start.saturating_add(room), 0);
        let written = write(out.get_mut(start..).unwrap_or_default());
        out.truncate(start.saturating_add(written.as_ref().map_or(0, &len)));
        match written {
            Ok(written) => return Ok(written),
            Err(error) => room = error.required().filter(|required| *required > room).ok_or(error)?,
        }
    }
}
