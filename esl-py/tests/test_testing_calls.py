"""The calls of the simulated switch, and the programs that it connects to."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator

import pytest
from peer import Peer

from esl_proto import Closed, Command, Connected, Connection, Event, Lingering, Reply
from esl_proto.testing import Call, Later, Switch


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch() as switch:
        switch.moment = 0.001
        yield switch


@pytest.fixture
def peer(switch: Switch) -> Iterator[Peer]:
    with Peer.of(switch) as peer:
        peer.ask(Command.event("ALL", format="json"))
        yield peer


def next_app(peer: Peer, name: str) -> Event:
    """The end of an application."""
    while (event := peer.event("CHANNEL_EXECUTE_COMPLETE"))["Application"] != name:
        pass
    return event


class TestOriginate:
    """What a test says of calls that are made; what such calls do is tried with the simulation itself."""

    def test_an_extension_has_its_applications(self, peer: Peer, switch: Switch) -> None:
        switch.dialplan["9000"] = [("playback", "hello.wav"), ("park", "")]
        assert peer.ask(Command.api("originate {origination_uuid=u1,x=y}user/1000 9000")).text == "+OK u1\n"
        done = next_app(peer, "playback")
        assert (done.unique_id, done["variable_x"], done["Application-Data"]) == ("u1", "y", "hello.wav")
        call = switch.find("u1")
        assert call is not None and (call.state, call.direction) == ("ACTIVE", "outbound")
        assert peer.event("CHANNEL_PARK").unique_id == "u1" and call.executed == switch.dialplan["9000"]
        assert peer.ask(Command.api("uuid_kill u1 USER_BUSY")).text == "+OK\n"
        assert call.wait() == "USER_BUSY" and switch.calls == [] and switch.find("u1") is None
        peer.ask(Command.api("originate user/1000 8000"))
        assert peer.event("CHANNEL_PARK")["Channel-Name"] == "user/1000"

    def test_who_does_not_answer(self, peer: Peer, switch: Switch) -> None:
        switch.refusals.update({"user/1": "USER_BUSY", "user/2": "NO_ANSWER"})
        assert peer.ask(Command.api("originate user/1,user/2|user/3,user/4 &park()")).ok
        (call,) = (call for call in switch.calls if call.cause is None)
        assert call.name == "user/3"
        assert peer.ask(Command.api("originate user/1|user/2 &park()")).text == "-ERR NO_ANSWER\n"

    def test_who_is_registered(self, peer: Peer, switch: Switch) -> None:
        switch.registrations["1000@example.com"] = "sofia/internal/sip:1000@192.0.2.1:5060"
        table = json.loads(peer.ask(Command.api("show registrations as json")).text)
        assert table["row_count"] == 1 and table["rows"][0]["reg_user"] == "1000"
        assert table["rows"][0]["url"] == switch.registrations["1000@example.com"]

    def test_who_rings_for_a_while(self, peer: Peer, switch: Switch) -> None:
        switch.ringing = 0.05
        assert peer.ask(Command.api("originate user/1 &park()")).ok
        switch.refusals["user/1"] = "USER_BUSY"
        assert peer.ask(Command.api("originate user/1 &park()")).text == "-ERR USER_BUSY\n"
        switch.ringing = float("inf")
        assert peer.ask(Command.api("originate {originate_timeout=1}user/1 &park()")).text == "-ERR NO_ANSWER\n"
        job = peer.ask(Command.bgapi("originate {origination_uuid=u1}user/1 &park()")).job_uuid
        while peer.event("CHANNEL_CALLSTATE").unique_id != "u1":
            pass
        peer.ask(Command.api("uuid_kill u1 ORIGINATOR_CANCEL"))
        done = peer.event("BACKGROUND_JOB")
        assert (done.job_uuid, done.body_text) == (job, "-ERR ORIGINATOR_CANCEL\n")

    def test_both_legs_are_seen(self, switch: Switch) -> None:
        call = switch.new_call("sofia/internal/1000", uuid="a", variables={"hangup_after_bridge": "true"})
        call.execute("bridge", "{origination_uuid=b}user/1001")
        other = call.wait_bridged()
        assert (other.uuid, other.other, other.other_type, call.other_type) == ("b", call, "originator", "originatee")
        assert len({call, other, other.other}) == 2
        other.hangup("CALL_REJECTED")
        assert call.wait() == "CALL_REJECTED" and call.variable("bridge_uuid") == "b"


class TestApplications:
    def test_they_are_executed_in_their_order(self, peer: Peer, switch: Switch) -> None:
        call = switch.new_call(uuid="u1")
        for number in range(3):
            assert peer.ask(Command.execute("playback", f"{number}.wav", uuid="u1", event_uuid=f"e{number}")).ok
        assert [next_app(peer, "playback").application_uuid for _ in range(3)] == ["e0", "e1", "e2"]
        assert call.executed == [("playback", "0.wav"), ("playback", "1.wav"), ("playback", "2.wav")]

    def test_scripts(self, peer: Peer, switch: Switch) -> None:
        async def record(call: Call, arg: str) -> str:
            await asyncio.sleep(0)
            return f"{call.uuid} recorded {arg}"

        switch.apps["record"] = record
        switch.apps["slow"] = Later(0.01, "done")
        switch.new_call(uuid="u1")
        for app in ("record", "slow", "info"):
            peer.ask(Command.execute(app, "x", uuid="u1"))
        answers = [next_app(peer, app)["Application-Response"] for app in ("record", "slow", "info")]
        assert answers == ["u1 recorded x", "done", "_none_"]

    def test_one_that_is_not_known_ends_the_call(self, peer: Peer, switch: Switch) -> None:
        call = switch.new_call(uuid="u1")
        peer.ask(Command.execute("no_such_app", uuid="u1"))
        assert call.wait() == "DESTINATION_OUT_OF_ORDER"

    def test_waiting_for_one(self, switch: Switch) -> None:
        call = switch.new_call(uuid="u1")
        call.execute("sleep", "20")
        call.execute("set", "a=b")
        call.execute("set", "c=d")
        assert (call.wait_for("set"), call.wait_for("set", count=2), call.wait_for("sleep")) == ("a=b", "c=d", "20")
        with pytest.raises(TimeoutError, match=r"(?s)no 'playback' began; executed:.*sleep 20.*set a=b"):
            call.wait_for("playback", timeout=0.01)
        with pytest.raises(TimeoutError, match="was not bridged"):
            call.wait_bridged(timeout=0.01)
        call.execute("bridge", "user/1001")
        assert call.wait_bridged().name == "user/1001"

    def test_waiting_that_is_given_up(self, switch: Switch) -> None:
        async def test() -> None:
            call = switch.new_call(uuid="u1")
            for wait in (call.executing("set"), call.bridged(), switch.received("api")):
                task = asyncio.create_task(wait)
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait({task})
                assert task.cancelled()
            call.execute("set", "a=b")
            assert await call.executing("set") == "a=b"

        asyncio.run(test())

    def test_loops(self, peer: Peer, switch: Switch) -> None:
        # What takes no time is not repeated.
        switch.moment = 0.5
        call = switch.new_call(uuid="u1")
        peer.ask(Command.execute("playback", "x", uuid="u1", loops=3))
        for _ in range(3):
            next_app(peer, "playback")
        assert call.executed == [("playback", "x")] * 3

    def test_the_end_of_the_call_is_the_end_of_its_application(self, peer: Peer, switch: Switch) -> None:
        call = switch.new_call(uuid="u1")
        peer.ask(Command.execute("sleep", "60000", uuid="u1"))
        peer.ask(Command.execute("playback", "never", uuid="u1"))
        assert peer.ask(Command.hangup("CALL_REJECTED", uuid="u1")).text == "+OK"
        assert next_app(peer, "sleep")["Hangup-Cause"] == "CALL_REJECTED"
        assert call.wait() == "CALL_REJECTED" and call.executed == [("sleep", "60000")]
        assert peer.ask(Command.execute("playback", "x", uuid="u1")).text == "-ERR invalid session id [u1]"

    def test_digits(self, peer: Peer, switch: Switch) -> None:
        call = switch.new_call(uuid="u1")
        ask = "2 4 3 200 # prompt.wav bad.wav pin \\d+"
        peer.ask(Command.execute("play_and_get_digits", ask, uuid="u1"))
        call.press("42#7")
        done = next_app(peer, "play_and_get_digits")
        assert (done["variable_pin"], done["Application-Response"]) == ("42", "success")
        peer.ask(Command.execute("read", "1 1 prompt.wav more 200 #", uuid="u1"))
        assert next_app(peer, "read")["variable_more"] == "7"
        peer.ask(Command.execute("play_and_get_digits", "1 1 2 1 # a b none", uuid="u1"))
        done = next_app(peer, "play_and_get_digits")
        assert ("variable_none" in done, done["Application-Response"]) == (False, "failure")

    def test_commands_see_the_calls(self, peer: Peer, switch: Switch) -> None:
        call = switch.new_call(uuid="u1", caller="2000", variables={"list": ["a", "b"]})

        def ask(line: str) -> str:
            return str(peer.ask(Command.api(line)).text)

        assert ask("uuid_setvar u1 a b c") == "+OK\n"
        assert (call.variables["a"], call.variables["list"], call.variable("list")) == ("b c", ["a", "b"], "ARRAY::a|:b")
        call.set_variable("a", "")
        assert (ask("uuid_getvar u1 a"), ask("uuid_exists u1")) == ("_undef_", "true")
        (row,) = json.loads(ask("show channels as json"))["rows"]
        assert (row["uuid"], row["direction"], row["cid_num"], row["callstate"]) == ("u1", "inbound", "2000", "RINGING")
        assert ask("uuid_answer u1") == "+OK\n" and call.state == "ACTIVE"
        assert ask("hupall") == "+OK hangup all channels with cause MANAGER_REQUEST\n"
        assert call.wait() == "MANAGER_REQUEST" and switch.calls_so_far == 1

    def test_in_coroutines(self) -> None:
        async def test() -> None:
            with Switch() as switch:
                call = switch.new_call()
                with pytest.raises(TimeoutError):
                    await call.ended(0.01)
                call.hangup()
                assert await call.ended() == "NORMAL_CLEARING"

        asyncio.run(test())


class Program:
    """Where calls come in."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def accept(self) -> tuple[Peer, Connected]:
        peer = Peer(self.listener.accept()[0], Connection.outbound())
        return peer, peer.ask(Command.connect())


