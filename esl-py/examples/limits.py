#!/usr/bin/env python3
"""Limits and queues over machines: calls to the least loaded destination, at most so many to each, others wait in line.

    limits.py --routes routes.json                            takes the calls of the dialplan's `socket 127.0.0.1:9042 async full`
    limits.py --routes routes.json --redis redis://broker     any number of these agree

routes.json says, by the number that was dialled ("*" for others), where a call may go and how many may at a time:

    {"sales": {"destinations": {"user/1001": 1, "user/1002,user/1003": 2}, "queue": "sales", "wait": 120},
     "*":     {"destinations": {"sofia/gateway/a/${destination_number}": 30, "sofia/gateway/b/${destination_number}": 10}}}

The page docs/programs/limits.md says what it promises. `Limits` is for other programs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import common
from esl_proto.aio import ChannelEnded, ConnectionClosed, Session, serve

if TYPE_CHECKING:
    from redis.asyncio import Redis

LOG = logging.getLogger("limits")
POLL = 0.25
"""How often who waits asks again, in seconds."""


class Counts(Protocol):
    """Who has which slots, and who waits. Each method is one step that nothing comes between. What is not renewed for `ttl`
    seconds is over."""

    async def take(self, holder: str, limits: Mapping[str, int], queue: str | None, ttl: float) -> tuple[str | None, int]:
        """A slot of the least loaded of these names, or none and the place in the queue. Who waits is renewed by it."""

    async def renew(self, slots: Sequence[tuple[str, str]], ttl: float) -> None:
        """These slots, by name and holder, are still in use: they count, also above the limit."""

    async def give(self, name: str, holder: str) -> None:
        """A slot is free."""

    async def leave(self, queue: str, holder: str) -> None:
        """Somebody waits no more."""

    async def used(self, name: str) -> int:
        """How many slots are in use."""


class Memory:
    """Of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slots: dict[str, dict[str, float]] = {}
        self._queues: dict[str, dict[str, float]] = {}

    def _live(self, of: dict[str, dict[str, float]], name: str) -> dict[str, float]:
        now = self._clock()
        of[name] = {holder: until for holder, until in of.get(name, {}).items() if until > now}
        return of[name]

    async def take(self, holder: str, limits: Mapping[str, int], queue: str | None, ttl: float) -> tuple[str | None, int]:
        until, free, best, least = self._clock() + ttl, 0, None, 1.0
        for name, limit in limits.items():
            slots = self._live(self._slots, name)
            if holder in slots:
                slots[holder] = until
                return name, 0
            free += max(0, limit - len(slots))
            if len(slots) < limit and (best is None or len(slots) / limit < least):
                best, least = name, len(slots) / limit
        if queue is not None:
            waiting = self._live(self._queues, queue)
            waiting[holder] = until
            place = [*waiting].index(holder)
            if place >= free:
                return None, place + 1
            del waiting[holder]
        if best is not None:
            self._slots[best][holder] = until
        return best, 0

    async def renew(self, slots: Sequence[tuple[str, str]], ttl: float) -> None:
        for name, holder in slots:
            self._slots.setdefault(name, {})[holder] = self._clock() + ttl

    async def give(self, name: str, holder: str) -> None:
        self._slots.get(name, {}).pop(holder, None)

    async def leave(self, queue: str, holder: str) -> None:
        self._queues.get(queue, {}).pop(holder, None)

    async def used(self, name: str) -> int:
        return len(self._live(self._slots, name))


