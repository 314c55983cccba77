"""What both accept loops are made of, count and tell."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from ..types import Format
from .call import Call
from .descriptors import affordable
from .errors import ChannelEnded, ConnectionClosed, EventSocketError
from .observing import Observer, Peer, Work, ended, log_fields, outcome_of, tell

__all__ = ["Serving"]

AnyCall: TypeAlias = Call[Any, Any, Any, Any, Any]
C = TypeVar("C", bound=AnyCall)


class Serving:
    """The calls of an `OutboundServer`: how many there were, and what an observer is told of them."""

    DESCRIPTORS: int
    """How many a call needs."""
    LOG: logging.Logger
    port: int
    """The port it listens on."""

    def __init__(
        self,
        *,
        format: Format,
        linger: int | None,
        max_calls: int,
        failure_cause: str,
        refusal_cause: str,
        timeout: float | None,
        command_timeout: float | None,
        observer: Observer | None = None,
    ) -> None:
        self._format: Format = format
        self._linger = linger
        self.max_calls = affordable(max_calls, self.DESCRIPTORS)
        """The maximum number of simultaneous calls."""
        self._failure_cause = failure_cause
        self._refusal_cause = refusal_cause
        self._timeout = timeout
        self._command_timeout = command_timeout
        self.observer = observer
        self._counting: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        """Held where threads count."""
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

    def _new_session(self, kind: Callable[..., C]) -> C:
        session = kind(format=self._format, timeout=self._timeout, command_timeout=self._command_timeout)
        session.observe(self.observer)
        return session

    def _tell_refused(self, peer: Peer, why: str) -> None:
        self.refused += 1
        if self.observer is not None:
            tell(self.observer.refused, peer)
        self.LOG.warning("%s: %s: one more is refused", peer, why, extra=log_fields(peer))

    def _tell_broken(self, peer: Peer, session: AnyCall, error: BaseException) -> None:
        """A call has not begun."""
        with self._counting:
            self.broken += 1
        # A health check says nothing, and goes.
        is_check = isinstance(error, ConnectionClosed) and error.end == "eof" and not session.stats["octets"]
        level, why = logging.DEBUG if is_check else logging.WARNING, str(error) or type(error).__name__
        self.LOG.log(level, "%s: a call did not begin: %s", peer, why, extra=log_fields(peer))

    def _has_failed(self, session: AnyCall, error: Exception) -> bool:
        """Whether what a handler has raised is a failure: that the caller has hung up is none."""
        if isinstance(error, EventSocketError) and (isinstance(error, ChannelEnded) or session.has_ended):
            self.LOG.debug("call %s: %s", session.uuid, error, extra=session.log_fields())
            return False
        with self._counting:
            self.failed += 1
        self.LOG.exception("call %s: the handler failed", session.uuid, extra=session.log_fields())
        return True

    def _tell_began(self, peer: Peer) -> Work | None:
        if self.observer is None:
            return None
        work = Work("call", "call", peer)
        tell(self.observer.began, work)
        return work

    @staticmethod
    def _tell_connected(work: Work | None, session: AnyCall) -> None:
        if work is not None:
            work.uuid, work.mode = session.uuid, "async" if session.is_async else "sync"

    def _tell_ended(self, work: Work | None, error: BaseException | None) -> None:
        if self.observer is None or work is None:
            return
        ended(self.observer, work, "ok" if error is None else outcome_of(error), error)
