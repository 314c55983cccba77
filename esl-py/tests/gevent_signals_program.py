"""Run by test_sync_gevent.py in a process of its own, with the address of a switch: connections that are closed by signals, by
other greenlets and in a forked process."""

# ruff: noqa: E402
from __future__ import annotations

import gevent.monkey  # type: ignore[import-untyped]

gevent.monkey.patch_all()

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial

import gevent

from esl_proto.sync import ConnectionClosed, EventSocketError, Inbound, connect, serve

HOST, PORT = sys.argv[1], int(sys.argv[2])


def by_gevent(act: Callable[[], object]) -> Callable[[], object]:
    watcher = gevent.signal_handler(signal.SIGALRM, act)
    return lambda: watcher.cancel()


def by_python(act: Callable[[], object]) -> Callable[[], object]:
    before = signal.signal(signal.SIGALRM, lambda *_: act())
    return lambda: signal.signal(signal.SIGALRM, before)


def by_a_greenlet(act: Callable[[], object]) -> Callable[[], object]:
    greenlet = gevent.spawn_later(0.05, act)
    return lambda: greenlet.join()


@contextlib.contextmanager
def soon(how: Callable[[Callable[[], object]], Callable[[], object]], act: Callable[[], object]) -> Iterator[None]:
    end = how(act)
    if how is not by_a_greenlet:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with gevent.Timeout(20):
            yield
    finally:
        end()


def waits(fs: Inbound) -> list[Callable[[], object]]:
    return [fs.run, lambda: list(fs.events("HEARTBEAT")), lambda: fs.api("never"), lambda: fs.bgapi("never").result()]


def every_wait_ends() -> None:
    for how in (by_gevent, by_python, by_a_greenlet):
        for number in range(4):
            fs = connect(HOST, PORT)
            other = gevent.spawn(waits(fs)[1])
            with soon(how, partial(fs.close, 0.3)), contextlib.suppress(ConnectionClosed):
                waits(fs)[number]()
            assert not fs.is_open, (how, number)
            assert other.get(timeout=10) == []
            fs.close(0.3)


def a_server_ends() -> None:
    for how in (by_gevent, by_python, by_a_greenlet):
        server = serve(lambda call: call.hangup())
        with soon(how, server.close):
            server.serve_forever()


def a_forked_process_is_told() -> None:
    # What it has been told comes by a socket: gevent's `waitpid` misses the end of a process now and then, and waits for ever.
    here, there = socket.socketpair()
    with here, there, connect(HOST, PORT) as fs:
        if os.fork() == 0:
            told = 0
            for use in (lambda: fs.api("version"), lambda: fs.run(1)):
                try:
                    use()
                except EventSocketError as error:
                    told += "process" in str(error)
            fs.close()
            os.write(there.fileno(), bytes([told]))
            os._exit(0)
        with gevent.Timeout(20):
            assert here.recv(1) == bytes([2])
        assert fs.api("version").ok


every_wait_ends()
a_server_ends()
a_forked_process_is_told()
print("done")
