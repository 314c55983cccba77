"""The shell around a simulated switch: its thread, its time, what it asks for, and what tests wait for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from secrets import randbits
from typing import Any, Protocol, TypeVar

from esl_proto._native import Sim

from ._loop import LoopThread
from ._watch import Watch

__all__ = ["Carrier", "Network", "Settings", "Shell"]

_R = TypeVar("_R")


@dataclass
class Network:
    """The properties of the network. All connections of a switch share them; changes take effect at once."""

    delay: float = 0.0
    """Seconds from sending to arriving."""
    piece: int = 0
    """How many bytes are sent at a time; 0: all."""
    pause: float = 0.0
    """Seconds between two pieces."""
    window: int = 65536
    """How many bytes are buffered for a client that does not read, or on a network with pauses. Further data waits in
    the listener's queue."""


@dataclass(frozen=True)
class Settings:
    """What a test has said so far of a switch, as the simulation wants it."""

    password: str
    users: list[tuple[str, str, str, str | None, str | None, bool]]
    max_queued: int
    max_lost: int
    patience: float
    window: int
    commands: list[str]
    apps: list[str]
    dialplan: Mapping[str, list[tuple[str, str]]]
    refusals: Mapping[str, str]
    registrations: list[tuple[str, str, str]]
    ringing: float
    moment: float
    subclasses: list[str]
    delay: float
    piece: int
    pause: float


class Carrier(Protocol):
    """What has the socket of a connection."""

    def flush(self) -> None:
        """There may be something to send, room to read, or an end."""

    def retune(self) -> None:
        """The network has changed."""


class Shell:
    """A running switch. All that happens to it happens in its thread, one thing after the other."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        request: Callable[[str, int, list[str]], None],
        record: Callable[[int, bytes], None],
        *,
        heartbeat: float,
        calls_per_second: float,
        is_scenario: bool,
        lossless_percent: bool,
    ) -> None:
        """
        :param settings: What the switch is to do now.
        :param request: Does what the simulation asks for.
        :param record: Takes a command that a client has sent.
        """
        self.loop_thread = LoopThread("esl_proto.testing.Switch")
        self.watch = Watch()
        """Those who wait for something to have happened."""
        self.carriers: dict[int, Carrier] = {}
        now = time.time()
        offset = time.localtime(now).tm_gmtoff
        self.sim = Sim(now, offset, randbits(64), heartbeat, calls_per_second, is_scenario, lossless_percent)
        self._read_settings = settings
        self._request = request
        self._record = record
        self._began = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._working: set[asyncio.Future[None]] = set()
        self.settings = settings()
        self.sim.configure(self.settings)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop in its thread."""
        return self.loop_thread.loop

    def act(self, act: Callable[[Sim], _R]) -> _R:
        """Does something, in the thread and whoever asks, at the time that it is; then what follows from it."""
        return self.loop_thread.run(lambda: self._act(act))

    def _act(self, act: Callable[[Sim], _R]) -> _R:
        settings = self._read_settings()
        if settings != self.settings:
            self.settings = settings
            self.sim.configure(settings)
            for carrier in list(self.carriers.values()):
                carrier.retune()
        self.sim.advance(self.loop.time() - self._began)
        result = act(self.sim)
        self._settle()
        return result

    def _settle(self) -> None:
        is_busy = True
        while is_busy:
            is_busy = False
            while (received := self.sim.next_received()) is not None:
                self._record(*received)
            while (request := self.sim.next_request()) is not None:
                is_busy = True
                self._request(*request)
            while (number := self.sim.next_active()) is not None:
                is_busy = True
                if (carrier := self.carriers.get(number)) is not None:
                    carrier.flush()
        self._set_timer()
        self.watch.check()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = self.sim.deadline
        # What is beyond all use is never.
        if deadline is None or deadline > 1e9:
            self._timer = None
        else:
            self._timer = self.loop.call_at(self._began + deadline, lambda: self._act(lambda sim: None))

    def begin(self, work: Awaitable[None]) -> asyncio.Future[None]:
        """Does something beside all else, to its end or the switch's."""
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    def run_async(self, what: Any) -> Any:
        """Waits for a coroutine that runs in the thread."""
        return self.loop_thread.run_async(what)
