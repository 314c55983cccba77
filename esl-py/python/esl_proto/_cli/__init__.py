"""The command line: runs commands, and shows events, log lines and calls.

Its options are those of fs_cli, FreeSWITCH's own console. Answers go to standard output as they came, everything else
to standard error.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .. import Command, Event, LocalProtocolError, __version__
from ..sync import CommandError, EventSocketError, Inbound, Reconnect, connect
from .monitor import Monitor

__all__ = ["main"]

OK, ERROR, USAGE, TROUBLE = 0, 1, 2, 3
_INTERRUPTED, _NO_READER = 130, 141
"""What a shell says of a program that a signal has ended: Ctrl-C, a broken pipe."""

_FAREWELL = 1.0
"""Seconds that a server has for its good-bye."""

_LEVELS: tuple[int, ...] = (*(logging.CRITICAL,) * 3, logging.ERROR, logging.WARNING, logging.INFO, logging.INFO, logging.DEBUG)

_END = """
exit status:
  0 done; 1 the answer is an error; 2 the command line makes no sense; 3 trouble with the connection.

password:
  Other users see what stands on a command line. Set ESL_PASSWORD, or name a file with --password-file.

examples:
  python -m esl_proto api status
  python -m esl_proto -H pbx.example.org bgapi originate user/1000 '&park()'
  python -m esl_proto events --json CHANNEL_ANSWER CUSTOM sofia::register
  python -m esl_proto -x 'sofia status'
  python -m esl_proto switch --scenario
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and gives its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.execute is not None:
        if options.action is not None:
            parser.error("give either -x or a command, not both")
        options.action = _execute
    if options.action is None:
        parser.error("missing command (or -x)")
    if options.port == 0 and options.action != _switch:
        parser.error("invalid port: '0'")
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")
    debug: int = options.debug
    logging.basicConfig(format="%(name)s: %(message)s", level=_LEVELS[debug])
    try:
        return _run(parser, options)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has closed the pipe. Discard what is buffered, or flushing at exit would raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NO_READER


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    try:
        password = _password(options)
    except OSError as error:
        parser.error(f"cannot read the password: {error}")
    if options.action == _switch:
        return _switch(options, password)
    try:
        fs = _connected(options, password)
        try:
            status: int = options.action(fs, options)
            sys.stdout.flush()
            return status
        finally:
            fs.close(_FAREWELL)
    except BrokenPipeError:
        raise
    except LocalProtocolError as error:
        return _say(f"cannot send this: {error}", USAGE)
    except CommandError as error:
        return _say(str(error), ERROR)
    except TimeoutError:
        return _say("timed out waiting for an answer", TROUBLE)
    except (EventSocketError, OSError) as error:
        return _say(str(error), TROUBLE)


def _say(text: str, status: int) -> int:
    print(f"esl_proto: {text}", file=sys.stderr)
    return status


def _password(options: argparse.Namespace) -> str:
    if options.password is not None:
        return str(options.password)
    if options.password_file is not None:
        lines = Path(options.password_file).read_text(encoding="utf-8").splitlines()
        return lines[0] if lines else ""
    return os.environ.get("ESL_PASSWORD", "ClueCon")


def _connected(options: argparse.Namespace, password: str) -> Inbound:
    return connect(
        options.host,
        options.port,
        user=options.user,
        password=password,
        format="json",
        timeout=options.connect_timeout / 1000,
        command_timeout=options.timeout / 1000 if options.timeout else None,
        reconnect=Reconnect() if options.reconnect else False,
    )


# Actions.


def _api(fs: Inbound, options: argparse.Namespace) -> int:
    answer = fs.api(" ".join(options.line))
    return _print_answer(answer.text_bytes, answer.error)


def _execute(fs: Inbound, options: argparse.Namespace) -> int:
    timeout = options.timeout / 1000 if options.timeout else None
    answer = fs.send(Command.api(options.execute, console=True)).result(timeout)
    return _print_answer(answer.text_bytes, answer.error)


def _bgapi(fs: Inbound, options: argparse.Namespace) -> int:
    job = fs.bgapi(" ".join(options.line))
    if options.no_wait:
        print(job.uuid)
        return OK
    result = job.result(options.timeout / 1000 if options.timeout else None)
    return _print_answer(result.event.body or b"", result.error)


def _print_answer(octets: bytes, is_error: bool) -> int:
    """Prints an answer octet by octet, and a line end if it has none."""
    rest = memoryview(octets if not octets or octets.endswith(b"\n") else octets + b"\n")
    sys.stdout.flush()
    while rest:
        # Unbuffered (`python -u`), `write` may be short.
        rest = rest[sys.stdout.buffer.write(rest) :]
    return ERROR if is_error else OK


def _events(fs: Inbound, options: argparse.Namespace) -> int:
    names, subclasses = _subscribed(options.names)
    for pair in options.filter:
        header, _, value = pair.partition("=")
        fs.filter(header, value)
    show = _show_json if options.json else _show_plain
    with fs.events(*names, subclasses=subclasses, maxsize=100_000) as stream:
        for number, event in enumerate(stream, 1):
            show(event)
            if number == options.count:
                return OK
    return _say("the connection is closed", TROUBLE)


