"""esl_proto.sync over networks that are late, slow, and break anywhere."""

from __future__ import annotations

import re

import pytest
from esl_proto import Command, Event
from esl_proto.sync import (
    AccessDenied,
    AuthenticationError,
    ChannelEnded,
    ConnectionClosed,
    Gap,
    Inbound,
    Reconnect,
    Session,
    connect,
    serve,
)
from esl_proto.testing import NEVER, Later, Network, Switch
from networks import BROKEN_LOGINS, NETWORKS, breaking_logins, switch_behind
from sync_support import Background, sync_test, until

SOON = Reconnect(first=0.005, longest=0.02)


@pytest.mark.parametrize("network", NETWORKS)
def test_all_that_can_be_done(network: Network) -> None:
    @sync_test
    def test() -> None:
        with switch_behind(network) as switch:
            switch.api["late"] = Later(0.15, "+OK żółw\n" + "x" * 3000)
            with connect(switch.host, switch.port, format="json", reconnect=SOON) as fs:
                commands(fs)
                events(fs, switch)
                applications(fs, switch)
                a_new_connection(fs, switch)
            assert not fs.pending

    test()


def commands(fs: Inbound) -> None:
    answers = [fs.send(Command.api(f"echo {n}")) for n in range(500)]
    assert [answer.result(30).text for answer in answers] == [str(n) for n in range(500)]
    with pytest.raises(TimeoutError):
        fs.api("late", timeout=0.001)
    assert fs.api("echo in step").text == "in step"
    assert fs.bgapi("late").result(10).text == "+OK żółw\n" + "x" * 3000


def events(fs: Inbound, switch: Switch) -> None:
    with fs.events("HEARTBEAT", maxsize=3, overflow="block") as stream:
        fs.api("version")
        for n in range(30):
            switch.fire("HEARTBEAT", {"n": str(n), "text": "żółw"})
        assert [stream.get(10)["n"] for _ in range(30)] == [str(n) for n in range(30)]


def applications(fs: Inbound, switch: Switch) -> None:
    switch.apps["long"] = NEVER
    call = switch.new_call()
    assert fs.execute(call.uuid, "playback", "x")["Application-Response"] == "FILE PLAYED"
    interrupted = Background(lambda: fs.execute(call.uuid, "long"))
    until(lambda: ("long", "") in call.executed)
    waiting = Background(lambda: fs.execute(call.uuid, "long"))
    switch.wait_for(re.compile(f"sendmsg {call.uuid}"), count=3)
    call.hangup("USER_BUSY")
    for application in (interrupted, waiting):
        with pytest.raises(ChannelEnded, match="USER_BUSY"):
            application.result()


def a_new_connection(fs: Inbound, switch: Switch) -> None:
    with fs.events("CHANNEL_ANSWER", gaps=True) as stream:
        fs.api("version")
        switch.drop()
        assert isinstance(stream.get(10), Gap)
        fs.wait_open(10)
        switch.fire("CHANNEL_ANSWER")
        event = stream.get(10)
        assert isinstance(event, Event)
        assert event.format == "json"


@pytest.mark.parametrize("network", NETWORKS)
def test_calls(network: Network) -> None:
    @sync_test
    def test() -> None:
        def ivr(call: Session) -> None:
            call.answer()
            call.set("greeted", "yes")
            assert call.getvar("greeted") == "yes"
            call.hangup("USER_BUSY")

        with switch_behind(network) as switch, serve(ivr, linger=5) as server:
            serving = Background(server.serve_forever)
            for is_async in (True, False):
                call = switch.call(f"127.0.0.1:{server.port}", is_async=is_async)
                assert call.wait() == "USER_BUSY"
                until(lambda: not server.calls)
            assert server.taken == 2
            server.close()
            serving.result()

    test()


@pytest.mark.parametrize("network", NETWORKS)
def test_logins_that_fail(network: Network) -> None:
    @sync_test
    def test() -> None:
        with switch_behind(network) as switch:
            with pytest.raises(AuthenticationError):
                connect(switch.host, switch.port, password="wrong")
            switch.deny = True
            with pytest.raises(AccessDenied, match="go away"):
                connect(switch.host, switch.port)

    test()


@sync_test
def test_a_login_that_breaks_off_anywhere() -> None:
    with breaking_logins() as port:
        for _ in BROKEN_LOGINS:
            with pytest.raises(ConnectionClosed) as raised:
                connect("127.0.0.1", port)
            assert raised.value.end == "eof"


@sync_test
def test_a_connection_that_breaks_off_anywhere() -> None:
    """Every wait ends, with its result or with the reason; what comes after finds all in order."""
    with switch_behind(Network()) as switch:
        call = switch.new_call()
        with connect(switch.host, switch.port, reconnect=SOON) as fs:
            stream = fs.events("HEARTBEAT", gaps=True)
            for octets in range(0, 2000, 47):
                _settle(fs)
                switch.connections[0].cut(octets)
                waits: list[Background[object]] = [
                    Background(lambda: fs.api("echo " + "x" * 100)),
                    Background(lambda: fs.bgapi("echo 1").result()),
                    Background(lambda: fs.execute(call.uuid, "playback", "x")),
                ]
                switch.fire("HEARTBEAT")
                for wait in waits:
                    try:
                        wait.result()
                    except ConnectionClosed as error:
                        assert error.end == "eof"
            _settle(fs)
            assert fs.pending == 0
            assert stream.gaps > 10
            waiting = [stream.get() for _ in range(stream.waiting)]
            assert stream.gaps == len([event for event in waiting if isinstance(event, Gap)])


def _settle(fs: Inbound) -> None:
    """Until there is a connection that works."""
    while True:
        fs.wait_open(10)
        try:
            assert fs.api("echo 1").text == "1"
        except ConnectionClosed:
            continue
        return


@sync_test
def test_answers_that_come_too_late() -> None:
    with switch_behind(Network()) as switch, connect(switch.host, switch.port) as fs:
        switch.network.delay = 0.3
        with pytest.raises(TimeoutError):
            connect(switch.host, switch.port, timeout=0.02)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                fs.api("echo late", timeout=0.01)
        assert fs.api("echo in time", timeout=5).text == "in time"
        assert fs.pending == 0


@sync_test
def test_a_server_that_has_lost_events() -> None:
    """It ends the connection of a program that reads too slowly."""
    with switch_behind(Network()) as switch:
        with connect(switch.host, switch.port) as fs, fs.events("HEARTBEAT") as stream:
            fs.api("version")
            switch.fire("HEARTBEAT")
            switch.disconnect("lost-events")
            assert stream.get(5).name == "HEARTBEAT"
            with pytest.raises(ConnectionClosed) as raised:
                stream.get(5)
            assert raised.value.end == "events-lost"
        with connect(switch.host, switch.port, reconnect=SOON) as fs:
            marked = fs.events("HEARTBEAT", gaps=True)
            fs.api("version")
            switch.disconnect("lost-events")
            gap = marked.get(5)
            assert isinstance(gap, Gap)
            assert gap.reason.end == "events-lost"
