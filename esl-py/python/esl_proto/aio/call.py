"""A channel of the server, controlled over an inbound connection."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from .._native import App, Command, Event
from .._shared.driven import DrivenCall
from .._shared.surface import Answer, Timeout
from .._shared.verbs import digits_of, variable
from .stream import Stream

__all__ = ["Call"]


class Call(DrivenCall[Coroutine[Any, Any, Event], Coroutine[Any, Any, str | None], Stream[Event]]):
    __doc__ = DrivenCall.__doc__

    async def _digits(self, app: App, variable: str) -> str | None:
        return digits_of(await self._app(app), variable)

    async def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or there is no channel."""
        return variable(await self._socket.ask(Command.uuid_getvar(self.uuid, name), timeout))

    async def exists(self, *, timeout: Timeout = ...) -> bool:
        """Whether the channel is there."""
        answer: Answer = await self._socket.api(f"uuid_exists {self.uuid}", timeout=timeout)
        return answer.text == "true"

    async def hangup(self, cause: str | int | None = None, *, timeout: Timeout = ...) -> None:
        """Ends the call."""
        await self._socket.hangup(cause, uuid=self.uuid, timeout=timeout)
