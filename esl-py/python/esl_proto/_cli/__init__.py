"""The command line: a console, and commands that run API commands and show events, log lines and calls.

Its options are those of fs_cli, FreeSWITCH's own console. Answers go to standard output as they came, everything else
to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from .. import LocalProtocolError
from ..sync import CommandError, EventSocketError, Inbound
from . import commands
from .arguments import Options, parse
from .connecting import connected
from .console import run_console
from .output import ERROR, TROUBLE, USAGE, Notes, Output, reason, say, sgr, wants_colours

__all__ = ["main"]

_INTERRUPTED, _NO_READER = 130, 141
"""What a shell says of a program that a signal has ended: Ctrl-C, a broken pipe."""

_FAREWELL = 1.0
"""Seconds that a server has for its good-bye."""

_ACTIONS: dict[str, Callable[[Inbound, Options, Output, Notes], int]] = {
    "api": commands.api,
    "bgapi": commands.bgapi,
    "events": commands.events,
    "log": commands.log,
    "monitor": commands.monitor,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and gives its exit status."""
    options = parse(arguments)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        # Closed by who has started it.
        sys.stdout = open(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8", closefd=False)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has closed the pipe. Discard what is buffered, or flushing at exit would raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NO_READER


def _run(options: Options) -> int:
    if options.command == "switch":
        return commands.switch(options)
    if options.command == "serve":
        return commands.serve(options)
    notes = Notes(say, options.debug if options.debug is not None else 4)
    is_console = not options.command and options.execute is None
    output = Output(
        colours=wants_colours(options.no_color or options.batchmode),
        is_terminal=is_console and sys.stdout.isatty() and not options.batchmode,
        text_colour=sgr(options.output_text_color),
    )
    try:
        if is_console:
            return run_console(options, output, notes)
        action = _ACTIONS[options.command] if options.command else commands.execute
        fs = connected(options)
        try:
            status = action(fs, options, output, notes)
            sys.stdout.flush()
            return status
        finally:
            fs.close(_FAREWELL)
    except BrokenPipeError:
        raise
    except LocalProtocolError as error:
        say(f"cannot send this: {error}")
        return USAGE
    except CommandError as error:
        say(f"{options.address}: {error}")
        return ERROR
    except TimeoutError:
        say(f"{options.address}: timed out waiting for an answer")
        return TROUBLE
    except (EventSocketError, OSError) as error:
        say(f"{options.address}: {reason(error)}")
        return TROUBLE
