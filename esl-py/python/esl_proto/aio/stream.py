"""Events, one after the other, for `async for`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from .._shared.errors import closed
from .._shared.router import Router
from .._shared.stream import Counters, Queue

__all__ = ["Stream"]

T = TypeVar("T")


class Stream(Counters[T]):
    """What comes in, for one reader. It begins when it is made, and ends with the connection: quietly if this program
    ended it, or the channel did that a session is for; else with `ConnectionClosed`.

    It is closed by `close`, at the end of `async with`, and when it is dropped."""

    def __init__(self, router: Router, queue: Queue[T], remove: Callable[[], None]) -> None:
        self._router = router
        self._queue = queue
        self._remove = remove

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        queue = self._queue
        if not queue.items:
            await self._wait()
        return queue.pop()

    async def get(self, timeout: float | None = None) -> T:
        """The next one. Raises `TimeoutError` after `timeout` seconds, and `ConnectionClosed` at the end."""
        if self._queue.items:
            return self._queue.pop()
        try:
            async with asyncio.timeout(timeout):
                return await self.__anext__()
        except StopAsyncIteration:
            raise closed("closed") from None

    async def _wait(self) -> None:
        queue = self._queue
        if queue.wake is not None:
            raise RuntimeError("another task is reading this stream")
        while not queue.items:
            if queue.ended:
                raise queue.failure() or StopAsyncIteration
            waiter = asyncio.get_running_loop().create_future()
            queue.wake = partial(_wake, waiter)
            try:
                await waiter
            finally:
                queue.wake = None

    def close(self) -> None:
        """No more are wanted."""
        self._remove()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self._router.drop(self._remove)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
