"""The console: on a terminal with prompt_toolkit, with readline and with neither, and with lines from elsewhere."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from esl_proto.testing import NEVER, Switch

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

import fcntl
import pty
import termios

PATIENCE = 30.0
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\].*?\x07|\r")
PROGRAM = """
import fcntl, sys, termios
if {terminal}:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.modules.update(dict.fromkeys({without}))
sys.argv[0] = "/usr/bin/esl-proto"
from esl_proto._cli import main
sys.exit(main())
"""
STOPPED = """
import signal, sys, threading
from esl_proto._cli.arguments import parse
from esl_proto._cli.history import History
from esl_proto._cli.output import Output
from esl_proto._cli.prompt import Readline
prompt = Readline(Output(colours=False, is_terminal=False), parse([]), History(None), lambda text: [])
def stop():
    open({descriptor}).read()
    prompt.stop()
threading.Thread(target=stop).start()
try:
    prompt.read("> ")
except KeyboardInterrupt:
    print("stopped", flush=True)
signal.raise_signal(signal.SIGINT)
try:
    prompt.read("> ")
except EOFError:
    print("for good", flush=True)
prompt.close()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("and Ctrl-C is as before", flush=True)
"""
KINDS: dict[str, list[str]] = {"toolkit": [], "readline": ["prompt_toolkit"], "plain": ["prompt_toolkit", "readline"]}
"""What is not there."""
STARTED: list[subprocess.Popen[bytes]] = []

if find_spec("prompt_toolkit") is None:
    del KINDS["toolkit"]
try:
    import readline
except ImportError:
    del KINDS["readline"]
else:
    # The library of that name that some Pythons have in its place knows neither function keys nor the same keys.
    if "libedit" in (readline.__doc__ or ""):
        del KINDS["readline"]

edited = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "plain"])
everywhere = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch() as switch:
        switch.api["switchname"] = "office"
        switch.api["status"] = "UP 0 years"
        yield switch
    while STARTED:
        # One that is still running has failed its test.
        with STARTED.pop() as program:
            program.kill()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".fs_cli_conf").touch()
    return tmp_path


def environment(home: Path, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ESL_", "NO_COLOR"))}
    # Nobody answers prompt_toolkit's question for the cursor here.
    return clean | {"HOME": str(home), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "PYTHONUTF8": "1"} | more


def code(*, terminal: bool, without: list[str] | None = None) -> list[str]:
    text = PROGRAM.format(terminal=terminal, without=without or [])
    return [sys.executable, "-X", "dev", "-W", "error", "-c", text]


class Terminal:
    """The program on a terminal."""

    def __init__(self, home: Path, *arguments: str, kind: str = "plain", without: list[str] | None = None) -> None:
        self.descriptor, other = pty.openpty()
        self.resize(100, 40)
        command = [*code(terminal=True, without=KINDS[kind] if without is None else without), *arguments]
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, start_new_session=True, env=environment(home)
        )
        STARTED.append(self.process)
        os.close(other)
        self.prompt = ""
        self.octets = b""
        self.seen = 0
        """How far it has been looked at."""

    @property
    def text(self) -> str:
        """All that was shown so far, without what is no text."""
        return CONTROL.sub("", self.octets.decode(errors="replace"))

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def expect(self, text: str) -> None:
        """Waits until this is shown, behind what was expected before."""
        end = time.monotonic() + PATIENCE
        while (place := self.text.find(text, self.seen)) < 0:
            assert time.monotonic() < end and self._read(), f"no {text!r} in {self.text[self.seen :]!r}"
        self.seen = place + len(text)

    def ask(self, line: str, wanted: str) -> None:
        """Types a line at the prompt, and waits for what it leads to and the prompt."""
        self.type(line + "\r")
        self.expect(wanted)
        self.expect(self.prompt)

    def leave(self) -> int:
        """Presses Ctrl-D until the end, and gives the exit status. One that comes while a line is shown above the prompt is the
        terminal's, and lost."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end
            self.type("\x04")
            while self._read(1):
                pass
        return self.end()

    def end(self) -> int:
        """Waits for the end, and gives the exit status."""
        while self._read():
            pass
        status = self.process.wait(PATIENCE)
        os.close(self.descriptor)
        return status

    def interrupt(self, wanted: str = "") -> None:
        """Presses Ctrl-C until this is shown, or the end has come. Readline does not notice one that comes between its
        prompt and its wait for a key."""
        end = time.monotonic() + PATIENCE
        while not wanted or self.text.find(wanted, self.seen) < 0:
            assert time.monotonic() < end
            self.type("\x03")
            while self._read(1):
                if wanted and self.text.find(wanted, self.seen) >= 0:
                    return
            if not wanted and self.process.poll() is not None:
                return

    def _read(self, patience: float = PATIENCE) -> bool:
        if not select.select([self.descriptor], [], [], patience)[0]:
            return False
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # So says Linux that nobody writes any more.
            return False
        self.octets += data
        return bool(data)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(switch: Switch, home: Path) -> Open:
    """Opens the console, and waits for the prompt."""

    def opened(*arguments: str, kind: str = "plain", prompt: str = "office>") -> Terminal:
        terminal = Terminal(home, "-P", str(switch.port), *arguments, kind=kind)
        # Some move the cursor in place of writing a blank.
        terminal.prompt = prompt
        terminal.expect(prompt)
        return terminal

    return opened


