"""A drop-in replacement for FreeSWITCH's own Python module `ESL`: `from esl_proto import ESL`, not `import ESL`.

Names, arguments and results are those of the original, which is a C++ library behind SWIG. `docs/esl.md` lists every
function and the deliberate differences. For new programs there are `esl_proto.sync` and `esl_proto.aio`.
"""

from __future__ import annotations

import logging
import re
import sys
from time import monotonic
from typing import overload

from esl_proto import Command, Event, Frame, LocalProtocolError

from ._esl.arrived import Arrived
from ._esl.data import Data, checked, joined, octets
from ._esl.event import ESLevent
from ._esl.link import Link, attach, connect

__all__ = ["ESLconnection", "ESLevent", "eslSetLogLevel"]

_log = logging.getLogger("esl_proto.ESL")

_LINE_ENDS = "\r\n"

_REFUSALS = {
    604: "-ERR command not found",
    605: "-ERR not controlling a session",
    606: "-ERR invalid session id []",
    607: "-ERR permission denied",
}
"""What the server would say to commands that its connection, as it knows itself, cannot have executed."""


class ESLconnection:
    """A connection to FreeSWITCH, or from it. `connected` says whether it succeeded.

    `ESLconnection(host, port, password)`, `ESLconnection(host, port, user, password)` with a user `name@domain`, or
    `ESLconnection(descriptor)` of a socket that FreeSWITCH has connected to. It may be used from several threads.
    """

    @overload
    def __init__(self, host: str | None, port: str | int | None, password: str | None, /) -> None: ...
    @overload
    def __init__(self, host: str | None, port: str | int | None, user: str | None, password: str | None, /) -> None: ...
    @overload
    def __init__(self, socket: int, /) -> None: ...
    def __init__(self, *args: str | int | None) -> None:
        self._link: Link | None = None
        self._info: Frame | None = None
        self._is_async = False
        self._locks = False
        match args:
            case (int(descriptor),):
                self._attach(descriptor)
            case (str() | None as host, str() | int() | None as port, str() | None as password):
                self._connect(host, port, None, password)
            case (str() | None as host, str() | int() | None as port, str() | None as user, str() | None as password):
                self._connect(host, port, user, password)
            case _:
                raise TypeError("ESLconnection takes (host, port, password), (host, port, user, password) or (socket)")

    def _connect(self, host: str | None, port: str | int | None, user: str | None, password: str | None) -> None:
        name, _, domain = (user or "").rpartition("@")
        try:
            word = _argument(password or "")
            login = Command.userauth(_argument(name), _argument(domain), word) if user else Command.auth(word)
        except LocalProtocolError as error:
            _log.info("no connection to %s:%s: %s", host, port, error)
            return
        self._link = None if port is None else connect(host, _number(port), login)
        _log.info("%s %s:%s", "connected to" if self._link else "no connection to", host, port)

    def _attach(self, descriptor: int) -> None:
        self._link = attach(descriptor)
        self._info = None if self._link is None else self._link.ask(Command.connect())
        if self._link is not None and self._info is None:
            self._link.close()

    def __del__(self) -> None:
        link = getattr(self, "_link", None)
        if link is not None:
            link.abandon()

    # The connection.

    def socketDescriptor(self) -> int:
        """The socket's descriptor, to wait for it with `select`, or -1 without a connection."""
        return self._link.fileno() if self._link is not None and self._link.is_open else -1

    def connected(self) -> int:
        """1 as long as the connection is there, otherwise 0."""
        return int(self._link is not None and self._link.is_open)

    @property
    def stats(self) -> dict[str, int]:
        """What came in (`octets`, `frames`, `events`, `log_lines`, `unexpected`), how many octets went out (`octets_sent`), and
        how many waits for an answer have ended at their deadline (`timeouts`). The original has none of this."""
        return {} if self._link is None else self._link.stats

    def disconnect(self) -> int:
        """Ends the connection. 0, always."""
        if self._link is not None:
            self._link.close()
        return 0

    def getInfo(self) -> ESLevent | None:
        """The channel's data, for a connection that FreeSWITCH has made."""
        return ESLevent.of(Data.of_frame(self._info)) if self._info is not None and self.connected() else None

    # Commands.

    def send(self, cmd: str) -> int:
        """Sends a command without waiting: `recvEvent` returns its answer. Returns 0, or 1 without a connection."""
        try:
            command = _raw(cmd)
            if command is None:
                return int(not self.connected())
            return int(self._link is None or not self._link.send(command))
        except LocalProtocolError as error:
            if error.code not in _REFUSALS:
                raise
            return 1

    def sendRecv(self, cmd: str) -> ESLevent | None:
        """Sends a command and returns its answer; `None` if the connection is over. Events of the meantime are kept for
        `recvEvent`."""
        command = _raw(cmd)
        return None if command is None else self._ask(command)

    def api(self, cmd: str, arg: str | None = None) -> ESLevent | None:
        """Runs an API command; its output is the answer's body."""
        return self._ask(Command.api(_line(cmd, arg)))

    def bgapi(self, cmd: str, arg: str | None = None, job_uuid: str | None = None) -> ESLevent | None:
        """Begins an API command. The answer has a header Job-UUID, and so has the BACKGROUND_JOB event with its
        result."""
        job = None if job_uuid is None else _argument(job_uuid)
        return self._ask(Command.bgapi(_line(cmd, arg), job_uuid=job))

    def filter(self, header: str, value: str) -> ESLevent | None:
        """Passes only events with this header; `delete` and a header's name undo that."""
        return self.sendRecv(f"filter {checked(header)} {checked(value)}")

    def events(self, etype: str, value: str) -> int:
        """Subscribes to events, in the format `plain`, `json` or `xml`; other words mean `plain`. 0, or 1 without a
        connection."""
        etype = etype if checked(etype) in ("xml", "json") else "plain"
        return int(self.sendRecv(f"event {etype} {checked(value)}") is None)

    def sendEvent(self, send_me: ESLevent) -> ESLevent:
        """Fires an event. The answer; without a connection a SERVER_DISCONNECTED event."""
        answer = self._ask(_with_event(f"sendevent {_event(send_me).getType()}", send_me))
        return answer or ESLevent("SERVER_DISCONNECTED")

    def sendMSG(self, send_me: ESLevent, uuid: str | None = None) -> int:
        """Sends an event's headers as a message to a channel. 0, or 1 without a connection."""
        line = f"sendmsg {checked(uuid).rstrip(_LINE_ENDS)}" if uuid else "sendmsg"
        return int(self._ask(_with_event(line, send_me)) is None)

    def execute(self, app: str, arg: str | None = None, uuid: str | None = None) -> ESLevent | None:
        """Executes an application on a channel; without `uuid` on the one that the connection controls."""
        return self._execute(app, arg, uuid, self._is_async)

    def executeAsync(self, app: str, arg: str | None = None, uuid: str | None = None) -> ESLevent | None:
        """The same, with an answer at once even where the dialplan has not said `async`."""
        return self._execute(app, arg, uuid, True)

    def _execute(self, app: str, arg: str | None, uuid: str | None, is_async: bool) -> ESLevent | None:
        command = Command.execute(
            _argument(app),
            _argument("" if arg is None else arg),
            uuid=None if uuid is None else _argument(uuid),
            event_lock=self._locks,
            run_async=is_async,
        )
        return self._ask(command)

    def setAsyncExecute(self, val: str | None) -> int:
        """Whether `execute` does what `executeAsync` does: `"1"`, `"true"`, `"yes"`, ... Whether it does now."""
        self._is_async = self._is_async if val is None else _is_true(val)
        return int(self._is_async)

    def setEventLock(self, val: str | None) -> int:
        """Whether `execute` waits until what was executed before has ended. Whether it does now."""
        self._locks = self._locks if val is None else _is_true(val)
        return int(self._locks)

    def _ask(self, command: Command) -> ESLevent | None:
        _log.debug("SEND %r", command)
        try:
            answer = None if self._link is None else self._link.ask(command)
        except LocalProtocolError as error:
            if error.code not in _REFUSALS:
                raise
            return _refusal(_REFUSALS[error.code])
        return None if answer is None else ESLevent.of(Data.of_frame(answer))

    # Incoming.

    def recvEvent(self) -> ESLevent:
        """The next event, or another frame as a SOCKET_DATA event. A SERVER_DISCONNECTED event when the connection is
        over."""
        return self._take(None) or ESLevent("SERVER_DISCONNECTED")

    def recvEventTimed(self, ms: int) -> ESLevent | None:
        """The next event within `ms` milliseconds, or `None`, also if the connection is over. 0 waits without limit."""
        return self._take(monotonic() + ms / 1000 if ms > 0 else None)

    def _take(self, deadline: float | None) -> ESLevent | None:
        message = None if self._link is None else self._link.take(deadline)
        if message is None:
            return None
        _log.debug("RECV %r", message)
        return ESLevent.of(Arrived(message) if isinstance(message, Event) else Data.of_frame(message))


