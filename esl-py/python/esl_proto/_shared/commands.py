"""What both façades tell the server to do. They differ in how an answer is waited for; the words are the same."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import EllipsisType
from typing import Any, Generic, TypeAlias, TypeVar

from .._native import Command
from ..errors import LocalProtocolError
from ..types import Format, Text
from .client_session import ClientSession
from .errors import CommandError
from .router import Router, Wanted
from .slot import Answer
from .stream import Queue
from .subscription import Subscription

__all__ = ["Request", "Commands", "StreamSlot", "Timeout", "checked", "need"]

_LOG = logging.getLogger("esl_proto")

R = TypeVar("R")
"""What a call gives: `Reply`, or a coroutine that gives it."""
A = TypeVar("A", bound=Answer)

Timeout: TypeAlias = float | EllipsisType | None
"""Seconds; `None` for no limit, `...` for the connection's own."""
Request: TypeAlias = tuple[Command, Callable[[], None] | None]
"""A command, and what to note once the server has accepted it."""


def checked(answer: A) -> A:
    """Raises `CommandError` for an error."""
    if answer.error:
        raise CommandError(answer)
    return answer


class StreamSlot:
    """Takes the answer to the subscription of a stream: a refusal ends it. If there is no connection, or it is lost
    before the answer comes, the next one is asked."""

    __slots__ = ("_queue", "_router", "accepted", "command")

    def __init__(self, router: Router, request: Request, queue: Queue[Any] | None) -> None:
        """`None` for a handler, which has no queue."""
        self.command, self.accepted = request
        self._router = router
        self._queue = queue

    def postpone(self) -> None:
        """Postpones the request to the next connection."""
        self._router.postponed.append(self)

    def done(self) -> bool:
        return False

    def set_result(self, answer: Answer, /) -> None:
        if answer.error:
            self.refuse(CommandError(answer))

    def refuse(self, error: Exception) -> None:
        """The subscription was refused: ends the stream."""
        _LOG.warning("a subscription was refused: %s", error)
        if self._queue is not None:
            self._queue.end(error)

    def set_exception(self, error: Exception, /) -> None:
        if isinstance(error, LocalProtocolError):
            self.refuse(error)
        else:
            self.postpone()  # If there is no next connection, `Router` ends the queue.

    def exception(self) -> None:
        return None


def hear(
    subscription: Subscription, names: Iterable[str], subclasses: Iterable[str] = (), format: Format | None = None
) -> list[Request]:
    """What makes these events come, if they do not come yet."""
    names, subclasses = tuple(names), tuple(subclasses)
    if not subscription.lacks(names, subclasses):
        return []
    command = Command.event(*names, subclasses=subclasses, format=format)
    return [(command, partial(subscription.add, format, names, subclasses))]


def pass_filters(subscription: Subscription, names: Iterable[str]) -> list[Request]:
    """What lets events that this library waits for through the program's filters, which keep out all they do not
    name."""
    missing = [name for name in names if ("Event-Name", name) not in subscription.filters]
    return [
        (Command.filter("Event-Name", name), partial(subscription.add_filter, "Event-Name", name)) for name in missing
    ]


def need(subscription: Subscription, names: Sequence[str]) -> list[Request]:
    """What makes events come that this library itself waits for, whatever the program filters."""
    subscription.needed.update(dict.fromkeys(names))
    requests = pass_filters(subscription, names) if subscription.filters else []
    return requests + hear(subscription, names)


