"""The command line, and what profiles add to it."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from .. import __version__
from . import words
from .output import USAGE, program
from .profiles import Profile, read_profiles

__all__ = ["COMMANDS", "Options", "parse"]

_END = """
commands (see COMMAND --help):
  api LINE             run an API command and print its answer
  bgapi LINE           run it in the background, and print the result when it arrives
  events [NAME...]     show events as they arrive
  log [LEVEL]          show the server's log
  monitor              show the calls: on a terminal as a table, elsewhere a line for each change
  serve MODULE:NAME    serve calls from a server, with a handler from a Python module
  switch               run a simulated server at the address given by -H and -P

Without a command, it is a console: see /help there. Lines can also come from a file or a pipe.

profiles:
  sections of ~/.fs_cli_conf or, without that file, of /etc/fs_cli.conf, in fs_cli's format. The default is the profile
  called default, or the first one. The command line takes precedence.

password:
  Other users can see the command line. Set ESL_PASSWORD, name a file with --password-file, or use a profile.

exit status:
  0 success; 1 an answer is an error; 2 invalid command line; 3 connection problem.

examples:
  %(prog)s
  %(prog)s -H pbx.example.org bgapi originate user/1000 '&park()'
  %(prog)s events --json CHANNEL_ANSWER CUSTOM sofia::register
  %(prog)s -x 'sofia status'
  echo status | %(prog)s
"""

_UUID_LENGTH = 8
"""How much of a uuid -S shows."""


@dataclass
class Options:
    """What the command line and the profile say. None and False mean that nothing is said."""

    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = None
    password_file: str | None = None
    profile: str | None = None
    execute: str | None = None
    loglevel: str | None = None
    quiet: bool = False
    log_uuid: bool = False
    log_uuid_short: bool = False
    log_uuid_length: int = 0
    set_log_uuid: str | None = None
    interrupt: bool = False
    retry: bool = False
    reconnect: bool = False
    batchmode: bool = False
    no_color: bool = False
    no_history_file: bool = False
    timeout: int | None = None
    connect_timeout: int | None = None
    debug: int | None = None
    prompt_string: str = ""
    prompt_color: str = ""
    input_text_color: str = ""
    output_text_color: str = ""
    keys: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    """What the function keys do, by their numbers: one thing, or two by turns."""
    words: list[str] = field(default_factory=list[str])
    command: str = ""
    """Which of `COMMANDS`; nothing for -x and the console."""
    own: Any = None
    """The command's own options."""

    @property
    def address(self) -> str:
        """The server, for messages."""
        host = self.host or "127.0.0.1"
        return f"[{host}]:{self.port}" if ":" in host and not host.startswith("[") else f"{host}:{self.port}"

    @property
    def seconds(self) -> float | None:
        """How long an answer may take."""
        return self.timeout / 1000 if self.timeout else None


_KEYS = {
    1: "help",
    2: "status",
    3: "show channels",
    4: "show calls",
    5: "sofia status",
    6: "reloadxml",
    7: "/log console",
    8: "/log debug",
    9: "sofia status profile internal",
    10: "fsctl pause",
    11: "fsctl resume",
    12: "version",
}
"""The function keys of fs_cli."""

_SETTINGS: dict[str, Callable[[str], object]] = {
    "host": str,
    "port": words.port,
    "user": words.user,
    "password": str,
    "debug": words.limit,
    "loglevel": str,
    "log-uuid": words.is_true,
    "log-uuid-short": words.is_true,
    "log-uuid-length": words.milliseconds,
    "quiet": words.is_true,
    "batchmode": words.is_true,
    "no-history-file": words.is_true,
    "prompt-string": str,
    "prompt-color": str,
    "input-text-color": str,
    "output-text-color": str,
    "timeout": words.milliseconds,
    "connect-timeout": words.milliseconds,
}
"""What a profile can say, and how it is read."""


