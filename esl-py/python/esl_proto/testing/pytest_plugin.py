"""pytest's fixture `esl_switch`. pytest finds it by the entry point `pytest11`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .switch import Switch

__all__ = ["esl_switch"]


@pytest.fixture
def esl_switch() -> Iterator[Switch]:
    """A simulated switch, on a free port."""
    with Switch() as switch:
        yield switch
