//! The first program of somebody who uses the crate, with whatever features: `gates/package` runs it with each of them.

use esl_proto::client::Poll;
use esl_proto::name::{EventName, Format};
use esl_proto::{Client, Command, Event, Incoming, Limits, RecvBuf};

/// What a server says: a greeting, and an event.
const STREAM: &[u8] = b"Content-Type: auth/request\n\n\
    Content-Length: 48\nContent-Type: text/event-plain\n\nEvent-Name: CHANNEL_ANSWER\nUnique-ID: 5fd4%20x\n\n";

fn main() {
    let mut client = Client::inbound(Limits::DEFAULT);
    let mut buffer = RecvBuf::new([0; 512]);
    let mut out = [0; 64];
    buffer.spare_mut()[..STREAM.len()].copy_from_slice(STREAM);
    buffer.commit(STREAM.len());
    let mut events = 0;
    loop {
        let poll = client.poll(buffer.filled()).expect("the framing is whole");
        let consumed = poll.consumed();
        match poll {
            Poll::Incoming { incoming: Incoming::AuthRequest, .. } => {
                let sent = client.send(&Command::auth("ClueCon"), &mut out).expect("it may be sent");
                assert_eq!(&out[..sent.len], b"auth ClueCon\n\n");
            }
            Poll::Incoming { incoming: Incoming::Event(event), .. } => {
                assert_eq!(event.name(), Some(EventName::ChannelAnswer));
                assert!(event.get("unique-id").is_some_and(|value| value == "5fd4 x"));
                events += 1;
                #[cfg(feature = "alloc")]
                kept(event.into_owned());
                #[cfg(feature = "serde")]
                assert_eq!(
                    serde_json::to_string(&event).expect("it is whole"),
                    r#"{"Event-Name":"CHANNEL_ANSWER","Unique-ID":"5fd4 x"}"#
                );
            }
            Poll::NeedData { .. } => break,
            other => panic!("{other:?}"),
        }
        buffer.consume(consumed);
    }
    assert_eq!(events, 1);
    parts();
}

fn parts() {
    let json = Event::new(Format::Json, br#"{"Event-Name":"API"}"#);
    assert_eq!(json.name().is_some(), cfg!(any(feature = "json", feature = "server")));
    assert_eq!(json.validate().is_ok(), cfg!(any(feature = "json", feature = "server")));
    let xml = Event::new(Format::Xml, b"<event><headers><Event-Name>API</Event-Name></headers></event>");
    assert_eq!(xml.name().is_some(), cfg!(any(feature = "xml", feature = "server")));
    #[cfg(feature = "dial")]
    {
        let mut out = [0; 64];
        let call = esl_proto::dial::Originate::new("user/1000", esl_proto::dial::Destination::application("park", ""));
        assert_eq!(call.encode(&mut out), Ok(&b"originate user/1000 &park()"[..]));
    }
    #[cfg(feature = "server")]
    assert!(esl_proto::server::Server::FIRST_COMMAND_TIMEOUT.as_secs() > 0);
    #[cfg(all(feature = "alloc", feature = "dial"))]
    assert!(esl_proto::session::Session::new(1).to_send().is_empty());
}

#[cfg(feature = "alloc")]
fn kept(event: esl_proto::EventBuf) {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(event)).join().expect("it ends").expect("somebody listens");
    let event: esl_proto::EventBuf = receiver.recv().expect("it was sent");
    assert_eq!(event.get("Unique-ID").map(|value| value.to_string_lossy().into_owned()), Some("5fd4 x".to_owned()));
    assert!(Command::api("status").into_owned().is_ok_and(|command| command.as_bytes() == b"api status\n\n"));
}
