"""FreeSWITCH's event socket for asyncio: `connect` to a server, or `serve` its calls.

async with connect("127.0.0.1", 8021, password="ClueCon") as fs:
    print((await fs.api("status")).text)
    async for event in fs.events("CHANNEL_ANSWER"):
        print(event["Unique-ID"])
"""

from .._native import Gap
from .._shared.errors import (
    AccessDenied,
    AuthenticationError,
    BrokenReply,
    CallFailed,
    ChannelEnded,
    CommandError,
    ConnectionClosed,
    EventSocketError,
    NoSuchChannel,
    StreamOverflow,
)
from .._shared.reconnect import Reconnect
from .._shared.results import JobResult
from .call import Call
from .inbound import Inbound, connect
from .many import Many, ManyEvents, connect_all
from .serve import OutboundServer, serve
from .session import Session
from .socket import EventSocket, Job
from .stream import Stream

__all__ = [
    "AccessDenied",
    "AuthenticationError",
    "BrokenReply",
    "Call",
    "CallFailed",
    "ChannelEnded",
    "CommandError",
    "ConnectionClosed",
    "EventSocket",
    "EventSocketError",
    "Gap",
    "Inbound",
    "Job",
    "JobResult",
    "Many",
    "ManyEvents",
    "Reconnect",
    "NoSuchChannel",
    "OutboundServer",
    "Session",
    "Stream",
    "StreamOverflow",
    "connect",
    "connect_all",
    "serve",
]
