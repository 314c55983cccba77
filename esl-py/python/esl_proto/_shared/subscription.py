"""The subscriptions of a connection: applied now, and again after every reconnect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .._native import Command
from ..types import Format

__all__ = ["OF_A_CHANNEL", "Subscription"]

OF_A_CHANNEL = (
    *(
        f"CHANNEL_{name}"
        for name in (
            "ANSWER APPLICATION BRIDGE CREATE DATA DESTROY EXECUTE EXECUTE_COMPLETE HANGUP HANGUP_COMPLETE ORIGINATE "
            "UUID OUTGOING PARK PROGRESS PROGRESS_MEDIA STATE UNBRIDGE UNPARK"
        ).split()
    ),
    "DETECTED_SPEECH",
    "DTMF",
    "NOTALK",
    "TALK",
)
"""What `myevents` subscribes to."""


@dataclass(slots=True)
class Subscription:
    """Kept as the server keeps it, from the commands that it has accepted."""

    format: Format | None = None
    names: dict[str, None] = field(default_factory=dict[str, None])
    """Event names in upper case. A dict for its order."""
    nixed: dict[str, None] = field(default_factory=dict[str, None])
    """What was taken away from ALL."""
    subclasses: dict[str, None] = field(default_factory=dict[str, None])
    filters: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    log: str | int | None = None
    needed: dict[str, None] = field(default_factory=dict[str, None])
    """Events that this library itself waits for, whatever the filters say."""

    def add(self, format: Format | None, names: Iterable[str], subclasses: Iterable[str]) -> None:
        """`event` was accepted."""
        self.format = format or self.format
        for name in names:
            self.names[name] = None
            self.nixed.pop(name, None)
            if name == "ALL":
                self.nixed.clear()
        self.subclasses.update(dict.fromkeys(subclasses))

    def remove(self, names: Iterable[str], subclasses: Iterable[str]) -> None:
        """`nixevent` was accepted."""
        for name in names:
            if name == "ALL":
                self.clear()
            elif name == "CUSTOM":  # Takes its subclasses away, if any are named, and nothing else.
                continue
            elif "ALL" in self.names:
                self.nixed[name] = None
            self.names.pop(name, None)
        for subclass in subclasses:
            self.subclasses.pop(subclass, None)

    def clear(self) -> None:
        """`noevents` was accepted. Filters stay."""
        self.names.clear()
        self.nixed.clear()
        self.subclasses.clear()

    def add_filter(self, header: str, value: str) -> None:
        """`filter add` was accepted."""
        self.filters[header, value] = None

    def delete_filter(self, header: str | None, value: str | None) -> None:
        """`filter delete` was accepted."""
        for key in list(self.filters):
            if header is None or (key[0].lower() == header.lower() and value in (None, key[1])):
                del self.filters[key]

    def lacks(self, names: Iterable[str], subclasses: Iterable[str] = ()) -> bool:
        """Whether some of these would not come."""
        if "ALL" in self.names:
            if not self.nixed:
                return False
            # ALL is no more: of subclasses, only those come that the server knew at that moment.
            names = [name for name in names if name == "ALL" or name in self.nixed]
        else:
            names = [name for name in names if name not in self.names]
        return bool(names) or any(subclass not in self.subclasses for subclass in subclasses)

    def commands(self) -> list[Command]:
        """The commands for a new connection: filters first, so that no unwanted event arrives before they are set."""
        commands = [Command.filter(header, value) for header, value in self.filters]
        if self.names or self.subclasses:
            commands.append(Command.event(*self.names, format=self.format, subclasses=list(self.subclasses)))
        if self.nixed:
            commands.append(Command.nixevent(*self.nixed))
        if self.log is not None:
            commands.append(Command.log(self.log))
        return commands
