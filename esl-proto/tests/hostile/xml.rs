//! XML events that are cut off, unclosed, mismatched, full of bogus entities, or lenient readings.

use esl_proto::Event;
use esl_proto::event::{EventError, EventErrorKind};
use esl_proto::name::Format;

use crate::events::{check, read};
use crate::support::{busy, events, session};

use EventErrorKind::{TrailingData, Truncated, Unexpected, Unmatched};

/// `document` is read for so many headers, then refused at `offset`.
fn refused(document: &str, headers: usize, kind: EventErrorKind, offset: usize) {
    let event = Event::new(Format::Xml, document.as_bytes());
    let (read, error) = read(&event);
    let start = &document[..document.len().min(80)];
    assert_eq!((read.len(), error), (headers, Some(EventError { kind, offset })), "{start}");
    assert_eq!(event.validate(), Err(EventError { kind, offset }));
}

/// A document whose headers are these elements; they begin at [`HEADERS`].
fn document(headers: &str) -> String {
    format!("<event><headers>{headers}</headers></event>")
}

const HEADERS: usize = "<event><headers>".len();

/// The texts of the headers of a document that can be read to its end.
fn texts(document: &str) -> Vec<Vec<u8>> {
    let event = Event::new(Format::Xml, document.as_bytes());
    assert_eq!(event.validate(), Ok(()), "{}", &document[..document.len().min(80)]);
    event.headers().map(|header| header.value.bytes().collect()).collect()
}

#[test]
fn a_document_that_ends_early() {
    for document in [
        "",
        " \n",
        "<",
        "<eve",
        "<event>",
        "<event>\n <headers",
        "<event><headers>",
        "<event><headers>\n",
        "<event><headers></head",
    ] {
        refused(document, 0, Truncated, document.len());
    }
    for document in [
        "<event><headers></headers>",
        "<event><headers></headers></even",
        "<event><headers></headers><body>x",
        "<event><headers></headers><body></body>",
    ] {
        refused(document, 0, Truncated, document.len());
    }
}

#[test]
fn an_element_that_is_not_closed() {
    refused("<event><headers><a", 0, Truncated, 18);
    refused("<event><headers><a>text", 0, Truncated, 23);
    refused("<event><headers><a>1</a><b>text", 1, Truncated, 31);
    refused(&document("<a>text"), 0, Unmatched, HEADERS);
    refused(&document("<a>1</a><b>text"), 1, Unmatched, HEADERS + 8);
    refused(&document("<a/>"), 0, Unmatched, HEADERS);
}

#[test]
fn an_element_that_is_closed_by_another_name() {
    refused(&document("<a>1</b>"), 0, Unmatched, HEADERS);
    refused(&document("<a>1</A>"), 0, Unmatched, HEADERS);
    refused(&document("<a>1</a >"), 0, Unmatched, HEADERS);
    refused(&document("<a >1</a>"), 0, Unmatched, HEADERS);
    refused(&document("<a>1</a><b>2</c><d>3</d>"), 1, Unmatched, HEADERS + 8);
    refused(&document("<a><b>1</b></a>"), 0, Unmatched, HEADERS);
    refused(&document("<a>1<b></a>"), 0, Unmatched, HEADERS);
}

#[test]
fn something_that_is_no_event() {
    refused("null", 0, Unexpected, 0);
    refused("\0<event>", 0, Unexpected, 0);
    refused("<?xml version=\"1.0\"?><event>", 0, Unexpected, 1);
    refused("<events>", 0, Unexpected, 6);
    refused("<event/>", 0, Unexpected, 6);
    refused("<event>x<headers>", 0, Unexpected, 7);
    refused(&document("<a>1</a> x <b>2</b>"), 1, Unexpected, HEADERS + 9);
    // Without a blank before it, it might be part of an odd name.
    refused(&document("<a>1</a>x<b>2</b>"), 0, Unmatched, HEADERS);
    refused("<event><headers></headers>x</event>", 0, Unexpected, 26);
}

#[test]
fn something_after_the_document() {
    refused(&format!("{}x", document("")), 0, TrailingData, document("").len());
    refused(&format!("{}\n<event>", document("<a>1</a>")), 1, TrailingData, document("<a>1</a>").len() + 1);
    assert_eq!(texts(&format!("\n{}\r\n ", document("\t<a>1</a>\n"))), [b"1"]);
}

