"""A certificate for `localhost` that nobody trusts but these tests, and a proxy that speaks TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

from esl_proto.testing._loop import LoopThread

DATA = Path(__file__).parent / "data"


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "localhost.crt", DATA / "localhost.key")
    return context


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(DATA / "localhost.crt"))


class Tunnel:
    """A proxy, in a thread of its own: what comes in in the clear goes on by TLS."""

    def __init__(self) -> None:
        self._thread = LoopThread("tunnel")
        self._servers: list[asyncio.Server] = []

    def to(self, port: int) -> int:
        """Where to connect to speak TLS with `port`."""

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there = await asyncio.open_connection("127.0.0.1", port, ssl=client_context(), server_hostname="localhost")
            await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))

        server = self._thread.run_async(asyncio.start_server(relay, "127.0.0.1", 0))
        self._servers.append(server)
        number: int = server.sockets[0].getsockname()[1]
        return number

    def close(self) -> None:
        for server in self._servers:
            self._thread.run(server.close)
        self._thread.stop()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.contextmanager
def tunnel() -> Iterator[Tunnel]:
    """One that is closed at the end."""
    opened = Tunnel()
    try:
        yield opened
    finally:
        opened.close()
