"""Watches for ever: subscribes again and again, reads events as JSON, connects anew when the switch is gone."""
import json
import sys
import time

import ESL

server, port = sys.argv[1:]
con = ESL.ESLconnection(server, port, "ClueCon")
lost = 0
while lost < 2:
    if not con.connected():
        lost += 1
        print("not connected, trying again")
        time.sleep(0.01)
        con = ESL.ESLconnection(server, port, "ClueCon")
        continue
    con.events("json", "CUSTOM watcher::news")
    con.bgapi("msleep", "1")
    news = ESL.ESLevent("CUSTOM", "watcher::news")
    news.addHeader("Number", str(lost))
    news.addHeader("Text", 'say "hello"\\')
    news.addBody("first line\nsecond line")
    con.sendEvent(news)
    e = con.recvEvent()
    if e:
        event = json.loads(e.serialize("json"))
        print(event.get("Event-Name"), event.get("Event-Subclass"), event.get("Number"), event.get("Text"))
        print(event["_body"])
    con.send("exit")
    while e.getType() != "SERVER_DISCONNECTED":
        e = con.recvEvent()
    print(e.serialize())
