"""Serves the calls that FreeSWITCH sends with the dialplan application `socket`."""

from __future__ import annotations

import asyncio
import logging
import ssl as tls
from collections.abc import Awaitable, Callable
from typing import Any

from .._shared.closing import AsyncClosing, Opening
from .._shared.errors import ChannelEnded, EventSocketError
from .._shared.observing import Observer
from .._shared.serving import Serving
from ..errors import ProtocolError
from ..types import Format
from .link import Link
from .session import Session

__all__ = ["OutboundServer", "serve"]

Handler = Callable[[Session], Awaitable[object]]


class OutboundServer(Serving, AsyncClosing):
    """Listens, and runs the handler of each call in a separate task."""

    DESCRIPTORS = 1
    LOG = logging.getLogger("esl_proto.aio")

    def __init__(self, handler: Handler, **options: Any) -> None:
        super().__init__(**options)
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._stopped = asyncio.Event()
        self._closed = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self, host: str | None, port: int, ssl: tls.SSLContext | None) -> None:
        """Begins to listen. `serve` calls it."""
        loop = asyncio.get_running_loop()
        limit = self._timeout if ssl is not None else None
        self._server = await loop.create_server(self._link, host, port, ssl=ssl, ssl_handshake_timeout=limit)
        self.port = self._server.sockets[0].getsockname()[1]
        self._tell_serving()

    @property
    def calls(self) -> int:
        """How many calls are being handled now."""
        return len(self._calls)

    def _link(self) -> Link:
        session = self._new_session(Session)
        return session.link(lambda link: self._made(session, link))

    def _made(self, session: Session, link: Link) -> None:
        if self._stopped.is_set():  # `close` came during the TLS handshake.
            link.abort()
            return
        if len(self._calls) >= self.max_calls:
            self._tell_refused(session.peer, f"there are {self.max_calls} calls already")
            session.refuse(link, self._refusal_cause)
            return
        self.taken += 1
        task = asyncio.get_running_loop().create_task(self._call(session, link))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _call(self, session: Session, link: Link) -> None:
        work = self._tell_began(session.peer)
        error: BaseException | None = None
        try:
            error = await self._begin(session, link)
            if error is None:
                self._tell_connected(work, session)
                error = await self._handle(session)
        except BaseException as interrupt:
            error = interrupt
            raise
        finally:
            self._tell_ended(work, error)

    async def _begin(self, session: Session, link: Link) -> Exception | None:
        try:
            await session.open(self._linger)
        except (EventSocketError, TimeoutError, ProtocolError) as error:
            self._tell_broken(session.peer, session, error)
            session.refuse(link, self._failure_cause)
            await link.wait_lost(self._timeout)
            link.abort()
            return error
        except BaseException:
            link.abort()
            raise
        return None

    async def _handle(self, session: Session) -> Exception | None:
        try:
            await self._handler(session)
        except Exception as error:
            if not self._has_failed(session, error):
                return ChannelEnded()
            await session.fail(self._failure_cause)
            return error
        except BaseException:
            await session.fail(self._failure_cause)
            raise
        finally:
            await session.close()
        return None

    async def serve_forever(self) -> None:
        """Runs until `close` is called, or until the task is cancelled, which closes the server."""
        # Not `asyncio.Server.serve_forever`: when cancelled, it waits for all connections without a limit.
        try:
            await self._stopped.wait()
            await self._closed.wait()  # Whoever has called `close` has said how long calls may go on.
        finally:
            await self.close()

    async def close(self, timeout: float | None = 10.0) -> None:
        """Stops listening, waits at most `timeout` seconds for the calls to end, and then ends them. A handler may call
        this: its own call continues."""
        assert self._server is not None
        self._server.close()
        self._stopped.set()
        calls = self._calls - {task for task in (asyncio.current_task(),) if task is not None}
        try:
            if calls:
                _, late = await asyncio.wait(calls, timeout=timeout)
                for task in late:
                    task.cancel()
                if late:
                    await asyncio.wait(late)
        finally:
            self._closed.set()


def serve(
    handler: Handler,
    host: str | None = "127.0.0.1",
    port: int = 0,
    *,
    ssl: tls.SSLContext | None = None,
    format: Format = "plain",
    linger: int | None = None,
    max_calls: int = 1000,
    failure_cause: str = "NORMAL_TEMPORARY_FAILURE",
    refusal_cause: str = "SWITCH_CONGESTION",
    timeout: float | None = 10.0,
    command_timeout: float | None = 60.0,
    observer: Observer | None = None,
) -> Opening[OutboundServer]:
    """Listens for calls: `server = await serve(handler, host, port)`, or `async with serve(...) as server:`.

    `handler` is a coroutine function that takes a `Session`. When it returns, the connection ends, and the call with it
    unless `resume` was sent. If it raises an exception, that is logged, and the call is hung up with `failure_cause`;
    other calls are not affected. `ChannelEnded` and `ConnectionClosed`, after the caller has hung up, are no failures.

    - `host`: `None` for all addresses; `port`: 0 for a free one, see `server.port`.
    - `format`: of events.
    - `linger`: for how many seconds the server keeps the connection after the end of the channel, for its last
      events. Needs `full`.
    - `max_calls`: the maximum number of simultaneous calls; further ones are hung up with `refusal_cause`. Each needs a
      file descriptor: if the process may not have as many, the maximum is lower, and a warning says so.
    - `timeout`: for the handshake, and for closing.
    - `command_timeout`: until a command is answered, unless the call has its own `timeout`.
    - `observer`: gets callbacks, see `esl_proto.observe`.
    """
    server = OutboundServer(
        handler,
        format=format,
        linger=linger,
        max_calls=max_calls,
        failure_cause=failure_cause,
        refusal_cause=refusal_cause,
        timeout=timeout,
        command_timeout=command_timeout,
        observer=observer,
    )

    async def start() -> OutboundServer:
        await server.start(host, port, ssl)
        return server

    return Opening(start)
