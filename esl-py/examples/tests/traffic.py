"""Calls that come and go at random, and a witness of all that the switch has said of them."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime

from esl_proto.sync import connect
from esl_proto.testing import Call, Link, Switch
from servers import until


@dataclass
class Seen:
    """What the switch has said of one channel."""

    uuid: str
    core: str
    session: int
    began: datetime
    ended: datetime | None = None
    cause: str | None = None


class Traffic:
    """The calls of one switch, over all of its runs."""

    EVENTS = ("CHANNEL_CREATE", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_BRIDGE")

    def __init__(self, switch: Switch, seed: int) -> None:
        self.seed, self.random = seed, random.Random(seed)
        self.switch = switch
        self.seen: dict[str, Seen] = {}
        self.bridges: set[tuple[str, str]] = set()
        self._calls: list[Call] = []
        self._watch()

    def _watch(self) -> None:
        self._witness = connect(self.switch.host, self.switch.port)
        self._stream = self._witness.events(*self.EVENTS, maxsize=1_000_000)
        self._witness.api("status")
        self._link = self.switch.connections[-1]
        self._before = len(self.seen)

    def step(self, times: int = 1) -> None:
        """Something happens."""
        for _ in range(times):
            time.sleep(0.003)
            what = self.random.random()
            if what < 0.45 or not self._calls:
                call = self.switch.new_call(caller=self.random.choice(["1000", "<script>", "O'Neill; drop table calls", "\u00e4\u00f6\u00fc"]))
                if self.random.random() < 0.8:
                    call.answer()
                if self.random.random() < 0.5:
                    call.execute("bridge", "user/1001")
                self._calls.append(call)
            else:
                call = self._calls.pop(self.random.randrange(len(self._calls)))
                call.hangup(self.random.choice(["NORMAL_CLEARING", "USER_BUSY", "CALL_REJECTED"]))

    def look(self) -> None:
        """Takes in what the switch has said."""
        if self._witness.is_open:
            self._witness.api("status")  # It reads while it waits.
        while self._stream.waiting:
            event = self._stream.get()
            uuid, when = str(event.unique_id), event.timestamp
            assert when is not None
            if event.name == "CHANNEL_CREATE":
                self.seen[uuid] = Seen(uuid, str(event.core_uuid), event.get_int("variable_session_id", 0), when)
            elif event.name == "CHANNEL_BRIDGE":
                self.bridges.add((event.get_str("Bridge-A-Unique-ID"), event.get_str("Bridge-B-Unique-ID")))
            else:
                self.seen[uuid].ended, self.seen[uuid].cause = when, str(event.hangup_cause)

    def settle(self) -> None:
        """Waits until the witness has heard of every call."""

        def all_seen() -> bool:
            self.look()
            return len(self.seen) - self._before == self.switch.calls_so_far

        until(all_seen, f"the witness has heard of {len(self.seen) - self._before} of {self.switch.calls_so_far} calls")

    def clear(self) -> None:
        """Ends all calls, and waits until the witness knows."""
        for call in self.switch.calls:
            call.hangup()
        self._calls.clear()
        self.settle()
        live = {seen.uuid for seen in self.seen.values() if seen.ended is None} - self._dead

        def all_ended() -> bool:
            self.look()
            return all(self.seen[uuid].ended for uuid in live)

        until(all_ended, "calls have not ended")

    _dead: frozenset[str] = frozenset()

    def crash(self) -> None:
        """The switch is gone, with all of its calls."""
        self.settle()
        self.switch.stop()
        self._witness.close(0)
        self._calls.clear()
        self._dead |= {seen.uuid for seen in self.seen.values() if seen.ended is None}

    def come_back(self) -> None:
        self.switch.start()
        self._watch()

    @property
    def core(self) -> str:
        """The Core-UUID of the run that goes on."""
        return next(reversed(self.seen.values())).core

    def others(self) -> list[Link]:
        """The connections that are not the witness's."""
        return [link for link in self.switch.connections if link is not self._link]

    def close(self) -> None:
        self._witness.close()
