"""What the programs under gevent share. To be imported after the monkey-patching."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import gevent  # type: ignore[import-untyped]
from esl_proto.sync import Inbound

__all__ = ["killed_greenlets", "others_go_on"]


@contextlib.contextmanager
def others_go_on() -> Iterator[None]:
    """Other greenlets run meanwhile."""
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            gevent.sleep(0.005)
            ticks += 1

    ticking = gevent.spawn(tick)
    yield
    # Now: `kill` lets others go on, too.
    assert ticks, "no other greenlet has run"
    ticking.kill()


def killed_greenlets(fs: Inbound) -> None:
    """One that is killed while it reads leaves the connection to the others."""
    reader = gevent.spawn(fs.wait_closed)
    gevent.sleep(0.01)
    other = gevent.spawn(fs.api, "slow")
    gevent.sleep(0.01)
    reader.kill()
    assert other.get(timeout=10).text == "+OK"
