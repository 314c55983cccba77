"""What events say, with a type: properties, typed look-ups, variables, and rows of tables."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest
from esl_proto import Event, RemoteProtocolError, Variables, rows
from esl_proto.names import AnswerState, CallDirection, CallState, ChannelState, EventName, HangupCause

START = datetime(2026, 3, 1, 12, 0, 0, 250_000, timezone.utc)
MICROSECONDS = int(START.timestamp()) * 1_000_000 + 250_000
HANGUP = f"""Event-Name: CHANNEL_HANGUP_COMPLETE
Event-Sequence: 6022
Event-Date-Timestamp: {MICROSECONDS + 9_000_000}
Core-UUID: c0
Unique-ID: 5fd4
Other-Leg-Unique-ID: 71aa
Channel-Name: sofia/internal/1000%40pbx
Channel-State: CS_REPORTING
Channel-Call-State: HANGUP
Answer-State: hangup
Call-Direction: inbound
Hangup-Cause: NORMAL_CLEARING
Caller-Caller-ID-Name: %C3%89va
Caller-Caller-ID-Number: 1000
Caller-Destination-Number: 9199
Caller-Channel-Created-Time: {MICROSECONDS}
Caller-Channel-Progress-Time: 0
Caller-Channel-Answered-Time: {MICROSECONDS + 2_000_000}
Caller-Channel-Hangup-Time: {MICROSECONDS + 9_000_000}
Application: set
Application-Data: a%3Db
Application-Response: _none_
variable_duration: 9
variable_billsec: 7
variable_start_epoch: {MICROSECONDS // 1_000_000}
variable_start_uepoch: {MICROSECONDS}
variable_end_epoch: 0
variable_mos: 4.5
variable_empty: _undef_
variable_codecs: ARRAY%3A%3APCMU%7C%3AOPUS
variable_negative: -3
variable_odd: seven
Variable_Twice: 1
variable_twice: 2

""".encode()


@dataclass
class Record:
    """What a call costs, and why it has ended: each field with its type, for type checkers to see."""

    uuid: str | None
    caller: str | None
    name: str | None
    destination: str | None
    start: datetime | None
    answered: datetime | None
    end: datetime | None
    seconds: int
    cause: HangupCause | str | None
    codecs: list[str]


def record(event: Event) -> Record:
    """The call data record of a call that has ended."""
    return Record(
        uuid=event.unique_id,
        caller=event.caller_number,
        name=event.caller_name,
        destination=event.destination,
        start=event.created_time,
        answered=event.answered_time,
        end=event.hangup_time,
        seconds=event.variables.get_int("billsec", 0),
        cause=event.hangup_cause,
        codecs=event.variables.get_list("codecs"),
    )


@pytest.fixture(params=["plain", "json", "xml"])
def event(request: pytest.FixtureRequest) -> Event:
    """The end of a call, in each format."""
    plain = Event("plain", HANGUP)
    match request.param:
        case "json":
            return Event("json", plain.json().encode())
        case "xml":
            return Event("xml", plain.xml())
        case _:
            return plain


def test_a_call_data_record(event: Event) -> None:
    assert record(event) == Record(
        uuid="5fd4",
        caller="1000",
        name="Éva",
        destination="9199",
        start=START,
        answered=START + timedelta(seconds=2),
        end=START + timedelta(seconds=9),
        seconds=7,
        cause=HangupCause.NORMAL_CLEARING,
        codecs=["PCMU", "OPUS"],
    )


def test_properties(event: Event) -> None:
    assert (event.name, event.sequence, event.core_uuid) == (EventName.CHANNEL_HANGUP_COMPLETE, 6022, "c0")
    assert (event.timestamp, event.other_leg) == (START + timedelta(seconds=9), "71aa")
    assert event.channel_name == "sofia/internal/1000@pbx"
    for word, member in [
        (event.channel_state, ChannelState.REPORTING),
        (event.call_state, CallState.HANGUP),
        (event.answer_state, AnswerState.HANGUP),
        (event.direction, CallDirection.INBOUND),
        (event.hangup_cause, HangupCause.NORMAL_CLEARING),
    ]:
        assert word is member
    assert event.hangup_cause is not None and HangupCause(event.hangup_cause).code == 16
    assert event.progress_time is None and event.progress_media_time is None and event.bridged_time is None
    assert (event.application, event.application_data, event.application_response) == ("set", "a=b", "_none_")


def test_properties_of_nothing_and_of_the_unknown() -> None:
    empty = Event("plain", b"\n")
    names = [name for name in dir(Event) if isinstance(getattr(Event, name), type(Event.name))]
    assert len(names) > 30
    for name in set(names) - {"format", "text", "variables"}:
        assert getattr(empty, name) is None, name
    odd = Event("plain", b"Hangup-Cause: NEW%20ONE\nChannel-State: cs_Park\nEvent-Date-Timestamp: soon\nDTMF-Digit: 5\n\n")
    assert odd.hangup_cause == "NEW ONE" and type(odd.hangup_cause) is str
    assert odd.channel_state is ChannelState.PARK
    assert odd.timestamp is None and odd.dtmf_digit == "5"
    assert Event("plain", b"Event-Date-Timestamp: 9999999999999999999\n\n").timestamp is None


def test_look_ups(event: Event) -> None:
    assert event.get_int("variable_negative") == -3 and event.get_int("nope") is None and event.get_int("nope", 7) == 7
    assert event.get_int("variable_empty", 0) == 0
    assert event.get_float("variable_mos") == 4.5 and event.get_float("variable_billsec") == 7.0
    assert event.get_str("nope") == "" and event.get_str("nope", None) is None and event.get_str("Unique-ID") == "5fd4"
    assert event.get_time("variable_start_uepoch") == START
    assert event.get_time("variable_start_epoch") == START.replace(microsecond=0)
    assert event.get_time("variable_end_epoch") is None
    assert event.get_list("variable_codecs") == ["PCMU", "OPUS"]
    assert event.get_list("Unique-ID") == ["5fd4"] and event.get_list("nope") == []


@pytest.mark.parametrize("what", ["get_int", "get_float", "get_time"])
def test_what_is_no_number_is_told(event: Event, what: str) -> None:
    with pytest.raises(ValueError, match="^variable_odd is not .*: \"seven\"$"):
        getattr(event, what)("variable_odd")
    with pytest.raises(ValueError, match="^odd is not .*: \"seven\"$"):
        getattr(event.variables, what)("odd", 5)
    with pytest.raises(ValueError, match="codecs"):
        getattr(event, what)("variable_codecs")


def test_numbers_of_any_size() -> None:
    big = Event("plain", b"a: 18446744073709551616\nb: +5\nc: 99999999999999999\nd: 1_000\n\n")
    assert big.get_int("a") == 1 << 64 and big.get_int("b") == 5
    with pytest.raises(ValueError, match="c is not a time"):
        Event("plain", b"c: 999999999999999999\n\n").get_time("c")
    with pytest.raises(ValueError, match="d is not an integer"):
        big.get_int("d")


def test_variables(event: Event) -> None:
    variables = event.variables
    assert isinstance(variables, Mapping) and isinstance(variables, Variables)
    assert variables["billsec"] == "7" and variables["BILLSEC"] == variables[b"billsec"] == "7"
    assert "codecs" in variables and "nope" not in variables and cast(Any, 5) not in variables
    assert variables.get("nope") is None and variables.get("nope", "x") == "x"
    assert variables.get_str("mos") == "4.5" and variables.get_float("mos") == 4.5
    assert variables.get_bytes("billsec") == b"7" and variables.get_bytes("nope") is None
    assert variables["twice"] == "2"
    as_dict = variables.to_dict()
    assert as_dict == dict(variables) == dict(variables.items()) == variables
    assert list(variables) == list(as_dict) == list(variables.keys()) and len(variables) == len(as_dict)
    assert list(variables)[:2] == ["duration", "billsec"] and "Unique-ID" not in as_dict
    for again in (pickle.loads(pickle.dumps(variables)), copy.deepcopy(variables)):
        assert again == variables and type(again) is Variables
    assert repr(variables).startswith("<Variables {'duration': '9', ")
    with pytest.raises(KeyError, match="nope"):
        variables["nope"]
    with pytest.raises(TypeError):
        hash(variables)
    assert Event("plain", b"\n").variables == {} and len(Event("plain", b"\n").variables) == 0


def test_names_in_several_cases_are_one() -> None:
    many = "".join(f"Name-{number}: {number}\n" for number in range(2000))
    event = Event("plain", f"{many}name-7: last\nNAME-1999: end\nName-8: again\n\n".encode())
    as_dict = event.to_dict()
    assert len(as_dict) == len(event) == 2000 and list(as_dict) == [f"Name-{number}" for number in range(2000)]
    assert (as_dict["Name-7"], as_dict["Name-1999"], as_dict["Name-8"]) == ("last", "end", "again")


TABLE = b"""{"row_count":2,"rows":[{"uuid":"5fd4","direction":"inbound","created_epoch":"1700000000","name":"a{\\"b}"},
{"uuid":"71aa","direction":"outbound","created_epoch":"0"}]}"""


def test_rows() -> None:
    first, second = rows(TABLE)
    assert (first["uuid"], first["name"], second["direction"]) == ("5fd4", 'a{"b}', "outbound")
    created = first.get_time("created_epoch")
    assert created is not None and created.timestamp() == 1_700_000_000 and second.get_time("created_epoch") is None
    assert rows(TABLE.decode()) == [first, second] and rows('{"row_count":0}') == []
    for broken in (b"-ERR no reply\n", b"", TABLE[:-40]):
        with pytest.raises(RemoteProtocolError):
            rows(broken)
