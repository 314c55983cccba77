"""Dial strings: what is written is what the server reads, or it is refused and told where."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from typing import Any, cast

import pytest
from esl_proto import Command, LocalProtocolError
from esl_proto.dial import (
    Application,
    DialError,
    DialHandle,
    DialString,
    Endpoint,
    Hook,
    Inline,
    Leg,
    Originate,
)
from esl_proto.testing import Switch
from hypothesis import given, settings
from hypothesis import strategies as st
from peer import Peer

DESKS = [Leg("user/1000"), Leg("user/1001", {"leg_delay_start": 5})]
WHOM = DialHandle(DESKS, "sofia/gateway/gw/1", variables={"originate_timeout": 20, "x": "A, B"})


def test_written_as_the_server_reads_it() -> None:
    argument = r"{^^;originate_timeout=20;x=A, B}user/1000,[leg_delay_start=5]user/1001|sofia/gateway/gw/1"
    assert str(DialString(WHOM)) == argument and bytes(DialString(WHOM)) == argument.encode()
    call = Originate(DESKS, Application("park"), cid_name="O'Hara", timeout_sec=20)
    line = rb"originate user/1000,[leg_delay_start=5]user/1001 &park() undef undef O\'Hara undef 20"
    assert bytes(call) == line and Originate.parse(line) == call
    assert bytes(Command.bgapi(bytes(call))).startswith(b"bgapi originate user/1000,")
    assert str(DialString(DialHandle("a/1"), DialHandle("b/2"), variables={"v": True})) == "<v=true>a/1:_:b/2"
    assert [leg.endpoint for leg in DialString(WHOM)] == ["user/1000", "user/1001", "sofia/gateway/gw/1"]


def test_what_makes_a_dial_string() -> None:
    one = DialString(DialHandle([Leg("user/1")]))
    for same in ("user/1", b"user/1", Leg("user/1"), ["user/1"], [Leg("user/1")], DialHandle("user/1"), one):
        assert DialString.of(cast(Any, same)) == one and Originate(cast(Any, same), "9").dial == one
    assert DialString.parse("user/1") == DialString.parse(b"user/1") == one
    # What is called at once and what is tried in turn.
    assert DialString(["a/1", "b/2"]) == DialString.parse("a/1,b/2")
    assert DialString(DialHandle("a/1", "b/2")) == DialString.parse("a/1|b/2")


def test_values() -> None:
    call = Originate(WHOM, Inline("answer", ("playback", "a,b.wav"), "hangup"), context="public")
    for value in (*DESKS, WHOM, DialString(WHOM), call, call.destination, Application("park")):
        assert value == copy.deepcopy(value) == pickle.loads(pickle.dumps(value))
        assert hash(value) == hash(pickle.loads(pickle.dumps(value)))
        assert eval(repr(value)) == value
        with pytest.raises((AttributeError, TypeError)):
            value.variables = ()  # type: ignore[union-attr, misc]
    assert Leg("user/1") != Leg("user/2") and Leg("user/1") != cast(Any, "user/1")
    assert repr(Leg("user/1", [("a", "1"), ("a", b"2")])) == "Leg('user/1', [('a', '1'), ('a', '2')])"


def test_octets_that_are_no_text() -> None:
    leg = Leg(b"user/\xff", {"name": b"\xe9"})
    assert bytes(DialString(leg)) == b"[name=\xe9]user/\xff"
    assert DialString.parse(b"[name=\xe9]user/\xff") == DialString(leg)


@pytest.mark.parametrize(
    ("dial", "told"),
    [
        ("user/1,user/2", (506, 6, "endpoint", 0, 0)),
        ("", (501, 0, "endpoint", 0, 0)),
        ([], (501, 0, "endpoint", 0, 0)),
        (DialHandle(), (501, 0, "endpoint", 0, 0)),
        (DialHandle("a/1", ["b/2", Leg("c/3", {"v": "${x}"})]), (509, 0, "variable value", 2, 0)),
        (Leg("a/1", {"n": "1", "v w": "2"}), (505, 1, "variable name", 0, 1)),
        (Leg("a/1", {"n": "one\ntwo"}), (502, 3, "variable value", 0, 0)),
    ],
)
def test_refusals(dial: Any, told: tuple[object, ...]) -> None:
    with pytest.raises(DialError) as refused:
        bytes(Originate(dial, "9"))
    error = refused.value
    assert (error.code, error.offset, error.field, error.leg, error.item) == told
    assert isinstance(error, LocalProtocolError) and f"byte {error.offset}" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (again.args, vars(again)) == (error.args, vars(error))


def test_texts_that_are_no_calls() -> None:
    for read, text, code, offset in [
        (DialString.parse, "[a=b", 555, 4),
        (DialString.parse, "user/${x}", 557, 6),
        (Originate.parse, "status", 552, 6),
        (Originate.parse, "originate user/1", 553, 16),
    ]:
        with pytest.raises(DialError) as refused:
            read(text)
        assert (refused.value.code, refused.value.field) == (code, None), text
        assert refused.value.offset is not None and refused.value.offset <= offset


def test_types() -> None:
    for wrong in (5, None, {"a": 1}.keys() - {"a"}, object()):
        with pytest.raises(TypeError):
            Leg(cast(Any, wrong))
    with pytest.raises(TypeError):
        Leg("user/1", cast(Any, "a=b"))
    with pytest.raises(TypeError):
        Leg("user/1", {"a": cast(Any, None)})
    with pytest.raises(TypeError, match="one list"):
        DialString("user/1", cast(Any, "user/2"))
    with pytest.raises(TypeError):
        Originate("user/1", Inline("answer"), "XML")


def test_endpoints() -> None:
    assert [
        Endpoint.user("1000", "pbx.example"),
        Endpoint.group("sales"),
        Endpoint.sofia("internal", "1000@192.0.2.7:5060"),
        Endpoint.gateway("provider", "+4930123"),
        Endpoint.contact("internal", "1000", "pbx.example"),
        Endpoint.loopback("9199", "default", "XML"),
        Endpoint.verto("1000"),
        Endpoint.error("USER_BUSY"),
        Endpoint.null(),
        Endpoint.pickup("sales"),
    ] == [
        "user/1000@pbx.example",
        "group/sales",
        "sofia/internal/1000@192.0.2.7:5060",
        "sofia/gateway/provider/+4930123",
        "sofia/internal/1000%pbx.example",
        "loopback/9199/default/XML",
        "verto.rtc/1000",
        "error/USER_BUSY",
        "null",
        "pickup/sales",
    ]
    with pytest.raises(DialError) as refused:
        Endpoint.user("1000@elsewhere", "pbx.example")
    assert (refused.value.code, refused.value.item, refused.value.offset) == (506, 0, 4)
    with pytest.raises(ValueError, match="without a context"):
        Endpoint.loopback("9199", dialplan="XML")


def test_inline_dialplans() -> None:
    inline = Inline("answer", Application("playback", "a,b.wav"), ("set", "x=it's\n"))
    assert str(inline) == r"m:^:answer^playback:a,b.wav^set:x=it\'s\n" and Inline.parse(str(inline)) == inline
    line = bytes(Originate("user/1", inline))
    assert line.endswith(b" inline") and Originate.parse(line).destination == inline
    with pytest.raises(DialError) as refused:
        bytes(Inline("answer", ("play back", "")))
    assert (refused.value.field, refused.value.item, refused.value.offset) == ("application", 1, 4)
    with pytest.raises(DialError):
        bytes(Inline())


def test_hooks() -> None:
    assert Hook.ANSWER.execute("playback", "a b.wav") == ("execute_on_answer", "playback a b.wav")
    assert Hook.MEDIA.execute("playback", "x", background=True) == ("execute_on_media", "playback::x")
    assert Hook.RING.api("log INFO it rings") == ("api_on_ring", "log INFO it rings")
    assert [hook.execute("park")[0] for hook in Hook] == [f"execute_on_{hook}" for hook in Hook]
    with pytest.raises(DialError):
        Hook.ANSWER.execute("set", "a=${b}")
    leg = Leg("user/1", [Hook.ANSWER.execute("set", "a=b, c")])
    assert DialString.parse(bytes(DialString(leg))) == DialString(leg)


ODD = st.sampled_from("ab,;|=\\'\"^ {}[]<>:_&()%~@+!#*?/é\t$")
TEXT = st.text(ODD, min_size=1, max_size=8)
VARIABLES = st.lists(st.tuples(st.sampled_from(["a", "b"]), TEXT), max_size=2)
ENDPOINT = st.sampled_from(["user/1", "sofia/gateway/gw/1"]) | st.text(ODD, min_size=1, max_size=5)
LEGS = st.lists(st.builds(Leg, ENDPOINT, VARIABLES), min_size=1, max_size=2)
HANDLES = st.builds(lambda lists, own: DialHandle(*lists, variables=own), st.lists(LEGS, min_size=1, max_size=2), VARIABLES)
DIALS = st.builds(lambda handles, all_: DialString(*handles, variables=all_), st.lists(HANDLES, min_size=1, max_size=2), VARIABLES)


def written(value: object) -> bytes | None:
    """The text of a call, or nothing if it is refused."""
    try:
        return bytes(cast(Any, value))
    except DialError:
        return None


def test_any_call_is_read_as_it_was_meant() -> None:
    outcomes: Counter[bool] = Counter()

    @settings(max_examples=300)
    @given(DIALS, st.builds(Application, TEXT, TEXT) | TEXT | st.builds(Inline, st.tuples(st.just("set"), TEXT)), TEXT)
    def any_call(dial: DialString, destination: Any, name: str) -> None:
        call = Originate(dial, destination, cid_name=name)
        for value in (call, dial):
            text = written(value)
            outcomes[text is None] += 1
            if text is not None:
                assert cast(Any, type(value)).parse(text) == value

    any_call()
    assert min(outcomes.values()) > 50, outcomes


VALUE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


def test_any_value_arrives_at_a_switch() -> None:
    """Of a variable of a leg, of a handle and of all; and the caller's name, and an application's argument."""
    with Switch() as switch, Peer.of(switch) as peer:
        arrived = 0

        @settings(max_examples=60)
        @given(VALUE, VALUE, VALUE, VALUE)
        def any_value(one: str, of_handle: str, of_all: str, name: str) -> None:
            nonlocal arrived
            handle = DialHandle(Leg("user/1", {"one": one}), variables={"of_handle": of_handle})
            call = Originate(DialString(handle, variables={"of_all": of_all}), Application("park"), cid_name=name)
            text = written(call)
            if text is None:
                return
            answer = peer.ask(Command.api(text))
            assert answer.ok, answer.text
            channel = switch.find(answer.detail)
            assert channel is not None
            variables = channel.variables
            assert [variables.get(key) for key in ("one", "of_handle", "of_all")] == [one, of_handle, of_all]
            channel.hangup()
            arrived += 1

        any_value()
        assert arrived > 20
