"""The command line: what it prints, what it says, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from peer import Peer

from esl_proto import AuthRequest, Command, Connection, __version__
from esl_proto.testing import NEVER, Later, Switch, User

# No profiles of whoever runs the tests.
HOME = Path(__file__).parent / "data" / "home"
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("ESL_")} | {"HOME": str(HOME)}
NAME = "python -m esl_proto"

PROGRAMS: list[subprocess.Popen[bytes]] = []


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch(password="secret") as switch:
        yield switch
    while PROGRAMS:
        # One that is still running has failed its test.
        with PROGRAMS.pop() as program:
            program.kill()


def start(switch: Switch, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
    """The program, at work."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "esl_proto", "-P", str(switch.port), *arguments]
    given = {**CLEAN, "ESL_PASSWORD": "secret", "PYTHONIOENCODING": "utf-8", **env}
    pipe = subprocess.PIPE
    PROGRAMS.append(subprocess.Popen(command, env=given, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL))
    return PROGRAMS[-1]


def run(switch: Switch, *arguments: str, **env: str) -> tuple[int, bytes, str]:
    """The program to its end: its status, its output, and what it says beside."""
    program = start(switch, *arguments, **env)
    output, said = program.communicate(timeout=30)
    return program.returncode, output, said.decode()


class TestApi:
    def test_the_answer_is_printed_octet_by_octet(self, switch: Switch) -> None:
        switch.api["raw"] = b"\xff\0\xc5\xbc\n"
        switch.api["status"] = "UP"
        assert run(switch, "api", "raw") == (0, b"\xff\0\xc5\xbc\n", "")
        assert run(switch, "api", "status") == (0, b"UP\n", "")
        assert run(switch, "api", "echo", "a", "-x", "--json") == (0, b"a -x --json\n", "")
        assert run(switch, "api", "echo a  b") == (0, b"a  b\n", "")

    def test_errors(self, switch: Switch) -> None:
        assert run(switch, "api", "nosuch") == (1, b"-ERR nosuch Command not found!\n", "")
        assert run(switch, "api", "originate") == (
            1,
            b"-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] "
            b"[<timeout_sec>]\n",
            "",
        )
        switch.users["bob@x.org"] = User("pass", api="status")
        refused = run(switch, "-u", "bob@x.org", "-p", "pass", "api", "version")
        assert refused == (1, b"-ERR permission denied\n", "")

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_long_answers_are_whole(self, switch: Switch, unbuffered: str) -> None:
        switch.api["big"] = "0123456789" * 300_000
        assert run(switch, "api", "big", PYTHONUNBUFFERED=unbuffered) == (0, b"0123456789" * 300_000 + b"\n", "")

    def test_as_on_the_console(self, switch: Switch) -> None:
        switch.api["sofia status"] = "fine\n"
        assert run(switch, "-x", "sofia status") == (0, b"fine\n", "")
        assert switch.wait_for("api sofia").get("console_execute") == "true"
        assert run(switch, "--execute=nosuch")[0] == 1

    def test_what_leaves_the_console_does_not_end_the_server(self, switch: Switch) -> None:
        status, output, said = run(switch, "-x", " ...")
        assert (status, output) == (2, b"") and "shut the server down" in said
        assert not any("..." in command.line for command in switch.commands)

    def test_a_limit(self, switch: Switch) -> None:
        switch.api["slow"] = NEVER
        assert run(switch, "-t", "50", "api", "slow") == (3, b"", f"{NAME}: {switch.address}: timed out waiting for an answer\n")
        assert run(switch, "-t", "50", "-x", "slow") == (3, b"", f"{NAME}: {switch.address}: timed out waiting for an answer\n")


class TestBgapi:
    def test_it_waits_for_the_result(self, switch: Switch) -> None:
        switch.api["report"] = Later(0.05, "+OK done")
        switch.api["bad"] = "-ERR bad\n"
        switch.api["empty"] = ""
        assert run(switch, "bgapi", "report", "x") == (0, b"+OK done\n", "")
        assert run(switch, "bgapi", "bad") == (1, b"-ERR bad\n", "")
        assert run(switch, "bgapi", "empty") == (0, b"", "")
        switch.api["slow"] = Later(60)
        assert run(switch, "-t", "200", "bgapi", "slow")[0] == 3

    def test_or_not(self, switch: Switch) -> None:
        status, output, _ = run(switch, "bgapi", "--no-wait", "report")
        assert status == 0 and switch.wait_for("bgapi report").get("Job-UUID") == output.decode().strip()


