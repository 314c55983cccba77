//! Connections that fail: every wait ends with its result or with a reason, and nothing gets out of step.

mod common;

use std::io;
use std::time::Duration;

use common::{Switch, options};
use esl_proto::Command;
use esl_proto::client::End;
use esl_sim::{Config, Faults, Sim};
use esl_tokio::name::{EventName, LogLevel};
use esl_tokio::{Error, Missed, Options, Reason, Reconnect, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// A program's day: what comes of it must be the right answers up to an error.
async fn day(stream: DuplexStream) -> (usize, Option<Error>) {
    let mut done = 0;
    let result = async {
        let fs = options().connect_with(stream).await?;
        done += 1;
        let mut events = fs.events([EventName::ChannelAnswer]).await?;
        done += 1;
        let (one, two, three) = tokio::join!(fs.api("eval one"), fs.api("status"), fs.api("eval three"));
        assert!(one.as_ref().ok().is_none_or(|answer| answer.text() == "one"));
        assert!(two.as_ref().ok().is_none_or(|answer| answer.text().starts_with("UP ")));
        assert!(three.as_ref().ok().is_none_or(|answer| answer.text() == "three"));
        // Answers come in order: after one that is lost there is none.
        assert!(two.is_ok() || three.is_err());
        assert!(one.is_ok() || two.is_err());
        one.and(two).and(three)?;
        done += 1;
        let job = fs.bgapi("originate user/1000 &park()").await?.result().await?;
        assert!(job.text().starts_with("+OK "), "{job}");
        done += 1;
        match events.next().await {
            Some(Ok(event)) => assert_eq!(event.get("Unique-ID").unwrap_or_default(), job.detail()),
            Some(Err(Missed::Ended(reason))) => return Err(Error::Lost(reason)),
            other => panic!("{other:?}"),
        }
        fs.call(job.detail().as_bytes()).playback("x.wav").await?;
        done += 1;
        fs.close().await;
        Ok::<(), Error>(())
    };
    let error = result.await.err();
    (done, error)
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_be_lost_at_every_octet() {
    // How many octets a whole day has.
    let mut most = 0;
    for lost_at in 0.. {
        let switch = Switch::start();
        switch.set_faults(Faults { lost_at: Some(lost_at), ..Faults::default() });
        let (done, error) = day(switch.connect()).await;
        assert!(done >= most - usize::from(done < most), "{lost_at}: {done} after {most}");
        most = most.max(done);
        match error {
            Some(Error::Lost(Reason::End(End::Eof))) => {}
            None if done == 5 => {
                assert!(lost_at > 1000, "{lost_at}");
                return;
            }
            other => panic!("{lost_at}: {done}, {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn octets_may_come_late_and_in_pieces() {
    for piece in [1, 2, 3, 7, 64] {
        for delay in [Duration::ZERO, Duration::from_millis(700)] {
            for pipe in [1, 64, 1 << 16] {
                let switch = Switch::with(Config::default(), pipe);
                switch.set_faults(Faults { piece, delay, ..Faults::default() });
                let (done, error) = day(switch.connect()).await;
                assert!(error.is_none() && done == 5, "{piece} {delay:?} {pipe}: {done}, {error:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_noticed() {
    let switch = Switch::start();
    let (id, stream) = switch.connection();
    let fs = options().silence(45 * SECOND).connect_with(stream).await.unwrap();
    let mut events = fs.events([EventName::ChannelAnswer]).await.unwrap();
    // As long as it beats, it lives.
    sleep(300 * SECOND).await;
    assert!(fs.is_open());
    switch.act(|sim| sim.set_faults(id, Faults { held: true, ..Faults::default() }));
    let (fs2, began) = (fs.clone(), Instant::now());
    let asked = tokio::spawn(async move { fs2.api("status").await });
    assert_eq!(events.next().await, Some(Err(Missed::Ended(Reason::Silence))));
    assert!(began.elapsed() <= 45 * SECOND, "{:?}", began.elapsed());
    assert!(matches!(asked.await.unwrap(), Err(Error::Lost(Reason::Silence))));
    assert!(matches!(fs.api("status").await, Err(Error::Lost(Reason::Silence))));
    assert_eq!(fs.closed().await, Reason::Silence);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_is_no_silence() {
    let switch = Switch::with(Config::default(), 256);
    let fs = options().silence(45 * SECOND).connect_with(switch.connect()).await.unwrap();
    let mut events = fs.events_with([EventName::Heartbeat], 1, esl_tokio::Overflow::Block).await.unwrap();
    sleep(500 * SECOND).await;
    assert!(fs.is_open());
    for _ in 0..20 {
        events.next().await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_its_side_only() {
    let (client, mut server) = duplex(1024);
    let connecting = tokio::spawn(async move { options().connect_with(client).await });
    server.write_all(b"Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK\n\n").await.unwrap();
    let fs = connecting.await.unwrap().unwrap();
    let asked = tokio::spawn({
        let fs = fs.clone();
        async move { fs.api("status").await }
    });
    sleep(SECOND).await;
    server.shutdown().await.unwrap();
    assert!(matches!(asked.await.unwrap(), Err(Error::Lost(Reason::End(End::Eof)))));
    let mut said = String::new();
    server.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "auth ClueCon\n\napi status\n\n");
}

#[tokio::test(start_paused = true)]
async fn what_a_server_does_not_read_waits_for_room_and_is_bounded() {
    let (client, mut server) = duplex(1024);
    let connecting = tokio::spawn(async move { options().connect_with(client).await });
    server.write_all(b"Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK\n\n").await.unwrap();
    let fs = connecting.await.unwrap().unwrap();
    let text = |number: usize| format!("{number:0200}");
    let asked: Vec<_> = (0..5_000)
        .map(|number| {
            let (fs, line) = (fs.clone(), format!("eval {}", text(number)));
            tokio::spawn(async move { fs.api(line).await.map(|answer| answer.text().into_owned()) })
        })
        .collect();
    // Nothing is read: what has been taken is what is being written and what waits behind it, 256 KiB each at most.
    sleep(SECOND).await;
    let taken = fs.stats().commands;
    assert!((1_200..2_600).contains(&taken), "{taken}");
    assert!(matches!(fs.within(SECOND).api("late").await, Err(Error::TimedOut)));
    assert_eq!(fs.stats().commands, taken);
    // Every seventh gives up, whether it has been taken or waits for room.
    for (_, task) in asked.iter().enumerate().filter(|(number, _)| number % 7 == 3) {
        task.abort();
    }
    // The server goes on, and says back what it is told.
    let serving = tokio::spawn(async move {
        let (mut said, mut room) = (Vec::new(), vec![0; 4096]);
        loop {
            let count = server.read(&mut room).await.unwrap();
            if count == 0 {
                break;
            }
            said.extend_from_slice(&room[..count]);
            let mut answers = Vec::new();
            while let Some(end) = said.windows(2).position(|pair| pair == b"\n\n") {
                let command = String::from_utf8(said.drain(..end + 2).collect()).unwrap();
                if let Some(text) = command.trim_end().strip_prefix("api eval ") {
                    let head = format!("Content-Type: api/response\nContent-Length: {}\n\n", text.len());
                    answers.extend_from_slice((head + text).as_bytes());
                }
            }
            server.write_all(&answers).await.unwrap();
        }
    });
    for (number, task) in asked.into_iter().enumerate() {
        match task.await {
            Ok(answer) => assert_eq!(answer.unwrap(), text(number)),
            Err(error) => assert!(error.is_cancelled() && number % 7 == 3),
        }
    }
    assert_eq!(fs.api("eval last").await.unwrap().text(), "last");
    drop(fs);
    serving.await.unwrap();
}

/// A session on whichever switch is told.
async fn renewed(switch: &Switch, reconnect: Reconnect) -> Session {
    let switch = switch.clone();
    let dial = move || {
        let stream = switch.connect();
        async move { Ok::<_, io::Error>(stream) }
    };
    options().reconnect(reconnect).connect_by("switch", dial).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_made_anew_and_each_stream_is_told() {
    let switch = Switch::start();
    let fs = renewed(&switch, Reconnect::default()).await;
    let mut answers = fs.events([EventName::ChannelAnswer]).await.unwrap();
    let mut beats = fs.events([EventName::Heartbeat]).await.unwrap();
    fs.set_filters([("Event-Name", "CHANNEL_ANSWER"), ("Event-Name", "HEARTBEAT")]).await.unwrap();
    let job = fs.bgapi("msleep 100000").await.unwrap();
    switch.act(|sim| sim.fire("CHANNEL_ANSWER", &[("n", "1")], None));
    fs.api("status").await.unwrap();
    switch.act(Sim::shut_down);
    assert!(matches!(job.result().await, Err(Error::Lost(Reason::End(End::Shutdown)))));
    // Meanwhile nothing is sent.
    assert!(matches!(fs.api("status").await, Err(Error::NotConnected)));
    assert!(!fs.is_open());
    fs.ready().await.unwrap();
    assert!(fs.api("status").await.unwrap().text().starts_with("UP "));
    switch.act(|sim| {
        sim.fire("CHANNEL_ANSWER", &[("n", "2")], None);
        sim.fire("CHANNEL_DESTROY", &[], None);
        sim.fire("HEARTBEAT", &[], None);
    });
    assert_eq!(answers.next().await.unwrap().unwrap().get("n").unwrap_or_default(), "1");
    match answers.next().await {
        Some(Err(Missed::Gap(gap))) => {
            assert_eq!(gap.reason, Reason::End(End::Shutdown));
            assert!(gap.core_before.is_some() && gap.until >= gap.since);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(answers.next().await.unwrap().unwrap().get("n").unwrap_or_default(), "2");
    assert!(matches!(beats.next().await, Some(Err(Missed::Gap(_)))));
    assert!(beats.next().await.unwrap().is_ok());
    // A subscription that is asked for meanwhile stands when the connection does.
    switch.act(Sim::shut_down);
    sleep(Duration::from_millis(1)).await;
    assert!(!fs.is_open());
    let mut later = fs.events([EventName::ChannelCreate]).await.unwrap();
    switch.act(|sim| sim.fire("CHANNEL_CREATE", &[], None));
    assert!(fs.is_open());
    assert!(matches!(later.next().await, Some(Err(Missed::Gap(_)) | Ok(_))));
    assert_eq!(fs.stats().connections, 3);
    fs.close().await;
    while let Some(item) = answers.next().await {
        assert!(!item.is_err_and(|missed| missed.is_end()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_started_anew_is_told_once() {
    let [first, second] = [1, 2].map(|seed| Switch::with(Config { seed, ..Config::default() }, 1 << 16));
    let mut switches = [first.clone(), second.clone(), second.clone()].into_iter();
    let dial = move || {
        let stream = switches.next().map(|switch| switch.connect());
        async move { stream.ok_or(io::ErrorKind::ConnectionRefused.into()) }
    };
    let fs = options().reconnect(Reconnect::default()).connect_by("switch", dial).await.unwrap();
    let mut events = fs.events([EventName::Heartbeat]).await.unwrap();
    for (switch, restarted) in [(&first, true), (&second, false)] {
        // The server is known by its events.
        switch.act(|sim| sim.fire("HEARTBEAT", &[], None));
        let before = events.next().await.unwrap().unwrap().get("Core-UUID").unwrap_or_default().to_string();
        switch.act(Sim::shut_down);
        sleep(Duration::from_millis(1)).await;
        fs.ready().await.unwrap();
        fs.api("status").await.unwrap();
        second.act(|sim| sim.fire("HEARTBEAT", &[], None));
        assert!(matches!(events.next().await, Some(Err(Missed::Gap(_)))));
        let mut next = events.next().await.unwrap();
        if restarted {
            let Err(Missed::Restarted { before: old, after }) = next else { panic!("{next:?}") };
            assert_eq!(*old, *before.as_bytes());
            next = events.next().await.unwrap();
            assert_eq!(next.as_ref().unwrap().get("Core-UUID").unwrap_or_default(), *after);
        }
        assert!(next.is_ok(), "{next:?}");
    }
}

/// A session with a server that answers whatever is said, and has no events.
async fn answered(options: Options, is_refused: fn(&[u8]) -> bool) -> Session {
    let (client, mut server) = duplex(1024);
    tokio::spawn(async move {
        server.write_all(b"Content-Type: auth/request\n\n").await.unwrap();
        let mut said = Vec::new();
        while server.read_buf(&mut said).await.is_ok_and(|count| count > 0) {
            while let Some(end) = said.windows(2).position(|two| two == b"\n\n") {
                let command: Vec<u8> = said.drain(..end + 2).collect();
                let answer = if is_refused(&command) { "-ERR no" } else { "+OK" };
                let frame = format!("Content-Type: command/reply\nReply-Text: {answer}\n\n");
                server.write_all(frame.as_bytes()).await.unwrap();
            }
        }
    });
    options.connect_with(client).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_the_server_refuses_is_told() {
    let is_refused = |command: &[u8]| command.starts_with(b"filter add Bad ") || command.starts_with(b"log ");
    let fs = answered(options(), is_refused).await;
    let result = fs.set_filters([("Good", "1"), ("Bad", "2"), ("Fine", "3")]).await;
    assert!(matches!(&result, Err(Error::Refused(answer)) if answer.text() == "-ERR no"), "{result:?}");
    fs.set_filters([("Good", "1"), ("Fine", "3")]).await.unwrap();
    let log = fs.log(LogLevel::DEBUG).await;
    assert!(matches!(&log, Err(Error::Refused(answer)) if answer.text() == "-ERR no"), "{log:?}");
    assert!(fs.send(&Command::NoLog).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_events_are_stuck_is_noticed() {
    let fs = answered(options().heartbeat(45 * SECOND), |_| false).await;
    let began = Instant::now();
    while fs.send(&Command::NoLog).await.is_ok() {
        sleep(SECOND).await;
    }
    assert_eq!(fs.closed().await, Reason::NoHeartbeat);
    assert!((40..=46).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

/// What a stream tells, in few words.
async fn told(events: &mut esl_tokio::EventStream, count: usize) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..count {
        told.push(match events.next().await.unwrap() {
            Ok(event) => event.get("n").unwrap_or_default().to_string(),
            Err(Missed::Lost(count)) => format!("lost {count}"),
            Err(Missed::Gap(gap)) => format!("gap: {}", gap.reason),
            Err(missed) => missed.to_string(),
        });
    }
    told
}

#[tokio::test(start_paused = true)]
async fn losses_and_gaps_are_told_in_the_order_in_which_they_happened() {
    let switch = Switch::start();
    let fs = renewed(&switch, Reconnect::default()).await;
    let names = [EventName::Heartbeat];
    let mut oldest = fs.events_with(names, 2, esl_tokio::Overflow::DropOldest).await.unwrap();
    let mut newest = fs.events_with(names, 2, esl_tokio::Overflow::DropNewest).await.unwrap();
    let mut ends = fs.events_with(names, 2, esl_tokio::Overflow::End).await.unwrap();
    let fire = |number: usize| {
        switch.act(|sim| sim.fire("HEARTBEAT", &[("n", &number.to_string())], None));
    };
    (1..=3).for_each(fire);
    fs.api("status").await.unwrap();
    let renew = async || {
        switch.act(Sim::shut_down);
        sleep(Duration::from_millis(10)).await;
        fs.ready().await.unwrap();
        // Behind the subscription.
        fs.api("status").await.unwrap();
    };
    renew().await;
    (4..=5).for_each(fire);
    fs.api("status").await.unwrap();
    // Once more, and nothing is heard in between: one gap.
    renew().await;
    renew().await;
    let mut later = fs.events_with(names, 2, esl_tokio::Overflow::DropOldest).await.unwrap();
    fire(6);
    fs.api("status").await.unwrap();
    // Of 1 to 3, three are lost in all for those who keep the newest: all before the first gap. 4 is lost behind it.
    let gap = "gap: server is shutting down";
    assert_eq!(told(&mut oldest, 6).await, ["lost 3", gap, "lost 1", "5", gap, "6"]);
    assert_eq!(told(&mut newest, 7).await, ["1", "2", "lost 1", gap, "lost 2", gap, "lost 1"]);
    assert_eq!(told(&mut ends, 3).await, ["1", "2", "the stream was full"]);
    assert!(ends.next().await.is_none());
    // A stream that was made behind a gap knows nothing of it.
    assert_eq!(told(&mut later, 1).await, ["6"]);
    assert_eq!((oldest.lost(), newest.lost()), (4, 4));
    // An end comes behind all that was read.
    fire(7);
    fs.api("status").await.unwrap();
    let mut once = options().connect_with(switch.connect()).await.unwrap().events(names).await.unwrap();
    fire(8);
    sleep(Duration::from_millis(10)).await;
    switch.act(Sim::shut_down);
    assert_eq!(told(&mut once, 2).await, ["8", "server is shutting down"]);
    assert!(once.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_and_attempts_come_to_an_end() {
    let dialled = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let times = std::sync::Arc::clone(&dialled);
    let switch = Switch::start();
    let first = switch.clone();
    let dial = move || {
        let mut times = times.lock().unwrap();
        times.push(Instant::now());
        let result = if times.len() == 1 { Ok(first.connect()) } else { Err(io::ErrorKind::ConnectionRefused.into()) };
        async move { result }
    };
    let reconnect = Reconnect::default().pauses(SECOND, 8 * SECOND).attempts(6);
    let fs = options().reconnect(reconnect).connect_by("switch", dial).await.unwrap();
    let mut events = fs.events([EventName::Heartbeat]).await.unwrap();
    switch.act(Sim::shut_down);
    assert_eq!(events.next().await, Some(Err(Missed::Ended(Reason::End(End::Shutdown)))));
    assert!(matches!(fs.ready().await, Err(Error::Lost(_))));
    let dialled = dialled.lock().unwrap().clone();
    let pauses: Vec<f64> = dialled.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    for (pause, most) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0, 8.0, 8.0]) {
        assert!((most / 2.0 - 0.01..=most + 0.01).contains(pause), "{pauses:?}");
    }
    assert_eq!(pauses.len(), 6);
    // Who is refused does not try again.
    let options = options().reconnect(Reconnect::default());
    let refused = options.connect_by("switch", move || {
        let stream = switch.denied();
        async move { Ok::<_, io::Error>(stream) }
    });
    assert!(matches!(refused.await, Err(Error::Lost(Reason::End(End::Rejected)))));
}

#[tokio::test(start_paused = true)]
async fn the_first_connection_may_be_waited_for() {
    let switch = Switch::start();
    let mut attempts = 0;
    let dial = move || {
        attempts += 1;
        let result = if attempts < 5 { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(switch.connect()) };
        async move { result }
    };
    let nobody = || async { Err::<DuplexStream, io::Error>(io::ErrorKind::ConnectionRefused.into()) };
    assert!(matches!(options().connect_by("nobody", nobody).await, Err(Error::Connect(_))));
    let fs = options().reconnect(Reconnect::default().initial()).connect_by("switch", dial).await.unwrap();
    assert!(fs.api("status").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_reads_too_slowly_is_told_why_the_server_ends() {
    let switch = Switch::with(Config { max_queued: 10, window: 256, ..Config::default() }, 256);
    let fs = switch.session().await;
    let mut events = fs.events_with([EventName::Heartbeat], 1, esl_tokio::Overflow::Block).await.unwrap();
    for _ in 0..600 {
        switch.act(|sim| sim.fire("HEARTBEAT", &[], None));
    }
    let last = loop {
        match events.next().await {
            Some(Ok(_)) => {}
            other => break other,
        }
    };
    // The server's notice may come in the middle of an event, which is cut off then.
    assert!(matches!(last, Some(Err(Missed::Ended(Reason::End(End::EventsLost | End::Eof))))), "{last:?}");
}
