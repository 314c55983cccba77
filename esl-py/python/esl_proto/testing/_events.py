"""Events as a switch makes them: what every event says, and the value of a header."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from typing import cast

__all__ = ["HOSTNAME", "Body", "Headers", "Stamp", "new_uuid", "text"]

HOSTNAME = "simulated"

Headers = Mapping[str, object] | Iterable[tuple[str, object]]
"""Headers in order. A list is an array, octets are sent as they are, whatever else as its text."""
Body = str | bytes


def new_uuid() -> str:
    """A name for a call, an event or a job."""
    return str(uuid.uuid4())


def text(value: object) -> str | list[str]:
    """A header's value as the listener wants it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return [str(item) for item in cast("list[object]", value)] if isinstance(value, list) else str(value)


def pairs(headers: Headers | None) -> list[tuple[str, str | list[str]]]:
    """Headers in order. Those without a value are left out, as FreeSWITCH does."""
    if headers is None:
        return []
    items = cast("Mapping[str, object]", headers).items() if isinstance(headers, Mapping) else headers
    return [(name, text(value)) for name, value in items if value != ""]


class Stamp:
    """What every event of one switch says of itself."""

    def __init__(self) -> None:
        self.core_uuid = new_uuid()
        self._sequence = itertools.count(1)

    def headers(self, name: str, source: str = "switch_core.c") -> list[tuple[str, str | list[str]]]:
        """The first headers of an event that happens now."""
        now = time.time()
        return [
            ("Event-Name", name),
            ("Core-UUID", self.core_uuid),
            ("FreeSWITCH-Hostname", HOSTNAME),
            ("FreeSWITCH-Switchname", HOSTNAME),
            ("FreeSWITCH-IPv4", "127.0.0.1"),
            ("FreeSWITCH-IPv6", "::1"),
            ("Event-Date-Local", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))),
            ("Event-Date-GMT", formatdate(now, usegmt=True)),
            ("Event-Date-Timestamp", str(int(now * 1_000_000))),
            ("Event-Calling-File", source),
            ("Event-Calling-Function", "simulated"),
            ("Event-Calling-Line-Number", "1"),
            ("Event-Sequence", str(next(self._sequence))),
        ]
