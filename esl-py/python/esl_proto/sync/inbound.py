"""A connection that this program opens, and reopens when it is lost."""

from __future__ import annotations

import logging
import socket
import threading
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from .._native import Event, Reply
from .._shared.errors import ConnectionClosed, closed
from .._shared.inbound import REFUSED, TRY_AGAIN, Connecting
from .._shared.keepalive import keep_alive
from .._shared.observing import Observer
from .._shared.reader import Wire, deadline_of
from .._shared.reconnect import Reconnect
from .._shared.surface import Timeout, this_process
from .._shared.target import Target
from ..types import Format, Text
from .dial import dial, some_left
from .socket import Events, EventsAndGaps, EventSocket, LogLines

if TYPE_CHECKING:
    import ssl as tls

__all__ = ["Inbound", "connect"]


class Inbound(Connecting[Reply, None, Events, EventsAndGaps, LogLines], EventSocket):
    """An inbound connection, made by `connect`."""

    LOG = logging.getLogger("esl_proto.sync")

    def __init__(self, target: Target, **options: Any) -> None:
        super().__init__(target, **options)
        self._stop = threading.Event()
        self._again: threading.Thread | None = None

    def execute(self, uuid: str, app: str, arg: Text = "", *, timeout: float | None = None) -> Event:
        """Runs an application on a channel, and returns its CHANNEL_EXECUTE_COMPLETE event once it has ended. Raises
        `CommandError` if there is no such channel, and `ChannelEnded` if it ends first.

        The first call subscribes to CHANNEL_EXECUTE_COMPLETE, CHANNEL_HANGUP_COMPLETE and CHANNEL_DESTROY of all
        channels. A `timeout` in seconds ends only the wait, not the application."""
        return self.execute_on(uuid, app, arg, timeout)

    def wait_open(self, timeout: float | None = None) -> None:
        """Waits until commands can be sent; for connections with `reconnect`. Raises `ConnectionClosed` if there will
        be no further connection, and `TimeoutError`."""
        self.reader.wait(lambda: self._opened or self._over, deadline_of(timeout))
        if not self._opened:
            raise self._reason()

    def open(self) -> None:
        """Connects, logs in and subscribes. `connect` calls it."""
        try:
            self._open()
        except TRY_AGAIN as error:
            self._try_until_open(error, self._first_failure(error))

    def _open(self) -> None:
        reader, deadline = self.reader, deadline_of(self._timeout)
        wire = Wire(self._connected(deadline), reader)
        try:
            with self._lock:
                if self._closing:
                    raise closed("closed")
                reader.wire = wire
                self._session.connect_inbound(self._target.login, self._attempts)
                standing = self.standing()
                reader.notify()
            # Handlers are for the threads of the program.
            self.wait(standing, deadline, handlers=False)
            if self._over:  # Lost again at once.
                raise self._reason()
        except BaseException:
            self._abort(wire)
            raise

    def _settled(self) -> None:
        super()._settled()
        self.reader.notify()

    def _connected(self, deadline: float | None) -> socket.socket:
        sock = dial(self._target.host, self._target.port, self._target.local_addr, deadline)
        try:
            keep_alive(sock)
            if self._ssl is not None:
                sock.settimeout(some_left(deadline))
                sock = self._ssl.wrap_socket(sock, server_hostname=self._target.server_hostname)
        except BaseException:
            sock.close()
            raise
        return sock

    def _try_again(self, reason: ConnectionClosed, policy: Reconnect) -> None:  # Called with the lock held.
        again = threading.Thread(
            target=self._open_again, args=(reason, policy), name="esl_proto-reconnect", daemon=True
        )
        try:
            again.start()
        except RuntimeError as error:  # Thread limit reached. End everything, or waiters would hang.
            self._tell("cannot reconnect: %s", error)
            self._finish_locked(reason)
        else:
            self._again = again

    def _open_again(self, reason: ConnectionClosed, policy: Reconnect) -> None:
        lost = self.reader.wire
        if lost is not None:
            self.reader.close_wire(lost)
        try:
            self._try_until_open(reason, policy)
        except ConnectionClosed as error:
            if not self._closing:
                self._finish(error.again())

    def _try_until_open(self, reason: Exception, policy: Reconnect) -> None:
        """Tries until there is a connection. Raises `reason` if that is given up."""
        self._attempts = 0
        for delay in policy.delays():
            if self._stop.wait(delay):
                raise closed("closed")
            self._attempts += 1
            try:
                self._open()
            except REFUSED:
                raise
            except TRY_AGAIN as error:
                if self._closing:
                    raise closed("closed") from error
                self._failed_again(error)
            else:
                self.LOG.info("%s: connected", self._target, extra=self.log_fields())
                return
        raise reason

    def close(self, timeout: Timeout = ...) -> None:
        # Under the lock `_lost` has either started its thread, which is joined below, or will see `_closing`: no race.
        if self._forks is not this_process() or self.reader.is_interrupted():
            super().close(timeout)
            return
        with self._lock:
            self._closing = True
            again = self._again
            if not self._opened and self.reader.wire is not None:  # Abort a login in progress.
                self._session.close()
                self._take(self._session.go_on())
                self.reader.notify()
        self._stop.set()
        if again is not None and again is not threading.current_thread():
            again.join(self._timeout if isinstance(timeout, EllipsisType) else timeout)
        super().close(timeout)


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
) -> Inbound:
    """Connects to FreeSWITCH's event socket and logs in: `with connect(...) as fs:`, or `fs = connect(...)` and
    `fs.close()`.

    - `user`: `name@domain` of the directory, for `userauth`; without it, the password is that of the event socket.
    - `ssl`: an `ssl.SSLContext`, for a server behind a TLS proxy; `server_hostname` if the certificate is not for
      `host`.
    - `format`: of events. `"json"` loses nothing; `"plain"` is the fastest.
    - `timeout`: seconds until it is connected, logged in and subscribed; also for `close`.
    - `command_timeout`: seconds until a command is answered, unless the call has its own `timeout`.
    - `reconnect`: connect again when the connection is lost, and restore subscriptions; `True` for `Reconnect()`, and
      `Reconnect(initial=True)` to wait for the first connection, too. A background thread reconnects. Waits for an
      answer, a job or an application end with `ConnectionClosed`; streams continue after a `Gap`. A refused password or
      address ends the attempts.
    - `heartbeat`: the connection is lost (`end` is `"silence"`) when nothing has arrived for this many seconds. The
      client subscribes to HEARTBEAT for it, which a server sends every 20 seconds: allow for two. A stopped server
      sends nothing, and TCP does not notice. The silence is noticed only while a thread waits for something.
    - `local_addr`: the address to connect from, `("192.0.2.1", 0)`.
    - `observer`: gets callbacks, see `esl_proto.observe`.

    Raises `AuthenticationError`, `AccessDenied`, `ConnectionClosed`, `TimeoutError`, or `OSError` if there is no
    connection at all.
    """
    inbound = Inbound(
        Target(host, port, password, user, server_hostname, local_addr),
        ssl=ssl,
        format=format,
        timeout=timeout,
        command_timeout=command_timeout,
        reconnect=Reconnect() if reconnect is True else reconnect or None,
        heartbeat=heartbeat,
    )
    inbound.observe(observer)
    try:
        inbound.open()
    except BaseException:
        inbound.close(0)
        raise
    return inbound
