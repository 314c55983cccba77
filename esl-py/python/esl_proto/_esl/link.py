"""A blocking connection that many threads can use at a time: what `esl_proto.ESL` stands on.

A thread that waits for an event does not keep another one from sending a command and getting its answer.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections import deque
from collections.abc import Callable
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
from .._shared.reader import Engine, SharedReader, Wire

__all__ = ["Link", "attach", "connect"]

_T = TypeVar("_T")
_AT_ONCE = getattr(socket, "MSG_DONTWAIT", 0)
"""Reads and writes what can be at once, also where the socket is blocking: whether it is may be somebody else's choice."""
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
    link = Link(sock, Connection.inbound())
    deadline = time.monotonic() + CONNECT_TIMEOUT
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
    return Link(sock, Connection.outbound(), _AT_ONCE)


class Link(Engine):
    """A socket, its conversation, and what has come that nobody has fetched."""

    def __init__(self, sock: socket.socket, connection: Connection, flags: int = 0) -> None:
        keep_alive(sock)
        self._connection = connection
        self._reader = SharedReader(self)
        self._changed = self._reader.changed
        # INVARIANT: everything below is used only while holding `_changed`, except where a single read (`is_open`) or
        # an atomic operation (`_first`) is enough.
        self._wire = self._reader.wire = Wire(sock, self._reader, flags)
        self._is_over = False
        self._is_told = False
        self._waiting: dict[int, Frame | None] = {}
        self._queue: deque[Event | Frame] = deque()
        self.greeted = False
        self._octets_sent = self._timeouts = 0

    @property
    def stats(self) -> dict[str, int]:
        """What came in, how many octets went out, and how many waits for an answer have ended at their deadline."""
        with self._changed:
            return self._connection.stats | {"octets_sent": self._octets_sent, "timeouts": self._timeouts}

    @property
    def is_open(self) -> bool:
        """Whether the connection goes on, as far as has been told: its end comes after all else that has come."""
        return not self._is_told

    def fileno(self) -> int:
        """The socket's descriptor, or -1."""
        return self._wire.sock.fileno()

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
            with self._changed:
                self._timeouts += not self._is_over
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

    def wait(self, look: Callable[[], _T], deadline: float | None = None) -> _T | None:
        """Waits until `look` finds something and not `None`; that if the connection or the time is over."""
        found: _T | None = None

        def is_found() -> bool:
            nonlocal found
            if found is None:
                found = look()
            return found is not None or self._is_over

        with contextlib.suppress(TimeoutError):
            self._reader.wait(is_found, deadline)
        return found

    # For the reader, which holds the lock

    def is_live(self) -> bool:
        return not self._is_over

    def receive(self, data: memoryview) -> None:
        self._connection.receive_data(data)
        self._sort_all()

    def receive_eof(self) -> None:
        self._connection.receive_eof()
        self._sort_all()
        self._end()

    def stop(self) -> None:
        self.close()

    def _sort_all(self) -> None:
        try:
            for message in self._connection:
                self._sort(message)
        except RemoteProtocolError:
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

    # The end

    def abandon(self) -> None:
        """Closes the descriptor without a shutdown, which would also end duplicates of the socket. No other thread may
        use the link."""
        self._is_over = self._is_told = True
        self._reader.abandon()

    def close(self) -> None:
        """Ends the connection. Those who wait for something get nothing."""
        if self._reader.is_interrupted():
            return
        with self._changed:
            self._is_over = True
            self._queue.clear()
            with contextlib.suppress(OSError):
                self._wire.sock.shutdown(socket.SHUT_RDWR)
            self._reader.notify()
        self._tell_end()

    def _end(self) -> None:
        self._is_over = True
        self._reader.notify()

    def _tell_end(self) -> bool:
        """Takes note that somebody has learnt of the end, if it is there. Until then the socket remains, readable for
        whoever watches it."""
        with self._changed:
            if not self._is_over or self._is_told:
                return False
            self._is_told = True
        self._reader.close_wire(self._wire)
        self._reader.close()
        return False

    def _send(self, command: Command, wanted: bool) -> int | None:
        wire = self._wire
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
            self._octets_sent += len(data)
            wire.write(data)
        if wire.unsent:
            # Reading meanwhile: a server that cannot write may stop reading, which would deadlock both sides.
            self.wait(lambda: None if wire.unsent else True)
        if not wire.unsent and not wire.is_broken:
            return number
        with self._changed:
            self._waiting.pop(number, None)
            self._end()
        return None
