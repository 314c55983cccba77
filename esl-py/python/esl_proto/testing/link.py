"""One connection of the switch: its socket, its listener, and what a test can do to it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Literal

from esl_proto import Server

from . import _asks
from ._loop import LoopThread, on_loop
from ._received import Splitter
from ._wire import Wire

if TYPE_CHECKING:
    from esl_proto import Ask, Effect, ServerClosed

    from .call import Call
    from .switch import Switch

__all__ = ["Goodbye", "Link"]

Goodbye = Literal["disconnected", "shutdown", "lost-events", "lost-log-lines"]
"""What the notice says that ends a connection."""


class Link(asyncio.Protocol):
    """A connection of a switch. Its methods may be called from any thread."""

    number: int
    """Its place among all connections of the switch, counted from 0."""
    call: Call | None
    """The channel that it controls."""

    def __init__(self, switch: Switch, server: Server, number: int, call: Call | None = None) -> None:
        self.number = number
        self.server = server
        self.call = call
        self.resumes = False
        self.diverts = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._switch = switch
        self._splitter = Splitter(number)
        self._deadline: asyncio.TimerHandle | None = None
        self._answering: asyncio.Task[None] | None = None
        self._wire: Wire

    @property
    def _thread(self) -> LoopThread:
        return self._switch._thread

    # What a test can do.

    @on_loop
    def drop(self) -> None:
        """Ends the connection without a word and without a proper end, as a network does."""
        self._wire.abort()

    @on_loop
    def cut(self, after: int = 0) -> None:
        """Ends the connection without a word after so many octets more, in the middle of a frame or not."""
        self._wire.cut_after(after)

    @on_loop
    def hold(self) -> None:
        """Sends nothing until `release`."""
        self._wire.hold()

    @on_loop
    def release(self) -> None:
        """Sends what was held."""
        self._wire.release()

    @on_loop
    def inject(self, data: bytes) -> None:
        """Sends octets as they are, whatever they mean."""
        self._wire.write(data)

    @on_loop
    def disconnect(self, why: Goodbye = "disconnected") -> None:
        """Ends the connection as the server does, with a notice."""
        if self.server.closed is None:
            self.server.disconnect(why)
        self.pump()

    # What the switch does.

    def deliver(self, headers: list[tuple[str, str | list[str]]], body: str | bytes | None) -> bool:
        """Offers an event; whether the client gets it."""
        gets_it = self.server.closed is None and self.server.deliver(headers, body)
        if gets_it:
            self.pump()
        return gets_it

    def log_line(self, level: str | int, text: str, **where: str | int) -> bool:
        """Offers a line of the log; whether the client gets it."""
        gets_it = self.server.closed is None and self.server.log_line(level, text, **where)  # type: ignore[arg-type]
        if gets_it:
            self.pump()
        return gets_it

    def channel_ended(self) -> None:
        """Says that the controlled channel is gone."""
        if self.call is not None and self.server.closed is None:
            self.server.channel_ended(self.call.name)
            self.pump()

    def pump(self) -> None:
        """Reads commands, answers them, and sends what is to be said."""
        if self._answering is None:
            for message in self.server:
                self._handle(message)
                if self._answering is not None:
                    break
        self._send()
        self._set_deadline()

    def _handle(self, message: Ask | Effect | ServerClosed) -> None:
        if message.kind == "resume":
            self.resumes = True
        elif message.kind == "divert":
            self.diverts = bool(getattr(message, "on", False))
        elif hasattr(message, "answered"):
            pass

    def _send(self) -> None:
        while self._wire.is_clear() and (data := self.server.data_to_send()):
            self._wire.write(data)
        if self.server.closed is not None:
            self._wire.write(self.server.data_to_send())
            self._wire.close()
