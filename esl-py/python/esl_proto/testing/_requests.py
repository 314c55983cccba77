"""What a listener asks, and what its switch says."""

from __future__ import annotations

import hmac
import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from . import _api
from ._events import new_uuid

if TYPE_CHECKING:
    from esl_proto import HostRequest

    from .link import Link
    from .switch import Switch

__all__ = ["answer"]


def answer(switch: Switch, link: Link, request: HostRequest) -> Awaitable[None] | None:
    """Answers a question now, or gives what will."""
    return _ANSWERS[request.kind](switch, link, request)


def _password(switch: Switch, link: Link, request: HostRequest) -> None:
    if _is_same(request.password_bytes, switch.password):
        link.server.accept()
    else:
        link.server.refuse()


def _user(switch: Switch, link: Link, request: HostRequest) -> None:
    user = switch.users.get(f"{request.user}@{request.domain}")
    if user is not None and _is_same(request.password_bytes, user.password):
        link.server.accept(allowed_events=user.events, allowed_api=user.api, allowed_log=user.log)
    else:
        link.server.refuse()


def _is_same(given: bytes | None, password: str) -> bool:
    return hmac.compare_digest(given or b"", password.encode())


def _command(request: HostRequest) -> tuple[str, str]:
    command, argument = request.command or "", request.argument or ""
    # As on the console, the whole line is the command.
    return (command, argument) if not request.console else (command.partition(" ")[0], command.partition(" ")[2])


def _api_command(switch: Switch, link: Link, request: HostRequest) -> Awaitable[None] | None:
    return _then(switch, lambda: _api.run(switch, *_command(request)), link.server.output)


def _job(switch: Switch, link: Link, request: HostRequest) -> None:
    job = request.job_uuid or new_uuid()
    command, argument = _command(request)
    about = {"Job-UUID": job, "Job-Command": command, "Job-Command-Arg": argument}
    if link.call is not None:
        about["Job-Owner-UUID"] = link.call.uuid
    link.server.job(job)

    def done(output: str | bytes) -> None:
        switch.fire("BACKGROUND_JOB", about, output)

    running = _then(switch, lambda: _api.run(switch, command, argument), done)
    if running is not None:
        switch.begin(running)


def _then(switch: Switch, run: Callable[[], Any], use: Callable[[str | bytes], object]) -> Awaitable[None] | None:
    """Runs a script and uses what it says, at once if it can be."""
    output = switch.try_to(run)
    if not inspect.isawaitable(output):
        use(_as_output(output))
        return None

    async def later() -> None:
        use(_as_output(await switch.guard(output)))

    return later()


def _as_output(output: object) -> str | bytes:
    if isinstance(output, str | bytes):
        return output
    return "" if output is None else str(output)


def _sendmsg(switch: Switch, link: Link, request: HostRequest) -> Awaitable[None] | None:
    call = link.call if request.uuid is None else switch.find(request.uuid)
    if call is None:
        link.server.no_such_channel(request.uuid or "")
        return None
    if request.call == "hangup":
        # The reply comes before what follows from it.
        link.server.ok()
        call.hangup(request.cause or "NORMAL_CLEARING")
        return None
    done = None
    if request.call == "execute":
        loops = next((value for name, value in request.headers if name.lower() == "loops"), "1")
        done = call.order(
            request.app or "", request.arg or "", request.event_uuid, int(loops) if loops.isdecimal() else 1, wait=request.wait
        )
    if done is None:
        link.server.ok()
        return None
    waiting = done

    async def later() -> None:
        await waiting
        link.server.ok()

    return later()


def _sendevent(switch: Switch, link: Link, request: HostRequest) -> None:
    uuid = new_uuid()
    link.server.fired(uuid)
    headers = [(name, value) for name, value in request.headers if name.lower() != "event-subclass"]
    subclass = next((value for name, value in request.headers if name.lower() == "event-subclass"), None)
    line = request.raw.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "surrogateescape")
    headers = [("Command", line), *headers, ("Event-UUID", uuid)]
    diverts = switch.find(next((value for name, value in request.headers if name.lower() == "unique-id"), None))
    switch.fire_sent(request.name or "CUSTOM", subclass, headers, request.body, diverts)


def _connect(switch: Switch, link: Link, request: HostRequest) -> None:
    link.server.channel(switch.event("CHANNEL_DATA", link.call.headers() if link.call is not None else []))


def _getvar(switch: Switch, link: Link, request: HostRequest) -> None:
    link.server.value(link.call.variable(request.name or "") if link.call is not None else "")


def _myevents(switch: Switch, link: Link, request: HostRequest) -> None:
    call = switch.find(request.uuid)
    if call is None:
        link.server.no_such_channel(request.uuid or "")
    else:
        link.control(call)
        link.server.control(call.uuid)


_ANSWERS: dict[str, Callable[[Switch, Link, HostRequest], Awaitable[None] | None]] = {
    "api": _api_command,
    "bgapi": _job,
    "connect": _connect,
    "getvar": _getvar,
    "myevents": _myevents,
    "password": _password,
    "sendevent": _sendevent,
    "sendmsg": _sendmsg,
    "user": _user,
}
