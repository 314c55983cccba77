"""The way from a listener to its client, with the troubles that a network can have."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Network", "Wire"]


@dataclass
class Network:
    """How what is sent travels. All connections of a switch share one; changes take effect at once."""

    delay: float = 0.0
    """Seconds from sending to arriving."""
    piece: int = 0
    """How many octets travel at a time; 0: all that there are."""
    pause: float = 0.0
    """Seconds between two pieces."""
    window: int = 65536
    """How many octets are taken for a client that does not read, or on a network that makes pauses. What is more waits
    in the listener's queue."""


class Wire:
    """What one connection sends. Lives in the switch's thread."""

    def __init__(self, network: Network, more: Callable[[], None]) -> None:
        """
        :param more: Called when there may be room again for what waits elsewhere.
        """
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._network = network
        self._more = more
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._octets = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_held = False
        self._is_full = False
        self._left: int | None = None
        self._closes = False

    @property
    def is_half_open(self) -> bool:
        """Whether it can be written to when the client has ended its half: not by TLS."""
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is None

    def attach(self, transport: asyncio.Transport) -> None:
        """The connection is there."""
        self._transport = transport
        # The queue is kept here, not in the transport. With a high limit of 0, a TLS handshake would never start.
        transport.set_write_buffer_limits(high=1, low=0)
        self._flush()

    def room(self) -> int:
        """How many octets should be written at most."""
        is_slow = self._is_held or self._is_full or self._network.pause > 0
        return max(0, self._network.window - self._octets) if is_slow else self._network.window

    def write(self, data: bytes) -> None:
        """Sends octets, as fast as the network lets it."""
        if data and not self._closes:
            self._waiting.append((self._loop.time() + self._network.delay, data))
            self._octets += len(data)
            self._flush()

    def listen(self, listens: bool) -> None:
        """Whether to read what the client sends."""
        if self._transport is not None and not self._transport.is_closing():
            if listens:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def fill(self) -> None:
        """The socket takes no more."""
        self._is_full = True

    def drain(self) -> None:
        """The socket takes octets again."""
        self._is_full = False
        # Deferred: closing the transport inside its own `resume_writing` callback would close it twice.
        self._loop.call_soon(self._go_on)

    def hold(self) -> None:
        """Sends nothing until `release`."""
        self._is_held = True

    def release(self) -> None:
        """Sends what was held."""
        self._is_held = False
        self._go_on()

    def cut_after(self, octets: int) -> None:
        """Breaks the connection after so many octets more."""
        self._left = octets
        self._flush()

    def close(self) -> None:
        """Ends the connection after all that is sent."""
        self._closes = True
        self._flush()

    def abort(self) -> None:
        """Ends it now, with a reset instead of a proper end."""
        self._drop_waiting()
        if self._transport is not None:
            self._transport.abort()

    def _drop_waiting(self) -> None:
        self._waiting.clear()
        self._octets = 0
        self._closes = True
        if self._timer is not None:
            self._timer.cancel()

    def _go_on(self) -> None:
        self._flush()
        self._more()

    def _flush(self) -> None:
        while self._transport is not None and not (self._is_held or self._is_full) and self._timer is None:
            if self._left == 0 or self._transport.is_closing():
                self._drop_waiting()
            if not self._waiting:
                # Only once: on Python 3.11, `abort` fails after a second `close` of a TLS transport.
                if self._closes and not self._transport.is_closing():
                    self._transport.close()
                return
            wait = self._waiting[0][0] - self._loop.time()
            if wait > 0:
                self._flush_in(wait)
                return
            self._send_piece(self._transport)
            if self._network.piece and self._network.pause > 0:
                self._flush_in(self._network.pause)

    def _send_piece(self, transport: asyncio.Transport) -> None:
        due, data = self._waiting.popleft()
        limits = [limit for limit in (self._network.piece or None, self._left) if limit is not None]
        size = min(limits, default=len(data))
        if len(data) > size:
            self._waiting.appendleft((due, data[size:]))
        self._octets -= len(data[:size])
        transport.write(data[:size])
        if self._left is not None:
            self._left = max(0, self._left - len(data[:size]))

    def _flush_in(self, seconds: float) -> None:
        def ring() -> None:
            self._timer = None
            self._go_on()

        self._timer = self._loop.call_later(seconds, ring)
