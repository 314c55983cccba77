"""esl_proto.aio: what every wait ends with, liveness, calls that are made, verbs."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import warnings

import pytest
from aio_support import aio_test, until
from esl_proto import Event, LocalProtocolError, dial
from esl_proto.aio import (
    Call,
    CallFailed,
    ChannelEnded,
    CommandError,
    ConnectionClosed,
    EventSocketError,
    Gap,
    Reconnect,
    Session,
    connect,
    serve,
)
from esl_proto.testing import NEVER, Later, Switch, User
from test_aio_serve import dial as call_in

SOON = Reconnect(first=0.02, longest=0.05)


@aio_test
async def test_a_stream_that_stands_or_the_refusal(switch: Switch) -> None:
    switch.users["bob@x"] = User("secret", events="HEARTBEAT")
    async with connect(switch.host, switch.port, user="bob@x", password="secret") as fs:
        events = await fs.events("HEARTBEAT")
        assert switch.fire("HEARTBEAT") == 1
        assert (await events.get(5)).name == "HEARTBEAT"
        with pytest.raises(CommandError, match="permission denied"):
            await fs.events("CHANNEL_ANSWER")
        assert (await fs.events("HEARTBEAT")).waiting == 0


@aio_test
async def test_names_that_are_none(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        for name in (["CHANNEL_PARK"], b"CHANNEL_PARK", 5):
            with pytest.raises(TypeError):
                fs.events(name)  # type: ignore[call-overload]
        with pytest.raises(TypeError):
            fs.events(subclasses="a::b")
        events = await fs.events("CUSTOM", "sofia::register")
        assert switch.fire("CUSTOM", subclass="sofia::register") == 1
        assert (await events.get(5)).subclass == "sofia::register"


@aio_test
async def test_taking_all_events_away_ends_no_wait_for_ever(switch: Switch) -> None:
    switch.apps["later"] = NEVER
    call = switch.new_call()
    async with connect(switch.host, switch.port) as fs:
        switch.api["wait"] = "+OK done"
        waiting = asyncio.create_task(fs.execute(call.uuid, "later"))
        await until(lambda: call.executed)
        await fs.noevents()
        await fs.unsubscribe("BACKGROUND_JOB", "CHANNEL_EXECUTE_COMPLETE", "CHANNEL_DESTROY", "CHANNEL_HANGUP_COMPLETE")
        assert (await (await fs.bgapi("wait")).result(5)).ok
        call.hangup("USER_BUSY")
        with pytest.raises(ChannelEnded, match="USER_BUSY"):
            await asyncio.wait_for(waiting, 5)


@aio_test
async def test_a_burst_for_a_handler_that_is_a_coroutine(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    async with connect(switch.host, switch.port) as fs:
        seen: list[str] = []

        @fs.on("HEARTBEAT")
        async def handler(event: Event) -> None:
            await asyncio.sleep(0)
            seen.append(event.get_str("n"))

        await fs.api("version")
        for n in range(3000):
            switch.fire("HEARTBEAT", {"n": str(n)})
        await until(lambda: len(seen) == 3000)
        assert seen == [str(n) for n in range(3000)]
        assert fs.stats["dropped"] == 0

        @fs.on("CHANNEL_ANSWER", maxsize=3)
        async def slow(event: Event) -> None:
            await asyncio.Event().wait()

        lossy = await fs.events("CHANNEL_ANSWER", maxsize=3)
        for _ in range(10):
            switch.fire("CHANNEL_ANSWER")
        await until(lambda: lossy.dropped)
        await fs.api("version")
        assert (lossy.dropped, fs.stats["dropped"]) == (7, 14)
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 2


@aio_test
async def test_a_job_whose_end_cannot_be_heard(switch: Switch) -> None:
    switch.users["bob@x"] = User("secret", events="HEARTBEAT")
    async with connect(switch.host, switch.port, user="bob@x", password="secret") as fs:
        job = await fs.bgapi("version")
        with pytest.raises(CommandError, match="may not be subscribed to"):
            await job.result(5)


@aio_test
async def test_a_server_that_says_nothing_any_more() -> None:
    ok = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
    served = 0

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        writer.write(b"Content-Type: auth/request\n\n")
        for _ in range(2):
            await reader.readuntil(b"\n\n")
            writer.write(ok)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect("127.0.0.1", port, reconnect=SOON, heartbeat=0.2) as fs:
            events = fs.events(gaps=True)
            with pytest.raises(ConnectionClosed) as raised:
                await fs.api("status")
            assert raised.value.end == "silence"
            gap = await events.get(5)
            assert isinstance(gap, Gap) and gap.reason.end == "silence"
            await fs.close(0.2)
    assert served > 1


@aio_test
async def test_dropping_a_connection(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        events = await fs.events("HEARTBEAT", gaps=True)
        switch.fire("HEARTBEAT", {"Core-UUID": "c1"})
        assert isinstance(await events.get(5), Event)
        fs.reconnect()
        gap = await events.get(5)
        assert isinstance(gap, Gap) and gap.reason.end == "closed"
        assert gap.core_uuid_before is not None
        await fs.wait_open(5)
        assert (await fs.api("version")).text
        assert fs.stats["connections"] == 2


@aio_test
async def test_one_that_nobody_closes(switch: Switch) -> None:
    fs = await connect(switch.host, switch.port)
    await fs.api("version")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del fs
        gc.collect()
    assert [warning.category for warning in caught] == [ResourceWarning]
    await until(lambda: not switch.connections)


@aio_test
async def test_making_a_call(switch: Switch) -> None:
    switch.refusals["user/1001"] = "USER_BUSY"
    async with connect(switch.host, switch.port) as fs:
        call = await fs.originate(dial.Originate(dial.Leg("user/1000", {"x": "O'Hara, Scarlett"}), dial.Application("park")))
        assert isinstance(call, Call) and await call.exists()
        assert await call.getvar("x") == "O'Hara, Scarlett"
        assert await call.getvar("none") is None
        await call.set("y", "it's, one")
        assert await call.getvar("y") == "it's, one"
        await call.hangup("NORMAL_CLEARING")
        await until(lambda: not switch.calls)
        assert not await call.exists()
        with pytest.raises(CallFailed) as raised:
            await fs.originate("user/1001 &park()")
        assert raised.value.cause == "USER_BUSY"
        with pytest.raises(EventSocketError):
            await fs.call("no-such-channel").playback("x")


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("full", [True, False])
def test_what_verbs_say(switch: Switch, is_async: bool, full: bool) -> None:
    @aio_test
    async def test() -> None:
        done = asyncio.Event()

        async def handler(call: Session) -> None:
            await call.record("/x/two words.wav", limit=0.4)
            await call.set("name", r"O'Brien \ co")
            assert await call.getvar("name") == r"O'Brien \ co"
            with pytest.raises(LocalProtocolError):
                await call.set("name", "${system(reboot)}")
            with pytest.raises(LocalProtocolError):
                await call.playback("a@@b")
            await call.set("name", "${uuid}", expand=True)
            with pytest.raises(ValueError, match="leg"):
                await call.transfer("1000", leg="none")  # type: ignore[arg-type]
            done.set()
            await call.transfer("park please")

        switch.apps["record"] = Later(0.01, "done")
        async with serve(handler) as server:
            call = await call_in(switch, server.port, is_async=is_async, full=full)
            await asyncio.wait_for(done.wait(), 10)
            await until(lambda: not server.calls)
            applications = [app for app in call.executed if app[0] != "park"]
            assert applications[0] == ("record", "'/x/two words.wav' 1")
            assert call.cause is None, "a transfer does not end the call"
            assert "resume" in [str(command) for command in switch.commands]
            call.hangup()

    test()


@aio_test
async def test_the_end_of_a_call_while_nobody_waits_for_it(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    causes: list[str | None] = []
    waiting = asyncio.Event()

    async def handler(call: Session) -> None:
        with pytest.raises(TimeoutError):
            await call.hung_up(0.01)
        waiting.set()
        causes.append(await call.hung_up(5))
        causes.append(call.cause)
        await call.playback("too late")

    async with serve(handler, linger=5) as server:
        call = await call_in(switch, server.port)
        await asyncio.wait_for(waiting.wait(), 10)
        call.hangup("USER_BUSY")
        await until(lambda: not server.calls)
    assert causes == ["USER_BUSY"] * 2
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@aio_test
async def test_a_call_that_is_refused_ends(switch: Switch) -> None:
    """The server would keep it for ever."""
    go_on = asyncio.Event()

    async def handler(call: Session) -> None:
        await go_on.wait()

    async with serve(handler, max_calls=1) as server:
        first = await call_in(switch, server.port)
        second = await call_in(switch, server.port)
        assert await second.ended() == "SWITCH_CONGESTION"
        assert server.refused == 1
        go_on.set()
        await first.ended()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@aio_test
async def test_a_forked_process_is_told(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of threads.
            child = os.fork()
        if child == 0:
            try:
                fs._must_be_open()
            except EventSocketError as error:
                os._exit(0 if "process" in str(error) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert (await fs.api("version")).text
