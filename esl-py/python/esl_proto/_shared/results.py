"""What a job leaves."""

from __future__ import annotations

from .._native import Event
from ..types import Text
from .errors import CallFailed
from .verbs import DialText

__all__ = ["JobResult", "answered", "originate_line"]


class JobResult:
    """The output of a command that ran in the background. Reads like the answer to `api`."""

    __slots__ = ("event", "text")

    event: Event
    """The BACKGROUND_JOB event."""
    text: str
    """The output: unlike that of `api`, it is empty where the command has printed nothing."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.text = event.body_text or ""

    @property
    def ok(self) -> bool:
        """Whether it begins with `+OK`."""
        return self.text.startswith("+OK")

    @property
    def error(self) -> bool:
        """Whether it begins with `-ERR` or `-USAGE`."""
        return self.text.startswith(("-ERR", "-USAGE"))

    @property
    def detail(self) -> str:
        """What follows `+OK`, `-ERR` or `-USAGE`, without white space around it; otherwise the text without white space at its
        end."""
        for word in ("+OK", "-ERR", "-USAGE"):
            if self.text.startswith(word):
                return self.text[len(word) :].removeprefix(":").strip()
        return self.text.rstrip()

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<JobResult {self.event.job_uuid} {self.text[:60]!r}>"


def originate_line(call: Text | DialText) -> Text:
    """The line that makes a call."""
    octets = bytes(call) if not isinstance(call, str) else call.encode("utf-8", "surrogateescape")
    return octets if octets.startswith(b"originate ") else b"originate " + octets


def answered(result: JobResult) -> str:
    """The uuid of the channel that has answered. Raises `CallFailed`."""
    if not result.ok:
        raise CallFailed(result.detail)
    return result.detail
