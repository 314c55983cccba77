"""A channel of the server, controlled over an inbound connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from .._native import ApiResponse, App, Command, Event
from .._shared.driven import ENDS, DrivenCall, described, ended_by
from .._shared.errors import ChannelEnded, NoSuchChannel, closed, unless_absent
from .._shared.surface import Answer, Timeout, checked
from .._shared.verbs import HasUuid, digits_of
from .stream import Stream

__all__ = ["Call"]


@contextlib.asynccontextmanager
async def while_up(hung_up: Callable[[], Coroutine[Any, Any, str | None]]) -> AsyncGenerator[None]:
    """Cancels what is done inside when a call hangs up, and raises `ChannelEnded`."""
    loop, scope = asyncio.get_running_loop(), asyncio.timeout(None)
    watcher = loop.create_task(hung_up())

    def ended(_: object) -> None:
        if not watcher.cancelled():
            scope.reschedule(loop.time())

    try:
        async with scope:
            watcher.add_done_callback(ended)
            yield
    except TimeoutError:
        if not scope.expired():
            raise
        cause = watcher.result()
        raise ChannelEnded(cause=cause) from None
    finally:
        watcher.remove_done_callback(ended)
        if not watcher.cancel() and not watcher.cancelled():
            watcher.exception()  # Mark as retrieved.


class Call(DrivenCall[Coroutine[Any, Any, Event], Coroutine[Any, Any, str | None], Stream[Event]]):
    __doc__ = DrivenCall.__doc__

    async def _digits(self, app: App, variable: str) -> str | None:
        return digits_of(await self._app(app), variable)

    async def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or there is no channel."""
        with unless_absent():
            value: str | None = await self._socket.variable(self.uuid, name, timeout)
            return value
        return None

    async def exists(self, *, timeout: Timeout = ...) -> bool:
        """Whether the channel is there."""
        answer: Answer = await self._socket.ask(Command.uuid_exists(self.uuid), timeout)
        return isinstance(answer, ApiResponse) and answer.exists is True

    async def dump(self, *, timeout: Timeout = ...) -> Event:
        """What the server knows of the channel now: its states, the caller, the variables, read like those of an event.
        Raises `NoSuchChannel`."""
        return described(checked(await self._socket.ask(command := Command.uuid_dump(self.uuid), timeout), command))

    async def hangup(self, cause: str | int | None = None, *, timeout: Timeout = ...) -> None:
        """Ends the call. One that has ended already is no error."""
        with contextlib.suppress(NoSuchChannel):
            await self._socket.hangup(cause, uuid=self.uuid, timeout=timeout)

    async def bridge_to(self, other: HasUuid, *, timeout: Timeout = ...) -> None:
        """Connects the channel with another one, whatever both do now. Raises `NoSuchChannel`."""
        await self._socket.bridge_of(self.uuid, other.uuid, timeout)

    async def hung_up(self, timeout: float | None = None) -> str | None:
        """Waits until the channel has ended, and gives the hangup cause, if the server has told it. Raises `TimeoutError`, and
        `ConnectionClosed` at the end of the connection."""
        async with asyncio.timeout(timeout):
            async with self.events(*ENDS) as events:
                await events
                if not await self.exists():
                    return None
                async for event in events:
                    return ended_by(event)
        raise closed("closed")

    def while_up(self) -> contextlib.AbstractAsyncContextManager[None]:
        """`async with call.while_up():` cancels what is done inside when the channel ends, and raises `ChannelEnded`."""
        return while_up(self.hung_up)