class TestEvents:
    def test_plain(self, switch: Switch) -> None:
        program = start(switch, "events", "-n", "1", "channel_answer")
        switch.wait_for("event", timeout=20)
        switch.fire("CHANNEL_ANSWER", {"a": "b", "list": ["1", "2"], "evil\x1b": "\x1b[2J\nx"}, "l1\nl2\n", stamp=False)
        output, said = program.communicate(timeout=30)
        text = "Event-Name: CHANNEL_ANSWER\na: b\nlist: 1\nlist: 2\nevil\\x1b: \\x1b[2J\\nx\n"
        assert (program.returncode, said) == (0, b"")
        assert output.decode() == text + "Content-Length: 6\n    l1\n    l2\n\n"

    def test_json(self, switch: Switch) -> None:
        program = start(
            switch, "events", "--json", "-n", "2", "HEARTBEAT", "CUSTOM", "my::x", "my::y", "--filter", "n=/[12]/"
        )
        assert program.stdout is not None
        switch.wait_for("event", timeout=20)
        for number in range(3):
            switch.fire("CUSTOM", {"n": number, "ż": ["1", "2"]}, subclass="my::y")
        lines = [json.loads(program.stdout.readline()) for _ in range(2)]
        assert [(line["Event-Subclass"], line["n"], line["ż"]) for line in lines] == [
            ("my::y", "1", ["1", "2"]),
            ("my::y", "2", ["1", "2"]),
        ]
        assert program.wait(30) == 0
        program.communicate()

    @pytest.mark.parametrize(
        ("names", "command"),
        [
            ((), "event json ALL"),
            (("custom",), "event json CUSTOM"),
            (("CUSTOM", "a::b"), "event json CUSTOM a::b"),
            (("talk", "CUSTOM", "a::b", "c"), "event json TALK CUSTOM a::b c"),
        ],
    )
    def test_what_is_subscribed_to(self, switch: Switch, names: tuple[str, ...], command: str) -> None:
        program = start(switch, "events", *names)
        assert str(switch.wait_for("event", timeout=20)) == command
        switch.drop()
        assert program.wait(30) == 3
        assert program.communicate()[1] == f"{NAME}: {switch.address}: stream ended without a notice\n".encode()

    def test_a_server_that_comes_back(self, switch: Switch) -> None:
        program = start(switch, "-R", "-d", "0", "events", "-n", "1", "HEARTBEAT")
        switch.wait_for("event", timeout=20)
        switch.drop()
        switch.wait_for("event", count=2, timeout=20)
        switch.fire("HEARTBEAT", stamp=False)
        output, said = program.communicate(timeout=30)
        assert output == b"Event-Name: HEARTBEAT\n\n"
        assert re.fullmatch(rf"{NAME}: {switch.address}: reconnected after \d+\.\d s; .*\n", said.decode())


class TestLog:
    @pytest.mark.parametrize(("arguments", "level"), [(("log", "err"), 3), (("-l", "7", "log"), 7), (("log",), 6)])
    def test_lines(self, switch: Switch, arguments: tuple[str, ...], level: int) -> None:
        program = start(switch, *arguments)
        assert program.stdout is not None
        assert str(switch.wait_for("log", timeout=20)) == f"log {level}"
        switch.log("ERR", "something is wrong\n")
        assert program.stdout.readline() == b"something is wrong\n"
        switch.disconnect("shutdown")
        assert program.wait(30) == 3
        assert b"shutting down" in program.communicate()[1]


def test_monitor(switch: Switch) -> None:
    there = switch.new_call("sofia/internal/2000", caller="\x1b[2J", uuid="u0")
    there.answer()
    program = start(switch, "monitor")
    assert program.stdout is not None
    lines = iter(program.stdout.readline, b"")
    # Each line begins with the date and the time.
    assert next(lines).decode().split(" ", 2)[2] == "ACTIVE inbound \\x1b[2J -> 2000 u0\n"
    call = switch.new_call("sofia/internal/1000", caller="1001", uuid="u1")
    call.ring()
    call.answer()
    call.hangup("USER_BUSY")
    there.hangup()
    news = [next(lines).decode().split(" ", 2)[2] for _ in range(5)]
    assert [line for line in news if "u1" in line] == [
        "DOWN inbound 1001 -> 1000 u1\n",
        "RINGING inbound 1001 -> 1000 u1\n",
        "ACTIVE inbound 1001 -> 1000 u1\n",
        "HANGUP inbound 1001 -> 1000 USER_BUSY u1\n",
    ]
    assert "HANGUP inbound \\x1b[2J -> 2000 NORMAL_CLEARING u0\n" in news
    program.send_signal(signal.SIGINT)
    assert program.communicate(timeout=30) == (b"", b"") and program.returncode == 130


class TestSwitch:
    def test_a_server_for_who_has_none(self) -> None:
        program = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "esl_proto", "-P", "0", "-p", "word", "switch", "--scenario"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert program.stdout is not None
        address = program.stdout.readline().decode().removeprefix("listening on ").strip()
        host, _, port = address.partition(":")
        with Peer(socket.create_connection((host, int(port)), 10), Connection.inbound()) as peer:
            peer.next(AuthRequest)
            assert peer.ask(Command.auth("word")).ok
            peer.ask(Command.event("CHANNEL_ANSWER"))
            assert peer.event("CHANNEL_ANSWER")["Call-Direction"] == "outbound"
            program.send_signal(signal.SIGINT)
            assert peer.end().end == "shutdown"
        assert program.communicate(timeout=30) == (b"", b"") and program.returncode == 130

    def test_it_ends_as_a_client_says_or_in_its_time(self, switch: Switch) -> None:
        for arguments in (["-P", "0", "switch", "--seconds", "0.1"], ["-P", str(switch.port), "switch"]):
            done = subprocess.run([sys.executable, "-m", "esl_proto", *arguments], capture_output=True, timeout=30)
            if arguments[1] == "0":
                assert (done.returncode, done.stderr) == (0, b"")
            else:
                assert done.returncode == 3 and b"cannot listen on 127.0.0.1:" in done.stderr


