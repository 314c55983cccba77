"""When to try again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Reconnect"]


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Waits longer before every further attempt. All times are in seconds."""

    first: float = 0.5
    """Before the first attempt."""
    factor: float = 2.0
    """How much longer each time."""
    longest: float = 30.0
    """At most this long."""
    jitter: float = 0.5
    """Up to this part of a wait is taken off at random, so that many clients do not come back at the same moment."""
    attempts: int | None = None
    """How often to try before giving up; `None` for ever."""
    initial: bool = False
    """Whether the first connection is waited for, too. Otherwise `connect` tries once."""

    def delays(self) -> Iterator[float]:
        """How long to wait before each attempt."""
        import random  # With all of `hashlib`: only who loses a connection loads it.

        delay, attempt = self.first, 0
        while self.attempts is None or attempt < self.attempts:
            yield min(delay, self.longest) * (1 - self.jitter * random.random())
            delay = min(delay * self.factor, self.longest)
            attempt += 1
