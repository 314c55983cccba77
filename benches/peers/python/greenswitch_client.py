"""greenswitch."""

import gevent.event
from greenswitch import InboundESL

from task import Task

task = Task()
done = gevent.event.Event()


def on_event(event):
    if task.saw(event.headers):
        done.set()


client = InboundESL(host="127.0.0.1", port=task.port, password="ClueCon")
client.connect()
client.register_handle("*", on_event)
client.register_handle("DISCONNECT", lambda _: done.set())
client.send("event plain ALL")
done.wait()
task.report()
