"""A server that follows a script to the octet: it says what it is told, and wants to hear just what it is told."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

__all__ = ["AUTH", "Server", "answering", "api", "reply"]

PATIENCE = 10.0
AUTH = b"Content-Type: auth/request\n\n"


def reply(text: str) -> bytes:
    """A command/reply."""
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


def api(body: bytes) -> bytes:
    """An api/response."""
    return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(body), body)


class Server:
    """The server's end of one connection, in the hands of a test."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        self.sock = sock

    def hears(self, octets: bytes) -> None:
        """Waits until just these octets have come."""
        heard = b""
        while len(heard) < len(octets) and (data := self.sock.recv(len(octets) - len(heard))):
            heard += data
        assert heard == octets, (heard, octets)

    def command(self) -> bytes:
        """Waits for a command without a body, whatever it is; nothing at the end."""
        heard = b""
        while not heard.endswith(b"\n\n") and (octet := self.sock.recv(1)):
            heard += octet
        return heard.removesuffix(b"\n\n")

    def hears_nothing(self) -> None:
        """Checks that nothing more has come."""
        self.sock.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            heard = self.sock.recv(1000)
            assert not heard, heard
        self.sock.settimeout(PATIENCE)

    def says(self, *octets: bytes) -> None:
        """Sends octets, each part in a segment of its own."""
        for part in octets:
            self.sock.sendall(part)

    def ends(self) -> None:
        """Closes the connection."""
        self.sock.close()


@contextlib.contextmanager
def answering(server: Server, *steps: tuple[bytes, bytes]) -> Iterator[None]:
    """Answers, while the client acts: hears the first of each step and says the second. What goes wrong is the test's
    failure."""
    failures: list[BaseException] = []

    def play() -> None:
        try:
            for heard, said in steps:
                server.hears(heard)
                server.says(said)
        except BaseException as error:
            failures.append(error)
            server.ends()

    thread = threading.Thread(target=play)
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE)
        assert not thread.is_alive()
        if failures:
            raise failures[0]
