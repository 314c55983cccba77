"""A channel of the server's, driven from beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._native import App, Event
from .._shared.surface import Timeout
from .._shared.verbs import Verbs, digits_of, word
from ..types import Text
from .stream import Stream

if TYPE_CHECKING:
    from .socket import EventSocket

__all__ = ["Call"]


class Call(Verbs[Event, str | None]):
    """A channel, by its uuid: what `Session` does with the call of an outbound connection, over one that this program
    has made. Nothing is asked of the server before something is done."""

    def __init__(self, socket: EventSocket, uuid: str) -> None:
        self._socket = socket
        self.uuid = uuid
        """The channel's Unique-ID."""

    def execute(self, app: str, arg: Text = "", *, timeout: float | None = None) -> Event:
        """Runs any application of the dialplan. After `timeout` seconds it goes on, unwatched. Raises `ChannelEnded` if the
        channel ends first, and `CommandError` if there is none."""
        return self._socket.execute_on(self.uuid, app, arg, timeout)

    def _app(self, app: App) -> Event:
        return self.execute(app.name, app.argument)

    def _digits(self, app: App, variable: str) -> str | None:
        return digits_of(self._app(app), variable)

    def events(
        self, *names: str, subclasses: Sequence[str] = (), maxsize: int = 1000
    ) -> Stream[Event]:
        """The events of this channel, as `EventSocket.events` gives them; all of them without a name."""
        return self._socket.events(*(names or ("ALL",)), subclasses=subclasses, channel=self.uuid, maxsize=maxsize)

    def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or there is no channel."""
        answer = self._socket.api(f"uuid_getvar {self.uuid} {word(name)}", timeout=timeout)
        return None if answer.error or answer.text == "_undef_" else answer.text

    def exists(self, *, timeout: Timeout = ...) -> bool:
        """Whether the channel is there."""
        return (self._socket.api(f"uuid_exists {self.uuid}", timeout=timeout)).text == "true"

    def hangup(self, cause: str | int | None = None, *, timeout: Timeout = ...) -> None:
        """Ends the call."""
        self._socket.hangup(cause, uuid=self.uuid, timeout=timeout)

    def __repr__(self) -> str:
        return f"<Call {self.uuid}>"
