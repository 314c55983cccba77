"""greenswitch logs in, subscribes, runs commands and jobs, and hears of a call."""

from common import switch

import gevent
import gevent.event
from greenswitch import InboundESL

with switch() as port:
    wrong = InboundESL(host="127.0.0.1", port=port, password="wrong")
    try:
        wrong.connect()
    except ValueError as error:
        assert "Invalid" in str(error), error
    else:
        raise AssertionError("a wrong password was accepted")

    client = InboundESL(host="127.0.0.1", port=port, password="ClueCon")
    client.connect()
    heard = {}
    for name in ("BACKGROUND_JOB", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE", "HEARTBEAT", "a::b", "DISCONNECT"):
        heard[name] = gevent.event.AsyncResult()
        client.register_handle(name, heard[name].set)
    reply = client.send("event plain BACKGROUND_JOB CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE HEARTBEAT CUSTOM a::b")
    assert reply.data == "+OK event listener enabled plain", reply.data
    assert client.send("api version").data.startswith("FreeSWITCH Version "), "version"
    assert client.send("api nosuch").data == "-ERR nosuch Command not found!\n"

    job = client.send("bgapi originate {origination_caller_id_name='Ada'}user/1000 &park").headers["Job-UUID"]
    done = heard["BACKGROUND_JOB"].get(timeout=20)
    assert done.headers["Job-UUID"] == job
    uuid = heard["CHANNEL_ANSWER"].get(timeout=20).headers["Unique-ID"]
    assert client.send(f"sendmsg {uuid}\ncall-command: hangup\nhangup-cause: USER_BUSY").data == "+OK"
    assert heard["CHANNEL_HANGUP_COMPLETE"].get(timeout=20).headers["Hangup-Cause"] == "USER_BUSY"

    assert client.send("sendevent CUSTOM\nEvent-Subclass: a::b\nName: Éva").data.startswith("+OK ")
    assert heard["a::b"].get(timeout=20).headers["Name"] == "Éva"
    heard["HEARTBEAT"].get(timeout=20)
    client.stop()
    assert not client.connected
