"""What both façades know of a connection that this program opens, and opens again when it is lost."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..errors import ProtocolError
from .errors import AccessDenied, AuthenticationError, CommandError, ConnectionClosed, closed, is_quiet
from .observing import Peer
from .surface import E, G, L, N, R, Surface

if TYPE_CHECKING:
    import ssl as tls

    from ..types import Format
    from .reconnect import Reconnect
    from .target import Target

__all__ = ["REFUSED", "TRY_AGAIN", "Connecting"]

REFUSED = (AuthenticationError, AccessDenied)
TRY_AGAIN = (OSError, CommandError, ProtocolError)  # TimeoutError is an OSError.


class Connecting(Surface[R, N, E, G, L]):
    """Where it connects to, as whom, and whether again."""

    LOG: logging.Logger

    def __init__(
        self,
        target: Target,
        *,
        ssl: tls.SSLContext | None,
        format: Format,
        timeout: float | None,
        command_timeout: float | None,
        reconnect: Reconnect | None,
        heartbeat: float | None,
    ) -> None:
        super().__init__(format=format, timeout=timeout, command_timeout=command_timeout)
        self._session.set_silence(heartbeat)
        self._target = target
        self._ssl = ssl
        self._policy = reconnect
        self._opened = False
        self._attempts = 0

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        return Peer(self._target.host, self._target.port, "server")

    @property
    def is_open(self) -> bool:
        """Whether commands can be sent now, as far as is known: a dead peer is noticed only while reading."""
        return self._opened

    def _settled(self) -> None:
        self._opened = True
        super()._settled()

    def _lost(self) -> None:
        """The connection is over, and perhaps not for good. Lock held."""
        if not self._opened:  # `open` raises.
            return
        self._opened = False
        self._lost_by = reason = self._reason()
        wanted = self._closing or is_quiet(reason)
        if wanted or self._policy is None:
            self._finish_locked(None if wanted else reason)
        else:
            self._tell("%s; connecting again", reason)
            self._try_again(reason, self._policy)

    def open_later(self, error: Exception) -> bool:
        """Tries again what could not be opened, as after a loss. False without `reconnect`."""
        if self._policy is None:
            return False
        with self._lock:
            self._lost_by = reason = closed("unreachable", _words(error))
            self._tell("%s; connecting again", reason)
            self._try_again(reason, self._policy)
        return True

    def _first_failure(self, error: Exception) -> Reconnect:
        """How to go on when the first connection has failed. Raises the failure if that is not wanted."""
        if self._over or self._policy is None or not self._policy.initial or isinstance(error, REFUSED):
            raise error
        self._tell("%s; connecting again", _words(error))
        return self._policy

    def _failed_again(self, error: Exception) -> None:
        self._tell("attempt %d failed: %s", self._attempts, _words(error))

    def _tell(self, text: str, *about: Any) -> None:
        self.LOG.warning(f"%s: {text}", self._target, *about, extra=self.log_fields())

    def _try_again(self, reason: ConnectionClosed, policy: Reconnect) -> None:
        """Begins to try. Lock held."""
        raise NotImplementedError


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
