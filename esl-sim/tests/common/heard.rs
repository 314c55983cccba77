//! What a client hears, as the tests ask for it.

use esl_proto::Message;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Reply,
    Api,
    Event,
    Log,
    Other,
}

/// A frame that has come, as text, and what the tests ask of it.
pub(crate) struct Heard {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// The reply's text, or the body.
    pub(crate) said: String,
    pub(crate) event: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

pub(crate) fn heard(message: Message<'_>, text: String) -> Heard {
    let mut heard = Heard { kind: Kind::Other, text, said: String::new(), event: None, headers: Vec::new() };
    match message {
        Message::Reply(reply) => {
            heard.kind = Kind::Reply;
            heard.said = reply.text().to_string();
        }
        Message::ApiResponse(response) => {
            heard.kind = Kind::Api;
            heard.said = String::from_utf8_lossy(response.body()).into_owned();
        }
        Message::Event(event) => {
            heard.kind = Kind::Event;
            heard.event = event.name().map(|name| name.to_string());
            heard.headers = event.headers().map(|header| (header.name.to_string(), header.value.to_string())).collect();
            heard.said = event.body().map(|body| body.to_string()).unwrap_or_default();
        }
        Message::Log(_) => heard.kind = Kind::Log,
        _ => {}
    }
    heard
}
