//! Commands and events at random.

use proptest::prelude::*;

use super::events::{Content, Happening};
use super::model::{KNOWN, NAMES};
use super::play::{CHANNEL, Deed};

fn octets() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"one",
        b"ONE",
        b"two",
        b"%",
        b"%41",
        b"%0A",
        b"%zz",
        b"%2",
        b"\n",
        b"\r\n",
        b"\n\n",
        b": ",
        b"|",
        b":",
        b"\"",
        b"\\",
        b"<",
        b">",
        b"&",
        b"<!",
        b"]]>",
        b"&amp;",
        b"\xc3",
        b"\xff",
        "\u{17b}".as_bytes(),
        "\u{1f600}".as_bytes(),
        b"\0",
        b"\x1f",
        b"\x7f",
        b" ",
        b"Content-Length: 3\n\n",
        b"</body>",
        b"</event>\n",
        b"_undef_",
    ];
    let piece = prop_oneof![
        3 => prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => any::<u8>().prop_map(|octet| vec![octet]),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

fn content() -> impl Strategy<Value = Content> {
    // What only looks like something else is another matter: no format can tell the two apart.
    let told = |text: Vec<u8>| if text == b"_undef_" { b"undef".to_vec() } else { text };
    let text = move || octets().prop_map(told);
    // Nor can an element with a separator be told from two; without it, an element may only now be `_undef_`.
    let item = move || octets().prop_map(move |item| told(item.into_iter().filter(|octet| *octet != b'|').collect()));
    prop_oneof![
        6 => text().prop_map(Content::Text),
        3 => prop::sample::select(vec!["one", "two", "HEARTBEAT", "a::b"]).prop_map(Content::from),
        2 => prop::collection::vec(item(), 1..4).prop_map(Content::Array),
        1 => Just(Content::Array(vec![b"one".to_vec(), b"two".to_vec()])),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let names = vec!["Foo", "foo", "Bar", "My Header", "a:b", "variable_nolocal:x", "\u{17b}\u{f3}\u{142}", "1num"];
    let header = (prop::sample::select(names), content()).prop_map(|(name, content)| (name.to_owned(), content));
    let subclass = prop::option::of(prop::sample::select(vec!["a::b", "a::c", "z"]));
    let unique_id = prop::option::of(prop::sample::select(vec![CHANNEL, "another"]));
    let headers = prop::collection::vec(header, 0..5);
    let body = prop_oneof![2 => Just(None), 2 => octets().prop_map(Some), 1 => Just(Some(Vec::new()))];
    (prop::sample::select(KNOWN.to_vec()), subclass, unique_id, headers, body, any::<bool>()).prop_map(
        |(name, subclass, unique_id, rest, body, owner)| {
            let mut headers = vec![("Event-Name".to_owned(), name.into())];
            if let Some(subclass) = subclass.filter(|_| name == "CUSTOM") {
                headers.insert(0, ("Event-Subclass".to_owned(), subclass.into()));
            }
            if let Some(unique_id) = unique_id {
                let header = if owner { "Job-Owner-UUID" } else { "Unique-ID" };
                headers.push((header.to_owned(), unique_id.into()));
            }
            headers.extend(rest);
            Happening { name: name.to_owned(), headers, body }
        },
    )
}

fn line() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(NAMES.to_vec());
    let subclass = || prop::sample::select(vec!["a::b", "a::c", "x"]);
    let names = || {
        let names = prop::collection::vec(name(), 0..4).prop_map(|names| names.join(" "));
        let subclasses = prop::collection::vec(subclass(), 0..3).prop_map(|names| names.join(" "));
        (names, prop::option::of(subclasses)).prop_map(|(names, subclasses)| match subclasses {
            Some(subclasses) => format!("{names} CUSTOM {subclasses}").trim().to_owned(),
            None => names,
        })
    };
    let header = || prop::sample::select(vec!["Foo", "foo", "Bar", "Event-Name", "Event-Subclass", "_body", "Nosuch"]);
    let value = || {
        let words = vec![
            "one",
            "ONE",
            "- one",
            "+two",
            "-two",
            "HEARTBEAT",
            "a::b",
            "ARRAY::one|:two",
            "",
            "%",
            "- HEARTBEAT",
            "/ne/",
            "/w/",
            "/nosuch/",
            "-/ne/",
        ];
        prop::sample::select(words)
    };
    let format = prop::sample::select(vec!["", "plain ", "json ", "xml ", "JSON "]);
    prop_oneof![
        6 => (format, names()).prop_map(|(format, names)| format!("event {format}{names}")),
        1 => Just("event json ALL".to_owned()),
        2 => names().prop_map(|names| format!("nixevent {names}")),
        1 => Just("noevents".to_owned()),
        3 => (header(), value()).prop_map(|(header, value)| format!("filter {header} {value}")),
        1 => (header(), value()).prop_map(|(header, value)| format!("filter delete {header} {value}").trim_end().to_owned()),
        2 => Just("filter delete all".to_owned()),
        1 => Just(format!("myevents {CHANNEL}")),
        1 => prop::sample::select(vec!["log 7", "log 3", "log", "log disable", "nolog", "log 99"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["linger", "linger 3", "nolinger", "divert_events on", "divert_events off"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["api status", "bgapi status x", "getvar a", "resume", "sendmsg nobody\ncall-command: hangup"]).prop_map(str::to_owned),
    ]
}

pub(crate) fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    prop::collection::vec(
        prop_oneof![
            4 => line().prop_map(Deed::Send),
            6 => happening().prop_map(Deed::Happen),
            1 => (0..9_i8).prop_map(Deed::Log),
        ],
        1..40,
    )
}
