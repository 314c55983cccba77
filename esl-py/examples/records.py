#!/usr/bin/env python3
"""Call records: every call of one or several switches as a row of a database, SQLite or PostgreSQL.

    records.py run                                        into ./calls.db
    records.py --database postgresql://user@host/calls run
    records.py report                                     what is there, and what is known to be missing, as JSON

The page docs/programs/records.md says what it promises.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from itertools import count
from typing import Any, TypeAlias, TypeVar

import common
from esl_proto import Event, ProtocolError, rows
from esl_proto.aio import ConnectionClosed, Gap, Inbound, Stream

LOG = logging.getLogger("records")
R = TypeVar("R")
EVENTS = ("CHANNEL_CREATE", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_UUID", "CHANNEL_HANGUP_COMPLETE")
WAITING, BATCH = 2000, 500
"""How many rows may wait to be written, and how many are written at a time."""

SCHEMA = """
create table if not exists calls (
    uuid text primary key, switch text not null, core_uuid text, session_id bigint,
    state text not null check (state in ('open', 'complete', 'renamed', 'unseen')),
    direction text, channel_name text, caller_name text, caller_number text, destination text, context text, call_uuid text, other_leg text,
    created_at {time}, ringing_at {time}, answered_at {time}, bridged_at {time}, ended_at {time},
    duration integer, billsec integer, cause text, q850 integer,
    lost_after {time}, lost_before {time}, renamed_to text, event {json});
create index if not exists calls_open on calls (switch) where state = 'open';
create index if not exists calls_session on calls (core_uuid, session_id);
create table if not exists bridges (
    a_uuid text, b_uuid text, began_at {time}, ended_at {time}, switch text not null, primary key (a_uuid, b_uuid, began_at));
create table if not exists gaps (
    switch text, program text, began_at {time}, ended_at {time}, reason text, unseen integer, primary key (switch, program, ended_at));
create table if not exists runs (
    core_uuid text primary key, switch text not null, first_session bigint, last_session bigint, first_at {time}, last_at {time})
