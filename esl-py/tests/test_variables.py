"""`getvar` of both façades, against servers that answer as FreeSWITCH does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest
from aio_support import aio_test, until
from esl_proto import Command, LocalProtocolError, aio, sync
from esl_proto.aio import BrokenReply, ChannelEnded, CommandError, ConnectionClosed
from esl_proto.testing import NEVER, Switch
from scripted import Server, api, reply
from sync_support import Background, sync_test

GOODBYE = b"Content-Type: text/disconnect-notice\nContent-Length: 8\n\ngoodbye\n"
LONG = "l" * 600
VALUES = {
    "plain": "value",
    "tilde": "~x y",
    "length": "~Content-Length: 5",
    "reply": "~Reply-Text: x",
    "lines": "one\ntwo: 2\nthree",
    "blank": "one\n\nfour",
    "spelled": "a\n\nContent-Type: command/reply\nReply-Text: b\n\nContent-Type: command/reply\nReply-Text: c",
    "swallowing": "~a\n\nContent-Type: text/x\nX: y",
    "long": LONG,
    "fits": "f" * 510,
    "error": "-ERR No such channel!",
    "two words": "2",
}
WITHOUT_FULL: dict[str, object] = {
    **VALUES,
    "unset": None,
    "tilde": ("broken", "x y"),
    "length": ("broken", "Content-Length: 5"),
    "reply": ("broken", "x"),
    "blank": ("cut", "one"),
    "spelled": ("cut", "a"),
    "swallowing": ("broken", "a"),
    "long": ("cut", LONG[:511]),
}
"""What can be read of them by `getvar`: the value, or how it is broken and the text that has come."""


def raw(value: str | None) -> bytes:
    """A reply to `getvar`, as the server writes it: a text that begins with a tilde is a head already."""
    text = (value or "-ERR command not found").encode()[:511]
    if text.startswith(b"~"):
        return b"Content-Type: command/reply\n" + text[1:]
    return b"Content-Type: command/reply\nReply-Text: " + text + b"\n\n"


def connected(full: bool) -> bytes:
    control = b"full" if full else b"single-channel"
    return (
        b"Event-Name: CHANNEL_DATA\nUnique-ID: u1\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n"
        b"Socket-Mode: async\nControl: " + control + b"\n\n"
    )


def play(port: int, full: bool, pieces: bool = False, values: dict[str, str] = VALUES) -> list[str]:
    """The server's side of a call, up to `exit`. Returns the commands."""
    heard: list[str] = []
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = Server(sock)
        while command := server.command().decode():
            heard.append(command)
            word, _, rest = command.partition(" ")
            answers = {
                "connect": lambda: connected(full),
                "getvar": lambda: raw(values.get(rest)),
                "sendmsg": lambda: reply(f"-ERR invalid session id [{rest}]"),
                "api": lambda: api(answer(rest, values)),
                "exit": lambda: reply("+OK bye") + GOODBYE,
            }
            said = answers.get(word, lambda: reply("+OK"))()
            server.says(*(said[at : at + 1] for at in range(len(said)))) if pieces else server.says(said)
            if word == "exit":
                break
    return heard


def answer(line: str, values: dict[str, str]) -> bytes:
    """What `api` says."""
    command, _, rest = line.partition(" ")
    if command != "uuid_getvar":
        return rest.encode()
    uuid, _, name = rest.partition(" ")
    assert uuid == "u1"
    return values.get(name.strip("'"), "_undef_").encode()


@contextlib.contextmanager
def serving(server: sync.OutboundServer) -> Iterator[sync.OutboundServer]:
    running = Background(server.serve_forever)
    with server:
        yield server
    running.result()


def failed(error: CommandError) -> tuple[str, str]:
    assert isinstance(error, BrokenReply) and "uuid_getvar" in str(error)
    return "broken" if "broke its reply" in str(error) else "cut", error.answer.text


def run_aio(full: bool, pieces: bool, names: list[str]) -> tuple[dict[str, object], list[str]]:
    got: dict[str, object] = {}
    heard: list[str] = []

    async def handler(call: aio.Session) -> None:
        for name in names:
            try:
                got[name] = await call.getvar(name, timeout=10)
            except CommandError as error:
                got[name] = failed(error)
            assert (await call.resume()).ok, "in step"

    @aio_test
    async def test() -> None:
        async with aio.serve(handler) as server:
            heard.extend(await asyncio.to_thread(play, server.port, full, pieces))

    test()
    return got, heard


def run_sync(full: bool, pieces: bool, names: list[str]) -> tuple[dict[str, object], list[str]]:
    got: dict[str, object] = {}
    heard: list[str] = []

    def handler(call: sync.Session) -> None:
        for name in names:
            try:
                got[name] = call.getvar(name, timeout=10)
            except CommandError as error:
                got[name] = failed(error)
            assert call.resume().ok, "in step"

    @sync_test
    def test() -> None:
        with serving(sync.serve(handler)) as server:
            heard.extend(play(server.port, full, pieces))

    test()
    return got, heard


Run = Callable[[bool, bool, list[str]], tuple[dict[str, object], list[str]]]


@pytest.mark.parametrize("pieces", [False, True])
@pytest.mark.parametrize("run", [run_aio, run_sync])
def test_with_full_control_every_value_arrives_whole(run: Run, pieces: bool) -> None:
    got, heard = run(True, pieces, [*VALUES, "unset"])
    assert got == {**VALUES, "unset": None}
    assert "api uuid_getvar u1 tilde" in heard and "api uuid_getvar u1 'two words'" in heard
    assert not [command for command in heard if command.startswith("getvar")]


