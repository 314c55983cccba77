"""Whatever comes, in whatever pieces: the same messages, and no exception but one."""

from itertools import pairwise
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st
from test_captures import octets

from esl_proto import Command, Connection, Event, Message, RemoteProtocolError, Server

FRAMES = [
    b"Content-Type: auth/request\n\n",
    b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n",
    b"Content-Type: command/reply\r\nReply-Text: +OK\r\n\r\n",
    b"Content-Type: api/response\nContent-Length: 3\n\n+OK",
    b"Content-Length: 30\nContent-Type: text/event-plain\n\nEvent-Name: API\na: %C3%A9 %zz\n\n",
    b'Content-Length: 26\nContent-Type: text/event-json\n\n{"Event-Name":"API","a":1}',
    b"Content-Length: 9\nContent-Type: text/event-xml\n\n<event><a",
    b"Content-Type: text/disconnect-notice\nContent-Length: 4\n\nbye\n",
    b"Content-Type: text/rude-rejection\nContent-Length: 0\n\n",
    b"Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nControl: full\n\n",
    b"orphan\n\n",
    b"\n\n\r\n",
    b"Content-Length: 700\n\n" + b"x" * 700,
]

streams = st.lists(st.sampled_from(FRAMES) | st.binary(max_size=40)).map(b"".join)
cuts = st.lists(st.integers(0, 2000))


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted({cut % (len(stream) + 1) for cut in cuts}), len(stream)]
    return [stream[start:end] for start, end in pairwise(places)]


def ask_everything(message: Message) -> None:
    """No property of a message may raise."""
    for name in dir(type(message)):
        if not name.startswith("_") and isinstance(getattr(type(message), name), type(Event.name)):
            getattr(message, name)
    repr(message)
    if isinstance(message, Event):
        message.to_dict()
        if message.error is None:
            message.json()
            message.plain()
        message.headers()


def read(connection: Connection, pieces: list[bytes], at_once: bool) -> list[Any]:
    got: list[Any] = []
    try:
        for piece in pieces:
            connection.receive_data(piece)
            if not at_once:
                got.extend(connection)
        connection.receive_eof()
        got.extend(connection)
    except RemoteProtocolError as error:
        got.append(error)
    return got


@given(streams, cuts, st.booleans(), st.sampled_from(["inbound", "outbound"]))
def test_connection(stream: bytes, cuts: list[int], at_once: bool, role: Literal["inbound", "outbound"]) -> None:
    def connection() -> Connection:
        made: Connection = getattr(Connection, role)()
        made.send(Command.auth("x") if role == "inbound" else Command.connect())
        return made

    whole = read(connection(), [stream], at_once=False)
    for message in whole:
        if not isinstance(message, RemoteProtocolError):
            ask_everything(message)
    split = read(connection(), pieces(stream, cuts), at_once)
    assert list(map(octets, split)) == list(map(octets, whole))


@given(
    st.lists(
        st.sampled_from([b"auth x\n\n", b"event json ALL\n\n", b"api a\n\n", b"exit\n\n"]) | st.binary(max_size=40)
    ),
    cuts,
)
def test_server(commands: list[bytes], cuts: list[int]) -> None:
    def said(pieces: list[bytes]) -> tuple[list[str], bytes]:
        server = Server.inbound()
        asked = []
        for piece in pieces:
            server.receive_data(piece)
            for found in server:
                asked.append(repr(found))
                kind = getattr(found, "kind", None)
                if kind in ("password", "user"):
                    server.accept()
                elif kind == "api":
                    server.output("UP")
                elif kind == "bgapi":
                    server.job("j")
                elif kind == "sendmsg":
                    server.ok()
                elif kind == "sendevent":
                    server.fired("e")
                elif kind == "myevents":
                    server.control("u")
        return asked, server.data_to_send()

    stream = b"".join(commands)
    assert said(pieces(stream, cuts)) == said([stream])


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\0:%< \t/>&;"), min_size=1).filter(
    lambda name: name.lower() not in ("content-length", "_body", "event-name")
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0|"), min_size=1).filter(
    lambda value: not value.startswith("ARRAY::") and value != "_undef_"
)


@given(
    st.lists(st.tuples(names, texts | st.lists(texts, min_size=2))),
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.sampled_from(["plain", "json", "xml"]),
)
def test_events_come_in_as_they_went_out(
    headers: list[tuple[str, str | list[str]]], body: str | None, format: Literal["plain", "json", "xml"]
) -> None:
    server = Server.inbound(lossless_percent=True)
    server.receive_data(b"auth x\n\nevent %s ALL\n\n" % format.encode())
    for found in server:
        if getattr(found, "kind", None) == "password":
            server.accept()
    server.data_to_send()
    assert server.offer([("Event-Name", "API"), *headers], body)
    connection = Connection.inbound()
    connection.receive_data(server.data_to_send())
    (event,) = connection
    assert isinstance(event, Event) and event.error is None
    got = [header for header in event.headers() if header[0] not in ("Event-Name", "Content-Length")]
    if format == "xml":
        # An array is told by repetition there.
        headers = [(name, item) for name, value in headers for item in ([value] if isinstance(value, str) else value)]
    assert got == headers and event.body_text == body
