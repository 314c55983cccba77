"""Events as `esl_proto.ESL` has them: a list of headers that can be changed, and a body."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import overload
from urllib.parse import quote

from esl_proto import Command, Connected, Event, Frame
from esl_proto.names import EventName

__all__ = ["ESLevent", "command", "of_event", "of_frame", "of_reply"]

_NAMES = frozenset((*EventName, "ALL"))
_SAFE = "!$'()*,/"
"""What FreeSWITCH does not encode, beside letters, digits and `_.-~`."""
_PRIORITIES = ("NORMAL", "LOW", "HIGH")
_MOST_ITEMS = 4000
"""The highest place in an array that can be set by its number, as in FreeSWITCH."""

_Value = str | list[str]


class _Headers:
    """Headers in order. Look-ups ignore case and find the first."""

    def __init__(self) -> None:
        self.items: list[tuple[str, _Value]] = []

    def find(self, name: str) -> int | None:
        """The place of the first header of this name."""
        name = name.lower()
        return next((place for place, (known, _) in enumerate(self.items) if known.lower() == name), None)

    def get(self, name: str) -> _Value | None:
        """The first value of this name."""
        place = self.find(name)
        return None if place is None else self.items[place][1]

    def delete(self, name: str) -> None:
        """Takes away all headers of this name."""
        self.items = [item for item in self.items if item[0].lower() != name.lower()]

    def add(self, name: str, value: str) -> None:
        """Adds a header after all others, whether there is one of this name or not. An empty value takes those away."""
        if value == "":
            self.delete(name)
        elif value.startswith("ARRAY::"):
            self._put_all(name, value.removeprefix("ARRAY::"))
        else:
            self.items.append((name, value))

    def put(self, name: str, value: str, *, first: bool = False) -> None:
        """Adds an item to an array, or begins one."""
        place = self.find(name)
        if place is None:
            if value.startswith("ARRAY::"):
                self.add(name, value)
            elif value:
                self.items.append((name, [value]))
            return
        known, items = self.items[place][0], self._array(place)
        items.insert(0 if first else len(items), value)
        self.items[place] = (known, items)

    def _put_all(self, name: str, items: str) -> None:
        for item in items.split("|:") if items else ():
            self.put(name, item)

    def set_item(self, name: str, index: int, value: str) -> None:
        """Sets an item of an array by its place; those before it, if they are not there, are empty."""
        if not 0 <= index <= _MOST_ITEMS:
            return
        place = self.find(name)
        if place is None:
            self.items.append((name, []))
            place = len(self.items) - 1
        items = self._array(place)
        items.extend([""] * (index + 1 - len(items)))
        items[index] = value
        self.items[place] = (self.items[place][0], items)

    def _array(self, place: int) -> list[str]:
        value = self.items[place][1]
        return [value] if isinstance(value, str) else value


class ESLevent:
    """An event. `ESLevent(name)`, `ESLevent("CUSTOM", subclass)`, `ESLevent("json", text)`, or `ESLevent(other)`, which
    takes everything out of the other one."""

    @overload
    def __init__(self, type: str, subclass_name: str | None = None, /) -> None: ...
    @overload
    def __init__(self, me: ESLevent, /) -> None: ...
    def __init__(self, type: str | ESLevent, subclass_name: str | None = None, /) -> None:
        self._headers: _Headers | None = _Headers()
        self._body: str | None = None
        self._type = "CUSTOM"
        self._next = 0
        self._is_iterating = False
        if isinstance(type, ESLevent):
            self._headers, self._body, self._type = type._headers, type._body, type._type
            type._headers = type._body = None
        elif not isinstance(type, str) or not isinstance(subclass_name, str | None):
            raise TypeError("ESLevent takes (type), (type, subclass_name) or another ESLevent")
        elif type.lower() == "json" and subclass_name:
            self._read(Event("json", _octets(subclass_name)))
        else:
            self._begin(_known_name(type) or "MESSAGE", subclass_name)

    def _begin(self, name: str, subclass: str | None) -> None:
        self._type = "CUSTOM" if subclass else name
        if self._type != "CLONE":
            self._add("Event-Name", self._type)
        if subclass:
            self._add("Event-Subclass", subclass)

    def _add(self, name: str, value: str, *, as_item: bool = False) -> None:
        if self._headers is not None:
            (self._headers.put if as_item else self._headers.add)(name, value)

    def _read(self, event: Event) -> None:
        """Takes over what has come from a server."""
        if event.error is not None and not len(event):
            raise ValueError("this is no event in JSON")
        headers = _Headers()
        for octets, value in event.headers_bytes():
            name = _text(octets)
            if isinstance(value, list):
                self._read_array(headers, name, value)
            elif name.lower() == "event-name":
                # Of several names the last is the event's.
                headers.delete(name)
                headers.items.append((name, _text(value)))
                self._type = _known_name(_text(value)) or self._type
            elif text := _text(value) or ("_undef_" if event.format == "plain" else ""):
                headers.items.append((name, text))
        self._headers = headers
        self._body = None if event.body is None else _text(event.body)

    def _read_array(self, headers: _Headers, name: str, items: list[bytes]) -> None:
        if headers.find(name) is None:
            headers.items.append((name, []))
        for item in items:
            headers.put(name, _text(item))

    def __repr__(self) -> str:
        return f"<ESLevent {self.getType()}, {len(self._headers.items) if self._headers else 0} headers>"

    # Headers.

    def getHeader(self, header_name: str | None, idx: int = -1) -> str | None:
        """A header's value, or of an array the item at `idx`; without `idx` an array is `ARRAY::one|:two`. `None` if there
        is none."""
        if self._headers is None or header_name is None:
            return None
        value = self._headers.get(_checked(header_name))
        if value is None:
            return self._body if header_name == "_body" else None
        if idx < 0:
            return _joined(value)
        return value[idx] if isinstance(value, list) and idx < len(value) else None

    def addHeader(self, header_name: str, value: str | None) -> bool:
        """Adds a header, also if there is one of this name. `name[3]` sets an item of an array; an empty value takes the
        header away. Whether that went well."""
        return self._change(header_name, value, _Headers.add)

    def pushHeader(self, header_name: str, value: str | None) -> bool:
        """Adds an item at the end of an array."""
        return self._change(header_name, value, _Headers.put)

    def unshiftHeader(self, header_name: str, value: str | None) -> bool:
        """Adds an item at the beginning of an array."""
        return self._change(header_name, value, lambda headers, name, text: headers.put(name, text, first=True))

    def _change(self, name: str, value: str | None, change: Callable[[_Headers, str, str], None]) -> bool:
        _checked(name)
        if self._headers is None or value is None:
            return False
        _checked(value)
        if name == "_body":
            self._body = value
        base, bracket, index = name.partition("[")
        if bracket:
            digits = re.match(r"\s*-?\d+", index)
            self._headers.set_item(base, int(digits.group()) if digits else 0, value)
        else:
            change(self._headers, name, value)
        return True

    def delHeader(self, header_name: str) -> bool:
        """Takes away all headers of this name. True, also if there was none."""
        if self._headers is None:
            return False
        self._headers.delete(_checked(header_name))
        return True

    def firstHeader(self) -> str | None:
        """The name of the first header; `nextHeader` goes on from there."""
        self._next = 0
        self._is_iterating = True
        return self.nextHeader()

    def nextHeader(self) -> str | None:
        """The name of the next header, or `None` after the last."""
        if self._headers is None or not self._is_iterating or self._next >= len(self._headers.items):
            return None
        self._next += 1
        return self._headers.items[self._next - 1][0]

    # The rest.

    def getBody(self) -> str | None:
        """The body, or `None`."""
        return self._body

    def addBody(self, value: str) -> bool:
        """Sets the body."""
        if self._headers is None:
            return False
        self._body = _checked(value)
        return True

    def getType(self) -> str:
        """The event's name, as FreeSWITCH knows it."""
        return self._type if self._headers is not None else "invalid"

    def setPriority(self, priority: int | str = 0) -> bool:
        """Adds a header `priority` before all others: 0 or `NORMAL`, 1 or `LOW`, 2 or `HIGH`."""
        if self._headers is None:
            return False
        names = dict(enumerate(_PRIORITIES))
        word = priority if isinstance(priority, str) else names.get(priority, "INVALID")
        self._headers.items.insert(0, ("priority", word if word in _PRIORITIES else "INVALID"))
        return True

    def serialize(self, format: str | None = None) -> str:
        """The event as text: `json`, `xml`, otherwise as in an event of the plain format."""
        if self._headers is None:
            return ""
        match (format or "").lower():
            case "json":
                return _json(self._headers.items, self._body)
            case "xml":
                return _xml(self._headers.items, self._body)
        lines = "".join(f"{name}: {_encoded(_joined(value))}\n" for name, value in self._headers.items)
        return lines + _with_length(self._body)


