//! Texts that commands, calls and events are made of: words that mean something somewhere, and any octets.

use arbitrary::{Result, Unstructured};

/// Words of the protocol, of calls and of the formats.
const WORDS: &[&[u8]] = &[
    b"all",
    b"ALL",
    b"add",
    b"delete",
    b"plain",
    b"json",
    b"CUSTOM",
    b"HEARTBEAT",
    b"SWITCH_EVENT_CUSTOM",
    b"execute",
    b"Content-Length",
    b"content-type",
    b"call-command",
    b"true",
    b"17",
    b"-1",
    b"x",
    b"Event-Subclass",
    b"Event-Name",
    b"undef",
    b"&x",
    b"^^;",
    b":_:",
    b"%[a=b]",
    b"${x}",
    b"a\\",
    b";~!#*+&@?/%,",
    b"[b]",
    b"{c}",
    b"<d>",
    b"]u,[a=",
    b"}u|",
    b") x",
    b"user/1000",
    b"sofia/a/b@[::1]",
    b"x/it's\\",
    b"a:_",
    b"leg_timeout",
    b"_undef_",
    b"ARRAY::",
    b"|:",
    b"%41",
    b"%0A",
    b"%zz",
    b"\n\n",
    b": ",
    b"</body>",
    b"</event>\n",
    b"<!",
    b"&amp;",
    b"]]>",
    b"\xc3",
    b"\xff",
    "\u{17b}".as_bytes(),
    "\u{1f600}".as_bytes(),
    b"_body",
    b"/headers",
    b"/event",
    b"/",
    b">",
    b"<",
    b" ",
    b"=",
    b"Content-Length: 3\n\n",
    b"",
];

/// From how many octets on a value is long for a command.
const LONG: usize = 700;

/// A text: pieces one after the other, most often one or two.
pub(crate) fn text(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for _ in 0..=u.int_in_range(0..=3)?.min(u.int_in_range(0..=3)?) {
        match u.arbitrary::<u8>()? {
            kind @ 0..=15 => {
                let len = u.int_in_range(0..=usize::from(kind))?;
                text.extend_from_slice(u.bytes(len.min(u.len()))?);
            }
            16 => text.resize(text.len() + LONG, b'y'),
            _ => text.extend_from_slice(u.choose(WORDS)?),
        }
    }
    Ok(text)
}

/// Up to `most` of what `make` makes.
pub(crate) fn several<T>(
    u: &mut Unstructured<'_>,
    most: usize,
    mut make: impl FnMut(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    (0..u.int_in_range(0..=most)?).map(|_| make(u)).collect()
}
