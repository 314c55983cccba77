"""What both façades know of a call."""

from __future__ import annotations

from .. import _native
from .._native import Event
from .conversation import Answer
from .errors import CommandError
from .orders import checked

__all__ = ["Call"]


class Call:
    """The channel of an outbound connection."""

    channel: Event
    """The channel's data, as `connect` has given them."""
    uuid: str
    """The channel's Unique-ID."""
    is_async: bool
    """`async` in the dialplan. In `sync` mode, the server answers a command only when the application before it has
    ended."""
    full_control: bool
    """`full` in the dialplan: all of the server can be commanded, not this channel only."""

    def _connected(self, answer: Answer) -> None:
        if not isinstance(answer, _native.Connected):
            raise CommandError(checked(answer))
        self.channel = answer.channel
        self.uuid = answer.channel.unique_id or ""
        self.is_async = answer.is_async
        self.full_control = answer.full_control

    @staticmethod
    def _value(answer: Answer) -> str | None:
        # The server says so of an unset variable, of an empty one, and of a word that it does not know.
        return None if answer.text.strip() == "-ERR command not found" else answer.text
