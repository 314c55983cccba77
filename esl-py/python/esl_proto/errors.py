"""What can go wrong with the protocol itself.

Every error has the number that the core gives it; numbers never change and are the same in every language.
"""

__all__ = ["LocalProtocolError", "ProtocolError", "RemoteProtocolError"]


class ProtocolError(Exception):
    """The protocol was broken, or would have been."""

    code: int
    """The error's number."""

    offset: int | None
    """The octet that is wrong, if one is: of the part of the command, of the stream, or of the event's text."""

    def __init__(self, message: str, code: int = 0, offset: int | None = None, *more: object) -> None:
        # All of it goes to `args`, so that errors can be pickled.
        super().__init__(message, code, offset, *more)
        self.code = code
        self.offset = offset

    def __str__(self) -> str:
        return str(self.args[0])


class LocalProtocolError(ProtocolError):
    """The caller's fault: a command that cannot or may not be sent, an answer to nothing. Nothing has changed."""


class RemoteProtocolError(ProtocolError):
    """The peer's fault: the framing of the stream is broken for good, or an event's document cannot be read."""

    unanswered: range
    """The ids of the commands that will never be answered, told once."""

    def __init__(self, message: str, code: int = 0, offset: int | None = None, unanswered: range = range(0)) -> None:
        super().__init__(message, code, offset, unanswered)
        self.unanswered = unanswered
