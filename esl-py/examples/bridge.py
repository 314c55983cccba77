#!/usr/bin/env python3
"""Events of many switches into Redis Streams, for programs on any number of machines, and commands back.

    bridge.py run                                         the bridge; a second one stands by
    bridge.py --group billing consume                     prints entries as JSON, one a line; as many of these as wanted
    bridge.py --switch pbx1 request status                runs an API command over the bridge, once

The page docs/programs/bridge.md says what it promises. `Consumer` and `request` are for other programs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias
from uuid import uuid4

import common
from esl_proto import Event, ProtocolError, rows
from esl_proto.aio import ConnectionClosed, EventSocketError, Gap, Inbound
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError, WatchError

LOG = logging.getLogger("bridge")
WAITING, BATCH = 5000, 500
LEASE = 3.0
"""For how many seconds a lease holds that is not renewed."""
REMEMBERED = 24 * 3600
"""For how many seconds a request is known to have been run."""
Fields: TypeAlias = tuple[bytes, ...]
"""Of an entry: names and values in turn. In octets, as the client for Redis takes far longer for texts."""
_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class Names:
    """The keys in Redis."""

    def __init__(self, prefix: str, partitions: int) -> None:
        self._prefix, self.partitions = prefix, partitions

    def partition(self, channel: str) -> int:
        return zlib.crc32(channel.encode()) % self.partitions

    def events(self, partition: int) -> str:
        return f"{self._prefix}:events:{partition}"

    def of(self, *words: object) -> str:
        return ":".join(map(str, (self._prefix, *words)))


class Lease:
    """What only one process has at a time, as long as its clock and Redis' go equally fast."""

    def __init__(self, redis: Redis, key: str) -> None:
        self._redis, self.key = redis, key
        self.token = uuid4().hex
        """What stands there while it is held."""
        self._until = 0.0

    @property
    def is_held(self) -> bool:
        return time.monotonic() < self._until

    async def hold(self) -> bool:
        """Takes it or keeps it. Call it again before `LEASE` seconds are over."""
        asked = time.monotonic()
        milliseconds = int(LEASE * 1000)
        is_ours = await self._redis.set(self.key, self.token, nx=True, px=milliseconds) or await self._redis.eval(
            _RENEW, 1, self.key, self.token, milliseconds
        )
        self._until = asked + LEASE if is_ours else 0.0
        return bool(is_ours)

    async def release(self) -> None:
        self._until = 0.0
        await self._redis.eval(_RELEASE, 1, self.key, self.token)


class Superseded(Exception):
    """Another bridge leads."""


