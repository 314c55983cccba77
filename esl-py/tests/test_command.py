"""Commands: what they are on the wire, and what is refused."""

import copy
import pickle
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esl_proto import Command, Connection, HostRequest, LocalProtocolError, Server
from esl_proto.names import EventName, HangupCause, LogLevel

WRITTEN = [
    (Command.auth("ClueCon"), b"auth ClueCon\n\n"),
    (Command.userauth("bob", "x.org", "s:e@c"), b"userauth bob@x.org:s:e@c\n\n"),
    (Command.api("status"), b"api status\n\n"),
    (Command.api("st", console=True), b"api st\nconsole_execute: true\n\n"),
    (Command.bgapi("status"), b"bgapi status\n\n"),
    (Command.bgapi("status", job_uuid="my job"), b"bgapi status\nJob-UUID: my job\n\n"),
    (Command.event("ALL"), b"event ALL\n\n"),
    (Command.event(EventName.HEARTBEAT, "API", format="json"), b"event json HEARTBEAT API\n\n"),
    (Command.event("CUSTOM", "API", subclasses=["a::b", b"c"]), b"event API CUSTOM a::b c\n\n"),
    (Command.nixevent("API", subclasses=("a::b",)), b"nixevent API CUSTOM a::b\n\n"),
    (Command.noevents(), b"noevents\n\n"),
    (Command.myevents(), b"myevents\n\n"),
    (Command.myevents("5fd4"), b"myevents 5fd4\n\n"),
    (Command.myevents(format="xml"), b"myevents xml\n\n"),
    (Command.divert_events(True), b"divert_events on\n\n"),
    (Command.filter("Unique-ID", "5fd4"), b"filter add Unique-ID 5fd4\n\n"),
    (Command.filter("Event-Name", "/^CHANNEL_/", exclude=True), b"filter add Event-Name -/^CHANNEL_/\n\n"),
    (Command.filter_delete(), b"filter delete all\n\n"),
    (Command.filter_delete("Unique-ID"), b"filter delete Unique-ID\n\n"),
    (Command.filter_delete("Unique-ID", "a b"), b"filter delete Unique-ID a b\n\n"),
    (Command.sendevent("API"), b"sendevent API\n\n"),
    (
        Command.sendevent("CUSTOM", {"Event-Subclass": "a::b", "n": "\udcff"}, "two\nlines"),
        b"sendevent CUSTOM\nEvent-Subclass: a::b\nn: \xff\nContent-Length: 9\n\ntwo\nlines",
    ),
    (Command.sendevent("API", [("a", "1"), ("a", "2")]), b"sendevent API\na: 1\na: 2\n\n"),
    (
        Command.execute(
            "playback",
            "a.wav",
            uuid="5fd4",
            event_uuid="e",
            event_uuid_name="n",
            loops=-1,
            lead_frames=2,
            hold_bleg=True,
            event_lock=True,
            event_lock_pri=True,
            run_async=True,
        ),
        b"sendmsg 5fd4\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: a.wav\nloops: -1\n"
        b"Event-UUID: e\nEvent-UUID-Name: n\nhold-bleg: true\nevent-lock: true\nevent-lock-pri: true\nlead-frames: 2\n"
        b"async: true\n\n",
    ),
    (Command.execute("answer"), b"sendmsg\ncall-command: execute\nexecute-app-name: answer\n\n"),
    (
        Command.execute("set", "a=1\nb"),
        b"sendmsg\ncall-command: execute\nexecute-app-name: set\ncontent-type: text/plain\nContent-Length: 5\n\na=1\nb",
    ),
    (Command.hangup(), b"sendmsg\ncall-command: hangup\n\n"),
    (
        Command.hangup(HangupCause.USER_BUSY, uuid="5fd4", event_lock=True),
        b"sendmsg 5fd4\ncall-command: hangup\nhangup-cause: USER_BUSY\nevent-lock: true\n\n",
    ),
    (Command.hangup("17"), b"sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n"),
    (Command.hangup(17), b"sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n"),
    (
        Command.unicast(
            local_ip="1.2.3.4", local_port=1, remote_ip="::1", remote_port=65535, transport="tcp", flags="native"
        ),
        b"sendmsg\ncall-command: unicast\nlocal-ip: 1.2.3.4\nlocal-port: 1\nremote-ip: ::1\nremote-port: 65535\n"
        b"transport: tcp\nflags: native\n\n",
    ),
    (Command.nomedia("u", uuid="v"), b"sendmsg v\ncall-command: nomedia\nnomedia-uuid: u\n\n"),
    (
        Command.xferext([("answer", ""), ("playback", "a b")], uuid="v"),
        b"sendmsg v\ncall-command: xferext\napplication: answer\napplication: playback a b\n\n",
    ),
    (Command.log(), b"log\n\n"),
    (Command.log("warning"), b"log 4\n\n"),
    (Command.log(LogLevel.INFO), b"log 6\n\n"),
    (Command.log(20), b"log 20\n\n"),
    (Command.nolog(), b"nolog\n\n"),
    (Command.linger(), b"linger\n\n"),
    (Command.linger(10), b"linger 10\n\n"),
    (Command.nolinger(), b"nolinger\n\n"),
    (Command.getvar("x"), b"getvar x\n\n"),
    (Command.connect(), b"connect\n\n"),
    (Command.resume(), b"resume\n\n"),
    (Command.exit(), b"exit\n\n"),
    (Command.raw("sendmsg U\nx: y\n\n\n", "body"), b"sendmsg U\nx: y\nContent-Length: 4\n\nbody"),
    (Command.raw(b"newer \xff"), b"newer \xff\n\n"),
    (Command.api("żółć \udcff"), "api żółć ".encode() + b"\xff\n\n"),
    (Command.api(bytearray(b"a")), b"api a\n\n"),
    (Command.api(memoryview(b"a")), b"api a\n\n"),
]


