"""Blocking waits on one connection, for any number of threads, and without a thread of its own.

Whoever waits for something reads the socket, if no other thread is doing so already, and hands out what comes to all
who wait. The socket itself never blocks: waiting is done by `poll`, against one deadline for the whole operation.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

__all__ = ["Engine", "SharedReader", "Slot", "Wire", "deadline_of", "left", "poll"]

_LOG = logging.getLogger("esl_proto")

T = TypeVar("T")


def deadline_of(timeout: float | None) -> float | None:
    """The moment `timeout` seconds from now."""
    return None if timeout is None else time.monotonic() + timeout


def left(deadline: float | None) -> float | None:
    """The seconds until `deadline`: at least 0, and at most a million, which no system call overflows on."""
    return None if deadline is None else min(max(0.0, deadline - time.monotonic()), 1e6)


def poll(
    awake: socket.socket, sock: socket.socket, *, read: bool = True, write: bool = False, timeout: float | None
) -> bool:
    """Waits until `awake` has something to read, or `sock` something to read or room to write, as far as that is
    wanted, or for `timeout` seconds. Returns whether `awake` has."""
    if hasattr(select, "poll"):  # Looked up at each call: gevent replaces `select.poll`.
        poller = select.poll()
        poller.register(awake, select.POLLIN)
        if read or write:
            poller.register(sock, (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))
        found = poller.poll(None if timeout is None else timeout * 1000)
        return any(number == awake.fileno() for number, _ in found)
    readers, _, _ = select.select((awake, sock) if read else (awake,), (sock,) if write else (), (), timeout)
    return awake in readers


def _would_block(error: OSError) -> bool:
    # Whoever has a TLS socket has the module, which takes long to load.
    tls = sys.modules.get("ssl")
    return isinstance(error, BlockingIOError) or (
        tls is not None and isinstance(error, (tls.SSLWantReadError, tls.SSLWantWriteError))
    )


def cannot_wait(todo: Callable[[], object]) -> bool:
    """Whether this is gevent's own loop, in which signal handlers run, and nothing can wait. Then `todo` is done in a greenlet."""
    gevent = sys.modules.get("gevent")
    if gevent is None or not isinstance(gevent.getcurrent(), gevent.hub.Hub):
        return False
    gevent.spawn(todo)
    return True


class Slot(Generic[T]):
    """One pending result. INVARIANT: read and set only while holding the lock of its reader."""

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
            raise self._error.with_traceback(None)  # Raised again, it would accumulate tracebacks.
        return self._result


class Engine:
    """What is fed by a reader. Every method is called with the reader's lock held."""

    def receive(self, data: memoryview) -> None:
        """Bytes have arrived."""
        raise NotImplementedError

    def receive_eof(self) -> None:
        """The stream has ended."""
        raise NotImplementedError

    def is_live(self) -> bool:
        """Whether there is something to read for."""
        raise NotImplementedError

    def is_blocked(self) -> bool:
        """Whether nothing more is wanted now."""
        return False

    def go_on(self) -> bool:
        """Handles what was held back, if more is wanted again. Returns whether that was so."""
        return False

    def seconds_left(self) -> float | None:
        """When `look` is to be called at the latest."""
        return None

    def look(self) -> None:
        """Notices a peer that says nothing."""

    def check(self) -> None:
        """Raises an error if nobody may wait here."""

    def stop(self) -> None:
        """Closes it, for a signal handler that has asked for it. Without the lock."""

    def call_handlers(self, unlocked: Callable[[], contextlib.AbstractContextManager[None]]) -> None:
        """Calls what the program wants to be called, without the lock."""


class Wire:
    """A socket. INVARIANT: every method is called with the reader's lock held."""

    def __init__(self, sock: socket.socket, reader: SharedReader, flags: int = 0) -> None:
        """`flags` are those with which a socket that blocks is written and read, as far as it can be at once."""
        if not flags:
            sock.setblocking(False)
        self._reader = reader
        self._flags = flags
        self.sock = sock
        self.unsent = bytearray()
        """Bytes left by a short write. No command is truncated: the next thread that waits sends the rest."""
        self.is_broken = False
        """Whether what was written has gone nowhere."""
        self._view = memoryview(bytearray(65536))

    def write(self, data: bytes) -> None:
        """Sends bytes, now or later."""
        self.unsent += data
        self.push()
        if self.unsent:
            self._reader.wake_reader()

    def push(self) -> None:
        """Sends as much as the socket takes now."""
        try:
            # A short write of 0 ends the loop: gevent's TLS returns 0 where others raise `SSLWantWriteError`.
            while self.unsent and (count := self._send(memoryview(self.unsent)[:262144])):
                del self.unsent[:count]
        except OSError as error:
            if _would_block(error):
                return
            # Not raised here: the reader meets it too, after what the server sent before the error.
            # The failed `send` may still hold an export of the old buffer, which then cannot be resized; replace it.
            self.unsent = bytearray()
            self.is_broken = True

    def _send(self, data: memoryview) -> int:
        # A TLS socket takes no flags.
        return self.sock.send(data, self._flags) if self._flags else self.sock.send(data)

    def read(self) -> bool:
        """Reads once, without blocking. False if there was nothing to read."""
        try:
            flags = self._flags
            count = self.sock.recv_into(self._view, 0, flags) if flags else self.sock.recv_into(self._view)
        except OSError as error:
            if _would_block(error):
                return False
            _LOG.debug("the connection broke: %s", error)
            count = 0
        engine = self._reader.engine
        if count:
            engine.receive(self._view[:count])
        else:
            engine.receive_eof()
        return True


