//! A simulated FreeSWITCH as a program: [`esl_sim::Sim`] on TCP, with the machine's clock.
//!
//! Everything runs on one thread. No client can block another: each has a task for its socket, and one task advances
//! the simulation's time.

mod options;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use esl_sim::{ConnectionId, Request, Sim};
use options::{Options, USAGE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How long the goodbyes may take at the end.
const GOODBYE: Duration = Duration::from_millis(500);
/// How long a client may take to close its side.
const FAREWELL: Duration = Duration::from_secs(1);
/// How many bytes are read and written at a time.
const PIECE: usize = 4096;

/// What the tasks of this program share.
struct Shell {
    sim: RefCell<Sim>,
    began: Instant,
    /// The connections that have a socket, and what wakes their tasks.
    sockets: RefCell<HashMap<ConnectionId, Rc<Notify>>>,
    /// The simulation's next deadline has changed.
    clock: Notify,
    shutdown: Notify,
    /// Why the program of `--outbound` could not be connected to.
    refusal: RefCell<Option<io::Error>>,
    is_outbound: Cell<bool>,
}

impl Shell {
    /// Does something with the simulation at the time that it is, then what follows from it.
    fn with<R>(self: &Rc<Self>, act: impl FnOnce(&mut Sim) -> R) -> R {
        let result = {
            let mut sim = self.sim.borrow_mut();
            sim.advance(self.began.elapsed());
            act(&mut sim)
        };
        self.settle();
        result
    }

    fn settle(self: &Rc<Self>) {
        loop {
            let request = self.sim.borrow_mut().next_request();
            match request {
                Some(Request::Connect { connection, address, .. }) => {
                    spawn_local(dial(Rc::clone(self), connection, address));
                }
                Some(Request::Shutdown) => self.shutdown.notify_one(),
                // There are no hooks here.
                Some(_) => {}
                None => break,
            }
        }
        loop {
            let active = self.sim.borrow_mut().next_active();
            let Some(id) = active else { break };
            if let Some(wake) = self.sockets.borrow().get(&id) {
                wake.notify_one();
            }
        }
        self.clock.notify_one();
    }

    /// Gives the simulation its time, for ever.
    async fn tick(self: &Rc<Self>) {
        loop {
            let deadline = self.sim.borrow().next_deadline();
            let due = async {
                match deadline {
                    Some(deadline) => sleep_until(self.began + deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => self.with(|_| ()),
                () = self.clock.notified() => {}
            }
        }
    }

    /// Carries a connection's bytes, to its end. It counts at once.
    fn carry(self: Rc<Self>, id: ConnectionId, mut socket: TcpStream) {
        let _ = socket.set_nodelay(true);
        let wake = Rc::new(Notify::new());
        self.sockets.borrow_mut().insert(id, Rc::clone(&wake));
        spawn_local(async move {
            let _ = self.carry_octets(id, &mut socket, &wake).await;
            self.sockets.borrow_mut().remove(&id);
            self.with(|sim| sim.drop_connection(id));
        });
    }

    async fn carry_octets(self: &Rc<Self>, id: ConnectionId, socket: &mut TcpStream, wake: &Notify) -> io::Result<()> {
        let (mut reader, mut writer) = socket.split();
        let mut is_open = true;
        loop {
            // Room on the stack of a moment only: thousands of connections say nothing most of the time.
            let output = self.with(|sim| {
                let mut piece = [0; PIECE];
                let count = sim.output(id, &mut piece);
                piece[..count].to_vec()
            });
            if !output.is_empty() {
                writer.write_all(&output).await?;
                continue;
            }
            if self.sim.borrow().is_closed(id) {
                break;
            }
            // A client that is not answered is not read, and waits.
            let is_read = is_open && self.sim.borrow().room(id) > 0;
            tokio::select! {
                // Only when something is there, room for it is needed.
                ready = reader.readable(), if is_read => {
                    ready?;
                    let mut piece = [0; PIECE];
                    match reader.try_read(&mut piece) {
                        Ok(0) => {
                            is_open = false;
                            self.with(|sim| sim.eof(id));
                        }
                        Ok(count) => self.with(|sim| sim.input(id, &piece[..count])),
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error),
                    }
                }
                () = wake.notified() => {}
            }
        }
        // What the client has sent and nobody reads must not make a reset of the close.
        let rest = async {
            writer.shutdown().await?;
            let mut rest = vec![0; PIECE];
            while reader.read(&mut rest).await? > 0 {}
            Ok::<(), io::Error>(())
        };
        timeout(FAREWELL, rest).await.unwrap_or(Ok(()))
    }
}

/// Connects to a program that a call asks for.
async fn dial(shell: Rc<Shell>, connection: ConnectionId, address: String) {
    match TcpStream::connect(&*address).await {
        Ok(socket) => {
            shell.refusal.take();
            shell.with(|sim| sim.connected(connection));
            shell.carry(connection, socket);
        }
        Err(error) => {
            let text = error.to_string();
            shell.refusal.replace(Some(error));
            shell.with(|sim| sim.refused(connection, &text));
        }
    }
}

fn main() -> ExitCode {
    let options = match Options::of(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            // Whoever closes the pipe has read enough.
            let _ = writeln!(io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("esl-switch: {error}");
            return ExitCode::from(2);
        }
    };
    // What trouble is about: the program of `--outbound`, or its own address.
    let peer = match (&options.outbound, options.listen) {
        (Some(program), _) => program.address.clone(),
        (None, Some(address)) => address.to_string(),
        (None, None) => String::new(),
    };
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(LocalSet::new().run_until(run(options))));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("esl-switch: {peer}: {error}");
            ExitCode::from(3)
        }
    }
}

