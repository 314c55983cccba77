"""An event as it has come: most programs look at a few headers of each, and at no more."""

from __future__ import annotations

import threading

from esl_proto import Event

from .data import NAMES, Data, Value, decoded

__all__ = ["Arrived"]

_MAKING = threading.Lock()


class Arrived:
    """What a `Data` says of an event, read where it lies. Where that is not plain to see, and to change or list it, the
    `Data` is made."""

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
            value = values[0]
            # What is empty, an array, there twice or not UTF-8 needs a closer look.
            if value and isinstance(value, str) and len(values) == 1 and "\ufffd" not in value:
                return value
        return self.data().get(name)

    def data(self) -> Data:
        """All of it, always the same."""
        with _MAKING:
            if self._data is None:
                self._data = Data.of_event(self._event)
            return self._data
