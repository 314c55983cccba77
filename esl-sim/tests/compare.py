"""Asks two servers the same questions and compares the shapes of what they say: header names in their order, texts with
uuids, times and numbers masked, tables by their columns.

    compare.py ONE OTHER            each HOST:PORT, or the file of a recording
    compare.py --record FILE ONE    keeps what a server says
    compare.py --haste N ...        waits only the Nth part of the time that a server is given

Ends with 1 if something differs that KNOWN does not explain.
"""

import difflib
import json
import re
import socket
import sys
import time

CALL = "c0ffee00-0000-4000-8000-000000000001"
OTHER = "c0ffee00-0000-4000-8000-000000000002"

# What is asked before there is a call, with one call, and of that call.
QUESTIONS = """
eval ${toupper(abc)}
eval ${nosuch(abc)}x
expand
expand nosuch x
expand echo ${tolower(ABC)}
show
show channels
show channels as json
show channels as xml
show channels as foo
show channels count
show channels count as json
show channels count as xml
show calls count as json
show registrations
show registrations as json
show registrations count as json
show modules nosuch
show application nosuch
show interface_types
show detailed_calls
show bridged_calls as xml
show nosuch
uuid_kill
uuid_kill nosuch
uuid_hold
uuid_record nosuch start x
uuid_transfer nosuch x
uuid_limit
uuid_setvar_multi nosuch a=b
uuid_park nosuch
uuid_deflect nosuch x
uuid_flush_dtmf nosuch
sched_hangup
sched_hangup +1 nosuch
fsctl sync_clock
fsctl max_sessions
fsctl sps
reloadxml
module_exists mod_dptools
module_exists nosuch
toupper abc
tolower ABC
url_encode a b
echo
echo a  b
eval x
strepoch
version
status
uptime
uptime x
msleep x
create_uuid
originate
originate error/USER_BUSY &park
originate error/NOSUCH &park
originate nowhere &park
hupall normal_clearing
nosuch a b
global_getvar nosuch
global_setvar
originate {origination_uuid=CALL}null/x &park
sleep
show channels
show channels as json
show channels as xml
show channels as delim |
show channels count as json
show channels like CALL as json
show channels like nosuch as json
show channels like nosuch count
show channels foo as json
show calls
show calls as json
show detailed_calls
show bridged_calls
show detailed_bridged_calls as json
uuid_exists CALL
uuid_setvar CALL a b c
uuid_getvar CALL a
uuid_getvar CALL nosuch
uuid_setvar_multi CALL a=1;b=2
uuid_getvar CALL b
uuid_break CALL
uuid_hold CALL
uuid_record CALL start /tmp/compare.wav
uuid_record CALL stop /tmp/compare.wav
uuid_flush_dtmf CALL
uuid_send_dtmf CALL 1
uuid_recv_dtmf CALL 1
uuid_broadcast CALL tone_stream://%(10,10,440)
uuid_session_heartbeat CALL 5
uuid_loglevel CALL debug
uuid_bridge CALL CALL
uuid_bridge CALL nosuch
uuid_answer CALL
uuid_kill CALL USER_BUSY
sleep
show channels count
""".strip().splitlines()

# What happens to a call, by its events: applications that are executed on it, then its end.
STORIES = {
    "set": "x=${y}z",
    "multiset": "a=1 b=2",
    "export": "e=1",
    "push": "list=one",
    "unset": "x",
    "set_global": "compare=1",
    "log": "INFO hello",
    "info": "",
    "sleep": "10",
    "answer": "",
    "eval": "x",
    "privacy": "off",
    "nosuch": "",
}

