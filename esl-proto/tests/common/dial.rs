//! Any dial string, and what all calls hold to when they are written.

use esl_proto::Command;
use esl_proto::command::{Execute, SendMsg};
use esl_proto::dial::{
    Bridge, Destination, DialEncodeError, DialError, DialHandle, DialReadError, DialString, Leg, LegList, Originate,
};
use esl_proto::text::Insufficient;

pub(crate) type Written = Result<Vec<u8>, DialError>;

/// What is written into storage of exactly its length, after checking that all shorter storage is refused, and the length told.
fn written(
    required: Result<usize, DialError>,
    encode: impl Fn(&mut [u8]) -> Result<usize, DialEncodeError>,
) -> Written {
    let required = match required {
        Ok(required) => required,
        Err(error) => {
            let mut storage = [7; 16];
            assert_eq!(encode(&mut storage), Err(DialEncodeError::Refused(error)));
            return Err(error);
        }
    };
    let mut short = vec![7; required - 1];
    assert_eq!(encode(&mut short), Err(DialEncodeError::Insufficient(Insufficient { required })));
    assert_eq!(encode(&mut []), Err(DialEncodeError::Insufficient(Insufficient { required })));
    let mut storage = vec![7; required + 3];
    assert_eq!(encode(&mut storage), Ok(required));
    assert_eq!(storage.split_off(required), [7; 3]);
    Ok(storage)
}

/// The call as a line, after checking that it reads back and that the event socket takes it.
pub(crate) fn line(call: &Originate<'_>) -> Written {
    let line = written(call.encoded_len(), |out| call.encode(out).map(<[u8]>::len))?;
    let mut storage = vec![7; line.len()];
    assert_eq!(Originate::parse(&line, &mut storage), Ok(*call), "{}", line.escape_ascii());
    let error = DialReadError::Insufficient(Insufficient { required: line.len() });
    assert_eq!(Originate::parse(&line, &mut vec![7; line.len() - 1]), Err(error));
    assert!(Command::api(&line).encoded_len().is_ok() && Command::bgapi(&line).encoded_len().is_ok());
    Ok(line)
}

/// The dial string as an application's argument, after the same checks.
pub(crate) fn argument(dial: DialString<'_>) -> Written {
    let call = Bridge::new(dial);
    let argument = written(call.encoded_len(), |out| call.encode(out).map(<[u8]>::len))?;
    let mut storage = vec![7; argument.len()];
    assert_eq!(Bridge::parse(&argument, &mut storage), Ok(call), "{}", argument.escape_ascii());
    assert!(Command::from(SendMsg::new(Execute::new("bridge", &argument))).encoded_len().is_ok());
    Ok(argument)
}

pub(crate) const PARK: Destination<'static> = Destination::Application { app: b"park", arg: b"" };

pub(crate) type OwnedPairs = Vec<(Vec<u8>, Vec<u8>)>;
pub(crate) type OwnedLeg = (OwnedPairs, Vec<u8>);
pub(crate) type OwnedHandle = (OwnedPairs, Vec<Vec<OwnedLeg>>);

fn borrowed(pairs: &OwnedPairs) -> Vec<(&[u8], &[u8])> {
    pairs.iter().map(|(name, value)| (&name[..], &value[..])).collect()
}

/// Calls `check` with the dial string that is made of these.
pub(crate) fn with_dial(all: &OwnedPairs, handles: &[OwnedHandle], check: impl FnOnce(DialString<'_>)) {
    let all = borrowed(all);
    let variables: Vec<_> = handles.iter().map(|(pairs, _)| borrowed(pairs)).collect();
    let flat: Vec<_> = handles.iter().flat_map(|(_, lists)| lists.iter().flatten()).collect();
    let leg_variables: Vec<_> = flat.iter().map(|(pairs, _)| borrowed(pairs)).collect();
    let legs: Vec<_> = flat
        .iter()
        .zip(&leg_variables)
        .map(|((_, endpoint), variables)| Leg::new(endpoint).variables(&variables[..]))
        .collect();
    let mut rest = &legs[..];
    let mut lists = Vec::new();
    for list in handles.iter().flat_map(|(_, lists)| lists) {
        let (front, back) = rest.split_at(list.len());
        lists.push(LegList::from(front));
        rest = back;
    }
    let mut rest = &lists[..];
    let mut made = Vec::new();
    for ((_, lists), variables) in handles.iter().zip(&variables) {
        let (front, back) = rest.split_at(lists.len());
        made.push(DialHandle::new(front).variables(&variables[..]));
        rest = back;
    }
    check(DialString::new(&made[..]).variables(&all[..]));
}
