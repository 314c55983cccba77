"""What the tests share: recorded streams, and the dump program."""

import gzip
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from esl_proto.testing import Switch

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "testdata" / "captures"
RECORDED = sorted(path.name for path in CAPTURES.iterdir())

# A shell that puts this into the background has it ignore Ctrl-C, and every program that is started here, too. A signal
# that has a handler is one that a new program has in its usual way.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: None)

# A busy machine is slow at times; that is no failure. Nothing is written into the tree, and what is tried is the same
# every time.
hypothesis.settings.register_profile("patient", deadline=None, database=None, derandomize=True)
hypothesis.settings.load_profile("patient")


def server_stream(name: str) -> bytes:
    """What the server sent in a recording."""
    if name.endswith(".gz"):
        return gzip.decompress((CAPTURES / name).read_bytes())
    return (CAPTURES / name / "server.bin").read_bytes()


def example(name: str) -> Path:
    """One of the core's example programs, built."""
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--workspace", "--all-features", "--example", name], cwd=ROOT, check=True)
    return ROOT / "target" / "debug" / "examples" / name


@pytest.fixture
def switch() -> Iterator[Switch]:
    """A switch as it comes."""
    with Switch() as switch:
        yield switch


@pytest.fixture(scope="session")
def dump_program() -> Path:
    """The core's own dump program."""
    return example("dump")


def dumped(program: Path, stream: bytes) -> list[dict[str, Any]]:
    """What the dump program prints of a stream."""
    done = subprocess.run([program, "-"], input=stream, capture_output=True, check=False)
    assert not done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
