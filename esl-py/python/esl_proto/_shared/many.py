"""What both façades know of several switches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

from .. import _native
from .errors import EventSocketError, closed
from .reconnect import Reconnect
from .surface import Answer, Overflow, Surface
from .target import Target

__all__ = ["Address", "COUNT", "ManyBase", "MergedBase", "Outcome", "load", "made", "options_of"]

COUNT = "show channels count as json"
"""What tells how many channels a switch has."""

Outcome: TypeAlias = "Answer | EventSocketError | TimeoutError"
"""What has become of a command: its answer, or why there is none."""
Address: TypeAlias = "str | Mapping[str, Any]"
"""Where a switch is: `"host:port"`, `"host"`, `"[::1]:port"`; or arguments of `connect`, for what is a switch's own."""

S = TypeVar("S", bound="Surface[Any, Any, Any, Any, Any]")
E = TypeVar("E")
"""A merged stream of events,"""
G = TypeVar("G")
"""and of events and gaps."""
C = TypeVar("C", bound="Surface[Any, Any, Any, Any, Any]")
T = TypeVar("T")


def options_of(address: Address) -> dict[str, Any]:
    """Arguments of `connect`."""
    if not isinstance(address, str):
        return dict(address)
    host, _, port = address.rpartition(":")
    if port.isdecimal() and host and (":" not in host or host.endswith("]")):
        return {"host": host, "port": int(port)}
    return {"host": address}


def made(kind: Callable[..., C], address: Address, options: Mapping[str, Any]) -> C:
    """A connection of a façade, not opened yet, of the arguments of `connect`."""
    all_of_them: dict[str, Any] = {"host": "127.0.0.1", "port": 8021, "server_hostname": None, **options, **options_of(address)}
    where: list[Any] = [all_of_them.pop(name) for name in ("host", "port", "password", "user", "server_hostname")]
    if "local_addr" in all_of_them:
        where.append(all_of_them.pop("local_addr"))
    policy = all_of_them.pop("reconnect")
    observer = all_of_them.pop("observer")
    connection = kind(Target(*where), reconnect=Reconnect() if policy is True else policy or None, **all_of_them)
    connection.observe(observer)
    return connection


class ManyBase(Mapping[str, S], Generic[S, E, G]):
    """Connections to several switches, by name and in their order."""

    def __init__(self, switches: Mapping[str, S]) -> None:
        """Connections that are there; `connect_all` makes them."""
        self._switches = dict(switches)

    def __getitem__(self, name: str) -> S:
        return self._switches[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._switches)

    def __len__(self) -> int:
        return len(self._switches)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(f'{name}: {switch!r}' for name, switch in self._switches.items())}>"

    @overload
    def events(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
        gaps: Literal[False] = False,
    ) -> E: ...

    @overload
    def events(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
        gaps: Literal[True],
    ) -> G: ...

    def events(
        self,
        *names: str,
        subclasses: Sequence[str] = (),
        maxsize: int = 1000,
        overflow: Overflow = "drop-oldest",
        gaps: bool = False,
    ) -> E | G:
        """The events of all of them in one stream, each with the name of its switch. Each keeps its order; among them there
        is none. The arguments are those of `EventSocket.events`, and count for each.

        In blocking code a thread for each switch reads its events, from now on until the stream is closed."""
        more: dict[str, Any] = {"subclasses": subclasses, "maxsize": maxsize, "overflow": overflow, "gaps": gaps}
        return self._merged({name: switch.events(*names, **more) for name, switch in self.items()})  # type: ignore[no-any-return]

    def _merged(self, streams: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def _least_of(self, outcomes: Mapping[str, Outcome]) -> tuple[str, S]:
        """That with the least load, by the answers to `COUNT`."""
        return self._least({name: load(outcome, self[name].pending) for name, outcome in outcomes.items()})

    def _least(self, loads: Mapping[str, int | None]) -> tuple[str, S]:
        """That with the least load; of equal ones the first."""
        known = {name: count for name, count in loads.items() if count is not None}
        if not known:
            raise closed("unreachable", "no switch has told its load")
        name = min(known, key=lambda name: known[name])
        return name, self._switches[name]


def load(outcome: Outcome, pending: int) -> int | None:
    """How many channels a switch has, by its answer to `COUNT`, and how many jobs of this program may make more; `None` if
    it has not told."""
    import json  # Only who asks for the load loads it.

    if not isinstance(outcome, _native.ApiResponse):
        return None
    try:
        return int(json.loads(outcome.text)["row_count"]) + pending
    except (ValueError, KeyError, TypeError):
        return None


class MergedBase(Generic[T]):
    """What a merged stream tells of itself."""

    def __init__(self) -> None:
        self.ended: dict[str, Exception | None] = {}
        """The switches whose streams have ended, with the reason; `None` if it was no failure."""

    def failure(self) -> Exception | None:
        """What a stream ends with, all of whose switches have."""
        return next((error for error in self.ended.values() if error is not None), None)