@pytest.mark.parametrize(("command", "octets"), WRITTEN)
def test_written(command: Command, octets: bytes) -> None:
    assert bytes(command) == octets
    again = Command.parse(octets)
    assert again == command and hash(again) == hash(command) and again.kind == command.kind
    assert copy.deepcopy(command) == pickle.loads(pickle.dumps(command)) == command
    assert command != octets


@pytest.mark.parametrize(
    ("make", "code", "offset"),
    [
        (lambda: Command.auth(""), 301, 0),
        (lambda: Command.auth("a\nb"), 302, 1),
        (lambda: Command.api("status\n\nexit"), 302, 6),
        (lambda: Command.api("a\rb"), 302, 1),
        (lambda: Command.api("a\0b"), 303, 1),
        (lambda: Command.bgapi("x", job_uuid="j" * 201), 307, 200),
        (lambda: Command.userauth("a@b", "c", "d"), 305, 1),
        (lambda: Command.event(), 301, 0),
        (lambda: Command.event("A B"), 304, 1),
        (lambda: Command.event("json"), 306, 0),
        (lambda: Command.event("API", subclasses=["a\n"]), 302, 1),
        (lambda: Command.myevents("5fd4", format="json"), 308, 0),
        (lambda: Command.filter("a b", "c"), 304, 1),
        (lambda: Command.filter("a", "", exclude=True), 301, 0),
        (lambda: Command.filter_delete("all"), 306, 0),
        (lambda: Command.sendevent("API", {"Content-Length": "1"}), 306, 0),
        (lambda: Command.sendevent("API", {"a:b": "1"}), 305, 1),
        (lambda: Command.sendevent("API", {"a": "1\n2"}), 302, 1),
        (lambda: Command.sendevent("API", body="a\0"), 303, 1),
        (lambda: Command.execute("a b"), 304, 1),
        (lambda: Command.execute("a", uuid="u\nexit"), 302, 1),
        (lambda: Command.hangup("A\nB"), 302, 1),
        (lambda: Command.getvar("a\n"), 302, 1),
        (lambda: Command.linger(1 << 31), 307, 0),
        (lambda: Command.raw(""), 301, 0),
        (lambda: Command.raw("\na"), 302, 0),
        (lambda: Command.raw("a\n\nb"), 302, 2),
        (lambda: Command.raw("a\r\nb"), 302, 1),
        (lambda: Command.raw("a\0"), 303, 1),
        (lambda: Command.raw("a\nContent-length: 4"), 306, 2),
        (lambda: Command.raw("a", "b\0"), 303, 1),
        (lambda: Command.parse(b"api status\n"), 402, 11),
        (lambda: Command.parse(b"api status\n\napi"), 403, 12),
    ],
)
def test_refused(make: Callable[[], Command], code: int, offset: int) -> None:
    with pytest.raises(LocalProtocolError) as refused:
        make()
    assert (refused.value.code, refused.value.offset) == (code, offset), refused.value


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: Command.api(cast(Any, None)), TypeError),
        (lambda: Command.api(cast(Any, 7)), TypeError),
        (lambda: Command.event("ALL", format=cast(Any, "yaml")), ValueError),
        (lambda: Command.event("CUSTOM", subclasses=cast(Any, "abc")), TypeError),
        (lambda: Command.hangup(5), ValueError),
        (lambda: Command.log("loud"), ValueError),
        (lambda: Command.log(64), ValueError),
        (lambda: Command.filter_delete(value="x"), ValueError),
        (lambda: Command.linger(-1), OverflowError),
        (lambda: Command.sendevent("API", cast(Any, ["ab", "c"])), TypeError),
        (lambda: cast(Any, Command)(), TypeError),
    ],
)
def test_wrong_arguments(make: Callable[[], Command], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        make()


def test_passwords_are_not_shown() -> None:
    for command in (
        Command.auth("secret"),
        Command.userauth("bob", "x.org", "secret"),
        Command.raw("auth secret"),
        Command.raw("USERAUTH bob:secret@x.org"),
        Command.parse(b"auth secret\n\n"),
        Command.raw(" auth secret"),
    ):
        assert "secret" not in repr(command) and "***" in repr(command), repr(command)
    assert repr(Command.api("status")) == 'Command("api status")'
    assert len(repr(Command.api("x" * 10_000))) < 300


def test_kinds() -> None:
    assert Command.raw("api status").kind == "api"
    assert Command.raw("newer").kind == "unknown"
    assert Command.execute("answer").kind == "sendmsg"


def asked(command: Command) -> HostRequest:
    """What a listener makes of a command, which must be the whole of what was said."""
    server = Server.outbound("5fd4")
    server.receive_data(bytes(command))
    found = next(server)
    assert isinstance(found, HostRequest) and found.raw == bytes(command)
    server.output("") if found.kind == "api" else server.ok() if found.kind == "sendmsg" else server.fired("e")
    assert list(server) == [] and not server.is_mid_command
    return found


@given(st.text())
def test_an_api_line_arrives_or_is_refused(line: str) -> None:
    try:
        command = Command.api(line)
    except LocalProtocolError:
        assert not line or line[0] == " " or {"\n", "\r", "\0"} & set(line)
        return
    ask = asked(command)
    assert " ".join(filter(None, [ask.command, ask.argument])).rstrip(" ") == line.rstrip(" ")


@given(st.text(), st.text())
def test_an_application_arrives_or_is_refused(app: str, arg: str) -> None:
    try:
        command = Command.execute(app, arg)
    except LocalProtocolError:
        return
    ask = asked(command)
    assert (ask.call, ask.app, ask.arg) == ("execute", app, arg)


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1))), st.text())
def test_an_event_arrives_or_is_refused(headers: list[tuple[str, str]], body: str) -> None:
    try:
        command = Command.sendevent("API", headers, body)
    except LocalProtocolError:
        return
    ask = asked(command)
    own = [(name, value) for name, value in ask.headers if name.lower() != "content-length"]
    assert own == headers and ask.body == (body.encode() or None)


