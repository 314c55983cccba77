"""Asks two servers the same questions and compares the shapes of what they say: header names in their order, texts with
uuids, times and numbers masked, tables by their columns.

    compare.py ONE OTHER            each HOST:PORT, or the file of a recording
    compare.py --record FILE ONE    keeps what a server says

Ends with 1 if something differs that KNOWN does not explain.
"""

import json
import re
import socket
import sys

CALL = "c0ffee00-0000-4000-8000-000000000001"
OTHER = "c0ffee00-0000-4000-8000-000000000002"

# What is asked before there is a call, with one call, and of that call.
QUESTIONS = """
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

# Differences that are there for a reason: what is asked, and why.
KNOWN = {
    "version": "the simulation names itself",
    "status": "the simulation names itself",
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
        return {"answers": [[question, server.ask(question)] for question in QUESTIONS], "stories": server.tell()}
    with open(where, encoding="utf-8") as file:
        return json.load(file)


def main():
    if sys.argv[1] == "--record":
        said = of(sys.argv[3])
        with open(sys.argv[2], "w", encoding="utf-8") as file:
            json.dump(said, file, indent=1, ensure_ascii=False)
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
    print(f"{len(QUESTIONS)} questions, {len(STORIES)} stories, {differing} differ")
    return differing > 0


sys.exit(main())
