"""How the cost of an event grows with the handlers and streams of one connection, in Python: rows of `benches/scale/run`.

    python benches/scale/handlers.py     # needs esl_proto

Each row is CPU time of this process, for an event or for a call of a handler, at 1, 10, 100 and 1 000 of them, as a ratio to
that at 1. The events come from a process of their own.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

SIZES = (1, 10, 100, 1000)
ROUNDS = 3
EVENTS = 20_000
CAPTURE = Path(__file__).resolve().parents[2] / "testdata/captures/busy-plain.bin.gz"


def feed(count: int) -> None:
    """Says yes to one client's commands, and so many events after its `api go`."""
    stream = gzip.decompress(CAPTURE.read_bytes())
    frames, at = [], 0
    while (end := stream.find(b"\n\n", at)) >= 0:
        head = dict(line.split(b": ", 1) for line in stream[at:end].split(b"\n"))
        after = end + 2 + int(head.get(b"Content-Length", 0))
        if head.get(b"Content-Type") == b"text/event-plain":
            frames.append(stream[at:after])
        at = after
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        client, _ = server.accept()
    with client:
        client.sendall(b"Content-Type: auth/request\n\n")
        said, going = b"", False
        while not going and (data := client.recv(65536)):
            *commands, said = (said + data).split(b"\n\n")
            for command in commands:
                going = command.startswith(b"api go")
                client.sendall(
                    b"Content-Type: api/response\nContent-Length: 3\n\n+OK"
                    if going
                    else b"Content-Type: command/reply\nReply-Text: +OK\n\n"
                )
        for number in range(count):
            client.sendall(frames[number % len(frames)])
        client.recv(65536)  # It has what it wants.


async def measure(events: int, prepare: Callable[..., Awaitable[object]]) -> float:
    """The CPU seconds that so many events take, from `api go` until what `prepare` gave has ended."""
    from esl_proto.aio import connect

    feeder = subprocess.Popen([sys.executable, __file__, "--feed", str(events)], stdout=subprocess.PIPE, text=True)
    try:
        assert feeder.stdout is not None
        async with connect("127.0.0.1", int(feeder.stdout.readline())) as fs:
            over = await prepare(fs, events)
            began = time.process_time()
            await fs.api("go")
            await over
            return time.process_time() - began
    finally:
        feeder.kill()
        feeder.wait()
        if feeder.stdout is not None:
            feeder.stdout.close()


def handlers(size: int, *, all_hear: bool) -> Callable[..., Awaitable[object]]:
    """Handlers: all of all events, or one of all events and the others of other subclasses."""

    async def prepare(fs, events: int) -> object:
        rest = events * (size if all_hear else 1)
        over = asyncio.Event()

        def handler(event: object) -> None:
            nonlocal rest
            rest -= 1
            if rest == 0:
                over.set()

        for number in range(size):
            if number == 0 or all_hear:
                fs.on("ALL", overflow="block")(handler)
            else:
                fs.on(subclasses=[f"scale::{number}"], overflow="block")(handler)
        return over.wait()

    return prepare


def streams(size: int) -> Callable[..., Awaitable[object]]:
    """A stream of all events, and others of other channels."""

    async def prepare(fs, events: int) -> object:
        stream = fs.events("ALL", overflow="block")
        others = [fs.events("CHANNEL_ANSWER", channel=f"{number:036}") for number in range(1, size)]

        async def read() -> None:
            for _ in range(events):
                await stream.__anext__()
            assert not any(other.waiting for other in others)

        return read()

    return prepare


ROWS: dict[str, Callable[[int], tuple[int, int, Callable[..., Awaitable[object]]]]] = {
    "Python: an event to one of 1 to 1 000 handlers, the others of other subclasses": lambda size: (
        EVENTS,
        EVENTS,
        handlers(size, all_hear=False),
    ),
    "Python: an event to each of 1 to 1 000 handlers: each call": lambda size: (
        EVENTS // size,
        EVENTS,
        handlers(size, all_hear=True),
    ),
    "Python: an event to one of 1 to 1 000 streams, the others of other channels": lambda size: (
        EVENTS,
        EVENTS,
        streams(size),
    ),
}


def main() -> None:
    for name, row in ROWS.items():
        best = dict.fromkeys(SIZES, float("inf"))
        for _ in range(ROUNDS):
            for size in SIZES:
                events, units, prepare = row(size)
                best[size] = min(best[size], asyncio.run(measure(events, prepare)) / units)
        print(f"| {name} | {' | '.join(f'{best[size] / best[1]:.2f}' for size in SIZES)} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--feed"]:
        feed(int(sys.argv[2]))
    else:
        main()
