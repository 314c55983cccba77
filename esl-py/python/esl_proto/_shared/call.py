"""What both façades know of a call."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

from .. import _native
from .._native import App, Command, Event
from ..errors import LocalProtocolError
from .errors import BrokenReply, ChannelEnded, CommandError, ConnectionClosed
from .observing import Peer
from .reading import Reading
from .surface import Answer, Slot, Surface, Timeout, fail

__all__ = ["Call"]

_SHOWN = 60
"""How many characters of a value an error shows."""


class Call(Surface[Any, Any, Any, Any, Any]):
    """The channel of an outbound connection."""

    channel: Event
    """The channel's data, as `connect` has given them."""
    uuid: str
    """The channel's Unique-ID."""
    is_async: bool
    """`async` in the dialplan. In `sync` mode, the server answers a command only when the application before it has
    ended."""
    full_control: bool
    """`full` in the dialplan: all commands are allowed, not only those for this channel."""
    _peer = Peer("?", None, "client")
    _reading: Reading | None = None
    _end: Event | None = None
    """The most informative event about the channel's end."""
    _ordered: str | None = None
    """The cause that this program has given."""

    @property
    def cause(self) -> str | None:
        """The hangup cause, once the channel has ended: the one reported by the server or, if it reports none, the one
        given to `hangup`."""
        return ChannelEnded(self._end).cause or (self._ordered if self.has_ended else None)

    def hangup(self, cause: str | int | None = None, *, uuid: str | None = None, timeout: Timeout = ...) -> Any:
        """`sendmsg` with `hangup`: ends this call, or the one with `uuid`."""
        if uuid in (None, self.uuid):
            self._ordered = "NORMAL_CLEARING" if cause is None else str(cause)
        return super().hangup(cause, uuid=uuid, timeout=timeout)

    @property
    def has_ended(self) -> bool:
        """Whether the channel has ended, or left this connection."""
        return self._end is not None or self._session.is_lingering or self._over

    def _hung_up(self, event: Event) -> None:
        if event.unique_id == self.uuid and (self._end is None or ChannelEnded(self._end).cause is None):
            self._end = event

    def _failure(self, what: str, value: Any) -> Exception:
        if what == "channel-ended":
            by = value if isinstance(value, Event) else None
            return ChannelEnded(self._end if by is None or ChannelEnded(by).cause is None else by)
        return super()._failure(what, value)

    def _has_left(self, app: App, error: Exception) -> bool:
        """Whether the call has gone where `app` has sent it, which looks like an end."""
        if not app.needs_resume or ChannelEnded(self._end).cause is not None:
            return False
        ends = isinstance(error, ConnectionClosed) and error.end in ("channel-ended", "eof", "goodbye")
        return ends or isinstance(error, ChannelEnded) and error.cause is None

    def _own_uuid(self) -> str | None:
        return getattr(self, "uuid", None)

    @property
    def peer(self) -> Peer:
        return self._peer

    def _connected(self, answer: Answer) -> None:
        if not isinstance(answer, _native.Connected):
            raise CommandError(answer, command=Command.connect())
        self.channel = answer.channel
        self.uuid = answer.channel.unique_id or ""
        self.is_async = answer.is_async
        self.full_control = answer.full_control

    # Variables

    def _read(self, name: str) -> Any:
        """Reads a variable by `getvar`: see `Reading`."""
        wait = self._new_slot()
        with self._lock:
            self._must_be_open()
            self._soon(wait, partial(self._read_now, name, wait))
        return wait

    def _read_now(self, name: str, wait: Slot) -> None:
        reading = Reading(name, wait, self._send_uncounted, self._is_read)
        self._send_now(reading.command, reading)
        self._send_now(reading.behind, reading)
        self._reading, self._held = reading, deque()

    def _send_uncounted(self, octets: bytes) -> None:
        self._session.write(octets)
        self._flush()

    def _unexpected(self, message: Any) -> None:
        if self._reading is not None and isinstance(message, _native.Unexpected):
            self._reading.unexpected(message)

    def _is_read(self) -> None:
        """The reading is over: sends what has waited, up to the next one."""
        held, self._held, self._reading = self._held or deque(), None, None
        while held and self._held is None:
            wait, send = held.popleft()
            try:
                self._must_be_open()
                send()
            except (ConnectionClosed, LocalProtocolError) as error:
                fail(wait, error)
        if self._held is not None:
            self._held.extend(held)

    def _value(self, name: str, reading: tuple[Answer, bool]) -> str | None:
        """The value that a `Reading` has given."""
        answer, is_whole = reading
        if not isinstance(answer, _native.Reply):
            raise CommandError(answer, command=Command.getvar(name))
        state, value = answer.variable
        if state == "cut" or not is_whole:
            what, text = "broke" if answer.broken else "cut", answer.text_to_end
            shown = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."
            raise BrokenReply(
                answer,
                f"the server {what} its reply to 'getvar {name}', which says {shown}: "
                "'api uuid_getvar' reads such a variable, and needs full control",
                Command.getvar(name),
            )
        # The server says of an empty variable, and of a word that it does not know, what it says of one that is not set.
        return None if state == "unset" else value
