"""esl_proto.aio: several switches as one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aio_support import aio_test, until
from esl_proto import ApiResponse, Event
from esl_proto.aio import (
    AuthenticationError,
    CommandError,
    ConnectionClosed,
    Gap,
    Many,
    Reconnect,
    connect,
    connect_all,
)
from esl_proto.testing import NEVER, Switch, User

SOON = Reconnect(first=0.02, longest=0.05)


@pytest.fixture
def east() -> Iterator[Switch]:
    with Switch() as switch:
        yield switch


@pytest.fixture
def west() -> Iterator[Switch]:
    with Switch(password="other") as switch:
        yield switch


def text(answer: object) -> str:
    """What a switch has answered."""
    assert isinstance(answer, ApiResponse), answer
    return answer.text


def addresses(east: Switch, west: Switch) -> dict[str, Any]:
    """Where the two are; the second has a password of its own."""
    return {"east": east.address, "west": {"host": west.host, "port": west.port, "password": "other"}}


@aio_test
async def test_a_mapping_that_asks_all(east: Switch, west: Switch) -> None:
    east.api["status"], west.api["status"] = "UP", "-ERR down"
    async with connect_all(addresses(east, west)) as all:
        assert [*all] == ["east", "west"] and len(all) == 2
        assert (await all["west"].api("status")).error
        answers = await all.api("status")
        assert [(name, text(answer)) for name, answer in answers.items()] == [("east", "UP"), ("west", "-ERR down")]
    assert repr(all) == "<Many east: <Inbound closed>, west: <Inbound closed>>"


@aio_test
async def test_one_that_does_not_answer_keeps_no_other_waiting(east: Switch, west: Switch) -> None:
    east.api["status"], west.api["status"] = NEVER, "UP"
    async with connect_all(addresses(east, west)) as all:
        answers = await all.api("status", timeout=1)
        assert isinstance(answers["east"], TimeoutError)
        assert text(answers["west"]) == "UP"
        await all.close(0.2)


@aio_test
async def test_events_say_whence_they_come(east: Switch, west: Switch) -> None:
    async with connect_all(addresses(east, west)) as all, await all.events("HEARTBEAT") as events:
        for n in range(3):
            east.fire("HEARTBEAT", {"n": str(n)})
        west.fire("HEARTBEAT", {"n": "0"})
        seen = [await events.get(5) for _ in range(4)]
        assert [event["n"] for name, event in seen if name == "east"] == ["0", "1", "2"]
        assert [event["n"] for name, event in seen if name == "west"] == ["0"]
        with pytest.raises(TimeoutError):
            await events.get(0.02)
        # What waits comes by turns: one switch that is busy does not hide the others.
        for _ in range(10):
            east.fire("HEARTBEAT")
        west.fire("HEARTBEAT")
        await until(lambda: sum(stream.waiting for stream in events.streams.values()) == 11)
        assert "west" in [(await events.get(5))[0] for _ in range(2)]


@aio_test
async def test_closing_ends_the_stream_quietly(east: Switch, west: Switch) -> None:
    all = await connect_all(addresses(east, west))
    events = await all.events("HEARTBEAT")

    async def read() -> list[str]:
        return [name async for name, _ in events]

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await all.close()
    assert await reading == []
    assert dict(events.ended) == {"east": None, "west": None}
    with pytest.raises(ConnectionClosed):
        await events.get()

    async with connect_all(addresses(east, west)) as all:
        events = all.events("HEARTBEAT")
        reading = asyncio.create_task(read())
        await asyncio.sleep(0)
        events.close()
        assert await reading == []


@aio_test
async def test_one_that_is_gone_comes_back(east: Switch, west: Switch) -> None:
    async with connect_all(addresses(east, west), reconnect=SOON) as all:
        events = await all.events("HEARTBEAT", gaps=True)
        east.refuse()
        east.drop()
        await until(lambda: not all["east"].is_open)
        answers = await all.api("status")
        assert isinstance(answers["east"], ConnectionClosed) and not isinstance(answers["west"], Exception)
        assert (await all.least_loaded())[0] == "west"
        west.fire("HEARTBEAT", {"n": "1"})
        name, event = await events.get(5)
        assert name == "west" and isinstance(event, Event)
        east.listen()
        name, gap = await events.get(5)
        assert name == "east" and isinstance(gap, Gap)
        assert east.fire("HEARTBEAT") == 1
        name, event = await events.get(5)
        assert name == "east" and isinstance(event, Event)


@aio_test
async def test_one_that_is_not_there_at_first_comes_later(east: Switch, west: Switch, caplog: pytest.LogCaptureFixture) -> None:
    west.refuse()
    async with connect_all(addresses(east, west), reconnect=SOON) as all:
        assert [name for name, switch in all.items() if switch.is_open] == ["east"]
        with pytest.raises(ConnectionClosed, match="no connection could be made"):
            await all["west"].api("status")
        events = await all.events("HEARTBEAT", gaps=True)
        west.listen()
        await all["west"].wait_open(5)
        assert west.fire("HEARTBEAT") == 1
        name, event = await events.get(5)
        assert name == "west" and isinstance(event, Event), event
    assert f"{west.address}: no connection could be made" in caplog.text

    # A program that ends while it tries leaves nothing behind.
    west.refuse()
    async with connect_all(addresses(east, west), reconnect=SOON):
        pass


@aio_test
async def test_those_that_fail(east: Switch, west: Switch) -> None:
    with pytest.raises(AuthenticationError):
        await connect_all({"east": east.address, "west": west.address})
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(OSError):
        await connect_all({"a": nobody, "b": nobody})
    with pytest.raises(OSError):
        await connect_all({"east": east.address, "b": nobody}, reconnect=False)
    async with connect_all({}) as nothing:
        assert await nothing.api("status") == {}
        with pytest.raises(ConnectionClosed):
            await nothing.least_loaded()
        assert [one async for one in nothing.events("ALL")] == []


@aio_test
async def test_one_that_is_lost_for_good(east: Switch, west: Switch) -> None:
    async with connect_all(addresses(east, west), reconnect=False) as all:
        events = await all.events("HEARTBEAT")
        west.drop()
        await until(lambda: not all["west"].is_open)
        east.fire("HEARTBEAT")
        assert (await events.get(5))[0] == "east"
        await asyncio.sleep(0)
        assert isinstance(events.ended["west"], ConnectionClosed) and [*events.streams] == ["east"]
        east.drop()
        with pytest.raises(ConnectionClosed):
            async for _ in events:
                raise AssertionError


@aio_test
async def test_a_refused_subscription(east: Switch) -> None:
    east.users["u@test"] = User("p", events="HEARTBEAT")
    async with connect_all({"a": east.address}, user="u@test", password="p") as all:
        with pytest.raises(CommandError):
            await all.events("CHANNEL_CREATE")


@aio_test
async def test_least_loaded(east: Switch, west: Switch) -> None:
    async with connect_all(addresses(east, west)) as all:
        assert (await all.least_loaded())[0] == "east"
        for _ in range(3):
            east.new_call()
        west.new_call()
        name, fs = await all.least_loaded()
        assert name == "west" and fs is all["west"]
        # Calls that are being made count.
        west.api["never"] = NEVER
        jobs = [await fs.bgapi("never") for _ in range(3)]
        assert (await all.least_loaded())[0] == "east"
        del jobs
        # Who does not answer has no load.
        west.api["show"] = NEVER
        assert (await all.least_loaded(timeout=1))[0] == "east"
        await all.close(0.2)


@aio_test
async def test_connections_of_ones_own(east: Switch, west: Switch) -> None:
    async with connect(east.host, east.port) as one, connect(west.host, west.port, password="other") as other:
        assert [*await Many({"one": one, "other": other}).api("version")] == ["one", "other"]


@aio_test
async def test_a_wait_that_is_given_up_loses_nothing(east: Switch, west: Switch) -> None:
    async with connect_all(addresses(east, west)) as all:
        events = await all.events("HEARTBEAT")
        for n in range(50):
            reading = asyncio.create_task(events.get())
            await asyncio.sleep(0)
            east.fire("HEARTBEAT", {"n": str(n)})
            if n % 2:
                await asyncio.sleep(0.001)
            if reading.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await reading
                name, event = await events.get(5)
            else:
                name, event = await reading
            assert (name, event["n"]) == ("east", str(n))
