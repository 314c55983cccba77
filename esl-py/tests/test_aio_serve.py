"""esl_proto.aio: calls that come in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from aio_support import aio_test, until
from esl_proto import LocalProtocolError
from esl_proto.aio import ChannelEnded, ConnectionClosed, Session, serve
from esl_proto.testing import NEVER, Call, Later, Switch
from tls_support import server_context, tunnel


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch() as switch:
        switch.moment = 0.001
        yield switch


async def dial(switch: Switch, port: int, *, full: bool = True, is_async: bool = True) -> Call:
    """The switch is in another thread, and so must be whoever waits for it."""
    return await asyncio.to_thread(lambda: switch.call(f"127.0.0.1:{port}", full=full, is_async=is_async))


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("full", [True, False])
def test_an_ivr(switch: Switch, is_async: bool, full: bool) -> None:
    @aio_test
    async def test() -> None:
        told: dict[str, object] = {}

        async def ivr(call: Session) -> None:
            told["mode"] = call.is_async, call.full_control
            told["caller"] = call.channel["Caller-Caller-ID-Number"]
            await call.answer()
            played = await call.playback("welcome.wav")
            told["response"] = played["Application-Response"]
            await call.set("greeted", "yes, twice")
            told["greeted"] = await call.getvar("greeted"), await call.getvar("nothing")
            told["digits"] = await call.play_and_get_digits("pin.wav", min_digits=2, max_digits=4, timeout=1)
            told["none"] = await call.play_and_get_digits("pin.wav", max_digits=1, timeout=0.01, tries=1)
            await call.hangup("USER_BUSY")
            told["order"] = "after hangup"

        async with serve(ivr) as server:
            call = await dial(switch, server.port, is_async=is_async, full=full)
            await call.executing("play_and_get_digits")
            call.press("1234#")
            assert await call.ended() == "USER_BUSY"
            await until(lambda: not server.calls)
        assert told == {
            "mode": (is_async, full),
            "caller": "1000",
            "response": "FILE PLAYED",
            "greeted": ("yes, twice", None),
            "digits": "1234",
            "none": None,
            "order": "after hangup",
        }
        assert call.executed[0] == ("answer", "")
        assert call.executed[3] == (
            "play_and_get_digits",
            r"2 4 3 1000 # pin.wav silence_stream://1 digits \\d+",  # As it is said: the server expands it.
        )

    test()


@aio_test
async def test_bridge_and_the_other_words(switch: Switch) -> None:
    ended = asyncio.get_running_loop().create_future()
    bridged = asyncio.Event()

    async def handler(call: Session) -> None:
        await call.ring_ready()
        await call.pre_answer()
        await call.say("42")
        await call.sleep(0.01)
        await call.execute("log", "INFO hello")
        await call.bridge("user/1001")
        bridged.set()
        await call.wait_closed()
        with pytest.raises(ChannelEnded):
            await call.playback("too late")
        ended.set_result(True)

    switch.refusals["user/1001"] = "NO_ANSWER"
    async with serve(handler) as server:
        call = await dial(switch, server.port)
        await asyncio.wait_for(bridged.wait(), 10)
        call.hangup()
        await asyncio.wait_for(ended, 10)
    assert call.executed == [
        ("ring_ready", ""),
        ("pre_answer", ""),
        ("say", "en number pronounced 42"),
        ("sleep", "10"),
        ("log", "INFO hello"),
        ("bridge", "user/1001"),
    ]


@aio_test
async def test_the_caller_hangs_up(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    """It ends what waits, and is no failure of the handler."""
    reasons: list[BaseException] = []
    switch.apps["wait"] = NEVER

    async def handler(call: Session) -> None:
        try:
            await call.execute("wait")
            await call.playback("too late")
        except ChannelEnded as error:
            reasons.append(error)
            async for _ in call.events():
                pass
            await call.wait_closed()
            raise

    async with serve(handler) as server:
        for is_async in (True, False):
            call = await dial(switch, server.port, is_async=is_async)
            await until(lambda: call.executed)
            call.hangup()
            await call.ended()
            await until(lambda: not server.calls)
    assert len(reasons) == 2
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@aio_test
async def test_lingering(switch: Switch) -> None:
    seen: list[str | None] = []
    switch.apps["wait"] = NEVER

    async def handler(call: Session) -> None:
        events = call.events()
        with pytest.raises(ChannelEnded) as interrupted:  # Though a CHANNEL_EXECUTE_COMPLETE comes.
            await call.execute("wait")
        seen.append(interrupted.value.cause)
        with pytest.raises(ChannelEnded):
            await call.playback("too late")
        seen.append(await call.getvar("hangup_cause"))
        seen.extend([event.name for _ in range(events.waiting) if (event := await events.get())][-1:])

    async with serve(handler, linger=5) as server:
        call = await dial(switch, server.port)
        await until(lambda: call.executed)
        call.hangup("CALL_REJECTED")
        await until(lambda: not server.calls)
    assert seen == ["CALL_REJECTED", "CALL_REJECTED", "CHANNEL_HANGUP_COMPLETE"]


@aio_test
async def test_the_dialplan_goes_on_after_resume(switch: Switch) -> None:
    async def handler(call: Session) -> None:
        if call.channel["Caller-Caller-ID-Number"] == "1000":
            await call.resume()

    async with serve(handler) as server:
        resumed = await dial(switch, server.port, is_async=False)
        await until(lambda: server.taken == 1 and not server.calls)
        assert resumed.cause is None
        await until(lambda: not switch.connections)
        ended = await asyncio.to_thread(lambda: switch.call(f"127.0.0.1:{server.port}", caller="2000"))
        assert await ended.ended() == "NORMAL_CLEARING"


@aio_test
async def test_without_full(switch: Switch) -> None:
    refused = asyncio.get_running_loop().create_future()

    async def handler(call: Session) -> None:
        with pytest.raises(LocalProtocolError):
            await call.api("status")
        with pytest.raises(LocalProtocolError):
            call.events("HEARTBEAT")
        events = call.events("CHANNEL_EXECUTE")
        await call.playback("x")
        assert (await events.get(5))["Application"] == "playback"
        refused.set_result(True)

    async with serve(handler, linger=10) as server:
        await dial(switch, server.port, full=False)
        assert await asyncio.wait_for(refused, 5)


@aio_test
async def test_with_full_it_commands_the_server_too(switch: Switch) -> None:
    switch.api["status"] = Later(0.01, "UP")
    told = asyncio.get_running_loop().create_future()

    async def handler(call: Session) -> None:
        job = await call.bgapi("status")
        told.set_result(((await call.api("status")).text, job.uuid))

    async with serve(handler) as server:
        await dial(switch, server.port)
        assert (await asyncio.wait_for(told, 5))[0] == "UP"


@aio_test
async def test_a_handler_that_fails(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    async def handler(call: Session) -> None:
        if call.channel["Caller-Caller-ID-Number"] == "1000":
            raise RuntimeError("oh no")
        await call.playback("x")

    async with serve(handler, failure_cause="SERVICE_UNAVAILABLE") as server:
        call = await dial(switch, server.port)
        assert await call.ended() == "SERVICE_UNAVAILABLE"
        other = await asyncio.to_thread(lambda: switch.call(f"127.0.0.1:{server.port}", caller="2000"))
        assert await other.ended() == "NORMAL_CLEARING"
        assert other.executed == [("playback", "x")]
    assert ["oh no"] == [str(record.exc_info[1]) for record in caplog.records if record.exc_info]


@aio_test
async def test_no_more_calls_than_allowed(switch: Switch) -> None:
    switch.apps["wait"] = NEVER

    async def handler(call: Session) -> None:
        await call.execute("wait")

    async with serve(handler, max_calls=3) as server:
        calls = [await dial(switch, server.port) for _ in range(5)]
        await until(lambda: server.refused == 2)
        assert server.calls == 3
        for call in calls:
            call.hangup()
        await until(lambda: not server.calls)
        await dial(switch, server.port)
        await until(lambda: server.taken == 4)
        await server.close(timeout=0.05)  # It does not wait for ever.
        assert not server.calls


@aio_test
async def test_closing_waits_for_calls(switch: Switch) -> None:
    ends: list[str] = []

    async def handler(call: Session) -> None:
        await call.sleep(0.1)
        ends.append("slept")

    async with serve(handler) as server:
        await dial(switch, server.port)
        await until(lambda: server.calls)
    assert ends == ["slept"]


@aio_test
async def test_connections_that_are_no_calls(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    async def handler(call: Session) -> None:
        raise AssertionError

    async with serve(handler, timeout=0.5) as server:
        for said in (b"", b"GET / HTTP/1.0\r\n\r\n", b"Content-Length: x\n\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(said)
            assert b"connect" in await asyncio.wait_for(reader.read(), 5)
            writer.close()
            await writer.wait_closed()
        await until(lambda: not server.calls)
    assert caplog.text.count("did not begin") == 3


@aio_test
async def test_many_calls_at_once(switch: Switch) -> None:
    async def handler(call: Session) -> None:
        await call.answer()
        await asyncio.gather(call.playback("one"), call.playback("two"))
        with pytest.raises((ChannelEnded, ConnectionClosed)):
            await call.hangup()
            await call.playback("three")

    async with serve(handler) as server:
        calls = [await dial(switch, server.port, is_async=bool(n % 2)) for n in range(40)]
        await asyncio.gather(*(call.ended() for call in calls))
        await until(lambda: not server.calls)
        assert server.taken == 40
    assert all(call.executed[:3] == [("answer", ""), ("playback", "one"), ("playback", "two")] for call in calls)


@aio_test
async def test_serving_until_cancelled(switch: Switch) -> None:
    async def handler(call: Session) -> None:
        await call.playback("x")

    server = await serve(handler)
    serving = asyncio.create_task(server.serve_forever())
    call = await dial(switch, server.port)
    await call.ended()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", server.port)


@aio_test
async def test_closing_from_a_handler(switch: Switch) -> None:
    """Its own call goes on."""
    ended = asyncio.Event()

    async def handler(call: Session) -> None:
        async with asyncio.timeout(5):
            await server.close()
        await call.playback("good-bye")
        ended.set()

    server = await serve(handler)
    serving = asyncio.create_task(server.serve_forever())
    call = await dial(switch, server.port)
    await asyncio.wait_for(ended.wait(), 5)
    await call.ended()
    await asyncio.wait_for(serving, 5)  # It returns; it is not cancelled.


@aio_test
async def test_serving_is_cancelled_while_calls_go_on(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    switch.apps["wait"] = NEVER

    async def handler(call: Session) -> None:
        await call.execute("wait")

    server = await serve(handler)
    close = server.close
    monkeypatch.setattr(server, "close", lambda: close(timeout=0.05))
    serving = asyncio.create_task(server.serve_forever())
    call = await dial(switch, server.port)
    await until(lambda: call.executed)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(serving, 5)
    assert not server.calls
    await call.ended()


@aio_test
async def test_a_subscription_that_is_refused_leaves_nothing_behind(switch: Switch) -> None:
    """A full stream that nobody can read would hold the connection up for ever."""
    ended = asyncio.Event()

    async def handler(call: Session) -> None:
        with pytest.raises(LocalProtocolError):
            call.events("HEARTBEAT", "CHANNEL_EXECUTE", maxsize=1, overflow="block")
        with pytest.raises(LocalProtocolError):
            call.on("HEARTBEAT")(lambda event: None)
        for _ in range(5):
            await call.execute("playback", "x", timeout=5)
        assert call._session.readers == 1  # Its own, for what `myevents` brings.
        ended.set()

    async with serve(handler) as server:
        await dial(switch, server.port, full=False)
        await asyncio.wait_for(ended.wait(), 10)


@aio_test
async def test_calls_by_tls(switch: Switch) -> None:
    async def handler(call: Session) -> None:
        await call.answer()
        await call.hangup("USER_BUSY")

    with tunnel() as way:
        async with serve(handler, ssl=server_context(), timeout=2) as server:
            for _ in range(3):
                call = await dial(switch, way.to(server.port))
                assert await call.ended() == "USER_BUSY"
            await until(lambda: not server.calls)
            await dial(switch, server.port)  # In the clear: both wait for the other to begin.
            await until(lambda: not switch.connections)
            assert server.taken == 3
