"""The commands that clients send, for tests to look at."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field


__all__ = ["Matcher", "Received", "Recorder", "describe"]


@dataclass(frozen=True)
class Received:
    """A command as it came."""

    line: str
    """The command's line: `bgapi originate user/1000 &park()`."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    connection: int = field(default=0, compare=False)
    """Which connection of the switch it came on, counted from 0."""

    @classmethod
    def of(cls, octets: bytes, connection: int) -> Received:
        """A command as it stood on the wire."""
        head, _, body = octets.replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")
        line, *lines = head.decode("utf-8", "surrogateescape").split("\n")
        pairs = (text.partition(":") for text in lines)
        headers = tuple((name, value.lstrip(" ")) for name, colon, value in pairs if colon)
        return cls(line, headers, body or None, connection)

    def get(self, name: str) -> str | None:
        """The first header of this name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __str__(self) -> str:
        return self.line


Matcher = str | re.Pattern[str] | Callable[[Received], object]
"""What a command is recognised by: how its line begins, a pattern that is found in it, or any test."""


def _matches(matcher: Matcher, command: Received) -> bool:
    if isinstance(matcher, str):
        return command.line.startswith(matcher)
    if isinstance(matcher, re.Pattern):
        return matcher.search(command.line) is not None
    return bool(matcher(command))


class Recorder:
    """All commands so far. Lives in the switch's thread."""

    def __init__(self) -> None:
        self.commands: list[Received] = []

    def add(self, command: Received) -> None:
        """Keeps a command."""
        self.commands.append(command)

    def clear(self) -> None:
        """Forgets what came so far."""
        self.commands.clear()

    def find(self, matcher: Matcher, count: int) -> Received | None:
        """The `count`-th command that matches, if it is there."""
        matching = (command for command in self.commands if _matches(matcher, command))
        return next(itertools.islice(matching, count - 1, None), None)


def describe(matcher: Matcher, commands: list[Received]) -> str:
    """What to say when nothing came."""
    lines = "".join(f"\n  {command.line}" for command in commands) or " none"
    return f"no command {matcher!r} came; received:{lines}"
