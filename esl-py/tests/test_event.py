"""Events as mappings: what is in them, in every format, however odd."""

import copy
import json
import pickle
from collections.abc import Mapping
from typing import Any, cast

import pytest

from esl_proto import Event, LocalProtocolError, RemoteProtocolError
from esl_proto.names import AnswerState, EventName

PLAIN = b"Event-Name: CHANNEL_ANSWER\nUnique-ID: 5fd4%2D02\nCaller-Caller-ID-Name: %C3%89va\nAnswer-State: answered\n\n"
DOUBLED = b"Event-Name: COMMAND\nA: 1\nevent-name: PRIVATE_COMMAND\na: 2\n\n"


def plain(text: bytes) -> Event:
    return Event("plain", text)


def test_mapping() -> None:
    event = plain(PLAIN)
    assert isinstance(event, Mapping)
    assert list(event) == ["Event-Name", "Unique-ID", "Caller-Caller-ID-Name", "Answer-State"]
    assert len(event) == 4
    assert event["caller-caller-id-name"] == event[b"Caller-Caller-ID-Name"] == "Éva"
    for name, there in [("unique-id", True), (b"Unique-ID", True), ("Unique", False), (7, False)]:
        assert event.__contains__(name) is there
    assert event.get("nope") is None and event.get("nope", "x") == "x" and event.get("Unique-ID", 7) == "5fd4-02"
    assert dict(event) == event.to_dict() == dict(event.items())
    assert list(event.values()) == ["CHANNEL_ANSWER", "5fd4-02", "Éva", "answered"]
    assert event.keys() & {"Unique-ID", "x"} == {"Unique-ID"}
    with pytest.raises(KeyError, match="nope"):
        event["nope"]
    with pytest.raises(KeyError):
        cast(Any, event)[7]


def test_patterns() -> None:
    match plain(PLAIN):
        case {"Event-Name": EventName.CHANNEL_ANSWER, "Unique-ID": uuid}:
            assert uuid == "5fd4-02"
        case _:
            raise AssertionError("a mapping is matched by its keys")


def test_names() -> None:
    assert plain(PLAIN).name is EventName.CHANNEL_ANSWER
    assert plain(PLAIN)["Answer-State"] == AnswerState.ANSWERED
    assert plain(b"Event-Name: NEW_KIND\n\n").name == "NEW_KIND"
    assert plain(b"Event-Name: channel%5Fanswer\n\n").name is EventName.CHANNEL_ANSWER
    assert plain(b"Event-Name: bad%FF\n\n").name == "bad\ufffd"
    assert plain(b"a: b\n\n").name is None
    custom = plain(b"Event-Subclass: my%3A%3Aevent\nEvent-Name: CUSTOM\nJob-UUID: j\nApplication-UUID: a\n\n")
    assert (custom.subclass, custom.job_uuid, custom.application_uuid) == ("my::event", "j", "a")
    assert custom.unique_id is None


def test_duplicates() -> None:
    event = plain(DOUBLED)
    assert event.name == "PRIVATE_COMMAND"
    assert event.to_dict() == {"Event-Name": "PRIVATE_COMMAND", "A": "2"}
    assert list(event) == ["Event-Name", "A"] and len(event) == 2
    assert event.get_all("EVENT-NAME") == ["COMMAND", "PRIVATE_COMMAND"]
    assert event.headers() == [
        ("Event-Name", "COMMAND"),
        ("A", "1"),
        ("event-name", "PRIVATE_COMMAND"),
        ("a", "2"),
    ]


@pytest.mark.parametrize(
    ("event", "whole"),
    [
        (plain(b"x: ARRAY%3A%3Aa%7C%3A%7C%3Ab%20c\nn: 1\n\n"), ["a", "", "b c"]),
        (Event("json", b'{"x":["a","","b c"],"n":"1"}'), ["a", "", "b c"]),
        (Event("json", b'{"x":["a"],"n":"1"}'), ["a"]),
    ],
)
def test_arrays(event: Event, whole: list[str]) -> None:
    assert event["x"] == whole
    assert event.get_bytes("x") == [item.encode() for item in whole]
    assert event.to_dict() == {"x": whole, "n": "1"}
    assert event.get_str("x") == ("ARRAY::" + "|:".join(whole) if len(whole) > 1 else whole[0])
    assert event.get_str("n") == "1" and event.get_str("nope", "-") == "-" and event.get_str("nope") == ""


