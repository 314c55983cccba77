"""Who gets which event. It outlives a connection, so that a reconnect changes nothing for those who read."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

from .._native import Event, LogLine
from .slot import Postponed
from .stream import Gap, Overflow, Queue
from .subscription import Subscription

__all__ = ["Router", "Wanted"]

_LOG = logging.getLogger("esl_proto")

T = TypeVar("T")
EventSink = Callable[[Event], object]


class Wanted:
    """Which events one reader wants."""

    __slots__ = ("channel", "names", "subclasses")

    def __init__(self, names: Iterable[str], subclasses: Iterable[str], channel: str | None) -> None:
        # A StrEnum is turned into a plain string, which is faster to look up.
        self.names = tuple(str(name).upper() for name in names)
        self.subclasses = tuple(str(subclass) for subclass in subclasses)
        self.channel = channel

    def takes_name(self, name: str | None) -> bool:
        """Whether any event of this name can be wanted."""
        if not self.names and not self.subclasses:
            return True
        return "ALL" in self.names or name in self.names or (name == "CUSTOM" and bool(self.subclasses))

    def sink(self, name: str | None, sink: EventSink) -> EventSink:
        """`sink` for events of `name`, behind what else must be true of an event."""
        by_subclass = name == "CUSTOM" and bool(self.subclasses) and "ALL" not in self.names
        if self.channel is None and not by_subclass:
            return sink
        channel, subclasses = self.channel, frozenset(self.subclasses)
        bare = "CUSTOM" in self.names

        def selective(event: Event) -> None:
            if channel is not None and event.unique_id != channel:
                return
            if by_subclass and event.subclass not in subclasses and not (bare and event.subclass is None):
                return
            sink(event)

        return selective


class Router:
    """Streams and handlers, and the subscription that feeds them."""

    def __init__(self) -> None:
        self.subscription = Subscription()
        self.blocked = 0
        """Number of full streams that block reading."""
        self.on_unblocked: Callable[[], None] = lambda: None
        """Called when the last of them has room again."""
        self.postponed: deque[Postponed] = deque()
        """What streams and handlers have asked for while there was no connection."""
        self._released = self._ended = False
        self._error: Exception | None = None
        self._dropped: deque[Callable[[], None]] = deque()
        self._sinks: dict[object, tuple[Wanted, EventSink]] = {}
        self._routes: dict[str | None, tuple[EventSink, ...]] = {}
        self._log_queues: dict[int, Queue[LogLine]] = {}
        self._queues: dict[int, Queue[Event] | Queue[Event | Gap] | Queue[LogLine]] = {}
        self._with_gaps: dict[int, Queue[Event | Gap]] = {}

    def drop(self, remove: Callable[[], None]) -> None:
        """A reader was dropped without being closed: queues `remove` for `purge`. Takes no lock, because a finalizer
        calls this, in any thread and at any instruction, perhaps while that thread holds the lock (re-entrancy)."""
        self._dropped.append(remove)
        if self.blocked:
            self.on_unblocked()

    def purge(self) -> None:
        """Removes the readers that were dropped. With threads: call with the lock held."""
        while self._dropped:
            self._dropped.popleft()()

    def deliver(self, name: str | None, event: Event) -> None:
        """Gives an event to all who want it."""
        if self._dropped:
            self.purge()
        route = self._routes.get(name)
        if route is None:
            route = self._routes[name] = self._route(name)
        for sink in route:
            sink(event)

    def deliver_log(self, line: LogLine) -> None:
        """Gives a log line to all who read the log."""
        for queue in tuple(self._log_queues.values()):
            queue.push(line)

    def _route(self, name: str | None) -> tuple[EventSink, ...]:
        if len(self._routes) > 1000:  # The peer chooses the names: bound the cache.
            self._routes.clear()
        return tuple(wanted.sink(name, sink) for wanted, sink in self._sinks.values() if wanted.takes_name(name))

    def add_sink(self, wanted: Wanted, sink: EventSink) -> Callable[[], None]:
        """Adds a sink. Returns a function that removes it."""
        key = object()
        self._sinks[key] = wanted, sink
        self._routes.clear()

        def remove() -> None:
            if self._sinks.pop(key, None) is not None:
                self._routes.clear()

        return remove

    def add_handler(self, wanted: Wanted, handler: EventSink) -> Callable[[], None]:
        """As `add_sink`, for what a user has written: its exceptions are logged, and harm nobody."""

        def guarded(event: Event) -> None:
            try:
                handler(event)
            except Exception:
                _LOG.exception("the handler %r of %s failed", handler, event.name)

        return self.add_sink(wanted, guarded)

    def event_queue(self, wanted: Wanted, maxsize: int, overflow: Overflow) -> tuple[Queue[Event], Callable[[], None]]:
        """A queue of events, and a function that removes it."""
        queue: Queue[Event] = Queue(maxsize, overflow, self._gate)
        return queue, self._register(queue, self.add_sink(wanted, queue.push))

    def gap_queue(
        self, wanted: Wanted, maxsize: int, overflow: Overflow
    ) -> tuple[Queue[Event | Gap], Callable[[], None]]:
        """As `event_queue`, with a marker for each reconnect."""
        queue: Queue[Event | Gap] = Queue(maxsize, overflow, self._gate)
        self._with_gaps[id(queue)] = queue
        remove_sink = self.add_sink(wanted, queue.push)

        def remove() -> None:
            remove_sink()
            self._with_gaps.pop(id(queue), None)

        return queue, self._register(queue, remove)

    def log_queue(self, maxsize: int, overflow: Overflow) -> tuple[Queue[LogLine], Callable[[], None]]:
        """A queue of log lines, and a function that removes it."""
        queue: Queue[LogLine] = Queue(maxsize, overflow, self._gate)
        self._log_queues[id(queue)] = queue
        return queue, self._register(queue, lambda: self._log_queues.pop(id(queue), None))

    def _register(
        self, queue: Queue[Event] | Queue[Event | Gap] | Queue[LogLine], forget: Callable[[], object]
    ) -> Callable[[], None]:
        key = id(queue)
        self._queues[key] = queue
        if self._ended:
            queue.end(self._error)

        def remove() -> None:
            if self._queues.pop(key, None) is not None:
                forget()
                queue.close()

        return remove

    def gap(self, gap: Gap) -> None:
        """Tells all streams that the connection was made anew."""
        for queue in self._queues.values():
            queue.gaps += 1
        for marked in self._with_gaps.values():
            marked.push(gap)

    def end(self, error: Exception | None) -> None:
        """The last connection is over: streams end after the items that they hold, later streams at once."""
        self._ended, self._error = True, error
        for queue in tuple(self._queues.values()):
            queue.end(error)

    def release(self) -> None:
        """From now on, no stream blocks reading: the connection is being closed."""
        self._released = True
        self.blocked = 0

    def _gate(self, closed: bool) -> None:
        if self._released:
            return
        self.blocked += 1 if closed else -1
        if self.blocked == 0:
            self.on_unblocked()
