//! Calls that FreeSWITCH sends with the application `socket`.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use esl_proto::message::SocketMode;
use esl_proto::name::{EventName, Format, HangupCause};
use esl_proto::session::{Interest, Reason};
use esl_proto::{Client, Command, Limits};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::driver::{outbound, unless};
use crate::error::encode;
use crate::state::{Given, Handle, Shared, Waiting};
use crate::stats::{ServeCounters, ServeStats};
use crate::telemetry::{self, Peer, spawn_session};
use crate::{Call, Error, Session};

/// How long the listener waits when the system gives it no more connections.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the server may take to close a connection that was refused.
const FAREWELL: Duration = Duration::from_secs(1);

/// How the connections of calls are driven.
#[derive(Clone, Copy, Debug)]
pub struct CallOptions {
    patience: Duration,
    command: Option<Duration>,
    linger: Option<u32>,
    all_events: bool,
    format: Option<Format>,
    limits: Limits,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl CallOptions {
    /// Ten seconds for the beginning, a minute for each command, the channel's own events, and no linger.
    #[must_use]
    pub const fn new() -> Self {
        let (patience, command) = (Duration::from_secs(10), Some(Duration::from_secs(60)));
        Self { patience, command, linger: None, all_events: false, format: None, limits: Limits::DEFAULT }
    }

    /// How long the server may take to send the call's data.
    #[must_use]
    pub const fn connect_deadline(self, limit: Duration) -> Self {
        Self { patience: limit, ..self }
    }

    /// How long a command may take; [`None`] for any time. Applications may take any time: [`Call::within`].
    #[must_use]
    pub fn command_deadline(self, limit: impl Into<Option<Duration>>) -> Self {
        Self { command: limit.into(), ..self }
    }

    /// For how many seconds the connection stays after the channel's end, for its last events. It needs `full`, and is left
    /// out without it.
    #[must_use]
    pub fn linger(self, seconds: impl Into<Option<u32>>) -> Self {
        Self { linger: seconds.into(), ..self }
    }

    /// Whether streams may read the events of all channels, if the connection has full control. The server then sends
    /// the events of all calls to each program, which can be a lot.
    #[must_use]
    pub const fn all_events(self, all: bool) -> Self {
        Self { all_events: all, ..self }
    }

    /// The format of events; plain by default.
    #[must_use]
    pub const fn format(self, format: Format) -> Self {
        Self { format: Some(format), ..self }
    }
}

impl Call {
    /// The call of a connection that FreeSWITCH has opened, over any stream: for programs with their own listener.
    /// [`Listener`] does it for TCP.
    ///
    /// The wait ends when the server has sent the call's data, with the [deadline](CallOptions::connect_deadline), or
    /// with the connection.
    ///
    /// # Errors
    /// [`Error::TimedOut`]; [`Error::Lost`]; [`Error::Refused`].
    pub async fn accept<S>(stream: S, peer: &str, options: CallOptions) -> Result<Self, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let shared = Arc::new(Shared::new(Peer::Client(peer)));
        let handle = Arc::new(Handle { shared: Arc::clone(&shared) });
        let now = shared.now();
        let deadline = Some(now.saturating_add(options.patience));
        let begun = {
            let mut state = shared.lock();
            state.session.set_own_only(!options.all_events);
            if let Some(format) = options.format {
                state.session.set_format(format)?;
            }
            let slot = state.next_slot();
            state.session.listen(slot, Interest::from([EventName::ChannelHangup, EventName::ChannelHangupComplete]))?;
            state.session.connect(Client::outbound(options.limits), now);
            state.begin(None, |state, slot| state.session.send(&Command::Connect, Some(slot), deadline))?
        };
        let connected = Waiting::new(Arc::clone(&handle), begun.0);
        drop(spawn_session(Peer::Client(peer), outbound(Arc::clone(&shared), stream, options.patience)));
        let data = match connected.result().await? {
            Given::Event(data) => *data,
            Given::Answer(answer) => return Err(Error::Refused(answer)),
            Given::Variable(_) | Given::Nothing => return Err(Error::Lost(Reason::Closed)),
        };
        let (uuid, mode, full) = {
            let state = shared.lock();
            let client = state.session.client();
            let uuid = state.channel.as_ref().map(|channel| channel.uuid.clone()).unwrap_or_default();
            let mode = client.and_then(Client::socket_mode).unwrap_or(SocketMode::Sync);
            (uuid, mode, client.and_then(Client::has_full_control).unwrap_or(false))
        };
        let session = Session::new(handle, options.command);
        if let Some(seconds) = options.linger.filter(|_| full) {
            session.send(&Command::linger(seconds)).await?;
        }
        Ok(Self::outbound(session, uuid, data, mode, full))
    }
}

