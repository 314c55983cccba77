"""A bounded queue between the connection and whoever reads events, and what happens when it is full."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from .errors import ConnectionClosed, StreamOverflow

__all__ = ["Counters", "Gap", "Overflow", "Queue"]

T = TypeVar("T")

Overflow = Literal["drop-oldest", "drop-newest", "error", "block"]
_POLICIES = ("drop-oldest", "drop-newest", "error", "block")


@dataclass(frozen=True, slots=True)
class Gap:
    """Stands in a stream where the connection was lost and made anew. What happened meanwhile is not sent again:
    ask the server for what is true now, as by `api show channels as json`."""

    reason: ConnectionClosed
    """Why the old connection ended."""
    seconds: float
    """From its end to the moment when the subscription stood again."""
    attempts: int
    """How often it was tried."""


class Queue(Generic[T]):
    """Holds at most `maxsize` items."""

    __slots__ = ("_gate", "_overflow", "dropped", "ended", "error", "gaps", "items", "maxsize", "received", "wake")

    def __init__(self, maxsize: int, overflow: Overflow, gate: Callable[[bool], None]) -> None:
        """`gate` is told when a full queue wants no more events (`True`), and when it has room again."""
        if maxsize < 1:
            raise ValueError("maxsize must be at least 1")
        if overflow not in _POLICIES:
            raise ValueError(f"overflow must be one of {', '.join(_POLICIES)}")
        self.maxsize = maxsize
        self.items: deque[T] = deque()
        self.received = self.dropped = self.gaps = 0
        self.ended = False
        """No more items will arrive; `error` says whether that is a failure."""
        self.error: Exception | None = None
        self.wake: Callable[[], None] | None = None
        """Called once, at the next change: an item or the end."""
        self._overflow = overflow
        # Closed while the full queue blocks reading; `None` for a policy that never blocks.
        self._gate: _Gate | None = _Gate(gate) if overflow == "block" else None

    def push(self, item: T) -> None:
        """Puts an item at the end, or does what the policy says."""
        items = self.items
        self.received += 1
        if len(items) >= self.maxsize and not self._make_room():
            return
        items.append(item)
        if self._gate is not None and len(items) >= self.maxsize:
            self._gate.set(True)
        if self.wake is not None:
            self._wake()

    def _make_room(self) -> bool:
        if self._gate is not None:  # Reading is blocked, so only a gap marker can arrive: let it in.
            return True
        self.dropped += 1
        if self._overflow == "drop-oldest":
            self.items.popleft()
            return True
        if self._overflow == "error":
            self.end(StreamOverflow(f"more than {self.maxsize} events waited to be read"))
        return False

    def pop(self) -> T:
        """Takes the first item. There must be one."""
        item = self.items.popleft()
        if self._gate is not None and len(self.items) <= self.maxsize // 2:
            self._gate.set(False)
        return item

    def end(self, error: Exception | None) -> None:
        """No more items will arrive. Queued items can still be read, and `error` is raised after them."""
        if not self.ended:
            self.ended = True
            self.error = error
            if self.wake is not None:
                self._wake()

    def failure(self) -> Exception | None:
        """Why it has ended, to be raised; `None` if that is no failure."""
        # Raised again, it would accumulate tracebacks.
        return self.error.with_traceback(None) if self.error is not None else None

    def close(self) -> None:
        """The reader is gone: drops all items."""
        self.end(None)
        self.items.clear()
        if self._gate is not None:
            self._gate.set(False)

    def _wake(self) -> None:
        wake, self.wake = self.wake, None
        if wake is not None:
            wake()


class Counters(Generic[T]):
    """What a stream tells of itself, at any time."""

    _queue: Queue[T]

    @property
    def maxsize(self) -> int:
        """How many can wait."""
        return self._queue.maxsize

    @property
    def waiting(self) -> int:
        """How many wait to be read."""
        return len(self._queue.items)

    @property
    def received(self) -> int:
        """How many came, the dropped ones among them."""
        return self._queue.received

    @property
    def dropped(self) -> int:
        """How many were thrown away because they were not read in time."""
        return self._queue.dropped

    @property
    def gaps(self) -> int:
        """How often the connection was made anew; what happened meanwhile did not come."""
        return self._queue.gaps


class _Gate:
    """Reports changes only."""

    __slots__ = ("_closed", "_tell")

    def __init__(self, tell: Callable[[bool], None]) -> None:
        self._tell = tell
        self._closed = False

    def set(self, closed: bool) -> None:
        if closed != self._closed:
            self._closed = closed
            self._tell(closed)
