"""Types of arguments and results, for annotations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from esl_proto._native import (
    ApiResponse,
    AuthRefused,
    AuthRequest,
    Authenticated,
    Closed,
    Connected,
    Event,
    Lingering,
    LogLine,
    Rejected,
    Reply,
    Unexpected,
)

__all__ = ["Fields", "Format", "Message", "BytesLike", "Pairs", "Text"]

BytesLike: TypeAlias = bytes | bytearray | memoryview
"""Received bytes: `bytes` objects are used as they are, others are copied."""

Text: TypeAlias = str | bytes | bytearray | memoryview
"""Text to send: `str` as UTF-8 (lone surrogates as the bytes that they stand for), or bytes."""

Format: TypeAlias = Literal["plain", "json", "xml"]
"""The formats of events."""

Pairs: TypeAlias = Mapping[str, Text] | Iterable[tuple[Text, Text]]
"""Headers, or applications and their arguments."""

Fields: TypeAlias = Mapping[str, Text | Sequence[Text]] | Iterable[tuple[Text, Text | Sequence[Text]]]
"""Headers of an event to send; a sequence is an array."""

Message: TypeAlias = (
    Event
    | Reply
    | Authenticated
    | AuthRefused
    | Connected
    | ApiResponse
    | AuthRequest
    | LogLine
    | Lingering
    | Rejected
    | Closed
    | Unexpected
)
"""What iterating over a `Connection` gives."""
