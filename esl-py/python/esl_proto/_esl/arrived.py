"""An event as it has come: most programs look at a few headers of each, and at no more."""

from __future__ import annotations

import threading

from esl_proto import Event

from .data import NAMES, Data, Value, decoded

__all__ = ["Arrived"]

_KEEPING = threading.Lock()


class Arrived:
    """What a `Data` says of an event, read where it lies. Where that is not plain to see, and to change or list it, the
    `Data` is made."""

    __slots__ = ("_data", "_event")

    def __init__(self, event: Event) -> None:
        self._event = event
        self._data: Data | None = None

    @property
    def name(self) -> str:
        """The event's name."""
        name = self.get("Event-Name")
        return name if isinstance(name, str) and name in NAMES else self.data().name

    @property
    def body(self) -> str | None:
        """The body."""
        body = self._event.body
        return None if body is None else decoded(body)

    def get(self, name: str) -> Value | None:
        """The first value of this name."""
        if self._data is None:
            values = self._event.get_all(name)
            if not values:
                return None
            value = values[0] if len(values) == 1 else _one_of(name, values)
            # Empty values and values that are not UTF-8 take the slow path, too.
            if isinstance(value, str) and value and "\ufffd" not in value:
                return value
        return self.data().get(name)

    def data(self) -> Data:
        """All of it, always the same."""
        data = self._data
        if data is None:
            made = Data.of_event(self._event)
            with _KEEPING:
                data = self._data = self._data or made
        return data


def _one_of(name: str, values: list[Value]) -> Value | None:
    """Which of several values is that of this name, if they are no array together."""
    if any(isinstance(value, list) for value in values):
        return None
    return values[-1 if name.lower() == "event-name" else 0]