class _Lock(threading.Condition):
    """A lock that a signal handler does not wait for: what it wants to do is done when the thread that it has interrupted
    lets go."""

    _todo: Callable[[], object] | None = None

    def interrupted(self, todo: Callable[[], object]) -> bool:
        """Whether this thread holds the lock. Then `todo` is called once it does no more."""
        try:
            self.notify(0)
        except RuntimeError:  # It does not hold the lock.
            return False
        self._todo = todo
        return True

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        todo = self._todo
        if todo is not None and not self.interrupted(todo):
            self._todo = None
            todo()


class SharedReader:
    """One lock, and one reader at a time."""

    def __init__(self, engine: Engine) -> None:
        self.changed = _Lock(threading.RLock())
        """INVARIANT: the engine and the socket are used only while holding it. Handlers, which may call any method of the
        façade, run without it."""
        self.wire: Wire | None = None
        self.engine = engine
        self._reading = False
        self._awake, self._waker = socket.socketpair()
        self._awake.setblocking(False)
        self._waker.setblocking(False)
        self._woken = False
        self._inside: set[int] = set()
        """The threads that wait, but for those in handlers."""
        self._stopping: int | None = None
        """The thread in which a signal handler has asked for the end."""

    def wait(self, ready: Callable[[], bool], deadline: float | None, *, handlers: bool = True) -> None:
        """Returns once `ready` is true, which is asked with the lock held. Raises `TimeoutError`."""
        self.engine.check()
        me = threading.get_ident()
        while True:
            with self.changed:
                self._inside.add(me)
                try:
                    while not ready():
                        if self._stopping == me:
                            break
                        self._turn(deadline)
                        if handlers:
                            self.engine.call_handlers(self._unlocked_for_handlers)
                        if deadline is not None and time.monotonic() >= deadline and not ready():
                            raise TimeoutError("the deadline has passed")
                    else:
                        return
                finally:
                    self._inside.discard(me)
                    if self._stopping == me:
                        self._stopping = None
                        self.changed.interrupted(self.engine.stop)

    def is_interrupted(self) -> bool:
        """Whether this thread waits here, or holds the lock: then it is a signal handler that asks, and the thread closes all as
        soon as it goes on."""
        if cannot_wait(self.engine.stop):
            return True
        me = threading.get_ident()
        if me in self._inside:
            self._stopping = me
            self.wake()
            with self.changed:
                self.changed.notify_all()
            return True
        return self.changed.interrupted(self.engine.stop)

    def _turn(self, deadline: float | None) -> None:
        """Reads, or waits until another thread has."""
        wire = self.wire
        if self._reading or wire is None or not self.engine.is_live():
            self.changed.wait(left(deadline))
            return
        if self.engine.go_on():
            self.changed.notify_all()
            return
        self._reading = True
        try:
            if not self._exchange(wire):
                self._poll(wire, deadline)
                self._exchange(wire)
        finally:
            self._reading = False
            self.changed.notify_all()

    def _exchange(self, wire: Wire) -> bool:
        """Sends and reads as much as possible without blocking. False if there was nothing to read."""
        if not self.engine.is_live():
            return True
        wire.push()
        return not self.engine.is_blocked() and wire.read()

    def _poll(self, wire: Wire, deadline: float | None) -> None:
        read, write = not self.engine.is_blocked(), bool(wire.unsent)
        timeout, silence = left(deadline), self.engine.seconds_left()
        if silence is not None:
            timeout = silence if timeout is None else min(timeout, silence)
        with self._unlocked():
            woken = poll(self._awake, wire.sock, read=read, write=write, timeout=timeout)
        if silence is not None:
            self.engine.look()
        if woken:
            self._woken = False
            self._awake.recv(4096)

    def notify(self) -> None:
        """Wakes all threads that wait: state has changed. Call with the lock held."""
        self.changed.notify_all()
        self.wake_reader()

    def wake_reader(self) -> None:
        """Wakes the thread in `_poll`, if there is one. Call with the lock held."""
        if self._reading and not self._woken:
            self._woken = True
            self.wake()

    def wake(self) -> None:
        """Wakes `_poll` through the self-pipe. Needs no lock: a finalizer calls it, in whatever thread the garbage
        collector runs, and that thread may hold the lock."""
        with contextlib.suppress(OSError):  # Pipe full: already woken. Closed: no reader left.
            self._waker.send(b"x")

    def _unlocked(self) -> _Unlocked:
        return _Unlocked(self.changed)

    @contextlib.contextmanager
    def _unlocked_for_handlers(self) -> Generator[None]:
        """What a handler calls is called by no signal handler."""
        me = threading.get_ident()
        self._inside.discard(me)
        try:
            with self._unlocked():
                yield
        finally:
            self._inside.add(me)

    def close_wire(self, wire: Wire) -> None:
        """Closes a socket, whose connection is over, once no thread is reading it any more."""
        with self.changed:
            self.notify()
            self.changed.wait_for(lambda: not self._reading or self.wire is not wire)
            wire.sock.close()

    def abandon(self) -> None:
        """Closes the descriptors of a forked process: the connection is the other's."""
        for sock in (self._awake, self._waker, *([self.wire.sock] if self.wire is not None else [])):
            sock.close()

    def close(self) -> None:
        """Closes the self-pipe. No wire may be added after this."""
        with self.changed:
            self.changed.wait_for(lambda: not self._reading)
            self._awake.close()
            self._waker.close()


class _Unlocked(contextlib.AbstractContextManager[None]):
    """Releases the lock for the duration of a `with` block."""

    __slots__ = ("_condition",)

    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition

    def __enter__(self) -> None:
        self._condition.release()

    def __exit__(self, *_: object) -> None:
        self._condition.acquire()
