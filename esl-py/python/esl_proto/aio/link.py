"""The connection as the event loop sees it: octets in, octets out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import cast

from .. import _native
from .._shared.client_session import ClientSession
from .._shared.errors import closed
from .._shared.keepalive import keep_alive
from .._shared.router import Router

__all__ = ["Link"]

_LOG = logging.getLogger("esl_proto.aio")


class Link(asyncio.BufferedProtocol):
    """Feeds a client session, and stops reading while a full stream wants no more."""

    def __init__(
        self,
        connection: _native.Connection,
        router: Router,
        on_made: Callable[[Link], None] | None = None,
        read_size: int = 65536,
    ) -> None:
        self.client_session = ClientSession(connection, router, self._write)
        self.client_session.on_end = self._ended
        self.on_end: Callable[[], None] = lambda: None
        """Called once, when the client session is over."""
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        """Done when the socket is closed."""
        self._router = router
        # INVARIANT: a router has at most one live link. A reconnect makes the next link only after the client session of
        # the last one has ended, and then an attempt only after the previous attempt has failed.
        router.on_unblocked = self._resume_soon
        self._on_made = on_made
        self._view = memoryview(bytearray(read_size))
        self._paused = False

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Cast: uvloop's transport does not inherit from `asyncio.Transport`.
        self.transport = cast(asyncio.Transport, transport)
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            keep_alive(raw)
        if self._on_made is not None:
            self._on_made(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        self.client_session.receive(self._view[:nbytes])
        if self._router.blocked:
            self._pause()

    def eof_received(self) -> None:
        self.client_session.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if exc is not None:
            _LOG.debug("the connection broke: %s", exc)
        self.client_session.receive_eof()
        if not self.lost.done():
            self.lost.set_result(None)

    # What the client session calls

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def _ended(self) -> None:
        if self.transport is not None:
            if self.transport.get_write_buffer_size():  # `close` would wait for a peer that no longer reads.
                self.transport.abort()
            else:
                self.transport.close()
        self.on_end()

    # Back-pressure

    def _pause(self) -> None:
        if not self._paused and self.transport is not None and not self.transport.is_closing():
            self._paused = True
            self.transport.pause_reading()

    def _resume_soon(self) -> None:
        if not self._loop.is_closed():
            # Thread-safe: the finalizer of a stream calls this, in whatever thread the garbage collector runs.
            self._loop.call_soon_threadsafe(self.resume)

    def resume(self) -> None:
        """Full streams have room again. Messages that have been read are dispatched first."""
        self.client_session.dispatch()
        if self._paused and not self._router.blocked:
            self._paused = False
            if self.transport is not None and not self.transport.is_closing():
                self.transport.resume_reading()

    # The end

    async def wait_lost(self, timeout: float | None) -> None:
        """Waits until the socket is closed, or for `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await asyncio.shield(self.lost)

    def abort(self) -> None:
        """Closes the socket at once."""
        if self.transport is not None:
            self.transport.abort()
        self.client_session.abort(closed("closed"))