async fn run(mut options: Options) -> io::Result<()> {
    let listener = match options.listen {
        Some(address) => Some(TcpListener::bind(address).await?),
        None => None,
    };
    if let Some(listener) = &listener {
        writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    }
    options.config.start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let shell = Rc::new(Shell {
        sim: RefCell::new(Sim::new(options.config.clone())),
        began: Instant::now(),
        sockets: RefCell::default(),
        clock: Notify::new(),
        shutdown: Notify::new(),
        refusal: RefCell::default(),
        is_outbound: Cell::new(options.outbound.is_some()),
    });
    let over = async {
        match options.seconds {
            Some(time) => sleep(time).await,
            None => std::future::pending().await,
        }
    };
    let one_call = async {
        let Some(program) = &options.outbound else { return std::future::pending().await };
        shell.with(|sim| sim.call_program(program));
        while !shell.sim.borrow().calls().is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = accept(&shell, listener.as_ref(), &options) => {}
        () = shell.tick() => {}
        () = shell.shutdown.notified() => {}
        () = told_to_end() => {}
        () = over => {}
        () = one_call => {}
    }
    shell.with(Sim::shut_down);
    // As soon as all are told, and no later than that.
    for _ in 0..50 {
        if shell.sockets.borrow().is_empty() {
            break;
        }
        sleep(GOODBYE / 50).await;
    }
    match shell.refusal.take() {
        Some(error) if shell.is_outbound.get() => Err(error),
        _ => Ok(()),
    }
}

/// Waits for Ctrl-C, or for what ends programs without one.
async fn told_to_end() {
    #[cfg(unix)]
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending();
    let interrupted = async {
        if ctrl_c().await.is_err() {
            std::future::pending().await
        }
    };
    tokio::select! {
        () = terminated => {}
        () = interrupted => {}
    }
}

async fn accept(shell: &Rc<Shell>, listener: Option<&TcpListener>, options: &Options) {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        // A client that is gone again, or no file descriptor left: the others are served all the same.
        let Ok((socket, address)) = listener.accept().await else {
            sleep(GOODBYE).await;
            continue;
        };
        if shell.sockets.borrow().len() >= options.max_connections {
            continue;
        }
        let id = shell.with(|sim| match options.denies(address.ip()) {
            true => sim.connect_denied(),
            false => sim.connect(),
        });
        Rc::clone(shell).carry(id, socket);
    }
}
