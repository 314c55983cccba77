"""A stream of events for `for`."""

from __future__ import annotations

from typing import Protocol, Self, TypeVar

from .._shared.closing import Closing
from .._shared.errors import closed
from .._shared.reader import SharedReader, deadline_of
from .._shared.stream import QuietEnd, Source, StreamBase

__all__ = ["Stream"]

T = TypeVar("T")


class _Source(Source, Protocol):
    reader: SharedReader

    def has_room(self) -> None: ...
    def ready(self, slot: int, deadline: float | None) -> None: ...


class Stream(StreamBase[T, _Source], Closing):
    """A stream for one or several threads. It begins when it is made, and ends with the connection: normally if this
    program ended the connection or a session's channel has ended, otherwise with `ConnectionClosed`.

    It is closed by `close`, at the end of `with`, and when it is dropped."""

    def ready(self, timeout: float | None = 10.0) -> Self:
        """Waits until the subscription is active: `events = fs.events(...).ready()`. Raises `CommandError` if it is
        refused."""
        self._socket.ready(self._queue.slot, deadline_of(timeout))
        ended = self._ended()
        if ended is not None and not isinstance(ended, QuietEnd):
            raise ended
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        try:
            return self._next(None)
        except QuietEnd:
            raise StopIteration from None

    def get(self, timeout: float | None = None) -> T:
        """The next one. Raises `TimeoutError` after `timeout` seconds, and `ConnectionClosed` at the end."""
        try:
            return self._next(timeout)
        except QuietEnd:
            raise closed("closed") from None

    def _next(self, timeout: float | None) -> T:
        queue, reader = self._queue, self._socket.reader
        deadline = deadline_of(timeout)
        item: T | None
        while True:
            with reader.changed:
                item = queue.pop()
                if item is not None:
                    if self._blocks:
                        self._socket.has_room()
                    return item
                ended = self._ended()
            if ended is not None:
                raise ended
            reader.wait(lambda: queue.is_readable, deadline)

    def awaken(self) -> None:
        """Whoever waits for the next one looks again. Needs no lock."""
        self._socket.go_on_soon()