# What happens to two calls, A and B, each by itself: commands, applications that one executes, and pauses.
ORIGINATE = "api originate {origination_uuid=A,origination_caller_id_number=1000}null/a &park"
TALES = {
    "bridge, the other hangs up": """
        A bridge {origination_uuid=B}null/b
        api uuid_kill B CALL_REJECTED""",
    "bridge, and what follows": """
        api uuid_setvar A hangup_after_bridge false
        A bridge {origination_uuid=B}null/b
        api uuid_kill B
        A set after=bridge
        api uuid_kill A""",
    "bridge, the caller hangs up": """
        A bridge {origination_uuid=B}null/b
        api uuid_kill A USER_BUSY""",
    "bridge, nobody answers": """
        A bridge {origination_uuid=B}error/USER_BUSY
        api uuid_kill A""",
    "bridge, nobody answers and it goes on": """
        api uuid_setvar A continue_on_fail true
        A bridge {origination_uuid=B}error/CALL_REJECTED
        api uuid_kill A""",
    "two that are connected": """
        api originate {origination_uuid=B}null/b &park
        api uuid_bridge A B
        api uuid_kill B NO_ANSWER""",
    "transfer by a command": """
        api uuid_transfer A 'set:a=b,park:' inline
        api uuid_kill A""",
    "transfer by the application": """
        A transfer 'set:a=b,park:' inline
        api uuid_kill A""",
    "transfer out of a bridge": """
        A bridge {origination_uuid=B}null/b
        api uuid_transfer A 'park:' inline
        api uuid_kill A""",
    "transfer of the other leg": """
        A bridge {origination_uuid=B}null/b
        api uuid_transfer A -bleg 'park:' inline
        api uuid_kill B
        api uuid_kill A""",
    "transfer of both": """
        A bridge {origination_uuid=B}null/b
        api uuid_transfer A -both 'park:' inline
        api uuid_kill B
        api uuid_kill A""",
    "park by a command": """
        A sleep 60000
        api uuid_park A
        api uuid_kill A""",
    "execute_extension": """
        A execute_extension 'set:a=b,set:c=d' inline
        api uuid_kill A""",
    "hold": """
        api uuid_hold A
        api uuid_hold off A
        api uuid_kill A""",
    "broken off": """
        A sleep 60000
        api uuid_break A all
        api uuid_kill A""",
    # The second leg of a loopback is told by the end of its name, `-b`, and the first one of a bridge by `-a`. They pause, so
    # that the other side has done what it does.
    "a loopback that is not answered": """
        A bridge loopback/park:/default/inline
        api uuid_kill A""",
    "a loopback with early media": """
        A bridge loopback/m:^:sleep:200^pre_answer:^park:/default/inline
        wait 400
        api uuid_kill A""",
    "a loopback that ends": """
        A bridge loopback/m:^:sleep:200^hangup:USER_BUSY/default/inline
        wait 400""",
    "a loopback that is answered": """
        A bridge loopback/m:^:sleep:200^answer:^park:/default/inline
        wait 400
        api uuid_kill A USER_BUSY""",
    "a loopback that bows out": r"""
        A bridge {far='[origination_uuid=B]null/b'}loopback/m:^:sleep:200^answer:^sleep:200^bridge:\${far}/default/inline
        wait 4000
        api uuid_kill A""",
    "ends by the application": "A hangup CALL_REJECTED",
    "ends by it, without a cause": "A hangup",
    "ends with all": "api hupall NORMAL_TEMPORARY_FAILURE",
    "ends later": "api sched_hangup +1 A ALLOTTED_TIMEOUT\nwait 1500",
    "ends later by itself": "A sched_hangup +1 USER_BUSY\nwait 1500",
    **{
        f"ends by {cause}": f"api uuid_kill A {cause}"
        for cause in ("UNALLOCATED_NUMBER", "NO_USER_RESPONSE", "NO_ANSWER", "ORIGINATOR_CANCEL", "LOSE_RACE", "NOSUCH")
    },
}

# What a program does that a call connects to, in four modes, and what it hears.
MODES = ("async full", "async", "full", "")
PROGRAMS = {
    "exits": ["connect", "myevents", "exit"],
    "resumes": ["connect", "myevents", "resume", "exit"],
    "executes": ["connect", "myevents", "sendmsg\ncall-command: execute\nexecute-app-name: sleep\nexecute-app-arg: 10"],
    "hangs up": ["connect", "myevents", "sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY"],
    "lingers": ["connect", "myevents", "linger 1", "sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY"],
    "closes at once": [],
    "refuses at once": ["sendmsg\ncall-command: hangup\nhangup-cause: SWITCH_CONGESTION"],
}

# What a program does whose call has more in its dialplan, and whether that comes then.
DIALPLAN = {
    "exits": ["full"],
    "resumes": ["async full", "full"],
}

