"""One connection, from its greeting to its end: which answer, job or application belongs to whom.

Sans-IO: octets go in by `receive`, and out by the function given as `write`. Whoever waits for a result holds a *slot*:
an `asyncio.Future` or its like, made by the façade.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol
from weakref import WeakValueDictionary

from .. import _native
from .._native import Command, Event
from ..errors import LocalProtocolError, RemoteProtocolError
from .errors import ChannelEnded, ConnectionClosed, closed
from .reading import Reading
from .router import Router
from .slot import Answer, Slot

__all__ = ["Answer", "ClientSession", "JobSlot", "Slot"]

_LOG = logging.getLogger("esl_proto")
_EXITING = 608
"""The error that says that `exit` has been sent."""

class JobSlot(Protocol):
    """A job. Held by weak reference only: a job that the program has dropped is forgotten."""

    @property
    def slot(self) -> Slot: ...


class ClientSession:
    """Correlates incoming messages with pending slots. Not thread-safe: with threads, the caller holds a lock."""

    def __init__(self, connection: _native.Connection, router: Router, write: Callable[[bytes], object]) -> None:
        self.connection = connection
        self.end: ConnectionClosed | None = None
        """Why the client session is over; `None` before the end."""
        self.on_end: Callable[[], None] = lambda: None
        """Called at the end, once."""
        self.lingering = False
        """The controlled channel has ended, and the connection stays for a while."""
        self._is_async = True
        self._eof_waits = False
        """The stream ended while a full queue blocked reading; handled once the queue has room."""
        self._verdict: ConnectionClosed | None = None
        self._begin: Callable[[], None] | None = None
        self._router = router
        self._write = write
        self._login: tuple[Command, Slot] | None = None
        self._answers: dict[int, tuple[Slot, Callable[[], None] | None]] = {}
        self._jobs: WeakValueDictionary[str, JobSlot] = WeakValueDictionary()
        self._reading: Reading | None = None
        self._held: deque[tuple[Slot | None, Callable[[], None]]] = deque()
        """What is to be sent when the reading is over."""
        self._applications: dict[str, tuple[str, Slot]] = {}
        self._by_channel: dict[str, set[str]] = {}
        self._watches: dict[str | None, Callable[[Event], None]] = {
            "BACKGROUND_JOB": self._job_done,
            "CHANNEL_EXECUTE_COMPLETE": self._application_done,
            "CHANNEL_HANGUP_COMPLETE": self._channel_ended,
            "CHANNEL_DESTROY": self._channel_ended,
        }
        self._handlers: dict[type, Callable[[Any], None]] = {
            Event: self._event,
            _native.Reply: self._answer,
            _native.ApiResponse: self._answer,
            _native.Connected: self._connected,
            _native.Authenticated: self._answer,
            _native.AuthRefused: self._auth_refused,
            _native.AuthRequest: self._auth_request,
            _native.LogLine: router.deliver_log,
            _native.Lingering: self._lingering,
            _native.Rejected: self._rejected,
            _native.Closed: self._closed,
        }

    # Input

    def receive(self, data: bytes | memoryview) -> None:
        """Takes in what has been read."""
        self.connection.receive_data(data)
        self.dispatch()

    def receive_eof(self) -> None:
        """The stream has ended, for whatever reason."""
        if self.end is None:
            if self._router.blocked:
                self._eof_waits = True
            else:
                self.connection.receive_eof()
                self.dispatch()

    def dispatch(self) -> bool:
        """Handles all messages, or as many as full streams allow: then call it again when they have room. Returns
        whether there was any."""
        router, handlers = self._router, self._handlers
        router.purge()
        if router.blocked:
            return False
        message = None
        try:
            for message in self.connection:
                handler = handlers.get(type(message))
                if handler is not None:
                    handler(message)
                else:
                    self._unexpected(message)
                if router.blocked:
                    return True
        except RemoteProtocolError as error:
            self._finish(closed("protocol", str(error)))
        if self._eof_waits:
            self._eof_waits = False
            self.receive_eof()
        return message is not None

    def _event(self, event: Event) -> None:
        name = event.name
        watch = self._watches.get(name)
        if watch is not None:
            watch(event)
        self._router.deliver(name, event)

    def _answer(self, answer: Answer) -> None:
        slot, accepted = self._answers.pop(answer.id, (None, None))
        if accepted is not None and not answer.error:
            accepted()
        if slot is not None and not slot.done():
            slot.set_result(answer)

    def _unexpected(self, message: object) -> None:
        _LOG.debug("unexpected: %r", message)
        if self._reading is not None and isinstance(message, _native.Unexpected):
            self._reading.unexpected(message)

    def _connected(self, reply: _native.Connected) -> None:
        self._is_async = reply.is_async
        self._answer(reply)

    def _auth_request(self, _: object) -> None:
        if self._login is not None:
            command, slot = self._login
            self._login = None
            self.send(command, slot)

    def _auth_refused(self, reply: _native.AuthRefused) -> None:
        self._verdict = closed("auth-refused", reply.text)
        slot, _ = self._answers.pop(reply.id, (None, None))
        if slot is not None:
            _fail(slot, self._verdict.again())

    def _rejected(self, rejected: _native.Rejected) -> None:
        self._verdict = closed("rejected", rejected.text)
        self._fail_all(self._verdict)

    def _lingering(self, _: object) -> None:
        self.lingering = True
        if not self._is_async:  # No CHANNEL_HANGUP_COMPLETE will come in sync mode.
            self._fail_applications(None)

    def _closed(self, message: _native.Closed) -> None:
        self._finish(self._verdict or closed(message.end, message.text))

    # Output

    def before_events(self, begin: Callable[[], None]) -> None:
        """`begin` is called once: before the first event, or by `begin_events` if there is none so far."""

        def first(event: Event) -> None:
            self.begin_events()
            self._event(event)

        self._begin = begin
        self._handlers[Event] = first

    def begin_events(self) -> None:
        """The subscription is complete: calls `begin`, if it has not been called."""
        begin, self._begin = self._begin, None
        self._handlers[Event] = self._event
        if begin is not None:
            begin()

    def login(self, command: Command, slot: Slot) -> None:
        """`command` is sent when the server asks for it."""
        self._login = command, slot

    def send(self, command: Command, slot: Slot | None, accepted: Callable[[], None] | None = None) -> None:
        """Sends a command. `slot` gets its answer. If the answer is not an error, `accepted` is called before,
        even when nobody waits for the answer any more.

        While a variable is read, commands wait; then the slot learns if one may not be sent. Otherwise raises
        `LocalProtocolError` in that case, and `ConnectionClosed`."""
        if self.end is not None:
            raise self.end.again()
        if self._reading is not None:
            self._held.append((slot, partial(self.send, command, slot, accepted)))
            return
        try:
            octets = self.connection.send(command)
        except LocalProtocolError as error:
            if error.code == _EXITING:  # `exit` was sent concurrently.
                raise closed("exit") from error
            raise
        number = self.connection.last_id
        if _LOG.isEnabledFor(logging.DEBUG):
            _LOG.debug("%s: %r", number, command)
        if number is not None and (slot is not None or accepted is not None):
            self._answers[number] = slot or _NOBODY, accepted
        self._write(octets)

    def read(self, name: str, slot: Slot) -> None:
        """Reads a variable by `getvar`: see `Reading`."""
        if self._reading is not None:
            self._held.append((slot, partial(self.read, name, slot)))
            return
        reading = Reading(name, slot, self._write, self._read)
        self.send(reading.command, reading)
        self.send(reading.behind, reading)
        self._reading = reading

    def _read(self) -> None:
        """The reading is over: sends what has waited, up to the next one."""
        self._reading = None
        while self._held and self._reading is None and self.end is None:
            slot, send = self._held.popleft()
            try:
                send()
            except (ConnectionClosed, LocalProtocolError) as error:
                if slot is not None:
                    _fail(slot, error)

    def add_job(self, uuid: str, job: JobSlot) -> None:
        """The job named `uuid` is about to be started."""
        self._jobs[uuid] = job

    def drop_job(self, uuid: str) -> None:
        """The job named `uuid` was not started."""
        self._jobs.pop(uuid, None)

    def add_application(self, application: str, channel: str, slot: Slot) -> None:
        """The application named `application` is about to be started on `channel`."""
        self._applications[application] = channel, slot
        self._by_channel.setdefault(channel, set()).add(application)

    def drop_application(self, application: str) -> None:
        """Forgets an application."""
        channel, _ = self._applications.pop(application, ("", None))
        names = self._by_channel.get(channel)
        if names is not None:
            names.discard(application)
            if not names:
                del self._by_channel[channel]

    @property
    def waiting(self) -> int:
        """How many answers and applications are still waited for."""
        return len(self._answers) + len(self._held) + len(self._applications)

    # Results

    def _job_done(self, event: Event) -> None:
        job = self._jobs.pop(event.job_uuid or "", None)
        if job is not None and not job.slot.done():
            job.slot.set_result(event)

    def _application_done(self, event: Event) -> None:
        name = event.application_uuid or ""
        _, slot = self._applications.get(name, ("", None))
        if slot is not None and not slot.done():
            slot.set_result(event)
            self.drop_application(name)

    def _channel_ended(self, event: Event) -> None:
        for name in self._by_channel.pop(event.unique_id or "", ()):
            _, slot = self._applications.pop(name)
            _fail(slot, ChannelEnded(event))

    # The end

    def abort(self, error: ConnectionClosed) -> None:
        """Ends the client session locally, without telling the server."""
        self._finish(self._verdict or error)

    def _finish(self, error: ConnectionClosed) -> None:
        if self.end is None:
            self.end = error
            self._fail_all(error)
            self.on_end()

    def _fail_all(self, error: ConnectionClosed) -> None:
        if self._login is not None:
            _fail(self._login[1], error.again())
            self._login = None
        for slot, _ in self._answers.values():
            _fail(slot, error.again())
        self._answers.clear()
        for held, _ in self._held:
            if held is not None:
                _fail(held, error.again())
        self._held.clear()
        for job in [reference() for reference in self._jobs.valuerefs()]:
            if job is not None:
                _fail(job.slot, error.again())
        self._jobs.clear()
        self._fail_applications(error if error.end != "channel-ended" else None)

    def _fail_applications(self, error: ConnectionClosed | None) -> None:
        """`None`: their channel has ended."""
        for _, slot in self._applications.values():
            _fail(slot, error.again() if error is not None else ChannelEnded())
        self._applications.clear()
        self._by_channel.clear()


class _Nobody:
    """The slot of a command whose answer nobody waits for."""

    def done(self) -> bool:
        return True

    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: Exception, /) -> None: ...
    def exception(self) -> None: ...


_NOBODY = _Nobody()


def _fail(slot: Slot, error: Exception) -> None:
    if not slot.done():
        slot.set_exception(error)
        slot.exception()  # Mark as retrieved, so asyncio does not log 'exception was never retrieved'.