class Commands(Generic[R]):
    """Commands must succeed: where the server answers with an error, they raise `CommandError`."""

    _router: Router
    _format: Format

    @property
    def is_open(self) -> bool:
        """Whether commands can be sent now."""
        raise NotImplementedError

    def _client_session(self) -> ClientSession:
        """The one that commands go to. Raises `ConnectionClosed` if there is none."""
        raise NotImplementedError

    def _run(self, requests: Sequence[Request], timeout: Timeout) -> R:
        """Sends all of them at once; gives the reply to the last."""
        raise NotImplementedError

    def _requests_for(self, wanted: Wanted) -> list[Request]:
        return hear(self._router.subscription, wanted.names, wanted.subclasses, self._format)

    def _apply(self, requests: Iterable[Request], queue: Queue[Any] | None) -> None:
        """Sends what a stream, which reads `queue`, or a handler needs, now or when there is a connection."""
        for request in requests:
            slot = StreamSlot(self._router, request, queue)
            if self.is_open:
                self._client_session().send(slot.command, slot, slot.accepted)
            else:
                slot.postpone()

    def _command(self, command: Command, timeout: Timeout, accepted: Callable[[], None] | None = None) -> R:
        return self._run([(command, accepted)], timeout)

    def subscribe(self, *names: str, subclasses: Sequence[str] = (), timeout: Timeout = ...) -> R:
        """`event`: these events come from now on, and again after a reconnect. Streams and handlers do it by
        themselves."""
        names = tuple(str(name).upper() for name in names)
        subscription = self._router.subscription
        command = Command.event(*names, format=self._format, subclasses=tuple(subclasses))
        return self._command(command, timeout, partial(subscription.add, self._format, names, tuple(subclasses)))

    def unsubscribe(self, *names: str, subclasses: Sequence[str] = (), timeout: Timeout = ...) -> R:
        """`nixevent`: these events come no more."""
        names = tuple(str(name).upper() for name in names)
        command = Command.nixevent(*names, subclasses=tuple(subclasses))
        return self._command(command, timeout, partial(self._router.subscription.remove, names, tuple(subclasses)))

    def noevents(self, *, timeout: Timeout = ...) -> R:
        """`noevents`: no event comes any more. Filters stay."""
        return self._command(Command.noevents(), timeout, self._router.subscription.clear)

    def filter(self, header: str, value: str, *, timeout: Timeout = ...) -> R:
        """`filter add`: of the events subscribed to, only those come that one of the filters lets in.

        `value` may be a `/regular expression/`, or begin with `-` to keep matching events out. Events that jobs and
        applications are waiting for are let in as well."""
        subscription = self._router.subscription
        requests = pass_filters(subscription, tuple(subscription.needed))  # A copy: other threads may add to it.
        accepted = partial(subscription.add_filter, header, value)
        return self._run([*requests, (Command.filter(header, value), accepted)], timeout)

    def filter_delete(self, header: str | None = None, value: str | None = None, *, timeout: Timeout = ...) -> R:
        """`filter delete`: takes away one filter, all of a header, or all."""
        accepted = partial(self._router.subscription.delete_filter, header, value)
        return self._command(Command.filter_delete(header, value), timeout, accepted)

    def log(self, level: str | int | None = None, *, timeout: Timeout = ...) -> R:
        """`log`: lines of the server's log come, up to this level."""
        return self._command(Command.log(level), timeout, partial(self._log_level, 7 if level is None else level))

    def nolog(self, *, timeout: Timeout = ...) -> R:
        """`nolog`: no more log lines."""
        return self._command(Command.nolog(), timeout, partial(self._log_level, None))

    def _log_level(self, level: str | int | None) -> None:
        self._router.subscription.log = level

    def sendevent(
        self,
        name: str,
        headers: Mapping[str, Text] | Sequence[tuple[str, Text]] = (),
        body: Text | None = None,
        *,
        timeout: Timeout = ...,
    ) -> R:
        """`sendevent`: fires an event. `detail` of the reply is its Event-UUID."""
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        return self._command(Command.sendevent(name, pairs, body), timeout)

    def hangup(self, cause: str | int | None = None, *, uuid: str | None = None, timeout: Timeout = ...) -> R:
        """`sendmsg` with `hangup`: ends a channel. Inbound, `uuid` says which."""
        return self._command(Command.hangup(cause, uuid=uuid), timeout)

    def linger(self, seconds: int | None = None, *, timeout: Timeout = ...) -> R:
        """`linger`: a session keeps the connection for a while after its channel has ended, so that the last events
        come; `None` for ever. Needs `full`."""
        return self._command(Command.linger(seconds), timeout)

    def resume(self, *, timeout: Timeout = ...) -> R:
        """`resume`: when a session's connection ends, the dialplan goes on where it was; otherwise the call ends."""
        return self._command(Command.resume(), timeout)
