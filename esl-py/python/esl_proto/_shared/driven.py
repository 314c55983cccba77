"""What both façades know of a channel that is driven from beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from .._native import ApiResponse, App, Command, Event
from ..types import Text
from .errors import ChannelEnded
from .surface import Timeout
from .verbs import D, E, Verbs

__all__ = ["ENDS", "DrivenCall", "Driver", "described", "ended_by"]


class Driver(Protocol):
    """The connection that it is driven over."""

    def execute_on(self, uuid: str | None, app: str, arg: Text, timeout: float | None) -> Any: ...
    def ask(self, command: Command, timeout: Timeout = ...) -> Any: ...
    def bridge_of(self, uuid: str, other: str, timeout: Timeout) -> Any: ...
    def variable(self, uuid: str | None, name: str, timeout: Timeout) -> Any: ...
    def hangup(self, cause: str | int | None = None, *, uuid: str | None = None, timeout: Timeout = ...) -> Any: ...
    def events(
        self, *names: str, subclasses: Sequence[str] = (), channel: str | None = None, maxsize: int = 1000
    ) -> Any: ...


ENDS = ("CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY")
"""What tells the end of a channel."""

S = TypeVar("S")
"""A stream of events."""


def described(answer: ApiResponse) -> Event:
    """What the server knows of a channel."""
    return Event("json", answer.text_bytes)


def ended_by(event: Event) -> str | None:
    """The cause that the end of a channel tells."""
    return ChannelEnded(event).cause


class DrivenCall(Verbs[E, D], Generic[E, D, S]):
    """A channel by its uuid: offers the verbs of `Session` over an inbound connection. Making one sends nothing to the
    server."""

    def __init__(self, socket: Driver, uuid: str) -> None:
        self._socket = socket
        self.uuid = uuid
        """The channel's Unique-ID."""

    def execute(self, app: str, arg: Text = "", *, timeout: float | None = None) -> E:
        """Runs any application of the dialplan. A `timeout` in seconds ends only the wait, not the application. Raises
        `ChannelEnded` if the channel ends first, and `CommandError` if there is no such channel."""
        return self._socket.execute_on(self.uuid, app, arg, timeout)  # type: ignore[no-any-return]

    def _app(self, app: App) -> E:
        return self.execute(app.name, app.argument)

    def events(self, *names: str, subclasses: Sequence[str] = (), maxsize: int = 1000) -> S:
        """The events of this channel, like `EventSocket.events`; all of them if no name is given."""
        names = names or ("ALL",)
        return self._socket.events(*names, subclasses=subclasses, channel=self.uuid, maxsize=maxsize)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<Call {self.uuid}>"
