"""How many calls the descriptors of a process are enough for."""

from __future__ import annotations

import contextlib
import logging

__all__ = ["affordable", "raise_limit"]

_LOG = logging.getLogger("esl_proto")
_SPARE = 64
"""For all else."""


def affordable(max_calls: int, each: int) -> int:
    """How many calls may be taken, each of which needs so many descriptors: where the limit of the process is less than
    `max_calls` need, that is said."""
    try:
        import resource
    except ImportError:  # Not on Windows.
        return max_calls
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = max_calls * each + _SPARE
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return max_calls
    calls = max((soft - _SPARE) // each, 1)
    _LOG.warning("%d descriptors are enough for %d calls at a time, not for %d: `ulimit -n %d`", soft, calls, max_calls, needed)
    return calls


def raise_limit(max_calls: int, each: int) -> None:
    """Gives this process the descriptors for so many calls, as far as it may have them."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = max_calls * each + _SPARE
    if soft != resource.RLIM_INFINITY and soft < needed:
        wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
