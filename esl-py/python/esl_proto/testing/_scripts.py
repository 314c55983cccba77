"""What a test says that the switch should answer."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["NEVER", "Later", "Script", "look_up", "play"]


@dataclass(frozen=True)
class Later:
    """A delayed answer. The connection waits for it, as for a slow command of a real server."""

    seconds: float
    answer: Script = ""


Script = str | bytes | Later | Callable[..., Any]
"""An answer: text, bytes, `Later`, or a function that is called for it and may be a coroutine function."""

NEVER = Later(float("inf"))
"""No answer at all."""


def look_up(scripts: dict[str, Script], line: str) -> tuple[str, Script] | None:
    """The script for the longest beginning of a line, in whole words, and what follows those."""
    words = line
    while words:
        if words in scripts:
            return line[len(words) :].removeprefix(" "), scripts[words]
        words = words.rpartition(" ")[0]
    return None


def play(script: Script, *args: object) -> Any:
    """The script's answer, or an awaitable of it."""
    if isinstance(script, Later):
        return _play_later(script, *args)
    if isinstance(script, str | bytes):
        return script
    answer = script(*args)
    if inspect.isawaitable(answer):
        return _play_awaited(answer, *args)
    return play(answer, *args) if isinstance(answer, Later) else answer


async def _play_later(script: Later, *args: object) -> object:
    if script.seconds == float("inf"):
        await asyncio.get_running_loop().create_future()
    await asyncio.sleep(script.seconds)
    return await _settled(play(script.answer, *args))


async def _play_awaited(answer: Awaitable[object], *args: object) -> object:
    value = await answer
    return await _settled(play(value, *args)) if isinstance(value, Later) else value


async def _settled(answer: object) -> object:
    return await answer if inspect.isawaitable(answer) else answer
