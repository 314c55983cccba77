"""What both façades know and tell: the first connection, own addresses, the command that was refused, uuids of calls."""

from __future__ import annotations

import asyncio
import pickle
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aio_support import aio_test, until
from esl_proto import Command, aio, sync
from esl_proto.dial import Application, Leg, Originate
from esl_proto.testing import Switch
from sync_support import Background, sync_test
from sync_support import until as until_sync

PATIENT = aio.Reconnect(first=0.02, longest=0.02, initial=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
    return port


# The first connection


@aio_test
async def test_the_first_connection_is_waited_for_in_aio() -> None:
    switch = Switch(port=free_port())
    coming = asyncio.create_task(aio.connect(switch.host, switch.port, reconnect=PATIENT)._open())
    await asyncio.sleep(0.1)
    assert not coming.done()
    with switch:
        async with await asyncio.wait_for(coming, 10) as fs:
            assert (await fs.api("version")).ok and fs.is_open
            switch.drop()  # From then on it is as with any other.
            await until(lambda: fs.stats["connections"] > 1)
            await fs.wait_open(10)


@sync_test
def test_the_first_connection_is_waited_for_in_sync() -> None:
    switch = Switch(port=free_port())
    coming = Background(lambda: sync.connect(switch.host, switch.port, reconnect=PATIENT))
    assert not threading.Event().wait(0.1) and not coming.done()
    with switch, coming.result() as fs:
        assert fs.api("version").ok and fs.is_open
        running = Background(lambda: fs.run(20))
        switch.drop()
        until_sync(lambda: fs.stats["connections"] > 1)
        fs.wait_open(10)
        fs.close()
        running.result()


IMPATIENT = aio.Reconnect(first=0.01, attempts=2, initial=True)


@aio_test
async def test_waiting_for_the_first_connection_ends_in_aio(switch: Switch) -> None:
    with pytest.raises(ConnectionRefusedError):
        await aio.connect("127.0.0.1", free_port(), reconnect=IMPATIENT)
    with pytest.raises(aio.AuthenticationError):
        await aio.connect(switch.host, switch.port, password="wrong", reconnect=PATIENT)
    with pytest.raises(ConnectionRefusedError):
        await aio.connect("127.0.0.1", free_port(), reconnect=True)
    coming = asyncio.create_task(aio.connect("127.0.0.1", free_port(), reconnect=PATIENT)._open())
    await asyncio.sleep(0.05)
    coming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await coming


@sync_test
def test_waiting_for_the_first_connection_ends_in_sync(switch: Switch) -> None:
    with pytest.raises(ConnectionRefusedError):
        sync.connect("127.0.0.1", free_port(), reconnect=IMPATIENT)
    with pytest.raises(sync.AuthenticationError):
        sync.connect(switch.host, switch.port, password="wrong", reconnect=PATIENT)
    with pytest.raises(ConnectionRefusedError):
        sync.connect("127.0.0.1", free_port(), reconnect=True)


# Own addresses


def peers(listener: socket.socket) -> str:
    sock, address = listener.accept()
    sock.close()
    return str(address[0])


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="127.0.0.2 is no address there")
def test_where_a_connection_comes_from() -> None:
    for connect in (
        lambda port: asyncio.run(_close(aio.connect("127.0.0.1", port, local_addr=("127.0.0.2", 0)))),
        lambda port: sync.connect("127.0.0.1", port, local_addr=("127.0.0.2", 0)),
    ):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            peer = Background(lambda listener=listener: peers(listener))  # type: ignore[misc]
            with pytest.raises(aio.ConnectionClosed):
                connect(listener.getsockname()[1])
            assert peer.result() == "127.0.0.2"


async def _close(connecting: Awaitable[Any]) -> None:
    await (await connecting).close()


# The command that was refused


COMMANDS: list[tuple[Callable[[Any], Any], Command]] = [
    (lambda fs: fs.api("nothing", check=True), Command.api("nothing")),
    (lambda fs: fs.hangup(uuid="nobody"), Command.hangup(uuid="nobody")),
    (lambda fs: fs.execute("nobody", "park", "x"), Command.execute("park", "x", uuid="nobody")),
]


@pytest.mark.parametrize(("act", "command"), COMMANDS)
def test_which_command_was_refused(switch: Switch, act: Callable[[Any], Any], command: Command) -> None:
    switch.api["nothing"] = "-ERR no\n"

    async def in_aio() -> None:
        async with aio.connect(switch.host, switch.port) as fs:
            await act(fs)

    def in_sync() -> None:
        with sync.connect(switch.host, switch.port) as fs:
            act(fs)

    for run in (aio_test(in_aio), sync_test(in_sync)):
        with pytest.raises(aio.CommandError) as raised:
            run()
        error = pickle.loads(pickle.dumps(raised.value))
        assert raised.value.command == error.command == command
        assert str(error) == str(raised.value)


# Uuids of calls


@aio_test
async def test_the_uuid_of_a_call_is_known_before_the_answer_in_aio(switch: Switch) -> None:
    async with aio.connect(switch.host, switch.port) as fs:
        call = await fs.originate(Originate(Leg("user/1000"), Application("park")), uuid="my-own")
        assert call.uuid == "my-own" and await call.exists()
        other = await fs.originate("user/1000 &park()")
        assert len(other.uuid) == 36 and await other.exists()
        several = await fs.originate("user/1000,user/1001 &park()")
        assert await several.exists()
        for refused in ("user/1000,user/1001 &park()", "{origination_uuid=x}user/1000 &park()"):
            with pytest.raises(ValueError, match="takes no uuid"):
                await fs.originate(refused, uuid="y")
        with pytest.raises(aio.CallFailed) as raised:
            await fs.originate("error/USER_BUSY &park()", uuid="nobody")
        assert (raised.value.cause, raised.value.uuid) == ("USER_BUSY", "nobody")
        assert pickle.loads(pickle.dumps(raised.value)).uuid == "nobody"


@sync_test
def test_the_uuid_of_a_call_is_known_before_the_answer_in_sync(switch: Switch) -> None:
    with sync.connect(switch.host, switch.port) as fs:
        with fs.call("my-own").events("CHANNEL_CREATE", "CHANNEL_ANSWER").ready() as events:
            call = fs.originate(Originate(Leg("user/1000"), Application("park")), uuid="my-own")
            assert call.uuid == "my-own" and call.exists()
            assert [events.get(10).name for _ in range(2)] == ["CHANNEL_CREATE", "CHANNEL_ANSWER"]
        assert len(fs.originate("originate user/1000 &park()").uuid) == 36
        with pytest.raises(ValueError, match="takes no uuid"):
            fs.originate("user/1000,user/1001 &park()", uuid="y")
        with pytest.raises(sync.CallFailed) as raised:
            fs.originate("error/USER_BUSY &park()")
        assert raised.value.cause == "USER_BUSY" and len(raised.value.uuid or "") == 36
