"""An event that is read where it lies says what the copy of it says that can be changed."""

from __future__ import annotations

import json
import threading
import time
from urllib.parse import quote

import pytest
from conftest import RECORDED, server_stream
from hypothesis import example, given
from hypothesis import strategies as st
from test_captures import read

from esl_proto import Event
from esl_proto._esl.arrived import Arrived
from esl_proto._esl.data import Data
from esl_proto.ESL import ESLevent

ASKED = ("Event-Name", "Unique-ID", "Hangup-Cause", "Content-Length", "_body", "", "not there")
NAMES = st.sampled_from(["Event-Name", "event-name", "a", "A", "ż", "Ż", "", "_body", "k", "\u212a"])
VALUES = st.sampled_from(
    ["CUSTOM", "custom", "NO_SUCH", "ALL", "", "_undef_", "ARRAY::1|:2", "ARRAY::1", "ż", "\ufffd"]
)


def check(event: Event) -> None:
    """Asks both for all that is there, and for some that may not be."""
    data = Data.of_event(event)
    for name in {*ASKED, *(name for name, _ in data.headers)}:
        for asked in {name, name.upper(), name.lower()}:
            # Anew for each: none has been copied for the sake of another name.
            assert Arrived(event).get(asked) == data.get(asked), (asked, event)
    assert (Arrived(event).name, Arrived(event).body) == (data.name, data.body)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_events(name: str) -> None:
    events = [message for message in read(server_stream(name), 65536) if isinstance(message, Event)]
    for event in events[:200]:
        check(event)


@given(st.lists(st.tuples(NAMES, VALUES.map(str.encode) | st.binary(max_size=3))))
@example([("Event-Name", b"COMMAND"), ("x", b"1"), ("Event-Name", b"PRIVATE_COMMAND"), ("X", b"2")])
@example([("a", b"\xff"), ("a", b"ARRAY::1|:2")])
def test_plain_events(headers: list[tuple[str, bytes]]) -> None:
    text = "".join(f"{name}: {quote(value)}\n" for name, value in headers)
    check(Event("plain", f"{text}\n".encode()))


@given(st.lists(st.tuples(NAMES, VALUES | st.lists(VALUES, max_size=3))))
def test_json_events(headers: list[tuple[str, str | list[str]]]) -> None:
    text = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in headers)
    check(Event("json", f"{{{text}}}".encode()))


def test_a_change_begins_with_all_that_has_come() -> None:
    text = b"Event-Name: CUSTOM\nlist: ARRAY%3A%3A1%7C%3A2\nraw: %FF\nContent-Length: 4\n\nbody"
    event = ESLevent.of(Arrived(Event("plain", text)))
    assert (event.getHeader("raw"), event.getHeader("LIST", 1), event.getBody()) == ("\udcff", "2", "body")
    assert event.pushHeader("list", "3") and event.delHeader("raw") and event.addBody("new")
    assert event.serialize() == (
        "Event-Name: CUSTOM\nlist: ARRAY%3A%3A1%7C%3A2%7C%3A3\nContent-Length: 4\nContent-Length: 3\n\nnew"
    )


def test_threads_change_the_same_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Data.of_event

    def slowly(event: Event) -> Data:
        time.sleep(0.02)
        return copy(event)

    monkeypatch.setattr(Data, "of_event", slowly)
    event = ESLevent.of(Arrived(Event("plain", b"Event-Name: CUSTOM\n\n")))
    names = ["a", "b", "c"]
    threads = [threading.Thread(target=event.addHeader, args=(name, "x")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [event.getHeader(name) for name in names] == ["x"] * 3
