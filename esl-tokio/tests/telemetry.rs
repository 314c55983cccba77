//! What traces and metrics are told: the names, the fields, and that the numbers are those of the session.

mod common;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Switch, options};
use esl_sim::Sim;
use esl_tokio::name::{EventName, HangupCause};
use esl_tokio::{Call, CallOptions, Calls, Error, Overflow, Reconnect};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_core::span::Current;

/// The fields of a span or an event, as text.
#[derive(Clone, Default, Debug, PartialEq)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }
}

impl Fields {
    fn is(&self, expected: &[(&str, &str)]) -> bool {
        self.0.iter().map(|(name, value)| (&**name, &**value)).eq(expected.iter().copied())
    }
}

struct Span {
    name: &'static str,
    parent: Option<usize>,
    fields: Fields,
}

struct Said {
    level: Level,
    span: Option<usize>,
    fields: Fields,
}

/// Keeps all spans and events of this crate.
#[derive(Default)]
struct Traces {
    spans: Vec<(&'static tracing::Metadata<'static>, Span)>,
    entered: Vec<usize>,
    said: Vec<Said>,
}

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Traces>>);

impl Subscriber for Collector {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("esl_tokio")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut traces = self.0.lock().unwrap();
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = attributes.is_contextual().then(|| traces.entered.last().copied()).flatten();
        traces.spans.push((attributes.metadata(), Span { name: attributes.metadata().name(), parent, fields }));
        Id::from_u64(traces.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut self.0.lock().unwrap().spans[place(span)].1.fields);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut traces = self.0.lock().unwrap();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let span = traces.entered.last().copied();
        traces.said.push(Said { level: *event.metadata().level(), span, fields });
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(place(span));
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().entered.pop();
    }

    fn current_span(&self) -> Current {
        let traces = self.0.lock().unwrap();
        match traces.entered.last() {
            Some(place) => Current::new(Id::from_u64(*place as u64 + 1), traces.spans[*place].0),
            None => Current::none(),
        }
    }
}

fn place(span: &Id) -> usize {
    span.into_u64() as usize - 1
}

/// Keeps all metrics: by their names and labels, and their units.
#[derive(Clone, Default)]
struct Numbers {
    numbers: Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>,
    units: Arc<Mutex<BTreeMap<String, Option<Unit>>>>,
}

impl Numbers {
    fn of(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<String> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = [vec![key.name().to_owned()], labels].concat().join(" ");
        Arc::clone(self.numbers.lock().unwrap().entry(name).or_default())
    }

    /// The number of this name and these labels. One that does not exist is none.
    fn get(&self, name: &str) -> Option<u64> {
        Some(self.numbers.lock().unwrap().get(name)?.load(Ordering::Relaxed))
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>) {
        self.units.lock().unwrap().insert(name.as_str().to_owned(), unit);
    }
}