def of_event(event: Event) -> ESLevent:
    """An event that has come."""
    made = ESLevent("CLONE")
    made._type = "CUSTOM"  # What FreeSWITCH takes a name for that it does not know.
    made._read(event)
    return made


def of_frame(frame: Frame) -> ESLevent:
    """Another frame: a SOCKET_DATA event with its headers and its body."""
    made = ESLevent("SOCKET_DATA")
    # Only what answers `connect` is coded.
    coded = frame.channel if isinstance(frame, Connected) else None
    for name, value in frame.headers_bytes() if coded is None else coded.headers_bytes():
        for item in value if isinstance(value, list) else [value]:
            made._add(_text(name), _text(item), as_item=isinstance(value, list))
    made._body = None if frame.body is None else _text(frame.body)
    return made


def of_reply(text: str) -> ESLevent:
    """A reply as the server would have given it."""
    made = ESLevent("SOCKET_DATA")
    made._add("Content-Type", "command/reply")
    made._add("Reply-Text", text)
    return made


def command(line: str, event: ESLevent) -> Command:
    """A command with an event's headers and body."""
    items = event._headers.items if event._headers is not None else []
    lines = [line, *(f"{name}: {_joined(value)}" for name, value in items if name.lower() != "content-length")]
    if any("\n" in part for part in lines):
        lines = [*lines[:1], *(_one_line(part) for part in lines[1:])]
    return Command.raw(_octets("\n".join(lines)), None if event._body is None else _octets(event._body))


