//! Dial strings: what they look like, that the server reads back what was meant, and that no text can add anything.

use esl_proto::dial::{
    Bridge, Destination, DialEncodeError, DialErrorKind as Kind, DialField as Field, DialHandle, DialParseErrorKind,
    DialString, Leg, LegList, Originate,
};
use esl_proto::{Command, Execute, Insufficient, SendMsg};
use proptest::prelude::*;

/// What `encode` writes, after checking that it says its length beforehand and writes nothing where that is not there.
fn written(
    len: Result<usize, esl_proto::dial::DialError>,
    encode: impl Fn(&mut [u8]) -> Result<usize, DialEncodeError>,
) -> Result<Vec<u8>, DialEncodeError> {
    let required = match len {
        Ok(required) => required,
        Err(error) => {
            let mut storage = [7; 64];
            assert_eq!(encode(&mut storage), Err(DialEncodeError::Refused(error)));
            assert_eq!(storage, [7; 64]);
            return Err(DialEncodeError::Refused(error));
        }
    };
    let mut short = vec![7; required - 1];
    assert_eq!(encode(&mut short), Err(DialEncodeError::Insufficient(Insufficient { required })));
    assert!(short.iter().all(|octet| *octet == 7));
    let mut storage = vec![7; required];
    assert_eq!(encode(&mut storage), Ok(required));
    Ok(storage)
}

fn originate(call: &Originate<'_>) -> Result<Vec<u8>, DialEncodeError> {
    written(call.encoded_len(), |out| call.encode(out).map(<[u8]>::len))
}

fn bridge(call: &Bridge<'_>) -> Result<Vec<u8>, DialEncodeError> {
    written(call.encoded_len(), |out| call.encode(out).map(<[u8]>::len))
}

fn shows(dial: DialString<'_>, expected: &str) {
    let call = Bridge::new(dial);
    let text = bridge(&call).unwrap();
    assert_eq!(String::from_utf8_lossy(&text), expected);
    assert_eq!(Bridge::parse(&text, &mut vec![0; text.len()]), Ok(call));
}

fn originates(call: Originate<'_>, expected: &str) {
    let line = originate(&call).unwrap();
    assert_eq!(String::from_utf8_lossy(&line), expected);
    assert_eq!(Originate::parse(&line, &mut vec![0; line.len()]), Ok(call));
    assert!(Command::api(&line).encoded_len().is_ok());
}

#[test]
fn dial_strings_as_they_are_written() {
    shows("user/1000".into(), "user/1000");
    shows(Leg::new("user/1000").variables(&[("a", "b c"), ("d", "e")]).into(), "[a=b c,d=e]user/1000");
    let legs = [Leg::new("user/1"), Leg::new("user/2")];
    shows(LegList::from(&legs).into(), "user/1,user/2");
    let lists = [LegList::from(&legs), LegList::from("user/3")];
    shows(DialHandle::new(&lists).variables(&[("x", "y")]).into(), "{x=y}user/1,user/2|user/3");
    let handles = [DialHandle::from("user/1"), DialHandle::new("user/2").variables(&[("c", "d")])];
    shows(DialString::new(&handles).variables(&[("a", "b")]), "<a=b>user/1:_:{c=d}user/2");
    shows("error/USER_BUSY".into(), "error/USER_BUSY");
    shows("group/sales@example.org".into(), "group/sales@example.org");
}

#[test]
fn a_value_with_a_comma_gets_another_delimiter() {
    let leg = DialHandle::new("user/1");
    shows(leg.variables(&[("a", "b,c"), ("d", "e")]).into(), "{^^;a=b,c;d=e}user/1");
    shows(leg.variables(&[("a", "b,c;"), ("d", "e")]).into(), "{^^~a=b,c;~d=e}user/1");
    shows(Leg::new("user/1").variables(&[("a", "b,c"), ("d", "e")]).into(), "[^^;a=b,c;d=e]user/1");
}

#[test]
fn originates_as_they_are_written() {
    let park = Destination::application("park", "");
    originates(Originate::new("user/1000", park), "originate user/1000 &park()");
    originates(
        Originate::new("user/1000", Destination::application("playback", "/tmp/a b.wav")),
        "originate user/1000 '&playback(/tmp/a b.wav)'",
    );
    originates(
        Originate::new("user/1000", Destination::extension("9664")).dialplan("XML").context("public").timeout_sec(30),
        "originate user/1000 9664 XML public undef undef 30",
    );
    let handle = DialHandle::new("user/1000").variables(&[("origination_caller_id_name", "A B"), ("x", "y")]);
    originates(
        Originate::new(handle, Destination::extension("9664")).cid_name("O'Hara X").cid_num("12"),
        r"originate '{origination_caller_id_name=A B,x=y}user/1000' 9664 undef undef 'O\'Hara X' 12",
    );
}

