#!/usr/bin/env python3
"""A wallboard: the live calls of one or several switches on a web page.

    wallboard.py                                  http://127.0.0.1:8080/
    wallboard.py --listen 0.0.0.0:8080            for others, too: the log says with which token

The page docs/programs/wallboard.md says what it promises.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import json
import logging
import secrets
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import common
import uvicorn
from esl_proto import Event
from esl_proto.aio import ConnectionClosed, Gap, Inbound
from esl_proto.calls import Call, Calls
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

LOG = logging.getLogger("wallboard")
HERE = Path(__file__).parent
SHOWN = 1000
"""How many calls are sent to the page; it says how many more there are."""
QUEUES, CONFERENCES = "callcenter::info", "conference::maintenance"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Board:
    """What is known of one switch."""

    def __init__(self, switch: common.Switch) -> None:
        self.switch = switch
        self._calls = Calls(100_000)
        self._fs: Inbound | None = None
        self._listing: asyncio.Task[None] | None = None
        self._answered: set[str] = set()
        """The channels that have been answered and are not over."""
        self.ended: Counter[str] = Counter()
        """How many channels have ended, by cause,"""
        self.ended_answered = 0
        """and how many of them had been answered."""
        self.peak = self.seen = 0
        self.queues: dict[str, set[str]] = {}
        """Who waits in a queue of mod_callcenter,"""
        self.conferences: dict[str, int] = {}
        """and how many are in a conference."""
        self.gaps: deque[dict[str, Any]] = deque(maxlen=20)
        self.lost_since: float | None = time.time()
        self.heard = 0.0

    async def run(self) -> None:
        fs = await self.switch.open()
        # Gaps in what is shown mend themselves: the newest events count.
        stream = await fs.events(*Calls.EVENTS, subclasses=(*Calls.SUBCLASSES, QUEUES, CONFERENCES), maxsize=50_000, gaps=True)
        # It is ready once it hears what happens.
        self._fs, self.lost_since = fs, None
        self._list()
        dropped = 0
        async for item in stream:
            self.heard = time.time()
            if isinstance(item, Gap):
                self.gaps.append({"at": time.time(), "seconds": item.seconds, "reason": str(item.reason)})
                self._list()
            else:
                self._take(item)
            if stream.dropped != dropped:
                self.gaps.append({"at": time.time(), "seconds": 0, "reason": f"{stream.dropped - dropped} events came too fast"})
                dropped = stream.dropped
                self._list()

    def _list(self) -> None:
        if self._listing is None or self._listing.done():
            self._listing = asyncio.create_task(self._restore())

    async def _restore(self) -> None:
        assert self._fs is not None
        try:
            text = (await self._fs.api("show channels as json", timeout=30)).text
        except (ConnectionClosed, TimeoutError):
            return  # A gap follows, and the next list.
        for call in self._calls.restore(text):
            self._over(call, "unknown: it ended while nothing was heard")
        self._answered = {call.uuid for call in self._calls if call.answered or call.call_state == "ACTIVE"}
        self.queues.clear()
        self.conferences.clear()
        self.peak = max(self.peak, len(self._calls))

    def _take(self, event: Event) -> None:
        self.seen += 1
        if event.subclass == QUEUES:
            waiting = self.queues.setdefault(event.get_str("CC-Queue"), set())
            action, who = event.get_str("CC-Action"), event.get_str("CC-Member-UUID")
            if action == "member-queue-start":
                waiting.add(who)
            elif action in ("member-queue-end", "bridge-agent-start"):
                waiting.discard(who)
            return
        if event.subclass == CONFERENCES:
            name, size = event.get_str("Conference-Name"), event.get_str("Conference-Size")
            if size.isdecimal():
                self.conferences[name] = int(size)
            if event.get_str("Action") == "conference-destroy" or size == "0":
                self.conferences.pop(name, None)
            return
        change = self._calls.take(event)
        if change is None or change.call is None:
            return
        if change.kind == "ended":
            self._over(change.call, str(change.call.cause or "unknown"))
        elif change.call.answered or change.call.answer_state == "answered":
            self._answered.add(change.call.uuid)
        self.peak = max(self.peak, len(self._calls))

    def _over(self, call: Call, cause: str) -> None:
        self.ended[cause] += 1
        self.ended_answered += call.uuid in self._answered or call.answered is not None
        self._answered.discard(call.uuid)

    def state(self) -> dict[str, Any]:
        is_open = self._fs is not None and self._fs.is_open
        if is_open:
            self.lost_since = None
        elif self.lost_since is None:
            self.lost_since = time.time()
        calls = sorted(self._calls, key=lambda call: call.created.timestamp() if call.created else 0.0)
        return {
            "name": self.switch.name, "open": is_open, "lost_since": self.lost_since, "gaps": [*self.gaps], "now": len(calls), "peak": self.peak,
            "seen": self.seen, "ended": sum(self.ended.values()), "answered": self.ended_answered, "causes": self.ended.most_common(8),
            "queues": {name: len(who) for name, who in sorted(self.queues.items())}, "conferences": dict(sorted(self.conferences.items())),
            "calls": [_shown(self.switch.name, call, self._calls) for call in calls[:SHOWN]],
        }  # fmt: skip


def _shown(switch: str, call: Call, calls: Calls) -> dict[str, Any]:
    other = calls.get(call.other_leg) if call.other_leg else None
    began = call.answered or call.created
    return {
        "id": f"{switch} {call.uuid}", "switch": switch, "from": call.caller_number, "name": call.caller_name, "to": call.destination,
        "direction": str(call.direction or ""), "state": str(call.call_state or ""), "since": began.timestamp() if began else None,
        "with": "" if other is None else other.name or other.uuid,
    }  # fmt: skip


class Boards:
    """All switches, for all pages that are open. What they get is made once."""

    def __init__(self, boards: list[Board]) -> None:
        self.boards = boards
        self.rates: deque[int] = deque([0] * 60, maxlen=60)
        self._text = ""
        self._changed = asyncio.Condition()
        self._is_over = False

    async def run(self) -> None:
        before = self._seen()
        for tick in range(sys.maxsize):
            if tick % 4 == 3:
                self.rates.append(self._seen() - before)
                before = self._seen()
            self._text = json.dumps({"time": time.time(), "rates": [*self.rates], "switches": [board.state() for board in self.boards]})
            async with self._changed:
                self._changed.notify_all()
            await asyncio.sleep(0.25)

    def _seen(self) -> int:
        return sum(board.seen for board in self.boards)

    async def end(self) -> None:
        self._is_over = True
        async with self._changed:
            self._changed.notify_all()

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events: the whole state, whenever it has changed. A page that is slow misses some, and is right with
        the next."""
        said, at = "", 0.0
        while not self._is_over:
            # What changes in any case is no change.
            text, core = self._text, self._text.partition(",")[2]
            if core != said or time.monotonic() - at > 5:
                said, at = core, time.monotonic()
                yield f"data: {text}\n\n"
            async with self._changed:
                await self._changed.wait()

    def health(self) -> dict[str, Any]:
        ones = {board.switch.name: board.state()["open"] for board in self.boards}
        return {"ok": all(ones.values()), "switches": ones}