#[test]
fn entities_that_are_none_stay_as_they_are() {
    for bogus in [
        "&bogus;",
        "&amp",
        "&",
        "&;",
        "&&amp",
        "&#;",
        "&#x;",
        "&#xg;",
        "&#-1;",
        "&#x110000;",
        "&#1114112;",
        "&#99999999999999999999;",
        "& amp;",
        "&AMP;",
        "&a&b;",
    ] {
        let text = document(&format!("<a>{bogus}</a>"));
        check(Event::new(Format::Xml, text.as_bytes()));
        assert_eq!(texts(&text), [bogus.as_bytes()]);
    }
    assert_eq!(texts(&document("<a>&&amp;&amp;lt;&#38;lt;</a>")), [b"&&&lt;&lt;"]);
    assert_eq!(texts(&document("<a>&#0;&#xD800;&#xFFFF;</a>")), [b"\0\xed\xa0\x80\xef\xbf\xbf"]);
    assert_eq!(texts(&document("<a>%&#x34;1&#37;41%2&#x35;41&#x25;&amp;</a>")), [b"AA%41%&"]);
}

fn body(rest: &str) -> Option<Vec<u8>> {
    let text = format!("<event><headers></headers>{rest}</event>");
    let event = Event::new(Format::Xml, text.as_bytes());
    check(event);
    assert_eq!(event.validate(), Ok(()), "{rest}");
    event.body().map(|body| body.bytes().collect())
}

#[test]
fn a_body_ends_at_the_last_end_tag() {
    assert_eq!(body(""), None);
    assert_eq!(body("<body></body>").as_deref(), Some(&b""[..]));
    assert_eq!(body("<body>a</body>b</body>").as_deref(), Some(&b"a</body>b"[..]));
    assert_eq!(body("<body>1</body><body>2</body>").as_deref(), Some(&b"1</body><body>2"[..]));
    assert_eq!(body("<body>a</event>b</body>\n").as_deref(), Some(&b"a</event>b"[..]));
    let after = "<event><headers></headers><body>a</body><x>b</x></event>";
    refused(after, 0, Truncated, after.len());
}

#[test]
fn a_body_is_cut_to_its_length_and_no_more() {
    let length = |value: &str| body(&format!("<Content-Length>{value}</Content-Length><body>&lt;bc  </body>"));
    assert_eq!(length("0").as_deref(), Some(&b""[..]));
    assert_eq!(length("3").as_deref(), Some(&b"<bc"[..]));
    assert_eq!(length("5").as_deref(), Some(&b"<bc  "[..]));
    for useless in ["6", "18446744073709551615", "18446744073709551616", "-1", "", "abc", "3 "] {
        assert_eq!(length(useless).as_deref(), Some(&b"<bc  "[..]), "{useless:?}");
    }
    let twice = "<Content-Length>1</Content-Length><content-length>2</content-length><body>abc</body>";
    assert_eq!(body(twice).as_deref(), Some(&b"ab"[..]), "the last counts");
}

#[test]
fn a_body_is_unescaped_up_to_an_exclamation_mark_only() {
    assert_eq!(body("<body>&lt;! &amp; <! &lt; <a> &amp; </body>").as_deref(), Some(&b"<! & <! &lt; <a> &amp; "[..]));
    assert_eq!(body("<body><!</body>").as_deref(), Some(&b"<!"[..]));
}

#[test]
fn names_with_angle_brackets_are_found_by_their_end_tag() {
    for name in [
        "My Header",
        "My<Header>",
        "",
        "<",
        ">",
        "><",
        "<>",
        "a<b",
        "a>b",
        "</",
        "a</b",
        "</>",
        "1num",
        "a:b\nc",
        "</a>",
        "&amp;",
    ] {
        let text = document(&format!("<x>1</x>\n<{name}>v%20w</{name}>\n<y>2</y>"));
        let event = Event::new(Format::Xml, text.as_bytes());
        check(event);
        assert_eq!(event.validate(), Ok(()), "{name}");
        let names: Vec<_> = event.headers().map(|header| header.name.raw().to_vec()).collect();
        assert_eq!(names, [b"x", name.as_bytes(), b"y"]);
        assert_eq!(event.get(name).expect("the header"), "v w");
    }
}

/// What is looked for in vain must not be looked for again from each place.
#[test]
fn a_name_of_a_megabyte_is_read_or_refused_soon() {
    let many = 1 << 20;
    let element = |name: &str| document(&format!("<{name}>v</{name}>"));
    for part in ["<", ">", "</", "><", "<a", "&", "\n"] {
        let name = part.repeat(many / part.len());
        assert_eq!(texts(&element(&name)), [b"v"], "{part}");
    }
    // Each of these ends a tag, so that the first few end tags are not that of the element.
    for part in ["</>", "</a>", "</a><a>"] {
        let name = part.repeat(many / part.len());
        refused(&element(&name), 0, Unmatched, HEADERS);
    }
}

