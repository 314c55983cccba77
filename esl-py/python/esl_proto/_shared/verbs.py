"""What one does with a call: the dialplan applications of an IVR, the same in both façades."""

from __future__ import annotations

import re
from typing import Generic, TypeVar

from .._native import Event

__all__ = ["Verbs", "digits_argument", "digits_of", "word"]

E = TypeVar("E")
"""What a call gives: the CHANNEL_EXECUTE_COMPLETE event, or a coroutine that gives it."""


def word(text: str) -> str:
    """`text` as one argument among blank-separated ones, as the server will read it: it takes a backslash away only
    before the characters that it means something to."""
    text = re.sub(r"""\\(?=['"\\nrts]|$)|(?=')""", lambda found: found[0] + "\\", text)
    return text if text and not any(char in text for char in " '\"") else f"'{text}'"


def digits_argument(
    file: str,
    *,
    min_digits: int,
    max_digits: int,
    tries: int,
    timeout: float,
    terminators: str,
    invalid_file: str,
    variable: str,
    regexp: str,
    digit_timeout: float | None,
) -> str:
    """The argument of play_and_get_digits. Seconds become milliseconds."""
    if not 0 <= min_digits <= max_digits or max_digits < 1:
        raise ValueError("min_digits must be at most max_digits, and that at least 1")
    words = [str(min_digits), str(max_digits), str(tries), str(round(timeout * 1000))]
    words += [word(terminators), word(file), word(invalid_file), word(variable), word(regexp)]
    if digit_timeout is not None:
        words.append(str(round(digit_timeout * 1000)))
    return " ".join(words)


def digits_of(event: Event, variable: str) -> str | None:
    """What was typed, once play_and_get_digits has ended."""
    if event.get("Application-Response") in ("failure", "timeout"):
        return None
    digits = event.get(f"variable_{variable}")
    return digits if isinstance(digits, str) and digits else None


class Verbs(Generic[E]):
    """Each gives the CHANNEL_EXECUTE_COMPLETE event of its application when that has ended, and raises
    `ChannelEnded` if the channel ends first."""

    def execute(self, app: str, arg: str = "", *, timeout: float | None = None) -> E:
        """Runs any application of the dialplan."""
        raise NotImplementedError

    def answer(self) -> E:
        """Takes the call."""
        return self.execute("answer")

    def pre_answer(self) -> E:
        """Opens early media: what is played is heard, and the call is not answered yet."""
        return self.execute("pre_answer")

    def ring_ready(self) -> E:
        """Tells the caller that it rings."""
        return self.execute("ring_ready")

    def playback(self, file: str) -> E:
        """Plays a file or a stream to its end."""
        return self.execute("playback", file)

    def say(self, text: str, *, module: str = "en", type: str = "number", method: str = "pronounced") -> E:
        """Reads `text` aloud, from recorded words."""
        return self.execute("say", f"{module} {type} {method} {text}")

    def record(self, path: str, *, limit: float | None = None) -> E:
        """Records the caller into a file, for at most `limit` seconds."""
        return self.execute("record", path if limit is None else f"{path} {round(limit)}")

    def sleep(self, seconds: float) -> E:
        """Waits, while the channel goes on."""
        return self.execute("sleep", str(round(seconds * 1000)))

    def set(self, name: str, value: str) -> E:
        """Sets a variable of the channel."""
        return self.execute("set", f"{name}={value}")

    def bridge(self, destination: str) -> E:
        """Connects the caller with someone, until one of the two hangs up. The event tells how it went
        (`variable_originate_disposition`, `variable_bridge_hangup_cause`)."""
        return self.execute("bridge", destination)

    def transfer(self, extension: str, dialplan: str = "XML", context: str = "default") -> E:
        """Sends the call elsewhere in the dialplan."""
        return self.execute("transfer", f"{extension} {dialplan} {context}")