@pytest.fixture
def program() -> Iterator[Program]:
    program = Program()
    with program.listener:
        yield program


class TestPrograms:
    def test_a_call_and_its_data(self, switch: Switch, program: Program) -> None:
        call = switch.call(program.address, uuid="u1", caller="1000", variables={"x": "a%b", "list": ["1", "2"]})
        peer, connected = program.accept()
        with peer:
            assert (connected.is_async, connected.full_control) == (True, True)
            channel = connected.channel
            assert (channel.unique_id, channel["Caller-Caller-ID-Number"]) == ("u1", "1000")
            assert (channel["variable_x"], channel["variable_list"]) == ("a%b", ["1", "2"])
            peer.ask(Command.myevents())
            peer.ask(Command.execute("answer"))
            assert next_app(peer, "answer").unique_id == "u1"
            assert call.state == "ACTIVE"
            assert peer.ask(Command.getvar("x")).text == "a%b"
            assert peer.ask(Command.getvar("y")).text == "-ERR command not found"

    def test_the_call_ends_with_its_program(self, switch: Switch, program: Program) -> None:
        call = switch.call(program.address)
        program.accept()[0].sock.close()
        assert call.wait() == "NORMAL_CLEARING"

    def test_but_not_after_resume(self, switch: Switch, program: Program) -> None:
        call = switch.call(program.address)
        peer, _ = program.accept()
        with peer:
            peer.ask(Command.resume())
            peer.send(Command.exit())
            peer.end()
        with pytest.raises(TimeoutError):
            call.wait(0.05)

    def test_the_program_ends_with_its_call(self, switch: Switch, program: Program) -> None:
        call = switch.call(program.address)
        peer, _ = program.accept()
        with peer:
            peer.ask(Command.myevents())
            call.hangup("USER_BUSY")
            assert peer.event("CHANNEL_HANGUP")["Hangup-Cause"] == "USER_BUSY"
            assert peer.next(Closed).end == "channel-ended"

    def test_linger(self, switch: Switch, program: Program) -> None:
        call = switch.call(program.address, uuid="u1")
        peer, _ = program.accept()
        with peer:
            peer.ask(Command.myevents())
            peer.ask(Command.linger(0))
            call.hangup()
            assert peer.find(lambda message: isinstance(message, Lingering)).seconds == 0
            # What follows the notice, the end included, may have come with it.
            events = [message.name for message in list(peer.messages) if isinstance(message, Event)]
            assert events[0] == "CHANNEL_HANGUP"
            end = peer.end()
            assert end.end == "channel-ended"
        assert call.wait() == "NORMAL_CLEARING"

    def test_lingering_for_ever(self, switch: Switch, program: Program) -> None:
        call = switch.call(program.address)
        peer, _ = program.accept()
        with peer:
            peer.ask(Command.myevents())
            peer.ask(Command.linger())
            call.hangup()
            assert peer.event("CHANNEL_HANGUP_COMPLETE")
            assert peer.ask(Command.api("echo still")).text == "still"
            peer.ask(Command.linger(0))
            peer.end()

    def test_in_sync_mode_the_answer_is_the_end(self, switch: Switch, program: Program) -> None:
        call = switch.call(program.address, full=False, is_async=False)
        peer, connected = program.accept()
        with peer:
            assert (connected.is_async, connected.full_control) == (False, False)
            peer.ask(Command.myevents())
            peer.send(Command.execute("playback", "x.wav"))
            assert peer.next(Reply).ok
            assert call.executed == [("playback", "x.wav")]
            assert next_app(peer, "playback")["Application-Response"] == "FILE PLAYED"
            peer.sock.sendall(b"api status\n\n")
            switch.wait_for("api status")

    def test_an_application_connects_too(self, switch: Switch, program: Program, peer: Peer) -> None:
        peer.ask(Command.api(f"originate {{origination_uuid=u1}}user/1 &socket({program.address} async full)"))
        controlling, connected = program.accept()
        with controlling:
            assert connected.channel.unique_id == "u1"
            controlling.ask(Command.execute("playback", "x"))
            assert next_app(peer, "playback").unique_id == "u1"
        assert peer.event("CHANNEL_DESTROY").unique_id == "u1"

    def test_nobody_is_there(self, switch: Switch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ConnectionRefusedError):
            switch.call(address)
        assert {call.wait() for call in switch.calls} <= {"DESTINATION_OUT_OF_ORDER"}
        assert switch.calls_so_far == 1 and not switch.calls

    def test_inbound_events_of_one_call(self, switch: Switch) -> None:
        call = switch.new_call(uuid="u1")
        other = switch.new_call(uuid="u2")
        with Peer.of(switch) as peer:
            peer.ask(Command.myevents("u1"))
            other.fire("TALK")
            call.fire("TALK", {"x": "y"})
            assert (event := peer.event("TALK")).unique_id == "u1" and event["x"] == "y"
            call.hangup()
            assert peer.end().end == "channel-ended"

    def test_diverted_events(self, switch: Switch, program: Program) -> None:
        call = switch.call(program.address, uuid="u1")
        peer, _ = program.accept()
        with peer:
            peer.ask(Command.event("HEARTBEAT"))
            peer.ask(Command.divert_events(True))
            assert peer.ask(Command.sendevent("CUSTOM", {"unique-id": call.uuid, "a": "b"})).ok
            event = peer.next(Event)
            assert event.name is None and event["a"] == "b" and "Core-UUID" not in event
