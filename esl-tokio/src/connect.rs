//! How a session begins, and what it does when its connection ends.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::Format;
use esl_proto::{Command, Limits};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::driver::{Dial, Inbound, inbound};
use crate::state::{Handle, Phase, Shared};
use crate::telemetry::{Peer, spawn_session};
use crate::{Error, Session};

/// Who connects.
#[derive(Clone)]
pub struct Login(Who);

#[derive(Clone)]
enum Who {
    Password(Vec<u8>),
    User { user: Vec<u8>, domain: Vec<u8>, password: Vec<u8> },
}

impl Login {
    /// Whoever knows the event socket's password.
    pub fn password(password: impl AsRef<[u8]>) -> Self {
        Self(Who::Password(password.as_ref().into()))
    }

    /// A user of the server's directory, with that user's rights.
    pub fn user(user: impl AsRef<[u8]>, domain: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Self {
        let [user, domain, password] = [user.as_ref(), domain.as_ref(), password.as_ref()].map(Vec::from);
        Self(Who::User { user, domain, password })
    }

    pub(crate) fn command(&self) -> Command<'_> {
        match &self.0 {
            Who::Password(password) => Command::auth(password),
            Who::User { user, domain, password } => Command::userauth(user, domain, password),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.command(), f)
    }
}

/// How a session replaces a lost connection: it connects again, after a pause that doubles with each failure, and
/// restores the subscriptions of its streams. Each stream yields a [`Missed::Gap`](crate::Missed::Gap) in that place. A
/// refused password or address ends the session for good.
///
/// Commands fail with [`Error::NotConnected`] meanwhile; [`Session::ready`] waits for the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconnect {
    /// The pause before the first attempt. Each pause is shortened at random, by half at most, so that many programs do
    /// not reconnect all at once.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
    /// How many attempts may fail in a row; [`None`] for any number.
    pub attempts: Option<u32>,
    /// Whether the first connection may fail, too.
    pub initial: bool,
}

impl Default for Reconnect {
    /// A quarter of a second at first, 30 seconds at most, for ever.
    fn default() -> Self {
        Self { first: Duration::from_millis(250), most: Duration::from_secs(30), attempts: None, initial: false }
    }
}

impl Reconnect {
    /// The same with these pauses.
    #[must_use]
    pub const fn pauses(self, first: Duration, most: Duration) -> Self {
        Self { first, most, ..self }
    }

    /// The same for so many failures in a row.
    #[must_use]
    pub const fn attempts(self, most: u32) -> Self {
        Self { attempts: Some(most), ..self }
    }

    /// The same from the first connection on: [`Options::connect`] waits for one that succeeds.
    #[must_use]
    pub const fn initial(self) -> Self {
        Self { initial: true, ..self }
    }
}

/// How to connect.
///
/// ```no_run
/// use std::time::Duration;
/// use esl_tokio::{Login, Options, Reconnect};
///
/// # async fn example() -> Result<(), esl_tokio::Error> {
/// let options = Options::new(Login::user("bob", "example.org", "secret"))
///     .silence(Duration::from_secs(45))
///     .reconnect(Reconnect::default());
/// let fs = options.connect("pbx:8021").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    login: Login,
    patience: Duration,
    command: Option<Duration>,
    silence: Option<Duration>,
    heartbeat: Option<Duration>,
    format: Option<Format>,
    reconnect: Option<Reconnect>,
    limits: Limits,
}

impl Options {
    /// Ten seconds for connecting, a minute for each command, and no second connection.
    #[must_use]
    pub const fn new(login: Login) -> Self {
        let (patience, command) = (Duration::from_secs(10), Some(Duration::from_secs(60)));
        Self {
            login,
            patience,
            command,
            silence: None,
            heartbeat: None,
            format: None,
            reconnect: None,
            limits: Limits::DEFAULT,
        }
    }

    /// How long connecting may take, the login included.
    #[must_use]
    pub fn connect_deadline(self, limit: Duration) -> Self {
        Self { patience: limit, ..self }
    }

    /// How long a command may take until it is answered, and a subscription until it is active; [`None`] for no limit.
    /// [`Session::within`] sets another limit for individual calls.
    #[must_use]
    pub fn command_deadline(self, limit: impl Into<Option<Duration>>) -> Self {
        Self { command: limit.into(), ..self }
    }

