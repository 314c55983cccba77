//! What the switch asks of its host.

use std::sync::Arc;

use crate::slot::Slot;
use crate::switch::Switch;
use crate::task::LatchGuard;

/// Something that the host is to do: [`Sim::next_request`](crate::Sim::next_request).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Connect to a program, then say [`connected`](crate::Sim::connected) or [`refused`](crate::Sim::refused).
    Connect {
        /// The connection to be.
        connection: crate::ConnectionId,
        /// The channel that it will control.
        uuid: String,
        /// The program's `HOST:PORT`.
        address: String,
    },
    /// Answer a hook by [`answer`](crate::Sim::answer), or leave it to the simulation by
    /// [`decline`](crate::Sim::decline): now, later or never.
    Hook(HookRequest),
    /// A hook needs no answer any more: its call or its connection has ended.
    Withdrawn(HookId),
    /// `fsctl shutdown`: the switch has ended all connections, and the host ends.
    Shutdown,
}

/// A hook that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookRequest {
    /// What the answer is given to.
    pub id: HookId,
    /// What is asked.
    pub hook: Hook,
}

/// The number of a hook's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HookId(pub u64);

/// What a hook asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hook {
    /// What an API command puts out.
    Api {
        /// The command.
        command: String,
        /// What follows it.
        argument: String,
    },
    /// What comes of an application: its Application-Response. The application lasts until the answer.
    App {
        /// The channel.
        uuid: String,
        /// The application.
        app: String,
        /// Its argument.
        argument: String,
    },
    /// Whether an outgoing call is answered: an empty answer, or the cause of its end, such as `USER_BUSY`. It rings
    /// until then.
    Dial {
        /// The channel.
        uuid: String,
        /// Who is called, such as `user/1000`.
        endpoint: String,
    },
}

/// A hook whose answer is waited for.
pub(crate) struct Pending {
    pub(crate) id: HookId,
    answer: Arc<Slot<Option<Vec<u8>>>>,
    done: LatchGuard,
}

impl Pending {
    pub(crate) fn answer(self, answer: Option<Vec<u8>>) {
        self.answer.set(answer);
        drop(self.done);
    }
}

/// How many hooks may wait for their answers; what is beyond has none.
const PENDING: usize = 10_000;

/// Takes its hook away with it.
struct Asked<'a> {
    switch: &'a Switch,
    id: HookId,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut hooks = self.switch.hooks.lock();
        let before = hooks.len();
        hooks.retain(|pending| pending.id != self.id);
        if hooks.len() < before {
            self.switch.requests.lock().push_back(Request::Withdrawn(self.id));
        }
    }
}

impl Switch {
    /// Asks the host. [`None`] if it leaves that to the simulation.
    pub(crate) async fn ask(&self, hook: Hook) -> Option<Vec<u8>> {
        let (done, latch) = LatchGuard::new();
        let answer = Arc::<Slot<Option<Vec<u8>>>>::default();
        let id = HookId(self.next_hook());
        {
            let mut pending = self.hooks.lock();
            if pending.len() >= PENDING {
                return None;
            }
            pending.push(Pending { id, answer: Arc::clone(&answer), done });
        }
        // Whoever stops waiting, because the call or the connection has ended, is asked for no more.
        let _asked = Asked { switch: self, id };
        self.requests.lock().push_back(Request::Hook(HookRequest { id, hook }));
        latch.opened().await;
        answer.take()
    }
}