@given(st.text(), st.none() | st.text())
def test_a_raw_command_is_one_command_or_refused(head: str, body: str | None) -> None:
    try:
        command = Command.raw(head, body)
    except LocalProtocolError:
        return
    assert Command.parse(bytes(command)) == command


def test_a_name_with_two_colons_is_a_subclass() -> None:
    assert Command.event("sofia::register") == Command.event(subclasses=["sofia::register"])
    both = Command.event("CHANNEL_PARK", "sofia::register", subclasses=["a::b"], format="json")
    assert both == Command.event("CHANNEL_PARK", subclasses=["a::b", "sofia::register"], format="json")
    assert Command.nixevent("sofia::register") == Command.nixevent(subclasses=["sofia::register"])


@pytest.mark.parametrize("wrong", [["CHANNEL_PARK"], 5, None])
def test_what_is_no_name_of_an_event(wrong: Any) -> None:
    for make in (Command.event, Command.nixevent):
        with pytest.raises(TypeError):
            make(wrong)
        with pytest.raises(TypeError):
            make(subclasses=[wrong])
        with pytest.raises(TypeError):
            make("CUSTOM", subclasses="sofia::register")


def conversation() -> Connection:
    """An outbound connection that controls its channel only."""
    connection = Connection.outbound()
    connection.send(Command.connect())
    data = b"Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nControl: single-channel\n\n"
    connection.receive_data(data)
    list(connection)
    return connection


@pytest.mark.parametrize(
    "command",
    [
        Command.api("x"),
        Command.bgapi("x"),
        Command.event("DTMF"),
        Command.nixevent("DTMF"),
        Command.noevents(),
        Command.myevents(format="json"),
        Command.divert_events(True),
        Command.filter("a", "b"),
        Command.filter_delete("a"),
        Command.sendevent("CUSTOM", {"Event-Subclass": "a::b"}),
        Command.execute("park"),
        Command.execute("park", uuid="u"),
        Command.hangup(),
        Command.log("INFO"),
        Command.nolog(),
        Command.linger(5),
        Command.nolinger(),
        Command.getvar("x"),
        Command.connect(),
        Command.resume(),
        Command.auth("x"),
        Command.exit(),
    ],
    ids=lambda command: command.kind,
)
@pytest.mark.parametrize("start", [Connection.inbound, Connection.outbound, conversation])
def test_a_command_counts_as_what_its_octets_say(start: Callable[[], Connection], command: Command) -> None:
    """What was made, and what is read of its octets, may be sent in the same places and changes the same."""
    outcomes: list[object] = []
    for sent in (command, Command.parse(bytes(command))):
        connection = start()
        outcome: list[object] = []
        for step in (sent, Command.api("after"), Command.getvar("after"), Command.execute("park", uuid="after")):
            try:
                outcome.append(connection.send(step))
            except LocalProtocolError as refused:
                outcome.append(refused.code)
        outcomes.append((outcome, connection.is_open, connection.closed, connection.last_id))
    assert outcomes[0] == outcomes[1]
