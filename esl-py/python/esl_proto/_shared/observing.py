"""What an observer is told, and how."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from .errors import ChannelEnded, CommandError, ConnectionClosed

if TYPE_CHECKING:
    from .._native import Event, Gap
    from ..types import Text

__all__ = [
    "Kind",
    "ObservedConnection",
    "ObservedServer",
    "Observer",
    "Peer",
    "Watched",
    "Work",
    "address_of",
    "ended",
    "first_word",
    "log_fields",
    "tell",
]

_LOG = logging.getLogger("esl_proto")

Kind: TypeAlias = Literal["command", "job", "application", "call"]
"""The kinds of work: a command until its answer, a job of `bgapi`, an application on a channel, or a call from the
switch, from its connection to the end of its handler."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end, and who has connected to whom."""

    host: str
    """Its address, or the host name given to `connect`."""
    port: int | None
    """Its port, if it has one."""
    role: Literal["server", "client"]
    """`"server"`: this program has connected to the switch; `"client"`: the switch to this program, for a call."""

    def __str__(self) -> str:
        if self.port is None:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class ObservedConnection(Protocol):
    """What an observer may read of a connection: any `EventSocket` of `esl_proto.aio` and `esl_proto.sync`."""

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        ...

    @property
    def stats(self) -> dict[str, int]:
        """Counts of what was received so far, across reconnects."""
        ...


class ObservedServer(Protocol):
    """What an observer may read of an `OutboundServer`."""

    @property
    def stats(self) -> dict[str, int]:
        """The calls that are `running`, and those `taken`, `refused`, `broken` and `failed` so far."""
        ...


@dataclass(slots=True, eq=False)
class Work:
    """Something that begins and ends."""

    kind: Kind
    """What it is."""
    name: str
    """The command (`"api"`, `"sendmsg"`), the API command of a job (`"originate"`), the application (`"playback"`), or
    `"call"`."""
    peer: Peer
    """Where."""
    uuid: str | None = None
    """The channel, of an application or a call; the Job-UUID of a job."""
    id: int | None = None
    """A command's number on its connection."""
    mode: Literal["async", "sync"] | None = None
    """The mode of a call's connection in the dialplan, once it is known."""
    began: float = field(default_factory=time.monotonic)
    """When, by `time.monotonic`."""
    seconds: float | None = None
    """How long it has taken, once it has ended."""
    outcome: str = ""
    """Once it has ended: `"ok"`; `"error"` from the switch; `"channel-ended"`; `"refused"` (the event that reports the
    end may not be subscribed to); `"given-up"` (nobody waits any more for the end of a job or application); the
    `ConnectionClosed.end` of a lost connection; for a call, the name of the exception that its handler raised."""
    result: Any = None
    """The answer, the event that reports the end, or the exception."""
    own: Any = None
    """For the observer's own use, such as a span."""


class Observer:
    """Callbacks. Each method does nothing; override those that you need.

    They are called synchronously, by whichever thread reads: they must be quick, must not block, and may only read the
    attributes of a connection, not use it. Exceptions are logged and have no other effect."""

    def opened(self, connection: ObservedConnection, /) -> None:
        """Commands can be sent. Called again after each reconnect."""

    def closed(self, connection: ObservedConnection, reason: ConnectionClosed, /) -> None:
        """The connection has ended, perhaps only until a reconnect. `reason.end` says why."""

    def gap(self, connection: ObservedConnection, gap: Gap, /) -> None:
        """The connection was lost and replaced; events of the meantime are missing."""

    def dropped(self, connection: ObservedConnection, /) -> None:
        """A stream that is read too slowly has begun to lose events; `connection.stats["dropped"]` counts all of
        them."""

    def event(self, connection: ObservedConnection, event: Event, /) -> None:
        """An event has arrived. If overridden, it costs a call for each event; otherwise nothing."""

    def began(self, work: Work, /) -> None:
        """A command was sent, a job or an application has begun, or a call has arrived."""

    def ended(self, work: Work, /) -> None:
        """Work has ended: see its `outcome` and `seconds`."""

    def serving(self, server: ObservedServer, /) -> None:
        """`serve` is listening. The server's `stats` count its calls."""

    def refused(self, peer: Peer, /) -> None:
        """A call was refused, because there were too many."""


def tell(hook: Callable[..., object], *about: object) -> None:
    """Tells an observer something."""
    try:
        hook(*about)
    except Exception:
        _LOG.exception("the observer's %r failed", hook)


def first_word(text: Text) -> str:
    """That of a command."""
    octets = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)
    return (octets.split(None, 1) or [b""])[0].decode("utf-8", "replace")


class Watched:
    """A slot that tells an observer when it has a result. It is done when that is so, even if nobody waits any more."""

    __slots__ = ("_inner", "_is_done", "_observer", "_outcome", "work")

    def __init__(self, inner: Any, work: Work, observer: Observer, outcome: Callable[[Any], str]) -> None:
        self._inner = inner
        self._observer = observer
        self._outcome = outcome
        self._is_done = False
        self.work = work
        tell(observer.began, work)

    def ends(self, outcome: str, result: Any, at: float | None = None) -> None:
        """It has ended, now or at that moment."""
        if not self._is_done:
            self._is_done = True
            ended(self._observer, self.work, outcome, result, at)

    # As a slot

    def done(self) -> bool:
        return self._is_done

    def set_result(self, result: Any, /) -> None:
        self.ends(self._outcome(result), result)
        if not self._inner.done():
            self._inner.set_result(result)

    def set_exception(self, exception: Exception, /) -> None:
        self.ends(outcome_of(exception), exception)
        if not self._inner.done():
            self._inner.set_exception(exception)
            self._inner.exception()  # Mark as retrieved.

    def exception(self) -> None:
        return None


def ended(observer: Observer, work: Work, outcome: str, result: Any, at: float | None = None) -> None:
    """Tells that something has ended."""
    work.seconds = (time.monotonic() if at is None else at) - work.began
    work.outcome, work.result = outcome, result
    tell(observer.ended, work)


def answer_outcome(answer: Any) -> str:
    """Of an answer."""
    return "error" if answer.error else "ok"


def event_outcome(event: Any) -> str:
    """Of the event that tells the end of a job or an application."""
    is_error = event.name == "BACKGROUND_JOB" and (event.body_text or "").startswith(("-ERR", "-USAGE"))
    return "error" if is_error else "ok"


def outcome_of(error: BaseException) -> str:
    """A word for an exception."""
    if isinstance(error, ConnectionClosed):
        return error.end
    if isinstance(error, CommandError):
        return "refused"
    return "channel-ended" if isinstance(error, ChannelEnded) else type(error).__name__


def address_of(address: Any, role: Literal["server", "client"]) -> Peer:
    """Of what a socket says of its other end."""
    if address is None or isinstance(address, (str, bytes)):  # That of a Unix socket is a path.
        return Peer(str(address or "?"), None, role)
    return Peer(str(address[0]), int(address[1]), role)


def log_fields(peer: object = None, uuid: str | None = None, command_id: int | None = None) -> Mapping[str, object]:
    """What log records of this package carry besides their text."""
    return {"peer": None if peer is None else str(peer), "uuid": uuid, "command_id": command_id}
