"""The value of a channel variable, read by `getvar`."""

from __future__ import annotations

from collections.abc import Callable

from .. import _native
from .._native import Command
from .surface import Answer, Slot, fail

__all__ = ["Reading"]


class Reading:
    """A `getvar`, and a command behind it whose answer shows where that to `getvar` ends. It is the slot of both.

    The server writes the value into its reply as it is, and whoever calls may have chosen it. One that begins with `~`
    takes the end of the reply along: the reply ends where the next frame begins, so that there must be one. One with a
    blank line ends the reply early, and the rest of it is a message without a place, or spells replies. So nothing else
    is sent until the answer to the command behind has come, which holds a word that nobody can foresee: then it is known
    what belongs to the value, and all later answers find their commands."""

    def __init__(self, name: str, slot: Slot, send: Callable[[bytes], object], over: Callable[[], None]) -> None:
        """`slot` gets the answer to `getvar`, and whether it is all that came of it. `send` sends bytes that are counted
        as no command, and `over` is called at the end."""
        self.command = Command.getvar(name)
        self._token = _native.new_uuid()
        self.behind = Command.raw(f"sendmsg {self._token}")
        """There is no such channel; the answer names it."""
        self._slot = slot
        self._send = send
        self._over = over
        self._answers: list[Answer] = []
        self._is_whole = True
        self._done = False

    def unexpected(self, message: _native.Frame) -> None:
        """A message without a place has come: part of the value, if it comes after the answer to `getvar`."""
        if self._answers:
            self._is_whole = False
            self._see(message)

    def _see(self, message: _native.Frame) -> None:
        if self._token.encode() not in message.raw:
            return
        if len(self._answers) > 1:
            self._finish()
        else:
            # The answer lies in a frame of the value's. The command counts as not answered: it is sent again.
            self._is_whole = False
            self._send(bytes(self.behind))

    def _finish(self) -> None:
        self._done = True
        if not self._slot.done():
            self._slot.set_result((self._answers[0], self._is_whole))
        self._over()

    # As a slot

    def done(self) -> bool:
        return self._done

    def set_result(self, answer: Answer, /) -> None:
        self._answers.append(answer)
        self._see(answer)
        if len(self._answers) > 1 and not self._done:
            self._is_whole = False  # The value has spelled this answer.

    def set_exception(self, error: Exception, /) -> None:
        if self._done:
            return
        if self._answers:
            self._finish()
            return
        self._done = True
        fail(self._slot, error)

    def exception(self) -> None:
        return None
