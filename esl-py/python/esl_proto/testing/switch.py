"""The simulated switch: what a test starts, scripts, and asks."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ssl import SSLContext
from types import TracebackType

from ._loop import LoopThread
from ._received import Matcher, Received, Recorder, describe
from ._scripts import Script, look_up, play
from ._shell import Network, Settings, Shell
from ._watch import wait, wait_async
from .call import Body, Call, Headers, octets, pairs
from .link import Goodbye, Link

__all__ = ["Switch", "User"]


@dataclass(frozen=True)
class User:
    """What a user of `userauth` may do."""

    password: str
    events: str | None = None
    """The events that may be subscribed to, as `esl-allowed-events` has them; `None`: all."""
    api: str | None = None
    """The API commands that may be used, as `esl-allowed-api` has them; `None`: all."""
    log: bool = True


class Switch:
    """FreeSWITCH's event socket without FreeSWITCH, for tests.

    It is this project's simulated switch, with a thread, sockets and scripts: `api` has the answers of commands, `fire`
    fires events, calls exist only as events.

    It runs in a separate thread, from `start` to `stop` or as `with Switch() as switch:`, so that blocking tests and
    asyncio tests can both use it. All methods may be called from any thread. Scripts are called in the switch's thread:
    they may use its methods, but must not block.
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
        heartbeat: float = float("inf"),
        calls_per_second: float = 0.0,
        scenario: bool = False,
    ) -> None:
        """
        :param port: Where to listen; 0 takes a free port, which `port` says after `start`.
        :param ssl: A server's context, for TLS.
        :param max_queued: How many events, and how many log lines, may wait for a client that does not read them.
        :param lossless_percent: Encode `%` in values without FreeSWITCH's flaw that makes `%41` of a value an `A`.
        :param heartbeat: Seconds from one HEARTBEAT to the next; none by default.
        :param calls_per_second: New calls a second.
        :param scenario: Whether to simulate the calls of a small office: they ring for two seconds, files take four,
            and one line is busy.
        """
        self.host = host
        self.port = port
        self.password = password
        self.users: dict[str, User] = {}
        """Users by their `name@domain`."""
        self.deny = False
        """Whether clients are rejected at once, as by an access list."""
        self.max_queued = max_queued
        """How many events may wait on connections that begin from now on. Further ones are lost."""
        self.max_lost = 500
        """How many may be lost in a row. One more ends the connection, as it does on a real server."""
        self.patience = 25.0
        """Seconds within which a client must have sent its password."""
        self.api: dict[str, Script] = {}
        """The answers of API commands, by command or by the beginning of the line: `switch.api["status"] = "UP"`. A
        function gets the rest of the line. Also for `bgapi`. Other commands answer as FreeSWITCH does, if they are
        known."""
        self.apps: dict[str, Script] = {}
        """The answers of applications (their Application-Response). A function gets the call and the argument."""
        self.dialplan: dict[str, list[tuple[str, str]]] = {}
        """The applications, with their arguments, that an extension has. Calls to others are parked."""
        self.refusals: dict[str, str] = {}
        """Why a destination does not answer: `switch.refusals["user/1001"] = "USER_BUSY"`. Others do."""
        self.registrations: dict[str, str] = {}
        """The entries of `show registrations`, by `user@domain`, with their contact addresses:
        `switch.registrations["1000@example.com"] = "sofia/internal/sip:1000@192.0.2.1:5060"`."""
        self.ringing = 0.0
        """Seconds for which the other side rings before it answers, or refuses; `inf` for ever."""
        self.subclasses: set[str] = set()
        """The subclasses of CUSTOM events that the server's modules have registered. Clients that have subscribed to
        ALL still get these after `nixevent`, but no others."""
        self.moment = 0.01
        """Seconds that a file takes to play."""
        self.network = Network()
        """The properties of the network: `switch.network.delay = 0.5`."""
        self.errors: list[BaseException] = []
        """Exceptions of scripts. `stop` raises them again."""
        self._ssl = ssl
        self._exact_percent = lossless_percent
        self._heartbeat = heartbeat
        self._calls_per_second = calls_per_second
        self._scenario = scenario
        if scenario:
            self.ringing, self.moment = 2.0, 4.0
            self.refusals["user/1005"] = "USER_BUSY"
        self._recorder = Recorder()
        self._numbers: dict[int, int] = {}
        self._links: list[Link] = []
        self._links_so_far = 0
        self._hooks: dict[int, asyncio.Future[object]] = {}
        self._dialling: dict[str, asyncio.Future[None]] = {}
        self._shell: Shell | None = None
        self._listener: asyncio.Server | None = None
        self._shut_down = threading.Event()

    # Beginning and end.

    def start(self) -> Switch:
        """Begins to listen. Raises `OSError` if the port is taken."""
        if self._shell is None:
            self._shell = Shell(
                self._settings,
                self._request,
                self._record,
                heartbeat=self._heartbeat,
                calls_per_second=self._calls_per_second,
                is_scenario=self._scenario,
                lossless_percent=self._exact_percent,
            )
            try:
                self.listen()
            except BaseException:
                self.stop()
                raise
            self._shell.act(lambda sim: None)
        return self

    def stop(self) -> None:
        """Ends all connections without a notice, and the thread. Raises the exceptions of scripts."""
        shell = self._shell
        if shell is not None:
            shell.run_async(self._shut())
            shell.loop_thread.stop()
            self._shell = None
        errors, self.errors = self.errors, []
        if errors:
            raise BaseExceptionGroup("scripts of the switch failed", errors)

    def wait_shut_down(self, timeout: float | None = None) -> bool:
        """Waits until a client has sent `fsctl shutdown`, which ends all connections; false if none has."""
        return self._shut_down.wait(timeout)

    def listen(self) -> None:
        """Listens again after `refuse`, on the same port."""
        self._running.run_async(self._listen())

    def refuse(self) -> None:
        """Stops listening: new clients are refused. Existing connections stay."""
        self._running.run_async(self._refuse())

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
        """The commands received so far, including those for authentication."""
        return self.loop_thread.run(lambda: list(self._recorder.commands))

    def clear(self) -> None:
        """Forgets the commands that were received so far."""
        self.loop_thread.run(self._recorder.clear)

    def wait_for(self, command: Matcher, *, timeout: float = 5.0, count: int = 1) -> Received:
        """Waits until a command has been received, now or before, whose line begins with a text, matches a pattern or
        satisfies a function; with `count`, for that many of them, and returns the last. Raises `TimeoutError` with what
        was received instead. Not for coroutines: see `received`."""
        shell, look = self._running, lambda: self._recorder.find(command, count)
        return wait(shell.loop_thread, shell.watch, look, timeout, lambda: describe(command, self.commands))

    async def received(self, command: Matcher, *, timeout: float = 5.0, count: int = 1) -> Received:
        """`wait_for` for coroutines."""
        shell, look = self._running, lambda: self._recorder.find(command, count)
        return await wait_async(shell.loop_thread, shell.watch, look, timeout, lambda: describe(command, self.commands))

    # What happens.

    def fire(
        self,
        name: str,
        headers: Headers | None = None,
        body: Body | None = None,
        *,
        subclass: str | None = None,
        stamp: bool = True,
    ) -> int:
        """Fires an event; returns how many connections get it.

        :param headers: In order; a list is an array. They follow the headers of every event, and may repeat them.
        :param subclass: Of a CUSTOM event.
        :param stamp: Whether to add the headers of every event: Core-UUID, the time, Event-Sequence and the like.
        """
        first = {"Event-Subclass": subclass or "", "Event-Name": "" if stamp else name}
        said, content = [*pairs(first), *pairs(headers)], None if body is None else octets(body)
        return self._running.act(lambda sim: sim.fire(name, said, content, bare=not stamp))

    def log(
        self, level: str, text: str, *, file: str = "", function: str = "", line: int = 0, channel_uuid: str = ""
    ) -> int:
        """Logs a line, with its line end; returns how many connections get it."""
        return self._running.act(lambda sim: sim.log(level, text, (file, function, line), channel_uuid))

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
        words = [address, *(["async"] if is_async else []), *(["full"] if full else [])]
        steps = [("socket", " ".join(words))]
        call: Call = self._running.run_async(self._connect(lambda: self._begin(name, uuid, caller, variables, steps)))
        return call

    def new_call(
        self,
        name: str = "sofia/internal/1000",
        *,
        uuid: str | None = None,
        caller: str = "1000",
        variables: Mapping[str, object] | None = None,
    ) -> Call:
        """An incoming call: its CHANNEL_CREATE and so on. It is not answered until it is told to."""
        return self._begin(name, uuid, caller, variables, None)

    def _begin(
        self,
        name: str,
        uuid: str | None,
        caller: str,
        variables: Mapping[str, object] | None,
        steps: list[tuple[str, str]] | None,
    ) -> Call:
        """A call with these applications as its dialplan, or one that does what it is ordered to."""
        shell, given = self._running, pairs(variables)
        return Call(shell, shell.act(lambda sim: sim.begin_call(name, uuid, caller, given, steps)))

    @property
    def calls(self) -> list[Call]:
        """The calls that are not over."""
        shell = self._running
        return [Call(shell, channel) for channel in shell.act(lambda sim: sim.channels())]

    @property
    def calls_so_far(self) -> int:
        """How many calls there have been since the start."""
        return self._running.sim.calls_so_far

    def find(self, uuid: str) -> Call | None:
        """A call by its uuid, unless it is hung up."""
        shell = self._running
        channel = shell.act(lambda sim: sim.channel(uuid))
        return None if channel is None else Call(shell, channel)

    # Trouble.

    @property
    def connections(self) -> list[Link]:
        """The connections that are open, in the order in which they began."""
        return self.loop_thread.run(lambda: [link for link in self._links if link.end is None])

    def drop(self) -> None:
        """Breaks all connections without a notice, as a network failure does."""
        for link in self.loop_thread.run(lambda: list(self._links)):
            link.drop()

    def disconnect(self, why: Goodbye = "disconnected") -> None:
        """Ends all connections with a notice: `shutdown`, `lost-events`, ..."""
        for link in self.connections:
            link.disconnect(why)

    # How it does it.

    @property
    def loop_thread(self) -> LoopThread:
        """The thread that the switch lives in."""
        return self._running.loop_thread

    @property
    def _running(self) -> Shell:
        if self._shell is None:
            raise RuntimeError("the switch is not running")
        return self._shell

    def _settings(self) -> Settings:
        network = self.network
        return Settings(
            password=self.password,
            users=[
                (*_split(key, "@"), user.password, user.events, user.api, user.log)
                for key, user in dict(self.users).items()
            ],
            max_queued=self.max_queued,
            max_lost=self.max_lost,
            patience=self.patience,
            window=network.window,
            commands=sorted({_split(key, " ")[0] for key in dict(self.api)}),
            apps=sorted(dict(self.apps)),
            dialplan={key: list(steps) for key, steps in dict(self.dialplan).items()},
            refusals=dict(self.refusals),
            registrations=[(*_split(key, "@"), url) for key, url in dict(self.registrations).items()],
            ringing=self.ringing,
            moment=self.moment,
            subclasses=sorted(set(self.subclasses)),
            delay=network.delay,
            piece=network.piece,
            pause=network.pause,
        )

    def _record(self, connection: int, octets: bytes) -> None:
        self._recorder.add(Received.of(octets, self._numbers.get(connection, 0)))

    def _request(self, kind: str, number: int, words: list[str]) -> None:
        if kind == "connect":
            self._running.begin(self._dial(number, *words))
        elif kind == "api":
            self._play_command(number, *words)
        elif kind == "app":
            self._play_app(number, *words)
        elif kind == "shutdown":
            self._shut_down.set()
        elif kind == "withdrawn" and (playing := self._hooks.pop(number, None)) is not None:
            playing.cancel()

    def _play_command(self, hook: int, command: str, argument: str) -> None:
        script = look_up(dict(self.api), f"{command} {argument}".rstrip(" "))
        if script is None:
            self._running.sim.answer(hook, None)
        else:
            self._answer(hook, lambda: play(script[1], script[0]))

    def _play_app(self, hook: int, uuid: str, app: str, argument: str) -> None:
        script, call = look_up(dict(self.apps), app), self.find(uuid)
        if script is None or call is None:
            self._running.sim.answer(hook, None)
        else:
            self._answer(hook, lambda: play(script[1], call, argument))

    def _answer(self, hook: int, run: Callable[[], object]) -> None:
        """Runs a script and uses what it says, at once if it can be; keeps what it raises for the test."""
        try:
            output = run()
        except Exception as error:
            output = self._failed(error)
        if inspect.isawaitable(output):
            playing = self._hooks[hook] = asyncio.ensure_future(output)
            playing.add_done_callback(lambda playing: self._answered(hook, playing))
        else:
            self._running.sim.answer(hook, _as_output(output))

    def _answered(self, hook: int, playing: asyncio.Future[object]) -> None:
        self._hooks.pop(hook, None)
        if not playing.cancelled():
            error = playing.exception()
            said = playing.result() if error is None else self._failed(error)
            self._running.act(lambda sim: sim.answer(hook, _as_output(said)))

    def _failed(self, error: BaseException) -> str:
        self.errors.append(error)
        return f"-ERR {error}\n"

    async def _connect(self, begin: Callable[[], Call]) -> Call:
        """Begins a call that connects to its program, and waits until it has."""
        call = begin()
        dialling = self._dialling[call.uuid] = self._running.loop.create_future()
        try:
            await dialling
        except OSError:
            call.hangup("DESTINATION_OUT_OF_ORDER")
            raise
        finally:
            self._dialling.pop(call.uuid, None)
        return call

    async def _dial(self, number: int, uuid: str, address: str) -> None:
        """Connects to a program."""
        shell = self._running
        host, _, port = address.rpartition(":")
        failed: OSError | None = None
        try:
            await shell.loop.create_connection(lambda: self._new_link(number), host.strip("[]"), int(port))
        except OSError as error:
            failed = error
            shell.act(lambda sim: sim.refused(number, str(error.strerror or error)))
        dialling = self._dialling.get(uuid)
        if dialling is not None and not dialling.done():
            if failed is None:
                dialling.set_result(None)
            else:
                dialling.set_exception(failed)

    def _new_link(self, program: int | None = None) -> Link:
        link = Link(self._running, self._links_so_far, is_denied=self.deny, program=program, begun=self._begun)
        self._links_so_far += 1
        return link

    def _begun(self, number: int, link: Link) -> None:
        """A connection stands; with TLS, not every one that was begun comes so far."""
        self._numbers[number] = link.number
        self._links.append(link)
        link.closed.add_done_callback(lambda closed: self._links.remove(link))

    async def _listen(self) -> None:
        if self._listener is None:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(self._new_link, self.host, self.port, ssl=self._ssl)
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


def _split(text: str, separator: str) -> tuple[str, str]:
    before, _, after = text.partition(separator)
    return before, after


def _as_output(output: object) -> bytes:
    return b"" if output is None else octets(output)
