"""What the programs of this folder share: options from the command line or the environment, logs, health, and an end in
order."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from esl_proto.aio import AccessDenied, AuthenticationError, EventSocketError, Inbound, Reconnect, connect

LOG = logging.getLogger("program")
_SECRETS: set[str] = set()
"""What no log may say."""


class Options(argparse.ArgumentParser):
    """Options, each of which an environment variable can give as well: `--health` is ESL_HEALTH."""

    def __init__(self, description: str, *, connects: bool = True) -> None:
        super().__init__(description=description, allow_abbrev=False)
        if connects:
            self._add_switches()
        self.option("grace", 10.0, "how many seconds the end may take", float)
        self.option("health", None, "[HOST:]PORT of the health page: /live, /ready")
        self.option("log-level", "info", "debug, info, warning or error")

    def _add_switches(self) -> None:
        self.option("switch", "127.0.0.1:8021", "switches as [NAME=]HOST:PORT, commas between them")
        self.option("password", None, "of the event socket, ClueCon if nothing else is said; ESL_PASSWORD_NAME for one switch; better not here, where other users see it")
        self.option("password-file", None, "a file with the password in its first line")
        self.option("retry", 5.0, "the longest wait, in seconds, before what has failed is tried again", float)
        self.option("silence", 60.0, "a switch from which nothing has come for so many seconds is taken for lost; 0: never", float)

    def option(self, name: str, default: Any, text: str, kind: Callable[[str], Any] = str) -> None:
        variable = "ESL_" + name.upper().replace("-", "_")
        value = os.environ.get(variable, default)
        said = "" if default is None else f"; {default}"
        self.add_argument(f"--{name}", default=value, type=kind, help=f"{text} ({variable}{said})".replace("%", "%%"))


@dataclass(frozen=True)
class Switch:
    """A server, and how to reach it."""

    name: str
    host: str
    port: int
    password: str = field(repr=False)
    silence: float | None
    retry: float

    async def open(self) -> Inbound:
        """Connects, however long it takes. Raises an error only if this program is not wanted there."""
        policy = Reconnect(first=min(0.2, self.retry), longest=self.retry)
        for delay in policy.delays():
            try:
                # JSON: it tells arrays from texts. No time limit: a full database holds up answers, and loses none.
                return await connect(
                    self.host, self.port, password=self.password, format="json", command_timeout=None, reconnect=policy, heartbeat=self.silence
                )
            except (AuthenticationError, AccessDenied):
                raise
            except (OSError, TimeoutError, EventSocketError) as error:
                LOG.warning("switch is not there", extra={"switch": self.name, "error": str(error)})
            await asyncio.sleep(delay)
        raise AssertionError("tries for ever")


def switches(options: argparse.Namespace) -> list[Switch]:
    """The switches that the options name."""
    password = options.password or "ClueCon"
    if options.password_file:
        password = (Path(options.password_file).read_text(encoding="utf-8").splitlines() or [""])[0]
    made = []
    for word in filter(None, re.split(r"[,\s]+", options.switch)):
        name, _, where = word.rpartition("=")
        host, _, port = where.rpartition(":")
        if not port.isdecimal():
            raise SystemExit(f"no switch, which is [NAME=]HOST:PORT: {word!r}")
        own = os.environ.get("ESL_PASSWORD_" + re.sub(r"\W", "_", name or host).upper(), password)
        hide(own)
        made.append(Switch(name or where, host.strip("[]"), int(port), own, options.silence or None, options.retry))
    return made


def hide(*secrets: str | None) -> None:
    """No log says these."""
    _SECRETS.update(secret for secret in secrets if secret)


def hide_url(url: str) -> None:
    """No log says the password in this address."""
    found = re.search(r"://[^/@]*?:([^/]*)@|\bpassword\s*=\s*('[^']*'|\S+)", url)
    if found:
        hide((found[1] or found[2]).strip("'"))


def masked(text: str) -> str:
    for secret in sorted(_SECRETS, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


class JsonLines(logging.Formatter):
    """A line of the log is one JSON object, with what `extra` says as members."""

    _USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        line |= {name: value for name, value in vars(record).items() if name not in self._USUAL}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return masked(json.dumps(line, default=str, ensure_ascii=False))


async def serve_health(where: str, report: Callable[[], dict[str, Any]]) -> asyncio.Server:
    """Answers GET /live with 200 as long as the program runs at all, and GET /ready with 200 or 503, and with what `report`
    gives, by whose `ok` it goes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(5):
                path = (await reader.readline()).decode("latin-1").split(" ")[1:2]
                while (await reader.readline()).strip():
                    pass
                said = report() if path == ["/ready"] else {"ok": True}
                status = "404 Not Found" if path not in (["/live"], ["/ready"]) else "200 OK" if said["ok"] else "503 Service Unavailable"
                body = json.dumps(said, default=str).encode()
                writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass
        finally:
            writer.close()

    host, _, port = where.rpartition(":")
    server = await asyncio.start_server(answer, host or "127.0.0.1", int(port))
    LOG.info("health", extra={"port": server.sockets[0].getsockname()[1]})
    return server


def run(options: argparse.Namespace, main: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    """Runs a program until it ends or is told to, by SIGTERM or Ctrl-C. Its exit status: what `main` returns, 1 for an error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=options.log_level.upper(), handlers=[handler])
    hide(getattr(options, "password", None))

    async def body() -> int:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return await main(stop)

    try:
        return asyncio.run(body())
    except Exception as error:
        parts = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
        for part in parts:
            LOG.error("ended by an error", exc_info=part)
        return 1


async def end(*tasks: asyncio.Future[Any]) -> None:
    """Cancels tasks, again and again until they have ended: the client for Redis loses a cancellation now and then."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1)


async def until(stop: asyncio.Event, *works: Awaitable[Any], close: Callable[[], Awaitable[None]], grace: float) -> int:
    """Runs works until the word to stop comes, or one of them fails, whose error is raised. Then `close` ends in order what
    is to be ended in order, within `grace` seconds, and the works are cancelled. The exit status: 1 if that took too long."""
    tasks = [asyncio.ensure_future(work) for work in works]
    waiting = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in tasks if task.done()]
        if not failed:
            try:
                async with asyncio.timeout(grace):
                    await close()
            except Exception as error:
                LOG.error("ended in disorder", extra={"error": str(error) or type(error).__name__})
                return 1
    finally:
        await end(waiting, *tasks)
    for task in failed:
        task.result()
    LOG.info("ended")
    return 0
