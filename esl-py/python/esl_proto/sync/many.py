"""Several switches as one."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .._native import Command, Event, Gap
from .._shared.closing import Closing
from .._shared.errors import AccessDenied, AuthenticationError, ConnectionClosed, EventSocketError, closed
from .._shared.many import COUNT, Address, ManyBase, MergedBase, Outcome, made
from .._shared.observing import Observer
from .._shared.reconnect import Reconnect
from .._shared.surface import Timeout
from ..types import Format, Text
from .inbound import Inbound
from .._shared.reader import deadline_of, left
from .socket import Pending
from .stream import Stream

if TYPE_CHECKING:
    import ssl as tls

__all__ = ["Many", "ManyEvents", "connect_all"]

_LOG = logging.getLogger("esl_proto.sync")
_AHEAD = 100
"""So many events of a switch its thread has ready, besides those that wait in the stream."""

T = TypeVar("T")


class Many(ManyBase[Inbound, "ManyEvents[Event]", "ManyEvents[Event | Gap]"], Closing):
    """Connections to several switches, each with a name: a mapping of names to connections as returned by `connect`.

    A lost switch does not affect the others; `fs.is_open` says whether it is connected."""

    def api(self, line: Text, *, timeout: Timeout = ...) -> dict[str, Outcome]:
        """Sends the same API command to all of them at once. Returns, by name, the answers, or the exceptions that say
        why there is none.

        Waits until each has answered or failed, as `Inbound.api` does."""
        command = Command.api(line)

        def ask(switch: Inbound) -> tuple[Pending | EventSocketError, float | None]:
            deadline = deadline_of(switch.command_timeout if isinstance(timeout, EllipsisType) else timeout)
            try:
                return switch.send(command), deadline
            except EventSocketError as error:
                return error, deadline

        def answer(asked: Pending | EventSocketError, deadline: float | None) -> Outcome:
            if isinstance(asked, EventSocketError):
                return asked
            try:
                return asked.result(left(deadline))
            except (EventSocketError, TimeoutError) as error:
                return error

        asked = {name: ask(switch) for name, switch in self.items()}
        return {name: answer(*one) for name, one in asked.items()}

    def least_loaded(self, *, timeout: Timeout = 5.0) -> tuple[str, Inbound]:
        """The switch with the fewest channels, and its name. This program's pending jobs on a switch count as channels,
        so that calls made in quick succession are distributed. A switch that does not answer is not considered.

        Waits until each has answered or failed, or for `timeout` seconds. Raises `ConnectionClosed` if none has
        answered."""
        return self._least_of(self.api(COUNT, timeout=timeout))

    def _merged(self, streams: Mapping[str, Any]) -> ManyEvents[Any]:
        return ManyEvents(streams)

    def close(self, timeout: Timeout = ...) -> None:
        """Closes all of them, and waits until each is closed, as `Inbound.close` does, for at most `timeout` seconds in
        all; by default, for the longest of their time-outs."""
        if isinstance(timeout, EllipsisType):
            limits = [switch.timeout for switch in self.values()]
            timeout = None if None in limits else max((limit for limit in limits if limit is not None), default=0)
        deadline = deadline_of(timeout)
        for switch in self.values():
            switch.close(left(deadline))


class _Merge(MergedBase[T], Generic[T]):
    """What the threads have ready."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        # Held while nothing else is waited for: a finalizer may take it. It is re-entrant for that.
        self.changed = threading.Condition(threading.RLock())
        self._items: dict[str, deque[T]] = {name: deque() for name in names}
        self._turns = deque(names)
        self._closed = False

    def read(self, name: str, stream: Stream[T]) -> None:
        """What the thread of a switch does."""
        error: Exception | None = None
        try:
            for item in stream:
                if not self._put(name, item):
                    break
        except Exception as failure:
            _LOG.warning("%s: no more events come: %s", name, failure)
            error = failure
        with self.changed:
            self.ended[name] = error
            self.changed.notify_all()

    def _put(self, name: str, item: T) -> bool:
        with self.changed:
            items = self._items[name]
            items.append(item)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self._closed or len(items) < _AHEAD)
            return not self._closed

    def get(self, timeout: float | None) -> tuple[str, T] | None:
        """The next one; `None` at the end. Raises `TimeoutError`."""
        with self.changed:
            if not self.changed.wait_for(self._is_ready, timeout):
                raise TimeoutError("the deadline has passed")
            for name in [*self._turns]:
                if self._items[name]:
                    self._turns.remove(name)
                    self._turns.append(name)
                    self.changed.notify_all()
                    return name, self._items[name].popleft()
            return None

    def _is_ready(self) -> bool:
        return any(self._items.values()) or len(self.ended) == len(self._items)

    def close(self) -> None:
        """Closes the stream."""
        with self.changed:
            self._closed = True
            for items in self._items.values():
                items.clear()
            self.changed.notify_all()


