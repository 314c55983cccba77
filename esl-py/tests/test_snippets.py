"""The README and every page of docs/: their snippets run, page by page, from top to bottom.

A block in an HTML comment (`<!-- python`, code, `-->`) runs too, unseen by the reader: it sets up what a snippet needs, or
looks at what it did. Output that is shown as a comment after `print(...)` on the same line (`print(x)  # 17`) is checked.
In a `console` block, what follows `$ ` is run by a shell, and the lines after it are what it must print.

A server at 127.0.0.1:8021 with the password ClueCon is a simulated one, and is called `switch`.
"""

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from esl_proto.testing import Switch

HERE = Path(__file__).resolve().parents[1]
PAGES = [HERE / "README.md", *sorted((HERE / "docs").glob("*.md"))]
BLOCK = re.compile(r"^(?:```(python|console)\n(.*?)^```|<!-- (python)\n(.*?)^-->)$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^\s*print\(.*\)  # (?P<output>.+)$", re.MULTILINE)


def run_python(code: str, where: str, names: dict[str, Any]) -> None:
    """Runs a block; `where` is a file and a line."""
    page, _, line = where.rpartition(":")
    output = io.StringIO()
    with redirect_stdout(output):
        # With blank lines before it, so that a traceback tells the line of the page.
        exec(compile("\n" * int(line) + code, page, "exec"), names)
    shown = [found["output"] for found in SHOWN.finditer(code)]
    if shown:
        assert output.getvalue().splitlines() == shown, where


def run_console(text: str, where: str) -> None:
    """Runs the commands of a block, with the programs of this Python first."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = step.partition("\n")
        pipe, both = subprocess.PIPE, subprocess.STDOUT
        done = subprocess.run(command, shell=True, env=env, text=True, stdout=pipe, stderr=both, timeout=60)
        assert done.stdout == shown, f"{where}: {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    assert len(blocks) >= text.count("```python") + text.count("```console"), "a block is not closed"
    with Switch() as switch:
        names: dict[str, Any] = {"__name__": "snippet", "switch": switch}
        for block in blocks:
            kind, code = (block[1] or block[3]), (block[2] or block[4])
            where = f"{page}:{text.count(chr(10), 0, block.start()) + 1}"
            code = code.replace("8021", str(switch.port))
            run_python(code, where, names) if kind == "python" else run_console(code, where)
