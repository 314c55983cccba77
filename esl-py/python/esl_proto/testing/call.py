"""Simulated calls: channels that exist only as events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

from esl_proto._native import Channel

from ._shell import Shell
from ._watch import wait, wait_async

__all__ = ["Body", "Call", "Headers", "octets", "pairs"]

_R = TypeVar("_R")

Headers = Mapping[str, object] | Iterable[tuple[str, object]]
"""Headers in order. A list is an array, bytes are sent as they are, whatever else as its text."""
Body = str | bytes


def octets(value: object) -> bytes:
    """A value as the simulation wants it, which reads an array as FreeSWITCH writes it."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        return b"ARRAY::" + b"|:".join(octets(item) for item in cast("list[object]", value))
    return str(value).encode("utf-8", "surrogateescape")


def pairs(given: Headers | None) -> list[tuple[bytes, bytes]]:
    """Headers or variables in order. Those without a value are left out, as FreeSWITCH does."""
    if given is None:
        return []
    items = cast("Mapping[str, object]", given).items() if isinstance(given, Mapping) else given
    return [(octets(name), octets(value)) for name, value in items if value != ""]


class Call:
    """A simulated channel. Its methods may be called from any thread."""

    def __init__(self, shell: Shell, channel: Channel) -> None:
        self._shell = shell
        self._channel = channel
        self.uuid = channel.uuid
        self.name = channel.name
        self.caller_name, self.caller = channel.caller
        self.destination = channel.destination
        self.direction = channel.direction

    def __repr__(self) -> str:
        return f"<Call {self.name} {self.uuid} {self.state}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self._channel == other._channel

    def __hash__(self) -> int:
        return hash(self.uuid)

    @property
    def state(self) -> str:
        """The call state: DOWN, RINGING, ACTIVE, HELD or HANGUP."""
        return self._channel.state

    @property
    def cause(self) -> str | None:
        """Why the call has ended, if it has."""
        return self._channel.cause

    @property
    def other(self) -> Call | None:
        """The other leg: the call that it is, or was, connected to, or that it was made for."""
        leg = self._channel.other_leg
        return None if leg is None else Call(self._shell, leg[0])

    @property
    def other_type(self) -> str:
        """What the other leg is: `originator`, `originatee`, or nothing."""
        leg = self._channel.other_leg
        return "" if leg is None else leg[1]

    @property
    def variables(self) -> dict[str, str | list[str]]:
        """The current channel variables."""
        return self._channel.variables

    @property
    def executed(self) -> list[tuple[str, str]]:
        """The applications that were executed, each with its argument, except those that connect to a program."""
        return [(app, arg) for app, arg in self._channel.executed if app != "socket"]

    # What a test can do.

    def fire(self, name: str, headers: Headers | None = None, body: Body | None = None) -> int:
        """Fires an event of this channel: the headers of all of its events, then `headers`. Returns how many
        connections get it."""
        said, content = pairs(headers), None if body is None else octets(body)
        return self._shell.act(lambda sim: sim.fire(name, said, content, channel=self._channel))

    def ring(self) -> None:
        """The other side rings."""
        self._shell.act(lambda sim: sim.ring(self._channel))

    def answer(self) -> None:
        """Answers the call, if it is not answered yet."""
        self._shell.act(lambda sim: sim.answer_call(self._channel))

    def hangup(self, cause: str = "NORMAL_CLEARING") -> None:
        """Ends the call, if it has not ended; the corresponding events follow."""
        self._shell.act(lambda sim: sim.hang_up(self._channel, cause))

    def press(self, digits: str) -> None:
        """The caller presses keys."""
        self._shell.act(lambda sim: sim.press(self._channel, digits))

    def execute(self, app: str, arg: str = "", *, event_uuid: str | None = None, loops: int = 1) -> None:
        """Queues an application, as a client's `sendmsg` does."""
        self._shell.act(lambda sim: sim.execute(self._channel, app, arg, loops, event_uuid))

    def set_variable(self, name: str, value: object) -> None:
        """Sets a channel variable, or removes it if the value is empty."""
        self._channel.set_variable(name, octets(value))

    def variable(self, name: str) -> str:
        """A channel variable as FreeSWITCH's commands show it; empty if it is not set."""
        return self._channel.variable(name)

    def wait_for(self, app: str, *, timeout: float = 5.0, count: int = 1) -> str:
        """Waits until an application has begun, now or before, and returns its argument; with `count`, until it has
        begun that often. Raises `TimeoutError` with what was executed instead. Not for coroutines: see `executing`."""
        return self._wait(lambda: self._argument(app, count), timeout, lambda: self._describe(app))

    async def executing(self, app: str, *, timeout: float = 5.0, count: int = 1) -> str:
        """`wait_for` for coroutines."""
        return await self._wait_async(lambda: self._argument(app, count), timeout, lambda: self._describe(app))

    def wait_bridged(self, timeout: float = 5.0) -> Call:
        """Waits until the call is connected to another, now or before, and returns that. Raises `TimeoutError`. Not for
        coroutines: see `bridged`."""
        return self._wait(self._peer, timeout, lambda: f"{self} was not bridged")

    async def bridged(self, timeout: float = 5.0) -> Call:
        """`wait_bridged` for coroutines."""
        return await self._wait_async(self._peer, timeout, lambda: f"{self} was not bridged")

    def wait(self, timeout: float = 5.0) -> str:
        """Waits until the call is over, and returns the cause. Raises `TimeoutError`. Not for coroutines: see
        `ended`."""
        if (cause := self._ending()) is not None:
            return cause
        return self._wait(self._ending, timeout, lambda: f"{self} has not ended")

    async def ended(self, timeout: float = 5.0) -> str:
        """The same for coroutines."""
        if (cause := self._ending()) is not None:
            return cause
        return await self._wait_async(self._ending, timeout, lambda: f"{self} has not ended")

    def _wait(self, look: Callable[[], _R | None], timeout: float, say: Callable[[], str]) -> _R:
        return wait(self._shell.loop_thread, self._shell.watch, look, timeout, say)

    async def _wait_async(self, look: Callable[[], _R | None], timeout: float, say: Callable[[], str]) -> _R:
        return await wait_async(self._shell.loop_thread, self._shell.watch, look, timeout, say)

    def _argument(self, app: str, count: int) -> str | None:
        arguments = [arg for name, arg in self.executed if name == app]
        return arguments[count - 1] if len(arguments) >= count else None

    def _peer(self) -> Call | None:
        return self.other if self._channel.is_bridged else None

    def _ending(self) -> str | None:
        return self._channel.cause if self._channel.is_destroyed else None

    def _describe(self, app: str) -> str:
        lines = "".join(f"\n  {name} {arg}" for name, arg in self.executed) or " nothing"
        return f"no {app!r} began; executed:{lines}"
