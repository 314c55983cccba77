"""FreeSWITCH's event socket: the protocol without I/O.

`Connection` is the client's side of a connection, `Server` the listener's; `Command` is what goes out, `Event` and the
other messages are what comes in. Sockets are the program's own.
"""

from esl_proto._native import (
    ApiResponse,
    HostRequest,
    AuthRefused,
    AuthRequest,
    Authenticated,
    Closed,
    Command,
    Connected,
    Connection,
    Effect,
    Event,
    Frame,
    Headers,
    JobResult,
    Lingering,
    LogLine,
    OutgoingEvent,
    Rejected,
    Reply,
    Server,
    ServerClosed,
    Unexpected,
    Variables,
    __version__,
    rows,
)
from esl_proto.errors import DialError, LocalProtocolError, ProtocolError, RemoteProtocolError

TYPE_CHECKING = False  # As in `typing`, which a program that reads events need not load.
if TYPE_CHECKING:
    from esl_proto.types import Message

__all__ = [
    "ApiResponse",
    "HostRequest",
    "AuthRefused",
    "AuthRequest",
    "Authenticated",
    "Closed",
    "Command",
    "Connected",
    "Connection",
    "DialError",
    "Effect",
    "Event",
    "Frame",
    "Headers",
    "JobResult",
    "Lingering",
    "LocalProtocolError",
    "LogLine",
    "Message",
    "OutgoingEvent",
    "ProtocolError",
    "Rejected",
    "RemoteProtocolError",
    "Reply",
    "Server",
    "ServerClosed",
    "Unexpected",
    "Variables",
    "__version__",
    "rows",
]


def __getattr__(name: str) -> object:
    if name == "Message":
        from esl_proto.types import Message

        return Message
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
