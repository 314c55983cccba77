//! The cases of `tests/golden`, as they are made for reading.
//!
//! Each has a title, a sentence or two, and two blocks. `wire` is what a server sends: `\n`, `\r`, `\t`, `\\` and
//! `\xNN` are single octets, and so is the end of each line, an LF, unless a backslash stands before it. `frames` is what
//! the dump program prints for it.

use std::fs;
use std::iter::Peekable;
use std::path::Path;
use std::str::{Chars, Lines};

pub(crate) struct Case {
    /// The file's name and the case's title.
    pub(crate) title: String,
    pub(crate) wire: Vec<u8>,
    pub(crate) frames: String,
}

/// All cases of all files.
pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../esl-proto/tests/golden");
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
