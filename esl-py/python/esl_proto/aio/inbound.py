"""A connection that this program opens, and reopens when it is lost."""

from __future__ import annotations

import asyncio
import logging
import ssl as tls
from typing import Any

from .. import _native
from .._shared.closing import Opening
from .._shared.errors import ConnectionClosed
from .._shared.inbound import REFUSED, TRY_AGAIN, Connecting
from .._shared.observing import Observer
from .._shared.reconnect import Reconnect
from .._shared.target import Target
from ..types import Format, Text
from .link import Link
from .socket import Events, EventsAndGaps, EventSocket, LogLines, Nothing, Reply

__all__ = ["Inbound", "connect"]


class Inbound(Connecting[Reply, Nothing, Events, EventsAndGaps, LogLines], EventSocket):
    """An inbound connection, made by `connect`."""

    LOG = logging.getLogger("esl_proto.aio")

    def __init__(self, target: Target, **options: Any) -> None:
        super().__init__(target, **options)
        self._has_opened = asyncio.Event()

    async def execute(self, uuid: str, app: str, arg: Text = "", *, timeout: float | None = None) -> _native.Event:
        """Runs an application on a channel, and returns its CHANNEL_EXECUTE_COMPLETE event once it has ended. Raises
        `CommandError` if there is no such channel, and `ChannelEnded` if it ends first.

        The first call subscribes to CHANNEL_EXECUTE_COMPLETE, CHANNEL_HANGUP_COMPLETE and CHANNEL_DESTROY of all
        channels. A `timeout` in seconds ends only the wait, not the application."""
        return await self.execute_on(uuid, app, arg, timeout)

    async def wait_open(self, timeout: float | None = None) -> None:
        """Waits until commands can be sent; for connections with `reconnect`. Raises `ConnectionClosed` if there will
        be no further connection."""
        async with asyncio.timeout(timeout):
            opened = asyncio.ensure_future(self._has_opened.wait())
            try:
                await asyncio.wait((opened, self._ended_for_good), return_when=asyncio.FIRST_COMPLETED)
            finally:
                opened.cancel()
        if not self._opened:
            raise self._reason()

    async def open(self) -> None:
        """Connects, logs in and subscribes. `connect` calls it."""
        try:
            await self._open()
        except TRY_AGAIN as error:
            await self._try_until_open(error, self._first_failure(error))

    async def _open(self) -> None:
        async with asyncio.timeout(self._timeout):
            link = Link(self)
            host, port = self._target.host, self._target.port
            name = self._target.server_hostname if self._ssl is not None else None
            local = self._target.local_addr
            await self._loop.create_connection(
                lambda: link, host, port, ssl=self._ssl, server_hostname=name, local_addr=local
            )
            try:
                await self._await(self.standing(), None)
            except BaseException:
                link.abort()
                raise
        if self._over:  # Lost again at once.
            raise self._reason()

    def link_made(self, link: Link) -> None:
        self._link = link
        self._session.connect_inbound(self._target.login, self._attempts)

    def _settled(self) -> None:
        self._has_opened.set()
        super()._settled()

    def _lost(self) -> None:
        self._has_opened.clear()
        super()._lost()

    def _try_again(self, reason: ConnectionClosed, policy: Reconnect) -> None:
        self._keep(self._loop.create_task(self._open_again(reason, policy)))

    async def _open_again(self, reason: ConnectionClosed, policy: Reconnect) -> None:
        try:
            await self._try_until_open(reason, policy)
        except ConnectionClosed as error:
            self._finish_locked(error.again())

    async def _try_until_open(self, reason: Exception, policy: Reconnect) -> None:
        """Tries until there is a connection. Raises `reason` if that is given up."""
        self._attempts = 0
        for delay in policy.delays():
            await asyncio.sleep(delay)
            self._attempts += 1
            try:
                await self._open()
            except REFUSED:
                raise
            except TRY_AGAIN as error:
                self._failed_again(error)
            else:
                self.LOG.info("%s: connected", self._target, extra=self.log_fields())
                return
        raise reason


def connect(
    host: str = "127.0.0.1",
    port: int = 8021,
    *,
    password: str = "ClueCon",
    user: str | None = None,
    ssl: tls.SSLContext | None = None,
    server_hostname: str | None = None,
    format: Format = "plain",
    timeout: float | None = 10.0,
    command_timeout: float | None = 60.0,
    reconnect: Reconnect | bool = False,
    heartbeat: float | None = None,
    local_addr: tuple[str, int] | None = None,
    observer: Observer | None = None,
) -> Opening[Inbound]:
    """Connects to FreeSWITCH's event socket and logs in: `async with connect(...) as fs:`, or
    `fs = await connect(...)` and `await fs.close()`.

    - `user`: `name@domain` of the directory, for `userauth`; without it, the password is that of the event socket.
    - `ssl`: an `ssl.SSLContext`, for a server behind a TLS proxy; `server_hostname` if the certificate is not for
      `host`.
    - `format`: of events. `"json"` loses nothing; `"plain"` is the fastest.
    - `timeout`: seconds until it is connected, logged in and subscribed; also for `close`.
    - `command_timeout`: seconds until a command is answered, unless the call has its own `timeout`.
    - `reconnect`: connect again when the connection is lost, and restore subscriptions; `True` for `Reconnect()`, and
      `Reconnect(initial=True)` to wait for the first connection, too. Waits for an answer, a job or an application end
      with `ConnectionClosed`; streams continue after a `Gap`. A refused password or address ends the attempts.
    - `heartbeat`: the connection is lost (`end` is `"silence"`) when nothing has arrived for this many seconds. The
      client subscribes to HEARTBEAT for it, which a server sends every 20 seconds: allow for two. A stopped server
      sends nothing, and TCP does not notice.
    - `local_addr`: the address to connect from, `("192.0.2.1", 0)`.
    - `observer`: gets callbacks, see `esl_proto.observe`.

    Raises `AuthenticationError`, `AccessDenied`, `ConnectionClosed`, `TimeoutError`, or `OSError` if there is no
    connection at all.
    """
    target = Target(host, port, password, user, server_hostname, local_addr)
    policy = Reconnect() if reconnect is True else reconnect or None

    async def open() -> Inbound:
        inbound = Inbound(
            target,
            ssl=ssl,
            format=format,
            timeout=timeout,
            command_timeout=command_timeout,
            reconnect=policy,
            heartbeat=heartbeat,
        )
        inbound.observe(observer)
        await inbound.open()
        return inbound

    return Opening(open)
