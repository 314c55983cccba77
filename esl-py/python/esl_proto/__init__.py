"""FreeSWITCH's event socket: the protocol without I/O.

`Connection` is the client's side of a connection, `Server` the listener's; `Command` is what goes out, `Event` and the
other messages are what comes in. Sockets are the program's own.
"""

from esl_proto._native import (
    ApiResponse,
    AuthRefused,
    AuthRequest,
    Authenticated,
    Closed,
    Command,
    Connected,
    Connection,
    Event,
    Frame,
    Lingering,
    LogLine,
    Rejected,
    Reply,
    Unexpected,
    __version__,
)
from esl_proto.errors import LocalProtocolError, ProtocolError, RemoteProtocolError

__all__ = [
    "ApiResponse",
    "AuthRefused",
    "AuthRequest",
    "Authenticated",
    "Closed",
    "Command",
    "Connected",
    "Connection",
    "Event",
    "Frame",
    "Lingering",
    "LocalProtocolError",
    "LogLine",
    "ProtocolError",
    "Rejected",
    "RemoteProtocolError",
    "Reply",
    "Unexpected",
    "__version__",
]
