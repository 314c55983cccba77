"""Operations on any connection, inbound or outbound."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from types import EllipsisType, TracebackType
from typing import Any, TypeAlias, TypeGuard

from .. import _native
from .._native import ClientSession, Command, Event, EventQueue, Gap, LogLine, rows
from .._shared.closing import AsyncClosing
from .._shared.errors import CommandError, ConnectionClosed, EventSocketError, StreamOverflow, reading
from .._shared.results import JobBase, JobResult, answered, checked_result, originate_line
from .._shared.surface import Answer, Surface, Timeout, Wanted, checked, naming, this_process
from .._shared.verbs import DialText, value_of
from ..errors import LocalProtocolError
from ..types import Format, Text
from .call import Call
from .link import Link
from .stream import Stream

__all__ = ["EventSocket", "Job"]

_LOG = logging.getLogger("esl_proto.aio")


class Job(JobBase):
    """A command that runs in the background. It can be awaited for its result as often as you like.

    A job whose object is dropped continues on the server, and its result is discarded."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, JobResult]:
        return self.result().__await__()

    async def result(self, timeout: float | None = None, *, check: bool = False) -> JobResult:
        """The result; with `check`, an error raises `CommandError`. Raises `ConnectionClosed` if the connection ends before it comes, and `TimeoutError` after
        `timeout` seconds: the job goes on, and can be waited for again."""
        async with self._socket.within(timeout):
            result = JobResult(await asyncio.shield(self._result))
        return checked_result(result) if check else result


Reply: TypeAlias = "Coroutine[Any, Any, _native.Reply]"
Nothing: TypeAlias = "Coroutine[Any, Any, None]"
Events: TypeAlias = "Stream[Event]"
EventsAndGaps: TypeAlias = "Stream[Event | Gap]"
LogLines: TypeAlias = "Stream[LogLine]"