class Shared:
    """Of all programs with one Redis, by its clock."""

    # KEYS: of the queue the order, until when, and the last number; then the slots of each name.
    # ARGV: the holder, the seconds, whether there is a queue; then the limits.
    _TAKE = """
    local time = redis.call('TIME')
    local now = time[1] + time[2] / 1000000
    local holder, deadline = ARGV[1], now + ARGV[2]
    local free, best, least = 0, nil, nil
    for i = 4, #KEYS do
        redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
        if redis.call('ZSCORE', KEYS[i], holder) then
            redis.call('ZADD', KEYS[i], deadline, holder)
            return {i - 3, 0}
        end
        local used, limit = redis.call('ZCARD', KEYS[i]), tonumber(ARGV[i])
        free = free + math.max(0, limit - used)
        if used < limit and (not best or used / limit < least) then
            best, least = i, used / limit
        end
    end
    if ARGV[3] == '1' then
        for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
            redis.call('ZREM', KEYS[1], dead)
            redis.call('ZREM', KEYS[2], dead)
        end
        if not redis.call('ZSCORE', KEYS[1], holder) then
            redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[3]), holder)
        end
        redis.call('ZADD', KEYS[2], deadline, holder)
        local place = redis.call('ZRANK', KEYS[1], holder)
        if place >= free then
            return {0, place + 1}
        end
        redis.call('ZREM', KEYS[1], holder)
        redis.call('ZREM', KEYS[2], holder)
    end
    if not best then
        return {0, 0}
    end
    redis.call('ZADD', KEYS[best], deadline, holder)
    return {best - 3, 0}
    """
    _RENEW = """
    local time = redis.call('TIME')
    for i = 1, #KEYS do
        redis.call('ZADD', KEYS[i], time[1] + time[2] / 1000000 + ARGV[1], ARGV[i + 1])
    end
    """
    _USED = """
    local time = redis.call('TIME')
    return redis.call('ZCOUNT', KEYS[1], time[1] + time[2] / 1000000, '+inf')
    """

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis, self._prefix = redis, prefix

    def _slots(self, name: str) -> str:
        return f"{self._prefix}:slots:{name}"

    async def take(self, holder: str, limits: Mapping[str, int], queue: str | None, ttl: float) -> tuple[str | None, int]:
        names = [*limits]
        keys = [f"{self._prefix}:{kind}:{queue or ''}" for kind in ("queue", "waiting", "number")] + [*map(self._slots, names)]
        words: tuple[str | float, ...] = (holder, ttl, int(queue is not None), *(limits[name] for name in names))
        which, place = await self._redis.eval(self._TAKE, len(keys), *keys, *words)
        return (names[which - 1] if which else None), place

    async def renew(self, slots: Sequence[tuple[str, str]], ttl: float) -> None:
        if slots:
            keys = [self._slots(name) for name, _ in slots]
            await self._redis.eval(self._RENEW, len(keys), *keys, ttl, *(holder for _, holder in slots))

    async def give(self, name: str, holder: str) -> None:
        await self._redis.zrem(self._slots(name), holder)

    async def leave(self, queue: str, holder: str) -> None:
        await self._redis.zrem(f"{self._prefix}:queue:{queue}", holder)
        await self._redis.zrem(f"{self._prefix}:waiting:{queue}", holder)

    async def used(self, name: str) -> int:
        return int(await self._redis.eval(self._USED, 1, self._slots(name)))


class Limits:
    """Slots of destinations, for the calls of this process. `run` must run, and renews them."""

    def __init__(self, counts: Counts, ttl: float = 15.0) -> None:
        self._counts, self._ttl = counts, ttl
        self._held: set[tuple[str, str]] = set()
        self.waiting = 0
        self.is_well = True

    @property
    def held(self) -> int:
        return len(self._held)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._ttl / 3)
            try:
                await self._counts.renew([*self._held], self._ttl)
                self.is_well = True
            except Exception as error:  # Of Redis, which need not be installed.
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        self.is_well = False
        LOG.warning("redis", extra={"error": str(error)})

    @asynccontextmanager
    async def slot(
        self, limits: Mapping[str, int], *, queue: str | None = None, timeout: float = 0.0, goes_on: Callable[[], bool] = lambda: True
    ) -> AsyncIterator[str | None]:
        """A slot of the least loaded of these names, each with its limit, and the name of it; `None` if there is none within
        `timeout` seconds. In a queue, who came first is first, also before who comes later on another machine."""
        holder, name = uuid4().hex, None
        self.waiting += 1
        try:
            name = await self._wait(holder, limits, queue, timeout, goes_on)
        finally:
            self.waiting -= 1
            if name is None and queue is not None:
                await self._quietly(self._counts.leave(queue, holder))
        if name is None:
            yield None
            return
        self._held.add((name, holder))
        try:
            yield name
        finally:
            self._held.discard((name, holder))
            await self._quietly(self._counts.give(name, holder))

    async def _wait(self, holder: str, limits: Mapping[str, int], queue: str | None, timeout: float, goes_on: Callable[[], bool]) -> str | None:
        end = time.monotonic() + timeout
        while True:
            try:
                name, _ = await self._counts.take(holder, limits, queue, self._ttl)
                self.is_well = True
            except Exception as error:
                name = None
                self._failed(error)
            left = end - time.monotonic()
            if name is not None or left <= 0 or not goes_on():
                return name
            await asyncio.sleep(min(POLL, left))

    async def _quietly(self, work: Any) -> None:
        try:
            await work
        except Exception as error:  # It is over by itself when nobody renews it.
            self._failed(error)


