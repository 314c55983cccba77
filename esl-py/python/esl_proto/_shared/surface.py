"""Operations on any connection, inbound or outbound, in either façade.

The native `ClientSession` keeps track of waits. Here its slots are mapped to the futures of a façade, and its notices
to their results.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from types import EllipsisType
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, overload

from .. import _native
from .._native import ClientSession, Command, Event, EventQueue
from ..errors import LocalProtocolError
from ..types import Format, Text
from .errors import BrokenReply, ChannelEnded, CommandError, ConnectionClosed, EventSocketError, closed, refusal
from .observing import (
    Kind,
    Observer,
    Peer,
    Watched,
    Work,
    answer_outcome,
    event_outcome,
    first_word,
    log_fields,
    tell,
)

__all__ = ["Answer", "Slot", "Surface", "Timeout", "checked", "naming"]

_LOG = logging.getLogger("esl_proto")
_EXITING = 608
"""The error that says that `exit` has been sent."""
_OWN = 0
"""The slot that hears of the end of the channel of an outbound connection."""
_NO_READER = -1
"""In the place of a reader's slot: a filter, or the log."""

Answer: TypeAlias = "_native.Reply | _native.ApiResponse"
Overflow: TypeAlias = Literal["drop-oldest", "drop-newest", "error", "block"]
Timeout: TypeAlias = float | EllipsisType | None
"""Seconds; `None` for no limit, `...` for the connection's own."""
Notices: TypeAlias = "list[tuple[int, str, Any]] | None"

H = TypeVar("H", bound=Callable[[Event], object])
A = TypeVar("A", bound="_native.Reply | _native.ApiResponse")
R = TypeVar("R")
"""What a command gives: `Reply`, or a coroutine that gives it."""
N = TypeVar("N")
"""What gives nothing: `None`, or a coroutine that gives it."""
E = TypeVar("E")
"""A stream of events,"""
G = TypeVar("G")
"""of events and gaps,"""
L = TypeVar("L")
"""of log lines."""


class Slot(Protocol):
    """Something that waits for one result, unless it has been given up."""

    def done(self) -> bool: ...
    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: Exception, /) -> None: ...
    def exception(self) -> BaseException | None: ...


class Wanted(NamedTuple):
    """Which events a handler is called with, and how many may wait for it."""

    names: Sequence[str]
    subclasses: Sequence[str]
    channel: str | None
    maxsize: int
    overflow: Overflow


def checked(answer: A, command: Command) -> A:
    """Raises `CommandError` for an error."""
    if answer.error:
        raise refusal(answer, command)
    return answer


@contextlib.contextmanager
def naming(command: Callable[[], Command]) -> Generator[None]:
    """A `CommandError` tells this command."""
    try:
        yield
    except CommandError as error:
        error.command = error.command or command()
        raise


def fail(slot: Slot, error: Exception) -> None:
    """Ends a wait without a result."""
    if not slot.done():
        slot.set_exception(error)
        slot.exception()  # Mark as retrieved, so asyncio does not log 'exception was never retrieved'.


