//! Running the example programs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// The program of an example. `cargo test --test` alone would not build it, or leave an old one there.
///
/// It is built as the test command builds it: cargo chooses the features of what is depended on by what is asked for, and
/// for this package alone all of it would be compiled once more.
pub(crate) fn program(name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.entry(name.to_owned()).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    let arguments =
        ["build", "--quiet", "--workspace", "--all-features", "--example", name, "--message-format", "json"];
    let build = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    let messages = serde_json::Deserializer::from_slice(&build.stdout).into_iter::<Value>().map(Result::unwrap);
    let executable = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).last();
    executable.expect("cargo names the program that it has built")
}