    /// Ends the connection when nothing has arrived for this long: a stopped server, or a machine that hangs, sends
    /// nothing. The session subscribes to HEARTBEAT for it, which a running server sends every 20 seconds: allow for
    /// two.
    #[must_use]
    pub fn silence(self, limit: impl Into<Option<Duration>>) -> Self {
        Self { silence: limit.into(), ..self }
    }

    /// Ends the connection when no HEARTBEAT has arrived for this long, even if answers or log lines have: the server's
    /// events are stuck.
    #[must_use]
    pub fn heartbeat(self, limit: impl Into<Option<Duration>>) -> Self {
        Self { heartbeat: limit.into(), ..self }
    }

    /// The format of events; plain by default.
    #[must_use]
    pub fn format(self, format: Format) -> Self {
        Self { format: Some(format), ..self }
    }

    /// What to do when the connection is lost.
    #[must_use]
    pub fn reconnect(self, reconnect: impl Into<Option<Reconnect>>) -> Self {
        Self { reconnect: reconnect.into(), ..self }
    }

    /// How long a frame of the server's may be. One that is longer ends the connection.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits: Limits { max_buffered: usize::MAX, ..limits }, ..self }
    }

    /// Connects to `host:port`, logs in, and waits until the server takes commands.
    ///
    /// It ends by the [deadline](Self::connect_deadline) at the latest, unless [`Reconnect::initial`] says otherwise.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::TimedOut`], or [`Error::Lost`] with what the server has refused.
    pub async fn connect(&self, address: &str) -> Result<Session, Error> {
        let to: Arc<str> = address.into();
        let dial = move || {
            let to = Arc::clone(&to);
            async move {
                let stream = TcpStream::connect(&*to).await?;
                stream.set_nodelay(true)?;
                Ok(stream)
            }
        };
        self.connect_by(address, dial).await
    }

    /// The same over the streams that `dial` makes, such as TLS connections: the first one now, others when
    /// [`reconnect`](Self::reconnect) says so. `peer` is what the server is called in logs.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_by<S, F, R>(&self, peer: &str, mut dial: F) -> Result<Session, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: FnMut() -> R + Send + 'static,
        R: Future<Output = io::Result<S>> + Send + 'static,
    {
        let is_patient = self.reconnect.is_some_and(|reconnect| reconnect.initial);
        let first = match is_patient {
            true => None,
            false => {
                let stream = timeout(self.patience, dial()).await;
                Some(stream.map_err(|_| Error::TimedOut)?.map_err(Error::Connect)?)
            }
        };
        let dial: Dial<S> = Box::new(move || Box::pin(dial()));
        self.begin(peer, first, Some(dial)).await
    }

    /// The same over one stream. There is no other when that ends.
    ///
    /// # Errors
    /// [`Error::TimedOut`], or [`Error::Lost`] with what the server has refused.
    pub async fn connect_with<S>(&self, stream: S) -> Result<Session, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.begin("stream", Some(stream), None).await
    }

    async fn begin<S>(&self, peer: &str, first: Option<S>, dial: Option<Dial<S>>) -> Result<Session, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let shared = Arc::new(Shared::new(Peer::Server(peer)));
        {
            let mut state = shared.lock();
            if let Some(format) = self.format {
                state.session.set_format(format)?;
            }
            state.session.set_silence(self.silence)?;
            state.session.set_heartbeat(self.heartbeat)?;
        }
        let with = Inbound {
            login: self.login.clone(),
            limits: self.limits,
            patience: self.patience,
            reconnect: self.reconnect.zip(dial),
        };
        // Dropped by whoever waits no more, it ends the task.
        let handle = Arc::new(Handle { shared: Arc::clone(&shared) });
        drop(spawn_session(Peer::Server(peer), inbound(Arc::clone(&shared), first, with)));
        shared
            .until(|state| match state.phase {
                Phase::Open => Some(Ok(())),
                Phase::Ended(esl_proto::session::Reason::End(esl_proto::client::End::AuthTimeout)) => {
                    Some(Err(Error::TimedOut))
                }
                Phase::Ended(reason) => Some(Err(Error::Lost(reason))),
                Phase::Connecting => None,
            })
            .await?;
        Ok(Session::new(handle, self.command))
    }
}

/// Connects to `host:port` with the [default options](Options::new).
///
/// # Errors
/// As [`Options::connect`].
pub async fn connect(address: &str, login: Login) -> Result<Session, Error> {
    Options::new(login).connect(address).await
}
