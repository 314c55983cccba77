"""A blocking connection that many threads can use at a time: what `esl_proto.ESL` stands on.

Whoever waits for something reads the socket for all; the others wait until it is their turn, or until what they want
has been read by somebody else. So there is no hidden thread, and a thread that waits for an event does not keep another
one from sending a command and getting its answer.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from esl_proto import (
    ApiResponse,
    Authenticated,
    AuthRequest,
    Closed,
    Command,
    Connection,
    Event,
    Frame,
    LocalProtocolError,
    Rejected,
    RemoteProtocolError,
    Reply,
)

from .._shared.keepalive import keep_alive

__all__ = ["Link", "attach", "connect"]

_T = TypeVar("_T")
_CHUNK = 65536
_AT_ONCE = getattr(socket, "MSG_DONTWAIT", 0)
"""Reads and writes what can be at once, also where the socket is blocking: whether it is may be somebody else's choice."""
_READ, _WRITE = 1, 2
_BLOCKED = 0.05
"""Seconds after which a sender that waits looks again whether it must read."""
_OVER = (608, 609)
"""The errors that say that the connection is over, or about to be."""

CONNECT_TIMEOUT = 30.0
"""Seconds in which a server must accept a connection, and then a password: FreeSWITCH itself gives up after 25."""


def connect(host: str | None, port: int, login: Command) -> Link | None:
    """A connection to a server that has accepted the password, or nothing."""
    try:
        sock = socket.create_connection((host, port), CONNECT_TIMEOUT)
    except (OSError, OverflowError, UnicodeError):
        return None
    sock.setblocking(False)
    link = Link(sock, Connection.inbound())
    deadline = monotonic() + CONNECT_TIMEOUT
    if link.wait(lambda: link.greeted or None, deadline) and isinstance(link.ask(login, deadline), Authenticated):
        return link
    link.close()
    return None


def attach(descriptor: int) -> Link | None:
    """A connection over a copy of somebody else's descriptor, which stays as it is, or nothing."""
    try:
        # `socket` changes whether the copy blocks, which is whether the original does.
        blocks = not _AT_ONCE or os.get_blocking(descriptor)
        copy = socket.dup(descriptor)  # pyright: ignore[reportAttributeAccessIssue]
    except (OSError, OverflowError, ValueError):
        return None
    try:
        sock = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return None
    if _AT_ONCE:
        sock.settimeout(None)
        os.set_blocking(copy, blocks)
    else:
        sock.setblocking(False)
    return Link(sock, Connection.outbound())


