"""The client's side: conversations, their rules, and every end."""

import copy
import pickle
from typing import Any, cast

import pytest

from esl_proto import (
    ApiResponse,
    AuthRefused,
    AuthRequest,
    Authenticated,
    Closed,
    Command,
    Connected,
    Connection,
    Event,
    Frame,
    Lingering,
    LocalProtocolError,
    LogLine,
    Message,
    Rejected,
    RemoteProtocolError,
    Reply,
    Unexpected,
    _native,
)
from esl_proto.aio import ConnectionClosed

GREETING = b"Content-Type: auth/request\n\n"
GOODBYE = b"Content-Type: text/disconnect-notice\nContent-Length: 23\n\nDisconnected, goodbye.\n"


def reply(text: str, *more: str) -> bytes:
    return "\n".join(["Content-Type: command/reply", f"Reply-Text: {text}", *more, "", ""]).encode()


def response(text: bytes) -> bytes:
    return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(text), text)


def event(text: bytes, format: str = "plain") -> bytes:
    return b"Content-Length: %d\nContent-Type: text/event-%s\n\n%s" % (len(text), format.encode(), text)


def receive(connection: Connection, data: bytes) -> list[Message]:
    connection.receive_data(data)
    return list(connection)


def receive_one(connection: Connection, data: bytes) -> Message:
    (message,) = receive(connection, data)
    return message


def opened() -> Connection:
    connection = Connection.inbound()
    assert isinstance(receive_one(connection, GREETING), AuthRequest)
    assert connection.send(Command.auth("ClueCon")) == b"auth ClueCon\n\n"
    assert isinstance(receive_one(connection, reply("+OK accepted")), Authenticated)
    return connection


def called() -> Connection:
    connection = Connection.outbound()
    connection.send(Command.connect())
    return connection


CHANNEL = (
    b"Event-Name: CHANNEL_DATA\nCaller-Caller-ID-Number: 1000\nvariable_x: a%20b\n"
    b"Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n"
)


def test_authentication() -> None:
    connection = opened()
    assert connection.is_open and connection.closed is None
    assert connection.last_id == 0 and connection.pending == range(1, 1)


def test_userauth() -> None:
    connection = Connection.inbound()
    connection.send(Command.userauth("bob", "x.org", "secret"))
    rights = ("Allowed-Events: HEARTBEAT", "Allowed-API: status", "Allowed-LOG: false")
    message = receive_one(connection, GREETING[:0] + reply("+OK accepted", *rights))
    assert isinstance(message, Authenticated)
    assert (message.allowed_events, message.allowed_api, message.allowed_log) == ("HEARTBEAT", "status", False)
    with pytest.raises(LocalProtocolError) as refused:
        connection.send(Command.log("INFO"))
    assert refused.value.code == 607


def test_answers_come_in_order() -> None:
    connection = opened()
    for number in range(1, 4):
        connection.send(Command.api(f"echo {number}"))
        assert connection.last_id == number
    assert connection.pending == range(1, 4)
    messages = receive(
        connection, response(b"one") + reply("-ERR permission denied") + event(b"a: b\n\n") + response(b"\xff")
    )
    one, denied, between, three = messages
    assert isinstance(one, ApiResponse) and (one.id, one.text, one.body) == (1, "one", b"one")
    assert isinstance(denied, Reply) and (denied.id, denied.error, denied.detail) == (2, True, "permission denied")
    assert isinstance(between, Event) and between["a"] == "b"
    assert isinstance(three, ApiResponse) and (three.id, three.text, three.text_bytes) == (3, "\ufffd", b"\xff")
    assert connection.pending == range(4, 4)


@pytest.mark.parametrize(
    ("text", "status", "ok", "detail"),
    [
        ("+OK accepted", "ok", True, "accepted"),
        ("-ERR no such thing", "err", False, "no such thing"),
        ("-USAGE: <command>", "usage", False, "<command>"),
        ("bare", "bare", True, "bare"),
    ],
)
def test_how_an_answer_begins(text: str, status: str, ok: bool, detail: str) -> None:
    connection = opened()
    connection.send(Command.api("x"))
    connection.send(Command.api("x"))
    for message in receive(connection, reply(text) + response(text.encode())):
        assert isinstance(message, Reply | ApiResponse)
        assert (message.text, message.status, message.detail) == (text, status, detail)
        assert (message.ok, message.error) == (ok, not ok)


