"""What is behind an `ESLevent`: a name, headers in order that can be changed, and a body; and its three texts."""

from __future__ import annotations

import json
import re
import threading

from esl_proto import Connected, Event, Frame
from esl_proto._native import vocabulary

__all__ = ["NAMES", "Data", "Value", "checked", "decoded", "joined", "known_name", "octets"]

NAMES = frozenset((*(word for word, _ in dict(vocabulary())["EventName"]), "ALL"))
"""All that are known, in FreeSWITCH's spelling."""
_UNRESERVED = re.compile(r"[\w!$'()*,\-./~]+", re.ASCII)
"""What FreeSWITCH does not encode."""
_CODES = {octet: f"%{octet:02X}" for octet in range(256) if not _UNRESERVED.match(chr(octet))}
_MOST_ITEMS = 4000
"""The highest place in an array that can be set by its number, as in FreeSWITCH."""

Value = str | list[str]


def known_name(name: str) -> str | None:
    """An event's name in FreeSWITCH's spelling; also `SWITCH_EVENT_X`, whose first 13 characters it skips."""
    upper = name.upper()
    return next((known for known in (upper, upper[13:]) if known in NAMES), None)


def checked(text: object) -> str:
    """What should be text: SWIG takes nothing else, either."""
    if isinstance(text, str):
        return text
    raise TypeError(f"expected str, not {type(text).__name__}")


def octets(text: str) -> bytes:
    """Text as it goes out; surrogates are the bytes that they stand for."""
    return checked(text).encode("utf-8", "surrogateescape")


def decoded(data: bytes) -> str:
    """Text of what has come; bytes that are not UTF-8 become surrogates."""
    return data.decode("utf-8", "surrogateescape")


def _folded(name: str) -> str:
    """A name whatever the case of its letters, which are those of ASCII."""
    return name.lower() if name.isascii() else decoded(octets(name).lower())


def joined(value: Value) -> str:
    """A value as one text; an array of one item is bare."""
    if isinstance(value, str):
        return value
    return value[0] if len(value) == 1 else "ARRAY::" + "|:".join(value)


