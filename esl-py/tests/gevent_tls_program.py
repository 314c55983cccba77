"""Run by test_sync_gevent.py in a process of its own, with the address of a switch that speaks TLS."""

# ruff: noqa: E402
from __future__ import annotations

import gevent.monkey  # type: ignore[import-untyped]

gevent.monkey.patch_all()

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable

import gevent
from esl_proto.sync import ConnectionClosed, Gap, Inbound, Reconnect, Session, connect, serve
from gevent_support import killed_greenlets, others_go_on
from tls_support import client_context, server_context

HOST, PORT = sys.argv[1], int(sys.argv[2])


def raises(kind: type[BaseException], what: Callable[[], object]) -> None:
    try:
        what()
    except kind:
        return
    raise AssertionError(kind)


def big_answers(fs: Inbound) -> None:
    with others_go_on():
        waiting = [gevent.spawn(fs.api, "big " + "y" * 60_000, timeout=20) for _ in range(40)]
        assert [len(answer.get().text) for answer in waiting] == [200_000] * 40


def deadlines(fs: Inbound) -> None:
    with others_go_on():
        raises(TimeoutError, lambda: fs.api("slower", timeout=0.02))
        raises(TimeoutError, lambda: fs.events("NAT").get(0.05))
    assert fs.api("echo 1").text == "1"


def events(fs: Inbound) -> None:
    stream = fs.events("HEARTBEAT", maxsize=5, overflow="block")
    reading = gevent.spawn(lambda: [stream.get(10)["n"] for _ in range(100)])
    for n in range(100):
        fs.sendevent("HEARTBEAT", {"n": str(n)}, "x" * 1000)
    assert reading.get() == [str(n) for n in range(100)]


def calls(fs: Inbound) -> None:
    greeted: list[str | None] = []

    def handler(call: Session) -> None:
        call.answer()
        call.playback("hello.wav")
        call.set("greeted", "yes")
        greeted.append(call.getvar("greeted"))

    with serve(handler, ssl=server_context()) as server:
        serving = gevent.spawn(server.serve_forever)
        gevent.sleep(0)
        way = fs.api(f"tunnel {server.port}").text
        for _ in range(3):
            fs.api(f"originate user/1000 &socket(127.0.0.1:{way} async full)")
        while server.taken < 3 or server.calls:
            gevent.sleep(0.01)
    serving.get()
    assert greeted == ["yes"] * 3


def connections_that_fail() -> None:
    raises(ssl.SSLCertVerificationError, lambda: connect(HOST, PORT, ssl=ssl.create_default_context()))
    raises(OSError, lambda: connect(HOST, PORT, timeout=0.1))  # In the clear.
    with socket.create_server(("127.0.0.1", 0)) as mute, others_go_on():
        port = mute.getsockname()[1]
        raises(TimeoutError, lambda: connect("127.0.0.1", port, ssl=client_context(), timeout=0.1))


def a_server_that_does_not_read() -> None:
    done = threading.Event()

    def serve() -> None:
        with server_context().wrap_socket(listener.accept()[0], server_side=True) as sock:
            sock.sendall(b"Content-Type: auth/request\n\n")
            sock.recv(100)
            sock.sendall(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
            done.wait()

    with socket.create_server(("127.0.0.1", 0)) as listener, others_go_on():
        serving = gevent.spawn(serve)
        port = listener.getsockname()[1]
        with connect("127.0.0.1", port, ssl=client_context(), server_hostname="localhost") as fs:
            raises(TimeoutError, lambda: fs.api("x" * 9_000_000, timeout=0.1))
            fs.close(0.5)
        done.set()
        serving.get()


def a_new_connection(fs: Inbound) -> None:
    stream = fs.events("HEARTBEAT", gaps=True)
    with contextlib.suppress(ConnectionClosed):
        fs.api("drop")
    assert isinstance(stream.get(10), Gap)
    fs.wait_open(10)
    fs.sendevent("HEARTBEAT")
    assert not isinstance(stream.get(10), Gap)


def main() -> None:
    steps = (big_answers, deadlines, events, calls, killed_greenlets, a_new_connection)
    with connect(HOST, PORT, ssl=client_context(), server_hostname="localhost", reconnect=Reconnect(0.01)) as fs:
        for step in steps:
            step(fs)
        connections_that_fail()
        a_server_that_does_not_read()
    print("well", threading.active_count())


main()
