"""The verbs of a call: the applications of the dialplan, the same in both façades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, Literal, Protocol, TypeVar

from .._native import ApiResponse, App, Event, Reply
from ..types import Text
from .errors import BrokenReply

__all__ = ["DialText", "HasUuid", "Verbs", "dial_text", "digits_of", "value_of"]

E = TypeVar("E")
"""The result of a verb: the CHANNEL_EXECUTE_COMPLETE event, or a coroutine that returns it."""
D = TypeVar("D")
"""The digits, or a coroutine that returns them."""


class DialText(Protocol):
    """A dial string: a value of `esl_proto.dial`."""

    def __bytes__(self) -> bytes: ...


class HasUuid(Protocol):
    """A call, of whatever connection."""

    @property
    def uuid(self) -> str: ...


def dial_text(dial: Text | DialText) -> Text:
    """The bytes of a dial string."""
    return dial if isinstance(dial, (str, bytes, bytearray, memoryview)) else bytes(dial)


def digits_of(event: Event, variable: str) -> str | None:
    """What was typed, once play_and_get_digits has ended."""
    if event.application_response in ("failure", "timeout"):
        return None
    return event.variables.get_str(variable) or None


def value_of(answer: Reply | ApiResponse) -> str | None:
    """The value of the variable that an answer tells; `None` if it is not set. Raises `BrokenReply`."""
    state, value = answer.variable
    if state == "cut":
        raise BrokenReply(answer)
    # The server says of an empty variable, and of a word that it does not know, what it says of one that is not set.
    return value if state == "set" else None


class Verbs(Generic[E, D]):
    """Each verb returns the CHANNEL_EXECUTE_COMPLETE event of its application when that has ended, and raises
    `ChannelEnded` if the channel ends first.

    Arguments arrive unchanged, whatever the application's own parser splits or the server expands; values that cannot
    be written so, such as a text with `${` in it, are refused with `LocalProtocolError`. `expand`, where available,
    lets the server replace `${...}`."""

    def execute(self, app: str, arg: Text = "", *, timeout: float | None = None) -> E:
        """Runs any application of the dialplan. The argument is sent unchanged; its meaning depends on the
        application."""
        raise NotImplementedError

    def _app(self, app: App) -> E:
        raise NotImplementedError

    def _digits(self, app: App, variable: str) -> D:
        raise NotImplementedError

    # Answering

    def answer(self) -> E:
        """Takes the call."""
        return self.execute("answer")

    def pre_answer(self) -> E:
        """Opens early media: the caller hears what is played, but the call is not answered yet."""
        return self.execute("pre_answer")

    def ring_ready(self) -> E:
        """Signals ringing to the caller."""
        return self.execute("ring_ready")

    def respond(self, status: str) -> E:
        """Answers a call that is not answered yet with a SIP status, such as `"486 Busy Here"`."""
        return self._app(App.respond(status))

    # Talking

    def playback(self, file: Text, *, expand: bool = False) -> E:
        """Plays a file or a stream to its end."""
        return self._app(App.playback(file, expand=expand))

    def say(
        self,
        text: str,
        *,
        module: str = "en",
        type: str = "number",
        method: str = "pronounced",
        gender: str | None = None,
    ) -> E:
        """Reads `text` aloud, from recorded words."""
        return self._app(App.say(text, module, type, method, gender))

    def speak(self, text: str, *, engine: str | None = None, voice: str | None = None) -> E:
        """Reads `text` aloud, by a speech engine; without engine and voice, by those of the channel's variables."""
        return self._app(App.speak(text, engine, voice))

    def record(self, path: Text, *, limit: float | None = None, silence: tuple[int, float] | None = None) -> E:
        """Records the caller into a file, for at most `limit` seconds, or until it is as quiet as `silence` says: a
        threshold, and for how many seconds."""
        return self._app(App.record(path, limit, silence))

    def record_session(self, path: Text, *, limit: float | None = None) -> E:
        """Records the call into a file in the background."""
        return self._app(App.record_session(path, limit))

    def stop_record_session(self, path: Text = "all") -> E:
        """Ends a recording of the call, or all."""
        return self._app(App.stop_record_session(path))

    def play_and_get_digits(
        self,
        file: str,
        *,
        min_digits: int = 1,
        max_digits: int = 1,
        tries: int = 3,
        timeout: float = 5.0,
        terminators: str = "#",
        invalid_file: str = "silence_stream://1",
        variable: str = "digits",
        regexp: str = r"\d+",
        digit_timeout: float | None = None,
    ) -> D:
        """Plays `file` and collects digits: returns them, or `None` if no try gave valid ones. Times are in seconds;
        the digits are also in the channel's `variable`."""
        if not 0 <= min_digits <= max_digits or max_digits < 1:
            raise ValueError("min_digits must be at most max_digits, and that at least 1")
        app = App.play_and_get_digits(
            file, min_digits, max_digits, tries, timeout, terminators, invalid_file, variable, regexp, digit_timeout
        )
        return self._digits(app, variable)

    def send_dtmf(self, digits: str, *, duration: float | None = None) -> E:
        """Sends digits to the other end, each for `duration` seconds."""
        return self._app(App.send_dtmf(digits, duration))

    # Variables

    def set(self, name: str, value: Text, *, expand: bool = False) -> E:
        """Sets a variable of the channel. A value with `${` in it is refused, unless `expand` is set."""
        return self._app(App.set(name, value, expand=expand))

    def multiset(self, variables: Mapping[str, Text]) -> E:
        """Sets several variables."""
        return self._app(App.multiset(variables))

    def unset(self, name: str) -> E:
        """Removes a variable of the channel."""
        return self._app(App.unset(name))

    def export(self, name: str, value: Text, *, nolocal: bool = False, expand: bool = False) -> E:
        """Sets a variable of the channel and of the channels that it calls, or (`nolocal`) only of the latter."""
        return self._app(App.export(name, value, nolocal=nolocal, expand=expand))

    # Going on

    def sleep(self, seconds: float) -> E:
        """Pauses the channel."""
        return self._app(App.sleep(seconds))

    def park(self) -> E:
        """Parks the call until another command moves it. In `async` mode this returns at once: there, the channel waits
        for the next application anyway."""
        return self.execute("park")

    def hold(self) -> E:
        """Puts the other end on hold."""
        return self.execute("hold")

    def unhold(self) -> E:
        """Ends `hold`."""
        return self.execute("unhold")

    def bridge(self, destination: Text | DialText) -> E:
        """Connects the caller with someone, until one of the two hangs up. The event has the result
        (`variable_originate_disposition`, `variable_bridge_hangup_cause`). A text is a dial string as the server reads
        it; for untrusted values, build one with `esl_proto.dial`."""
        return self.execute("bridge", dial_text(destination))

    def conference(
        self, name: str, *, profile: str | None = None, pin: str | None = None, flags: Sequence[str] = ()
    ) -> E:
        """Enters a conference, until the call leaves it."""
        return self._app(App.conference(name, profile, pin, flags))

    def deflect(self, target: str) -> E:
        """Makes the caller's own switch send the answered call elsewhere."""
        return self._app(App.deflect(target))

    def transfer(
        self,
        extension: str,
        dialplan: str | None = None,
        context: str | None = None,
        *,
        leg: Literal["this", "other", "both"] = "this",
    ) -> E:
        """Sends the call elsewhere in the dialplan and ends the session: the call continues without it. Returns the
        channel's data if the call has left before the event arrived."""
        return self._app(App.transfer(extension, dialplan, context, leg))
