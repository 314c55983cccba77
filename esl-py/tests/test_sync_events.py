"""esl_proto.sync: streams, handlers, back-pressure, reconnecting, TLS."""

from __future__ import annotations

import gc
import itertools
import ssl
import threading
import time

import pytest
from esl_proto import Event
from esl_proto.sync import (
    AuthenticationError,
    ConnectionClosed,
    Gap,
    Inbound,
    Reconnect,
    StreamOverflow,
    connect,
)
from esl_proto.testing import NEVER, Switch
from sync_support import Background, sync_test, until
from tls_support import client_context, server_context

SOON = Reconnect(first=0.02, longest=0.05)


def settle(fs: Inbound) -> None:
    """What was fired before has arrived."""
    fs.api("version")


@sync_test
def test_events(switch: Switch) -> None:
    with connect(switch.host, switch.port, format="json") as fs:
        stream = fs.events("CHANNEL_ANSWER", subclasses=["my::event"])
        one = fs.events("CHANNEL_ANSWER", channel="b")
        settle(fs)
        switch.fire("CHANNEL_ANSWER", {"Unique-ID": "a"})
        switch.fire("CUSTOM", subclass="my::event")
        switch.fire("CHANNEL_ANSWER", {"Unique-ID": "b"})
        assert [event.name for event in itertools.islice(stream, 3)] == [
            "CHANNEL_ANSWER",
            "CUSTOM",
            "CHANNEL_ANSWER",
        ]
        assert one.get(timeout=5)["Unique-ID"] == "b"
        with pytest.raises(TimeoutError):
            one.get(timeout=0.01)
        with pytest.raises(TimeoutError):
            one.get(timeout=0)
        with one:
            pass
        with pytest.raises(ConnectionClosed):
            one.get()


@sync_test
def test_a_deadline_holds_while_other_events_come(switch: Switch) -> None:
    stop = threading.Event()

    def fire() -> None:
        while not stop.is_set():
            switch.fire("HEARTBEAT")

    with connect(switch.host, switch.port) as fs:
        fs.subscribe("HEARTBEAT")
        stream = fs.events("CHANNEL_ANSWER")
        firing = Background(fire)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            stream.get(timeout=0.2)
        assert time.monotonic() - began < 5
        stop.set()
        firing.result()


@sync_test
def test_overflow(switch: Switch) -> None:
    with connect(switch.host, switch.port) as fs:
        oldest = fs.events("HEARTBEAT", maxsize=3)
        newest = fs.events("HEARTBEAT", maxsize=3, overflow="drop-newest")
        error = fs.events("HEARTBEAT", maxsize=3, overflow="error")
        settle(fs)
        for n in range(10):
            switch.fire("HEARTBEAT", {"n": str(n)})
        settle(fs)
        assert [oldest.get()["n"] for _ in range(3)] == ["7", "8", "9"]
        assert [newest.get()["n"] for _ in range(3)] == ["0", "1", "2"]
        assert (oldest.received, oldest.dropped) == (newest.received, newest.dropped) == (10, 7)
        with pytest.raises(StreamOverflow):
            list(error)


@sync_test
def test_back_pressure(switch: Switch) -> None:
    with connect(switch.host, switch.port) as fs:
        stream = fs.events("HEARTBEAT", maxsize=2, overflow="block")
        settle(fs)
        for n in range(100):
            switch.fire("HEARTBEAT", {"n": str(n)})
        with pytest.raises(TimeoutError):
            fs.api("version", timeout=0.05)  # Not before the stream is read.
        assert stream.waiting == 2
        waiting = Background(lambda: fs.api("version", timeout=10))
        assert [stream.get(5)["n"] for _ in range(100)] == [str(n) for n in range(100)]
        assert waiting.result().text
        for _ in range(10):
            switch.fire("HEARTBEAT")
        with pytest.raises(TimeoutError):
            fs.api("version", timeout=0.05)
        del stream
        gc.collect()
        assert fs.api("version", timeout=5).text


@sync_test
def test_closing_does_not_wait_for_blocked_streams(switch: Switch) -> None:
    with connect(switch.host, switch.port) as fs:
        stream = fs.events("HEARTBEAT", maxsize=2, overflow="block")
        settle(fs)
        for _ in range(10):
            switch.fire("HEARTBEAT")
        stream.get(5)
    stream.close()


@sync_test
def test_dropped_streams_are_forgotten(switch: Switch) -> None:
    with connect(switch.host, switch.port) as fs:
        for _ in range(100):
            fs.events("HEARTBEAT")
        settle(fs)
        assert not fs._session.readers


