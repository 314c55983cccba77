"""esl_proto.aio: streams, handlers, log lines; overflow and back-pressure."""

from __future__ import annotations

import asyncio
import gc

import pytest
from aio_support import aio_test, until
from esl_proto import Event
from esl_proto.aio import CommandError, ConnectionClosed, Inbound, StreamOverflow, connect
from esl_proto.names import EventName
from esl_proto.testing import Switch, User


async def settle(fs: Inbound) -> None:
    """What was fired before has arrived."""
    await fs.api("version")


@aio_test
async def test_events_by_name(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        stream = fs.events("CHANNEL_ANSWER", EventName.HEARTBEAT)
        await settle(fs)
        switch.fire("CHANNEL_ANSWER", {"Unique-ID": "5fd4"})
        switch.fire("CHANNEL_BRIDGE")
        switch.fire("HEARTBEAT")
        assert (await stream.get())["Unique-ID"] == "5fd4"
        async for event in stream:
            assert event.name == "HEARTBEAT"
            break
        assert (stream.received, stream.dropped, stream.waiting, stream.maxsize) == (2, 0, 0, 1000)


@pytest.mark.parametrize("format", ["plain", "json", "xml"])
def test_formats(switch: Switch, format: str) -> None:
    @aio_test
    async def test() -> None:
        async with connect(switch.host, switch.port, format=format) as fs:  # type: ignore[arg-type]
            stream = fs.events("heartbeat")
            await fs.bgapi("status")
            switch.fire("HEARTBEAT", {"x": "ąę: %"})
            event = await stream.get(5)
            assert event.format == format
            assert event["x"] == "ąę: %"

    test()


@aio_test
async def test_custom_events_by_subclass(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        mine = fs.events(subclasses=["my::event"])
        both = fs.events("HEARTBEAT", subclasses=["my::event", "my::other"])
        everything = fs.events()
        await settle(fs)
        for subclass in ("my::event", "my::other", "my::third"):
            switch.fire("CUSTOM", subclass=subclass)
        switch.fire("HEARTBEAT")
        await settle(fs)
        assert [(await mine.get()).subclass for _ in range(mine.waiting)] == ["my::event"]
        assert [(await both.get()).subclass for _ in range(both.waiting)] == ["my::event", "my::other", None]
        assert everything.waiting == 3  # No name: what comes anyway.


@aio_test
async def test_the_events_of_one_channel(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        one = fs.events("ALL", channel="a")
        await settle(fs)
        for uuid in ("a", "b", "a"):
            switch.fire("CHANNEL_STATE", {"Unique-ID": uuid})
        await settle(fs)
        assert one.waiting == 2


@aio_test
async def test_a_refused_subscription_ends_the_stream(switch: Switch) -> None:
    switch.users["bob@x"] = User("secret", events="HEARTBEAT")
    async with connect(switch.host, switch.port, user="bob@x", password="secret") as fs:
        stream = fs.events("CHANNEL_ANSWER")
        with pytest.raises(CommandError, match="permission denied"):
            await stream.get(5)


@aio_test
async def test_unsubscribing(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        stream = fs.events("HEARTBEAT", "CHANNEL_ANSWER")
        await fs.unsubscribe("HEARTBEAT")
        switch.fire("HEARTBEAT")
        await settle(fs)
        assert stream.waiting == 0
        await fs.filter("Unique-ID", "a")
        switch.fire("CHANNEL_ANSWER", {"Unique-ID": "b"})
        await settle(fs)
        assert stream.waiting == 0
        await fs.filter_delete()
        switch.fire("CHANNEL_ANSWER", {"Unique-ID": "b"})
        await settle(fs)
        assert stream.waiting == 1
        await fs.noevents()
        switch.fire("CHANNEL_ANSWER")
        await settle(fs)
        assert stream.waiting == 1


@aio_test
async def test_what_does_not_fit_is_dropped_and_counted(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        oldest = fs.events("HEARTBEAT", maxsize=3)
        newest = fs.events("HEARTBEAT", maxsize=3, overflow="drop-newest")
        error = fs.events("HEARTBEAT", maxsize=3, overflow="error")
        await settle(fs)
        for n in range(10):
            switch.fire("HEARTBEAT", {"n": str(n)})
        await settle(fs)
        assert [(await oldest.get())["n"] for _ in range(3)] == ["7", "8", "9"]
        assert [(await newest.get())["n"] for _ in range(3)] == ["0", "1", "2"]
        assert (oldest.received, oldest.dropped) == (newest.received, newest.dropped) == (10, 7)
        assert [(await error.get())["n"] for _ in range(3)] == ["0", "1", "2"]
        with pytest.raises(StreamOverflow):
            await error.get()
        with pytest.raises(ValueError, match="overflow"):
            fs.events(overflow="bogus")  # type: ignore[call-overload]
        with pytest.raises(ValueError, match="maxsize"):
            fs.events(maxsize=0)


@aio_test
async def test_back_pressure_loses_nothing(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        stream = fs.events("HEARTBEAT", maxsize=10, overflow="block")
        await settle(fs)
        for n in range(500):
            switch.fire("HEARTBEAT", {"n": str(n), "padding": "x" * 1000})
        seen = []
        async for event in stream:
            seen.append(event["n"])
            assert stream.waiting <= 10
            if len(seen) % 50 == 0:
                await asyncio.sleep(0.01)
            if len(seen) == 500:
                break
        assert seen == [str(n) for n in range(500)]
        assert stream.dropped == 0
        await settle(fs)


@aio_test
async def test_a_blocked_connection_goes_on_when_its_stream_is_closed_or_dropped(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        for way in ("close", "drop"):
            stream = fs.events("HEARTBEAT", maxsize=2, overflow="block")
            await settle(fs)
            for _ in range(10):
                switch.fire("HEARTBEAT")
            answer = asyncio.create_task(fs.api("version"))
            await until(lambda stream=stream: stream.waiting == 2)  # type: ignore[misc]
            await asyncio.sleep(0.02)
            assert not answer.done()
            if way == "close":
                stream.close()
            del stream
            gc.collect()
            await asyncio.wait_for(answer, 5)


@aio_test
async def test_the_end_comes_through_a_blocked_stream(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        stream = fs.events("HEARTBEAT", maxsize=2, overflow="block")
        await settle(fs)
        for _ in range(10):
            switch.fire("HEARTBEAT")
        switch.disconnect("shutdown")
        await until(lambda: stream.waiting == 2)
        seen = 0
        with pytest.raises(ConnectionClosed, match="shut"):
            async for _ in stream:
                seen += 1
                await asyncio.sleep(0)
        assert seen == 10


@aio_test
async def test_closing_does_not_wait_for_blocked_streams(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        stream = fs.events("HEARTBEAT", maxsize=2, overflow="block")
        await settle(fs)
        for _ in range(10):
            switch.fire("HEARTBEAT")
        await until(lambda: stream.waiting == 2)
    stream.close()


@aio_test
async def test_streams_that_are_dropped_are_forgotten(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        for _ in range(100):
            fs.events("HEARTBEAT")
        await settle(fs)
        switch.fire("HEARTBEAT")
        await settle(fs)
        assert not fs._session.readers
        async with fs.events("HEARTBEAT") as stream:
            waiting = asyncio.create_task(stream.get())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await stream.get()
            stream.close()
            with pytest.raises(ConnectionClosed):
                await waiting


@aio_test
async def test_waiting_for_an_event_has_a_deadline(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs, fs.events("HEARTBEAT") as stream:
        await settle(fs)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await stream.get(timeout=0.01)
        switch.fire("HEARTBEAT")
        assert (await stream.get(timeout=5)).name == "HEARTBEAT"


@aio_test
async def test_handlers(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    async with connect(switch.host, switch.port) as fs:
        plain: list[str] = []
        slow: list[str] = []

        @fs.on("HEARTBEAT")
        def at_once(event: Event) -> None:
            plain.append(event.get_str("n"))
            if event["n"] == "1":
                raise RuntimeError("of a plain handler")

        @fs.on("HEARTBEAT", "CHANNEL_ANSWER")
        async def in_order(event: Event) -> None:
            await asyncio.sleep(0.01 if event["n"] == "0" else 0)
            slow.append(event.get_str("n"))
            if event["n"] == "1":
                raise RuntimeError("of a coroutine")

        @fs.on("CHANNEL_ANSWER", channel="a")
        def of_a(event: Event) -> None:
            plain.append("answer")

        await settle(fs)
        for n in range(3):
            switch.fire("HEARTBEAT", {"n": str(n)})
        for uuid in "ab":
            switch.fire("CHANNEL_ANSWER", {"Unique-ID": uuid, "n": uuid})
        await settle(fs)
        await until(lambda: len(slow) == 5)
        assert plain == ["0", "1", "2", "answer"]
        assert slow == ["0", "1", "2", "a", "b"]
        fs.off(at_once)
        fs.off(in_order)
        switch.fire("HEARTBEAT", {"n": "9"})
        await settle(fs)
        assert "9" not in plain + slow
    assert [record.exc_info[1].args[0] for record in caplog.records if record.exc_info and record.exc_info[1]] == [
        "of a plain handler",
        "of a coroutine",
    ]


@aio_test
async def test_log_lines(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    async with connect(switch.host, switch.port) as fs:
        lines = fs.log_lines("debug")
        await settle(fs)
        switch.log("INFO", "something happened\n", file="x.c", line=7)
        line = await lines.get(5)
        assert (line.level, line.text, line.file, line.line) == ("INFO", "something happened\n", "x.c", 7)
        await fs.nolog()
        switch.log("INFO", "unheard\n")
        await settle(fs)
        assert lines.waiting == 0
        await fs.log(3)


@aio_test
async def test_a_close_that_is_cancelled_does_not_take_it_for_the_end_of_a_handler(switch: Switch) -> None:
    fs = await connect(switch.host, switch.port)
    started, release = asyncio.Event(), asyncio.Event()

    @fs.on("HEARTBEAT")
    async def stubborn(event: Event) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await release.wait()

    await fs.api("version")
    switch.fire("HEARTBEAT")
    await asyncio.wait_for(started.wait(), 5)
    closing = asyncio.create_task(fs.close())
    await asyncio.sleep(0.05)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    release.set()
    await fs.close()
