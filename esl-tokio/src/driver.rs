//! The task of a session: one connection after another.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use esl_proto::client::End;
use esl_proto::session::Reason;
use esl_proto::{Client, Limits};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{sleep, timeout};

use crate::link::Link;
use crate::state::{Shared, random};
use crate::telemetry;
use crate::{Login, Reconnect};

/// Makes a stream.
pub(crate) type Dial<S> = Box<dyn FnMut() -> Pin<Box<dyn Future<Output = io::Result<S>> + Send>> + Send>;

/// Ends the session with the task, however that ends: with the runtime, say.
struct Ends<'s>(&'s Shared);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.lock().end(Reason::Closed, self.0.now(), &self.0.counters);
    }
}

/// What an inbound session needs beside its first stream.
pub(crate) struct Inbound<S> {
    pub(crate) login: Login,
    pub(crate) limits: Limits,
    /// How long a connection may take until it is open.
    pub(crate) patience: Duration,
    pub(crate) reconnect: Option<(Reconnect, Dial<S>)>,
}

/// Drives an inbound session to its end.
pub(crate) async fn inbound<S>(shared: Arc<Shared>, mut first: Option<S>, mut with: Inbound<S>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let ends = Ends(&shared);
    let mut failures = 0;
    let mut reason = Reason::End(End::Eof);
    loop {
        if let Some(stream) = first.take() {
            let open_by = {
                let mut state = shared.lock();
                let now = shared.now();
                state.session.connect(Client::inbound(with.limits), now);
                now.saturating_add(with.patience)
            };
            let before = shared.counters.stats().connections;
            let mut link = Link::new(&shared, Some(&with.login), stream, Some(open_by));
            reason = (&mut link).await;
            shared.lock().lost(shared.now(), &shared.counters);
            telemetry::lost(reason);
            link.shut_down().await;
            if shared.counters.stats().connections > before {
                failures = 0;
            }
        }
        let is_final = matches!(reason, Reason::End(End::AuthRefused | End::Rejected)) || shared.lock().closing;
        let Some((reconnect, dial)) = with.reconnect.as_mut().filter(|_| !is_final) else { break };
        if reconnect.attempts.is_some_and(|most| failures >= most) {
            break;
        }
        let pause = reconnect.pause(failures);
        telemetry::waits(failures, pause);
        let attempt = async {
            sleep(pause).await;
            timeout(with.patience, dial()).await
        };
        failures = failures.saturating_add(1);
        match unless(shared.closing(), attempt).await {
            Some(Ok(Ok(stream))) => first = Some(stream),
            Some(Ok(Err(error))) => telemetry::not_connected(&error),
            Some(Err(late)) => telemetry::not_connected(&late),
            None => break,
        }
    }
    shared.lock().end(reason, shared.now(), &shared.counters);
    drop(ends);
}

/// Drives an outbound connection, whose session has been begun, to its end.
pub(crate) async fn outbound<S>(shared: Arc<Shared>, stream: S, patience: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let ends = Ends(&shared);
    let open_by = shared.now().saturating_add(patience);
    let mut link = Link::new(&shared, None, stream, Some(open_by));
    let reason = (&mut link).await;
    shared.lock().end(reason, shared.now(), &shared.counters);
    telemetry::lost(reason);
    link.shut_down().await;
    drop(ends);
}

impl Reconnect {
    /// How long to wait after so many failures: longer each time, and not as long as others wait.
    fn pause(&self, failures: u32) -> Duration {
        let longest = self.first.saturating_mul(1 << failures.min(20)).min(self.most);
        let share = random() as u32 as f64 / f64::from(u32::MAX);
        longest.mul_f64(0.5 + 0.5 * share)
    }
}

/// What `work` gives, unless `end` comes first.
pub(crate) async fn unless<T>(end: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    let (mut end, mut work) = (pin!(end), pin!(work));
    poll_fn(|cx| {
        if let Poll::Ready(result) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(result));
        }
        end.as_mut().poll(cx).map(|()| None)
    })
    .await
}
