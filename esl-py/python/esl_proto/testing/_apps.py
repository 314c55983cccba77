"""The applications that a simulated channel can execute."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from . import _dial
from ._scripts import look_up, play

if TYPE_CHECKING:
    from .call import Call
    from .switch import Switch

__all__ = ["run"]

_NONE = "_none_"
"""What FreeSWITCH says of an application that says nothing."""


async def run(switch: Switch, call: Call, app: str, arg: str) -> str | None:
    """Executes an application and says what came of it. `None` if there is no such application."""
    script = look_up(switch.apps, app)
    if script is not None:
        answer = switch.try_to(lambda: play(script[1], call, arg))
        if inspect.isawaitable(answer):
            answer = await switch.guard(answer)
        return str(answer) if answer else _NONE
    if app in _SILENT:
        return _NONE
    known = _KNOWN.get(app)
    return None if known is None else await known(switch, call, arg)


async def _answer(switch: Switch, call: Call, arg: str) -> str:
    call.answer()
    return _NONE


async def _hangup(switch: Switch, call: Call, arg: str) -> str:
    call.hangup(arg or "NORMAL_CLEARING")
    return _NONE


async def _set(switch: Switch, call: Call, arg: str) -> str:
    name, _, value = arg.partition("=")
    call.set_variable(name, value)
    return _NONE


async def _unset(switch: Switch, call: Call, arg: str) -> str:
    call.set_variable(arg, "")
    return _NONE


async def _sleep(switch: Switch, call: Call, arg: str) -> str:
    await asyncio.sleep(int(arg) / 1000 if arg.isdecimal() else 0)
    return _NONE


async def _playback(switch: Switch, call: Call, arg: str) -> str:
    call.fire("PLAYBACK_START", {"Playback-File-Path": arg})
    try:
        await asyncio.sleep(switch.moment)
    except asyncio.CancelledError:
        call.fire("PLAYBACK_STOP", {"Playback-File-Path": arg, "Playback-Status": "break"})
        raise
    call.fire("PLAYBACK_STOP", {"Playback-File-Path": arg, "Playback-Status": "done"})
    return "FILE PLAYED"


async def _park(switch: Switch, call: Call, arg: str) -> str:
    call.fire("CHANNEL_PARK")
    try:
        await call.obey()
    finally:
        call.fire("CHANNEL_UNPARK")
    return _NONE


async def _play_and_get_digits(switch: Switch, call: Call, arg: str) -> str:
    """`min max tries timeout terminators file invalid_file variable`: what is pressed comes into the variable."""
    words = [*arg.split(" "), *[""] * 8]
    least, most, tries, patience = (int(word) if word.isdecimal() else 1 for word in words[:4])
    for _ in range(min(tries, 128)):
        keys = await call.keys(most, words[4], patience / 1000)
        if len(keys) >= least:
            call.set_variable(words[7], keys)
            return "success"
    return "failure"


async def _read(switch: Switch, call: Call, arg: str) -> str:
    """`min max file variable timeout terminators`: what is pressed comes into the variable."""
    words = [*arg.split(" "), *[""] * 6]
    patience = int(words[4]) / 1000 if words[4].isdecimal() else 1.0
    keys = await call.keys(int(words[1]) if words[1].isdecimal() else 128, words[5] or "#", patience)
    call.set_variable(words[3], keys)
    return _NONE


async def _bridge(switch: Switch, call: Call, arg: str) -> str:
    await _dial.bridge(switch, call, arg)
    return _NONE


async def _socket(switch: Switch, call: Call, arg: str) -> str:
    """`host:port [async] [full]`: the call goes to a program."""
    address, *words = arg.split()
    try:
        link = await switch.connect(call, address, full="full" in words, is_async="async" in words)
    except OSError:
        return _NONE
    obeying = asyncio.create_task(call.obey())
    try:
        await asyncio.wait({obeying, link.closed}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        obeying.cancel()
    return _NONE


_App = Callable[["Switch", "Call", str], Awaitable[str]]

_SILENT = frozenset(
    ("deflect", "echo", "event", "info", "log", "pre_answer", "record_session", "ring_ready", "set_global")
    + ("start_dtmf", "stop_dtmf", "stop_record_session")
)
"""Applications that do nothing here but being executed."""

_KNOWN: dict[str, _App] = {
    "answer": _answer,
    "bridge": _bridge,
    "export": _set,
    "hangup": _hangup,
    "park": _park,
    "play_and_get_digits": _play_and_get_digits,
    "playback": _playback,
    "read": _read,
    "say": _playback,
    "set": _set,
    "sleep": _sleep,
    "socket": _socket,
    "speak": _playback,
    "unset": _unset,
}
