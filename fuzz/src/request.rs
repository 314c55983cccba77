//! Whatever a client sends: what is understood of it can be shown and, unless refused, sent again, and then means the
//! same.

use esl_proto::{Command, Decoder, Limits, ParseErrorKind, Request, Step};

use crate::any_command::{encode, request};

/// See the module. The input is what the client sends.
pub fn run(data: &[u8]) {
    let mut decoder = Decoder::for_requests(Limits::DEFAULT);
    let mut rest = data;
    while let Ok(Step::Frame { frame, consumed }) = decoder.decode(rest) {
        rest = &rest[consumed..];
        check(&Request::from(frame));
    }
}

fn check(given: &Request<'_>) {
    match Command::parse(given) {
        Ok(command) => {
            assert!(!format!("{command:?}").is_empty());
            if let Ok(wire) = encode(&command) {
                assert_eq!(Command::parse(&request(&wire)), Ok(command));
            }
        }
        Err(error) => {
            assert!(error.offset <= given.line().len());
            assert!(error.kind != ParseErrorKind::Unknown || error.offset == 0);
        }
    }
}
