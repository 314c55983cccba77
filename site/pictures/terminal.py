"""A program on a terminal, and what stands on it as a picture."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

INKS = {
    "1": "bold", "2": "dim", "7": "head", "31": "red", "32": "green", "33": "yellow", "35": "magenta", "36": "cyan"
}
RULES = (
    ".page{fill:#10151a}.plain,.bold,.head{fill:#d9e1e8}.dim{fill:#8592a0}.red{fill:#f0807f}.green{fill:#6fd29b}"
    ".yellow{fill:#e8c06a}.magenta{fill:#d79be8}.cyan{fill:#6fc7d2}.bar{fill:#2b3742}.bold,.head{font-weight:600}"
)
STEP, WIDE = 18, 8.43

Line = tuple[str, str]
"""The ink of a line, and its text."""


def lines_of(text: str, columns: int) -> list[Line]:
    """Lines, each with the attribute that it begins with, and as many as a long one fills. What was erased is not there."""
    lines: list[Line] = []
    for line in text.split("\n"):
        line = line.rsplit("\r\x1b[K", 1)[-1].replace("\r", "")
        line = re.sub(r"\x1b\[\?\d+[hl]", "", line)
        attribute = re.match(r"\x1b\[(\d+)m", line)
        ink = INKS.get(attribute[1], "plain") if attribute else "plain"
        line = re.sub(r"\x1b\[\d*[mK]", "", line)
        lines += [(ink, line[at : at + columns]) for at in range(0, max(len(line), 1), columns)]
    while lines and not lines[-1][1].strip():
        lines.pop()
    return lines


def run(
    command: Sequence[str | os.PathLike[str]],
    columns: int,
    rows: int,
    seconds: float,
    talk: Callable[[str], str] = lambda shown: "",
) -> str:
    """All that a program writes on a terminal until it ends. `talk` is told what was shown so far, and gives what to type."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], list(command))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    octets, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                octets += os.read(terminal, 65536)
            except OSError:
                break
        elif typed := talk(octets.decode(errors="replace")):
            os.write(terminal, typed.encode())
    os.close(terminal)
    os.waitpid(pid, 0)
    return octets.decode()


def picture(lines: Sequence[Line], columns: int, title: str) -> str:
    """An SVG of what stands on a terminal."""
    width, height = columns * WIDE + 24, len(lines) * STEP + 24
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" role="img" '
        'font-family="ui-monospace, \'DejaVu Sans Mono\', Menlo, Consolas, monospace" font-size="14">',
        f"<title>{escape(title)}</title>",
        f'<style>{RULES}</style><rect class="page" width="100%" height="100%" rx="8"/>',
    ]
    for at, (ink, text) in enumerate(lines):
        y = 12 + at * STEP
        if ink == "head":
            out.append(f'<rect class="bar" x="6" y="{y}" width="{width - 12:.0f}" height="{STEP}"/>')
        if text:
            shown = escape(text).replace(" ", chr(160))
            out.append(f'<text class="{ink}" x="12" y="{y + 13}" textLength="{len(text) * WIDE:.0f}">{shown}</text>')
    return "\n".join([*out, "</svg>\n"])
