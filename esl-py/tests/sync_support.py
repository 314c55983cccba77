"""Runs functions in threads, with a deadline, and looks whether tests have left anything behind."""

from __future__ import annotations

import functools
import gc
import threading
import time
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

from aio_support import open_files

P = ParamSpec("P")
T = TypeVar("T")


def sync_test(test: Callable[P, None]) -> Callable[P, None]:
    """A test that must leave neither threads nor descriptors."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        files, threads = open_files(), threading.active_count()
        test(*args, **kwargs)
        gc.collect()
        until(lambda: threading.active_count() <= threads)
        until(lambda: open_files() <= files)  # The switch closes its ends in a thread of its own.

    return run


def until(condition: Callable[[], object]) -> None:
    """Waits until `condition` holds."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


class Background(Generic[T]):
    """A function in a thread of its own."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._result: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._function()
        except BaseException as error:
            self._error = error

    def done(self) -> bool:
        return not self._thread.is_alive()

    def result(self, seconds: float = 30) -> T:
        """What it has returned, or raised."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "it is still running"
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]
