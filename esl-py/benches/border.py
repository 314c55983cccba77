"""What events cost as objects of Python's: CPU time an event, beside what orjson takes for the same events in JSON.

    python esl-py/benches/border.py [ROUNDS]

Rows take turns; the least of the rounds counts. Events are new in each round, so that nothing is kept from the last one.
"""

import gzip
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from esl_proto import Connection, Event

CAPTURES = Path(__file__).resolve().parents[2] / "testdata" / "captures"
FORMATS = ("plain", "json", "xml")
Row = tuple[Callable[[], list[Any]], Callable[[Any], object]]
"""What makes the objects of a round, and what is done with each."""


def recorded(format: str) -> list[bytes]:
    """The texts of every fourth recorded event."""
    connection = Connection.inbound()
    connection.receive_data(gzip.decompress((CAPTURES / f"busy-{format}.bin.gz").read_bytes()))
    return [message.text for message in connection if type(message) is Event][::4]


def fresh(format: str) -> Callable[[], list[Event]]:
    texts = recorded(format)
    return lambda: [Event(format, text) for text in texts]  # type: ignore[arg-type]


def through(event: Event) -> None:
    for _ in event:
        pass


def pairs() -> list[tuple[list[str], list[bytes]]]:
    """Names and values, for the floor: as many values made and put into a `dict`, all of it by Python's own C code."""
    events = [[(name, value) for name, value in event.items() if isinstance(value, str)] for event in fresh("plain")()]
    return [([name for name, _ in event], [value.encode() for _, value in event]) for event in events]


def rows() -> dict[str, Row]:
    made: dict[str, Row] = {}
    texts, floor = recorded("json"), pairs()
    try:
        import orjson
    except ImportError:
        print("orjson is not there: no ratios")
    else:
        made["orjson: loads"] = lambda: texts, orjson.loads
        made["orjson: loads and dumps"] = lambda: texts, lambda text: orjson.dumps(orjson.loads(text))
    made["the floor of a dict"] = lambda: floor, lambda pair: dict(zip(pair[0], map(bytes.decode, pair[1]), strict=False))
    for format in FORMATS:
        new = fresh(format)
        made[f"{format}: to_dict"] = new, Event.to_dict
        made[f"{format}: iteration"] = new, through
        made[f"{format}: dict(event)"] = new, dict
        made[f"{format}: json"] = new, Event.json
        made[f"{format}: json_bytes"] = new, Event.json_bytes
    return made


def main(rounds: int) -> None:
    table = rows()
    best = dict.fromkeys(table, float("inf"))
    for _ in range(rounds):
        # A few times, as what was done before leaves its memory behind.
        for name, (new, use) in (row for row in table.items() for _ in range(3)):
            objects = new()
            start = time.thread_time()
            for one in objects:
                use(one)
            best[name] = min(best[name], (time.thread_time() - start) / len(objects) * 1e6)
    for name, cost in best.items():
        yardstick = best.get("orjson: loads and dumps" if "json" in name.split()[-1] else "orjson: loads")
        print(f"{name:26} {cost:6.2f} us" + (f" {cost / yardstick:6.2f} x" if yardstick else ""))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
