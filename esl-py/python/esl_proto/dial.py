"""Dial strings: the line of `originate` and the argument of `bridge`, written so that the server reads them as
intended.

A `DialString` is made of `Leg`s. Legs in one list are called at once; the lists of a `DialHandle` are called one after
another until one answers; several handles are called at once, independently. Variables are for one leg, for the legs of
a handle, or for all. Time limits are ordinary variables: `originate_timeout` of a handle, `leg_timeout` and
`leg_delay_start` of a leg. Any text arrives unchanged or is refused with `DialError`: none can add a variable, a leg,
an argument or an application.

    desks = [Leg("user/1000"), Leg("user/1001", {"leg_delay_start": 5})]
    whom = DialHandle(desks, Endpoint.gateway("provider", "+4930123"), variables={"originate_timeout": 20})
    line = bytes(Originate(whom, Application("park"), cid_name="Smith, John"))      # for `api` and `bgapi`
    argument = bytes(DialString(whom))                                              # for `execute("bridge", argument)`

All of these are values: immutable, compared by their contents, hashable and picklable. Their texts are `str`; bytes
that are not UTF-8 are surrogates in them, and are sent as the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from esl_proto._native import (
    Endpoint,
    bridge_line,
    bridge_parts,
    hook_variable,
    inline_line,
    inline_parts,
    originate_line,
    originate_parts,
)
from esl_proto.errors import DialError
from esl_proto.types import Text

__all__ = [
    "Application",
    "Destination",
    "Dial",
    "DialError",
    "DialHandle",
    "DialString",
    "Endpoint",
    "Hook",
    "Inline",
    "Leg",
    "Legs",
    "Originate",
    "Value",
    "Variables",
]

Value: TypeAlias = Text | int
"""The value of a variable: text, a number, or a bool, which is written `true` or `false`."""

Variables: TypeAlias = Mapping[str, Value] | Sequence[tuple[Text, Value]]
"""Variables and their values, in order."""


_Pairs: TypeAlias = tuple[tuple[str, str], ...]
_Parts: TypeAlias = tuple[list[tuple[list[list[tuple[str, _Pairs]]], _Pairs]], _Pairs]


def _text(text: object) -> str:
    if isinstance(text, str):
        return str(text)
    if isinstance(text, bytes | bytearray | memoryview):
        return bytes(text).decode("utf-8", "surrogateescape")  # pyright: ignore[reportUnknownArgumentType]
    raise TypeError(f"str or a bytes-like object is required, not {type(text).__name__}")


def _value(value: Value) -> str:
    if isinstance(value, int):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return _text(value)


def _variables(variables: Variables) -> _Pairs:
    if isinstance(variables, str | bytes | bytearray | memoryview):
        raise TypeError(f"a mapping or an iterable of pairs is required, not {type(variables).__name__}")
    pairs = variables.items() if isinstance(variables, Mapping) else variables
    return tuple((_text(name), _value(value)) for name, value in pairs)


def _shown(variables: _Pairs) -> str:
    """Variables as they are given."""
    as_mapping = dict(variables)
    return repr(as_mapping if len(as_mapping) == len(variables) else list(variables))


def _called(name: str, *arguments: str, variables: _Pairs = ()) -> str:
    """A call of a class as it is written."""
    shown = (f"variables={_shown(variables)}",) if variables else ()
    return f"{name}({', '.join((*arguments, *shown))})"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Leg:
    """One channel to call, and variables for it alone (`[...]`).

    The endpoint is its text, such as `user/1000`; `Endpoint` builds some kinds from their parts.
    """

    endpoint: str
    variables: _Pairs

    def __init__(self, endpoint: Text, variables: Variables = ()) -> None:
        object.__setattr__(self, "endpoint", _text(endpoint))
        object.__setattr__(self, "variables", _variables(variables))

    def __repr__(self) -> str:
        return f"Leg({self.endpoint!r}, {_shown(self.variables)})" if self.variables else f"Leg({self.endpoint!r})"


Legs: TypeAlias = Leg | Text | Iterable[Leg | Text]
"""A leg, an endpoint's text, or several of them, which are called at once."""


def _legs(legs: Legs) -> tuple[Leg, ...]:
    if isinstance(legs, Leg):
        return (legs,)
    if isinstance(legs, str | bytes | bytearray | memoryview):
        return (Leg(_text(legs)),)
    return tuple(leg if isinstance(leg, Leg) else Leg(leg) for leg in legs)


def _shown_legs(legs: tuple[Leg, ...]) -> str:
    shown = [repr(leg if leg.variables else leg.endpoint) for leg in legs]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class DialHandle:
    """Lists of legs that are called one after another until one answers (`|`), and variables for all of them (`{...}`).

    `DialHandle(["user/1000", "user/1001"], "user/1002")` calls two at once, and the third if none of them answers. The
    variables override those of a leg, unless one of them is `local_var_clobber` and true.
    """

    leg_lists: tuple[tuple[Leg, ...], ...]
    variables: _Pairs

    def __init__(self, *leg_lists: Legs, variables: Variables = ()) -> None:
        object.__setattr__(self, "leg_lists", tuple(map(_legs, leg_lists)))
        object.__setattr__(self, "variables", _variables(variables))

    def __repr__(self) -> str:
        return _called("DialHandle", *map(_shown_legs, self.leg_lists), variables=self.variables)


