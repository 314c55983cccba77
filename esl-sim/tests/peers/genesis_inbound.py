"""Genesis logs in, runs commands and jobs, and leaves."""

import asyncio

from common import switch

from genesis import Inbound
from genesis.exceptions import AuthenticationError


async def main(port):
    try:
        async with Inbound("127.0.0.1", port, "wrong"):
            raise AssertionError("a wrong password was accepted")
    except AuthenticationError:
        pass

    async with Inbound("127.0.0.1", port, "ClueCon") as client:
        done = asyncio.get_running_loop().create_future()
        client.on("BACKGROUND_JOB", lambda event: done.done() or done.set_result(event))
        reply = await client.send("event plain BACKGROUND_JOB")
        assert reply["Reply-Text"] == "+OK event listener enabled plain", reply
        version = await client.send("api version")
        assert version.body.startswith("FreeSWITCH Version "), version
        job = await client.send("bgapi create_uuid")
        event = await asyncio.wait_for(done, 20)
        assert event["Job-UUID"] == job["Job-UUID"], event
        assert len(event.body) == 36, event


with switch() as port:
    asyncio.run(asyncio.wait_for(main(port), 40))
