"""The calls of a server, as its events tell of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from .._native import Event

__all__ = ["Calls"]


@dataclass
class _Call:
    """A channel: one leg of a call."""

    uuid: str
    date: str = ""
    state: str = ""
    direction: str = ""
    caller: str = ""
    destination: str = ""
    note: str = ""
    """The hangup cause, after the end."""

    def __str__(self) -> str:
        words = (self.date, self.state, self.direction, f"{self.caller} -> {self.destination}", self.note, self.uuid)
        return " ".join(word for word in words if word)


class Calls:
    """All channels that are there. What has changed since it was last asked is news."""

    EVENTS = ("CHANNEL_CREATE", "CHANNEL_CALLSTATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY")

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._news: list[str] = []

    def news(self) -> Iterator[str]:
        """A line for each call that has come, changed its state or ended."""
        news, self._news = self._news, []
        return iter(news)

    def take_event(self, event: Event) -> None:
        """Takes in what an event says of its call."""
        uuid = event.unique_id
        if uuid is None or (event.get("Answer-State") == "hangup" and uuid not in self._calls):
            return
        call = self._calls.get(uuid) or _Call(uuid)
        state = _word(event, "Channel-Call-State")
        call.date = _word(event, "Event-Date-Local")
        call.direction = _word(event, "Call-Direction")
        call.caller = _word(event, "Caller-Caller-ID-Number")
        call.destination = _word(event, "Caller-Destination-Number")
        if event.name in ("CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"):
            state, call.note = "HANGUP", _word(event, "Hangup-Cause")
        self._set(call, state)

    def take_list(self, text: str) -> None:
        """Takes in the server's list of channels: what was there before the subscription, and what is no more."""
        try:
            rows = json.loads(text).get("rows", [])
        except (ValueError, AttributeError):
            return
        listed = {str(row.get("uuid")): row for row in rows}
        for uuid in self._calls.keys() - listed.keys():
            self._calls[uuid].note = "gone"
            self._set(self._calls[uuid], "HANGUP")
        for uuid, row in listed.items():
            words = (str(row.get(name) or "") for name in ("created", "direction", "cid_num", "dest"))
            date, direction, caller, destination = words
            call = self._calls.get(uuid) or _Call(uuid, date, "", direction, caller, destination)
            self._set(call, str(row.get("callstate") or ""))

    def _set(self, call: _Call, state: str) -> None:
        known = self._calls.get(call.uuid)
        has_changed = known is None or call.state != state
        call.state = state
        self._calls[call.uuid] = call
        if state == "HANGUP" and call.note:
            # The last word, once its reason is known.
            del self._calls[call.uuid]
        elif state == "HANGUP":
            return
        if has_changed or call.note:
            self._news.append(str(call))


def _word(event: Event, name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""
