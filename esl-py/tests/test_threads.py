"""Objects in several threads: calls wait for each other, nothing is lost or doubled."""

import contextlib
import pickle
import random
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from conftest import server_stream
from threads_support import THREADS, together

from esl_proto import (
    ApiResponse,
    HostRequest,
    Closed,
    Command,
    Connection,
    Event,
    LocalProtocolError,
    Message,
    Server,
)

AUTHENTICATED = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
RESPONSE = b"Content-Type: api/response\nContent-Length: 1\n\nx"
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
OVER = (608, 609)
"""The errors of a command that comes after the end, or after `exit`."""


@pytest.fixture(autouse=True)
def switch_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def open_connection() -> Connection:
    connection = Connection.inbound()
    connection.send(Command.auth("x"))
    connection.receive_data(AUTHENTICATED)
    list(connection)
    return connection


def response(text: str) -> bytes:
    return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(text), text.encode())


@pytest.mark.skipif(not FREE_THREADED, reason="this Python always has a GIL")
def test_the_gil_stays_off() -> None:
    """In a process of its own: what else is imported here may want the GIL."""
    modules = "esl_proto, esl_proto.aio, esl_proto.sync, esl_proto.ESL, esl_proto.testing"
    program = f"import sys, {modules}; sys.exit(sys._is_gil_enabled())"
    assert subprocess.run([sys.executable, "-W", "error", "-c", program], check=False).returncode == 0


def octets_of(command: Command, _: int) -> object:
    return [bytes(command) for _ in range(100)], hash(command), repr(command)


def test_one_command() -> None:
    results = together(partial(octets_of, Command.sendevent("API", {"a": "b" * 100}, "body")))
    assert all(result == results[0] for result in results)


def look_up(event: Event, _: int) -> object:
    return event.to_dict(), event["name-7"], len(event), hash(event), event.name, pickle.dumps(event)


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


def test_one_connection_is_fed_by_many() -> None:
    """What one call gives stays together, and the calls of one thread in their order."""
    connection = open_connection()
    count = 500
    for _ in range(THREADS * count):
        connection.send(Command.api("echo"))

    def feed(number: int) -> None:
        for place in range(count):
            connection.receive_data(response(f"{number} {place}"))

    together(feed)
    got = [message.text.split() for message in connection if isinstance(message, ApiResponse)]
    for number in range(THREADS):
        assert [int(place) for thread, place in got if int(thread) == number] == list(range(count))


def test_one_connection_is_written_by_many() -> None:
    connection = open_connection()
    count = 500

    def send(number: int) -> None:
        for _ in range(count):
            connection.send(Command.api(f"echo {number}"))

    together(send)
    assert connection.last_id == THREADS * count
    connection.receive_data(RESPONSE * THREADS * count)
    assert [message.id for message in connection if isinstance(message, ApiResponse)] == list(
        range(1, THREADS * count + 1)
    )


def send(connection: Connection) -> list[Message]:
    try:
        connection.send(Command.api("echo"))
    except LocalProtocolError as error:
        assert error.code in OVER
    return []


def answer(connection: Connection) -> list[Message]:
    if connection.pending:
        try:
            connection.receive_data(RESPONSE)
        except RuntimeError as error:
            assert str(error) == "receive_data after receive_eof"
    return []


def read(connection: Connection) -> list[Message]:
    return list(connection)


def ask(connection: Connection) -> list[Message]:
    assert repr(connection).startswith("<Connection ")
    assert connection.closed in (None, "eof")
    assert connection.is_open or connection.closed == "eof"
    assert not connection.is_lingering and connection.stats["octets"] > 0
    return []


def test_all_of_one_connection_at_once() -> None:
    """Each command is answered, or told as unanswered at the end, whoever reads that: once."""

    def use(connection: Connection, number: int) -> list[Message]:
        order = random.Random(number)
        got: list[Message] = []
        for turn in range(400):
            got += order.choice((send, answer, read, ask))(connection)
            if turn == 350 and number == 0:
                connection.receive_eof()
        return got

    for _ in range(5):
        connection = open_connection()
        got = [message for messages in together(partial(use, connection)) for message in messages]
        got += connection
        answered = [message.id for message in got if isinstance(message, ApiResponse)]
        (end,) = (message for message in got if isinstance(message, Closed))
        assert sorted([*answered, *end.unanswered]) == list(range(1, (connection.last_id or 0) + 1))


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
            assert server.offer({"Event-Name": "API", "n": f"{number}-{place}"})
        return server.data_to_send()

    connection = Connection.inbound()
    connection.receive_data(b"".join(together(deliver)))
    got = [message["n"] for message in connection if isinstance(message, Event)]
    assert sorted(map(str, got)) == sorted(f"{number}-{place}" for number in range(THREADS) for place in range(count))


