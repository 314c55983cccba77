"""A switch for tests: FreeSWITCH's event socket in the test's own process, scripted by the test.

    with Switch() as switch:
        switch.api["status"] = "UP"
        program.run(switch.host, switch.port)
        assert switch.wait_for("api status")
        switch.fire("CHANNEL_ANSWER", {"Unique-ID": "5fd4"})

pytest has it as the fixture `esl_switch`. See `docs/testing.md`.
"""

from ._received import Matcher, Received
from ._scripts import NEVER, Later, Script
from ._shell import Network
from .call import Call
from .link import Goodbye, Link
from .switch import Switch, User

__all__ = ["NEVER", "Call", "Goodbye", "Later", "Link", "Matcher", "Network", "Received", "Script", "Switch", "User"]
