"""The connection to the server that the command line names."""

from __future__ import annotations

import sys
import time

from ..sync import AccessDenied, AuthenticationError, EventSocketError, Inbound, Reconnect, connect
from .arguments import Options
from .output import program, reason

__all__ = ["CannotConnect", "connected"]

_CONNECT_TIMEOUT = 10_000
_RETRIES = 120
"""How often -r tries again, once a second."""


class CannotConnect(EventSocketError):
    """There is no connection, and why."""


def connected(options: Options, again: Reconnect | None = None) -> Inbound:
    """Connects and logs in; with --retry until there is a server. `again` says how a lost connection is made anew."""
    assert options.port is not None and options.password is not None
    again = again or (Reconnect() if options.reconnect else None)
    retries = _RETRIES if options.retry else 0
    while True:
        try:
            return connect(
                options.host or "",
                options.port,
                user=options.user,
                password=options.password,
                format="json",
                timeout=(options.connect_timeout or _CONNECT_TIMEOUT) / 1000,
                command_timeout=options.seconds,
                reconnect=again or False,
            )
        except (AuthenticationError, AccessDenied):
            raise
        except (EventSocketError, OSError) as error:
            why = f"cannot connect: {reason(error)}"
        if not retries:
            raise CannotConnect(why)
        if retries == _RETRIES:
            print(f"{program()}: {options.address}: {why}; retrying", file=sys.stderr, flush=True)
        retries -= 1
        time.sleep(1)
