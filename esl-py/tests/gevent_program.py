"""Run by test_sync_gevent.py in a process of its own, with the address of a switch: all of it in one thread."""

# ruff: noqa: E402
from __future__ import annotations

import gevent.monkey  # type: ignore[import-untyped]

gevent.monkey.patch_all()

import contextlib
import sys
import threading
import time

import gevent

from esl_proto.sync import ConnectionClosed, Inbound, Reconnect, Session, connect, serve
from gevent_support import killed_greenlets, others_go_on

HOST, PORT = sys.argv[1], int(sys.argv[2])


def waits_do_not_stop_others(fs: Inbound) -> None:
    with others_go_on():
        slow = [gevent.spawn(fs.bgapi("slow").result, 10) for _ in range(20)]
        assert [job.get().text for job in slow] == ["+OK"] * 20
        assert fs.api("slow").text == "+OK"


def deadlines_hold(fs: Inbound) -> None:
    stream = fs.events("NAT")
    for wait in (lambda: stream.get(0.05), lambda: fs.api("slower", timeout=0.02)):
        try:
            wait()
        except TimeoutError:
            continue
        raise AssertionError("no deadline")
    try:
        with gevent.Timeout(0.02):  # gevent's own
            fs.api("slower")
        raise AssertionError("no timeout")
    except gevent.Timeout:
        pass
    assert fs.api("echo 1").text == "1"


def many_greenlets(fs: Inbound) -> None:
    def one(name: int) -> None:
        for n in range(20):
            assert fs.api(f"echo {name}-{n}", timeout=30).text == f"{name}-{n}"

    gevent.joinall([gevent.spawn(one, name) for name in range(50)], raise_error=True)


def events(fs: Inbound) -> None:
    stream = fs.events("HEARTBEAT")
    reading = gevent.spawn(lambda: [stream.get(10)["n"] for _ in range(100)])
    for n in range(100):
        fs.sendevent("HEARTBEAT", {"n": str(n)})
    assert reading.get() == [str(n) for n in range(100)]


def calls(fs: Inbound) -> None:
    def handler(call: Session) -> None:
        call.answer()
        call.playback("hello.wav")

    with serve(handler) as server:
        serving = gevent.spawn(server.serve_forever)
        gevent.sleep(0)
        fs.api(f"originate user/1000 &socket(127.0.0.1:{server.port} async full)")
        while server.taken == 0 or server.calls:
            gevent.sleep(0.01)
    serving.get()


def main() -> None:
    with connect(HOST, PORT, reconnect=Reconnect(0.01)) as fs:
        for step in (waits_do_not_stop_others, deadlines_hold, many_greenlets, events, calls, killed_greenlets):
            step(fs)
        with contextlib.suppress(ConnectionClosed):
            fs.api("drop")
        fs.wait_open(10)
        assert fs.api("echo 1").text == "1"
        waiting = gevent.spawn(fs.wait_closed)
    waiting.get()
    try:
        fs.api("status")
    except ConnectionClosed:
        print("well", threading.active_count(), time.monotonic() > 0)


main()