def test_frames_as_they_are() -> None:
    connection = opened()
    connection.send(Command.bgapi("status", job_uuid="j"))
    data = reply("+OK Job-UUID: j", "Job-UUID: j", "Odd \xff: 1: 2", "X: \xe9")
    message = receive_one(connection, data)
    assert isinstance(message, Reply)
    assert message.raw == data and message.content_type == "command/reply" and message.body is None
    assert message.job_uuid == "j" and not message.broken
    assert message.get("job-uuid") == "j" and message.get("nope") is None
    assert message.get_bytes("x") == "\xe9".encode()
    assert message.headers()[-1] == ("X", "\xe9")
    assert message.headers_bytes()[-2:] == [("Odd \xff".encode(), b"1: 2"), (b"X", "\xe9".encode())]
    assert repr(message) == '<Reply id=1 "+OK Job-UUID: j">'


def test_a_value_of_several_lines() -> None:
    connection = called()
    connection.send(Command.getvar("x"))
    _, message = receive(connection, CHANNEL + b"Content-Type: command/reply\nReply-Text: first\nsecond: line\n\n")
    assert isinstance(message, Reply) and message.text == "first" and message.text_to_end == "first\nsecond: line"


def test_log_lines() -> None:
    data = (
        b"Content-Type: log/data\nContent-Length: 4\nLog-Level: 6\nText-Channel: 0\nLog-File: a.c\nLog-Func: f\n"
        b"Log-Line: 17\nUser-Data: 5fd4\n\nhi!\n"
    )
    line = receive_one(opened(), data)
    assert isinstance(line, LogLine) and isinstance(line, Frame)
    assert (line.level, line.level_number, line.file, line.function, line.line) == ("INFO", 6, "a.c", "f", 17)
    assert (line.channel_uuid, line.text) == ("5fd4", "hi!\n")
    deep = receive_one(opened(), b"Content-Type: log/data\nContent-Length: 0\nLog-Level: 20\nUser-Data: \n\n")
    assert isinstance(deep, LogLine)
    assert (deep.level, deep.level_number, deep.file, deep.line, deep.channel_uuid) == (None, 20, None, None, None)


def test_outbound() -> None:
    connection = called()
    message = receive_one(connection, CHANNEL)
    assert isinstance(message, Connected) and (message.id, message.ok) == (0, True)
    assert (message.is_async, message.full_control) == (True, True)
    assert message.channel["variable_x"] == "a b" and message.channel.name == "CHANNEL_DATA"
    assert message.text == "+OK\n"
    linger = (
        b"Content-Type: text/disconnect-notice\nControlled-Session-UUID: u\nContent-Disposition: linger\n"
        b"Channel-Name: loopback/x\nLinger-Time: 2\nContent-Length: 0\n\n"
    )
    lingering = receive_one(connection, linger)
    assert isinstance(lingering, Lingering) and connection.is_lingering
    assert (lingering.session_uuid, lingering.channel_name, lingering.seconds) == ("u", "loopback/x", 2)
    end = receive_one(connection, GOODBYE.replace(b"Content-L", b"Controlled-Session-UUID: u\nContent-L"))
    assert isinstance(end, Closed) and end.end == "channel-ended" == connection.closed


def test_without_full_control() -> None:
    connection = called()
    message = receive_one(connection, CHANNEL.replace(b"full", b"single-channel").replace(b"async", b"static"))
    assert isinstance(message, Connected) and not message.is_async and not message.full_control
    with pytest.raises(LocalProtocolError) as refused:
        connection.send(Command.api("status"))
    assert refused.value.code == 604
    connection.send(Command.execute("answer"))


@pytest.mark.parametrize(
    ("connection", "command", "code"),
    [
        (Connection.inbound(), Command.api("status"), 601),
        (Connection.inbound(), Command.raw("any thing"), 601),
        (opened(), Command.auth("x"), 602),
        (Connection.outbound(), Command.auth("x"), 602),
        (Connection.outbound(), Command.myevents(), 603),
        (opened(), Command.getvar("x"), 605),
        (opened(), Command.execute("answer"), 606),
    ],
)
def test_what_may_not_be_sent_now(connection: Connection, command: Command, code: int) -> None:
    before = connection.last_id
    with pytest.raises(LocalProtocolError) as refused:
        connection.send(command)
    assert refused.value.code == code and refused.value.offset is None
    assert connection.last_id == before, "nothing has changed"