#[test]
fn a_megabyte_of_tags_is_read_or_refused_soon() {
    let many = 1 << 18;
    refused(&document(&"<a>".repeat(many)), 0, Unmatched, HEADERS);
    refused(&document(&"</a>".repeat(many)), 0, Unmatched, HEADERS);
    refused(&document(&"<a></b>".repeat(many)), 0, Unmatched, HEADERS);
    refused(&document(&"<".repeat(many)), 0, Unmatched, HEADERS);
    refused(&document(&">".repeat(many)), 0, Unexpected, HEADERS);
    refused(&format!("<event><headers>{}", "<".repeat(many)), 0, Truncated, HEADERS + many);
    refused(&format!("<event><headers>{}", "</".repeat(many)), 0, Truncated, HEADERS + 2 * many);
    refused(&format!("<event><headers>{}", "<a>".repeat(many)), 0, Unmatched, HEADERS);
    refused(&format!("<event>{}", "<headers>".repeat(many)), 0, Unmatched, HEADERS);
    // Each of these is found at the second look only.
    assert_eq!(texts(&document(&"<a<b>>1</a<b>>".repeat(many / 4))).len(), many / 4);
    assert_eq!(texts(&document(&"<></>".repeat(many / 4))).len(), many / 4);
}

#[test]
fn a_text_of_a_megabyte_is_decoded_once() {
    let many = 1 << 20;
    for part in ["&", "&#", "&#x", "&a", "&amp", "%", "%&", "%4", "&#37", "a"] {
        let text = part.repeat(many / part.len());
        let decoded = texts(&document(&format!("<a>{text}</a>")));
        assert!(decoded == [text.as_bytes()], "{part}");
        assert!(body(&format!("<body>{text}</body>")).is_some_and(|body| body == text.as_bytes()), "{part}");
    }
    let long = format!("&#{}65;", "0".repeat(many));
    assert_eq!(texts(&document(&format!("<a>{long}</a>"))), [b"A"]);
    let long = format!("&{};", "a".repeat(many));
    assert!(texts(&document(&format!("<a>{long}%{long}</a>"))) == [format!("{long}%{long}").as_bytes()]);
    let verbatim = "<!".repeat(many / 2);
    assert!(body(&format!("<body>{verbatim}</body>")).is_some_and(|body| body == verbatim.as_bytes()));
}

/// Cuts an event at every octet: what is read before the cut is what the whole event says, and the cut is reported.
fn check_cuts(text: &[u8]) {
    let event = Event::new(Format::Xml, text);
    let (whole, error) = read(&event);
    assert_eq!(error, None);
    for cut in 0..text.trim_ascii_end().len() {
        let event = Event::new(Format::Xml, &text[..cut]);
        let (before, error) = read(&event);
        assert_eq!(before, whole[..before.len()], "cut at {cut}: {}", text.escape_ascii());
        assert!(error.is_some_and(|error| error.offset <= cut), "cut at {cut}: {error:?}");
        assert!(event.body().is_none(), "cut at {cut}");
    }
}

#[test]
fn events_cut_at_every_octet_are_read_up_to_the_cut() {
    let headers = "\n<event>\n<headers><a>&lt;%20</a> <b></b>\n</headers>";
    let body = "<Content-Length>2</Content-Length><body>a&amp;b</body>\n</event>\n";
    check_cuts(format!("{headers}{body}").as_bytes());
    let odd = |text: &&[u8]| text.windows(9).any(|octets| octets == b"My<Header");
    for text in events(&session("06-sendevent-xml"), Format::Xml).into_iter().filter(|text| !odd(text)) {
        check_cuts(text);
    }
    for text in events(&busy(Format::Xml), Format::Xml).into_iter().step_by(300) {
        check_cuts(text);
    }
}

#[test]
fn events_with_odd_names_cut_at_every_octet_are_read_up_to_the_cut() {
    check_cuts(document("<My<Header>>y</My<Header>>").as_bytes());
    let odd = |text: &&[u8]| text.windows(9).any(|octets| octets == b"My<Header");
    for text in events(&session("06-sendevent-xml"), Format::Xml).into_iter().filter(odd) {
        check_cuts(text);
    }
}

#[test]
fn a_text_with_an_opening_bracket_is_read_the_same_in_every_way() {
    // Quick where elements are indented as FreeSWITCH does, octet by octet where they are not.
    for space in ["\n    ", "", "\n  "] {
        let headers: String = ["<a>x<y</a>", "<b>1</b>", "</c>d<//c>", "<c>x</y</c>"]
            .iter()
            .map(|element| space.to_string() + element)
            .collect();
        let document = format!("<event>\n  <headers>{headers}\n  </headers>\n</event>\n");
        let event = Event::new(Format::Xml, document.as_bytes());
        assert_eq!(texts(&document), [&b"x<y"[..], b"1", b"d", b"x</y"], "{document}");
        let mut folded = Vec::new();
        event.headers().for_each(|header| folded.push(header));
        assert!(event.headers().eq(folded));
    }
}
