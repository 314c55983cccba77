"""What each client is told and what it says."""

import sys

#: The headers that are looked up in every event.
NAMES = ("Event-Name", "Unique-ID", "Hangup-Cause")


class Task:
    """The port of 127.0.0.1 that the events come from, and how many there will be: the command line."""

    def __init__(self) -> None:
        self.port, self.expected = map(int, sys.argv[1:])
        self.events = self.headers = 0

    def saw(self, headers) -> bool:
        """Looks up the headers of one more event in a mapping; says whether that was the last one."""
        self.events += 1
        for name in NAMES:
            if headers.get(name) is not None:
                self.headers += 1
        return self.events >= self.expected

    def report(self) -> None:
        print(self.events, self.headers)