class Relay:
    """The events of one switch into Redis, and requests to it."""

    def __init__(self, switch: common.Switch, redis: Redis, names: Names, options: argparse.Namespace) -> None:
        self.switch, self._redis, self._names = switch, redis, names
        self._name = switch.name.encode()
        self._events = options.events.replace(",", " ").split()
        self._keep, self._retry = options.keep, options.retry
        self._lease = Lease(redis, names.of("bridge", switch.name))
        self._mark, self._life, self._batches = names.of("mark", switch.name), uuid4().hex, 0
        self._sending = asyncio.Lock()
        self._fs: Inbound | None = None
        self._listing: asyncio.Task[None] | None = None
        self._last: int | None = None
        """The number of the event that came last."""
        self._running: dict[str, asyncio.Event] = {}
        """The requests that are being run, each with its end."""
        self._ended = asyncio.Event()
        self.sent = self.sent_events = self.gaps = 0
        self.is_well = False

    def report(self) -> dict[str, Any]:
        is_connected = self._fs is not None and self._fs.is_open
        return {"leads": self._lease.is_held, "connected": is_connected, "redis": self.is_well, "sent": self.sent, "gaps": self.gaps}

    async def run(self) -> None:
        while True:
            try:
                while not await self._lease.hold():
                    self.is_well = True
                    await asyncio.sleep(LEASE / 3)
            except (RedisError, OSError) as error:
                await self._failed(error)
                continue
            works = [asyncio.create_task(work) for work in (self._keep_lease(), self._relay(), self._requests())]
            try:
                await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
                for work in works:
                    if work.done():
                        work.result()
            except Superseded:
                LOG.warning("another bridge has taken over", extra={"switch": self.switch.name})
            finally:
                await common.end(*works)
                # The error that is raised already says it.
                for work in works:
                    work.cancelled() or work.exception()

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            try:
                if not await self._lease.hold():
                    raise Superseded
            except (RedisError, OSError) as error:
                # While Redis is away nobody else can take it, either.
                await self._failed(error)

    async def close(self) -> None:
        """Says good-bye, sends what has arrived before, and lets another one lead."""
        if self._fs is not None:
            await self._fs.close()
            await self._ended.wait()
        await self._lease.release()

    async def _failed(self, error: Exception) -> None:
        self.is_well = False
        LOG.warning("redis", extra={"switch": self.switch.name, "error": str(error)})
        await asyncio.sleep(self._retry)

    # Events

    async def _relay(self) -> None:
        fs = await self.switch.open()
        try:
            # Full, it is not read any more, and nothing is lost before the server's own queue is full.
            stream = await fs.events(*self._events, maxsize=WAITING, overflow="block", gaps=True)
            # It is ready once it hears what happens.
            self._fs = fs
            await self._tell_gap(None)
            async for first in stream:
                batch = [first]
                while stream.waiting and len(batch) < BATCH and not isinstance(batch[-1], Gap):
                    batch.append(await stream.get())
                gap = batch.pop() if isinstance(batch[-1], Gap) else None
                events = [self._entry(event) for event in batch if isinstance(event, Event)]
                await self._send(events)
                self.sent_events += len(events)
                if isinstance(gap, Gap):
                    self.gaps += 1
                    await self._tell_gap(gap)
            LOG.info("good-bye", extra={"switch": self.switch.name, "received": stream.received, "sent": self.sent_events})
            self._ended.set()
            await asyncio.Event().wait()
        finally:
            if self._listing is not None:
                self._listing.cancel()
            self._fs = None
            await fs.close(1)

    def _entry(self, event: Event) -> tuple[int, Fields]:
        sequence, uuid = event.sequence, event.unique_id or ""
        self._last = sequence or self._last
        try:
            text = event.json_bytes()
        except ProtocolError:  # Cut off: what there is of it.
            text = json.dumps(event.to_dict()).encode()
        return self._names.partition(uuid or self.switch.name), (
            b"kind", b"event", b"switch", self._name, b"core", (event.core_uuid or "").encode(), b"seq", b"%d" % (sequence or 0),
            b"name", str(event.name or "").encode(), b"uuid", uuid.encode(), b"event", text,
        )  # fmt: skip

    async def _tell_gap(self, gap: Gap | None) -> None:
        """An entry in each partition, and then what the server says that there is."""
        said = {"kind": "gap", "switch": self.switch.name, "reason": "started" if gap is None else str(gap.reason)}
        if self._last is not None:
            said["after_seq"] = str(self._last)
        if gap is not None:
            said |= {"seconds": f"{gap.seconds:.3f}", "core_before": gap.core_uuid_before or "", "core_after": gap.core_uuid_after or ""}
        fields = tuple(word.encode() for pair in said.items() for word in pair)
        await self._send([(partition, fields) for partition in range(self._names.partitions)])
        if self._listing is not None:
            self._listing.cancel()
        # A task of its own: the answer comes only while events are read.
        self._listing = asyncio.create_task(self._list())

    async def _list(self) -> None:
        assert self._fs is not None
        try:
            by_partition: dict[int, list[dict[str, Any]]] = defaultdict(list)
            for row in rows((await self._fs.api("show channels as json")).text):
                by_partition[self._names.partition(row.get_str("uuid"))].append(row.to_dict())
        except (ConnectionClosed, ProtocolError) as error:
            LOG.warning("no list of channels", extra={"switch": self.switch.name, "error": str(error)})
            return
        for partition in range(self._names.partitions):
            ours = by_partition[partition]
            text = json.dumps({"row_count": len(ours), "rows": ours})
            with suppress(Superseded):
                await self._send([(partition, (b"kind", b"channels", b"switch", self._name, b"channels", text.encode()))])

    async def _send(self, entries: list[tuple[int, Fields]]) -> None:
        """Adds entries, all or none, and once, however often it takes: the mark that is set with them tells whether they are
        there. A transaction that is still on its way when it is given up fails, as the mark has changed by then; and so does any
        once another bridge leads."""
        if not entries:
            return
        async with self._sending:
            self._batches += 1
            mark = f"{self._life}:{self._batches}"
            keys, keep = [self._names.events(partition) for partition in range(self._names.partitions)], str(self._keep).encode()
            while True:
                try:
                    async with self._redis.pipeline(transaction=True) as pipe:
                        await pipe.watch(self._mark, self._lease.key)
                        if await pipe.get(self._mark) == mark:
                            break
                        if await pipe.get(self._lease.key) != self._lease.token:
                            if not await self._lease.hold():
                                raise Superseded
                            continue
                        pipe.multi()  # type: ignore[no-untyped-call]
                        for partition, fields in entries:
                            pipe.execute_command("XADD", keys[partition], b"MAXLEN", b"~", keep, b"*", *fields)
                        pipe.set(self._mark, mark)
                        await pipe.execute()
                    break
                except WatchError:
                    continue
                except (RedisError, OSError) as error:
                    await self._failed(error)
            self.is_well = True
            self.sent += len(entries)

    # Requests

    async def _requests(self) -> None:
        """Runs what is asked for, each request once. What an earlier bridge had begun and not answered is not run again, as
        nobody knows how far it came."""
        key, start = self._names.of("requests", self.switch.name), "0"
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    await _make_group(self._redis, key, "bridge")
                    while True:
                        found = await self._redis.xreadgroup("bridge", "leader", {key: start}, count=50, block=1000)
                        entries = _entries(found)
                        start = ">" if not entries else entries[-1][0] if start != ">" else ">"
                        for entry, fields in entries:
                            tasks.create_task(self._request(key, entry, fields))
                except (RedisError, OSError) as error:
                    start = "0"
                    await self._failed(error)

    async def _request(self, key: str, entry: str, fields: dict[str, str] | None) -> None:
        name = (fields or {}).get("id", "")
        while (end := self._running.get(name)) is not None:
            await end.wait()
        self._running[name] = end = asyncio.Event()
        state = self._names.of("request", name)
        try:
            answer = None
            while answer is None:
                try:
                    if not name or await self._redis.get(state) == "done":
                        await self._redis.xack(key, "bridge", entry)
                        await self._redis.xdel(key, entry)
                        return
                    answer = await self._run_request(state, fields or {})
                except (RedisError, OSError) as error:
                    await self._failed(error)
            while True:
                try:
                    async with self._redis.pipeline(transaction=True) as pipe:
                        pipe.delete(self._names.of("answer", name))
                        pipe.xadd(self._names.of("answer", name), {"id": name, "status": answer[0], "text": answer[1]})
                        pipe.expire(self._names.of("answer", name), REMEMBERED)
                        pipe.set(state, "done", ex=REMEMBERED)
                        pipe.xack(key, "bridge", entry)
                        pipe.xdel(key, entry)
                        await pipe.execute()
                    return
                except (RedisError, OSError) as error:
                    await self._failed(error)
        finally:
            del self._running[name]
            end.set()

    async def _run_request(self, state: str, fields: dict[str, str]) -> tuple[str, str]:
        """Its status and text."""
        expires = float(fields.get("expires") or math.inf)
        while self._fs is None or not self._fs.is_open:
            if time.time() > expires:
                return "expired", ""
            await asyncio.sleep(0.05)
        if time.time() > expires:
            return "expired", ""
        mine = f"begun:{self._life}:{fields['id']}"
        if not await self._redis.set(state, mine, nx=True, ex=REMEMBERED) and await self._redis.get(state) != mine:
            return "unknown", "a bridge has begun it and ended before the answer"
        try:
            result = await (await self._fs.bgapi(fields.get("line", ""))).result()
        except ConnectionClosed as error:
            return "unknown", str(error)
        except EventSocketError as error:
            return "error", str(error)
        except ValueError as error:  # It may not be sent.
            return "error", str(error)
        return "error" if result.error else "ok", result.text


