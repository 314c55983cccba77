"""One call that FreeSWITCH has sent to this program."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from .._native import App, Command, Event
from .._shared.errors import ChannelEnded, ConnectionClosed, EventSocketError, is_quiet
from .._shared.call import Call
from .._shared.observing import address_of
from .._shared.surface import Timeout
from .._shared.verbs import HasUuid, Verbs, digits_of
from ..errors import LocalProtocolError
from ..types import Text
from .call import while_up
from .link import Link
from .socket import Events, EventsAndGaps, EventSocket, LogLines, Nothing, Reply

__all__ = ["Session"]


class Session(
    Call[Reply, Nothing, Events, EventsAndGaps, LogLines],
    EventSocket,
    Verbs[Coroutine[Any, Any, Event], Coroutine[Any, Any, "str | None"]],
):
    """A call, controlled like the script of an IVR: `await call.answer()`, `await call.playback("welcome.wav")`.

    Each application is awaited until it has ended, in `async` mode and in `sync` mode alike. A session has all methods
    of `EventSocket`, too; unless the dialplan says `full`, most of them are refused (`LocalProtocolError`)."""

    _watchers: list[asyncio.Future[None]]

    def link(self, made: Callable[[Link], None]) -> Link:
        """The end of the connection that is coming in; `made` is called when it is there."""
        self._made = made
        self._watchers = []
        return Link(self, read_size=16384)

    def link_made(self, link: Link) -> None:
        self._link = link
        if link.transport is not None:
            self._peer = address_of(link.transport.get_extra_info("peername"), "client")
        self._session.connect_outbound()
        self._made(link)

    async def open(self, linger: int | None) -> None:
        """The handshake: `connect`, `myevents` and, if it may be said, `linger`. `serve` does it."""
        async with asyncio.timeout(self._timeout):
            self._connected(await self.send(Command.connect()))
            await self._await(self.standing(), None)
            if linger is not None and self.full_control:
                await self.linger(linger)

    def _lost(self) -> None:
        end = self._reason()
        self._finish_locked(None if self._closing or is_quiet(end) else end)
        self._tell_watchers()

    async def execute(self, app: str, arg: Text = "", *, timeout: float | None = None) -> Event:
        """Runs any application of the dialplan. A `timeout` in seconds ends only the wait, not the application."""
        if self._session.is_lingering:
            raise ChannelEnded(self._end)
        return await self.execute_on(None, app, arg, timeout)

    async def _app(self, app: App) -> Event:
        if app.needs_resume:
            await self.resume()
        try:
            return await self.execute(app.name, app.argument)
        except (ChannelEnded, ConnectionClosed) as error:
            if self._has_left(app, error):
                return self.channel
            raise

    async def _digits(self, app: App, variable: str) -> str | None:
        return digits_of(await self._app(app), variable)

    async def hung_up(self, timeout: float | None = None) -> str | None:
        """Waits until the channel has ended or left this connection, and returns the hangup cause, if it is known.
        Raises `TimeoutError`."""
        async with asyncio.timeout(timeout):
            while not self.has_ended:
                self._watchers.append(waiter := self._loop.create_future())
                await waiter
        return self.cause

    def while_up(self) -> contextlib.AbstractAsyncContextManager[None]:
        """`async with call.while_up():` cancels what is done inside when the channel ends or leaves this connection, and raises
        `ChannelEnded`: for a handler that is busy elsewhere, with a database or a web server."""
        return while_up(self.hung_up)

    def _tell_watchers(self) -> None:
        watchers, self._watchers = self._watchers, []
        for waiter in watchers:
            if not waiter.done():
                waiter.set_result(None)

    def _hung_up(self, event: Event) -> None:
        super()._hung_up(event)
        self._tell_watchers()

    def _note(self, slot: int, what: str, value: Any) -> None:
        super()._note(slot, what, value)
        if what == "lingering":
            self._tell_watchers()

    async def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or empty.

        With full control it is read with `api uuid_getvar`, and every value arrives whole. Without full control, and
        once the channel has hung up, only `getvar` is available: `BrokenReply` is raised for a value that begins with
        `~`, contains a blank line or has more than 510 bytes, and line ends at the end of a value are lost. Meanwhile,
        other commands wait."""
        return await self.variable(None, name, timeout)

    async def bridge_to(self, other: HasUuid, *, timeout: Timeout = ...) -> None:
        """Connects the channel with another one, whatever both do now: the session goes on. Needs `full`. Raises `NoSuchChannel`."""
        await self.bridge_of(self.uuid, other.uuid, timeout)

    async def fail(self, cause: str) -> None:
        """Ends the call after a failure in this program."""
        with contextlib.suppress(EventSocketError, LocalProtocolError):
            self._send(Command.hangup(cause))

    def refuse(self, link: Link, cause: str) -> None:
        """Ends a call that is not taken, whatever has been said: the server would keep it for ever."""
        self._closing = True
        link.write(bytes(Command.hangup(cause)))
        link.close()
