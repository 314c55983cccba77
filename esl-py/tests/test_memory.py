"""Nothing leaks, and what is kept holds no more than itself."""

import gc
import sys
import weakref
from collections.abc import Callable

import pytest
from conftest import server_stream
from memory import linux, resident

from esl_proto import Command, Connection, Event, LocalProtocolError, RemoteProtocolError, Server


def converse() -> None:
    """All that there is, once, errors among it."""
    client, server = Connection.inbound(), Server.inbound()
    server.receive_data(b"auth x\n\nevent json ALL\n\nfilter a /b/\n\napi status\n\nsendmsg u\nx: y\n\n")
    client.send(Command.auth("x"))
    for found in server:
        kind = getattr(found, "kind", None)
        if kind == "password":
            server.accept()
        elif kind == "api":
            server.output("x" * 1000)
        elif kind == "sendmsg":
            server.no_such_channel("u")
    for name in ("API", "NEW"):
        server.offer([("Event-Name", name), ("a", ["b", "c"])], "body")
        client.receive_data(memoryview(server.data_to_send()))
        for message in client:
            repr(message)
            if isinstance(message, Event):
                _ = message.name, message.to_dict(), message.json(), message.plain(), message.xml(), message.headers_bytes(), hash(message)
                _ = message.get("a"), message.get_all("a"), message.keys(), list(message), message.error
    try:
        Command.api("a\nb")
    except LocalProtocolError:
        pass
    client.receive_data(b"Content-Length: x\n\n")
    try:
        next(client)
    except RemoteProtocolError:
        pass
    client.receive_eof()


def read_events(stream: bytes) -> Callable[[], None]:
    def read() -> None:
        connection = Connection.inbound()
        for start in range(0, len(stream), 65536):
            connection.receive_data(stream[start : start + 65536])
            for message in connection:
                if isinstance(message, Event):
                    _ = message.unique_id

    return read


def grown(work: Callable[[], None], times: int) -> int:
    """How much the process grows in as many rounds again as it takes to warm up."""
    for _ in range(times):
        work()
    gc.collect()
    before = resident()
    for _ in range(times):
        work()
    gc.collect()
    return resident() - before


@linux
def test_conversations_leave_nothing() -> None:
    assert grown(converse, 3000) < 1 << 20


@linux
def test_events_leave_nothing() -> None:
    assert grown(read_events(server_stream("busy-plain.bin.gz")), 125) < 4 << 20, "100 000 events"


@linux
def test_a_kept_event_holds_itself_only() -> None:
    text = b"Event-Name: API\n\n"
    wanted = b"Content-Length: %d\nContent-Type: text/event-plain\n\n%s" % (len(text), text)
    filler = b"Content-Type: api/response\nContent-Length: 65000\n\n" + b"x" * 65000
    connection = Connection.inbound()
    kept: list[object] = []
    before = resident()
    for _ in range(2000):
        connection.receive_data(wanted + filler)
        kept.append(next(connection))
        list(connection)
    assert resident() - before < 16 << 20, "130 MB went through"
    assert len(kept) == 2000


@linux
def test_storage_for_a_large_frame_is_given_back() -> None:
    head, body = b"Content-Type: api/response\nContent-Length: %d\n\n" % (8 << 20), b"x" * (8 << 20)
    kept: list[Connection] = []

    def receive() -> None:
        connection = Connection.inbound()
        for piece in (head, body[:-1], body[-1:]):
            connection.receive_data(piece)
            list(connection)
        kept.append(connection)

    assert grown(receive, 8) < 32 << 20, "64 MB were put together"


def test_octets_are_let_go() -> None:
    """What was given is held until it is read, and no longer."""
    # A constant might live for ever.
    data = b"".join([b"Content-Type: api/response\nContent-Length: 100\n\n", b"x" * 100])
    connection = Connection.inbound()
    count = sys.getrefcount(data)
    connection.receive_data(data)
    assert sys.getrefcount(data) == count + 1
    list(connection)
    assert sys.getrefcount(data) == count


def test_references() -> None:
    name, value = "Event-Name" + str(id(test_references)), "API" * 100
    counts = sys.getrefcount(name), sys.getrefcount(value)
    server = Server.inbound()
    server.offer([(name, value)])
    Command.sendevent("API", [(name, value)])
    Event("plain", b"a: b\n\n").get(name, value)
    with pytest.raises(KeyError):
        Event("plain", b"a: b\n\n")[name]
    del server
    gc.collect()
    assert (sys.getrefcount(name), sys.getrefcount(value)) == counts


def test_no_cycles() -> None:
    """A connection that is dropped goes at once: nothing waits for the collector."""

    class Holder:
        def __init__(self) -> None:
            self.connection = Connection.inbound()
            self.event = Event("plain", b"a: b\n\n")

    gc.disable()
    try:
        holder = Holder()
        gone = weakref.ref(holder)
        del holder
        assert gone() is None
    finally:
        gc.enable()