Dial: TypeAlias = "DialString | DialHandle | Legs"
"""Anything that can be turned into a dial string. Legs in an iterable are called at once."""


def _handle(handle: DialHandle | Legs) -> DialHandle:
    return handle if isinstance(handle, DialHandle) else DialHandle(handle)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class DialString:
    """A dial string: the part that `originate` and `bridge` have in common. `bytes(dial)` and `str(dial)` are the
    argument of `bridge`, and raise `DialError` if the server would read it differently.

    It is made of a handle, a leg, an endpoint's text or legs that are called at once; or of several handles, which are
    called at once, independently (`:_:`). The variables are for all legs of all handles (`<...>`); those of a handle
    override them.
    """

    handles: tuple[DialHandle, ...]
    variables: _Pairs

    def __init__(self, dial: DialHandle | Legs, *more: DialHandle, variables: Variables = ()) -> None:
        # What several texts are called like would be a guess: at once, or one after another.
        if more and not all(isinstance(handle, DialHandle) for handle in (dial, *more)):
            raise TypeError("several handles are DialHandle each; legs to be called at once are one list")
        object.__setattr__(self, "handles", tuple(map(_handle, (dial, *more))))
        object.__setattr__(self, "variables", _variables(variables))

    @classmethod
    def of(cls, dial: Dial) -> DialString:
        """A dial string as it is; one made of anything else."""
        return dial if isinstance(dial, DialString) else cls(dial)

    @classmethod
    def parse(cls, text: Text) -> DialString:
        """Reads the argument of `bridge` as the server would. Raises `DialError` if the server would refuse it or read
        past its end, or if it holds `${...}`, which only a channel can expand."""
        return _of_parts(bridge_parts(text))

    def __bytes__(self) -> bytes:
        return bridge_line(self.variables, _laid_out(self))

    def __str__(self) -> str:
        return _text(bytes(self))

    def __iter__(self) -> Iterator[Leg]:
        """All legs, in order."""
        return (leg for handle in self.handles for legs in handle.leg_lists for leg in legs)

    def __repr__(self) -> str:
        handles = self.handles
        if len(handles) == 1 and len(handles[0].leg_lists) == 1 and not handles[0].variables:
            return _called("DialString", _shown_legs(handles[0].leg_lists[0]), variables=self.variables)
        return _called("DialString", *map(repr, handles), variables=self.variables)


def _of_parts(parts: _Parts) -> DialString:
    handles, variables = parts
    made = [
        DialHandle(*([Leg(*leg) for leg in legs] for legs in leg_lists), variables=own) for leg_lists, own in handles
    ]
    return DialString(made[0], *made[1:], variables=variables)


def _laid_out(dial: DialString) -> list[tuple[int, _Pairs, _Pairs, str]]:
    """All legs one after another, each with what joins it to the one before."""
    # A list without legs is refused for its missing endpoint, in its own place.
    return [
        ((0 if at else 1 if place else 2), handle.variables, leg.variables, leg.endpoint)
        for handle in dial.handles
        for place, legs in enumerate(handle.leg_lists or ((),))
        for at, leg in enumerate(legs or (Leg(""),))
    ]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Application:
    """A destination: an application that the channel executes when it has answered, `&playback(/tmp/hello.wav)`.

    The channel expands `${...}` in the argument before it executes the application. No `)` may stand in the argument,
    and no quote after a backslash: `Inline` has no such limit for the former.
    """

    app: str
    arg: str

    def __init__(self, app: Text, arg: Text = "") -> None:
        object.__setattr__(self, "app", _text(app))
        object.__setattr__(self, "arg", _text(arg))

    def __repr__(self) -> str:
        return f"Application({self.app!r}, {self.arg!r})" if self.arg else f"Application({self.app!r})"


Task: TypeAlias = Application | Text | tuple[Text, Text]
"""An application: with its argument, or its name alone."""


def _task(task: Task) -> Application:
    if isinstance(task, Application):
        return task
    return Application(*task) if isinstance(task, tuple) else Application(task)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Inline:
    """A destination: applications that the channel executes one after another, where an extension would stand.

    `Inline("answer", ("playback", "a,b.wav"), "hangup")`. Commas, quotes, backslashes, blanks and line ends in
    arguments arrive as they are; only a quote after a backslash is refused. As in any dialplan, the channel expands
    `${...}` in each argument. `bytes(inline)` and `str(inline)` are its text, also for the application `transfer` with
    the dialplan `inline`; they raise `DialError` if the server would read it differently.
    """

    tasks: tuple[Application, ...]

    def __init__(self, *tasks: Task) -> None:
        object.__setattr__(self, "tasks", tuple(map(_task, tasks)))

    @classmethod
    def parse(cls, text: Text) -> Inline:
        """Reads an inline dialplan as the server would. Raises `DialError` if an application has no name, or the server
        would read past the end."""
        return cls(*(Application(app, arg) for app, arg in inline_parts(text)))

    def __bytes__(self) -> bytes:
        return inline_line([(task.app, task.arg) for task in self.tasks])

    def __str__(self) -> str:
        return _text(bytes(self))

    def __repr__(self) -> str:
        shown = (repr((task.app, task.arg) if task.arg else task.app) for task in self.tasks)
        return f"Inline({', '.join(shown)})"


