"""What both accept loops count and tell."""

from __future__ import annotations

from .observing import Observer, Peer, Work, ended, outcome_of, tell

__all__ = ["Serving"]


class Serving:
    """The calls of an `OutboundServer`: how many there were, and what an observer is told of them."""

    def __init__(self, observer: Observer | None) -> None:
        self.observer = observer
        self.taken = 0
        """Calls taken so far."""
        self.refused = 0
        """Connections that were closed at once, because there were `max_calls` already."""
        self.broken = 0
        """Connections that have told of no call."""
        self.failed = 0
        """Calls whose handler has failed."""

    @property
    def calls(self) -> int:
        """How many calls are being handled now."""
        raise NotImplementedError

    @property
    def stats(self) -> dict[str, int]:
        """The calls that are `running`, and those `taken`, `refused` (there were too many), `broken` (the connection has told of
        no call) and `failed` (their handler has) so far."""
        return {
            "running": self.calls,
            "taken": self.taken,
            "refused": self.refused,
            "broken": self.broken,
            "failed": self.failed,
        }

    def _tell_serving(self) -> None:
        if self.observer is not None:
            tell(self.observer.serving, self)

    def _tell_refused(self, peer: Peer) -> None:
        self.refused += 1
        if self.observer is not None:
            tell(self.observer.refused, peer)

    def _tell_began(self, peer: Peer) -> Work | None:
        if self.observer is None:
            return None
        work = Work("call", "call", peer)
        tell(self.observer.began, work)
        return work

    def _tell_ended(self, work: Work | None, error: BaseException | None) -> None:
        if self.observer is None or work is None:
            return
        ended(self.observer, work, "ok" if error is None else outcome_of(error), error)