class Link:
    """A socket, its conversation, and what has come that nobody has fetched."""

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        keep_alive(sock)
        self._sock = sock
        self._connection = connection
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        # INVARIANT: everything below is used only while holding `_changed`, except where a single read (`is_open`) or
        # an atomic operation (`_first`) is enough.
        self._is_being_read = False
        self._is_being_written = False
        self._is_over = False
        self._is_told = False
        self._waiting: dict[int, Frame | None] = {}
        self._queue: deque[Event | Frame] = deque()
        self.greeted = False

    @property
    def is_open(self) -> bool:
        """Whether the connection goes on, as far as has been told: its end comes after all else that has come."""
        return not self._is_told

    def fileno(self) -> int:
        """The socket's descriptor, or -1."""
        return self._sock.fileno()

    def send(self, command: Command) -> bool:
        """Sends a command whose answer is taken like everything else that comes."""
        return self._send(command, wanted=False) is not None or self._tell_end()

    def ask(self, command: Command, deadline: float | None = None) -> Frame | None:
        """Sends a command and waits for its answer; nothing if the connection ends before."""
        number = self._send(command, wanted=True)
        if number is None:
            self._tell_end()
            return None
        try:
            answer = self.wait(lambda: self._waiting[number], deadline)
        finally:
            with self._changed:
                del self._waiting[number]
        if answer is None:
            self._tell_end()
        return answer

    def take(self, deadline: float | None = None) -> Event | Frame | None:
        """What comes next; nothing if the connection or the time is over."""
        message = self._first()
        if message is None and (message := self.wait(self._first, deadline)) is None:
            self._tell_end()
        return message

    def _first(self) -> Event | Frame | None:
        """The first queued message. Needs no lock: `deque.popleft` is atomic."""
        try:
            return self._queue.popleft()
        except IndexError:
            return None

    def abandon(self) -> None:
        """Closes the descriptor without a shutdown, which would also end duplicates of the socket. No other thread may
        use the link."""
        self._is_over = self._is_told = True
        self._sock.close()

    def close(self) -> None:
        """Ends the connection. Those who wait for something get nothing."""
        with self._changed:
            self._is_over = True
            self._queue.clear()
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
            self._tell_end()
            self._changed.notify_all()

    def wait(self, look: Callable[[], _T], deadline: float | None = None) -> _T:
        """Waits until `look` finds something and not `None`; that if the connection or the time is over."""
        with self._changed:
            while (found := look()) is None and not self._is_over:
                left = None if deadline is None else deadline - monotonic()
                if left is not None and left <= 0 and not self._can_read():
                    break
                if self._is_being_read:
                    self._changed.wait(left)
                else:
                    self._read(left)
            return found

    def _can_read(self) -> bool:
        """Whether data has arrived and no thread is reading it: a caller whose time is over still gets it."""
        return not self._is_being_read and _ready(self._sock, _READ, 0)

    def _make_room(self) -> None:
        """Waits until the socket is writable, and reads meanwhile: a server that cannot write may stop reading, which
        would deadlock both sides."""
        with self._changed:
            if self._can_read():
                self._read(0)
                return
            what = _WRITE if self._is_being_read else _READ | _WRITE
        _ready(self._sock, what, _BLOCKED)

    def _read(self, seconds: float | None) -> None:
        """Reads once, for all threads. Releases the condition while it blocks."""
        self._is_being_read = True
        self._changed.release()
        data: bytes | None = None
        try:
            if _ready(self._sock, _READ, seconds):
                data = self._sock.recv(_CHUNK, _AT_ONCE)
        except BlockingIOError:
            pass  # Spurious readiness.
        except OSError:
            data = b""
        finally:
            self._changed.acquire()
            self._is_being_read = False
            self._changed.notify_all()
            if self._is_told:
                self._let_go()
            elif data is not None:
                self._receive(data)

    def _receive(self, data: bytes) -> None:
        if data:
            self._connection.receive_data(data)
        else:
            self._connection.receive_eof()
        try:
            for message in self._connection:
                self._sort(message)
        except RemoteProtocolError:
            self._end()
        if not data:
            self._end()

    def _sort(self, message: object) -> None:
        if isinstance(message, Event):
            self._queue.append(message)
        elif isinstance(message, AuthRequest):
            self.greeted = True
        elif isinstance(message, Closed | Rejected):
            self._end()
        elif isinstance(message, Reply | ApiResponse):
            self._answer(message)
        elif isinstance(message, Frame):
            self._queue.append(message)

    def _answer(self, answer: Reply | ApiResponse) -> None:
        if answer.id in self._waiting:
            self._waiting[answer.id] = answer
        else:
            self._queue.append(answer)

    def _end(self) -> None:
        self._is_over = True
        self._changed.notify_all()

    def _tell_end(self) -> bool:
        """Takes note that somebody has learnt of the end, if it is there. Until then the socket remains, readable for
        whoever watches it."""
        with self._changed:
            if self._is_over:
                self._is_told = True
                self._let_go()
        return False

    def _let_go(self) -> None:
        """Closes the socket, unless a thread is in a system call on it: the descriptor number could be reused under
        it."""
        if not self._is_being_read and not self._is_being_written:
            self._sock.close()

    def _send(self, command: Command, wanted: bool) -> int | None:
        with self._sending:
            with self._changed:
                if self._is_over:
                    return None
                try:
                    data = self._connection.send(command)
                except LocalProtocolError as error:
                    if error.code in _OVER:
                        return None
                    raise
                number = self._connection.last_id or 0
                if wanted:
                    self._waiting[number] = None
                self._is_being_written = True
            is_written = False
            try:
                is_written = self._write(data)
            finally:
                with self._changed:
                    self._is_being_written = False
                    if not is_written:
                        self._waiting.pop(number, None)
                        self._end()
                    if self._is_told:
                        self._let_go()
        return number if is_written else None

    def _write(self, data: bytes) -> bool:
        rest = memoryview(data)
        try:
            while rest:
                try:
                    rest = rest[self._sock.send(rest, _AT_ONCE) :]
                except BlockingIOError:
                    self._make_room()
        except OSError:
            return False
        return True


def _ready(sock: socket.socket, what: int, seconds: float | None) -> bool:
    """Waits until a socket can be read or written. A descriptor of any number will do where there is `poll`."""
    if sock.fileno() < 0:
        raise OSError("the socket is closed")
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, (select.POLLIN if what & _READ else 0) | (select.POLLOUT if what & _WRITE else 0))
        return bool(poll.poll(None if seconds is None else max(0.0, seconds) * 1000))
    return any(select.select([sock] if what & _READ else [], [sock] if what & _WRITE else [], [], seconds))
