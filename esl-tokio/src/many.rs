//! Several switches as one.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use esl_proto::session::Interest;
use futures_core::Stream;

use crate::{Answer, Error, EventBuf, EventStream, Missed, Session};

/// Sessions with several switches, each with a name.
///
/// ```no_run
/// use esl_tokio::{Login, Many, Options, Reconnect, name::EventName};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let options = Options::new(Login::password("ClueCon")).reconnect(Reconnect::default());
/// let all = Many::new([("a", options.connect("a:8021").await?), ("b", options.connect("b:8021").await?)]);
/// for (name, status) in all.api("status").await {
///     println!("{name}: {}", status?);
/// }
/// let mut events = all.events([EventName::ChannelAnswer]).await?;
/// while let Some((name, event)) = events.next().await {
///     println!("{name}: {}", event?.unique_id().unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Many(Vec<(String, Session)>);

impl Many {
    /// These sessions, by name.
    pub fn new<N: Into<String>>(sessions: impl IntoIterator<Item = (N, Session)>) -> Self {
        Self(sessions.into_iter().map(|(name, session)| (name.into(), session)).collect())
    }

    /// The sessions, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Session)> {
        self.0.iter().map(|(name, session)| (&**name, session))
    }

    /// The session of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Session> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, session)| session)
    }

    /// Asks all of them the same API command, at once.
    ///
    /// It ends when each has answered or failed, as [`Session::api`] does.
    pub async fn api(&self, line: impl AsRef<[u8]>) -> Vec<(&str, Result<Answer, Error>)> {
        let line = line.as_ref();
        let asked = all(self.0.iter().map(|(_, session)| session.api(line))).await;
        self.iter().map(|(name, _)| name).zip(asked).collect()
    }

    /// The events of all of them in one stream. Events of one switch keep their order; there is none between switches.
    ///
    /// The wait ends when all subscriptions are active.
    ///
    /// # Errors
    /// The first one, as [`Session::events`].
    pub async fn events(&self, interest: impl Into<Interest>) -> Result<ManyEvents, Error> {
        let interest = interest.into();
        let streams = all(self.0.iter().map(|(_, session)| session.events(interest.clone()))).await;
        let names = self.0.iter().map(|(name, _)| name.clone());
        let streams = names.zip(streams).map(|(name, stream)| Ok((name, stream?))).collect::<Result<_, Error>>()?;
        Ok(ManyEvents { streams, next: 0 })
    }

    /// Closes all of them, at once. It ends when each has, as [`Session::close`] does.
    pub async fn close(&self) {
        all(self.0.iter().map(|(_, session)| session.close())).await;
    }
}

/// The events of several switches. Made by [`Many::events`].
#[derive(Debug)]
#[must_use = "a stream that is dropped ends its subscriptions"]
pub struct ManyEvents {
    streams: Vec<(String, EventStream)>,
    /// Whose turn it is.
    next: usize,
}

impl ManyEvents {
    /// The next event of any of them, with the switch's name; [`None`] when all have ended. If one [misses](Missed)
    /// events, this reports it with the switch's name; the others continue.
    ///
    /// It ends as [`EventStream::next`] does, with the first that has something. Dropping the wait loses nothing.
    pub async fn next(&mut self) -> Option<(String, Result<Arc<EventBuf>, Missed>)> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for ManyEvents {
    type Item = (String, Result<Arc<EventBuf>, Missed>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut left = self.streams.len();
        while left > 0 {
            let place = self.next % self.streams.len();
            let (name, stream) = &mut self.streams[place];
            match Pin::new(stream).poll_next(cx) {
                Poll::Ready(Some(event)) => {
                    let item = (name.clone(), event);
                    self.next = place + 1;
                    return Poll::Ready(Some(item));
                }
                Poll::Ready(None) => {
                    drop(self.streams.remove(place));
                    self.next = place;
                }
                Poll::Pending => self.next = place + 1,
            }
            left -= 1;
        }
        if self.streams.is_empty() { Poll::Ready(None) } else { Poll::Pending }
    }
}

/// Awaits all, at once.
async fn all<T, F: Future<Output = T>>(work: impl Iterator<Item = F>) -> Vec<T> {
    let mut work: Vec<(Pin<Box<F>>, Option<T>)> = work.map(|work| (Box::pin(work), None)).collect();
    poll_fn(|cx| {
        let mut is_ready = true;
        for (work, result) in &mut work {
            if result.is_none() {
                match work.as_mut().poll(cx) {
                    Poll::Ready(value) => *result = Some(value),
                    Poll::Pending => is_ready = false,
                }
            }
        }
        if is_ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    work.into_iter().filter_map(|(_, result)| result).collect()
}
