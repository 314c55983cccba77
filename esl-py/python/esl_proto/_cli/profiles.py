"""The profiles of fs_cli: sections of a file, each with the settings for one server."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Profile", "read_profiles"]

Profile = dict[str, str]
"""Settings by their names, in lower case."""


def read_profiles() -> tuple[str, dict[str, Profile]]:
    """The file that is read, and its profiles: the user's own file or, without one, that of the machine. The last of
    several settings of one name counts."""
    for path in _files():
        try:
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            continue
        return str(path), _parse(text)
    return "", {}


def _files() -> list[Path]:
    if os.name == "nt":
        return [Path("fs_cli.conf")]
    return [Path(os.path.expanduser("~"), ".fs_cli_conf"), Path("/etc/fs_cli.conf")]


def _parse(text: str) -> dict[str, Profile]:
    profiles: dict[str, Profile] = {}
    profile: Profile = {}
    for line in text.splitlines():
        if line.startswith("__END__"):
            break
        if line.startswith("[") and "]" in line:
            profile = profiles.setdefault(line[1 : line.index("]")], {})
        elif not line.startswith(("#", ";")):
            name, equals, value = line.partition(";;")[0].partition("=")
            if equals:
                profile[name.strip().lower()] = value.removeprefix(">").strip()
    return profiles
