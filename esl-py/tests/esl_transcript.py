"""Drives every method of a module ESL against a switch, and prints what each returns.

    esl_transcript.py MODULE HOST PORT

MODULE is `esl_proto.ESL`, or `ESL`, FreeSWITCH's own. What differs from run to run (uuids, times) is not printed, and
nothing is done that ends the interpreter with the original. The switch must know the user bob@example.org, who may run
`version` only.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import socket
import sys
from typing import Any

ESL: Any
ADDRESS: tuple[str, str]
ABOUT_CALLS = "CHANNEL_ANSWER CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE BACKGROUND_JOB"
SHOWN = (*ABOUT_CALLS.split(), "CUSTOM", "SOCKET_DATA", "SERVER_DISCONNECTED")
TOLD = (
    "Event-Name",
    "Event-Subclass",
    "Unique-ID",
    "Job-UUID",
    "Job-Command",
    "Application",
    "Application-Data",
    "Application-Response",
    "Hangup-Cause",
    "variable_colour",
    "variable_list",
    "Content-Type",
    "Reply-Text",
    "no such header",
)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
uuids: dict[str, str] = {}


def show(what: str, result: object) -> None:
    """Prints one line; each uuid by its number, and no port."""
    text = re.sub(r"127\.0\.0\.1:\d+", "<address>", ascii(result))
    print(f"{what}: " + UUID.sub(lambda found: uuids.setdefault(found[0], f"<uuid {len(uuids) + 1}>"), text))


def headers(event: Any) -> list[tuple[str, str | None]]:
    """All headers, one by one."""
    found = []
    name = event.firstHeader()
    while name:
        found.append((name, event.getHeader(name)))
        name = event.nextHeader()
    return found


def whole(event: Any) -> object:
    """All that an event says."""
    return event and (event.getType(), headers(event), event.getBody())


def brief(event: Any) -> object:
    """What an event says that is the same in every run."""
    said = {name: event.getHeader(name) for name in TOLD if event.getHeader(name) is not None}
    return (event.getType(), said, event.getBody())


def connection() -> Any:
    return ESL.ESLconnection(*ADDRESS, "ClueCon")


def until(con: Any, *types: str) -> None:
    """Shows events to the first of one of these types."""
    while True:
        event = con.recvEvent()
        if event.getType() in SHOWN:
            show("recvEvent", brief(event))
        if event.getType() in (*types, "SERVER_DISCONNECTED"):
            return


def making_events() -> None:
    for arguments in (
        ("CUSTOM", "my::event"),
        ("custom",),
        ("HEARTBEAT", "my::event"),
        ("SWITCH_EVENT_HEARTBEAT",),
        ("no such event",),
        ("json", '{"Event-Name":"CUSTOM","list":["1","2"],"a":"\\u017c","_body":"text"}'),
    ):
        show(f"ESLevent{arguments}", whole(ESL.ESLevent(*arguments)))
    event = ESL.ESLevent("CUSTOM", "my::event")
    added = (("Foo", "one"), ("foo", "two"), ("Bar", "ARRAY::a|:b"), ("Gone", "x"), ("Gone", ""), ("n", "%"))
    for name, value in added:
        show(f"addHeader({name}, {value})", event.addHeader(name, value))
    for value in ("1", "2", "3"):
        show(f"pushHeader({value})", event.pushHeader("list", value))
    for index in (-1, 0, 2, 3):
        show(f"getHeader(list, {index})", event.getHeader("list", index))
    show("getHeader, in any case", (event.getHeader("FOO"), event.getHeader("BAR"), event.getHeader("nothing")))
    show("delHeader", (event.delHeader("foo"), event.delHeader("nothing"), event.getHeader("Foo")))
    show("addHeader of an item", event.addHeader("list[1]", "new"))
    show("its item", event.getHeader("list", 1))
    show("its text", event.getHeader("list"))
    show("unshiftHeader", (event.unshiftHeader("list", "0"), event.getHeader("list", 0)))
    show("addBody", (event.addBody("two\nlines"), event.getBody(), event.getHeader("_body")))
    show("headers", headers(event))
    event = ESL.ESLevent("CUSTOM", "my::event")
    event.addHeader("Foo", "a b&c")
    event.pushHeader("list", "1")
    event.pushHeader("list", "2")
    event.addBody("body")
    for format in (None, "text", "json", "JSON"):
        show(f"serialize({format})", event.serialize(format))
    event.addHeader("Foo", "\u017c")
    show("serialize, beyond ASCII", "%C5%BC" in event.serialize())
    show("setPriority", event.setPriority())
    show("its header", event.getHeader("priority"))
    other = ESL.ESLevent(event)
    show("ESLevent(event)", (other.getType(), event.getType(), event.getHeader("Foo"), event.getBody()))
    show("what is left", (event.serialize(), event.addHeader("a", "b"), event.delHeader("a"), event.firstHeader()))


def connecting() -> None:
    con = ESL.ESLconnection(*ADDRESS, "wrong")
    show("wrong password", (con.connected(), con.socketDescriptor()))
    con = ESL.ESLconnection(ADDRESS[0], "1", "ClueCon")
    show("nobody there", (con.connected(), con.socketDescriptor()))
    con = ESL.ESLconnection(*ADDRESS, "bob@example.org", "word")
    show("as a user", (con.connected(), con.socketDescriptor() >= 0, con.getInfo()))
    show("what he may", con.api("version", "short").getBody())
    show("what he may not", whole(con.api("status")))
    show("disconnect", (con.disconnect(), con.disconnect(), con.connected(), con.socketDescriptor()))
    con = ESL.ESLconnection(ADDRESS[0], int(ADDRESS[1]), "ClueCon")
    show("with a number", (con.connected(), con.disconnect()))


def commands() -> None:
    con = connection()
    show("api", whole(con.api("version")))
    show("api with an argument", whole(con.api("echo", "one two  \u017c")))
    show("api that is not there", whole(con.api("nosuch")))
    show("api with an empty argument", whole(con.api("echo", "")))
    show("bgapi", whole(con.bgapi("echo", "x")))
    show("bgapi with a name", whole(con.bgapi("echo", "x", "my job")))
    show("bgapi alone", whole(con.bgapi("status")))
    for command in ("noevents", "event plain CUSTOM a::b\n", "nixevent CUSTOM a::b\n\n", "nosuch", "log 3", "nolog"):
        show(f"sendRecv({command!r})", whole(con.sendRecv(command)))
    show("events", [con.events(kind, "HEARTBEAT") for kind in ("plain", "json", "xml", "other")])
    show("filter", whole(con.filter("Unique-ID", "x")))
    show("filter delete", whole(con.filter("delete", "Unique-ID")))
    words = ("1", "false", "TRUE", "yes", "on", "0", "no", "enabled", "active", "allow", "12x", "")
    show("setAsyncExecute", [con.setAsyncExecute(word) for word in words])
    show("setEventLock", [con.setEventLock(word) for word in words])
    show("execute on nothing", whole(con.execute("answer", "", "no-such-uuid")))
    show("executeAsync on nothing", whole(con.executeAsync("answer", "", "no-such-uuid")))
    show("sendMSG to nothing", con.sendMSG(ESL.ESLevent("SEND_MESSAGE"), "no-such-uuid"))
    show("getInfo", con.getInfo())
    show("recvEventTimed", con.recvEventTimed(1))
    con.disconnect()


def sending_events() -> None:
    con, listener = connection(), connection()
    listener.events("plain", "CUSTOM my::event")
    sent = ESL.ESLevent("CUSTOM", "my::event")
    sent.addHeader("variable_colour", "red: 100%")
    sent.pushHeader("variable_list", "1")
    sent.pushHeader("variable_list", "2")
    sent.addBody("line1\nline2")
    show("sendEvent", con.sendEvent(sent).getHeader("Reply-Text"))
    until(listener, "CUSTOM")
    listener.events("xml", "CUSTOM my::event")
    con.sendEvent(sent)
    event = listener.recvEvent()
    show("in xml", (event.getType(), event.getHeader("variable_colour"), event.getBody().count("</event>")))
    show("send", con.send("api echo late"))
    show("its answer", whole(con.recvEvent()))
    con.disconnect()
    listener.disconnect()


def a_call(format: str = "plain") -> None:
    con = connection()
    con.events(format, ABOUT_CALLS)
    uuid = con.api("create_uuid").getBody()
    job = con.bgapi("originate", f"{{origination_uuid={uuid},colour=red}}user/1000 &park()")
    show("bgapi", (job.getType(), headers(job), job.getHeader("Job-UUID") is not None))
    until(con, "BACKGROUND_JOB")
    show("execute", whole(con.execute("set", "list=ARRAY::a|:b", uuid)))
    until(con, "CHANNEL_EXECUTE_COMPLETE")
    show("executeAsync", whole(con.executeAsync("playback", "hello.wav", uuid)))
    until(con, "CHANNEL_EXECUTE_COMPLETE")
    con.setEventLock("1")
    show("execute with a lock", whole(con.execute("set", "colour=green", uuid)))
    until(con, "CHANNEL_EXECUTE_COMPLETE")
    message = ESL.ESLevent("SEND_MESSAGE")
    message.addHeader("call-command", "hangup")
    message.addHeader("hangup-cause", "USER_BUSY")
    show("sendMSG", con.sendMSG(message, uuid))
    until(con, "CHANNEL_HANGUP_COMPLETE")
    show("recvEventTimed", con.recvEventTimed(50))
    show("exit", whole(con.sendRecv("exit")))
    until(con, "SERVER_DISCONNECTED")
    show("connected", (con.connected(), con.socketDescriptor()))


def a_call_in_json() -> None:
    a_call("json")


def a_call_that_comes_here() -> None:
    con = connection()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        con.bgapi("originate", f"{{colour=red}}user/1000 '&socket(127.0.0.1:{port} async full)'")
        accepted, _ = listener.accept()
    try:
        call = ESL.ESLconnection(accepted.fileno())
        info = call.getInfo()
        show("getInfo", [info.getType(), *map(info.getHeader, ("variable_colour", "Control", "Reply-Text"))])
        uuid = info.getHeader("unique-id")
        show("myevents", whole(call.sendRecv("myevents")))
        show("linger", whole(call.sendRecv("linger 1")))
        show("execute", whole(call.execute("answer")))
        until(call, "CHANNEL_EXECUTE_COMPLETE")
        show("execute with a uuid", whole(call.execute("playback", "hello.wav", uuid)))
        until(call, "CHANNEL_EXECUTE_COMPLETE")
        show("getvar", whole(call.sendRecv("getvar colour")))
        show("hangup", whole(call.execute("hangup", "USER_BUSY")))
        until(call, "CHANNEL_HANGUP_COMPLETE")
        call.disconnect()
        show("disconnected", (call.connected(), call.getInfo()))
    finally:
        with contextlib.suppress(OSError):  # The original has closed it.
            accepted.close()
    con.disconnect()


def main() -> None:
    global ESL, ADDRESS
    ESL = importlib.import_module(sys.argv[1])
    ADDRESS = (sys.argv[2], sys.argv[3])
    for part in (making_events, connecting, commands, sending_events, a_call, a_call_in_json, a_call_that_comes_here):
        print(f"# {part.__name__}")
        uuids.clear()
        part()


if __name__ == "__main__":
    main()