fn refuses(dial: DialString<'_>, kind: Kind, field: Field, leg: usize, item: usize, offset: usize) {
    match bridge(&Bridge::new(dial)) {
        Err(DialEncodeError::Refused(error)) => {
            let found = (error.kind, error.field, error.leg, error.item, error.offset);
            assert_eq!(found, (kind, field, leg, item, offset), "{dial:?}");
        }
        other => panic!("{dial:?} gives {other:?}"),
    }
}

#[test]
fn what_would_be_read_otherwise_is_refused_at_its_place() {
    refuses("".into(), Kind::Empty, Field::Endpoint, 0, 0, 0);
    refuses("user/1,user/2".into(), Kind::Separator, Field::Endpoint, 0, 0, 6);
    refuses("user/1|user/2".into(), Kind::Separator, Field::Endpoint, 0, 0, 6);
    refuses("user/1:_:user/2".into(), Kind::Separator, Field::Endpoint, 0, 0, 6);
    refuses("user/1\n".into(), Kind::LineEnd, Field::Endpoint, 0, 0, 6);
    refuses("us\0er/1".into(), Kind::Nul, Field::Endpoint, 0, 0, 2);
    refuses("us\x02er/1".into(), Kind::Control, Field::Endpoint, 0, 0, 2);
    refuses(" user/1".into(), Kind::Blank, Field::Endpoint, 0, 0, 0);
    refuses("[a=b]user/1".into(), Kind::Bracket, Field::Endpoint, 0, 0, 0);
    refuses("{a=b}user/1".into(), Kind::Bracket, Field::Endpoint, 0, 0, 0);
    refuses("undef".into(), Kind::Reserved, Field::Endpoint, 0, 0, 0);
    let leg = Leg::new("user/1");
    refuses(leg.variables(&[("a b", "c")]).into(), Kind::Blank, Field::VariableName, 0, 0, 1);
    refuses(leg.variables(&[("a", "b"), ("c=d", "e")]).into(), Kind::Separator, Field::VariableName, 0, 1, 1);
    refuses(leg.variables(&[("a", "b"), ("c", "")]).into(), Kind::Empty, Field::VariableValue, 0, 1, 0);
    refuses(leg.variables(&[("a", "b]user/2[c=d")]).into(), Kind::Bracket, Field::VariableValue, 0, 0, 1);
    refuses(leg.variables(&[("a", "${b}")]).into(), Kind::Expansion, Field::VariableValue, 0, 0, 0);
    refuses(DialHandle::new("user/1").variables(&[("a", "x}")]).into(), Kind::Bracket, Field::VariableValue, 0, 0, 1);
    let legs = [Leg::new("user/1"), Leg::new("user/2").variables(&[("a", "b\r")])];
    refuses(LegList::from(&legs).into(), Kind::LineEnd, Field::VariableValue, 1, 0, 1);
    let none: [Leg<'_>; 0] = [];
    refuses(LegList::from(&none).into(), Kind::Empty, Field::Endpoint, 0, 0, 0);

    let refuse = |destination, kind, field, offset| match originate(&Originate::new("user/1", destination)) {
        Err(DialEncodeError::Refused(error)) => {
            assert_eq!((error.kind, error.field, error.offset), (kind, field, offset))
        }
        other => panic!("{other:?}"),
    };
    refuse(Destination::extension("undef"), Kind::Reserved, Field::Extension, 0);
    refuse(Destination::extension("&park()"), Kind::Reserved, Field::Extension, 0);
    refuse(Destination::extension(""), Kind::Empty, Field::Extension, 0);
    refuse(Destination::application("a(b", ""), Kind::Bracket, Field::Application, 1);
    refuse(Destination::application("park", "a)b"), Kind::Bracket, Field::Argument, 1);
    refuse(Destination::application("park", "\n"), Kind::LineEnd, Field::Argument, 0);
    let late = Originate::new("user/1", Destination::extension("1")).timeout_sec(u32::MAX);
    assert!(matches!(originate(&late), Err(DialEncodeError::Refused(error)) if error.kind == Kind::TooGreat));
}

#[test]
fn lines_of_other_programs_are_read_as_the_server_reads_them() {
    let mut storage = [0; 256];
    let line = br"originate '{a=1,b=\'x, y\'}[c=d]user/1000,user/1001|sofia/gateway/gw/1' '&playback(a b)' XML default";
    let call = Originate::parse(line, &mut storage).unwrap();
    let [handle] = call.dial.handles.iter().collect::<Vec<_>>()[..] else { panic!() };
    let variables: Vec<_> = handle.variables.iter().collect();
    assert_eq!(variables, [(&b"a"[..], &b"1"[..]), (b"b", b"x, y")]);
    let lists: Vec<Vec<Leg<'_>>> = handle.leg_lists.iter().map(|list| list.iter().collect()).collect();
    assert_eq!(lists[0].len(), 2);
    assert_eq!(lists[0][0], Leg::new("user/1000").variables(&[("c", "d")]));
    assert_eq!(lists[1], [Leg::new("sofia/gateway/gw/1")]);
    assert_eq!(call.destination, Destination::application("playback", "a b"));
    assert_eq!((call.dialplan, call.context, call.cid_name), (Some(&b"XML"[..]), Some(&b"default"[..]), None));

    // Quotes that stand alone are taken off before the variables are split.
    let call = Originate::parse(b"originate {a=1,b='x, y'}user/1000 1", &mut storage).unwrap();
    let variables: Vec<_> = call.dial.handles.iter().flat_map(|handle| handle.variables.iter()).collect();
    assert_eq!(variables, [(&b"a"[..], &b"1"[..]), (b"b", b"x")]);
    let call = Originate::parse(b"originate {a=1}{b=2}{^^:c=3,4:d=5}user/1000 1", &mut storage).unwrap();
    let variables: Vec<_> = call.dial.handles.iter().flat_map(|handle| handle.variables.iter()).collect();
    assert_eq!(variables, [(&b"a"[..], &b"1"[..]), (b"b", b"2"), (b"c", b"3,4"), (b"d", b"5")]);

    let kind = |line: &[u8]| Originate::parse(line, &mut [0; 256]).unwrap_err().kind;
    assert_eq!(kind(b"status"), DialParseErrorKind::Unknown);
    assert_eq!(kind(b"originate user/1000"), DialParseErrorKind::Missing);
    assert_eq!(kind(b"originate {a=b user/1000 1"), DialParseErrorKind::Bracket);
    assert_eq!(Bridge::parse(b"user/1000", &mut [0; 3]).unwrap_err().kind, DialParseErrorKind::Storage);
    assert_eq!(Bridge::parse(b"user/${x}", &mut [0; 30]).unwrap_err().kind, DialParseErrorKind::Expansion);
}

#[test]
fn a_dial_string_fits_a_message() {
    let mut storage = [0; 64];
    let argument = Bridge::new("user/1000").encode(&mut storage).unwrap();
    assert!(Command::from(SendMsg::new(Execute::new("bridge", argument))).encoded_len().is_ok());
}

/// Octets that calls are made of: mostly harmless, often special to one of the server's readers.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let ordinary = prop::collection::vec(prop::sample::select(&b"abnrstz019/@.-_ "[..]), 1..8);
    let special =
        prop::collection::vec(prop::sample::select(&b"a ,|;:_'\\\"{}[]<>()$^=&%~!\t\n\0\x01\x02s"[..]), 0..10);
    let words =
        prop::sample::select(vec!["undef", "^^;", ":_:", "${a}", "&park()", "\\'", "''", "a,b", "x=y", "$$", "\\\\"]);
    prop_oneof![3 => ordinary, 4 => special, 1 => words.prop_map(|word| word.as_bytes().to_vec())]
}

