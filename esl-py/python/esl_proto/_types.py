"""What several modules call by name."""

from typing import Literal, TypeAlias

__all__ = ["Format", "Text"]

#: The format of events.
Format: TypeAlias = Literal["plain", "json", "xml"]
#: What goes out: `str` as UTF-8.
Text: TypeAlias = str | bytes | bytearray | memoryview