class TestTrouble:
    def test_passwords(self, switch: Switch, tmp_path: Path) -> None:
        file = tmp_path / "password"
        file.write_text("secret\n")
        switch.users["bob@x.org"] = User("pass")
        assert run(switch, "api", "echo", "x", ESL_PASSWORD="wrong")[0] == 3
        for arguments in (("-p", "secret"), ("--password-file", str(file)), ("-u", "bob@x.org", "--password=pass")):
            assert run(switch, *arguments, "api", "echo", "x", ESL_PASSWORD="wrong") == (0, b"x\n", "")
        status, _, said = run(switch, "-p", "wrong", "api", "x")
        assert (status, said) == (3, f"{NAME}: {switch.address}: password refused: -ERR invalid\n")
        assert run(switch, "--password-file", str(tmp_path / "none"), "api", "x")[0] == 2

    def test_nobody_there(self, switch: Switch) -> None:
        switch.refuse()
        status, output, said = run(switch, "api", "status")
        assert (status, output, said) == (3, b"", f"{NAME}: {switch.address}: cannot connect: Connection refused\n")
        assert run(switch, "-H", "no such host.invalid", "api", "x")[0] == 3

    def test_turned_away(self, switch: Switch) -> None:
        switch.deny = True
        assert run(switch, "api", "status")[0] == 3

    def test_a_connection_that_ends(self, switch: Switch) -> None:
        switch.api["slow"] = lambda argument: switch.disconnect("shutdown")
        status, _, said = run(switch, "api", "slow")
        assert status == 3 and said.startswith(f"{NAME}: {switch.address}: ")

    def test_what_cannot_be_sent(self, switch: Switch) -> None:
        status, _, said = run(switch, "api", "status\n\nexit")
        assert status == 2 and said.startswith(f"{NAME}: cannot send this: ")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("nonsense",),
            ("status", "now"),
            ("-u", "nobody", "api", "x"),
            ("--profile", "nonsense", "api", "x"),
            ("-P", "0", "api", "x"),
            ("-t", "soon", "api", "x"),
            ("-x", "status", "api", "x"),
            ("events", "--filter", "x"),
            ("-d", "9", "api", "x"),
        ],
    )
    def test_command_lines_that_make_no_sense(self, switch: Switch, arguments: tuple[str, ...]) -> None:
        status, output, said = run(switch, *arguments)
        assert (status, output) == (2, b"") and said.count("\n") == 2 and "--help" in said

    def test_help_and_version(self, switch: Switch) -> None:
        status, output, said = run(switch, "--help")
        assert (status, said) == (0, "") and b"--password-file" in output
        assert run(switch, "--version") == (0, f"esl-proto {__version__}\n".encode(), "")


class TestEnd:
    @pytest.mark.parametrize(
        "arguments", [("events", "ALL"), ("log",), ("monitor",), ("api", "slow"), ("bgapi", "slow")]
    )
    def test_ctrl_c(self, switch: Switch, arguments: tuple[str, ...]) -> None:
        switch.api["slow"] = NEVER
        program = start(switch, *arguments)
        switch.wait_for(lambda command: not command.line.startswith("auth"), timeout=20)
        time.sleep(0.1)
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=30) == (b"", b"")
        assert program.returncode == 130

    def test_nobody_reads(self, switch: Switch) -> None:
        program = start(switch, "events", "--json", "HEARTBEAT")
        assert program.stdout is not None and program.stderr is not None
        switch.wait_for("event", timeout=20)
        switch.fire("HEARTBEAT")
        assert program.stdout.readline()
        program.stdout.close()
        ended = wait_while_firing(switch, program)
        assert ended == 141 and program.stderr.read() == b""
        program.stderr.close()

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_an_answer_that_nobody_reads(self, switch: Switch, unbuffered: str) -> None:
        switch.api["big"] = "x" * 9_000_000
        program = start(switch, "api", "big", PYTHONUNBUFFERED=unbuffered)
        assert program.stdout is not None and program.stderr is not None
        program.stdout.read(10)
        program.stdout.close()
        assert program.wait(30) == 141 and program.stderr.read() == b""
        program.stderr.close()


def wait_while_firing(switch: Switch, program: subprocess.Popen[bytes]) -> int:
    """Fires events until the program has noticed that nobody reads it."""
    end = time.monotonic() + 30
    while program.poll() is None and time.monotonic() < end:
        switch.fire("HEARTBEAT")
        time.sleep(0.01)
    return program.wait(1)
