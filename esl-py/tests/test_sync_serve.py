"""esl_proto.sync: calls that come in."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from esl_proto import LocalProtocolError
from esl_proto.sync import ChannelEnded, ConnectionClosed, OutboundServer, Session, serve
from esl_proto.testing import NEVER, Switch
from sync_support import Background, sync_test, until
from tls_support import server_context, tunnel


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch() as switch:
        switch.moment = 0.001
        yield switch


@contextlib.contextmanager
def serving(server: OutboundServer) -> Iterator[OutboundServer]:
    running = Background(server.serve_forever)
    with server:
        yield server
    running.result()


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("full", [True, False])
def test_an_ivr(switch: Switch, is_async: bool, full: bool) -> None:
    @sync_test
    def test() -> None:
        told: dict[str, object] = {}

        def ivr(call: Session) -> None:
            told["mode"] = call.is_async, call.full_control
            call.answer()
            told["response"] = call.playback("welcome.wav")["Application-Response"]
            call.set("greeted", "yes, twice")
            told["greeted"] = call.getvar("greeted"), call.getvar("nothing")
            told["digits"] = call.play_and_get_digits("pin.wav", min_digits=2, max_digits=4, timeout=1)
            told["none"] = call.play_and_get_digits("pin.wav", max_digits=1, timeout=0.01, tries=1)
            call.hangup("USER_BUSY")

        with serving(serve(ivr)) as server:
            call = switch.call(f"127.0.0.1:{server.port}", is_async=is_async, full=full)
            call.wait_for("play_and_get_digits")
            call.press("1234#")
            assert call.wait() == "USER_BUSY"
            until(lambda: not server.calls)
        assert told == {
            "mode": (is_async, full),
            "response": "FILE PLAYED",
            "greeted": ("yes, twice", None),
            "digits": "1234",
            "none": None,
        }

    test()


@sync_test
def test_the_caller_hangs_up(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    reasons: list[BaseException] = []
    switch.apps["wait"] = NEVER

    def handler(call: Session) -> None:
        try:
            call.execute("wait")
            call.playback("too late")
        except ChannelEnded as error:
            reasons.append(error)
            raise

    with serving(serve(handler)) as server:
        for is_async in (True, False):
            call = switch.call(f"127.0.0.1:{server.port}", is_async=is_async)
            until(lambda call=call: call.executed)  # type: ignore[misc]
            call.hangup()
            call.wait()
            until(lambda: not server.calls)
    assert len(reasons) == 2
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@sync_test
def test_lingering_and_resuming(switch: Switch) -> None:
    seen: list[str | None] = []
    switch.apps["wait"] = NEVER

    def handler(call: Session) -> None:
        events = call.events()
        for ended in ("wait", "too late"):
            with pytest.raises(ChannelEnded):
                call.execute(ended)
        seen.append(call.getvar("hangup_cause"))
        seen.extend([event.name for event in [events.get() for _ in range(events.waiting)]][-1:])

    with serving(serve(handler, linger=5)) as server:
        call = switch.call(f"127.0.0.1:{server.port}")
        until(lambda: call.executed)
        call.hangup("CALL_REJECTED")
        until(lambda: not server.calls)
    assert seen == ["CALL_REJECTED", "CHANNEL_HANGUP_COMPLETE"]

    with serving(serve(lambda call: call.resume())) as server:
        call = switch.call(f"127.0.0.1:{server.port}", is_async=False)
        until(lambda: server.taken == 1 and not server.calls)
        assert call.cause is None


@sync_test
def test_handlers_that_fail_and_rights(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    def handler(call: Session) -> None:
        with pytest.raises(LocalProtocolError):
            call.api("status")
        raise RuntimeError("oh no")

    with serving(serve(handler)) as server:
        call = switch.call(f"127.0.0.1:{server.port}", full=False)
        assert call.wait() == "NORMAL_TEMPORARY_FAILURE"
    assert ["oh no"] == [str(record.exc_info[1]) for record in caplog.records if record.exc_info]


@sync_test
def test_no_more_calls_than_allowed(switch: Switch) -> None:
    switch.apps["wait"] = NEVER
    with serving(serve(lambda call: call.execute("wait"), max_calls=2)) as server:
        for _ in range(3):
            switch.call(f"127.0.0.1:{server.port}")
        until(lambda: server.refused == 1)
        assert server.calls == 2
        server.close(timeout=0.05)
        assert not server.calls


@sync_test
def test_connections_that_are_no_calls(caplog: pytest.LogCaptureFixture) -> None:
    with serving(serve(lambda call: None, timeout=0.5)) as server:
        for said in (b"", b"GET / HTTP/1.0\r\n\r\n", b"Content-Length: x\n\n"):
            with socket.create_connection(("127.0.0.1", server.port)) as sock:
                sock.sendall(said)
                assert b"connect" in sock.recv(100)
                with contextlib.suppress(ConnectionError):
                    while sock.recv(100):
                        pass
        until(lambda: not server.calls)
    assert caplog.text.count("did not begin") == 3


@sync_test
def test_closing_from_a_handler(switch: Switch) -> None:
    """Its own call goes on."""
    ended: list[bool] = []

    def handler(call: Session) -> None:
        server.close()
        call.playback("good-bye")
        ended.append(True)

    server = serve(handler)
    running = Background(server.serve_forever)
    call = switch.call(f"127.0.0.1:{server.port}")
    running.result()
    call.wait()
    until(lambda: not server.calls)
    assert ended


@sync_test
def test_closing_ends_all_late_calls_at_once(switch: Switch) -> None:
    switch.apps["wait"] = NEVER
    reasons: list[BaseException] = []

    def handler(call: Session) -> None:
        try:
            call.execute("wait")
        except ConnectionClosed as error:
            reasons.append(error)
            raise

    with serving(serve(handler, timeout=2)) as server:
        for _ in range(20):
            switch.call(f"127.0.0.1:{server.port}")
        switch.wait_for("sendmsg", count=20)
        for link in switch.connections:
            link.hold()  # Their good-bye does not come.
        began = time.monotonic()
        server.close(timeout=0)
        assert time.monotonic() - began < 20
        until(lambda: not server.calls)
    assert len(reasons) == 20
    switch.drop()


@sync_test
def test_a_subscription_that_is_refused_leaves_nothing_behind(switch: Switch) -> None:
    """A full stream that nobody can read would hold the connection up for ever."""
    ended: list[bool] = []

    def handler(call: Session) -> None:
        with pytest.raises(LocalProtocolError):
            call.events("HEARTBEAT", "CHANNEL_EXECUTE", maxsize=1, overflow="block")
        with pytest.raises(LocalProtocolError):
            call.on("HEARTBEAT")(lambda event: None)
        for _ in range(5):
            call.execute("playback", "x", timeout=5)
        assert call._session.readers == 1  # Its own, for what `myevents` brings.
        ended.append(True)

    with serving(serve(handler)) as server:
        switch.call(f"127.0.0.1:{server.port}", full=False).wait()
        until(lambda: not server.calls)
    assert ended


@sync_test
def test_no_more_threads_or_files(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    """One call is refused, or waits; the others do not."""
    accepted: list[int] = []
    start = threading.Thread.start

    class Listener(socket.socket):
        def accept(self) -> tuple[socket.socket, object]:
            accepted.append(1)
            if len(accepted) == 1:
                raise OSError(errno.EMFILE, "too many files")
            return super().accept()

    def once(thread: threading.Thread) -> None:
        if thread.name == "esl_proto-call-0" and not failed:
            failed.append(thread.name)
            raise RuntimeError("can't start new thread")
        start(thread)

    failed: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))
    with monkeypatch.context() as patch:
        patch.setattr(socket, "create_server", lambda *_, **__: Listener(fileno=listener.detach()))
        server = serve(lambda call: call.answer())
    monkeypatch.setattr(threading.Thread, "start", once)
    with serving(server):
        for _ in range(2):
            switch.call(f"127.0.0.1:{server.port}")
        until(lambda: server.taken == 1 and not server.calls)
        assert server.refused == 1
        assert len(accepted) < 10, "it must not spin"


@sync_test
def test_ipv6(switch: Switch) -> None:
    try:
        server = serve(lambda call: call.answer(), "::1")
    except OSError:
        pytest.skip("there is no IPv6")
    with serving(server):
        call = switch.call(f"[::1]:{server.port}")
        assert call.wait() == "NORMAL_CLEARING"
        assert call.executed == [("answer", "")]


@sync_test
def test_calls_by_tls(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    def handler(call: Session) -> None:
        call.answer()
        call.hangup("USER_BUSY")

    with tunnel() as way, serving(serve(handler, ssl=server_context(), timeout=2)) as server:
        for _ in range(3):
            assert switch.call(f"127.0.0.1:{way.to(server.port)}").wait() == "USER_BUSY"
        until(lambda: not server.calls)
        switch.call(f"127.0.0.1:{server.port}")  # In the clear: both wait for the other to begin.
        # The switch may see the end before the server has said why.
        until(lambda: not switch.connections and "did not begin" in caplog.text)
