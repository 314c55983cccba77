"""The stubs say what the native module says of itself; whether they fit it, stubtest tells."""

import subprocess
import sys
from pathlib import Path


def test_docstrings() -> None:
    program = Path(__file__).resolve().parents[1] / "stubs.py"
    done = subprocess.run([sys.executable, program, "--check"], check=False)
    assert done.returncode == 0, "run `python esl-py/stubs.py`"