class _Parser(argparse.ArgumentParser):
    """Errors are one line, with a hint."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}\nTry {self.prog} --help.\n")


def parse(arguments: Sequence[str] | None) -> Options:
    """Reads the command line and the profile. What makes no sense ends the program."""
    parser = _parser()
    options = parser.parse_args(arguments, namespace=Options())
    given = options.words
    if given and given[0] in COMMANDS:
        if options.execute is not None:
            parser.error("give either -x or a command, not both")
        options.command = given[0]
        options.own = _command(parser.prog, given[0]).parse_args(given[1:])
    elif given:
        # As in fs_cli, options may follow the name of a profile.
        options.words = []
        parser.parse_args(given[1:], namespace=options)
        if options.words or options.profile is not None:
            parser.error(f"unknown command: {given[0]!r} (did you mean: {parser.prog} api {' '.join(given)})")
        options.profile = given[0]
    if options.command not in ("serve", "switch"):
        _take_profile(parser, options, given)
    _complete(parser, options)
    return options


def _take_profile(parser: _Parser, options: Options, given: Sequence[str]) -> None:
    file, profiles = read_profiles()
    name = options.profile
    if name is not None and name not in profiles:
        hint = f" (did you mean: {parser.prog} api {' '.join(given)})" if given and not options.command else ""
        parser.error(f"unknown {'command or ' if hint else ''}profile: {name!r}{hint}")
    if name is None:
        name = "default" if "default" in profiles else next(iter(profiles), None)
    if options.loglevel is not None:
        profiles.get(name or "", {}).pop("quiet", None)
    try:
        _apply(options, profiles.get(name or "", {}))
    except ValueError as error:
        parser.error(f"{file}: profile {name}: {error}")
    options.profile = name or socket.gethostname()


def _apply(options: Options, profile: Profile) -> None:
    """Fills in what the command line has left open."""
    for setting, read in _SETTINGS.items():
        name = setting.replace("-", "_")
        if setting in profile and not getattr(options, name):
            if setting == "password" and (options.password_file is not None or "ESL_PASSWORD" in os.environ):
                continue
            setattr(options, name, read(profile[setting]))
    for number, line in _KEYS.items():
        toggle = profile.get(f"key_toggle_f{number}")
        options.keys[number] = [profile.get(f"key_f{number}", line), *([toggle] if toggle else [])]


def _complete(parser: _Parser, options: Options) -> None:
    """What neither the command line nor the profile has said."""
    options.host = options.host or "127.0.0.1"
    if options.port is None:
        options.port = 8021
    if options.port == 0 and options.command != "switch":
        parser.error("invalid port: '0'")
    if options.log_uuid_short and not options.log_uuid_length:
        options.log_uuid_length = _UUID_LENGTH
    if options.password is None and options.password_file is not None:
        try:
            lines = Path(options.password_file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeError) as error:
            parser.error(f"cannot read the password: {error}")
        options.password = lines[0] if lines else ""
    if options.password is None:
        options.password = os.environ.get("ESL_PASSWORD", "ClueCon")


def _typed(read: Callable[[str], object]) -> Callable[[str], object]:
    """As argparse wants it, which has words of its own for a ValueError."""

    def typed(text: str) -> object:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return typed


def _parser() -> _Parser:
    parser = _Parser(
        prog=program(),
        usage="%(prog)s [OPTION]... [PROFILE | COMMAND ...]",
        description="FreeSWITCH's event socket from a shell: a console, and commands.",
        epilog=_END,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    add = parser.add_argument
    add("-h", "-?", "--help", action="help", help="show this text")
    add("-H", "--host", help="host to connect to (127.0.0.1)")
    add("-P", "--port", type=_typed(words.port), help="its port (8021)")
    add("-u", "--user", type=_typed(words.user), metavar="USER@DOMAIN", help="a user of the directory")
    add("-p", "--password", help="password (ClueCon, unless set elsewhere)")
    add("--password-file", metavar="FILE", help="a file with the password in its first line")
    add("--profile", metavar="NAME", help="a profile, with a command; for the console just give its name")
    add("-x", "--execute", metavar="COMMAND", help="run one API command as the console does, with aliases")
    add("-l", "--loglevel", metavar="LEVEL", help="log level to show, 0 (console) to 7 (debug)")
    add("-q", "--quiet", action="store_true", help="show no log")
    add("-U", "--log-uuid", action="store_true", help="prefix each log line with the channel's uuid")
    add("-S", "--log-uuid-short", action="store_true", help="prefix it with the beginning of the uuid")
    add("-s", "--set-log-uuid", metavar="UUID", help="of log lines about channels, show only this channel's")
    add("-i", "--interrupt", action="store_true", help="let Ctrl-C end the console")
    add("-b", "--batchmode", action="store_true", help="a console without colours and editing, for programs")
    add("-n", "--no-color", action="store_true", help="no colours, as with NO_COLOR in the environment")
    add("-Q", "--no-history-file", action="store_true", help="neither read nor write the console's history file")
    add("-r", "--retry", action="store_true", help="try to connect for up to two minutes")
    add("-R", "--reconnect", action="store_true", help="reconnect when the connection is lost")
    add("-t", "--timeout", type=_typed(words.milliseconds), metavar="MS", help="milliseconds to wait for an answer (no limit)")
    add("-T", "--connect-timeout", type=_typed(words.milliseconds), metavar="MS", help="milliseconds to connect (10000)")
    add("-d", "--debug", type=_typed(words.limit), metavar="LEVEL", help="level of this program's own messages, 0 (none) to 7 (all)")
    add("-V", "--version", action="version", version=f"esl-proto {__version__}")
    add("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _command(prog: str, name: str) -> _Parser:
    text, add = COMMANDS[name]
    parser = _Parser(prog=f"{prog} {name}", description=text, allow_abbrev=False)
    add(parser)
    return parser


def _add_line(parser: _Parser) -> None:
    parser.add_argument("line", nargs=argparse.REMAINDER, metavar="LINE")


def _add_bgapi(parser: _Parser) -> None:
    parser.add_argument("--no-wait", action="store_true", help="print the Job-UUID and exit")
    _add_line(parser)


def _add_events(parser: _Parser) -> None:
    add = parser.add_argument
    add("--json", action="store_true", help="one JSON object a line")
    add("--filter", action="append", default=[], type=_typed(words.pair), metavar="HEADER=VALUE", help="show only matching events")
    add("-n", "--count", type=int, help="exit after this many events")
    add("names", nargs="*", metavar="NAME", help="event names, with subclasses after CUSTOM; all if none is given")


def _add_log(parser: _Parser) -> None:
    parser.add_argument("level", nargs="?", help="highest level to show (info)")


def _add_switch(parser: _Parser) -> None:
    add = parser.add_argument
    add("--calls-per-second", type=_typed(words.rate), default=0.0, metavar="N", help="simulate N new calls a second")
    add("--scenario", action="store_true", help="simulate the calls of a small office")
    add("--seconds", type=float, metavar="N", help="exit after N seconds")


def _add_serve(parser: _Parser) -> None:
    # Not for those who only ask a server.
    from .serve import add_arguments

    add_arguments(parser)


COMMANDS: dict[str, tuple[str, Callable[[_Parser], None]]] = {
    "api": ("Run an API command and print its answer.", _add_line),
    "bgapi": ("Run an API command in the background, and print the result when it arrives.", _add_bgapi),
    "events": ("Show events as they arrive.", _add_events),
    "log": ("Show the server's log.", _add_log),
    "monitor": ("Show the calls: on a terminal as a table, elsewhere a line for each change.", lambda parser: None),
    "serve": ("Serve calls from a server, with a handler from a Python module.", _add_serve),
    "switch": ("Run a simulated server at the address given by -H and -P.", _add_switch),
}
"""The commands: what each does, and its own options."""
