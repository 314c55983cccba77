"""One connection of the switch: its socket, its listener, and what a test can do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal, cast

from esl_proto import HostRequest, Effect, Server, ServerClosed

from . import _requests
from ._loop import LoopThread, on_loop
from ._received import Received
from ._wire import Wire

if TYPE_CHECKING:
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
        self.is_outbound = call is not None
        self.call: Call | None = None
        self.diverts = False
        self.resumes = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._switch = switch
        self._wire = Wire(switch.network, self.pump)
        self._answering: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        if call is not None:
            self.control(call)

    @property
    def loop_thread(self) -> LoopThread:
        return self._switch.loop_thread

    @property
    def waiting(self) -> int:
        """How many events wait for the client to read."""
        return self.server.waiting_events

    @property
    def end(self) -> str | None:
        """Why the server has ended it, such as `exit` or `lost-events`, if it has."""
        return self.server.closed

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

    def control(self, call: Call) -> None:
        """Ties the connection to a channel."""
        self.call = call
        call.links.append(self)

    def deliver(self, headers: list[tuple[str, str | list[str]]], body: str | bytes | None) -> bool:
        """Offers an event; whether the client gets it."""
        gets_it = self.server.closed is None and self.server.offer(headers, body)
        self.pump()
        return gets_it

    def deliver_diverted(self, headers: list[tuple[str, str | list[str]]], body: str | bytes | None) -> None:
        """Gives an event that its channel's own script would get."""
        if self.server.closed is None:
            self.server.offer_diverted(headers, body)
        self.pump()

    def log_line(self, level: str, text: str, file: str, function: str, line: int, channel_uuid: str) -> bool:
        """Offers a line of the log; whether the client gets it."""
        gets_it = self.server.closed is None and self.server.offer_log(
            level, text, file=file, function=function, line=line, channel_uuid=channel_uuid
        )
        self.pump()
        return gets_it

    def channel_ended(self) -> None:
        """Says that the controlled channel is gone."""
        if self.call is not None and self.server.closed is None:
            self.server.channel_ended(self.call.name)
            self._expect_end()
            self.pump()

    def pump(self) -> None:
        """Reads commands, answers them, and sends what is to be said."""
        while self._answering is None and (message := next(self.server, None)) is not None:
            self._handle(message)
        self._send()

    def _handle(self, message: HostRequest | Effect | ServerClosed) -> None:
        if isinstance(message, ServerClosed):
            if message.why == "exit":
                self._switch.record(Received("exit", connection=self.number))
            return
        if message.raw:
            self._switch.record(Received.of(message.raw, self.number))
        if isinstance(message, HostRequest):
            later = _requests.answer(self._switch, self, message)
            if later is not None:
                self._answering = asyncio.get_running_loop().create_task(self._answer_later(later))
        elif message.kind == "all-events":
            for subclass in sorted(self._switch.subclasses):
                self.server.subscribe(subclass)
        elif message.kind == "resume":
            self.resumes = True
        elif message.kind in ("divert", "undivert"):
            self.diverts = message.kind == "divert"
        elif message.kind == "linger" and self.server.linger is not None and self._is_orphan():
            self._expect_end()

    async def _answer_later(self, later: Awaitable[None]) -> None:
        await later
        self._answering = None
        self.pump()

    def _is_orphan(self) -> bool:
        return self.call is not None and self.call.cause is not None

    def _send(self) -> None:
        if self.server.closed is not None:
            self._wire.write(self.server.data_to_send())
            self._wire.close()
            return
        is_all = False
        while not is_all and (room := self._wire.room()):
            data = self.server.data_to_send(room)
            self._wire.write(data)
            is_all = len(data) < room
        # As the real server: its thread blocks in `send` to a client that does not read, and reads no commands
        # meanwhile.
        self._wire.listen(self._wire.room() > 0)

    # Its time.

    def _end_stranger(self) -> None:
        if not self.server.is_authenticated:
            self.disconnect()

    def _expect_end(self) -> None:
        """Ends the connection when it has lingered long enough."""
        seconds = self.server.linger
        if seconds is not None and seconds >= 0:
            self._call_in(seconds, self.disconnect)

    def _call_in(self, seconds: float, what: Callable[[], None]) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = asyncio.get_running_loop().call_later(seconds, what)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Cast: uvloop's transport does not inherit from `asyncio.Transport`.
        self._wire.attach(cast(asyncio.Transport, transport))
        self._switch.begun(self)
        if not self.is_outbound:
            if self._switch.deny:
                self.server.reject()
            self._call_in(self._switch.patience, self._end_stranger)
        self.pump()

    def data_received(self, data: bytes) -> None:
        if self.server.closed is None:
            self.server.receive_data(data)
            self.pump()

    def pause_writing(self) -> None:
        self._wire.fill()

    def resume_writing(self) -> None:
        self._wire.drain()

    def eof_received(self) -> bool:
        if self.server.closed is None:
            self.server.disconnect()
        self.pump()
        return self._wire.is_half_open

    def connection_lost(self, exc: Exception | None) -> None:
        for waiting in (self._deadline, self._answering):
            if waiting is not None:
                waiting.cancel()
        self._switch.forget(self)
        self.closed.set_result(None)
        if self.call is not None:
            self.call.released(self)
