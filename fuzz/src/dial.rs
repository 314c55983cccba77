//! Whatever a call is made of: it is refused, or it reads back as exactly what it was. Whatever a line says: what is
//! understood of it can be written, unless refused, and then reads the same.

use arbitrary::{Result, Unstructured};
use esl_proto::dial::{Bridge, Destination, DialReadError, DialString, DialStringBuf, Originate};

use crate::any_dial::{OwnedHandle, OwnedPairs, PARK, argument, line, with_dial};
use crate::texts::{several, text};

/// See the module. The first octet says whether the rest is a line or what a call is made of.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((0, text)) => read(text),
        // An input that is too short says nothing.
        Some((_, parts)) => {
            let _ = write(&mut Unstructured::new(parts));
        }
        None => {}
    }
}

fn read(text: &[u8]) {
    let mut storage = vec![7; text.len()];
    match Originate::parse(text, &mut storage) {
        Ok(call) => {
            assert!(!format!("{call:?}").is_empty());
            let _refused = line(&call).is_err();
        }
        Err(DialReadError::Refused(error)) => assert!(error.offset <= text.len() && !error.to_string().is_empty()),
        Err(DialReadError::Insufficient(error)) => panic!("{error}"),
    }
    let mut storage = vec![7; text.len()];
    match Bridge::parse(text, &mut storage) {
        Ok(call) => {
            assert!(!format!("{call:?}").is_empty());
            let _refused = argument(call.dial).is_err();
            let owned = DialStringBuf::parse(text).unwrap();
            assert_eq!((owned.as_bytes(), owned.as_dial_string()), (text, call.dial));
        }
        Err(DialReadError::Refused(error)) => assert!(error.offset <= text.len() && !error.to_string().is_empty()),
        Err(DialReadError::Insufficient(error)) => panic!("{error}"),
    }
}

fn pairs(u: &mut Unstructured<'_>) -> Result<OwnedPairs> {
    several(u, 3, |u| Ok((text(u)?, text(u)?)))
}

fn handle(u: &mut Unstructured<'_>) -> Result<OwnedHandle> {
    let variables = pairs(u)?;
    let lists = several(u, 2, |u| several(u, 2, |u| Ok((pairs(u)?, text(u)?))))?;
    Ok((variables, lists))
}

fn write(u: &mut Unstructured<'_>) -> Result<()> {
    let all = pairs(u)?;
    let handles = several(u, 2, handle)?;
    let is_application: bool = u.arbitrary()?;
    let target = [text(u)?, text(u)?];
    let texts = (0..4).map(|_| Ok(if u.arbitrary()? { Some(text(u)?) } else { None })).collect::<Result<Vec<_>>>()?;
    let timeout_sec = u.arbitrary()?;
    with_dial(&all, &handles, |dial: DialString<'_>| {
        let _refused = argument(dial).is_err();
        // Alone, for what follows can make it refused.
        let _refused = line(&Originate::new(dial, PARK)).is_err();
        let [dialplan, context, cid_name, cid_num] = [0, 1, 2, 3].map(|place: usize| texts[place].as_deref());
        let destination = match is_application {
            true => Destination::application(&target[0], &target[1]),
            false => Destination::extension(&target[0]),
        };
        let call = Originate { dial, destination, dialplan, context, cid_name, cid_num, timeout_sec };
        assert!(line(&call).err().is_none_or(|error| !error.to_string().is_empty()));
        assert!(!format!("{call:?}").is_empty());
    });
    Ok(())
}
