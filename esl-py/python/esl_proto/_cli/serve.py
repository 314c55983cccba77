"""`esl-proto serve module:handler`: takes calls until an orchestrator says that it is enough."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import inspect
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from datetime import datetime, timezone
from typing import Any

from .. import aio, sync
from .._shared.descriptors import raise_limit
from .._shared.many import options_of
from ..observe import Observer
from .output import OK, TROUBLE, USAGE, reason, say

__all__ = ["LEVELS", "add_arguments", "run"]

_LOG = logging.getLogger("esl_proto.serve")

LEVELS = ("debug", "info", "warning", "error")
_PATIENCE = 5.0
"""Seconds in which a request for the health of the program must have come."""
_LONGEST = 8192
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every log record has."""


class _Trouble(Exception):
    """What keeps it from beginning, in words."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("handler", metavar="MODULE:NAME", help="the handler: a function or coroutine function that takes a Session")
    add("--listen", type=_address, default="127.0.0.1:9042", metavar="HOST:PORT", help="where to listen for calls (%(default)s); 0.0.0.0 for all addresses")
    add("--max-calls", type=_count, default=1000, metavar="N", help="maximum number of simultaneous calls (%(default)s)")
    add("--linger", type=_count, metavar="SECONDS", help="how long a connection stays open after the end of its call")
    add("--drain", type=float, default=25.0, metavar="SECONDS", help="how long calls may continue after SIGTERM (%(default)s)")
    add("--health", type=_address, metavar="HOST:PORT", help="serve /livez and /readyz over HTTP")
    add("--log-format", choices=("text", "json"), default="text", help="format of the log on standard error (%(default)s)")
    add("--log-level", choices=LEVELS, default="info", help="least severe level to log (%(default)s)")
    seen = parser.add_mutually_exclusive_group()
    seen.add_argument("--metrics", action="store_true", help="serve /metrics on --health, too, for Prometheus")
    seen.add_argument("--otel", action="store_true", help="metrics and traces by OpenTelemetry, configured by its environment variables")


def _address(text: str) -> str:
    if "port" not in options_of(text):
        raise argparse.ArgumentTypeError(f"invalid address, not HOST:PORT: {text!r}")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"invalid number: {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Serves to the end, and gives the exit status."""
    _log_as(options.log_format, options.log_level)
    try:
        handler = _handler(options.handler)
        observer = _observer(options)
    except _Trouble as error:
        say(str(error))
        return USAGE
    try:
        asyncio.run(_Running(options, handler, observer).run())
    except OSError as error:
        say(f"cannot listen: {reason(error)}")
        return TROUBLE
    return OK


def _handler(name: str) -> Callable[..., Any]:
    module, _, path = name.partition(":")
    if not module or not path:
        raise _Trouble(f"expected MODULE:NAME, not {name!r}")
    # As with `python -m`: what lies here can be named.
    sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(f"{error.name}.")):
            raise
        raise _Trouble(f"no module named {module!r}") from None
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise _Trouble(f"module {module!r} has no {path!r}") from None
    if not callable(found):
        raise _Trouble(f"{name!r} is not callable")
    return found  # type: ignore[no-any-return]


def _observer(options: argparse.Namespace) -> Observer | None:
    try:
        if options.otel:
            from ..otel import Telemetry

            return Telemetry()
        if options.metrics:
            from ..prometheus import Metrics

            if options.health is None:
                raise _Trouble("--metrics needs --health")
            return Metrics()
    except ImportError as error:
        extra = "opentelemetry" if options.otel else "prometheus"
        raise _Trouble(f"{error}: try pip install 'esl-proto[{extra}]'") from None
    return None


