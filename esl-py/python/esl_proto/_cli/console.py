"""The console: API commands, and commands of its own that begin with a slash."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

from .. import Command, Event, LocalProtocolError, __version__
from ..names import EventName, LogLevel
from ..sync import CommandError, EventSocketError, Gap, Inbound, Reconnect, Stream
from ..types import Format
from . import words
from .arguments import Options
from .connecting import connected
from .history import History
from .output import ERROR, OK, TROUBLE, USAGE, LogView, Notes, Output, back_again, event_text, reason
from .prompt import Lines, Prompt, prompt_for

__all__ = ["run_console"]

_FAREWELL = 1.0
"""Seconds that a server has for its good-bye."""
_PATIENCE = 3.0
"""Seconds that a completion may take."""
_WAITING = 100_000
"""How many events may wait to be printed."""
_FORMATS: tuple[str, ...] = get_args(Format)
_CANDIDATE = re.compile(r"\[ *([^\]]*)\]\t")
"""One of those that `console_complete` prints."""

_HELP = """\
LINE                             run an API command as FreeSWITCH's console does
/event [plain|json|xml] NAME...  show events, with subclasses after CUSTOM;
                                 all if no name is given
/nixevent NAME...                stop showing these events
/noevents                        stop showing events
/filter HEADER VALUE             show only matching events; VALUE may be a
                                 /regular expression/, or -VALUE to exclude
