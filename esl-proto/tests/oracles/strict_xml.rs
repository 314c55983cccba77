//! XML events as `quick-xml` reads them.

use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use crate::octets::Octets;
use crate::reading::{Content, Reading};

/// A document, its texts without entities.
struct Document<'a> {
    reader: Reader<&'a [u8]>,
    /// What was read last.
    event: Event<'a>,
}

impl<'a> Document<'a> {
    fn new(text: &'a str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        // FreeSWITCH writes no blank there, and one that is there belongs to a name.
        reader.config_mut().trim_markup_names_in_closing_tags = false;
        let mut document = Self { reader, event: Event::Eof };
        document.step()?;
        Some(document)
    }

    fn step(&mut self) -> Option<()> {
        self.event = self.reader.read_event().ok()?;
        Some(())
    }

    /// Steps over a text, if one comes next.
    fn text(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            match &self.event {
                Event::Text(part) => text += part,
                Event::GeneralRef(reference) => text.push(character(reference)?),
                _ => return Some(text),
            }
            self.step()?;
        }
    }

    /// Steps over white space, if it comes next and no other text. Neither a form feed nor a reference to white space is
    /// any in XML.
    fn space(&mut self) -> Option<()> {
        while let Event::Text(part) = &self.event {
            part.bytes().all(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n')).then_some(())?;
            self.step()?;
        }
        Some(())
    }

    /// Steps over a start tag without attributes, if one comes next.
    fn start(&mut self) -> Option<String> {
        let Event::Start(tag) = &self.event else { return None };
        // All of the tag is the name, or there is an attribute.
        let name = tag.name().0.to_owned();
        if **tag != *name {
            return None;
        }
        self.step()?;
        Some(name)
    }

    /// Steps over an end tag, if one comes next; the reader itself compares names.
    fn end(&mut self) -> Option<()> {
        let Event::End(_) = &self.event else { return None };
        self.step()
    }
}

fn character(reference: &BytesRef<'_>) -> Option<char> {
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok()?,
    }
}

/// The reading by quick-xml, if the document is an event in well-formed XML.
pub(crate) fn oracle(text: &[u8]) -> Option<Reading> {
    // quick-xml overlooks a byte order mark, which belongs to files; no server sends one.
    let text = std::str::from_utf8(text).ok().filter(|text| !text.starts_with('\u{feff}'))?;
    let mut document = Document::new(text)?;
    let mut headers = Vec::new();
    let mut body: Option<Octets> = None;
    document.space()?;
    (document.start()? == "event").then_some(())?;
    document.space()?;
    (document.start()? == "headers").then_some(())?;
    document.space()?;
    while let Some(name) = document.start() {
        headers.push(header(name, &document.text()?));
        document.end()?;
        document.space()?;
    }
    document.end()?;
    document.space()?;
    while let Some(name) = document.start() {
        let text = document.text()?;
        document.end()?;
        document.space()?;
        if name == "body" {
            body = Some(text.into());
            break;
        }
        headers.push(header(name, &text));
    }
    document.end()?;
    document.space()?;
    let Event::Eof = document.event else { return None };
    if let (Some(body), Some(length)) = (&mut body, content_length(&headers)) {
        body.0.truncate(length);
    }
    Some(Reading { headers, body })
}

fn header(name: String, text: &str) -> (Octets, Content) {
    (name.into(), Content::Text(Octets(percent_decode_str(text).collect())))
}

/// What the last Content-Length says, if that is a number.
fn content_length(headers: &[(Octets, Content)]) -> Option<usize> {
    let (_, last) = headers.iter().rfind(|(name, _)| name.eq_ignore_ascii_case(b"Content-Length"))?;
    let Content::Text(digits) = last else { return None };
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
