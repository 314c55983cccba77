"""Servers and programs for the tests; what is missing leaves out by name what needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[1])]
from esl_proto.testing import Switch
from servers import Program, Server, postgres_folder, redis_program, start_postgres, start_redis
from traffic import Traffic


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch() as switch:
        yield switch


@pytest.fixture
def postgres() -> Iterator[Server]:
    if postgres_folder() is None:
        pytest.skip("postgres is not there")
    # Not in pytest's own folder, which is for the user of the tests alone.
    with TemporaryDirectory(prefix="esl-postgres-") as there:
        server = start_postgres(Path(there))
        yield server
        server.end()


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if redis_program() is None:
        pytest.skip("neither valkey-server nor redis-server is there")
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.end()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts a program, which is killed at the end of the test if it still runs."""
    started = []

    def begin(name: str, *arguments: object, **env: str) -> Program:
        started.append(Program(name, tmp_path, *arguments, **env))
        return started[-1]

    yield begin
    for program in started:
        program.kill()


@pytest.fixture
def watch() -> Iterator[Callable[[Switch, int], Traffic]]:
    """Makes the traffic of a switch, by a seed, and watches it."""
    watching = []

    def begin(switch: Switch, seed: int) -> Traffic:
        watching.append(Traffic(switch, seed))
        return watching[-1]

    yield begin
    for traffic in watching:
        traffic.close()