def test_nothing_after_exit() -> None:
    connection = opened()
    connection.send(Command.api("status"))
    connection.send(Command.exit())
    with pytest.raises(LocalProtocolError) as refused:
        connection.send(Command.noevents())
    assert refused.value.code == 608
    *_, end = receive(connection, response(b"UP") + reply("+OK bye") + GOODBYE)
    assert isinstance(end, Closed) and end.end == "exit" and end.unanswered == range(3, 3)
    with pytest.raises(LocalProtocolError) as refused:
        connection.send(Command.noevents())
    assert refused.value.code == 609
    assert receive(connection, GOODBYE) == [], "nothing comes after the end"
    connection.receive_eof()
    assert list(connection) == []


@pytest.mark.parametrize("raw", ["auth ClueCon", "AUTH ClueCon\n", b"auth ClueCon\n\n"])
def test_raw_commands_count_like_others(raw: str | bytes) -> None:
    connection = Connection.inbound()
    connection.send(Command.raw(raw))
    receive(connection, GREETING + reply("+OK accepted"))
    assert connection.is_open
    connection.send(Command.raw("myevents 5fd4 json"))
    connection.send(Command.raw("getvar x"))
    connection.send(Command.raw("newer command"))
    assert connection.pending == range(1, 4)
    connection.send(Command.raw("..."))
    with pytest.raises(LocalProtocolError):
        connection.send(Command.raw("x"))


def test_refused_password() -> None:
    connection = Connection.inbound()
    connection.send(Command.auth("wrong"))
    connection.send(Command.exit())
    refused, end = receive(connection, GREETING + reply("-ERR invalid") + GOODBYE)[1:]
    assert isinstance(refused, AuthRefused) and refused.id == 0
    assert isinstance(end, Closed) and end.end == "auth-refused" and end.unanswered == range(1, 2)


def test_rejected_address() -> None:
    connection = Connection.inbound()
    connection.send(Command.auth("ClueCon"))
    rude = b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"
    rejected, end = receive(connection, rude + GOODBYE)
    assert isinstance(rejected, Rejected) and rejected.unanswered == range(0, 1)
    assert rejected.text == "Access Denied, go away.\n"
    with pytest.raises(LocalProtocolError):
        connection.send(Command.auth("ClueCon"))
    assert isinstance(end, Closed) and end.end == "rejected" and end.unanswered == range(1, 1)


@pytest.mark.parametrize(
    ("notice", "end"),
    [
        ("The system is being shut down.\n", "shutdown"),
        ("killed listener because of lost events\n", "events-lost"),
        ("whatever", "goodbye"),
    ],
)
def test_notices(notice: str, end: str) -> None:
    connection = opened()
    connection.send(Command.api("status"))
    closed = receive_one(
        connection, b"Content-Type: text/disconnect-notice\nContent-Length: %d\n\n%s" % (len(notice), notice.encode())
    )
    assert isinstance(closed, Closed)
    assert (closed.end, closed.text, closed.unanswered, closed.incomplete) == (end, notice, range(1, 2), 0)
    assert closed.notice is not None and closed.notice.body == notice.encode()
    assert connection.closed == end and not connection.is_open


def test_no_password_in_time() -> None:
    connection = Connection.inbound()
    _, closed = receive(connection, GREETING + GOODBYE)
    assert isinstance(closed, Closed) and closed.end == "auth-timeout"


def test_end_of_stream() -> None:
    connection = opened()
    connection.send(Command.api("status"))
    assert receive(connection, response(b"UP 0 years")[:-3]) == []
    connection.receive_eof()
    assert connection.closed is None, "until it is read"
    (closed,) = connection
    assert isinstance(closed, Closed)
    assert (closed.end, closed.text, closed.notice, closed.unanswered) == ("eof", "", None, range(1, 2))
    assert closed.incomplete == len(response(b"UP 0 years")) - 3
    assert list(connection) == [] and connection.closed == "eof"
    connection.receive_eof()
    with pytest.raises(RuntimeError):
        connection.receive_data(b"x")


def test_end_of_stream_after_a_verdict() -> None:
    """The notice may not come; the reason is known all the same."""
    connection = Connection.inbound()
    connection.send(Command.auth("wrong"))
    receive(connection, GREETING + reply("-ERR invalid"))
    connection.receive_eof()
    (closed,) = connection
    assert isinstance(closed, Closed) and closed.end == "auth-refused" and closed.notice is None


