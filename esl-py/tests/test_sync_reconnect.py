"""esl_proto.sync: what happens around the loss of a connection, and at its end."""

from __future__ import annotations

import gc
import socket
import threading
import time

import pytest
from esl_proto import Command, Event, LocalProtocolError
from esl_proto.sync import (
    AuthenticationError,
    CommandError,
    ConnectionClosed,
    Gap,
    Inbound,
    Reconnect,
    Stream,
    connect,
)
from esl_proto.testing import Switch, User
from sync_support import Background, sync_test, until
from tls_support import client_context, server_context

SOON = Reconnect(first=0.02, longest=0.05)


def lose(switch: Switch, fs: Inbound) -> None:
    """There is no connection, and none is to be had; both know it."""
    switch.refuse()
    switch.drop()
    with pytest.raises(ConnectionClosed):
        while True:
            fs.api("version")


@sync_test
def test_an_exit_of_the_program_s_own_ends_it_for_good(switch: Switch) -> None:
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT")
        assert fs.send(Command.exit()).result(5).ok
        assert list(stream) == []
        fs.wait_closed(5)
        assert not fs.is_open
    assert [str(command) for command in switch.commands].count("auth ClueCon") == 1


@sync_test
def test_myevents_gives_the_connection_to_a_channel(switch: Switch) -> None:
    """It ends with the channel, which is no failure, and no reason for a new one."""
    channel = switch.new_call()
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events()
        assert fs.send(Command.myevents(channel.uuid)).result(5).ok
        switch.new_call().answer()
        channel.answer()
        channel.hangup("USER_BUSY")
        events = list(stream)
        assert {event.unique_id for event in events} == {channel.uuid}
        assert "CHANNEL_HANGUP" in {event.name for event in events}
        with pytest.raises(ConnectionClosed) as raised:
            fs.wait_open()
        assert raised.value.end == "channel-ended"


@sync_test
def test_what_is_asked_for_while_it_connects_again(switch: Switch) -> None:
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        fs.subscribe("CHANNEL_ANSWER")
        switch.network.delay = 0.05
        switch.drop()
        streams: list[Stream[Event]] = []
        refused = 0
        for n in range(12):  # Before, in the middle of, and after each step of the new login.
            streams.append(fs.events(subclasses=[f"s::{n}"]))
            try:
                fs.send(Command.api("version")).result(0.02)
            except ConnectionClosed as error:  # And nothing else: it is not told of the login.
                assert error.end == "eof"
                refused += 1
                time.sleep(0.02)
            except TimeoutError:
                pass
        assert refused
        fs.wait_open(10)
        switch.network.delay = 0
        fs.api("version")
        for n in range(12):
            assert switch.fire("CUSTOM", subclass=f"s::{n}") == 1
        assert [stream.get(5).subclass for stream in streams] == [f"s::{n}" for n in range(12)]


@sync_test
def test_what_the_server_does_not_know_does_not_keep_it_from_connecting_again(switch: Switch) -> None:
    switch.users["bob@x"] = User("secret", log=False)
    with connect(switch.host, switch.port, user="bob@x", password="secret", reconnect=SOON) as fs:
        lose(switch, fs)
        unknown, log, known = fs.events("NO_SUCH_EVENT"), fs.log_lines(), fs.events("HEARTBEAT")
        switch.listen()
        fs.wait_open(5)
        with pytest.raises(CommandError, match="no keywords"):
            unknown.get(5)
        with pytest.raises(LocalProtocolError, match="no right"):
            log.get(5)
        assert switch.fire("HEARTBEAT") == 1
        assert known.get(5).name == "HEARTBEAT"
        with pytest.raises(LocalProtocolError, match="no right"):
            fs.log_lines(overflow="block")
        assert fs._session.readers == 3  # What is refused leaves nothing behind.


@sync_test
def test_it_can_be_told_why_it_is_over(switch: Switch) -> None:
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        switch.password = "changed"
        switch.drop()
        fs.wait_closed(10)
        for _ in range(2):
            with pytest.raises(AuthenticationError):
                fs.wait_open()
            with pytest.raises(AuthenticationError):
                fs.api("version")
            with pytest.raises(AuthenticationError):
                fs.events("HEARTBEAT").get()


@sync_test
def test_closing_does_not_wait_for_a_login(switch: Switch) -> None:
    with connect(switch.host, switch.port, reconnect=SOON, timeout=30) as fs:
        lose(switch, fs)
        switch.network.delay = 30
        switch.listen()
        until(lambda: switch.connections)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    switch.drop()  # It is still about to greet.


