//! Running the dump program.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// The example's program. `cargo test --test` alone would not build it, or leave an old one there.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let arguments = ["build", "--quiet", "--example", "dump", "--message-format", "json"];
    let build = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    let messages = serde_json::Deserializer::from_slice(&build.stdout).into_iter::<Value>().map(Result::unwrap);
    let executable = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).last();
    executable.expect("cargo names the program that it has built")
});

/// The program with these arguments, ready to be started.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(&*PROGRAM);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program with these arguments and this standard input.
pub(crate) fn dump(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(arguments).spawn().unwrap();
    // All is read before the first line is printed, so the two cannot wait for each other.
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}