def test_end_of_stream_with_frames_to_read() -> None:
    connection = opened()
    connection.receive_data(event(b"a: b\n\n"))
    connection.receive_eof()
    got = list(connection)
    assert [type(message) for message in got] == [Event, Closed]


def test_broken_framing_is_for_good() -> None:
    connection = opened()
    connection.send(Command.api("status"))
    good = event(b"a: b\n\n")
    connection.receive_data(good + b"Content-Type: api/response\nContent-Length: many\n\n")
    assert isinstance(next(connection), Event)
    offset = len(GREETING + reply("+OK accepted") + good) + len(b"Content-Type: api/response\nContent-Length: ")
    with pytest.raises(RemoteProtocolError) as broken:
        next(connection)
    assert (broken.value.code, broken.value.offset, broken.value.unanswered) == (101, offset, range(1, 2))
    assert str(broken.value) == f"Content-Length is not a decimal number at byte {offset}"
    for data in (b"", GREETING):
        connection.receive_data(data)
        with pytest.raises(RemoteProtocolError) as again:
            list(connection)
        assert again.value.offset == offset and list(again.value.unanswered) == []
    assert connection.closed == "protocol" and not connection.is_open
    connection.receive_eof()
    with pytest.raises(RemoteProtocolError):
        next(connection)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x: " + b"y" * 200, 104),
        (b"Content-Length: 201\n\n", 103),
        (b"Content-Length: 1\nContent-Length: 2\n\n", 102),
    ],
)
def test_limits(data: bytes, code: int) -> None:
    for connection in (Connection.inbound(max_head=100, max_body=200), Connection.outbound(max_head=100, max_body=200)):
        with pytest.raises(RemoteProtocolError) as broken:
            receive(connection, data)
        assert broken.value.code == code


def test_unexpected() -> None:
    connection = opened()
    for data in (
        reply("+OK"),
        response(b"x"),
        GREETING,
        b"fourth\n\n",
        b"Content-Type: text/plain\nContent-Length: 1\n\nx",
    ):
        message = receive_one(connection, data)
        assert isinstance(message, Unexpected) and message.raw == data
    assert connection.stats["unexpected"] == 5


def test_iteration_can_be_begun_again() -> None:
    connection = opened()
    data = event(b"a: 1\n\n") + event(b"a: 2\n\n")
    connection.receive_data(data[:60])
    connection.receive_data(data[60:])
    assert iter(connection) is connection
    first = next(connection)
    assert isinstance(first, Event) and first["a"] == "1"
    (second,) = connection
    assert isinstance(second, Event) and second["a"] == "2"
    assert next(connection, None) is None


def test_bytes_likes() -> None:
    data = event(b"a: 1\n\n")
    buffer = bytearray(data)
    connection = opened()
    connection.receive_data(buffer)
    connection.receive_data(memoryview(buffer))
    connection.receive_data(memoryview(buffer)[::-1][::-1])
    buffer[:] = b"x" * len(buffer)
    assert [message["a"] for message in connection if isinstance(message, Event)] == ["1"] * 3
    for wrong in ("text", None, 7, [1]):
        with pytest.raises(TypeError):
            connection.receive_data(cast(Any, wrong))


def test_stats() -> None:
    connection = opened()
    receive(connection, event(b"a: 1\n\n") * 3)
    assert connection.stats == {
        "octets": len(GREETING + reply("+OK accepted") + event(b"a: 1\n\n") * 3),
        "frames": 5,
        "events": 3,
        "log_lines": 0,
        "unexpected": 0,
    }
    assert repr(connection) == "<Connection open, 1 sent, 0 pending>"


