"""esl_proto.sync: what every wait ends with, liveness, signals, calls that are made, verbs."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterator

import pytest
from esl_proto import Event, LocalProtocolError, dial
from esl_proto.sync import (
    CallFailed,
    ChannelEnded,
    CommandError,
    ConnectionClosed,
    EventSocketError,
    Gap,
    OutboundServer,
    Reconnect,
    Session,
    connect,
    serve,
)
from esl_proto.testing import NEVER, Later, Switch, User
from sync_support import Background, sync_test, until

SOON = Reconnect(first=0.02, longest=0.05)


@contextlib.contextmanager
def serving(server: OutboundServer) -> Iterator[OutboundServer]:
    running = Background(server.serve_forever)
    with server:
        yield server
    running.result()


@sync_test
def test_a_stream_that_stands_or_the_refusal(switch: Switch) -> None:
    switch.users["bob@x"] = User("secret", events="HEARTBEAT")
    with connect(switch.host, switch.port, user="bob@x", password="secret") as fs:
        events = fs.events("HEARTBEAT").ready()
        assert switch.fire("HEARTBEAT") == 1
        assert events.get(5).name == "HEARTBEAT"
        with pytest.raises(CommandError, match="permission denied"):
            fs.events("CHANNEL_ANSWER").ready()


@sync_test
def test_taking_all_events_away_ends_no_wait_for_ever(switch: Switch) -> None:
    switch.apps["later"] = NEVER
    switch.api["wait"] = "+OK done"
    call = switch.new_call()
    with connect(switch.host, switch.port) as fs:
        waiting = Background(lambda: fs.execute(call.uuid, "later"))
        until(lambda: call.executed)
        fs.noevents()
        assert fs.bgapi("wait").result(5).ok
        call.hangup("USER_BUSY")
        with pytest.raises(ChannelEnded, match="USER_BUSY"):
            waiting.result()


@sync_test
def test_a_handler_that_is_too_slow_is_told_of(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    with connect(switch.host, switch.port) as fs:
        seen: list[str] = []

        @fs.on("HEARTBEAT", maxsize=3)
        def handler(event: Event) -> None:
            fs.api("late")
            seen.append(event.get_str("n"))

        switch.api["late"] = Later(0.1, "late")
        fs.api("version")
        for n in range(10):
            switch.fire("HEARTBEAT", {"n": str(n)})
        fs.run(0.7)
        assert seen[:3] == ["0", "1", "2"] and len(seen) < 10
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "too slow" in caplog.text


@sync_test
def test_a_server_that_says_nothing_any_more() -> None:
    ok = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
    stop = threading.Event()

    def mute() -> None:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            while not stop.is_set():
                sock = stack.enter_context(listener.accept()[0])
                sock.sendall(b"Content-Type: auth/request\n\n")
                for _ in range(2):
                    sock.recv(1000)
                    sock.sendall(ok)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = Background(mute)
        where = listener.getsockname()[:2]
        with connect(*where, reconnect=SOON, heartbeat=0.2) as fs:
            events = fs.events(gaps=True)
            with pytest.raises(ConnectionClosed) as raised:
                fs.api("status")
            assert raised.value.end == "silence"
            gap = events.get(5)
            assert isinstance(gap, Gap) and gap.reason.end == "silence"
            fs.close(0.2)
        stop.set()
        with contextlib.suppress(OSError):
            socket.create_connection(where).close()
        serving.result()


@sync_test
def test_dropping_a_connection(switch: Switch) -> None:
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        events = fs.events("HEARTBEAT", gaps=True).ready()
        fs.reconnect()
        gap = events.get(5)
        assert isinstance(gap, Gap) and gap.reason.end == "closed"
        fs.wait_open(5)
        assert fs.api("version").text
        assert fs.stats["connections"] == 2


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers")
@pytest.mark.parametrize("how", ["run", "stream", "api"])
def test_closing_in_a_signal_handler(switch: Switch, how: str) -> None:
    @sync_test
    def test() -> None:
        switch.api["never"] = NEVER
        fs = connect(switch.host, switch.port)
        stream = fs.events("HEARTBEAT")
        before = signal.signal(signal.SIGALRM, lambda *_: fs.close(0.2))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            began = time.monotonic()
            if how == "run":
                fs.run()
            elif how == "stream":
                assert list(stream) == []
            else:
                with pytest.raises(ConnectionClosed):
                    fs.api("never")
            assert time.monotonic() - began < 5
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            fs.close(0.2)

    test()


@sync_test
def test_closing_in_a_handler(switch: Switch) -> None:
    fs = connect(switch.host, switch.port)
    fs.on("HEARTBEAT")(lambda event: fs.close())
    fs.api("version")
    switch.fire("HEARTBEAT")
    fs.run(5)
    assert not fs.is_open


@sync_test
def test_making_a_call(switch: Switch) -> None:
    switch.refusals["user/1001"] = "USER_BUSY"
    with connect(switch.host, switch.port) as fs:
        call = fs.originate(dial.Originate(dial.Leg("user/1000", {"x": "O'Hara, Scarlett"}), dial.Application("park")))
        assert call.exists() and call.getvar("x") == "O'Hara, Scarlett"
        events = call.events("CHANNEL_HANGUP").ready()
        call.hangup("USER_BUSY")
        assert events.get(5).unique_id == call.uuid
        with pytest.raises(CallFailed) as raised:
            fs.originate("user/1001 &park()")
        assert raised.value.cause == "USER_BUSY"


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("full", [True, False])
def test_what_verbs_say(switch: Switch, is_async: bool, full: bool) -> None:
    @sync_test
    def test() -> None:
        done: list[bool] = []

        def handler(call: Session) -> None:
            call.record("/x/two words.wav", limit=0.4)
            with pytest.raises(LocalProtocolError):
                call.set("name", "${system(reboot)}")
            done.append(True)
            call.transfer("park please")

        switch.apps["record"] = Later(0.01, "done")
        with serving(serve(handler)) as server:
            call = switch.call(f"127.0.0.1:{server.port}", is_async=is_async, full=full)
            until(lambda: done and not server.calls)
            assert call.executed[0] == ("record", "'/x/two words.wav' 1")
            assert call.cause is None, "a transfer does not end the call"
            call.hangup()

    test()


@sync_test
def test_the_end_of_a_call_while_nobody_waits_for_it(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    causes: list[str | None] = []
    waiting = threading.Event()

    def handler(call: Session) -> None:
        with pytest.raises(TimeoutError):
            call.hung_up(0.01)
        waiting.set()
        causes.append(call.hung_up(5))
        call.playback("too late")

    with serving(serve(handler, linger=5)) as server:
        call = switch.call(f"127.0.0.1:{server.port}")
        assert waiting.wait(10)
        call.hangup("USER_BUSY")
        until(lambda: not server.calls)
    assert causes == ["USER_BUSY"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@sync_test
def test_a_call_that_is_refused_ends(switch: Switch) -> None:
    go_on = threading.Event()

    def handler(call: Session) -> None:
        go_on.wait(10)

    with serving(serve(handler, max_calls=1)) as server:
        first = switch.call(f"127.0.0.1:{server.port}")
        second = switch.call(f"127.0.0.1:{server.port}")
        assert second.wait() == "SWITCH_CONGESTION"
        go_on.set()
        first.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@sync_test
def test_a_forked_process_is_told(switch: Switch) -> None:
    with connect(switch.host, switch.port) as fs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of threads.
            child = os.fork()
        if child == 0:
            told = 0
            for use in (lambda: fs.api("version"), lambda: fs.run(1), lambda: fs.events().get(1)):
                try:
                    use()
                except EventSocketError as error:
                    told += "process" in str(error)
            fs.close()
            os._exit(told)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
        assert fs.api("version").text
