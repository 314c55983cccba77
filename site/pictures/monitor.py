"""Makes docs/pictures/monitor.svg of a real run: the example `monitor` on a terminal of 100 columns, watching esl-switch.

    cargo build --workspace --features esl-sim/program --bin esl-switch --bin monitor
    python3 site/pictures/monitor.py [SECONDS]
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]
COLUMNS, ROWS = 100, 20
INKS = {"1": "bold", "2": "dim", "7": "head", "31": "red", "32": "green", "33": "yellow"}
RULES = (
    ".page{fill:#10151a}.plain,.bold,.head{fill:#d9e1e8}.dim{fill:#8592a0}.red{fill:#f0807f}.green{fill:#6fd29b}"
    ".yellow{fill:#e8c06a}.bar{fill:#2b3742}.bold,.head{font-weight:600}"
)


def screen(octets: bytes) -> list[tuple[str, str]]:
    """The lines that stand on the terminal, each with its attribute: as much of a terminal as the monitor needs."""
    lines: list[tuple[str, str]] = []
    # It draws from the upper left corner; what it drew last stands.
    last = octets.decode().rsplit("\x1b[J", 1)[0].rsplit("\x1b[H", 1)[-1]
    for line in last.replace("\r", "").split("\n"):
        attribute = re.match(r"\x1b\[(\d+)m", line)
        lines.append((INKS.get(attribute[1], "plain") if attribute else "plain", re.sub(r"\x1b\[\d*[mK]", "", line)))
    return lines


def run(seconds: float) -> bytes:
    programs = ROOT / "target/debug"
    options = ["--listen", "127.0.0.1:0", "--scenario", "--seed", "3", "--seconds", str(seconds + 5)]
    with subprocess.Popen([programs / "esl-switch", *options], stdout=subprocess.PIPE, text=True) as switch:
        address = switch.stdout.readline().split()[-1]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(programs / "monitor", ["monitor", address, "--once-for", str(seconds)])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        octets, end = b"", time.monotonic() + seconds + 5
        while time.monotonic() < end and select.select([terminal], [], [], 5)[0]:
            try:
                octets += os.read(terminal, 65536)
            except OSError:
                break
        os.waitpid(pid, 0)
        switch.terminate()
    return octets.replace(address.encode(), b"127.0.0.1:8021")


def main() -> None:
    lines = screen(run(float(sys.argv[1]) if len(sys.argv) > 1 else 25))
    while lines and not lines[-1][1].strip():
        lines.pop()
    step, wide = 18, 8.43
    width, height = COLUMNS * wide + 24, len(lines) * step + 24
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" role="img" '
        'font-family="ui-monospace, \'DejaVu Sans Mono\', Menlo, Consolas, monospace" font-size="14">',
        "<title>The monitor on the calls of a simulated office</title>",
        f'<style>{RULES}</style><rect class="page" width="100%" height="100%" rx="8"/>',
    ]
    for at, (ink, text) in enumerate(lines):
        y = 12 + at * step
        if ink == "head":
            out.append(f'<rect class="bar" x="6" y="{y}" width="{width - 12:.0f}" height="{step}"/>')
        out.append(f'<text class="{ink}" x="12" y="{y + 13}" textLength="{len(text) * wide:.0f}">{escape(text).replace(" ", chr(160))}</text>')
    (ROOT / "docs/pictures/monitor.svg").write_text("\n".join([*out, "</svg>\n"]), encoding="utf-8")


if __name__ == "__main__":
    main()
