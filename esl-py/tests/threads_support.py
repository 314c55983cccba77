"""The same work in some threads that begin at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from sync_support import Background

T = TypeVar("T")

THREADS = 8


def together(work: Callable[[int], T], threads: int = THREADS) -> list[T]:
    """What each of the threads returns, by its number. A hang of one is a failure, not a hang of the tests."""
    barrier = threading.Barrier(threads)

    def begin(number: int) -> Callable[[], T]:
        def run() -> T:
            barrier.wait()
            return work(number)

        return run

    running = [Background(begin(number)) for number in range(threads)]
    return [thread.result(60) for thread in running]