@pytest.mark.parametrize("pieces", [False, True])
@pytest.mark.parametrize("run", [run_aio, run_sync])
def test_without_full_control_what_is_not_whole_is_told(run: Run, pieces: bool) -> None:
    got, heard = run(False, pieces, [*VALUES, "unset"])
    assert got == WITHOUT_FULL
    assert not [command for command in heard if command.startswith("api")]


@pytest.mark.parametrize("text", ["-ERR No such channel!\n", "-ERR no reply\n", "-USAGE: <uuid> <var>\n"])
@pytest.mark.parametrize("run", [run_aio, run_sync])
def test_what_the_api_cannot_tell_is_asked_by_getvar(
    run: Run, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That API does not see a channel that has hung up, and says the same of a value that is such a text."""
    monkeypatch.setitem(globals(), "answer", lambda line, values: text.encode())
    got, heard = run(True, False, ["plain", "unset"])
    assert got == {"plain": "value", "unset": None}
    assert "getvar plain" in heard


@pytest.mark.parametrize("full", [False, True])
@aio_test
async def test_readings_beside_other_commands(full: bool) -> None:
    """Each gets its own answer, whatever the values are."""
    results: list[object] = []

    async def handler(call: aio.Session) -> None:
        names = ["tilde", "plain", "reply", "plain", "spelled", "plain", "unset"]
        reads = [call.getvar(name, timeout=10) for name in names]
        results.extend(await asyncio.gather(*reads, call.resume(), call.getvar("plain"), return_exceptions=True))
        assert call.pending == 0

    async with aio.serve(handler) as server:
        await asyncio.to_thread(play, server.port, full)
    *values, resumed, last = results
    wanted = VALUES if full else WITHOUT_FULL
    shown = [failed(value) if isinstance(value, CommandError) else value for value in values]
    assert shown == [wanted.get(name) for name in ("tilde", "plain", "reply", "plain", "spelled", "plain", "unset")]
    assert getattr(resumed, "ok", False) and last == "value"


def called(port: int) -> Server:
    """The server's side of a call without full control, after the handshake."""
    server = Server(socket.create_connection(("127.0.0.1", port), 10))
    server.hears(b"connect\n\n")
    server.says(connected(False))
    server.hears(b"myevents plain\n\n")
    server.says(reply("+OK"))
    return server


def token(server: Server) -> bytes:
    """The answer to the command behind a `getvar`."""
    word, _, uuid = server.command().partition(b" ")
    assert word == b"sendmsg"
    return reply(f"-ERR invalid session id [{uuid.decode()}]")


@aio_test
async def test_nothing_is_sent_behind_a_reading() -> None:
    """Not before it is over, even if it has been given up; and what may not be sent is told at once."""
    given_up = asyncio.Event()
    results: list[object] = []

    async def handler(call: aio.Session) -> None:
        with pytest.raises(TimeoutError):
            await call.getvar("t", timeout=0.01)
        assert call.stats["timeouts"] == 1
        with pytest.raises(LocalProtocolError) as refused:
            call.send(Command.api("status"))
        assert refused.value.code == 604
        sent = [call.resume(), call.getvar("u")]
        given_up.set()
        results.extend(await asyncio.gather(*sent, return_exceptions=True))

    async with aio.serve(handler) as listener:
        server = await asyncio.to_thread(called, listener.port)
        await asyncio.to_thread(server.hears, b"getvar t\n\n")
        behind = await asyncio.to_thread(token, server)
        await given_up.wait()
        await asyncio.to_thread(server.hears_nothing)
        server.says(b"Content-Type: command/reply\nx y" + behind)
        await asyncio.to_thread(server.hears, b"resume\n\ngetvar u\n\n")
        server.says(reply("+OK") + reply("value") + await asyncio.to_thread(token, server))
        await asyncio.to_thread(server.hears, b"exit\n\n")
        server.says(reply("+OK bye") + GOODBYE)
        server.ends()
        await until(lambda: not listener.calls)
    resumed, value = results
    assert getattr(resumed, "ok", False) and value == "value"


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (b"", ConnectionClosed, None),
        (b"Content-Type: command/reply\nx y", BrokenReply, "x y"),
        (raw("value"), str, "value"),
    ],
)
@aio_test
async def test_the_end_in_a_reading(said: bytes, kind: type[object], text: str | None) -> None:
    """An answer that has come is not lost, and whoever waits is told."""
    results: list[object] = []

    async def handler(call: aio.Session) -> None:
        results.extend(await asyncio.gather(call.getvar("t"), call.resume(), return_exceptions=True))
        assert call.pending == 0

    async with aio.serve(handler) as listener:
        server = await asyncio.to_thread(called, listener.port)
        await asyncio.to_thread(server.hears, b"getvar t\n\n")
        await asyncio.to_thread(token, server)
        server.says(said)
        server.ends()
        await until(lambda: not listener.calls)
    first, second = results
    assert isinstance(second, ConnectionClosed)
    assert isinstance(first, kind)
    assert (first.answer.text if isinstance(first, BrokenReply) else text) == text
    assert not isinstance(first, str) or first == text


@aio_test
async def test_a_variable_of_a_channel_that_has_ended() -> None:
    seen: list[str | None] = []

    async def handler(call: aio.Session) -> None:
        with pytest.raises(ChannelEnded):
            await call.execute("wait")
        seen.append(await call.getvar("hangup_cause"))

    with Switch() as switch:
        switch.apps["wait"] = NEVER
        async with aio.serve(handler, linger=5) as server:
            call = await asyncio.to_thread(switch.call, f"127.0.0.1:{server.port}")
            await until(lambda: call.executed)
            call.hangup("CALL_REJECTED")
            await until(lambda: not server.calls)
    assert seen == ["CALL_REJECTED"]
