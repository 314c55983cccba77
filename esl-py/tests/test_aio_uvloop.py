"""esl_proto.aio on another event loop than asyncio's own."""

from __future__ import annotations

import asyncio

import pytest
from aio_support import until
from esl_proto import Event
from esl_proto.aio import Gap, Reconnect, Session, connect, serve
from esl_proto.testing import Switch
from tls_support import client_context, server_context

uvloop = pytest.importorskip("uvloop", reason="uvloop has no wheel for this Python", exc_type=ImportError)


@pytest.mark.parametrize("secure", [False, True])
def test_under_uvloop(secure: bool) -> None:
    async def main(switch: Switch) -> None:
        ssl = client_context() if secure else None
        name = "localhost" if secure else None
        async with connect(switch.host, switch.port, ssl=ssl, server_hostname=name, reconnect=Reconnect(0.01)) as fs:
            stream = fs.events("HEARTBEAT", maxsize=5, overflow="block", gaps=True)
            answers = await asyncio.gather(*(fs.api(f"echo {n}") for n in range(100)))
            assert [answer.text for answer in answers] == [str(n) for n in range(100)]
            for n in range(50):
                switch.fire("HEARTBEAT", {"n": str(n)})
            assert [(await stream.get(5))["n"] for n in range(50)] == [str(n) for n in range(50)]  # type: ignore[index]
            assert (await (await fs.bgapi("echo job"))).text == "job"
            switch.drop()
            assert isinstance(await stream.get(5), Gap)
            switch.fire("HEARTBEAT")
            assert isinstance(await stream.get(5), Event)

    with Switch(ssl=server_context() if secure else None) as switch:
        uvloop.run(main(switch))


def test_calls_under_uvloop() -> None:
    async def handler(call: Session) -> None:
        await call.answer()
        await call.hangup("USER_BUSY")

    async def main(switch: Switch) -> None:
        async with serve(handler) as server:
            call = await asyncio.to_thread(switch.call, f"127.0.0.1:{server.port}")
            assert await call.ended() == "USER_BUSY"
            await until(lambda: not server.calls)

    with Switch() as switch:
        uvloop.run(main(switch))
