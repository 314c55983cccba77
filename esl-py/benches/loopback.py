"""CPU time for an event that comes over loopback, with three look-ups each, for this package and for others.

    python esl-py/benches/loopback.py [COUNT]       # needs esl_proto; greenswitch and Genesis where installed

Every row is a process of its own that reads from a feeder process. The figure is the reader's CPU time, user and
system, from the connection to the last event; the system's share is what the socket itself costs.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
LOOK_UPS = ("Event-Name", "Unique-ID", "Event-Date-Timestamp")


class Meter:
    """Counts events, and ends the process with its figures after the last one."""

    def __init__(self, count: int) -> None:
        self.count, self.seen, self.found = count, 0, 0
        self.start()

    def start(self) -> None:
        """All is imported: the connection is about to be made."""
        self.began = resource.getrusage(resource.RUSAGE_SELF)

    def event(self, get: Callable[[str], object]) -> bool:
        """Takes one event in; true after the last."""
        self.seen += 1
        for name in LOOK_UPS:
            if get(name) is not None:
                self.found += 1
        return self.seen >= self.count

    def report(self) -> None:
        now = resource.getrusage(resource.RUSAGE_SELF)
        user, system = now.ru_utime - self.began.ru_utime, now.ru_stime - self.began.ru_stime
        print(json.dumps({"user": user, "system": system, "seen": self.seen, "found": self.found}), flush=True)
        os._exit(0)


def sans_io(port: int, meter: Meter) -> None:
    import socket

    from esl_proto import Command, Connection, Event

    meter.start()
    connection = Connection.inbound()
    with socket.create_connection(("127.0.0.1", port)) as sock:
        buffer = memoryview(bytearray(65536))
        sent = False
        while True:
            connection.receive_data(buffer[: sock.recv_into(buffer)])
            for message in connection:
                if type(message) is Event:
                    if meter.event(message.get):
                        meter.report()
                elif not sent:
                    sock.sendall(connection.send(Command.auth("ClueCon")) + connection.send(Command.event("ALL")))
                    sent = True


def aio_stream(port: int, meter: Meter) -> None:
    import asyncio

    from esl_proto.aio import connect

    async def main() -> None:
        meter.start()
        async with connect("127.0.0.1", port) as fs:
            async for event in fs.events("ALL", overflow="block"):
                if meter.event(event.get):
                    meter.report()

    asyncio.run(main())


def aio_handler(port: int, meter: Meter) -> None:
    import asyncio

    from esl_proto import Event
    from esl_proto.aio import connect

    async def main() -> None:
        meter.start()
        async with connect("127.0.0.1", port) as fs:

            @fs.on("ALL")
            def handler(event: Event) -> None:
                if meter.event(event.get):
                    meter.report()

            await fs.wait_closed()

    asyncio.run(main())


def sync_stream(port: int, meter: Meter) -> None:
    from esl_proto.sync import connect

    meter.start()
    with connect("127.0.0.1", port) as fs:
        for event in fs.events("ALL", overflow="block"):
            if meter.event(event.get):
                meter.report()


def greenswitch(port: int, meter: Meter) -> None:
    import gevent.monkey

    gevent.monkey.patch_all()
    import gevent
    from greenswitch import InboundESL

    meter.start()
    fs = InboundESL(host="127.0.0.1", port=port, password="ClueCon")
    fs.connect()

    def handler(event: object) -> None:
        if meter.event(event.headers.get):  # type: ignore[attr-defined]
            meter.report()

    fs.register_handle("*", handler)
    fs.send("events plain ALL")
    while True:
        gevent.sleep(1)


def genesis(port: int, meter: Meter) -> None:
    import asyncio

    from genesis import Consumer

    meter.start()
    consumer = Consumer("127.0.0.1", port, "ClueCon")

    async def handler(event: object) -> None:
        if meter.event(event.get):  # type: ignore[attr-defined]
            meter.report()

    consumer.handle("*")(handler)
    asyncio.run(consumer.start())


ROWS: dict[str, tuple[Callable[[int, Meter], None], str, int]] = {
    "esl_proto.Connection": (sans_io, "esl_proto", 1),
    "esl_proto.aio, stream": (aio_stream, "esl_proto", 1),
    "esl_proto.aio, handler": (aio_handler, "esl_proto", 1),
    "esl_proto.sync, stream": (sync_stream, "esl_proto", 1),
    "greenswitch": (greenswitch, "greenswitch", 10),
    "Genesis": (genesis, "genesis", 20),
}


def run(row: str, count: int) -> dict[str, float]:
    feeder = subprocess.Popen([sys.executable, str(HERE / "feeder.py"), str(count)], stdout=subprocess.PIPE, text=True)
    try:
        assert feeder.stdout is not None
        port = feeder.stdout.readline().strip()
        reader = subprocess.run(
            [sys.executable, __file__, "--row", row, port, str(count)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )
        if not reader.stdout:
            raise RuntimeError(reader.stderr[-2000:])
        figures: dict[str, float] = json.loads(reader.stdout.splitlines()[-1])
        return figures
    finally:
        feeder.kill()
        feeder.wait()
        if feeder.stdout is not None:
            feeder.stdout.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print(f"{'us an event':26} {'user':>7} {'system':>7} {'both':>7}")
    for name, (_, module, slower) in ROWS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name:26} (not installed)")
            continue
        events = count // slower
        best = min((run(name, events) for _ in range(3)), key=lambda figures: figures["user"])
        user, system = (best[key] / events * 1e6 for key in ("user", "system"))
        print(f"{name:26} {user:7.2f} {system:7.2f} {user + system:7.2f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--row"]:
        ROWS[sys.argv[2]][0](int(sys.argv[3]), Meter(int(sys.argv[4])))
    else:
        main()