def in_pieces(connection: Connection, data: bytes, chunk: int) -> list[Message]:
    return [message for at in range(0, len(data), chunk) for message in receive(connection, data[at : at + chunk])]


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"x y", "x y"),
        (b"", ""),
        (b"-ERR command not found", "-ERR command not found"),
        (b"+OK", "+OK"),
        (b"Content-Length: 5", "Content-Length: 5"),
        (b"two\nlines: 1", "two\nlines: 1"),
        (b"\xff", "\ufffd"),
    ],
)
def test_a_value_that_begins_with_a_tilde(written: bytes, text: str, chunk: int) -> None:
    """The server writes it without the tilde in the place of the Reply-Text, and joins the next frame to it."""
    connection = called()
    for command in (Command.getvar("u"), Command.getvar("t"), Command.getvar("u"), Command.api("echo one")):
        connection.send(command)
    broken = b"Content-Type: command/reply\n" + written
    messages = in_pieces(
        connection, CHANNEL + reply("plain") + broken + event(b"a: b\n\n") + reply("plain") + response(b"one"), chunk
    )
    _, before, cut, between, after, one = messages
    assert isinstance(before, Reply) and (before.id, before.text, before.broken) == (1, "plain", False)
    assert isinstance(cut, Reply) and (cut.id, cut.text, cut.broken) == (2, text, True)
    assert (cut.status, cut.ok, cut.error, cut.detail, cut.text_to_end) == ("broken", False, False, text, text)
    assert (cut.raw, cut.content_type, cut.body) == (broken, "command/reply", None)
    assert repr(cut).startswith("<Reply id=2 broken ")
    assert isinstance(between, Event) and between["a"] == "b"
    assert isinstance(after, Reply) and (after.id, after.text, after.broken) == (3, "plain", False)
    assert isinstance(one, ApiResponse) and (one.id, one.text) == (4, "one")
    assert connection.pending == range(5, 5) and connection.stats["unexpected"] == 0


@pytest.mark.parametrize("chunk", [1, 10_000])
def test_a_reply_to_userauth_that_has_lost_its_end(chunk: int) -> None:
    connection = Connection.inbound()
    connection.send(Command.userauth("bob", "x.org", "secret"))
    connection.send(Command.noevents())
    connection.send(Command.api("version"))
    rights = reply("+OK accepted", "Allowed-Events: all", "Allowed-API: " + "a," * 300)[: 28 + 510]
    denied = reply("-ERR not listening for events")
    login, noevents, version = in_pieces(connection, rights + denied + response(b"1"), chunk)
    assert isinstance(login, Authenticated) and (login.id, login.broken, login.ok) == (0, True, True)
    assert (login.raw, login.allowed_events, login.allowed_log) == (rights, "all", None)
    assert login.allowed_api is not None and login.allowed_api.startswith("a,a,")
    assert isinstance(noevents, Reply) and (noevents.id, noevents.broken, noevents.raw) == (1, False, denied)
    assert isinstance(version, ApiResponse) and version.id == 2


@pytest.mark.parametrize("chunk", [1, 10_000])
def test_the_end_of_the_stream_behind_a_broken_reply(chunk: int) -> None:
    connection = called()
    connection.send(Command.getvar("t"))
    connection.send(Command.getvar("u"))
    assert len(in_pieces(connection, CHANNEL + b"Content-Type: command/reply\nx y", chunk)) == 1
    connection.receive_eof()
    cut = next(connection)
    assert isinstance(cut, Reply) and (cut.id, cut.text, cut.broken) == (1, "x y", True)
    (closed,) = connection
    assert isinstance(closed, Closed) and (closed.end, closed.unanswered) == ("eof", range(2, 3))
    assert (closed.incomplete, closed.missing) == (0, 0)
    assert list(connection) == [] and connection.closed == "eof"


def test_what_the_end_of_the_stream_cuts_off() -> None:
    connection = opened()
    connection.send(Command.api("status"))
    whole = response(b"UP 0 years")
    receive(connection, whole[:-3])
    connection.receive_eof()
    (closed,) = connection
    assert isinstance(closed, Closed) and (closed.incomplete, closed.missing) == (len(whole) - 3, 3)


def test_blank_lines_are_no_part_of_a_frame() -> None:
    connection = opened()
    connection.send(Command.api("status"))
    message = receive_one(connection, b"\n\r\n\n" + response(b"UP"))
    assert isinstance(message, ApiResponse)
    assert (message.raw, message.content_type, message.body) == (response(b"UP"), "api/response", b"UP")


def test_ends_are_told_in_the_words_of_the_core() -> None:
    reasons = dict(_native.end_reasons())
    assert reasons["auth-timeout"] == "authentication timed out" and reasons["shutdown"] == "server is shutting down"
    assert len(reasons) == 9
    for word, reason in reasons.items():
        assert str(ConnectionClosed(word)) == reason


