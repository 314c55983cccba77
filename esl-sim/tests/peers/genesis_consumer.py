"""A consumer of Genesis hears of calls that come and go."""

import asyncio

from common import switch

from genesis import Consumer


async def main(port):
    consumer = Consumer("127.0.0.1", port, "ClueCon")
    heard = {name: asyncio.get_running_loop().create_future() for name in ("CHANNEL_CREATE", "CHANNEL_DESTROY")}

    def expect(name):
        @consumer.handle(name)
        async def handler(event):
            if not heard[name].done():
                heard[name].set_result(event)

    for name in heard:
        expect(name)
    running = asyncio.create_task(consumer.start())
    for name, event in heard.items():
        event = await asyncio.wait_for(event, 20)
        assert event["Event-Name"] == name, event
        assert event["Unique-ID"], event
    await consumer.stop()
    await asyncio.wait_for(running, 20)


with switch("--calls-per-second", "5") as port:
    asyncio.run(asyncio.wait_for(main(port), 45))
