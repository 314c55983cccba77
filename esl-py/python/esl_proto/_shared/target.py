"""The address and the login."""

from __future__ import annotations

from .._native import Command

__all__ = ["Target"]


class Target:
    """A server and the login for it. Its repr never shows the password."""

    __slots__ = ("host", "local_addr", "login", "port", "server_hostname")

    def __init__(
        self,
        host: str,
        port: int,
        password: str,
        user: str | None,
        server_hostname: str | None,
        local_addr: tuple[str, int] | None = None,
    ) -> None:
        self.local_addr = local_addr
        self.host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        self.port = port
        self.server_hostname = server_hostname or self.host
        if user is None:
            self.login = Command.auth(password)
        else:
            name, at, domain = user.rpartition("@")
            if not at:
                raise ValueError("user must be name@domain")
            self.login = Command.userauth(name, domain, password)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
