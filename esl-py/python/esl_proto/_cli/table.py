"""A live table of the calls of a server, on rich."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from types import TracebackType
from typing import Self

from rich import box, table
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from .._native import Event
from ..calls import Call, Calls
from ..names import CallState
from .output import printable

__all__ = ["Table"]

_STYLES = {"ACTIVE": "green", "RINGING": "yellow", "EARLY": "yellow", "HELD": "magenta", "HANGUP": "red", "DOWN": "dim"}
_AROUND = 6
"""Lines of the screen that are no call's."""


class Table:
    """The channels that there are, the oldest first, with totals."""

    PERIOD = 0.5
    """Seconds from one picture to the next."""

    def __init__(self, calls: Calls, *, colours: bool) -> None:
        self._calls = calls
        self._console = Console(no_color=not colours, highlight=False)
        self._live = Live(console=self._console, screen=True, auto_refresh=False, transient=True)
        self._said = ""
        self._begun = self._ended = 0
        self._causes = Counter[str]()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def restore(self, text: str) -> None:
        """Takes the server's list of channels."""
        self._calls.restore(text)

    def take(self, event: Event) -> None:
        """Takes an event."""
        change = self._calls.take(event)
        if change is None or change.call is None:
            return
        if change.kind == "began":
            self._begun += 1
        elif change.kind == "ended":
            self._ended += 1
            self._causes[str(change.call.cause or "unknown")] += 1

    def say(self, text: str) -> None:
        """Shows a message below the table."""
        self._said = f"{datetime.now():%H:%M:%S} {printable(text)}"

    def draw(self, address: str, *, is_open: bool) -> None:
        """Draws what is known now."""
        now = datetime.now(timezone.utc)
        calls = sorted(self._calls, key=lambda call: (call.created or now, call.uuid))
        states = Counter(str(call.call_state or "") for call in calls)
        room = max(self._console.size.height - _AROUND, 1)
        shown = calls if len(calls) <= room else calls[: room - 1]
        grid = table.Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), pad_edge=False)
        for name, right, ratio in (
            ("FOR", True, 0),
            ("STATE", False, 0),
            ("DIR", False, 0),
            ("FROM", False, 2),
            ("TO", False, 2),
            ("APPLICATION", False, 3),
            ("UUID", False, 0),
        ):
            grid.add_column(name, justify="right" if right else "left", ratio=ratio or None, no_wrap=True)
        for call in shown:
            grid.add_row(*_row(call, now))
        if len(shown) < len(calls):
            grid.add_row("", f"{len(calls) - len(shown)} more")
        heads = [address, f"{len(calls)} channels"]
        heads += [f"{number} {state.lower()}" for state, number in sorted(states.items()) if state]
        heads += [f"{self._begun} begun", f"{self._ended} ended"]
        heads += [f"{number} {cause}" for cause, number in self._causes.most_common(3)]
        head = Text("  ".join(heads), style="bold", no_wrap=True, overflow="ellipsis")
        foot = Text(self._said if is_open or self._said else "connecting again", no_wrap=True, overflow="ellipsis")
        foot.stylize("dim" if is_open else "red")
        self._live.update(Group(head, grid, foot), refresh=True)


def _row(call: Call, now: datetime) -> tuple[Text, ...]:
    state = str(call.call_state or call.state or "")
    since = (call.call_state == CallState.ACTIVE and call.answered) or call.created
    name, number = call.caller_name, call.caller_number
    caller = number if name == number else f"{name} {number}"
    return (
        Text(_span((now - since).total_seconds()) if since else ""),
        Text(printable(state), style=_STYLES.get(state, "")),
        Text({"inbound": "in", "outbound": "out"}.get(str(call.direction or ""), "")),
        Text(printable(caller.strip())),
        Text(printable(call.destination)),
        Text(printable(f"{call.application} {call.application_data}".strip())),
        Text(printable(call.uuid[:8]), style="dim"),
    )


def _span(seconds: float) -> str:
    whole = max(int(seconds), 0)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
