"""ESLconnection against servers that follow a script to the octet: what each method sends, and what it returns."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from esl_transcript import headers
from scripted import AUTH, Server, answering, api, reply
from sync_support import until

from esl_proto import Command, Connection, LocalProtocolError
from esl_proto._esl.link import Link
from esl_proto._shared.reader import SharedReader
from esl_proto.ESL import ESLconnection, ESLevent, eslSetLogLevel
from esl_proto.testing import Switch

ACCEPTED = reply("+OK accepted")
NOTICE = b"Content-Type: text/disconnect-notice\nContent-Length: 8\n\ngoodbye\n"
LINGER = (
    b"Content-Type: text/disconnect-notice\nControlled-Session-UUID: U\nContent-Disposition: linger\n"
    b"Channel-Name: loopback/x\nLinger-Time: 2\nContent-Length: 0\n\n"
)
LOG = (
    b"Content-Type: log/data\nContent-Length: 5\nLog-Level: 7\nText-Channel: 0\nLog-File: x.c\nLog-Func: f\n"
    b"Log-Line: 1\nUser-Data: \n\nline\n"
)
CONNECTED = (
    b"Event-Name: CHANNEL_DATA\nUnique-ID: u1\nvariable_x: a%20b\nvariable_l: ARRAY%3A%3A1%7C%3A2\n"
    b"Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n"
)


def event(text: bytes, format: str = "plain") -> bytes:
    return b"Content-Length: %d\nContent-Type: text/event-%s\n\n%s" % (len(text), format.encode(), text)


@contextlib.contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener, listener.getsockname()[1]


def connected(
    said: bytes = ACCEPTED,
    heard: bytes = b"auth ClueCon\n\n",
    arguments: tuple[str, ...] = ("ClueCon",),
    greeting: bytes = AUTH,
) -> tuple[ESLconnection, Server]:
    """A connection, and the server's end of it."""
    with listening() as (listener, port):
        made: list[ESLconnection] = []
        thread = threading.Thread(target=lambda: made.append(ESLconnection("127.0.0.1", str(port), *arguments)))
        thread.start()
        server = Server(listener.accept()[0])
        server.says(greeting)
        if heard:
            server.hears(heard)
            server.says(said)
        if said is not ACCEPTED:
            server.ends()
        thread.join(10)
        return made[0], server


@pytest.fixture
def pair() -> Iterator[tuple[ESLconnection, Server]]:
    con, server = connected()
    yield con, server
    server.hears_nothing() if con.connected() else None
    con.disconnect()
    server.ends()


Pair = tuple[ESLconnection, Server]
OK = [("Event-Name", "SOCKET_DATA"), ("Content-Type", "command/reply"), ("Reply-Text", "+OK")]


