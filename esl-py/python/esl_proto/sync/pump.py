"""Blocking waits on one connection, for any number of threads, and without a thread of its own.

Whoever waits for something reads the socket, if no other thread is doing so already, and hands out what comes to all
who wait. The socket itself never blocks: waiting is done by `poll`, against one deadline for the whole operation.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import ssl as tls
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from .. import _native
from .._conversation import Conversation
from .._errors import closed
from .._native import Event
from .._router import Router

__all__ = ["Pump", "Slot", "Wire", "deadline_of", "poll"]

_LOG = logging.getLogger("esl_proto.sync")
_WOULD_BLOCK = (BlockingIOError, tls.SSLWantReadError, tls.SSLWantWriteError)

T = TypeVar("T")


def deadline_of(timeout: float | None) -> float | None:
    """The moment `timeout` seconds from now."""
    return None if timeout is None else time.monotonic() + timeout


def left(deadline: float | None) -> float | None:
    """The seconds until then, at least 0."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def poll(*socks: socket.socket, write: bool = False, timeout: float | None) -> None:
    """Waits until one of them has something to read (or with `write`, room to write), or for `timeout` seconds."""
    if hasattr(select, "poll"):  # Looked up each time: gevent replaces it.
        poller = select.poll()
        for sock in socks:
            poller.register(sock, select.POLLIN | (select.POLLOUT if write else 0))
        poller.poll(None if timeout is None else timeout * 1000)
    else:
        select.select(socks, socks if write else (), (), timeout)


class Slot(Generic[T]):
    """One result to come. Belongs to the lock of its pump."""

    __slots__ = ("_done", "_error", "_result")

    _result: T

    def __init__(self) -> None:
        self._done = False
        self._error: Exception | None = None

    def done(self) -> bool:
        return self._done

    def set_result(self, result: T, /) -> None:
        self._result, self._done = result, True

    def set_exception(self, error: Exception, /) -> None:
        self._error, self._done = error, True

    def exception(self) -> Exception | None:
        return self._error

    def get(self) -> T:
        """The result, once done."""
        if self._error is not None:
            raise self._error
        return self._result


class Wire:
    """A socket and the conversation on it. Everything here is called with the pump's lock held."""

    def __init__(self, sock: socket.socket, connection: _native.Connection, router: Router) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.conversation = Conversation(connection, router, self._write)
        #: What the socket has not taken yet. A command is never cut short: whoever waits next sends the rest.
        self.unsent = bytearray()
        self._view = memoryview(bytearray(65536))

    def _write(self, data: bytes) -> None:
        self.unsent += data
        self.push()

    def push(self) -> None:
        """Sends as much as the socket takes now."""
        try:
            while self.unsent:
                del self.unsent[: self.sock.send(memoryview(self.unsent)[:262144])]
        except _WOULD_BLOCK:
            pass
        except OSError:  # The reader will see it, after what the server has still said.
            self.unsent.clear()

    def read(self) -> bool:
        """Takes in what is there. False: nothing."""
        try:
            count = self.sock.recv_into(self._view)
        except _WOULD_BLOCK:
            return False
        except OSError as error:
            _LOG.debug("the connection broke: %s", error)
            count = 0
        if count:
            self.conversation.receive(self._view[:count])
        else:
            self.conversation.receive_eof()
        return True


class Pump:
    """One lock, one reader at a time, and the handlers."""

    def __init__(self, router: Router) -> None:
        #: Guards everything: the router, the conversation, the socket.
        self.changed = threading.Condition(threading.Lock())
        self.wire: Wire | None = None
        self._router = router
        self._reading = False
        self._calls: deque[tuple[Callable[[Event], object], Event]] = deque()
        self._calling = False

    def call_later(self, handler: Callable[[Event], object], event: Event) -> None:
        """`handler` will be called with `event`, without the lock, by the thread that reads."""
        self._calls.append((handler, event))

    def wait(self, ready: Callable[[], bool], deadline: float | None) -> None:
        """Returns once `ready` is true, which is asked with the lock held. Raises `TimeoutError`."""
        with self.changed:
            while not ready():
                self._turn(deadline)
                self._call_handlers()
                if deadline is not None and time.monotonic() >= deadline and not ready():
                    raise TimeoutError("the deadline has passed")

    def result(self, slot: Slot[T], deadline: float | None) -> T:
        """Waits for a slot."""
        self.wait(slot.done, deadline)
        return slot.get()

    def _turn(self, deadline: float | None) -> None:
        """Reads, or waits until another thread has."""
        wire = self.wire
        if self._reading or wire is None or wire.conversation.end is not None:
            if wire is not None and wire.unsent and wire.conversation.end is None:
                self._send_beside_reader(wire, deadline)
            else:
                self.changed.wait(left(deadline))
            return
        wire.conversation.dispatch()
        if self._router.blocked:
            self.changed.wait(left(deadline))
            return
        self._reading = True
        try:
            wire.push()
            if not wire.read() and wire.conversation.end is None:
                with self._unlocked():
                    poll(wire.sock, write=bool(wire.unsent), timeout=left(deadline))
                wire.push()
                wire.read()
        finally:
            self._reading = False
            self.changed.notify_all()

    def _send_beside_reader(self, wire: Wire, deadline: float | None) -> None:
        """The thread that reads may not know that there is something to send, and may stop reading at any time."""
        remaining = left(deadline)
        with self._unlocked():
            poll(wire.sock, write=True, timeout=0.1 if remaining is None else min(0.1, remaining))
        if wire.conversation.end is None:
            wire.push()

    def _call_handlers(self) -> None:
        """One at a time and in order, whichever thread it is."""
        if self._calling:
            return
        self._calling = True
        try:
            while self._calls:
                handler, event = self._calls.popleft()
                with self._unlocked():
                    try:
                        handler(event)
                    except Exception:
                        _LOG.exception("the handler %r of %s failed", handler, event.name)
        finally:
            self._calling = False

    def _unlocked(self) -> _Unlocked:
        return _Unlocked(self.changed)

    def close_wire(self, wire: Wire) -> None:
        """Closes the socket, when no thread is reading it any more."""
        with self.changed:
            wire.conversation.abort(closed("closed"))
            with contextlib.suppress(OSError):
                wire.sock.shutdown(socket.SHUT_RDWR)  # Wakes who reads.
            self.changed.notify_all()
            while self._reading and self.wire is wire:
                self.changed.wait(1.0)
            wire.sock.close()


class _Unlocked:
    """Gives the lock back for a while."""

    __slots__ = ("_condition",)

    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition

    def __enter__(self) -> None:
        self._condition.release()

    def __exit__(self, *_: object) -> None:
        self._condition.acquire()
