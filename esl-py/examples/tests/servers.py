"""The servers that the tests start: each on a free port of the loopback, from an empty folder, ended by its id."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).resolve().parents[1]
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(look: Callable[[], T], what: str, timeout: float = 30.0) -> T:
    """Waits until something is so."""
    end = time.monotonic() + timeout
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.02)
    return found


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A process that listens."""

    def __init__(self, command: Sequence[object], there: Path, **how: Any) -> None:
        self.port = free_port()
        self._command = [str(word).replace("PORT", str(self.port)) for word in command]
        self._there, self._how = there, how
        self.start()

    def start(self) -> None:
        with (self._there / "said").open("ab") as said:
            self._process = subprocess.Popen(self._command, cwd=self._there, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **self._how)
        until(lambda: listens(self.port) or self._process.poll() is not None, f"{self._command[0]} does not listen")
        assert self._process.poll() is None, (self._there / "said").read_text()

    def end(self, number: int = signal.SIGTERM) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(30)

    @property
    def pid(self) -> int:
        return self._process.pid


def postgres_folder() -> Path | None:
    """Where PostgreSQL's programs are."""
    found = shutil.which("postgres")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return folders[-1].parent if folders else None


def redis_program() -> str | None:
    return shutil.which("valkey-server") or shutil.which("redis-server")


def chromium_program() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def start_postgres(there: Path) -> Server:
    """In an empty folder, which its user must be able to reach."""
    folder = postgres_folder()
    assert folder is not None
    how: dict[str, Any] = {}
    if os.getuid() == 0:  # It refuses to be root.
        how = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        shutil.chown(there, "nobody", "nogroup")
    subprocess.run(
        [folder / "initdb", "-D", there / "data", "-A", "trust", "-U", "calls", "--no-sync", "--no-instructions"],
        check=True, stdout=subprocess.DEVNULL, cwd=there, **how,
    )  # fmt: skip
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=20")
    command = [folder / "postgres", "-D", there / "data", "-p", "PORT", *(word for setting in settings for word in ("-c", setting))]
    return Server(command, there, **how)


def start_redis(there: Path) -> Server:
    command = [redis_program(), "--port", "PORT", "--bind", "127.0.0.1", "--dir", there, "--appendonly", "yes", "--save", ""]
    return Server(command, there)


class Program:
    """One of the programs, as a process, with a health page."""

    def __init__(self, name: str, there: Path, *arguments: object, **env: str) -> None:
        self.port = free_port()
        self.log = there / f"{name}-{self.port}.log"
        patience = () if name == "limits" else ("--retry", "0.3", "--silence", "0")
        self._command = [sys.executable, str(HERE / f"{name}.py"), "--health", str(self.port), *patience, *map(str, arguments)]
        self._env = {**{key: value for key, value in os.environ.items() if not key.startswith("ESL_")}, **env}
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    @property
    def pid(self) -> int:
        return self._process.pid

    def health(self, path: str = "/ready") -> tuple[int, dict[str, Any]]:
        """Its status, and what it says; 0 if it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def wait_ready(self, timeout: float = 30.0) -> None:
        try:
            until(lambda: self.health()[0] == 200 or self._process.poll() is not None, "not ready", timeout)
        except TimeoutError:
            raise TimeoutError(f"{self.health()}\n{self.log.read_text()[-4000:]}") from None
        assert self._process.poll() is None, self.log.read_text()[-4000:]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Its exit status after SIGTERM."""
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(30)

    def said(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]