def test_octets_that_are_no_text() -> None:
    event = plain(b"a\xffb: %C3%28%80\nplain: 1\n\n")
    assert event["a\udcffb"] == "\ufffd(\ufffd"
    assert event.get_bytes(b"A\xffB") == b"\xc3(\x80"
    assert event.headers_bytes()[0] == (b"a\xffb", b"\xc3(\x80")
    assert event.raw_headers()[0] == (b"a\xffb", b"%C3%28%80")
    assert event.to_dict() == {"a\ufffdb": "\ufffd(\ufffd", "plain": "1"}
    assert event.get_bytes("nope") is None


def test_body() -> None:
    job = plain(b"Event-Name: BACKGROUND_JOB\nContent-Length: 5\n\n+OK \xff")
    assert (job.body, job.body_text) == (b"+OK \xff", "+OK \ufffd")
    assert (plain(PLAIN).body, plain(PLAIN).body_text) == (None, None)
    assert Event("json", b'{"a":"b","Content-Length":"0","_body":""}').body == b""
    xml = b"<event>\n  <headers>\n    <a>b</a>\n  </headers>\n  <Content-Length>2</Content-Length>\n  <body>x\n  </body>\n</event>\n"
    assert Event("xml", xml).body == b"x\n"


def test_json() -> None:
    event = plain(b'Event-Name: COMMAND\na: 1\nA: %22\xc3\x89\xff\nx: ARRAY%3A%3Aa%7C%3Ab\nContent-Length: 3\n\n{"}')
    read = {
        "Event-Name": "COMMAND",
        "a": "1",
        "A": '"É\ufffd',
        "x": ["a", "b"],
        "Content-Length": "3",
        "_body": '{"}',
    }
    assert json.loads(event.json()) == read
    for again in [Event("json", event.json().encode()), Event("plain", event.plain()), Event("xml", event.xml())]:
        assert again.error is None and again.body == event.body and json.loads(again.json()) == read
    assert Event("json", b'{"_body":"one","_body":"two"}').json() == '{"Content-Length":"3","_body":"two"}'


@pytest.mark.parametrize("value", ["text", "\u00e4\u20ac", "x" * 100_000, r"a\\b"])
def test_json_of_json_is_its_text(value: str) -> None:
    text = f'{{"a":"{value}"}}'
    event = Event("json", text.encode())
    assert event.json() == text
    assert event.json_bytes() == text.encode()
    # Written anew: a longer one, a shorter one, and again.
    for name in ("b" * 100_000, "c", "d" * 2000):
        plain = Event("plain", f"{name}: 1\n{name}: 2\n\n".encode())
        assert plain.json() == f'{{"{name}":["1","2"]}}'
        assert plain.plain() == f"{name}: 1\n{name}: 2\n\n".encode()


def test_duplicates_are_arrays_in_json() -> None:
    event = plain(b"a: 1\nb: 2\na: 3\n\n")
    assert event.json() == '{"a":["1","3"],"b":"2"}'
    assert event.plain() == b"a: 1\nb: 2\na: 3\n\n"


def test_what_cannot_be_written() -> None:
    with pytest.raises(LocalProtocolError) as refused:
        plain(b"a: 1\nb c: 2\n\n").xml()
    assert (refused.value.code, refused.value.offset) == (704, 1)
    for write in [Event.json, Event.plain, Event.xml]:
        with pytest.raises(RemoteProtocolError) as broken:
            write(Event("json", b'{"a":"1",'))
        assert broken.value.code == 201


def test_malformed_documents() -> None:
    assert plain(b"no colon at all").error is None
    for format, text, code in [
        ("json", b'{"Event-Name":"API","x":', 201),
        ("json", b'{"Event-Name":"API","x":{}}', 203),
        ("json", b'{"Event-Name":"API"} ?', 205),
        ("xml", b"<event><headers><Event-Name>API</Event-Name><a>", 201),
    ]:
        event = Event(cast(Any, format), text)
        assert event.error is not None and event.error.code == code, text
        assert event.error.offset is not None and event.error.offset <= len(text)
        assert event.name == "API", "what could be read is there all the same"


def test_events_are_values() -> None:
    one, two = plain(PLAIN), plain(bytes(PLAIN))
    assert one == two and hash(one) == hash(two) and one in {two}
    assert one != plain(DOUBLED) and one != Event("json", PLAIN) and one != one.to_dict() and one != 7
    assert copy.copy(one) == copy.deepcopy(one) == one
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(one, protocol))
        assert again == one and again.to_dict() == one.to_dict() and again.format == "plain"
    assert one.text == PLAIN and one.text is one.text
    assert one.text is PLAIN, "octets are taken, not copied"
    with pytest.raises(AttributeError):
        cast(Any, one).text = b""
    with pytest.raises(TypeError):
        cast(Any, one)["a"] = "b"


