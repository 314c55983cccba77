"""The connection as the event loop sees it: bytes in, bytes out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import weakref
from typing import Protocol, cast

from .._shared.keepalive import address, keep_alive

__all__ = ["Host", "Link"]

_LOG = logging.getLogger("esl_proto.aio")


class Host(Protocol):
    """What a link is for: it listens to its current link only."""

    def link_made(self, link: Link) -> None: ...
    def received(self, link: Link, data: memoryview) -> None: ...
    def received_eof(self, link: Link) -> None: ...
    def aborted(self, link: Link) -> None: ...


class Link(asyncio.BufferedProtocol):
    """Bytes from a socket, and to it."""

    def __init__(self, host: Host, read_size: int = 65536) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the socket is closed."""
        self._host = weakref.ref(host)
        self._made_for: Host | None = host
        """Until the connection is made; from then on, a host that is dropped is no longer there."""
        self.peer = "?"
        """The address of the other end."""
        self._view = memoryview(bytearray(read_size))
        self._paused = False

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Cast: uvloop's transport does not inherit from `asyncio.Transport`.
        self.transport = cast(asyncio.Transport, transport)
        raw = transport.get_extra_info("socket")
        self.peer = address(transport.get_extra_info("peername"))
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            keep_alive(raw)
        host, self._made_for = self._made_for, None
        if host is not None:
            host.link_made(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        host = self._host()
        if host is not None:
            host.received(self, self._view[:nbytes])

    def eof_received(self) -> None:
        if (host := self._host()) is not None:
            host.received_eof(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if exc is not None:
            _LOG.debug("the connection broke: %s", exc)
        if (host := self._host()) is not None:
            host.received_eof(self)
        if not self.lost.done():
            self.lost.set_result(None)

    # What the host calls

    def write(self, data: bytes) -> None:
        """Sends bytes."""
        if self.transport is not None:
            self.transport.write(data)

    def pause(self) -> None:
        """Reads no more."""
        if not self._paused and self.transport is not None and not self.transport.is_closing():
            self._paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """Reads again."""
        if self._paused:
            self._paused = False
            if self.transport is not None and not self.transport.is_closing():
                self.transport.resume_reading()

    # The end

    def close(self) -> None:
        """Closes the socket, behind what is still to be written if the peer reads."""
        if self.transport is not None:
            if self.transport.get_write_buffer_size():  # `close` would wait for a peer that no longer reads.
                self.transport.abort()
            else:
                self.transport.close()

    async def wait_lost(self, timeout: float | None) -> None:
        """Waits until the socket is closed, or for `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await asyncio.shield(self.lost)

    def abort(self) -> None:
        """Closes the socket at once."""
        if self.transport is not None:
            self.transport.abort()
        if (host := self._host()) is not None:
            host.aborted(self)
