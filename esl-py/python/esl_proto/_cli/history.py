"""The lines that were typed before."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["History"]

_KEPT = 1000


class History:
    """The last lines, oldest first, and the file that keeps them."""

    PATH = Path(os.path.expanduser("~"), ".esl_proto_history")

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.lines: list[str] = []
        with contextlib.suppress(OSError):
            if path is not None:
                self.lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(self.lines) > 2 * _KEPT:
            self.lines = self.lines[-_KEPT:]
            self._write(os.O_TRUNC, self.lines)

    def add(self, line: str) -> None:
        """Keeps a line, unless it begins with a blank or is the last one again."""
        line = line.rstrip()
        if line and line.isprintable() and not line.startswith(" ") and [line] != self.lines[-1:]:
            self.lines.append(line)
            self._write(os.O_APPEND, [line])

    def _write(self, how: int, lines: list[str]) -> None:
        if self._path is None:
            return
        # A history that cannot be kept is no reason to stop. It is nobody else's to read.
        with (
            contextlib.suppress(OSError),
            open(os.open(self._path, os.O_WRONLY | os.O_CREAT | how, 0o600), "w", encoding="utf-8") as file,
        ):
            file.write("".join(f"{line}\n" for line in lines))
