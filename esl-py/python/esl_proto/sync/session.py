"""One call that FreeSWITCH has sent to this program."""

from __future__ import annotations

import contextlib
import socket

from .._native import App, Command, Event, Reply
from .._shared.errors import ChannelEnded, ConnectionClosed, EventSocketError, is_quiet
from .._shared.call import Call
from .._shared.observing import address_of
from .._shared.surface import Timeout
from .._shared.verbs import HasUuid, Verbs, digits_of
from ..errors import LocalProtocolError
from ..types import Text
from .._shared.reader import Wire, deadline_of
from .socket import Events, EventsAndGaps, EventSocket, LogLines

__all__ = ["Session"]


class Session(Call[Reply, None, Events, EventsAndGaps, LogLines], EventSocket, Verbs[Event, "str | None"]):
    """A call, controlled like the script of an IVR: `call.answer()`, `call.playback("welcome.wav")`.

    Each application is waited for until it has ended, in `async` mode and in `sync` mode alike. A session has all
    methods of `EventSocket`, too; unless the dialplan says `full`, most of them are refused (`LocalProtocolError`)."""

    def open(self, sock: socket.socket, linger: int | None) -> None:
        """The handshake: `connect`, `myevents` and, if it may be said, `linger`. `serve` does it."""
        deadline = deadline_of(self._timeout)
        with contextlib.suppress(OSError):
            self._peer = address_of(sock.getpeername(), "client")
        with self._lock:
            self.reader.wire = Wire(sock, self.reader)
            self._session.connect_outbound()
        self._connected(self.wait(self._send(Command.connect()), deadline))
        with self._lock:
            standing = self.standing()
        self.wait(standing, deadline)
        if linger is not None and self.full_control:
            self.linger(linger)

    def _lost(self) -> None:  # Called with the lock held.
        end = self._reason()
        self._finish_locked(None if self._closing or is_quiet(end) else end)

    def execute(self, app: str, arg: Text = "", *, timeout: float | None = None) -> Event:
        """Runs any application of the dialplan. A `timeout` in seconds ends only the wait, not the application."""
        if self._session.is_lingering:
            raise ChannelEnded(self._end)
        return self.execute_on(None, app, arg, timeout)

    def _app(self, app: App) -> Event:
        if app.needs_resume:
            self.resume()
        try:
            return self.execute(app.name, app.argument)
        except (ChannelEnded, ConnectionClosed) as error:
            if self._has_left(app, error):
                return self.channel
            raise

    def _digits(self, app: App, variable: str) -> str | None:
        return digits_of(self._app(app), variable)

    def hung_up(self, timeout: float | None = None) -> str | None:
        """Waits until the channel has ended or left this connection, and returns the hangup cause, if it is known.
        Raises `TimeoutError`."""
        self.reader.wait(lambda: self.has_ended, deadline_of(timeout))
        return self.cause

    def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or empty.

        With full control it is read with `api uuid_getvar`, and every value arrives whole. Without full control, and
        once the channel has hung up, only `getvar` is available: `BrokenReply` is raised for a value that begins with
        `~`, contains a blank line or has more than 510 bytes, and line ends at the end of a value are lost. Meanwhile,
        other commands wait."""
        return self.variable(None, name, timeout)

    def bridge_to(self, other: HasUuid, *, timeout: Timeout = ...) -> None:
        """Connects the channel with another one, whatever both do now: the session goes on. Needs `full`. Raises `NoSuchChannel`."""
        self.bridge_of(self.uuid, other.uuid, timeout)

    def give_back(self) -> None:
        """Leaves the socket to whoever has given it."""
        with self._lock:
            self.reader.wire = None

    def fail(self, cause: str) -> None:
        """Ends the call after a failure in this program."""
        with contextlib.suppress(EventSocketError, LocalProtocolError):
            self._send(Command.hangup(cause))
