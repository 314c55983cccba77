"""Errors as values."""

import pickle

import pytest

from esl_proto import Event, LocalProtocolError, ProtocolError, RemoteProtocolError, _native, errors
from esl_proto.aio import ChannelEnded


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


def test_defaults() -> None:
    error = RemoteProtocolError("words")
    assert (error.code, error.offset, error.unanswered) == (0, None, range(0))


def test_one_class_under_every_name() -> None:
    for name in errors.__all__:
        assert getattr(_native, name) is getattr(errors, name)
    assert issubclass(LocalProtocolError, ProtocolError) and issubclass(RemoteProtocolError, ProtocolError)
