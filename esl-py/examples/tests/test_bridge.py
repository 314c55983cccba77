"""bridge.py: what is in Redis is what the switch has said, in its order, once; what is not is within a gap that is told."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bridge
import pytest
from esl_proto.calls import Calls
from esl_proto.aio import connect as aio_connect
from esl_proto.sync import connect
from esl_proto.testing import Link, Switch
from redis import Redis as Client
from servers import HERE, Program, Server, until

Start = Callable[..., Program]
Redis = Any
"""The client, whose answers have too many types."""
PARTITIONS = 8
Entry = dict[str, str]


@pytest.fixture
def redis(redis_server: Server) -> Iterator[Redis]:
    with Client(port=redis_server.port, decode_responses=True) as client:
        yield client


def url(server: Server) -> str:
    return f"redis://127.0.0.1:{server.port}/0"


def entries(redis: Redis) -> list[list[Entry]]:
    """All entries, by partition."""
    return [[fields for _, fields in redis.xrange(f"esl:events:{partition}")] for partition in range(PARTITIONS)]


class Witness:
    """All events of a switch over all of its runs, as (core, number, channel), in the order in which it has said them."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.seen: list[tuple[str, int, str]] = []
        self.watch()

    def watch(self) -> None:
        self._fs = connect(self.switch.host, self.switch.port)
        self._stream = self._fs.events("ALL", maxsize=1_000_000)
        self._fs.api("status")
        self.link = self.switch.connections[-1]

    def look(self) -> None:
        if self._fs.is_open:
            self._fs.api("status")
        while self._stream.waiting:
            event = self._stream.get()
            self.seen.append((str(event.core_uuid), event.sequence or 0, event.unique_id or ""))

    def others(self) -> list[Link]:
        return [link for link in self.switch.connections if link is not self.link]

    def settle(self) -> None:
        """Waits until all that the switch has said so far has come here."""
        number = self.switch.fire("CUSTOM", {"Mark": "1"}, subclass="test::mark")
        assert number
        before = len(self.seen)

        def has_come() -> bool:
            self.look()
            # It is the last one that nothing follows.
            return len(self.seen) > before

        until(has_come, "the witness is deaf")
        self.look()

    def close(self) -> None:
        self._fs.close(0)


@pytest.fixture
def witness(switch: Switch) -> Iterator[Witness]:
    witness = Witness(switch)
    yield witness
    witness.close()


def traffic(switch: Switch, random: random.Random, times: int) -> None:
    for _ in range(times):
        calls = switch.calls
        if not calls or random.random() < 0.4:
            call = switch.new_call()
            call.answer()
            call.execute("bridge", "user/1001")
        elif random.random() < 0.3:
            random.choice(calls).press("7")
        else:
            random.choice(calls).hangup()
        time.sleep(0.002)


def has_all(redis: Redis, witness: Witness) -> bool:
    """Whether the last event that the witness has is in Redis."""
    core, number, _ = witness.seen[-1]
    return any(one.get("core") == core and one.get("seq") == str(number) for part in entries(redis) for one in part[-50:])


def test_events_come_in_the_order_of_their_channels_once_and_in_json(switch: Switch, redis_server: Server, redis: Redis, witness: Witness, start: Start) -> None:
    there = switch.new_call()
    program = start("bridge", "--switch", f"pbx={switch.address}", "--redis", url(redis_server), "run")
    program.wait_ready()
    traffic(switch, random.Random(1), 100)
    witness.settle()
    until(lambda: has_all(redis, witness), "events are missing")
    parts = entries(redis)
    came = {(one["core"], int(one["seq"])) for part in parts for one in part if one["kind"] == "event"}
    # From the first one after the gap entry on, without a hole.
    first = min(number for _, number in came)
    assert came == {(core, number) for core, number, _ in witness.seen if number >= first}
    order = defaultdict(list)
    for core, number, uuid in witness.seen:
        order[uuid].append((core, number))
    for at, part in enumerate(parts):
        assert [part[0]["kind"], part[0]["reason"]] == ["gap", "started"]
        by_channel = defaultdict(list)
        for one in part:
            if one["kind"] == "event":
                event = json.loads(one["event"])
                assert (event["Event-Name"], event["Event-Sequence"]) == (one["name"], one["seq"])
                assert one["switch"] == "pbx" and zlib.crc32((one["uuid"] or "pbx").encode()) % PARTITIONS == at
                by_channel[one["uuid"]].append((one["core"], int(one["seq"])))
        for uuid, numbers in by_channel.items():
            assert numbers == [pair for pair in order[uuid] if pair[1] >= first] if uuid else True
        # Who begins here knows the calls that were there already.
        listed = next(one for one in part if one["kind"] == "channels")
        calls = Calls()
        calls.restore(listed["channels"])
        assert (there.uuid in calls) == (zlib.crc32(there.uuid.encode()) % PARTITIONS == at)
    assert program.end() == 0


