"""What a new user does first, with a switch in the same process: whether an installed wheel works at all."""

import esl_proto
from esl_proto.sync import connect
from esl_proto.testing import Switch

with Switch() as switch, connect(switch.host, switch.port, password="ClueCon") as fs:
    answer = fs.api("status").text
    assert answer.startswith("UP "), answer
    print(f"esl-proto {esl_proto.__version__}: {answer.splitlines()[0]}")