/// What handles a call.
type Handler = dyn Fn(Call) -> Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>> + Send + Sync;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Handles calls on connections that the program has accepted; [`Listener`] does it for TCP.
#[derive(Clone)]
pub struct Calls(Arc<Inner>);

struct Inner {
    handler: Box<Handler>,
    options: CallOptions,
    most: usize,
    counts: ServeCounters,
    /// Whether all calls are to end now. Its receivers are the calls.
    stop: watch::Sender<bool>,
}

impl Calls {
    /// Handles calls with this handler, up to a maximum number at a time.
    ///
    /// When the handler returns, the call ends, unless [`Call::resume`] was called or the call was transferred. If it
    /// fails or panics, the call is hung up with NORMAL_TEMPORARY_FAILURE. It is no failure if the caller has hung up.
    pub fn new<H, R, E>(options: CallOptions, most: usize, handler: H) -> Self
    where
        H: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let handler: Box<Handler> = Box::new(move |call| {
            let handled = handler(call);
            Box::pin(async move { handled.await.map_err(Into::into) })
        });
        let stop = watch::Sender::new(false);
        Self(Arc::new(Inner { handler, options, most, counts: ServeCounters::new(), stop }))
    }

    /// What has happened so far.
    #[must_use]
    pub fn stats(&self) -> ServeStats {
        self.0.counts.stats()
    }

    /// Takes a connection that FreeSWITCH has opened, and handles its call in a separate task. If there are too many
    /// calls already, this one is hung up with SWITCH_CONGESTION.
    pub fn take<S>(&self, stream: S, peer: &str)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let counts = &self.0.counts;
        let stopped = *self.0.stop.borrow();
        if stopped || counts.stats().running >= self.0.most {
            counts.refused();
            telemetry::refused(peer);
            tokio::spawn(refuse(stream, HangupCause::SwitchCongestion));
            return;
        }
        counts.taken();
        counts.begins();
        let running = Running(Arc::clone(&self.0), self.0.stop.subscribe());
        let name = peer.to_owned();
        telemetry::spawn_call(peer, async move { running.handle(stream, &name).await });
    }

    /// Waits until all calls have ended, and after `grace` ends the remaining ones with NORMAL_TEMPORARY_FAILURE. Later
    /// connections are refused.
    ///
    /// In sync mode the server reads nothing while an application runs: such a call ends only with its application, and
    /// this waits as long as a command may take.
    pub async fn drain(&self, grace: Duration) {
        let idle = || self.0.stop.closed();
        if timeout(grace, idle()).await.is_err() {
            self.0.stop.send_replace(true);
            idle().await;
        }
    }
}

/// A call that counts.
struct Running(Arc<Inner>, watch::Receiver<bool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.counts.ends();
    }
}

/// The task of a handler, which ends with whoever waits for it.
struct Handling(tokio::task::JoinHandle<Result<(), BoxError>>);

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Running {
    async fn handle<S>(mut self, stream: S, peer: &str)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let call = match Call::accept(stream, peer, inner.options).await {
            Ok(call) => call,
            Err(error) => {
                inner.counts.broken();
                telemetry::failed(&error);
                return;
            }
        };
        telemetry::call_is(call.uuid(), call.mode() == Some(SocketMode::Async));
        // In a task of its own: what panics there ends its own call.
        let mut handling = Handling(telemetry::spawn_handler((inner.handler)(call.clone())));
        let stop = &mut self.1;
        let stopped = async {
            // The sender lives as long as this.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let failure = match unless(stopped, &mut handling.0).await {
            Some(Ok(Ok(()))) => None,
            Some(Ok(Err(error))) => {
                let is_end = error.downcast_ref::<Error>().is_some_and(Error::is_channel_end);
                (!is_end).then(|| error.to_string())
            }
            Some(Err(error)) => Some(error.to_string()),
            None => Some("the program ends".to_owned()),
        };
        drop(handling);
        if let Some(failure) = failure {
            inner.counts.failed();
            telemetry::failed(&failure);
            // It may have ended.
            let _ = call.hangup(HangupCause::NormalTemporaryFailure).await;
        }
        call.session().close().await;
    }
}

