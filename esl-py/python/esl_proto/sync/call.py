"""A channel of the server, controlled over an inbound connection."""

from __future__ import annotations

import contextlib

from .._native import ApiResponse, App, Command, Event
from .._shared.driven import ENDS, DrivenCall, described, ended_by
from .._shared.errors import NoSuchChannel, unless_absent
from .._shared.surface import Answer, Timeout, checked
from .._shared.reader import deadline_of, left
from .._shared.verbs import HasUuid, digits_of
from .stream import Stream

__all__ = ["Call"]


class Call(DrivenCall[Event, str | None, Stream[Event]]):
    __doc__ = DrivenCall.__doc__

    def _digits(self, app: App, variable: str) -> str | None:
        return digits_of(self._app(app), variable)

    def getvar(self, name: str, *, timeout: Timeout = ...) -> str | None:
        """The value of a channel variable; `None` if it is not set, or there is no channel."""
        with unless_absent():
            value: str | None = self._socket.variable(self.uuid, name, timeout)
            return value
        return None

    def exists(self, *, timeout: Timeout = ...) -> bool:
        """Whether the channel is there."""
        answer: Answer = self._socket.ask(Command.uuid_exists(self.uuid), timeout)
        return isinstance(answer, ApiResponse) and answer.exists is True

    def dump(self, *, timeout: Timeout = ...) -> Event:
        """What the server knows of the channel now: its states, the caller, the variables, read like those of an event.
        Raises `NoSuchChannel`."""
        return described(checked(self._socket.ask(command := Command.uuid_dump(self.uuid), timeout), command))

    def hangup(self, cause: str | int | None = None, *, timeout: Timeout = ...) -> None:
        """Ends the call. One that has ended already is no error."""
        with contextlib.suppress(NoSuchChannel):
            self._socket.hangup(cause, uuid=self.uuid, timeout=timeout)

    def bridge_to(self, other: HasUuid, *, timeout: Timeout = ...) -> None:
        """Connects the channel with another one, whatever both do now. Raises `NoSuchChannel`."""
        self._socket.bridge_of(self.uuid, other.uuid, timeout)

    def hung_up(self, timeout: float | None = None) -> str | None:
        """Waits until the channel has ended, and gives the hangup cause, if the server has told it. Raises `TimeoutError`, and
        `ConnectionClosed` at the end of the connection."""
        deadline = deadline_of(timeout)
        with self.events(*ENDS) as events:
            events.ready(left(deadline))
            if not self.exists(timeout=left(deadline)):
                return None
            return ended_by(events.get(left(deadline)))