def test_bridge_broker_connection_and_switch_fail_at_random(switch: Switch, redis_server: Server, redis: Redis, witness: Witness, start: Start, tmp_path: Path) -> None:
    program = start("bridge", "--switch", f"pbx={switch.address}", "--redis", url(redis_server), "run")
    program.wait_ready()
    dice = random.Random(3)

    def kill() -> None:
        program.kill()
        traffic(switch, dice, 10)
        program.start()

    def drop() -> None:
        for link in witness.others():
            link.drop()

    def restart_switch() -> None:
        witness.settle()
        switch.stop()
        witness.close()
        until(lambda: program.health()[0] == 503, "does not notice")
        switch.start()
        witness.watch()

    def restart_redis() -> None:
        redis_server.end(signal.SIGKILL)
        traffic(switch, dice, 40)
        assert program.health("/live")[0] == 200
        until(lambda: program.health()[0] == 503, "does not notice")
        redis_server.start()

    witness.settle()
    settled = len(witness.seen)
    faults: list[tuple[Callable[[], None], bool]] = [(kill, True), (drop, True), (restart_switch, True), (restart_redis, False)] * 2
    dice.shuffle(faults)
    # What was said before the bridge was there.
    allowed = {pair[:2] for pair in witness.seen}
    gaps = 1
    for happen, loses in faults:
        traffic(switch, dice, dice.randrange(5, 50))
        if dice.random() < 0.5:
            witness.settle()
            until(lambda: has_all(redis, witness), "events are missing")
            settled = len(witness.seen)
        happen()
        traffic(switch, dice, dice.randrange(5, 50))
        until(lambda: program.health()[0] == 200, f"not ready: {program.health()}")
        gaps += loses
        until(lambda: sum(one["kind"] == "gap" for one in entries(redis)[0]) >= gaps, f"no gap is told after {happen.__name__}")
        witness.settle()
        if loses:
            # What is lost lies between what had come before the fault and what comes after the gap was told.
            allowed |= {pair[:2] for pair in witness.seen[settled:]}
            traffic(switch, dice, 20)
            witness.settle()
        until(lambda: has_all(redis, witness), "events are missing")
        settled = len(witness.seen)
    parts = entries(redis)
    assert sum(one["kind"] == "gap" for one in parts[0]) == gaps
    said = {pair[:2] for pair in witness.seen}
    came = [(one["core"], int(one["seq"])) for part in parts for one in part if one["kind"] == "event"]
    assert len(set(came)) == len(came), "an event is there twice"
    assert set(came) <= said
    lost = said - set(came)
    print(f"{len(said)} said, {len(lost)} lost in {gaps} gaps")
    assert lost <= allowed, sorted(lost - allowed)[:5]
    # In each partition, events of a channel are in the order in which they were said.
    place = {pair[:2]: at for at, pair in enumerate(witness.seen)}
    for part in parts:
        last: dict[str, int] = {}
        for one in part:
            if one["kind"] == "event" and one["uuid"]:
                at = place[one["core"], int(one["seq"])]
                assert at > last.get(one["uuid"], -1)
                last[one["uuid"]] = at
    assert program.end() == 0


