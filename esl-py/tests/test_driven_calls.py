"""Channels that are driven from beside, and what ends with them; rows; results that are checked."""

from __future__ import annotations

import asyncio
import pickle
from typing import assert_type

import pytest
from aio_support import aio_test, until
from esl_proto import Event, Reply, aio, sync
from esl_proto.aio import ChannelEnded, CommandError, NoSuchChannel
from esl_proto.testing import NEVER, Switch
from sync_support import Background, sync_test
from sync_support import until as until_now


def asked(switch: Switch, uuid: str) -> int:
    """How often it was asked whether a channel is there: behind that, its end is heard."""
    return [str(command) for command in switch.commands].count(f"api uuid_exists {uuid}")


@aio_test
async def test_a_channel_that_is_not_there(switch: Switch) -> None:
    async with aio.connect(switch.host, switch.port) as fs:
        gone = fs.call("no-such-channel")
        for act in (lambda: gone.playback("x"), lambda: gone.bridge_to(gone), gone.dump):
            with pytest.raises(NoSuchChannel) as refused:
                await act()
            assert isinstance(refused.value, CommandError) and refused.value.command is not None
            assert type(pickle.loads(pickle.dumps(refused.value))) is NoSuchChannel
        await gone.hangup()
        assert await gone.hung_up(5) is None
        assert not await gone.exists() and await gone.getvar("x") is None


@sync_test
def test_a_channel_that_is_not_there_for_threads(switch: Switch) -> None:
    with sync.connect(switch.host, switch.port) as fs:
        gone = fs.call("no-such-channel")
        for act in (lambda: gone.playback("x"), lambda: gone.bridge_to(gone), gone.dump):
            with pytest.raises(NoSuchChannel):
                act()
        gone.hangup()
        assert gone.hung_up(5) is None and not gone.exists()


@aio_test
async def test_the_end_of_a_channel_that_is_watched(switch: Switch) -> None:
    async with aio.connect(switch.host, switch.port) as fs:
        call, other = await fs.originate("loopback/1000 &park()"), await fs.originate("loopback/1001 &park()")
        assert await call.exists()
        await call.set("note", "Grüße, %41")
        known = await call.dump()
        assert known.unique_id == call.uuid and known.name == "CHANNEL_DATA" and known.call_state == "ACTIVE"
        assert known.variables["note"] == "Grüße, %41"
        listed = await fs.api("show channels as json")
        result = await (await fs.bgapi("show channels as json"))
        for answer in (listed, result):
            assert call.uuid in [row["uuid"] for row in answer.json()["rows"]]
        with pytest.raises(ValueError, match="Expecting value"):
            (await fs.api("show channels")).json()
        await call.bridge_to(other)
        with pytest.raises(TimeoutError):
            await call.hung_up(0.05)
        busy = asyncio.Event()

        async def drive() -> None:
            async with call.while_up():
                busy.set()
                await asyncio.Event().wait()

        before = asked(switch, call.uuid)
        driving, ended = asyncio.create_task(drive()), asyncio.create_task(call.hung_up(10))
        await busy.wait()
        await until(lambda: asked(switch, call.uuid) == before + 2 and not fs.pending)
        await call.hangup("USER_BUSY")
        assert await ended == "USER_BUSY"
        with pytest.raises(ChannelEnded) as how:
            await driving
        assert how.value.cause == "USER_BUSY"
        async with other.while_up():
            pass


@sync_test
def test_the_end_of_a_channel_that_is_watched_by_a_thread(switch: Switch) -> None:
    with sync.connect(switch.host, switch.port) as fs:
        call = fs.originate("loopback/1000 &park()")
        other = fs.originate("loopback/1001 &park()")
        call.set("note", "Grüße, %41")
        known = call.dump()
        assert known.unique_id == call.uuid and known.call_state == "ACTIVE" and known.variables["note"] == "Grüße, %41"
        call.bridge_to(other)
        with pytest.raises(TimeoutError):
            call.hung_up(0.05)
        before = asked(switch, call.uuid)
        watching = Background(lambda: call.hung_up(10))
        until_now(lambda: asked(switch, call.uuid) == before + 1 and not fs.pending)
        call.hangup("USER_BUSY")
        assert watching.result() == "USER_BUSY"


@pytest.mark.parametrize("mode", ["async full", "async", "full", ""])
@aio_test
async def test_a_session_that_is_busy_elsewhere(mode: str) -> None:
    """A caller who hangs up ends what the handler does, and everything that it says then tells the same."""
    seen: list[object] = []

    async def handler(call: aio.Session) -> None:
        await call.answer()
        try:
            async with call.while_up():
                await asyncio.Event().wait()
        except ChannelEnded as error:
            seen.append(error.cause)
        await call.wait_closed()
        for act in (lambda: call.playback("x"), lambda: call.resume(), lambda: call.getvar("x")):
            with pytest.raises(ChannelEnded):
                await act()
        seen.append("end")

    with Switch() as switch:
        async with aio.serve(handler) as server:
            call = await asyncio.to_thread(switch.call, f"127.0.0.1:{server.port} {mode}")
            await until(lambda: call.executed)
            call.hangup("CALL_REJECTED")
            await until(lambda: not server.calls)
            assert server.failed == 0
    assert seen[-1] == "end" and seen[0] in ("CALL_REJECTED", None)


@aio_test
async def test_rows_and_results_that_are_checked(switch: Switch) -> None:
    async with aio.connect(switch.host, switch.port) as fs:
        call = await fs.originate("loopback/1000 &park()")
        rows = await fs.show("channels")
        assert call.uuid in [row["uuid"] for row in rows]
        with pytest.raises(CommandError):
            await fs.show("nonsense")
        job = await fs.bgapi("nonsense")
        with pytest.raises(CommandError) as refused:
            await job.result(5, check=True)
        assert pickle.loads(pickle.dumps(refused.value)).answer.error
        assert (await job.result(5)).error


@sync_test
def test_rows_and_results_that_are_checked_for_threads(switch: Switch) -> None:
    with sync.connect(switch.host, switch.port) as fs:
        call = fs.originate("loopback/1000 &park()")
        assert call.uuid in [row["uuid"] for row in fs.show("channels")]
        with pytest.raises(CommandError):
            fs.bgapi("nonsense").result(5, check=True)


async def types_of_tasks(call: aio.Session, fs: aio.Inbound) -> None:
    """For type checkers, as is the next one: the mixture of bases keeps what commands and streams give."""
    assert_type(call.events("X"), aio.Stream[Event])
    assert_type(await call.resume(), Reply)
    assert_type(fs.events("X", gaps=True), aio.Stream[Event | aio.Gap])
    assert_type(await fs.show("channels"), list[Event])


def types_of_threads(call: sync.Session, fs: sync.Inbound) -> None:
    assert_type(call.events("X"), sync.Stream[Event])
    assert_type(call.resume(), Reply)
    assert_type(fs.events("X", gaps=True), sync.Stream[Event | sync.Gap])
