"""Makes docs/pictures/monitor.svg of a real run: the example `monitor` on a terminal of 100 columns, watching esl-switch.

    cargo build --workspace --all-features --bin esl-switch --bin monitor
    python3 site/pictures/monitor.py [SECONDS]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from terminal import lines_of, picture, run

ROOT = Path(__file__).resolve().parents[2]
COLUMNS, ROWS = 100, 20


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 25
    programs = ROOT / "target/debug"
    options = ["--listen", "127.0.0.1:0", "--scenario", "--seed", "3", "--seconds", str(seconds + 5)]
    with subprocess.Popen([programs / "esl-switch", *options], stdout=subprocess.PIPE, text=True) as switch:
        address = switch.stdout.readline().split()[-1]
        shown = run([programs / "monitor", address, "--once-for", str(seconds)], COLUMNS, ROWS, seconds + 5)
        switch.terminate()
    # It draws from the upper left corner; what it drew last stands.
    last = shown.replace(address, "127.0.0.1:8021").rsplit("\x1b[J", 1)[0].rsplit("\x1b[H", 1)[-1]
    text = picture(lines_of(last, COLUMNS), COLUMNS, "The monitor on the calls of a simulated office")
    (ROOT / "docs/pictures/monitor.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
