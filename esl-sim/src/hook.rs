//! What the switch asks of its host.

use std::sync::Arc;

use crate::base::slot::Slot;
use crate::base::task::LatchGuard;
use crate::base::wire::ConnectionId;

/// Something that the host is to do: [`Sim::next_request`](crate::Sim::next_request).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Connect to a program, then say [`connected`](crate::Sim::connected) or [`refused`](crate::Sim::refused).
    Connect {
        /// The connection to be.
        connection: ConnectionId,
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
    /// The result of an application: its Application-Response. The application lasts until the answer.
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
    pub(crate) answer: Arc<Slot<Option<Vec<u8>>>>,
    pub(crate) done: LatchGuard,
}

impl Pending {
    pub(crate) fn answer(self, answer: Option<Vec<u8>>) {
        self.answer.set(answer);
        drop(self.done);
    }
}