def test_repr() -> None:
    assert repr(plain(PLAIN)) == '<Event CHANNEL_ANSWER unique_id="5fd4-02" plain, 4 headers>'
    custom = b'{"Event-Subclass":"a::b","Event-Name":"CUSTOM","Content-Length":"2","_body":"xy"}'
    assert repr(Event("json", custom)) == '<Event CUSTOM subclass="a::b" json, 3 headers, body of 2 octets>'
    assert repr(plain(b"")) == "<Event without a name plain, 0 headers>"


def test_values_that_came_before() -> None:
    """A value is known by how it is written: the same bytes say something else in another format."""
    events = [
        (Event("plain", b"Kept-Name: a%20b%0A\n\n"), {"Kept-Name": "a b\n"}),
        (Event("json", b'{"Kept-Name":"a%20b%0A"}'), {"Kept-Name": "a%20b%0A"}),
        (Event("json", rb'{"Kept-Name":"a\u0062"}'), {"Kept-Name": "ab"}),
        (Event("json", b'{"Kept-Name":ab}'), {"Kept-Name": "ab"}),
        (Event("json", b'{"Kept-Name":[]}'), {"Kept-Name": []}),
        (Event("json", b'{"Kept-Name":""}'), {"Kept-Name": ""}),
        (Event("plain", b"Kept-Name: _undef_\n\n"), {"Kept-Name": ""}),
        (Event("json", b'{"Kept-Name":"_undef_"}'), {"Kept-Name": "_undef_"}),
        (Event("xml", b"<event><headers><Kept-Name>a&lt;%20b</Kept-Name></headers></event>"), {"Kept-Name": "a< b"}),
        (Event("plain", b"Kept-Name: a&lt;%20b\n\n"), {"Kept-Name": "a&lt; b"}),
        (Event("json", b'{"Kept-Name":"' + b"x" * 65 + b'"}'), {"Kept-Name": "x" * 65}),
    ]
    for first, expected in events:
        for second, other in events:
            for _ in range(2):
                assert first.to_dict() == expected
                assert second.to_dict() == other
                assert list(first.to_dict()) == ["Kept-Name"]


def test_arguments() -> None:
    assert Event("plain", bytearray(PLAIN)) == Event("plain", memoryview(PLAIN)) == plain(PLAIN)
    for wrong in (None, "text", 7):
        with pytest.raises(TypeError):
            Event("plain", cast(Any, wrong))
    with pytest.raises(ValueError, match="plain"):
        Event(cast(Any, "yaml"), b"")
    with pytest.raises(TypeError):
        plain(PLAIN).get(cast(Any, 7))


def test_many_headers() -> None:
    """More than there are places in the index, and names that a hash would put together."""
    count = 20_000
    event = plain(b"".join(b"name-%d: %d\n" % (number, number) for number in range(count)) + b"\n")
    assert len(event) == len(event.headers()) == count
    assert event["NAME-19999"] == "19999" and event["name-0"] == "0"
    assert event.to_dict() == {f"name-{number}": str(number) for number in range(count)}


def test_json_in_octets() -> None:
    event = plain(PLAIN)
    assert event.json_bytes() == event.json().encode()
    with pytest.raises(RemoteProtocolError):
        Event("json", b'{"a":').json_bytes()


def test_going_through_an_event_changes_nothing() -> None:
    """What was listed once is looked up as before: in any case of its letters, and nobody can change it."""
    event = Event("plain", PLAIN)
    before = {name: event[name] for name in ("Event-Name", "unique-id", "ANSWER-STATE")}
    listed = dict(event)
    listed["Unique-ID"] = "changed"
    assert {name: event[name] for name in before} == before and dict(event)["Unique-ID"] == "5fd4-02"
    assert len(event) == 4 and "nope" not in event
    with pytest.raises(KeyError, match="nope"):
        event["nope"]
    arrays = plain(b"x: ARRAY%3A%3Aa%7C%3Ab\nX: 1\nlist: ARRAY%3A%3Aa%7C%3Ab\n\n")
    assert list(arrays) == ["x", "list"]
    cast(list[str], arrays["list"]).append("c")
    cast(list[str], arrays.to_dict()["list"]).append("c")
    assert arrays["list"] == ["a", "b"] and dict(arrays) == {"x": "1", "list": ["a", "b"]}