class EventSocket(Surface[Reply, Nothing, Events, EventsAndGaps, LogLines], AsyncClosing):
    """A connection to FreeSWITCH's event socket.

    Any number of tasks may use it at once. A time-out or a cancelled task ends only the wait: the late answer is
    recognised and dropped, and later answers still reach their commands."""

    _session: ClientSession

    def __init__(self, *, format: Format = "plain", timeout: float | None, command_timeout: float | None) -> None:
        super().__init__(format=format, timeout=timeout, command_timeout=command_timeout)
        self._loop = asyncio.get_running_loop()
        self._link: Link | None = None
        self._ended_for_good: asyncio.Future[None] = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.TimerHandle | None = None
        self.awaiting: dict[int, asyncio.Future[None]] = {}
        """By the slots of streams: whoever waits for the next event."""

    async def wait_closed(self) -> None:
        """Waits until it is over for good."""
        await asyncio.shield(self._ended_for_good)

    # What its link tells

    def link_made(self, link: Link) -> None:
        """A connection has been made."""
        raise NotImplementedError

    def received(self, link: Link, data: memoryview) -> None:
        """Bytes have arrived."""
        if self._link is link:
            self._take(self._session.receive(data))

    def received_eof(self, link: Link) -> None:
        """The stream has ended."""
        if self._link is link:
            self._take(self._session.receive_eof())

    def aborted(self, link: Link) -> None:
        """This side has closed it."""
        if self._link is link:
            self._session.close()
            self._take(self._session.go_on())

    # How it waits

    def _new_slot(self) -> asyncio.Future[Any]:
        return self._loop.create_future()

    def _write(self, data: bytes) -> None:
        if self._link is not None:
            self._link.write(data)

    def _readable(self, slot: int) -> None:
        waiter = self.awaiting.get(slot)
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _handle(self, slot: int, handler: Callable[[Event], object], event: Event) -> None:
        try:
            handler(event)
        except Exception:
            _LOG.exception("the handler %r of %s failed", handler, event.name, extra=self.log_fields())

    def _stream(self, queue: EventQueue, maxsize: int, blocks: bool) -> Stream[Any]:
        return Stream(self, queue, maxsize, blocks)

    def _pause(self) -> None:
        if self._link is not None:
            self._link.pause()

    def go_on(self) -> None:
        """A stream may have room again."""
        if self._go_on() and not self._blocked and self._link is not None:
            self._link.resume()

    def go_on_soon(self) -> None:
        if not self._loop.is_closed():
            # Thread-safe: the finalizer of a stream calls this, in whatever thread the garbage collector runs.
            self._loop.call_soon_threadsafe(self.go_on)

    def _settled(self) -> None:
        self._watch()

    def _watch(self) -> None:
        """Notices a server that says nothing."""
        left = self._session.seconds_left
        if left is not None and self._watching is None:
            self._watching = self._loop.call_later(left, self._look)

    def _look(self) -> None:
        self._watching = None
        self._session.advance()
        self._take(self._session.go_on())
        self._watch()

    def _ended(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        if self._link is not None:
            self._link.close()
        self._lost()

    async def _run(self, command: Command, timeout: Timeout = ...) -> _native.Reply:
        reply: _native.Reply = checked(await self.ask(command, timeout), command)  # type: ignore[assignment]
        return reply

    async def stands(self, slot: int) -> None:
        """Waits until the subscription of a reader stands."""
        await self._await(self.standing(slot), ...)

    async def _await(self, wait: asyncio.Future[None], timeout: Timeout) -> None:
        async with self.within(self._limit(timeout)):
            await wait

    def within(self, limit: float | None) -> _Within:
        """A deadline, which is counted if it is missed."""
        return _Within(self, limit)

    def _stands(self, wait: asyncio.Future[None], timeout: Timeout) -> Coroutine[Any, Any, None]:
        return self._await(wait, timeout)

    # Commands

    def send(self, command: Command) -> Awaitable[Answer]:
        """Sends any command at once, and returns an awaitable for its answer. You need not wait before the next one:
        answers come in order. An error is an answer like any other."""
        answer: asyncio.Future[Answer] = self._send(command)
        return answer

    async def api(self, line: Text, *, check: bool = False, timeout: Timeout = ...) -> Answer:
        """Runs an API command and returns its answer: `text`, `ok`, `error`, `detail`. With `check`, an error raises
        `CommandError`; without, judge the answer yourself: if a command prints nothing, the server answers `-ERR no
        reply`.

        Meanwhile the server does nothing else for this connection and sends no events: use `bgapi` for slow
        commands."""
        answer = await self.ask(command := Command.api(line), timeout)
        return checked(answer, command) if check else answer

    async def ask(self, command: Command, timeout: Timeout = ...) -> Answer:
        """Sends any command and returns its answer, which may be an error."""
        sent = self.send(command)
        async with self.within(self._limit(timeout)):
            return await sent

    async def variable(self, uuid: str | None, name: str, timeout: Timeout) -> str | None:
        """The value of a variable of a channel, or of that of the connection."""
        with reading(name):
            wait: asyncio.Future[Answer] = self._read(name, uuid)
            async with self.within(self._limit(timeout)):
                return value_of(await wait)

    async def bgapi(self, line: Text, *, timeout: Timeout = ...) -> Job:
        """Starts a command in the background: `job = await fs.bgapi("originate ...")`, then `result = await job`.

        The first job also subscribes to BACKGROUND_JOB. The client names the job, so that even a very early result is
        matched to it. A user who may not subscribe to that event still gets a job, whose result is `CommandError`."""
        slot, result, uuid, begun = self._begin_job(line)
        job = Job(uuid, result, self, slot)
        async with self.within(self._limit(timeout)):
            if (answer := await begun).error:
                raise CommandError(answer, command=Command.bgapi(line, job_uuid=uuid))
        return job

    async def originate(
        self, call: Text | DialText, *, uuid: str | None = None, timeout: float | None = None
    ) -> Call:
        """Makes a call from an `esl_proto.dial.Originate` or a text such as `"user/1000 &park()"`, and returns it once
        it is answered. Raises `CallFailed` with the cause if nobody answers. A `timeout` in seconds ends only the wait:
        the server continues to try.

        The client chooses the uuid of a single leg's channel, `uuid` or a new one: so `fs.call(uuid).events()` has its
        events before it is answered, and `fs.call(uuid).hangup()` cancels it."""
        line, uuid = originate_line(call, uuid)
        async with asyncio.timeout(timeout):
            result = await (await self.bgapi(line)).result()
        return Call(self, answered(result, uuid))

    async def show(self, what: str, *, timeout: Timeout = ...) -> list[Event]:
        """What `show` lists, as rows that are read like events, the columns like headers: `fs.show("channels")`,
        `fs.show("registrations like 1000")`. Raises `CommandError` if the server has another answer."""
        answer = await self.api(f"show {what} as json", check=True, timeout=timeout)
        return rows(answer.text_bytes)

    def call(self, uuid: str) -> Call:
        """A channel of the server, by its uuid. Whether it exists is not checked."""
        return Call(self, uuid)

    async def bridge_of(self, uuid: str, other: str, timeout: Timeout) -> None:
        """Connects two channels."""
        checked(await self.ask(command := Command.uuid_bridge(uuid, other), timeout), command)

    async def execute_on(self, uuid: str | None, app: str, arg: Text, timeout: float | None) -> Event:
        """Runs an application on a channel, or on that of the connection."""
        wait: asyncio.Future[Event]
        slot, wait = self._begin_app(app, arg, uuid)
        try:
            async with self.within(timeout):
                with naming(lambda: Command.execute(app, arg, uuid=uuid)):
                    return await wait
        finally:
            if not wait.done() or wait.cancelled():
                self.give_up(slot)

    # Events

    def _register(self, handler: Callable[[Event], object], wanted: Wanted) -> Callable[[], object]:
        """A plain function is called at once and must be quick. A coroutine function gets its own stream and task, and
        handles one event after the other."""
        if not _is_async(handler):
            return super()._register(handler, wanted)
        names, subclasses, channel, maxsize, overflow = wanted
        stream = self.events(*names, subclasses=subclasses, channel=channel, maxsize=maxsize, overflow=overflow)
        task = self._loop.create_task(_handle(stream, handler, self.log_fields()))
        self._keep(task)
        return task.cancel

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The end

    async def close(self, timeout: Timeout = ...) -> None:
        """Sends `exit`, waits for the server to disconnect, and closes the socket, after `timeout` seconds at the
        latest.

        Streams end normally; other pending waits end with `ConnectionClosed`. Events that the server has not sent yet
        are lost."""
        if self._forks is not this_process():  # The connection is the other's.
            self._over = True
            return
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
            self._finish_locked(None)

    def _say_exit(self, link: Link) -> None:
        self._session.release()
        self._blocked = False
        self._take(self._session.go_on())
        link.resume()
        if self._session.is_connected:
            with contextlib.suppress(LocalProtocolError):
                self._session.send(Command.exit())
            self._flush()

    def _finish_locked(self, error: ConnectionClosed | None) -> None:
        super()._finish_locked(error)
        if not self._ended_for_good.done():
            self._ended_for_good.set_result(None)

    def __del__(self) -> None:
        link = getattr(self, "_link", None)
        if link is not None and link.transport is not None and not link.transport.is_closing():
            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self, stacklevel=2)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(link.transport.abort)


