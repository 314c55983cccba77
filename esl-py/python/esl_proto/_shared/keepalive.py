"""A peer that has vanished without a word is noticed by TCP itself."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

__all__ = ["address", "keep_alive"]

# Two minutes at most: the first probe after 60 seconds of silence, then four more.
# TCP_KEEPALIVE is what macOS calls TCP_KEEPIDLE.
_OPTIONS = (("TCP_KEEPIDLE", 60), ("TCP_KEEPALIVE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))


def address(peer: Any) -> str:
    """An address, for people."""
    if peer is None or isinstance(peer, (str, bytes)):  # That of a Unix socket is a path.
        return str(peer)
    host, port = str(peer[0]), peer[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def keep_alive(sock: socket.socket) -> None:
    """Makes the kernel probe a silent peer, so that no wait lasts for ever; and sends each command at once."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _OPTIONS:
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
