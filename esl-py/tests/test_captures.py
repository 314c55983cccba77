"""Recorded streams, whole and octet by octet, against what the core's dump program prints of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import RECORDED, dumped, server_stream

from esl_proto import Closed, Connection, Event, Frame, Message, RemoteProtocolError

KINDS = {
    "auth/request": "auth-request",
    "command/reply": "command-reply",
    "api/response": "api-response",
    "log/data": "log",
    "text/disconnect-notice": "disconnect-notice",
    "text/rude-rejection": "rude-rejection",
}


def text(octets: bytes) -> Any:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return {"hex": octets.hex()}


def value(octets: bytes | list[bytes]) -> Any:
    return [text(item) for item in octets] if isinstance(octets, list) else text(octets)


def event_parts(event: Event) -> dict[str, Any]:
    headers = [[text(name), value(item)] for name, item in event.headers_bytes()]
    return {"headers": headers, "body": None if event.body is None else text(event.body)}


def frame_line(frame: Frame) -> dict[str, Any]:
    kind = KINDS.get((frame.content_type or "").lower(), "unknown")
    if kind == "command-reply" and frame.raw.startswith(b"Event-Name"):
        # Nobody has sent a connect here, so that its reply is an unexpected frame.
        return {"kind": kind, **event_parts(Event("plain", frame.raw.rstrip(b"\n") + b"\n"))}
    headers = [[text(name), text(item)] for name, item in frame.headers_bytes()]
    return {"kind": kind, "headers": headers, "body": None if frame.body is None else text(frame.body)}


def line(message: Message) -> dict[str, Any]:
    if isinstance(message, Event):
        if message.error is not None:
            return {"kind": "malformed", "format": message.format, "bytes": len(message.text)}
        return {"kind": "event", "format": message.format, **event_parts(message)}
    if isinstance(message, Closed):
        return (
            {"kind": "incomplete", "bytes": message.incomplete}
            if message.notice is None
            else frame_line(message.notice)
        )
    return frame_line(message)


def read(stream: bytes, chunk: int) -> Iterator[Message | RemoteProtocolError]:
    """What a connection that only listens makes of a stream that comes in pieces."""
    connection = Connection.inbound()
    receive = connection.receive_data
    try:
        for start in range(0, len(stream), chunk):
            receive(stream[start : start + chunk])
            yield from connection
        connection.receive_eof()
        yield from connection
    except RemoteProtocolError as error:
        yield error


def lines(messages: list[Message | RemoteProtocolError]) -> Iterator[dict[str, Any]]:
    """The messages as the dump program would print them."""
    for message in messages:
        if isinstance(message, RemoteProtocolError):
            words = str(message)[: str(message).rindex(" at byte")]
            yield {"kind": "error", "offset": message.offset, "error": words}
        elif not isinstance(message, Closed) or message.notice is not None or message.incomplete:
            yield line(message)


def octets(message: Message | RemoteProtocolError) -> object:
    """All that tells two messages apart."""
    if isinstance(message, Event):
        return message.format, message.text
    return (type(message), message.raw) if isinstance(message, Frame) else repr(message)


@pytest.mark.parametrize("name", RECORDED)
def test_captures(name: str, dump_program: Path) -> None:
    stream = server_stream(name)
    expected = dumped(dump_program, stream)
    whole = list(read(stream, len(stream)))
    printed = list(lines(whole))
    # A notice ends a connection; the dump program reads on.
    ended = printed[-1]["kind"] == "disconnect-notice"
    assert printed == (expected[: len(printed)] if ended else expected)
    for chunk in (64 << 10, 7, 1):
        assert list(map(octets, read(stream, chunk))) == list(map(octets, whole)), f"in pieces of {chunk}"
