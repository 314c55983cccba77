"""Calls that are made by a job."""

from __future__ import annotations

from .._native import JobResult, named_originate
from ..types import Text
from .errors import CallFailed, CommandError
from .verbs import DialText, dial_text

__all__ = ["JobResult", "answered", "checked_result", "originate_line"]


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
