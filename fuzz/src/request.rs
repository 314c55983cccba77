//! Whatever a client sends: what is understood of it is what a second, plain reader understands; it can be shown and,
//! unless refused, sent again, and then means the same.

use esl_proto::command::ParseErrorKind;
use esl_proto::frame::{Request, Step};
use esl_proto::{Command, Decoder, Limits};

use crate::any_command::{encode, reads_back};
use crate::reference::commands::with_command;
use crate::reference::requests::Request as Plain;

/// See the module. The input is what the client sends.
pub fn run(data: &[u8]) {
    let mut decoder = Decoder::for_requests(Limits::DEFAULT);
    let mut plain = Plain::all(data).into_iter();
    let mut at = 0;
    while let Ok(Step::Frame { frame, consumed }) = decoder.decode(&data[at..]) {
        at += consumed;
        let plain = plain.next().expect("no more than there are");
        let request = Request::from(frame);
        assert_eq!((request.head(), request.body(), at), (plain.head, plain.body, plain.end));
        read(&request, &plain);
        check(&request, &plain);
    }
    assert_eq!(plain.next(), None);
}

/// Line and headers.
fn read(request: &Request<'_>, plain: &Plain<'_>) {
    assert_eq!(request.line(), plain.line);
    let headers = request.headers().map(|header| (header.name.raw(), header.value.raw()));
    assert!(headers.eq(plain.headers.iter().copied()));
    for name in ["content-length", "Event-UUID", "execute-app-arg"] {
        assert_eq!(request.get(name), plain.get(name));
    }
}

fn check(given: &Request<'_>, plain: &Plain<'_>) {
    let command = Command::parse(given);
    with_command(plain, |plain| assert_eq!(command.map_err(|error| error.kind), plain));
    match command {
        Ok(command) => {
            assert!(!format!("{command:?}").is_empty());
            if let Ok(wire) = encode(&command) {
                reads_back(&wire, &command);
            }
        }
        Err(error) => {
            assert!(error.offset <= given.line().len() && !error.to_string().is_empty());
            let is_getvar = given.line().to_ascii_lowercase().starts_with(b"getvar");
            assert!(error.kind != ParseErrorKind::Unknown || error.offset == 0 || is_getvar);
        }
    }
}
