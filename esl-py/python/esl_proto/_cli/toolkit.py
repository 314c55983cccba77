"""A prompt on prompt_toolkit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import cycle

from prompt_toolkit import ANSI, PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, ThreadedCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import SimpleLexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle

from .arguments import Options
from .history import History
from .output import Output, sgr

__all__ = ["Toolkit"]


class Toolkit:
    """A prompt with editing, above which all else is printed."""

    def __init__(
        self, output: Output, options: Options, history: History, complete: Callable[[str], list[str]]
    ) -> None:
        self._output = output
        self._is_stopped = False
        self._kept = ""
        """What was typed before a function key was pressed."""
        self._colour = sgr(options.prompt_color) if output.colours else ""
        keys = KeyBindings()
        for number, lines in options.keys.items():
            self._bind(keys, f"f{number}", cycle(lines))
        typed = sgr(options.input_text_color) if output.colours else ""
        self._session = PromptSession[str](
            history=InMemoryHistory(history.lines),
            completer=ThreadedCompleter(_Completer(complete)),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            enable_suspend=True,
            key_bindings=keys,
            lexer=SimpleLexer(_style(options.input_text_color)) if typed else None,
            color_depth=None if output.colours else ColorDepth.DEPTH_1_BIT,
        )

    def _bind(self, keys: KeyBindings, key: str, lines: Iterator[str]) -> None:
        def pressed(event: KeyPressEvent) -> None:
            line = next(lines)
            self._kept = event.current_buffer.text
            event.current_buffer.text = line
            event.app.exit(result=line)

        keys.add(key)(pressed)

    def read(self, text: str) -> str:
        if self._is_stopped:
            raise EOFError
        kept, self._kept = self._kept, ""
        patched = patch_stdout(raw=True)
        # Nobody prints while stdout changes.
        with self._output.lock:
            patched.__enter__()
        try:
            shown = ANSI(f"\x1b[{self._colour}m{text}\x1b[0m") if self._colour else text
            return self._session.prompt(shown, default=kept, pre_run=self._look)
        finally:
            with self._output.lock:
                patched.__exit__(None, None, None)

    def _look(self) -> None:
        """Ends a prompt that has begun when it should not any more."""
        if self._is_stopped:
            self._end()

    def _end(self) -> None:
        app = self._session.app
        # Enter may have been pressed just now.
        if app.is_running and app.future is not None and not app.future.done():
            app.exit(exception=EOFError)

    def stop(self) -> None:
        self._is_stopped = True
        loop = self._session.app.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._end)

    def close(self) -> None: ...


class _Completer(Completer):
    """Completes the last word."""

    def __init__(self, complete: Callable[[str], list[str]]) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        length = len(text) - text.rfind(" ") - 1
        for name in self._complete(text):
            yield Completion(name, start_position=-length)


def _style(name: str) -> str:
    """A colour of a profile, as prompt_toolkit calls it."""
    name = name.lower()
    is_background = name.startswith("bold-")
    colour = name.removeprefix("bold-").replace("white", "gray")
    return f"{'bg:' if is_background else ''}ansi{colour}"
