//! The command line of the dump program: where it reads, how it is fed, what it prints and how it ends.
#![cfg(all(feature = "json", feature = "xml"))]

#[path = "common/dump.rs"]
mod dump;

use std::path::Path;
use std::process::Output;

use dump::{command, dump};
use serde_json::{Value, json};

const AUTH_REQUEST: &[u8] = b"Content-Type: auth/request\n\n";

/// The path of a recorded stream.
fn recorded(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/captures").join(name).join("server.bin");
    path.to_str().unwrap().to_owned()
}

/// The lines that were printed.
fn lines(output: &Output) -> Vec<Value> {
    assert!(output.stdout.is_empty() || output.stdout.ends_with(b"\n"));
    str::from_utf8(&output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(output: &Output) -> Vec<String> {
    lines(output).iter().map(|line| line["kind"].as_str().unwrap().to_owned()).collect()
}

/// That nothing was printed but this complaint.
fn assert_refused(output: &Output, complaint: &str) {
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("dump: ") && said.contains(complaint), "{said}");
}

#[test]
fn each_frame_is_a_line() {
    let output = dump(&[&recorded("02-api-blocks-events")], b"");
    let events = ["event"; 3];
    let mut expected = vec!["auth-request", "command-reply", "command-reply", "api-response", "api-response"];
    expected.extend(events);
    expected.extend(["command-reply", "disconnect-notice"]);
    assert_eq!(kinds(&output), expected);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn many_frames_are_as_many_lines() {
    // One frame of this stream is longer than the buffer that the program begins with.
    for (name, frames) in [("06-sendevent-plain", 106), ("04-single-call-xml", 209), ("09-log", 343)] {
        let output = dump(&[&recorded(name)], b"");
        assert_eq!(lines(&output).len(), frames, "{name}");
        assert_eq!(output.status.code(), Some(0), "{name}");
    }
}

#[test]
fn chunks_of_any_size_print_the_same() {
    let file = recorded("06-sendevent-json");
    let whole = dump(&[&file], b"");
    assert_eq!(lines(&whole).len(), 106);
    let chunks = [1, 7, 1_000, 65_536, 65_537, usize::MAX].map(|chunk| chunk.to_string());
    for chunk in &chunks {
        assert_eq!(dump(&["--chunk", chunk, &file], b""), whole, "{chunk}");
    }
}

#[test]
fn a_dash_is_standard_input() {
    let file = recorded("05-divert-events");
    let stream = std::fs::read(&file).unwrap();
    let output = dump(&["-"], &stream);
    assert_eq!(lines(&output).len(), 20);
    assert_eq!(output, dump(&[&file], b""));
}

#[test]
fn octets_left_over_are_no_failure() {
    let output = dump(&[&recorded("15-slow-consumer")], b"");
    let lines = lines(&output);
    assert_eq!(lines.len(), 10);
    assert_eq!(lines[9], json!({"kind": "incomplete", "bytes": 27}));
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn a_broken_framing_ends_the_output() {
    let stream = [AUTH_REQUEST, b"Content-Length: x\n\n", AUTH_REQUEST].concat();
    let output = dump(&["-"], &stream);
    assert_eq!(kinds(&output), ["auth-request", "error"]);
    assert_eq!(lines(&output)[1]["offset"], AUTH_REQUEST.len() + "Content-Length: ".len());
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn nothing_prints_nothing() {
    let output = dump(&["-"], b"");
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b""[..]));
}

#[test]
fn wrong_arguments_are_refused() {
    let usage = "usage: dump [--chunk N] FILE";
    for arguments in [
        &[][..],
        &["-", "-"],
        &["--chunk"],
        &["--chunk", "5"],
        &["--chunk", "0", "-"],
        &["--chunk", "-1", "-"],
        &["--chunk", "five", "-"],
    ] {
        assert_refused(&dump(arguments, b""), usage);
    }
}

#[test]
fn a_missing_file_is_named() {
    assert_refused(&dump(&["no/such/file"], b""), "no/such/file");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = command(&[&recorded("04-single-call-plain")]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}
