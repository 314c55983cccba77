"""The enums of `esl_proto.names` are the core's vocabulary, word by word and in its order."""

import json
from enum import StrEnum

import pytest

from esl_proto import _native, names


def test_the_vocabulary_is_the_cores() -> None:
    vocabulary = dict(_native.vocabulary())
    assert sorted(vocabulary) == names.__all__
    for kind, words in vocabulary.items():
        enum: type[StrEnum] = getattr(names, kind)
        assert [(member.value, getattr(member, "code", None)) for member in enum] == words
        assert [member.name for member in enum] == [word.upper().removeprefix("CS_") for word, _ in words]


def test_codes() -> None:
    assert names.HangupCause.from_code(17) is names.HangupCause.USER_BUSY
    assert names.HangupCause("USER_BUSY").code == 17
    assert str(names.ChannelState.EXECUTE) == "CS_EXECUTE" and names.ChannelState.NEW.code == 0
    with pytest.raises(ValueError, match="5 is not a valid code of HangupCause"):
        names.HangupCause.from_code(5)


def test_members_are_text() -> None:
    assert json.dumps({names.EventName.API: names.LogLevel.INFO}) == '{"API": "INFO"}'
    assert f"{names.CallState.RINGING}" == "RINGING"
