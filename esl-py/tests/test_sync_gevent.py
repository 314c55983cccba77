"""esl_proto.sync under gevent, whose monkey-patching is for a whole process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from esl_proto.testing import Later, Switch

pytest.importorskip("gevent", reason="gevent has no wheel for this Python", exc_type=ImportError)


def test_under_gevent() -> None:
    with Switch() as switch:
        switch.moment = 0.001
        switch.api["slow"] = Later(0.1, "+OK")
        switch.api["echo"] = lambda what: what
        switch.api["drop"] = lambda _: switch.connections[-1].drop() or "gone"
        done = subprocess.run(
            [sys.executable, "-W", "error::ResourceWarning", str(Path(__file__).with_name("gevent_program.py"))]
            + [switch.host, str(switch.port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, "well 1 True\n"), done.stderr