@sync_test
def test_handlers(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    with connect(switch.host, switch.port) as fs:
        seen: list[str] = []

        @fs.on("HEARTBEAT")
        def handler(event: Event) -> None:
            seen.append(event.get_str("n") + fs.api("echo x").text[:0])  # It may use the connection.
            if event["n"] == "1":
                raise RuntimeError("oh no")

        settle(fs)
        for n in range(3):
            switch.fire("HEARTBEAT", {"n": str(n)})
        fs.run(timeout=0.2)
        assert seen == ["0", "1", "2"]
        fs.off(handler)
        switch.fire("HEARTBEAT", {"n": "3"})
        settle(fs)
        assert seen == ["0", "1", "2"]
    assert ["oh no"] == [str(record.exc_info[1]) for record in caplog.records if record.exc_info]


@sync_test
def test_handlers_keep_their_order_among_threads(switch: Switch) -> None:
    with connect(switch.host, switch.port) as fs:
        seen: list[str] = []
        fs.on("HEARTBEAT")(lambda event: seen.append(event.get_str("n")))
        threads = [Background(lambda: [fs.api("version") for _ in range(50)]) for _ in range(4)]
        settle(fs)
        for n in range(200):
            switch.fire("HEARTBEAT", {"n": str(n)})
        for thread in threads:
            thread.result()
        settle(fs)
        until(lambda: len(seen) == 200)
        assert seen == [str(n) for n in range(200)]


@sync_test
def test_log_lines(switch: Switch) -> None:
    with connect(switch.host, switch.port) as fs, fs.log_lines("debug") as lines:
        settle(fs)
        switch.log("INFO", "something happened\n")
        assert next(lines).text == "something happened\n"


@sync_test
def test_reconnecting(switch: Switch) -> None:
    switch.api["never"] = NEVER
    with connect(switch.host, switch.port, format="json", reconnect=SOON) as fs:
        marked = fs.events("HEARTBEAT", gaps=True)
        plain = fs.events("HEARTBEAT")
        job = fs.bgapi("never")
        for n in range(3):
            switch.fire("HEARTBEAT")
            assert isinstance(marked.get(5), Event)
            if n == 1:
                switch.refuse()
            switch.drop()
            if n == 1:
                with pytest.raises(ConnectionClosed):
                    fs.api("never")
                with pytest.raises(TimeoutError):
                    fs.wait_open(0.1)
                switch.listen()
            gap = marked.get(10)
            assert isinstance(gap, Gap)
            assert gap.reason.end == "eof"
        with pytest.raises(ConnectionClosed):
            job.result(5)
        fs.wait_open(5)
        switch.fire("HEARTBEAT")
        event = marked.get(5)
        assert isinstance(event, Event)
        assert event.format == "json"
        assert (plain.waiting, plain.gaps) == (4, 3)


@sync_test
def test_reconnecting_ends(switch: Switch) -> None:
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT")
        settle(fs)
        switch.password = "changed"
        switch.drop()
        with pytest.raises(AuthenticationError):
            stream.get(10)
        fs.wait_closed(5)
        with pytest.raises(ConnectionClosed):
            fs.wait_open()
    switch.password = "ClueCon"
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT")
        reading = Background(lambda: list(stream))
        settle(fs)
        switch.refuse()
        switch.drop()
        until(lambda: not fs.is_open)
    assert reading.result() == []


@sync_test
def test_a_close_just_as_the_connection_is_lost(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    starting = threading.Event()
    start = threading.Thread.start

    def slowly(thread: threading.Thread) -> None:
        if thread.name == "esl_proto-reconnect":
            starting.set()
            time.sleep(0.1)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", slowly)
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT")
        reading = Background(lambda: list(stream))
        settle(fs)
        switch.drop()
        assert starting.wait(5)
    assert reading.result() == []


@sync_test
def test_tls() -> None:
    with Switch(ssl=server_context()) as switch:
        switch.api["big"] = "x" * 1_000_000
        with connect(switch.host, switch.port, ssl=client_context(), server_hostname="localhost", reconnect=SOON) as fs:
            stream = fs.events("HEARTBEAT", gaps=True)
            threads = [Background(lambda: len(fs.api("big", timeout=20).text)) for _ in range(4)]
            assert [thread.result() for thread in threads] == [1_000_000] * 4
            for _ in range(20):
                switch.fire("HEARTBEAT", {"padding": "x" * 1000})
            for _ in range(20):
                assert isinstance(stream.get(5), Event)
            switch.drop()
            assert isinstance(stream.get(10), Gap)
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(switch.host, switch.port, ssl=ssl.create_default_context())
