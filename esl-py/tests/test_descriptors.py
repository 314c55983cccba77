"""A program that may have few descriptors: it says how many calls it takes, and takes so many."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from esl_proto.testing import NEVER, Switch
from sync_support import until

resource = pytest.importorskip("resource", reason="descriptors are limited elsewhere")
pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, logging, resource, sys, threading
facade, limit, max_calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
logging.basicConfig(level="WARNING", stream=sys.stderr)
from esl_proto import aio, sync

def ended(server):
    sys.stdin.read()
    print(server.max_calls, server.calls, server.refused, server.stats["broken"], server.stats["failed"], flush=True)

async def wait(call):
    await call.execute("wait")

async def main():
    async with aio.serve(wait, max_calls=max_calls) as server:
        print(server.port, flush=True)
        await asyncio.to_thread(ended, server)
        await server.close(0)

if facade == "aio":
    asyncio.run(main())
else:
    threading.stack_size(256 * 1024)
    with sync.serve(lambda call: call.execute("wait"), max_calls=max_calls) as server:
        print(server.port, flush=True)
        threading.Thread(target=server.serve_forever).start()
        ended(server)
        server.close(0)
"""


@pytest.mark.parametrize(
    ("facade", "limit", "wanted", "calls"),
    [("aio", 512, 1000, 448), ("sync", 1024, 1000, 320), ("sync", 1600, 500, 500)],
)
def test_so_many_calls_at_once(switch: Switch, tmp_path: Path, facade: str, limit: int, wanted: int, calls: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = calls * 2 + 500
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"the switch needs {needed} descriptors itself")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    switch.apps["wait"] = NEVER
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    pipe = subprocess.PIPE
    command = [sys.executable, str(script), facade, str(limit), str(wanted)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as program:
        try:
            assert program.stdout is not None
            address = f"127.0.0.1:{program.stdout.readline().strip()}"
            all_of_them = [switch.call(address) for _ in range(calls)]
            until(lambda: all(call.executed for call in all_of_them))
            # And no more.
            assert switch.call(address).wait() == "SWITCH_CONGESTION"
            output, said = program.communicate("", timeout=60)
        finally:
            program.kill()
    assert output.split() == [str(calls), str(calls), "1", "0", "0"], said
    warned = f"{limit} descriptors are enough for {calls} calls at a time, not for {wanted}"
    assert (warned in said) == (calls < wanted)
    assert "Traceback" not in said
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