def application(boards: Boards, token: str | None) -> Starlette:
    """The page, its files and its stream. Nothing that comes from elsewhere may run, whatever a caller is called."""
    headers = {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }

    def is_allowed(request: Request) -> bool:
        said = request.cookies.get("wallboard") or request.headers.get("authorization", "").removeprefix("Bearer ")
        return token is None or hmac.compare_digest(said.encode(), token.encode())

    async def file(request: Request) -> Response:
        name = request.path_params.get("name", "wallboard.html")
        given = request.query_params.get("token")
        if token is not None and given is not None and hmac.compare_digest(given.encode(), token.encode()):
            # Out of the address, where others see it.
            answer = Response(status_code=303, headers=headers | {"Location": "/"})
            answer.set_cookie("wallboard", token, httponly=True, samesite="strict", max_age=30 * 24 * 3600)
            return answer
        if not is_allowed(request):
            return Response("The address of this page has a token: see the log of wallboard.py.\n", 401, headers)
        if name not in ("wallboard.html", "wallboard.css", "wallboard.js"):
            return Response("not found\n", 404, headers)
        return FileResponse(HERE / name, headers=headers)

    async def events(request: Request) -> Response:
        if not is_allowed(request):
            return Response("no token\n", 401, headers)
        return StreamingResponse(boards.stream(), media_type="text/event-stream", headers=headers)

    async def ready(request: Request) -> Response:
        said = boards.health()
        return JSONResponse(said, 200 if said["ok"] else 503)

    return Starlette(routes=[Route("/", file), Route("/events", events), Route("/ready", ready), Route("/{name}", file)])


class Server(uvicorn.Server):
    """Signals are the program's, not the web server's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def show(options: argparse.Namespace, stop: asyncio.Event) -> int:
    host, _, port = options.listen.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    token = options.token or (None if host in LOOPBACK else secrets.token_urlsafe(16))
    boards = Boards([Board(switch) for switch in common.switches(options)])
    config = uvicorn.Config(application(boards, token), host=host, port=int(port), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2)
    server = Server(config)
    health = await common.serve_health(options.health, boards.health) if options.health else None
    LOG.info("the page", extra={"address": f"http://{host}:{port}/"})
    if token is not None and not options.token:
        # The one secret that is said: it was made for this run, and there is no other way to learn it.
        LOG.info("open it with", extra={"path": f"/?token={token}"})

    async def serve() -> None:
        await server.serve()
        if not server.started:
            raise OSError(f"cannot listen on {options.listen}")

    serving = asyncio.create_task(serve())

    async def close() -> None:
        await boards.end()
        server.should_exit = True
        await serving

    try:
        return await common.until(stop, asyncio.shield(serving), boards.run(), *(board.run() for board in boards.boards), close=close, grace=options.grace)
    finally:
        serving.cancel()
        if health is not None:
            health.close()


def main() -> int:
    options = common.Options(description=(__doc__ or "").partition("\n")[0])
    options.option("listen", "127.0.0.1:8080", "where the page is, as HOST:PORT")
    options.option("token", None, "what who opens the page must know; where others can reach it, one is made if none is given")
    chosen = options.parse_args()
    common.hide(chosen.token)
    return common.run(chosen, lambda stop: show(chosen, stop))


if __name__ == "__main__":
    sys.exit(main())
