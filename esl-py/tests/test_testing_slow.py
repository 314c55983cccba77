"""Clients that do not read: events wait for them, are lost, and end their connection, as on a real server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from aio_support import aio_test
from memory import linux, resident
from peer import Peer
from tls_support import client_context, server_context

from esl_proto import ApiResponse, Command, Event, aio, sync
from esl_proto.aio import ConnectionClosed
from esl_proto.testing import Link, Switch

NOTICE = b"Content-Type: text/disconnect-notice\nContent-Length: 39\n\nkilled listener because of lost events\n"
LONG = {"padding": "x" * 20_000}


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch(max_queued=10) as switch:
        yield switch


def flood(switch: Switch, link: Link) -> int:
    """Fires events until the connection is over; how many were to be sent."""
    taken = 0
    for _ in range(20_000):
        taken += switch.fire("HEARTBEAT", LONG)
        if link.end is not None:
            return taken
    raise AssertionError("it is never over")


def read_all(peer: Peer) -> bytes:
    """What comes up to the end."""
    octets = b""
    while data := peer.sock.recv(1 << 20):
        octets += data
    return octets


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestHeld:
    """A connection that the test holds: all is counted."""

    def test_the_limits_are_those_of_the_switch(self, switch: Switch) -> None:
        switch.max_lost = 3
        switch.network.window = 100
        with Peer.of(switch) as peer:
            peer.ask(Command.event("HEARTBEAT"))
            (link,) = switch.connections
            link.hold()
            # One is half sent, ten wait, three are lost, the next ends it.
            assert [switch.fire("HEARTBEAT") for _ in range(14)] == [1] * 11 + [0] * 3
            assert (link.waiting, link.end) == (10, None)
            assert switch.fire("HEARTBEAT") == 0
            assert (link.end, switch.connections) == ("lost-events", [])
            link.release()
            octets = read_all(peer)
            assert octets.startswith(b"Content-Length: ") and octets[100:] == NOTICE

    def test_its_client_sees_an_event_and_no_notice(self, switch: Switch) -> None:
        switch.max_lost = 0
        switch.network.window = 100
        with Peer.of(switch) as peer:
            peer.ask(Command.event("HEARTBEAT"))
            switch.connections[0].hold()
            link = switch.connections[0]
            while link.end is None:
                switch.fire("HEARTBEAT")
            link.release()
            end = peer.end()
            # As in the recorded stream of a real server, the event's length covers the notice.
            assert (end.end, end.incomplete) == ("eof", 100 + len(NOTICE))

    def test_a_loss_counts_no_more_when_there_is_room_again(self, switch: Switch) -> None:
        switch.max_lost = 3
        switch.network.window = 100
        with Peer.of(switch) as peer:
            peer.ask(Command.event("HEARTBEAT"))
            (link,) = switch.connections
            for _ in range(3):
                link.hold()
                assert sum(switch.fire("HEARTBEAT") for _ in range(14)) == 11
                link.release()
                for _ in range(11):
                    peer.event("HEARTBEAT")
            assert (link.waiting, link.end) == (0, None)

    def test_who_does_not_read_is_not_listened_to(self, switch: Switch) -> None:
        switch.network.window = 100
        with Peer.of(switch) as peer:
            peer.ask(Command.event("HEARTBEAT"))
            (link,) = switch.connections
            link.hold()
            assert [switch.fire("HEARTBEAT") for _ in range(3)] == [1] * 3
            peer.send(Command.event("HEARTBEAT", format="json"))
            link.release()
            assert [peer.next(Event).format for _ in range(3)] == ["plain"] * 3

    def test_log_lines(self, switch: Switch) -> None:
        switch.max_lost = 0
        with Peer.of(switch) as peer:
            peer.ask(Command.log("DEBUG"))
            (link,) = switch.connections
            link.hold()
            while link.end is None:
                switch.log("INFO", "x" * 1000 + "\n")
            assert link.end == "lost-log-lines"
            link.release()
            assert b"killed listener because of lost log lines\n" in read_all(peer)[-100:]

    def test_answers_wait_too(self, switch: Switch) -> None:
        switch.api["long"] = "x" * 50_000
        with Peer.of(switch) as peer:
            (link,) = switch.connections
            link.hold()
            peer.send(Command.api("long"), Command.api("long"))
            switch.wait_for("api long", count=2)
            peer.send(Command.api("echo read later"))
            with pytest.raises(TimeoutError):
                switch.wait_for("api echo", timeout=0.1)
            link.release()
            assert [len(peer.next(ApiResponse).body) for _ in range(3)] == [50_000, 50_000, 10]


class TestSlow:
    """Clients that really do not read."""

    def test_a_socket_that_nobody_reads(self, switch: Switch) -> None:
        with Peer.of(switch) as slow, Peer.of(switch) as other:
            slow.ask(Command.event("HEARTBEAT"))
            slow_link, other_link = switch.connections
            taken = flood(switch, slow_link)
            assert slow_link.end == "lost-events" and switch.connections == [other_link]
            # The others are served, all the while.
            assert other.ask(Command.api("echo still here")).text == "still here"
            octets = read_all(slow)
            # All but the ten that waited, the last of them in part, and the notice in the middle of it.
            assert octets.endswith(NOTICE)
            assert octets.count(b"Content-Type: text/event-plain\n") == taken - 10
            assert len(octets.rpartition(b"Content-Length: ")[0]) < (taken - 10) * 21_000

    @linux
    def test_memory_is_bounded(self, switch: Switch) -> None:
        switch.max_lost = 1_000_000
        with Peer.of(switch) as one, Peer.of(switch) as other:
            for peer in (one, other):
                peer.ask(Command.event("HEARTBEAT"))
            links = switch.connections
            for _ in range(500):
                switch.fire("HEARTBEAT", LONG)
            before = resident()
            for _ in range(3000):
                switch.fire("HEARTBEAT", LONG)
            assert [(link.waiting, link.end) for link in links] == [(10, None)] * 2
            assert resident() - before < 20_000_000, "of 60 MB for each"

    def test_a_blocking_client_that_asks_for_nothing(self, switch: Switch) -> None:
        with sync.connect(switch.host, switch.port) as fs, sync.connect(switch.host, switch.port) as other:
            stream = fs.events("HEARTBEAT")
            fs.api("echo subscribed")
            flood(switch, switch.connections[0])
            assert other.api("echo still here").text == "still here"
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    next(stream)
            assert closed.value.end == "eof"

    @aio_test
    async def test_with_tls(self) -> None:
        with Switch(max_queued=10, ssl=server_context()) as switch:
            async with aio.connect("localhost", switch.port, ssl=client_context()) as fs:
                stream = fs.events("HEARTBEAT", maxsize=5, overflow="block")
                await fs.api("echo subscribed")
                (link,) = switch.connections
                await asyncio.to_thread(flood, switch, link)
                with pytest.raises(ConnectionClosed) as closed:
                    async for _ in stream:
                        pass
                assert closed.value.end == "eof"

    @aio_test
    async def test_back_pressure_that_lasts(self, switch: Switch) -> None:
        async with aio.connect(switch.host, switch.port) as fs, aio.connect(switch.host, switch.port) as other:
            stream = fs.events("HEARTBEAT", maxsize=5, overflow="block")
            await fs.api("echo subscribed")
            link = switch.connections[0]
            # Its own loop must be let run, or it would read nothing even without the stream.
            await asyncio.to_thread(flood, switch, link)
            assert (link.end, stream.waiting) == ("lost-events", 5)
            assert (await other.api("echo still here")).text == "still here"
            with pytest.raises(ConnectionClosed) as closed:
                async for _ in stream:
                    pass
            assert closed.value.end == "eof"

    @aio_test
    async def test_back_pressure_that_does_not(self, switch: Switch) -> None:
        switch.max_queued = 1000
        async with aio.connect(switch.host, switch.port) as fs:
            stream = fs.events("HEARTBEAT", maxsize=5, overflow="block")
            await fs.api("echo subscribed")
            (link,) = switch.connections
            fired = 0
            while link.waiting < 100:
                fired += switch.fire("HEARTBEAT", {**LONG, "n": str(fired)})
            seen = [(await stream.get())["n"] for _ in range(fired)]
            assert seen == [str(n) for n in range(fired)] and link.waiting == 0

    def test_a_client_that_reads_slowly_loses_nothing(self, switch: Switch) -> None:
        switch.network.pause, switch.network.piece = 0.001, 10_000
        switch.network.window = 1000
        with Peer.of(switch) as peer:
            peer.ask(Command.event("HEARTBEAT"))
            (link,) = switch.connections
            assert sum(switch.fire("HEARTBEAT", LONG) for _ in range(11)) == 11
            for _ in range(11):
                peer.event("HEARTBEAT")
            assert link.end is None
        eventually(lambda: switch.connections == [])
