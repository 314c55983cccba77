"""Where the lines of the console come from."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Protocol

from .arguments import Options
from .history import History
from .output import Output, sgr

__all__ = ["Lines", "Prompt", "prompt_for"]

_Complete = Callable[[str], list[str]]


class Prompt(Protocol):
    """A source of lines."""

    def read(self, text: str) -> str:
        """The next line. Raises EOFError if there is none, and KeyboardInterrupt for Ctrl-C."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends `read` with EOFError or KeyboardInterrupt, now and later. From another thread, once."""

    def close(self) -> None:
        """It is not used any more."""


def prompt_for(output: Output, options: Options, history: History, complete: _Complete) -> Prompt:
    """A prompt with editing: on prompt_toolkit where it is there, else on readline, else on what the terminal does."""
    try:
        from .toolkit import Toolkit
    except ImportError:
        pass
    else:
        return Toolkit(output, options, history, complete)
    try:
        return Readline(output, options, history, complete)
    except ImportError:
        return Lines(output, is_shown=True)


class Lines:
    """Lines as they come from standard input."""

    def __init__(self, output: Output, *, is_shown: bool) -> None:
        self._output = output
        self._is_shown = is_shown
        self._lines = queue.SimpleQueue[str | None]()
        # A thread can be left alone where it waits, when the connection ends.
        threading.Thread(target=self._fill, name="esl_proto-input", daemon=True).start()

    def read(self, text: str) -> str:
        if self._is_shown:
            with self._output.lock:
                sys.stdout.write(text)
                sys.stdout.flush()
        line = self._lines.get()
        if line is None:
            self._lines.put(None)
            raise EOFError
        return line

    def stop(self) -> None:
        self._lines.put(None)

    def close(self) -> None: ...

    def _fill(self) -> None:
        rest = b""
        # Without the buffer of sys.stdin, whose lock the interpreter would wait for at its end.
        try:
            while data := os.read(sys.stdin.fileno(), 65536) if sys.stdin is not None else b"":
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._lines.put(line.decode("utf-8", "surrogateescape"))
        except OSError:
            pass
        if rest:
            self._lines.put(rest.decode("utf-8", "surrogateescape"))
        self._lines.put(None)


class Readline:
    """A prompt on the standard library's readline."""

    def __init__(self, output: Output, options: Options, history: History, complete: _Complete) -> None:
        import readline

        self._readline = readline
        self._output = output
        self._complete = complete
        self._candidates: list[str] = []
        self._shown: str | None = None
        """The prompt, while it is there."""
        self._is_stopped = False
        self._is_reading = False
        """Whether a signal may end `input`."""
        self._left = threading.Event()
        """Whether `input` has returned since it was last called."""
        self._left.set()
        self._signalling = threading.Lock()
        """Held while a signal is sent, so that it meets the handler of this prompt."""
        self._colours = (sgr(options.prompt_color), sgr(options.input_text_color)) if output.colours else ("", "")
        is_libedit = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
        readline.set_completer(self._candidate)
        readline.set_completer_delims(" ")
        readline.set_auto_history(False)
        readline.clear_history()
        for line in history.lines:
            readline.add_history(line)
        if not is_libedit:
            for number, sequence in _FUNCTION_KEYS.items():
                # Readline has no turns.
                line = options.keys[number][0].replace("\\", "\\\\").replace('"', '\\"')
                for start in sequence:
                    readline.parse_and_bind(f'"\\e{start}": "\\C-a\\C-k{line}\\n"')
        output.writer = self._write
        self._handler = signal.signal(signal.SIGINT, self._interrupt)

    def read(self, text: str) -> str:
        prompt, typed = self._colours
        shown = text
        if prompt or typed:
            # Readline must not count what has no width.
            shown = f"\x01\x1b[{prompt or '0'}m\x02{text}\x01\x1b[{typed or '0'}m\x02"
        with self._output.lock:
            if self._is_stopped:
                raise EOFError
            self._shown = text
            self._left.clear()
        try:
            self._is_reading = True
            line = input(shown)
            self._is_reading = False
        except (EOFError, KeyboardInterrupt):
            self._is_reading = False
            sys.stdout.write("\n")
            raise
        finally:
            self._left.set()
            with self._output.lock:
                self._shown = None
        if line.strip():
            self._readline.add_history(line)
        return line

    def stop(self) -> None:
        with self._output.lock:
            self._is_stopped = True
        # Nothing else ends `input`, and a signal that comes just before it waits does not either.
        while not self._left.is_set():
            with self._signalling:
                if not self._left.is_set():
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            self._left.wait(0.1)

    def close(self) -> None:
        self._readline.set_completer(None)
        with self._signalling:
            signal.signal(signal.SIGINT, self._handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Raises KeyboardInterrupt, but only once, and while `input` waits, when it was stopped: what comes behind was sent
        before `stop` knew that `input` had returned."""
        if self._is_stopped and not self._is_reading:
            return
        self._is_reading = False
        raise KeyboardInterrupt

    def _candidate(self, text: str, number: int) -> str | None:
        if number == 0:
            before = self._readline.get_line_buffer()[: self._readline.get_endidx()]
            self._candidates = self._complete(before)
        return self._candidates[number] if number < len(self._candidates) else None

    def _write(self, text: str) -> None:
        """Writes above the prompt."""
        if self._shown is not None:
            text = f"\r\x1b[K{text}{self._shown}{self._readline.get_line_buffer()}"
        sys.stdout.write(text)
        sys.stdout.flush()


_FUNCTION_KEYS = {
    number: sequence
    for number, sequence in enumerate(
        (
            ("OP", "[11~"),
            ("OQ", "[12~"),
            ("OR", "[13~"),
            ("OS", "[14~"),
            ("[15~",),
            ("[17~",),
            ("[18~",),
            ("[19~",),
            ("[20~",),
            ("[21~",),
            ("[23~",),
            ("[24~",),
        ),
        1,
    )
}
"""What terminals send for F1 to F12, after the escape."""
