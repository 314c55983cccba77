//! Everything that can be asked of a frame from a server.

use esl_proto::message::{Reply, Status};
use esl_proto::{Event, Frame, Message};

use crate::values::{check_headers, octets, same};

/// How many names are looked up: each look-up walks the head.
const MOST_NAMES: usize = 5;

/// Asks a frame everything.
pub(crate) fn check(frame: Frame<'_>) {
    check_headers(frame.headers());
    for header in frame.headers().take(MOST_NAMES) {
        let name = octets(header.name);
        let first = frame.headers().find(|header| header.is(&name)).map(|header| header.value);
        assert!(same(frame.get(&name), first.as_slice()));
        let to_end = octets(frame.get_to_end(&name).expect("there is one"));
        assert!(first.is_some_and(|first| to_end.starts_with(&octets(first))));
    }
    let message = Message::from(frame);
    assert!(!format!("{message:?}").is_empty());
    match message {
        Message::Reply(reply) => check_reply(&reply),
        Message::ApiResponse(response) => {
            let detail = response.detail();
            assert!(response.body().trim_ascii_end().ends_with(detail));
            assert_eq!(response.status(), Status::of(response.body()));
        }
        Message::Log(line) => {
            let _ = (line.level(), line.line(), line.text_channel(), line.text());
            [line.file(), line.function(), line.channel_uuid()].into_iter().flatten().map(octets).for_each(drop);
        }
        Message::Disconnect(notice) => {
            let _ = (notice.disposition(), notice.linger_seconds(), notice.text());
            [notice.session_uuid(), notice.channel_name()].into_iter().flatten().map(octets).for_each(drop);
        }
        Message::Event(event) => assert_eq!(event.text(), frame.body().unwrap_or_default()),
        _ => {}
    }
}

fn check_reply(reply: &Reply<'_>) {
    octets(reply.text());
    octets(reply.text_to_end());
    let _ = (reply.status(), reply.detail(), reply.allowed_log(), reply.socket_mode(), reply.has_full_control());
    [reply.job_uuid(), reply.allowed_events(), reply.allowed_api()].into_iter().flatten().map(octets).for_each(drop);
    assert_eq!(reply.channel_data(), reply.is_connect().then(|| Event::from_head(reply.frame())));
}
