"""`ESLevent`, the event of FreeSWITCH's module ESL."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import overload

from esl_proto import Event

from .arrived import Arrived
from .data import Data, checked, joined, known_name, octets

__all__ = ["ESLevent"]

_PRIORITIES = ("NORMAL", "LOW", "HIGH")


class ESLevent:
    """An event. `ESLevent(name)`, `ESLevent("CUSTOM", subclass)`, `ESLevent("json", text)`, or `ESLevent(other)`, which
    takes everything out of the other one."""

    _content: Arrived | Data | None
    """`None` if it has been taken out."""
    _next: int | None = None

    @overload
    def __init__(self, type: str, subclass_name: str | None = None, /) -> None: ...
    @overload
    def __init__(self, me: ESLevent, /) -> None: ...
    def __init__(self, type: object, subclass_name: object = None, /) -> None:
        match type, subclass_name:
            case ESLevent(), None:
                self._content, type._content = type._content, None
            case str(), str(text) if text and type.lower() == "json":
                self._content = _of_json(text)
            case str(), str() | None:
                self._content = _new(known_name(type) or "MESSAGE", subclass_name)
            case _:
                raise TypeError("ESLevent takes (type), (type, subclass_name) or another ESLevent")

    @classmethod
    def of(cls, content: Arrived | Data) -> ESLevent:
        """An event of what has come."""
        made = cls.__new__(cls)
        made._content = content
        return made

    def data(self) -> Data | None:
        """What is in it, for this library only."""
        content = self._content
        if isinstance(content, Arrived):
            content = self._content = content.data()
        return content

    def __repr__(self) -> str:
        return f"<ESLevent {self.getType()}>"

    # Headers.

    def getHeader(self, header_name: str | None, idx: int = -1) -> str | None:
        """A header's value, or of an array the item at `idx`; without `idx` an array is `ARRAY::one|:two`. `None` if
        there is none."""
        content = self._content
        if content is None or header_name is None:
            return None
        value = content.get(checked(header_name))
        if idx < 0 and isinstance(value, str):
            return value
        if value is None:
            return content.body if header_name == "_body" else None
        if idx < 0:
            return joined(value)
        return value[idx] if isinstance(value, list) and idx < len(value) else None

    def addHeader(self, header_name: str, value: str | None) -> bool:
        """Adds a header, also if there is one of this name. `name[3]` sets an item of an array; an empty value takes
        the header away. Whether that went well."""
        return self._change(Data.add, header_name, value)

    def pushHeader(self, header_name: str, value: str | None) -> bool:
        """Adds an item at the end of an array."""
        return self._change(Data.push, header_name, value)

    def unshiftHeader(self, header_name: str, value: str | None) -> bool:
        """Adds an item at the beginning of an array."""
        return self._change(Data.unshift, header_name, value)

    def _change(self, change: Callable[[Data, str, str], None], name: str, value: str | None) -> bool:
        checked(name)
        data = self.data()
        if data is None or value is None:
            return False
        checked(value)
        if name == "_body":
            data.body = value
        base, bracket, index = name.partition("[")
        if bracket:
            digits = re.match(r"\s*-?\d+", index)
            data.set_item(base, int(digits.group()) if digits else 0, value)
        else:
            change(data, name, value)
        return True

    def delHeader(self, header_name: str) -> bool:
        """Takes away all headers of this name. True, also if there was none."""
        checked(header_name)
        data = self.data()
        if data is not None:
            data.delete(header_name)
        return data is not None

    def firstHeader(self) -> str | None:
        """The name of the first header; `nextHeader` goes on from there."""
        self._next = 0
        return self.nextHeader()

    def nextHeader(self) -> str | None:
        """The name of the next header, or `None` after the last."""
        data = self.data()
        if data is None or self._next is None or self._next >= len(data.headers):
            return None
        self._next += 1
        return data.headers[self._next - 1][0]

    # The rest.

    def getBody(self) -> str | None:
        """The body, or `None`."""
        return None if self._content is None else self._content.body

    def addBody(self, value: str) -> bool:
        """Sets the body."""
        checked(value)
        data = self.data()
        if data is not None:
            data.body = value
        return data is not None

    def getType(self) -> str:
        """The event's name, as FreeSWITCH knows it."""
        return "invalid" if self._content is None else self._content.name

    def setPriority(self, priority: int | str = 0) -> bool:
        """Adds a header `priority` before all others: 0 or `NORMAL`, 1 or `LOW`, 2 or `HIGH`."""
        names = dict(enumerate(_PRIORITIES))
        word = names.get(priority, "INVALID") if isinstance(priority, int) else checked(priority)
        data = self.data()
        if data is not None:
            data.insert("priority", word if word in _PRIORITIES else "INVALID")
        return data is not None

    def serialize(self, format: str | None = None) -> str:
        """The event as text: `json`, `xml`, otherwise as in an event of the plain format."""
        form = "" if format is None else checked(format).lower()
        data = self.data()
        if data is None:
            return ""
        texts = {"json": data.json, "xml": data.xml}
        return texts.get(form, data.text)()


def _new(name: str, subclass: str | None) -> Data:
    data = Data("CUSTOM" if subclass else name)
    if data.name != "CLONE":
        data.add("Event-Name", data.name)
    if subclass:
        data.add("Event-Subclass", subclass)
    return data


def _of_json(text: str) -> Data:
    event = Event("json", octets(text))
    if event.error is not None and not len(event):
        raise ValueError("not an event in JSON")
    return Data.of_event(event)