@dataclass(frozen=True)
class Route:
    """Where the calls to a number may go."""

    destinations: Mapping[str, int]
    """Dial strings, and how many calls each may have."""
    queue: str | None = None
    wait: float = 0.0
    """For how many seconds a caller waits if all are busy."""
    music: str = "local_stream://moh"
    cause: str = "USER_BUSY"
    """Why a call is refused if there is no room."""


def routes(path: str) -> dict[str, Route]:
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    return {number: Route(**{"wait": 60.0 if "queue" in route else 0.0, **route}) for number, route in said.items()}


class Calls:
    """The calls that this process has taken."""

    def __init__(self, limits: Limits, table: Mapping[str, Route]) -> None:
        self._limits, self._table = limits, table
        self.taken = self.refused = 0

    async def take(self, session: Session) -> None:
        """One call, from its beginning to its end."""
        self.taken += 1
        number = session.channel.destination or ""
        route = self._table.get(number) or self._table.get("*")
        if route is None:
            await session.hangup("UNALLOCATED_NUMBER")
            return
        await session.set("continue_on_fail", "true")
        left = dict(route.destinations)
        music: asyncio.Task[None] | None = None
        end = time.monotonic() + route.wait
        cause = route.cause
        while left and not session.has_ended:
            # Without `full` in the dialplan, nothing could end the music.
            if route.queue is not None and music is None and session.full_control:
                music = asyncio.create_task(self._play(session, route.music))
            patience = max(0.0, end - time.monotonic())
            async with self._limits.slot(left, queue=route.queue, timeout=patience, goes_on=lambda: not session.has_ended) as name:
                if name is None or session.has_ended:
                    break
                if music is not None:
                    music.cancel()
                    music = None
                    await session.api(f"uuid_break {session.uuid} all")
                event = await session.bridge(name)
            disposition = event.variables.get_str("originate_disposition")
            LOG.info("bridged", extra={"call": session.uuid, "to": name, "disposition": disposition})
            if disposition in ("SUCCESS", ""):
                return
            # Busy for others, or not there: the next one.
            cause = disposition
            del left[name]
        if music is not None:
            music.cancel()
        if not session.has_ended:
            self.refused += 1
            await session.hangup(cause)

    async def _play(self, session: Session, music: str) -> None:
        with suppress(ChannelEnded, ConnectionClosed):
            await session.answer()
            while True:
                await session.playback(music)
                await asyncio.sleep(0.05)


async def work(options: argparse.Namespace, stop: asyncio.Event) -> int:
    redis: Any = None
    counts: Counts = Memory()
    if options.redis:
        from redis.asyncio import Redis

        redis = Redis.from_url(options.redis, decode_responses=True, socket_timeout=5, socket_connect_timeout=5)
        counts = Shared(redis, options.prefix)
    limits = Limits(counts, options.ttl)
    calls = Calls(limits, routes(options.routes))
    host, _, port = options.listen.rpartition(":")
    async with serve(calls.take, host.strip("[]") or "127.0.0.1", int(port), linger=2) as server:

        def health() -> dict[str, Any]:
            return {"ok": limits.is_well, "calls": server.calls, "slots": limits.held, "waiting": limits.waiting, "taken": calls.taken, "refused": calls.refused}

        page = await common.serve_health(options.health, health) if options.health else None
        LOG.info("listening", extra={"port": server.port})

        async def close() -> None:
            # Calls that go on are waited for, and then ended.
            await server.close(options.grace)

        status = await common.until(stop, limits.run(), close=close, grace=options.grace + 5)
        if page is not None:
            page.close()
    if redis is not None:
        await redis.aclose()
    return status


def main() -> int:
    options = common.Options(description=(__doc__ or "").partition("\n")[0], connects=False)
    options.option("routes", "routes.json", "the file that says where calls may go: see the head of this program")
    options.option("listen", "127.0.0.1:9042", "where the dialplan's socket connects to, as HOST:PORT")
    options.option("redis", None, "the address of Redis or Valkey, where several agree; without, counts are of this process alone")
    options.option("prefix", "esl", "with which all keys begin")
    options.option("ttl", 15.0, "after how many seconds the slots of a worker that has died come back", float)
    chosen = options.parse_args()
    common.hide_url(chosen.redis or "")
    return common.run(chosen, lambda stop: work(chosen, stop))


if __name__ == "__main__":
    sys.exit(main())
