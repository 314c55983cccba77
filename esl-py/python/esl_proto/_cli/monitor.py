"""The calls of a server: as lines for people, and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .._native import Event
from ..calls import Call, Calls
from ..names import CallState

if TYPE_CHECKING:
    from .table import Table

__all__ = ["Monitor", "table"]

_BOUND = 100_000


def table(*, colours: bool) -> AbstractContextManager[Table] | None:
    """A table on the terminal, if rich is there."""
    try:
        from .table import Table
    except ImportError:
        return None
    return Table(Calls(_BOUND), colours=colours)


class Monitor:
    """Tells each call that comes, changes its state or ends, once."""

    EVENTS = ("CHANNEL_CREATE", "CHANNEL_CALLSTATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY")
    """Those that say so; the others that `Calls` can read are many."""

    def __init__(self) -> None:
        self._calls = Calls(_BOUND)
        self._told: dict[str, str] = {}
        """The state of each channel that has been told."""

    def take_event(self, event: Event) -> Iterator[str]:
        """The lines that an event is worth."""
        change = self._calls.take(event)
        if change is not None and change.call is not None:
            yield from self._tell(change.call, event.timestamp, change.kind == "ended")

    def take_list(self, text: str) -> Iterator[str]:
        """The lines that the server's list of channels is worth: of what was there before, and of what is no more."""
        for call in self._calls.restore(text):
            yield from self._tell(call, None, True, "gone")
        for call in self._calls:
            yield from self._tell(call, call.created, False)

    def _tell(self, call: Call, when: datetime | None, ended: bool, note: str = "") -> Iterator[str]:
        known = self._told.get(call.uuid)
        state = str(CallState.HANGUP) if ended else str(call.call_state or "")
        note = note or str(call.cause or "")
        if ended:
            self._told.pop(call.uuid, None)
        elif state != CallState.HANGUP or note:
            self._told[call.uuid] = state
        # The end is told once its reason is known.
        if state == known or (state == CallState.HANGUP and not (ended or note)):
            return
        date = (when or datetime.now(timezone.utc)).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        direction = str(call.direction or "")
        words = (date, state, direction, f"{call.caller_number} -> {call.destination}", note, call.uuid)
        yield " ".join(word for word in words if word)
