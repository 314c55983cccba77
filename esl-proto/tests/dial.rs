//! Calls: what they look like on the wire, that they read back, and that nothing a caller passes can forge one.
#![cfg(feature = "dial")]

#[path = "common/dial.rs"]
mod common;

use common::{OwnedHandle, OwnedPairs, PARK, Written, argument, line, with_dial};
use esl_proto::command::app::{App, AppEncodeError, AppError, AppErrorKind, AppField, Text};
use esl_proto::dial::{
    Bridge, Destination, DialEncodeError, DialError, DialErrorKind as Kind, DialField as Field, DialHandle,
    DialHandles, DialParseError, DialParseErrorKind as ParseKind, DialReadError, DialString, Endpoint, FlatLeg, Hook,
    Inline, InlineError, Join, Leg, LegList, LegSource, Originate, ReadVariables, Task, Variables,
};
use esl_proto::name::HangupCause;
use esl_proto::text::Insufficient;
use proptest::prelude::*;

/// Checks a dial string in both its dresses.
fn dials<'a>(dial: impl Into<DialString<'a>>, in_originate: &str, in_bridge: &str) {
    let dial = dial.into();
    let text = |written: Written| String::from_utf8(written.unwrap()).unwrap();
    assert_eq!(text(line(&Originate::new(dial, PARK))), format!("originate {in_originate} &park()"));
    assert_eq!(text(argument(dial)), in_bridge);
}

fn dials_alike<'a>(dial: impl Into<DialString<'a>>, wire: &str) {
    dials(dial, wire, wire);
}

#[test]
fn legs_lists_and_handles_on_the_wire() {
    dials_alike("user/1000", "user/1000");
    dials_alike(&b"error/USER_BUSY"[..], "error/USER_BUSY");
    dials_alike("sofia/internal/1000@[2001:db8::1]:5060", "sofia/internal/1000@[2001:db8::1]:5060");
    dials_alike(Leg::new("user/1").variables(&[("leg_timeout", "10")]), "[leg_timeout=10]user/1");
    let legs = [Leg::new("user/1"), Leg::new("user/2").variables(&[("leg_delay_start", "5"), ("a", "b")])];
    dials_alike(&legs, "user/1,[leg_delay_start=5,a=b]user/2");
    let lists = [LegList::from(&legs), LegList::from("group/sales"), LegList::from("loopback/9/default")];
    dials_alike(&lists, "user/1,[leg_delay_start=5,a=b]user/2|group/sales|loopback/9/default");
    let handle = DialHandle::new(&lists[1..]).variables(&[("originate_timeout", "20")]);
    dials_alike(handle, "{originate_timeout=20}group/sales|loopback/9/default");
    let handles = [handle, DialHandle::from(&legs[..1]), DialHandle::from("user/3")];
    dials_alike(&handles, "{originate_timeout=20}group/sales|loopback/9/default:_:user/1:_:user/3");
    dials_alike(
        DialString::new(&handles[1..]).variables(&[("ignore_early_media", "true"), ("x", "y")]),
        "<ignore_early_media=true,x=y>user/1:_:user/3",
    );
    let one = DialString::new(handle).variables(&[("x", "y")]);
    dials_alike(one, "<x=y>{originate_timeout=20}group/sales|loopback/9/default");
    assert_eq!(DialString::from("user/1"), DialString::from(&legs[..1]));
    assert_ne!(DialString::from("user/1"), DialString::from(&legs));
    assert!(Variables::from(&[("a", "b")]) != Variables::NONE);
    assert_eq!(
        format!("{:?}", Bridge::new(Leg::new("user/\u{e9}").variables(&[("a", "b")]))),
        "Bridge { dial: DialString { variables: [], handles: [DialHandle { variables: [], leg_lists: \
         [[Leg { variables: [(\"a\", \"b\")], endpoint: \"user/\\xc3\\xa9\" }]] }] } }"
    );
}

fn handle_with(pairs: &[(&str, &str)], in_originate: &str, in_bridge: &str) {
    dials(
        DialHandle::new("user/1").variables(pairs),
        &in_originate.replace('@', "user/1"),
        &in_bridge.replace('@', "user/1"),
    );
}

