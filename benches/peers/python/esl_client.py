"""esl_proto.ESL, the drop-in for FreeSWITCH's own module."""

from esl_proto.ESL import ESLconnection, ESLevent

from task import Task

task = Task()
con = ESLconnection("127.0.0.1", str(task.port), "ClueCon")
con.events("plain", "ALL")


class Headers:
    """What is looked up, by the name that other clients have for it."""

    def __init__(self, event: ESLevent) -> None:
        self.get = event.getHeader


while (event := con.recvEvent()).getType() != "SERVER_DISCONNECTED":
    if task.saw(Headers(event)):
        break
task.report()
