"""The module ESL beside FreeSWITCH's own, against the core's simulated switch.

`data/esl_transcript.diff` has the lines that `esl_transcript.py` prints: a blank before those of both modules, `-`
before the original's, `+` before ours, as `diff -U 1000` writes them. `docs/esl.md` says why these differ.
`esl_scripts` are programs as they are written for the original. Where `ESL_ORIGINAL` names a folder with that (`ESL.py`
and `_ESL.so`), it is run, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

HERE = ROOT / "esl-py" / "tests"
TRANSCRIPT = (HERE / "data" / "esl_transcript.diff").read_text().splitlines()
SCRIPTS = {
    "one_command": "hello there\nhello there\n",
    "watcher": "".join(
        f'CUSTOM watcher::news {number} say "hello"\\\nfirst line\nsecond line\n'
        "Event-Name: SERVER_DISCONNECTED\n\n\nnot connected, trying again\n"
        for number in range(2)
    ),
    "dialer": "".join(f"{number} +OK ('USER_BUSY', 'yes')\n" for number in (1000, 1001, 1002))
    + "bad -ERR CHAN_NOT_IMPLEMENTED None\nopen jobs: 0\n",
    "two_connections": f"{[(number, 'ARRAY::a|:b c', 'b c', None) for number in '012']}\n1 0\n",
    "ivr_server": "call from 5551234 how do\npin: success 42\nended: NORMAL_CLEARING after ['answer', 'playback']\n",
}
CHANGE = {"import ESL": "from esl_proto import ESL", "from ESL import *": "from esl_proto.ESL import *"}
PATIENCE = 60

original = os.environ.get("ESL_ORIGINAL")
with_original = pytest.mark.skipif(original is None, reason="FreeSWITCH's own module is not here")


def esl_switch() -> Path:
    """The simulated switch as a program, built."""
    build = ["cargo", "build", "--quiet", "--locked", "--workspace", "--all-features", "--bin", "esl-switch"]
    subprocess.run(build, cwd=ROOT, check=True)
    return ROOT / "target" / "debug" / "esl-switch"


@pytest.fixture
def port() -> Iterator[str]:
    """The port of a switch, which lives as long as the test, and not for ever."""
    options = ["--listen", "127.0.0.1:0", "--heartbeat", "3600", "--seconds", str(2 * PATIENCE)]
    user = ["--user", "bob@example.org:word;api=version"]
    with subprocess.Popen([esl_switch(), *options, *user], stdout=subprocess.PIPE, text=True) as switch:
        try:
            assert switch.stdout is not None
            yield switch.stdout.readline().rsplit(":", 1)[1].strip()
        finally:
            switch.kill()


def run(*arguments: str, **environment: str) -> str:
    """What a Python program prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def arguments(name: str, port: str) -> list[str]:
    """What a script is given."""
    return ["-s", "127.0.0.1", "-p", port, "echo", "hello", "there"] if name == "one_command" else ["127.0.0.1", port]


def test_every_method(port: str) -> None:
    printed = run("-W", "error", str(HERE / "esl_transcript.py"), "esl_proto.ESL", "127.0.0.1", port)
    assert printed.splitlines() == [line[1:] for line in TRANSCRIPT if line[0] in " +"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_with_one_line_changed(name: str, port: str) -> None:
    lines = (HERE / "esl_scripts" / f"{name}.py").read_text().splitlines()
    assert sum(line in CHANGE for line in lines) == 1
    script = "\n".join(CHANGE.get(line, line) for line in lines)
    assert run("-W", "error", "-c", script, *arguments(name, port)) == SCRIPTS[name]


@with_original
def test_the_original_by_every_method(port: str) -> None:
    printed = run(str(HERE / "esl_transcript.py"), "ESL", "127.0.0.1", port, PYTHONPATH=str(original))
    assert printed.splitlines() == [line[1:] for line in TRANSCRIPT if line[0] in " -"]


@with_original
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_original_by_scripts(name: str, port: str) -> None:
    script = str(HERE / "esl_scripts" / f"{name}.py")
    assert run(script, *arguments(name, port), PYTHONPATH=str(original)) == SCRIPTS[name]
