"""Several switches as one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl as tls
from collections.abc import Generator, Mapping
from functools import partial
from typing import Any, Generic, Self, TypeVar

from .._native import Event, Gap
from .._shared.closing import AsyncClosing, Opening
from .._shared.errors import AccessDenied, AuthenticationError, ConnectionClosed, EventSocketError, closed
from .._shared.many import COUNT, Address, ManyBase, MergedBase, Outcome, made
from .._shared.observing import Observer
from .._shared.reconnect import Reconnect
from .._shared.stream import QuietEnd
from .._shared.surface import Timeout
from ..types import Format, Text
from .inbound import Inbound
from .stream import Stream

__all__ = ["Many", "ManyEvents", "connect_all"]

_LOG = logging.getLogger("esl_proto.aio")

T = TypeVar("T")


class Many(ManyBase[Inbound, "ManyEvents[Event]", "ManyEvents[Event | Gap]"], AsyncClosing):
    """Connections to several switches, each with a name: a mapping of names to connections as returned by `connect`.

    A lost switch does not affect the others; `fs.is_open` says whether it is connected."""

    async def api(self, line: Text, *, timeout: Timeout = ...) -> dict[str, Outcome]:
        """Sends the same API command to all of them at once. Returns, by name, the answers, or the exceptions that say
        why there is none.

        Waits until each has answered or failed, as `Inbound.api` does."""

        async def ask(switch: Inbound) -> Outcome:
            try:
                return await switch.api(line, timeout=timeout)
            except (EventSocketError, TimeoutError) as error:
                return error

        outcomes = await asyncio.gather(*map(ask, self.values()))
        return dict(zip(self, outcomes, strict=True))

    async def least_loaded(self, *, timeout: Timeout = 5.0) -> tuple[str, Inbound]:
        """The switch with the fewest channels, and its name. This program's pending jobs on a switch count as channels,
        so that calls made in quick succession are distributed. A switch that does not answer is not considered.

        Waits until each has answered or failed, or for `timeout` seconds. Raises `ConnectionClosed` if none has
        answered."""
        return self._least_of(await self.api(COUNT, timeout=timeout))

    def _merged(self, streams: Mapping[str, Any]) -> ManyEvents[Any]:
        return ManyEvents(streams)

    async def close(self, timeout: Timeout = ...) -> None:
        """Closes all of them at once, and waits until each is closed, as `Inbound.close` does."""
        await asyncio.gather(*(switch.close(timeout) for switch in self.values()))


class ManyEvents(MergedBase[T], AsyncClosing, Generic[T]):
    """The events of several switches, for one reader: `async for name, event in all.events(...)`. Made by `Many.events`.

    A switch that is lost for good is recorded in `ended`, and the others continue. The stream ends when all have ended:
    normally if this program ended them, otherwise with the first failure."""

    def __init__(self, streams: Mapping[str, Stream[T]]) -> None:
        super().__init__()
        self.streams = dict(streams)
        """Those that have not ended, by name."""
        self._turns = list(self.streams)

    def __await__(self) -> Generator[Any, None, Self]:
        """Waits until the subscriptions are active on all connected switches: `events = await all.events(...)`. Raises
        `CommandError` if one refuses."""
        return self._stands().__await__()

    async def _stands(self) -> Self:
        await asyncio.gather(*(self._stood(stream) for stream in self.streams.values() if stream.is_connected))
        return self

    @staticmethod
    async def _stood(stream: Stream[T]) -> None:
        # One that is lost meanwhile is told by the stream.
        with contextlib.suppress(ConnectionClosed):
            await stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[str, T]:
        while (item := self._pop()) is None:
            if not self.streams:
                failure = self.failure()
                raise StopAsyncIteration if failure is None else failure
            await self._wait()
        return item

    async def get(self, timeout: float | None = None) -> tuple[str, T]:
        """The next one. Raises `TimeoutError` after `timeout` seconds, and `ConnectionClosed` at the end."""
        try:
            async with asyncio.timeout(timeout):
                return await self.__anext__()
        except StopAsyncIteration:
            raise closed("closed") from None

    def _pop(self) -> tuple[str, T] | None:
        """The next one of whose turn it is, if there is one."""
        for name in [*self._turns]:
            stream = self.streams.get(name)
            try:
                item = stream.pop() if stream is not None else None
            except QuietEnd:
                self._ends(name, None)
            except Exception as error:
                _LOG.warning("%s: no more events come: %s", name, error)
                self._ends(name, error)
            else:
                if item is not None:
                    self._turns.remove(name)
                    self._turns.append(name)
                    return name, item
        return None

    def _ends(self, name: str, error: Exception | None) -> None:
        self.ended[name] = error
        self._turns.remove(name)
        self.streams.pop(name).close()

    async def _wait(self) -> None:
        """Waits until one of them has something."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        streams = [*self.streams.values()]
        awaited: list[Stream[T]] = []
        try:
            for stream in streams:
                stream.await_by(waiter)
                awaited.append(stream)
            await waiter
        finally:
            for stream in awaited:
                stream.awaited()

    def close(self) -> None:
        """Closes the stream."""
        for stream in self.streams.values():
            stream.close()


async def _open(switches: Mapping[str, Address], options: Mapping[str, Any]) -> Many:
    many = Many({name: made(Inbound, where, options) for name, where in switches.items()})
    trials = [asyncio.ensure_future(_tried(switch)) for switch in many.values()]
    try:
        failures = await asyncio.gather(*trials)
        if many and all(failures):
            raise next(failure for failure in failures if failure is not None)
    except BaseException:
        # None of the others may go on: it would connect, or try again, what is closed here.
        for trial in trials:
            trial.cancel()
        await asyncio.gather(*trials, return_exceptions=True)
        await many.close(0)
        raise
    return many


async def _tried(switch: Inbound) -> Exception | None:
    """Connects; gives why that has failed, if it is tried again."""
    try:
        await switch.open()
    except (AuthenticationError, AccessDenied):
        raise
    except (OSError, TimeoutError) as error:
        if not switch.open_later(error):
            raise
        return error
    return None


def connect_all(
    switches: Mapping[str, Address],
    *,
    password: str = "ClueCon",
    user: str | None = None,
    ssl: tls.SSLContext | None = None,
    format: Format = "plain",
    timeout: float | None = 10.0,
    command_timeout: float | None = 60.0,
    reconnect: Reconnect | bool = True,
    heartbeat: float | None = None,
    observer: Observer | None = None,
) -> Opening[Many]:
    """Connects to several switches at once: `async with connect_all({"east": "10.0.0.1:8021", "west": "10.0.0.2"}) as
    all:`, or `all = await connect_all(...)` and `await all.close()`.

    Each name maps to an address, `"host:port"` or `"host"`, or to the arguments of `connect` that are specific to this
    switch, such as `{"host": "10.0.0.2", "password": "..."}`. The other arguments are those of `connect`, and apply to
    all.

    Waits until each is connected, logged in and subscribed, or has failed. An unreachable switch is retried like a lost
    one (see `is_open` and `wait_open`), unless `reconnect` is False. Raises `AuthenticationError` or `AccessDenied` if
    one of them refuses this program, and the first switch's exception if none can be reached; then all are closed."""
    options = {
        "password": password,
        "user": user,
        "ssl": ssl,
        "format": format,
        "timeout": timeout,
        "command_timeout": command_timeout,
        "reconnect": reconnect,
        "heartbeat": heartbeat,
        "observer": observer,
    }
    return Opening(partial(_open, switches, options))
