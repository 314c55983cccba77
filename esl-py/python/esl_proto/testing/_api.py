"""The API commands that a switch knows without being told, with FreeSWITCH's own answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _dial
from ._events import HOSTNAME, new_uuid
from ._scripts import look_up, play

if TYPE_CHECKING:
    from .call import Call
    from .switch import Switch

__all__ = ["run"]

_NO_SUCH_CHANNEL = "-ERR No such channel!\n"
_ORDER = re.compile(r"'?((?:(?:\{[^}]*\}|\[[^]]*\]|<[^>]*>) *|[^ '])+)'? +(?:&(\w+)(?:\((.*)\))?|(\S+))(?: .*)?")
_USAGE = "-USAGE: <call url> <exten>|&<application_name>(<app_args>)\n"


def run(switch: Switch, command: str, argument: str) -> Any:
    """What a command puts out, or an awaitable of it."""
    script = look_up(switch.api, f"{command} {argument}".rstrip(" "))
    if script is not None:
        return play(script[1], script[0])
    name = command.lower()
    if name in _PLAIN:
        return _PLAIN[name](switch, argument)
    if name in _ON_CALL:
        uuid, _, rest = argument.partition(" ")
        call = switch.find(uuid)
        return _NO_SUCH_CHANNEL if call is None else _ON_CALL[name](call, rest)
    return f"-ERR {command} Command not found!\n"


def _status(switch: Switch, argument: str) -> str:
    return (
        "UP 0 years, 0 days, 0 hours, 0 minutes, 1 second, 0 milliseconds, 0 microseconds\n"
        "FreeSWITCH (Version 1.11.3-simulated  64bit) is ready\n"
        f"{switch.calls_so_far} session(s) since startup\n{len(switch.calls)} session(s)\n"
    )


def _show(switch: Switch, argument: str) -> str:
    rows = [_row(call) for call in switch.calls]
    if argument.endswith("as json"):
        return json.dumps({"row_count": len(rows), **({"rows": rows} if rows else {})})
    if argument.endswith("count") or not rows:
        return f"\n{len(rows)} total.\n"
    lines = (",".join(row.values()) for row in rows)
    return "\n".join((",".join(rows[0]), *lines, "", f"{len(rows)} total.\n"))


def _row(call: Call) -> dict[str, str]:
    return {
        "uuid": call.uuid,
        "direction": call.direction,
        "name": call.name,
        "cid_num": call.caller,
        "dest": call.destination,
        "callstate": call.state,
    }


def _exists(switch: Switch, argument: str) -> str:
    return "false" if switch.find(argument) is None else "true"


async def _msleep(switch: Switch, argument: str) -> str:
    await asyncio.sleep(int(argument) / 1000 if argument.isdecimal() else 0)
    return "+OK\n"


def _hupall(switch: Switch, argument: str) -> str:
    cause = argument or "MANAGER_REQUEST"
    for call in switch.calls:
        call.hangup(cause)
    return f"+OK hangup all channels with cause {cause}\n"


async def _originate(switch: Switch, argument: str) -> str:
    """Calls somebody, who answers unless `Switch.refusals` says otherwise."""
    order = _ORDER.fullmatch(argument)
    if order is None:
        return _USAGE
    line, app, arg, extension = order.groups()
    call = await _dial.dial(switch, line)
    if call.cause is not None:
        return f"-ERR {call.cause}\n"
    call.follow(switch.dialplan.get(extension, [("park", "")]) if extension else [(app, arg or "")])
    return f"+OK {call.uuid}\n"


def _uuid_bridge(switch: Switch, argument: str) -> str:
    one, other = (switch.find(uuid) for uuid in f"{argument} ".split(" ")[:2])
    if one is None or other is None or one is other:
        return "-ERR Invalid uuid\n"
    switch.begin(_dial.pair(switch, one, other))
    return f"+OK {other.uuid}\n"


def _kill(call: Call, rest: str) -> str:
    call.hangup(rest or "NORMAL_CLEARING")
    return "+OK\n"


def _answer(call: Call, rest: str) -> str:
    call.answer()
    return "+OK\n"


def _setvar(call: Call, rest: str) -> str:
    name, _, value = rest.partition(" ")
    call.set_variable(name, value)
    return "+OK\n"


def _getvar(call: Call, rest: str) -> str:
    return call.variable(rest) or "_undef_"


def _broadcast(call: Call, rest: str) -> str:
    what = rest.rpartition(" ")[0] if rest.endswith((" aleg", " bleg", " both")) else rest
    app, found, arg = what.partition("::")
    call.execute(*((app, arg) if found else ("playback", what)))
    return "+OK Message sent\n"


def _press(call: Call, rest: str) -> str:
    call.press(rest.partition("@")[0])
    return "+OK\n"


_PLAIN: dict[str, Callable[[Switch, str], Any]] = {
    "create_uuid": lambda switch, argument: new_uuid(),
    "echo": lambda switch, argument: argument,
    "eval": lambda switch, argument: argument,
    "hostname": lambda switch, argument: HOSTNAME,
    "hupall": _hupall,
    "msleep": _msleep,
    "originate": _originate,
    "show": _show,
    "status": _status,
    "switchname": lambda switch, argument: HOSTNAME,
    "uuid_bridge": _uuid_bridge,
    "uuid_exists": _exists,
    "version": lambda switch, argument: "FreeSWITCH Version 1.11.3-simulated (simulated 64bit)\n",
}

_ON_CALL: dict[str, Callable[[Call, str], str]] = {
    "uuid_answer": _answer,
    "uuid_broadcast": _broadcast,
    "uuid_getvar": _getvar,
    "uuid_kill": _kill,
    "uuid_recv_dtmf": _press,
    "uuid_send_dtmf": _press,
    "uuid_setvar": _setvar,
}