def _entries(found: Any) -> list[tuple[str, dict[str, str] | None]]:
    """Of one stream, what a read gives."""
    streams = found.values() if isinstance(found, dict) else [pair[1] for pair in found or ()]
    entries: list[tuple[str, dict[str, str] | None]] = []
    for part in streams:
        # RESP3 gives a list of lists.
        entries += part[0] if part and isinstance(part[0], list) else part
    return entries


async def _make_group(redis: Redis, key: str, group: str) -> None:
    """A group begins with the oldest entry that is kept."""
    try:
        await redis.xgroup_create(key, group, id="0", mkstream=True)
        stream = await redis.xinfo_stream(key)
        await redis.xgroup_setid(key, group, "0", entries_read=stream["entries-added"] - stream["length"])
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


async def request(redis: Redis, names: Names, switch: str, line: str, *, name: str | None = None, timeout: float = 30.0) -> dict[str, str]:
    """Runs an API command at a switch, in the background there, and gives `status` and `text`. The same `name` again gives
    the same answer, without running it again. Raises `TimeoutError`; the command is not begun after that time."""
    name = name or uuid4().hex
    end = time.time() + timeout
    await redis.xadd(names.of("requests", switch), {"id": name, "line": line, "expires": end})
    while (left := end - time.time()) > 0:
        found = _entries(await redis.xread({names.of("answer", name): "0"}, block=max(1, int(left * 1000))))
        if found and found[0][1] is not None:
            return found[0][1]
    raise TimeoutError(f"no answer from {switch}")


