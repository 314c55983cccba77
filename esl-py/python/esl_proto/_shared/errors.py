"""How a wait on an event socket ends when it does not end with a result."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from .._native import ApiResponse, Command, Event, JobResult, Reply, end_reasons

__all__ = [
    "AccessDenied",
    "AuthenticationError",
    "BrokenReply",
    "CallFailed",
    "ChannelEnded",
    "CommandError",
    "ConnectionClosed",
    "EventSocketError",
    "NoSuchChannel",
    "StreamOverflow",
]

_SHOWN = 60
"""How many characters of a value an error shows."""
_REASONS = dict(end_reasons()) | {
    "protocol": "framing is broken",
    "closed": "closed by this program",
    "silence": "the peer has been silent for too long",
    "unreachable": "no connection could be made",
}
"""The core's texts, and those for ends that only this package knows."""


class EventSocketError(Exception):
    """The base class of the façades' exceptions. They also raise `OSError` if no connection could be made,
    `TimeoutError` at a deadline, and `LocalProtocolError` for a command that may not be sent."""


class ConnectionClosed(EventSocketError, ConnectionError):
    """The connection is over."""

    end: str
    """Why: as `Closed.end` (`"exit"`, `"shutdown"`, `"eof"`, ...), `"protocol"` for broken framing, or `"closed"` if
    this program closed the connection."""
    text: str
    """The server's text, if it sent one."""

    def __init__(self, end: str, text: str = "") -> None:
        said = text.partition("\n")[0]
        super().__init__(_REASONS.get(end, end) + (f": {said}" if said else ""))
        self.end = end
        self.text = text

    def __reduce__(self) -> tuple[type[ConnectionClosed], tuple[str, str]]:
        return type(self), (self.end, self.text)

    def again(self) -> ConnectionClosed:
        """A copy to raise: raising one exception object several times would accumulate tracebacks."""
        return type(self)(self.end, self.text)


class AuthenticationError(ConnectionClosed):
    """The server refused the password, or waited too long for one."""


class AccessDenied(ConnectionClosed):
    """The server's access list does not allow this address."""


class CommandError(EventSocketError):
    """The server answered a command with an error."""

    answer: Reply | ApiResponse | JobResult
    """The whole answer, or what the job has printed."""
    command: Command | None
    """The command; `None` for commands that the connection sends on its own: subscriptions, filters and the log."""

    def __init__(
        self, answer: Reply | ApiResponse | JobResult, message: str | None = None, command: Command | None = None
    ) -> None:
        super().__init__(answer.text.strip() if message is None else message)
        self.answer = answer
        self.command = command

    def __reduce__(self) -> tuple[type[CommandError], tuple[Reply | ApiResponse | JobResult, str, Command | None]]:
        return type(self), (self.answer, str(self), self.command)


class NoSuchChannel(CommandError):
    """There is no channel with the uuid that the command names: it never was, or has ended."""


def refusal(answer: Reply | ApiResponse, command: Command | None = None) -> CommandError:
    """The exception for an error."""
    return (NoSuchChannel if answer.no_such_channel else CommandError)(answer, command=command)


class BrokenReply(CommandError):
    """The value of a variable has not arrived whole because the server broke or cut its reply to `getvar`:
    `answer.text` is the part that arrived. `api uuid_getvar` reads every value; a session with full control uses it."""


@contextmanager
def reading(name: str) -> Generator[None]:
    """A variable is read: a reply that it has broken tells its name."""
    try:
        yield
    except BrokenReply as error:
        answer = error.answer
        is_broken, text = (answer.broken, answer.text_to_end) if isinstance(answer, Reply) else (False, answer.text)
        what, shown = "broke" if is_broken else "cut", repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."
        raise BrokenReply(
            answer,
            f"the server {what} its reply to 'getvar {name}', which says {shown}: "
            "'api uuid_getvar' reads such a variable, and needs full control",
            Command.getvar(name),
        ) from None


@contextmanager
def unless_absent() -> Generator[None]:
    """That the API does not tell of a channel is no failure."""
    try:
        yield
    except CommandError as error:
        if not isinstance(error.answer, ApiResponse):
            raise


class ChannelEnded(EventSocketError):
    """The channel ended before the application on it was done."""

    event: Event | None
    """CHANNEL_HANGUP_COMPLETE or CHANNEL_DESTROY, if one came before the connection ended."""
    cause: str | None
    """The hangup cause, such as `"NORMAL_CLEARING"`, if it is known."""

    def __init__(self, event: Event | None = None, cause: str | None = None) -> None:
        told = event.hangup_cause if event is not None else None
        self.cause = str(told) if told is not None else cause
        super().__init__("channel ended" + (f": {self.cause}" if self.cause else ""))
        self.event = event

    def __reduce__(self) -> tuple[type[ChannelEnded], tuple[Event | None, str | None]]:
        return type(self), (self.event, self.cause)


class CallFailed(EventSocketError):
    """A call made by `originate` was not answered."""

    cause: str
    """The hangup cause, such as `"NO_ANSWER"`, or the server's text."""
    uuid: str | None
    """The Unique-ID of its channel, if the client has chosen it."""

    def __init__(self, cause: str, uuid: str | None = None) -> None:
        super().__init__(f"the call was not answered: {cause}")
        self.cause = cause
        self.uuid = uuid

    def __reduce__(self) -> tuple[type[CallFailed], tuple[str, str | None]]:
        return type(self), (self.cause, self.uuid)


class StreamOverflow(EventSocketError):
    """A stream made with `overflow="error"` was not read fast enough, and has ended."""


def is_quiet(error: ConnectionClosed) -> bool:
    """Whether the end is expected, not a failure: this program sent `exit`, or the controlled channel has ended."""
    return error.end in ("exit", "channel-ended")


def closed(end: str, text: str = "") -> ConnectionClosed:
    """The exception for the end of a connection."""
    if end in ("auth-refused", "auth-timeout"):
        return AuthenticationError(end, text)
    if end == "rejected":
        return AccessDenied(end, text)
    return ConnectionClosed(end, text)
