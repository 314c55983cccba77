//! What the program's log, traces and metrics are told. Without the features, nothing.
//!
//! The names follow OpenTelemetry's semantic conventions where these define any.

use std::fmt::Display;
use std::future::Future;

use esl_proto::session::{Notice, Reason};
use tokio::task::JoinHandle;

/// Who is at the other end, and who has connected to whom.
#[derive(Clone, Copy)]
pub(crate) enum Peer<'p> {
    /// The switch that this side has connected to.
    Server(&'p str),
    /// The switch that has connected to this side.
    Client(&'p str),
}

/// The host and the port, if it has one.
#[cfg(any(feature = "tracing", feature = "metrics"))]
pub(crate) fn address(peer: &str) -> (&str, Option<u16>) {
    match peer.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
        Some((host, port)) => (host.trim_matches(['[', ']']), Some(port)),
        None => (peer, None),
    }
}

/// Runs the task of a session in its span.
pub(crate) fn spawn_session<F>(peer: Peer<'_>, task: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[cfg(feature = "tracing")]
    let task = {
        let span = match peer {
            Peer::Server(peer) => {
                let (host, port) = address(peer);
                tracing::info_span!("esl.session", otel.kind = "client", server.address = host, server.port = port)
            }
            Peer::Client(peer) => {
                let (host, port) = address(peer);
                tracing::info_span!("esl.session", otel.kind = "server", client.address = host, client.port = port)
            }
        };
        tracing::Instrument::instrument(task, span)
    };
    #[cfg(not(feature = "tracing"))]
    let (Peer::Server(_) | Peer::Client(_)) = peer;
    tokio::spawn(task)
}

/// Runs what is done for a call in its span: the connection's session and the handler have it as their parent.
pub(crate) fn spawn_call<F>(peer: &str, task: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[cfg(feature = "tracing")]
    let task = {
        let (host, port) = address(peer);
        let empty = tracing::field::Empty;
        let span = tracing::info_span!(
            "esl.call",
            otel.kind = "server",
            client.address = host,
            client.port = port,
            esl.channel.uuid = empty,
            esl.socket.mode = empty,
        );
        tracing::Instrument::instrument(task, span)
    };
    #[cfg(not(feature = "tracing"))]
    let _ = peer;
    tokio::spawn(task)
}

/// Runs the handler of a call, in the span of whoever calls this.
pub(crate) fn spawn_handler<F>(task: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[cfg(feature = "tracing")]
    let task = tracing::Instrument::in_current_span(task);
    tokio::spawn(task)
}

/// The call of the current span is known now.
pub(crate) fn call_is(uuid: &[u8], is_async: bool) {
    #[cfg(feature = "tracing")]
    {
        let span = tracing::Span::current();
        span.record("esl.channel.uuid", &*String::from_utf8_lossy(uuid));
        span.record("esl.socket.mode", if is_async { "async" } else { "sync" });
    }
    #[cfg(not(feature = "tracing"))]
    let _ = (uuid, is_async);
}

pub(crate) fn opened() {
    #[cfg(feature = "tracing")]
    tracing::info!("connection open");
}

/// A connection has ended: by this side, or for another reason.
pub(crate) fn lost(reason: Reason) {
    #[cfg(feature = "tracing")]
    match reason {
        Reason::Closed | Reason::End(esl_proto::client::End::Exit | esl_proto::client::End::ChannelEnded) => {
            tracing::info!(%reason, "connection ended");
        }
        _ => tracing::warn!("error.type" = reason.as_str(), "connection lost"),
    }
    #[cfg(not(feature = "tracing"))]
    let _ = reason;
}

/// Something that no wait tells of.
pub(crate) fn noticed(notice: &Notice) {
    #[cfg(feature = "tracing")]
    match notice {
        Notice::FilterRefused { header, value } => {
            let (header, value) = (String::from_utf8_lossy(header), String::from_utf8_lossy(value));
            tracing::warn!(%header, %value, "filter refused");
        }
        Notice::HeartbeatRefused => tracing::warn!("HEARTBEAT refused: silence will not be noticed"),
        Notice::Restarted { .. } => tracing::warn!("the server has been restarted"),
        _ => {}
    }
    #[cfg(not(feature = "tracing"))]
    let _ = notice;
}

/// Another connection will be tried.
pub(crate) fn waits(failures: u32, pause: std::time::Duration) {
    #[cfg(feature = "tracing")]
    tracing::info!(failures, pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), "connecting again");
    #[cfg(not(feature = "tracing"))]
    let _ = (failures, pause);
}

pub(crate) fn not_connected(error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(exception.message = %error, "no connection");
    #[cfg(not(feature = "tracing"))]
    let _ = error;
}

pub(crate) fn refused(peer: &str) {
    #[cfg(feature = "tracing")]
    {
        let (host, port) = address(peer);
        tracing::warn!(client.address = host, client.port = port, "call refused: there are too many");
    }
    #[cfg(not(feature = "tracing"))]
    let _ = peer;
}

/// A call has told nothing of itself, or its handler has failed.
pub(crate) fn failed(error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(exception.message = %error, "call failed");
    #[cfg(not(feature = "tracing"))]
    let _ = error;
}
