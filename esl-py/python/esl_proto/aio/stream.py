"""A stream of events for `async for`."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any, Protocol, Self, TypeVar

from .._shared.closing import AsyncClosing
from .._shared.errors import closed
from .._shared.stream import QuietEnd, Source, StreamBase

__all__ = ["Stream"]

T = TypeVar("T")


class _Source(Source, Protocol):
    awaiting: dict[int, asyncio.Future[None]]

    def go_on(self) -> None: ...
    async def stands(self, slot: int) -> None: ...


class Stream(StreamBase[T, _Source], AsyncClosing):
    """A stream for one reader. It begins when it is made, and ends with the connection: normally if this program ended
    the connection or a session's channel has ended, otherwise with `ConnectionClosed`.

    It is closed by `close`, at the end of `async with`, and when it is dropped."""

    def __await__(self) -> Generator[Any, None, Self]:
        """Waits until the subscription is active: `events = await fs.events(...)`. Raises `CommandError` if it is
        refused."""
        return self._stands().__await__()

    async def _stands(self) -> Self:
        await self._socket.stands(self._queue.slot)
        ended = self._ended()
        if ended is not None and not isinstance(ended, QuietEnd):
            raise ended
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        item: T | None = self._pop()
        while item is None:
            await self._wait()
            item = self._pop()
        if self._blocks:
            self._socket.go_on()
        return item

    async def get(self, timeout: float | None = None) -> T:
        """The next one. Raises `TimeoutError` after `timeout` seconds, and `ConnectionClosed` at the end."""
        try:
            if timeout is None or self._queue.waiting:
                return await self.__anext__()
            async with asyncio.timeout(timeout):
                return await self.__anext__()
        except StopAsyncIteration:
            raise closed("closed") from None

    async def _wait(self) -> None:
        """Waits until there is something to be read. Raises at the end."""
        self._socket.must_be_of_this_process()
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.await_by(waiter)
        try:
            ended = self._ended()
            if ended is not None:
                raise StopAsyncIteration if isinstance(ended, QuietEnd) else ended
            await waiter
        finally:
            self.awaited()

    # For who reads several streams

    def pop(self) -> T | None:
        """The next one, if it is there. Raises at the end, `QuietEnd` if that is no failure."""
        item: T | None = self._pop()
        if item is None and (ended := self._ended()) is not None:
            raise ended
        if item is not None and self._blocks:
            self._socket.go_on()
        return item

    def await_by(self, waiter: asyncio.Future[None]) -> None:
        """`waiter` gets its result when there is something to be read, or the end."""
        awaiting, slot = self._socket.awaiting, self._queue.slot
        if slot in awaiting:
            raise RuntimeError("another task is reading this stream")
        awaiting[slot] = waiter

    def awaited(self) -> None:
        """Nobody waits any more."""
        del self._socket.awaiting[self._queue.slot]
