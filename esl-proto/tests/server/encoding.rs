//! Events as the real server encodes them.

/// The value that the server has encoded. What it would not have encoded, such as `%41`, was there before.
pub(super) fn before_encoding(coded: &[u8]) -> Vec<u8> {
    let mut value = Vec::new();
    let mut rest = coded;
    while let Some((octet, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *octet == b'%').and_then(|pair| str::from_utf8(pair).ok());
        let decoded = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match decoded.filter(|octet| !octet.is_ascii_alphanumeric() && !b"!$'()*,-./~_".contains(octet)) {
            Some(decoded) => {
                value.push(decoded);
                rest = &after[2..];
            }
            None => {
                value.push(*octet);
                rest = after;
            }
        }
    }
    value
}