# What is said to a conference of two, A and B, whose members are #A and #B, and what happens then. The first words are as in a
# tale.
CONFERENCE = """
api conference list
api conference room list
A conference room@default
api conference room list
api conference room list delim |
api conference room list count
api conference room count
B conference room@default
api conference room list
api conference list
api conference room json_list
api conference room xml_list
api conference room mute
api conference room mute 99
api conference room mute #A
api conference room list
api conference room mute #A quiet
api conference room unmute #A
api conference room tmute #A
api conference room tmute #A
api conference room mute all
api conference room unmute non_moderator
api conference room mute last
api conference room unmute last
api conference room deaf
api conference room deaf #B
api conference room undeaf #B
api conference room lock
api conference list
api conference room unlock
api conference room energy
api conference room energy #A 200
api conference room energy #A
api conference room volume_in #A 2
api conference room volume_in #A up
api conference room volume_out #A
api conference room volume_out all 1
api conference room hold #A
api conference room unhold #A
api conference room dtmf #A 5
api conference room dtmf
api conference room play
api conference room play tone_stream://%(10,10,440)
api conference room play tone_stream://%(10,10,440) #A
api conference room stop all
api conference room say
api conference room relate #A #B nospeak
api conference room relate #A #B clear
api conference room pin 1234
api conference room nopin
api conference room record /tmp/compare.wav
api conference list
api conference room norecord all
api conference room norecord nosuch
api conference room get
api conference room get count
api conference room get max_members
api conference room set max_members 5
api conference room get max_members
api conference room enter_sound off
api conference room exit_sound off
api conference room bad
api conference room kick
api conference room kick 99
api conference room hup 99
api conference room transfer
api conference room transfer other 99
api conference room transfer other #B
api conference room list
api conference other list
api conference other kick #B
api conference other list
api conference room hup #A
api conference list
api conference room kick all
""".strip().splitlines()

HASTE = 1
"""How much less time there is than for a server."""

# Events that only media bring, and those of others.
NOISE = ("CODEC", "CHANNEL_PROGRESS_MEDIA", "PRESENCE_IN", "PRIVATE_COMMAND", "MEDIA_BUG_START", "MEDIA_BUG_STOP")

# Differences that are there for a reason: what is asked, and why.
KNOWN = {
    "version": "the simulation names itself",
    "status": "the simulation names itself",
    "a loopback that bows out: A": "the server's first end is in its next state before it says that it was in the one before",
    "hold": "the server has no telephone there: it does not say HELD, and cannot take it back",
}


