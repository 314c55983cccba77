//! What the server loses of a value that it percent-codes.

/// What becomes of a `%` before two upper-case hexadecimal digits: the server does not encode it, so it is decoded once
/// too often.
pub(crate) fn lossy(text: &[u8]) -> Vec<u8> {
    let mut seen = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| text[at] == b'%');
        let upper = |digits: &&[u8]| digits.iter().all(|digit| b"0123456789ABCDEF".contains(digit));
        match digits.filter(upper) {
            Some(digits) => {
                seen.push(u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
                at += 3;
            }
            None => {
                seen.push(text[at]);
                at += 1;
            }
        }
    }
    seen
}
