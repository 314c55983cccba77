"""What people type: names of events, levels, numbers. A ValueError says what is wrong with a word."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["event_names", "is_true", "level", "limit", "milliseconds", "pair", "port", "rate", "user"]


def event_names(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of events, and subclasses: all that follows CUSTOM. Nothing at all means all."""
    place = next((at for at, word in enumerate(words) if word.upper() == "CUSTOM"), len(words))
    custom = words[place + 1 :]
    # CUSTOM alone means the CUSTOM events without a subclass.
    return tuple(words[: place if custom else place + 1] or ([] if custom else ["ALL"])), tuple(custom)


def level(text: str) -> str | int:
    """A level of the log, by its name or number."""
    return int(text) if text.isdecimal() else text


def port(text: str) -> int:
    """A port; 0 is for who listens."""
    if not text.isdecimal() or not 0 <= int(text) < 65536:
        raise ValueError(f"invalid port: {text!r}")
    return int(text)


def limit(text: str) -> int:
    """A level of the program's own messages."""
    if not text.isdecimal() or not 0 <= int(text) < 8:
        raise ValueError(f"invalid debug level, from 0 to 7: {text!r}")
    return int(text)


def rate(text: str) -> float:
    """A number of calls a second."""
    try:
        if 0 <= (number := float(text)) <= 1000:
            return number
    except ValueError:
        pass
    raise ValueError(f"invalid number of calls, from 0 to 1000: {text!r}")


def milliseconds(text: str) -> int:
    """A time; 0 is no limit."""
    if not text.isdecimal():
        raise ValueError(f"invalid number of milliseconds: {text!r}")
    return int(text)


def user(text: str) -> str:
    """A user of the directory."""
    if "@" not in text:
        raise ValueError(f"invalid user, not USER@DOMAIN: {text!r}")
    return text


def pair(text: str) -> tuple[str, str]:
    """A filter."""
    header, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"invalid filter, not HEADER=VALUE: {text!r}")
    return header, value


def is_true(text: str) -> bool:
    """Whether a setting is on, as FreeSWITCH's configuration says it."""
    words = ("yes", "on", "true", "t", "enabled", "active", "allow")
    return text.lower() in words or (text.isdecimal() and int(text) != 0)
