"""esl_proto.sync: several switches as one."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from esl_proto import ApiResponse, Event
from esl_proto.sync import (
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
from sync_support import Background, sync_test, until

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


@sync_test
def test_a_mapping_that_asks_all(east: Switch, west: Switch) -> None:
    east.api["status"], west.api["status"] = "UP", "-ERR down"
    with connect_all(addresses(east, west)) as all:
        assert [*all] == ["east", "west"] and len(all) == 2
        assert (all["west"].api("status")).error
        answers = all.api("status")
        assert [(name, text(answer)) for name, answer in answers.items()] == [("east", "UP"), ("west", "-ERR down")]
    assert repr(all) == "<Many east: <Inbound closed>, west: <Inbound closed>>"


@sync_test
def test_one_that_does_not_answer_keeps_no_other_waiting(east: Switch, west: Switch) -> None:
    east.api["status"], west.api["status"] = NEVER, "UP"
    with connect_all(addresses(east, west)) as all:
        answers = all.api("status", timeout=1)
        assert isinstance(answers["east"], TimeoutError)
        assert text(answers["west"]) == "UP"
        all.close(0.2)


@sync_test
def test_events_say_whence_they_come(east: Switch, west: Switch) -> None:
    with connect_all(addresses(east, west)) as all, all.events("HEARTBEAT").ready() as events:
        for n in range(3):
            east.fire("HEARTBEAT", {"n": str(n)})
        west.fire("HEARTBEAT", {"n": "0"})
        seen = [events.get(5) for _ in range(4)]
        assert [event["n"] for name, event in seen if name == "east"] == ["0", "1", "2"]
        assert [event["n"] for name, event in seen if name == "west"] == ["0"]
        with pytest.raises(TimeoutError):
            events.get(0.02)
        # What waits comes by turns: one switch that is busy does not hide the others.
        for _ in range(10):
            east.fire("HEARTBEAT")
        west.fire("HEARTBEAT")
        until(lambda: all["east"].stats["events"] == 13 and all["west"].stats["events"] == 2)
        until(lambda: sum(stream.waiting for stream in events.streams.values()) == 0)
        assert sorted(events.get(5)[0] for _ in range(2)) == ["east", "west"]


@sync_test
def test_closing_ends_the_stream_quietly(east: Switch, west: Switch) -> None:
    all = connect_all(addresses(east, west))
    events = all.events("HEARTBEAT").ready()
    reading = Background(lambda: [name for name, _ in events])
    all.close()
    assert reading.result() == []
    assert dict(events.ended) == {"east": None, "west": None}
    with pytest.raises(ConnectionClosed):
        events.get()
    events.close()

    with connect_all(addresses(east, west)) as all:
        more = all.events("HEARTBEAT")
        reading = Background(lambda: [name for name, _ in more])
        more.close()
        assert reading.result() == []


@sync_test
def test_a_stream_that_is_dropped_leaves_no_threads(east: Switch, west: Switch) -> None:
    with connect_all(addresses(east, west)) as all:
        before = threading.active_count()
        events = all.events("HEARTBEAT").ready()
        for _ in range(500):  # More than a thread has ready.
            east.fire("HEARTBEAT")
        assert events.get(5)[0] == "east"
        assert threading.active_count() == before + 2
        del events
        gc.collect()
        until(lambda: threading.active_count() == before)
        assert len(all.api("version")) == 2


@sync_test
def test_what_is_not_read_in_time_is_lost_and_counted(east: Switch) -> None:
    with connect_all({"east": east.address}) as all, all.events("HEARTBEAT", maxsize=10).ready() as events:
        for n in range(1000):
            east.fire("HEARTBEAT", {"n": str(n)})
        all.api("version")  # Whoever waits reads.
        until(lambda: events.streams["east"].received == 1000 and events.streams["east"].waiting == 10)
        seen = [int(str(events.get(5)[1]["n"])) for _ in range(1000 - events.streams["east"].dropped)]
        assert seen == sorted(seen) and seen[-1] == 999
        with pytest.raises(TimeoutError):
            events.get(0.01)


@sync_test
def test_one_that_is_gone_comes_back(east: Switch, west: Switch) -> None:
    with connect_all(addresses(east, west), reconnect=SOON) as all:
        events = all.events("HEARTBEAT", gaps=True).ready()
        east.refuse()
        east.drop()
        until(lambda: not all["east"].is_open)
        answers = all.api("status")
        assert isinstance(answers["east"], ConnectionClosed) and not isinstance(answers["west"], Exception)
        assert all.least_loaded()[0] == "west"
        west.fire("HEARTBEAT", {"n": "1"})
        name, event = events.get(5)
        assert name == "west" and isinstance(event, Event)
        east.listen()
        name, gap = events.get(5)
        assert name == "east" and isinstance(gap, Gap)
        assert east.fire("HEARTBEAT") == 1
        name, event = events.get(5)
        assert name == "east" and isinstance(event, Event)


@sync_test
def test_one_that_is_not_there_at_first_comes_later(east: Switch, west: Switch, caplog: pytest.LogCaptureFixture) -> None:
    west.refuse()
    with connect_all(addresses(east, west), reconnect=SOON) as all:
        assert [name for name, switch in all.items() if switch.is_open] == ["east"]
        with pytest.raises(ConnectionClosed, match="no connection could be made"):
            all["west"].api("status")
        events = all.events("HEARTBEAT", gaps=True).ready()
        west.listen()
        all["west"].wait_open(5)
        assert west.fire("HEARTBEAT") == 1
        name, event = events.get(5)
        assert name == "west" and isinstance(event, Event), event
    assert f"{west.address}: no connection could be made" in caplog.text

    # A program that ends while it tries leaves nothing behind.
    west.refuse()
    with connect_all(addresses(east, west), reconnect=SOON):
        pass


@sync_test
def test_those_that_fail(east: Switch, west: Switch) -> None:
    with pytest.raises(AuthenticationError):
        connect_all({"east": east.address, "west": west.address})
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(OSError):
        connect_all({"a": nobody, "b": nobody})
    with pytest.raises(OSError):
        connect_all({"east": east.address, "b": nobody}, reconnect=False)
    with connect_all({}) as nothing:
        assert nothing.api("status") == {}
        with pytest.raises(ConnectionClosed):
            nothing.least_loaded()
        assert [one for one in nothing.events("ALL")] == []


@sync_test
def test_one_that_is_lost_for_good(east: Switch, west: Switch) -> None:
    with connect_all(addresses(east, west), reconnect=False) as all:
        events = all.events("HEARTBEAT").ready()
        west.drop()
        until(lambda: not all["west"].is_open)
        east.fire("HEARTBEAT")
        assert events.get(5)[0] == "east"
        until(lambda: events.ended)
        assert isinstance(events.ended["west"], ConnectionClosed)
        east.drop()
        with pytest.raises(ConnectionClosed):
            for _ in events:
                raise AssertionError


@sync_test
def test_a_refused_subscription(east: Switch) -> None:
    east.users["u@test"] = User("p", events="HEARTBEAT")
    with connect_all({"a": east.address}, user="u@test", password="p") as all:
        with pytest.raises(CommandError):
            all.events("CHANNEL_CREATE").ready()


@sync_test
def test_least_loaded(east: Switch, west: Switch) -> None:
    with connect_all(addresses(east, west)) as all:
        assert all.least_loaded()[0] == "east"
        for _ in range(3):
            east.new_call()
        west.new_call()
        name, fs = all.least_loaded()
        assert name == "west" and fs is all["west"]
        # Calls that are being made count.
        west.api["never"] = NEVER
        jobs = [fs.bgapi("never") for _ in range(3)]
        assert all.least_loaded()[0] == "east"
        del jobs
        # Who does not answer has no load.
        west.api["show"] = NEVER
        assert (all.least_loaded(timeout=1))[0] == "east"
        all.close(0.2)


@sync_test
def test_connections_of_ones_own(east: Switch, west: Switch) -> None:
    with connect(east.host, east.port) as one, connect(west.host, west.port, password="other") as other:
        assert [*Many({"one": one, "other": other}).api("version")] == ["one", "other"]
