"""A connection that this program opens, and reopens when it is lost."""

from __future__ import annotations

import asyncio
import logging
import ssl as tls
from collections.abc import Generator
from types import TracebackType
from typing import Any

from .. import _native
from .._shared.errors import AccessDenied, AuthenticationError, CommandError, ConnectionClosed, closed, is_quiet
from .._shared.observing import Observer, Peer
from .._shared.reconnect import Reconnect
from .._shared.target import Target
from ..errors import ProtocolError
from ..types import Format, Text
from .link import Link
from .socket import EventSocket

__all__ = ["Inbound", "connect"]

_LOG = logging.getLogger("esl_proto.aio")
_REFUSED = (AuthenticationError, AccessDenied)
_TRY_AGAIN = (OSError, CommandError, ProtocolError)  # TimeoutError is an OSError.


class Inbound(EventSocket):
    """An inbound connection, made by `connect`."""

    def __init__(
        self,
        target: Target,
        *,
        ssl: tls.SSLContext | None,
        format: Format,
        timeout: float | None,
        command_timeout: float | None,
        reconnect: Reconnect | None,
        heartbeat: float | None,
    ) -> None:
        super().__init__(format=format, timeout=timeout, command_timeout=command_timeout)
        self._session.set_silence(heartbeat)
        self._target = target
        self._ssl = ssl
        self._policy = reconnect
        self._attempts = 0
        self._opened = asyncio.Event()

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        return Peer(self._target.host, self._target.port, "server")

    @property
    def is_open(self) -> bool:
        """Whether commands can be sent now, as far as is known: a dead peer is noticed only while reading."""
        return self._opened.is_set()

    async def execute(self, uuid: str, app: str, arg: Text = "", *, timeout: float | None = None) -> _native.Event:
        """Runs an application on a channel, and returns its CHANNEL_EXECUTE_COMPLETE event once it has ended. Raises
        `CommandError` if there is no such channel, and `ChannelEnded` if it ends first.

        The first call subscribes to CHANNEL_EXECUTE_COMPLETE, CHANNEL_HANGUP_COMPLETE and CHANNEL_DESTROY of all
        channels. A `timeout` in seconds ends only the wait, not the application."""
        return await self._execute(app, arg, uuid, timeout)

    async def wait_open(self, timeout: float | None = None) -> None:
        """Waits until commands can be sent; for connections with `reconnect`. Raises `ConnectionClosed` if there will
        be no further connection."""
        async with asyncio.timeout(timeout):
            opened = asyncio.ensure_future(self._opened.wait())
            try:
                await asyncio.wait((opened, self._ended_for_good), return_when=asyncio.FIRST_COMPLETED)
            finally:
                opened.cancel()
        if not self._opened.is_set():
            raise self._reason()

    async def open(self) -> None:
        """Connects, logs in and subscribes. `connect` calls it."""
        try:
            await self._open()
        except _TRY_AGAIN as error:
            if self._over or self._policy is None or not self._policy.initial or isinstance(error, _REFUSED):
                raise
            _LOG.warning("%s: %s; connecting again", self._target, str(error) or type(error).__name__, extra=self.log_fields())
            await self._try_until_open(error, self._policy)

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

    def open_later(self, error: Exception) -> bool:
        """Tries again what could not be opened, as after a loss. False without `reconnect`."""
        if self._policy is None:
            return False
        self._lost_by = reason = closed("unreachable", str(error) or type(error).__name__)
        _LOG.warning("%s: %s; connecting again", self._target, reason, extra=self.log_fields())
        self._keep(self._loop.create_task(self._open_again(reason, self._policy)))
        return True

    def link_made(self, link: Link) -> None:
        self._link = link
        self._session.connect_inbound(self._target.login, self._attempts)

    def _settled(self) -> None:
        self._opened.set()
        super()._settled()

    def _lost(self) -> None:
        if not self._opened.is_set():  # `open` raises.
            return
        self._opened.clear()
        self._lost_by = reason = self._reason()
        wanted = self._closing or is_quiet(reason)
        if wanted or self._policy is None:
            self._finish(None if wanted else reason)
            return
        _LOG.warning("%s: %s; connecting again", self._target, reason, extra=self.log_fields())
        self._keep(self._loop.create_task(self._open_again(reason, self._policy)))

    async def _open_again(self, reason: ConnectionClosed, policy: Reconnect) -> None:
        try:
            await self._try_until_open(reason, policy)
        except ConnectionClosed as error:
            self._finish(error.again())

    async def _try_until_open(self, reason: Exception, policy: Reconnect) -> None:
        """Tries until there is a connection. Raises `reason` if that is given up."""
        self._attempts = 0
        for delay in policy.delays():
            await asyncio.sleep(delay)
            self._attempts += 1
            try:
                await self._open()
            except _REFUSED:
                raise
            except _TRY_AGAIN as error:
                why = str(error) or type(error).__name__
                _LOG.warning("%s: attempt %d failed: %s", self._target, self._attempts, why, extra=self.log_fields())
            else:
                _LOG.info("%s: connected", self._target, extra=self.log_fields())
                return
        raise reason


class _Connecting:
    """What `connect` returns: await it, or use it in `async with`."""

    def __init__(self, inbound: Any) -> None:
        self._make = inbound
        self._inbound: Inbound | None = None

    def __await__(self) -> Generator[Any, None, Inbound]:
        return self._open().__await__()

    async def _open(self) -> Inbound:
        inbound: Inbound = self._make()
        await inbound.open()
        return inbound

    async def __aenter__(self) -> Inbound:
        self._inbound = await self._open()
        return self._inbound

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._inbound is not None:
            await self._inbound.close()


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
) -> _Connecting:
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

    def make() -> Inbound:
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
        return inbound

    return _Connecting(make)
