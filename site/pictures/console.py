"""Makes docs/pictures/console.svg of a real run: `esl-proto` on a terminal of 100 columns, on a simulated server.

    python3 site/pictures/console.py [PYTHON]      # a Python that has esl_proto
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from terminal import lines_of, picture, run

ROOT = Path(__file__).resolve().parents[2]
COLUMNS, ROWS = 100, 40
TYPED = (
    "status",
    "/log info",
    "originate user/1000 &playback(tone.wav)",
    "/nolog",
    "/event json CHANNEL_HANGUP",
    "/event NOSUCH",
    "show channels count",
    "/reconnect",
    "/exit",
)
# Readline's prompt is drawn once, prompt_toolkit's anew at each key.
PROGRAM = """
import sys
sys.modules["prompt_toolkit"] = None
sys.argv[0] = "esl-proto"
from esl_proto._cli import main
sys.exit(main())
"""


def main() -> None:
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    typed = iter(TYPED)
    with tempfile.TemporaryDirectory() as home:
        # No profiles and no history of whoever makes the picture.
        os.environ.update(HOME=home, TERM="xterm")
        Path(home, ".fs_cli_conf").touch()
        server = [python, "-m", "esl_proto", "-P", "0", "switch", "--seconds", "60"]
        with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as switch:
            address = switch.stdout.readline().split()[-1]
            command = [python, "-c", PROGRAM, "-q", "-P", address.rpartition(":")[2]]
            shown = run(
                command, COLUMNS, ROWS, 30, lambda shown: next(typed, "") + "\n" if shown.endswith("> ") else ""
            )
            switch.terminate()
    lines = lines_of(shown.replace(address, "127.0.0.1:8021"), COLUMNS)
    (ROOT / "docs/pictures/console.svg").write_text(
        picture(lines, COLUMNS, "The console on a simulated server"), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
