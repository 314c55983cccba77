//! Calls that a simulated switch sends, in all four modes, in paused time.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::Switch;
use esl_proto::message::SocketMode;
use esl_sim::{Config, Faults};
use esl_tokio::app::{Conference, PlayAndGetDigits, Transfer};
use esl_tokio::name::{EventName, HangupCause};
use esl_tokio::{Call, CallOptions, Calls, Error, HungUp, Interest};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

const SECOND: Duration = Duration::from_secs(1);
const MODES: [&str; 4] = ["async full", "async", "full", ""];

fn cause(hung_up: &HungUp) -> Option<&str> {
    hung_up.cause().and_then(|cause| cause.as_str())
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_taken_through_in_all_modes() {
    for mode in MODES {
        let switch = Switch::start();
        let call = switch.call(mode).await;
        assert_eq!(call.mode(), Some(if mode.contains("async") { SocketMode::Async } else { SocketMode::Sync }));
        assert_eq!(call.has_full_control(), mode.contains("full"));
        assert_eq!(call.data().unwrap().unique_id().unwrap().to_vec(), call.uuid());
        assert_eq!(switch.calls(), [String::from_utf8(call.uuid().to_vec()).unwrap()]);
        call.answer().await.unwrap();
        assert_eq!(call.playback("x.wav").await.unwrap().response().unwrap().to_string(), "FILE PLAYED");
        call.set("greeting", "a b").await.unwrap();
        assert_eq!(call.get("greeting").await.unwrap().unwrap().text(), "a b", "{mode}");
        assert!(call.get("nosuch").await.unwrap().is_none());
        // Nobody types.
        let ask = PlayAndGetDigits::new(1, 4, "enter.wav", "pin").timeout(1000);
        assert_eq!(call.play_and_get_digits(ask).await.unwrap(), None, "{mode}");
        // Begun at once, they run one after another.
        let (one, two) = tokio::join!(call.sleep(100), call.sleep(200));
        assert!(one.is_ok() && two.is_ok());
        assert!(call.ended().is_none());
        call.hangup(HangupCause::UserBusy).await.unwrap();
        assert_eq!(cause(&call.hung_up().await.unwrap()), Some("USER_BUSY"), "{mode}");
        call.hangup(HangupCause::UserBusy).await.unwrap();
        match call.playback("x.wav").await {
            Err(Error::ChannelEnded(hung_up)) => assert_eq!(cause(&hung_up), Some("USER_BUSY")),
            other => panic!("{mode}: {other:?}"),
        }
        assert!(switch.is_idle().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_killed_is_one_answer_in_all_modes() {
    for mode in MODES {
        for linger in [None, Some(3)] {
            for verb in ["playback", "digits", "echo", "conference"] {
                let switch = Switch::start();
                let options = CallOptions::new().linger(linger);
                let call = Call::accept(switch.called(mode).await, "switch", options).await.unwrap();
                call.answer().await.unwrap();
                let running = tokio::spawn({
                    let call = call.clone();
                    async move {
                        match verb {
                            "playback" => call.playback("long.wav").await.map(drop),
                            "digits" => {
                                call.play_and_get_digits(PlayAndGetDigits::new(1, 4, "e.wav", "pin")).await.map(drop)
                            }
                            "echo" => call.echo().await.map(drop),
                            _ => call.conference(Conference::new("room")).await.map(drop),
                        }
                    }
                });
                tokio::time::sleep(Duration::from_millis(20)).await;
                let uuid = String::from_utf8(call.uuid().to_vec()).unwrap();
                switch.act(|sim| {
                    let channel = sim.channels().into_iter().find(|channel| channel.uuid() == uuid).unwrap();
                    sim.hang_up(&channel, HangupCause::CallRejected);
                });
                match running.await.unwrap() {
                    Err(Error::ChannelEnded(hung_up)) => {
                        assert_eq!(cause(&hung_up), Some("CALL_REJECTED"), "{mode} {linger:?} {verb}");
                    }
                    other => panic!("{mode} {linger:?} {verb}: {other:?}"),
                }
                assert_eq!(cause(&call.hung_up().await.unwrap()), Some("CALL_REJECTED"), "{mode} {linger:?} {verb}");
                assert!(
                    call.playback("x").await.is_err_and(|error| error.is_channel_end()),
                    "{mode} {linger:?} {verb}"
                );
                call.session().close().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_transferred_call_lives_on() {
    for mode in MODES {
        let switch = Switch::start();
        let calls = Calls::new(CallOptions::new(), 10, |call: Call| async move {
            call.answer().await?;
            call.transfer(Transfer::new("park")).await?;
            Ok::<(), Error>(())
        });
        calls.take(switch.called(mode).await, "switch");
        calls.drain(60 * SECOND).await;
        assert_eq!((calls.stats().failed, calls.stats().running), (0, 0), "{mode}");
        tokio::time::sleep(SECOND).await;
        assert_eq!(switch.calls().len(), 1, "{mode}: the call is still there");
    }
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_a_call_when_its_handler_ends() {
    for mode in MODES {
        let switch = Switch::start();
        let fs = switch.session().await;
        let mut ends = fs.events([EventName::ChannelHangup]).await.unwrap();
        let end = async |ends: &mut esl_tokio::EventStream| {
            ends.next().await.unwrap().unwrap().get("Hangup-Cause").map(|cause| cause.to_string()).unwrap_or_default()
        };
        let calls = Calls::new(CallOptions::new(), 10, |call: Call| async move {
            call.answer().await?;
            match call.get("how").await?.map(|how| how.text().into_owned()).as_deref() {
                Some("fails") => Err("it must be so")?,
                Some("panics") => panic!("it must be so"),
                _ => Ok::<(), Box<dyn std::error::Error + Send + Sync>>(()),
            }
        });
        for (how, expected) in
            [("ends", "NORMAL_CLEARING"), ("fails", "NORMAL_TEMPORARY_FAILURE"), ("panics", "NORMAL_TEMPORARY_FAILURE")]
        {
            let stream = switch.called(mode).await;
            let uuid = switch.calls().remove(0);
            assert!(!fs.api(format!("uuid_setvar {uuid} how {how}")).await.unwrap().is_err());
            calls.take(stream, "switch");
            assert_eq!(end(&mut ends).await, expected, "{mode} {how}");
            assert!(switch.is_idle().await);
        }
        calls.drain(SECOND).await;
        assert_eq!(calls.stats().failed, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn one_call_too_many_is_refused_and_ends() {
    for mode in MODES {
        let switch = Switch::start();
        let fs = switch.session().await;
        let mut ends = fs.events([EventName::ChannelHangup]).await.unwrap();
        let calls = Calls::new(CallOptions::new(), 1, |call: Call| async move {
            call.sleep(20_000).await?;
            Ok::<(), Error>(())
        });
        calls.take(switch.called(mode).await, "switch");
        calls.take(switch.called(mode).await, "switch");
        assert_eq!(
            ends.next().await.unwrap().unwrap().get("Hangup-Cause").unwrap_or_default(),
            "SWITCH_CONGESTION",
            "{mode}"
        );
        assert_eq!((calls.stats().running, calls.stats().refused, switch.calls().len()), (1, 1, 1));
        // The other one is ended with the program, after its time.
        calls.drain(3 * SECOND).await;
        assert_eq!(
            ends.next().await.unwrap().unwrap().get("Hangup-Cause").unwrap_or_default(),
            "NORMAL_TEMPORARY_FAILURE",
            "{mode}"
        );
        assert!(switch.is_idle().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_calls_at_once() {
    for mode in MODES {
        let switch = Switch::start();
        let done = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&done);
        let calls = Calls::new(CallOptions::new(), 1000, move |call: Call| {
            let done = Arc::clone(&counting);
            async move {
                call.answer().await?;
                call.playback("x.wav").await?;
                let ask = PlayAndGetDigits::new(1, 4, "enter.wav", "pin").timeout(1000);
                assert_eq!(call.play_and_get_digits(ask).await?, None);
                call.hangup(HangupCause::NormalClearing).await?;
                assert_eq!(call.hung_up().await?.cause(), Some(HangupCause::NormalClearing));
                done.fetch_add(1, Ordering::Relaxed);
                Ok::<(), Error>(())
            }
        });
        for _ in 0..100 {
            calls.take(switch.called(mode).await, "switch");
        }
        calls.drain(60 * SECOND).await;
        assert_eq!(done.load(Ordering::Relaxed), 100, "{mode}: {:?}", calls.stats());
        assert_eq!((calls.stats().taken, calls.stats().failed), (100, 0));
        assert!(switch.is_idle().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_hears_its_own_call_unless_it_asks_for_more() {
    let switch = Switch::start();
    let call = switch.call("async full").await;
    let other = switch.call("async full").await;
    let refused = call.session().events(Interest::all().of_channel(other.uuid())).await;
    assert!(matches!(refused, Err(Error::Refused(_))));
    assert!(matches!(call.session().execute(other.uuid(), "playback", "x").await, Err(Error::Unheard)));
    let mut own = call.session().events([EventName::ChannelExecute]).await.unwrap();
    other.playback("x").await.unwrap();
    call.playback("y").await.unwrap();
    assert_eq!(own.next().await.unwrap().unwrap().unique_id().unwrap().to_vec(), call.uuid());

    let options = CallOptions::new().all_events(true);
    let all = Call::accept(switch.called("async full").await, "switch", options).await.unwrap();
    let mut events = all.session().events([EventName::ChannelExecute]).await.unwrap();
    other.playback("x").await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().unique_id().unwrap().to_vec(), other.uuid());
    all.session().execute(other.uuid(), "playback", "x").await.unwrap();
    assert_eq!(cause(&all.ended().unwrap_or_default()), None);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_what_is_played() {
    for mode in ["async full", "full"] {
        let switch = Switch::start();
        let call = switch.call(mode).await;
        let playing = tokio::spawn({
            let call = call.clone();
            async move { call.playback("tone_stream://%(100000,0,440)").await.map(drop) }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        if mode == "async full" {
            call.stop().await.unwrap();
        }
        playing.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_call_does_not_stay() {
    let (client, server) = duplex(1024);
    let calls = Calls::new(CallOptions::new(), 1, |_: Call| async move { Ok::<(), Error>(()) });
    calls.take(client, "nobody");
    calls.drain(60 * SECOND).await;
    assert_eq!(calls.stats().broken, 1);
    drop(server);
    // One that is lost in the middle of the call's data.
    for lost_at in [0, 1, 100, 1000] {
        let switch = Switch::with(Config::default(), 1 << 16);
        switch.set_faults(Faults { lost_at: Some(lost_at), ..Faults::default() });
        let stream = switch.called("async full").await;
        let result = Call::accept(stream, "switch", CallOptions::new()).await;
        assert!(matches!(result, Err(Error::Lost(_))), "{result:?}");
    }
}

/// The switch's side of a call whose variables are what FreeSWITCH breaks its replies with.
async fn odd_variables(mut stream: tokio::io::DuplexStream, control: &str) {
    let data = format!(
        "Event-Name: CHANNEL_DATA\nUnique-ID: u1\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\n\
         Control: {control}\n\n"
    );
    let mut input = Vec::new();
    loop {
        while let Some(end) = input.windows(2).position(|pair| pair == b"\n\n") {
            let command: Vec<u8> = input.drain(..end + 2).collect();
            let command = String::from_utf8(command).unwrap();
            let reply = |text: &str| format!("Content-Type: command/reply\nReply-Text: {text}\n\n");
            let api = |text: &str| format!("Content-Type: api/response\nContent-Length: {}\n\n{text}", text.len());
            let answer = match command.trim_end().split_once(' ') {
                None if command == "connect\n\n" => data.clone(),
                Some(("getvar", "tilde")) => "Content-Type: command/reply\nx y".into(),
                Some(("getvar", "blank")) => reply("one\n\nContent-Type: command/reply\nReply-Text: two"),
                Some(("getvar", "gone")) => reply("at the end"),
                Some(("getvar", _)) => reply("-ERR command not found"),
                Some(("sendmsg", uuid)) => reply(&format!("-ERR invalid session id [{uuid}]")),
                Some(("api", line)) => api(match line {
                    "uuid_getvar u1 tilde" => "~x y",
                    "uuid_getvar u1 blank" => "-ERR one\n\nfour",
                    "uuid_getvar u1 gone" => "-ERR No such channel!\n",
                    _ => "_undef_",
                }),
                _ => reply("+OK"),
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
        let mut part = [0; 1024];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(count) => input.extend_from_slice(&part[..count]),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_variable_is_whole_or_told_to_be_cut_and_the_rest_is_in_step() {
    for control in ["full", "single-channel"] {
        let (client, server) = duplex(1 << 12);
        tokio::spawn(odd_variables(server, control));
        let call = Call::accept(client, "switch", CallOptions::new()).await.unwrap();
        let (tilde, blank, gone, unset, resumed) =
            tokio::join!(call.get("tilde"), call.get("blank"), call.get("gone"), call.get("unset"), call.resume());
        assert!(resumed.is_ok());
        assert_eq!(gone.unwrap().unwrap().text(), "at the end");
        assert_eq!(unset.unwrap(), None);
        if control == "full" {
            assert_eq!(tilde.unwrap().unwrap().text(), "~x y");
            assert_eq!(blank.unwrap().unwrap().text(), "-ERR one\n\nfour");
        } else {
            assert!(matches!(tilde, Err(Error::Cut(value)) if value.text() == "x y"));
            assert!(matches!(blank, Err(Error::Cut(value)) if value.text() == "one"));
        }
        assert_eq!(call.session().api("uuid_getvar u1 x").await.is_ok(), control == "full", "in step");
    }
}
