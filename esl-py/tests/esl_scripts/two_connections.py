"""One connection for events, in a thread, and another for commands; the headers of an event one by one."""
import sys
import threading

import ESL

server, port = sys.argv[1:]
commands = ESL.ESLconnection(server, port, "ClueCon")
listening = ESL.ESLconnection(server, port, "ClueCon")
listening.events("plain", "CUSTOM two::connections")
seen = []


def listen():
    while listening.connected():
        e = listening.recvEventTimed(50)
        if e and e.getHeader("Event-Subclass") == "two::connections":
            headers = {}
            name = e.firstHeader()
            while name:
                headers[name] = e.getHeader(name)
                name = e.nextHeader()
            seen.append((headers["Round"], headers["list"], e.getHeader("list", 1), e.getBody()))
            if headers["Round"] == "2":
                listening.disconnect()


thread = threading.Thread(target=listen)
thread.start()
for number in range(3):
    e = ESL.ESLevent("CUSTOM", "two::connections")
    e.addHeader("Round", str(number))
    e.pushHeader("list", "a")
    e.pushHeader("list", "b c")
    commands.sendEvent(e)
thread.join()
print(seen)
print(commands.connected(), listening.connected())
commands.disconnect()
