"""esl_proto.Connection on a blocking socket."""

import socket

from esl_proto import AuthRequest, Closed, Command, Connection, Event

from task import Task

task = Task()
connection = Connection.inbound()
with socket.create_connection(("127.0.0.1", task.port)) as sock:
    over = False
    while not over:
        if data := sock.recv(65536):
            connection.receive_data(data)
        else:
            connection.receive_eof()
        for message in connection:
            match message:
                case Event():
                    over = task.saw(message)
                case AuthRequest():
                    sock.sendall(connection.send(Command.auth("ClueCon")) + connection.send(Command.event("ALL")))
                case Closed():
                    over = True
            if over:
                break
task.report()
