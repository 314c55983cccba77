"""Both façades on a simulated switch of another process: calls by the thousand, all events, reconnects, in flat memory.
20 000 events and 200 calls, or SOAK_CALLS and a hundred times as many events."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from aio_support import aio_test, until
from esl_proto import Command, Event, aio, sync
from memory import linux, resident
from sync_support import sync_test
from sync_support import until as until_now

pytestmark = [pytest.mark.slow, linux, pytest.mark.timeout(0 if "SOAK_CALLS" in os.environ else 120)]

CALLS = int(os.environ.get("SOAK_CALLS", "200"))
EVENTS = 100 * CALLS
AT_ONCE = 20
RECONNECTS = 10
ROUNDS = CALLS // (AT_ONCE * RECONNECTS)
"""Of calls at once, between two reconnects."""
GROWTH = 4 << 20
"""By so much a process may grow over nine tenths of the calls and events, with threads that come and go. If something of
each event stayed, or each session, it would be many times as much."""


@contextlib.contextmanager
def switch() -> Iterator[int]:
    """The port of a switch."""
    command = [sys.executable, "-m", "esl_proto", "-P", "0", "switch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as program:
        try:
            assert program.stdout is not None
            yield int(program.stdout.readline().rpartition(":")[2])
        finally:
            program.terminate()


EVENT = Command.sendevent("CUSTOM", [("Event-Subclass", "soak::event"), ("Text", 2000 * "x")])
"""What happens a hundred times for each call, besides what the calls say themselves."""


def line(port: int) -> str:
    """Makes a call that comes to this port."""
    return f"originate user/1000 &socket(127.0.0.1:{port} async full)"


@aio_test
async def test_aio() -> None:
    async def handler(call: aio.Session) -> None:
        await call.answer()
        await call.set("greeted", "yes")
        await call.playback("hello.wav")
        assert await call.getvar("greeted") == "yes"
        await call.hangup()

    with switch() as port:
        async with aio.serve(handler) as server, aio.connect("127.0.0.1", port, reconnect=aio.Reconnect(0.01)) as fs:
            events = await fs.events("ALL", gaps=True, maxsize=100_000)
            seen = 0

            async def read() -> None:
                nonlocal seen
                async for event in events:
                    seen += isinstance(event, Event)

            async def calls() -> None:
                jobs = await asyncio.gather(*(fs.bgapi(line(server.port)) for _ in range(AT_ONCE)))
                for job in jobs:
                    assert (await job.result(30)).ok
                await until(lambda: not server.calls)
                await asyncio.gather(*(fs.send(EVENT) for _ in range(100 * AT_ONCE)))

            reading = asyncio.create_task(read())
            before = 0
            for number in range(RECONNECTS):
                for _ in range(ROUNDS):
                    await calls()
                while seen < EVENTS * (number + 1) // RECONNECTS:
                    await asyncio.sleep(0.02)
                fs.reconnect()
                await fs.wait_open(10)
                gc.collect()
                before = before or resident()
            grown = resident() - before
            print(f"aio: {server.taken} calls, {fs.stats}, {grown} octets more")
            assert grown < GROWTH
            assert server.stats == {"running": 0, "taken": CALLS, "refused": 0, "broken": 0, "failed": 0}
            assert (events.gaps, events.dropped, fs.stats["connections"]) == (RECONNECTS, 0, RECONNECTS + 1)
        await reading
    assert seen >= EVENTS and fs.pending == 0


@sync_test
def test_sync() -> None:
    def handler(call: sync.Session) -> None:
        call.answer()
        call.set("greeted", "yes")
        call.playback("hello.wav")
        assert call.getvar("greeted") == "yes"
        call.hangup()

    with switch() as port, sync.serve(handler) as server, sync.connect("127.0.0.1", port, reconnect=sync.Reconnect(0.01)) as fs:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        events = fs.events("ALL", gaps=True, maxsize=100_000).ready()
        seen = 0

        def read() -> None:
            nonlocal seen
            for event in events:
                seen += isinstance(event, Event)

        def calls() -> None:
            jobs = [fs.bgapi(line(server.port)) for _ in range(AT_ONCE)]
            for job in jobs:
                assert job.result(30).ok
            until_now(lambda: not server.calls)
            for answer in [fs.send(EVENT) for _ in range(100 * AT_ONCE)]:
                assert answer.result(30).ok

        reading = threading.Thread(target=read)
        reading.start()
        before = 0
        for number in range(RECONNECTS):
            for _ in range(ROUNDS):
                calls()
            while seen < EVENTS * (number + 1) // RECONNECTS:
                threading.Event().wait(0.02)
            fs.reconnect()
            until_now(lambda: events.gaps == number + 1)
            gc.collect()
            before = before or resident()
        grown = resident() - before
        print(f"sync: {server.taken} calls, {fs.stats}, {grown} octets more")
        assert grown < GROWTH
        assert server.stats == {"running": 0, "taken": CALLS, "refused": 0, "broken": 0, "failed": 0}
        assert (events.gaps, events.dropped, fs.stats["connections"]) == (RECONNECTS, 0, RECONNECTS + 1)
        server.close()
        fs.close()
        serving.join()
        reading.join()
    assert seen >= EVENTS and fs.pending == 0
