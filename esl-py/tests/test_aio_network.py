"""esl_proto.aio over networks that are late, slow, and break anywhere."""

from __future__ import annotations

import asyncio
import re

import pytest
from aio_support import aio_test, until
from esl_proto import Command, Event
from esl_proto.aio import (
    AccessDenied,
    AuthenticationError,
    ChannelEnded,
    ConnectionClosed,
    Gap,
    Inbound,
    Reconnect,
    Session,
    connect,
    serve,
)
from esl_proto.testing import NEVER, Later, Network, Switch
from networks import BROKEN_LOGINS, NETWORKS, breaking_logins, switch_behind

SOON = Reconnect(first=0.005, longest=0.02)


@pytest.mark.parametrize("network", NETWORKS)
def test_all_that_can_be_done(network: Network) -> None:
    @aio_test
    async def test() -> None:
        with switch_behind(network) as switch:
            switch.api["late"] = Later(0.15, "+OK żółw\n" + "x" * 3000)
            async with connect(switch.host, switch.port, format="json", reconnect=SOON) as fs:
                await commands(fs)
                await events(fs, switch)
                await applications(fs, switch)
                await a_new_connection(fs, switch)
            assert not fs.pending

    test()


async def commands(fs: Inbound) -> None:
    answers = await asyncio.gather(*(fs.send(Command.api(f"echo {n}")) for n in range(500)))
    assert [answer.text for answer in answers] == [str(n) for n in range(500)]
    with pytest.raises(TimeoutError):
        await fs.api("late", timeout=0.001)
    given_up = asyncio.ensure_future(fs.send(Command.api("late")))
    given_up.cancel()
    assert (await fs.api("echo in step")).text == "in step"
    assert (await (await fs.bgapi("late"))).text == "+OK żółw\n" + "x" * 3000


async def events(fs: Inbound, switch: Switch) -> None:
    async with fs.events("HEARTBEAT", maxsize=3, overflow="block") as stream:
        await fs.api("version")
        for n in range(30):
            switch.fire("HEARTBEAT", {"n": str(n), "text": "żółw"})
        assert [(await stream.get(10))["n"] for _ in range(30)] == [str(n) for n in range(30)]


async def applications(fs: Inbound, switch: Switch) -> None:
    switch.apps["long"] = NEVER
    call = switch.new_call()
    assert (await fs.execute(call.uuid, "playback", "x"))["Application-Response"] == "FILE PLAYED"
    interrupted, waiting = [asyncio.create_task(fs.execute(call.uuid, "long")) for _ in range(2)]
    await switch.received(re.compile(f"sendmsg {call.uuid}"), count=3)
    await until(lambda: ("long", "") in call.executed)
    call.hangup("USER_BUSY")
    for application in (interrupted, waiting):
        with pytest.raises(ChannelEnded, match="USER_BUSY"):
            await application


async def a_new_connection(fs: Inbound, switch: Switch) -> None:
    async with fs.events("CHANNEL_ANSWER", gaps=True) as stream:
        await fs.api("version")
        switch.drop()
        assert isinstance(await stream.get(10), Gap)
        await fs.wait_open(10)
        switch.fire("CHANNEL_ANSWER")
        event = await stream.get(10)
        assert isinstance(event, Event)
        assert event.format == "json"


@pytest.mark.parametrize("network", NETWORKS)
def test_calls(network: Network) -> None:
    @aio_test
    async def test() -> None:
        async def ivr(call: Session) -> None:
            await call.answer()
            await call.set("greeted", "yes")
            assert await call.getvar("greeted") == "yes"
            await call.hangup("USER_BUSY")

        with switch_behind(network) as switch:
            async with serve(ivr, linger=5) as server:
                for is_async in (True, False):
                    call = await asyncio.to_thread(switch.call, f"127.0.0.1:{server.port}", is_async=is_async)
                    assert await call.ended() == "USER_BUSY"
                    await until(lambda: not server.calls)
            assert server.taken == 2

    test()


@pytest.mark.parametrize("network", NETWORKS)
def test_logins_that_fail(network: Network) -> None:
    @aio_test
    async def test() -> None:
        with switch_behind(network) as switch:
            with pytest.raises(AuthenticationError):
                await connect(switch.host, switch.port, password="wrong")
            switch.deny = True
            with pytest.raises(AccessDenied, match="go away"):
                await connect(switch.host, switch.port)

    test()


@aio_test
async def test_a_login_that_breaks_off_anywhere() -> None:
    with breaking_logins() as port:
        for _ in BROKEN_LOGINS:
            with pytest.raises(ConnectionClosed) as raised:
                await connect("127.0.0.1", port)
            assert raised.value.end == "eof"


@aio_test
async def test_a_connection_that_breaks_off_anywhere() -> None:
    """Every wait ends, with its result or with the reason; what comes after finds all in order."""
    with switch_behind(Network()) as switch:
        call = switch.new_call()
        async with connect(switch.host, switch.port, reconnect=SOON) as fs:
            stream = fs.events("HEARTBEAT", gaps=True)
            for octets in range(0, 2000, 47):
                await _settled(fs)
                switch.connections[0].cut(octets)
                waits = [
                    asyncio.create_task(fs.api("echo " + "x" * 100)),
                    asyncio.create_task(_result(fs)),
                    asyncio.create_task(fs.execute(call.uuid, "playback", "x")),
                ]
                switch.fire("HEARTBEAT")
                for wait in waits:
                    try:
                        await asyncio.wait_for(wait, 10)
                    except ConnectionClosed as error:
                        assert error.end == "eof"
            await _settled(fs)
            assert fs.pending == 0
            assert stream.gaps > 10
            waiting = [await stream.get() for _ in range(stream.waiting)]
            assert stream.gaps == len([event for event in waiting if isinstance(event, Gap)])


async def _settled(fs: Inbound) -> None:
    """There is a connection, and it works."""
    while True:
        await fs.wait_open(10)
        try:
            assert (await fs.api("echo 1")).text == "1"
        except ConnectionClosed:
            continue
        return


async def _result(fs: Inbound) -> object:
    job = await fs.bgapi("echo 1")
    return await job


@aio_test
async def test_answers_that_come_too_late() -> None:
    with switch_behind(Network()) as switch:
        async with connect(switch.host, switch.port) as fs:
            switch.network.delay = 0.3
            with pytest.raises(TimeoutError):
                await connect(switch.host, switch.port, timeout=0.02)
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await fs.api("echo late", timeout=0.01)
            cancelled = asyncio.create_task(fs.api("echo late"))
            await asyncio.sleep(0.01)
            cancelled.cancel()
            assert (await fs.api("echo in time", timeout=5)).text == "in time"
            assert fs.pending == 0


@aio_test
async def test_a_server_that_has_lost_events() -> None:
    """It ends the connection of a program that reads too slowly."""
    with switch_behind(Network()) as switch:
        async with connect(switch.host, switch.port) as fs, fs.events("HEARTBEAT") as stream:
            await fs.api("version")
            switch.fire("HEARTBEAT")
            switch.disconnect("lost-events")
            assert (await stream.get(5)).name == "HEARTBEAT"
            with pytest.raises(ConnectionClosed) as raised:
                await stream.get(5)
            assert raised.value.end == "events-lost"
        async with connect(switch.host, switch.port, reconnect=SOON) as fs:
            marked = fs.events("HEARTBEAT", gaps=True)
            await fs.api("version")
            switch.disconnect("lost-events")
            gap = await marked.get(5)
            assert isinstance(gap, Gap)
            assert gap.reason.end == "events-lost"