class _Running:
    """A server of calls, the health of the program beside it, and what signals want. The health is answered by the loop that
    the handlers run in: one that is blocked does not answer."""

    def __init__(self, options: argparse.Namespace, handler: Callable[..., Any], observer: Observer | None) -> None:
        self._options = options
        self._handler = handler
        self._observer = observer
        self._is_async = inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)
        self._signals: asyncio.Queue[str] = asyncio.Queue()
        self._stopping = False
        raise_limit(options.max_calls, (aio.OutboundServer if self._is_async else sync.OutboundServer).DESCRIPTORS)

    async def run(self) -> None:
        """Until the last call has ended."""
        where = options_of(self._options.listen)
        how: dict[str, Any] = {"linger": self._options.linger, "max_calls": self._options.max_calls, "observer": self._observer}
        server: aio.OutboundServer | sync.OutboundServer
        if self._is_async:
            server = await aio.serve(self._handler, where["host"].strip("[]"), where["port"], **how)
            serving = asyncio.ensure_future(server.serve_forever())
        else:
            server = sync.serve(self._handler, where["host"].strip("[]"), where["port"], **how)
            serving = asyncio.ensure_future(asyncio.to_thread(server.serve_forever))
        self._server = server
        with _signals(self._told):
            async with contextlib.AsyncExitStack() as stack:
                if self._options.health is not None:
                    at = options_of(self._options.health)
                    health = await asyncio.start_server(self._request, at["host"].strip("[]"), at["port"], limit=_LONGEST)
                    await stack.enter_async_context(health)
                    _LOG.info("health: %s", "%s:%d" % health.sockets[0].getsockname()[:2])
                _LOG.info("listening: %s:%d", where["host"], server.port)
                signal_ = await self._signals.get()
                self._stopping = True
                _LOG.info("%s: no more calls are accepted; %d may continue for %g s", signal_, server.calls, self._options.drain)
                await self._close()
                await serving
        _LOG.info("the end")

    async def _close(self) -> None:
        """Waits for the calls; a second signal ends them."""
        closing = asyncio.ensure_future(self._closed(self._options.drain))
        again = asyncio.ensure_future(self._signals.get())
        await asyncio.wait((closing, again), return_when=asyncio.FIRST_COMPLETED)
        if again.done() and not closing.done():
            _LOG.warning("%s: ending %d calls", again.result(), self._server.calls)
            await self._closed(0)
        again.cancel()
        await closing

    async def _closed(self, timeout: float) -> None:
        if isinstance(self._server, sync.OutboundServer):
            await asyncio.to_thread(self._server.close, timeout)
        else:
            await self._server.close(timeout)

    def _told(self, name: str) -> None:
        self._signals.put_nowait(name)

    # Health

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                method, path, *_ = (*head.split(b" ", 2), b"", b"")
                status, kind, body = self._answer(method.decode("latin-1"), path.decode("latin-1").partition("?")[0])
                heads = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write(heads.encode() + (b"" if method == b"HEAD" else body))
                await writer.drain()
        writer.close()

    def _answer(self, method: str, path: str) -> tuple[str, str, bytes]:
        if method not in ("GET", "HEAD"):
            return "405 Method Not Allowed", "text/plain", b""
        stats = self._server.stats
        if path == "/metrics" and self._options.metrics:
            from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

            return "200 OK", CONTENT_TYPE_LATEST, generate_latest()
        if path not in ("/livez", "/readyz"):
            return "404 Not Found", "text/plain", b""
        state = "stopping" if self._stopping else "full" if stats["running"] >= self._server.max_calls else "ok"
        is_well = path == "/livez" or state == "ok"
        body = json.dumps({"state": state, "max_calls": self._server.max_calls, **stats}).encode() + b"\n"
        return "200 OK" if is_well else "503 Service Unavailable", "application/json", body


@contextlib.contextmanager
def _signals(tell: Callable[[str], None]) -> Generator[None]:
    """SIGTERM and Ctrl-C are told to the loop."""
    loop = asyncio.get_running_loop()

    def on_signal(number: int, _: object) -> None:
        loop.call_soon_threadsafe(tell, signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# Logs


class _Json(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "time": when.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN and value is not None}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _log_as(form: str, level: str) -> None:
    handler = logging.StreamHandler()
    if form == "json":
        handler.setFormatter(_Json())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