class TestPrompt:
    @everywhere
    def test_commands_and_the_end(self, switch: Switch, terminal: Open, kind: str) -> None:
        console = terminal(kind=kind)
        assert f"connected to {switch.address}. Type /help" in console.text
        switch.api["evil"] = "a\x1b[2J\rb\n"
        console.ask("status", "UP 0 years\n")
        console.ask("  nosuch", "-ERR nosuch Command not found!\n")
        console.ask("evil", "a\\x1b[2J\\rb\n")
        assert switch.wait_for("api status").get("console_execute") == "true"
        # They are the same at every prompt.
        for line in ("/exit", "/QUIT", "/bye", "...") if kind == "plain" else ("/exit",):
            # As an API command, the last of these would end the server.
            other = terminal(kind=kind)
            other.type(line + "\r")
            assert other.end() == 0
        assert console.leave() == 0
        assert "Traceback" not in console.text
        assert not any("..." in command.line for command in switch.commands)

    @everywhere
    def test_what_makes_no_sense(self, terminal: Open, kind: str) -> None:
        console = terminal(kind=kind)
        console.ask("/foo", "unknown command: /foo (/help lists all)\n")
        console.ask("/nixevent", "usage: /nixevent NAME...\n")
        console.ask("/filter x", "usage: /filter HEADER VALUE, or /filter delete all|HEADER [VALUE]\n")
        console.ask("/debug 9", "invalid debug level, from 0 to 7: '9'\n")
        console.ask("/event NOSUCH", "-ERR no keywords supplied\n")
        console.ask("/log nonsense", "a log level is a name from CONSOLE to DEBUG or a number")
        console.ask("/help", "/reconnect")
        console.ask("", "")
        console.type("/quit\r")
        assert console.end() == 0
        assert "Traceback" not in console.text

    @edited
    def test_completion(self, switch: Switch, terminal: Open, kind: str) -> None:
        asked = list[str]()

        def complete(text: str) -> str:
            asked.append(text)
            return "\n\n[              status]\t[              status]\t\n\nwrite=2:status"

        switch.api["console_complete"] = complete
        switch.api["sofia status"] = "profile internal"
        console = terminal(kind=kind)
        console.type("sofia st\t")
        console.expect("status")
        console.ask("", "profile internal\n")
        assert asked == ["sofia st"]
        console.type("/event plain channel_answ\t")
        console.expect("CHANNEL_ANSWER")
        console.ask("", "+OK\n")
        assert str(switch.wait_for("event")) == "event json CHANNEL_ANSWER"
        assert console.leave() == 0

    @edited
    def test_history(self, switch: Switch, terminal: Open, home: Path, kind: str) -> None:
        console = terminal(kind=kind)
        console.ask("status", "UP 0 years\n")
        console.ask(" echo hidden", "hidden\n")
        assert console.leave() == 0
        file = home / ".esl_proto_history"
        assert file.read_text() == "status\n" and file.stat().st_mode & 0o777 == 0o600
        console = terminal(kind=kind)
        console.ask("\x1b[A", "UP 0 years\n")
        console.leave()
        assert [command.line for command in switch.commands].count("api status") == 2
        console = terminal("-Q", kind=kind)
        console.ask("echo 2", "2\n")
        assert console.leave() == 0 and file.read_text() == "status\n"

    @edited
    def test_function_keys(self, home: Path, terminal: Open, kind: str) -> None:
        (home / ".fs_cli_conf").write_text("[default]\nkey_F3 => echo three\nkey_toggle_F3 => echo 3\n")
        console = terminal(kind=kind)
        console.type("\x1bOQ")
        console.expect("UP 0 years\n")
        console.expect(console.prompt)
        for wanted in ("three\n", "3\n" if kind == "toolkit" else "three\n"):
            console.type("\x1bOR")
            console.expect(wanted)
            console.expect(console.prompt)
        console.type("/exit\r")
        assert console.end() == 0

    @everywhere
    def test_ctrl_c(self, switch: Switch, terminal: Open, kind: str) -> None:
        switch.api["slow"] = NEVER
        console = terminal(kind=kind)
        console.interrupt("Press Ctrl-D to exit, or type /exit, /quit or /bye.\n")
        console.expect("or /bye.\n")
        console.expect(console.prompt)
        console.type("slow\r")
        switch.wait_for("api slow", timeout=PATIENCE)
        console.type("\x03")
        console.expect("No longer waiting for the answer.\n")
        console.expect(console.prompt)
        assert console.leave() == 0

    @everywhere
    def test_ctrl_c_may_end_it(self, terminal: Open, kind: str) -> None:
        console = terminal("-i", kind=kind)
        console.interrupt()
        assert console.end() == 130

    @everywhere
    def test_a_limit(self, switch: Switch, terminal: Open, kind: str) -> None:
        switch.api["slow"] = NEVER
        console = terminal("-t", "50", kind=kind)
        console.ask("slow", "timed out waiting for an answer\n")
        assert console.leave() == 0

    @edited
    def test_lines_that_are_pasted(self, switch: Switch, terminal: Open, kind: str) -> None:
        switch.api["first"] = "alpha"
        switch.api["second"] = "beta"
        console = terminal(kind=kind)
        console.type("\x1b[200~first\nsecond\x1b[201~\r" if kind == "toolkit" else "first\rsecond\r")
        console.expect("alpha\n")
        console.expect("beta\n")
        console.expect(console.prompt)
        assert console.leave() == 0

    @edited
    def test_resizing(self, terminal: Open, kind: str) -> None:
        console = terminal(kind=kind)
        console.type("echo 1234567890")
        console.expect("1234567890")
        console.resize(40, 10)
        os.kill(console.process.pid, signal.SIGWINCH)
        console.type("abc")
        console.ask("", "1234567890abc\n")
        assert console.leave() == 0


