"""What can be done with any connection, whoever has opened it."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from functools import partial
from types import EllipsisType, TracebackType
from typing import Any, Literal, Self, TypeGuard, TypeVar, overload
from uuid import uuid4

from .. import _native
from .._native import Command, Event, LogLine
from .._shared.client_session import ClientSession
from .._shared.errors import ConnectionClosed, StreamOverflow, closed
from .._shared.commands import Request, Commands, Timeout, checked, need
from .._shared.results import JobResult
from .._shared.router import Router, Wanted
from .._shared.slot import Answer
from .._shared.stream import Gap, Overflow, Queue
from ..errors import LocalProtocolError
from ..types import Format
from .link import Link
from .stream import Stream

__all__ = ["EventSocket", "Job"]

_LOG = logging.getLogger("esl_proto.aio")

H = TypeVar("H", bound=Callable[[Event], object])
T = TypeVar("T")


class Job:
    """A command that runs in the background. Awaiting it gives its result, as often as you like.

    A job whose object is dropped goes on in the server, and its result is forgotten."""

    __slots__ = ("__weakref__", "slot", "uuid")

    def __init__(self, uuid: str, slot: asyncio.Future[Event]) -> None:
        self.uuid = uuid
        """The Job-UUID."""
        self.slot = slot

    def __await__(self) -> Generator[Any, None, JobResult]:
        return self.result().__await__()

    async def result(self, timeout: float | None = None) -> JobResult:
        """The result. Raises `ConnectionClosed` if the connection ends before it comes, and `TimeoutError` after
        `timeout` seconds: the job goes on, and can be waited for again."""
        async with asyncio.timeout(timeout):
            return JobResult(await asyncio.shield(self.slot))

    def done(self) -> bool:
        """Whether there is a result, or a reason why there will be none."""
        return self.slot.done()

    def __repr__(self) -> str:
        return f"<Job {self.uuid}{' done' if self.done() else ''}>"


class EventSocket(Commands[Coroutine[Any, Any, "_native.Reply"]]):
    """A connection to FreeSWITCH's event socket.

    Any number of tasks may use it at once. Giving up on a wait, by a timeout or a cancelled task, leaves it in step:
    an answer that comes late is recognised and dropped."""

    def __init__(self, *, format: Format = "plain", timeout: float | None, command_timeout: float | None) -> None:
        self._router = Router()
        self._format = format
        self._timeout = timeout
        self._command_timeout = command_timeout
        self._link: Link | None = None
        self._closing = False
        self._error: ConnectionClosed | None = None
        """Why it is over for good, if that is a failure."""
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._handlers: dict[Callable[[Event], object], list[Callable[[], object]]] = {}

    # State

    @property
    def is_open(self) -> bool:
        """Whether commands can be sent now."""
        return self._link is not None and self._link.client_session.end is None

    @property
    def pending(self) -> int:
        """How many answers and applications are being waited for."""
        return self._link.client_session.waiting if self._link is not None else 0

    @property
    def stats(self) -> dict[str, int]:
        """What came in on this connection so far."""
        return self._link.client_session.connection.stats if self._link is not None else {}

    async def wait_closed(self) -> None:
        """Waits until it is over for good."""
        await asyncio.shield(self._over)

    # Commands

    def send(self, command: Command) -> Awaitable[Answer]:
        """Sends any command at once, and gives what can be awaited for its answer. There is no need to wait before the
        next one: answers come in order. An error is an answer like any other."""
        return self._send(command)

    def _send(self, command: Command, accepted: Callable[[], None] | None = None) -> asyncio.Future[Answer]:
        slot: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._client_session().send(command, slot, accepted)
        return slot

    def _client_session(self) -> ClientSession:
        if self._link is None:
            raise closed("closed")
        return self._link.client_session

    def _limit(self, timeout: Timeout) -> float | None:
        return self._command_timeout if isinstance(timeout, EllipsisType) else timeout

    async def _run(self, requests: Sequence[Request], timeout: Timeout = ...) -> _native.Reply:
        async with asyncio.timeout(self._limit(timeout)):
            slots = [self._send(command, accepted) for command, accepted in requests]
            return [checked(await slot) for slot in slots][-1]  # type: ignore[return-value]

    async def api(self, line: str, *, check: bool = False, timeout: Timeout = ...) -> Answer:
        """Runs a command and gives its answer: `text`, `ok`, `error`, `detail`. With `check`, an error raises
        `CommandError`; without, it is yours to judge, as some commands print nothing and the server then says
        `-ERR no reply`.

        The server does nothing else for this connection meanwhile, and sends no events: use `bgapi` for what takes
        time."""
        async with asyncio.timeout(self._limit(timeout)):
            answer = await self._send(Command.api(line))
        return checked(answer) if check else answer

    async def bgapi(self, line: str, *, timeout: Timeout = ...) -> Job:
        """Starts a command in the background: `job = await fs.bgapi("originate ...")`, then `result = await job`.

        The first one also subscribes to BACKGROUND_JOB. The job is named by this side, so that its result finds it
        however early it comes."""
        async with asyncio.timeout(self._limit(timeout)):
            await self._listen_for("BACKGROUND_JOB")
            job = Job(str(uuid4()), asyncio.get_running_loop().create_future())
            client_session = self._client_session()
            client_session.add_job(job.uuid, job)
            try:
                checked(await self._send(Command.bgapi(line, job_uuid=job.uuid)))
            except BaseException:
                client_session.drop_job(job.uuid)
                raise
        return job

    async def _listen_for(self, *names: str) -> None:
        """Makes events come that this library itself waits for."""
        if requests := need(self._router.subscription, names):
            await self._run(requests, None)

    async def _execute(self, app: str, arg: str, uuid: str | None, channel: str, timeout: float | None) -> Event:
        async with asyncio.timeout(timeout):
            await self._listen_for("CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY")
            name, slot = str(uuid4()), asyncio.get_running_loop().create_future()
            client_session = self._client_session()
            command = Command.execute(app, arg, uuid=uuid, event_uuid=name)
            client_session.add_application(name, channel, slot)
            try:
                checked(await _either(self._send(command), slot))
                event: Event = await slot
                return event
            finally:
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
        return self._stream([request], *self._router.log_queue(maxsize, overflow))

    def _stream(self, requests: Sequence[Request], queue: Queue[T], remove: Callable[[], None]) -> Stream[T]:
        try:
            self._apply(requests, queue)
        except BaseException:
            remove()  # The stream is not returned, so nothing would read its queue.
            raise
        return Stream(self._router, queue, remove)

    def on(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        channel: str | None = None,
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
    ) -> Callable[[H], H]:
        """Decorates a handler of events; the arguments are those of `events`.

        A plain function is called at once and must be quick. A coroutine function gets a stream and a task of its own,
        and handles one event after the other. What a handler raises is logged. `off` takes it away."""

        def register(handler: H) -> H:
            remove: Callable[[], object]
            if _is_async(handler):
                stream = self.events(*names, subclasses=subclasses, channel=channel, maxsize=maxsize, overflow=overflow)
                task = asyncio.get_running_loop().create_task(_handle(stream, handler))
                self._keep(task)
                remove = task.cancel
            else:
                wanted = Wanted(names, subclasses, channel)
                self._apply(self._requests_for(wanted), None)
                remove = self._router.add_handler(wanted, handler)
            self._handlers.setdefault(handler, []).append(remove)
            return handler

        return register

    def off(self, handler: Callable[[Event], object]) -> None:
        """Takes a handler away that `on` has decorated. The subscription stays."""
        for remove in self._handlers.pop(handler, ()):
            remove()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The end

    async def close(self, timeout: Timeout = ...) -> None:
        """Says `exit`, waits for the server's good-bye, and closes the socket, after `timeout` seconds in any case.

        Streams end quietly; whoever still waits for something gets `ConnectionClosed`. Events that the server has not
        sent yet are lost."""
        self._closing = True
        limit = self._timeout if isinstance(timeout, EllipsisType) else timeout
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        try:
            if tasks:
                # Not `await task`: its CancelledError cannot be told from a cancellation of this call.
                await asyncio.wait(tasks, timeout=limit)
            if self._link is not None:
                self._say_exit(self._link)
                await self._link.wait_lost(limit)
        finally:
            if self._link is not None:
                self._link.abort()
            self._finish(None)

    def _say_exit(self, link: Link) -> None:
        self._router.release()
        link.resume()
        if link.client_session.end is None:
            with contextlib.suppress(LocalProtocolError, ConnectionClosed):
                link.client_session.send(Command.exit(), None)

    def _finish(self, error: ConnectionClosed | None) -> None:
        """It is over for good."""
        self._error = self._error or error
        self._router.end(error)
        if not self._over.done():
            self._over.set_result(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _is_async(handler: Callable[[Event], object]) -> TypeGuard[Callable[[Event], Awaitable[object]]]:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)


async def _either(answer: asyncio.Future[Answer], slot: asyncio.Future[Event]) -> Answer:
    """The answer, or the failure of `slot` if that comes first."""
    await asyncio.wait((answer, slot), return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        slot.result()
    return await answer


async def _handle(stream: Stream[Event], handler: Callable[[Event], Awaitable[object]]) -> None:
    try:
        async with stream:
            async for event in stream:
                try:
                    await handler(event)
                except Exception:
                    _LOG.exception("the handler %r of %s failed", handler, event.name)
    except (ConnectionClosed, StreamOverflow) as error:
        _LOG.debug("the handler %r has ended: %s", handler, error)
