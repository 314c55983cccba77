"""Serves a call: greets, asks for digits, hangs up. The call is made here, too, to have one."""
import sys
import threading

try:
    import SocketServer
except ImportError:
    import socketserver as SocketServer

import ESL

server, port = sys.argv[1:]


class Handler(SocketServer.BaseRequestHandler):
    def handle(self):
        con = ESL.ESLconnection(self.request.fileno())
        if not con.connected():
            return
        info = con.getInfo()
        uuid = info.getHeader("unique-id")
        print("call from", info.getHeader("Caller-Caller-ID-Number"), info.getHeader("variable_greeting"))
        con.sendRecv("myevents")
        con.sendRecv("linger")
        done = []
        con.setEventLock("1")
        con.execute("answer", "", uuid)
        con.execute("playback", "greeting.wav", uuid)
        con.execute("play_and_get_digits", "2 4 1 5000 # pin.wav wrong.wav pin \\d+", uuid)
        while con.connected():
            e = con.recvEvent()
            name = e.getHeader("Event-Name")
            if name == "CHANNEL_EXECUTE" and e.getHeader("Application") == "play_and_get_digits":
                helper.api("uuid_recv_dtmf %s 42#" % uuid)
            elif name == "CHANNEL_EXECUTE_COMPLETE" and e.getHeader("Application") == "play_and_get_digits":
                print("pin:", e.getHeader("Application-Response"), e.getHeader("variable_pin"))
                con.execute("hangup", "NORMAL_CLEARING", uuid)
            elif name == "CHANNEL_EXECUTE_COMPLETE":
                done.append(e.getHeader("Application"))
            elif name == "CHANNEL_HANGUP_COMPLETE":
                print("ended:", e.getHeader("Hangup-Cause"), "after", done[:2])
                con.disconnect()


helper = ESL.ESLconnection(server, port, "ClueCon")
listener = SocketServer.TCPServer(("127.0.0.1", 0), Handler)
application = "'&socket(127.0.0.1:%d async full)'" % listener.server_address[1]
helper.bgapi("originate", "{origination_caller_id_number=5551234,greeting='how do'}user/1000 " + application)
listener.handle_request()
listener.server_close()
