"""Both façades: 200 000 events, or SOAK_EVENTS, with commands and answers between them, in flat memory."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
from collections.abc import Iterator

import pytest
from aio_support import aio_test
from esl_proto import Command, aio, sync
from memory import linux, resident
from sync_support import Background, sync_test

pytestmark = [pytest.mark.slow, linux]

COUNT = int(os.environ.get("SOAK_EVENTS", "200000"))
WARM = 20_000
"""After so many events, everything has its size."""
EVERY = 1000
"""A command for so many events."""
GROWTH = (1 << 20) + 400 * (COUNT // EVERY)
"""By so much a process may grow while 180 000 events of 2.4 kB pass: 6 octets an event; and the answers are kept."""

_HEADERS = b"".join(b"Header-%d: the%%20value%%20number%%20%d\n" % (n, n) for n in range(67))
_TEXT = b"Event-Name: HEARTBEAT\nUnique-ID: 5fd4\n" + _HEADERS + b"\n"
_BLOCK = 100 * (b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(_TEXT) + _TEXT)
_OK = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
_ANSWER = b"Content-Type: api/response\nContent-Length: 3\n\n+OK"


@contextlib.contextmanager
def flood() -> Iterator[int]:
    """The port of a server that sends events as fast as they are taken, and answers commands between them."""

    def serve() -> None:
        sock, _ = server.accept()
        with sock:
            sock.sendall(b"Content-Type: auth/request\n\n")
            for _ in ("auth", "event"):
                sock.recv(1000)
                sock.sendall(_OK)
            heard = b""
            for n in range(COUNT // 100 + 1):
                if n < COUNT // 100:
                    sock.sendall(_BLOCK)
                while n == COUNT // 100 or select.select([sock], [], [], 0)[0]:
                    heard += sock.recv(65536)
                    *commands, heard = heard.split(b"\n\n")
                    sock.sendall(b"".join(_OK if command == b"exit" else _ANSWER for command in commands))
                    if b"exit" in commands:
                        return

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = Background(serve)
        yield server.getsockname()[1]
        serving.result()


@aio_test
async def test_aio() -> None:
    with flood() as port:
        async with aio.connect("127.0.0.1", port) as fs:
            stream = fs.events("HEARTBEAT", overflow="block")
            answers, before = [], 0
            for seen in range(1, COUNT + 1):
                event = await stream.get()
                assert event["unique-id"] == "5fd4"
                if seen % EVERY == 0:
                    answers.append(fs.send(Command.api("status")))
                if seen == WARM:
                    gc.collect()
                    before = resident()
            gc.collect()
            assert resident() - before < GROWTH
            assert {(await answer).text for answer in answers} == {"+OK"}
            assert (stream.received, stream.dropped, fs.pending) == (COUNT, 0, 0)


@sync_test
def test_sync() -> None:
    with flood() as port, sync.connect("127.0.0.1", port) as fs:
        stream = fs.events("HEARTBEAT", overflow="block")
        answers, before = [], 0
        for seen in range(1, COUNT + 1):
            assert stream.get()["unique-id"] == "5fd4"
            if seen % EVERY == 0:
                answers.append(fs.send(Command.api("status")))
            if seen == WARM:
                gc.collect()
                before = resident()
        gc.collect()
        assert resident() - before < GROWTH
        assert {answer.result().text for answer in answers} == {"+OK"}
        assert (stream.received, stream.dropped, fs.pending) == (COUNT, 0, 0)
