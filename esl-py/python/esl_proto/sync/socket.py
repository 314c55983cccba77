"""Operations on any connection, inbound or outbound."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Callable
from types import EllipsisType
from typing import Any, TypeAlias, TypeVar

from .. import _native
from .._native import Command, Event, EventQueue, Gap, LogLine, rows
from .._shared import surface
from .._shared.closing import Closing
from .._shared.errors import CommandError, ConnectionClosed, reading
from .._shared.results import JobBase, JobResult, answered, checked_result, originate_line
from .._shared.surface import Answer, Overflow, Surface, Timeout, Wanted, checked, naming
from .._shared.verbs import DialText, value_of
from ..errors import LocalProtocolError
from ..types import Format, Text
from .call import Call
from .._shared.reader import Engine, SharedReader, Slot, Wire, deadline_of, left
from .stream import Stream

__all__ = ["EventSocket", "Job", "Pending"]

_LOG = logging.getLogger("esl_proto.sync")

T = TypeVar("T")


class Pending:
    """The answer to a command that has been sent."""

    __slots__ = ("_slot", "_socket")

    def __init__(self, socket: EventSocket, slot: Slot[Answer]) -> None:
        self._socket = socket
        self._slot = slot

    def done(self) -> bool:
        """Whether the answer has arrived, or will never arrive."""
        return self._slot.done()

    def result(self, timeout: float | None = None) -> Answer:
        """The answer. Raises `TimeoutError` after `timeout` seconds, and can be called again then."""
        return self._socket.wait(self._slot, deadline_of(timeout))


class Job(JobBase):
    """A command that runs in the background.

    A job whose object is dropped continues on the server, and its result is discarded."""

    __slots__ = ()

    def result(self, timeout: float | None = None, *, check: bool = False) -> JobResult:
        """The result; with `check`, an error raises `CommandError`. Raises `ConnectionClosed` if the connection ends before it comes, and `TimeoutError` after
        `timeout` seconds: the job goes on, and can be waited for again."""
        result = JobResult(self._socket.wait(self._result, deadline_of(timeout)))
        return checked_result(result) if check else result


class _Handler:
    """A handler, and how many events wait for it."""

    __slots__ = ("call", "dropped", "maxsize", "overflow", "waiting")

    def __init__(self, call: Callable[[Event], object], maxsize: int, overflow: Overflow) -> None:
        self.call = call
        self.maxsize = maxsize
        self.overflow = overflow
        self.waiting = 0
        self.dropped = 0
        """How many of those that wait are not to be called."""


Events: TypeAlias = "Stream[Event]"
EventsAndGaps: TypeAlias = "Stream[Event | Gap]"
LogLines: TypeAlias = "Stream[LogLine]"


class EventSocket(Surface["_native.Reply", None, Events, EventsAndGaps, LogLines], Engine, Closing):
    """A connection to FreeSWITCH's event socket.

    Any number of threads may use it at once; there is no background thread. Events, answers and the end of the
    connection are noticed while a thread waits for something. A time-out ends only the wait: the late answer is
    recognised and dropped, and later answers still reach their commands."""

    def __init__(self, *, format: Format = "plain", timeout: float | None, command_timeout: float | None) -> None:
        super().__init__(format=format, timeout=timeout, command_timeout=command_timeout)
        self.reader = SharedReader(self)
        self._lock = self.reader.changed
        self._calls: deque[tuple[int, _Handler, Event]] = deque()
        self._calling = False
        self._handler_states: dict[int, _Handler] = {}

    def run(self, timeout: float | None = None) -> None:
        """Reads, and calls handlers, until the connection has ended for good or `timeout` seconds have passed."""
        with contextlib.suppress(TimeoutError):
            self.wait_closed(timeout)

    def wait_closed(self, timeout: float | None = None) -> None:
        """Reads, and calls handlers, until it is over for good. Raises `TimeoutError`."""
        self.reader.wait(lambda: self._over, deadline_of(timeout))

    # For the reader, which holds the lock

    def receive(self, data: memoryview) -> None:
        """Bytes have arrived."""
        self._take(self._session.receive(data))

    def receive_eof(self) -> None:
        """The stream has ended."""
        self._take(self._session.receive_eof())

    def is_live(self) -> bool:
        """Whether there is a connection."""
        return self._session.is_connected

    def is_blocked(self) -> bool:
        """Whether full streams keep it from reading."""
        return self._blocked

    def go_on(self) -> bool:
        """Handles what was held back while a stream was full, if it has room now."""
        return self._go_on()

    def seconds_left(self) -> float | None:
        """When the server has been silent for too long."""
        return self._session.seconds_left

    def look(self) -> None:
        """Notices a server that says nothing."""
        self._session.advance()
        self._take(self._session.go_on())

    def check(self) -> None:
        """Nobody waits for what another process reads."""
        self.must_be_of_this_process()

    def stop(self) -> None:
        """Closes it, for a signal handler."""
        self.close()

    def call_handlers(self, unlocked: Callable[[], contextlib.AbstractContextManager[None]]) -> None:
        """Calls the pending handlers, one at a time and in order. `_calling` keeps other threads, and a handler that
        waits (re-entrancy), from calling the next handler before the current one has returned."""
        if self._calling:
            return
        self._calling = True
        try:
            while self._calls:
                slot, handler, event = self._calls.popleft()
                handler.waiting -= 1
                if slot not in self._handler_states:
                    continue
                if handler.dropped:
                    handler.dropped -= 1
                    continue
                with unlocked():
                    try:
                        handler.call(event)
                    except Exception:
                        _LOG.exception(
                            "the handler %r of %s failed", handler.call, event.name, extra=self.log_fields()
                        )
        finally:
            self._calling = False

    # How it waits

    def _new_slot(self) -> Slot[Any]:
        return Slot()

    def _write(self, data: bytes) -> None:
        if self.reader.wire is not None:
            self.reader.wire.write(data)

    def _stream(self, queue: EventQueue, maxsize: int, blocks: bool) -> Stream[Any]:
        return Stream(self, queue, maxsize, blocks)

    def _readable(self, slot: int) -> None:
        self.reader.notify()

    def has_room(self) -> None:
        """A stream may have room again. Lock held."""
        if self._blocked and not self._session.is_blocked:
            self.reader.notify()

    def go_on_soon(self) -> None:
        self.reader.wake()

    def _ended(self) -> None:
        self.reader.notify()
        self._lost()

    def _register(self, handler: Callable[[Event], object], wanted: Wanted) -> Callable[[], object]:
        """A waiting thread calls the handlers, one at a time (use `run` if there is nothing else to wait for); they may
        use the connection."""
        if wanted.maxsize < 1:
            raise ValueError("maxsize must be at least 1")
        remove = super()._register(handler, wanted)
        with self._lock:
            slot = max(self._handler_slots)
            self._handler_states[slot] = _Handler(handler, wanted.maxsize, wanted.overflow)
        return remove

    def _unregister(self, slot: int) -> None:
        self._handler_states.pop(slot, None)
        super()._unregister(slot)

    def _handle(self, slot: int, handler: Callable[[Event], object], event: Event) -> None:
        state = self._handler_states.get(slot)
        if state is None:
            return
        if state.waiting >= state.maxsize:
            self._too_slow(slot, state)
            if state.overflow != "drop-oldest":
                return
        state.waiting += 1
        self._calls.append((slot, state, event))

    def _too_slow(self, slot: int, state: _Handler) -> None:
        if state.overflow == "drop-oldest":
            state.dropped += 1
        elif state.overflow != "drop-newest":
            _LOG.error(
                "the handler %r is too slow and gets no more events: %d wait",
                state.call,
                state.waiting,
                extra=self.log_fields(),
            )
            self._handler_slots.pop(slot, None)
            self._session.unlisten(slot)

    # Commands

    def send(self, command: Command) -> Pending:
        """Sends any command at once, and returns a `Pending` for its answer. You need not wait before the next one:
        answers come in order. An error is an answer like any other."""
        return Pending(self, self._send(command))

    def _deadline(self, timeout: Timeout) -> float | None:
        return deadline_of(self._limit(timeout))

    def wait(self, slot: Slot[T], deadline: float | None, *, handlers: bool = True) -> T:
        """Waits for a slot. Raises `TimeoutError`, which is counted."""
        try:
            self.reader.wait(slot.done, deadline, handlers=handlers)
        except TimeoutError:
            self.timed_out()
            raise
        return slot.get()

    def _run(self, command: Command, timeout: Timeout = ...) -> _native.Reply:
        reply: _native.Reply = checked(self.wait(self._send(command), self._deadline(timeout)), command)
        return reply

    def _stands(self, wait: Slot[None], timeout: Timeout) -> None:
        self.wait(wait, self._deadline(timeout))

    def api(self, line: Text, *, check: bool = False, timeout: Timeout = ...) -> Answer:
        """Runs an API command and returns its answer: `text`, `ok`, `error`, `detail`. With `check`, an error raises
        `CommandError`; without, judge the answer yourself: if a command prints nothing, the server answers `-ERR no
        reply`.

        Meanwhile the server does nothing else for this connection and sends no events: use `bgapi` for slow
        commands."""
        answer = self.ask(command := Command.api(line), timeout)
        return checked(answer, command) if check else answer

    def ask(self, command: Command, timeout: Timeout = ...) -> Answer:
        """Sends any command and returns its answer, which may be an error."""
        answer: Answer = self.wait(self._send(command), self._deadline(timeout))
        return answer

    def variable(self, uuid: str | None, name: str, timeout: Timeout) -> str | None:
        """The value of a variable of a channel, or of that of the connection."""
        with reading(name):
            return value_of(self.wait(self._read(name, uuid), self._deadline(timeout)))

    def bgapi(self, line: Text, *, timeout: Timeout = ...) -> Job:
        """Starts a command in the background: `job = fs.bgapi("originate ...")`, then `job.result()`.

        The first job also subscribes to BACKGROUND_JOB. The client names the job, so that even a very early result is
        matched to it. A user who may not subscribe to that event still gets a job, whose result is `CommandError`."""
        deadline = self._deadline(timeout)
        slot, result, uuid, begun = self._begin_job(line)
        job = Job(uuid, result, self, slot)
        if (answer := self.wait(begun, deadline)).error:
            raise CommandError(answer, command=Command.bgapi(line, job_uuid=uuid))
        return job

    def originate(self, call: Text | DialText, *, uuid: str | None = None, timeout: float | None = None) -> Call:
        """Makes a call from an `esl_proto.dial.Originate` or a text such as `"user/1000 &park()"`, and returns it once
        it is answered. Raises `CallFailed` with the cause if nobody answers. A `timeout` in seconds ends only the wait:
        the server continues to try.

        The client chooses the uuid of a single leg's channel, `uuid` or a new one: so `fs.call(uuid).events()` has its
        events before it is answered, and `fs.call(uuid).hangup()` cancels it."""
        deadline = deadline_of(timeout)
        line, uuid = originate_line(call, uuid)
        return Call(self, answered(self.bgapi(line).result(left(deadline)), uuid))

    def show(self, what: str, *, timeout: Timeout = ...) -> list[Event]:
        """What `show` lists, as rows that are read like events, the columns like headers: `fs.show("channels")`,
        `fs.show("registrations like 1000")`. Raises `CommandError` if the server has another answer."""
        answer = self.api(f"show {what} as json", check=True, timeout=timeout)
        return rows(answer.text_bytes)

    def call(self, uuid: str) -> Call:
        """A channel of the server, by its uuid. Whether it exists is not checked."""
        return Call(self, uuid)

    def bridge_of(self, uuid: str, other: str, timeout: Timeout) -> None:
        """Connects two channels."""
        checked(self.ask(command := Command.uuid_bridge(uuid, other), timeout), command)

    def ready(self, slot: int, deadline: float | None) -> None:
        """Waits until the subscription of a reader stands."""
        with self._lock:
            wait: Slot[None] = self.standing(slot)
        self.wait(wait, deadline)

    def execute_on(self, uuid: str | None, app: str, arg: Text, timeout: float | None) -> Event:
        """Runs an application on a channel, or on that of the connection."""
        deadline = deadline_of(timeout)
        wait: Slot[Event]
        slot, wait = self._begin_app(app, arg, uuid)
        try:
            with naming(lambda: Command.execute(app, arg, uuid=uuid)):
                return self.wait(wait, deadline)
        finally:
            if not wait.done():
                self.give_up(slot)

    # The end

    def close(self, timeout: Timeout = ...) -> None:
        """Sends `exit`, waits for the server to disconnect, and closes the socket, after `timeout` seconds at the
        latest.

        Streams end normally; other pending waits end with `ConnectionClosed`. Events that the server has not sent yet
        are lost."""
        reader = self.reader
        if self._forks is not surface.this_process():
            reader.abandon()
            return
        if reader.is_interrupted():  # By a signal handler: the thread that waits goes on with it.
            if not isinstance(timeout, EllipsisType):
                self._timeout = timeout
            return
        self._closing = True
        wire = reader.wire
        limit = self._timeout if isinstance(timeout, EllipsisType) else timeout
        try:
            if wire is not None:
                self._say_exit()
                with contextlib.suppress(TimeoutError):
                    reader.wait(lambda: not self._session.is_connected, deadline_of(limit))
        finally:
            if wire is not None:
                self._abort(wire)
            self._finish(None)
            reader.close()

    def _say_exit(self) -> None:
        with self._lock:
            self._session.release()
            self._blocked = False
            self._take(self._session.go_on())
            if self._session.is_connected:
                with contextlib.suppress(LocalProtocolError):
                    self._session.send(Command.exit())
                self._flush()
            self.reader.notify()

    def _abort(self, wire: Wire) -> None:
        """Ends the connection, and closes its socket."""
        with self._lock:
            if self.reader.wire is wire:
                self._session.close()
                self._take(self._session.go_on())
        self.reader.close_wire(wire)

    def _finish(self, error: ConnectionClosed | None) -> None:
        """It is over for good."""
        with self._lock:
            self._finish_locked(error)

    def _finish_locked(self, error: ConnectionClosed | None) -> None:
        super()._finish_locked(error)
        self.reader.notify()