class ManyEvents(Closing, Generic[T]):
    """The events of several switches: `for name, event in all.events(...)`. Made by `Many.events`.

    A switch that is lost for good is recorded in `ended`, and the others continue. The stream ends when all have ended:
    normally if this program ended them, otherwise with the first failure. It is closed by `close`, at the end of
    `with`, and when it is dropped."""

    def __init__(self, streams: Mapping[str, Stream[T]]) -> None:
        self._streams = dict(streams)
        self._merge: _Merge[T] = _Merge([*streams])
        self._threads: list[threading.Thread] = []
        try:
            for name, stream in self._streams.items():
                thread = threading.Thread(
                    target=self._merge.read, args=(name, stream), name=f"esl_proto-events-{name}", daemon=True
                )
                thread.start()
                self._threads.append(thread)
        except BaseException:
            self.close()
            raise

    @property
    def streams(self) -> Mapping[str, Stream[T]]:
        """Those of each switch, for what they tell of themselves."""
        return self._streams

    @property
    def ended(self) -> Mapping[str, Exception | None]:
        """The switches whose streams have ended, with the reason; `None` if it was no failure."""
        return self._merge.ended

    def ready(self, timeout: float | None = 10.0) -> Self:
        """Waits until the subscriptions are active on all connected switches: `events = all.events(...).ready()`.
        Raises `CommandError` if one refuses, and `TimeoutError`."""
        deadline = deadline_of(timeout)
        for stream in self._streams.values():
            if stream.is_connected:
                # One that is lost meanwhile is told by the stream.
                with contextlib.suppress(ConnectionClosed):
                    stream.ready(left(deadline))
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[str, T]:
        item = self._next(None)
        if item is None:
            raise StopIteration
        return item

    def get(self, timeout: float | None = None) -> tuple[str, T]:
        """The next one. Raises `TimeoutError` after `timeout` seconds, and `ConnectionClosed` at the end."""
        item = self._next(timeout)
        if item is None:
            raise closed("closed")
        return item

    def _next(self, timeout: float | None) -> tuple[str, T] | None:
        item = self._merge.get(timeout)
        if item is None and (failure := self._merge.failure()) is not None:
            raise failure.with_traceback(None)
        return item

    def close(self) -> None:
        """Closes the stream."""
        self._merge.close()
        for stream in self._streams.values():
            stream.close()
        for thread in self._threads:
            thread.join()

    def __del__(self) -> None:
        self._merge.close()
        for stream in self._streams.values():
            stream.forget()
            stream.awaken()


def _tried(switch: Inbound) -> Exception | None:
    """Connects; gives why that has failed, if it is tried again."""
    try:
        switch.open()
    except (AuthenticationError, AccessDenied):
        raise
    except OSError as error:  # TimeoutError is one.
        if not switch.open_later(error):
            raise
        return error
    return None


def connect_all(
    switches: Mapping[str, Address],
    *,
    password: str = "ClueCon",
    user: str | None = None,
    ssl: tls.SSLContext | None = None,
    format: Format = "plain",
    timeout: float | None = 10.0,
    command_timeout: float | None = 60.0,
    reconnect: Reconnect | bool = True,
    heartbeat: float | None = None,
    observer: Observer | None = None,
) -> Many:
    """Connects to several switches at once: `with connect_all({"east": "10.0.0.1:8021", "west": "10.0.0.2"}) as all:`,
    or `all = connect_all(...)` and `all.close()`.

    Each name maps to an address, `"host:port"` or `"host"`, or to the arguments of `connect` that are specific to this
    switch, such as `{"host": "10.0.0.2", "password": "..."}`. The other arguments are those of `connect`, and apply to
    all.

    Waits until each is connected, logged in and subscribed, or has failed. An unreachable switch is retried like a lost
    one (see `is_open` and `wait_open`), unless `reconnect` is False. Raises `AuthenticationError` or `AccessDenied` if
    one of them refuses this program, and the first switch's exception if none can be reached; then all are closed."""
    options = {
        "password": password,
        "user": user,
        "ssl": ssl,
        "format": format,
        "timeout": timeout,
        "command_timeout": command_timeout,
        "reconnect": reconnect,
        "heartbeat": heartbeat,
        "observer": observer,
    }
    many = Many({name: made(Inbound, where, options) for name, where in switches.items()})
    try:
        from concurrent.futures import ThreadPoolExecutor  # Only who needs it loads it.

        with ThreadPoolExecutor(max(len(many), 1), "esl_proto-connect") as threads:
            failures = [*threads.map(_tried, many.values())]
        if many and all(failures):
            raise next(failure for failure in failures if failure is not None)
    except BaseException:
        many.close(0)
        raise
    return many
