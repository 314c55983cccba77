"""Serves the calls that FreeSWITCH sends with the dialplan application `socket`."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from .._native import Command
from .._shared.closing import Closing
from .._shared.errors import ChannelEnded, EventSocketError
from .._shared.keepalive import keep_alive
from .._shared.observing import Observer, Peer, address_of
from .._shared.serving import Serving
from .._shared.surface import Timeout
from ..errors import ProtocolError
from ..types import Format
from .._shared.reader import cannot_wait, deadline_of, left, poll
from .session import Session

if TYPE_CHECKING:
    import ssl as tls

__all__ = ["OutboundServer", "serve"]

_LOG = logging.getLogger("esl_proto.sync")

Handler = Callable[[Session], object]

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def _peer(sock: socket.socket) -> Peer:
    try:
        return address_of(sock.getpeername(), "client")
    except OSError:
        return Peer("?", None, "client")


class OutboundServer(Serving, Closing):
    """Listens at once, accepts calls in `serve_forever`, and runs the handler of each in a separate thread."""

    DESCRIPTORS = 3
    LOG = _LOG

    def __init__(
        self, handler: Handler, listener: socket.socket, *, ssl: tls.SSLContext | None, **options: Any
    ) -> None:
        super().__init__(**options)
        self._handler = handler
        self._listener = listener
        self._listener.setblocking(False)
        self._ssl = ssl
        self._changed = self._counting = threading.Condition()
        self._calls: dict[threading.Thread, Session] = {}
        self._serving: threading.Thread | None = None
        self._closing = False
        self._close_timeout: Timeout = ...
        self._awake, self._waker = socket.socketpair()
        self.port: int = listener.getsockname()[1]
        self._tell_serving()

    @property
    def calls(self) -> int:
        """How many calls are being handled now."""
        return len(self._calls)

    def serve_forever(self) -> None:
        """Takes calls until `close` is called, by a handler or by another thread."""
        self._serving = threading.current_thread()
        try:
            while not self._closing:
                poll(self._awake, self._listener, timeout=None)
                try:
                    sock, _ = self._listener.accept()
                except OSError as error:
                    self._pause(error)
                else:
                    self._take(sock)
        finally:
            with self._changed:
                self._serving = None
                self._changed.notify_all()
        if self._close_timeout is not ...:
            self.close(self._close_timeout)

    def _pause(self, error: OSError) -> None:
        """None could be taken: it is gone again, or too many files are open."""
        if error.errno in _EXHAUSTED and not self._closing:
            _LOG.warning("no call can be taken for a second: %s", error)
            poll(self._awake, self._listener, read=False, timeout=1.0)

    def _take(self, sock: socket.socket) -> None:
        with self._changed:
            if len(self._calls) >= self.max_calls or self._closing:
                self._refuse(sock, f"there are {len(self._calls)} calls already")
                return
            try:
                session = self._new_session(Session)
                thread = threading.Thread(target=self._call, args=(session, sock), name=f"esl_proto-call-{self.taken}")
                self._calls[thread] = session
                self._start(thread)
            except (OSError, RuntimeError) as error:  # Descriptor or thread limit reached.
                self._refuse(sock, str(error))
            else:
                self.taken += 1

    def _start(self, thread: threading.Thread) -> None:
        try:
            thread.start()
        except BaseException:
            self._calls.pop(thread).close(0)
            raise

    def _refuse(self, sock: socket.socket, why: str) -> None:
        self._tell_refused(_peer(sock), why)
        self._hang_up(sock, self._refusal_cause)

    def _hang_up(self, sock: socket.socket, cause: str) -> None:
        """Ends a call that is not taken: the server would keep it for ever."""
        with contextlib.suppress(OSError):
            sock.settimeout(1)
            if self._ssl is None or isinstance(sock, self._ssl.sslsocket_class):
                sock.sendall(bytes(Command.hangup(cause)))
        sock.close()

    def _call(self, session: Session, sock: socket.socket) -> None:
        work = self._tell_began(_peer(sock))
        error: BaseException | None = None
        try:
            error = self._begin(session, sock)
            if error is None:
                self._tell_connected(work, session)
                error = self._handle(session)
        except BaseException as interrupt:
            error = interrupt
            raise
        finally:
            with self._changed:
                del self._calls[threading.current_thread()]
                self._changed.notify_all()
            self._tell_ended(work, error)

    def _begin(self, session: Session, sock: socket.socket) -> Exception | None:
        try:
            keep_alive(sock)
            if self._ssl is not None:
                sock.settimeout(self._timeout)
                sock = self._ssl.wrap_socket(sock, server_side=True)
            session.open(sock, self._linger)
        except BaseException as error:
            peer = _peer(sock)
            with contextlib.suppress(OSError):
                session.give_back()
                self._hang_up(sock, self._failure_cause)
            session.close(0)
            sock.close()
            if not isinstance(error, (EventSocketError, OSError, ProtocolError)):
                raise
            self._tell_broken(peer, session, error)
            return error
        return None

    def _handle(self, session: Session) -> Exception | None:
        try:
            self._handler(session)
        except Exception as error:
            if not self._has_failed(session, error):
                return ChannelEnded()
            session.fail(self._failure_cause)
            return error
        finally:
            session.close()
        return None

    def close(self, timeout: float | None = 10.0) -> None:
        """Stops listening, waits at most `timeout` seconds for the calls to end, and then ends them: waits in their
        handlers end with `ConnectionClosed`. A handler may call this: its own call continues."""
        if cannot_wait(partial(self.close, timeout)):
            return
        if self._serving is threading.current_thread():  # A signal handler has interrupted it: it closes when it goes on.
            self._closing, self._close_timeout = True, timeout
            self._waker.send(b"x")
            return
        with self._changed:
            self._closing = True
            if self._waker.fileno() >= 0:
                self._waker.send(b"x")
            self._changed.wait_for(lambda: self._serving is None)
            for sock in (self._listener, self._awake, self._waker):
                sock.close()
        late = self._wait_for_calls(timeout)
        deadline = deadline_of(self._timeout)
        for session in late:
            # Without it, a server goes on with what it is doing on the channel, in `async` mode for as long as that takes.
            session.fail(self._failure_cause)
            session.close(left(deadline))
        if late:
            self._wait_for_calls(self._timeout)

    def _wait_for_calls(self, timeout: float | None) -> list[Session]:
        """Those that go on, but for that of the caller."""
        me = threading.current_thread()
        with self._changed:
            self._changed.wait_for(lambda: not self._calls.keys() - {me}, timeout)
            return [session for thread, session in self._calls.items() if thread is not me]


def serve(
    handler: Handler,
    host: str = "127.0.0.1",
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
) -> OutboundServer:
    """Listens for calls: `with serve(handler, host, port) as server: server.serve_forever()`.

    `handler` is a function that takes a `Session` and runs in a separate thread. When it returns, the connection ends,
    and the call with it unless `resume` was sent. If it raises an exception, that is logged, and the call is hung up
    with `failure_cause`; other calls are not affected. `ChannelEnded` and `ConnectionClosed`, after the caller has hung
    up, are no failures.

    - `host`: `""` for all addresses; `port`: 0 for a free one, see `server.port`.
    - `format`: of events.
    - `linger`: for how many seconds the server keeps the connection after the end of the channel, for its last
      events. Needs `full`.
    - `max_calls`: the maximum number of simultaneous calls; further ones are hung up with `refusal_cause`. Each needs
      three file descriptors: if the process may not have as many, the maximum is lower, and a warning says so.
    - `timeout`: for the handshake, and for closing.
    - `command_timeout`: until a command is answered, unless the call has its own `timeout`.
    - `observer`: gets callbacks, see `esl_proto.observe`.
    """
    return OutboundServer(
        handler,
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET),
        ssl=ssl,
        format=format,
        linger=linger,
        max_calls=max_calls,
        failure_cause=failure_cause,
        refusal_cause=refusal_cause,
        timeout=timeout,
        command_timeout=command_timeout,
        observer=observer,
    )
