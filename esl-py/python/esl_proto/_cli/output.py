"""What the program prints, and how it calls itself."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import textwrap
import threading
from collections.abc import Callable, Generator
from pathlib import PurePath

from .. import Event, LogLine, ProtocolError
from ..sync import Gap

__all__ = [
    "ERROR",
    "OK",
    "TROUBLE",
    "USAGE",
    "LogView",
    "Notes",
    "Output",
    "back_again",
    "event_text",
    "printable",
    "program",
    "reason",
    "say",
    "sgr",
    "wants_colours",
]

OK, ERROR, USAGE, TROUBLE = 0, 1, 2, 3

_DEFAULT = "0"
_LEVELS = ("", "31", "31", "31", "35", "36", "32", "33")
"""The colours of the levels of the log, CONSOLE to DEBUG."""
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def program() -> str:
    """The name that the program was called by."""
    name = PurePath(sys.argv[0] if sys.argv else "").name.removesuffix(".exe")
    return "python -m esl_proto" if name in ("", "__main__.py", "-c", "-m") else name


def say(text: str) -> None:
    """What the program says itself: to standard error, if there is one."""
    if sys.stderr is not None:
        print(f"{program()}: {text}", file=sys.stderr, flush=True)


def reason(error: BaseException) -> str:
    """What an error says to a person."""
    if isinstance(error, TimeoutError):
        return "timed out"
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__


def back_again(gap: Gap) -> str:
    """What the gap in a stream says to a person."""
    before, after = gap.core_uuid_before, gap.core_uuid_after
    anew = ", the server was restarted" if before is not None and after not in (None, before) else ""
    return f"reconnected after {gap.seconds:.1f} s{anew}; events of the meantime are missing"


def printable(text: str, *, lines: bool = False) -> str:
    """Escapes control characters: text of others must not control the terminal. With `lines`, it may have several."""
    kept = "\n\t" if lines else ""
    return "".join(
        char if char.isprintable() or char in kept else char.encode("unicode_escape", "surrogatepass").decode()
        for char in (text.replace("\r\n", "\n") if lines else text)
    )


def wants_colours(is_off: bool) -> bool:
    """Whether what is printed may have colours."""
    return not (is_off or os.environ.get("NO_COLOR")) and sys.stdout is not None and sys.stdout.isatty()


def sgr(name: str) -> str:
    """The code of a colour by the name that profiles have for it; nothing for an unknown one."""
    colour = name.lower().removeprefix("bold-")
    if colour not in _COLOURS:
        return ""
    # What fs_cli calls bold is the background.
    return str((40 if name.lower().startswith("bold-") else 30) + _COLOURS.index(colour))


class Output:
    """Standard output, for several threads: what one call prints stays together."""

    def __init__(self, *, colours: bool, is_terminal: bool, text_colour: str = "") -> None:
        self.lock = threading.RLock()
        self.colours = colours
        self.is_terminal = is_terminal
        self.text_colour = text_colour
        self.writer: Callable[[str], None] = _write
        """Writes whole lines; a prompt has one of its own."""

    def lines(self, text: str, colour: str = "") -> None:
        """Prints lines."""
        text = text.removesuffix("\n")
        if colour and self.colours:
            text = f"\x1b[{colour}m{text}\x1b[{_DEFAULT}m"
        with self.lock:
            self.writer(text + "\n")

    def answer(self, octets: bytes) -> None:
        """Prints an answer: byte by byte where it goes to a program, and with a line end if it has none."""
        if self.is_terminal:
            self.lines(printable(octets.decode("utf-8", "replace"), lines=True), self.text_colour)
            return
        rest = memoryview(octets if not octets or octets.endswith(b"\n") else octets + b"\n")
        with self.lock:
            sys.stdout.flush()
            while rest:
                # Unbuffered (`python -u`), `write` may be short.
                rest = rest[sys.stdout.buffer.write(rest) :]
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """Says what is no answer: on a terminal among the rest, else on standard error."""
        if self.is_terminal:
            self.lines(printable(text), "1")
        else:
            print(f"{program()}: {text}", file=sys.stderr, flush=True)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class Notes(logging.Handler):
    """Shows the package's own messages."""

    LEVELS = (*(logging.CRITICAL,) * 3, logging.ERROR, logging.WARNING, logging.INFO, logging.INFO, logging.DEBUG)
    """By the number that -d has for them, from 0."""

    def __init__(self, show: Callable[[str], None], level: int) -> None:
        super().__init__()
        self.show = show
        """Where they go."""
        self._logger = logging.getLogger("esl_proto")
        self._logger.addHandler(self)
        self.set_limit(level)

    def set_limit(self, level: int) -> None:
        """How much is shown, from 0 to 7."""
        self._logger.setLevel(self.LEVELS[level])

    @contextlib.contextmanager
    def shown_by(self, show: Callable[[str], None]) -> Generator[None]:
        """Another one shows them for a while."""
        before, self.show = self.show, show
        try:
            yield
        finally:
            self.show = before

    def emit(self, record: logging.LogRecord) -> None:
        # Standard error may be closed.
        with contextlib.suppress(OSError, ValueError):
            self.show(record.getMessage())


class LogView:
    """How lines of the server's log are shown, and which."""

    def __init__(self, output: Output, *, uuid: str | None, uuid_length: int | None) -> None:
        self._output = output
        self.uuid = uuid
        """Of the lines about channels, those of this one only."""
        self.text = ""
        """Only lines with this in them."""
        self._uuid_length = uuid_length
        """How much of the uuid stands before a line: None for nothing, 0 for all of it."""

    def show(self, line: LogLine) -> None:
        """Prints a line, unless it is not wanted."""
        text, uuid = line.text, line.channel_uuid or ""
        if not text.strip("\n") or (self.text and self.text not in text):
            return
        if uuid and self.uuid and uuid.lower() != self.uuid.lower():
            return
        if uuid and self._uuid_length is not None:
            text = f"{uuid[: self._uuid_length or None]} {text}"
        level = line.level_number
        self._output.lines(printable(text, lines=True), _LEVELS[min(level, 7)] if level is not None else "")


def event_text(event: Event, format: str) -> str:
    """An event as it is shown: its headers line by line and what body there is, set off; or in another format."""
    if format == "json":
        # Of an event that cannot be read to its end, what can be read.
        return event.json() if event.error is None else json.dumps(event.to_dict())
    if format == "xml":
        with contextlib.suppress(ProtocolError):
            return printable(event.xml().decode("utf-8", "replace"), lines=True)
    lines = list[str]()
    for name, value in event.headers():
        lines += [f"{printable(name)}: {printable(item)}" for item in ([value] if isinstance(value, str) else value)]
    if event.body_text:
        lines.append(textwrap.indent(event.body_text.rstrip("\n"), "    "))
        lines[-1] = printable(lines[-1], lines=True)
    return "\n".join(lines) + "\n\n"