class TestConnecting:
    def test_with_a_password(self) -> None:
        con, server = connected()
        assert con.connected() == 1 and con.socketDescriptor() > 0 and con.getInfo() is None
        assert (con.stats["octets"], con.stats["octets_sent"], con.stats["timeouts"]) == (
            len(AUTH + ACCEPTED),
            len(b"auth ClueCon\n\n"),
            0,
        )
        assert con.disconnect() == 0
        server.ends()

    def test_as_a_user(self) -> None:
        con, server = connected(heard=b"userauth bob@x.org:pass\n\n", arguments=("bob@x.org", "pass"))
        assert con.connected() == 1
        con.disconnect()
        server.ends()

    @pytest.mark.parametrize("port", [lambda port: port, lambda port: str(port), lambda port: f" {port} or so"])
    def test_ports_are_numbers_or_text(self, port: Callable[[int], int | str]) -> None:
        with listening() as (listener, number):
            thread = threading.Thread(target=ESLconnection, args=("localhost", port(number), "x"))
            thread.start()
            listener.accept()[0].close()
            thread.join(10)

    @pytest.mark.parametrize(
        ("greeting", "heard", "said"),
        [
            (AUTH, b"auth ClueCon\n\n", reply("-ERR invalid") + NOTICE),
            (AUTH, b"auth ClueCon\n\n", b""),
            (AUTH, b"auth ClueCon\n\n", b"Content-Type: command/rep"),
            (AUTH, b"auth ClueCon\n\n", b"Content-Length: junk\n\n"),
            (b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n" + NOTICE, b"", b""),
            (b"SSH-2.0-OpenSSH_9.2\r\n", b"", b""),
            (b"", b"", b""),
        ],
    )
    def test_failure_leaves_an_object_that_does_no_harm(self, greeting: bytes, heard: bytes, said: bytes) -> None:
        con, _ = connected(said, heard, greeting=greeting)
        dead(con)

    def test_nobody_there(self) -> None:
        with listening() as (_, port):
            pass
        for arguments in (("127.0.0.1", port, "x"), ("127.0.0.1", "abc", "x"), ("127.0.0.1", None, "x")):
            dead(ESLconnection(*arguments))
        dead(ESLconnection("127.0.0.1", 99999999, "u@d", "x"))
        dead(ESLconnection("no such host.invalid", 1, "x"))
        dead(ESLconnection(9999))

    @pytest.mark.parametrize("arguments", [(), ("x",), ("x", "1"), (1.5,), ("x", "1", b"y"), ("a", 1, "b", "c", "d")])
    def test_wrong_arguments(self, arguments: tuple[object, ...]) -> None:
        with pytest.raises(TypeError):
            ESLconnection(*arguments)  # type: ignore[call-overload]

    @pytest.mark.parametrize(
        "login", [("x\n\nexit",), ("",), (None,), ("bob", "x"), ("bob@", "x"), ("@x.org", "x"), ("b@x.org", "")]
    )
    def test_what_cannot_be_said_is_a_failure_like_others(self, login: tuple[str, ...]) -> None:
        with listening() as (listener, port):
            dead(ESLconnection("127.0.0.1", port, *login))
            listener.settimeout(0)
            with pytest.raises(BlockingIOError):
                listener.accept()

    @pytest.mark.parametrize("password", ["ClueCon\n", "ClueCon\r\n", "ClueCon\n\n"])
    def test_line_ends_after_a_password_are_dropped(self, password: str) -> None:
        con, server = connected(arguments=(password,))
        assert con.connected() == 1
        con.disconnect()
        server.ends()

    def test_without_a_host(self) -> None:
        """As `getaddrinfo` reads it: this machine."""
        with listening() as (listener, port):
            thread = threading.Thread(target=ESLconnection, args=(None, port, "x"))
            thread.start()
            listener.accept()[0].close()
            thread.join(10)

    def test_a_silent_peer_is_noticed_in_the_end(self) -> None:
        con, server = connected()
        with socket.socket(fileno=os.dup(con.socketDescriptor())) as sock:
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        con.disconnect()
        server.ends()


def dead(con: ESLconnection) -> None:
    """Checks what everything returns on a connection that is not there."""
    assert (con.connected(), con.socketDescriptor(), con.getInfo()) == (0, -1, None)
    assert (con.send("noevents"), con.events("plain", "ALL"), con.sendMSG(ESLevent("CUSTOM"), "u")) == (1, 1, 1)
    for nothing in (con.api("x"), con.bgapi("x"), con.sendRecv("x"), con.filter("a", "b"), con.execute("x", "", "u")):
        assert nothing is None
    assert con.executeAsync("x") is None and con.recvEventTimed(1) is None and con.recvEventTimed(0) is None
    assert con.recvEvent().getType() == "SERVER_DISCONNECTED"
    assert con.recvEvent().getHeader("Event-Name") == "SERVER_DISCONNECTED"
    assert con.sendEvent(ESLevent("CUSTOM")).getType() == "SERVER_DISCONNECTED"
    assert (con.setAsyncExecute("1"), con.setEventLock("0")) == (1, 0)
    assert (con.disconnect(), con.disconnect(), con.connected()) == (0, 0, 0)


class TestCommands:
    """What goes out and what comes back."""

    @pytest.mark.parametrize(
        ("call", "sent"),
        [
            (lambda con: con.sendRecv("noevents"), b"noevents\n\n"),
            (lambda con: con.sendRecv("noevents\n"), b"noevents\n\n"),
            (lambda con: con.sendRecv("noevents\n\n"), b"noevents\n\n"),
            (lambda con: con.sendRecv("\r\nnoevents\r\n\r\n"), b"noevents\n\n"),
            (lambda con: con.sendRecv("sendmsg u\nx: y\nz: 1"), b"sendmsg u\nx: y\nz: 1\n\n"),
            (
                lambda con: con.sendRecv("sendmsg u\ncontent-length: 5\nx: y\n\na\n\nb\n"),
                b"sendmsg u\nx: y\nContent-Length: 5\n\na\n\nb\n",
            ),
            (lambda con: con.bgapi("status"), b"bgapi status\n\n"),
            (lambda con: con.bgapi("originate", "a b"), b"bgapi originate a b\n\n"),
            (lambda con: con.bgapi("status", None, "my job"), b"bgapi status\nJob-UUID: my job\n\n"),
            (lambda con: con.bgapi("status", "", job_uuid="j"), b"bgapi status\nJob-UUID: j\n\n"),
            (lambda con: con.filter("Unique-ID", "u1"), b"filter Unique-ID u1\n\n"),
            (lambda con: con.filter("delete", "Unique-ID"), b"filter delete Unique-ID\n\n"),
            (
                lambda con: con.execute("playback", "a.wav", "u1"),
                b"sendmsg u1\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: a.wav\n\n",
            ),
            (
                lambda con: con.executeAsync("answer", uuid="u1"),
                b"sendmsg u1\ncall-command: execute\nexecute-app-name: answer\nasync: true\n\n",
            ),
            (
                lambda con: con.execute("playback\n", "a.wav\n", "u1\r\n"),
                b"sendmsg u1\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: a.wav\n\n",
            ),
            (
                lambda con: con.execute("set", "x=a\nb\n\n", "u1"),
                b"sendmsg u1\ncall-command: execute\nexecute-app-name: set\ncontent-type: text/plain\n"
                b"Content-Length: 5\n\nx=a\nb",
            ),
            (lambda con: con.bgapi("status", "x\n", "my job\n"), b"bgapi status x\nJob-UUID: my job\n\n"),
            (
                lambda con: con.execute("set", "x=a\nb", "u1"),
                b"sendmsg u1\ncall-command: execute\nexecute-app-name: set\ncontent-type: text/plain\n"
                b"Content-Length: 5\n\nx=a\nb",
            ),
        ],
    )
    def test_with_a_reply(self, pair: Pair, call: Callable[[ESLconnection], ESLevent], sent: bytes) -> None:
        con, server = pair
        with answering(server, (sent, reply("+OK"))):
            answer = call(con)
        assert (answer.getType(), answer.getBody(), headers(answer)) == ("SOCKET_DATA", None, OK)

    @pytest.mark.parametrize(
        "call",
        [
            lambda con: con.send(b"exit"),
            lambda con: con.sendRecv(b"exit"),
            lambda con: con.api(b"status"),
            lambda con: con.api("uuid_exists", b"u"),
            lambda con: con.api("uuid_exists", 5),
            lambda con: con.bgapi(b"status"),
            lambda con: con.bgapi("uuid_exists", b"u"),
            lambda con: con.bgapi("uuid_exists", "u", b"j"),
            lambda con: con.filter("Unique-ID", b"u"),
            lambda con: con.filter(b"Unique-ID", "u"),
            lambda con: con.events("plain", b"ALL"),
            lambda con: con.events(b"json", "ALL"),
            lambda con: con.events("plain", ["ALL"]),
            lambda con: con.sendMSG(ESLevent("CUSTOM"), b"u"),
            lambda con: con.sendMSG("CUSTOM", "u"),
            lambda con: con.sendEvent(b"CUSTOM"),
            lambda con: con.execute(b"playback", "x", "u"),
            lambda con: con.execute("playback", b"x", "u"),
            lambda con: con.execute("playback", b"", "u"),
            lambda con: con.execute("playback", "x", b"u"),
            lambda con: con.executeAsync("playback", 5, "u"),
            lambda con: con.setEventLock(True),
            lambda con: con.setAsyncExecute(1),
            lambda con: con.setAsyncExecute(b"1"),
            lambda con: con.recvEventTimed("10"),
        ],
    )
    def test_what_is_no_text_is_refused_and_nothing_sent(self, pair: Pair, call: Callable[[object], object]) -> None:
        con, server = pair
        with pytest.raises(TypeError):
            call(con)
        server.hears_nothing()

    def test_api(self, pair: Pair) -> None:
        con, server = pair
        steps = (
            (b"api version\n\n", api(b"1.11\n")),
            (b"api eval x y\n\n", api(b"x y")),
            (b"api status\n\n", api(b"\xff")),
        )
        with answering(server, *steps, (b"api version\n\n", reply("-ERR permission denied"))):
            answers = [con.api("version"), con.api("eval", "x y"), con.api("status\n\n", ""), con.api("version", None)]
        assert [answer.getBody() for answer in answers if answer] == ["1.11\n", "x y", "\udcff", None]
        assert headers(answers[0]) == [
            ("Event-Name", "SOCKET_DATA"),
            ("Content-Type", "api/response"),
            ("Content-Length", "5"),
        ]
        assert answers[3] is not None and answers[3].getHeader("Reply-Text") == "-ERR permission denied"

    def test_replies_are_not_decoded(self, pair: Pair) -> None:
        con, server = pair
        said = b"Content-Type: command/reply\nReply-Text: +OK Job-UUID: 100%25\nJob-UUID: 100%25\n\n"
        with answering(server, (b"bgapi x\nJob-UUID: 100%25\n\n", said)):
            answer = con.bgapi("x", job_uuid="100%25")
        assert answer is not None and answer.getHeader("job-uuid") == "100%25"

    @pytest.mark.parametrize(
        ("arguments", "sent"),
        [
            (("plain", "all"), b"event plain all\n\n"),
            (("json", "CHANNEL_ANSWER CUSTOM a::b"), b"event json CHANNEL_ANSWER CUSTOM a::b\n\n"),
            (("xml", "ALL"), b"event xml ALL\n\n"),
            (("other", "ALL"), b"event plain ALL\n\n"),
        ],
    )
    def test_events(self, pair: Pair, arguments: tuple[str, str], sent: bytes) -> None:
        con, server = pair
        with answering(server, (sent, reply("+OK event listener enabled"))):
            assert con.events(*arguments) == 0

    def test_send_does_not_wait(self, pair: Pair) -> None:
        con, server = pair
        assert con.send("") == con.send("\n\n") == 0
        assert con.send("event plain ALL\n") == 0
        server.hears(b"event plain ALL\n\n")
        with answering(server, (b"api x\n\n", reply("+OK event listener enabled plain") + api(b"x"))):
            answer = con.api("x")
        assert answer is not None and answer.getBody() == "x"
        assert con.recvEvent().getHeader("Reply-Text") == "+OK event listener enabled plain"

    def test_send_event(self, pair: Pair) -> None:
        con, server = pair
        sent = ESLevent("CUSTOM", "my::x")
        sent.addHeader("Foo", "bar: 100% ż")
        sent.addHeader("Content-Length", "77")
        sent.pushHeader("list", "1")
        sent.pushHeader("list", "2")
        sent.addBody("line1\nline2")
        wire = (
            "sendevent CUSTOM\nEvent-Name: CUSTOM\nEvent-Subclass: my::x\nFoo: bar: 100% ż\nlist: ARRAY::1|:2\n"
            "Content-Length: 11\n\nline1\nline2"
        )
        with answering(server, (wire.encode(), event(b"Event-Name: CUSTOM\n\n") + reply("+OK 1234"))):
            answer = con.sendEvent(sent)
        assert answer.getHeader("Reply-Text") == "+OK 1234"
        assert con.recvEvent().getType() == "CUSTOM"

    def test_send_message(self, pair: Pair) -> None:
        con, server = pair
        sent = ESLevent("SEND_MESSAGE")
        sent.addHeader("call-command", "hangup")
        sent.addHeader("hangup-cause", "USER_BUSY")
        wire = b"sendmsg u1\nEvent-Name: SEND_MESSAGE\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n"
        with answering(server, (wire, reply("+OK"))):
            assert con.sendMSG(sent, "u1") == 0

    def test_what_execute_is_told(self, pair: Pair) -> None:
        con, server = pair
        words = ("1", "false", "TRUE", "yes", "on", "enabled", "0", "", "no", "active", "allow", "12x")
        assert [con.setAsyncExecute(word) for word in words] == [1, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1]
        assert con.setAsyncExecute(None) == 1 and con.setEventLock(None) == 0 and con.setEventLock("on") == 1
        wire = b"sendmsg u\ncall-command: execute\nexecute-app-name: x\nevent-lock: true\nasync: true\n\n"
        with answering(server, (wire, reply("+OK"))):
            assert con.execute("x", None, "u") is not None
        con.setAsyncExecute("0")
        con.setEventLock("0")
        steps = [
            (b"sendmsg u\ncall-command: execute\nexecute-app-name: x\nasync: true\n\n", reply("+OK")),
            (b"sendmsg u\ncall-command: execute\nexecute-app-name: x\n\n", reply("+OK")),
        ]
        with answering(server, *steps):
            assert con.executeAsync("x", "", "u") and con.execute("x", "", "u")

    def test_inbound_a_channel_must_be_named(self, pair: Pair) -> None:
        con, _ = pair
        answer = con.execute("answer")
        assert answer is not None and answer.getHeader("Reply-Text") == "-ERR invalid session id []"
        assert con.send("sendmsg") == 1

    @pytest.mark.parametrize(
        "call",
        [
            lambda con: con.api("status\n\nexit"),
            lambda con: con.api("status", "x\rexit"),
            lambda con: con.send("api status\n\napi version"),
            lambda con: con.sendRecv("sendmsg u\ncontent-length: 1\n\nabc"),
            lambda con: con.bgapi("x", job_uuid="a\nb"),
            lambda con: con.filter("a\n\nexit", "b"),
            lambda con: con.execute("a\nb", "", "u"),
            lambda con: con.sendRecv("a\0b"),
        ],
    )
    def test_what_would_be_another_command_is_refused(
        self, pair: Pair, call: Callable[[ESLconnection], object]
    ) -> None:
        con, server = pair
        with pytest.raises(LocalProtocolError):
            call(con)
        with answering(server, (b"api x\n\n", api(b"x"))):
            assert con.api("x")

    def test_headers_that_would_be_two(self, pair: Pair) -> None:
        sent = ESLevent("CUSTOM")
        sent.addHeader("Foo", "bar\nEvent-Subclass: x")
        with pytest.raises(ValueError, match="'Foo'"):
            pair[0].sendEvent(sent)


class TestEvents:
    def test_the_three_formats_come_unwrapped(self, pair: Pair) -> None:
        con, server = pair
        plain = b"Event-Name: CHANNEL_ANSWER\nx: a%20b\nlist: ARRAY%3A%3Aa%7C%3Ab\na:b: c\nContent-Length: 4\n\nbody"
        as_json = (
            b'{"Event-Name":"CHANNEL_ANSWER","x":"a b","list":["a","b"],"a:b":"c","Content-Length":"4","_body":"body"}'
        )
        as_xml = (
            b"<event>\n  <headers>\n    <Event-Name>CHANNEL_ANSWER</Event-Name>\n    <x>a%20b</x>\n"
            b"    <list>ARRAY::a|:b</list>\n    <a:b>c</a:b>\n  </headers>\n"
            b"  <Content-Length>4</Content-Length>\n  <body>body</body>\n</event>\n"
        )
        server.says(event(plain), event(as_json, "json"), event(as_xml, "xml"))
        for _ in range(3):
            got = con.recvEvent()
            assert (got.getType(), got.getHeader("x"), got.getBody()) == ("CHANNEL_ANSWER", "a b", "body")
            assert (got.getHeader("list"), got.getHeader("a:b")) == ("ARRAY::a|:b", "c")

    def test_duplicates_and_oddities(self, pair: Pair) -> None:
        con, server = pair
        server.says(event(b"Event-Name: COMMAND\nx: 1\nEvent-Name: PRIVATE_COMMAND\nX: 2\ny: _undef_\nz: %FF\n\n"))
        got = con.recvEvent()
        assert (got.getType(), got.getHeader("Event-Name")) == ("PRIVATE_COMMAND", "PRIVATE_COMMAND")
        assert headers(got)[:2] == [("x", "1"), ("Event-Name", "PRIVATE_COMMAND")]
        assert (got.getHeader("x"), got.getHeader("y"), got.getHeader("z")) == ("1", "_undef_", "\udcff")
        server.says(event(b"Event-Name: NO_SUCH_NAME\n\n"), event(b'{"a":"1","b":', "json"))
        assert (con.recvEvent().getType(), con.recvEvent().getHeader("a")) == ("CUSTOM", "1")

    def test_other_frames_are_socket_data(self, pair: Pair) -> None:
        con, server = pair
        server.says(LOG, LINGER)
        line, notice = con.recvEvent(), con.recvEvent()
        assert (line.getType(), line.getBody(), line.getHeader("Log-Level")) == ("SOCKET_DATA", "line\n", "7")
        assert (notice.getHeader("Content-Disposition"), notice.getBody()) == ("linger", "")
        assert con.connected() == 1

    def test_what_comes_before_an_answer_comes_in_order_after_it(self, pair: Pair) -> None:
        con, server = pair
        events = [event(b"Event-Name: CUSTOM\nn: %d\n\n" % number) for number in range(5)]
        with answering(server, (b"api x\n\n", b"".join(events[:3]) + LOG + api(b"x") + b"".join(events[3:]))):
            assert con.api("x")
        got = [con.recvEvent() for _ in range(6)]
        assert [each.getHeader("n") for each in got] == ["0", "1", "2", None, "3", "4"]

    def test_timed(self, pair: Pair) -> None:
        con, server = pair
        assert con.recvEventTimed(1) is None
        server.says(b"Content-Length: 21\nContent-Type: text/event-plain\n\nEvent-Name:")
        began = time.monotonic()
        assert con.recvEventTimed(50) is None and time.monotonic() - began < 5
        server.says(b" CUSTOM\n\n\n")
        got = con.recvEventTimed(5000)
        assert got is not None and got.getType() == "CUSTOM"
        assert con.recvEventTimed(1) is None and con.connected() == 1

    def test_the_descriptor_tells_when_something_comes(self, pair: Pair) -> None:
        con, server = pair
        assert select.select([con.socketDescriptor()], [], [], 0)[0] == []
        server.says(event(b"Event-Name: CUSTOM\n\n"))
        assert select.select([con.socketDescriptor()], [], [], 10)[0]
        assert con.recvEventTimed(1) is not None
        server.ends()
        assert select.select([con.socketDescriptor()], [], [], 10)[0]
        assert con.recvEvent().getType() == "SERVER_DISCONNECTED" and con.socketDescriptor() == -1


class TestEnd:
    @pytest.mark.parametrize(
        "end", [NOTICE, b"", b"Content-Length: 100\nContent-Type: text/event-plain\n\nEvent-", b"Content-Length: x\n\n"]
    )
    def test_it_comes_after_all_else(self, end: bytes) -> None:
        con, server = connected()
        server.says(event(b"Event-Name: CUSTOM\n\n") * 2 + end)
        server.ends()
        time.sleep(0.02)
        seen = []
        while con.connected():
            seen.append(con.recvEvent().getType())
        assert seen == ["CUSTOM", "CUSTOM", "SERVER_DISCONNECTED"]
        dead(con)

    def test_in_the_middle_of_a_command(self) -> None:
        con, server = connected()
        with answering(server, (b"api x\n\n", event(b"Event-Name: CUSTOM\n\n") + NOTICE)):
            assert con.api("x") is None
        assert con.connected() == 0
        assert [con.recvEvent().getType() for _ in range(2)] == ["CUSTOM", "SERVER_DISCONNECTED"]
        server.ends()

    def test_exit(self) -> None:
        con, server = connected()
        with answering(server, (b"exit\n\n", reply("+OK bye") + NOTICE)):
            answer = con.sendRecv("exit")
        assert answer is not None and answer.getHeader("Reply-Text") == "+OK bye"
        assert con.recvEvent().getType() == "SERVER_DISCONNECTED"
        dead(con)
        server.ends()

    def test_disconnect_drops_what_has_come(self, pair: Pair) -> None:
        con, server = pair
        with answering(server, (b"api x\n\n", event(b"Event-Name: CUSTOM\n\n") + api(b"x"))):
            con.api("x")
        assert con.disconnect() == 0
        dead(con)
        assert server.sock.recv(10) == b""

    def test_nobody_listens_any_more(self) -> None:
        con, server = connected()
        server.ends()
        for _ in range(20):
            con.send("noevents")
            time.sleep(0.005)
        assert con.send("noevents") == 1
        dead(con)

    def test_an_object_that_goes_closes_its_socket(self) -> None:
        con, server = connected()
        del con
        gc.collect()
        assert server.sock.recv(10) == b""
        server.ends()


class TestOutbound:
    def attach(self, said: bytes = CONNECTED) -> tuple[ESLconnection, Server, socket.socket]:
        mine, other = socket.socketpair()
        server = Server(other)
        with answering(server, (b"connect\n\n", said)):
            con = ESLconnection(mine.fileno())
        return con, server, mine

    def test_the_channels_data(self) -> None:
        con, server, mine = self.attach()
        with mine, server.sock:
            info = con.getInfo()
            assert con.connected() == 1 and info is not None and info.getType() == "SOCKET_DATA"
            assert (info.getHeader("unique-id"), info.getHeader("variable_x")) == ("u1", "a b")
            assert (info.getHeader("variable_l"), info.getHeader("variable_l", 1)) == ("ARRAY::1|:2", "2")
            assert (info.getHeader("Reply-Text"), info.getHeader("Event-Name")) == ("+OK\n", "SOCKET_DATA")
            assert headers(con.getInfo()) == headers(info)
            wire = b"sendmsg\ncall-command: execute\nexecute-app-name: answer\n\n"
            with answering(server, (wire, reply("+OK")), (b"myevents\n\n", reply("+OK Events Enabled"))):
                assert con.execute("answer", "") and con.sendRecv("myevents")
            con.disconnect()
            assert con.getInfo() is None

    def test_the_callers_socket_remains_the_callers(self) -> None:
        con, server, mine = self.attach()
        with mine, server.sock:
            assert con.socketDescriptor() != mine.fileno()
            con.disconnect()
            assert server.sock.recv(10) == b""
            assert mine.fileno() > 0 and os.fstat(mine.fileno())

    @pytest.mark.parametrize("default", [None, 5.0])
    @pytest.mark.parametrize("blocks", [True, False])
    def test_the_callers_socket_stays_as_it_is(self, blocks: bool, default: float | None) -> None:
        mine, other = socket.socketpair()
        socket.setdefaulttimeout(default)
        try:
            os.set_blocking(mine.fileno(), blocks)
            server = Server(other)
            with mine, other:
                with answering(server, (b"connect\n\n", CONNECTED), (b"api version\n\n", api(b"x"))):
                    con = ESLconnection(mine.fileno())
                    assert os.get_blocking(mine.fileno()) is blocks
                    answer = con.api("version")
                assert answer is not None and answer.getBody() == "x" and con.recvEventTimed(1) is None
                assert os.get_blocking(mine.fileno()) is blocks
                con.disconnect()
        finally:
            socket.setdefaulttimeout(None)

    def test_without_full_the_server_would_refuse(self) -> None:
        con, server, mine = self.attach(CONNECTED.replace(b"Control: full", b"Control: single-channel"))
        with mine, server.sock:
            answer = con.api("status")
            assert answer is not None and answer.getHeader("Reply-Text") == "-ERR command not found"
            assert con.events("plain", "ALL") == 0 and con.connected() == 1
            con.disconnect()

    def test_a_reply_that_the_server_has_broken(self) -> None:
        """Each call gets its own answer, that to the next command among them."""
        con, server, mine = self.attach()
        with mine, server.sock:
            broken = b"Content-Type: command/reply\nx y"
            with answering(server, (b"getvar t\n\n", broken + event(b"Event-Name: CUSTOM\n\n"))):
                answer = con.sendRecv("getvar t")
            assert answer is not None and answer.getHeader("Reply-Text") is None
            with answering(server, (b"api uuid_getvar u1 t\n\n", api(b"~x y"))):
                whole = con.api("uuid_getvar", "u1 t")
            assert whole is not None and whole.getBody() == "~x y"
            assert con.recvEvent().getType() == "CUSTOM"
            con.disconnect()

    def test_failure(self) -> None:
        mine, other = socket.socketpair()
        with mine:
            other.close()
            dead(ESLconnection(mine.fileno()))

    def test_what_is_no_socket(self) -> None:
        files = open_files()
        with open(os.devnull) as file:
            dead(ESLconnection(file.fileno()))
            assert open_files() == files + 1
        dead(ESLconnection(-1))


def waits(thread: threading.Thread) -> bool:
    """Whether a thread waits for what a connection brings."""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None and frame.f_code is not SharedReader.wait.__code__:
        frame = frame.f_back
    return frame is not None


class TestThreads:
    def test_a_command_while_another_thread_waits_for_events(self, pair: Pair) -> None:
        con, server = pair
        got: list[str] = []
        waiting = threading.Thread(target=lambda: got.append(con.recvEvent().getType()))
        waiting.start()
        time.sleep(0.02)
        with answering(server, (b"api x\n\n", api(b"x"))):
            answer = con.api("x")
        assert answer is not None and answer.getBody() == "x" and not got
        server.says(event(b"Event-Name: HEARTBEAT\n\n"))
        waiting.join(10)
        assert got == ["HEARTBEAT"]

    def test_disconnecting_frees_those_who_wait(self, pair: Pair) -> None:
        con, _ = pair
        got: list[object] = []
        waiting = [
            threading.Thread(target=lambda: got.append(con.recvEvent().getType())),
            threading.Thread(target=lambda: got.append(con.recvEventTimed(60000))),
            threading.Thread(target=lambda: got.append(con.api("x"))),
        ]
        for thread in waiting:
            thread.start()
        until(lambda: all(waits(thread) for thread in waiting))
        con.disconnect()
        for thread in waiting:
            thread.join(10)
            assert not thread.is_alive()
        assert sorted(map(str, got)) == ["None", "None", "SERVER_DISCONNECTED"]

    def test_a_server_that_does_not_read_before_it_has_been_read(self, pair: Pair) -> None:
        con, server = pair
        flood = event(b"Event-Name: CUSTOM\n\n" + b"x" * 1000) * 20_000
        argument = "y" * 9_000_000
        with answering(server, (b"ap", flood), (f"api echo {argument}\n\n".encode()[2:], reply("+OK"))):
            assert con.api("echo", argument) is not None
        for _ in range(20_000):
            assert con.recvEvent().getType() == "CUSTOM"

    def test_each_event_comes_to_one_of_them(self) -> None:
        con, server = connected()
        got: list[list[int]] = [[] for _ in range(4)]

        def listen(mine: list[int]) -> None:
            while number := con.recvEvent().getHeader("n"):
                mine.append(int(number))

        listening = [threading.Thread(target=listen, args=(mine,)) for mine in got]
        for thread in listening:
            thread.start()
        for start in range(0, 5000, 100):
            server.says(b"".join(event(b"Event-Name: CUSTOM\nn: %d\n\n" % n) for n in range(start, start + 100)))
        server.ends()
        for thread in listening:
            thread.join(10)
            assert not thread.is_alive()
        assert sorted(sum(got, [])) == list(range(5000)) and all(mine == sorted(mine) for mine in got)
        assert con.connected() == 0

    def test_each_gets_its_own_answer(self) -> None:
        with Switch() as switch:
            con = ESLconnection(switch.host, switch.port, "ClueCon")
            con.events("plain", "HEARTBEAT")
            wrong: list[tuple[str, str | None]] = []
            events: list[str | None] = []

            def ask(name: str) -> None:
                for number in range(200):
                    answer = con.api("echo", f"{name} {number}")
                    got = None if answer is None else answer.getBody()
                    if got != f"{name} {number}":
                        wrong.append((name, got))

            def listen() -> None:
                while (event := con.recvEvent()).getType() != "SERVER_DISCONNECTED":
                    events.append(event.getHeader("n"))

            asking = [threading.Thread(target=ask, args=(name,)) for name in "abcd"]
            listening = threading.Thread(target=listen)
            for thread in [*asking, listening]:
                thread.start()
            for number in range(200):
                switch.fire("HEARTBEAT", {"n": number})
            for thread in asking:
                thread.join(30)
            con.api("echo last")
            con.sendRecv("exit")
            listening.join(10)
            assert not wrong and events == [str(number) for number in range(200)]


def test_logging_hides_passwords(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("esl_proto.ESL")
    try:
        eslSetLogLevel(7)
        con, server = connected(b"")
        assert log.level == logging.DEBUG and len(log.handlers) == 1
        eslSetLogLevel(-1)
        eslSetLogLevel(4)
        assert log.level == logging.WARNING and len(log.handlers) == 1
        assert "ClueCon" not in capfd.readouterr().err + caplog.text
        con.disconnect()
    finally:
        log.handlers.clear()
        log.setLevel(logging.NOTSET)


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/dev/fd"))


def test_nothing_is_left_open(esl_switch: Switch) -> None:
    with listening() as (_, nobody):
        pass
    before = open_files()
    for number in range(50):
        con = ESLconnection(esl_switch.host, esl_switch.port, "ClueCon")
        assert con.api("echo", "x")
        if number % 2:
            con.disconnect()
        ESLconnection(esl_switch.host, esl_switch.port, "wrong")
        ESLconnection("127.0.0.1", nobody, "x")
        del con
    esl_switch.wait_for("auth", count=100)
    end = time.monotonic() + 10
    while esl_switch.connections and time.monotonic() < end:
        time.sleep(0.01)
    assert open_files() == before


class TestScripts:
    """What the scripts do that come with FreeSWITCH, and those that people write after them."""

    def test_one_command(self, esl_switch: Switch) -> None:
        esl_switch.api["show"] = "1 total.\n"
        con = ESLconnection(esl_switch.host, str(esl_switch.port), "ClueCon")
        assert con.connected  # type: ignore[truthy-function]
        answer = con.api("show channels")
        assert answer is not None and answer.getBody() == "1 total.\n"
        con.disconnect()

    def test_all_events_for_ever(self, esl_switch: Switch) -> None:
        con = ESLconnection(esl_switch.host, esl_switch.port, "ClueCon")
        con.events("plain", "all")
        esl_switch.fire("HEARTBEAT", {"Up-Time": "0 years"}, "a body")
        esl_switch.disconnect("shutdown")
        shown = []
        while con.connected():
            if event := con.recvEvent():
                shown.append(event.serialize())
        assert shown[0].startswith("Event-Name: HEARTBEAT\n") and shown[0].endswith("Content-Length: 6\n\na body")
        assert shown[1:] == ["Event-Name: SERVER_DISCONNECTED\n\n"]

    def test_polling_with_other_work(self, esl_switch: Switch) -> None:
        con = ESLconnection(esl_switch.host, esl_switch.port, "ClueCon")
        con.events("json", "CUSTOM my::event")
        con.filter("n", "2")
        for number in range(4):
            esl_switch.fire("CUSTOM", {"n": number}, subclass="my::event")
        got = []
        while (event := con.recvEventTimed(200)) is not None:
            got.append((event.getHeader("Event-Subclass"), event.getHeader("n")))
        assert got == [("my::event", "2")]
        con.disconnect()

    def test_a_call_and_its_job(self, esl_switch: Switch) -> None:
        con = ESLconnection(esl_switch.host, esl_switch.port, "ClueCon")
        con.events("plain", "BACKGROUND_JOB CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE")
        uuid = con.api("create_uuid")
        assert uuid is not None
        name = uuid.getBody()
        reply = con.bgapi("originate", f"{{origination_uuid={name}}}user/1000 &park()")
        assert reply is not None
        job = reply.getHeader("Job-UUID")
        done = con.recvEvent()
        assert (done.getHeader("Job-UUID"), done.getBody()) == (job, f"+OK {name}\n")
        con.execute("playback", "hello.wav", name)
        assert con.recvEvent().getHeader("Application-Response") == "FILE PLAYED"
        message = ESLevent("SEND_MESSAGE")
        message.addHeader("call-command", "hangup")
        message.addHeader("hangup-cause", "USER_BUSY")
        assert con.sendMSG(message, name) == 0
        while (event := con.recvEvent()).getType() != "CHANNEL_HANGUP_COMPLETE":
            pass
        assert event.getHeader("Hangup-Cause") == "USER_BUSY"
        con.disconnect()

    def test_a_threading_server_for_calls(self, esl_switch: Switch) -> None:
        said: list[str | None] = []

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                con = ESLconnection(self.request.fileno())
                info = con.getInfo()
                assert con.connected() and info is not None
                uuid = info.getHeader("unique-id")
                con.sendRecv("myevents")
                con.execute("answer", "", uuid)
                con.execute("playback", "hello.wav", uuid)
                said.append(info.getHeader("Caller-Caller-ID-Number"))
                while con.connected():
                    event = con.recvEvent()
                    if event.getType() == "CHANNEL_EXECUTE_COMPLETE":
                        said.append(event.getHeader("Application"))
                        if event.getHeader("Application") == "playback":
                            con.execute("hangup", "", uuid)
                    if event.getType() == "SERVER_DISCONNECTED":
                        con.disconnect()

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
            serving = threading.Thread(target=server.serve_forever)
            serving.start()
            try:
                address = f"127.0.0.1:{server.server_address[1]}"
                calls = [esl_switch.call(address, caller=str(number)) for number in range(3)]
                assert [call.wait() for call in calls] == ["NORMAL_CLEARING"] * 3
                assert all(call.executed[:2] == [("answer", ""), ("playback", "hello.wav")] for call in calls)
            finally:
                server.shutdown()
                serving.join()
        assert sorted(word for word in said if word and word.isdecimal()) == ["0", "1", "2"]
        assert said.count("answer") == said.count("playback") == 3


def test_the_socket_stays_while_a_thread_waits_for_room() -> None:
    ours, theirs = socket.socketpair()
    link = Link(ours, Connection.outbound())
    seen: list[int] = []

    def send() -> None:
        # More than the other side takes: it waits, and meets the end.
        seen.append(link.send(Command.connect()))
        seen.append(link.send(Command.sendevent("CUSTOM", {"Event-Subclass": "a"}, "x" * 8_000_000)))

    thread = threading.Thread(target=send)
    with theirs:
        thread.start()
        assert theirs.recv(9) == b"connect\n\n"
        assert theirs.recv(1)
        link.close()
        thread.join(10)
        assert not thread.is_alive() and seen == [True, False]
        assert link.fileno() == -1
