"""A program of greenswitch's takes a call of the switch through its applications."""

import socket

from common import switch

import gevent
import gevent.event
from greenswitch import InboundESL, OutboundESLServer

told = gevent.event.AsyncResult()


class Application:
    def __init__(self, session):
        self.session = session

    def run(self):
        try:
            self.session.connect()
            self.session.myevents()
            self.session.linger(5)
            self.session.answer()
            self.session.playback("welcome.wav", block=True)
            caller = self.session.caller_id_number
            self.session.hangup()
            told.set(caller)
        except BaseException as error:
            told.set_exception(error)
            raise


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    own_port = free.getsockname()[1]
server = OutboundESLServer(bind_address="127.0.0.1", bind_port=own_port, application=Application, max_connections=5)
listening = gevent.spawn(server.listen)
gevent.sleep(0.3)
with switch("--extension", f"9000=127.0.0.1:{own_port} async full") as port:
    client = InboundESL(host="127.0.0.1", port=port, password="ClueCon")
    client.connect()
    answer = client.send("api originate {origination_caller_id_number=4711}user/1000 9000").data
    assert answer.startswith("+OK "), answer
    assert told.get(timeout=20) == "4711"
    client.stop()
server.stop()
listening.kill()
