"""The commands: each runs to its end, and gives an exit status."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from .. import Command, Event
from ..calls import Calls
from ..sync import Gap, Inbound
from .arguments import Options
from .monitor import Monitor, table
from .output import ERROR, OK, TROUBLE, USAGE, LogView, Notes, Output, back_again, event_text, printable, reason, say
from .words import event_names, level

__all__ = ["api", "bgapi", "events", "execute", "log", "monitor", "serve", "switch"]

_WAITING = 100_000
"""How many events may wait to be printed."""


def api(fs: Inbound, options: Options, output: Output, notes: Notes) -> int:
    """`api LINE`."""
    answer = fs.api(" ".join(options.own.line))
    output.answer(answer.text_bytes)
    return ERROR if answer.error else OK


def execute(fs: Inbound, options: Options, output: Output, notes: Notes) -> int:
    """`-x COMMAND`."""
    line = (options.execute or "").strip()
    if line.startswith("..."):
        # What leaves the console would here, as an API command with the console's aliases, end the server.
        say("'...' would shut the server down; to do so, use -x 'fsctl shutdown'")
        return USAGE
    answer = fs.send(Command.api(line, console=True)).result(options.seconds)
    output.answer(answer.text_bytes)
    return ERROR if answer.error else OK


def bgapi(fs: Inbound, options: Options, output: Output, notes: Notes) -> int:
    """`bgapi LINE`."""
    job = fs.bgapi(" ".join(options.own.line))
    if options.own.no_wait:
        print(job.uuid)
        return OK
    result = job.result(options.seconds)
    output.answer(result.event.body or b"")
    return ERROR if result.error else OK


def events(fs: Inbound, options: Options, output: Output, notes: Notes) -> int:
    """`events [NAME...]`."""
    names, subclasses = event_names(options.own.names)
    for header, value in options.own.filter:
        fs.filter(header, value)
    number = 0
    with fs.events(*names, subclasses=subclasses, maxsize=_WAITING, gaps=True) as stream:
        for event in stream:
            if isinstance(event, Gap):
                say(f"{options.address}: {back_again(event)}")
                continue
            output.lines(event_text(event, "json" if options.own.json else "plain"))
            number += 1
            if number == options.own.count:
                return OK
    return _closed(options)


def log(fs: Inbound, options: Options, output: Output, notes: Notes) -> int:
    """`log [LEVEL]`."""
    view = LogView(
        output,
        uuid=options.set_log_uuid,
        uuid_length=options.log_uuid_length if options.log_uuid or options.log_uuid_short else None,
    )
    gaps = 0
    with fs.log_lines(level(options.own.level or options.loglevel or "info")) as stream:
        for line in stream:
            if stream.gaps != gaps:
                gaps = stream.gaps
                say(f"{options.address}: reconnected; log lines of the meantime are missing")
            view.show(line)
    return _closed(options)


def monitor(fs: Inbound, options: Options, output: Output, notes: Notes) -> int:
    """`monitor`: a table where that can be, and lines elsewhere."""
    show = table(colours=output.colours) if sys.stdout.isatty() and not options.batchmode else None
    if show is None:
        return _monitor_lines(fs, options)
    with (
        show as board,
        notes.shown_by(board.say),
        fs.events(*Calls.EVENTS, subclasses=Calls.SUBCLASSES, maxsize=_WAITING, gaps=True) as stream,
    ):
        board.restore(fs.api("show channels as json").text)
        while True:
            board.draw(options.address, is_open=fs.is_open)
            until = time.monotonic() + board.PERIOD
            # All that has come, and then the next picture.
            while (left := until - time.monotonic()) > 0:
                try:
                    event = stream.get(left)
                except TimeoutError:
                    break
                if isinstance(event, Gap):
                    board.say(back_again(event))
                    board.restore(fs.api("show channels as json").text)
                else:
                    board.take(event)


def _monitor_lines(fs: Inbound, options: Options) -> int:
    news = Monitor()

    def show(lines: Iterable[str]) -> None:
        for line in lines:
            print(printable(line), flush=True)

    with fs.events(*news.EVENTS, maxsize=_WAITING, gaps=True) as stream:
        show(news.take_list(fs.api("show channels as json").text))
        for event in stream:
            if isinstance(event, Event):
                show(news.take_event(event))
            else:
                say(f"{options.address}: {back_again(event)}")
                show(news.take_list(fs.api("show channels as json").text))
    return _closed(options)


def serve(options: Options) -> int:
    """`serve MODULE:NAME`."""
    # Not for those who only ask a server.
    from .serve import run

    return run(options.own)


def switch(options: Options) -> int:
    """`switch`: a simulated switch, for who has no server."""
    # Not for those who only ask a server.
    from ..testing import Switch

    simulated = Switch(
        host=options.host or "",
        port=options.port or 0,
        password=options.password or "",
        heartbeat=20.0,
        calls_per_second=options.own.calls_per_second,
        scenario=options.own.scenario,
    )
    try:
        simulated.start()
    except OSError as error:
        say(f"cannot listen on {simulated.address}: {reason(error)}")
        return TROUBLE
    with simulated:
        print(f"listening on {simulated.address}", flush=True)
        try:
            simulated.wait_shut_down(options.own.seconds)
        finally:
            simulated.disconnect("shutdown")
    return OK


def _closed(options: Options) -> int:
    say(f"{options.address}: the connection is closed")
    return TROUBLE