def _subscribed(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of events, and subclasses: all that follows CUSTOM. Nothing at all means all."""
    place = next((at for at, word in enumerate(words) if word.upper() == "CUSTOM"), len(words))
    custom = words[place + 1 :]
    # CUSTOM alone means the CUSTOM events without a subclass.
    names = words[: place if custom else place + 1] or ([] if custom else ["ALL"])
    return tuple(names), tuple(custom)


def _show_json(event: Event) -> None:
    # Of an event that cannot be read to its end, what can be read.
    print(event.json() if event.error is None else json.dumps(event.to_dict()), flush=True)


def _show_plain(event: Event) -> None:
    """A line for each header, an empty line, and what body there is, set off."""
    for name, value in event.headers():
        for item in [value] if isinstance(value, str) else value:
            print(f"{_printable(name)}: {_printable(item)}")
    print(textwrap.indent(event.body_text.rstrip("\n"), "    ") + "\n" if event.body_text else "", flush=True)


def _printable(text: str) -> str:
    """Escapes control characters: text of others must not control the terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _log(fs: Inbound, options: argparse.Namespace) -> int:
    level = options.level or options.loglevel or "info"
    with fs.log_lines(int(level) if level.isdecimal() else level) as stream:
        for line in stream:
            print(line.text, end="" if line.text.endswith("\n") else "\n", flush=True)
    return _say("the connection is closed", TROUBLE)


def _monitor(fs: Inbound, options: argparse.Namespace) -> int:
    monitor = Monitor()

    def show(lines: Iterable[str]) -> None:
        for line in lines:
            print(_printable(line), flush=True)

    with fs.events(*monitor.EVENTS, maxsize=100_000, gaps=True) as stream:
        show(monitor.take_list(fs.api("show channels as json").text))
        for event in stream:
            if isinstance(event, Event):
                show(monitor.take_event(event))
            else:
                _say(f"connected again after {event.seconds:.1f} s", OK)
                show(monitor.take_list(fs.api("show channels as json").text))
    return _say("the connection is closed", TROUBLE)


def _switch(options: argparse.Namespace, password: str) -> int:
    """A simulated switch, for who has no server."""
    # Not for those who only ask a server.
    from ..testing import Switch

    switch = Switch(
        host=options.host,
        port=options.port,
        password=password,
        heartbeat=20.0,
        calls_per_second=options.calls_per_second,
        scenario=options.scenario,
    )
    try:
        switch.start()
    except OSError as error:
        return _say(f"cannot listen on {switch.address}: {error.strerror or error}", TROUBLE)
    with switch:
        print(f"listening on {switch.address}", flush=True)
        try:
            switch.wait_shut_down(options.seconds)
        finally:
            switch.disconnect("shutdown")
    return OK


# Arguments.


class _Parser(argparse.ArgumentParser):
    """Errors are one line, with a hint."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}\nTry {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m esl_proto",
        description="FreeSWITCH's event socket from a shell.",
        epilog=_END,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-H", "--host", default="127.0.0.1", help="host to connect to (%(default)s)")
    add("-P", "--port", type=_port, default=8021, help="its port (%(default)s)")
    add(
        "-u", "--user", metavar="USER@DOMAIN", help="a user of the directory; without, the server's own password counts"
    )
    add("-p", "--password", help="password (ClueCon, if nothing else says so)")
    add("--password-file", metavar="FILE", help="a file with the password in its first line")
    add("-x", "--execute", metavar="COMMAND", help="run one API command as on the console, with its aliases")
    add("-l", "--loglevel", metavar="LEVEL", help="what `log` shows: a name or number, from 0 (console) to 7 (debug)")
    add("-t", "--timeout", type=_milliseconds, metavar="MS", help="milliseconds for an answer (without limit)")
    add("-T", "--connect-timeout", type=_milliseconds, default=10_000, metavar="MS", help="to connect (%(default)s)")
    add("-R", "--reconnect", action="store_true", help="connect again when the connection is lost")
    add("-d", "--debug", type=int, choices=range(8), default=4, metavar="LEVEL", help="own messages: 0 none to 7 all")
    add("-V", "--version", action="version", version=f"esl-proto {__version__}")
    parser.set_defaults(action=None)
    _add_commands(parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser))
    return parser


def _add_commands(commands: Any) -> None:
    def command(name: str, action: Any, text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.set_defaults(action=action)
        return added

    line: dict[str, Any] = {"nargs": argparse.REMAINDER, "metavar": "LINE"}
    command("api", _api, "run an API command and print its answer").add_argument("line", **line)
    job = command("bgapi", _bgapi, "run an API command in the background, and print its result when it is there")
    job.add_argument("--no-wait", action="store_true", help="print the Job-UUID and leave")
    job.add_argument("line", **line)
    events = command("events", _events, "show events as they come")
    events.add_argument("--json", action="store_true", help="one JSON object a line")
    events.add_argument(
        "--filter", action="append", default=[], type=_pair, metavar="HEADER=VALUE", help="only such events"
    )
    events.add_argument("-n", "--count", type=int, help="leave after this many")
    events.add_argument("names", nargs="*", metavar="NAME", help="which, subclasses after CUSTOM; without any, all")
    command("log", _log, "show the server's log").add_argument("level", nargs="?", help="up to which level (info)")
    switch = command("switch", _switch, "be a simulated server, for programs that have none: -H and -P say where")
    switch.add_argument("--calls-per-second", type=_rate, default=0.0, metavar="N", help="calls that come and go")
    switch.add_argument("--scenario", action="store_true", help="the calls of a small office")
    switch.add_argument("--seconds", type=float, metavar="N", help="end after this time")
    command("monitor", _monitor, "show each call that comes, changes its state or ends")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) < 65536:
        raise argparse.ArgumentTypeError(f"invalid port: {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        if 0 <= (rate := float(text)) <= 1000:
            return rate
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"invalid number of calls, from 0 to 1000: {text!r}")


def _milliseconds(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"invalid number of milliseconds: {text!r}")
    return int(text)


def _pair(text: str) -> str:
    if "=" not in text:
        raise argparse.ArgumentTypeError(f"invalid filter, not HEADER=VALUE: {text!r}")
    return text