class Consumer:
    """Takes entries as one of a group, on any number of machines: each partition is one worker's at a time, and each
    entry is handled before it is acknowledged, in the order of the partition."""

    def __init__(self, redis: Redis, names: Names, group: str, handle: Callable[[int, str, dict[str, str]], Awaitable[object]], retry: float = 1.0) -> None:
        self._redis, self._names, self._group, self._handle, self._retry = redis, names, group, handle, retry
        self._leases = [Lease(redis, names.of("lease", group, partition)) for partition in range(names.partitions)]
        self._workers, self._me = names.of("workers", group), uuid4().hex
        self._reading: dict[int, asyncio.Task[None]] = {}
        self._sharing = asyncio.Lock()
        self._told: dict[str, int] = {}
        """Of streams, how many trimmed entries have been told of."""
        self.handled = self.trimmed = 0
        self.is_well = False

    @property
    def partitions(self) -> list[int]:
        return sorted(self._reading)

    async def run(self) -> None:
        try:
            while True:
                async with self._sharing:
                    await self._look()
                await asyncio.sleep(LEASE / 6)
        finally:
            await common.end(*self._reading.values())

    async def _look(self) -> None:
        try:
            await self._share()
            self.is_well = True
        except (RedisError, OSError) as error:
            self.is_well = False
            LOG.warning("redis", extra={"error": str(error)})
        for partition, task in [*self._reading.items()]:
            if task.done():  # Its lease had run out.
                task.result()
                del self._reading[partition]
            elif not self._leases[partition].is_held:
                await self._stop(partition)

    async def close(self) -> None:
        """Gives the partitions back."""
        await self._sharing.acquire()  # For good.
        for partition in [*self._reading]:
            await self._stop(partition)
            await self._leases[partition].release()
        await self._redis.zrem(self._workers, self._me)

    async def _share(self) -> None:
        """Takes as many partitions as are its share, and gives back what is more."""
        now = time.time()
        await self._redis.zadd(self._workers, {self._me: now})
        await self._redis.zremrangebyscore(self._workers, 0, now - LEASE)
        share = math.ceil(self._names.partitions / max(1, await self._redis.zcard(self._workers)))
        for partition, lease in enumerate(self._leases):
            if partition in self._reading:
                if len(self._reading) > share:
                    await self._stop(partition)
                    await lease.release()
                else:
                    await lease.hold()
            elif len(self._reading) < share and await lease.hold():
                self._reading[partition] = asyncio.create_task(self._read(partition))

    async def _stop(self, partition: int) -> None:
        await common.end(self._reading.pop(partition))

    async def _read(self, partition: int) -> None:
        # All workers have one name within the group: what one of them has taken and not acknowledged, the next one gets.
        key, start = self._names.events(partition), "0"
        while True:
            try:
                await _make_group(self._redis, key, self._group)
                while self._leases[partition].is_held:
                    await self._count_trimmed(key)
                    entries = _entries(await self._redis.xreadgroup(self._group, "worker", {key: start}, count=100, block=500))
                    start = ">" if not entries else entries[-1][0] if start != ">" else ">"
                    done = []
                    for entry, fields in entries:
                        if not self._leases[partition].is_held:
                            break
                        if fields:
                            await self._handle(partition, entry, fields)
                            self.handled += 1
                        else:
                            self.trimmed += 1  # It was trimmed after it had been taken.
                        done.append(entry)
                    if done:
                        await self._redis.xack(key, self._group, *done)
                return
            except (RedisError, OSError) as error:
                LOG.warning("redis", extra={"partition": partition, "error": str(error)})
                start = "0"
                await asyncio.sleep(self._retry)

    async def _count_trimmed(self, key: str) -> None:
        """Tells of entries that were trimmed before the group has taken them."""
        stream = await self._redis.xinfo_stream(key)
        group = next(one for one in await self._redis.xinfo_groups(key) if one["name"] == self._group)
        if group["entries-read"] is None:
            return
        trimmed = stream["entries-added"] - stream["length"]
        gone = trimmed - max(group["entries-read"], self._told.get(key, 0))
        if gone > 0:
            self._told[key] = trimmed
            self.trimmed += gone
            LOG.error("entries were trimmed before they were read: raise --keep, or read faster", extra={"stream": key, "count": gone})


