"""esl_proto.sync: commands, jobs, applications; deadlines; several threads."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from esl_proto import ApiResponse, Command, LocalProtocolError, Reply
from esl_proto.sync import (
    AccessDenied,
    AuthenticationError,
    ChannelEnded,
    CommandError,
    ConnectionClosed,
    connect,
)
from esl_proto.testing import NEVER, Later, Switch, User
from sync_support import Background, sync_test, until


@sync_test
def test_an_api_command_and_its_answer(switch: Switch) -> None:
    switch.api["status"] = "UP 0 years\n"
    with connect(switch.host, switch.port) as fs:
        answer = fs.api("status")
        assert isinstance(answer, ApiResponse)
        assert answer.text == "UP 0 years\n"
        assert fs.is_open
        with pytest.raises(CommandError, match="nonsense"):
            fs.api("nonsense", check=True)
        assert fs.api("nonsense").error
        with pytest.raises(LocalProtocolError):
            fs.api("status\n\nexit")
        with pytest.raises(CommandError, match="no keywords"):
            fs.subscribe("NO_SUCH_EVENT")
    assert not fs.is_open
    with pytest.raises(ConnectionClosed):
        fs.api("status")
    fs.close()


@sync_test
def test_logins_that_fail(switch: Switch) -> None:
    with pytest.raises(AuthenticationError):
        connect(switch.host, switch.port, password="wrong")
    switch.deny = True
    with pytest.raises(AccessDenied, match="go away"):
        connect(switch.host, switch.port)
    switch.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect(switch.host, switch.port)


@sync_test
def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        with pytest.raises(TimeoutError):
            connect("127.0.0.1", mute.getsockname()[1], timeout=0.05)


@sync_test
def test_a_server_that_drips() -> None:
    """The deadline is for the whole of an operation, not for each octet."""
    stop = threading.Event()

    def drip() -> None:
        sock, _ = server.accept()
        with sock:
            while not stop.wait(0.02):
                try:
                    sock.send(b"X")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = Background(drip)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            connect("127.0.0.1", server.getsockname()[1], timeout=0.2)
        assert time.monotonic() - began < 5
        stop.set()
        dripping.result()


@sync_test
def test_users_and_their_rights(switch: Switch) -> None:
    switch.users["bob@example.org"] = User("secret", api="status")
    with connect(switch.host, switch.port, user="bob@example.org", password="secret") as fs:
        refused = fs.api("version")
        assert isinstance(refused, Reply)
        assert refused.error


@sync_test
def test_pipelined_commands(switch: Switch) -> None:
    switch.api["echo"] = lambda what: what
    with connect(switch.host, switch.port) as fs:
        pending = [fs.send(Command.api(f"echo {n}")) for n in range(5000)]
        assert pending[-1].result().text == "4999"
        assert all(answer.done() for answer in pending)
        assert [answer.result().text for answer in pending] == [str(n) for n in range(5000)]
        assert fs.pending == 0


@sync_test
def test_more_than_both_sides_can_hold(switch: Switch) -> None:
    """Neither side waits for the other: what the socket does not take waits, and answers are read meanwhile."""
    switch.api["big"] = "x" * 100_000
    with connect(switch.host, switch.port) as fs:
        padding = "y" * 50_000
        pending = [fs.send(Command.api(f"big {padding}")) for n in range(100)]
        assert all(len(answer.result(20).text) == 100_000 for answer in pending)


@sync_test
def test_jobs(switch: Switch) -> None:
    switch.api["slow"] = Later(0.05, "+OK done\n")
    with connect(switch.host, switch.port) as fs:
        job = fs.bgapi("slow")
        with pytest.raises(TimeoutError):
            job.result(timeout=0.001)
        result = job.result(timeout=5)
        assert (result.text, result.detail) == ("+OK done\n", "done")
        assert job.result().event.job_uuid == job.uuid
        assert [fs.bgapi("nonsense").result().error for _ in range(5)] == [True] * 5
        fs.filter("Unique-ID", "5fd4")
        assert fs.bgapi("slow").result(5).ok


@sync_test
def test_applications(switch: Switch) -> None:
    call = switch.new_call()
    switch.apps["wait"] = NEVER
    with connect(switch.host, switch.port) as fs:
        done = fs.execute(call.uuid, "playback", "hello.wav")
        assert done["Application-Response"] == "FILE PLAYED"
        with pytest.raises(CommandError, match="invalid session id"):
            fs.execute("no-such-channel", "playback", "hello.wav")
        with pytest.raises(TimeoutError):
            fs.execute(call.uuid, "wait", timeout=0.05)
        waiting = Background(lambda: fs.execute(call.uuid, "wait"))
        switch.wait_for("sendmsg", count=4)
        call.hangup("USER_BUSY")
        with pytest.raises(ChannelEnded, match="USER_BUSY"):
            waiting.result()
        assert fs.pending == 0


@sync_test
def test_timeouts_leave_the_connection_in_step(switch: Switch) -> None:
    switch.api["slow"] = Later(0.05, "late")
    switch.api["echo"] = lambda what: what
    with connect(switch.host, switch.port, command_timeout=5) as fs:
        for n in range(3):
            with pytest.raises(TimeoutError):
                fs.api("slow", timeout=0.01)
            assert fs.api(f"echo {n}").text == str(n)
        with pytest.raises(TimeoutError):
            fs.api("slow", timeout=0)
        assert fs.pending == 1
        assert fs.api("echo 1").text == "1"


@sync_test
def test_a_big_command_that_times_out_is_not_cut_short() -> None:
    """What the server does not read in time waits, and goes out whole with the next command."""
    go_on = threading.Event()
    big, small = b"api " + b"x" * 10_000_000 + b"\n\n", b"api small\n\n"

    def serve() -> bool:
        sock, _ = server.accept()
        with sock:
            sock.sendall(b"Content-Type: auth/request\n\n")
            assert sock.recv(100) == b"auth ClueCon\n\n"
            sock.sendall(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
            go_on.wait(10)
            received = bytearray()
            while len(received) < len(big) + len(small):
                received += sock.recv(1 << 20)
            for answer in (b"big", b"small"):
                sock.sendall(b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(answer), answer))
            while sock.recv(100):
                pass
            return received == big + small

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = Background(serve)
        with connect("127.0.0.1", server.getsockname()[1]) as fs:
            with pytest.raises(TimeoutError):
                fs.api("x" * 10_000_000, timeout=0.05)
            go_on.set()
            assert fs.api("small", timeout=10).text == "small"
            fs.close(0.5)
        assert serving.result()


@sync_test
def test_every_wait_ends_with_the_connection(switch: Switch) -> None:
    call = switch.new_call()
    switch.api["never"] = NEVER
    switch.apps["never"] = NEVER
    with connect(switch.host, switch.port) as fs:
        job = fs.bgapi("never")
        stream = fs.events("HEARTBEAT")
        waits: list[Background[object]] = [
            Background(lambda: fs.execute(call.uuid, "never")),
            Background(job.result),
            Background(stream.get),
            Background(lambda: list(stream)),
        ]
        switch.wait_for("sendmsg")
        waits.append(Background(lambda: fs.api("never")))
        switch.wait_for("api never")
        switch.disconnect("shutdown")
        for wait in waits:
            with pytest.raises(ConnectionClosed) as raised:
                wait.result()
            assert raised.value.end == "shutdown"
        fs.wait_closed(5)


@sync_test
def test_a_stream_that_ends_in_the_middle_of_a_frame(switch: Switch) -> None:
    switch.api["big"] = "x" * 100_000
    with connect(switch.host, switch.port) as fs:
        switch.connections[0].cut(50_000)
        with pytest.raises(ConnectionClosed) as raised:
            fs.api("big")
        assert raised.value.end == "eof"


@sync_test
def test_closing_while_others_wait(switch: Switch) -> None:
    switch.api["never"] = NEVER
    fs = connect(switch.host, switch.port)
    waits: list[Background[object]] = [Background(lambda: fs.api("never")), Background(fs.wait_closed)]
    switch.wait_for("api never")
    stream = fs.events()
    waits.append(Background(lambda: list(stream)))
    fs.close(0.2)  # The server never answers: the socket is closed all the same.
    with pytest.raises(ConnectionClosed) as raised:
        waits[0].result()
    assert raised.value.end == "closed"
    assert waits[1].result() is None
    assert waits[2].result() == []
    until(lambda: not switch.connections)


@sync_test
def test_many_threads(switch: Switch) -> None:
    """Whoever waits reads for all."""
    switch.api["echo"] = lambda what: what
    with connect(switch.host, switch.port) as fs:
        stream = fs.events("HEARTBEAT")
        switch.wait_for("event ")

        def one(name: int) -> None:
            for n in range(100):
                assert fs.api(f"echo {name}-{n}", timeout=20).text == f"{name}-{n}"
                if n % 10 == 0:
                    assert fs.bgapi(f"echo {name}").result(20).text == f"{name}"
                    fs.sendevent("CUSTOM", {"Event-Subclass": "t::t"}, "x" * 10_000, timeout=20)

        threads = [Background(lambda name=name: one(name)) for name in range(10)]  # type: ignore[misc]
        counting = Background(lambda: [stream.get(20)["n"] for _ in range(100)])
        for n in range(100):
            switch.fire("HEARTBEAT", {"n": str(n)})
        for thread in threads:
            thread.result()
        assert counting.result() == [str(n) for n in range(100)]
        assert fs.pending == 0


@sync_test
def test_it_has_no_thread_of_its_own(switch: Switch) -> None:
    before = threading.active_count()
    with connect(switch.host, switch.port) as fs:
        fs.events("HEARTBEAT")
        fs.api("version")
        assert threading.active_count() == before
