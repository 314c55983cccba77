"""esl_proto.aio: connections that are lost and made anew; TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl

import pytest
from aio_support import aio_test, until
from esl_proto import Command, Event, LocalProtocolError
from esl_proto.aio import (
    AuthenticationError,
    CommandError,
    ConnectionClosed,
    Gap,
    Reconnect,
    Stream,
    connect,
)
from esl_proto.testing import NEVER, Switch, User
from tls_support import client_context, server_context

SOON = Reconnect(first=0.02, longest=0.05)


@aio_test
async def test_the_subscription_stands_again_after_a_gap(switch: Switch) -> None:
    async with connect(switch.host, switch.port, format="json", reconnect=SOON) as fs:
        marked = fs.events("HEARTBEAT", subclasses=["my::event"], gaps=True)
        plain = fs.events("HEARTBEAT")
        log = fs.log_lines("debug")
        await fs.filter("Event-Name", "HEARTBEAT")
        await fs.filter("Event-Name", "CUSTOM")
        await fs.unsubscribe("HEARTBEAT")
        await fs.subscribe("HEARTBEAT")
        switch.fire("HEARTBEAT", {"n": "1"})
        assert (await marked.get(5))["n"] == "1"  # type: ignore[index]

        switch.drop()
        gap = await marked.get(5)
        assert isinstance(gap, Gap)
        assert gap.reason.end == "eof"
        assert gap.attempts == 1
        assert 0 < gap.seconds < 10
        assert fs.is_open

        assert switch.fire("HEARTBEAT", {"n": "2"}) == 1
        assert switch.fire("CUSTOM", subclass="my::event") == 1
        assert switch.fire("CHANNEL_ANSWER") == 0
        assert switch.log("INFO", "again\n") == 1
        event = await marked.get(5)
        assert isinstance(event, Event)
        assert (event.format, event["n"]) == ("json", "2")
        assert [(await plain.get(5))["n"] for _ in range(2)] == ["1", "2"]
        assert (plain.gaps, marked.gaps) == (1, 1)
        assert (await log.get(5)).text == "again\n"
        assert (await fs.api("version")).text


@aio_test
async def test_waits_end_and_commands_fail_while_there_is_no_connection(switch: Switch) -> None:
    switch.api["never"] = NEVER
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        job = await fs.bgapi("never")
        waiting = asyncio.create_task(fs.api("never"))
        await switch.received("api never")
        switch.refuse()
        switch.drop()
        for wait in (waiting, job):
            with pytest.raises(ConnectionClosed) as raised:
                await wait
            assert raised.value.end == "eof"
        assert not fs.is_open
        with pytest.raises(ConnectionClosed):
            await fs.api("status")
        stream = fs.events("HEARTBEAT", gaps=True)  # For when it is back.
        with pytest.raises(TimeoutError):
            await fs.wait_open(timeout=0.1)
        switch.listen()
        await fs.wait_open(timeout=5)
        gap = await stream.get(5)
        assert isinstance(gap, Gap)
        assert gap.attempts > 1
        switch.fire("HEARTBEAT")
        assert isinstance(await stream.get(5), Event)
        switch.api["status"] = "UP"
        job = await fs.bgapi("status")
        assert (await job).text == "UP"


@aio_test
async def test_it_comes_back_many_times(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT", gaps=True)
        for n in range(10):
            switch.drop()
            assert isinstance(await stream.get(5), Gap)
            switch.fire("HEARTBEAT")
            assert isinstance(await stream.get(5), Event)
            assert stream.gaps == n + 1


@aio_test
async def test_counters_survive(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = await fs.events("HEARTBEAT", gaps=True)
        for n in range(1, 4):
            switch.fire("HEARTBEAT")
            assert isinstance(await stream.get(5), Event)
            before = fs.stats
            switch.drop()
            assert isinstance(await stream.get(5), Gap)
            assert fs.stats["octets"] > before["octets"] and fs.stats["frames"] > before["frames"]
            assert (fs.stats["events"], fs.stats["connections"]) == (n, n + 1)
    assert (fs.stats["events"], fs.stats["connections"]) == (3, 4)


@aio_test
async def test_a_password_that_is_no_longer_right(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT")
        await fs.api("version")
        switch.password = "changed"
        switch.drop()
        with pytest.raises(AuthenticationError):
            await stream.get(5)
        await fs.wait_closed()
        with pytest.raises(ConnectionClosed):
            await fs.wait_open()


@aio_test
async def test_giving_up(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=Reconnect(0.01, attempts=3)) as fs:
        stream = fs.events("HEARTBEAT")
        await fs.api("version")
        switch.refuse()
        switch.drop()
        with pytest.raises(ConnectionClosed):
            await stream.get(5)


@aio_test
async def test_closing_while_it_tries(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT")
        switch.refuse()
        switch.drop()
        await until(lambda: not fs.is_open)
        await asyncio.sleep(0.05)
    async for _ in stream:
        raise AssertionError
    stream.close()


@aio_test
async def test_no_reconnect_unless_asked_for(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        switch.drop()
        await fs.wait_closed()
        with pytest.raises(ConnectionClosed):
            await fs.wait_open()


def test_back_off() -> None:
    assert list(Reconnect(jitter=0, attempts=4, longest=3).delays()) == [0.5, 1.0, 2.0, 3.0]
    delays = Reconnect(first=1, factor=1).delays()
    assert all(0.5 <= next(delays) <= 1 for _ in range(100))


@aio_test
async def test_tls() -> None:
    with Switch(ssl=server_context()) as switch:
        switch.api["big"] = "x" * 1_000_000
        async with connect(
            switch.host, switch.port, ssl=client_context(), server_hostname="localhost", reconnect=SOON
        ) as fs:
            stream = fs.events("HEARTBEAT", maxsize=5, overflow="block", gaps=True)
            assert len((await fs.api("big")).text) == 1_000_000
            for _ in range(100):
                switch.fire("HEARTBEAT", {"padding": "x" * 1000})
            for _ in range(100):
                assert isinstance(await stream.get(5), Event)
            switch.drop()
            assert isinstance(await stream.get(5), Gap)
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(switch.host, switch.port, ssl=ssl.create_default_context())
        with pytest.raises((TimeoutError, ConnectionClosed)):
            await connect(switch.host, switch.port, timeout=0.1)


@aio_test
async def test_all_but_some_stays_so(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("ALL", gaps=True)
        await fs.unsubscribe("HEARTBEAT")
        for _ in range(2):
            assert switch.fire("HEARTBEAT") == 0
            assert switch.fire("CHANNEL_ANSWER") == 1
            assert isinstance(await stream.get(5), Event)
            switch.drop()
            assert isinstance(await stream.get(5), Gap)
        await fs.subscribe("HEARTBEAT")
        assert switch.fire("HEARTBEAT") == 1
        await fs.unsubscribe("ALL")
        assert switch.fire("CHANNEL_ANSWER") == 0


@aio_test
async def test_the_gap_comes_before_all_later_events_and_through_full_streams() -> None:
    """A server that sends events together with the reply to the subscription, more than a stream may hold."""
    text = b"Event-Name: HEARTBEAT\n\n"
    event = b"Content-Length: %d\nContent-Type: text/event-plain\n\n%s" % (len(text), text)
    ok = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
    served = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        writer.write(b"Content-Type: auth/request\n\n")
        await reader.readuntil(b"\n\n")
        writer.write(ok)
        await reader.readuntil(b"\n\n")
        writer.write(event * 5 + ok + event * 5 if served > 1 else ok + event)
        if served == 1:
            writer.close()
        else:
            await reader.readuntil(b"exit\n\n")
            writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect("127.0.0.1", port, reconnect=SOON) as fs:
            stream = fs.events("HEARTBEAT", maxsize=3, overflow="block", gaps=True)
            kinds = [type(await stream.get(5)) for _ in range(12)]
            assert kinds == [Event, Gap, *[Event] * 10]
            await fs.wait_open(5)


@aio_test
async def test_an_exit_of_the_program_s_own_ends_it_for_good(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT")
        assert (await fs.send(Command.exit())).ok
        assert [event async for event in stream] == []
        await asyncio.wait_for(fs.wait_closed(), 5)
        assert not fs.is_open
    assert [str(command) for command in switch.commands].count("auth ClueCon") == 1


@aio_test
async def test_myevents_gives_the_connection_to_a_channel(switch: Switch) -> None:
    """It ends with the channel, which is no failure, and no reason for a new one."""
    channel = switch.new_call()
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events()
        assert (await fs.send(Command.myevents(channel.uuid))).ok
        switch.new_call().answer()
        channel.answer()
        channel.hangup("USER_BUSY")
        events = [event async for event in stream]
        assert {event.unique_id for event in events} == {channel.uuid}
        assert "CHANNEL_HANGUP" in {event.name for event in events}
        with pytest.raises(ConnectionClosed) as raised:
            await fs.wait_open()
        assert raised.value.end == "channel-ended"


@aio_test
async def test_a_stream_that_is_asked_for_while_it_connects_again(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        await fs.subscribe("CHANNEL_ANSWER")
        switch.network.delay = 0.05
        switch.drop()
        streams: list[Stream[Event]] = []
        for _ in range(12):  # Before, in the middle of, and after each step of the new login.
            streams.append(fs.events(subclasses=[f"s::{len(streams)}"]))
            await asyncio.sleep(0.02)
        await fs.wait_open(10)
        switch.network.delay = 0
        await fs.api("version")
        for n in range(12):
            assert switch.fire("CUSTOM", subclass=f"s::{n}") == 1
        assert [(await stream.get(5)).subclass for stream in streams] == [f"s::{n}" for n in range(12)]


@aio_test
async def test_what_the_server_does_not_know_does_not_keep_it_from_connecting_again(switch: Switch) -> None:
    switch.users["bob@x"] = User("secret", log=False)
    async with connect(switch.host, switch.port, user="bob@x", password="secret", reconnect=SOON) as fs:
        switch.refuse()
        switch.drop()
        await until(lambda: not fs.is_open)
        unknown, log, known = fs.events("NO_SUCH_EVENT"), fs.log_lines(), fs.events("HEARTBEAT")
        switch.listen()
        await fs.wait_open(5)
        with pytest.raises(CommandError, match="no keywords"):
            await unknown.get(5)
        with pytest.raises(LocalProtocolError, match="no right"):
            await log.get(5)
        assert switch.fire("HEARTBEAT") == 1
        assert (await known.get(5)).name == "HEARTBEAT"
        with pytest.raises(LocalProtocolError, match="no right"):
            fs.log_lines(overflow="block")
        assert fs._session.readers == 3  # What is refused leaves nothing behind.


@aio_test
async def test_it_can_be_told_why_it_is_over(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        switch.password = "changed"
        switch.drop()
        await asyncio.wait_for(fs.wait_closed(), 5)
        for _ in range(2):
            with pytest.raises(AuthenticationError):
                await fs.wait_open()
            with pytest.raises(AuthenticationError):
                await fs.events("HEARTBEAT").get()


@aio_test
async def test_a_broken_connection_is_closed_though_its_commands_are_not_read() -> None:
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Content-Type: auth/request\n\n")
        await reader.readuntil(b"\n\n")
        writer.write(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
        await reader.readexactly(1)
        writer.write(b"Content-Length: nonsense\n\n")
        await done.wait()
        writer.transport.abort()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, limit=1000) as server:
        fs = await connect("127.0.0.1", server.sockets[0].getsockname()[1])
        answer = fs.send(Command.api("x" * 10_000_000))
        with pytest.raises(ConnectionClosed) as raised:
            await answer
        assert raised.value.end == "protocol"
        assert fs._link is not None
        await asyncio.wait_for(fs._link.lost, 5)
        done.set()
        await fs.close()


@aio_test
async def test_all_again_after_all_but_some(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        await fs.subscribe("ALL")
        await fs.unsubscribe("HEARTBEAT")
        own = fs.events(subclasses=["my::event"])  # ALL is no more, and with it what it said of subclasses.
        await fs.api("version")
        assert switch.fire("CUSTOM", subclass="my::event") == 1
        assert (await own.get(5)).subclass == "my::event"
        every = fs.events("ALL", gaps=True)
        await fs.api("version")
        assert isinstance(api := await every.get(5), Event) and api.name == "API"
        for _ in range(2):
            assert switch.fire("HEARTBEAT") == 1
            assert isinstance(await every.get(5), Event)
            switch.drop()
            assert isinstance(await every.get(5), Gap)


@aio_test
async def test_taking_subclasses_away_leaves_those_without(switch: Switch) -> None:
    async with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("CUSTOM", subclasses=["a::a"], gaps=True)
        await fs.unsubscribe("CUSTOM", subclasses=["a::a"])
        for _ in range(2):
            assert switch.fire("CUSTOM", subclass="a::a") == 0
            assert switch.fire("CUSTOM") == 1
            assert isinstance(await stream.get(5), Event)
            switch.drop()
            assert isinstance(await stream.get(5), Gap)


@pytest.mark.parametrize("secure", [False, True])
def test_connecting_takes_too_long_or_is_given_up(secure: bool) -> None:
    @aio_test
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            ssl, port = client_context() if secure else None, mute.getsockname()[1]
            with pytest.raises(TimeoutError):
                await connect("127.0.0.1", port, ssl=ssl, timeout=0.05)

            async def enter() -> None:
                async with connect("127.0.0.1", port, ssl=ssl):
                    raise AssertionError

            for delay in (0, 0.001, 0.02):
                connecting = asyncio.create_task(enter())
                await asyncio.sleep(delay)
                connecting.cancel()
                await asyncio.wait([connecting])
                assert connecting.cancelled()

    test()