"""
OPEN = ("uuid", "switch", "core_uuid", "session_id", "direction", "channel_name", "caller_name", "caller_number", "destination", "context", "created_at")
COMPLETE = (
    *OPEN, "call_uuid", "other_leg", "ringing_at", "answered_at", "bridged_at", "ended_at", "duration", "billsec", "cause", "q850", "event",
)  # fmt: skip


def _insert(names: Iterable[str], state: str) -> str:
    names = (*names, "state")
    return f"insert into calls ({', '.join(names)}) values ({'?, ' * (len(names) - 1)}'{state}')"


STATEMENTS = {
    # In the order in which they are said within a batch: no order of events can make a row less true than it was.
    "open": _insert(OPEN, "open") + " on conflict do nothing",
    "renamed": "update calls set state = 'renamed', renamed_to = ? where uuid = ? and state = 'open'",
    "complete": _insert(COMPLETE, "complete")
    + " on conflict (uuid) do update set state = 'complete', lost_after = null, lost_before = null, "
    + ", ".join(f"{name} = excluded.{name}" for name in COMPLETE[1:])
    + " where calls.state <> 'complete'",
    "unseen": "update calls set state = 'unseen', lost_after = ?, lost_before = ? where uuid = ? and state = 'open'",
    "bridge": "insert into bridges (a_uuid, b_uuid, began_at, switch) values (?, ?, ?, ?) on conflict do nothing",
    "unbridge": "update bridges set ended_at = ? where a_uuid = ? and b_uuid = ? and ended_at is null and began_at <= ?",
    "gap": "insert into gaps (switch, program, began_at, ended_at, reason, unseen) values (?, ?, ?, ?, ?, ?) on conflict do nothing",
    # A run of a switch that was watched before is watched from its first session: those that were not heard are missing.
    "run": "insert into runs (core_uuid, switch, first_session, last_session, first_at, last_at)"
    " values (?, ?, case when exists (select 1 from runs where switch = ?) then 0 else cast(? as bigint) end, ?, ?, ?)"
    " on conflict (core_uuid) do update set last_session = excluded.last_session, last_at = excluded.last_at"
    " where excluded.last_session >= runs.last_session",
}
Row: TypeAlias = tuple[str, tuple[Any, ...]]
"""Which statement, and its values."""


class Store:
    """A database. Each method either has its effect or raises."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_sqlite = "://" not in url and "=" not in url
        self._connection: Any = None
        self._module: Any = sqlite3
        if not self._is_sqlite:
            import psycopg

            self._module = psycopg

    def passes(self, error: Exception) -> bool:
        """Whether another try is worth it: all but that a row is refused for what it says."""
        return isinstance(error, self._module.Error) and not isinstance(error, (self._module.DataError, self._module.IntegrityError))

    def _open(self) -> Any:
        if self._connection is not None:
            return self._connection
        schema = SCHEMA.format(**({"time": "text", "json": "text"} if self._is_sqlite else {"time": "timestamptz", "json": "jsonb"}))
        if self._is_sqlite:
            connection: Any = sqlite3.connect(self._url, timeout=10, check_same_thread=False)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
        else:
            connection = self._module.connect(self._url, connect_timeout=5, application_name="esl-records", tcp_user_timeout=20_000)
        try:
            for statement in schema.split(";"):
                connection.execute(statement)
            connection.commit()
        except self._module.IntegrityError as error:  # Another program makes the same tables at the same moment.
            connection.close()
            raise self._module.OperationalError(str(error)) from error
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _do(self, work: Callable[[Any], R]) -> R:
        try:
            connection = self._open()
            result = work(connection.cursor())
            connection.commit()
        except Exception:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()
            raise
        return result

    def _said(self, statement: str) -> str:
        return statement if self._is_sqlite else statement.replace("?", "%s")

    def _value(self, value: Any) -> Any:
        if isinstance(value, datetime) and self._is_sqlite:
            return value.isoformat(sep=" ", timespec="microseconds")
        # PostgreSQL's text holds no such octet.
        return value.replace("\0", "\ufffd") if isinstance(value, str) else value

    def write(self, batch: Iterable[Row]) -> None:
        """Writes rows, all or none."""
        by_kind = defaultdict(list)
        for kind, values in batch:
            by_kind[kind].append(tuple(map(self._value, values)))

        def work(cursor: Any) -> None:
            for kind, statement in STATEMENTS.items():
                # Sorted by uuid: two programs that write the same rows do not wait for each other in a circle.
                if rows := by_kind.get(kind):
                    rows = sorted(rows, key=lambda row: str(row[0])) if kind in ("open", "complete") else rows
                    cursor.executemany(self._said(statement), rows)

        self._do(work)

    def select(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._do(lambda cursor: cursor.execute(self._said(statement), values).fetchall())


class Writer:
    """Writes what is put, in the order of putting and in batches; tries again for ever while the database is not there.
    Whoever puts then waits."""

    def __init__(self, store: Store, retry: float) -> None:
        self._store = store
        self._retry = retry
        self._thread = ThreadPoolExecutor(1)
        self._rows: asyncio.Queue[Row] = asyncio.Queue(WAITING)
        self._more = asyncio.Condition()
        self.is_well = False
        self.put_so_far = self.written = self.refused = 0
        self.oldest: float | None = None
        """Since when something waits."""

    async def put(self, *batch: Row) -> None:
        for row in batch:
            await self._rows.put(row)
            self.put_so_far += 1

    async def run(self) -> None:
        while True:
            batch = [await self._rows.get()]
            self.oldest = self.oldest or time.monotonic()
            # What comes within a moment shares a transaction.
            await asyncio.sleep(0.02)
            while len(batch) < BATCH and not self._rows.empty():
                batch.append(self._rows.get_nowait())
            await self._write(batch)
            self.written += len(batch)
            self.oldest = None if self._rows.empty() else time.monotonic()
            async with self._more:
                self._more.notify_all()

    async def _write(self, batch: list[Row]) -> None:
        try:
            await self.call(self._store.write, batch)
        except Exception as error:
            if len(batch) > 1:
                for row in batch:
                    await self._write([row])
                return
            # No retry would help. The row is in the log, whole.
            self.refused += 1
            LOG.error("row refused", extra={"kind": batch[0][0], "row": batch[0][1], "error": str(error)})

    async def call(self, work: Callable[..., R], *args: Any) -> R:
        """Does something with the database, in its own thread, as often as it takes."""
        for attempt in count():
            try:
                result = await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
            except Exception as error:
                if not self._store.passes(error):
                    raise
                self.is_well = False
                LOG.warning("database", extra={"attempt": attempt, "error": str(error).strip()})
                await asyncio.sleep(min(self._retry, 0.1 * 2 ** min(attempt, 16)))
            else:
                self.is_well = True
                return result
        raise AssertionError("tries for ever")

    async def flushed(self) -> None:
        """Waits until all that has been put is written."""
        goal = self.put_so_far
        async with self._more:
            await self._more.wait_for(lambda: self.written >= goal)


class Recorder:
    """What one switch tells, as rows."""

    def __init__(self, switch: common.Switch, writer: Writer, store: Store, program: str, audit: float) -> None:
        self.switch = switch
        self._writer, self._store, self._program, self._audit = writer, store, program, audit
        self._last: datetime | None = None
        """The time of the last event."""
        self._fs: Inbound | None = None
        self._comparing: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self.gaps = 0
        self.is_compared = False

    def report(self) -> dict[str, Any]:
        return {"connected": self._fs is not None and self._fs.is_open, "compared": self.is_compared, "gaps": self.gaps, "last_event": self._last}

    async def run(self) -> None:
        await self._writer.call(self._store.select, "select 1")
        fs = await self.switch.open()
        # Full, it is not read any more, and nothing is lost before the server's own queue is full.
        stream: Stream[Event | Gap] = await fs.events(*EVENTS, maxsize=WAITING, overflow="block", gaps=True)
        # It is ready once it hears what happens.
        self._fs = fs
        self._compare("started", None)
        try:
            async for item in stream:
                if isinstance(item, Event):
                    await self._writer.put(*self._rows(item))
                else:
                    self.gaps += 1
                    self._compare(str(item.reason), self._last)
        finally:
            self._ended.set()
            if self._comparing is not None:
                self._comparing.cancel()
        # Nothing more is to be heard; that all works go on until they are told to stop is what the others expect.
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Says good-bye, and takes what has arrived before."""
        if self._fs is not None:
            await self._fs.close()
            await self._ended.wait()

    def _rows(self, event: Event) -> list[Row]:
        self._last = when = event.timestamp or datetime.now(timezone.utc)
        uuid, name = event.unique_id, str(event.name)
        if name == "CHANNEL_CREATE":
            return [("open", self._opened(event))]
        if name == "CHANNEL_BRIDGE":
            return [("bridge", (event.get_str("Bridge-A-Unique-ID"), event.get_str("Bridge-B-Unique-ID"), when, self.switch.name))]
        if name == "CHANNEL_UNBRIDGE":
            return [("unbridge", (when, event.get_str("Bridge-A-Unique-ID"), event.get_str("Bridge-B-Unique-ID"), when))]
        if name == "CHANNEL_UUID":
            return [("renamed", (uuid, event.get_str("Old-Unique-ID"))), ("open", self._opened(event))]
        more = (
            event.get_str("Channel-Call-UUID"), event.other_leg or event.variables.get_str("last_bridge_to") or None,
            event.progress_time or event.progress_media_time, event.answered_time, event.bridged_time, event.hangup_time or when,
            _number(event, "variable_duration"), _number(event, "variable_billsec"), str(event.hangup_cause or ""), _number(event, "variable_hangup_cause_q850"),
            _json(event),
        )  # fmt: skip
        return [("complete", self._opened(event) + more)]

    def _opened(self, event: Event) -> tuple[Any, ...]:
        return (
            event.unique_id, self.switch.name, event.core_uuid, _number(event, "variable_session_id"), str(event.direction or ""), event.channel_name,
            event.caller_name, event.caller_number, event.destination, event.get_str("Caller-Context"), event.created_time,
        )  # fmt: skip

    def _compare(self, reason: str, since: datetime | None) -> None:
        # A task of its own: the answers come only while events are read.
        self.is_compared = False
        if self._comparing is not None:
            self._comparing.cancel()
        self._comparing = asyncio.create_task(self._compare_often(reason, since))

    async def _compare_often(self, reason: str, since: datetime | None) -> None:
        try:
            while True:
                await self._compare_once(reason, since)
                self.is_compared = True
                await asyncio.sleep(self._audit)
                reason, since = "audit", self._last
        except ConnectionClosed:
            pass  # A gap follows.
        except Exception:
            LOG.exception("the comparison with the switch failed", extra={"switch": self.switch.name})

    async def _compare_once(self, reason: str, since: datetime | None) -> None:
        """Asks the server what is true, and marks the calls whose end was not heard."""
        assert self._fs is not None
        await self._writer.flushed()
        # In this order: a call that is open here and not on the list has ended before the list was made. If the event of
        # its end is on its way, it corrects the row.
        known = await self._writer.call(self._store.select, "select uuid, created_at from calls where switch = ? and state = 'open'", self.switch.name)
        text = (await self._fs.api("show channels as json")).text
        status = (await self._fs.api("status")).text
        answer = await self._fs.api("global_getvar core_uuid")
        core = self._fs.core_uuid if answer.error else answer.text.strip()
        now = datetime.now(timezone.utc)
        there = {row.get_str("uuid"): row for row in rows(text)}
        gone = [uuid for uuid, _ in known if uuid not in there]
        seen = {uuid for uuid, _ in known}
        found = [row for uuid, row in there.items() if uuid not in seen]
        await self._writer.put(*(("unseen", (since, now, uuid)) for uuid in gone))
        # The list does not have the number of the session.
        numbers = await asyncio.gather(*(self._fs.api(f"uuid_getvar {row.get_str('uuid')} session_id") for row in found))
        await self._writer.put(*(("open", self._listed(row, core, number.text)) for row, number in zip(found, numbers)))
        if reason != "audit" or gone:
            await self._writer.put(("gap", (self.switch.name, self._program, since, now, reason, len(gone))))
        if (sessions := re.search(r"(\d+) session\(s\) since startup", status)) and core:
            await self._writer.put(("run", (core, self.switch.name, self.switch.name, int(sessions[1]), int(sessions[1]), now, now)))
        await self._writer.flushed()
        LOG.info("compared", extra={"switch": self.switch.name, "reason": reason, "unseen": len(gone), "found": len(found)})

    def _listed(self, row: Event, core: str | None, number: str) -> tuple[Any, ...]:
        texts = (row.get_str(name) for name in ("direction", "name", "cid_name", "cid_num", "dest", "context"))
        return (row.get_str("uuid"), self.switch.name, core, int(number) if number.isdecimal() else None, *texts, row.get_time("created_epoch"))


def _number(event: Event, name: str) -> int | None:
    try:
        return event.get_int(name)
    except ValueError:
        return None


def _json(event: Event) -> str:
    try:
        text = event.json()
    except ProtocolError:  # Cut off: what there is of it.
        text = json.dumps(event.to_dict())
    # PostgreSQL's jsonb refuses what its text cannot hold. An even number of backslashes before it are characters.
    return re.sub(r"(?<!\\)((?:\\\\)*)\\u0000", r"\1\\ufffd", text)


def report(store: Store) -> dict[str, Any]:
    """What is in the database, and what is known not to be."""
    said: dict[str, Any] = {"calls": dict(store.select("select state, count(*) from calls group by state"))}
    said["bridges"] = store.select("select count(*) from bridges")[0][0]
    said["gaps"] = [
        dict(zip(("switch", "program", "began_at", "ended_at", "reason", "unseen"), row))
        for row in store.select("select switch, program, began_at, ended_at, reason, unseen from gaps order by ended_at")
    ]
    said["runs"] = []
    for core, switch, first, last in store.select("select core_uuid, switch, first_session, last_session from runs order by first_at"):
        ids = {row[0] for row in store.select("select session_id from calls where core_uuid = ? and session_id > ?", core, first)}
        missing = sorted(set(range(first + 1, max([last, *ids]) + 1)) - ids)
        said["runs"].append({"core_uuid": core, "switch": switch, "watched_from_session": first, "missing_sessions": missing})
    return said


async def record(options: argparse.Namespace, stop: asyncio.Event) -> int:
    store = Store(options.database)
    writer = Writer(store, options.retry)
    recorders = [Recorder(switch, writer, store, options.name, options.audit) for switch in common.switches(options)]

    def health() -> dict[str, Any]:
        ones = {recorder.switch.name: recorder.report() for recorder in recorders}
        waits = 0.0 if writer.oldest is None else time.monotonic() - writer.oldest
        database = {"ok": writer.is_well, "written": writer.written, "unwritten": writer.put_so_far - writer.written, "waits": waits, "refused": writer.refused}
        is_ok = writer.is_well and not writer.refused and all(one["connected"] and one["compared"] for one in ones.values())
        return {"ok": is_ok, "switches": ones, "database": database}

    async def close() -> None:
        await asyncio.gather(*(recorder.close() for recorder in recorders))
        await writer.flushed()

    server = await common.serve_health(options.health, health) if options.health else None
    try:
        return await common.until(stop, writer.run(), *(recorder.run() for recorder in recorders), close=close, grace=options.grace)
    finally:
        LOG.info("rows", extra={"written": writer.written, "unwritten": writer.put_so_far - writer.written})
        if server is not None:
            server.close()


def main() -> int:
    options = common.Options(description=(__doc__ or "").partition("\n")[0])
    options.option("database", "calls.db", "a file, for SQLite, or postgresql://...; its password better in PGPASSWORD or ~/.pgpass")
    options.option("name", "records", "of this program, where several write into one database")
    options.option("audit", 600.0, "every so many seconds, compare with what the switch says", float)
    options.add_argument("action", choices=("run", "report"))
    chosen = options.parse_args()
    common.hide_url(chosen.database)
    if chosen.action == "report":
        print(json.dumps(report(Store(chosen.database)), default=str, indent=1))
        return 0
    return common.run(chosen, lambda stop: record(chosen, stop))


if __name__ == "__main__":
    sys.exit(main())
