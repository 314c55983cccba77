"""Errors as values."""

import pickle
from collections.abc import Callable

import pytest

from esl_proto import (
    ApiResponse,
    Command,
    Connection,
    Event,
    LocalProtocolError,
    ProtocolError,
    RemoteProtocolError,
    Reply,
    _native,
    errors,
)
from esl_proto._native import ClientSession
from esl_proto.aio import ChannelEnded, CommandError, JobResult


@pytest.mark.parametrize(
    "error",
    [
        ProtocolError("words"),
        LocalProtocolError("words", 302, 7),
        RemoteProtocolError("words", 101, 7, range(2, 4)),
        RemoteProtocolError("words", 201),
    ],
)
def test_pickling(error: ProtocolError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and again.args == error.args and vars(again) == vars(error)
    assert str(again) == "words"


@pytest.mark.parametrize("event", [None, Event("plain", b"Event-Name: CHANNEL_DESTROY\nHangup-Cause: USER_BUSY\n\n")])
def test_pickling_the_end_of_a_channel(event: Event | None) -> None:
    error = ChannelEnded(event)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.cause, again.event) == (str(error), error.cause, event)


def answers(text: bytes) -> list[Reply | ApiResponse]:
    """The same text as a reply, and as the output of `api`."""
    connection = Connection.inbound()
    for command in (Command.auth("x"), Command.bgapi("x"), Command.api("x")):
        connection.send(command)
    connection.receive_data(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
    connection.receive_data(b"Content-Type: command/reply\nReply-Text: %s\n\n" % text)
    connection.receive_data(b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(text), text))
    return [message for message in connection if isinstance(message, Reply | ApiResponse)][1:]


def test_pickling_a_refusal() -> None:
    for answer in answers(b"-ERR permission denied"):
        for error in (CommandError(answer), CommandError(answer, "in other words")):
            again = pickle.loads(pickle.dumps(error))
            assert type(again) is CommandError and str(again) == str(error)
            assert type(again.answer) is type(answer) and again.answer.text == "-ERR permission denied"


@pytest.mark.parametrize("text", ["  bare\n", "+OK  done \n", "-ERR x\n", "-USAGE: <a> \n", "one\ntwo\n\n", "+OK"])
def test_a_job_has_the_detail_that_an_answer_has(text: str) -> None:
    (_, answer) = answers(text.encode())
    event = f"Event-Name: BACKGROUND_JOB\nContent-Length: {len(text)}\n\n{text}"
    result = JobResult(Event("plain", event.encode()))
    assert (result.text, result.status, result.detail) == (text, answer.status, answer.detail)
    assert (result.ok, result.error) == (answer.ok, answer.error)
    assert pickle.loads(pickle.dumps(result)).text == text


def test_defaults() -> None:
    error = RemoteProtocolError("words")
    assert (error.code, error.offset, error.unanswered) == (0, None, range(0))


def test_one_class_under_every_name() -> None:
    for name in errors.__all__:
        assert getattr(_native, name) is getattr(errors, name)
    assert issubclass(LocalProtocolError, ProtocolError) and issubclass(RemoteProtocolError, ProtocolError)


def test_a_session_refuses_with_the_numbers_of_the_core() -> None:
    """As every other error of the caller's: not RuntimeError."""

    def code(act: Callable[[], object]) -> int:
        with pytest.raises(LocalProtocolError) as refused:
            act()
        assert refused.value.offset is None and str(refused.value)
        return refused.value.code

    session = ClientSession()
    assert code(lambda: session.send(Command.api("status"), 1)) == 802
    session.connect_inbound(Command.auth("x"))
    assert code(lambda: session.bgapi("status", 1, 2)) == 803
    assert code(lambda: session.read_variable("name", 1)) == 803
    session.receive(b"Content-Type: auth/request\n\n")
    session.receive(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
    session.send(Command.api("status"), 1)
    assert code(lambda: session.send(Command.api("status"), 1)) == 801
    session = ClientSession()
    session.connect_outbound()
    session.send(Command.connect(), 1)
    session.receive(
        b"Event-Name: CHANNEL_DATA\nUnique-ID: u1\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n"
        b"Socket-Mode: async\nControl: single-channel\n\n"
    )
    assert code(lambda: session.execute("playback", "x", 2, uuid="u2")) == 804