type OwnedPairs = Vec<(Vec<u8>, Vec<u8>)>;
type OwnedLeg = (OwnedPairs, Vec<u8>);
type OwnedHandle = (OwnedPairs, Vec<Vec<OwnedLeg>>);

fn pairs() -> impl Strategy<Value = OwnedPairs> {
    let name = prop_oneof![9 => "[a-z_]{1,6}".prop_map(String::into_bytes), 1 => text()];
    prop::collection::vec((name, text()), 0..4)
}

fn handle() -> impl Strategy<Value = OwnedHandle> {
    let endpoint = prop_oneof![2 => "[a-z/@.0-9]{1,8}".prop_map(String::into_bytes), 1 => text()];
    let list = prop::collection::vec((pairs(), endpoint), 1..3);
    (pairs(), prop::collection::vec(list, 1..3))
}

/// Calls `check` with the dial string that all this makes.
fn with_dial(variables: &OwnedPairs, handles: &[OwnedHandle], check: impl FnOnce(DialString<'_>)) {
    fn slices(pairs: &OwnedPairs) -> Vec<(&[u8], &[u8])> {
        pairs.iter().map(|(name, value)| (&name[..], &value[..])).collect()
    }
    let leg_pairs: Vec<Vec<Vec<_>>> = handles
        .iter()
        .map(|(_, lists)| lists.iter().map(|list| list.iter().map(|(pairs, _)| slices(pairs)).collect()).collect())
        .collect();
    let legs: Vec<Vec<Vec<Leg<'_>>>> = handles
        .iter()
        .zip(&leg_pairs)
        .map(|((_, lists), pairs)| {
            lists
                .iter()
                .zip(pairs)
                .map(|(list, pairs)| {
                    list.iter()
                        .zip(pairs)
                        .map(|((_, endpoint), pairs)| Leg::new(endpoint).variables(&pairs[..]))
                        .collect()
                })
                .collect()
        })
        .collect();
    let lists: Vec<Vec<LegList<'_>>> =
        legs.iter().map(|lists| lists.iter().map(|legs| LegList::from(&legs[..])).collect()).collect();
    let handle_pairs: Vec<_> = handles.iter().map(|(pairs, _)| slices(pairs)).collect();
    let handles: Vec<DialHandle<'_>> = lists
        .iter()
        .zip(&handle_pairs)
        .map(|(lists, pairs)| DialHandle::new(&lists[..]).variables(&pairs[..]))
        .collect();
    let variables = slices(variables);
    check(DialString::new(&handles[..]).variables(&variables[..]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Whatever the texts hold: a call is refused, or it is read back as exactly what it was.
    #[test]
    fn writing_and_reading_are_inverse_and_nothing_can_be_added(
        variables in pairs(), handles in prop::collection::vec(handle(), 1..3), texts in prop::collection::vec(text(), 6),
        flags in any::<[bool; 6]>(), seconds in any::<u32>(),
    ) {
        with_dial(&variables, &handles, |dial| {
            let call = Bridge::new(dial);
            if let Ok(argument) = bridge(&call) {
                assert_eq!(Bridge::parse(&argument, &mut vec![0; argument.len()]), Ok(call), "{}", argument.escape_ascii());
            }
            let destination = match flags[0] {
                true => Destination::extension(&texts[0]),
                false => Destination::application(&texts[0], &texts[1]),
            };
            let given = |index: usize| flags[index].then_some(&texts[index][..]);
            let call = Originate {
                dialplan: given(1), context: given(2), cid_name: given(3), cid_num: given(4),
                timeout_sec: flags[5].then_some(seconds % (1 << 31)), ..Originate::new(dial, destination)
            };
            if let Ok(line) = originate(&call) {
                assert_eq!(Originate::parse(&line, &mut vec![0; line.len()]), Ok(call), "{}", line.escape_ascii());
                assert!(Command::api(&line).encoded_len().is_ok());
            }
            let _shown = format!("{call:?}");
        });
    }

    /// No text makes reading panic or write more than it was given; what is read can be shown and, unless refused,
    /// written and read again.
    #[test]
    fn reading_any_text_never_panics(text in prop::collection::vec(prop::sample::select(&b"ab ,|;:_'\\{}[]<>()$^=&%sn\0\x01"[..]), 0..60)) {
        let mut storage = vec![0; text.len()];
        if let Ok(call) = Bridge::parse(&text, &mut storage) {
            let _shown = format!("{call:?}");
            if let Ok(again) = bridge(&call) {
                assert_eq!(Bridge::parse(&again, &mut vec![0; again.len()]), Ok(call));
            }
        }
        let line = [b"originate ", &text[..]].concat();
        let mut storage = vec![0; line.len()];
        if let Ok(call) = Originate::parse(&line, &mut storage)
            && let Ok(again) = originate(&call)
        {
            assert_eq!(Originate::parse(&again, &mut vec![0; again.len()]), Ok(call));
        }
    }
}