/filter delete HEADER [VALUE]    remove filters; /filter delete all
/log [LEVEL]                     show the log up to a level (debug)
/nolog                           hide the log
/uuid [UUID]                     show only log lines about this channel
/logfilter [TEXT]                show only log lines with this text
/debug 0-7                       level of this program's own messages
/reconnect                       reconnect; events, filters and log stay
/help                            show this text
/exit, /quit, /bye, ...          exit, as does Ctrl-D
"""


@dataclass(frozen=True)
class _Again(Reconnect):
    """Makes a lost connection anew if that is wanted always, or has been asked for just now."""

    always: bool = False
    asked: threading.Event = field(default_factory=threading.Event)

    def delays(self) -> Iterator[float]:
        if self.asked.is_set():
            self.asked.clear()
            yield 0.0
        if self.always:
            yield from Reconnect.delays(self)


def run_console(options: Options, output: Output, notes: Notes) -> int:
    """Runs it until its lines or the connection end, and gives the exit status."""
    again = _Again(longest=5.0, always=options.reconnect)
    if options.debug is None and not options.reconnect:
        # That a connection is lost is told here.
        notes.set_limit(3)
    fs = connected(options, again)
    try:
        return _Console(fs, options, output, notes, again).run()
    finally:
        fs.close(_FAREWELL)


class _Leave(Exception):
    """The user has said enough."""


class _Console:
    def __init__(self, fs: Inbound, options: Options, output: Output, notes: Notes, again: _Again) -> None:
        self._fs = fs
        self._options = options
        self._output = output
        self._notes = notes
        self._again = again
        self._format = "plain"
        """How events are shown."""
        length = options.log_uuid_length if options.log_uuid or options.log_uuid_short else None
        self._view = LogView(output, uuid=options.set_log_uuid, uuid_length=length)
        self._is_logging = False
        """Whether a thread shows the lines of the log that come."""
        self._status = OK
        self._end: BaseException | None = None
        """Why nothing more comes, once that is so."""
        self._ending = threading.Lock()
        is_script = sys.stdin is None or not (sys.stdin.isatty() or options.batchmode)
        self._wants_log = options.loglevel is not None or not (options.quiet or is_script)
        self._history = History(None if options.no_history_file or not output.is_terminal else History.PATH)
        self._prompt: Prompt = (
            Lines(output, is_shown=not is_script)
            if is_script or not output.is_terminal
            else prompt_for(output, options, self._history, self._complete)
        )
        self._is_script = is_script
        self._commands: dict[str, Callable[[str], None]] = {
            "event": self._event,
            "nixevent": self._nixevent,
            "noevents": lambda rest: self._done(self._fs.noevents),
            "filter": self._filter,
            "log": self._set_log,
            "nolog": lambda rest: self._done(self._fs.nolog),
            "uuid": self._uuid,
            "logfilter": self._logfilter,
            "debug": self._debug,
            "reconnect": self._reconnect,
            "help": lambda rest: output.lines(_HELP),
            **dict.fromkeys(("exit", "quit", "bye", "..."), self._leave),
        }

    def run(self) -> int:
        """Reads and does lines."""
        if self._output.is_terminal:
            hello = f"esl-proto {__version__}, connected to {self._options.address}"
            self._output.say(f"{hello}. Type /help for help, Ctrl-D to exit.")
            self._notes.show = self._output.say
        text = "" if self._is_script else self._prompt_text()
        self._begin(self._fs.events(maxsize=_WAITING, gaps=True), self._show)
        if self._wants_log:
            self._guarded(partial(self._set_log, self._options.loglevel or "debug"))
        is_interrupted = False
        try:
            while self._end is None:
                # Ctrl-C may come anywhere, also while it is told what Ctrl-C does not do.
                try:
                    if is_interrupted:
                        is_interrupted = False
                        self._output.say("Press Ctrl-D to exit, or type /exit, /quit or /bye.")
                    line = self._prompt.read(text)
                    self._history.add(line)
                    # What was pasted may be several.
                    for part in line.split("\n"):
                        self._guarded(partial(self._do, part))
                except KeyboardInterrupt:
                    if self._end is None and (self._options.interrupt or self._is_script):
                        raise
                    is_interrupted = True
        except (EOFError, _Leave):
            pass
        finally:
            self._prompt.close()
        if self._end is None:
            # Whoever sits before it has seen what failed.
            return OK if self._output.is_terminal else self._status
        if isinstance(self._end, BrokenPipeError):
            raise self._end
        self._output.say(f"{self._options.address}: {reason(self._end)}")
        return TROUBLE

    def _guarded(self, do: Callable[[], None]) -> None:
        """What a line does wrong is told, and is not the end."""
        try:
            do()
            return
        except LocalProtocolError as error:
            self._fail(f"cannot send this: {error}", USAGE)
        except CommandError as error:
            self._fail(str(error), ERROR)
        except ValueError as error:
            self._fail(str(error), USAGE)
        except TimeoutError:
            self._fail("timed out waiting for an answer", TROUBLE)
        except BrokenPipeError as error:
            if not isinstance(error, EventSocketError):
                raise
            self._fail(reason(error), TROUBLE)
        except (EventSocketError, OSError) as error:
            if self._end is None:
                self._fail(f"{self._options.address}: {reason(error)}", TROUBLE)
        except KeyboardInterrupt:
            if self._is_script or self._options.interrupt:
                raise
            self._output.say("No longer waiting for the answer.")

    def _fail(self, text: str, status: int) -> None:
        self._output.say(text)
        self._status = max(self._status, status)

    def _do(self, line: str) -> None:
        line = line.strip()
        if self._is_script:
            # A script can not try again.
            self._fs.wait_open()
        # `...` as an API command with the console's aliases would shut the server down.
        if line.startswith(("/", "...")):
            word, _, rest = line.removeprefix("/").partition(" ")
            command = self._commands.get(word.lower())
            if command is None:
                raise ValueError(f"unknown command: /{word} (/help lists all)")
            command(rest.strip())
        elif line:
            self._api(line)

    def _api(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word.lower() == "console" and rest.lower().startswith("loglevel "):
            # As in fs_cli, it holds for both.
            self._set_log(rest.split()[-1])
        answer = self._ask(line, console=True, timeout=self._options.seconds)
        self._output.answer(answer.text_bytes)
        if answer.error:
            self._status = max(self._status, ERROR)

    def _ask(self, line: str, *, console: bool = False, timeout: float | None) -> Any:
        return self._fs.send(Command.api(line, console=console)).result(timeout)

    # Commands of its own

    def _done(self, do: Callable[[], None]) -> None:
        do()
        self._output.lines("+OK")

    def _event(self, rest: str) -> None:
        given = rest.split()
        if given and given[0].lower() in _FORMATS:
            self._format = given.pop(0).lower()
        names, subclasses = words.event_names(given)
        self._done(lambda: self._fs.subscribe(*names, subclasses=subclasses))

    def _nixevent(self, rest: str) -> None:
        names, subclasses = words.event_names(self._needed(rest, "/nixevent NAME...").split())
        self._done(lambda: self._fs.unsubscribe(*names, subclasses=subclasses))

    def _filter(self, rest: str) -> None:
        usage = "/filter HEADER VALUE, or /filter delete all|HEADER [VALUE]"
        word, _, more = self._needed(rest, usage).partition(" ")
        header, _, value = (more if word.lower() in ("add", "delete") else rest).strip().partition(" ")
        value = value.strip()
        if word.lower() == "delete":
            if self._needed(header, usage).lower() == "all":
                self._done(self._fs.filter_delete)
            else:
                self._done(lambda: self._fs.filter_delete(header, value or None))
        else:
            self._needed(value, usage)
            self._done(lambda: self._fs.filter(header, value))

    def _set_log(self, rest: str) -> None:
        wanted = words.level(rest or "debug")
        if not self._is_logging:
            self._is_logging = True
            self._begin(self._fs.log_lines(wanted, maxsize=_WAITING), self._view.show)
        self._fs.log(wanted)
        if not self._is_script:
            self._output.lines(f"+OK log up to {rest or 'debug'}")

    def _uuid(self, rest: str) -> None:
        self._view.uuid = rest or None
        self._output.lines(f"log: {'only lines about ' + rest if rest else 'all channels'}")

    def _logfilter(self, rest: str) -> None:
        self._view.text = rest
        self._output.lines(f"log: {'only lines with ' + rest if rest else 'all lines'}")

    def _debug(self, rest: str) -> None:
        self._notes.set_limit(words.limit(rest))
        self._output.lines(f"debug level {rest}")

    def _reconnect(self, rest: str) -> None:
        if self._fs.is_open:
            self._again.asked.set()
            self._fs.reconnect()
        self._fs.wait_open()

    def _leave(self, rest: str) -> None:
        raise _Leave

    @staticmethod
    def _needed(text: str, usage: str) -> str:
        if not text:
            raise ValueError(f"usage: {usage}")
        return text

    # What comes by itself

    def _begin(self, stream: Stream[Any], show: Callable[[Any], None]) -> None:
        threading.Thread(target=self._read, args=(stream, show), name="esl_proto-console", daemon=True).start()

    def _read(self, stream: Stream[Any], show: Callable[[Any], None]) -> None:
        """Shows what a stream gives, until it ends."""
        try:
            for item in stream:
                show(item)
            return
        except CommandError:
            # The log was refused, which is told where it is asked for.
            self._is_logging = False
            return
        except (EventSocketError, OSError) as error:
            end: BaseException = error
        with self._ending:
            if self._end is not None:
                return
            # The first reason counts.
            self._end = end
        self._prompt.stop()

    def _show(self, item: Event | Gap) -> None:
        if isinstance(item, Event):
            self._output.lines("RECV EVENT\n" + event_text(item, self._format), self._output.text_colour)
        else:
            self._output.say(f"{self._options.address}: {back_again(item)}")

    # The prompt

    def _prompt_text(self) -> str:
        options = self._options
        values = {"p": options.profile or "", "o": options.host or "", "P": str(options.port), "%": "%"}
        name = self._known("switchname") or options.profile or options.address
        if not options.prompt_string:
            return f"freeswitch@{name}> "
        if "%H" in options.prompt_string:
            values["H"] = self._known("hostname") or options.profile or ""
        values |= {"s": name, "h": socket.gethostname()}
        return re.sub("%(.?)", lambda found: values.get(found[1], ""), options.prompt_string) + "> "

    def _known(self, line: str) -> str:
        """What an API command says, if it may be asked."""
        with contextlib.suppress(TimeoutError, EventSocketError):
            answer = self._ask(line, timeout=_PATIENCE)
            return "" if answer.error else answer.text.strip()
        return ""

    def _complete(self, text: str) -> list[str]:
        """What the last word of a line may become: what stands before the cursor is given."""
        text = text.lstrip()
        if text.startswith("/"):
            before, blank, word = text[1:].rpartition(" ")
            first = before.split(" ")[0].lower()
            if not blank:
                known = [f"/{name}" for name in self._commands if name != "..."]
                word = text
            elif first in ("event", "nixevent"):
                formats = _FORMATS if first == "event" and " " not in before.strip() else ()
                known = [*formats, *EventName]
            elif first == "log":
                known = [level.lower() for level in LogLevel if level.code >= 0]
            else:
                known = []
            return [name for name in known if name.lower().startswith(word.lower())]
        try:
            answer = self._ask(f"console_complete {text}", timeout=_PATIENCE)
        except (TimeoutError, EventSocketError, LocalProtocolError):
            return []
        return list(dict.fromkeys(_CANDIDATE.findall(answer.text)))
