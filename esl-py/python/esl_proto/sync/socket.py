"""What can be done with any connection, whoever has opened it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from types import EllipsisType, TracebackType
from typing import Literal, Self, TypeVar, overload
from uuid import uuid4

from .. import _native
from .._native import Command, Event, LogLine
from .._shared.client_session import ClientSession
from .._shared.errors import ConnectionClosed, closed
from .._shared.commands import Request, Commands, Timeout, checked, need
from .._shared.results import JobResult
from .._shared.router import Router, Wanted
from .._shared.slot import Answer
from .._shared.stream import Gap, Overflow, Queue
from ..errors import LocalProtocolError
from ..types import Format
from .shared_reader import SharedReader, Slot, Wire, deadline_of
from .stream import Stream

__all__ = ["EventSocket", "Job", "Pending"]

H = TypeVar("H", bound=Callable[[Event], object])
T = TypeVar("T")


class Pending:
    """The answer to a command that has been sent."""

    __slots__ = ("_reader", "_slot")

    def __init__(self, reader: SharedReader, slot: Slot[Answer]) -> None:
        self._reader = reader
        self._slot = slot

    def done(self) -> bool:
        """Whether it is there, or will never come."""
        return self._slot.done()

    def result(self, timeout: float | None = None) -> Answer:
        """The answer. Raises `TimeoutError` after `timeout` seconds, and can be asked again then."""
        return self._reader.result(self._slot, deadline_of(timeout))


class Job:
    """A command that runs in the background.

    A job whose object is dropped goes on in the server, and its result is forgotten."""

    __slots__ = ("__weakref__", "_reader", "slot", "uuid")

    def __init__(self, uuid: str, reader: SharedReader) -> None:
        self.uuid = uuid
        """The Job-UUID."""
        self.slot: Slot[Event] = Slot()
        self._reader = reader

    def result(self, timeout: float | None = None) -> JobResult:
        """The result. Raises `ConnectionClosed` if the connection ends before it comes, and `TimeoutError` after
        `timeout` seconds: the job goes on, and can be waited for again."""
        return JobResult(self._reader.result(self.slot, deadline_of(timeout)))

    def done(self) -> bool:
        """Whether there is a result, or a reason why there will be none."""
        return self.slot.done()

    def __repr__(self) -> str:
        return f"<Job {self.uuid}{' done' if self.done() else ''}>"


class EventSocket(Commands["_native.Reply"]):
    """A connection to FreeSWITCH's event socket.

    Any number of threads may use it at once; it has none of its own. Events, answers and the end of the connection
    are noticed while somebody waits for something. Giving up on a wait leaves it in step: an answer that comes late is
    recognised and dropped."""

    def __init__(self, *, format: Format = "plain", timeout: float | None, command_timeout: float | None) -> None:
        self._router = Router()
        self._reader = SharedReader(self._router)
        self._format = format
        self._timeout = timeout
        self._command_timeout = command_timeout
        self._closing = False
        self._over = False
        self._error: ConnectionClosed | None = None
        """Why it is over for good, if that is a failure."""
        self._handlers: dict[Callable[[Event], object], list[Callable[[], None]]] = {}

    # State

    @property
    def is_open(self) -> bool:
        """Whether commands can be sent now. Best effort: a dead peer is noticed only while reading (see `run`)."""
        wire = self._reader.wire
        return wire is not None and wire.client_session.end is None

    @property
    def pending(self) -> int:
        """How many answers and applications are being waited for."""
        wire = self._reader.wire
        return wire.client_session.waiting if wire is not None else 0

    @property
    def stats(self) -> dict[str, int]:
        """What came in on this connection so far."""
        wire = self._reader.wire
        return wire.client_session.connection.stats if wire is not None else {}

    def run(self, timeout: float | None = None) -> None:
        """Reads, and calls handlers, until the connection is over for good or `timeout` seconds have passed."""
        with contextlib.suppress(TimeoutError):
            self.wait_closed(timeout)

    def wait_closed(self, timeout: float | None = None) -> None:
        """Reads, and calls handlers, until it is over for good. Raises `TimeoutError`."""
        self._reader.wait(lambda: self._over, deadline_of(timeout))

    # Commands

    def send(self, command: Command) -> Pending:
        """Sends any command at once, and gives what its answer can be asked of. There is no need to wait before the
        next one: answers come in order. An error is an answer like any other."""
        return Pending(self._reader, self._send(command))

    def _send(self, command: Command, accepted: Callable[[], None] | None = None) -> Slot[Answer]:
        slot: Slot[Answer] = Slot()
        with self._reader.changed:
            self._client_session().send(command, slot, accepted)
        return slot

    def _client_session(self) -> ClientSession:
        if self._reader.wire is None:
            raise closed("closed")
        return self._reader.wire.client_session

    def _deadline(self, timeout: Timeout) -> float | None:
        return deadline_of(self._command_timeout if isinstance(timeout, EllipsisType) else timeout)

    def _run(self, requests: Sequence[Request], timeout: Timeout = ...) -> _native.Reply:
        return self._ask(requests, self._deadline(timeout))

    def _ask(self, requests: Sequence[Request], deadline: float | None) -> _native.Reply:
        slots = [self._send(command, accepted) for command, accepted in requests]
        answers = [checked(self._reader.result(slot, deadline)) for slot in slots]
        return answers[-1]  # type: ignore[return-value]

    def api(self, line: str, *, check: bool = False, timeout: Timeout = ...) -> Answer:
        """Runs a command and gives its answer: `text`, `ok`, `error`, `detail`. With `check`, an error raises
        `CommandError`; without, it is yours to judge, as some commands print nothing and the server then says
        `-ERR no reply`.

        The server does nothing else for this connection meanwhile, and sends no events: use `bgapi` for what takes
        time."""
        answer = self._reader.result(self._send(Command.api(line)), self._deadline(timeout))
        return checked(answer) if check else answer

    def bgapi(self, line: str, *, timeout: Timeout = ...) -> Job:
        """Starts a command in the background: `job = fs.bgapi("originate ...")`, then `job.result()`.

        The first one also subscribes to BACKGROUND_JOB. The job is named by this side, so that its result finds it
        however early it comes."""
        deadline = self._deadline(timeout)
        self._listen_for(("BACKGROUND_JOB",), deadline)
        job = Job(str(uuid4()), self._reader)
        command = Command.bgapi(line, job_uuid=job.uuid)
        answer: Slot[Answer] = Slot()
        with self._reader.changed:
            client_session = self._client_session()
            client_session.send(command, answer)
            client_session.add_job(job.uuid, job)
        try:
            checked(self._reader.result(answer, deadline))
        except BaseException:
            with self._reader.changed:
                client_session.drop_job(job.uuid)
            raise
        return job

    def _listen_for(self, names: Sequence[str], deadline: float | None) -> None:
        """Makes events come that this library itself waits for."""
        with self._reader.changed:
            requests = need(self._router.subscription, names)
        if requests:
            self._ask(requests, deadline)

    def _execute(self, app: str, arg: str, uuid: str | None, channel: str, timeout: float | None) -> Event:
        deadline = deadline_of(timeout)
        self._listen_for(("CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"), deadline)
        name = str(uuid4())
        command = Command.execute(app, arg, uuid=uuid, event_uuid=name)
        slot: Slot[Event] = Slot()
        answer: Slot[Answer] = Slot()
        with self._reader.changed:
            client_session = self._client_session()
            client_session.add_application(name, channel, slot)
        try:
            with self._reader.changed:
                client_session.send(command, answer)
            self._reader.wait(lambda: answer.done() or slot.done(), deadline)
            if answer.done():
                checked(answer.get())
            return self._reader.result(slot, deadline)
        finally:
            with self._reader.changed:
                client_session.drop_application(name)

    # Events

    @overload
    def events(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        channel: str | None = None,
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
        gaps: Literal[False] = False,
    ) -> Stream[Event]: ...

    @overload
    def events(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        channel: str | None = None,
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
        gaps: Literal[True],
    ) -> Stream[Event | Gap]: ...

    def events(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        channel: str | None = None,
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
        gaps: bool = False,
    ) -> Stream[Event] | Stream[Event | Gap]:
        """The events with these names (`"ALL"` for all), custom ones by their subclasses, of one channel or of all. It
        subscribes to them; without any name or subclass, it reads what comes anyway.

        What does not fit into `maxsize` waiting events is lost, the oldest first (`"drop-oldest"`) or the newest
        (`"drop-newest"`) and counted in `dropped`; or the stream ends with `StreamOverflow` (`"error"`); or nothing
        more is read from the connection until there is room (`"block"`): no answers either, so do not wait for one
        while the stream is full.

        With `gaps`, a `Gap` stands where the connection was lost and made anew."""
        wanted = Wanted(names, subclasses, channel)
        with self._reader.changed:
            requests = self._requests_for(wanted)
            if gaps:
                return self._stream(requests, *self._router.gap_queue(wanted, maxsize, overflow))
            return self._stream(requests, *self._router.event_queue(wanted, maxsize, overflow))

    def log_lines(
        self, level: str | int = "info", *, maxsize: int = 1000, overflow: Overflow = "drop-oldest"
    ) -> Stream[LogLine]:
        """The lines of the server's log, up to `level`. All streams of a connection share one level: the last one
        asked for."""
        request = Command.log(level), partial(self._log_level, level)
        with self._reader.changed:
            return self._stream([request], *self._router.log_queue(maxsize, overflow))

    def _stream(self, requests: Sequence[Request], queue: Queue[T], remove: Callable[[], None]) -> Stream[T]:
        # Call with the lock held.
        try:
            self._apply(requests, queue)
        except BaseException:
            remove()  # The stream is not returned, so nothing would read its queue.
            raise
        return Stream(self._reader, self._router, queue, remove)

    def on(self, *names: str, subclasses: Sequence[str] = (), channel: str | None = None) -> Callable[[H], H]:
        """Decorates a handler of events; the arguments are those of `events`.

        It is called by a thread that waits for something (`run`, if there is nothing else to wait for), one at a
        time, and may use the connection itself. What it raises is logged. `off` takes it away."""

        def register(handler: H) -> H:
            wanted = Wanted(names, subclasses, channel)
            with self._reader.changed:
                self._apply(self._requests_for(wanted), None)
                remove = self._router.add_sink(wanted, lambda event: self._reader.call_later(handler, event))
                self._handlers.setdefault(handler, []).append(remove)
            return handler

        return register

    def off(self, handler: Callable[[Event], object]) -> None:
        """Takes a handler away that `on` has decorated. The subscription stays."""
        with self._reader.changed:
            for remove in self._handlers.pop(handler, ()):
                remove()

    # The end

    def close(self, timeout: Timeout = ...) -> None:
        """Says `exit`, waits for the server's good-bye, and closes the socket, after `timeout` seconds in any case.

        Streams end quietly; whoever still waits for something gets `ConnectionClosed`. Events that the server has not
        sent yet are lost."""
        reader, self._closing = self._reader, True
        wire = reader.wire
        limit = self._timeout if isinstance(timeout, EllipsisType) else timeout
        try:
            if wire is not None:
                self._say_exit(wire)
                with contextlib.suppress(TimeoutError):
                    reader.wait(lambda: wire.client_session.end is not None, deadline_of(limit))
        finally:
            if wire is not None:
                reader.close_wire(wire)
            self._finish(None)
            reader.close()

    def _say_exit(self, wire: Wire) -> None:
        with self._reader.changed:
            self._router.release()
            wire.client_session.dispatch()
            if wire.client_session.end is None:
                with contextlib.suppress(LocalProtocolError, ConnectionClosed):
                    wire.client_session.send(Command.exit(), None)
            self._reader.notify()

    def _finish(self, error: ConnectionClosed | None) -> None:
        """It is over for good."""
        with self._reader.changed:
            self._finish_locked(error)

    def _finish_locked(self, error: ConnectionClosed | None) -> None:
        self._error = self._error or error
        self._router.end(error)
        self._over = True
        self._reader.notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