def _one_line(line: str) -> str:
    if "\n" in line:
        raise ValueError(f"a header with a line end cannot be sent: {line.partition(':')[0]!r}")
    return line


def _known_name(name: str) -> str | None:
    """An event's name in FreeSWITCH's spelling; also `SWITCH_EVENT_X`, whose first 13 characters it skips."""
    upper = name.upper()
    return next((known for known in (upper, upper[13:]) if known in _NAMES), None)


def _checked(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a str is wanted, not {type(text).__name__}")
    return text


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _joined(value: _Value) -> str:
    if isinstance(value, str):
        return value
    return value[0] if len(value) == 1 else "ARRAY::" + "|:".join(value)


def _encoded(text: str) -> str:
    return quote(_octets(text), safe=_SAFE) or "_undef_"


def _with_length(body: str | None) -> str:
    return f"Content-Length: {len(_octets(body))}\n\n{body}" if body else "\n"


_JSON_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def _quoted(text: str) -> str:
    return '"' + re.sub(r'[\x00-\x1f"\\]', lambda found: _JSON_ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'


def _json(items: list[tuple[str, _Value]], body: str | None) -> str:
    """All headers, duplicates too, laid out as the original does."""
    more = [("Content-Length", str(len(_octets(body)))), ("_body", body)] if body is not None else []
    lines = []
    for name, value in [*items, *more]:
        shown = _quoted(value) if isinstance(value, str) else "[" + ", ".join(map(_quoted, value)) + "]"
        lines.append(f"{_quoted(name)}:\t{shown}")
    return "{\n\t" + ",\n\t".join(lines) + "\n}" if lines else "{\n}"


def _xml(items: list[tuple[str, _Value]], body: str | None) -> str:
    """As the server writes it: values are URL-encoded, items of an array are elements of the same name."""
    lines = ["<event>", "  <headers>"]
    for name, value in items:
        for item in [value] if isinstance(value, str) else value:
            lines.append(f"    <{name}>{_escaped(_encoded(item))}</{name}>")
    lines.append("  </headers>")
    if body:
        lines += [f"  <Content-Length>{len(_octets(body))}</Content-Length>", f"  <body>{_escaped(body)}</body>"]
    return "\n".join([*lines, "</event>", ""])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


