"""One call that FreeSWITCH has sent to this program."""

from __future__ import annotations

import contextlib
import socket

from .._native import Command, Event
from .._shared.errors import ChannelEnded, ConnectionClosed, is_quiet
from .._shared.call import Call
from .._shared.surface import Timeout
from .._shared.verbs import Verbs, digits_argument, digits_of
from ..errors import LocalProtocolError
from .shared_reader import Wire, deadline_of
from .socket import EventSocket

__all__ = ["Session"]


class Session(EventSocket, Call, Verbs[Event]):
    """Reads like the script of an IVR: `call.answer()`, `call.playback("welcome.wav")`.

    Each application is waited for until it has ended, in `async` mode and in `sync` mode alike. All that `EventSocket`
    has is there too; where the dialplan does not say `full`, most of it is refused (`LocalProtocolError`)."""

    def open(self, sock: socket.socket, linger: int | None) -> None:
        """The handshake: `connect`, `myevents` and, if it may be said, `linger`. `serve` does it."""
        deadline = deadline_of(self._timeout)
        with self._lock:
            self.reader.wire = Wire(sock, self.reader)
            self._session.connect_outbound()
        self._connected(self._wait(self._send(Command.connect()), deadline))
        with self._lock:
            standing = self._stand()
        self._wait(standing, deadline)
        if linger is not None and self.full_control:
            self.linger(linger)

    def _lost(self) -> None:  # Called with the lock held.
        end = self._reason()
        self._finish_locked(None if self._closing or is_quiet(end) else end)

    def execute(self, app: str, arg: str = "", *, timeout: float | None = None) -> Event:
        """Runs any application of the dialplan. After `timeout` seconds it goes on, unwatched."""
        if self._session.is_lingering:
            raise ChannelEnded
        try:
            return self._execute(app, arg, None, timeout)
        except ConnectionClosed as error:
            if error.end == "channel-ended":
                raise ChannelEnded from error
            raise

    def play_and_get_digits(
        self,
        file: str,
        *,
        min_digits: int = 1,
        max_digits: int = 1,
        tries: int = 3,
        timeout: float = 5.0,
        terminators: str = "#",
        invalid_file: str = "silence_stream://1",
        variable: str = "digits",
        regexp: str = r"\d+",
        digit_timeout: float | None = None,
    ) -> str | None:
        """Plays `file` and collects what is typed: the digits, or `None` if nothing valid was typed in all tries.
        Times are in seconds; the digits are also in the channel's `variable`."""
        argument = digits_argument(
            file,
            min_digits=min_digits,
            max_digits=max_digits,
            tries=tries,
            timeout=timeout,
            terminators=terminators,
            invalid_file=invalid_file,
            variable=variable,
            regexp=regexp,
            digit_timeout=digit_timeout,
        )
        return digits_of(self.execute("play_and_get_digits", argument), variable)

    def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or empty.

        With full control it is read by `api uuid_getvar`, and arrives whole whatever it is. Without, and once the channel
        has hung up, only `getvar` is there: `BrokenReply` is raised for a value that begins with `~`, has a blank line in
        it, or more than 510 octets, and line ends behind a value are lost. Meanwhile, other commands wait."""
        deadline = self._deadline(timeout)
        if self.full_control:
            is_read, value = self._api_value(self._wait(self._send(self._uuid_getvar(name)), deadline))
            if is_read:
                return value
        return self._value(name, self._wait(self._read(name), deadline))

    def fail(self, cause: str) -> None:
        """Ends the call after a failure in this program."""
        with contextlib.suppress(ConnectionClosed, LocalProtocolError):
            self._send(Command.hangup(cause))
