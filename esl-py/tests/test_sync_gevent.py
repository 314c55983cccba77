"""esl_proto.sync under gevent, whose monkey-patching is for a whole process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from esl_proto.testing import NEVER, Later, Switch
from tls_support import server_context, tunnel

pytest.importorskip("gevent", reason="gevent has no wheel for this Python", exc_type=ImportError)


def run(program: str, switch: Switch) -> str:
    """What a program prints that is given a switch to play with."""
    switch.moment = 0.001
    switch.api["slow"] = Later(0.1, "+OK")
    switch.api["slower"] = Later(0.5, "+OK")
    switch.api["echo"] = lambda what: what

    def drop(_: str) -> str:
        switch.connections[-1].drop()
        return "gone"

    switch.api["drop"] = drop
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", str(Path(__file__).with_name(program))]
        + [switch.host, str(switch.port)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def test_under_gevent() -> None:
    with Switch() as switch:
        assert run("gevent_program.py", switch) == "well 1 True\n"


def test_tls_under_gevent() -> None:
    with Switch(ssl=server_context()) as switch, tunnel() as way:
        switch.api["big"] = "x" * 200_000
        switch.api["tunnel"] = lambda port: str(way.to(int(port)))
        assert run("gevent_tls_program.py", switch) == "well 1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there is neither SIGALRM nor fork")
def test_signals_under_gevent(switch: Switch) -> None:
    switch.api["never"] = NEVER
    assert run("gevent_signals_program.py", switch) == "done\n"
