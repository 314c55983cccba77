//! One connection: bytes between a stream and the session.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use esl_proto::RecvBuf;
use esl_proto::client::End;
use esl_proto::session::Reason;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::Login;
use crate::state::Shared;

/// How long the buffer of a connection is at first, and at most while no frame needs more.
const INPUT: (usize, usize) = (8 << 10, 64 << 10);
/// How long the server may take to say good-bye after `exit`.
const FAREWELL: Duration = Duration::from_secs(5);
/// How many times bytes are moved before other tasks have their turn.
const ROUNDS: usize = 32;

/// A connection, as a future that is ready when it has ended.
pub(crate) struct Link<'s, S> {
    shared: &'s Shared,
    login: Option<&'s Login>,
    stream: S,
    input: RecvBuf<Vec<u8>>,
    output: Vec<u8>,
    written: usize,
    needs_flush: bool,
    /// The stream takes no bytes any more.
    is_deaf: bool,
    sleep: Pin<Box<Sleep>>,
    /// Until when the connection must be open.
    open_by: Option<Duration>,
    /// Until when it must have ended.
    end_by: Option<Duration>,
}

impl<'s, S: AsyncRead + AsyncWrite + Unpin> Link<'s, S> {
    pub(crate) fn new(shared: &'s Shared, login: Option<&'s Login>, stream: S, open_by: Option<Duration>) -> Self {
        Self {
            shared,
            login,
            stream,
            input: RecvBuf::new(vec![0; INPUT.0]),
            output: Vec::new(),
            written: 0,
            needs_flush: false,
            is_deaf: false,
            sleep: Box::pin(sleep_until(Instant::now())),
            open_by,
            end_by: None,
        }
    }

    /// Closes this side, once all has been written that can be.
    pub(crate) async fn shut_down(mut self) {
        let shut_down = std::future::poll_fn(|cx| Pin::new(&mut self.stream).poll_shutdown(cx));
        let _ = tokio::time::timeout(FAREWELL, shut_down).await;
    }

    /// Gives the session its time, and takes what it has to send. Returns why the connection has ended, if it has; else
    /// whether it may be read from, and when something is due.
    fn turn(&mut self, cx: &Context<'_>) -> Result<(bool, Option<Duration>), Reason> {
        let now = self.shared.now();
        let counters = &self.shared.counters;
        let mut state = self.shared.lock();
        match &mut state.driver {
            Some(waker) if waker.will_wake(cx.waker()) => {}
            driver => *driver = Some(cx.waker().clone()),
        }
        let is_blocked = state.is_blocked();
        if is_blocked {
            // Nobody listens: that is no silence of the server's.
            state.session.heard(now);
        }
        if state.session.next_deadline().is_some_and(|at| at <= now) {
            state.session.advance(now);
            state.settle(None, counters);
        }
        if state.session.is_open() {
            self.open_by = None;
        }
        let is_late = self.open_by.is_some_and(|at| at <= now);
        if is_late || self.end_by.is_some_and(|at| at <= now) {
            state.session.close(now);
            state.settle(None, counters);
            return Err(if is_late { Reason::End(End::AuthTimeout) } else { Reason::Closed });
        }
        if state.closing && self.end_by.is_none() && state.session.reason().is_none() {
            state.say_exit();
            self.end_by = Some(now.saturating_add(FAREWELL));
        }
        if let Some(reason) = state.session.reason() {
            return Err(reason);
        }
        if self.written == self.output.len() && !state.session.to_send().is_empty() {
            let had_room = state.has_room();
            self.output.clear();
            self.output.extend_from_slice(state.session.to_send());
            state.session.sent(usize::MAX);
            self.written = 0;
            if !had_room {
                state.tell();
            }
        }
        let due = [state.session.next_deadline(), self.open_by, self.end_by].into_iter().flatten().min();
        Ok((!is_blocked, due))
    }

    /// Writes what it can. Returns whether that was anything.
    fn write(&mut self, cx: &mut Context<'_>) -> bool {
        let before = self.written;
        while self.written < self.output.len() && !self.is_deaf {
            match Pin::new(&mut self.stream).poll_write(cx, &self.output[self.written..]) {
                Poll::Ready(Ok(count)) if count > 0 => self.written += count,
                Poll::Ready(_) => self.is_deaf = true,
                Poll::Pending => break,
            }
        }
        let count = self.written - before;
        self.shared.counters.sent(count as u64);
        self.needs_flush |= count > 0;
        if self.needs_flush && !self.is_deaf && self.written == self.output.len() {
            match Pin::new(&mut self.stream).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.needs_flush = false,
                Poll::Ready(Err(_)) => self.is_deaf = true,
                Poll::Pending => {}
            }
        }
        if self.written == self.output.len() && self.output.capacity() > INPUT.1 {
            (self.output, self.written) = (Vec::new(), 0);
        }
        count > 0
    }

    /// Reads what there is, once. Returns whether somebody waits for what has come.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let room = self.input.spare_mut();
        let offered = room.len();
        let mut room = ReadBuf::new(room);
        let result = Pin::new(&mut self.stream).poll_read(cx, &mut room);
        let count = room.filled().len();
        let result = match result {
            // What waits to be read would tell why nothing can be written; there is nothing.
            Poll::Pending if self.is_deaf => Ok(()),
            result => ready!(result),
        };
        let now = self.shared.now();
        let counters = &self.shared.counters;
        let mut state = self.shared.lock();
        if result.is_err() || count == 0 {
            let eof = state.session.eof(self.input.filled(), now);
            let answer = eof.and_then(|eof| {
                Some(esl_proto::Incoming::Answer {
                    id: eof.answered?,
                    answer: esl_proto::client::Answer::Reply(eof.reply?),
                })
            });
            state.settle(answer.as_ref(), counters);
            return Poll::Ready(false);
        }
        counters.received(count as u64);
        self.input.commit(count);
        state.session.heard(now);
        state.take_in(&mut self.input, self.login, now, counters);
        let wakes = state.wakes();
        drop(state);
        let capacity = self.input.capacity();
        if count == offered && capacity < INPUT.1 {
            self.input.grow(|storage| storage.resize(capacity * 2, 0));
        } else if self.input.filled().is_empty() && capacity > INPUT.1 {
            self.input = RecvBuf::new(vec![0; INPUT.0]);
        }
        Poll::Ready(wakes)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Link<'_, S> {
    type Output = Reason;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reason> {
        let link = self.get_mut();
        for _ in 0..ROUNDS {
            let (reads, due) = match link.turn(cx) {
                Ok(turn) => turn,
                Err(reason) => return Poll::Ready(reason),
            };
            let (mut goes_on, mut has_given) = (link.write(cx), false);
            if (reads || link.is_deaf)
                && let Poll::Ready(given) = link.read(cx)
            {
                (goes_on, has_given) = (true, given);
            }
            if let Some(at) = due.and_then(|due| link.shared.instant(due)) {
                if link.sleep.deadline() != at {
                    link.sleep.as_mut().reset(at);
                }
                goes_on |= link.sleep.as_mut().poll(cx).is_ready();
            }
            if !goes_on {
                return Poll::Pending;
            }
            if has_given {
                break;
            }
        }
        // Those who wait have their turn before more is read, while what they are given is still in the processor's cache.
        let _ = pin!(yield_now()).poll(cx);
        Poll::Pending
    }
}
