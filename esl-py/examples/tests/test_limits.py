"""limits.py: never more than the limit, first come first served, and what the dead held comes back."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from esl_proto.testing import Switch
from limits import Limits, Memory, Shared
from redis.asyncio import Redis
from servers import Program, Server, free_port, listens, until

Start = Callable[..., Program]


def with_redis(server: Server, work: Callable[[Redis], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        redis: Redis = Redis(port=server.port, decode_responses=True)
        try:
            await work(redis)
        finally:
            await redis.aclose()

    asyncio.run(main())


def test_redis_and_memory_do_the_same(redis_server: Server) -> None:
    async def work(redis: Redis) -> None:
        for seed in range(20):
            dice = random.Random(seed)
            both = (Memory(), Shared(redis, f"test{seed}"))
            names, holders = ["a", "b", "c"], [f"h{number}" for number in range(12)]
            taken: list[tuple[str, str]] = []
            for _ in range(150):
                holder, what = dice.choice(holders), dice.random()
                if what < 0.6:
                    limits = {name: dice.choice([0, 1, 2, 4]) for name in dice.sample(names, dice.randrange(1, 4))}
                    queue = dice.choice([None, "q", "r"])
                    first, second = [await counts.take(holder, limits, queue, 1000) for counts in both]
                    assert first == second, seed
                    if first[0] is not None:
                        taken.append((first[0], holder))
                elif what < 0.85 and taken:
                    name, holder = taken.pop(dice.randrange(len(taken)))
                    for counts in both:
                        await counts.give(name, holder)
                elif what < 0.9:
                    for counts in both:
                        await counts.leave("q", holder)
                else:
                    for counts in both:
                        await counts.renew(taken[:3], 1000)
                for name in names:
                    assert len({await counts.used(name) for counts in both}) == 1

    with_redis(redis_server, work)


def test_any_number_of_workers_never_have_more_than_the_limit(redis_server: Server) -> None:
    async def work(redis: Redis) -> None:
        limits = {"a": 3, "b": 2}
        workers = [Limits(Shared(redis, "test"), ttl=5) for _ in range(4)]
        now = dict.fromkeys(limits, 0)
        most, done = dict(now), 0

        async def call(worker: Limits, seed: int) -> None:
            nonlocal done
            async with worker.slot(limits, queue="q", timeout=60) as name:
                assert name is not None
                now[name] += 1
                most[name] = max(most[name], now[name])
                assert now[name] <= limits[name]
                await asyncio.sleep(random.Random(seed).random() * 0.02)
                now[name] -= 1
                done += 1

        await asyncio.gather(*(call(workers[seed % 4], seed) for seed in range(60)))
        assert done == 60 and most == limits
        assert [await workers[0]._counts.used(name) for name in limits] == [0, 0]

    with_redis(redis_server, work)


def test_the_least_loaded_by_its_limit_is_taken() -> None:
    async def work() -> None:
        counts = Memory()
        limits = {"small": 2, "large": 8}
        taken = [(await counts.take(str(number), limits, None, 10))[0] for number in range(11)]
        assert taken[-1] is None and taken.count("small") == 2 and taken.count("large") == 8
        # Half of the small one are as much as half of the large one.
        assert taken[:6].count("small") in (1, 2)

    asyncio.run(work())


def test_who_came_first_is_first_and_the_dead_go_out_of_the_line() -> None:
    async def work() -> None:
        now = 0.0
        counts = Memory(lambda: now)
        limits = {"a": 1}
        assert await counts.take("talks", limits, "q", 10) == ("a", 0)
        assert [await counts.take(who, limits, "q", 10) for who in ("x", "y", "z")] == [(None, 1), (None, 2), (None, 3)]
        await counts.give("a", "talks")
        assert await counts.take("z", limits, "q", 10) == (None, 3)
        assert await counts.take("x", limits, "q", 10) == ("a", 0)
        now = 9.0
        assert await counts.take("z", limits, "q", 10) == (None, 2)
        now = 11.0  # Neither x nor y has said anything since.
        assert await counts.take("z", limits, "q", 10) == ("a", 0)

    asyncio.run(work())


def test_who_gives_up_leaves_the_line_at_once() -> None:
    async def work() -> None:
        counts = Memory(lambda: 0.0)  # Nothing runs out.
        limits = Limits(counts)
        await counts.take("talks", {"a": 1}, "q", 10)
        async with limits.slot({"a": 1}, queue="q", timeout=0.05) as name:
            assert name is None
            await counts.give("a", "talks")
            async with limits.slot({"a": 1}, queue="q") as other:
                assert other == "a" and limits.held == 1
        waits = asyncio.create_task(limits.slot({"a": 0}, queue="q", timeout=60).__aenter__())
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.wait([waits])
        assert limits.waiting == 0 and await counts.take("next", {"a": 1}, "q", 10) == ("a", 0)

    asyncio.run(work())


def test_a_call_that_goes_on_counts_though_its_slot_has_run_out() -> None:
    async def work() -> None:
        now = 0.0
        counts = Memory(lambda: now)
        await counts.take("x", {"a": 1}, None, 10)
        now = 11.0
        await counts.take("y", {"a": 1}, None, 10)
        await counts.renew([("a", "x")], 10)
        assert await counts.used("a") == 2
        assert await counts.take("z", {"a": 2}, None, 10) == (None, 0)

    asyncio.run(work())


def program(start: Start, tmp_path: Path, table: dict[str, Any], *more: object) -> Program:
    (tmp_path / "routes.json").write_text(json.dumps(table))
    port = free_port()
    worker = start("limits", "--routes", tmp_path / "routes.json", "--listen", f"127.0.0.1:{port}", *more)
    worker.where = f"127.0.0.1:{port}"  # type: ignore[attr-defined]
    worker.wait_ready()
    return worker


def where(worker: Program) -> str:
    return str(worker.where)  # type: ignore[attr-defined]


def test_calls_over_the_limit_wait_in_line_over_two_workers(switch: Switch, redis_server: Server, start: Start, tmp_path: Path) -> None:
    table = {"*": {"destinations": {"user/1001": 1, "user/1002": 1}, "queue": "sales", "music": "moh.wav"}}
    redis = ("--redis", f"redis://127.0.0.1:{redis_server.port}/0", "--ttl", 3)
    one, two = (program(start, tmp_path, table, *redis) for _ in range(2))
    first, second = switch.call(where(one)), switch.call(where(two))
    assert {first.wait_bridged().name, second.wait_bridged().name} == {"user/1001", "user/1002"}
    third = switch.call(where(one))
    third.wait_for("playback")
    fourth = switch.call(where(two))
    fourth.wait_for("playback")
    until(lambda: one.health()[1]["waiting"] + two.health()[1]["waiting"] == 2, "they do not wait")
    second.hangup()
    assert third.wait_bridged().name in ("user/1001", "user/1002")
    assert fourth.other is None
    # The caller goes out of the line.
    fourth.hangup()
    until(lambda: two.health()[1]["waiting"] == 0, "waits still")
    # What a worker that was killed held comes back.
    one.kill()
    for call in (first, third):
        call.hangup()
    fifth = switch.call(where(two))
    assert fifth.wait_bridged(timeout=15).name in ("user/1001", "user/1002")
    sixth = switch.call(where(two))
    assert sixth.wait_bridged(timeout=15).name in ("user/1001", "user/1002")
    for call in switch.calls:
        call.hangup()
    assert two.end() == 0


def test_without_a_queue_a_call_over_the_limit_is_refused_and_one_that_is_busy_is_passed_over(switch: Switch, start: Start, tmp_path: Path) -> None:
    switch.refusals["user/1001"] = "NO_ANSWER"
    worker = program(start, tmp_path, {"*": {"destinations": {"user/1001": 5, "user/1002": 1}}})
    call = switch.call(where(worker))
    assert call.wait_bridged().name == "user/1002"
    refused = switch.call(where(worker))
    assert refused.wait() == "NO_ANSWER"
    call.hangup()
    until(lambda: worker.health()[1]["slots"] == 0, "slots are held")
    switch.refusals.clear()
    for _ in range(6):
        switch.call(where(worker)).wait_bridged()
    assert switch.call(where(worker)).wait() == "USER_BUSY"
    for call in switch.calls:
        call.hangup()
    assert worker.end() == 0


def test_a_number_without_a_route_is_none(switch: Switch, start: Start, tmp_path: Path) -> None:
    worker = program(start, tmp_path, {"7777": {"destinations": {"user/1001": 5}}})
    assert switch.call(where(worker)).wait() == "UNALLOCATED_NUMBER"
    assert worker.end() == 0


def test_calls_go_on_for_a_while_after_sigterm(switch: Switch, start: Start, tmp_path: Path) -> None:
    worker = program(start, tmp_path, {"*": {"destinations": {"user/1001": 5}}}, "--grace", 20)
    call = switch.call(where(worker))
    call.wait_bridged()
    worker._process.terminate()
    until(lambda: not listens(int(where(worker).rpartition(":")[2])), "it still takes calls")
    with pytest.raises(TimeoutError):
        call.wait(timeout=0.5)
    call.hangup()
    assert worker._process.wait(20) == 0
