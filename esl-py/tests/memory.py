"""How much memory this process has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["linux", "resident"]

_STATM = Path("/proc/self/statm")
linux = pytest.mark.skipif(not _STATM.exists(), reason="the size of a process is read as Linux shows it")


def resident() -> int:
    """BytesLike of memory in use."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