class Server:
    """A connection to an event socket."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), 30)
        self.file = self.socket.makefile("rb")
        self.events = []
        self.frame()
        self.send("auth ClueCon")
        self.answer()

    def send(self, text):
        self.socket.sendall(text.encode() + b"\n\n")

    def frame(self):
        head = {}
        while (line := self.file.readline()) not in (b"\n", b""):
            name, _, value = line.decode("utf-8", "replace").rstrip("\n").partition(": ")
            head[name] = value
        return head, self.file.read(int(head.get("Content-Length", 0))).decode("utf-8", "replace")

    def answer(self):
        while True:
            head, body = self.frame()
            if head["Content-Type"].startswith("text/event"):
                self.events.append([line.partition(": ")[::2] for line in body.split("\n\n")[0].splitlines()])
            else:
                return head.get("Reply-Text", body)

    def ask(self, command):
        if command == "sleep":
            self.send("api msleep 1500")
            self.answer()
            return ""
        self.send("api " + command.replace("CALL", CALL))
        return self.answer()

    def tell(self):
        """The stories: for each application, the events of a call that executes it and is ended."""
        told = {}
        self.send("event plain CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE")
        self.answer()
        for app, arg in STORIES.items():
            self.send("api originate {origination_uuid=%s}null/x &park" % OTHER)
            self.answer()
            self.send("api msleep 200")
            self.answer()
            self.events.clear()
            self.send(f"sendmsg {OTHER}\ncall-command: execute\nexecute-app-name: {app}\nexecute-app-arg: {arg}")
            self.answer()
            for command in ("msleep 400", f"uuid_kill {OTHER}", "msleep 400", "echo x"):
                self.send(f"api {command}")
                self.answer()
            own = [dict(event) | {"": event} for event in self.events if dict(event).get("Unique-ID") == OTHER]
            # The beginning of `park` comes sooner or later.
            while own and own[0].get("Application") == "park" and own[0]["Event-Name"] == "CHANNEL_EXECUTE":
                own.pop(0)
            told[app] = [event_shape(event[""]) for event in own]
        return told


    def live(self):
        """The tales: for each, the events of either call."""
        told = {}
        self.send("event plain ALL")
        self.answer()
        uuids = {"A": CALL, "B": OTHER}
        for name, lines in TALES.items():
            self.events.clear()
            for line in [ORIGINATE, *lines.strip().splitlines()]:
                self.do(line)
                self.pause(300)
            for uuid in uuids.values():
                self.send(f"api uuid_kill {uuid}")
                self.answer()
            self.pause(300)
            # Events come between two commands.
            time.sleep(0.1)
            self.pause(0)
            own = [dict(event) | {"": event} for event in self.events]
            told[name] = {leg: [] for leg in uuids}
            for event in own:
                leg = next((leg for leg, uuid in uuids.items() if event.get("Unique-ID") == uuid), None)
                leg = leg or event.get("Channel-Name", "")[-2:].lstrip("-")
                if leg and event["Event-Name"] not in NOISE:
                    told[name].setdefault(leg, []).append(tale_shape(event))
        self.send("noevents")
        self.answer()
        return told

    def do(self, line):
        """A command, an order for A or B, or a pause."""
        word, _, rest = line.strip().partition(" ")
        uuids = {"A": CALL, "B": OTHER}
        rest = re.sub(r"\b[AB]\b", lambda found: uuids[found[0]], rest)
        if word == "api":
            self.send(f"api {rest}")
        elif word == "wait":
            self.send(f"api msleep {rest}")
        else:
            app, _, arg = rest.partition(" ")
            order = f"call-command: execute\nexecute-app-name: {app}\nexecute-app-arg: {arg}"
            self.send(f"sendmsg {uuids[word]}\n{order}")
        return self.answer()

    def confer(self):
        """What a conference says, and its events by their headers."""
        told, members = [], {}
        for line in (ORIGINATE, re.sub(r"\b[Aa]\b", lambda found: "B" if found[0] == "A" else "b", ORIGINATE)):
            self.do(line)
        self.send("event plain CUSTOM conference::maintenance")
        self.answer()
        self.pause(300)
        for line in CONFERENCE:
            self.events.clear()
            for leg, member in members.items():
                line = line.replace(f"#{leg}", member)
            answer = self.do(line)
            # What is played takes its time.
            self.send(f"api msleep {max(400 // HASTE, 100)}")
            self.answer()
            time.sleep(0.02)
            self.pause(0)
            # Which of the two speaks is a matter of sound.
            events = [dict(event) | {"": event} for event in self.events]
            events = [event for event in events if event.get("Action") not in ("floor-change", "start-talking", "stop-talking")]
            for event in events:
                if event["Action"] == "add-member":
                    members["A" if event["Unique-ID"] == CALL else "B"] = event["Member-ID"]
            told.append([mask(line), answer, [conference_shape(event) for event in events]])
        for uuid in (CALL, OTHER):
            self.send(f"api uuid_kill {uuid}")
            self.answer()
        self.send("noevents")
        self.answer()
        return told

    def pause(self, milliseconds):
        self.send(f"api msleep {milliseconds // HASTE}")
        self.answer()

    def connect(self):
        """What programs hear, and whether their calls are there a second after that."""
        told = {}
        for mode in MODES:
            for name, words in PROGRAMS.items():
                with socket.create_server(("127.0.0.1", 0)) as listener:
                    listener.settimeout(10)
                    port = listener.getsockname()[1]
                    self.send(f"bgapi originate {{origination_uuid={CALL}}}null/a &socket('127.0.0.1:{port} {mode}')")
                    self.answer()
                    program = listener.accept()[0]
                heard = listen(program, words)
                if name != "executes":
                    # Which of the last events come before the end of the connection is chance.
                    heard = [frame for frame in heard if not frame.startswith("text/event")]
                self.pause(1000)
                self.send(f"api uuid_exists {CALL}")
                # So it is whether a server sees at once that a program in an asynchronous mode has gone.
                heard.append(self.answer() if name != "exits" or "async" not in mode else self.answer() and "")
                self.send(f"api uuid_kill {CALL}")
                self.answer()
                self.pause(300)
                told[f"{name} ({mode})"] = heard
        self.send("event plain CHANNEL_EXECUTE CHANNEL_HANGUP")
        self.answer()
        for name, modes in DIALPLAN.items():
            for mode in modes:
                self.events.clear()
                with socket.create_server(("127.0.0.1", 0)) as listener:
                    listener.settimeout(10)
                    steps = f"socket:127.0.0.1:{listener.getsockname()[1]} {mode},set:a=b,park:"
                    self.send(f"bgapi originate {{origination_uuid={CALL}}}null/a '{steps}' inline")
                    self.answer()
                    listen(listener.accept()[0], PROGRAMS[name])
                self.pause(1000)
                self.send(f"api uuid_kill {CALL}")
                self.answer()
                self.pause(300)
                # Events come between two commands.
                time.sleep(0.1)
                self.pause(0)
                own = [dict(event) for event in self.events]
                told[f"{name} ({mode}), with more in the dialplan"] = [
                    " | ".join(event.get(said, "") for said in ("Event-Name", "Application", "Hangup-Cause"))
                    for event in own
                    if event.get("Unique-ID") == CALL
                ]
        self.send("noevents")
        self.answer()
        return told


def listen(program, words):
    """The frames that a program gets."""
    heard, file = [], program.makefile("rb")
    # What is not begun with `connect` may have no answer.
    program.settimeout(10 if words[:1] == ["connect"] else 0.7 / HASTE)
    try:
        for word in words:
            program.sendall(word.encode() + b"\n\n")
            # One after the other, so that what is heard has an order.
            heard += frames(file, 1)
        program.settimeout(0.7 / HASTE)
        heard += frames(file, 100) if words else []
    except OSError:
        pass
    program.close()
    return heard


def frames(file, most):
    """So many frames, or those that come in time."""
    found = []
    try:
        while len(found) < most and (line := file.readline()):
            head = {}
            while line not in (b"\n", b""):
                name, _, value = line.decode("utf-8", "replace").rstrip("\n").partition(": ")
                head[name] = value
                line = file.readline()
            body = file.read(int(head.get("Content-Length", 0))).decode("utf-8", "replace")
            event = dict(line.partition(": ")[::2] for line in body.splitlines())
            said = [head.get(name, "") for name in ("Content-Type", "Reply-Text", "Content-Disposition", "Socket-Mode", "Control")]
            # When the channel is parked, in one of the modes, is chance.
            if event.get("Event-Name") not in (*NOISE, "CHANNEL_PARK"):
                found.append(" | ".join([*said, event.get("Event-Name", ""), event.get("Application", ""), event.get("Hangup-Cause", "")]))
    except OSError:
        pass
    return found


def tale_shape(event):
    """What a channel is in at an event, and what the event says."""
    said = ("Event-Name", "Channel-State", "Channel-State-Number", "Channel-Call-State", "Answer-State")
    more = ("Application", "Application-Data", "Hangup-Cause", "Other-Type")
    # What media and the kind of endpoint decide: who calls whom by what name.
    left_out = (
        *("variable_", "Channel-Read-", "Channel-Write-", "Dialplan", "Destination-Number"),
        *("Caller-ID-", "Orig-Caller-ID-", "Callee-ID-"),
    )
    bare = [name.removeprefix("Caller-").removeprefix("Other-Leg-") for name, _ in event[""]]
    names = [name for (name, _), own in zip(event[""], bare) if not own.startswith(left_out)]
    return [re.sub(r"[0-9a-f-]{36}", "UUID", " | ".join(event.get(name, "") for name in (*said, *more))), *names]


def conference_shape(event):
    """What has happened, and the names of the headers."""
    left_out = ("variable_", "Channel-Read-", "Channel-Write-", "Caller-")
    names = [name for name, _ in event[""] if not name.startswith(left_out)]
    member = {CALL: "A", OTHER: "B"}.get(event.get("Unique-ID"), "")
    return [f"{event['Action']} | {member} | {event['Conference-Size']}", *names]


def event_shape(event):
    """The name of the event and of its headers, without those that not every call has."""
    values = dict(event)
    names = [name for name, _ in event if not name.startswith(("variable_", "Caller-", "Channel-Read-", "Channel-Write-"))]
    return [values["Event-Name"], values.get("Application", ""), values.get("Hangup-Cause", ""), *names]


def mask(text):
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    return re.sub(r"\d+", "N", text)


def shape(question, answer):
    """What must be the same."""
    if not question.startswith("show "):
        return mask(re.sub(r"\bseconds?\b|\bminutes?\b|\bhours?\b|\bdays?\b", "TIME", answer))
    if answer.startswith("{"):
        table = json.loads(answer)
        return [table["row_count"], len(table.get("rows", [])), *(list(row) for row in table.get("rows", []))]
    if answer.startswith("<"):
        return re.findall(r"</?(\w+)|row_count=\"(\d+)\"", answer)
    lines = answer.splitlines()
    separator = "|" if "delim |" in question else ","
    return [lines[0], *(len(line.split(separator)) for line in lines[1:])]


def of(where):
    if ":" in where:
        server = Server(where)
        answers = [[question, server.ask(question)] for question in QUESTIONS]
        return {"answers": answers, "stories": server.tell(), "tales": server.live(), "programs": server.connect(), "conference": server.confer()}
    with open(where, encoding="utf-8") as file:
        return unpacked(json.load(file))


def show(one, other):
    """The lines that differ."""
    for line in difflib.unified_diff(one, other, n=1, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            print(f"  {line}")


def packed(said):
    """With each list of header names once."""
    tale = [event for tale in said["tales"].values() for leg in tale.values() for event in leg]
    lists = sorted({" ".join(event[1:]) for event in tale + [event for line in said["conference"] for event in line[2]]})
    place = {names: number for number, names in enumerate(lists)}
    tales = {
        name: {leg: [[event[0], place[" ".join(event[1:])]] for event in events] for leg, events in tale.items()}
        for name, tale in said["tales"].items()
    }
    conference = [
        [line, answer, [[event[0], place[" ".join(event[1:])]] for event in events]]
        for line, answer, events in said["conference"]
    ]
    return said | {"headers": lists, "tales": tales, "conference": conference}


def unpacked(said):
    """The reverse of `packed`."""
    lists = [names.split() for names in said["headers"]]
    tales = {
        name: {leg: [[event[0], *lists[event[1]]] for event in events] for leg, events in tale.items()}
        for name, tale in said["tales"].items()
    }
    conference = [
        [line, answer, [[event[0], *lists[event[1]]] for event in events]] for line, answer, events in said["conference"]
    ]
    return said | {"tales": tales, "conference": conference}


def main():
    global HASTE
    if sys.argv[1] == "--haste":
        HASTE = int(sys.argv[2])
        del sys.argv[1:3]
    if sys.argv[1] == "--record":
        said = of(sys.argv[3])
        with open(sys.argv[2], "w", encoding="utf-8") as file:
            json.dump(packed(said), file, indent=1, ensure_ascii=False)
            file.write("\n")
        return 0
    one, other = of(sys.argv[1]), of(sys.argv[2])
    differing = 0
    for (question, first), (asked, second) in zip(one["answers"], other["answers"], strict=True):
        assert question == asked, "a recording of other questions"
        if shape(question, first) != shape(question, second) and question not in KNOWN:
            differing += 1
            print(f"{question}\n  {first[:300]!r}\n  {second[:300]!r}")
    for app in STORIES:
        first, second = one["stories"][app], other["stories"][app]
        if first != second:
            differing += 1
            print(f"events of {app}:")
            for event in range(max(len(first), len(second))):
                pair = [story[event] if event < len(story) else [] for story in (first, second)]
                if pair[0] != pair[1]:
                    print(f"  {[name for name in pair[0] if name not in pair[1][3:]]}")
                    print(f"  {[name for name in pair[1] if name not in pair[0][3:]]}")
    for name, tale in one["tales"].items():
        for leg, first in tale.items() if name not in KNOWN else ():
            if f"{name}: {leg}" in KNOWN:
                continue
            second = other["tales"][name].get(leg, [])
            if [event[0] for event in first] != [event[0] for event in second]:
                differing += 1
                print(f"{name}: {leg}")
                show([event[0] for event in first], [event[0] for event in second])
            else:
                for mine, yours in zip(first, second):
                    if mine[1:] != yours[1:]:
                        differing += 1
                        print(f"{name}: {leg}: headers of {mine[0]}")
                        show(mine[1:], yours[1:])
    for name, first in one["programs"].items():
        if first != other["programs"][name]:
            differing += 1
            print(f"a program that {name}")
            show(first, other["programs"][name])
    for (line, answer, events), (_, second, others) in zip(one["conference"], other["conference"], strict=True):
        if [mask(answer), events] != [mask(second), others]:
            differing += 1
            print(f"{line}\n  {answer[:3000]!r}\n  {second[:3000]!r}")
            show([" ".join(event) for event in events], [" ".join(event) for event in others])
    told = f"{len(QUESTIONS)} questions, {len(STORIES)} stories, {len(TALES)} tales, {len(one['programs'])} programs, {len(CONFERENCE)} words to a conference"
    print(f"{told}: {differing} differ")
    return differing > 0


sys.exit(main())
