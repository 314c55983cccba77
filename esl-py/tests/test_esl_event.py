"""ESLevent: what it is made of, and how it changes."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from esl_transcript import headers

from esl_proto import ESL, Event
from esl_proto._esl.arrived import Arrived
from esl_proto.ESL import ESLevent


def names(event: ESLevent) -> list[str]:
    return [name for name, _ in headers(event)]


def test_the_module_has_the_names_of_the_original() -> None:
    assert sorted(ESL.__all__) == ["ESLconnection", "ESLevent", "eslSetLogLevel"]
    space: dict[str, object] = {}
    exec("from esl_proto.ESL import *", space)
    assert {"ESLconnection", "ESLevent", "eslSetLogLevel"} <= space.keys()


@pytest.mark.parametrize(
    ("arguments", "kind", "headers"),
    [
        (("CUSTOM", "my::x"), "CUSTOM", "Event-Name: CUSTOM\nEvent-Subclass: my%3A%3Ax\n\n"),
        (("CUSTOM",), "CUSTOM", "Event-Name: CUSTOM\n\n"),
        (("CUSTOM", None), "CUSTOM", "Event-Name: CUSTOM\n\n"),
        (("CUSTOM", ""), "CUSTOM", "Event-Name: CUSTOM\n\n"),
        (("heartbeat",), "HEARTBEAT", "Event-Name: HEARTBEAT\n\n"),
        (("SWITCH_EVENT_HEARTBEAT",), "HEARTBEAT", "Event-Name: HEARTBEAT\n\n"),
        (("HEARTBEAT", "x"), "CUSTOM", "Event-Name: CUSTOM\nEvent-Subclass: x\n\n"),
        (("no such name",), "MESSAGE", "Event-Name: MESSAGE\n\n"),
        (("",), "MESSAGE", "Event-Name: MESSAGE\n\n"),
        (("ALL",), "ALL", "Event-Name: ALL\n\n"),
        (("CLONE",), "CLONE", "\n"),
    ],
)
def test_making(arguments: tuple[str, ...], kind: str, headers: str) -> None:
    event = ESLevent(*arguments)
    assert (event.getType(), event.serialize(), event.getBody()) == (kind, headers, None)


def test_making_from_json() -> None:
    text = '{"Event-Name":"CUSTOM","Event-Subclass":"a::b","list":["1","2"],"empty":"","_body":"hey"}'
    event = ESLevent("json", text)
    assert (event.getType(), event.getBody()) == ("CUSTOM", "hey")
    assert (event.getHeader("list"), event.getHeader("list", 1), event.getHeader("empty")) == ("ARRAY::1|:2", "2", None)
    assert ESLevent("JSON", '{"Foo":"1"}').getType() == "CUSTOM"
    assert ESLevent("JSON", '{"Event-Name":"HEARTBEAT"}').getType() == "HEARTBEAT"
    with pytest.raises(ValueError, match="not an event"):
        ESLevent("json", "{bad")


def test_making_from_another_empties_that() -> None:
    first = ESLevent("CUSTOM", "x")
    first.addBody("body")
    event = ESLevent(first)
    assert (event.getHeader("Event-Subclass"), event.getBody()) == ("x", "body")
    assert (first.getType(), first.getHeader("Event-Name"), first.getBody(), first.serialize()) == (
        "invalid",
        None,
        None,
        "",
    )
    assert first.serialize("json") == "" and first.firstHeader() is None
    changes = (first.addHeader("a", "b"), first.pushHeader("a", "b"), first.unshiftHeader("a", "b"))
    assert changes == (False, False, False)
    assert (first.delHeader("a"), first.addBody("a"), first.setPriority()) == (False, False, False)


@pytest.mark.parametrize("arguments", [(), (None,), (1,), ("CUSTOM", 1), ("CUSTOM", "x", "y")])
def test_wrong_arguments(arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        ESLevent(*arguments)  # type: ignore[call-overload]
    event = ESLevent("CUSTOM")
    for name in ("getHeader", "delHeader", "addBody"):
        with pytest.raises(TypeError):
            getattr(event, name)(b"Event-Name")
    with pytest.raises(TypeError):
        event.addHeader("a", 1)  # type: ignore[arg-type]


def test_headers() -> None:
    event = ESLevent("CUSTOM")
    assert event.addHeader("Foo", "one") and event.addHeader("foo", "two")
    assert (event.getHeader("FOO"), event.getHeader("Foo", 0), event.getHeader("bar")) == ("one", None, None)
    assert event.getHeader(None) is None
    assert names(event) == ["Event-Name", "Foo", "foo"]
    assert event.addHeader("Foo", None) is False
    assert event.delHeader("fOO") and event.getHeader("Foo") is None
    assert event.delHeader("never there") is True
    event.addHeader("Foo", "one")
    assert event.addHeader("Foo", "") and event.getHeader("Foo") is None


def test_arrays() -> None:
    event = ESLevent("CUSTOM")
    event.pushHeader("list", "1")
    assert (event.getHeader("list"), event.getHeader("list", 0)) == ("1", "1")
    event.pushHeader("LIST", "2")
    event.unshiftHeader("list", "0")
    assert event.getHeader("list") == "ARRAY::0|:1|:2"
    assert [event.getHeader("list", index) for index in range(-1, 4)] == ["ARRAY::0|:1|:2", "0", "1", "2", None]
    event.addHeader("made", "ARRAY::a|:b")
    event.pushHeader("pushed", "ARRAY::a|:b")
    assert (event.getHeader("made", 1), event.getHeader("pushed", 0)) == ("b", "a")
    event.addHeader("sparse[2]", "c")
    event.addHeader("sparse[0]", "a")
    assert (event.getHeader("sparse"), event.getHeader("sparse", 1)) == ("ARRAY::a|:|:c", "")
    event.addHeader("scalar", "x")
    event.pushHeader("scalar", "y")
    assert event.getHeader("scalar") == "ARRAY::x|:y"
    event.addHeader("bad[-1]", "x")
    event.addHeader("bad[4001]", "x")
    event.addHeader("bad", "ARRAY::")
    assert event.getHeader("bad") is None


def test_iteration() -> None:
    event = ESLevent("CUSTOM", "x")
    assert event.nextHeader() is None
    assert names(event) == ["Event-Name", "Event-Subclass"] and event.nextHeader() is None
    assert event.firstHeader() == "Event-Name" and event.firstHeader() == "Event-Name"


def test_bodies() -> None:
    event = ESLevent("CUSTOM")
    assert event.addBody("100% %s\nzwei") and event.getBody() == "100% %s\nzwei"
    assert event.getHeader("_body") == "100% %s\nzwei"
    assert event.serialize() == "Event-Name: CUSTOM\nContent-Length: 12\n\n100% %s\nzwei"
    event.addBody("")
    assert (event.getBody(), event.serialize()) == ("", "Event-Name: CUSTOM\n\n")
    event.addHeader("_body", "by header")
    assert event.getBody() == "by header"


def test_priorities() -> None:
    for priority, name in ((0, "NORMAL"), (1, "LOW"), (2, "HIGH"), (3, "INVALID"), ("HIGH", "HIGH"), ("x", "INVALID")):
        event = ESLevent("CUSTOM")
        assert event.setPriority(priority) and event.getHeader("priority") == name
        assert event.firstHeader() == "priority"
    event = ESLevent("CUSTOM")
    assert event.setPriority() and event.getHeader("priority") == "NORMAL"


def test_text() -> None:
    event = ESLevent("CUSTOM", "my::x")
    event.addHeader("Foo", "żółć: 100% \"a\" a+b~c/(d)*'e'!$,.-_\x01\x7f\n")
    event.pushHeader("list", "1")
    event.pushHeader("list", "2")
    for format in (None, "text", "plain", "anything"):
        assert event.serialize(format) == (
            "Event-Name: CUSTOM\nEvent-Subclass: my%3A%3Ax\n"
            "Foo: %C5%BC%C3%B3%C5%82%C4%87%3A%20100%25%20%22a%22%20a%2Bb~c/(d)*'e'!$,.-_%01%7F%0A\n"
            "list: ARRAY%3A%3A1%7C%3A2\n\n"
        )


def test_json() -> None:
    event = ESLevent("CUSTOM")
    event.addHeader("Foo", 'ż "a" \\ \n \x01 /')
    event.addHeader("foo", "two")
    event.pushHeader("list", "1")
    event.pushHeader("list", "2")
    event.addBody("żó")
    text = event.serialize("JSON")
    assert text.startswith('{\n\t"Event-Name":\t"CUSTOM",\n\t"Foo":\t')
    assert '\n\t"list":\t["1", "2"],\n\t"Content-Length":\t"4",\n\t"_body":\t"żó"\n}' in text
    read = json.loads(text, object_pairs_hook=list)
    assert read[1:3] == [("Foo", 'ż "a" \\ \n \x01 /'), ("foo", "two")]
    again = ESLevent("json", text)
    assert (again.getHeader("Foo"), again.getHeader("list", 1), again.getBody()) == ('ż "a" \\ \n \x01 /', "2", "żó")


def test_xml() -> None:
    event = ESLevent("CUSTOM", "my::x")
    event.pushHeader("list", "1")
    event.pushHeader("list", "2")
    event.addBody("a < b & c > d\r")
    root = ElementTree.fromstring(event.serialize("xml"))
    assert [item.text for item in root.iterfind("headers/list")] == ["1", "2"]
    assert root.findtext("headers/Event-Subclass") == "my%3A%3Ax"
    assert (root.findtext("body"), root.findtext("Content-Length")) == ("a < b & c > d\r", "14")


def test_octets_that_are_no_text_come_through() -> None:
    event = ESLevent("CUSTOM")
    assert event.addHeader("raw", "a\udcff") and event.getHeader("raw") == "a\udcff"
    assert event.serialize().endswith("raw: a%FF\n\n")


def test_pickling() -> None:
    changed = ESLevent("CUSTOM", "a::b")
    changed.addHeader("x", "é")
    changed.pushHeader("list", "1")
    changed.pushHeader("list", "2")
    changed.addBody("text")
    arrived = ESLevent.of(Arrived(Event("plain", b"Event-Name: HEARTBEAT\nUp-Time: 1%20s\n\n")))
    for event in (changed, arrived, ESLevent("MESSAGE")):
        for again in (pickle.loads(pickle.dumps(event)), copy.deepcopy(event)):
            assert again.serialize() == event.serialize() and again.getType() == event.getType()
            again.addHeader("more", "y")
            again.pushHeader("list", "3")
            assert event.getHeader("more") is None and "3" not in (event.getHeader("list") or "")


@pytest.mark.parametrize(
    "call",
    [
        lambda event: event.getHeader(b"x"),
        lambda event: event.addHeader(b"x", "y"),
        lambda event: event.addHeader("x", b"y"),
        lambda event: event.pushHeader("x", b"y"),
        lambda event: event.unshiftHeader("x", 5),
        lambda event: event.delHeader(b"x"),
        lambda event: event.addBody(b"x"),
        lambda event: event.setPriority(b"HIGH"),
        lambda event: event.serialize(b"json"),
        lambda event: cast(Any, ESLevent)(b"CUSTOM"),
        lambda event: cast(Any, ESLevent)("CUSTOM", b"a::b"),
        lambda event: cast(Any, ESLevent)("json", b"{}"),
    ],
)
def test_what_is_no_text_is_refused(call: Callable[[ESLevent], object]) -> None:
    event = ESLevent("CUSTOM", "a::b")
    before = event.serialize()
    with pytest.raises(TypeError):
        call(event)
    assert event.serialize() == before
