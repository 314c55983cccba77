"""Events, one after the other, for `for`."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from .._shared.errors import closed
from .._shared.router import Router
from .._shared.stream import Counters, Queue
from .shared_reader import SharedReader, deadline_of

__all__ = ["Stream"]

T = TypeVar("T")


class Stream(Counters[T]):
    """What comes in, for one reader or several threads. It begins when it is made, and ends with the connection:
    quietly if this program ended it, or the channel did that a session is for; else with `ConnectionClosed`.

    It is closed by `close`, at the end of `with`, and when it is dropped."""

    def __init__(self, reader: SharedReader, router: Router, queue: Queue[T], remove: Callable[[], None]) -> None:
        self._reader = reader
        self._router = router
        self._queue = queue
        self._remove = remove

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        try:
            return self._next(None)
        except _QuietEnd:
            raise StopIteration from None

    def get(self, timeout: float | None = None) -> T:
        """The next one. Raises `TimeoutError` after `timeout` seconds, and `ConnectionClosed` at the end."""
        try:
            return self._next(timeout)
        except _QuietEnd:
            raise closed("closed") from None

    def _next(self, timeout: float | None) -> T:
        queue, changed = self._queue, self._reader.changed
        deadline = deadline_of(timeout)
        while True:
            with changed:
                if queue.items:
                    return queue.pop()
                if queue.ended:
                    raise queue.failure() or _QuietEnd
            self._reader.wait(lambda: bool(queue.items) or queue.ended, deadline)

    def close(self) -> None:
        """No more are wanted."""
        with self._reader.changed:
            self._remove()
            self._reader.notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self._router.drop(self._remove)


class _QuietEnd(Exception):
    pass
