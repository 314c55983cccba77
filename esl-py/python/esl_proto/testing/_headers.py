"""What the events of a channel say of it: FreeSWITCH's headers, in its order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from esl_proto.names import HangupCause

from ._events import pairs

if TYPE_CHECKING:
    from .call import Call

__all__ = ["account", "describe"]

_STATES = {"CS_EXECUTE": 4, "CS_EXCHANGE_MEDIA": 5, "CS_CONSUME_MEDIA": 7, "CS_HANGUP": 10}


def describe(call: Call) -> list[tuple[str, str | list[str]]]:
    """What every event of this channel says of it."""
    state = _state(call)
    about: list[tuple[str, str | list[str]]] = [
        ("Channel-State", state),
        ("Channel-Call-State", call.state),
        ("Channel-State-Number", str(_STATES[state])),
        ("Channel-Name", call.name),
        ("Unique-ID", call.uuid),
        ("Call-Direction", call.direction),
        ("Presence-Call-Direction", call.direction),
        ("Channel-HIT-Dialplan", str(call.direction == "inbound").lower()),
        ("Channel-Call-UUID", call.variable("call_uuid")),
        ("Answer-State", "hangup" if call.cause else "answered" if call.times["Answered"] else "ringing"),
        ("Hangup-Cause", call.cause or ""),
        *((f"Channel-{way}-Codec-{what}", value) for way in ("Read", "Write") for what, value in _CODEC),
        *_profile("Caller", call),
    ]
    if call.other is not None:
        about += [("Other-Type", call.other_type), *_profile("Other-Leg", call.other)]
    return pairs([*about, *((f"variable_{name}", value) for name, value in call.variables.items())])


_CODEC = [("Name", "PCMU"), ("Rate", "8000"), ("Bit-Rate", "64000")]


def _state(call: Call) -> str:
    if call.cause is not None:
        return "CS_HANGUP"
    if call.direction == "inbound":
        return "CS_EXECUTE"
    if call.other_type == "originator":
        return "CS_EXCHANGE_MEDIA" if call.times["Bridged"] else "CS_CONSUME_MEDIA"
    return "CS_EXECUTE" if call.times["Answered"] else "CS_CONSUME_MEDIA"


def _profile(prefix: str, call: Call) -> list[tuple[str, str]]:
    """Who calls whom, and when what happened."""
    is_outbound = call.direction == "outbound"
    about = [
        ("Direction", call.direction),
        ("Logical-Direction", call.direction),
        ("Username", call.caller),
        ("Dialplan", "XML"),
        ("Caller-ID-Name", call.caller_name),
        ("Caller-ID-Number", call.caller),
        ("Orig-Caller-ID-Name", call.caller_name),
        ("Orig-Caller-ID-Number", call.caller),
        ("Callee-ID-Name", "Outbound Call" if is_outbound else ""),
        ("Callee-ID-Number", call.destination if is_outbound else ""),
        ("ANI", call.caller),
        ("Destination-Number", call.destination),
        ("Unique-ID", call.uuid),
        ("Source", "src/switch_ivr_originate.c" if is_outbound else "mod_sofia"),
        ("Context", "default"),
        ("Channel-Name", call.name),
        ("Profile-Index", "1" if prefix == "Caller" else ""),
        ("Profile-Created-Time", _micros(call.times["Created"])),
        *((f"Channel-{name}-Time", _micros(when)) for name, when in call.times.items()),
        ("Channel-Last-Hold", "0"),
        ("Channel-Hold-Accum", "0"),
        ("Screen-Bit", "true"),
        ("Privacy-Hide-Name", "false"),
        ("Privacy-Hide-Number", "false"),
    ]
    return [(f"{prefix}-{name}", value) for name, value in about]


def _micros(seconds: float) -> str:
    return str(int(seconds * 1_000_000))


def account(call: Call) -> None:
    """Sets the variables that say how long the call was, when it is over."""
    cause = HangupCause.__members__.get(call.cause or "", HangupCause.NORMAL_CLEARING)
    last_app, last_arg = call.executed[-1] if call.executed else ("", "")
    end = call.times["Hangup"]
    moments = {"start": "Created", "progress": "Progress", "answer": "Answered", "bridge": "Bridged", "end": "Hangup"}
    said: dict[str, str] = {"hangup_cause_q850": str(cause.code)}
    for name, moment in moments.items():
        when = call.times[moment]
        if when:
            said[f"{name}_stamp"] = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when))
        said |= {f"{name}_epoch": str(int(when)), f"{name}_uepoch": _micros(when)}
    said |= {"last_app": last_app, "last_arg": last_arg, "caller_id": f'"{call.caller_name}" <{call.caller}>'}
    for unit, began in (("duration", call.times["Created"]), ("billsec", call.times["Answered"])):
        stem = unit.removesuffix("sec")
        # Whole seconds of the clock, from the one to the other.
        said[unit] = str(int(end) - int(began or end))
        for letter, factor in (("m", 1000), ("u", 1_000_000)):
            name = f"{letter}duration" if stem == unit else f"{stem}{letter}sec"
            said[name] = str(int((end - (began or end)) * factor))
    for name, value in said.items():
        call.set_variable(name, value)
