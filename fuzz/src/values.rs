//! All ways to read a value must agree.

use esl_proto::Value;
use esl_proto::frame::Header;
use esl_proto::text::Insufficient;

/// The decoded octets, after checking that nothing tells anything else of them.
pub(crate) fn octets(value: Value<'_>) -> Vec<u8> {
    let octets: Vec<u8> = value.bytes().collect();
    assert_eq!(value.decoded_len(), octets.len());
    let mut exact = vec![0; octets.len()];
    assert_eq!(value.decode_into(&mut exact), Ok(&octets[..]));
    let mut ample = vec![7; octets.len().max(value.raw().len()) + 3];
    assert_eq!(value.decode_into(&mut ample), Ok(&octets[..]));
    if let Some(shorter) = octets.len().checked_sub(1) {
        let mut storage = vec![7; shorter];
        assert_eq!(value.decode_into(&mut storage), Err(Insufficient { required: octets.len() }));
        assert!(storage.iter().all(|octet| *octet == 7), "an error writes nothing");
    }
    if let Some(plain) = value.as_plain() {
        assert_eq!(plain, octets);
    }
    assert_eq!(value.as_str(), value.as_plain().and_then(|plain| std::str::from_utf8(plain).ok()));
    assert!(value == octets[..] && value == Value::from_bytes(&octets) && value.eq_ignore_ascii_case(&octets));
    assert_eq!(value.to_string(), String::from_utf8_lossy(&octets));
    let number = std::str::from_utf8(&octets).ok().filter(|text| !text.starts_with('+'));
    assert_eq!(value.to_u64(), number.and_then(|text| text.parse().ok()));
    assert_eq!(value.to_i64(), number.and_then(|text| text.parse().ok()));
    octets
}

/// The elements, each checked, after checking that the array as one text is made of them.
pub(crate) fn items(value: Value<'_>) -> Vec<Vec<u8>> {
    let items: Vec<Vec<u8>> = value.items().map(octets).collect();
    // A value that is no array is its own and only element.
    let whole: Vec<u8> = if value.is_array() { octets(value) } else { value.bytes().collect() };
    match (&items[..], value.is_array()) {
        ([one], false) => assert_eq!(*one, whole),
        // A JSON list of one is a text in every other format, and one of none is empty.
        ([] | [_], true) if whole == items.concat() => {}
        (_, true) => assert_eq!([b"ARRAY::", &items.join(&b"|:"[..])[..]].concat(), whole),
        other => panic!("{other:?}"),
    }
    items
}

/// Whether these are the same places of a text, read in the same way: equal values of two headers are not.
pub(crate) fn same<'a>(found: impl IntoIterator<Item = Value<'a>>, expected: &[Value<'a>]) -> bool {
    let found: Vec<Value<'_>> = found.into_iter().collect();
    let same =
        |(one, two): (&Value<'_>, &Value<'_>)| one.raw().as_ptr_range() == two.raw().as_ptr_range() && one == two;
    found.len() == expected.len() && found.iter().zip(expected).all(same)
}

/// Name and value of each header, checked.
pub(crate) fn check_headers<'a>(headers: impl Iterator<Item = Header<'a>>) {
    for header in headers {
        let name = octets(header.name);
        assert!(header.is(&name) && header.is(name.to_ascii_uppercase()));
        items(header.value);
    }
}