Destination: TypeAlias = Text | Application | Inline
"""What an answered channel does next; a text is an extension of the dialplan."""


def _destination(destination: Destination) -> str | Application | Inline:
    return destination if isinstance(destination, Application | Inline) else _text(destination)


@dataclass(frozen=True, slots=True, init=False)
class Originate:
    """`originate`: makes a call and, when it is answered, connects it to something. `bytes(call)` and `str(call)` are
    the line for `api` and `bgapi`, and raise `DialError` if the server would read it differently.

    `dialplan` and `context` say where to look for an extension; `cid_name` and `cid_num` are the caller ID, unless
    `origination_caller_id_name` and `..._number` are set; `timeout_sec` is how long it rings, unless
    `originate_timeout` is set.
    """

    dial: DialString
    destination: str | Application | Inline
    dialplan: str | None
    context: str | None
    cid_name: str | None
    cid_num: str | None
    timeout_sec: int | None

    def __init__(
        self,
        dial: Dial,
        destination: Destination,
        dialplan: Text | None = None,
        context: Text | None = None,
        *,
        cid_name: Text | None = None,
        cid_num: Text | None = None,
        timeout_sec: int | None = None,
    ) -> None:
        if isinstance(destination, Inline) and dialplan is not None:
            raise TypeError("an inline dialplan is a dialplan of its own")
        object.__setattr__(self, "dial", DialString.of(dial))
        object.__setattr__(self, "destination", _destination(destination))
        for name, text in [("dialplan", dialplan), ("context", context), ("cid_name", cid_name), ("cid_num", cid_num)]:
            object.__setattr__(self, name, None if text is None else _text(text))
        object.__setattr__(self, "timeout_sec", timeout_sec)

    @classmethod
    def parse(cls, line: Text) -> Originate:
        """Reads a line as the server would. Raises `DialError` if it is no `originate`, or the server would refuse it or
        read past its end."""
        dial, app, text, dialplan, context, cid_name, cid_num, timeout_sec = originate_parts(line)
        destination: Destination = text if app is None else Application(app, text)
        if dialplan == "inline" and app is None:
            try:
                destination, dialplan = Inline.parse(text), None
            except DialError:
                pass  # The server executes nothing then; the line is what it is.
        return cls(
            _of_parts(dial),
            destination,
            dialplan,
            context,
            cid_name=cid_name,
            cid_num=cid_num,
            timeout_sec=timeout_sec,
        )

    def __bytes__(self) -> bytes:
        app, text, dialplan = None, self.destination, self.dialplan
        if isinstance(text, Application):
            app, text = text.app, text.arg
        elif isinstance(text, Inline):
            text, dialplan = str(text), "inline"
        more = (dialplan, self.context, self.cid_name, self.cid_num, self.timeout_sec)
        return originate_line(self.dial.variables, _laid_out(self.dial), app, text, *more)

    def __str__(self) -> str:
        return _text(bytes(self))


class Hook(StrEnum):
    """An event at which a channel executes its hook variables: `execute_on_answer`, `api_on_ring` and others.

        Leg("user/1000", [Hook.ANSWER.execute("playback", "/tmp/recorded.wav", background=True)])

    Of several variables with the same name only the last counts; but every variable whose name begins with that of the
    hook is executed, so that a second one may be called `execute_on_answer_2`.
    """

    ORIGINATE = "originate"
    """The channel has been created, but not called yet."""
    POST_ORIGINATE = "post_originate"
    """The originate has succeeded, with this channel."""
    RING = "ring"
    """It rings."""
    PRE_ANSWER = "pre_answer"
    """It sends early media."""
    MEDIA = "media"
    """It sends media, early or not."""
    ANSWER = "answer"
    """It has answered."""
    TONE_DETECT = "tone_detect"
    """A tone has been heard that the application `tone_detect` listens for."""

    def execute(self, app: Text, arg: Text = "", *, background: bool = False) -> tuple[str, str]:
        """The variable and its value for an application, which is executed before the call continues; with
        `background`, asynchronously. Raises `DialError` if the name would end early, or if there is `${` in the
        argument, because the server does not set such a variable."""
        return hook_variable(self.value, app, arg, background)

    def api(self, line: Text) -> tuple[str, str]:
        """The variable and its value for an API command with its argument. The server waits for the command, and drops
        its answer. Raises `DialError` as `execute` does."""
        return hook_variable(self.value, None, line, False)