@asynccontextmanager
async def broker(url: str) -> AsyncIterator[Redis]:
    """A connection to Redis. What fails is tried again by who knows what it was."""
    redis: Redis = Redis.from_url(url, decode_responses=True, health_check_interval=10, socket_connect_timeout=5, socket_timeout=30, retry=None)
    try:
        yield redis
    finally:
        await redis.aclose()


async def bridge(options: argparse.Namespace, stop: asyncio.Event) -> int:
    names = Names(options.prefix, options.partitions)
    async with broker(options.redis) as redis:
        relays = [Relay(switch, redis, names, options) for switch in common.switches(options)]

        def health() -> dict[str, Any]:
            ones = {relay.switch.name: relay.report() for relay in relays}
            return {"ok": all(one["redis"] and (one["connected"] or not one["leads"]) for one in ones.values()), "switches": ones}

        if options.health:
            await common.serve_health(options.health, health)

        async def close() -> None:
            await asyncio.gather(*(relay.close() for relay in relays))

        return await common.until(stop, *(relay.run() for relay in relays), close=close, grace=options.grace)


async def consume(options: argparse.Namespace, stop: asyncio.Event) -> int:
    async def show(partition: int, entry: str, fields: dict[str, str]) -> None:
        print(json.dumps({"partition": partition, "id": entry, **fields}), flush=True)

    async with broker(options.redis) as redis:
        consumer = Consumer(redis, Names(options.prefix, options.partitions), options.group, show, options.retry)

        def health() -> dict[str, Any]:
            return {"ok": consumer.is_well and not consumer.trimmed, "partitions": consumer.partitions, "handled": consumer.handled, "trimmed": consumer.trimmed}

        if options.health:
            await common.serve_health(options.health, health)
        return await common.until(stop, consumer.run(), close=consumer.close, grace=options.grace)


async def ask(options: argparse.Namespace, stop: asyncio.Event) -> int:
    async with broker(options.redis) as redis:
        try:
            answer = await request(redis, Names(options.prefix, options.partitions), options.switch, " ".join(options.line), name=options.request_id)
        except (TimeoutError, RedisConnectionError) as error:
            LOG.error("no answer", extra={"error": str(error)})
            return 3
    print(answer["text"], end="" if answer["text"].endswith("\n") else "\n")
    return {"ok": 0, "error": 1}.get(answer["status"], 3)


def main() -> int:
    options = common.Options(description=(__doc__ or "").partition("\n")[0])
    options.option("redis", "redis://127.0.0.1:6379/0", "the address of Redis or Valkey")
    options.option("prefix", "esl", "with which all keys begin")
    options.option("partitions", 8, "how many streams; the same for all, for ever", int)
    options.option("keep", 100_000, "how many entries a stream keeps, at least", int)
    options.option("events", "ALL", "which events")
    options.option("group", "default", "of consumers: each group gets every entry")
    options.option("request-id", None, "the same again gives the same answer, and runs nothing")
    actions = options.add_subparsers(dest="action", required=True, parser_class=argparse.ArgumentParser)
    actions.add_parser("run", help="be the bridge")
    actions.add_parser("consume", help="print what comes")
    actions.add_parser("request", help="run an API command").add_argument("line", nargs=argparse.REMAINDER)
    chosen = options.parse_args()
    common.hide_url(chosen.redis)
    return common.run(chosen, lambda stop: {"run": bridge, "consume": consume, "request": ask}[chosen.action](chosen, stop))


if __name__ == "__main__":
    sys.exit(main())