class Data:
    """An event's name, headers and body. Look-ups of headers ignore case and find the first. Every call is whole, also
    between several threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.headers: list[tuple[str, Value]] = []
        """For reading, outside of this class."""
        self.body: str | None = None
        self._places: dict[str, int] | None = None
        """Where the first header of each folded name stands, once that has been asked for."""
        self._lock = threading.RLock()

    def __getstate__(self) -> tuple[str, list[tuple[str, Value]], str | None]:
        with self._lock:
            headers = [(name, value if isinstance(value, str) else list(value)) for name, value in self.headers]
            return self.name, headers, self.body

    def __setstate__(self, state: tuple[str, list[tuple[str, Value]], str | None]) -> None:
        name, headers, body = state
        Data.__init__(self, name)
        self.headers, self.body = headers, body

    @classmethod
    def of_event(cls, event: Event) -> Data:
        """An event that has come."""
        # FreeSWITCH takes an unknown name for CUSTOM.
        data = cls("CUSTOM")
        undefined = "_undef_" if event.format == "plain" else ""
        names = 0
        # Inlined by hand: this loop dominates the cost of an event.
        for octets_of_name, value in event.headers_bytes():
            name = octets_of_name.decode("utf-8", "surrogateescape")
            if isinstance(value, list):
                data._extend(name, value)
            elif len(name) == len("Event-Name") and name.lower() == "event-name":
                names += 1
                data._append(name, decoded(value))
                data.name = known_name(decoded(value)) or data.name
            elif said := value.decode("utf-8", "surrogateescape") or undefined:
                data._append(name, said)
        if names > 1:
            data._keep_last_name()
        data.body = None if event.body is None else decoded(event.body)
        return data

    @classmethod
    def of_frame(cls, frame: Frame) -> Data:
        """Another frame: a SOCKET_DATA event with its headers and its body."""
        data = cls("SOCKET_DATA")
        data.add("Event-Name", "SOCKET_DATA")
        # Only the head that answers `connect` is percent-coded.
        coded = frame.channel if isinstance(frame, Connected) else frame
        for name, value in coded.headers_bytes():
            if isinstance(value, list):
                data._extend(decoded(name), value)
            else:
                data.add(decoded(name), decoded(value))
        data.body = None if frame.body is None else decoded(frame.body)
        return data

    # Headers.

    def get(self, name: str) -> Value | None:
        """The first value of this name."""
        with self._lock:
            place = self._find(name)
            return None if place is None else self.headers[place][1]

    def delete(self, name: str) -> None:
        """Takes away all headers of this name."""
        name = _folded(name)
        with self._lock:
            self.headers = [header for header in self.headers if _folded(header[0]) != name]
            self._places = None

    def insert(self, name: str, value: str) -> None:
        """Adds a header before all others."""
        with self._lock:
            self.headers.insert(0, (name, value))
            self._places = None

    def add(self, name: str, value: str) -> None:
        """Adds a header after all others, whether there is one of this name or not. An empty value takes those away."""
        if value == "":
            self.delete(name)
        elif value.startswith("ARRAY::"):
            items = value.removeprefix("ARRAY::")
            with self._lock:
                for item in items.split("|:") if items else ():
                    self.push(name, item)
        else:
            with self._lock:
                self._append(name, value)

    def push(self, name: str, value: str) -> None:
        """Adds an item at the end of an array, or begins one."""
        self._put(name, value, at_front=False)

    def unshift(self, name: str, value: str) -> None:
        """Adds an item at the beginning of an array, or begins one."""
        self._put(name, value, at_front=True)

    def set_item(self, name: str, index: int, value: str) -> None:
        """Sets an item of an array by its place; those before it, if they are not there, are empty."""
        if not 0 <= index <= _MOST_ITEMS:
            return
        with self._lock:
            items = self._array(name)
            items.extend([""] * (index + 1 - len(items)))
            items[index] = value

    def _put(self, name: str, value: str, *, at_front: bool) -> None:
        with self._lock:
            if self._find(name) is None and (value == "" or value.startswith("ARRAY::")):
                self.add(name, value)
            else:
                items = self._array(name)
                items.insert(0 if at_front else len(items), value)

    # Called with the lock held, or before the object is shared.

    def _find(self, name: str) -> int | None:
        if self._places is None:
            self._places = {}
            for place, (known, _) in enumerate(self.headers):
                self._places.setdefault(_folded(known), place)
        return self._places.get(_folded(name))

    def _append(self, name: str, value: Value) -> None:
        if self._places is not None:
            self._places.setdefault(_folded(name), len(self.headers))
        self.headers.append((name, value))

    def _extend(self, name: str, items: list[bytes]) -> None:
        self._array(name).extend(map(decoded, items))

    def _array(self, name: str) -> list[str]:
        """The array of this name: a single value becomes its first item."""
        place = self._find(name)
        if place is None:
            place = len(self.headers)
            self._append(name, [])
        known, value = self.headers[place]
        items = [value] if isinstance(value, str) else value
        self.headers[place] = (known, items)
        return items

    def _keep_last_name(self) -> None:
        """Of several names the last is the event's."""
        last = next(header for header in reversed(self.headers) if _folded(header[0]) == "event-name")
        self.headers = [header for header in self.headers if header is last or _folded(header[0]) != "event-name"]
        self._places = None

    # Texts.

    def text(self) -> str:
        """As an event of the plain format."""
        lines = [
            f"{name}: {_encoded(value if isinstance(value, str) else joined(value))}\n" for name, value in self.headers
        ]
        return "".join(lines) + (f"Content-Length: {len(octets(self.body))}\n\n{self.body}" if self.body else "\n")

    def json(self) -> str:
        """All headers, duplicates too, laid out as the original does."""
        headers = list(self.headers)
        if self.body is not None:
            headers += [("Content-Length", str(len(octets(self.body)))), ("_body", self.body)]
        lines = [f"\t{_quoted(name)}:\t{_json_value(value)}" for name, value in headers]
        return "{\n" + ",\n".join(lines) + "\n}"

    def xml(self) -> str:
        """As the server writes it: values are URL-encoded, items of an array are elements of the same name."""
        lines = ["<event>", "  <headers>"]
        for name, value in self.headers:
            items = [value] if isinstance(value, str) else value
            lines += [f"    <{name}>{_encoded(item)}</{name}>" for item in items]
        lines.append("  </headers>")
        if self.body:
            lines.append(f"  <Content-Length>{len(octets(self.body))}</Content-Length>")
            lines.append(f"  <body>{_escaped(self.body)}</body>")
        return "\n".join([*lines, "</event>", ""])


def _encoded(text: str) -> str:
    if _UNRESERVED.fullmatch(text):
        return text
    return octets(text).decode("latin-1").translate(_CODES) or "_undef_"


_quoted = json.JSONEncoder(ensure_ascii=False).encode
"""A string as the server writes it in JSON: characters beyond ASCII as they are."""


def _json_value(value: Value) -> str:
    return _quoted(value) if isinstance(value, str) else "[" + ", ".join(map(_quoted, value)) + "]"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
