"""Draws the pictures of the pages into docs/pictures: what is in the code is read from the code.

    draw.py           draws them
    draw.py --check   fails if one of them is not as it would be drawn now

The picture of the monitor is made by monitor.py, from a run of it.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from svg import Picture

ROOT = Path(__file__).resolve().parents[2]
THERE = ROOT / "docs/pictures"


def directions() -> str:
    """Who connects to whom."""
    p = Picture(760, 300, "Inbound and outbound connections")
    for x, name, who, first in (
        (20, "Inbound", "your program connects", "FreeSWITCH asks for a password"),
        (395, "Outbound", "FreeSWITCH connects, once for each call", "your program sends connect"),
    ):
        p.text(x, 34, name, bold=True, size=17)
        p.text(x, 56, who, ink="soft")
        p.text(x, 284, f"First: {first}.", ink="soft", size=13)
    p.box(20, 90, 120, 150, "Your program", fill="ours", ink="on")
    p.box(235, 90, 120, 150, "FreeSWITCH", "port 8021")
    p.line([(140, 112), (233, 112)], ink="ours")
    p.text(187, 105, "connects", anchor="middle", size=12, ink="soft")
    p.line([(140, 152), (233, 152)])
    p.text(187, 146, "commands", anchor="middle", size=12, ink="soft")
    p.line([(235, 192), (142, 192)])
    p.text(187, 186, "answers", anchor="middle", size=12, ink="soft")
    p.line([(235, 222), (142, 222)])
    p.text(187, 216, "all events", anchor="middle", size=12, ink="soft")
    p.box(395, 90, 100, 62, "Caller")
    p.box(395, 178, 100, 62, "Caller")
    p.box(527, 90, 98, 150, "FreeSWITCH", "dialplan:", "socket")
    p.box(690, 90, 60, 62, "Yours", fill="ours", ink="on")
    p.box(690, 178, 60, 62, "Yours", fill="ours", ink="on")
    for y in (121, 209):
        p.line([(495, y), (525, y)])
        p.line([(625, y), (688, y)], ink="warm")
    p.text(655, 114, "one call", anchor="middle", size=12, ink="soft")
    p.text(655, 202, "one call", anchor="middle", size=12, ink="soft")
    return p.done()


def sans_io() -> str:
    """The loop of a program on the core."""
    p = Picture(760, 270, "The loop around a protocol without I/O")
    p.box(20, 95, 130, 90, "Your socket", "blocking, epoll,", "asyncio, TLS")
    p.box(310, 55, 180, 170, "esl-proto", "bytes in, messages out;", "commands in, bytes out.", "No socket, no clock,", "no thread, no heap", fill="ours", ink="on")
    p.box(620, 95, 120, 90, "Your program", "the application")
    p.line([(150, 110), (308, 110)])
    p.text(229, 102, "received bytes", anchor="middle", size=12, ink="soft")
    p.line([(310, 170), (152, 170)])
    p.text(231, 190, "bytes to send", anchor="middle", size=12, ink="soft")
    p.line([(490, 110), (618, 110)])
    p.text(554, 102, "events, answers", anchor="middle", size=12, ink="soft")
    p.line([(620, 170), (492, 170)])
    p.text(556, 190, "commands", anchor="middle", size=12, ink="soft")
    p.text(380, 32, "read → ready? → next → send → write → read", anchor="middle", mono=True, size=14)
    p.text(380, 254, "A test replaces the left box with a literal: no sockets, no waiting, the same result every time.", anchor="middle", ink="soft", size=13)
    return p.done()


def states() -> str:
    """The phases of a client, from the table in the code."""
    source = (ROOT / "esl-proto/src/client/state.rs").read_text(encoding="utf-8")
    rows = re.findall(r"\(Phase::(\w+), Input::(\w+), Phase::(\w+)\)", source)
    words = dict(re.findall(r"///\s*(.*)\n\s{4}(\w+),", source))
    words = {name: doc for doc, name in words.items()}
    places = {"Opening": (30, 60), "Authenticating": (290, 60), "Open": (560, 60), "Refused": (290, 210), "Ended": (560, 330)}
    known = {name for row in rows for name in (row[0], row[2])}
    assert known == set(places), f"a phase without a place: {known ^ set(places)}"
    width, height = 170, 56
    p = Picture(760, 400, "The phases of a client's connection")
    p.text(30, 34, "All changes of phase, from the table in client/state.rs", ink="soft", size=13)
    notes = {
        ("Opening", "AuthSent"): ([(200, 80), (288, 80)], (244, 72), "middle"),
        ("Opening", "ConnectSent"): ([(115, 116), (115, 165), (615, 165), (615, 118)], (215, 158), "middle"),
        ("Opening", "Refused"): ([(80, 116), (80, 238), (288, 238)], (180, 231), "middle"),
        ("Opening", "Ended"): ([(50, 116), (50, 370), (558, 370)], (180, 363), "middle"),
        ("Authenticating", "Accepted"): ([(460, 80), (558, 80)], (509, 72), "middle"),
        ("Authenticating", "Refused"): ([(345, 116), (345, 208)], (352, 194), "start"),
        ("Authenticating", "Ended"): ([(420, 116), (420, 142), (520, 142), (520, 350), (558, 350)], (470, 136), "middle"),
        ("Open", "Refused"): ([(590, 116), (590, 225), (462, 225)], (484, 218), "start"),
        ("Open", "Ended"): ([(680, 116), (680, 328)], (690, 230), "start"),
        ("Refused", "Ended"): ([(400, 266), (400, 342), (558, 342)], (415, 334), "start"),
    }
    for start, on, end in rows:
        points, (x, y), anchor = notes[start, on]
        p.line(points, ink="line" if end == "Ended" else "bad" if end == "Refused" else "good")
        p.text(x, y, on, anchor=anchor, size=12, ink="soft", mono=True)
    for name, (x, y) in places.items():
        p.box(x, y, width, height, name, fill="ours" if name == "Open" else "box", ink="on" if name == "Open" else "ink")
    return p.done()


def outbound_call() -> str:
    """An outbound call, from the dialplan to its end."""
    p = Picture(760, 540, "An outbound call as a sequence")
    lanes = {"Caller": 90, "FreeSWITCH": 380, "Your program": 670}
    for name, x in lanes.items():
        p.line([(x, 60), (x, 520)], head=False, dashed=True)
        p.box(x - 65, 20, 130, 38, name, fill="ours" if name == "Your program" else "box", ink="on" if name == "Your program" else "ink")
    a, f, y = lanes.values()
    steps = [
        (a, f, "calls 9000", "line"),
        (f, y, "TCP: application socket, async full", "warm"),
        (y, f, "connect", "ours"),
        (f, y, "the channel's data", "line"),
        (y, f, "myevents · linger · answer", "ours"),
        (f, a, "answers", "line"),
        (y, f, "execute play_and_get_digits (named 7)", "ours"),
        (f, a, "plays a prompt", "line"),
        (a, f, "types 1 2 3 4", "line"),
        (f, y, "CHANNEL_EXECUTE_COMPLETE (7)", "line"),
        (y, f, "execute bridge user/1000", "ours"),
        (a, f, "hangs up", "line"),
        (f, y, "CHANNEL_HANGUP_COMPLETE, lingering notice", "line"),
        (y, f, "exit", "ours"),
    ]
    for at, (begin, end, words, ink) in enumerate(steps):
        top = 92 + at * 31
        side = 6 if end > begin else -6
        p.line([(begin, top), (end - side / 2, top)], ink=ink)
        p.text((begin + end) / 2, top - 6, words, anchor="middle", size=12)
    return p.done()


def layers() -> str:
    """The layers, bottom up."""
    p = Picture(760, 500, "The layers: each uses those below it")
    rows = [
        (20, [("Rust: esl-tokio", "sockets and wakers", 150), ("C: esl-ffi", "esl_proto.h", 120), ("C++", "esl_proto.hpp", 120), ("Python: esl-py", "aio, sync, ESL, testing", 180), ("esl-sim", "the simulated switch", 130)]),
        (120, [("session", "waits, subscriptions", 220), ("calls", "a table of channels", 220), ("dial, command::app", "arguments, written for their parsers", 260)]),
        (220, [("client · Connection", "one connection to a server", 350), ("server", "FreeSWITCH's listener", 350)]),
        (300, [("message", "what a frame means", 230), ("command", "what a client sends", 230), ("event", "plain, JSON, XML: one view", 220)]),
        (380, [("frame", "heads, bodies, any split", 230), ("text", "values and their encoding", 230), ("name", "FreeSWITCH's words", 220)]),
        (445, [("scan", "finding bytes: SSE2, NEON, portable", 720)]),
    ]
    for top, boxes in rows:
        x = 20
        gap = (720 - sum(width for *_, width in boxes)) / max(len(boxes) - 1, 1)
        for name, words, width in boxes:
            height = 46 if top == 445 else 56
            p.box(x, top, width, height, name, words, fill="ours" if top >= 120 else "box", ink="on" if top >= 120 else "ink", size=13)
            x += width + gap
    p.text(20, 98, "bindings and clients: no knowledge of the wire format", ink="soft", size=12)
    p.text(740, 98, "with their own allocator and clocks", ink="soft", size=12, anchor="end")
    p.text(20, 198, "esl-proto: session and calls need the feature alloc; nothing else allocates", ink="soft", size=12)
    p.text(740, 198, "no std, no I/O, no clock, no panic", ink="soft", size=12, anchor="end")
    return p.done()


def peers() -> str:
    """CPU time for an event, beside other clients: the table of docs/speed.md on a linear scale."""
    page = (ROOT / "docs/speed.md").read_text(encoding="utf-8")
    table = page[page.index("| client | to a bare read") :]
    table = table[: table.index("\n\n")]
    rows = []
    for line in table.splitlines()[2:]:
        name, cost = (cell.strip() for cell in line.split("|")[1:3])
        rows.append((name, float(cost)))
    about = re.search(r"^<!-- plot: (.*) -->$", page, re.M)
    assert about, "docs/speed.md does not say when and where it was measured"
    most, left, width, row = max(cost for _, cost in rows), 260, 430, 27
    p = Picture(760, 96 + row * len(rows), "CPU time for an event and three look-ups, to a bare read of the same stream")
    p.text(16, 30, "CPU time for an event and three look-ups, to a bare read of the same stream", bold=True, size=16)
    p.text(16, 50, "linear scale; shorter is better", ink="soft", size=12)
    for at, (name, cost) in enumerate(rows):
        y = 62 + at * row
        ours = name.startswith(("esl-proto", "esl-tokio", "esl_proto"))
        p.text(left - 10, y + 16, name, anchor="end", size=13, bold=ours)
        p.bar(left, y + 3, max(cost / most * width, 1), row - 8, "ours" if ours else "line")
        p.text(left + cost / most * width + 7, y + 16, f"{cost:.3g}", size=13)
    p.text(16, 82 + row * len(rows), about[1], ink="soft", size=11)
    return p.done()


def scale() -> str:
    """How the cost of a unit grows with their number: the table of docs/speed.md, each row on a logarithmic scale of its own."""
    page = (ROOT / "docs/speed.md").read_text(encoding="utf-8")
    table = page[page.index("| cost of a unit") :]
    table = table[: table.index("\n\n")]
    rows = []
    for line in table.splitlines()[2:]:
        name, *ratios = (cell.strip() for cell in line.strip("|").split("|"))
        rows.append((name, [float(ratio.strip("*")) for ratio in ratios]))
    about = re.search(r"^<!-- growth: (.*) -->$", page, re.M)
    assert about, "docs/speed.md does not say when and where growth was measured"
    left, step, height = 540, 58, 34
    p = Picture(860, 106 + height * len(rows), "How cost grows: of one unit, at 1 to 1 000 times as many, to that at the first")
    p.text(16, 30, "How cost grows: that of one unit, to that of the first", bold=True, size=16)
    p.text(16, 50, "level or falling: linear growth or less; logarithmic, a band is from 1/8 to 8 times", ink="soft", size=12)
    for at, times in enumerate(("× 1", "× 10", "× 100", "× 1 000")):
        p.text(left + at * step, 70, times, anchor="middle", size=12, ink="soft")
    for at, (name, ratios) in enumerate(rows):
        middle = 94 + at * height
        places = [middle - max(-3, min(3, math.log2(ratio))) * (height - 8) / 6 for ratio in ratios]
        points = [(left + place * step, y) for place, y in enumerate(places)]
        p.text(left - 26, middle + 4, name, anchor="end", size=11)
        p.line([(left, middle), (left + 3 * step, middle)], dashed=True, head=False)
        p.line(points, ink="warm" if ratios[-1] > 2 else "ours", head=False)
        p.text(left + 3 * step + 14, middle + 4, f"{ratios[-1]:.2g}", size=12)
    p.text(16, 96 + height * len(rows), about[1], ink="soft", size=11)
    return p.done()


def records() -> str:
    """How the call records are put together."""
    p = Picture(760, 300, "The call records: from the switch to the database")
    p.box(20, 60, 130, 70, "Switch", "its own queue")
    p.box(20, 190, 130, 70, "Switch", "any number")
    p.box(240, 40, 290, 240, "", fill="box")
    p.text(385, 62, "records.py", anchor="middle", bold=True)
    p.box(260, 80, 110, 60, "Stream", "2000 events,", "then it waits", fill="ours", ink="on", size=13)
    p.box(400, 80, 110, 60, "Writer", "2000 rows,", "then it waits", fill="ours", ink="on", size=13)
    p.box(260, 190, 250, 60, "Comparison", "at the start, after a gap, every 10 minutes", size=13)
    p.box(620, 80, 120, 60, "Database", "SQLite or", "PostgreSQL")
    p.line([(150, 95), (258, 105)])
    p.text(196, 92, "events", anchor="middle", size=12, ink="soft")
    p.line([(150, 225), (258, 125)])
    p.line([(370, 110), (398, 110)])
    p.line([(510, 110), (618, 110)])
    p.text(565, 102, "transactions", anchor="middle", size=12, ink="soft")
    p.line([(258, 240), (152, 240)], dashed=True)
    p.text(205, 256, "current state?", anchor="middle", size=12, ink="soft")
    p.line([(455, 188), (455, 142)], dashed=True)
    p.text(466, 170, "losses", size=12, ink="soft")
    p.text(20, 294, "During a database outage, events wait in the writer, the stream, and finally the switch's own queue.", ink="soft", size=12)
    return p.done()


def bridge() -> str:
    """How events come to many machines."""
    p = Picture(760, 330, "The bridge: events to many machines, commands back")
    for y, name in ((60, "Switch east"), (180, "Switch west")):
        p.box(20, y, 110, 60, name)
    p.box(200, 90, 110, 70, "bridge.py", "leads", fill="ours", ink="on")
    p.box(200, 200, 110, 50, "bridge.py", "standby", size=13)
    p.box(380, 40, 170, 270, "")
    p.text(465, 64, "Redis or Valkey", anchor="middle", bold=True)
    for at, name in enumerate(("esl:events:0", "esl:events:1", "...", "esl:events:7")):
        p.box(400, 78 + at * 34, 130, 28, name, size=12)
    p.box(400, 222, 130, 32, "esl:requests:east", size=12)
    p.box(400, 262, 130, 32, "esl:answer:ID", size=12)
    for y, name in ((60, "Worker"), (140, "Worker"), (220, "Asks")):
        p.box(630, y, 110, 56, name, "any machine", size=13)
    p.line([(130, 90), (198, 115)])
    p.line([(130, 205), (198, 140)])
    p.line([(310, 115), (398, 100)], ink="ours")
    p.line([(310, 130), (398, 165)], ink="ours")
    p.text(352, 96, "batches", anchor="middle", size=12, ink="soft")
    p.line([(530, 92), (628, 85)])
    p.line([(530, 126), (628, 95)])
    p.line([(530, 194), (628, 168)])
    p.line([(630, 240), (532, 240)], ink="warm")
    p.line([(530, 278), (628, 262)], ink="warm")
    p.line([(398, 240), (312, 150)], ink="warm", dashed=True)
    p.text(20, 322, "A channel's events are in one stream, in order. A stream is read by one worker of a group at a time.", ink="soft", size=12)
    return p.done()


def wallboard() -> str:
    """How the wallboard is put together."""
    p = Picture(760, 190, "The wallboard: from the switches to the pages")
    for y, name in ((20, "Switch east"), (100, "Switch west")):
        p.box(20, y, 110, 60, name)
    p.box(230, 20, 120, 60, "Calls", "current state", size=13)
    p.box(230, 100, 120, 60, "Calls", "current state", size=13)
    p.box(440, 55, 110, 70, "Server", "one text", "for all pages", fill="ours", ink="on", size=13)
    p.box(640, 20, 100, 60, "Page", "text only")
    p.box(640, 100, 100, 60, "Page", "text only")
    for y in (50, 130):
        p.line([(130, y), (228, y)])
        p.text(180, y - 8, "events", anchor="middle", size=12, ink="soft")
        p.line([(350, y), (438, 90)])
        p.line([(550, 90), (638, y)], ink="ours")
    p.text(594, 40, "server-sent", anchor="middle", size=12, ink="soft")
    p.text(20, 184, "After a gap, the server's list of channels corrects the page.", ink="soft", size=12)
    return p.done()


def limits() -> str:
    """How workers agree on limits."""
    p = Picture(760, 220, "Limits: workers on any machine, one count")
    p.box(20, 40, 120, 130, "FreeSWITCH", "dialplan:", "socket", "async full")
    for y in (30, 120):
        p.box(240, y, 130, 60, "limits.py", "any machine", fill="ours", ink="on", size=13)
        p.line([(140, 105), (238, y + 30)])
        p.line([(370, y + 24), (478, y + 24 if y == 30 else y + 6)], ink="ours")
    p.text(188, 60, "calls", anchor="middle", size=12, ink="soft")
    p.box(480, 20, 260, 170, "")
    p.text(610, 44, "Redis or Valkey", anchor="middle", bold=True)
    p.box(500, 58, 220, 32, "slots of user/1001: 1 of 1", size=12)
    p.box(500, 98, 220, 32, "slots of sofia/gateway/a: 17 of 30", size=12)
    p.box(500, 138, 220, 32, "queue sales: 3 waiting, in order", size=12)
    p.text(424, 46, "take", anchor="middle", size=12, ink="soft")
    p.text(424, 166, "renew, give", anchor="middle", size=12, ink="soft")
    p.text(20, 212, "A slot that is not renewed is released. One script counts and takes a slot, atomically.", ink="soft", size=12)
    return p.done()


PICTURES = {"directions": directions, "sans-io": sans_io, "client-states": states, "outbound-call": outbound_call, "layers": layers, "peers": peers, "scale": scale, "records": records, "bridge": bridge, "wallboard": wallboard, "limits": limits}


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = []
    for name, draw in PICTURES.items():
        path, drawn = THERE / f"{name}.svg", draw()
        if check and (not path.exists() or path.read_text(encoding="utf-8") != drawn):
            stale.append(f"docs/pictures/{name}.svg")
        elif not check:
            path.write_text(drawn, encoding="utf-8")
    if stale:
        print(f"pictures: not as the sources say: {', '.join(stale)}: run site/pictures/draw.py", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