#[test]
fn values_in_braces_on_the_wire() {
    // Blanks within a value need no care but for the argument splitter; at its ends, they would be dropped.
    handle_with(&[("a", "b c")], "'{a=b c}@'", "{a=b c}@");
    handle_with(&[("a", " b ")], r"{a=\\\\sb\\\\s}@", r"{a=\\\\sb\\\\s}@");
    handle_with(&[("a", " ")], r"{a=\\\\s}@", r"{a=\\\\s}@");
    handle_with(&[("a", "  b\t")], "'{a=\\\\\\\\s b\t}@'", "{a=\\\\\\\\s b\t}@");
    // Commas: another delimiter, or backslashes if all others occur.
    handle_with(&[("a", "1,2"), ("b", "3")], "{^^;a=1,2;b=3}@", "{^^;a=1,2;b=3}@");
    handle_with(&[("a", "1,2;"), ("b", "3")], "{^^~a=1,2;~b=3}@", "{^^~a=1,2;~b=3}@");
    handle_with(&[("a", "1,2"), ("b", ";~!")], "{^^#a=1,2#b=;~!}@", "{^^#a=1,2#b=;~!}@");
    let all = ";~!#*+&.?/%,@";
    dials(
        DialHandle::new("user/1").variables(&[("a", all), ("b", "c")]),
        r"{a=;~!#*+&.?/%\\,@,b=c}user/1",
        r"{a=;~!#*+&.?/%\\,@,b=c}user/1",
    );
    // Three layers in originate; two and the expansion in bridge, which takes off backslashes only.
    handle_with(&[("a", "it's")], r"{a=it\\\\\\\'s}@", r"{a=it\\\\\\'s}@");
    handle_with(&[("a", r"\n")], r"{a=\\\\\\\\n}@", r"{a=\\\\\\\\n}@");
    handle_with(&[("a", r#""x""#), ("b", "c=d|e")], r#"{a="x",b=c=d|e}@"#, r#"{a="x",b=c=d|e}@"#);
    // Brackets that pair up, and others that nobody counts here.
    handle_with(&[("a", "{b{c}}"), ("x[0]", "]>")], "{a={b{c}},x[0]=]>}@", "{a={b{c}},x[0]=]>}@");
    // What would be taken for a separator of handles, or be expanded.
    handle_with(&[("a", "b:_:_:")], r"{a=b:_\'\':_\'\':}@", "{a=b:_'':_'':}@");
    handle_with(&[("a", "$$$b$")], "{a=$$$b$}@", "{a=$''$''$b$}@");
    handle_with(&[("a", "ARRAY::b|:c"), ("d", "^^e")], "{a=ARRAY::b|:c,d=^^e}@", "{a=ARRAY::b|:c,d=^^e}@");
}

fn leg_with(pairs: &[(&str, &str)], in_originate: &str, in_bridge: &str) {
    let legs = [Leg::new("u/1").variables(pairs), Leg::new("u/2")];
    dials(&legs, &in_originate.replace('@', "u/1,u/2"), &in_bridge.replace('@', "u/1,u/2"));
}

#[test]
fn values_in_square_brackets_on_the_wire() {
    leg_with(&[("a", "b c")], "'[a=b c]@'", "[a=b c]@");
    leg_with(&[("a", " b")], r"[a=\\\\\\\\\\\\\\\\sb]@", r"[a=\\\\\\\\\\\\\\\\sb]@");
    leg_with(&[("a", "1,2"), ("b", "3")], "[^^;a=1,2;b=3]@", "[^^;a=1,2;b=3]@");
    leg_with(&[("a", "b|c=d"), ("e", "f")], r"[a=b\\|c=d,e=f]@", r"[a=b\\|c=d,e=f]@");
    // One quote of a value would change the meaning of the comma after it.
    let quote = r"\".repeat(31);
    leg_with(&[("a", "b'c")], &format!("[a=b{quote}'c]@"), &format!("[a=b{}'c]@", r"\".repeat(30)));
    leg_with(
        &[("a", "b'c"), ("d", "e")],
        &format!("[^^;a=b{quote}'c;d=e]@"),
        &format!("[^^;a=b{}'c;d=e]@", r"\".repeat(30)),
    );
    // A comma after a backslash would end the leg.
    let backslash = r"\".repeat(32);
    let wire = format!(r"[^^;a=b{backslash}\\\\,c;d=e]@");
    leg_with(&[("a", r"b\,c"), ("d", "e")], &wire, &wire);
    // No delimiter is left: each variable gets brackets of its own.
    let all = ";~!#*+&.?/%,";
    let pairs = [("a", all), ("b", "@,")];
    dials_alike(Leg::new("u/1").variables(&pairs), r"[a=;~!#*+&.?/%\\\\,][b=@\\\\,]u/1");
    leg_with(&[("a", "[b]"), ("c", "}{><")], "[a=[b],c=}{><]@", "[a=[b],c=}{><]@");
    leg_with(&[("a", ":_:")], r"[a=:_\'\':]@", "[a=:_'':]@");
}

#[test]
fn endpoints_on_the_wire() {
    dials("sofia/a/O'Hara x", r"'sofia/a/O\\\\\\\'Hara x'", r"sofia/a/O\\\\\\'Hara x");
    dials(r"x/a\", r"x/a\\\\\\\\", r"x/a\\\\\\\\");
    dials("x/${y}$$", "x/${y}$$", "x/$''{y}$''$");
    dials_alike(&[DialHandle::from("a:"), DialHandle::from("_:b")], "a::_:_:b");
    dials_alike("a/{b}<c>(d)^^", "a/{b}<c>(d)^^");
}

#[test]
fn originate_on_the_wire() {
    let shows = |call: Originate<'_>, wire: &str| {
        assert_eq!(String::from_utf8(line(&call).unwrap()).unwrap(), format!("originate user/1 {wire}"));
    };
    let to = |destination| Originate::new("user/1", destination);
    shows(to(Destination::extension("1000")), "1000");
    shows(to(Destination::extension("1000")).dialplan("XML").context("default"), "1000 XML default");
    shows(to(Destination::extension("a b")).context("c"), "'a b' undef c");
    shows(to(Destination::extension("set:a='b',park:\\")).dialplan("inline"), r"set:a=\'b\',park:\\ inline");
    shows(to(Destination::extension("&")).cid_num(""), "& undef undef undef ''");
    shows(
        to(PARK).dialplan("x").context("y").cid_name("Jo Doe").cid_num("17").timeout_sec(30),
        "&park() x y 'Jo Doe' 17 30",
    );
    shows(to(PARK).timeout_sec(0), "&park() undef undef undef undef 0");
    shows(to(PARK).cid_name("tab\t"), "&park() undef undef 'tab\t'");
    shows(to(Destination::application("playback", "/tmp/a b's.wav")), r"'&playback(/tmp/a b\'s.wav)'");
    shows(to(Destination::application("log", "INFO ${uuid} (")), "'&log(INFO ${uuid} ()'");
}

#[test]
fn what_no_form_can_carry_is_refused_at_its_place() {
    let refuses = |call: Originate<'_>, kind, field, leg, item, offset| {
        let error = DialError { kind, field, leg, item, offset };
        assert_eq!(line(&call), Err(error), "{call:?}");
        assert_eq!(DialEncodeError::Refused(error).code(), kind as u16);
        assert!(!error.to_string().is_empty());
    };
    let endpoint = |text: &'static str, kind, offset| {
        refuses(Originate::new(text, PARK), kind, Field::Endpoint, 0, 0, offset);
        let legs = [Leg::new("user/1"), Leg::new(text)];
        let error = DialError { kind, field: Field::Endpoint, leg: 1, item: 0, offset };
        assert_eq!(argument(DialString::from(&legs)), Err(error), "{text}");
    };
    endpoint("", Kind::Empty, 0);
    endpoint("a\nb", Kind::LineEnd, 1);
    endpoint("ab\r", Kind::LineEnd, 2);
    endpoint("a\0", Kind::Nul, 1);
    endpoint("abc\x02", Kind::Control, 3);
    endpoint(" user/1", Kind::Blank, 0);
    endpoint("user/1 ", Kind::Blank, 6);
    endpoint("user/1,user/2", Kind::Separator, 6);
    endpoint("user/1|user/2", Kind::Separator, 6);
    endpoint("user/1:_:user/2", Kind::Separator, 6);
    endpoint("user/1:_", Kind::Separator, 6);
    endpoint("{a=b}user/1", Kind::Bracket, 0);
    endpoint("<a=b>user/1", Kind::Bracket, 0);
    endpoint("[a=b]user/1", Kind::Bracket, 0);
    endpoint("a/[b[c]", Kind::Bracket, 2);
    endpoint("a/b]", Kind::Bracket, 3);
    endpoint("^^;user/1", Kind::Reserved, 0);
    endpoint("%[a=b]user/1", Kind::Reserved, 0);
    endpoint("Undef", Kind::Reserved, 0);

    let value = |value: &'static str, kind, offset| {
        let pairs = [("x", "y"), ("a", value)];
        let handle = DialHandle::new("user/1").variables(&pairs);
        refuses(Originate::new(handle, PARK), kind, Field::VariableValue, 0, 1, offset);
    };
    value("", Kind::Empty, 0);
    value("b\nc", Kind::LineEnd, 1);
    value("b\0", Kind::Nul, 1);
    value("\x01", Kind::Control, 0);
    value("b}user/2", Kind::Bracket, 1);
    value("b{{c}", Kind::Bracket, 1);
    value("b${c}", Kind::Expansion, 1);
    value("b$$\\{c", Kind::Expansion, 2);
    let name = |name: &'static str, kind, offset| {
        let pairs = [(name, "b")];
        refuses(Originate::new(Leg::new("user/1").variables(&pairs), PARK), kind, Field::VariableName, 0, 0, offset);
    };
    name("", Kind::Empty, 0);
    name("a\nb", Kind::LineEnd, 1);
    name("a b", Kind::Blank, 1);
    name("a=b", Kind::Separator, 1);
    name("a,b", Kind::Separator, 1);
    name("a\\", Kind::Quote, 1);
    name("'a", Kind::Quote, 0);
    name("a[", Kind::Bracket, 1);
    name("{a}", Kind::Bracket, 0);
    name("^^a", Kind::Reserved, 0);
    name("${a}", Kind::Expansion, 0);

    let dial = DialString::new("user/1").variables(&[("a", ">")]);
    refuses(Originate::new(dial, PARK), Kind::Bracket, Field::VariableValue, 0, 0, 0);
    let last = [Leg::new("a"), Leg::new("b"), Leg::new("c").variables(&[("d", "e"), ("f", "]user/1,[g=h")])];
    let lists = [LegList::from(&last[..1]), LegList::from(&last[1..])];
    refuses(Originate::new(&lists, PARK), Kind::Bracket, Field::VariableValue, 2, 1, 0);
    refuses(Originate::new(&lists[..0], PARK), Kind::Empty, Field::Endpoint, 0, 0, 0);
    let empty = [LegList::from(&last[..1]), LegList::from(&last[..0]), LegList::from(&last[..1])];
    refuses(Originate::new(&empty, PARK), Kind::Empty, Field::Endpoint, 1, 0, 0);

    let to = |destination| Originate::new("user/1", destination);
    refuses(to(Destination::extension("")), Kind::Empty, Field::Extension, 0, 0, 0);
    refuses(to(Destination::extension("undef")), Kind::Reserved, Field::Extension, 0, 0, 0);
    refuses(to(Destination::extension("&park")), Kind::Reserved, Field::Extension, 0, 0, 0);
    refuses(to(Destination::extension("1\n")), Kind::LineEnd, Field::Extension, 0, 0, 1);
    refuses(to(Destination::application("", "x")), Kind::Empty, Field::Application, 0, 0, 0);
    refuses(to(Destination::application("a b", "x")), Kind::Blank, Field::Application, 0, 0, 1);
    refuses(to(Destination::application("a(b", "x")), Kind::Bracket, Field::Application, 0, 0, 1);
    refuses(to(Destination::application("a", "%(1,2)")), Kind::Bracket, Field::Argument, 0, 0, 5);
    refuses(to(Destination::application("a", "b\r")), Kind::LineEnd, Field::Argument, 0, 0, 1);
    refuses(to(PARK).dialplan("UNDEF"), Kind::Reserved, Field::Dialplan, 0, 0, 0);
    refuses(to(PARK).context("undef"), Kind::Reserved, Field::Context, 0, 0, 0);
    refuses(to(PARK).cid_name("a\n\nexit"), Kind::LineEnd, Field::CidName, 0, 0, 1);
    refuses(to(PARK).cid_num("\0"), Kind::Nul, Field::CidNum, 0, 0, 0);
    refuses(to(PARK).timeout_sec(1 << 31), Kind::TooGreat, Field::TimeoutSec, 0, 0, 0);
}

#[test]
fn no_more_is_written_than_the_server_reads() {
    let legs = vec![Leg::new("u"); 129];
    let lists = vec![LegList::from("u"); 129];
    let handles = vec![DialHandle::from("u"); 129];
    let pairs = vec![("a", "b"); 1025];
    let too_many = |field, leg, item| Err(DialError { kind: Kind::TooMany, field, leg, item, offset: 0 });
    for (dial, error) in [
        (DialString::from(&legs[..]), too_many(Field::Endpoint, 128, 128)),
        (DialString::from(&lists[..]), too_many(Field::Endpoint, 128, 128)),
        (DialString::from(&handles[..]), too_many(Field::Endpoint, 128, 128)),
        (DialString::from(Leg::new("u").variables(&pairs[..])), too_many(Field::VariableName, 0, 1024)),
    ] {
        assert_eq!(argument(dial), error);
    }
    let most = [Leg::new("u").variables(&pairs[1..])].repeat(128);
    let lists = [LegList::from(&most[..])].repeat(2);
    assert!(argument(DialString::from(&lists[..])).is_ok());
    assert!(argument(DialString::from(&handles[1..])).is_ok());
}

fn reads<'a>(wire: &str, dial: impl Into<DialString<'a>>) {
    let dial = dial.into();
    let mut storage = vec![7; wire.len()];
    assert_eq!(Bridge::parse(wire.as_bytes(), &mut storage), Ok(Bridge { dial }), "{wire}");
    let line = format!("ORIGINATE  '{}' &park \t", wire.replace('\\', r"\\").replace('\'', r"\'"));
    let mut storage = vec![7; line.len()];
    assert_eq!(Originate::parse(line.as_bytes(), &mut storage), Ok(Originate::new(dial, PARK)), "{line}");
}

#[test]
fn what_people_write_is_read_as_the_server_does() {
    reads(" user/1 ", "user/1");
    reads("user/1 , user/2", &[Leg::new("user/1"), Leg::new("user/2")]);
    reads("user/1||user/2|", &[LegList::from("user/1"), LegList::from("user/2")]);
    reads("{a=1}{b=2}u", DialHandle::new("u").variables(&[("a", "1"), ("b", "2")]));
    reads("{a=1,,b,c=2, d = 3 }u", DialHandle::new("u").variables(&[("a", "1"), ("c", "2"), ("d", "3")]));
    reads("{a='1,2',b=it's}u", DialHandle::new("u").variables(&[("a", "1,2"), ("b", "it's")]));
    reads("{^^:a=1,2:b=3}u", DialHandle::new("u").variables(&[("a", "1,2"), ("b", "3")]));
    reads("[a=1][^^;b=2,3;c=4] u", Leg::new("u").variables(&[("a", "1"), ("b", "2,3"), ("c", "4")]));
    // The quotes go with the split at `|`, before anybody looks at the comma.
    reads("[a='1,b=2']u", Leg::new("u").variables(&[("a", "1"), ("b", "2")]));
    let handles = [DialHandle::from("u"), DialHandle::new("v").variables(&[("b", "2"), ("c", "3")])];
    reads("<a=1> u:_: <b=2>{c=3}v", DialString::new(&handles).variables(&[("a", "1")]));
    reads("^^;u;v", &[LegList::from("u"), LegList::from("v")]);
    reads("{}u", "u");
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

    let kind = |line: &[u8]| why(Originate::parse(line, &mut [0; 256]).unwrap_err()).kind;
    assert_eq!(kind(b"status"), ParseKind::Unknown);
    assert_eq!(kind(b"originate user/1000"), ParseKind::Missing);
    assert_eq!(kind(b"originate {a=b user/1000 1"), ParseKind::Bracket);
    let error = Bridge::parse(b"user/1000", &mut [0; 3]).unwrap_err();
    assert_eq!((error.code(), error.required()), (551, Some(9)));
    assert_eq!(why(Bridge::parse(b"user/${x}", &mut [0; 30]).unwrap_err()).kind, ParseKind::Expansion);
}

/// What is wrong with a text, whose storage was long enough.
fn why(error: DialReadError) -> DialParseError {
    match error {
        DialReadError::Refused(error) => error,
        DialReadError::Insufficient(error) => panic!("{error}"),
    }
}

fn parse_error(line: &str) -> (ParseKind, usize) {
    let mut storage = vec![7; line.len()];
    let error = why(Originate::parse(line.as_bytes(), &mut storage).unwrap_err());
    assert_eq!(error.code(), error.kind as u16);
    (error.kind, error.offset)
}

#[test]
fn what_is_no_call_is_refused_at_its_place() {
    assert_eq!(parse_error("status"), (ParseKind::Unknown, 0));
    assert_eq!(parse_error("originated a b"), (ParseKind::Unknown, 0));
    assert_eq!(parse_error("originate"), (ParseKind::Missing, 9));
    assert_eq!(parse_error("originate user/1"), (ParseKind::Missing, 16));
    assert_eq!(parse_error("originate a b c d e f g h"), (ParseKind::Missing, 25));
    assert_eq!(parse_error("originate user/1 undef"), (ParseKind::Missing, 22));
    assert_eq!(parse_error("originate {a=1} b"), (ParseKind::Missing, 16));
    assert_eq!(parse_error("originate a,,b c"), (ParseKind::Missing, 13));
    assert_eq!(parse_error("originate a:_: c"), (ParseKind::Missing, 15));
    assert_eq!(parse_error("originate a b c d e f -1"), (ParseKind::Invalid, 24));
    assert_eq!(parse_error(r"originate a b\"), (ParseKind::Invalid, 14));
    assert_eq!(parse_error("originate {a=b c"), (ParseKind::Bracket, 11));
    assert_eq!(parse_error("originate a,[b=c,d e"), (ParseKind::Bracket, 13));
    assert_eq!(parse_error("originate a/[b,c] d"), (ParseKind::Control, 15));
    let mut storage = [7; 64];
    let expansion = DialParseError { kind: ParseKind::Expansion, offset: 6 };
    assert_eq!(Bridge::parse(b"user/${x}", &mut storage), Err(expansion.into()));
    assert_eq!(Bridge::parse(br"user/\${x}", &mut storage), Ok(Bridge::new("user/${x}")));
    let many = ["u"; 129].join(":_:");
    assert_eq!(why(Bridge::parse(many.as_bytes(), &mut [0; 1024]).unwrap_err()).kind, ParseKind::TooMany);
}

/// Octets that calls are made of: mostly what they should be made of, sometimes what they must not.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let ordinary = prop::collection::vec(prop::sample::select(&b"abzAZ09-_/:@.\xc5\xbb\xff"[..]), 0..10);
    let special = prop::collection::vec(prop::sample::select(&b"ab ,'\\|:_=;~^$\"()[]{}<>&%nrts\t\x0b"[..]), 0..10);
    let harsh = prop::collection::vec(prop::sample::select(&b"',\\|:_ "[..]), 0..14);
    let refused = prop::collection::vec(prop::sample::select(&b"ab \n\r\0\x01\x02\x05\x08"[..]), 0..6);
    let words = prop::sample::select(vec![
        "undef",
        "&x",
        "^^;",
        ":_:",
        "%[a=b]",
        "${x}",
        "a\\",
        ";~!#*+&@?/%,",
        "[b]",
        "{c}",
        "<d>",
        "]u,[a=",
        "}u|",
        ") x",
    ]);
    prop_oneof![
        6 => ordinary,
        4 => special,
        3 => harsh,
        1 => refused,
        3 => words.prop_map(|word| word.as_bytes().to_vec()),
    ]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec!["leg_timeout", "sip_h_X-Y", "x[0]", "a", "nolocal:_b"]);
    prop_oneof![9 => known.prop_map(|name| name.as_bytes().to_vec()), 1 => text()]
}

fn endpoint() -> impl Strategy<Value = Vec<u8>> {
    let known =
        prop::sample::select(vec!["user/1000", "sofia/a/b@[::1]", "x/it's\\", "a:", "error/USER_BUSY", "u/$ {"]);
    prop_oneof![7 => known.prop_map(|name| name.as_bytes().to_vec()), 1 => text()]
}

fn pairs() -> impl Strategy<Value = OwnedPairs> {
    prop_oneof![1 => Just(Vec::new()), 2 => prop::collection::vec((name(), text()), 0..4)]
}

fn handles() -> impl Strategy<Value = Vec<OwnedHandle>> {
    let list = prop::collection::vec((pairs(), endpoint()), 1..3);
    prop::collection::vec((pairs(), prop::collection::vec(list, 1..3)), 1..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    /// Whatever the caller passes: a call is refused, or it reads back as exactly what it was.
    #[test]
    fn encoding_and_parsing_are_inverse_and_nothing_can_be_forged(
        all in pairs(),
        handles in handles(),
        app in any::<bool>(),
        texts in prop::collection::vec(text(), 6),
        given in any::<[bool; 5]>(),
        seconds in any::<u32>(),
    ) {
        with_dial(&all, &handles, |dial| {
            let _refused = argument(dial).is_err();
            let option = |index: usize| given[index].then_some(&texts[index][..]);
            let call = Originate {
                dial,
                destination: if app {
                    Destination::application(&texts[4], &texts[5])
                } else {
                    Destination::extension(&texts[4])
                },
                dialplan: option(0),
                context: option(1),
                cid_name: option(2),
                cid_num: option(3),
                timeout_sec: given[4].then_some(seconds),
            };
            let _refused = line(&call).is_err();
            // The dial string alone, which fewer other texts can make refused.
            let _refused = line(&Originate::new(dial, PARK)).is_err();
            let _shown = format!("{call:?}");
            #[cfg(feature = "alloc")]
            match dial.into_owned() {
                Ok(owned) => {
                    assert_eq!(owned.as_dial_string(), dial);
                    assert_eq!(Ok(owned.as_bytes().to_vec()), argument(dial));
                    assert_eq!(esl_proto::dial::DialStringBuf::parse(owned.as_bytes()), Ok(owned));
                }
                Err(error) => assert_eq!(argument(dial), Err(error)),
            }
        });
    }

    /// No octets make reading panic, and what is understood can be shown and, unless refused, written and read again.
    #[test]
    fn reading_arbitrary_octets_never_panics(
        octets in prop::collection::vec(prop::sample::select(&b"aab1 ,,''\\\\||:_:==;^^{}{}[][]<>$&()nsu\t\0\x01\x02\x08\xff"[..]), 0..60),
        front in 0..8_usize,
    ) {
        let fronts = ["", "originate ", "originate '", "originate {", "<", "{^^", "[", "u,["];
        let text = [fronts[front].as_bytes(), &octets].concat();
        let mut storage = vec![7; text.len()];
        match Originate::parse(&text, &mut storage) {
            Ok(call) => {
                let _shown = format!("{call:?}");
                let _refused = line(&call).is_err();
            }
            Err(error) => prop_assert!(why(error).offset <= text.len()),
        }
        let mut storage = vec![7; text.len()];
        match Bridge::parse(&text, &mut storage) {
            Ok(call) => {
                let _shown = format!("{call:?}");
                let _refused = argument(call.dial).is_err();
            }
            Err(error) => prop_assert!(why(error).offset <= text.len()),
        }
    }
}

/// A host's own list of legs.
struct Flat<'a>(&'a [FlatLeg<'a>]);

impl LegSource for Flat<'_> {
    fn leg(&self, place: usize) -> Option<FlatLeg<'_>> {
        self.0.get(place).copied()
    }
}

/// The legs of a dial string as a flat list.
fn flat<'a>(dial: &DialString<'a>) -> Vec<FlatLeg<'a>> {
    let mut legs = Vec::new();
    for handle in dial.handles.iter() {
        let mut join = Join::Enterprise;
        for list in handle.leg_lists.iter() {
            for leg in list.iter() {
                let handle_variables = if join == Join::Enterprise { handle.variables } else { Variables::NONE };
                legs.push(FlatLeg { join, handle_variables, leg });
                join = Join::And;
            }
            join = Join::Or;
        }
    }
    legs
}

