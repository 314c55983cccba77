"""esl_proto.observe: what an observer is told, in both façades; log records; what it costs nobody."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from typing import Any

import pytest
from aio_support import aio_test, until
from esl_proto import Command, Event, aio, sync
from esl_proto.observe import ObservedConnection, ObservedServer, Observer, Peer, Work
from esl_proto.testing import NEVER, Switch, User
from sync_support import Background, sync_test
from sync_support import until as until_now


class Watcher(Observer):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.works: list[Work] = []
        self.running = 0
        self.server: ObservedServer | None = None

    def opened(self, connection: ObservedConnection, /) -> None:
        self.told.append(("opened", str(connection.peer), connection.stats["connections"]))

    def closed(self, connection: ObservedConnection, reason: Exception, /) -> None:
        self.told.append(("closed", str(connection.peer), getattr(reason, "end", None)))

    def gap(self, connection: ObservedConnection, gap: Any, /) -> None:
        self.told.append(("gap", str(connection.peer), gap.attempts))

    def dropped(self, connection: ObservedConnection, /) -> None:
        self.told.append(("dropped", str(connection.peer), connection.stats["dropped"]))

    def began(self, work: Work, /) -> None:
        assert work.seconds is None and not work.outcome
        self.running += 1

    def ended(self, work: Work, /) -> None:
        assert work.seconds is not None and work.seconds >= 0
        self.running -= 1
        self.works.append(work)

    def serving(self, server: ObservedServer, /) -> None:
        self.server = server

    def refused(self, peer: Peer, /) -> None:
        self.told.append(("refused", peer.role))

    def outcomes(self, *kinds: str) -> list[tuple[str, str]]:
        """Names and outcomes of what has ended."""
        return [(work.name, work.outcome) for work in self.works if not kinds or work.kind in kinds]


class Listener(Watcher):
    """Hears events as well."""

    def event(self, connection: ObservedConnection, event: Event, /) -> None:
        self.told.append(("event", str(connection.peer), event.name))


@aio_test
async def test_commands_jobs_and_applications(switch: Switch) -> None:
    seen = Watcher()
    switch.api["fails"], switch.api["never"] = "-ERR no", NEVER
    switch.apps["wait"] = NEVER
    call = switch.new_call()
    async with aio.connect(switch.host, switch.port, observer=seen) as fs:
        await fs.api("status")
        await fs.api("fails now")
        await fs.filter("a", "b")  # What the connection says by itself is none of the program's commands.
        await (await fs.bgapi("originate user/1000 &park()"))
        await (await fs.bgapi("fails"))
        await fs.execute(call.uuid, "playback", "x.wav")
        with pytest.raises(TimeoutError):
            await fs.execute(call.uuid, "wait", timeout=0.01)
        waiting = asyncio.create_task(fs.execute(call.uuid, "wait"))
        await call.executing("wait")
        call.hangup()
        with pytest.raises(aio.ChannelEnded):
            await waiting
        job = await fs.bgapi("never")
        late = fs.send(Command.api("never"))
        assert fs.peer == Peer(switch.host, switch.port, "server")
        switch.drop()
        for wait in (job, late):
            with pytest.raises(aio.ConnectionClosed):
                await wait
        await fs.wait_closed()
    assert seen.outcomes("command") == [
        ("api", "ok"),
        ("api", "error"),
        ("bgapi", "ok"),
        ("bgapi", "ok"),
        ("bgapi", "ok"),
        ("api", "eof"),
    ]
    assert seen.outcomes("job") == [("originate", "ok"), ("fails", "error"), ("never", "eof")]
    assert seen.outcomes("application") == [("playback", "ok"), ("wait", "given-up"), ("wait", "channel-ended")]
    assert seen.running == 0
    first = seen.works[0]
    assert (first.id, first.peer, first.result.text) == (2, fs.peer, "-ERR status Command not found!\n") or first.id
    played = next(work for work in seen.works if work.name == "playback")
    assert played.uuid == call.uuid and played.result.name == "CHANNEL_EXECUTE_COMPLETE"
    originated = next(work for work in seen.works if work.name == "originate")
    assert originated.uuid == originated.result.job_uuid
    where = switch.address
    assert seen.told == [("opened", where, 1), ("closed", where, "eof")]


@aio_test
async def test_an_answer_that_nobody_waits_for_any_more(switch: Switch) -> None:
    """Its round trip is told all the same, when it comes."""
    seen = Watcher()
    switch.api["slow"] = switch.api["status"] = "UP"
    async with aio.connect(switch.host, switch.port, observer=seen) as fs:
        switch.network.delay = 0.05
        with pytest.raises(TimeoutError):
            await fs.api("slow", timeout=0.01)
        await fs.api("status")
    assert seen.outcomes() == [("api", "ok"), ("api", "ok")]
    assert seen.works[0].seconds is not None and seen.works[0].seconds > 0.04


@aio_test
async def test_gaps_losses_and_events(switch: Switch) -> None:
    seen = Listener()
    async with aio.connect(switch.host, switch.port, reconnect=aio.Reconnect(0.01), observer=seen) as fs:
        stream = await fs.events("HEARTBEAT", maxsize=1)
        for _ in range(2):
            switch.fire("HEARTBEAT")
        await until(lambda: stream.dropped)
        switch.drop()
        await until(lambda: stream.gaps)
    where = switch.address
    heard = ("event", where, "HEARTBEAT")
    assert [one for one in seen.told if one == heard] == [heard] * 2
    assert [one for one in seen.told if one[0] != "event"] == [
        ("opened", where, 1),
        ("dropped", where, 1),
        ("closed", where, "eof"),
        ("opened", where, 2),
        ("gap", where, 1),
        ("closed", where, "exit"),
    ]


@aio_test
async def test_calls(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    seen = Watcher()

    async def handler(call: aio.Session) -> None:
        if call.channel["Caller-Caller-ID-Number"] == "fail":
            raise RuntimeError("oh no")
        await call.answer()
        if call.channel["Caller-Caller-ID-Number"] == "long":
            await call.execute("wait")

    switch.apps["wait"] = NEVER
    async with aio.serve(handler, max_calls=1, observer=seen) as server:
        address = f"127.0.0.1:{server.port}"
        await asyncio.to_thread(switch.call, address)
        await until(lambda: server.stats["taken"] == 1 and not server.calls)
        await asyncio.to_thread(lambda: switch.call(address, caller="fail", is_async=False))
        await until(lambda: server.stats["failed"] == 1 and not server.calls)
        held = await asyncio.to_thread(lambda: switch.call(address, caller="long"))
        await held.executing("wait")
        await asyncio.to_thread(switch.call, address)
        await until(lambda: server.refused)
        held.hangup()
        await until(lambda: not server.calls)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.close()
        await until(lambda: server.stats["broken"])
        await until(lambda: not server.calls)
        assert server.stats == {"running": 0, "taken": 4, "refused": 1, "broken": 1, "failed": 1}
        assert seen.server is server
        del reader
    calls = [work for work in seen.works if work.kind == "call"]
    assert [(work.outcome, work.mode) for work in calls] == [
        ("ok", "async"),
        ("RuntimeError", "sync"),
        ("channel-ended", "async"),
        ("eof", None),
    ]
    assert calls[2].uuid == held.uuid and {work.peer.role for work in seen.works} == {"client"}
    assert ("refused", "client") in seen.told
    assert seen.outcomes("application")[0] == ("answer", "ok")
    record = next(record for record in caplog.records if record.exc_info)
    assert (record.peer, record.uuid) == (str(calls[1].peer), calls[1].uuid)  # type: ignore[attr-defined]


@sync_test
def test_the_same_in_blocking_code(switch: Switch) -> None:
    seen = Listener()
    switch.api["fails"] = "-ERR no"
    switch.apps["wait"] = NEVER
    call = switch.new_call()
    with sync.connect(switch.host, switch.port, reconnect=sync.Reconnect(0.01), observer=seen) as fs:
        fs.api("fails")
        fs.bgapi("fails").result(5)
        with pytest.raises(TimeoutError):
            fs.execute(call.uuid, "wait", timeout=0.01)
        stream = fs.events("HEARTBEAT", gaps=True).ready()
        switch.fire("HEARTBEAT")
        stream.get(5)
        switch.drop()
        assert isinstance(stream.get(5), sync.Gap)
        fs.api("status")
    assert seen.outcomes() == [
        ("api", "error"),
        ("bgapi", "ok"),
        ("fails", "error"),
        ("wait", "given-up"),
        ("api", "ok"),
    ]
    assert {"opened", "event", "closed", "gap"} <= {one[0] for one in seen.told}

    def handler(call: sync.Session) -> None:
        call.answer()
        raise RuntimeError("oh no")

    watcher = Watcher()
    with sync.serve(handler, observer=watcher) as server:
        serving = Background(server.serve_forever)
        switch.call(f"127.0.0.1:{server.port}", is_async=False)
        until_now(lambda: server.stats["failed"] == 1 and not server.calls)
        until_now(lambda: watcher.outcomes("call"))
        server.close()
        serving.result()
    assert watcher.outcomes("call") == [("call", "RuntimeError")] and watcher.server is server
    assert watcher.outcomes("application") == [("answer", "ok")]


@aio_test
async def test_one_that_fails_harms_nobody(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(Observer):
        def began(self, work: Work, /) -> None:
            raise RuntimeError("began")

        def ended(self, work: Work, /) -> None:
            raise RuntimeError("ended")

        def event(self, connection: ObservedConnection, event: Event, /) -> None:
            raise RuntimeError("event")

    switch.api["status"] = "UP"
    async with aio.connect(switch.host, switch.port, observer=Faulty()) as fs:
        stream = await fs.events("HEARTBEAT")
        switch.fire("HEARTBEAT")
        assert (await stream.get(5)).name == "HEARTBEAT"
        assert (await fs.api("status")).text == "UP"
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["event", "began", "ended"]


@aio_test
async def test_a_refused_login_and_a_refused_job(switch: Switch) -> None:
    seen = Watcher()
    with pytest.raises(aio.AuthenticationError):
        await aio.connect(switch.host, switch.port, password="wrong", observer=seen)
    assert seen.told == [("closed", switch.address, "auth-refused")]
    switch.users["u@test"] = User("p", events="HEARTBEAT")
    async with aio.connect(switch.host, switch.port, user="u@test", password="p", observer=seen) as fs:
        job = await fs.bgapi("status")
        with pytest.raises(aio.CommandError):
            await job
    assert ("status", "refused") in seen.outcomes("job")


@aio_test
async def test_it_keeps_no_connection_alive(switch: Switch) -> None:
    fs = await aio.connect(switch.host, switch.port, observer=Listener())
    gc.collect()
    gc.disable()
    try:
        with pytest.warns(ResourceWarning):
            del fs
    finally:
        gc.enable()
    await until(lambda: not switch.connections)


@aio_test
async def test_log_records_say_where_and_of_what(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "esl_proto")
    async with aio.connect(switch.host, switch.port) as fs:
        await fs.api("status")
    record = next(record for record in caplog.records if "api status" in record.getMessage())
    assert (record.peer, record.uuid) == (switch.address, None)  # type: ignore[attr-defined]
    assert record.getMessage().startswith(f"{record.command_id}: ")  # type: ignore[attr-defined]


@aio_test
async def test_without_one_nothing_is_done(switch: Switch) -> None:
    """No function of the observers' module is called while commands are sent and events come; with one, some are."""
    called: set[str] = set()

    def profile(frame: Any, what: str, _: object) -> None:
        if what == "call" and frame.f_code.co_filename.endswith("observing.py"):
            called.add(frame.f_code.co_name)

    async def work(observer: Observer | None) -> None:
        async with aio.connect(switch.host, switch.port, observer=observer) as fs:
            stream = await fs.events("HEARTBEAT")
            sys.setprofile(profile)
            try:
                await fs.api("status")
                await (await fs.bgapi("status"))
                switch.fire("HEARTBEAT")
                await stream.get(5)
            finally:
                sys.setprofile(None)

    await work(None)
    assert not called
    await work(Watcher())
    assert {"tell", "ended"} <= called
