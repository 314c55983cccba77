//! Applications: what their arguments look like, what is refused, and that texts arrive as they are.
#![cfg(feature = "dial")]

use esl_proto::command::SendMsg;
use esl_proto::command::app::{
    App, AppEncodeError, AppErrorKind as Kind, AppField, Conference, Dtmf, Ending, Outcome, PlayAndGetDigits, Read,
    Record, Say, Socket, Text, Transfer, TransferLeg,
};
use esl_proto::dial::Leg;
use esl_proto::name::{Format, HangupCause, LogLevel};
use esl_proto::{Command, Event};
use proptest::prelude::*;

fn written<'a>(app: impl Into<App<'a>>) -> Result<Vec<u8>, AppEncodeError> {
    let app = app.into();
    let mut out = vec![0; app.encoded_len()?];
    let len = app.encode(&mut out)?.len();
    assert_eq!(len, out.len());
    if let Some(shorter) = len.checked_sub(1) {
        assert_eq!(app.encode(&mut out[..shorter]).map_err(|error| error.required()), Err(Some(len)));
    }
    Ok(out)
}

fn shows<'a>(app: impl Into<App<'a>>, name: &str, argument: &str) {
    let app = app.into();
    assert_eq!(app.name(), name);
    assert_eq!(String::from_utf8(written(app).unwrap()).unwrap(), argument);
}