class Wire:
    """Between the bridge and Redis: what happens to the next transactions."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.faults: list[str] = []
        self.late: list[bytes] = []
        """What Redis has said to the transactions that were held up."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self.loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        answers = asyncio.create_task(self._pass(there, writer))
        transaction = b""
        try:
            while data := await reader.read(65536):
                # Until its end has come, a transaction waits here.
                transaction += data if transaction or b"MULTI\r\n" in data else b""
                if not transaction:
                    back.write(data)
                elif b"EXEC\r\n" in transaction:
                    if b"esl:events" in transaction and self.faults:
                        answers.cancel()
                        await self._fail(self.faults.pop(0), transaction, there, back, writer)
                        return
                    back.write(transaction)
                    transaction = b""
        finally:
            answers.cancel()
            writer.close()
            back.close()

    async def _fail(self, fault: str, transaction: bytes, there: asyncio.StreamReader, back: asyncio.StreamWriter, writer: asyncio.StreamWriter) -> None:
        if fault == "answer is lost":
            back.write(transaction)
            await there.read(10)
        writer.close()
        if fault == "comes late":
            await asyncio.sleep(1.5)
            back.write(transaction)
            self.late.append(await there.read(1_000_000))

    async def _pass(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await there.read(65536):
            writer.write(data)
        writer.close()

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.mark.parametrize("fault", ["request is lost", "answer is lost", "comes late"])
def test_a_transaction_whose_answer_is_lost_or_that_comes_late_doubles_nothing(switch: Switch, redis_server: Server, redis: Redis, start: Start, fault: str) -> None:
    wire = Wire(redis_server.port)
    try:
        program = start("bridge", "--switch", f"pbx={switch.address}", "--redis", f"redis://127.0.0.1:{wire.port}/0", "run")
        program.wait_ready()
        until(lambda: any(one["kind"] == "channels" for one in entries(redis)[PARTITIONS - 1]), "no list")
        wire.faults.append(fault)
        for number in range(3):
            switch.fire("CUSTOM", {"Unique-ID": "x", "Number": number}, subclass="test::number")
        part = zlib.crc32(b"x") % PARTITIONS
        until(lambda: len([one for one in entries(redis)[part] if one["kind"] == "event"]) >= 3, "events are missing")
        if fault == "comes late":
            until(lambda: wire.late, "nothing came late")
            assert wire.late[0].endswith((b"*-1\r\n", b"_\r\n")), "it was done"
        numbers = [json.loads(one["event"])["Number"] for one in entries(redis)[part] if one["kind"] == "event"]
        assert numbers == ["0", "1", "2"] and not wire.faults
        assert program.end() == 0
    finally:
        wire.close()


def test_consumers_on_any_machine_share_the_partitions_and_lose_nothing_when_killed(switch: Switch, redis_server: Server, redis: Redis, start: Start) -> None:
    program = start("bridge", "--switch", f"pbx={switch.address}", "--redis", url(redis_server), "run")
    program.wait_ready()
    workers = [start("bridge", "--redis", url(redis_server), "--group", "g", "consume") for _ in range(2)]
    until(lambda: all(len(worker.health()[1].get("partitions", ())) == PARTITIONS / 2 for worker in workers), "they do not share")
    dice = random.Random(4)
    traffic(switch, dice, 60)
    workers[0].kill()
    traffic(switch, dice, 60)
    until(lambda: len(workers[1].health()[1].get("partitions", ())) == PARTITIONS, "the other one does not take over")
    workers[0].start()
    redis_server.end(signal.SIGKILL)
    traffic(switch, dice, 20)
    redis_server.start()
    until(lambda: all(len(worker.health()[1].get("partitions", ())) == PARTITIONS / 2 for worker in workers), "they do not share")
    traffic(switch, dice, 60)

    def handled() -> set[tuple[int, str]]:
        lines = [line for worker in workers for line in worker.log.read_text().splitlines() if line.startswith('{"partition"')]
        # Only the last line can be cut off by a kill.
        whole = [json.loads(line) for line in lines if line.endswith("}")]
        return {(one["partition"], one["id"]) for one in whole}

    wanted = {(partition, entry) for partition in range(PARTITIONS) for entry, _ in redis.xrange(f"esl:events:{partition}")}
    until(lambda: handled() >= wanted, f"{len(wanted - handled())} of {len(wanted)} entries were not handled")
    assert [worker.end() for worker in workers] == [0, 0]
    for partition in range(PARTITIONS):
        assert redis.xpending(f"esl:events:{partition}", "g")["pending"] == 0


def test_what_a_worker_had_in_hand_when_it_died_another_handles(redis_server: Server) -> None:
    async def main() -> None:
        async with bridge.broker(url(redis_server)) as redis:
            names = bridge.Names("esl", 1)
            for number in range(10):
                await redis.xadd("esl:events:0", {"number": number})
            begun: list[str] = []
            in_hand, done = asyncio.Event(), asyncio.Event()

            async def dies(partition: int, entry: str, fields: dict[str, str]) -> None:
                begun.append(fields["number"])
                if len(begun) == 4:
                    in_hand.set()
                    await asyncio.Event().wait()

            async def lives(partition: int, entry: str, fields: dict[str, str]) -> None:
                begun.append(fields["number"])
                if fields["number"] == "9":
                    done.set()

            one = asyncio.create_task(bridge.Consumer(redis, names, "g", dies).run())
            async with asyncio.timeout(20):
                await in_hand.wait()
            one.cancel()  # And nothing of its end is said.
            await asyncio.wait([one])
            await redis.delete(names.of("lease", "g", 0))  # Its time is over.
            two = asyncio.create_task(bridge.Consumer(redis, names, "g", lives).run())
            async with asyncio.timeout(20):
                await done.wait()
            two.cancel()
            await asyncio.wait([two])
            # What it had in hand at the least, and what it had not acknowledged at the most; in order.
            again = [int(number) for number in begun[4:]]
            assert again == list(range(again[0], 10)) and again[0] <= 3

    asyncio.run(main())


def test_a_worker_whose_lease_ran_out_for_a_moment_goes_on(redis_server: Server) -> None:
    async def main() -> None:
        async with bridge.broker(url(redis_server)) as redis:
            consumer = bridge.Consumer(redis, bridge.Names("esl", 1), "g", handle)
            consumers.append(consumer)
            running = asyncio.create_task(consumer.run())
            async with asyncio.timeout(20):
                for number in range(3):
                    await redis.xadd("esl:events:0", {"number": number})
                    while len(handled) <= number:
                        await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.wait([running])

    handled: list[str] = []

    async def handle(partition: int, entry: str, fields: dict[str, str]) -> None:
        handled.append(entry)
        consumers[0]._leases[0]._until = 0.0  # The machine stood still.

    consumers: list[bridge.Consumer] = []
    asyncio.run(main())
    assert len(handled) == 3


def test_a_request_is_run_once_however_often_it_is_sent(switch: Switch, redis_server: Server, redis: Redis, start: Start) -> None:
    runs: list[str] = []

    def count(argument: str) -> str:
        runs.append(argument)
        return f"+OK {len(runs)}\n"

    switch.api["count"] = count
    program = start("bridge", "--switch", f"pbx={switch.address}", "--redis", url(redis_server), "run")
    program.wait_ready()
    command = [sys.executable, str(HERE / "bridge.py"), "--switch", "pbx", "--redis", url(redis_server), "--request-id", "one", "request", "count", "x"]
    said = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert said == ["+OK 1\n", "+OK 1\n"] and runs == ["x"]
    # Sent three times at once, and the bridge is killed and comes back: still once.
    program.kill()
    for _ in range(3):
        redis.xadd("esl:requests:pbx", {"id": "two", "line": "count y"})
    redis.xadd("esl:requests:pbx", {"id": "late", "line": "count z", "expires": time.time() - 1})
    program.start()
    program.wait_ready()
    until(lambda: redis.xlen("esl:answer:two") and redis.xlen("esl:answer:late"), "no answers")
    until(lambda: redis.xlen("esl:requests:pbx") == 0 or redis.xpending("esl:requests:pbx", "bridge")["pending"] == 0, "requests wait")
    assert runs == ["x", "y"]
    assert redis.xrange("esl:answer:late")[0][1]["status"] == "expired"
    assert redis.xrange("esl:answer:two")[0][1] == {"id": "two", "status": "ok", "text": "+OK 2\n"}
    assert program.end() == 0


def test_a_request_that_was_begun_by_a_bridge_that_died_is_not_run_again(switch: Switch, redis_server: Server, redis: Redis, start: Start) -> None:
    began = threading.Event()
    runs: list[str] = []

    async def never(argument: str) -> str:
        runs.append(argument)
        began.set()
        await asyncio.Event().wait()
        return ""

    switch.api["slow"] = never
    program = start("bridge", "--switch", f"pbx={switch.address}", "--redis", url(redis_server), "run")
    program.wait_ready()
    redis.xadd("esl:requests:pbx", {"id": "one", "line": "slow"})
    assert began.wait(20)
    program.kill()
    program.start()
    program.wait_ready()
    until(lambda: redis.xlen("esl:answer:one"), "no answer")
    assert redis.xrange("esl:answer:one")[0][1]["status"] == "unknown" and runs == [""]


def test_a_second_bridge_stands_by_and_takes_over(switch: Switch, redis_server: Server, redis: Redis, start: Start) -> None:
    arguments = ("--switch", f"pbx={switch.address}", "--redis", url(redis_server), "run")
    one = start("bridge", *arguments)
    one.wait_ready()
    two = start("bridge", *arguments)
    two.wait_ready()
    assert one.health()[1]["switches"]["pbx"]["leads"] and not two.health()[1]["switches"]["pbx"]["leads"]
    one.kill()
    until(lambda: two.health()[1]["switches"]["pbx"]["leads"] and two.health()[0] == 200, "does not take over")
    switch.fire("CUSTOM", {"Unique-ID": "x"}, subclass="test::after")
    until(lambda: any("test::after" in fields.get("event", "") for part in entries(redis) for fields in part), "no event")
    assert two.end() == 0


def test_when_the_broker_comes_back_two_bridges_double_nothing(switch: Switch, redis_server: Server, redis: Redis, start: Start) -> None:
    arguments = ("--switch", f"pbx={switch.address}", "--redis", url(redis_server), "run")
    both = [start("bridge", *arguments) for _ in range(2)]
    for program in both:
        program.wait_ready()
    dice = random.Random(5)
    for _ in range(2):
        redis_server.end(signal.SIGKILL)
        # Longer than a lease: whoever comes first leads.
        end = time.monotonic() + bridge.LEASE + 0.5
        while time.monotonic() < end:
            traffic(switch, dice, 10)
        redis_server.start()
        traffic(switch, dice, 100)
    until(lambda: sum(program.health()[1]["switches"]["pbx"]["leads"] for program in both) == 1, "not one leads")
    switch.fire("CUSTOM", {"Unique-ID": "x"}, subclass="test::after")
    until(lambda: any("test::after" in fields.get("event", "") for part in entries(redis) for fields in part), "no event")
    came = [(one["core"], one["seq"]) for part in entries(redis) for one in part if one["kind"] == "event"]
    assert len(came) > 100 and len(set(came)) == len(came)
    assert [program.end() for program in both] == [0, 0]


def test_at_the_end_all_that_was_read_is_sent(switch: Switch, redis_server: Server, redis: Redis, start: Start) -> None:
    program = start("bridge", "--switch", f"pbx={switch.address}", "--redis", url(redis_server), "run")
    program.wait_ready()
    flood(switch.connections[0], 5000, 0)
    until(lambda: any(one.get("core") == "a1b2" for part in entries(redis) for one in part), "nothing comes")
    assert program.end() == 0
    good_bye = next(line for line in program.said() if line["message"] == "good-bye")
    numbers = sorted(int(one["seq"]) for part in entries(redis) for one in part if one.get("core") == "a1b2")
    assert good_bye["received"] == good_bye["sent"] >= len(numbers)
    assert numbers == list(range(len(numbers))) and len(numbers) > 100
    assert redis.get("esl:bridge:pbx") is None, "the next one has to wait"


def flood(link: Link, events: int, at: int) -> None:
    """Many events at once, as they stand on the wire."""
    frames = []
    for number in range(at, at + events):
        event = json.dumps({
            "Event-Name": "CHANNEL_CALLSTATE", "Core-UUID": "a1b2", "Event-Sequence": str(number), "Unique-ID": f"channel-{number % 500}",
            "Caller-Caller-ID-Name": "x" * 40, **{f"variable_{name}": "value of a variable" for name in "abcdefghijklmnopqrstuvwxyz"},
        })  # fmt: skip
        frames.append(f"Content-Length: {len(event)}\nContent-Type: text/event-json\n\n{event}")
    link.inject("".join(frames).encode())


def memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


@pytest.mark.timeout(300)
def test_200_000_events_leave_memory_flat_and_streams_trimmed(switch: Switch, redis_server: Server, redis: Redis, start: Start) -> None:
    total, piece, keep = 200_000, 10_000, 2000
    program = start("bridge", "--switch", f"pbx={switch.address}", "--redis", url(redis_server), "--keep", keep, "run")
    program.wait_ready()
    link = switch.connections[0]
    sizes, began = [], time.monotonic()

    def sent() -> int:
        return int(program.health()[1]["switches"]["pbx"]["sent"])

    before = sent()
    for at in range(0, total, piece):
        flood(link, piece, at)
        until(lambda: sent() >= before + at + piece, f"{sent()} of {at + piece}")
        sizes.append(memory(program.pid))
    rate = total / (time.monotonic() - began)
    assert max(sizes[-5:]) < max(sizes[3:8]) + 8_000_000, sizes
    assert all(redis.xlen(f"esl:events:{partition}") < keep + 500 for partition in range(PARTITIONS))
    assert program.end() == 0

    # The same events, read by the bare stream and thrown away.
    async def bare() -> float:
        async with aio_connect(switch.host, switch.port, format="json") as fs:
            stream = await fs.events("ALL", overflow="block")
            link = switch.connections[-1]
            began = time.monotonic()
            for at in range(0, 50_000, piece):
                await asyncio.to_thread(flood, link, piece, at)
                for _ in range(piece):
                    await stream.get()
            return 50_000 / (time.monotonic() - began)

    alone = asyncio.run(bare())
    print(f"{rate:.0f} events a second through the bridge, {alone:.0f} through the bare stream: {alone / rate:.1f} to 1; {max(sizes) / 1e6:.0f} MB")


def test_trimmed_entries_are_told(redis_server: Server, redis: Redis, start: Start) -> None:
    key = "esl:events:0"

    def add(numbers: range) -> None:
        for number in numbers:
            redis.xadd(key, {"kind": "event", "seq": number}, maxlen=3, approximate=False)

    add(range(10))
    worker = start("bridge", "--redis", url(redis_server), "--group", "g", "consume")
    # A new group begins with what is there.
    until(lambda: worker.health()[1].get("handled") == 3, f"{worker.health()}")
    assert worker.health()[1]["trimmed"] == 0 and worker.health()[0] == 200
    assert worker.end() == 0
    add(range(10, 17))
    worker.start()
    until(lambda: worker.health()[1].get("handled") == 3, f"{worker.health()}")
    assert worker.health()[1]["trimmed"] == 4 and worker.health()[0] == 503
    assert any("trimmed" in line["message"] for line in worker.said() if "message" in line)


def test_a_lease_has_one_holder_and_ends(redis_server: Server) -> None:
    async def main() -> None:
        async with bridge.broker(url(redis_server)) as redis:
            one, two = bridge.Lease(redis, "lease"), bridge.Lease(redis, "lease")
            assert await one.hold() and not await two.hold() and await one.hold()
            await one.release()
            assert not one.is_held and await two.hold()
            await redis.delete("lease")
            assert await one.hold() and not await two.hold()
            assert not two.is_held

    asyncio.run(main())
