"""What observers for metrics count. The names are those of the Rust client, and of OpenTelemetry's semantic conventions
where it has them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from .errors import ConnectionClosed
from .observing import ObservedConnection, ObservedServer, Observer, Peer, Work

__all__ = ["BUCKETS", "COUNTERS", "DURATIONS", "Metric", "Numbers", "attributes_of", "labels_of"]


class Metric(NamedTuple):
    """One that is collected."""

    name: str
    """With dots."""
    key: str | Mapping[str, str]
    """What `stats` call it; or several, with the direction that each has."""
    unit: str
    text: str
    is_gauge: bool = False

    @property
    def series(self) -> list[tuple[str, dict[str, str]]]:
        """The keys, each with its own attributes."""
        if isinstance(self.key, str):
            return [(self.key, {})]
        return [(key, {_DIRECTION: direction}) for key, direction in self.key.items()]


_DIRECTION = "network.io.direction"

COUNTERS = (
    Metric("esl.client.connections", "connections", "{connection}", "Connections that have been opened."),
    Metric("esl.client.commands", "commands", "{command}", "Commands that have been sent."),
    Metric("esl.client.command.timeouts", "timeouts", "{timeout}", "Waits that have ended at their deadline."),
    Metric("esl.client.events", "events", "{event}", "Events that have come."),
    Metric("esl.client.log_lines", "log_lines", "{line}", "Log lines that have come."),
    Metric("esl.client.lost_events", "dropped", "{event}", "Events and log lines that streams have lost because they were full."),
    Metric("esl.client.gaps", "gaps", "{gap}", "Connections that were lost and made anew."),
    Metric(
        "esl.client.io", {"octets": "receive", "octets_sent": "transmit"}, "By", "Bytes that have been read and written."
    ),
    Metric("esl.server.active_calls", "running", "{call}", "Calls that are being handled now.", is_gauge=True),
    Metric("esl.server.calls", "taken", "{call}", "Calls that have been taken."),
    Metric("esl.server.rejected_calls", "refused", "{call}", "Calls that were refused, because there were too many."),
    Metric("esl.server.broken_calls", "broken", "{connection}", "Connections that have told of no call."),
    Metric("esl.server.failed_calls", "failed", "{call}", "Calls whose handler has failed."),
)

DURATIONS = {
    "command": ("esl.client.command.duration", "From a command to its answer.", "esl.command.name"),
    "job": ("esl.client.job.duration", "From the beginning of a job to its end.", "esl.api.name"),
    "application": ("esl.client.application.duration", "How long applications have run.", "esl.application.name"),
    "call": ("esl.server.call.duration", "From a call's connection to the end of its handler.", None),
}
"""By kinds: the name, what it says, and what tells one from another."""

BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds: from an answer of a switch nearby to a long call."""

_Stats = dict[str, int]


def labels_of(peer: Peer | None) -> dict[str, Any]:
    """The switch, where this program has connected to it. That of a call has a port of its own each time: it would make a
    time series of every call."""
    if peer is None or peer.role == "client":
        return {}
    return {"server.address": peer.host} | ({} if peer.port is None else {"server.port": peer.port})


def attributes_of(work: Work) -> dict[str, Any]:
    """Of a duration."""
    name = DURATIONS[work.kind][2]
    error = {} if work.outcome == "ok" else {"error.type": work.outcome}
    return labels_of(work.peer) | ({} if name is None else {name: work.name}) | error


class Numbers(Observer):
    """Counts, at no cost for each event: connections and servers count themselves, and are asked when somebody collects."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._seen: WeakKeyDictionary[Any, tuple[Peer | None, _Stats]] = WeakKeyDictionary()
        """What connections and servers have said last, as far as it is in the totals."""
        self._totals: dict[Peer | None, _Stats] = {}

    def counted(self, metric: Metric) -> Iterator[tuple[Mapping[str, Any], int]]:
        """The values of a metric, each with its attributes."""
        with self._lock:
            for one in [*self._seen]:
                self._refresh(one)
            found = [
                (labels_of(peer) | more, stats[key])
                for peer, stats in self._totals.items()
                for key, more in metric.series
                if key in stats
            ]
        yield from found

    def _refresh(self, one: Any) -> None:
        """Adds what has happened since it was asked last."""
        peer, before = self._seen[one]
        now: _Stats = one.stats
        for key, value in now.items():
            self._add(peer, key, value - before.get(key, 0))
        self._seen[one] = peer, now

    def _add(self, peer: Peer | None, key: str, count: int) -> None:
        totals = self._totals.setdefault(peer, {})
        totals[key] = totals.get(key, 0) + count

    def _see(self, one: Any, peer: Peer | None) -> None:
        with self._lock:
            if one not in self._seen:
                self._seen[one] = peer, {}
            self._refresh(one)

    @staticmethod
    def _series(peer: Peer) -> Peer | None:
        return peer if peer.role == "server" else None

    # As an observer

    def opened(self, connection: ObservedConnection, /) -> None:
        self._see(connection, self._series(connection.peer))

    def closed(self, connection: ObservedConnection, reason: ConnectionClosed, /) -> None:
        self._see(connection, self._series(connection.peer))

    def serving(self, server: ObservedServer, /) -> None:
        self._see(server, None)

    def gap(self, connection: ObservedConnection, gap: object, /) -> None:
        with self._lock:
            self._add(self._series(connection.peer), "gaps", 1)

    def began(self, work: Work, /) -> None:
        if work.kind == "command":
            with self._lock:
                self._add(self._series(work.peer), "commands", 1)
