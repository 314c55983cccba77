//! A simulated switch behind streams in memory. With the clock of tokio paused, nothing here takes time.
#![allow(dead_code, reason = "each test uses a part")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use esl_sim::{Config, ConnectionId, Faults, HookId, HookRequest, Program, Request, Sim};
use esl_tokio::{Call, CallOptions, Login, Options, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

pub(crate) fn options() -> Options {
    Options::new(Login::password("ClueCon"))
}

/// What the switch asks of its host.
pub(crate) enum Asked {
    /// A call connects to its program.
    Program {
        address: String,
        stream: DuplexStream,
    },
    Hook(HookRequest),
}

struct Shared {
    sim: Mutex<Sim>,
    began: Instant,
    wakes: Mutex<HashMap<ConnectionId, Arc<Notify>>>,
    clock: Notify,
    asked: mpsc::UnboundedSender<Asked>,
    /// How many octets are on their way at most.
    pipe: usize,
    faults: Mutex<Faults>,
}

#[derive(Clone)]
pub(crate) struct Switch {
    shared: Arc<Shared>,
    asked: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Asked>>>,
}

impl Switch {
    pub(crate) fn start() -> Self {
        Self::with(Config::default(), 1 << 16)
    }

    pub(crate) fn with(config: Config, pipe: usize) -> Self {
        let (asked, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            sim: Mutex::new(Sim::new(config)),
            began: Instant::now(),
            wakes: Mutex::default(),
            clock: Notify::new(),
            asked,
            pipe,
            faults: Mutex::default(),
        });
        let ticking = Arc::downgrade(&shared);
        tokio::spawn(async move {
            while let Some(shared) = ticking.upgrade() {
                let deadline = shared.sim.lock().unwrap().next_deadline().map(|at| shared.began + at);
                let changed = shared.clock.notified();
                match deadline {
                    Some(at) => tokio::select! {
                        () = sleep_until(at) => shared.act(|_| ()),
                        () = changed => {}
                    },
                    None => changed.await,
                }
            }
        });
        Self { shared, asked: Arc::new(tokio::sync::Mutex::new(receiver)) }
    }

    /// Does something with the simulation, and what follows from it.
    pub(crate) fn act<R>(&self, act: impl FnOnce(&mut Sim) -> R) -> R {
        self.shared.act(act)
    }

    /// How the octets of the connections travel that are made from now on.
    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.shared.faults.lock().unwrap() = faults;
    }

    /// A client's side of a new connection.
    pub(crate) fn connect(&self) -> DuplexStream {
        self.connection().1
    }

    pub(crate) fn connection(&self) -> (ConnectionId, DuplexStream) {
        let id = self.shared.act(Sim::connect);
        (id, self.shared.carry(id))
    }

    pub(crate) fn denied(&self) -> DuplexStream {
        let id = self.shared.act(Sim::connect_denied);
        self.shared.carry(id)
    }

    pub(crate) async fn session(&self) -> Session {
        options().connect_with(self.connect()).await.unwrap()
    }

    /// A call that connects to its program: the program's side.
    pub(crate) async fn called(&self, mode: &str) -> DuplexStream {
        let program = Program::parse(&format!("program {mode}")).unwrap();
        self.act(|sim| sim.call_program(&program)).expect("there is room for a call");
        self.program().await
    }

    pub(crate) async fn call(&self, mode: &str) -> Call {
        Call::accept(self.called(mode).await, "switch", CallOptions::new()).await.unwrap()
    }

    /// The next thing that the switch asks for.
    pub(crate) async fn asked(&self) -> Asked {
        self.asked.lock().await.recv().await.unwrap()
    }

    pub(crate) async fn program(&self) -> DuplexStream {
        match self.asked().await {
            Asked::Program { stream, .. } => stream,
            Asked::Hook(hook) => panic!("{hook:?}"),
        }
    }

    pub(crate) async fn hook(&self) -> HookRequest {
        match self.asked().await {
            Asked::Hook(hook) => hook,
            Asked::Program { address, .. } => panic!("a call to {address}"),
        }
    }

    pub(crate) fn answer(&self, hook: HookId, answer: &str) {
        self.act(|sim| sim.answer(hook, answer));
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.act(|sim| sim.calls())
    }

    /// Waits until there are no calls.
    pub(crate) async fn is_idle(&self) -> bool {
        for _ in 0..600 {
            if self.calls().is_empty() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    }
}

impl Shared {
    fn act<R>(self: &Arc<Self>, act: impl FnOnce(&mut Sim) -> R) -> R {
        let mut sim = self.sim.lock().unwrap();
        sim.advance(self.began.elapsed());
        let result = act(&mut sim);
        while let Some(request) = sim.next_request() {
            match request {
                Request::Connect { connection, address, .. } => {
                    sim.connected(connection);
                    drop(sim);
                    let stream = self.carry(connection);
                    let _ = self.asked.send(Asked::Program { address, stream });
                    sim = self.sim.lock().unwrap();
                }
                Request::Hook(hook) => drop(self.asked.send(Asked::Hook(hook))),
                _ => {}
            }
        }
        while let Some(id) = sim.next_active() {
            if let Some(wake) = self.wakes.lock().unwrap().get(&id) {
                wake.notify_one();
            }
        }
        drop(sim);
        self.clock.notify_one();
        result
    }

    fn carry(self: &Arc<Self>, id: ConnectionId) -> DuplexStream {
        let (client, server) = duplex(self.pipe);
        let wake = Arc::new(Notify::new());
        self.wakes.lock().unwrap().insert(id, Arc::clone(&wake));
        let faults = *self.faults.lock().unwrap();
        self.sim.lock().unwrap().set_faults(id, faults);
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let _ = shared.carry_octets(id, server, &wake).await;
            shared.wakes.lock().unwrap().remove(&id);
            shared.act(|sim| sim.drop_connection(id));
        });
        client
    }

    async fn carry_octets(
        self: &Arc<Self>,
        id: ConnectionId,
        server: DuplexStream,
        wake: &Notify,
    ) -> std::io::Result<()> {
        let (mut reader, mut writer) = tokio::io::split(server);
        let mut is_open = true;
        let mut piece = vec![0; 4096];
        loop {
            let mut output = vec![0; 4096];
            let count = self.act(|sim| sim.output(id, &mut output));
            if count > 0 {
                writer.write_all(&output[..count]).await?;
                continue;
            }
            if self.act(|sim| sim.is_closed(id)) {
                break;
            }
            tokio::select! {
                count = reader.read(&mut piece), if is_open => match count? {
                    0 => {
                        is_open = false;
                        self.act(|sim| sim.eof(id));
                    }
                    count => self.act(|sim| sim.input(id, &piece[..count])),
                },
                () = wake.notified() => {}
            }
        }
        writer.shutdown().await?;
        // A stream in memory has no reset: what the client still writes is read, until it closes.
        let rest = async {
            while reader.read(&mut piece).await? > 0 {}
            Ok::<(), std::io::Error>(())
        };
        tokio::time::timeout(Duration::from_secs(1), rest).await.unwrap_or(Ok(()))
    }
}
