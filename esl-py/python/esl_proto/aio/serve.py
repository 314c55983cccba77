"""Serves the calls that FreeSWITCH sends with the dialplan application `socket`."""

from __future__ import annotations

import asyncio
import logging
import ssl as tls
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Self

from .._shared.descriptors import affordable
from .._shared.errors import ChannelEnded, ConnectionClosed, EventSocketError
from .._shared.observing import Observer
from .._shared.serving import Serving
from ..errors import ProtocolError
from ..types import Format
from .link import Link
from .session import Session

__all__ = ["OutboundServer", "serve"]

_LOG = logging.getLogger("esl_proto.aio")

Handler = Callable[[Session], Awaitable[object]]


class OutboundServer(Serving):
    """Listens, and runs the handler of each call in a separate task."""

    DESCRIPTORS = 1
    """How many a call needs."""

    def __init__(
        self,
        handler: Handler,
        *,
        format: Format,
        linger: int | None,
        max_calls: int,
        failure_cause: str,
        refusal_cause: str,
        timeout: float | None,
        command_timeout: float | None,
        observer: Observer | None = None,
    ) -> None:
        super().__init__(observer)
        self._handler = handler
        self._format: Format = format
        self._linger = linger
        self.max_calls = affordable(max_calls, self.DESCRIPTORS)
        """The maximum number of simultaneous calls."""
        self._failure_cause = failure_cause
        self._refusal_cause = refusal_cause
        self._timeout = timeout
        self._command_timeout = command_timeout
        self._server: asyncio.Server | None = None
        self._stopped = asyncio.Event()
        self._closed = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self.port = 0
        """The port it listens on."""

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
        session = Session(format=self._format, timeout=self._timeout, command_timeout=self._command_timeout)
        session.observe(self.observer)
        return session.link(lambda link: self._made(session, link))

    def _made(self, session: Session, link: Link) -> None:
        if self._stopped.is_set():  # `close` came during the TLS handshake.
            link.abort()
            return
        if len(self._calls) >= self.max_calls:
            self._tell_refused(session.peer)
            _LOG.warning(
                "%s: there are %d calls already: one more is refused", link.peer, self.max_calls, extra=session.log_fields()
            )
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
                if work is not None:
                    work.uuid, work.mode = session.uuid, "async" if session.is_async else "sync"
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
            self.broken += 1
            # A health check says nothing, and goes.
            is_check = isinstance(error, ConnectionClosed) and error.end == "eof" and not session.stats["octets"]
            level, why = logging.DEBUG if is_check else logging.WARNING, str(error) or type(error).__name__
            _LOG.log(level, "%s: a call did not begin: %s", link.peer, why, extra=session.log_fields())
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
        except EventSocketError as error:
            if isinstance(error, ChannelEnded) or session.has_ended:
                _LOG.debug("call %s: %s", session.uuid, error, extra=session.log_fields())
                return ChannelEnded()
            await self._failed(session)
            return error
        except Exception as error:
            await self._failed(session)
            return error
        except BaseException:
            await session.fail(self._failure_cause)
            raise
        finally:
            await session.close()
        return None

    async def _failed(self, session: Session) -> None:
        self.failed += 1
        _LOG.exception("call %s: the handler failed", session.uuid, extra=session.log_fields())
        await session.fail(self._failure_cause)

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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Starting:
    """What `serve` returns: await it, or use it in `async with`."""

    def __init__(self, server: OutboundServer, host: str | None, port: int, ssl: tls.SSLContext | None) -> None:
        self._server = server
        self._where = host, port, ssl

    def __await__(self) -> Generator[Any, None, OutboundServer]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> OutboundServer:
        await self._server.start(*self._where)
        return self._server

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.close()


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
) -> _Starting:
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
    return _Starting(server, host, port, ssl)
