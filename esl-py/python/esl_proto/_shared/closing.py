"""What is closed at the end of `with`, and of `async with`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, Self, TypeVar

__all__ = ["AsyncClosing", "Closing", "Opening"]


class Closing:
    """For `with`."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncClosing:
    """For `async with`."""

    def close(self) -> Coroutine[Any, Any, None] | None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        closing = self.close()
        if closing is not None:
            await closing


C = TypeVar("C", bound=AsyncClosing)


class Opening(Generic[C]):
    """What is being opened: await it, or use it in `async with`."""

    def __init__(self, open: Callable[[], Coroutine[Any, Any, C]]) -> None:
        self._open = open
        self._opened: C | None = None

    def __await__(self) -> Generator[Any, None, C]:
        return self._open().__await__()

    async def __aenter__(self) -> C:
        self._opened = await self._open()
        return self._opened

    async def __aexit__(self, *error: object) -> None:
        if self._opened is not None:
            await self._opened.__aexit__(*error)
