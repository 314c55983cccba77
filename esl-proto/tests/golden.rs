//! Every case of `tests/golden` gives the frames that are written there, in whatever pieces it arrives.
#![cfg(all(feature = "json", feature = "xml"))]

#[path = "common/golden.rs"]
mod cases;
#[path = "common/decode.rs"]
mod decode;
#[path = "common/dump.rs"]
mod dump;

use cases::{Case, cases};
use decode::decode;
use dump::dump;

#[test]
fn the_dump_program_prints_what_is_written() {
    for Case { title, wire, frames } in cases() {
        let broken = frames.contains(r#"{"kind":"error""#);
        for arguments in
            [&["-"][..], &["--chunk", "1", "-"], &["--chunk", "2", "-"], &["--chunk", "3", "-"], &["--chunk", "7", "-"]]
        {
            let output = dump(arguments, &wire);
            assert_eq!(String::from_utf8_lossy(&output.stdout), frames, "{title} {arguments:?}");
            assert_eq!(output.status.code(), Some(i32::from(broken)), "{title} {arguments:?}");
        }
    }
}

#[test]
fn a_cut_anywhere_changes_nothing() {
    for Case { title, wire, .. } in cases() {
        let whole = decode(&wire, [wire.len()]);
        assert_eq!(decode(&wire, 0..=wire.len()), whole, "{title}, octet by octet");
        for cut in 0..wire.len() {
            assert_eq!(decode(&wire, [cut, wire.len()]), whole, "{title}, cut after {cut} octets");
        }
    }
}
