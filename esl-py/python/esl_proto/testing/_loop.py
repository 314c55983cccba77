"""The thread that a switch lives in, and the way into it from everywhere else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["LoopThread"]

_R = TypeVar("_R")


class LoopThread:
    """An asyncio loop in a thread of its own. What belongs to a switch happens there and nowhere else, so that nothing
    of it needs a lock."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, what: Callable[[], _R]) -> _R:
        """Does something in the thread and gives its result, whoever asks."""
        if self.is_here():
            return what()
        done: Future[_R] = Future()

        def do() -> None:
            try:
                done.set_result(what())
            except BaseException as error:
                done.set_exception(error)

        self._post(do)
        return done.result()

    def run_async(self, what: Coroutine[Any, Any, _R]) -> _R:
        """The same for a coroutine, which the thread itself cannot wait for."""
        try:
            return asyncio.run_coroutine_threadsafe(what, self.loop).result()
        except RuntimeError:
            what.close()
            raise

    def _post(self, what: Callable[[], None]) -> None:
        try:
            self.loop.call_soon_threadsafe(what)
        except RuntimeError:
            raise RuntimeError("the switch is not running") from None

    def is_here(self) -> bool:
        """Whether the caller is in the thread."""
        return threading.get_ident() == self._thread.ident

    def stop(self) -> None:
        """Ends all tasks and then the thread."""
        self.run_async(self._cancel_all())
        self._post(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