def eslSetLogLevel(level: int) -> None:
    """Logs to standard error messages up to `level`: 0 (EMERG) to 7 (DEBUG). Passwords are masked. The logger is
    `esl_proto.ESL`; programs that set up `logging` themselves do not need this."""
    levels = (logging.CRITICAL, logging.CRITICAL, logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO)
    _log.setLevel(levels[level] if 0 <= level < len(levels) else logging.INFO if level == 6 else logging.DEBUG)
    if not _log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("[%(levelname)s] %(name)s %(message)s"))
        _log.addHandler(handler)


def _argument(text: str) -> bytes:
    """Text that ends a line: line ends of its own end nothing more."""
    return octets(checked(text).rstrip(_LINE_ENDS))


def _line(cmd: str, arg: str | None) -> bytes:
    return _argument(f"{checked(cmd)} {checked(arg)}" if arg else cmd)


def _raw(cmd: str) -> Command | None:
    """A command as scripts write it: with line ends of any kind after it, or none. Nothing if that is all."""
    text = octets(cmd).replace(b"\r\n", b"\n").lstrip(b"\n")
    head, _, rest = text.partition(b"\n\n")
    length = re.search(rb"\ncontent-length: *(\d+)", head, re.IGNORECASE)
    if not head:
        return None
    # What follows the head, or the body, would be the next command: it is refused.
    if length is None or rest[int(length[1]) :].strip(b"\n"):
        return Command.raw(text.rstrip(b"\n"))
    return Command.raw(head[: length.start()] + head[length.end() :], rest[: int(length[1])])


def _event(event: object) -> ESLevent:
    if isinstance(event, ESLevent):
        return event
    raise TypeError(f"expected ESLevent, not {type(event).__name__}")


def _with_event(line: str, event: ESLevent) -> Command:
    """A command with an event's headers and body."""
    data = _event(event).data() or Data("CLONE")
    lines = [line]
    for name, value in data.headers:
        header = f"{name}: {joined(value)}"
        if "\n" in header:
            raise ValueError(f"a header with a line end cannot be sent: {name!r}")
        # `Command` writes the only Content-Length.
        if name.lower() != "content-length":
            lines.append(header)
    return Command.raw(octets("\n".join(lines)), None if data.body is None else octets(data.body))


def _refusal(text: str) -> ESLevent:
    """A reply as the server would have given it."""
    event = ESLevent("SOCKET_DATA")
    event.addHeader("Content-Type", "command/reply")
    event.addHeader("Reply-Text", text)
    return event


def _number(text: str | int) -> int:
    """A number as C's `atoi` reads it."""
    found = re.match(r"\s*[+-]?\d+", str(text))
    return int(found.group()) if found else 0


def _is_true(word: str) -> bool:
    return checked(word).lower() in ("yes", "on", "true", "enabled", "active", "allow") or _number(word) != 0
