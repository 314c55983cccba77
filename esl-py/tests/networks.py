"""Networks that are slow, late, carry octets one by one, or break."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from esl_proto.testing import Network, Switch

__all__ = ["BROKEN_LOGINS", "NETWORKS", "breaking_logins", "switch_behind"]

NETWORKS = [
    pytest.param(Network(delay=0.02), id="late"),
    pytest.param(Network(piece=1), id="octet by octet"),
    pytest.param(Network(piece=173, pause=0.0005), id="piece by piece"),
    pytest.param(Network(delay=0.01, piece=301, pause=0.0005), id="late and piece by piece"),
]

_GREETING = b"Content-Type: auth/request\n\n"
_ACCEPTED = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
BROKEN_LOGINS = range(0, len(_GREETING + _ACCEPTED), 3)
"""After how many octets each login breaks off."""


def switch_behind(network: Network) -> Switch:
    """A switch whose octets travel so, to be started."""
    switch = Switch()
    switch.network = replace(network)
    switch.moment = 0.001
    return switch


@contextlib.contextmanager
def breaking_logins() -> Iterator[int]:
    """The port of a server whose every connection breaks off a little later than the one before."""

    def serve() -> None:
        for octets in BROKEN_LOGINS:
            sock, _ = server.accept()
            with sock:
                sock.sendall(_GREETING[:octets])
                if octets > len(_GREETING):
                    sock.recv(100)
                    sock.sendall(_ACCEPTED[: octets - len(_GREETING)])

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)
        assert not thread.is_alive()
