"""A client of a few lines, for tests that look at what a server does: the library's connection on a blocking socket."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from esl_proto import AuthRequest, Closed, Command, Connection, Event
from esl_proto.testing import Switch

__all__ = ["Peer"]

PATIENCE = 10.0


class Peer:
    """Sends commands and shows what comes, one message after the other."""

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        sock.settimeout(PATIENCE)
        self.sock = sock
        self.connection = connection
        self.messages: deque[Any] = deque()
        self.octets = b""

    @classmethod
    def of(cls, switch: Switch, password: str | None = "ClueCon") -> Self:
        """A client of the switch; with a password, one that has said it."""
        peer = cls(socket.create_connection((switch.host, switch.port), PATIENCE), Connection.inbound())
        if password is not None:
            peer.next(AuthRequest)
            assert peer.ask(Command.auth(password)).ok
        return peer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    def send(self, *commands: Command) -> None:
        """Sends commands in one piece."""
        self.sock.sendall(b"".join(self.connection.send(command) for command in commands))

    def ask(self, command: Command) -> Any:
        """Sends a command and gives its answer; events before it remain."""
        self.send(command)
        number = self.connection.last_id
        return self.find(lambda message: getattr(message, "id", None) == number)

    def next(self, kind: type[Any] = object) -> Any:
        """The next message, which is of this kind."""
        while not self.messages:
            self._read()
        message = self.messages.popleft()
        assert isinstance(message, kind), message
        return message

    def find(self, wanted: Callable[[Any], bool]) -> Any:
        """The first message that is wanted; those before it remain."""
        place = 0
        while True:
            while place >= len(self.messages):
                self._read()
            if wanted(self.messages[place]):
                message = self.messages[place]
                del self.messages[place]
                return message
            place += 1

    def event(self, name: str) -> Event:
        """The next event of this name; what is before it goes."""
        while True:
            message = self.next()
            if isinstance(message, Event) and message.name == name:
                return message

    def events(self, last: str) -> list[str]:
        """The names of the events up to one."""
        names: list[str] = []
        while not names or names[-1] != last:
            message = self.next()
            if isinstance(message, Event):
                names.append(str(message.name))
        return names

    def end(self) -> Closed:
        """The end of the connection; what is before it goes."""
        while True:
            message = self.next()
            if isinstance(message, Closed):
                return message

    def _read(self) -> None:
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            data = b""
        self.octets += data
        if data:
            self.connection.receive_data(data)
        else:
            self.connection.receive_eof()
        more = list(self.connection)
        self.messages.extend(more)
        assert data or more, "nothing more comes"
