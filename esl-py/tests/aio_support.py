"""Runs coroutines as tests, each with a deadline, and looks whether they have left anything behind."""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")

# A soak test ends when all its events have passed.
DEADLINE = None if {"SOAK_EVENTS", "SOAK_CALLS"} & os.environ.keys() else 90


def open_files() -> int:
    """How many descriptors this process has open."""
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def aio_test(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is a coroutine function. It must leave neither tasks nor threads nor descriptors."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        files, threads = open_files(), threading.active_count()

        async def main() -> None:
            await asyncio.wait_for(test(*args, **kwargs), DEADLINE)
            end = time.monotonic() + 20  # What was closed a moment ago ends in the next rounds of the loop.
            while (left := asyncio.all_tasks() - {asyncio.current_task()}) and time.monotonic() < end:
                await asyncio.sleep(0)
            assert not left, left

        asyncio.run(main())
        gc.collect()
        end = time.monotonic() + 20  # The switch closes its ends in a thread of its own.
        while (open_files() > files or threading.active_count() > threads) and time.monotonic() < end:
            time.sleep(0.005)
        assert threading.active_count() <= threads
        assert open_files() <= files

    return run


async def until(condition: Callable[[], object], what: str = "it") -> None:
    """Waits until `condition` holds."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)