def each_message() -> list[Message | Frame]:
    """One of each class."""
    connection = opened()
    for command in (Command.api("x"), Command.bgapi("x"), Command.bgapi("y"), Command.api("lost")):
        connection.send(command)
    log = b"Content-Type: log/data\nContent-Length: 5\nLog-Level: 7\nLog-File: x.c\n\nline\n"
    messages: list[Message | Frame] = []
    messages += receive(
        connection,
        b"\n\n" + response(b"-ERR no") + b"Content-Type: command/reply\nx yContent-Type: command/reply\nReply-Text: p\n\n"
        + event(b"a: b\n\n") + log + b"Content-Type: text/odd\nContent-Length: 2\n\nok" + GOODBYE,
    )
    messages += receive(Connection.inbound(), GREETING)
    refused = Connection.inbound()
    refused.send(Command.auth("x"))
    messages += receive(refused, reply("-ERR invalid"))
    accepted = Connection.inbound()
    accepted.send(Command.userauth("bob", "x.org", "y"))
    messages += receive(accepted, reply("+OK accepted", "Allowed-API: status"))
    outbound = called()
    linger = b"Content-Type: text/disconnect-notice\nContent-Disposition: linger\nLinger-Time: 5\nContent-Length: 0\n\n"
    messages += receive(outbound, CHANNEL + linger)
    rejected = Connection.inbound()
    rejected.send(Command.auth("x"))
    messages += receive(rejected, b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")
    ended = opened()
    ended.send(Command.api("x"))
    ended.receive_data(b"Content-Type: api/resp")
    ended.receive_eof()
    messages += list(ended)
    messages += [message.notice for message in messages if isinstance(message, Closed) and message.notice is not None]
    return messages


def facts(message: object) -> dict[str, object]:
    """All that can be asked of a message."""
    values = {name: getattr(message, name) for name in dir(message) if not name.startswith("_")}
    told = {name: value() if name == "headers" else value for name, value in values.items()}
    return {name: repr(value) for name, value in told.items() if not callable(value)}


def test_pickling() -> None:
    messages = each_message()
    kinds = {type(message) for message in messages}
    assert kinds == {
        ApiResponse,
        AuthRefused,
        AuthRequest,
        Authenticated,
        Closed,
        Connected,
        Event,
        Frame,
        Lingering,
        LogLine,
        Rejected,
        Reply,
        Unexpected,
    }
    for message in messages:
        for again in (pickle.loads(pickle.dumps(message)), copy.copy(message), copy.deepcopy(message)):
            assert type(again) is type(message) and repr(again) == repr(message)
            assert facts(again) == facts(message)


def test_pickles_that_are_none() -> None:
    nothing, nonsense = (b"", 0, None, None, 0), (b"", 9, (5, 2), (7, 9), 77)
    for class_, more in [("Nope", (None, None, None)), ("Reply", (None, None, None)), ("Connected", (1, None, None))]:
        with pytest.raises(ValueError, match="no parts"):
            _native.frame_of_parts(class_, nothing, cast(Any, more))
    assert facts(_native.frame_of_parts("Reply", nonsense, (1, None, None)))["text"] == "''"
    with pytest.raises(ValueError, match="no end"):
        _native.closed_of_parts("nope", "", None, (0, 0), 0, 0)


@pytest.mark.parametrize("split", [0, 5, 60])
def test_another_process_goes_on(split: int) -> None:
    first = opened()
    for number in range(3):
        first.send(Command.api(f"echo {number}"))
    stream = response(b"zero") + response(b"one") + event(b"a: b\n\n") + response(b"two")
    messages = receive(first, stream[:split])
    first.receive_data(stream[split : split + 20])
    saved = first.save()
    assert saved is not None
    second = Connection.resume(saved)
    assert second.is_open and second.last_id == 3 and repr(second) == repr(first) and second.pending == first.pending
    messages += [*second, *receive(second, stream[split + 20 :])]
    assert [getattr(message, "id", None) for message in messages] == [1, 2, None, 3]
    second.send(Command.exit())
    assert second.last_id == 4 and second.stats["events"] == 1


def test_what_cannot_be_saved() -> None:
    assert Connection.inbound().save() is None
    ended = opened()
    ended.receive_eof()
    assert ended.save() is None
    saved = opened().save()
    assert saved is not None
    for wrong in (b"", saved[:-1], b"\xff" + saved[1:]):
        with pytest.raises(ValueError, match="no state"):
            Connection.resume(wrong)


def test_elements_of_an_answer() -> None:
    connection = opened()
    for _ in range(3):
        connection.send(Command.api("uuid_getvar u x"))
    several, one, array = receive(connection, response(b"ARRAY::one|:t\xc3\xa9") + response(b"one") + reply("ARRAY::1|:2"))
    assert [cast(Frame, message).elements for message in (several, one, array)] == [["one", "té"], ["one"], ["1", "2"]]
