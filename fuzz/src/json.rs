//! A JSON event that `serde_json` reads is read as it reads it.

use esl_proto::name::Format;

use crate::reading::Reading;
use crate::strict_json::oracle;

/// See the module. The input is the text of the event.
pub fn run(data: &[u8]) {
    if let Some(expected) = oracle(data) {
        assert_eq!(Reading::of(Format::Json, data), Ok(expected));
    }
}
