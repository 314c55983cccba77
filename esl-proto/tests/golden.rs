//! Every case of `tests/golden` gives the frames that are written there, in whatever pieces it arrives.
//!
//! The cases are made for reading. Each has a title, a sentence or two, and two blocks. `wire` is what a server sends:
//! `\n`, `\r`, `\t`, `\\` and `\xNN` are single octets, and so is the end of each line, an LF, unless a backslash
//! stands before it. `frames` is what the dump program prints for it.

#[path = "common/decode.rs"]
mod decode;
#[path = "common/dump.rs"]
mod dump;

use std::fs;
use std::iter::Peekable;
use std::path::Path;
use std::str::{Chars, Lines};

use decode::decode;
use dump::dump;

struct Case {
    /// The file's name and the case's title.
    title: String,
    wire: Vec<u8>,
    frames: String,
}

/// All cases of all files.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| cases_of(file)).collect()
}

fn cases_of(file: &Path) -> Vec<Case> {
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    let cases: Vec<Case> = text.split("\n## ").skip(1).map(|text| case(name, text)).collect();
    assert!(!cases.is_empty(), "{name} has no cases");
    cases
}

fn case(file: &str, text: &str) -> Case {
    let mut lines = text.lines();
    let title = format!("{file}: {}", lines.next().unwrap());
    let (mut wire, mut frames) = (None, None);
    while let Some(line) = lines.next() {
        let block = match line {
            "```wire" => &mut wire,
            "```frames" => &mut frames,
            _ => {
                assert!(!line.starts_with("```"), "{title}: an unknown block");
                continue;
            }
        };
        assert!(block.replace(block_of(&mut lines)).is_none(), "{title}: a second {line}");
    }
    let wire = octets(&wire.unwrap_or_else(|| panic!("{title}: no wire")));
    let frames = frames.unwrap_or_else(|| panic!("{title}: no frames"));
    Case { title, wire, frames }
}

/// The lines up to the end of the block.
fn block_of(lines: &mut Lines<'_>) -> String {
    let mut block = String::new();
    for line in lines.take_while(|line| *line != "```") {
        block.push_str(line);
        block.push('\n');
    }
    block
}

/// What a wire block stands for.
fn octets(block: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = block.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => octets.extend(escape(&mut rest)),
            _ => octets.extend(character.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    octets
}

/// What stands after a backslash: an octet, or nothing for the end of the line.
fn escape(rest: &mut Peekable<Chars<'_>>) -> Option<u8> {
    match rest.next() {
        Some('n') => Some(b'\n'),
        Some('r') => Some(b'\r'),
        Some('t') => Some(b'\t'),
        Some('\\') => Some(b'\\'),
        Some('x') => {
            let digits: String = rest.by_ref().take(2).collect();
            Some(u8::from_str_radix(&digits, 16).unwrap())
        }
        Some('\n') => None,
        other => panic!("an unknown escape: {other:?}"),
    }
}

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
