"""`esl_proto.calls`: what is known of each channel."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from esl_proto import Command, Event, RemoteProtocolError
from esl_proto._cli.monitor import Monitor
from esl_proto.calls import Call, Calls, Change
from esl_proto.names import AnswerState, CallDirection, CallState, ChannelState, HangupCause
from esl_proto.testing import Switch
from peer import Peer


def event(name: str, uuid: str = "a", *more: str) -> Event:
    return Event("plain", "\n".join([f"Event-Name: {name}", f"Unique-ID: {uuid}", *more, "", ""]).encode())


def known(change: Change | None, kind: str) -> Call:
    assert change is not None and change.kind == kind and change.call is not None
    return change.call


def test_the_life_of_a_call() -> None:
    calls = Calls(variables=["sip_call_id"])
    created = event(
        "CHANNEL_CREATE",
        "a",
        "Channel-Name: sofia/x/1000",
        "Channel-State: CS_INIT",
        "Call-Direction: inbound",
        "Caller-Caller-ID-Name: %C3%89va",
        "Caller-Caller-ID-Number: 1000",
        "Caller-Destination-Number: 9199",
        "Caller-Channel-Created-Time: 1772366400250000",
        "variable_sip_call_id: x%40y",
        "variable_other: 1",
    )
    call = known(calls.take(created), "began")
    assert (call.uuid, call.name, call.caller_name, call.caller_number) == ("a", "sofia/x/1000", "Éva", "1000")
    assert (call.destination, call.state, call.direction) == ("9199", ChannelState.INIT, CallDirection.INBOUND)
    assert call.created == datetime(2026, 3, 1, 12, 0, 0, 250_000, timezone.utc)
    assert (call.answered, call.hung_up, call.other_leg, call.cause, call.call_state) == (None,) * 5
    assert call.variables == {"sip_call_id": "x@y"}
    later = known(calls.take(event("CHANNEL_CALLSTATE", "a", "Channel-Call-State: ACTIVE", "Answer-State: answered")), "updated")
    assert later.call_state is CallState.ACTIVE and later.answer_state is AnswerState.ANSWERED
    # What was asked for before is as it was.
    assert call.call_state is None and later.caller_number == "1000"
    running = known(calls.take(event("CHANNEL_EXECUTE", "a", "Application: playback", "Application-Data: x.wav")), "updated")
    assert (running.application, running.application_data) == ("playback", "x.wav")
    calls.take(event("CHANNEL_HANGUP_COMPLETE", "a", "Hangup-Cause: USER_BUSY"))
    ended = known(calls.take(event("CHANNEL_DESTROY")), "ended")
    assert ended.cause is HangupCause.USER_BUSY and ended.caller_number == "1000"
    assert repr(ended) == '<Call a ACTIVE USER_BUSY "1000" to "9199">'
    assert len(calls) == 0 and "a" not in calls and calls.take(event("CHANNEL_DESTROY")) is None


def test_as_a_collection() -> None:
    calls = Calls(2)
    for uuid in "ab":
        known(calls.take(event("CHANNEL_CREATE", uuid)), "began")
    change = calls.take(event("CHANNEL_CREATE", "c"))
    assert change is not None and change.kind == "overlooked" and change.call is None
    assert len(calls) == 2 and {call.uuid for call in calls} == {"a", "b"} and calls.overlooked == 1
    assert calls["a"].uuid == "a" and b"b" in calls and 5 not in calls and calls.get("c") is None
    with pytest.raises(KeyError):
        calls["c"]
    assert repr(calls) == "<Calls of 2 channels>"
    assert repr(change) == "<Change overlooked>"


def test_legs_and_new_names() -> None:
    calls = Calls()
    for uuid in "ab":
        calls.take(event("CHANNEL_CREATE", uuid))
    calls.take(event("CHANNEL_BRIDGE", "a", "Bridge-A-Unique-ID: a", "Bridge-B-Unique-ID: b"))
    assert (calls["a"].other_leg, calls["b"].other_leg) == ("b", "a")
    change = calls.take(event("CHANNEL_UUID", "n", "Old-Unique-ID: a"))
    assert change is not None and change.old_uuid == "a" and known(change, "renamed").uuid == "n"
    assert calls["b"].other_leg == "n" and "a" not in calls
    assert calls.take(Event("plain", b"Event-Name: HEARTBEAT\n\n")) is None


def test_after_a_gap() -> None:
    calls = Calls()
    for uuid in "ab":
        calls.take(event("CHANNEL_CREATE", uuid))
    rows = '{"row_count":2,"rows":[{"uuid":"b","callstate":"ACTIVE"},{"uuid":"c","created_epoch":"1772366400"}]}'
    (gone,) = calls.restore(rows)
    assert gone.uuid == "a" and {call.uuid for call in calls} == {"b", "c"}
    assert calls["b"].call_state is CallState.ACTIVE
    assert calls["c"].created == datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    with pytest.raises(RemoteProtocolError):
        calls.restore("-ERR no reply\n")
    assert len(calls) == 2
    assert [call.uuid for call in calls.restore('{"row_count":0}')] != [] and len(calls) == 0


def test_of_a_switch() -> None:
    """Each call of a switch is known by its events, and by its list."""
    with Switch() as switch, Peer.of(switch) as peer:
        assert peer.ask(Command.event(*Calls.EVENTS, *Calls.SUBCLASSES)).ok
        calls = Calls()
        call = switch.new_call("sofia/internal/1000", caller="1001", uuid="u1")
        call.answer()
        while "u1" not in calls or calls["u1"].call_state is not CallState.ACTIVE:
            calls.take(peer.next(Event))
        again = Calls()
        assert again.restore(peer.ask(Command.api("show channels as json")).text) == []
        for one in (calls["u1"], again["u1"]):
            assert (one.caller_number, one.call_state, one.direction) == ("1001", CallState.ACTIVE, CallDirection.INBOUND)
        call.hangup("USER_BUSY")
        change = None
        while change is None or change.kind != "ended":
            change = calls.take(peer.next(Event))
        assert known(change, "ended").cause is HangupCause.USER_BUSY and len(calls) == 0


def test_the_monitor_tells_each_state_once() -> None:
    monitor = Monitor()

    def told(*events: Event) -> list[str]:
        return [line.split(" ", 2)[2] for event in events for line in monitor.take_event(event)]

    ringing = event("CHANNEL_CALLSTATE", "a", "Channel-Call-State: RINGING")
    assert told(event("CHANNEL_CREATE", "a", "Channel-Call-State: DOWN"), ringing, ringing) == [
        "DOWN  ->  a",
        "RINGING  ->  a",
    ]
    hangup = event("CHANNEL_CALLSTATE", "a", "Channel-Call-State: HANGUP")
    assert told(hangup) == []
    complete = event("CHANNEL_HANGUP_COMPLETE", "a", "Hangup-Cause: USER_BUSY")
    assert told(complete, event("CHANNEL_DESTROY")) == ["HANGUP  ->  USER_BUSY a"]
    assert told(event("CHANNEL_CREATE", "b", "Channel-Call-State: DOWN")) == ["DOWN  ->  b"]
    gone = [line.split(" ", 2)[2] for line in monitor.take_list('{"row_count":0}')]
    assert gone == ["HANGUP  ->  gone b"]
