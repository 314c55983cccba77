"""A stream for one reader, without the waiting."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from .._native import EventQueue
from .errors import CommandError, StreamOverflow

__all__ = ["QuietEnd", "Source", "StreamBase"]

T = TypeVar("T")


class Source(Protocol):
    """What a stream is of."""

    @property
    def is_connected(self) -> bool: ...

    def drop_reader(self, queue: EventQueue) -> None: ...
    def go_on_soon(self) -> None: ...
    def must_be_of_this_process(self) -> None: ...
    def final_error(self) -> Exception | None: ...


S = TypeVar("S", bound=Source)


class StreamBase(Generic[T, S]):
    """The counters and the end of a stream. Waiting is up to the façade."""

    def __init__(self, socket: S, queue: EventQueue, maxsize: int, blocks: bool) -> None:
        self._socket = socket
        self._queue = queue
        self._pop = queue.pop
        self._blocks = blocks
        self.maxsize = maxsize
        """How many can wait."""

    @property
    def waiting(self) -> int:
        """How many wait to be read."""
        return self._queue.waiting

    @property
    def received(self) -> int:
        """How many have arrived, including dropped ones."""
        return self._queue.received

    @property
    def dropped(self) -> int:
        """How many were dropped because they were not read in time."""
        return self._queue.dropped

    @property
    def gaps(self) -> int:
        """How often the connection was replaced; events of the meantime are missing."""
        return self._queue.gaps

    def _ended(self) -> Exception | None:
        """Why nothing more will come, to be raised; `QuietEnd` if that is no failure, and `None` if something may come."""
        end = self._queue.end
        if end is None:
            return None
        why, what = end
        if why == "refused":
            return CommandError(what)
        if why == "not-allowed":
            return what  # type: ignore[no-any-return]
        if why == "overflow":
            return StreamOverflow(f"more than {self.maxsize} events waited to be read")
        return self._socket.final_error() or QuietEnd()

    def close(self) -> None:
        """Closes the stream."""
        self._socket.drop_reader(self._queue)

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection that brings something."""
        return self._socket.is_connected

    def forget(self) -> None:
        """`close`, for a finalizer."""
        # No lock: a finalizer runs in any thread and at any instruction, perhaps while that thread holds the lock.
        if self._queue.close():
            self._socket.go_on_soon()

    def __del__(self) -> None:
        self.forget()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.waiting} waiting, {self.dropped} dropped>"


class QuietEnd(Exception):
    """The end of a stream that is no failure."""
