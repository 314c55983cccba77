"""Calls that are made by a job."""

from __future__ import annotations

from typing import Any

from .._native import JobResult, named_originate
from ..types import Text
from .errors import CallFailed, CommandError
from .verbs import DialText, dial_text

__all__ = ["JobBase", "JobResult", "answered", "checked_result", "originate_line"]


class JobBase:
    """A job that has begun, and how it is told of."""

    __slots__ = ("__weakref__", "_result", "_slot", "_socket", "uuid")

    def __init__(self, uuid: str, result: Any, socket: Any, slot: int) -> None:
        self.uuid = uuid
        """The Job-UUID."""
        self._result = result
        self._socket = socket
        self._slot = slot

    def done(self) -> bool:
        """Whether there is a result, or the reason why there will be none."""
        return self._result.done()  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<Job {self.uuid}{' done' if self.done() else ''}>"

    def __del__(self) -> None:
        if not self._result.done():
            self._socket.give_up(self._slot)


def originate_line(call: Text | DialText, uuid: str | None) -> tuple[bytes, str | None]:
    """The line that makes a call, and the uuid of its channel if that is known before the call is answered."""
    line, name = named_originate(dial_text(call), uuid)
    if uuid is not None and name is None:
        raise ValueError("a call of several legs, or one that has an origination_uuid, takes no uuid")
    return line, name


def checked_result(result: JobResult) -> JobResult:
    """Raises `CommandError` for an error."""
    if result.error:
        raise CommandError(result)
    return result


def answered(result: JobResult, uuid: str | None) -> str:
    """The uuid of the channel that has answered. Raises `CallFailed`."""
    if result.status != "ok":
        raise CallFailed(result.detail, uuid)
    return result.detail