@sync_test
def test_the_gap_comes_before_all_later_events_and_handlers_run_in_the_program_s_threads() -> None:
    """A server that sends events together with the reply to the subscription, more than a stream may hold."""
    text = b"Event-Name: HEARTBEAT\n\n"
    event = b"Content-Length: %d\nContent-Type: text/event-plain\n\n%s" % (len(text), text)
    ok = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"

    def serve() -> None:
        for said, stays in ((ok + event, False), (event * 5 + ok + event * 5, True)):
            sock, _ = server.accept()
            with sock:
                sock.sendall(b"Content-Type: auth/request\n\n")
                for answer in (ok, said):
                    assert sock.recv(100)
                    sock.sendall(answer)
                assert not stays or sock.recv(100) == b"exit\n\n"

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = Background(serve)
        with connect("127.0.0.1", server.getsockname()[1], reconnect=SOON) as fs:
            threads: list[str] = []
            stream = fs.events("HEARTBEAT", maxsize=3, overflow="block", gaps=True)
            fs.on()(lambda event: threads.append(threading.current_thread().name))
            kinds = [type(stream.get(5)) for _ in range(2)]
            until(lambda: stream.waiting == 2)  # Nobody but the thread that connects is reading.
            kinds += [type(stream.get(5)) for _ in range(10)]
            assert kinds == [Event, Gap, *[Event] * 10]
            fs.wait_open(5)
            assert fs.is_open
            fs.run(0.05)
            assert threads == [threading.current_thread().name] * 11
        serving.result()


@sync_test
def test_a_full_stream_that_is_dropped_wakes_whoever_waits(switch: Switch) -> None:
    with connect(switch.host, switch.port) as fs:
        stream = fs.events("HEARTBEAT", maxsize=2, overflow="block")
        fs.api("version")
        for _ in range(10):
            switch.fire("HEARTBEAT")
        waiting = Background(lambda: fs.api("version", timeout=None))
        until(lambda: stream.waiting == 2)
        time.sleep(0.05)
        assert not waiting.done()
        del stream
        gc.collect()
        assert waiting.result().text


@sync_test
def test_an_interrupted_close_leaves_nothing(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    fs = connect(switch.host, switch.port)
    stream = fs.events("HEARTBEAT")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fs.reader, "wait", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fs.close()
    assert list(stream) == []
    assert not fs.is_open


@pytest.mark.parametrize("secure", [False, True])
def test_sending_on_a_connection_that_breaks(secure: bool) -> None:
    @sync_test
    def test() -> None:
        with Switch(ssl=server_context() if secure else None) as switch:
            ssl = client_context() if secure else None
            with connect(switch.host, switch.port, ssl=ssl, server_hostname="localhost") as fs:
                switch.drop()
                until(lambda: not switch.connections)
                pending = [fs.send(Command.api("x" * 1_000_000)) for _ in range(5)]
                for answer in pending:
                    with pytest.raises(ConnectionClosed):
                        answer.result(5)

    test()


@sync_test
def test_every_address_of_a_host_within_one_deadline(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]

    def addresses(host: str, port: int, **options: int) -> list[object]:
        return [*look_up("127.0.0.1", nobody, **options), *look_up(host, port, **options)]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", addresses)
        with connect(switch.host, switch.port) as fs:
            assert fs.api("version").text
        with pytest.raises(ConnectionRefusedError):
            connect("127.0.0.1", nobody)
    with pytest.raises(TimeoutError):
        connect(switch.host, switch.port, timeout=0)
    with connect(switch.host, switch.port, timeout=1e12) as fs:
        assert fs.api("version", timeout=float("inf")).text


@pytest.mark.parametrize("secure", [False, True])
def test_connecting_takes_too_long(secure: bool) -> None:
    @sync_test
    def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            ssl = client_context() if secure else None
            with pytest.raises(TimeoutError):
                connect("127.0.0.1", mute.getsockname()[1], ssl=ssl, timeout=0.05)

    test()


@sync_test
def test_no_thread_to_connect_again(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "esl_proto-reconnect":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with connect(switch.host, switch.port, reconnect=SOON) as fs:
        stream = fs.events("HEARTBEAT")
        switch.drop()
        with pytest.raises(ConnectionClosed) as raised:
            stream.get(5)
        assert raised.value.end == "eof"