/// Ends the call of a connection that nobody will drive: closed without a word, it would stay in async mode.
async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, cause: HangupCause<'_>) {
    let hangup = Command::sendmsg(esl_proto::command::CallCommand::hangup(cause));
    let octets = encode(|out| {
        let written = hangup.encode(out).map(<[u8]>::len);
        written.map_err(|error| Error::Command(error.into()))
    });
    let octets = octets.unwrap_or_default();
    let mut rest = &*octets;
    let mut is_closed = false;
    let mut room = [0; 1024];
    let farewell = std::future::poll_fn(|cx| -> Poll<io::Result<()>> {
        while !rest.is_empty() {
            let count = ready!(Pin::new(&mut stream).poll_write(cx, rest))?;
            rest = rest.get(count..).unwrap_or_default();
        }
        if !is_closed {
            ready!(Pin::new(&mut stream).poll_shutdown(cx))?;
            is_closed = true;
        }
        // What is not read would make a reset of the close, and undo what was said.
        loop {
            let mut room = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut stream).poll_read(cx, &mut room))?;
            if room.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    });
    let _ = timeout(FAREWELL, farewell).await;
}

/// A TCP listener for the calls that FreeSWITCH sends with `<action application="socket" data="host:port async full"/>`.
///
/// ```no_run
/// use esl_tokio::{Call, Error, Listener};
///
/// #[tokio::main]
/// async fn main() -> std::io::Result<()> {
///     let listener = Listener::bind("0.0.0.0:9042").await?.max_calls(500);
///     listener.serve(|call: Call| async move {
///         call.answer().await?;
///         call.playback("tone_stream://%(200,100,440)").await?;
///         Ok::<(), Error>(())
///     }).await
/// }
/// ```
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    options: CallOptions,
    most: usize,
    grace: Duration,
}

impl Listener {
    /// Listens at an address.
    ///
    /// # Errors
    /// What the system says.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        Ok(Self { tcp, options: CallOptions::new(), most: 1000, grace: Duration::from_secs(10) })
    }

    /// How connections are driven.
    #[must_use]
    pub fn options(self, options: CallOptions) -> Self {
        Self { options, ..self }
    }

    /// The maximum number of simultaneous calls: 1000 by default. Further ones are hung up with SWITCH_CONGESTION.
    #[must_use]
    pub fn max_calls(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// How long calls may continue after [`serve_until`](Self::serve_until) was told to end: 10 seconds by default.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Handles calls, each in a separate task: see [`Calls::new`]. It never returns; dropping it stops accepting
    /// connections, and leaves running calls to their handlers.
    ///
    /// # Errors
    /// None: after an error of a single connection it waits and continues.
    pub async fn serve<H, R, E>(self, handler: H) -> io::Result<()>
    where
        H: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.serve_until(std::future::pending(), handler).await.map(drop)
    }

    /// The same until `end`: then no more connections are accepted, and after the [grace](Self::grace) period the
    /// remaining calls are ended.
    ///
    /// # Errors
    /// None: after an error of a single connection it waits and continues.
    pub async fn serve_until<H, R, E>(self, end: impl Future<Output = ()>, handler: H) -> io::Result<ServeStats>
    where
        H: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let calls = Calls::new(self.options, self.most, handler);
        let tcp = self.tcp;
        let accepting = async {
            loop {
                match tcp.accept().await {
                    Ok((stream, peer)) => {
                        // A socket that is gone already says so later.
                        let _ = stream.set_nodelay(true);
                        calls.take(stream, &peer.to_string());
                    }
                    Err(_) => sleep(PAUSE).await,
                }
            }
        };
        unless(end, accepting).await.unwrap_or(());
        drop(tcp);
        calls.drain(self.grace).await;
        Ok(calls.stats())
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.stats(), f)
    }
}
