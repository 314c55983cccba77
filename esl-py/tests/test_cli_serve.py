"""`esl-proto serve`: calls, health, signals, limits and logs, as an orchestrator meets them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from esl_proto.testing import NEVER, Switch
from sync_support import until

PROGRAM = """
import logging
async def ivr(call):
    await call.answer()
    await call.execute("wait")
def blocking(call):
    call.answer()
    call.execute("wait")
def fails(call):
    raise RuntimeError("oh no")
class Handlers:
    async def __call__(self, call):
        logging.getLogger("mine").warning("hello", extra={"uuid": call.uuid})
handlers = Handlers()
number = 5
"""
posix = pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")


class Served:
    """The program, at work."""

    def __init__(self, there: Path, *arguments: str, **more: Any) -> None:
        (there / "program.py").write_text(PROGRAM)
        command = [sys.executable, "-X", "dev", "-W", "error", "-m", "esl_proto", "serve", *arguments]
        command += ["--listen", "127.0.0.1:0", "--health", "127.0.0.1:0", "--log-format", "json"]
        path = os.pathsep.join(path for path in [*map(os.path.abspath, filter(None, sys.path))])
        env = {**os.environ, "PYTHONPATH": path}
        # Without a buffer, in which `communicate` would not look.
        popen: type[subprocess.Popen[bytes]] = subprocess.Popen
        self.process = popen(
            command, cwd=there, env=env, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, bufsize=0, **more
        )
        self.log: list[dict[str, Any]] = []
        ports: dict[str, int] = {}
        assert self.process.stderr is not None
        # To the end, if it does not come so far.
        for line in self.process.stderr:
            self._note(line.decode())
            what, _, where = self.log[-1]["message"].partition(": ")
            if what in ("health", "listening"):
                ports[what] = int(where.rpartition(":")[2])
            if what == "listening":
                break
        self.port, self.health = ports.get("listening", 0), ports.get("health", 0)

    def _note(self, line: str) -> None:
        self.log.append(json.loads(line) if line.startswith("{") else {"message": line})

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        """What the health says."""
        connection = http.client.HTTPConnection("127.0.0.1", self.health, timeout=10)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get("/livez")[1])
        return found

    def end(self) -> int:
        """Waits for the end, and reads the log."""
        _, said = self.process.communicate(timeout=30)
        for line in said.decode().splitlines():
            self._note(line)
        return self.process.returncode

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts it."""
    all_of_them: list[Served] = []

    def start(*arguments: str, **more: Any) -> Served:
        all_of_them.append(Served(tmp_path, *arguments, **more))
        return all_of_them[-1]

    yield start
    for served in all_of_them:
        with served.process as process:
            process.kill()


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False


@posix
@pytest.mark.parametrize("handler", ["ivr", "blocking"])
def test_sigterm_lets_calls_come_to_their_end(switch: Switch, serve: Callable[..., Served], handler: str) -> None:
    switch.apps["wait"] = NEVER
    served = serve(f"program:{handler}", "--drain", "20")
    call = switch.call(served.address)
    until(lambda: len(call.executed) == 2)
    assert served.get("/readyz")[0] == 200 and served.stats()["running"] == 1
    served.terminate()
    until(lambda: served.get("/readyz")[0] == 503)
    assert served.get("/livez")[0] == 200 and served.stats()["state"] == "stopping"
    # It says that it stops before it does.
    until(lambda: is_refused(served.port))
    assert call.cause is None
    call.hangup()
    assert served.end() == 0
    said = [line["message"].partition(":")[0] for line in served.log if line["logger"] == "esl_proto.serve"]
    assert said == ["health", "listening", "SIGTERM", "the end"]


