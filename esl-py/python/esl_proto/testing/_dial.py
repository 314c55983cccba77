"""Calls that a switch makes to somebody, and the connection of two."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from esl_proto.names import HangupCause

if TYPE_CHECKING:
    from .call import Call
    from .switch import Switch

__all__ = ["bridge", "dial", "pair"]

_BLOCKS = r"(?:(?:\{[^}]*\}|\[[^]]*\]|<[^>]*>) *)*"
_LEG = re.compile(rf"({_BLOCKS})([^,|\s]+)")
_BLOCK = re.compile(r"[{\[<]([^}\]>]*)[}\]>]")


async def dial(switch: Switch, line: str, *, caller: str = "0000000000", originator: Call | None = None) -> Call:
    """Calls one after the other of `{a=b}user/1000,user/1001|user/1002`, and gives the first that answers, or the last,
    which is then over."""
    common, rest = _common(line)
    legs = [({**common, **_variables(found[1])}, found[2]) for found in _LEG.finditer(rest)]
    given, endpoint = legs.pop() if legs else (common, line)
    for other_given, other in legs:
        call = await _ring(switch, other, other_given, caller, originator)
        if call.cause is None:
            return call
    return await _ring(switch, endpoint, given, caller, originator)


def _common(line: str) -> tuple[dict[str, str], str]:
    """The variables for all legs, and the legs."""
    found = re.match(r"(?:(?:\{[^}]*\}|<[^>]*>) *)+", line)
    return (_variables(found[0]), line[found.end() :]) if found else ({}, line)


def _variables(text: str) -> dict[str, str]:
    """`{a=b,c=d}[e=f]`, and with another separator `{^^;a=b;c=d}`."""
    found: dict[str, str] = {}
    for block in _BLOCK.findall(text):
        separator, rest = (block[2], block[3:]) if block.startswith("^^") else (",", block)
        found.update((name, value) for name, _, value in (pair.partition("=") for pair in rest.split(separator)))
    return found


async def _ring(switch: Switch, endpoint: str, given: Mapping[str, Any], caller: str, originator: Call | None) -> Call:
    """Calls somebody, who answers unless `Switch.refusals` says otherwise."""
    call = switch.add_call(
        endpoint,
        uuid=given.get("origination_uuid"),
        caller=given.get("origination_caller_id_number", caller),
        direction="outbound",
        variables=given,
        originator=originator,
    )
    for name in ("CHANNEL_OUTGOING", "CHANNEL_CREATE", "CHANNEL_ORIGINATE"):
        call.fire(name)
    refusal = endpoint.partition("/")[2] if endpoint.startswith("error/") else switch.refusals.get(endpoint)
    call.ring()
    if switch.ringing:
        await _let_ring(call, switch.ringing, given)
    if refusal is None and call.cause is None:
        call.answer()
    else:
        call.hangup(refusal or "NORMAL_CLEARING")
    return call


async def _let_ring(call: Call, seconds: float, given: Mapping[str, Any]) -> None:
    """Lets a call ring, as long as the caller has patience."""
    limits = (given.get(name, "") for name in ("originate_timeout", "call_timeout", "leg_timeout"))
    patience = min((float(limit) for limit in limits if limit.isdecimal()), default=seconds)
    try:
        await asyncio.wait_for(call.hung_up(), min(seconds, patience))
    except TimeoutError:
        if patience < seconds:
            call.hangup("NO_ANSWER")
    except asyncio.CancelledError:
        # The caller has hung up.
        call.hangup("ORIGINATOR_CANCEL")
        raise


async def bridge(switch: Switch, call: Call, line: str) -> None:
    """Calls somebody for a call, and connects the two until one of them ends. Then the caller goes on, unless
    `hangup_after_bridge` is true."""
    other = await dial(switch, line, caller=call.caller, originator=call)
    disposition = other.cause or "SUCCESS"
    call.set_variable("originate_disposition", disposition)
    call.set_variable("DIALSTATUS", disposition)
    if other.cause is not None:
        call.set_variable("originate_failed_cause", other.cause)
        if not _goes_on(call, other.cause):
            call.hangup(other.cause)
        return
    call.answer()
    await _connect(switch, call, other)
    if call.variable("hangup_after_bridge") == "true":
        call.hangup(other.cause or "NORMAL_CLEARING")


async def pair(switch: Switch, one: Call, other: Call) -> None:
    """Connects two calls, until one of them ends; then the other does."""
    await _connect(switch, one, other)
    one.hangup(other.cause or "NORMAL_CLEARING")


def _goes_on(call: Call, cause: str) -> bool:
    """Whether a call goes on although nobody has answered: by `continue_on_fail`, or if nobody was there."""
    wanted = call.variable("continue_on_fail")
    if not wanted:
        return cause in ("NO_ANSWER", "NO_USER_RESPONSE", "ORIGINATOR_CANCEL")
    known = HangupCause.__members__.get(cause)
    names = {"true", cause.lower(), str(known.code) if known is not None else ""}
    return not names.isdisjoint(wanted.lower().split(","))


async def _connect(switch: Switch, one: Call, other: Call) -> None:
    """Connects two calls, until one of them ends; with the first, the second does."""
    one.join(other, "originatee")
    other.join(one, "originator")
    uuids = [("Bridge-A-Unique-ID", one.uuid), ("Bridge-B-Unique-ID", other.uuid)]
    switch.fire("CHANNEL_BRIDGE", [*uuids, *one.headers()])
    for leg, peer in ((one, other), (other, one)):
        for name, value in (("last_bridge_to", peer.uuid), ("bridge_channel", peer.name), ("bridge_uuid", peer.uuid)):
            leg.set_variable(name, value)
    ends = [asyncio.ensure_future(leg.hung_up()) for leg in (one, other)]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()
        other.set_variable("call_uuid", other.uuid)
        for name in ("last_bridge_hangup_cause", "bridge_hangup_cause"):
            one.set_variable(name, other.cause or "NORMAL_CLEARING")
        switch.fire("CHANNEL_UNBRIDGE", [*uuids, *one.headers()])
        other.hangup()
