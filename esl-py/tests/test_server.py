"""The listener's side: questions, answers, and what is delivered to whom."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from esl_proto import (
    ApiResponse,
    HostRequest,
    Authenticated,
    Closed,
    Command,
    Connected,
    Connection,
    Effect,
    Event,
    Frame,
    Lingering,
    LocalProtocolError,
    LogLine,
    Message,
    OutgoingEvent,
    RemoteProtocolError,
    Reply,
    Server,
    ServerClosed,
)
from esl_proto.names import EventName, LogLevel
from esl_proto.types import Fields

GREETING = b"Content-Type: auth/request\n\n"


class Pair:
    """A listener and its client, joined in memory."""

    def __init__(self, server: Server | None = None, client: Connection | None = None) -> None:
        self.server = server or Server.inbound()
        self.client = client or Connection.inbound()
        self.asked: list[HostRequest | Effect | ServerClosed] = []

    def send(self, *commands: Command) -> None:
        self.server.receive_data(b"".join(self.client.send(command) for command in commands))

    def ask(self) -> HostRequest:
        """What the listener asks next."""
        for found in self.server:
            self.asked.append(found)
            if isinstance(found, HostRequest):
                return found
        raise AssertionError("nothing is asked")

    def receive(self) -> list[Message]:
        """What the client gets."""
        self.asked.extend(self.server)
        self.client.receive_data(self.server.data_to_send())
        return list(self.client)

    def receive_one(self) -> Message:
        (message,) = self.receive()
        return message


def opened(server: Server | None = None) -> Pair:
    pair = Pair(server)
    pair.receive()
    pair.send(Command.auth("ClueCon"))
    pair.ask()
    pair.server.accept()
    assert isinstance(pair.receive_one(), Authenticated)
    return pair


def subscribed(*names: str, **options: Any) -> Pair:
    pair = opened()
    pair.send(Command.event(*names, **options))
    reply = pair.receive_one()
    assert isinstance(reply, Reply) and reply.ok
    return pair


def called(**options: bool) -> Pair:
    pair = Pair(Server.outbound("5fd4", **cast(Any, options)), Connection.outbound())
    pair.send(Command.connect())
    assert pair.ask().kind == "connect"
    pair.server.channel({"Event-Name": "CHANNEL_DATA", "Unique-ID": "5fd4", "x": ["a", "b"]})
    return pair


def test_a_password() -> None:
    server = Server.inbound()
    assert server.data_to_send() == GREETING and server.data_to_send() == b""
    assert server.is_awaiting_first_command and not server.is_authenticated
    server.receive_data(b"auth  \xff\n\n")
    ask = next(server)
    assert isinstance(ask, HostRequest)
    assert (ask.kind, ask.password, ask.password_bytes) == ("password", " \ufffd", b" \xff")
    assert repr(ask) == "<HostRequest password>"
    server.accept()
    assert server.data_to_send() == b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
    assert server.is_authenticated and not server.is_awaiting_first_command
    server.receive_data(b"\n\r\nauth secret\n\n")
    (again,) = server
    assert isinstance(again, Effect)
    assert again.raw == b"auth secret\n\n" and repr(again) == '<Effect none "auth ***">'
    assert repr(server) == "<Server open, plain, 0 events waiting>"


def test_a_user_and_rights() -> None:
    pair = Pair()
    pair.receive()
    pair.send(Command.userauth("bob", "x.org", "secret"))
    ask = pair.ask()
    assert (ask.kind, ask.user, ask.domain, ask.password) == ("user", "bob", "x.org", "secret")
    assert "secret" not in repr(ask)
    pair.server.accept(allowed_events="HEARTBEAT", allowed_api="status", allowed_log=False)
    message = pair.receive_one()
    assert isinstance(message, Authenticated)
    assert (message.allowed_events, message.allowed_api, message.allowed_log) == ("HEARTBEAT", "status", False)
    pair.send(Command.api("version"), Command.event("API"))
    assert [cast(Reply, message).text for message in pair.receive()] == ["-ERR permission denied"] * 2


def test_a_wrong_password() -> None:
    pair = Pair()
    pair.receive()
    pair.send(Command.auth("wrong"))
    pair.ask()
    pair.server.refuse()
    _, closed = pair.receive()
    assert isinstance(closed, Closed) and closed.end == "auth-refused"
    assert pair.server.closed == "refused" and isinstance(pair.asked[-1], ServerClosed)
    assert pair.asked[-1].why == "refused" and pair.asked[-1].error is None
    assert list(pair.server) == []


def test_a_rejected_address() -> None:
    server = Server.inbound()
    server.reject()
    data = server.data_to_send()
    assert data.startswith(b"Content-Type: text/rude-rejection\n") and b"disconnect-notice" in data
    assert server.closed == "rejected"
    greeted = Server.inbound()
    greeted.data_to_send()
    with pytest.raises(RuntimeError):
        greeted.reject()


QUESTIONS: list[tuple[Command, dict[str, Any], Callable[[Server], None], str]] = [
    (Command.api("echo a b"), {"kind": "api", "command": "echo", "argument": "a b"}, lambda s: s.output("a b"), "a b"),
    (Command.api("status"), {"kind": "api", "argument": None}, lambda s: s.output(""), "-ERR no reply\n"),
    (
        Command.api("st at", console=True),
        {"command": "st at", "argument": None, "console": True},
        lambda s: s.output(b"\xc3\xa9"),
        "é",
    ),
    (
        Command.bgapi("status", job_uuid="j"),
        {"kind": "bgapi", "command": "status", "job_uuid": "j"},
        lambda s: s.job("j"),
        "+OK Job-UUID: j",
    ),
    (
        Command.execute("playback", "a.wav", uuid="u", event_uuid="e"),
        {
            "kind": "sendmsg",
            "uuid": "u",
            "call": "execute",
            "app": "playback",
            "arg": "a.wav",
            "event_uuid": "e",
            "wait": False,
        },
        lambda s: s.ok(),
        "+OK",
    ),
    (
        Command.execute("set", "a\nb", uuid="u"),
        {"app": "set", "arg": "a\nb", "body": b"a\nb"},
        lambda s: s.no_such_channel("u"),
        "-ERR invalid session id [u]",
    ),
    (
        Command.hangup("USER_BUSY", uuid="u"),
        {"call": "hangup", "cause": "USER_BUSY", "app": None},
        lambda s: s.reply("-ERR no"),
        "-ERR no",
    ),
    (Command.nomedia("v", uuid="u"), {"call": "nomedia"}, lambda s: s.ok(), "+OK"),
    (
        Command.sendevent("API", [("a", "1"), ("a", "2")], "x"),
        {
            "kind": "sendevent",
            "name": "API",
            "headers": [("a", "1"), ("a", "2"), ("Content-Length", "1")],
            "body": b"x",
        },
        lambda s: s.fired("e"),
        "+OK e",
    ),
    (Command.myevents("u"), {"kind": "myevents", "uuid": "u"}, lambda s: s.control("u"), "+OK Events Enabled"),
]


@pytest.mark.parametrize(("command", "asked", "answer", "text"), QUESTIONS)
def test_questions_and_answers(
    command: Command, asked: dict[str, Any], answer: Callable[[Server], None], text: str
) -> None:
    pair = opened()
    pair.send(command)
    ask = pair.ask()
    assert ask.raw == bytes(command)
    assert {name: getattr(ask, name) for name in asked} == asked
    assert list(pair.server) == [], "the answer is owed"
    answer(pair.server)
    message = pair.receive_one()
    assert isinstance(message, Reply | ApiResponse) and message.text == text


def test_answers_to_nothing() -> None:
    server = opened().server
    for answer in (server.ok, server.refuse, server.accept):
        with pytest.raises(LocalProtocolError) as refused:
            answer()
        assert refused.value.code == 702
    server.receive_data(b"api status\n\n")
    next(server)
    with pytest.raises(LocalProtocolError):
        server.ok()
    server.output("x" * 100_000)
    assert server.data_to_send().endswith(b"\n\n" + b"x" * 100_000)


def test_effects() -> None:
    pair = opened()
    pair.send(Command.event("ALL"), Command.noevents())
    pair.receive()
    kinds = [(found.kind, found.raw) for found in pair.asked if isinstance(found, Effect)]
    assert kinds == [("all-events", b"event ALL\n\n"), ("none", b"noevents\n\n")]
    call = called()
    call.receive()
    call.send(Command.linger(5), Command.divert_events(True), Command.divert_events(False), Command.resume())
    call.receive()
    kinds = [(found.kind, found.raw) for found in call.asked if isinstance(found, Effect)]
    assert [kind for kind, _ in kinds] == ["linger", "divert", "undivert", "resume"]
    assert call.server.linger == 5 and repr(call.asked[-1]) == '<Effect resume "resume">'


HEARTBEAT: Fields = {"Event-Name": "HEARTBEAT", "Up-Time": "0 years"}


@pytest.mark.parametrize("format", ["plain", "json", "xml"])
def test_delivery(format: str) -> None:
    pair = subscribed("HEARTBEAT", "CUSTOM", subclasses=["a::b"], format=format)
    assert pair.server.format == format
    headers: Fields = [("Event-Name", "CUSTOM"), ("Event-Subclass", "a::b"), ("x", ["1", "%2"]), ("y", b"\xc5\xbb <&>")]
    assert pair.server.offer(headers, "two\nlines <! &")
    assert not pair.server.offer({"Event-Name": "API"})
    assert not pair.server.offer([("Event-Name", "CUSTOM"), ("Event-Subclass", "other")])
    assert pair.server.offer(HEARTBEAT)
    custom, heartbeat = pair.receive()
    assert isinstance(custom, Event) and isinstance(heartbeat, Event)
    assert custom.format == format and custom.error is None and custom.subclass == "a::b"
    assert custom["y"] == "Ż <&>" and custom.body_text == "two\nlines <! &"
    if format == "xml":
        assert custom.get_all("x") == ["1", "%2"]
    else:
        assert custom["x"] == ["1", "%2"]
    assert heartbeat.name is EventName.HEARTBEAT and heartbeat.body is None


def test_events_wait_for_commands() -> None:
    pair = subscribed("HEARTBEAT")
    pair.server.receive_data(b"api ver")
    list(pair.server)
    assert pair.server.is_mid_command
    assert pair.server.offer(HEARTBEAT) and pair.server.waiting_events == 1
    assert pair.server.data_to_send() == b""
    pair.server.receive_data(b"sion\n\nevent json API\n\n")
    assert pair.ask().command == "version"
    assert pair.server.data_to_send() == b""
    pair.server.output("1.11")
    list(pair.server)
    data = pair.server.data_to_send()
    api, reply, event = data.index(b"1.11"), data.index(b"enabled json"), data.index(b"text/event-json")
    assert api < reply < event, "and in the format of that time"
    assert pair.server.waiting_events == 0


def test_noevents_drops_what_waits() -> None:
    pair = subscribed("HEARTBEAT")
    pair.send(Command.noevents())
    assert pair.server.offer(HEARTBEAT)
    reply = pair.receive_one()
    assert isinstance(reply, Reply) and reply.ok and pair.server.waiting_events == 0


def test_filters() -> None:
    pair = subscribed("HEARTBEAT")
    pair.send(Command.filter("Up-Time", "/^0|[z/"), Command.filter("Up-Time", "/^\\d+ y/"))
    pair.receive()
    assert pair.server.offer(HEARTBEAT)
    assert not pair.server.offer({"Event-Name": "HEARTBEAT", "Up-Time": "some"})
    assert pair.server.offer({"Event-Name": "HEARTBEAT", "Up-Time": ["some", "1 y"]})
    pair.send(
        Command.filter_delete(),
        Command.filter("Up-Time", "0 YEARS", exclude=True),
        Command.filter("Event-Name", "HEARTBEAT"),
    )
    pair.receive()
    assert not pair.server.offer(HEARTBEAT)
    assert pair.server.offer({"Event-Name": "HEARTBEAT"})


def test_names_that_would_forge() -> None:
    pair = subscribed("HEARTBEAT")
    with pytest.raises(LocalProtocolError) as refused:
        pair.server.offer([("Event-Name", "HEARTBEAT"), ("a\nb", "c")])
    assert (refused.value.code, refused.value.offset) == (701, 1)
    assert pair.server.waiting_events == 0


def test_a_slow_client_is_ended() -> None:
    pair = opened(Server.inbound(max_queued=2, max_lost=2))
    pair.send(Command.event("HEARTBEAT"))
    pair.receive()
    pair.server.receive_data(b"api")
    list(pair.server)
    assert [pair.server.offer(HEARTBEAT) for _ in range(5)] == [True, True, False, False, False]
    assert pair.server.closed == "lost-events"
    closed = pair.receive_one()
    assert isinstance(closed, Closed) and closed.end == "events-lost"


def test_events_wait_until_they_are_fetched() -> None:
    pair = subscribed("HEARTBEAT")
    (frame,) = {len(pair.server.data_to_send()) for _ in range(3) if pair.server.offer(HEARTBEAT)}
    for _ in range(3):
        assert pair.server.offer(HEARTBEAT)
    assert pair.server.data_to_send(0) == b"" and pair.server.waiting_events == 3
    data = pair.server.data_to_send(10)
    assert len(data) == 10 and pair.server.waiting_events == 2
    data += pair.server.data_to_send(frame)
    assert len(data) == frame + 10 and pair.server.waiting_events == 1
    pair.client.receive_data(data)
    (first,) = pair.client
    assert isinstance(first, Event) and len(pair.receive()) == 2
    assert pair.server.data_to_send(10) == b""


def test_what_was_half_fetched_when_it_ends() -> None:
    notice = b"killed listener because of lost events\n"
    for fetched, complete in [(10, False), (None, True)]:
        pair = opened(Server.inbound(max_queued=1, max_lost=0))
        pair.send(Command.event("HEARTBEAT"))
        pair.receive()
        pair.server.offer(HEARTBEAT)
        data = pair.server.data_to_send(fetched)
        assert [pair.server.offer(HEARTBEAT) for _ in range(2)] == [True, False]
        rest = pair.server.data_to_send()
        assert rest.startswith(b"Content-Type: text/disconnect-notice\n") and rest.endswith(notice)
        assert data.endswith(b"\n\n") is complete
    for goodbye, broken in [("disconnected", False), ("shutdown", True)]:
        pair = subscribed("HEARTBEAT")
        pair.server.offer(HEARTBEAT)
        pair.server.data_to_send(10)
        pair.server.disconnect(cast(Any, goodbye))
        assert pair.server.data_to_send().startswith(b"Content-Type: text/disconnect-notice") is broken


def test_subclasses_that_the_host_knows() -> None:
    pair = subscribed("ALL")
    pair.server.subscribe("a::b")
    pair.send(Command.nixevent("API"))
    pair.receive()
    assert pair.server.offer({"Event-Name": "CUSTOM", "Event-Subclass": "a::b"})
    assert not pair.server.offer({"Event-Name": "CUSTOM", "Event-Subclass": "c::d"})
    with pytest.raises(LocalProtocolError) as full:
        Server.inbound(storage=16).subscribe("a" * 20)
    assert full.value.code == 300


def test_log_lines() -> None:
    pair = opened()
    assert not pair.server.offer_log("CRIT", "x\n")
    pair.send(Command.log("WARNING"))
    pair.receive()
    assert pair.server.log_level == 4
    assert not pair.server.offer_log(LogLevel.INFO, "no\n")
    assert pair.server.offer_log(3, "yes\n", file="a.c", function="f", line=17, channel_uuid="5fd4")
    line = pair.receive_one()
    assert isinstance(line, LogLine)
    assert (line.level, line.text, line.file, line.function, line.line) == ("ERR", "yes\n", "a.c", "f", 17)
    assert line.channel_uuid == "5fd4"
    with pytest.raises(ValueError, match="log level"):
        pair.server.offer_log("loud", "x\n")


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("is_async", [True, False])
def test_outbound(full: bool, is_async: bool) -> None:
    pair = called(full=full, is_async=is_async)
    connected = pair.receive_one()
    assert isinstance(connected, Connected)
    assert (connected.full_control, connected.is_async) == (full, is_async)
    assert connected.channel["x"] == ["a", "b"] and pair.server.channel_uuid == "5fd4"
    pair.send(Command.execute("playback", "a.wav"), Command.getvar("x"))
    ask = pair.ask()
    assert (ask.uuid, ask.wait) == (None, not is_async)
    pair.server.ok()
    assert pair.ask().name == "x"
    pair.server.value("")
    assert [cast(Reply, message).text for message in pair.receive()] == ["+OK", "-ERR command not found"]
    pair.server.channel_ended("loopback/x")
    closed = pair.receive_one()
    assert isinstance(closed, Closed) and closed.end == "channel-ended"
    assert pair.server.closed == "channel-gone"


def test_lingering() -> None:
    pair = called()
    pair.send(Command.linger())
    pair.receive()
    assert pair.server.linger == -1
    pair.server.channel_ended("loopback/x")
    lingering = pair.receive_one()
    assert isinstance(lingering, Lingering)
    assert (lingering.seconds, lingering.channel_name) == (-1, "loopback/x")
    assert pair.server.is_lingering and pair.server.closed is None
    pair.server.disconnect()
    assert isinstance(pair.receive_one(), Closed)


def test_diverted_events() -> None:
    pair = called()
    pair.send(Command.myevents(), Command.divert_events(True))
    pair.receive()
    assert pair.server.offer_diverted({"Command": "sendevent CUSTOM", "Foo": "bar"})
    event = pair.receive_one()
    assert isinstance(event, Event) and event.name is None and event["foo"] == "bar"


@pytest.mark.parametrize(
    ("why", "end"),
    [
        ("disconnected", "goodbye"),
        ("shutdown", "shutdown"),
        ("lost-events", "events-lost"),
        ("lost-log-lines", "events-lost"),
    ],
)
def test_the_host_ends_it(why: Any, end: str) -> None:
    pair = opened()
    pair.server.disconnect(why)
    closed = pair.receive_one()
    assert isinstance(closed, Closed) and closed.end == end
    assert pair.server.closed == why
    pair.server.disconnect()
    assert pair.receive() == []
    with pytest.raises(ValueError, match="bored"):
        pair.server.disconnect(cast(Any, "bored"))


def test_the_client_ends_it() -> None:
    pair = opened()
    pair.send(Command.api("status"), Command.exit())
    pair.server.receive_eof()
    assert pair.ask().command == "status"
    pair.server.output("UP")
    *_, closed = pair.receive()
    assert isinstance(closed, Closed) and closed.end == "exit" and pair.server.closed == "exit"
    other = opened()
    other.server.receive_eof()
    assert isinstance(other.receive_one(), Closed) and other.server.closed == "disconnected"
    with pytest.raises(RuntimeError):
        other.server.receive_data(b"x")


def test_what_cannot_be_read() -> None:
    pair = opened(Server.inbound(max_head=200, max_body=100))
    pair.server.receive_data(b"sendevent API\nContent-Length: 101\n\n")
    (closed,) = pair.server
    assert isinstance(closed, ServerClosed) and closed.why == "unreadable"
    assert isinstance(closed.error, RemoteProtocolError) and closed.error.code == 103
    frame = pair.receive_one()
    assert isinstance(frame, Closed) and isinstance(frame.notice, Frame)


def test_commands_in_pieces() -> None:
    pair = opened()
    data = pair.client.send(Command.sendevent("API", {"a": "1"}, "x" * 600)) + pair.client.send(Command.api("status"))
    asked = []
    for octet in data:
        pair.server.receive_data(bytes([octet]))
        for found in pair.server:
            assert isinstance(found, HostRequest)
            asked.append(found.kind)
            pair.server.fired("e") if found.kind == "sendevent" else pair.server.output("UP")
    assert asked == ["sendevent", "api"]
    assert [message.text for message in pair.receive() if isinstance(message, Frame)] == ["+OK e", "UP"]


def test_lossless_percent() -> None:
    for exact, expected in [(True, "100%41"), (False, "100A")]:
        pair = opened(Server.inbound(lossless_percent=exact))
        pair.send(Command.event("API"))
        pair.receive()
        pair.server.offer({"Event-Name": "API", "x": "100%41"})
        event = pair.receive_one()
        assert isinstance(event, Event) and event["x"] == expected


def test_a_command_that_begins_with_a_nul_is_a_reason_of_its_own() -> None:
    server = Server.inbound()
    server.receive_data(b"\0foo\n\n")
    (closed,) = [found for found in server if isinstance(found, ServerClosed)]
    assert (closed.why, server.closed) == ("no-command", "no-command")
    assert b"-ERR command parse error." in server.data_to_send()


@pytest.mark.parametrize("command", [Command.api("status"), Command.bgapi("status"), Command.myevents("u")])
def test_questions_can_be_declined(command: Command) -> None:
    pair = opened()
    pair.send(command)
    ask = pair.ask()
    assert ask.line == (None if ask.kind == "myevents" else "status")
    pair.server.reply("-ERR not here")
    reply = pair.receive_one()
    assert isinstance(reply, Reply) and reply.text == "-ERR not here"


@pytest.mark.parametrize("format", ["plain", "json", "xml"])
def test_an_event_for_many_connections(format: str) -> None:
    event = OutgoingEvent({"Event-Name": "HEARTBEAT", "Odd": "100%25", "list": ["a", "b"]}, "body")
    assert repr(event) == "<OutgoingEvent HEARTBEAT>"
    pairs = [subscribed("HEARTBEAT", format=format) for _ in range(3)] + [subscribed("DTMF"), subscribed("ALL")]
    assert [pair.server.offer(event) for pair in pairs] == [True, True, True, False, True]
    alone = subscribed("HEARTBEAT", format=format)
    alone.server.offer({"Event-Name": "HEARTBEAT", "Odd": "100%25", "list": ["a", "b"]}, "body")
    frame = alone.server.data_to_send()
    assert frame.endswith(b"body") or b"body" in frame
    assert [pair.server.data_to_send() for pair in pairs[:3]] == [frame] * 3
    (plain,) = pairs[4].receive()
    assert isinstance(plain, Event) and plain.format == "plain" and plain.body == b"body"
    assert all(pair.server.waiting_events == 0 for pair in pairs)
    with pytest.raises(TypeError, match="body of its own"):
        pairs[0].server.offer(event, "another")


@pytest.mark.parametrize("to", ["plain", "json", "xml"])
@pytest.mark.parametrize("format", ["plain", "json"])
def test_an_event_is_sent_on_as_it_came(format: str, to: str) -> None:
    source = subscribed("CUSTOM", format=format)
    source.server.offer([("Event-Name", "CUSTOM"), ("x", "50% \xe9"), ("list", ["a", "b"]), ("x", "2")], "the body")
    (came,) = source.receive()
    assert isinstance(came, Event)
    for event in (came, OutgoingEvent.of(came)):
        sink = subscribed("CUSTOM", format=to)
        assert sink.server.offer(event)
        (went,) = sink.receive()
        assert isinstance(went, Event) and went.format == to
        skipped = {"Content-Length"}
        assert [name for name in went if name not in skipped] == [name for name in came if name not in skipped]
        assert went.get_all("x") == came.get_all("x") and went.get_list("list") == ["a", "b"] and went.body == came.body


def test_an_event_that_cannot_be_read_is_refused() -> None:
    pair = subscribed("ALL")
    with pytest.raises(LocalProtocolError):
        pair.server.offer(Event("json", b'{"Event-Name":"CUSTOM","x":'))
    assert pair.server.waiting_events == 0