_forks: list[object] = [object()]
"""One of each process."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _forks.__setitem__(0, object()))


def this_process() -> object:
    """What is another object in a forked process."""
    return _forks[0]


@contextlib.contextmanager
def _no_exit() -> Generator[None]:
    """`exit` may have been sent concurrently: then the connection is as good as closed."""
    try:
        yield
    except LocalProtocolError as error:
        if error.code == _EXITING:
            raise closed("exit") from error
        raise


class Surface(Generic[R, N, E, G, L]):
    """A connection to FreeSWITCH's event socket. Commands must succeed: if the server answers with an error, they raise
    `CommandError`."""

    def __init__(self, *, format: Format = "plain", timeout: float | None, command_timeout: float | None) -> None:
        self._forks = this_process()
        self._session = ClientSession()
        self._session.set_format(format)
        self._timeout = timeout
        self._command_timeout = command_timeout
        self._lock: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        """INVARIANT: with threads, whatever is said and written is said while holding it."""
        self._closing = self._over = self._blocked = False
        self._error: ConnectionClosed | None = None
        """Why it is over for good, if that is a failure."""
        self._lost_by: ConnectionClosed | None = None
        """Why the last connection ended, while a new one is made."""
        self._slots = count(1)
        self._waits: dict[int, Slot] = {}
        self._standing: list[tuple[int, Slot]] = []
        """Who waits until all that was asked for stands, each with the reader that it is about."""
        self._handler_slots: dict[int, Callable[[Event], object]] = {}
        self._handlers: dict[Callable[[Event], object], list[Callable[[], object]]] = {}
        self._filters: dict[tuple[str, str], None] = {}
        self._observer: Observer | None = None
        self._given_up: deque[tuple[Watched, float]] = deque()
        """What an observer is still to be told of."""
        self._timeouts = 0

    # What a façade does

    def _new_slot(self) -> Any:
        """A `Slot` that can be waited for."""
        raise NotImplementedError

    def _write(self, data: bytes) -> None:
        raise NotImplementedError

    def _run(self, command: Command, timeout: Timeout) -> R:
        """Sends a command, and gives the reply, which is no error."""
        raise NotImplementedError

    def _stands(self, wait: Any, timeout: Timeout) -> N:
        raise NotImplementedError

    def _stream(self, queue: EventQueue, maxsize: int, blocks: bool) -> Any:
        raise NotImplementedError

    def _handle(self, slot: int, handler: Callable[[Event], object], event: Event) -> None:
        raise NotImplementedError

    def _readable(self, slot: int) -> None:
        """There is something for a reader that waits."""

    def _pause(self) -> None:
        """Full streams want no more to be read."""

    def _settled(self) -> None:
        """All that was asked for stands."""

    def _ended(self) -> None:
        """The connection is over."""
        raise NotImplementedError

    def _lost(self) -> None:
        """The same, and perhaps not for good. Lock held."""
        raise NotImplementedError

    def go_on_soon(self) -> None:
        """Full streams have room again. May be called by a finalizer, in any thread."""
        raise NotImplementedError

    # Observing

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        raise NotImplementedError

    def observe(self, observer: Observer | None) -> None:
        """Tells an observer what happens from now on, and no other. `connect` and `serve` do it."""
        self._observer = observer
        if observer is None or type(observer).event is Observer.event:
            return
        # No reference to this: it would never be dropped.
        me = weakref.ref(self)

        def on_event(event: Event) -> None:
            if (connection := me()) is not None and connection._observer is observer:
                observer.event(connection, event)

        self._register(on_event, Wanted((), (), None, 100_000, "drop-oldest"))

    def log_fields(self, command_id: int | None = None) -> Mapping[str, object]:
        """What its log records carry besides their text."""
        return log_fields(self.peer, self._own_uuid(), command_id)

    def _own_uuid(self) -> str | None:
        """The channel that the connection is for."""
        return None

    def _watched(
        self, wait: Any, kind: Kind, name: Text | Command, uuid: str | None = None, command_id: int | None = None
    ) -> Slot:
        """The slot that tells the observer, if there is one."""
        if self._observer is None:
            return wait  # type: ignore[no-any-return]
        text = bytes(name) if isinstance(name, Command) else name
        work = Work(kind, first_word(text), self.peer, uuid, command_id)
        return Watched(wait, work, self._observer, answer_outcome if kind == "command" else event_outcome)

    def _tell_given_up(self) -> None:
        while self._given_up:
            watched, when = self._given_up.popleft()
            watched.ends("given-up", None, when)

    # State

    @property
    def is_open(self) -> bool:
        """Whether commands can be sent now, as far as is known: a dead peer is noticed only while reading."""
        return self._session.is_connected

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, open or about to be."""
        return self._session.is_connected

    @property
    def timeout(self) -> float | None:
        """Seconds until a connection is made, and until it is closed."""
        return self._timeout

    @property
    def command_timeout(self) -> float | None:
        """Seconds until a command is answered, unless the call has its own `timeout`."""
        return self._command_timeout

    @property
    def pending(self) -> int:
        """How many answers, jobs and applications are being waited for."""
        return self._session.waiting

    @property
    def stats(self) -> dict[str, int]:
        """What came in over all connections so far and how many octets went out, how much was `dropped` by streams that were not
        read in time, how many `connections` there were, and how many waits have ended at their deadline (`timeouts`)."""
        return self._session.stats | {"timeouts": self._timeouts}

    def final_error(self) -> Exception | None:
        """Why it is over for good, to be raised, if that is a failure."""
        return self._error.again() if self._error is not None else None

    def _reason(self) -> ConnectionClosed:
        """Why there is no connection."""
        if self._error is not None:
            return self._error.again()
        end = self._session.end
        return closed(*end) if end is not None else (self._lost_by or closed("closed")).again()

    def must_be_of_this_process(self) -> None:
        """Raises an error in a forked process: two processes that read one connection get half of it each."""
        if self._forks is not this_process():
            raise EventSocketError("this connection is of the process that made it: make one in the forked process")

    # What happens

    def _take(self, notices: Notices) -> None:
        """Passes on what has happened, and sends what is to be said."""
        if self._given_up:
            self._tell_given_up()
        while notices is not None:
            for slot, what, value in notices:
                wait = self._waits.pop(slot, None)
                if wait is None:
                    self._note(slot, what, value)
                elif not wait.done():
                    if what in ("answered", "done", "begun"):
                        wait.set_result(value)
                    else:
                        fail(wait, self._failure(what, value))
            notices = self._session.go_on() if self._session.end is not None else None
        self._flush()

    def _failure(self, what: str, value: Any) -> Exception:
        if what == "channel-ended":
            return ChannelEnded(value if isinstance(value, Event) else None)
        if what == "cut":
            return BrokenReply(value)
        if what == "refused" and value is not None:
            return refusal(value)
        if what in ("refused", "unheard"):
            if value is None:
                return LocalProtocolError("what tells the end cannot be heard on this connection")
            return CommandError(value, f"what tells the end may not be subscribed to: {value.text.strip()}")
        return self._reason()

    def _note(self, slot: int, what: str, value: Any) -> None:
        """Something that ends no wait."""
        if what == "handle":
            if slot == _OWN:
                self._hung_up(value)
            elif handler := self._handler_slots.get(slot):
                self._handle(slot, handler, value)
        elif what == "readable":
            self._readable(slot)
        elif what in ("refused", "unheard"):
            self._refused(slot, value)
        elif what == "settled":
            self._settled()
            for _, wait in self._take_standing():
                if not wait.done():
                    wait.set_result(None)
        elif what == "dropped":
            _LOG.warning("%r: a stream is not read in time, and has begun to lose events", self, extra=self.log_fields())
            if self._observer is not None:
                tell(self._observer.dropped, self)
        elif what == "opened":
            if self._observer is not None:
                tell(self._observer.opened, self)
        elif what == "gap":
            if self._observer is not None:
                tell(self._observer.gap, self, value)
        elif what == "blocked":
            self._blocked = True
            self._pause()
        elif what == "unexpected":
            _LOG.debug("unexpected: %r", value, extra=self.log_fields())
        elif what in ("log-refused", "filter-refused"):
            self._not_filtered(value)
        elif what == "heartbeat-refused":
            _LOG.warning("%r: the HEARTBEAT is refused, so a silent server will not be noticed", self, extra=self.log_fields())
        elif what == "restarted":
            _LOG.warning("%r: the server was restarted: no earlier call is left", self, extra=self.log_fields())
        elif what == "verdict":
            self._session.close()
        elif what == "ended":
            for _, wait in self._take_standing():
                fail(wait, self._reason())
            for wait in [*self._waits.values()]:  # Answers to what begins a job, which are no waits of the session's.
                fail(wait, self._reason())
            self._waits.clear()
            if self._observer is not None:
                tell(self._observer.closed, self, self._reason())
            self._ended()

    def _hung_up(self, event: Event) -> None:
        """The channel of an outbound connection has ended."""

    def _take_standing(self) -> list[tuple[int, Slot]]:
        standing, self._standing = self._standing, []
        return standing

    def _refused(self, slot: int, answer: Answer | None) -> None:
        error: Exception = LocalProtocolError("this connection cannot hear these events")
        if answer is not None:
            error = CommandError(answer)
        for reader, wait in self._standing:
            if reader == slot:
                fail(wait, error)
        if handler := self._handler_slots.pop(slot, None):
            _LOG.error("the events of the handler %r were refused: %s", handler, error, extra=self.log_fields())
        else:
            _LOG.info("a subscription was refused: %s", error, extra=self.log_fields())

    def _not_filtered(self, answer: Answer | None) -> None:
        """A filter or the log is refused."""
        for pair in self._session.refused_filters():
            self._filters.pop(pair, None)
        if answer is None:
            return
        error = CommandError(answer)
        waiting = [wait for reader, wait in self._standing if reader == _NO_READER]
        if not waiting:
            _LOG.warning("%r: a filter or the log was refused: %s", self, error, extra=self.log_fields())
        for wait in waiting:
            fail(wait, error)

    def _flush(self) -> None:
        data = self._session.data_to_send()
        if data is not None:
            self._write(data)

    def _go_on(self) -> bool:
        """Handles what was held back while a stream was full, if it has room now. Returns whether that was so."""
        if not self._blocked or self._session.is_blocked:
            return False
        self._blocked = False
        self._take(self._session.go_on())
        return True

    def _finish_locked(self, error: ConnectionClosed | None) -> None:
        """It is over for good."""
        self._error = self._error or error
        self._over = True
        self._session.finish()
        self._take(self._session.go_on())

    # Liveness

    def reconnect(self) -> None:
        """Ends this connection at once, as if it were lost: with `connect(reconnect=)`, it is replaced."""
        with self._lock:
            self.must_be_of_this_process()
            self._session.close()
            self._take(self._session.go_on())

    @property
    def core_uuid(self) -> str | None:
        """The server's Core-UUID, if it is known from an event: it changes when the server is restarted."""
        return self._session.core_uuid

    # Commands

    def _must_be_open(self) -> None:
        self.must_be_of_this_process()
        if not self.is_open:
            raise self._reason()

    def _send(self, command: Command) -> Any:
        wait, number = self._ask(partial(self._session.send, command), command)
        if _LOG.isEnabledFor(logging.DEBUG):
            _LOG.debug("%s: %r", number, command, extra=self.log_fields(number))
        return wait

    def _read(self, name: str, uuid: str | None) -> Any:
        """Reads a variable of a channel, or of that of the connection. The core asks for it, and tells whether it came whole."""
        return self._ask(lambda slot: self._session.read_variable(name, slot, uuid), "getvar", uuid)[0]

    def _ask(self, send: Callable[[int], int], name: Text | Command, uuid: str | None = None) -> tuple[Any, int]:
        """Sends something, and gives the wait for its answer, and its number."""
        wait = self._new_slot()
        with self._lock:
            self._must_be_open()
            slot = next(self._slots)
            with _no_exit():
                number = send(slot)
            self._waits[slot] = wait if self._observer is None else self._watched(wait, "command", name, uuid, number)
            self._flush()
        return wait, number

    def _begin(
        self, begin: Callable[[int], str | None], kind: Kind, name: Text
    ) -> tuple[int, Any, str | None]:
        """Begins a wait for what is more than an answer: a job or an application. `begin` gives its uuid."""
        wait = self._new_slot()
        with self._lock:
            self._must_be_open()
            slot = next(self._slots)
            with _no_exit():
                uuid = begin(slot)
            self._waits[slot] = wait if self._observer is None else self._watched(wait, kind, name, uuid)
            self._flush()
        return slot, wait, uuid

    def _begin_job(self, line: Text) -> tuple[int, Any, str, Any]:
        """Begins a job: its slot, the wait for its end, its uuid, and the wait for the answer."""
        begun = self._new_slot()

        def begin(slot: int) -> str:
            number = next(self._slots)
            uuid = self._session.bgapi(line, slot, number)
            self._waits[number] = self._watched(begun, "command", "bgapi")
            return uuid

        slot, result, uuid = self._begin(begin, "job", line)
        return slot, result, uuid or "", begun

    def _begin_app(self, app: str, arg: Text, uuid: str | None) -> tuple[int, Any]:
        """Begins an application on a channel, or on that of the connection."""

        def begin(slot: int) -> str | None:
            self._session.execute(app, arg, slot, uuid=uuid)
            return uuid or self._own_uuid()

        return self._begin(begin, "application", app)[:2]

    def give_up(self, slot: int) -> None:
        """Nobody waits any more. Needs no lock."""
        wait = self._waits.pop(slot, None)
        self._session.give_up(slot)
        if isinstance(wait, Watched):  # Told with what happens next: a finalizer calls this, in any thread.
            self._given_up.append((wait, time.monotonic()))

    def timed_out(self) -> None:
        """A wait for the server has ended at its deadline."""
        with self._lock:
            self._timeouts += 1

    def _limit(self, timeout: Timeout) -> float | None:
        return self._command_timeout if isinstance(timeout, EllipsisType) else timeout

    def sendevent(
        self,
        name: str,
        headers: Mapping[str, Text] | Sequence[tuple[str, Text]] = (),
        body: Text | None = None,
        *,
        timeout: Timeout = ...,
    ) -> R:
        """`sendevent`: fires an event. `detail` of the reply is its Event-UUID."""
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        return self._run(Command.sendevent(name, pairs, body), timeout)

    def hangup(self, cause: str | int | None = None, *, uuid: str | None = None, timeout: Timeout = ...) -> R:
        """`sendmsg` with `hangup`: ends a channel. Inbound, `uuid` says which."""
        return self._run(Command.hangup(cause, uuid=uuid), timeout)

    def linger(self, seconds: int | None = None, *, timeout: Timeout = ...) -> R:
        """`linger`: keeps a session's connection open for a while after its channel has ended, for the last events;
        `None` for ever. Needs `full`."""
        return self._run(Command.linger(seconds), timeout)

    def resume(self, *, timeout: Timeout = ...) -> R:
        """`resume`: when the session's connection ends, the dialplan continues; otherwise the call ends."""
        return self._run(Command.resume(), timeout)

    # Subscriptions

    def standing(self, slot: int = 0) -> Any:
        """A wait until all that was asked for stands, or the events of the reader `slot` are refused. Lock held."""
        wait = self._new_slot()
        end = self._session.end
        if end is not None:
            fail(wait, closed(*end))
        elif self._session.is_settled:
            wait.set_result(None)
        else:
            self._standing.append((slot, wait))
        return wait

    def _say(self, say: Callable[[], object], timeout: Timeout, slot: int = 0) -> N:
        """Says what the connection is to hear, and waits until it stands."""
        with self._lock:
            self._must_be_open()
            say()
            self._flush()
            wait = self.standing(slot)
        return self._stands(wait, timeout)

    def subscribe(self, *names: str, subclasses: Sequence[str] = (), timeout: Timeout = ...) -> N:
        """Subscribes to these events, also after a reconnect. Streams and handlers do it automatically. Raises
        `CommandError` if the server refuses."""
        slot = next(self._slots)
        return self._say(partial(self._session.subscribe, slot, names, subclasses), timeout, slot)

    def unsubscribe(self, *names: str, subclasses: Sequence[str] = (), timeout: Timeout = ...) -> N:
        """Unsubscribes from these events for all readers, except those that pending jobs and applications need."""
        if not names and not subclasses:
            raise ValueError("there is no event to unsubscribe from: `noevents` is for all")
        return self._say(partial(self._session.unsubscribe, names, subclasses), timeout)

    def noevents(self, *, timeout: Timeout = ...) -> N:
        """Unsubscribes from all events, except those that pending jobs and applications need. Filters stay."""
        return self._say(partial(self._session.unsubscribe, (), ()), timeout)

    def filter(self, header: str, value: str, *, timeout: Timeout = ...) -> N:
        """`filter add`: of the events subscribed to, only those arrive that match one of the filters.

        `value` may be a `/regular expression/`, or begin with `-` to exclude matching events. Events that pending jobs
        and applications need still arrive."""
        return self._say(partial(self._set_filters, [*self._filters, (header, value)]), timeout, _NO_READER)

    def filter_delete(self, header: str | None = None, value: str | None = None, *, timeout: Timeout = ...) -> N:
        """`filter delete`: removes one filter, all filters of a header, or all filters."""
        if header is None and value is not None:
            raise ValueError("a value without a header")

        def stays(key: tuple[str, str]) -> bool:
            return header is not None and (key[0].lower() != header.lower() or value not in (None, key[1]))

        return self._say(partial(self._set_filters, filter(stays, [*self._filters])), timeout, _NO_READER)

    def _set_filters(self, filters: Iterable[tuple[str, str]]) -> None:
        wanted = dict.fromkeys(filters)
        self._session.set_filters(list(wanted))
        self._filters = wanted

    def log(self, level: str | int | None = None, *, timeout: Timeout = ...) -> N:
        """`log`: subscribes to the server's log, up to this level."""
        return self._say(partial(self._session.set_log, 7 if level is None else level), timeout, _NO_READER)

    def nolog(self, *, timeout: Timeout = ...) -> N:
        """`nolog`: no more log lines."""
        return self._say(partial(self._session.set_log, None), timeout)

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
    ) -> E: ...

    @overload
    def events(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        channel: str | None = None,
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
        gaps: Literal[True],
    ) -> G: ...

    def events(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        channel: str | None = None,
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
        gaps: bool = False,
    ) -> E | G:
        """A stream of the events with these names (`"ALL"` for all), custom ones by their subclasses, of one channel or
        of all. It subscribes to them; without any name or subclass, it has every event that arrives anyway. A name with
        `::` in it is a subclass.

        When `maxsize` events are waiting, the oldest (`"drop-oldest"`) or the newest (`"drop-newest"`) is dropped,
        which `dropped` and `stats` count and a warning reports once; or the stream ends with `StreamOverflow`
        (`"error"`); or nothing more is read from the connection until there is room (`"block"`), not even answers, so
        do not wait for one while the stream is full.

        With `gaps`, the stream yields a `Gap` where the connection was lost and replaced."""
        with self._lock:
            slot = next(self._slots)
            queue = self._session.stream(slot, names, subclasses, channel, maxsize, overflow, gaps)
            self._flush()
        return self._stream(queue, maxsize, overflow == "block")  # type: ignore[no-any-return]

    def log_lines(self, level: str | int = "info", *, maxsize: int = 1000, overflow: Overflow = "drop-oldest") -> L:
        """A stream of the server's log, up to `level`. All streams of a connection share one level: the last one
        requested."""
        with self._lock:
            queue = self._session.log_stream(next(self._slots), level, maxsize, overflow)
            self._flush()
        return self._stream(queue, maxsize, overflow == "block")  # type: ignore[no-any-return]

    def drop_reader(self, queue: EventQueue) -> None:
        """A stream is closed."""
        with self._lock:
            is_free = queue.close()
            self._flush()
            self._readable(queue.slot)
        if is_free:
            self.go_on_soon()

    def on(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        channel: str | None = None,
        maxsize: int = 10_000,
        overflow: Overflow = "error",
    ) -> Callable[[H], H]:
        """Decorates a handler of events; the arguments are those of `events`. Exceptions of a handler are logged; `off`
        removes the handler. If `maxsize` events are waiting for a slow handler, it gets no more events and an error is
        logged, unless `overflow` says otherwise."""

        def register(handler: H) -> H:
            remove = self._register(handler, Wanted(names, subclasses, channel, maxsize, overflow))
            self._handlers.setdefault(handler, []).append(remove)
            return handler

        return register

    def _register(self, handler: Callable[[Event], object], wanted: Wanted) -> Callable[[], object]:
        """Begins to call a handler. Returns what ends it."""
        with self._lock:
            slot = next(self._slots)
            self._session.handler(slot, wanted.names, wanted.subclasses, wanted.channel)
            self._handler_slots[slot] = handler
            self._flush()
        return partial(self._unregister, slot)

    def _unregister(self, slot: int) -> None:
        with self._lock:
            self._handler_slots.pop(slot, None)
            self._session.unlisten(slot)
            self._flush()

    def off(self, handler: Callable[[Event], object]) -> None:
        """Removes a handler that `on` has registered."""
        for remove in self._handlers.pop(handler, ()):
            remove()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'open' if self.is_open else 'closed' if self._over else 'not connected'}>"
