"""A server that sends the events of a busy switch, recorded once, as often as it is told."""

import gzip
import pathlib
import socket
import threading
import urllib.parse

CAPTURES = pathlib.Path(__file__).resolve().parent.parent.parent / "testdata/captures"
GOODBYE = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"


def recorded_events() -> tuple[bytes, int]:
    """The frames of the recorded events and their count.

    Events with values that are not UTF-8 are not among them: one of the clients ends at the first.
    """
    stream = gzip.decompress((CAPTURES / "busy-plain.bin.gz").read_bytes())
    frames = []
    at = 0
    while (end := stream.find(b"\n\n", at)) >= 0:
        head = dict(line.split(b": ", 1) for line in stream[at:end].split(b"\n"))
        next_at = end + 2 + int(head.get(b"Content-Length", 0))
        if head.get(b"Content-Type") == b"text/event-plain" and is_text(stream[end + 2 : next_at]):
            frames.append(stream[at:next_at])
        at = next_at
    return b"".join(frames), len(frames)


def is_text(event: bytes) -> bool:
    try:
        urllib.parse.unquote_to_bytes(event).decode()
    except UnicodeDecodeError:
        return False
    return True


class Replay:
    """Serves one client after the other on 127.0.0.1."""

    def __init__(self, events: bytes) -> None:
        self.events = events
        #: How often the next client gets all events.
        self.passes = 1
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            connection.settimeout(120)
            with connection:
                try:
                    self._talk(connection)
                except OSError:
                    pass  # The client has gone: it has what it wants, or it never will.

    def _talk(self, connection: socket.socket) -> None:
        connection.sendall(b"Content-Type: auth/request\n\n")
        received = b""
        while data := connection.recv(4096):
            received += data.replace(b"\r\n", b"\n")
            while b"\n\n" in received:
                command, received = received.split(b"\n\n", 1)
                connection.sendall(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
                if command.lower().startswith(b"event"):
                    self._stream(connection)
                    return

    def _stream(self, connection: socket.socket) -> None:
        for _ in range(self.passes):
            connection.sendall(self.events)
        head = f"Content-Type: text/disconnect-notice\nContent-Length: {len(GOODBYE)}\n\n"
        connection.sendall(head.encode() + GOODBYE)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
