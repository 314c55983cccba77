"""records.py: what is in the database is what the switch has said; what is not is known to be missing."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from esl_proto.testing import Switch
from servers import HERE, Program, Server, until
from traffic import Traffic

Watch = Callable[[Switch, int], Traffic]
Start = Callable[..., Program]
Window = tuple[datetime, datetime]
COLUMNS = "uuid, state, core_uuid, session_id, cause, lost_after, lost_before"


def url(postgres: Server) -> str:
    return f"postgresql://calls:secret@127.0.0.1:{postgres.port}/postgres"


def select(database: str, statement: str) -> list[tuple[Any, ...]]:
    if "://" in database:
        with connected(database) as connection:
            return connection.execute(statement).fetchall()
    with closing(sqlite3.connect(database, timeout=10)) as file:
        return file.execute(statement).fetchall()


def connected(database: str) -> psycopg.Connection[tuple[Any, ...]]:
    for _ in range(100):
        try:
            return psycopg.connect(database)
        except psycopg.OperationalError:  # It listens before it takes anybody.
            time.sleep(0.1)
    raise TimeoutError("the database does not start")


def report(database: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, HERE / "records.py", "--database", database, "report"], capture_output=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def now() -> datetime:
    return datetime.now(timezone.utc)


def is_idle(program: Program, written: int = 0) -> bool:
    """Whether it is ready, and has nothing that is not written."""
    status, said = program.health()
    return status == 200 and said["database"]["unwritten"] == 0 and said["database"]["written"] >= written


def wait_written(database: str, switch: Switch) -> None:
    """Waits until all that the switch has said so far is written: a last call is, which comes after it."""
    last = switch.new_call()
    last.hangup()
    until(lambda: select(database, f"select 1 from calls where state = 'complete' and uuid = '{last.uuid}'"), "it does not come to the end", 60)


def compare(database: str, traffic: Traffic, windows: list[Window]) -> dict[str, int]:
    """Every call that the switch has told of is complete and right, or was lost in one of the windows and is known to be."""
    said = report(database)
    stored: dict[str, Any] = {row[0]: row for row in select(database, f"select {COLUMNS} from calls")}
    missing = {(run["core_uuid"], number) for run in said["runs"] for number in run["missing_sessions"]}
    highest: dict[str, int] = {}
    for row in stored.values():
        highest[row[2]] = max(highest.get(row[2], 0), row[3] or 0)
    counts = {"complete": 0, "unseen": 0, "missing": 0, "unknowable": 0}

    def is_within(when: datetime) -> bool:
        return any(begin <= when <= end for begin, end in windows)

    for seen in traffic.seen.values():
        row = stored.pop(seen.uuid, None)
        if row is not None and row[1] == "complete":
            assert seen.ended is not None and (row[2], row[3], row[4]) == (seen.core, seen.session, seen.cause)
            counts["complete"] += 1
        elif row is not None:
            # Its beginning was heard, its end was not: within a window, or never said.
            assert row[1] == "unseen" and (seen.ended is None or is_within(seen.ended)), (seen, row, windows)
            counts["unseen"] += 1
        else:
            assert seen.ended is None or (is_within(seen.began) and is_within(seen.ended)), (seen, windows)
            is_known = (seen.core, seen.session) in missing
            # A switch that is gone cannot be asked how many calls there were at the end.
            assert is_known or (seen.core != traffic.core and seen.session > highest.get(seen.core, 0)), seen
            counts["missing" if is_known else "unknowable"] += 1
    assert not stored, "nothing is there that the switch has not said"
    return counts


class Crashes:
    """The recorder and the switch under random trouble."""

    def __init__(self, traffic: Traffic, database: str) -> None:
        self.database = database
        self.traffic = traffic
        self.random = random.Random(traffic.seed)
        self.windows: list[Window] = []
        self.settled = now()

    def settle(self, program: Program) -> None:
        """All that has been said is written."""
        wait_written(self.database, self.traffic.switch)
        self.traffic.settle()
        self.settled = now()

    def trouble(self, happen: Callable[[], None], program: Program, loses: bool) -> None:
        self.traffic.step(self.random.randrange(5, 60))
        if self.random.random() < 0.5:
            self.settle(program)
        begin = self.settled
        happen()
        self.traffic.step(self.random.randrange(5, 60))
        until(lambda: is_idle(program), f"not idle: {program.health()}\n{program.log.read_text()[-3000:]}")
        if loses:
            self.windows.append((begin, now()))
        self.settled = now() if loses else self.settled


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random_every_call_is_complete_or_known_to_be_lost(switch: Switch, start: Start, watch: Watch, tmp_path: Path, seed: int) -> None:
    database = str(tmp_path / "calls.db")
    program = start("records", "--switch", switch.address, "--database", database, "run")
    program.wait_ready()
    crashes = Crashes(watch(switch, seed), database)

    def kill() -> None:
        program.kill()
        crashes.traffic.step(crashes.random.randrange(0, 40))
        program.start()

    for _ in range(6):
        crashes.trouble(kill, program, loses=True)
    finish(crashes, program)


def finish(crashes: Crashes, *programs: Program) -> dict[str, int]:
    # Nothing fails any more: of these, nothing may be lost.
    crashes.traffic.settle()
    before = len(crashes.traffic.seen)
    crashes.traffic.step(100)
    crashes.traffic.clear()
    safe = len(crashes.traffic.seen) - before
    wait_written(crashes.database, crashes.traffic.switch)
    crashes.traffic.settle()
    assert not select(crashes.database, "select uuid from calls where state = 'open'")
    for program in programs:
        until(lambda: is_idle(program), "not idle")
        assert program.end() == 0
    counts = compare(crashes.database, crashes.traffic, crashes.windows)
    print(counts)
    assert counts["complete"] >= safe > 20
    return counts


@pytest.mark.parametrize("seed", range(1))
def test_the_database_the_connection_the_switch_and_the_program_fail(switch: Switch, postgres: Server, start: Start, watch: Watch, seed: int) -> None:
    database = url(postgres)
    program = start("records", "--switch", f"pbx={switch.address}", "--database", database, "run")
    program.wait_ready()
    crashes = Crashes(watch(switch, seed), database)
    traffic = crashes.traffic

    def kill() -> None:
        program.kill()
        traffic.step(10)
        program.start()

    def drop() -> None:
        for link in traffic.others():
            link.drop()

    def restart_switch() -> None:
        traffic.crash()
        until(lambda: program.health()[0] == 503, "does not notice")
        traffic.come_back()

    def restart_database() -> None:
        postgres.end(signal.SIGQUIT)  # At once, as a crash.
        traffic.step(50)
        until(lambda: program.health()[0] == 503, "does not notice")
        assert program.health("/live")[0] == 200
        postgres.start()

    faults = [(kill, True), (drop, True), (restart_switch, True), (restart_database, False)] * 2
    crashes.random.shuffle(faults)
    for happen, loses in faults:
        crashes.trouble(happen, program, loses)
    counts = finish(crashes, program)
    assert {pair for pair in select(database, "select a_uuid, b_uuid from bridges")} <= traffic.bridges
    assert counts["unseen"] > 0
    assert "secret" not in program.log.read_text()


def test_two_programs_lose_nothing_when_one_of_them_is_killed(switch: Switch, postgres: Server, start: Start, watch: Watch) -> None:
    database = url(postgres)
    arguments = ("--switch", f"pbx={switch.address}", "--database", database)
    both = [start("records", *arguments, "--name", name, "run") for name in ("one", "two")]
    for program in both:
        program.wait_ready()
    crashes = Crashes(watch(switch, 7), database)
    for turn in range(6):
        crashes.traffic.step(40)
        program, other = both[turn % 2], both[1 - turn % 2]
        program.kill()
        crashes.traffic.step(30)
        if turn == 3:
            postgres.end(signal.SIGQUIT)
            crashes.traffic.step(30)
            postgres.start()
        program.start()
        # What the page says: the next one may go when this one is ready, and the other has written what came before that.
        until(lambda: is_idle(program), "not idle")
        until(lambda: is_idle(other), "not idle")
    counts = finish(crashes, *both)
    assert counts == {"complete": len(crashes.traffic.seen), "unseen": 0, "missing": 0, "unknowable": 0}
    assert set(select(database, "select a_uuid, b_uuid from bridges")) == crashes.traffic.bridges
    assert not select(database, "select 1 from bridges where ended_at is null")


def test_a_database_that_is_away_for_long_holds_up_the_switch_and_loses_nothing(switch: Switch, postgres: Server, start: Start, watch: Watch) -> None:
    database = url(postgres)
    program = start("records", "--switch", switch.address, "--database", database, "run")
    program.wait_ready()
    traffic = watch(switch, 1)
    postgres.end(signal.SIGQUIT)
    # More than the program takes: what it has not read waits at the switch.
    for _ in range(5000):
        switch.new_call().hangup()
    traffic.settle()
    until(lambda: switch.connections[0].waiting > 0, f"nothing waits at the switch: {program.health()}", 60)
    rss = int(Path(f"/proc/{program.pid}/statm").read_text().split()[1]) * 4096
    assert rss < 300_000_000
    postgres.start()
    traffic.clear()
    wait_written(database, switch)
    traffic.clear()
    counts = compare(database, traffic, [])
    assert counts["complete"] == len(traffic.seen)
    assert program.end() == 0


def test_at_the_end_all_that_was_read_is_written(switch: Switch, start: Start, tmp_path: Path) -> None:
    database = str(tmp_path / "calls.db")
    program = start("records", "--switch", switch.address, "--database", database, "run")
    program.wait_ready()
    for _ in range(500):
        switch.new_call().hangup()
    assert program.end() == 0
    rows = next(line for line in program.said() if line["message"] == "rows")
    assert rows["unwritten"] == 0 and rows["written"] > 0
    # Of what came, nothing is missing in between.
    ids = [row[0] for row in select(database, "select session_id from calls order by 1")]
    assert ids == list(range(1, len(ids) + 1))


def test_a_database_that_is_read_only_for_a_while_refuses_no_row(switch: Switch, postgres: Server, start: Start) -> None:
    database = url(postgres)
    program = start("records", "--switch", switch.address, "--database", database, "run")
    program.wait_ready()
    with connected(database) as connection:
        connection.autocommit = True
        connection.execute("alter system set default_transaction_read_only = on")
        connection.execute("select pg_reload_conf()")
    until(lambda: select(database, "show default_transaction_read_only") == [("on",)], "not read only")
    call = switch.new_call()
    call.hangup()
    until(lambda: program.health()[0] == 503, "does not notice")
    with connected(database) as connection:
        connection.autocommit = True
        connection.execute("set default_transaction_read_only = off")
        connection.execute("alter system set default_transaction_read_only = off")
        connection.execute("select pg_reload_conf()")
    until(lambda: select(database, f"select state from calls where uuid = '{call.uuid}'") == [("complete",)], "no row")
    assert program.health()[1]["database"]["refused"] == 0
    assert program.end() == 0


def test_events_that_come_twice_make_no_second_row_and_change_none(switch: Switch, start: Start, tmp_path: Path) -> None:
    database = str(tmp_path / "calls.db")
    program = start("records", "--switch", switch.address, "--database", database, "run")
    program.wait_ready()
    call = switch.new_call(uuid="one")
    call.answer()
    call.hangup()
    until(lambda: [("one", "complete")] == select(database, "select uuid, state from calls"), "no row")
    before = select(database, "select * from calls")
    call.fire("CHANNEL_CREATE")
    call.fire("CHANNEL_HANGUP_COMPLETE", {"Hangup-Cause": "USER_BUSY"})
    switch.new_call(uuid="two").hangup()
    until(lambda: select(database, "select 1 from calls where uuid = 'two' and state = 'complete'"), "no row")
    assert select(database, "select * from calls where uuid = 'one'") == before
    assert program.end() == 0


def test_options_come_from_the_environment_and_secrets_do_not_come_into_the_log(switch: Switch, start: Start, tmp_path: Path) -> None:
    switch.password = "hunter22"
    program = start("records", "run", ESL_SWITCH=f"pbx={switch.address}", ESL_PASSWORD_PBX="hunter22", ESL_DATABASE=str(tmp_path / "calls.db"), ESL_LOG_LEVEL="debug")
    program.wait_ready()
    assert program.end() == 0
    assert "ended" in [line["message"] for line in program.said()]
    assert "hunter22" not in program.log.read_text()


def test_a_refused_password_ends_it_with_an_error(switch: Switch, start: Start, tmp_path: Path) -> None:
    program = start("records", "--switch", switch.address, "--database", tmp_path / "calls.db", "run", ESL_PASSWORD="wrong1")
    assert program._process.wait(20) == 1
    assert "wrong1" not in program.log.read_text()
