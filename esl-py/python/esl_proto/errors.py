"""What can go wrong with the protocol itself.

Every error has the number that the core gives it; numbers never change and are the same in every language.
"""

__all__ = ["DialError", "LocalProtocolError", "ProtocolError", "RemoteProtocolError"]


class ProtocolError(Exception):
    """The protocol was broken, or would have been."""

    code: int
    """The error's number."""

    offset: int | None
    """The byte that is wrong, if one is: of the part of the command, of the stream, or of the event's text."""

    def __init__(self, message: str, code: int = 0, offset: int | None = None, *more: object) -> None:
        # All of it goes to `args`, so that errors can be pickled.
        super().__init__(message, code, offset, *more)
        self.code = code
        self.offset = offset

    def __str__(self) -> str:
        return str(self.args[0])


class LocalProtocolError(ProtocolError):
    """The caller's fault: a command that cannot or may not be sent, an answer to nothing. Nothing has changed."""


class DialError(LocalProtocolError):
    """A call that cannot be written, because the server would not read what is meant; or a text that cannot be read as a
    call. `offset` counts bytes of the part that is wrong, or of the text."""

    field: str | None
    """The part of the call: `"variable value"`, `"endpoint"`, ... None for a text that cannot be read."""

    leg: int
    """With which leg, counted from 0 through the whole dial string."""

    item: int
    """Which one, if there are several of them in one place, from 0."""

    def __init__(
        self,
        message: str,
        code: int = 0,
        offset: int | None = None,
        field: str | None = None,
        leg: int = 0,
        item: int = 0,
    ) -> None:
        super().__init__(message, code, offset, field, leg, item)
        self.field = field
        self.leg = leg
        self.item = item


class RemoteProtocolError(ProtocolError):
    """The peer's fault: the framing of the stream is broken for good, or an event's document cannot be read."""

    unanswered: range
    """The ids of the commands that will never be answered, told once."""

    def __init__(self, message: str, code: int = 0, offset: int | None = None, unanswered: range = range(0)) -> None:
        super().__init__(message, code, offset, unanswered)
        self.unanswered = unanswered
