"""One connection of the switch: its socket, and what a test can do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal, cast

from esl_proto._native import Sim

from ._shell import Shell
from .call import Call

__all__ = ["Goodbye", "Link"]

Goodbye = Literal["disconnected", "shutdown", "lost-events", "lost-log-lines"]
"""What the notice says that ends a connection."""

_PIECE = 65536
"""How many bytes are written at a time."""


class Link(asyncio.Protocol):
    """A connection of a switch. Its methods may be called from any thread."""

    number: int
    """Its place among all connections of the switch, counted from 0."""

    def __init__(self, shell: Shell, number: int, *, is_denied: bool, program: int | None, begun: Callable[[int, Link], None]) -> None:
        """
        :param program: What the simulation calls the connection to a program.
        :param begun: Told when the connection stands, and what the simulation calls it.
        """
        self.number = number
        self.closed: asyncio.Future[None] = shell.loop.create_future()
        self._shell = shell
        self._is_denied = is_denied
        self._begun = begun
        self._id = program
        self._transport: asyncio.Transport | None = None
        self._is_full = False
        self._is_held = False
        self._end: str | None = None

    @property
    def call(self) -> Call | None:
        """The channel that it controls."""
        channel = None if self._id is None else self._shell.sim.controlled(self._id)
        return None if channel is None else Call(self._shell, channel)

    @property
    def waiting(self) -> int:
        """How many events wait for the client to read."""
        return 0 if self._id is None else self._shell.sim.waiting(self._id)

    @property
    def end(self) -> str | None:
        """Why the server has ended it, such as `exit` or `lost-events`, if it has."""
        return self._end if self._end is not None or self._id is None else self._shell.sim.end(self._id)

    # What a test can do.

    def drop(self) -> None:
        """Breaks the connection without a notice and without a proper end, as a network failure does."""
        self._shell.act(lambda sim: self._abort())

    def cut(self, after: int = 0) -> None:
        """Breaks the connection after this many more bytes, in the middle of a frame or not."""
        self._tune(after)

    def hold(self) -> None:
        """Sends nothing until `release`."""
        self._is_held = True
        self._tune()

    def release(self) -> None:
        """Sends what was held."""
        self._is_held = False
        self._tune()

    def inject(self, data: bytes) -> None:
        """Sends arbitrary bytes."""
        if (number := self._id) is not None:
            self._shell.act(lambda sim: sim.inject(number, data))

    def disconnect(self, why: Goodbye = "disconnected") -> None:
        """Ends the connection as a server does, with a notice."""
        if (number := self._id) is not None:
            self._shell.act(lambda sim: sim.disconnect(number, why))

    def _tune(self, after: int | None = None) -> None:
        if (number := self._id) is not None:
            held = self._is_held
            self._shell.act(lambda sim: sim.set_faults(number, self._shell.settings, held=held, after=after))

    # What the switch does.

    def retune(self) -> None:
        """The network has changed."""
        if self._id is not None:
            self._shell.sim.set_faults(self._id, self._shell.settings, held=self._is_held)

    def flush(self) -> None:
        """Sends what there is to send, as much as the socket takes."""
        transport, number, sim = self._transport, self._id, self._shell.sim
        if transport is None or number is None or transport.is_closing():
            return
        while not self._is_full and (data := sim.data_to_send(number, _PIECE)):
            transport.write(data)
        if sim.is_closed(number):
            transport.close()
        # As a real server, which reads no commands while it cannot send.
        elif sim.listens(number):
            transport.resume_reading()
        else:
            transport.pause_reading()

    def _abort(self) -> None:
        if self._transport is not None and self._id is not None:
            self._leave()
            self._transport.abort()

    def _leave(self) -> None:
        if self._id is not None and self._shell.carriers.pop(self._id, None) is not None:
            self._end = self._shell.sim.end(self._id) or "dropped"
            self._shell.sim.forget(self._id)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Cast: uvloop's transport does not inherit from `asyncio.Transport`.
        self._transport = made = cast(asyncio.Transport, transport)
        # The queue is the simulation's, not the transport's. With a high limit of 0, a TLS handshake would never start.
        made.set_write_buffer_limits(high=1, low=0)
        program = self._id

        def begin(sim: Sim) -> None:
            self._id = number = sim.connect(self._is_denied) if program is None else program
            self._shell.carriers[number] = self
            self._begun(number, self)
            if program is not None:
                sim.connected(program)
            self.flush()

        self._shell.act(begin)

    def data_received(self, data: bytes) -> None:
        if (number := self._id) is not None:
            self._shell.act(lambda sim: sim.receive_data(number, data))

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        # Deferred: closing the transport inside its own `resume_writing` callback would close it twice.
        self._shell.loop.call_soon(lambda: self._shell.act(lambda sim: self.flush()))

    def eof_received(self) -> bool:
        if (number := self._id) is not None:
            self._shell.act(lambda sim: self._receive_eof(sim, number))
        # Whether it can be written to when the client has ended its half: not by TLS.
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is None

    def _receive_eof(self, sim: Sim, number: int) -> None:
        sim.receive_eof(number)
        if sim.end(number) is None:
            # It waits for a script, or for the client to read: neither may ever come to an end.
            sim.disconnect(number, "disconnected")

    def connection_lost(self, exc: Exception | None) -> None:
        self._shell.act(lambda sim: self._leave())
        self.closed.set_result(None)
