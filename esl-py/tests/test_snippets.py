"""The snippets of the documentation, run as they stand there.

The blocks of a page are one program, in order; the server at 127.0.0.1:8021 is one that the page itself has started, at
another port. What a comment `<!-- python ... -->` holds belongs to it, unseen: it checks what readers see, and gives them
nothing. A comment after `print(...)` on the same line is what must be printed. In
blocks of a console, each line after `$ ` is run by a shell and the lines
after it are what it must print.
"""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from esl_proto.testing import Switch

HOME = Path(__file__).resolve().parents[1]
PAGES = [HOME / "README.md", *sorted((HOME / "docs").glob("*.md"))]
NEEDED = {"observe.md": ("opentelemetry.sdk", "prometheus_client")}
"""What the programs of a page need that the package does not."""
BLOCK = re.compile(r"^(?:```|<!-- )(python|console)\n(.*?)^(?:```|-->)$", re.M | re.S)
SHOWN = re.compile(r"^\s*print\(.*\)  # (?P<output>.+)$", re.M)


def blocks(page: Path, port: int) -> Iterator[tuple[str, int, str]]:
    """The blocks of a page: what they are, where, and their text for a server at this port."""
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start(2))
        yield found[1], line, found[2].replace("8021", str(port))


def run_python(text: str, line: int, page: Path, space: dict[str, object]) -> None:
    output = io.StringIO()
    with redirect_stdout(output):
        # With blank lines before it, so that a traceback tells the line of the page.
        exec(compile("\n" * line + text, str(page), "exec"), space)
    shown = [print_line["output"] for print_line in SHOWN.finditer(text)]
    if shown:
        assert output.getvalue().splitlines() == shown, f"{page.name}:{line}"


def run_console(text: str, where: str) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for step in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, wanted = step.partition("\n")
        done = subprocess.run(
            command, shell=True, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
        )
        assert done.stdout == wanted, f"{where}: {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: Path) -> None:
    for module in NEEDED.get(page.name, ()):
        pytest.importorskip(module, reason=f"{page.name} is for who has {module}")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    space: dict[str, object] = {"__name__": page.stem}
    try:
        for kind, line, text in blocks(page, port):
            if kind == "console":
                run_console(text, f"{page.name}:{line}")
            else:
                run_python(text, line, page, space)
    finally:
        switch = space.get("switch")
        if isinstance(switch, Switch):
            switch.stop()


def test_the_pages_are_found() -> None:
    assert len(PAGES) > 1 and sum(1 for page in PAGES for _ in blocks(page, 0)) > 5
