"""A channel of the server's, driven from beside."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from .._native import App, Event
from .._shared.surface import Timeout
from .._shared.verbs import Verbs, digits_of, word
from ..types import Text
from .stream import Stream

if TYPE_CHECKING:
    from .socket import EventSocket

__all__ = ["Call"]


class Call(Verbs[Coroutine[Any, Any, Event], Coroutine[Any, Any, str | None]]):
    """A channel, by its uuid: what `Session` does with the call of an outbound connection, over one that this program
    has made. Nothing is asked of the server before something is done."""

    def __init__(self, socket: EventSocket, uuid: str) -> None:
        self._socket = socket
        self.uuid = uuid
        """The channel's Unique-ID."""

    async def execute(self, app: str, arg: Text = "", *, timeout: float | None = None) -> Event:
        """Runs any application of the dialplan. After `timeout` seconds it goes on, unwatched. Raises `ChannelEnded` if the
        channel ends first, and `CommandError` if there is none."""
        return await self._socket.execute_on(self.uuid, app, arg, timeout)

    async def _app(self, app: App) -> Event:
        return await self.execute(app.name, app.argument)

    async def _digits(self, app: App, variable: str) -> str | None:
        return digits_of(await self._app(app), variable)

    def events(
        self, *names: str, subclasses: Sequence[str] = (), maxsize: int = 1000
    ) -> Stream[Event]:
        """The events of this channel, as `EventSocket.events` gives them; all of them without a name."""
        return self._socket.events(*(names or ("ALL",)), subclasses=subclasses, channel=self.uuid, maxsize=maxsize)

    async def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or there is no channel."""
        answer = await self._socket.api(f"uuid_getvar {self.uuid} {word(name)}", timeout=timeout)
        return None if answer.error or answer.text == "_undef_" else answer.text

    async def exists(self, *, timeout: Timeout = ...) -> bool:
        """Whether the channel is there."""
        return (await self._socket.api(f"uuid_exists {self.uuid}", timeout=timeout)).text == "true"

    async def hangup(self, cause: str | int | None = None, *, timeout: Timeout = ...) -> None:
        """Ends the call."""
        await self._socket.hangup(cause, uuid=self.uuid, timeout=timeout)

    def __repr__(self) -> str:
        return f"<Call {self.uuid}>"