#[test]
fn legs_may_lie_in_a_shape_of_the_hosts() {
    let wire = "<a=1>{b=2,c=3}user/1,[d=4]user/2|user/3:_:user/4|[e=5,f=6]user/5,user/6:_:{g=7}user/7";
    let mut storage = [0; 100];
    let read = Bridge::parse(wire.as_bytes(), &mut storage).unwrap().dial;
    let legs = flat(&read);
    assert_eq!(legs.len(), 7);
    let source = Flat(&legs);
    let again = DialString { variables: read.variables, handles: DialHandles::from_legs(&source) };
    assert_eq!(again, read);
    assert_eq!(argument(again).unwrap(), wire.as_bytes());
    assert!(DialHandles::from_legs(&Flat(&[])).iter().next().is_none());
}

#[test]
fn variables_that_were_read_can_be_kept_in_parts() {
    let mut storage = [0; 50];
    let read = Bridge::parse(b"{a=1,b=2}user/1", &mut storage).unwrap().dial;
    let variables = read.handles.iter().next().unwrap().variables;
    let (octets, mark) = variables.parts().unwrap();
    assert_eq!(Variables::from_parts(octets, mark), variables);
    assert!(ReadVariables::new(octets, mark).eq(variables.iter()));
    assert_eq!(variables.iter().count(), 2);
    assert!(Variables::NONE.parts().is_none());
}

