"""A channel of the server's, driven from beside."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from .._native import ApiResponse, App, Command, Event
from .._shared.driven import DrivenCall
from .._shared.errors import unless_absent
from .._shared.surface import Answer, Timeout
from .._shared.verbs import digits_of
from .stream import Stream

__all__ = ["Call"]


class Call(DrivenCall[Coroutine[Any, Any, Event], Coroutine[Any, Any, str | None], Stream[Event]]):
    __doc__ = DrivenCall.__doc__

    async def _digits(self, app: App, variable: str) -> str | None:
        return digits_of(await self._app(app), variable)

    async def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or there is no channel."""
        with unless_absent():
            value: str | None = await self._socket.variable(self.uuid, name, timeout)
            return value
        return None

    async def exists(self, *, timeout: Timeout = ...) -> bool:
        """Whether the channel is there."""
        answer: Answer = await self._socket.ask(Command.uuid_exists(self.uuid), timeout)
        return isinstance(answer, ApiResponse) and answer.exists is True

    async def hangup(self, cause: str | int | None = None, *, timeout: Timeout = ...) -> None:
        """Ends the call."""
        await self._socket.hangup(cause, uuid=self.uuid, timeout=timeout)
