"""Objects in several threads: calls wait for each other, nothing is lost or doubled."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest
from conftest import server_stream

from esl_proto import ApiResponse, Command, Connection, Event, Server

THREADS = 8
T = TypeVar("T")


@pytest.fixture(autouse=True)
def switch_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def together(work: Callable[[int], T]) -> list[T]:
    """What each of some threads returns that begin at once."""
    barrier = threading.Barrier(THREADS)

    def begin(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


def look_up(event: Event, _: int) -> object:
    return event.to_dict(), event["name-7"], len(event), hash(event)


def test_one_event() -> None:
    text = b"".join(b"name-%d: value%%20%d\n" % (number, number) for number in range(500)) + b"\n"
    for _ in range(20):
        event = Event("plain", text)
        results = together(partial(look_up, event))
        assert all(result == results[0] for result in results)


def test_one_connection_is_read_by_many() -> None:
    stream = server_stream("busy-plain.bin.gz")
    connection = Connection.inbound()
    whole = Connection.inbound()
    whole.receive_data(stream)
    expected = sorted(message.text for message in whole if isinstance(message, Event))

    def read(number: int) -> list[bytes]:
        if number == 0:
            for start in range(0, len(stream), 1000):
                connection.receive_data(stream[start : start + 1000])
            return []
        got: list[bytes] = []
        while connection.stats["octets"] < len(stream):
            got.extend(message.text for message in connection if isinstance(message, Event))
        return got

    got = [text for texts in together(read) for text in texts]
    assert sorted(got) == expected


def test_one_connection_is_written_by_many() -> None:
    connection = Connection.inbound()
    connection.send(Command.auth("x"))
    connection.receive_data(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
    list(connection)
    count = 500

    def send(number: int) -> None:
        for _ in range(count):
            connection.send(Command.api(f"echo {number}"))

    together(send)
    assert connection.last_id == THREADS * count
    connection.receive_data(b"Content-Type: api/response\nContent-Length: 1\n\nx" * THREADS * count)
    assert [message.id for message in connection if isinstance(message, ApiResponse)] == list(
        range(1, THREADS * count + 1)
    )


def test_one_listener() -> None:
    server = Server.inbound()
    server.receive_data(b"auth x\n\n")
    next(server)
    server.accept()
    server.receive_data(b"event plain API\n\nfilter Event-Name /^API$/\n\n")
    list(server)
    server.data_to_send()
    count = 200

    def deliver(number: int) -> bytes:
        for place in range(count):
            assert server.deliver({"Event-Name": "API", "n": f"{number}-{place}"})
        return server.data_to_send()

    connection = Connection.inbound()
    connection.receive_data(b"".join(together(deliver)))
    got = [message["n"] for message in connection if isinstance(message, Event)]
    assert sorted(map(str, got)) == sorted(f"{number}-{place}" for number in range(THREADS) for place in range(count))
