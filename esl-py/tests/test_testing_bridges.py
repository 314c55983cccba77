"""Calls of two legs in the simulated switch, beside those of a recorded server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from conftest import server_stream
from peer import Peer

from esl_proto import Command, Connection, Event
from esl_proto.testing import Switch

STEPS = {
    "CHANNEL_OUTGOING",
    "CHANNEL_CREATE",
    "CHANNEL_ORIGINATE",
    "CHANNEL_PROGRESS",
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_HANGUP",
    "CHANNEL_EXECUTE_COMPLETE",
}


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch() as switch:
        switch.moment = 0.001
        yield switch


@pytest.fixture
def peer(switch: Switch) -> Iterator[Peer]:
    with Peer.of(switch) as peer:
        peer.ask(Command.event("ALL"))
        yield peer


@pytest.fixture(scope="module")
def recorded() -> list[Event]:
    """A bridge of a real server, from the dialling to the end of the application."""
    connection = Connection.inbound()
    connection.receive_data(server_stream("busy-plain.bin.gz"))
    events = [message for message in connection if isinstance(message, Event)]
    bridge = next(event for event in events if event.name == "CHANNEL_BRIDGE")
    return story(events, bridge)


def story(events: list[Event], bridge: Event) -> list[Event]:
    """The events of the two legs of a bridge up to the end of the application."""
    legs = (bridge["Bridge-A-Unique-ID"], bridge["Bridge-B-Unique-ID"])
    of_both = [event for event in events if event.get("Unique-ID") in legs]
    begin = next(at for at, event in enumerate(of_both) if event.name == "CHANNEL_OUTGOING")
    end = next(at for at, event in enumerate(of_both) if is_bridge_done(event))
    return of_both[begin : end + 1]


def is_bridge_done(event: Event) -> bool:
    return event.name == "CHANNEL_EXECUTE_COMPLETE" and event["Application"] == "bridge"


def names(event: Event) -> list[str]:
    return [name for name, _ in event.headers() if not name.startswith("variable_")]


def simulate(peer: Peer, switch: Switch) -> list[Event]:
    """A call that comes in and is bridged, until the other side hangs up."""
    call = switch.new_call(uuid="a", variables={"hangup_after_bridge": "true"})
    peer.ask(Command.execute("bridge", "{origination_uuid=b}user/1001", uuid="a"))
    events = collect(peer, lambda event: event.name == "CHANNEL_BRIDGE")
    bridge = events[-1]
    assert peer.ask(Command.api("uuid_kill b CALL_REJECTED")).ok
    events += collect(peer, is_bridge_done)
    assert call.wait() == "CALL_REJECTED"
    return story(events, bridge)


def collect(peer: Peer, is_last: Callable[[Event], bool]) -> list[Event]:
    events: list[Event] = []
    while not (events and is_last(events[-1])):
        events += [message] if isinstance(message := peer.next(), Event) else []
    return events


def test_the_same_happens_in_the_same_order(recorded: list[Event], peer: Peer, switch: Switch) -> None:
    def steps(events: list[Event]) -> list[tuple[str, bool, object]]:
        second = events[0]["Unique-ID"]
        return [
            (str(event.name), event["Unique-ID"] == second, event.get("Other-Type"))
            for event in events
            if event.name in STEPS
        ]

    assert steps(simulate(peer, switch)) == steps(recorded)


def test_the_same_is_said_in_the_same_order(recorded: list[Event], peer: Peer, switch: Switch) -> None:
    ours = simulate(peer, switch)
    for name in ("CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_ANSWER", "CHANNEL_EXECUTE_COMPLETE"):
        mine, real = (next(event for event in events if event.name == name) for events in (ours, recorded))
        # SIP channels have a user; what calls in has no callee here.
        said = [header for header in names(mine) if not header.endswith("-Username")]
        assert said == [header for header in names(real) if header in said], name
        missing = set(names(real)) - set(said)
        assert all("-Callee-ID-" in header for header in missing), (name, missing)


def test_each_leg_knows_the_other(peer: Peer, switch: Switch) -> None:
    events = simulate(peer, switch)
    for event in events:
        other = {"a": "b", "b": "a"}[str(event.unique_id)]
        assert event.get("Other-Leg-Unique-ID") in (None, other)
    of_other = [event for event in events if event.unique_id == "b"]
    assert all(event["Other-Leg-Unique-ID"] == "a" for event in of_other)
    hangup = next(at for at, event in enumerate(of_other) if event.name == "CHANNEL_HANGUP")
    assert all(event["Channel-Call-UUID"] == "a" for event in of_other[: hangup + 1])
    done = events[-1]
    assert (done["variable_bridge_uuid"], done["variable_bridge_hangup_cause"]) == ("b", "CALL_REJECTED")
    assert (done["variable_originate_disposition"], done["Application-Response"]) == ("SUCCESS", "_none_")


def test_the_caller_goes_on_after_a_bridge(peer: Peer, switch: Switch) -> None:
    switch.dialplan["9000"] = [("bridge", "{origination_uuid=b}user/1001"), ("playback", "survey.wav")]
    peer.ask(Command.api("originate {origination_uuid=a}user/1000 9000"))
    peer.event("CHANNEL_BRIDGE")
    peer.ask(Command.api("uuid_kill b"))
    while (done := peer.event("CHANNEL_EXECUTE_COMPLETE"))["Application"] != "playback":
        pass
    assert (done.unique_id, done["Application-Data"]) == ("a", "survey.wav")


def test_a_bridge_ends_with_the_caller(peer: Peer, switch: Switch) -> None:
    assert peer.ask(Command.api("originate {origination_uuid=a}user/1000 &bridge({origination_uuid=b}user/1001)")).ok
    peer.event("CHANNEL_BRIDGE")
    other = switch.find("b")
    assert other is not None
    peer.ask(Command.api("uuid_kill a USER_BUSY"))
    assert peer.event("CHANNEL_UNBRIDGE").unique_id == "a"
    assert other.wait() == "NORMAL_CLEARING"


@pytest.mark.parametrize(
    ("cause", "wanted", "goes_on"),
    [
        ("USER_BUSY", "", False),
        ("USER_BUSY", "true", True),
        ("USER_BUSY", "no_answer,17", True),
        ("USER_BUSY", "no_answer", False),
        ("NO_ANSWER", "", True),
        ("NO_ANSWER", "user_busy", False),
    ],
)
def test_who_does_not_answer(peer: Peer, switch: Switch, cause: str, wanted: str, goes_on: bool) -> None:
    switch.refusals["user/1001"] = cause
    call = switch.new_call(uuid="a", variables={"continue_on_fail": wanted} if wanted else None)
    peer.ask(Command.execute("bridge", "user/1001", uuid="a"))
    done = collect(peer, is_bridge_done)[-1]
    assert done["variable_originate_disposition"] == done["variable_originate_failed_cause"] == cause
    if not goes_on:
        assert call.wait() == cause
    assert (call.cause is None) is goes_on


def test_two_calls_are_connected(peer: Peer, switch: Switch) -> None:
    for uuid in ("a", "b"):
        peer.ask(Command.api(f"originate {{origination_uuid={uuid}}}user/1000 &park()"))
    for line in ("uuid_bridge a", "uuid_bridge a x", "uuid_bridge a a"):
        assert peer.ask(Command.api(line)).text == "-ERR Invalid uuid\n"
    assert peer.ask(Command.api("uuid_bridge a b")).text == "+OK b\n"
    assert peer.event("CHANNEL_BRIDGE")["Other-Leg-Unique-ID"] == "b"
    one = switch.find("a")
    assert one is not None
    peer.ask(Command.api("uuid_kill b"))
    assert one.wait() == "NORMAL_CLEARING"
