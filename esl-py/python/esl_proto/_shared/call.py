"""What both façades know of a call."""

from __future__ import annotations

from typing import Any

from .. import _native
from .._native import App, Command, Event
from .errors import ChannelEnded, CommandError, ConnectionClosed
from .observing import Peer
from .surface import Answer, E, G, L, N, R, Surface, Timeout

__all__ = ["Call"]


class Call(Surface[R, N, E, G, L]):
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
    _end: Event | None = None
    """The most informative event about the channel's end."""
    _ordered: str | None = None
    """The cause that this program has given."""

    @property
    def cause(self) -> str | None:
        """The hangup cause, once the channel has ended: the one reported by the server or, if it reports none, the one
        given to `hangup`."""
        return ChannelEnded(self._end).cause or (self._ordered if self.has_ended else None)

    def hangup(self, cause: str | int | None = None, *, uuid: str | None = None, timeout: Timeout = ...) -> R:
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
        return self._end_of(super()._failure(what, value))

    def _must_be_open(self) -> None:
        try:
            super()._must_be_open()
        except ConnectionClosed as error:
            raise self._end_of(error) from None

    def _end_of(self, error: Exception) -> Exception:
        """Of a connection that has ended with its channel, the channel's end is the reason, whatever was waited for."""
        is_channel = isinstance(error, ConnectionClosed) and error.end == "channel-ended"
        return ChannelEnded(self._end) if is_channel else error

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
