"""`close` from a signal handler, in another thread, and in a forked process: every wait ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import esl_proto
import pytest
from aio_support import aio_test
from esl_proto import ESL, aio, sync
from esl_proto.testing import NEVER, Switch
from sync_support import Background, sync_test

SOURCES = str(Path(esl_proto.__file__).parent)
LONG = 20.0


class Interruption:
    """What a signal handler would do, called before the line with this number of those that a thread executes in the
    package."""

    def __init__(self, line: int, act: Callable[[], object]) -> None:
        self._left = line
        self._act = act
        self.happened = False

    def __enter__(self) -> Interruption:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if self.happened or not frame.f_code.co_filename.startswith(SOURCES):
            return None
        if event == "line":
            if self._left == 0:
                self.happened = True
                sys.settrace(None)
                self._act()
                return None
            self._left -= 1
        return self._trace


def at_every_line(each: Callable[[int], bool]) -> None:
    """Calls `each` with one line after the other, until it says that there are no more."""
    line = 0
    while each(line):
        # Each line of the first ones, which begin; then each third.
        line += 1 if line < 60 else 3
    assert line > 20, "nothing was interrupted"


ACTS: dict[str, Callable[[sync.Inbound, Any], object]] = {
    "api": lambda fs, events: fs.api("version", timeout=LONG),
    "job": lambda fs, events: fs.bgapi("version", timeout=LONG).result(LONG),
    "subscribe": lambda fs, events: fs.subscribe("HEARTBEAT", timeout=LONG),
    "stream": lambda fs, events: events.get(LONG),
}


@pytest.mark.parametrize("act", ACTS)
def test_closing_at_every_line(switch: Switch, act: str) -> None:
    @sync_test
    def test() -> None:
        def each(line: int) -> bool:
            fs = sync.connect(switch.host, switch.port, timeout=LONG)
            events = fs.events("HEARTBEAT").ready()
            switch.fire("HEARTBEAT")
            try:
                with Interruption(line, fs.close) as interruption, contextlib.suppress(sync.ConnectionClosed):
                    ACTS[act](fs, events)
                if interruption.happened:
                    assert not fs.is_open and fs.final_error() is None
                    with pytest.raises(sync.ConnectionClosed):
                        fs.api("version")
                return interruption.happened
            finally:
                fs.close()

        at_every_line(each)

    test()


def test_disconnecting_the_drop_in_at_every_line(switch: Switch) -> None:
    @sync_test
    def test() -> None:
        def each(line: int) -> bool:
            con = ESL.ESLconnection(switch.host, switch.port, "ClueCon")
            with Interruption(line, con.disconnect) as interruption:
                con.api("version")
            assert con.connected() == (not interruption.happened)
            con.disconnect()
            return interruption.happened

        at_every_line(each)

    test()


@sync_test
def test_closing_a_server_at_every_line(switch: Switch) -> None:
    def each(line: int) -> bool:
        server = sync.serve(lambda call: call.hangup())
        address = f"127.0.0.1:{server.port}"
        ended = threading.Event()

        def close() -> None:
            ended.wait(LONG)
            server.close(1)

        stopping = threading.Thread(target=close)
        call = switch.call(address) if line % 3 == 0 else None
        stopping.start()
        if call is None or line > 30:
            ended.set()
        with Interruption(line, server.close) as interruption:
            server.serve_forever()
        ended.set()
        stopping.join(LONG)
        assert not stopping.is_alive()
        if call is not None:
            call.hangup()
        return interruption.happened

    at_every_line(each)


needs_timers = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers")


@contextlib.contextmanager
def alarm(handler: Callable[..., object]) -> Iterator[None]:
    """A signal in a moment."""
    before = signal.signal(signal.SIGALRM, lambda *_: handler())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@needs_timers
@sync_test
def test_a_signal_while_another_thread_reads(switch: Switch) -> None:
    switch.api["never"] = NEVER
    fs = sync.connect(switch.host, switch.port)
    others = [Background(lambda: fs.api("never")) for _ in range(3)]
    with alarm(lambda: fs.close(0.3)), pytest.raises(sync.ConnectionClosed):
        fs.api("never")
    for other in others:
        with pytest.raises(sync.ConnectionClosed):
            other.result()
    fs.close(0.3)


@needs_timers
@sync_test
def test_a_signal_while_it_connects_again(switch: Switch) -> None:
    fs = sync.connect(switch.host, switch.port, reconnect=sync.Reconnect(first=60), timeout=LONG)
    events = fs.events("HEARTBEAT").ready()
    switch.refuse()
    switch.drop()
    with alarm(fs.close), contextlib.suppress(sync.ConnectionClosed):
        events.get(LONG)
    assert not fs.is_open
    fs.close()


@sync_test
def test_closing_in_another_thread(switch: Switch) -> None:
    switch.api["never"] = NEVER
    fs = sync.connect(switch.host, switch.port)
    waits: list[Background[Any]] = [Background(lambda: fs.api("never")), Background(lambda: fs.events("NAT").get())]
    running = Background(fs.run)
    Background(lambda: fs.close(0.5)).result()
    for wait in waits:
        with pytest.raises(sync.ConnectionClosed):
            wait.result()
    running.result()


# asyncio


def loops() -> list[str]:
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: F401

        return ["asyncio", "uvloop"]
    return ["asyncio"]


def run_on(loop: str, test: Callable[[], Any]) -> None:
    if loop == "asyncio":
        aio_test(test)()
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(test(), 30))


async def all_waits_end(switch: Switch, close: Callable[[aio.Inbound], object]) -> None:
    switch.api["never"] = NEVER
    fs = await aio.connect(switch.host, switch.port)
    stream = fs.events("HEARTBEAT")
    job = await fs.bgapi("never")
    reading = asyncio.create_task(_all(stream))
    waits = [asyncio.ensure_future(wait) for wait in (fs.api("never"), fs.execute("u", "park"), job.result())]
    close(fs)
    await asyncio.wait_for(fs.wait_closed(), 10)
    for wait in waits:
        with pytest.raises((aio.ConnectionClosed, aio.CommandError)):
            await asyncio.wait_for(wait, 10)
    assert await asyncio.wait_for(reading, 10) == []
    assert not fs.is_open
    await fs.close()


async def _all(stream: aio.Stream[Any]) -> list[Any]:
    return [event async for event in stream]


@needs_timers
@pytest.mark.parametrize("loop", loops())
@pytest.mark.parametrize("how", ["of the loop", "of Python"])
def test_a_signal_in_aio(switch: Switch, loop: str, how: str) -> None:
    async def test() -> None:
        running = asyncio.get_running_loop()
        tasks: list[asyncio.Task[None]] = []

        def close(fs: aio.Inbound) -> None:
            def begin() -> None:
                tasks.append(running.create_task(fs.close(0.5)))

            if how == "of the loop":
                running.add_signal_handler(signal.SIGALRM, begin)
            else:
                signal.signal(signal.SIGALRM, lambda *_: running.call_soon_threadsafe(begin))
            signal.setitimer(signal.ITIMER_REAL, 0.05)

        try:
            await all_waits_end(switch, close)
            await tasks[0]
        finally:
            running.remove_signal_handler(signal.SIGALRM)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    run_on(loop, test)


@pytest.mark.parametrize("loop", loops())
def test_closing_aio_in_another_thread(switch: Switch, loop: str) -> None:
    async def test() -> None:
        running = asyncio.get_running_loop()
        threads: list[threading.Thread] = []

        def close(fs: aio.Inbound) -> None:
            def in_thread() -> None:
                asyncio.run_coroutine_threadsafe(fs.close(0.5), running).result(10)

            threads.append(threading.Thread(target=in_thread))
            threads[0].start()

        await all_waits_end(switch, close)
        await asyncio.to_thread(threads[0].join)

    run_on(loop, test)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize("loop", loops())
def test_closing_aio_in_a_forked_process(switch: Switch, loop: str) -> None:
    async def test() -> None:
        async with aio.connect(switch.host, switch.port) as fs:
            stream = await fs.events("HEARTBEAT")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Of threads.
                child = os.fork()
            if child == 0:
                told = 0
                try:
                    told = _in_a_child(fs, stream)
                finally:
                    os._exit(told)
            _, status = await asyncio.to_thread(os.waitpid, child, 0)
            assert os.waitstatus_to_exitcode(status) == 3
            # Nothing was said on the connection, and it is read as before.
            switch.fire("HEARTBEAT", {"n": "1"})
            assert (await stream.get(10))["n"] == "1"
            assert (await fs.api("version")).ok

    run_on(loop, test)


def _in_a_child(fs: aio.Inbound, stream: aio.Stream[Any]) -> int:
    """How many of three uses are refused, or do nothing, as they should."""
    told = 0
    for use in (fs.api("version"), stream.get()):
        try:
            use.send(None)
        except aio.EventSocketError as error:
            told += "process" in str(error)
    try:
        fs.close().send(None)
    except StopIteration:
        told += 1
    return told