fn refused<'a>(app: impl Into<App<'a>>, kind: Kind, field: AppField, offset: usize) {
    match written(app) {
        Err(AppEncodeError::Refused(error)) => {
            assert_eq!((error.kind, error.field, error.offset), (kind, field, offset), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_application_as_the_server_reads_it() {
    shows(App::Answer, "answer", "");
    shows(App::playback("a b.wav"), "playback", "a b.wav");
    shows(App::Playback { path: "a.wav".into(), start_sample: Some(8000) }, "playback", "a.wav@@8000");
    shows(App::GenTones { script: "%(1,0,640)".into(), loops: Some(-1) }, "gentones", "%(1,0,640)|-1");
    shows(Say::new("en", "number", "pronounced", "1 2"), "say", "en number pronounced '1 2'");
    shows(Say::new("fr", "number", "pronounced", "1").gender("feminine"), "say", "fr number pronounced feminine 1");
    shows(App::speak("flite", "kal", "it's 1|2"), "speak", "flite|kal|it's 1|2");
    shows(App::speak_text("hello"), "speak", "hello");
    shows(App::phrase("m", ""), "phrase", "m");
    shows(App::phrase("m", "1,2"), "phrase", "m,1,2");
    shows(Read::new(1, 4, "x", "v").digit_timeout(7), "read", "1 4 x v 5000 # 7");
    let digits = PlayAndGetDigits::new(0, 4, "x", "v").terminators("none").transfer_on_failure("1 XML");
    shows(digits, "play_and_get_digits", "0 4 1 5000 none x silence v '' 5000 '1 XML'");
    shows(Record::new("a'b").limit(3), "record", r"a\\'b 3");
    shows(Record::new("a").silence(200, 5), "record", "a 0 200 5");
    shows(App::record_session("a b", 5), "record_session", "'a b' +5");
    shows(App::stop_record_session("a b"), "stop_record_session", "a b");
    shows(App::bridge(&[Leg::new("user/1")]), "bridge", "user/1");
    shows(Transfer::new("1 2").context("c"), "transfer", "'1 2' '' c");
    // What a splitting reader would take for a separator said in front.
    shows(App::transfer("^^;x"), "transfer", "'^^;x'");
    shows(Transfer::new("1").leg(TransferLeg::Both).dialplan("XML"), "transfer", "-both 1 XML");
    shows(App::set("a", " b=c "), "set", "a= b=c ");
    shows(App::set("a", r"\"), "set", r"a=\\\\");
    shows(App::multiset(&[("a", "1;2"), ("b", "it's")]), "multiset", r"^^;'a=1\\;2';'b=it\\'s'");
    shows(App::unset("a"), "unset", "a");
    shows(App::export("a", r"$\"), "export", r"a=\$\\");
    shows(App::Export { name: "a".into(), value: "1".into(), nolocal: true }, "export", "nolocal:a=1");
    shows(App::push("a", "1"), "push", "a=1");
    shows(App::sleep(9), "sleep", "9");
    shows(App::send_dtmf(Dtmf::new("1#w").duration(100)), "send_dtmf", "1#w@100");
    shows(App::queue_dtmf("*"), "queue_dtmf", "*");
    shows(Conference::new("r").pin("12"), "conference", "r+12");
    shows(App::deflect("sip:x@y"), "deflect", "sip:x@y");
    shows(App::hangup(HangupCause::UserBusy), "hangup", "USER_BUSY");
    shows(App::hangup(None), "hangup", "");
    shows(App::sched_hangup(5, HangupCause::UserBusy), "sched_hangup", "+5 USER_BUSY");
    shows(App::event(&[("Event-Name", "CUSTOM"), ("x", "a, b")]), "event", r"'Event-Name=CUSTOM','x=a\\, b'");
    shows(App::log(LogLevel::INFO, "a b"), "log", "INFO a b");
    shows(App::info(LogLevel::DEBUG), "info", "DEBUG");
    shows(Socket::new("127.0.0.1:9042").run_async().full(), "socket", "127.0.0.1:9042 async full");
    shows(App::eavesdrop("all"), "eavesdrop", "all");
    shows(App::Intercept { uuid: "5fd4".into(), bleg: true }, "intercept", "-bleg 5fd4");
    shows(Record::new(Text::expand("${base}/x")), "record", "'${base}/x'");
}

#[test]
fn what_would_mean_something_else_is_refused() {
    refused(App::set("a", "x${y}"), Kind::Expansion, AppField::Value, 1);
    refused(App::set("a", r"$\{y}"), Kind::Expansion, AppField::Value, 0);
    refused(App::set("a=b", "x"), Kind::Separator, AppField::Name, 1);
    refused(App::set("", "x"), Kind::Empty, AppField::Name, 0);
    refused(App::set("%[a", "x"), Kind::Reserved, AppField::Name, 0);
    refused(App::set("a", "\0"), Kind::Nul, AppField::Value, 0);
    refused(App::playback("a@@1"), Kind::Separator, AppField::Path, 1);
    refused(App::speak_text("a|b"), Kind::Separator, AppField::Text, 1);
    refused(App::speak("a'", "b", "c"), Kind::Quote, AppField::Engine, 1);
    refused(Record::new("a").limit(0), Kind::OutOfRange, AppField::Limit, 0);
    refused(Read::new(5, 4, "x", "v"), Kind::OutOfRange, AppField::Min, 0);
    refused(App::sleep(u32::MAX), Kind::OutOfRange, AppField::Number, 0);
    refused(App::transfer("-BOTH"), Kind::Reserved, AppField::Extension, 0);
    refused(App::export("nolocal:a", "x"), Kind::Reserved, AppField::Name, 0);
    refused(App::send_dtmf("12x"), Kind::Digit, AppField::Digits, 2);
    refused(App::send_dtmf(&"1".repeat(100)), Kind::TooMany, AppField::Digits, 0);
    refused(App::conference("a+b"), Kind::Separator, AppField::Name, 1);
    refused(App::conference("Bridge:x"), Kind::Reserved, AppField::Name, 0);
    refused(App::conference(" a"), Kind::Blank, AppField::Name, 0);
    refused(App::event(&[("a", " b")]), Kind::Blank, AppField::Value, 0);
    assert!(matches!(written(App::bridge("a,b")), Err(AppEncodeError::Dial(_))));
}

#[test]
fn how_applications_end() {
    assert!(App::transfer("1").needs_resume());
    assert!(!App::from(Transfer::new("1").leg(TransferLeg::Other)).needs_resume());
    assert_eq!(App::hangup(None).ending(), Ending::EndsChannel);
    assert_eq!(App::Park.ending(), Ending::Lasts);
    assert_eq!(App::Answer.ending(), Ending::Completes);

    let outcome = |text: &'static str| Outcome::of(&Event::new(Format::Plain, text.as_bytes()));
    let killed = "Event-Name: CHANNEL_EXECUTE_COMPLETE\nAnswer-State: hangup\nHangup-Cause: USER_BUSY\n\n";
    assert_eq!(outcome(killed), Some(Outcome::ChannelEnded { cause: Some(HangupCause::UserBusy) }));
    let none = "Event-Name: CHANNEL_EXECUTE_COMPLETE\nApplication-Response: _none_\n\n";
    assert_eq!(outcome(none), Some(Outcome::Completed { response: None }));
    assert_eq!(outcome("Event-Name: CHANNEL_DESTROY\n\n"), Some(Outcome::ChannelEnded { cause: None }));
    assert_eq!(outcome("Event-Name: HEARTBEAT\n\n"), None);
}

/// `switch_channel_expand_variables` for a text without variables.
fn expanded(text: &[u8]) -> Vec<u8> {
    let escapes = text.windows(2).any(|two| two[0] == b'\\' && br"\nst'".contains(&two[1]));
    if !escapes {
        return text.to_vec();
    }
    let (mut out, mut rest) = (Vec::new(), text);
    while let [octet, after @ ..] = rest {
        rest = match rest {
            [b'\\', b'$', b'$', after @ ..] | [b'\\', b'$', after @ ..] | [b'$', b'$', after @ ..] => {
                out.push(b'$');
                after
            }
            [b'\\', b'\'', after @ ..] => after,
            [b'\\', b'\\', after @ ..] => {
                out.push(b'\\');
                after
            }
            _ => {
                out.push(*octet);
                after
            }
        };
    }
    out
}

/// `cleanup_separated_string` for a piece in which quotes go in pairs.
fn cleaned(text: &[u8], delimiter: u8) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let [octet, after @ ..] = rest {
        rest = match rest {
            [b'\\', next, after @ ..] if matches!(next, b'\\' | b'\'' | b'"') || *next == delimiter => {
                out.push(*next);
                after
            }
            [b'\'', after @ ..] => after,
            _ => {
                out.push(*octet);
                after
            }
        };
    }
    out
}

proptest! {
    #[test]
    fn texts_arrive_as_they_are(text in r#"[a \\'"$;,|=x\n]{1,12}"#) {
        let text = text.as_str();
        let set = written(App::set("v", text)).unwrap();
        prop_assert_eq!(expanded(&expanded(&set)[2..]), text.as_bytes());
        let export = written(App::export("v", text)).unwrap();
        prop_assert_eq!(&expanded(&export)[2..], text.as_bytes());
        let record = written(Record::new(text)).unwrap();
        prop_assert_eq!(cleaned(&expanded(&record), 0), text.as_bytes());
        let many = written(App::multiset(&[("v", text)])).unwrap();
        prop_assert_eq!(expanded(&cleaned(&expanded(&many)[3..], b';')[2..]), text.as_bytes());
    }

    #[test]
    fn no_text_makes_an_argument_that_cannot_be_sent(text in any::<Vec<u8>>()) {
        for app in [App::set("v", &text), Record::new(&text).into(), App::transfer(&text), App::speak("a", "b", &text)] {
            let mut out = vec![0; 8 * text.len() + 64];
            if let Ok(execute) = app.execute(&mut out) {
                prop_assert!(Command::from(SendMsg::new(execute)).encoded_len().is_ok());
            }
        }
    }
}
