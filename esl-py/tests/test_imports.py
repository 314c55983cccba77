"""What an import loads beside the package: a program that needs little should not wait for much."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import esl_proto

HEAVY = {"asyncio", "concurrent.futures", "random", "ssl", "subprocess", "dataclasses", "json", "esl_proto.names"}


def loaded_by(module: str) -> set[str]:
    """The modules that are there after an import and were not before."""
    code = f"import sys; before = set(sys.modules); import {module}; print(*(set(sys.modules) - before))"
    # Without `site`, whose modules vary, and so without the folder where packages are.
    place = os.environ | {"PYTHONPATH": str(Path(esl_proto.__file__).parents[1])}
    command = [sys.executable, "-S", "-c", code]
    return set(subprocess.run(command, env=place, stdout=subprocess.PIPE, text=True, check=True).stdout.split())


def test_the_package_itself_loads_nothing_else() -> None:
    assert loaded_by("esl_proto") - {"_collections_abc"} == {"esl_proto", "esl_proto._native", "esl_proto.errors"}


@pytest.mark.parametrize(
    ("module", "needed"),
    [("esl_proto.sync", {"dataclasses"}), ("esl_proto.ESL", {"json"})],
)
def test_a_facade_loads_no_more_than_it_needs(module: str, needed: set[str]) -> None:
    loaded = loaded_by(module)
    assert module in loaded
    assert loaded & HEAVY == needed


def test_message_is_there_for_who_asks() -> None:
    from esl_proto.types import Message

    assert esl_proto.Message is Message
    assert "Message" in esl_proto.__all__
    with pytest.raises(AttributeError, match="no attribute 'message'"):
        esl_proto.message  # noqa: B018
