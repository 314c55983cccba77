//! Look-ups that do not read all headers give what reading all headers gives.

use esl_proto::Event;
use esl_proto::name::Format;
use proptest::prelude::*;

const NAMES: [&str; 8] = ["Name", "nAME", "Unique-ID", "_body", "body", "x", "", "a b"];

/// Each name that is looked up gives the last header that reading finds.
fn check(format: Format, text: &[u8]) {
    let event = Event::new(format, text);
    for name in NAMES {
        let expected = event.headers().filter(|header| header.is(name)).last().map(|header| header.value);
        let parts = |value: esl_proto::text::Value<'_>| {
            (value.raw().as_ptr(), value.raw().len(), value.is_array(), value.bytes().collect::<Vec<u8>>())
        };
        let found = event.get(name);
        assert_eq!(found.map(parts), expected.map(parts), "{name} in {}", text.escape_ascii());
        let [of_three, absent, last] = event.find([name, "no such header", "Name"]);
        assert_eq!(of_three.map(parts), expected.map(parts), "{name} in {}", text.escape_ascii());
        assert!(absent.is_none());
        assert_eq!(last.map(parts), event.get("Name").map(parts), "{name} in {}", text.escape_ascii());
    }
}

/// Pieces of a document, some followed by a gap, so that they lie anywhere in blocks.
fn texts(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = (prop::sample::select(pieces), prop_oneof![4 => Just(0), 1 => 0..70_usize]);
    prop::collection::vec(piece, 0..40).prop_map(|parts| {
        let text = parts.iter().flat_map(|(piece, gap)| [piece.as_bytes(), &b"a".repeat(*gap)].concat());
        text.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn in_plain_events(text in texts(&[
        "Name: 1\n", "NAME: %41\n", "Unique-ID: 2\n", "Name:x\n", "Name : x\n", "a b: c\n", "body: 1\n", "x: y: z\n", "\n",
        "Name", ":", " ", "Other: value\n", ": \n", "Unique-ID: Name: 3\n",
    ])) {
        check(Format::Plain, &text);
    }

    #[test]
    fn in_json_events(members in texts(&[
        "\"Name\":\"1\"", ",\"NAME\":\"\\n\"", ",\"Unique-ID\":\"2\"", ",\"Name\" : [\"a\",\"b\"]", ",\"Name\":7", ",\"o\":\"Name\"",
        ",\"\\u004eame\":\"u\"", ",\"N\\ame\":\"i\"", ",\"_body\":\"{\\\"Name\\\":\\\"x\\\"}\"", ",\"x\":\",\"", ",\"x\":\":\"", ",\"x\":\":8\"",
        ",\"o\":\"value\"", ",\"o\":\"value\"", ",\"\":\"\"", "\"", ",", ":", "}", "\\", " ",
    ]), closed in any::<bool>()) {
        check(Format::Json, &[&b"{"[..], &members, if closed { b"}" } else { b"" }].concat());
    }

    #[test]
    fn in_xml_events(elements in texts(&[
        "<Name>1</Name>\n", "    <NAME>%41</NAME>\n", "    <Unique-ID>2</Unique-ID>\n", "<o>&lt;Name></o>\n", "<o><Name></o>\n",
        "<o<Name>x</o<Name>\n", "</headers>\n", "<Content-Length>3</Content-Length>\n", "<body>Name</body>\n", "</event>", "<Name>",
        "    <o>value</o>\n", "    <o>value</o>\n", "<", ">", "<x></x>\n",
    ]), front in any::<bool>()) {
        let front: &[u8] = if front { b"<event>\n  <headers>\n" } else { b"" };
        check(Format::Xml, &[front, &elements].concat());
    }
}
