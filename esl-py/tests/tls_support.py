"""A certificate for `localhost` that nobody trusts but these tests."""

from __future__ import annotations

import ssl
from pathlib import Path

DATA = Path(__file__).parent / "data"


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "localhost.crt", DATA / "localhost.key")
    return context


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(DATA / "localhost.crt"))
