"""Simulated calls: channels that exist in events only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from . import _apps
from ._events import Body, Headers, new_uuid, pairs, text
from ._headers import account, describe
from ._loop import LoopThread, on_loop
from ._watch import Watch, wait, wait_async

if TYPE_CHECKING:
    from .link import Link
    from .switch import Switch

__all__ = ["Call"]

_R = TypeVar("_R")

_MOMENTS = ("Created", "Answered", "Progress", "Progress-Media", "Hangup", "Transfer", "Resurrect", "Bridged")


@dataclass
class _Order:
    """An application to execute."""

    app: str
    arg: str
    event_uuid: str | None = None
    loops: int = 1
    done: asyncio.Future[None] | None = None


@dataclass
class _Plan:
    """Applications to execute to the end of the call."""

    steps: list[tuple[str, str]]


class Call:
    """A simulated channel. Its methods may be called from any thread."""

    def __init__(
        self,
        switch: Switch,
        name: str,
        *,
        uuid: str | None = None,
        caller: str = "0000000000",
        direction: str = "inbound",
        variables: Mapping[str, object] | None = None,
        originator: Call | None = None,
    ) -> None:
        self.uuid = uuid or new_uuid()
        self.name = name
        self.caller = caller
        self.destination = name.rpartition("/")[2]
        self.direction = direction
        self.other: Call | None = originator
        """The other leg: the call that it is, or was, connected to, or that was made for."""
        self.other_type = "originator" if originator is not None else ""
        """What the other leg is: `originator`, `originatee`, or nothing."""
        self.variables: dict[str, str | list[str]] = {
            "direction": direction,
            "uuid": self.uuid,
            "channel_name": name,
            "call_uuid": originator.uuid if originator is not None else self.uuid,
        }
        self.variables.update((key, text(value)) for key, value in (variables or {}).items())
        known_as = originator.caller_name if originator is not None else caller
        self.caller_name: str = self.variable("origination_caller_id_name") or known_as
        self.executed: list[tuple[str, str]] = []
        """The applications that were executed, each with its argument."""
        self.state = "DOWN"
        """The call state: DOWN, RINGING, ACTIVE or HANGUP."""
        self.cause: str | None = None
        """Why the call has ended, if it has."""
        self.links: list[Link] = []
        """The connections that control it."""
        self._switch = switch
        self.times = dict.fromkeys(_MOMENTS, 0.0) | {"Created": time.time()}
        """When what happened, in seconds since 1970; 0 for what has not."""
        self._digits = ""
        self._digit_came = asyncio.Event()
        self._orders: asyncio.Queue[_Order | _Plan] = asyncio.Queue()
        self._hung_up = asyncio.Event()
        self._watch = Watch()
        self._ended: Future[str] = Future()
        self._worker = asyncio.get_running_loop().create_task(self._live())

    @property
    def loop_thread(self) -> LoopThread:
        return self._switch.loop_thread

    def __repr__(self) -> str:
        return f"<Call {self.name} {self.uuid} {self.state}>"

    # What a test can do.

    @on_loop
    def fire(self, name: str, headers: Headers | None = None, body: Body | None = None) -> int:
        """Fires an event of this channel: what all of its events say, then `headers`. How many connections get it."""
        return self._switch.fire(name, self.headers() + pairs(headers), body)

    @on_loop
    def ring(self) -> None:
        """The other side rings."""
        self.times["Progress"] = time.time()
        self.fire("CHANNEL_PROGRESS")
        self._set_state("RINGING")

    @on_loop
    def answer(self) -> None:
        """Answers, if it is not answered."""
        if self.state in ("DOWN", "RINGING"):
            self.times["Answered"] = time.time()
            self.fire("CHANNEL_ANSWER")
            self._set_state("ACTIVE")

    @on_loop
    def hangup(self, cause: str = "NORMAL_CLEARING") -> None:
        """Ends the call, if it has not ended. The events of its end follow."""
        if self.cause is None:
            self.cause = cause
            self.times["Hangup"] = time.time()
            self.variables["hangup_cause"] = cause
            self.fire("CHANNEL_HANGUP")
            self._hung_up.set()
            for link in list(self.links):
                link.channel_ended()

    @on_loop
    def press(self, digits: str) -> None:
        """The caller presses keys."""
        for digit in digits:
            self._digits += digit
            self.fire("DTMF", {"DTMF-Digit": digit, "DTMF-Duration": "2000", "DTMF-Source": "RTP"})
        self._digit_came.set()

    @on_loop
    def execute(self, app: str, arg: str = "", *, event_uuid: str | None = None, loops: int = 1) -> None:
        """Orders an application, as a client's `sendmsg` does: it is executed after those before it."""
        self.order(app, arg, event_uuid, loops)

    @on_loop
    def set_variable(self, name: str, value: object) -> None:
        """Sets a channel variable, or takes it away if the value is empty."""
        if value == "":
            self.variables.pop(name, None)
        else:
            self.variables[name] = text(value)

    def variable(self, name: str) -> str:
        """A channel variable as FreeSWITCH's commands show it; empty if it is not set."""
        value = self.variables.get(name, "")
        return value if isinstance(value, str) else "ARRAY::" + "|:".join(value)

    def wait_for(self, app: str, *, timeout: float = 5.0, count: int = 1) -> str:
        """Waits until an application has begun, now or before, and gives its argument; with `count`, until it has begun
        so often. Raises `TimeoutError` with what was executed instead. Not for coroutines: see `executing`."""
        return wait(*self._looking_for(lambda: self._argument(app, count)), timeout, lambda: self._describe(app))

    async def executing(self, app: str, *, timeout: float = 5.0, count: int = 1) -> str:
        """`wait_for` for coroutines."""
        look = self._looking_for(lambda: self._argument(app, count))
        return await wait_async(*look, timeout, lambda: self._describe(app))

    def wait_bridged(self, timeout: float = 5.0) -> Call:
        """Waits until the call is connected to another, now or before, and gives that. Raises `TimeoutError`. Not for
        coroutines: see `bridged`."""
        return wait(*self._looking_for(self._peer), timeout, lambda: f"{self} was not bridged")

    async def bridged(self, timeout: float = 5.0) -> Call:
        """`wait_bridged` for coroutines."""
        return await wait_async(*self._looking_for(self._peer), timeout, lambda: f"{self} was not bridged")

    def wait(self, timeout: float = 5.0) -> str:
        """Waits until the call is over, and says why. Raises `TimeoutError`. Not for coroutines: see `ended`."""
        return self._ended.result(timeout)

    async def ended(self, timeout: float = 5.0) -> str:
        """The same for coroutines."""
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._ended)), timeout)

    # What the switch does.

    def headers(self) -> list[tuple[str, str | list[str]]]:
        """What every event of this channel says of it."""
        return describe(self)

    def join(self, other: Call, other_type: str) -> None:
        """The two legs belong together from now on: `other` is this one's `originator` or `originatee`."""
        self.other, self.other_type = other, other_type
        self.times["Bridged"] = time.time()
        self.set_variable("signal_bond", other.uuid)
        self._watch.check()

    def follow(self, steps: list[tuple[str, str]]) -> None:
        """Executes applications, as those of an extension, and then ends."""
        self._orders.put_nowait(_Plan(steps))

    def order(
        self, app: str, arg: str, event_uuid: str | None = None, loops: int = 1, wait: bool = False
    ) -> asyncio.Future[None] | None:
        """Orders an application. With `wait`, what tells that it is over."""
        done: asyncio.Future[None] | None = self.loop_thread.loop.create_future() if wait else None
        if self.cause is None:
            self._orders.put_nowait(_Order(app, arg, event_uuid, loops, done))
        elif done is not None:
            done.set_result(None)
        return done

    def released(self, link: Link) -> None:
        """A connection that controlled it has ended. With the program that had it, the call ends, too."""
        self.links.remove(link)
        if link.is_outbound and not link.resumes:
            self.hangup()

    async def hung_up(self) -> None:
        """Waits for the end of the call."""
        await self._hung_up.wait()

    async def keys(self, most: int, terminators: str, patience: float) -> str:
        """What is pressed: so many keys, or up to a terminator, or until nobody presses any more."""
        while len(self._digits) < most and not any(key in terminators for key in self._digits):
            self._digit_came.clear()
            try:
                await asyncio.wait_for(self._digit_came.wait(), patience)
            except TimeoutError:
                break
        pressed = next((at for at, key in enumerate(self._digits) if key in terminators), None)
        end = most if pressed is None else pressed
        keys, self._digits = self._digits[:end], self._digits[end + (pressed is not None) :]
        return keys

    def _looking_for(self, look: Callable[[], _R | None]) -> tuple[LoopThread, Watch, Callable[[], _R | None]]:
        return self.loop_thread, self._watch, look

    def _argument(self, app: str, count: int) -> str | None:
        arguments = [arg for name, arg in self.executed if name == app]
        return arguments[count - 1] if len(arguments) >= count else None

    def _peer(self) -> Call | None:
        return self.other if self.times["Bridged"] else None

    def _describe(self, app: str) -> str:
        lines = "".join(f"\n  {name} {arg}" for name, arg in self.executed) or " nothing"
        return f"no {app!r} began; executed:{lines}"

    def _set_state(self, state: str) -> None:
        self.state = state
        self.fire("CHANNEL_CALLSTATE")

    async def _live(self) -> None:
        await self.obey()
        while not self._orders.empty():
            _tell(self._orders.get_nowait())
        await self._end()

    async def obey(self) -> None:
        """Executes what is ordered, until the call ends."""
        while self.cause is None:
            order = await self._while_alive(self._orders.get())
            if isinstance(order, _Plan):
                await self._follow(order)
            elif order is not None:
                await self._execute(order)
                _tell(order)

    async def _follow(self, plan: _Plan) -> None:
        for app, arg in plan.steps:
            if self.cause is None:
                await self._execute(_Order(app, arg))
        self.hangup()

    async def _execute(self, order: _Order) -> None:
        """Executes an application, with the events before and after."""
        app = {"Application": order.app, "Application-Data": order.arg}
        uuid = {"Application-UUID": order.event_uuid or new_uuid()}
        for _ in range(order.loops):
            self.executed.append((order.app, order.arg))
            self._watch.check()
            self.set_variable("current_application_data", order.arg)
            self.set_variable("current_application", order.app)
            self.fire("CHANNEL_EXECUTE", app | uuid)
            response = await self._while_alive(_apps.run(self._switch, self, order.app, order.arg))
            if response is None and self.cause is None:
                # FreeSWITCH ends the call at an unknown application.
                self.hangup("DESTINATION_OUT_OF_ORDER")
                return
            self.fire("CHANNEL_EXECUTE_COMPLETE", app | {"Application-Response": response or "_none_"} | uuid)
            if self.cause is not None:
                return

    async def _while_alive(self, what: Coroutine[Any, Any, _R]) -> _R | None:
        """Does something as long as the call lives."""
        loop = self.loop_thread.loop
        doing, end = loop.create_task(what), loop.create_task(self._hung_up.wait())
        try:
            await asyncio.wait({doing, end}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            for task in (doing, end):
                task.cancel()
            await asyncio.gather(doing, end, return_exceptions=True)

    async def _end(self) -> None:
        self._set_state("HANGUP")
        account(self)
        self.fire("CHANNEL_HANGUP_COMPLETE")
        # An outbound connection keeps its channel alive, so it never receives CHANNEL_DESTROY.
        await asyncio.gather(*(link.closed for link in self.links))
        self.fire("CHANNEL_DESTROY")
        self._switch.forget(self)
        self._ended.set_result(self.cause or "")


def _tell(order: _Order | _Plan) -> None:
    if isinstance(order, _Order) and order.done is not None and not order.done.done():
        order.done.set_result(None)
