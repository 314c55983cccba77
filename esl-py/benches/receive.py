"""What the sans-IO connection costs: CPU time an event, beside the time that counting the line ends takes.

    python esl-py/benches/receive.py [ROUNDS]

Each round measures every row once, one after the other, so that a busy machine disturbs all of them alike. The least of
the rounds counts.
"""

import asyncio
import gzip
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from esl_proto import ApiResponse, Command, Connection, Event
from esl_proto._shared.target import Target
from esl_proto.aio.inbound import Inbound
from esl_proto.aio.link import Link

CAPTURES = Path(__file__).resolve().parents[2] / "testdata" / "captures"
CHUNK = 64 << 10
TIMES = 5
"""How often a recorded stream of 800 events is read in one go."""


def chunks(name: str) -> list[bytes]:
    """A recorded stream of events as a socket gives it."""
    stream = gzip.decompress((CAPTURES / name).read_bytes())
    return [stream[start : start + CHUNK] for start in range(0, len(stream), CHUNK)]


def each_event(name: str, use: Callable[[Event], object] | None) -> Callable[[], int]:
    """Reads a stream, and does something with each event."""
    pieces = chunks(name)

    def read() -> int:
        events = 0
        for _ in range(TIMES):
            connection = Connection.inbound()
            for piece in pieces:
                connection.receive_data(piece)
                if use is None:
                    for _message in connection:
                        pass
                else:
                    for message in connection:
                        if type(message) is Event:
                            use(message)
            events += connection.stats["events"]
        return events

    return read


def line_ends(name: str) -> Callable[[], int]:
    """Counts the line ends of a stream."""
    pieces = chunks(name)
    events = Connection.inbound()
    for piece in pieces:
        events.receive_data(piece)
    count = sum(type(message) is Event for message in events)

    def read() -> int:
        for _ in range(TIMES):
            for piece in pieces:
                piece.count(b"\n")
        return TIMES * count

    return read


def three(event: Event) -> object:
    return event.name, event.unique_id, event.get("Event-Sequence")


class NoTransport:
    """What a `Link` writes to in place of a socket."""

    def get_extra_info(self, name: str) -> Any:
        return None

    def write(self, data: bytes) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        pass

    pause_reading = resume_reading = close = abort


def streamed(name: str) -> Callable[[], int]:
    """The events of a stream of `aio`, with three look-ups each, as they come from no socket."""
    pieces = [memoryview(piece) for piece in chunks(name)]
    ok = b"Content-Type: command/reply\nReply-Text: +OK\n\n"

    async def read() -> int:
        events = 0
        options: dict[str, Any] = dict.fromkeys(("ssl", "timeout", "command_timeout", "reconnect", "heartbeat"))
        for _ in range(TIMES):
            fs = Inbound(Target("", 0, "x", None, None), format="plain", **options)
            link = Link(fs)
            link.connection_made(NoTransport())  # type: ignore[arg-type]
            fs.received(link, memoryview(b"Content-Type: auth/request\n\n" + ok))
            stream = fs.events("ALL", maxsize=1_000_000)
            fs.received(link, memoryview(ok * 3))
            for piece in pieces:
                fs.received(link, piece)
                for _ in range(stream.waiting):
                    three(await stream.__anext__())
                    events += 1
            link.transport = None
        return events

    return lambda: asyncio.run(read())


def dictionary(text: bytes) -> dict[str, str]:
    """What a parser in Python does, at its best: one split a line, values decoded where they must be."""
    from urllib.parse import unquote

    headers = {}
    for line in text.decode().split("\n"):
        name, colon, value = line.partition(": ")
        if colon:
            headers[name] = unquote(value) if "%" in value else value
    return headers


def opened() -> Connection:
    """A connection that has been authenticated."""
    connection = Connection.inbound()
    connection.send(Command.auth("x"))
    connection.receive_data(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
    list(connection)
    return connection


def made() -> int:
    """Commands, not sent."""
    for number in range(TIMES * 1000):
        Command.api(f"echo {number}")
    return TIMES * 1000


def sent() -> int:
    """Commands, sent to nobody."""
    connection = opened()
    for number in range(TIMES * 1000):
        connection.send(Command.api(f"echo {number}"))
    return TIMES * 1000


def answers() -> int:
    """Commands and their answers, a thousand at a time."""
    answer = b"Content-Type: api/response\nContent-Length: 3\n\n+OK" * 1000
    connection = opened()
    for _ in range(TIMES):
        for number in range(1000):
            connection.send(Command.api(f"echo {number}"))
        connection.receive_data(answer)
        for message in connection:
            assert type(message) is ApiResponse and message.ok
    return TIMES * 1000


ROWS: dict[str, Callable[[], int]] = {
    "plain: counting line ends": line_ends("busy-plain.bin.gz"),
    "plain: each event": each_event("busy-plain.bin.gz", None),
    "plain: three look-ups": each_event("busy-plain.bin.gz", three),
    "plain: three look-ups, by aio": streamed("busy-plain.bin.gz"),
    "plain: to_dict": each_event("busy-plain.bin.gz", Event.to_dict),
    "plain: a dict by Python code": each_event("busy-plain.bin.gz", lambda event: dictionary(event.text)),
    "plain: dict(event)": each_event("busy-plain.bin.gz", dict),
    "plain: variables": each_event("busy-plain.bin.gz", lambda event: event.variables.to_dict()),
    "plain: json": each_event("busy-plain.bin.gz", Event.json),
    "json: each event": each_event("busy-json.bin.gz", None),
    "json: to_dict": each_event("busy-json.bin.gz", Event.to_dict),
    "json: json": each_event("busy-json.bin.gz", Event.json),
    "json: three look-ups": each_event("busy-json.bin.gz", three),
    "xml: three look-ups": each_event("busy-xml.bin.gz", three),
    "xml: json": each_event("busy-xml.bin.gz", Event.json),
    "api: a command made": made,
    "api: a command made and sent": sent,
    "api: command and answer": answers,
}


def main(rounds: int) -> None:
    best = dict.fromkeys(ROWS, float("inf"))
    for _ in range(rounds):
        for name, row in ROWS.items():
            start = time.process_time()
            count = row()
            best[name] = min(best[name], (time.process_time() - start) / count * 1e6)
    yardstick = best["plain: counting line ends"]
    for name, cost in best.items():
        print(f"{name:32} {cost:8.2f} us {cost / yardstick:8.1f} x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
