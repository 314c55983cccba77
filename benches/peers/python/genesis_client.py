"""Genesis."""

import asyncio

from genesis import Consumer

from task import Task


async def main() -> None:
    task = Task()
    done = asyncio.Event()
    consumer = Consumer("127.0.0.1", task.port, "ClueCon")

    async def on_event(event):
        if "Event-Name" in event and task.saw(event):
            done.set()

    consumer.handle("*")(on_event)
    running = asyncio.create_task(consumer.start())
    running.add_done_callback(lambda _: done.set())
    await done.wait()
    running.cancel()
    task.report()


asyncio.run(main())
