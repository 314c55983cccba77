"""The simulated switch: what a test starts, scripts, and asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ssl import SSLContext
from types import TracebackType
from typing import TypedDict, TypeVar

from esl_proto import Server
from esl_proto.names import EventName

from ._events import Body, Headers, Stamp, pairs
from ._loop import LoopThread, on_loop
from ._received import Matcher, Received, Recorder, describe
from ._scripts import Script
from ._watch import Watch, wait, wait_async
from ._wire import Network
from .call import Call
from .link import Goodbye, Link

__all__ = ["Switch", "User"]

_R = TypeVar("_R")


@dataclass(frozen=True)
class User:
    """What a user of `userauth` may do."""

    password: str
    events: str | None = None
    """The events that may be subscribed to, as `esl-allowed-events` has them; `None`: all."""
    api: str | None = None
    """The API commands that may be used, as `esl-allowed-api` has them; `None`: all."""
    log: bool = True


class _Limits(TypedDict):
    lossless_percent: bool
    max_queued: int
    max_lost: int


class Switch:
    """FreeSWITCH's event socket without FreeSWITCH, for tests.

    The listener is real: it is the one of this library, with the real server's rules and texts. What is behind it are
    scripts: `api` says what commands answer, `fire` makes events happen, calls exist in events only.

    It runs in a thread of its own, from `start` to `stop` or as `with Switch() as switch:`, so that tests that block
    and tests on asyncio can both use it. All methods may be called from any thread. Scripts are called in the switch's
    thread: they may use its methods, but must not block.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        password: str = "ClueCon",
        ssl: SSLContext | None = None,
        max_queued: int = 100_000,
        lossless_percent: bool = False,
    ) -> None:
        """
        :param port: Where to listen; 0 takes a free port, which `port` says after `start`.
        :param ssl: A server's context, for TLS.
        :param max_queued: How many events, and how many log lines, may wait for a client that does not read them.
        :param lossless_percent: Encode `%` in values without FreeSWITCH's flaw that makes `%41` of a value an `A`.
        """
        self.host = host
        self.port = port
        self.password = password
        self.users: dict[str, User] = {}
        """Users by their `name@domain`."""
        self.deny = False
        """Whether clients are turned away at once, as by an access list."""
        self.max_queued = max_queued
        """How many events may wait on a connection that begins from now on. Those beyond are lost."""
        self.max_lost = 500
        """How many may be lost in a row. One more ends the connection, as it does on a real server."""
        self.patience = 25.0
        """Seconds in which a client must have said its password."""
        self.api: dict[str, Script] = {}
        """What API commands answer, by command or by the beginning of the line: `switch.api["status"] = "UP"`. A
        function gets what follows. Also for `bgapi`. Without a script, a few commands are known, others are not."""
        self.apps: dict[str, Script] = {}
        """What applications answer (their Application-Response). A function gets the call and the argument."""
        self.dialplan: dict[str, list[tuple[str, str]]] = {}
        """The applications, with their arguments, that an extension has for `originate`. Others are parked."""
        self.refusals: dict[str, str] = {}
        """Why a destination does not answer: `switch.refusals["user/1001"] = "USER_BUSY"`. Others do."""
        self.ringing = 0.0
        """Seconds for which the other side rings before it answers, or refuses; `inf` for ever."""
        self.subclasses: set[str] = set()
        """The subclasses of CUSTOM events that the server's modules have announced. To who subscribes to ALL they still
        come after `nixevent`, others do not."""
        self.moment = 0.01
        """Seconds that a file takes to play."""
        self.network = Network()
        """How what is sent travels: `switch.network.delay = 0.5`."""
        self.errors: list[BaseException] = []
        """What scripts have raised. `stop` raises it again."""
        self.calls_so_far = 0
        self._ssl = ssl
        self._lossless_percent = lossless_percent
        self._stamp = Stamp()
        self._recorder = Recorder()
        self._links: list[Link] = []
        self._links_so_far = 0
        self._calls: list[Call] = []
        self._working: set[asyncio.Future[None]] = set()
        self._loop_thread: LoopThread | None = None
        self._listener: asyncio.Server | None = None

    # Beginning and end.

    def start(self) -> Switch:
        """Begins to listen. Raises `OSError` if the port is taken."""
        if self._loop_thread is None:
            self._loop_thread = LoopThread("esl_proto.testing.Switch")
            try:
                self.listen()
            except BaseException:
                self.stop()
                raise
        return self

    def stop(self) -> None:
        """Ends all connections without a word, and the thread. Raises what scripts have raised."""
        thread = self._loop_thread
        if thread is not None:
            thread.run_async(self._shut())
            thread.stop()
            self._loop_thread = None
        errors, self.errors = self.errors, []
        if errors:
            raise BaseExceptionGroup("scripts of the switch failed", errors)

    def listen(self) -> None:
        """Listens again after `refuse`, on the same port."""
        self.loop_thread.run_async(self._listen())

    def refuse(self) -> None:
        """Listens no more: clients that connect are refused. The connections there are stay."""
        self.loop_thread.run_async(self._refuse())

    def __enter__(self) -> Switch:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except BaseExceptionGroup:
            # The test's own exception takes precedence over errors that followed from it.
            if error is None:
                raise

    @property
    def address(self) -> str:
        """Where it listens, as `host:port`."""
        return f"{self.host}:{self.port}"

    # What clients have sent.

    @property
    def commands(self) -> list[Received]:
        """The commands that were received so far, those for authentication too."""
        return self.loop_thread.run(lambda: list(self._recorder.commands))

    @on_loop
    def clear(self) -> None:
        """Forgets the commands that were received so far."""
        self._recorder.clear()

    def wait_for(self, command: Matcher, *, timeout: float = 5.0, count: int = 1) -> Received:
        """Waits until a command has been received, now or before, whose line begins so (or in which a pattern is found,
        or of which a function says so); with `count`, for so many of them, and gives the last. Raises `TimeoutError`
        with what was received instead. Not for coroutines: see `received`."""
        return wait(*self._looking_for(command, count), timeout, lambda: describe(command, self.commands))

    async def received(self, command: Matcher, *, timeout: float = 5.0, count: int = 1) -> Received:
        """`wait_for` for coroutines."""
        return await wait_async(*self._looking_for(command, count), timeout, lambda: describe(command, self.commands))

    def _looking_for(self, command: Matcher, count: int) -> tuple[LoopThread, Watch, Callable[[], Received | None]]:
        return self.loop_thread, self._recorder.watch, lambda: self._recorder.find(command, count)

    # What happens.

    @on_loop
    def fire(
        self,
        name: str,
        headers: Headers | None = None,
        body: Body | None = None,
        *,
        subclass: str | None = None,
        stamp: bool = True,
    ) -> int:
        """Makes an event happen; how many connections get it.

        :param headers: In order; a list is an array. They follow what every event says, and may repeat it.
        :param subclass: Of a CUSTOM event.
        :param stamp: Whether to say what every event says: Core-UUID, the time, Event-Sequence and the like.
        """
        first = [("Event-Subclass", subclass)] if subclass else []
        common = self._stamp.headers(name) if stamp else [("Event-Name", name)]
        return self._deliver([*first, *common, *pairs(headers)], body)

    @on_loop
    def log(
        self, level: str, text: str, *, file: str = "", function: str = "", line: int = 0, channel_uuid: str = ""
    ) -> int:
        """Logs a line, with its line end; how many connections get it."""
        where = (file, function, line, channel_uuid)
        return sum(link.log_line(level, text, *where) for link in list(self._links))

    def call(
        self,
        address: str,
        *,
        full: bool = True,
        is_async: bool = True,
        name: str = "sofia/internal/1000",
        uuid: str | None = None,
        caller: str = "1000",
        variables: Mapping[str, object] | None = None,
    ) -> Call:
        """Makes a call that the dialplan gives to a program, as `socket address async full` does: connects to it.
        Raises `OSError` if nobody listens there."""
        call = self.new_call(name, uuid=uuid, caller=caller, variables=variables)
        try:
            self.loop_thread.run_async(self.connect(call, address, full=full, is_async=is_async))
        except OSError:
            call.hangup("DESTINATION_OUT_OF_ORDER")
            raise
        return call

    @on_loop
    def new_call(
        self,
        name: str = "sofia/internal/1000",
        *,
        uuid: str | None = None,
        caller: str = "1000",
        direction: str = "inbound",
        variables: Mapping[str, object] | None = None,
    ) -> Call:
        """A call that comes in: its CHANNEL_CREATE. It neither rings nor answers by itself."""
        call = self.add_call(name, uuid=uuid, caller=caller, direction=direction, variables=variables)
        call.fire("CHANNEL_CREATE")
        return call

    @property
    def calls(self) -> list[Call]:
        """The calls that are not over."""
        return self.loop_thread.run(lambda: list(self._calls))

    @on_loop
    def find(self, uuid: str | None) -> Call | None:
        """A call by its uuid."""
        return next((call for call in self._calls if call.uuid == uuid), None)

    # Trouble.

    @property
    def connections(self) -> list[Link]:
        """The connections that are open, in the order in which they began."""
        return self.loop_thread.run(lambda: [link for link in self._links if link.end is None])

    def drop(self) -> None:
        """Ends all connections without a word, as a network does."""
        for link in self.loop_thread.run(lambda: list(self._links)):
            link.drop()

    def disconnect(self, why: Goodbye = "disconnected") -> None:
        """Ends all connections with a notice: `shutdown`, `lost-events`, ..."""
        for link in self.connections:
            link.disconnect(why)

    # What its parts need.

    @property
    def loop_thread(self) -> LoopThread:
        if self._loop_thread is None:
            raise RuntimeError("the switch is not running")
        return self._loop_thread

    def event(self, name: str, headers: Headers | None = None) -> list[tuple[str, str | list[str]]]:
        """The headers of an event that happens now."""
        return [*self._stamp.headers(name), *pairs(headers)]

    def fire_sent(
        self, name: str, subclass: str | None, headers: Headers, body: Body | None, diverts: Call | None
    ) -> None:
        """Fires what a client has sent with `sendevent`: to all, or to who diverts its channel's events."""
        first = [("Event-Subclass", subclass)] if subclass else []
        diverted = [link for link in diverts.links if link.diverts] if diverts is not None else []
        for link in diverted:
            link.deliver_diverted([*pairs(headers), *pairs(first)], body)
        if not diverted:
            known = name if name in EventName.__members__ else "CUSTOM"
            self._deliver([*pairs(first), *pairs(headers), *self._stamp.headers(known, "mod_event_socket.c")], body)

    def record(self, command: Received) -> None:
        """Keeps a command for the test."""
        self._recorder.add(command)

    def begin(self, work: Awaitable[None]) -> None:
        """Does something beside all else, to its end or the switch's."""
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    def try_to(self, script: Callable[[], _R]) -> _R | str:
        """Runs a script, and keeps what it raises for the test."""
        try:
            return script()
        except Exception as error:
            self.errors.append(error)
            return f"-ERR {error}\n"

    async def guard(self, script: Awaitable[_R]) -> _R | str:
        """Waits for a script, and keeps what it raises for the test."""
        try:
            return await script
        except Exception as error:
            self.errors.append(error)
            return f"-ERR {error}\n"

    def add_call(
        self,
        name: str,
        *,
        uuid: str | None,
        caller: str,
        direction: str,
        variables: Mapping[str, object] | None,
        originator: Call | None = None,
    ) -> Call:
        """A new call, of which nothing has been said yet."""
        call = Call(
            self, name, uuid=uuid, caller=caller, direction=direction, variables=variables, originator=originator
        )
        self._calls.append(call)
        self.calls_so_far += 1
        return call

    async def connect(self, call: Call, address: str, *, full: bool, is_async: bool) -> Link:
        """Connects a call to a program."""
        host, _, port = address.rpartition(":")
        server = Server.outbound(call.uuid, full=full, is_async=is_async, **self._limits())
        loop = asyncio.get_running_loop()
        _, link = await loop.create_connection(lambda: self._new_link(server, call), host.strip("[]"), int(port))
        return link

    def begun(self, link: Link) -> None:
        """A connection stands; with TLS, not every one that was begun comes so far."""
        self._links.append(link)

    def forget(self, what: Call | Link) -> None:
        """A call or a connection is over."""
        if isinstance(what, Call):
            self._calls.remove(what)
        else:
            self._links.remove(what)

    def _deliver(self, event: list[tuple[str, str | list[str]]], body: Body | None) -> int:
        return sum(link.deliver(event, body) for link in list(self._links))

    def _new_link(self, server: Server, call: Call | None = None) -> Link:
        link = Link(self, server, self._links_so_far, call)
        self._links_so_far += 1
        return link

    def _accept(self) -> Link:
        return self._new_link(Server.inbound(**self._limits()))

    def _limits(self) -> _Limits:
        return {"lossless_percent": self._lossless_percent, "max_queued": self.max_queued, "max_lost": self.max_lost}

    async def _listen(self) -> None:
        if self._listener is None:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(self._accept, self.host, self.port, ssl=self._ssl)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    async def _shut(self) -> None:
        await self._refuse()
        links = list(self._links)
        for link in links:
            link.drop()
        await asyncio.gather(*(link.closed for link in links))
