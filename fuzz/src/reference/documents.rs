//! What stands around the names and values of a document, JSON or XML: whatever a reader forgives, it must have seen
//! these octets and no others.

/// A name and a value, as they lie in the text.
pub(crate) type Pair<'s> = (&'s [u8], &'s [u8]);

/// Where a part of a text begins.
fn at(text: &[u8], part: &[u8]) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// `text` without white space.
fn dense(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|octet| !b" \t\n\r".contains(octet)).collect()
}

/// Elements `<name>value</name>`, with nothing between them but the tags that FreeSWITCH writes.
pub(crate) fn check_xml(text: &[u8], pairs: &[Pair<'_>]) {
    let mut tags = Vec::new();
    let mut end = 0;
    for (name, value) in pairs {
        let (start, after) = (at(text, name), at(text, value) + value.len());
        tags.extend(dense(text[end..start].strip_suffix(b"<").expect("a tag begins")));
        let element = [name, &b">"[..], value, b"</", name, b">"].concat();
        assert!(text[start..].starts_with(&element), "{}", text.escape_ascii());
        assert!(!(value.contains(&b'<') && value.contains(&b'>')), "no tag in a text");
        end = after + b"</>".len() + name.len();
    }
    let known = b"<event><headers></headers>";
    assert!(known.starts_with(&tags) && (pairs.is_empty() || tags.len() >= b"<event><headers>".len()));
}

/// Members `"name":"value"`, `"name":[values]` or `"name":word` of one object, where none of them is the body.
pub(crate) fn check_json(text: &[u8], pairs: &[Pair<'_>]) {
    let mut end = 0;
    for (place, (name, value)) in pairs.iter().enumerate() {
        let (start, of_value) = (at(text, name), at(text, value));
        assert_eq!(dense(&text[end..start]), if place == 0 { b"{\"" } else { b",\"" }, "{}", text.escape_ascii());
        let between = dense(&text[start + name.len()..of_value]);
        let after = &text[of_value + value.len()..];
        end = text.len() - after.len() + usize::from(between != b"\":");
        match &between[..] {
            b"\":\"" => assert!(after.starts_with(b"\"") && !has_quote(value)),
            b"\":[" => assert!(after.starts_with(b"]")),
            b"\":" => assert!(!value.is_empty() && !value.contains(&b'"')),
            other => panic!("{} in {}", other.escape_ascii(), text.escape_ascii()),
        }
        assert!(!has_quote(name));
    }
}

/// Whether a quote stands in a JSON string that no backslash escapes.
fn has_quote(string: &[u8]) -> bool {
    let mut octets = string.iter();
    while let Some(octet) = octets.next() {
        match octet {
            b'\\' => {
                octets.next();
            }
            b'"' => return true,
            _ => {}
        }
    }
    false
}

/// An XML text without its entities; what is none stays.
pub(crate) fn without_entities(text: &[u8]) -> Vec<u8> {
    let mut parts = text.split(|octet| *octet == b'&');
    let mut plain = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let end = part.iter().position(|octet| *octet == b';');
        match end.and_then(|end| Some((character(std::str::from_utf8(&part[..end]).ok()?)?, end + 1))) {
            Some((point, after)) => {
                put(point, &mut plain);
                plain.extend(&part[after..]);
            }
            None => plain.extend([b"&", part].concat()),
        }
    }
    plain
}

/// The code point that an entity stands for.
fn character(name: &str) -> Option<u32> {
    const NAMES: [(&str, char); 5] = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];
    if let Some((_, char)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(u32::from(*char));
    }
    let digits = name.strip_prefix('#')?;
    let (radix, digits) = digits.strip_prefix(['x', 'X']).map_or((10, digits), |digits| (16, digits));
    let zeros = digits.trim_start_matches('0');
    let point = match (digits, zeros) {
        ("", _) => return None,
        (_, "") => 0,
        (_, sign) if !sign.as_bytes()[0].is_ascii_alphanumeric() => return None,
        (_, digits) => u32::from_str_radix(digits, radix).ok()?,
    };
    (point <= 0x10_ffff).then_some(point)
}

/// A code point as UTF-8 writes it, also one of those that UTF-16 keeps for pairs.
fn put(point: u32, to: &mut Vec<u8>) {
    match char::from_u32(point) {
        Some(char) => to.extend(char.encode_utf8(&mut [0; 4]).as_bytes()),
        None => to.extend([0xed, 0x80 | (point >> 6 & 0x3f) as u8, 0x80 | (point & 0x3f) as u8]),
    }
}
