"""What waits for an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from .. import _native
from .._native import Command

__all__ = ["Answer", "Postponed", "Slot"]

Answer: TypeAlias = _native.Reply | _native.ApiResponse


class Slot(Protocol):
    """Something that waits for one result, unless it has been given up."""

    def done(self) -> bool: ...
    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: Exception, /) -> None: ...
    def exception(self) -> BaseException | None: ...


class Postponed(Slot, Protocol):
    """A request that is made on the next connection."""

    command: Command
    accepted: Callable[[], None] | None

    def refuse(self, error: Exception) -> None: ...
