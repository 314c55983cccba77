"""Waiting for something to become true, from threads and from coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar

from ._loop import LoopThread

__all__ = ["Watch", "wait", "wait_async"]

_R = TypeVar("_R")


class Watch:
    """Those who wait. Lives in the switch's thread."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], object], Future[Any]]] = []

    def begin(self, look: Callable[[], _R | None]) -> Future[_R]:
        """What `look` finds, as soon as it finds something."""
        found: Future[_R] = Future()
        self._waiting.append((look, found))
        self._try(look, found)
        return found

    def check(self) -> None:
        """Something has changed."""
        for waiting in list(self._waiting):
            self._try(*waiting)

    def give_up(self, found: Future[Any]) -> None:
        """Nobody waits for this one any more."""
        self._waiting = [waiting for waiting in self._waiting if waiting[1] is not found]

    def _try(self, look: Callable[[], object], found: Future[Any]) -> None:
        result, failed = None, None
        try:
            result = look()
        except Exception as error:
            failed = error
        if result is None and failed is None:
            return
        self.give_up(found)
        # Another thread may cancel the future at any time; from here on it cannot, so that setting it does not raise.
        if found.set_running_or_notify_cancel():
            if failed is not None:
                found.set_exception(failed)
            else:
                found.set_result(result)


def wait(
    thread: LoopThread, watch: Watch, look: Callable[[], _R | None], timeout: float, say: Callable[[], str]
) -> _R:
    """Waits for what `look` finds. Raises `TimeoutError` with what `say` says."""
    found = thread.run(lambda: watch.begin(look))
    try:
        return found.result(timeout)
    except FutureTimeout:
        raise TimeoutError(say()) from None
    finally:
        thread.run(lambda: watch.give_up(found))


async def wait_async(
    thread: LoopThread, watch: Watch, look: Callable[[], _R | None], timeout: float, say: Callable[[], str]
) -> _R:
    """`wait` for coroutines."""
    found = thread.run(lambda: watch.begin(look))
    try:
        return await asyncio.wait_for(asyncio.wrap_future(found), timeout)
    except TimeoutError:
        raise TimeoutError(say()) from None
    finally:
        thread.run(lambda: watch.give_up(found))
