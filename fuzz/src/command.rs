//! Whatever a command is made of: it is refused, or it is on the wire exactly what it was.

use arbitrary::{Result, Unstructured};

use crate::any_command::{Parts, encode, reads_back, request};
use crate::texts::text;

/// See the module.
pub fn run(data: &[u8]) {
    // An input that is too short says nothing.
    let Ok(parts) = parts(&mut Unstructured::new(data)) else { return };
    parts.with(|command| {
        match encode(&command) {
            Ok(wire) => {
                reads_back(&wire, &command);
                assert_eq!(command.body(), request(&wire).body());
                let owned = command.into_owned().unwrap();
                assert_eq!((owned.as_bytes(), owned.as_command()), (&wire[..], command));
            }
            Err(error) => assert!(!error.to_string().is_empty() && command.into_owned().is_err()),
        }
        assert!(!format!("{command:?}").is_empty());
    });
}

fn parts(u: &mut Unstructured<'_>) -> Result<Parts> {
    Ok(Parts {
        kind: u.choose_index(Parts::KINDS)?,
        numbers: u.arbitrary()?,
        flags: u.arbitrary()?,
        items: u.choose_index(Parts::ITEMS)?,
        texts: (0..Parts::TEXTS).map(|_| text(u)).collect::<Result<_>>()?,
    })
}
