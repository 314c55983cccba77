"""A connection to a server, within one deadline for all of its addresses."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from .._shared.reader import left

__all__ = ["dial", "some_left"]


def some_left(deadline: float | None) -> float | None:
    """The seconds until `deadline`. Raises `TimeoutError` if it has passed."""
    seconds = left(deadline)
    if seconds == 0:  # `settimeout(0)` would make the socket non-blocking.
        raise TimeoutError("the deadline has passed")
    return seconds


def dial(host: str, port: int, local_addr: tuple[str, int] | None, deadline: float | None) -> socket.socket:
    """Tries one address of `host` after the other, and raises what the first has raised if none answers. Only the
    look-up of a name takes the time that the system gives it."""
    failures: list[OSError] = []
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        timeout = some_left(deadline)
        try:
            return _try(socket.socket(family, kind, protocol), local_addr, address, timeout)
        except OSError as error:
            failures.append(error)
    try:
        raise failures[0]
    finally:
        failures.clear()  # Break the reference cycle: exception, traceback, this frame, `failures`.


def _try(sock: socket.socket, local_addr: tuple[str, int] | None, address: Any, timeout: float | None) -> socket.socket:
    with contextlib.ExitStack() as stack:
        stack.callback(sock.close)
        sock.settimeout(timeout)
        if local_addr is not None:
            sock.bind(local_addr)
        sock.connect(address)
        stack.pop_all()
    return sock
