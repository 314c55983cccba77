"""esl_proto.aio: a stream of events, with back-pressure."""

import asyncio

from esl_proto.aio import ConnectionClosed, connect

from task import Task

task = Task()


async def main() -> None:
    fs = await connect("127.0.0.1", task.port, password="ClueCon")
    try:
        async for event in fs.events("ALL", overflow="block"):
            if task.saw(event):
                break
    except ConnectionClosed:
        pass
    task.report()
    await fs.close(timeout=1)


asyncio.run(main())
