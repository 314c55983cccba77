"""Calls several numbers at a time, and keeps the books by the uuids of jobs and channels."""
import sys

import ESL

numbers = ["1000", "1001", "1002"]
server, port = sys.argv[1:]
con = ESL.ESLconnection(server, port, "ClueCon")
if con.connected():
    con.events("plain", "BACKGROUND_JOB CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE")
    con.filter("Event-Name", "BACKGROUND_JOB")
    con.filter("Event-Name", "CHANNEL_HANGUP_COMPLETE")
    jobs = {}
    for number in numbers:
        e = con.bgapi("originate", "{ignore_early_media=true,number=%s}user/%s &park()" % (number, number))
        jobs[e.getHeader("Job-UUID")] = number
    e = con.bgapi("originate", "nosuch/1 &park()", "the-bad-one")
    jobs[e.getHeader("Job-UUID")] = "bad"
    results = {}
    hung_up = {}
    idle = 0
    while len(hung_up) < len(numbers) and idle < 100:
        e = con.recvEventTimed(100)
        if e is None:
            idle += 1
        elif e.getType() == "BACKGROUND_JOB":
            number = jobs.pop(e.getHeader("Job-UUID"))
            status, value = e.getBody().strip().split(" ", 1)
            results[number] = status if status == "+OK" else e.getBody().strip()
            if status == "+OK":
                con.api("uuid_setvar", value + " seen yes")
                con.api("uuid_kill %s USER_BUSY" % value)
        else:
            hung_up[e.getHeader("variable_number")] = (e.getHeader("Hangup-Cause"), e.getHeader("variable_seen"))
    for number in sorted(results):
        print(number, results[number], hung_up.get(number))
    print("open jobs:", len(jobs))
    con.disconnect()