#[test]
fn an_endpoint_is_put_together_of_parts_that_cannot_become_others() {
    use Kind::{Empty, Reserved, Separator};
    let mut out = [0; 64];
    for (endpoint, kind, item, offset) in [
        (Endpoint::user(""), Empty, 0, 0),
        (Endpoint::user("a/b"), Separator, 0, 1),
        (Endpoint::user("1000@elsewhere"), Separator, 0, 4),
        (Endpoint::user("1000").domain("a@b"), Separator, 1, 1),
        (Endpoint::group("sales").domain(""), Empty, 1, 0),
        (Endpoint::sofia("gateway", "x"), Reserved, 0, 0),
        (Endpoint::sofia("internal", "1000%pbx"), Separator, 1, 4),
        (Endpoint::sofia("a/b", "x"), Separator, 0, 1),
        (Endpoint::gateway("a/b", "1"), Separator, 0, 1),
        (Endpoint::contact("internal", "1000%x", "pbx"), Separator, 1, 4),
        (Endpoint::loopback("app=system:x"), Reserved, 0, 0),
        (Endpoint::loopback("9199/x"), Separator, 0, 4),
        (Endpoint::loopback("9199").context("default").dialplan("XML/x"), Separator, 2, 3),
        (Endpoint::error(HangupCause::Other(b"USER_BUSY/x")), Separator, 0, 9),
    ] {
        let DialEncodeError::Refused(error) = endpoint.encode(&mut out).unwrap_err() else { panic!("{endpoint:?}") };
        assert_eq!((error.kind, error.field, error.item, error.offset), (kind, Field::Endpoint, item, offset));
    }
    let endpoint = Endpoint::loopback("9199").context("default").dialplan("XML");
    assert_eq!(endpoint.encode(&mut out).unwrap(), b"loopback/9199/default/XML");
    assert_eq!(endpoint.encode(&mut out[..24]).map_err(|error| error.required()), Err(Some(25)));
    assert_eq!(format!("{endpoint:?}"), r#"loopback("9199", "default", "XML")"#);
    // What the reader of the dial string would split is told when that is written.
    let mut out = [0; 64];
    let comma = Endpoint::user("1000,loopback/9199");
    assert!(comma.encode(&mut out).is_err());
    let bar = Endpoint::gateway("provider", "1|user").encode(&mut out).unwrap();
    assert!(Bridge::new(Leg::new(bar)).encode(&mut [0; 64]).is_err());
}

/// The dialplan as text, after checking its length, that it reads back, and that a call carries it.
fn inline(plan: Inline<'_>) -> Result<Vec<u8>, DialError> {
    let required = match plan.encode(&mut []) {
        Err(DialEncodeError::Insufficient(Insufficient { required })) => required,
        Err(DialEncodeError::Refused(error)) => return Err(error),
        Ok(_) => panic!("nothing was written"),
    };
    let mut storage = vec![7; required];
    assert_eq!(plan.encode(&mut storage[1..]), Err(DialEncodeError::Insufficient(Insufficient { required })));
    let text = plan.encode(&mut storage).unwrap();
    assert_eq!(text.len(), required);
    let mut read = vec![7; required + 1];
    assert_eq!(Inline::parse(text, &mut read), Ok(plan), "{}", text.escape_ascii());
    let error = DialReadError::Insufficient(Insufficient { required: required + 1 });
    assert_eq!(Inline::parse(text, &mut read[1..]), Err(error));

    let line = line(&Originate::inline("null", text)).unwrap();
    let mut read = vec![7; line.len()];
    let call = Originate::parse(&line, &mut read).unwrap();
    assert_eq!((call.destination, call.dialplan), (Destination::Extension(text), Some(&b"inline"[..])));
    Ok(text.to_vec())
}

#[test]
fn inline_dialplans_on_the_wire() {
    let writes = |pairs: &[(&str, &str)], text: &str| {
        assert_eq!(
            inline(Inline::new(pairs)).unwrap().escape_ascii().to_string(),
            text.as_bytes().escape_ascii().to_string()
        );
    };
    writes(&[("answer", "")], "answer");
    writes(&[("answer", ""), ("playback", "x.wav"), ("hangup", "")], "answer,playback:x.wav,hangup");
    // Only the first colon ends a name.
    writes(&[("set", "a=b:c::d"), ("park", "")], "set:a=b:c::d,park");
    writes(&[("set", "a=1,2"), ("park", "")], "m:^:set:a=1,2^park");
    writes(&[("set", "a=1,2^3"), ("park", "")], "m:~:set:a=1,2^3~park");
    writes(&[("set", "a=1,2^~!#*;|%"), ("park", "")], r"set:a=1\,2^~!#*;|%,park");
    writes(&[("set", "a=it's"), ("set", r"b=\n"), ("log", r#"INFO "x""#)], r#"set:a=it\'s,set:b=\\n,log:INFO "x""#);
    writes(&[("set", " a= b  "), ("park", "")], r"set: a= b \s,park");
    writes(&[("set", "a=1\r\n2")], r"set:a=1\r\n2");
    // What looks like a separator that is said in front.
    writes(&[("m", "x:y"), ("m", "x:y")], "m:,:m:x:y,m:x:y");
    writes(&[("m", "xy:z")], "m:xy:z");
    assert_eq!(format!("{:?}", Inline::new(&[("set", "a=b")])), r#"Inline([("set", "a=b")])"#);
    assert_eq!(Inline::new(&[("a", "b")]).into_iter().count(), 1);
}

#[test]
fn inline_dialplans_that_are_refused() {
    let refuses = |pairs: &[(&str, &str)], kind, field, item, offset| {
        assert_eq!(inline(Inline::new(pairs)), Err(DialError { kind, field, leg: 0, item, offset }));
    };
    refuses(&[], Kind::Empty, Field::Application, 0, 0);
    for (name, kind, offset) in [
        ("", Kind::Empty, 0),
        ("a b", Kind::Blank, 1),
        ("ab:c", Kind::Separator, 2),
        ("a,hangup", Kind::Separator, 1),
        ("a'", Kind::Quote, 1),
        (r"\a", Kind::Quote, 0),
        ("a\0", Kind::Nul, 1),
        ("a\n", Kind::LineEnd, 1),
        ("a\x04", Kind::Control, 1),
        ("^^a", Kind::Reserved, 0),
        ("&a", Kind::Reserved, 0),
    ] {
        refuses(&[("answer", ""), (name, "x")], kind, Field::Application, 1, offset);
    }
    refuses(&[("answer", "ab\0")], Kind::Nul, Field::Argument, 0, 2);
    refuses(&[("answer", ""), ("log", "a\x08")], Kind::Control, Field::Argument, 1, 1);
    refuses(&[("answer", ""), ("log", r"INFO it\'s")], Kind::Quote, Field::Argument, 1, 7);
    let error = DialError { kind: Kind::Quote, field: Field::Argument, leg: 0, item: 0, offset: 7 };
    assert_eq!(line(&Originate::new("null", Destination::application("log", r"INFO it\'s"))), Err(error));
    assert!(inline(Inline::new(&[("a", "b"); 128])).is_ok());
    refuses(&[("a", "b"); 129], Kind::TooMany, Field::Application, 128, 0);
    for (text, kind) in [
        ("", ParseKind::Missing),
        ("m:;:", ParseKind::Missing),
        ("a,,b", ParseKind::Missing),
        (":x", ParseKind::Missing),
        ("a,b:\x01", ParseKind::Control),
        ("a:\\", ParseKind::Invalid),
    ] {
        match Inline::parse(text.as_bytes(), &mut [0; 16]) {
            Err(DialReadError::Refused(DialParseError { kind: found, .. })) => assert_eq!(found, kind, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
    let mut storage = [0; 32];
    let pairs = [("answer", ""), ("set", "a=b, c "), ("park", "")];
    assert_eq!(Inline::parse(br" 'answer' , set:'a=b, c ',park,", &mut storage), Ok(Inline::new(&pairs)));
}

#[test]
fn inline_dialplans_of_applications() {
    let pairs = [("answer", ""), ("set", r"a=it's, \\\\"), ("sleep", "5"), ("x", "y:z")];
    let tasks = [App::Answer.into(), App::set("a", r"it's, \").into(), App::sleep(5).into(), Task::new("x", "y:z")];
    let required = pairs.iter().map(|(app, arg)| app.len() + arg.len() + 2).sum();
    let mut storage = vec![7; required];
    let error = InlineError { item: 4, error: Insufficient { required }.into() };
    assert_eq!(Inline::from_tasks(&tasks, &mut storage[1..]), Err(error));
    assert_eq!((error.required(), error.code()), (Some(required), 900));
    let plan = Inline::from_tasks(&tasks, &mut storage).unwrap();
    assert_eq!(plan, Inline::new(&pairs));
    inline(plan).unwrap();

    let mut storage = [0; 64];
    let error = Inline::from_tasks(&[App::Answer.into(), App::set("a=", "b").into()], &mut storage).unwrap_err();
    let inner = AppError { kind: AppErrorKind::Separator, field: AppField::Name, item: 0, offset: 1 };
    assert_eq!(error, InlineError { item: 1, error: AppEncodeError::Refused(inner) });
    assert_eq!(error.to_string(), "application 1: name holds a separator (item 0, byte 1)");
    let error = Inline::from_tasks(&[App::Answer.into(), Task::new("a:b", "")], &mut storage).unwrap_err();
    let inner = DialError { kind: Kind::Separator, field: Field::Application, leg: 0, item: 1, offset: 1 };
    assert_eq!(error, InlineError { item: 1, error: AppEncodeError::Dial(inner) });
    let error = Inline::from_tasks(&[Task::new("log", "a\x02")], &mut storage).unwrap_err();
    let inner = DialError { kind: Kind::Control, field: Field::Argument, leg: 0, item: 0, offset: 1 };
    assert_eq!(error.error, AppEncodeError::Dial(inner));
}

#[test]
fn hooks_are_variables() {
    let mut storage = [0; 64];
    for hook in
        [Hook::Originate, Hook::PostOriginate, Hook::Ring, Hook::PreAnswer, Hook::Media, Hook::Answer, Hook::ToneDetect]
    {
        let (name, value) = hook.execute(App::set("a", "b::c d"), &mut storage).unwrap();
        assert_eq!((name, value), (hook.execute_name().as_bytes(), &b"set a=b::c d"[..]));
        let (name, value) = hook.execute_async(App::set("a", "b::c d"), &mut storage).unwrap();
        assert_eq!((name, value), (hook.execute_name().as_bytes(), &b"set::a=b::c d"[..]));
        let (name, value) = hook.api(r"global_setvar a=\$b", &mut storage).unwrap();
        assert_eq!((name, value), (hook.api_name().as_bytes(), &br"global_setvar a=\\\$b"[..]));
        assert_eq!(hook.execute_name().strip_prefix("execute"), hook.api_name().strip_prefix("api"));
    }
    assert_eq!(Hook::Answer.execute(App::Park, &mut storage[..4]).unwrap().1, b"park");
    assert_eq!(Hook::Answer.execute_async(App::Park, &mut storage).unwrap().1, b"park::");
    assert_eq!(Hook::Answer.api("status", &mut storage).unwrap().1, b"status");
    assert_eq!(Hook::Answer.api("log INFO $$a", &mut storage).unwrap().1, b"log INFO $$a");

    let short = |required| Err(AppEncodeError::Insufficient(Insufficient { required }));
    assert_eq!(Hook::Answer.execute(App::set("a", "b"), &mut storage[..6]), short(7));
    assert_eq!(Hook::Answer.execute_async(App::set("a", "b"), &mut storage[..2]), short(8));
    let short = Err(DialEncodeError::Insufficient(Insufficient { required: 8 }));
    assert_eq!(Hook::Answer.api("log INFO", &mut storage[..7]), short);

    let refused = |kind, field, offset| DialError { kind, field, leg: 0, item: 0, offset };
    let app = |name: &str| Hook::Answer.execute(Task::new(name, "x"), &mut [0; 64]).unwrap_err();
    assert_eq!(app("a b"), AppEncodeError::Dial(refused(Kind::Blank, Field::Application, 1)));
    assert_eq!(app("set::a"), AppEncodeError::Dial(refused(Kind::Separator, Field::Application, 3)));
    let expanded = Hook::Answer.execute(App::set("a", Text::expand("b${c}")), &mut storage).unwrap_err();
    assert_eq!(expanded, AppEncodeError::Dial(refused(Kind::Expansion, Field::Argument, 3)));
    let api = |line: &str| Hook::Answer.api(line, &mut [0; 64]).unwrap_err();
    assert_eq!(api(""), DialEncodeError::Refused(refused(Kind::Empty, Field::Argument, 0)));
    assert_eq!(api(" a"), DialEncodeError::Refused(refused(Kind::Blank, Field::Argument, 0)));
    assert_eq!(api("a ${b}"), DialEncodeError::Refused(refused(Kind::Expansion, Field::Argument, 2)));

    // In each scope, what was meant is read back.
    let (mut first, mut second) = ([0; 64], [0; 64]);
    let awkward = r"it's, [a] {b} <c> \ | :_: $x ";
    let pairs = [
        Hook::Answer.execute(App::set("who", awkward), &mut first).unwrap(),
        Hook::Ring.api(r"log INFO it's, \ ", &mut second).unwrap(),
    ];
    let legs = [Leg::new("user/1").variables(&pairs), Leg::new("user/2")];
    let dial = DialString::new(DialHandle::new(&legs).variables(&pairs)).variables(&pairs);
    line(&Originate::new(dial, PARK)).unwrap();
    argument(dial).unwrap();
}

proptest! {
    #[test]
    fn inline_dialplans_read_back(
        apps in prop::collection::vec(("[a-z_]{1,6}|m", r"[ -~\n\t\r\x0b\u{e9}]{0,12}|[ ',:\\^~!#*;|%]{0,14}"), 1..6)
    ) {
        let pairs: Vec<_> = apps.iter().map(|(app, arg)| (app.as_str(), arg.as_str())).collect();
        // What the server would take for an argument that is not given.
        prop_assume!(!matches!(&pairs[..], [("undef", "")]));
        let dropped = pairs.iter().any(|(_, arg)| arg.contains(r"\'"));
        prop_assert_eq!(inline(Inline::new(&pairs[..])).is_err(), dropped);
        let tasks: Vec<_> = pairs.iter().map(|(app, arg)| Task::new(*app, *arg)).collect();
        let mut storage = [0; 256];
        prop_assert_eq!(Inline::from_tasks(&tasks, &mut storage), Ok(Inline::new(&pairs[..])));
    }

    #[test]
    fn inline_dialplans_of_others_read_alike_when_written_again(
        text in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..24),
            r"(m:[,;^ ]:)?[ab',:;\\s^ ]{0,20}".prop_map(String::into_bytes),
        ]
    ) {
        let mut storage = [0; 64];
        if let Ok(plan) = Inline::parse(&text, &mut storage) {
            let mut again = [0; 128];
            if let Ok(written) = plan.encode(&mut again) {
                let mut storage = [0; 129];
                prop_assert_eq!(Inline::parse(written, &mut storage), Ok(plan));
            }
        }
    }
}
