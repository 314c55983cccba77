"""A server that says yes to everything, and after the first `event` command sends recorded events as fast as they are
taken: `python feeder.py COUNT` prints its port and serves one client."""

from __future__ import annotations

import gzip
import re
import socket
import sys
from pathlib import Path

CAPTURE = Path(__file__).parents[2] / "testdata/captures/busy-plain.bin.gz"
OK = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"


def events() -> list[bytes]:
    """The events of the recording, each a whole frame."""
    stream = gzip.decompress(CAPTURE.read_bytes())
    frames, at = [], 0
    while found := re.compile(rb"Content-Length: (\d+)\nContent-Type: text/event-plain\n\n").search(stream, at):
        at = found.end() + int(found[1])
        frames.append(stream[found.start() : at])
    return frames


def serve(count: int) -> None:
    frames = events()
    repeats, rest = divmod(count, len(frames))
    block = b"".join(frames)
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        client, _ = server.accept()
        with client:
            client.sendall(b"Content-Type: auth/request\n\n")
            received = b""
            while b"event" not in received:
                *commands, received = (received + client.recv(65536)).split(b"\n\n")
                client.sendall(OK * len(commands))
                if any(command.startswith(b"event") for command in commands):
                    break
            for _ in range(repeats):
                client.sendall(block)
            client.sendall(b"".join(frames[:rest]))
            try:
                while client.recv(65536):  # Until the client has had enough.
                    pass
            except ConnectionError:
                pass


if __name__ == "__main__":
    serve(int(sys.argv[1]))