class _Within:
    """A deadline that counts those who miss it."""

    __slots__ = ("_socket", "_timeout")

    def __init__(self, socket: EventSocket, limit: float | None) -> None:
        self._socket = socket
        self._timeout = asyncio.timeout(limit)

    def __aenter__(self) -> Coroutine[Any, Any, asyncio.Timeout]:
        return self._timeout.__aenter__()

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Coroutine[Any, Any, bool | None]:
        if kind is not None and self._timeout.expired():
            self._socket.timed_out()
        return self._timeout.__aexit__(kind, error, trace)


def _is_async(handler: Callable[[Event], object]) -> TypeGuard[Callable[[Event], Awaitable[object]]]:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)


async def _handle(
    stream: Stream[Event], handler: Callable[[Event], Awaitable[object]], fields: Mapping[str, object]
) -> None:
    try:
        async with stream:
            async for event in stream:
                try:
                    await handler(event)
                except Exception:
                    _LOG.exception("the handler %r of %s failed", handler, event.name, extra=fields)
    except ConnectionClosed as error:
        _LOG.debug("the handler %r has ended: %s", handler, error, extra=fields)
    except StreamOverflow as error:
        _LOG.error("the handler %r is too slow and gets no more events: %s", handler, error, extra=fields)
    except EventSocketError as error:
        _LOG.error("the events of the handler %r were refused: %s", handler, error, extra=fields)
