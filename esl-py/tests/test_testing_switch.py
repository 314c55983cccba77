"""The simulated switch: its life, its listener, its scripts, what it shows of its clients, the troubles it makes."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from pathlib import Path

import pytest
from peer import Peer

from esl_proto import ApiResponse, AuthRequest, Command, Event, LogLine, Rejected, RemoteProtocolError
from esl_proto.testing import NEVER, Later, Received, Switch, User

pytest_plugins = ["pytester"]


@pytest.fixture
def switch() -> object:
    with Switch() as switch:
        yield switch


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_it_begins_and_ends() -> None:
    before = threads()
    with Switch() as switch:
        assert switch.address == f"127.0.0.1:{switch.port}"
        with Peer.of(switch) as peer:
            assert peer.ask(Command.api("echo x")).text == "x"
            port = switch.port
    assert threads() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)
    with pytest.raises(RuntimeError, match="not running"):
        switch.fire("HEARTBEAT")


def test_it_can_be_started_again_on_its_port() -> None:
    switch = Switch().start()
    switch.stop()
    switch.stop()
    port = switch.port
    with switch.start(), Peer.of(switch):
        assert switch.port == port
    with Switch() as other, pytest.raises(OSError):
        Switch(port=other.port).start()


def test_clients_that_are_there_at_the_end_find_their_sockets_closed() -> None:
    with Switch() as switch:
        peer = Peer.of(switch)
    with peer:
        assert peer.end().end == "eof"


def test_two_at_a_time_know_nothing_of_each_other() -> None:
    with Switch() as one, Switch(password="other") as other, Peer.of(one) as peer, Peer.of(other, "other"):
        one.api["who"] = "one"
        assert peer.ask(Command.api("who")).text == "one"
        assert [command.line for command in other.commands] == ["auth other"]


class TestLogin:
    def test_a_wrong_password(self, switch: Switch) -> None:
        with Peer.of(switch, None) as peer:
            peer.next(AuthRequest)
            peer.send(Command.auth("wrong"))
            assert peer.end().end == "auth-refused"

    def test_users(self, switch: Switch) -> None:
        switch.users["bob@x.org"] = User("secret", events="HEARTBEAT", api="status", log=False)
        with Peer.of(switch, None) as peer:
            peer.next(AuthRequest)
            reply = peer.ask(Command.userauth("bob", "x.org", "secret"))
            assert (reply.allowed_events, reply.allowed_api, reply.allowed_log) == ("HEARTBEAT", "status", False)
            assert peer.ask(Command.api("status")).text.startswith("UP")
            assert peer.ask(Command.api("version")).text == "-ERR permission denied"
        with Peer.of(switch, None) as peer:
            peer.next(AuthRequest)
            peer.send(Command.userauth("bob", "x.org", "ClueCon"))
            assert peer.end().end == "auth-refused"

    def test_clients_can_be_turned_away(self, switch: Switch) -> None:
        switch.deny = True
        with Peer.of(switch, None) as peer:
            peer.next(Rejected)
            assert peer.end().end == "rejected"

    def test_a_silent_client_is_sent_away(self, switch: Switch) -> None:
        switch.patience = 0.05
        with Peer.of(switch, None) as silent, Peer.of(switch) as peer:
            silent.next(AuthRequest)
            assert silent.end().end == "auth-timeout"
            assert peer.ask(Command.api("echo still here")).text == "still here"


class TestScripts:
    def test_text_octets_and_functions(self, switch: Switch) -> None:
        switch.api["status"] = "UP"
        switch.api["raw"] = b"\xff\n"
        switch.api["twice"] = lambda argument: argument * 2
        switch.api["number"] = lambda argument: 42
        switch.api["nothing"] = lambda argument: None

        async def later(argument: str) -> str:
            await asyncio.sleep(0)
            return argument.upper()

        switch.api["later"] = later
        with Peer.of(switch) as peer:
            answers = {line: peer.ask(Command.api(line)) for line in ("status", "raw", "twice ab", "number", "nothing")}
            assert [answer.body for answer in answers.values()] == [
                b"UP",
                b"\xff\n",
                b"abab",
                b"42",
                b"-ERR no reply\n",
            ]
            assert peer.ask(Command.api("later x y")).text == "X Y"

    def test_the_longest_script_wins(self, switch: Switch) -> None:
        switch.api["show"] = lambda argument: f"shown: {argument}"
        switch.api["show channels count"] = "0 total."
        with Peer.of(switch) as peer:
            lines = ("show channels count", "show channels", "show channels countless", "show", "shows")
            answers = [peer.ask(Command.api(line)).text for line in lines]
        assert answers[:4] == ["0 total.", "shown: channels", "shown: channels countless", "shown: "]
        assert answers[4] == "-ERR shows Command not found!\n"

    def test_jobs_have_the_same_scripts(self, switch: Switch) -> None:
        switch.api["report"] = Later(0.01, lambda argument: f"done: {argument}")
        with Peer.of(switch) as peer:
            peer.ask(Command.event("BACKGROUND_JOB", format="json"))
            reply = peer.ask(Command.bgapi("report a b", job_uuid="mine"))
            assert reply.job_uuid == "mine"
            done = peer.event("BACKGROUND_JOB")
            assert (done.job_uuid, done.body_text) == ("mine", "done: a b")
            assert (done["Job-Command"], done["Job-Command-Arg"]) == ("report", "a b")

    def test_slow_commands_hold_their_connection_up_and_no_other(self, switch: Switch) -> None:
        switch.api["slow"] = Later(0.1, "slow")
        switch.api["lost"] = NEVER
        with Peer.of(switch) as one, Peer.of(switch) as other:
            one.send(Command.api("slow"), Command.api("echo fast"), Command.api("lost"), Command.api("echo never"))
            assert other.ask(Command.api("echo other")).text == "other"
            assert [one.next(ApiResponse).text for _ in range(2)] == ["slow", "fast"]
            switch.drop()
            assert list(one.end().unanswered) == [3, 4]

    def test_what_a_script_raises_is_the_tests_error(self) -> None:
        switch = Switch().start()
        switch.api["bad"] = lambda argument: str("".index("x"))

        async def worse(argument: str) -> str:
            raise KeyError(argument)

        switch.api["worse"] = worse
        with Peer.of(switch) as peer:
            assert peer.ask(Command.api("bad")).text == "-ERR substring not found\n"
            assert peer.ask(Command.api("worse x")).text == "-ERR 'x'\n"
        with pytest.raises(ExceptionGroup) as raised:
            switch.stop()
        assert [type(error) for error in raised.value.exceptions] == [ValueError, KeyError]
        with pytest.raises(ValueError, match="the test's own"), Switch() as switch:
            switch.errors.append(OSError())
            raise ValueError("the test's own")

    def test_a_script_may_use_the_switch(self, switch: Switch) -> None:
        def announce(argument: str) -> str:
            return f"{switch.fire('HEARTBEAT', {'Said': argument})} told"

        switch.api["announce"] = announce
        with Peer.of(switch) as peer:
            peer.ask(Command.event("HEARTBEAT"))
            assert peer.ask(Command.api("announce x")).text == "1 told"
            assert peer.event("HEARTBEAT")["Said"] == "x"


class TestEvents:
    def test_who_has_subscribed_gets_them(self, switch: Switch) -> None:
        with Peer.of(switch) as plain, Peer.of(switch) as json, Peer.of(switch) as deaf:
            plain.ask(Command.event("CHANNEL_ANSWER"))
            json.ask(Command.event("ALL", format="json"))
            sent = {"Unique-ID": "5fd4", "variable_x": ["a", "b"], "n": 3, "raw": b"\xff", "empty": ""}
            assert switch.fire("CHANNEL_ANSWER", sent, "the body") == 2
            assert switch.fire("HEARTBEAT") == 1
            for peer in (plain, json):
                event = peer.event("CHANNEL_ANSWER")
                assert (event.unique_id, event["variable_x"], event["n"]) == ("5fd4", ["a", "b"], "3")
                assert (event.get_bytes("raw"), event.body, "empty" in event) == (b"\xff", b"the body", False)
                assert event["Core-UUID"] and str(event["Event-Date-Timestamp"]).isdecimal()
            assert int(str(json.event("HEARTBEAT")["Event-Sequence"])) == int(str(event["Event-Sequence"])) + 1
            assert deaf.ask(Command.api("echo quiet")).text == "quiet" and not deaf.messages

    def test_custom_and_bare_events(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            peer.ask(Command.event(subclasses=["my::one"]))
            assert switch.fire("CUSTOM", subclass="my::two") == 0
            assert switch.fire("CUSTOM", [("a", "1"), ("a", "2")], subclass="my::one", stamp=False) == 1
            event = peer.next(Event)
            headers = [("Event-Subclass", "my::one"), ("Event-Name", "CUSTOM"), ("a", "1"), ("a", "2")]
            assert event.headers() == headers

    def test_subclasses_that_the_server_knows(self, switch: Switch) -> None:
        switch.subclasses = {"sofia::register"}
        with Peer.of(switch) as peer:
            peer.ask(Command.event("ALL"))
            assert [switch.fire("CUSTOM", subclass=name) for name in ("sofia::register", "my::own")] == [1, 1]
            peer.ask(Command.nixevent("HEARTBEAT"))
            assert [switch.fire("CUSTOM", subclass=name) for name in ("sofia::register", "my::own")] == [1, 0]

    def test_filters_and_log_lines(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            peer.ask(Command.event("ALL"))
            peer.ask(Command.filter("Unique-ID", "/^a+$/"))
            assert [switch.fire("TALK", {"Unique-ID": uuid}) for uuid in ("aaa", "ab")] == [1, 0]
            peer.ask(Command.log("WARNING"))
            assert switch.log("ERR", "bad\n", file="x.c", line=7, channel_uuid="u") == 1
            assert switch.log("INFO", "good\n") == 0
            peer.next(Event)
            line = peer.next(LogLine)
            assert (line.text, line.level, line.line, line.channel_uuid) == ("bad\n", "ERR", 7, "u")

    def test_what_clients_send_comes_back_to_all(self, switch: Switch) -> None:
        with Peer.of(switch) as one, Peer.of(switch) as other:
            other.ask(Command.event("CUSTOM", "MESSAGE", subclasses=["my::x"]))
            sent = one.ask(Command.sendevent("CUSTOM", {"Event-Subclass": "my::x", "foo": "a b"}, "hello"))
            event = other.event("CUSTOM")
            assert (event.subclass, event["foo"], event.body_text) == ("my::x", "a b", "hello")
            assert f"+OK {event['Event-UUID']}" == sent.text
            assert event["Command"] == "sendevent CUSTOM"
            one.ask(Command.sendevent("NO_SUCH_NAME", {"foo": "b"}))
            assert other.event("CUSTOM").get("Event-Subclass") is None


class TestCommands:
    def test_all_are_kept(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            peer.send(
                Command.event("ALL"),
                Command.bgapi("status", job_uuid="j"),
                Command.sendevent("CUSTOM", {"a": "b"}, "x\n\ny"),
                Command.raw("nonsense here"),
                Command.exit(),
            )
            peer.end()
            lines = ["auth ClueCon", "event ALL", "bgapi status", "sendevent CUSTOM", "nonsense here", "exit"]
            assert [str(command) for command in switch.commands] == lines
            sent = switch.wait_for("sendevent")
            assert (sent.get("A"), sent.get("b"), sent.body) == ("b", None, b"x\n\ny")
            assert Received("exit") in switch.commands
            switch.clear()
            assert switch.commands == []

    def test_waiting(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            timer = threading.Timer(0.05, peer.send, [Command.api("echo one"), Command.api("echo two")])
            timer.start()
            assert switch.wait_for("api echo", count=2).line == "api echo two"
            assert switch.wait_for(re.compile("one$")).line == "api echo one"
            assert switch.wait_for(lambda command: command.connection == 0).line == "auth ClueCon"
            timer.join()
            with pytest.raises(TimeoutError, match=r"(?s)no command 'bgapi' .*api echo two"):
                switch.wait_for("bgapi", timeout=0.01)
            with pytest.raises(ZeroDivisionError):
                switch.wait_for(lambda command: 1 // 0)

    def test_when_a_command_has_come_it_has_been_done(self, switch: Switch) -> None:
        for _ in range(50):
            with Peer.of(switch) as peer:
                peer.send(Command.event("HEARTBEAT"))
                switch.wait_for("event HEARTBEAT")
                assert switch.fire("HEARTBEAT") == 1
                switch.clear()
                peer.send(Command.exit())
                peer.end()

    def test_in_coroutines(self) -> None:
        async def test() -> None:
            with Switch() as switch:
                reader, writer = await asyncio.open_connection(switch.host, switch.port)
                assert await reader.readuntil(b"\n\n") == b"Content-Type: auth/request\n\n"
                writer.write(b"auth ClueCon\n\n")
                assert (await switch.received("auth")).line == "auth ClueCon"
                with pytest.raises(TimeoutError, match="auth ClueCon"):
                    await switch.received("api", timeout=0.01)
                writer.close()
                await writer.wait_closed()

        asyncio.run(test())


class TestTrouble:
    def test_drop(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            switch.drop()
            assert peer.end().end == "eof"
        assert switch.connections == []

    def test_cut_in_the_middle_of_a_frame(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            switch.connections[0].cut(after=40)
            peer.send(Command.api("status"))
            end = peer.end()
            assert (end.end, end.incomplete, list(end.unanswered)) == ("eof", 40, [1])

    def test_hold_and_release(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            link = switch.connections[0]
            link.hold()
            peer.send(Command.api("echo x"))
            switch.wait_for("api")
            peer.sock.settimeout(0.05)
            with pytest.raises(TimeoutError):
                peer.sock.recv(1)
            peer.sock.settimeout(10)
            link.release()
            assert peer.next(ApiResponse).text == "x"

    def test_pieces(self, switch: Switch) -> None:
        switch.network.piece = 1
        with Peer.of(switch) as peer:
            assert peer.ask(Command.api("echo " + "x" * 1000)).text == "x" * 1000
            switch.network.pause = 0.001
            assert peer.ask(Command.api("echo slow")).text == "slow"

    def test_delay_keeps_the_order(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            switch.network.delay = 0.05
            began = time.monotonic()
            peer.send(*(Command.api(f"echo {number}") for number in range(10)))
            assert [peer.next(ApiResponse).text for _ in range(10)] == [str(number) for number in range(10)]
            assert time.monotonic() - began >= 0.05

    @pytest.mark.parametrize(
        ("why", "end"), [("shutdown", "shutdown"), ("lost-events", "events-lost"), ("disconnected", "goodbye")]
    )
    def test_notices(self, switch: Switch, why: str, end: str) -> None:
        with Peer.of(switch) as peer:
            switch.disconnect(why)  # type: ignore[arg-type]
            assert peer.end().end == end

    def test_garbage(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            switch.connections[0].inject(b"Content-Length: junk\n\n")
            with pytest.raises(RemoteProtocolError):
                peer.end()

    def test_a_server_that_is_away_for_a_while(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            switch.refuse()
            with pytest.raises(ConnectionRefusedError):
                Peer.of(switch)
            assert peer.ask(Command.api("echo there")).text == "there"
            switch.listen()
            with Peer.of(switch) as other:
                assert other.ask(Command.api("echo again")).text == "again"

    def test_a_client_that_goes_is_told_good_bye(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            peer.sock.shutdown(socket.SHUT_WR)
            assert peer.end().end == "goodbye"

    def test_thousands_of_commands_at_once(self, switch: Switch) -> None:
        with Peer.of(switch) as peer:
            peer.send(*(Command.api(f"echo {number}") for number in range(5000)))
            assert [peer.next(ApiResponse).text for _ in range(5000)] == [str(number) for number in range(5000)]
            assert len(switch.commands) == 5001


def test_pytest_has_it_as_a_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import socket

        def test_it(esl_switch):
            with socket.create_connection((esl_switch.host, esl_switch.port), 5) as sock:
                assert sock.recv(100) == b"Content-Type: auth/request\\n\\n"
        """
    )
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=1)


def test_pytest_is_not_imported_without_need() -> None:
    package = Path(__import__("esl_proto.testing").testing.__file__).parent
    importing = [path.name for path in package.glob("*.py") if re.search(r"^import pytest$", path.read_text(), re.M)]
    assert importing == ["pytest_plugin.py"]
