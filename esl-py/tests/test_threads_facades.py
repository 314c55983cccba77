"""The façades and the switch with all they have in many threads at once. Whatever happens, each ends with its own result
or with a reason, and no event is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import Callable, Iterator

from sync_support import sync_test
from threads_support import THREADS, together

from esl_proto import Command, aio, sync
from esl_proto.ESL import ESLconnection, ESLevent
from esl_proto.testing import Switch

TURNS = 60


@contextlib.contextmanager
def echoing() -> Iterator[Switch]:
    with Switch() as switch:
        switch.api["echo"] = lambda what: what
        yield switch


def command(fs: sync.Inbound, text: str) -> None:
    assert fs.api(f"echo {text}", timeout=30).text == text


def pipelined(fs: sync.Inbound, text: str) -> None:
    waiting = [fs.send(Command.api(f"echo {text}-{place}")) for place in range(5)]
    assert [answer.result(30).text for answer in reversed(waiting)] == [f"{text}-{place}" for place in range(4, -1, -1)]


def job(fs: sync.Inbound, text: str) -> None:
    assert fs.bgapi(f"echo {text}").result(30).text == text


def dropped(fs: sync.Inbound, text: str) -> None:
    """What nobody has any more, and what is given up."""
    fs.bgapi(f"echo {text}")
    fs.events("HEARTBEAT", maxsize=1)
    with contextlib.suppress(TimeoutError):
        fs.api(f"echo {text}", timeout=0)


def handler(fs: sync.Inbound, text: str) -> None:
    fs.off(fs.on("HEARTBEAT")(lambda event: None))


def stream(fs: sync.Inbound, text: str) -> None:
    with fs.events("HEARTBEAT") as events, contextlib.suppress(TimeoutError):
        events.get(0.001)
    assert fs.stats["octets"] > 0 and fs.pending >= 0


USES: list[Callable[[sync.Inbound, str], None]] = [command, pipelined, job, dropped, handler, stream]


@sync_test
def test_sync() -> None:
    """Half of the threads use one connection for everything, the others read one stream of events."""
    users = THREADS // 2
    with echoing() as switch, sync.connect(switch.host, switch.port) as fs:
        events = fs.events("CUSTOM", subclasses=["t::t"], maxsize=users * TURNS)
        command(fs, "subscribed")

        def use(number: int) -> list[str]:
            order = random.Random(number)
            if number < users:
                for turn in range(TURNS):
                    order.choice(USES)(fs, f"{number}-{turn}")
                    switch.fire("CUSTOM", {"n": f"{number}-{turn}"}, subclass="t::t")
                return []
            return [events.get(30).get_str("n") for _ in range(TURNS)]

        got = [name for names in together(use) for name in names]
        assert sorted(got) == sorted(f"{number}-{turn}" for number in range(users) for turn in range(TURNS))
        assert events.dropped == events.waiting == 0


@sync_test
def test_sync_is_closed_meanwhile() -> None:
    for _ in range(5):
        with echoing() as switch:
            fs = sync.connect(switch.host, switch.port)

            def use(number: int) -> object:
                order = random.Random(number)
                turns = itertools.count()
                try:
                    while True:
                        turn = next(turns)
                        if number == 0 and turn == 20:
                            fs.close()
                        order.choice(USES)(fs, f"{number}-{turn}")
                except sync.ConnectionClosed as error:
                    return error.end

            assert set(together(use)) <= {"closed", "exit"}


@sync_test
def test_esl() -> None:
    """Commands and events of one connection; each thread gets its own answers, each event goes to one of them."""
    users = THREADS // 2
    with echoing() as switch:
        con = ESLconnection(switch.host, str(switch.port), "ClueCon")
        assert con.events("plain", "CUSTOM t::t") == 0

        def use(number: int) -> list[str | None]:
            if number >= users:
                return [con.recvEvent().getHeader("n") for _ in range(TURNS)]
            for turn in range(TURNS):
                text = f"{number}-{turn}"
                answer = con.api("echo", text)
                assert answer is not None and answer.getBody() == text
                assert con.connected() == 1 and con.socketDescriptor() >= 0
                con.setEventLock(str(turn % 2))
                con.setAsyncExecute(str(turn % 2))
                switch.fire("CUSTOM", {"n": text}, subclass="t::t")
            return []

        got = [name for names in together(use) for name in names]
        assert sorted(map(str, got)) == sorted(f"{number}-{turn}" for number in range(users) for turn in range(TURNS))
        assert con.recvEventTimed(1) is None
        con.disconnect()


@sync_test
def test_esl_is_disconnected_meanwhile() -> None:
    for _ in range(5):
        with echoing() as switch:
            con = ESLconnection(switch.host, str(switch.port), "ClueCon")

            def use(number: int) -> ESLevent | None:
                turns = itertools.count()
                while con.connected():
                    if number == 0 and next(turns) == 20:
                        con.disconnect()
                    elif number % 3 == 1:
                        con.recvEvent()
                    elif number % 3 == 2:
                        con.recvEventTimed(1)
                    else:
                        con.api("echo", "x" * 10_000)
                return con.api("echo", "x")

            assert together(use) == [None] * THREADS
            assert con.connected() == 0 and con.socketDescriptor() == -1


async def converse(switch: Switch, number: int) -> int:
    async with aio.connect(switch.host, switch.port) as fs:
        events = fs.events("CUSTOM", subclasses=[f"t::{number}"])
        await fs.api("echo subscribed")
        for turn in range(TURNS):
            answers = await asyncio.gather(*(fs.api(f"echo {number}-{turn}-{place}") for place in range(3)))
            assert [answer.text for answer in answers] == [f"{number}-{turn}-{place}" for place in range(3)]
            job = await fs.bgapi(f"echo {turn}")
            assert (await job.result()).text == str(turn)
            switch.fire("CUSTOM", {"n": str(turn)}, subclass=f"t::{number}")
        got = [await anext(events) for _ in range(TURNS)]
        assert [event["n"] for event in got] == list(map(str, range(TURNS)))
        return len(got)


@sync_test
def test_a_loop_in_each_thread() -> None:
    with echoing() as switch:
        assert together(lambda number: asyncio.run(converse(switch, number)), 4) == [TURNS] * 4