@posix
@pytest.mark.parametrize("handler", ["ivr", "blocking"])
def test_calls_that_go_on_too_long_are_ended(switch: Switch, serve: Callable[..., Served], handler: str) -> None:
    switch.apps["wait"] = NEVER
    served = serve(f"program:{handler}", "--drain", "0.2")
    call = switch.call(served.address)
    until(lambda: len(call.executed) == 2)
    served.terminate()
    assert served.end() == 0
    assert call.wait() == "NORMAL_TEMPORARY_FAILURE"

    # A second signal does not wait for that.
    served = serve(f"program:{handler}", "--drain", "60")
    call = switch.call(served.address)
    until(lambda: len(call.executed) == 2)
    served.terminate()
    until(lambda: served.stats()["state"] == "stopping")
    began = time.monotonic()
    served.process.send_signal(signal.SIGINT)
    assert served.end() == 0 and time.monotonic() - began < 20
    assert call.wait() == "NORMAL_TEMPORARY_FAILURE"
    assert "SIGINT: ending 1 calls" in [line["message"] for line in served.log]


@posix
def test_limits(switch: Switch, serve: Callable[..., Served]) -> None:
    switch.apps["wait"] = NEVER
    served = serve("program:ivr", "--max-calls", "1", "--drain", "0")
    call = switch.call(served.address)
    until(lambda: len(call.executed) == 2)
    assert served.get("/readyz")[0] == 503 and served.stats()["state"] == "full" and served.get("/livez")[0] == 200
    assert switch.call(served.address).wait() == "SWITCH_CONGESTION"
    assert served.stats()["refused"] == 1
    served.terminate()
    assert served.end() == 0
    refused = next(line for line in served.log if line["level"] == "warning")
    assert refused["peer"].startswith("127.0.0.1:") and refused["message"].endswith("one more is refused")


@posix
def test_logs(switch: Switch, serve: Callable[..., Served]) -> None:
    served = serve("program:fails")
    call = switch.call(served.address)
    assert call.wait() == "NORMAL_TEMPORARY_FAILURE"
    until(lambda: served.stats()["failed"] == 1)
    served.terminate()
    assert served.end() == 0
    failed = next(line for line in served.log if line["level"] == "error")
    assert (failed["uuid"], failed["logger"]) == (call.uuid, "esl_proto.sync")
    assert failed["exception"].endswith("RuntimeError: oh no")
    assert all(line["time"].endswith("Z") for line in served.log)

    served = serve("program:handlers")
    call = switch.call(served.address)
    call.wait()
    served.terminate()
    assert served.end() == 0
    mine = next(line for line in served.log if line["logger"] == "mine")
    assert (mine["message"], mine["uuid"], mine["level"]) == ("hello", call.uuid, "warning")


@posix
def test_health_and_who_asks_for_it(serve: Callable[..., Served]) -> None:
    served = serve("program:ivr")
    assert served.get("/nothing")[0] == 404 and served.get("/livez", "POST")[0] == 405
    assert served.get("/readyz?x=1", "HEAD") == (200, "")
    for said in (b"", b"\r\n\r\n", b"x" * 100_000, b"GET\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", served.health)) as sock, contextlib.suppress(ConnectionError):
            sock.sendall(said)
            sock.shutdown(socket.SHUT_WR)
            sock.recv(1000)
    assert served.stats()["state"] == "ok"
    served.terminate()
    assert served.end() == 0
    assert "exception" not in str(served.log)


@posix
def test_metrics(switch: Switch, serve: Callable[..., Served]) -> None:
    pytest.importorskip("prometheus_client", reason="Prometheus is not there")
    served = serve("program:handlers", "--metrics")
    switch.call(served.address).wait()
    until(lambda: "esl_server_calls_total 1.0" in served.get("/metrics")[1])
    served.terminate()
    assert served.end() == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["program"], 2, "expected MODULE:NAME, not 'program'"),
        (["nowhere:ivr"], 2, "no module named 'nowhere'"),
        (["program:nothing"], 2, "module 'program' has no 'nothing'"),
        (["program:number"], 2, "'program:number' is not callable"),
        (["program:ivr", "--max-calls", "0"], 2, "invalid number: '0'"),
    ],
)
def test_what_cannot_be_served(serve: Callable[..., Served], arguments: list[str], status: int, said: str) -> None:
    served = serve(*arguments)
    assert served.end() == status
    assert said in served.log[0]["message"]


def test_an_address_in_use(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve("program:ivr")
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "esl_proto", "serve", "program:ivr", "--listen", served.address],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3 and ": cannot listen: " in done.stderr