impl Recorder for Numbers {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// What is enabled is known once for all threads: the tests take turns.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(start_paused = true)]
async fn a_session_is_a_span_with_what_happens_to_its_connections() {
    let _turn = TURN.lock().await;
    let collector = Collector::default();
    let _guard = tracing::subscriber::set_default(collector.clone());
    let switch = Switch::start();
    let (dialled, mut attempts) = (switch.clone(), 0);
    let dial = move || {
        attempts += 1;
        let result = if attempts == 2 { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(dialled.connect()) };
        async move { result }
    };
    let fs = options().reconnect(Reconnect::default()).connect_by("pbx.example.org:8021", dial).await.unwrap();
    switch.act(Sim::shut_down);
    tokio::time::sleep(Duration::from_millis(1)).await;
    fs.ready().await.unwrap();
    fs.close().await;
    let traces = collector.0.lock().unwrap();
    let [(_, span)] = &*traces.spans else { panic!("{} spans", traces.spans.len()) };
    assert_eq!((span.name, span.parent), ("esl.session", None));
    let server = [("otel.kind", "client"), ("server.address", "pbx.example.org"), ("server.port", "8021")];
    assert!(span.fields.is(&server), "{:?}", span.fields);
    // Each in the span, with its level.
    assert!(traces.said.iter().all(|said| said.span == Some(0)));
    let said: Vec<(Level, &Fields)> = traces.said.iter().map(|said| (said.level, &said.fields)).collect();
    let is = |place: usize, level: Level, expected: &[(&str, &str)]| {
        let (known, fields) = said[place];
        assert!(known == level && fields.is(expected), "{place}: {fields:?}");
    };
    is(0, Level::INFO, &[("message", "connection open")]);
    is(1, Level::WARN, &[("error.type", "server is shutting down"), ("message", "connection lost")]);
    let again = |place: usize, failures: &str| {
        let (level, fields) = said[place];
        assert!(level == Level::INFO && fields.0["message"] == "connecting again", "{fields:?}");
        assert!(fields.0["failures"] == failures && fields.0["pause_ms"].parse::<u64>().unwrap() >= 125, "{fields:?}");
    };
    again(2, "0");
    is(3, Level::WARN, &[("exception.message", "connection refused"), ("message", "no connection")]);
    again(4, "1");
    is(5, Level::INFO, &[("message", "connection open")]);
    assert_eq!((said[6].0, &*said[6].1.0["message"]), (Level::INFO, "connection ended"));
    assert_eq!(said.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_span_around_its_connection_and_its_handler() {
    let _turn = TURN.lock().await;
    let collector = Collector::default();
    let _guard = tracing::subscriber::set_default(collector.clone());
    let switch = Switch::start();
    let calls = Calls::new(CallOptions::new(), 1, |call: Call| async move {
        tracing::info!(target: "esl_tokio::test", "handler");
        call.sleep(1000).await?;
        Err::<(), _>(Box::<dyn std::error::Error + Send + Sync>::from("it must be so"))
    });
    let stream = switch.called("async full").await;
    let uuid = switch.calls().remove(0);
    calls.take(stream, "192.0.2.7:40312");
    calls.take(switch.called("async full").await, "192.0.2.8:40313");
    calls.drain(Duration::from_secs(10)).await;
    let traces = collector.0.lock().unwrap();
    let [(_, call), (_, session)] = &*traces.spans else { panic!("{} spans", traces.spans.len()) };
    assert_eq!((call.name, call.parent, session.name, session.parent), ("esl.call", None, "esl.session", Some(0)));
    let client = [("client.address", "192.0.2.7"), ("client.port", "40312")];
    let known = [("esl.channel.uuid", &*uuid), ("esl.socket.mode", "async"), ("otel.kind", "server")];
    assert!(call.fields.is(&[&client[..], &known].concat()), "{:?}", call.fields);
    assert!(session.fields.is(&[&client[..], &known[2..]].concat()), "{:?}", session.fields);
    let said = |message: &str| {
        let mut found = traces.said.iter().filter(|said| said.fields.0["message"] == message);
        let (first, second) = (found.next(), found.next());
        first.filter(|_| second.is_none()).unwrap_or_else(|| panic!("{message}"))
    };
    assert_eq!(said("handler").span, Some(0));
    assert_eq!(said("connection open").span, Some(1));
    assert_eq!(said("connection ended").span, Some(1));
    let failed = said("call failed");
    assert_eq!(
        (failed.level, failed.span, &*failed.fields.0["exception.message"]),
        (Level::WARN, Some(0), "it must be so")
    );
    let refused = said("call refused: there are too many");
    assert_eq!((refused.level, refused.span, &*refused.fields.0["client.address"]), (Level::WARN, None, "192.0.2.8"));
}

#[tokio::test(start_paused = true)]
async fn a_recorder_has_the_numbers_of_the_sessions() {
    let _turn = TURN.lock().await;
    let numbers = Numbers::default();
    let _guard = metrics::set_default_local_recorder(&numbers);
    let switch = Switch::start();
    let dialled = switch.clone();
    let dial = move || {
        let stream = dialled.connect();
        async move { Ok::<_, io::Error>(stream) }
    };
    let fs = options().reconnect(Reconnect::default()).connect_by("[2001:db8::1]:8021", dial).await.unwrap();
    let mut events = fs.events_with([EventName::Heartbeat], 2, Overflow::DropOldest).await.unwrap();
    let mut log = fs.log(esl_tokio::name::LogLevel::ERR).await.unwrap();
    for _ in 0..5 {
        switch.act(|sim| sim.fire("HEARTBEAT", &[], None));
    }
    fs.api("log ERR it must be so").await.unwrap();
    log.next().await.unwrap().unwrap();
    assert!(matches!(fs.within(Duration::from_millis(1)).api("msleep 100").await, Err(Error::TimedOut)));
    while events.next().await.unwrap().is_err() {}
    switch.act(Sim::shut_down);
    tokio::time::sleep(Duration::from_millis(1)).await;
    fs.ready().await.unwrap();
    let stats = fs.stats();
    let number = |name: &str| numbers.get(&format!("{name} server.address=2001:db8::1 server.port=8021"));
    assert_eq!((number("esl.client.connections"), stats.connections), (Some(2), 2));
    assert_eq!((number("esl.client.commands"), stats.commands), (Some(2), 2));
    assert_eq!((number("esl.client.events"), stats.events), (Some(5), 5));
    assert_eq!((number("esl.client.log_lines"), stats.log_lines), (Some(1), 1));
    assert_eq!((number("esl.client.lost_events"), stats.lost), (Some(3), 3));
    assert_eq!((number("esl.client.command.timeouts"), stats.timed_out), (Some(1), 1));
    let io = |direction: &str| {
        let labels = format!("server.address=2001:db8::1 server.port=8021 network.io.direction={direction}");
        numbers.get(&format!("esl.client.io {labels}"))
    };
    assert_eq!((io("receive"), io("transmit")), (Some(stats.received), Some(stats.sent)));
    assert!(stats.received > 1000 && stats.sent > 50, "{stats:?}");

    // Calls: without the address of each connection, which has another port each time.
    let calls = Calls::new(CallOptions::new(), 1, |call: Call| async move {
        call.sleep(1000).await?;
        call.hangup(HangupCause::NormalClearing).await?;
        Err::<(), _>(Box::<dyn std::error::Error + Send + Sync>::from("it must be so"))
    });
    calls.take(switch.called("full").await, "192.0.2.7:40312");
    calls.take(switch.called("full").await, "192.0.2.7:40313");
    assert_eq!(numbers.get("esl.server.active_calls"), Some(1.0_f64.to_bits()));
    calls.drain(Duration::from_secs(10)).await;
    let (client, server) = tokio::io::duplex(64);
    drop(client);
    calls.take(server, "192.0.2.7:40314");
    calls.drain(Duration::from_secs(10)).await;
    let stats = calls.stats();
    assert_eq!((stats.running, stats.taken, stats.refused, stats.broken, stats.failed), (0, 2, 1, 1, 1));
    assert_eq!(numbers.get("esl.server.active_calls"), Some(0.0_f64.to_bits()));
    let counters = ["calls", "rejected_calls", "broken_calls", "failed_calls"];
    let counted = counters.map(|name| numbers.get(&format!("esl.server.{name}")));
    assert_eq!(counted, [Some(2), Some(1), Some(1), Some(1)]);
    assert!(numbers.get("esl.client.connections").is_some_and(|count| count > 0), "those of calls have no labels");
    // All of them say what they count.
    let units = numbers.units.lock().unwrap();
    let named: Vec<String> = numbers.numbers.lock().unwrap().keys().cloned().collect();
    assert!(named.iter().all(|name| units.contains_key(name.split(' ').next().unwrap())), "{named:?}");
    assert_eq!(units["esl.client.io"], Some(Unit::Bytes));
}