class TestWhatComes:
    @everywhere
    def test_events(self, switch: Switch, terminal: Open, kind: str) -> None:
        console = terminal("-q", kind=kind)
        console.ask("/event plain HEARTBEAT CUSTOM my::x", "+OK\n")
        assert str(switch.wait_for("event")) == "event json HEARTBEAT CUSTOM my::x"
        switch.fire("CUSTOM", {"evil": "\x1b[2J"}, "body\n", subclass="my::x", stamp=False)
        console.expect("RECV EVENT\nEvent-Subclass: my::x\nEvent-Name: CUSTOM\nevil: \\x1b[2J\nContent-Length: 5\n    body\n\n")
        if kind != "plain":
            console.expect(console.prompt)
        console.ask("/event json HEARTBEAT", "+OK\n")
        switch.fire("HEARTBEAT", {"a": "b"}, stamp=False)
        console.expect('{"Event-Name":"HEARTBEAT","a":"b"}\n')
        console.ask("/event xml HEARTBEAT", "+OK\n")
        switch.fire("HEARTBEAT", {"a": "b"}, stamp=False)
        console.expect("<a>b</a>\n")
        console.ask("/nixevent CUSTOM my::x", "+OK\n")
        assert switch.wait_for("nixevent").line == "nixevent CUSTOM my::x"
        console.ask("/noevents", "+OK\n")
        assert switch.commands[-1].line == "nixevent HEARTBEAT"
        console.ask("/event", "+OK\n")
        assert switch.wait_for("event json ALL")
        assert console.leave() == 0

    def test_filters(self, switch: Switch, terminal: Open) -> None:
        console = terminal("-q")
        for line, command in (
            ("/filter a 1 2", "filter add a 1 2"),
            ("/filter add b /x/", "filter add b /x/"),
            ("/filter delete a", "filter delete a 1 2"),
            ("/filter delete all", "filter delete all"),
        ):
            console.ask(line, "+OK\n")
            assert switch.commands[-1].line == command
        assert console.leave() == 0

    @everywhere
    def test_the_log(self, switch: Switch, terminal: Open, kind: str) -> None:
        console = terminal("-U", kind=kind)
        assert switch.wait_for("log", timeout=PATIENCE).line == "log 7"
        switch.log("ERR", "wrong\x1b[2J\n")
        console.expect("wrong\\x1b[2J\n")
        assert re.search(rb"\x1b\[[0;]*31m(\x1b\[[0-9;?]*[A-Za-z])*wrong", console.octets)
        switch.log("INFO", "of u1\n", channel_uuid="u1")
        console.expect("u1 of u1\n")
        console.ask("/uuid u2", "log: only lines about u2\n")
        switch.log("INFO", "of u1 again\n", channel_uuid="u1")
        switch.log("INFO", "of u2\n", channel_uuid="u2")
        switch.log("INFO", "of nobody\n")
        console.expect("of nobody\n")
        console.ask("/uuid", "log: all channels\n")
        console.ask("/logfilter x", "log: only lines with x\n")
        switch.log("INFO", "a\n")
        switch.log("INFO", "xyz\n")
        console.expect("xyz\n")
        console.ask("/logfilter", "log: all lines\n")
        assert "of u2" in console.text and "of u1 again" not in console.text and "\na\n" not in console.text
        console.ask("/nolog", "+OK\n")
        assert switch.wait_for("nolog")
        console.ask("/log err", "+OK log up to err\n")
        assert switch.commands[-1].line == "log 3"
        console.ask("console loglevel 4", "Command not found!\n")
        assert switch.wait_for("log 4")
        assert console.leave() == 0

    def test_no_colours(self, switch: Switch, terminal: Open) -> None:
        console = terminal("-n", "-l", "err")
        assert switch.wait_for("log", timeout=PATIENCE).line == "log 3"
        switch.log("ERR", "wrong\n")
        console.expect("wrong\n")
        assert console.leave() == 0 and b"\x1b[" not in console.octets

    @everywhere
    def test_a_lost_connection_is_the_end(self, switch: Switch, terminal: Open, kind: str) -> None:
        console = terminal(kind=kind)
        switch.wait_for("log", timeout=PATIENCE)
        switch.disconnect("shutdown")
        assert console.end() == 3
        assert f"{switch.address}: server is shutting down" in console.text and "Traceback" not in console.text

    @pytest.mark.skipif("readline" not in KINDS, reason="there is no readline")
    def test_a_prompt_is_stopped_once(self, home: Path) -> None:
        """A signal that is sent while the prompt ends must not end the program."""
        waiting, begin = os.pipe()
        program = subprocess.Popen(
            [sys.executable, "-X", "dev", "-W", "error", "-c", STOPPED.format(descriptor=waiting)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(waiting,),
            env=environment(home),
        )
        STARTED.append(program)
        assert program.stdin is not None and program.stdout is not None
        os.close(waiting)
        assert program.stdout.read(2) == b"> "
        os.close(begin)
        assert program.stdout.read() == b"\nstopped\nfor good\nand Ctrl-C is as before\n"
        assert program.wait(PATIENCE) == 0
        program.stdin.close()

    @everywhere
    def test_or_is_made_anew(self, switch: Switch, terminal: Open, kind: str) -> None:
        console = terminal("-R", "-q", kind=kind)
        console.ask("/event HEARTBEAT", "+OK\n")
        switch.drop()
        console.expect("connecting again")
        console.expect("reconnected after ")
        switch.fire("HEARTBEAT", {"a": "b"})
        console.expect("a: b\n")
        assert console.leave() == 0

    @everywhere
    def test_reconnect(self, switch: Switch, terminal: Open, kind: str) -> None:
        console = terminal(kind=kind)
        console.ask("/event HEARTBEAT", "+OK\n")
        for _ in range(2):
            console.type("/reconnect\r")
            console.expect("reconnected after ")
            console.ask("status", "UP 0 years\n")
        assert switch.wait_for("event json HEARTBEAT", count=3) and switch.wait_for("log 7", count=3)
        switch.refuse()
        console.type("/reconnect\r")
        assert console.end() == 3


class TestLines:
    """Lines that nobody types."""

    def run(self, switch: Switch, home: Path, text: str | None, *arguments: str, **env: str) -> tuple[int, str, str]:
        command = [*code(terminal=False), "-P", str(switch.port), *arguments]
        given = None if text is None else text.encode("utf-8", "surrogateescape")
        done = subprocess.run(
            command,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            timeout=PATIENCE,
            env=environment(home, **env),
        )
        return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()

    def test_answers_alone(self, switch: Switch, home: Path) -> None:
        switch.api["raw"] = b"\xff\0\xc5\xbc"
        assert self.run(switch, home, "status\n\n  raw") == (0, "UP 0 years\n\udcff\0\u017c\n", "")
        assert self.run(switch, home, None) == (0, "", "")
        assert self.run(switch, home, "echo 1\n...\necho 2\n") == (0, "1\n", "")
        assert not any("log" in command.line for command in switch.commands)

    def test_exit_status(self, switch: Switch, home: Path) -> None:
        assert self.run(switch, home, "a\rb") == (2, "", "esl-proto: cannot send this: API command holds a line end (item 0, byte 1)\n")
        assert self.run(switch, home, "nosuch\nstatus\n") == (1, "-ERR nosuch Command not found!\nUP 0 years\n", "")
        assert self.run(switch, home, "/foo\nstatus\n") == (
            2,
            "UP 0 years\n",
            "esl-proto: unknown command: /foo (/help lists all)\n",
        )
        switch.api["slow"] = NEVER
        assert self.run(switch, home, "slow\n", "-t", "50") == (3, "", "esl-proto: timed out waiting for an answer\n")
        switch.api["bye"] = lambda argument: switch.disconnect("shutdown")
        status, output, said = self.run(switch, home, "bye\nstatus\n")
        assert (status, output) == (3, "") and said.startswith(f"esl-proto: {switch.address}: server is shutting down")

    def test_the_end_of_the_connection_ends_it_while_it_waits(self, switch: Switch, home: Path) -> None:
        program = subprocess.Popen(
            [*code(terminal=False), "-P", str(switch.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(home),
        )
        STARTED.append(program)
        assert program.stdin is not None and program.stdout is not None and program.stderr is not None
        program.stdin.write(b"status\n")
        program.stdin.flush()
        assert program.stdout.readline() == b"UP 0 years\n"
        switch.disconnect("shutdown")
        assert program.wait(PATIENCE) == 3
        assert f"{switch.address}: server is shutting down" in program.communicate()[1].decode()

    def test_for_programs(self, switch: Switch, home: Path) -> None:
        program = subprocess.Popen(
            [*code(terminal=False), "-P", str(switch.port), "-b"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(home),
        )
        STARTED.append(program)
        assert program.stdin is not None and program.stdout is not None
        assert program.stdout.readline() == b"+OK log up to debug\n"
        assert program.stdout.read(len("freeswitch@office> ")) == b"freeswitch@office> "
        switch.log("ERR", "wrong\n")
        assert program.stdout.readline() == b"wrong\n"
        program.stdin.write(b"status\n")
        program.stdin.flush()
        assert program.stdout.readline() == b"UP 0 years\n"
        program.stdin.close()
        assert program.stdout.read() == b"freeswitch@office> "
        assert program.wait(PATIENCE) == 0

    def test_nobody_reads(self, switch: Switch, home: Path) -> None:
        switch.api["big"] = "x" * 9_000_000
        program = subprocess.Popen(
            [*code(terminal=False), "-P", str(switch.port), "-l", "debug"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(home),
        )
        STARTED.append(program)
        assert program.stdin is not None and program.stdout is not None and program.stderr is not None
        switch.wait_for("log", timeout=PATIENCE)
        program.stdout.close()
        # Its input stays open: the thread that shows the log finds out.
        switch.log("ERR", "wrong\n")
        assert program.wait(PATIENCE) == 141 and program.stderr.read() == b""

    def test_without_standard_streams(self, switch: Switch, home: Path) -> None:
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            done = subprocess.run(
                ["sh", "-c", f'exec "$@" {closed}', "sh", *code(terminal=False), "-P", str(switch.port), "api", "status"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                env=environment(home),
            )
            assert (done.returncode, done.stderr) == (0, b"")
            assert done.stdout == (b"" if ">&-" in closed.replace("2>&-", "") else b"UP 0 years\n")

    def test_retry(self, switch: Switch, home: Path) -> None:
        switch.refuse()
        program = subprocess.Popen(
            [*code(terminal=False), "-P", str(switch.port), "-r", "-x", "status"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(home),
        )
        STARTED.append(program)
        assert program.stderr is not None
        said = program.stderr.readline().decode()
        assert said == f"esl-proto: {switch.address}: cannot connect: Connection refused; retrying\n"
        switch.listen()
        assert program.communicate(timeout=PATIENCE) == (b"UP 0 years\n", b"") and program.returncode == 0


class TestProfiles:
    def run(self, home: Path, *arguments: str, **env: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [*code(terminal=False), *arguments],
            input=b"status\n",
            capture_output=True,
            timeout=PATIENCE,
            env=environment(home, **env),
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_which_counts(self, switch: Switch, home: Path) -> None:
        switch.password = "secret"
        (home / ".fs_cli_conf").write_text(
            f"; one\n# two\n[first]\nhost => 127.0.0.1\nport => {switch.port} ;; ours\npassword=>secret\n"
            f"[wrong]\n  PORT = {switch.port}\r\npassword => other\n__END__\n[never]\nport => nonsense\n"
        )
        good = (0, "UP 0 years\n", "")
        assert self.run(home) == good  # The first, as none is called default.
        assert self.run(home, "first") == good
        assert self.run(home, "first", "-x", "status") == good
        assert self.run(home, "-x", "status", "first") == good
        assert self.run(home, "--profile", "first", "api", "status") == good
        assert self.run(home, "-p", "secret", "wrong") == good
        assert self.run(home, "wrong", ESL_PASSWORD="secret") == good
        assert self.run(home, "wrong")[0] == 3
        status, _, said = self.run(home, "never")
        assert status == 2 and said.startswith("esl-proto: unknown command or profile: 'never' (did you mean: esl-proto api never)\n")

    def test_default(self, switch: Switch, home: Path) -> None:
        (home / ".fs_cli_conf").write_text(f"[a]\nport => 1\n[default]\nport => {switch.port}\n")
        assert self.run(home) == (0, "UP 0 years\n", "")

    def test_what_makes_no_sense(self, home: Path) -> None:
        (home / ".fs_cli_conf").write_text("[a]\nport => x\n")
        file = home / ".fs_cli_conf"
        assert self.run(home) == (2, "", f"esl-proto: {file}: profile a: invalid port: 'x'\nTry esl-proto --help.\n")

    @everywhere
    def test_the_prompt(self, switch: Switch, home: Path, terminal: Open, kind: str) -> None:
        switch.api["hostname"] = "host1"
        (home / ".fs_cli_conf").write_text(
            "[me]\nquiet => true\nprompt-string => %p:%s:%H:%o:%%\nprompt-color => red\ninput-text-color => bold-blue\n"
            "output-text-color => green\nlog-uuid-short => yes\n"
        )
        console = terminal(kind=kind, prompt="me:office:host1:127.0.0.1:%>")
        console.ask("status", "UP 0 years\n")
        assert b"\x1b[32mUP 0 years" in console.octets
        assert (re.search(rb"\x1b\[(0;)?31[;m]", console.octets) is None) == (kind == "plain"), console.octets
        switch.log("INFO", "nobody asked\n")
        console.ask("/log", "+OK log up to debug\n")
        switch.log("INFO", "of it\n", channel_uuid="0123456789")
        console.expect("01234567 of it\n")
        assert console.leave() == 0 and "nobody asked" not in console.text


@pytest.mark.skipif(find_spec("rich") is None, reason="rich is not there")
class TestTable:
    def test_calls(self, switch: Switch, home: Path) -> None:
        there = switch.new_call("sofia/internal/2000", caller="\x1b[2J", uuid="u0000000")
        there.answer()
        table = Terminal(home, "-R", "-P", str(switch.port), "monitor", without=[])
        table.expect("1 channels  1 active")
        table.expect("\\x1b[2J")
        table.expect("u0000000")
        call = switch.new_call("sofia/internal/1000", caller="[bold]1001", uuid="u1111111")
        call.ring()
        table.expect("2 channels  1 active  1 ringing  1 begun")
        table.expect("[bold]1001")
        call.hangup("USER_BUSY")
        table.expect("1 ended  1 USER_BUSY")
        table.resize(60, 12)
        os.kill(table.process.pid, signal.SIGWINCH)
        table.octets, table.seen = b"", 0
        for number in range(20):
            switch.new_call("sofia/internal/1000", caller=f"30{number:02}")
        table.expect("16 more")
        switch.drop()
        table.expect("reconnected after")
        picture = CONTROL.sub("", table.octets.rsplit(b"\x1b[H", 2)[1].decode()).splitlines()
        assert len(picture) <= 12 and max(map(len, picture)) <= 60, picture
        table.type("\x03")
        assert table.end() == 130
        # The screen and the cursor of before are there again.
        assert table.octets.count(b"\x1b[?1049l") == table.octets.count(b"\x1b[?25h") == 1

    def test_lines_without_rich(self, switch: Switch, home: Path) -> None:
        lines = Terminal(home, "-P", str(switch.port), "monitor", without=["rich"])
        switch.wait_for("event", timeout=PATIENCE)
        switch.new_call("sofia/internal/1000", caller="1001", uuid="u1")
        lines.expect("DOWN inbound 1001 -> 1000 u1\n")
        lines.type("\x03")
        assert lines.end() == 130
