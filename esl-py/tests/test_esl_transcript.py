"""The module ESL against the core's simulated switch, beside what FreeSWITCH's own module has said there.

`data/esl_transcript.diff` has the lines of `esl_transcript.py`: a blank before those that both modules print, `-`
before the original's, `+` before ours. `docs/esl.md` says why these differ. Where `ESL_ORIGINAL` names a folder with the
original (`ESL.py` and `_ESL.so`), it is run, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from conftest import ROOT, example

HERE = ROOT / "esl-py" / "tests"
RECORDED = (HERE / "data" / "esl_transcript.diff").read_text().splitlines()
PATIENCE = 60
ORIGINAL = os.environ.get("ESL_ORIGINAL")


@pytest.fixture
def port() -> Iterator[str]:
    """The port of a switch, which lives as long as the test, and not for ever."""
    options = ["--listen", "127.0.0.1:0", "--heartbeat", "3600", "--seconds", str(2 * PATIENCE)]
    user = ["--user", "bob@example.org:word;api=version"]
    with subprocess.Popen([example("switch"), *options, *user], stdout=subprocess.PIPE, text=True) as switch:
        try:
            assert switch.stdout is not None
            yield switch.stdout.readline().rsplit(":", 1)[1].strip()
        finally:
            switch.kill()


def printed(module: str, port: str, path: str = "") -> list[str]:
    """What the program prints with a module."""
    command = [sys.executable, str(HERE / "esl_transcript.py"), module, "127.0.0.1", port]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_ours(port: str) -> None:
    assert printed("esl_proto.ESL", port) == [line[1:] for line in RECORDED if line[0] in " +"]


@pytest.mark.skipif(ORIGINAL is None, reason="FreeSWITCH's own module is not here")
def test_the_original(port: str) -> None:
    assert printed("ESL", port, str(ORIGINAL)) == [line[1:] for line in RECORDED if line[0] in " -"]