def test_all_of_one_listener_at_once() -> None:
    """Commands in pieces, answers, events and questions: each command is answered once and in order, and every event
    that `offer` has taken comes."""
    server = Server.inbound()
    server.receive_data(b"auth x\n\n")
    next(server)
    server.accept()
    server.receive_data(b"event json ALL\n\n")
    list(server)
    out: list[bytes] = []
    fetching = threading.Lock()
    count = 200

    def fetch() -> None:
        with fetching:  # What is fetched must be written in order.
            out.append(server.data_to_send())

    def serve(number: int) -> int:
        for place in range(count):
            if number == 0:
                server.receive_data(b"api echo %d" % place)
                server.receive_data(b"\n\n")
            elif number == 1:
                # The answer to a `HostRequest` belongs to who got it: nobody else can get another one before.
                for found in server:
                    if isinstance(found, HostRequest):
                        server.output(found.argument or "")
            elif number == 2:
                fetch()
            elif number == 3:
                assert repr(server).startswith("<Server open") and server.closed is None and server.format == "json"
            else:
                assert server.offer({"Event-Name": "API", "n": f"{number}-{place}"})
        return count if number > 3 else 0

    delivered = sum(together(serve))
    for found in server:
        if isinstance(found, HostRequest):
            server.output(found.argument or "")
    fetch()

    connection = open_connection()
    connection.send(Command.event("ALL", format="json"))
    for _ in range(count):
        connection.send(Command.api("echo"))
    data = b"".join(out)
    connection.receive_data(data[data.index(b"accepted\n\n") + len(b"accepted\n\n") :])
    messages = list(connection)
    texts = [message.text for message in messages if isinstance(message, ApiResponse)]
    assert texts == [str(place) for place in range(count)]
    assert sum(isinstance(message, Event) for message in messages) == delivered


@pytest.mark.skipif(
    FREE_THREADED and sys.version_info < (3, 14), reason="this Python's own bytearray does not bear several threads"
)
def test_octets_that_change_meanwhile() -> None:
    """What is given is copied as it is at some moment, and never read after it is gone."""
    data = bytearray(RESPONSE * 100)

    def use(number: int) -> None:
        for turn in range(200):
            if number % 2:
                with contextlib.suppress(BufferError):  # Another thread is reading it just now.
                    data[:] = RESPONSE * (turn % 7 * 100)
                continue
            connection = open_connection()
            for _ in range(600):
                connection.send(Command.api("x"))
            connection.receive_data(data)
            assert all(isinstance(message, ApiResponse) for message in connection)

    together(use)


def test_headers_that_change_meanwhile() -> None:
    headers = {"Event-Name": "API"}

    def use(number: int) -> None:
        server = Server.inbound()
        for turn in range(500):
            if number % 2:
                headers[f"n{turn % 50}"] = "x" * (turn + 1)
                headers.pop(f"n{(turn + 25) % 50}", None)
            else:
                server.offer(headers)
                Command.sendevent("API", headers)

    together(use)


FINALIZERS = """
import gc
from esl_proto import Connection, Server

class BytesLike(bytes):
    def __del__(self):
        seen.append(connection.closed)

class Text(str):
    def __del__(self):
        seen.append(server.closed)

class Cycle:
    def __init__(self):
        self.me = self
    def __del__(self):
        seen.append(connection.closed)

seen = []
connection, server = Connection.inbound(), Server.inbound()
connection.receive_data(BytesLike(b"Content-Type: auth/request\\n\\n"))
list(connection)

server.receive_data(b"auth x\\n\\n")
next(server)
server.accept()
server.receive_data(b"event plain ALL\\n\\napi")
list(server)
server.offer([(Text("Event-Name"), Text("API"))])
server.receive_data(b" x\\n\\n")
next(server)
server.output("x")

gc.disable()
for _ in range(3):
    Cycle()
gc.set_threshold(1)
gc.enable()
connection.receive_eof()
list(connection)
gc.collect()
assert len(seen) == 6, seen
"""


def test_finalizers_may_use_what_is_at_work() -> None:
    """Nothing that a program has written runs while an object is locked: it would wait for itself. In a process of its
    own, as that would be for ever."""
    done = subprocess.run([sys.executable, "-c", FINALIZERS], timeout=30, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
