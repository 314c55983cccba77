"""The protocol core behind `esl_proto`."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from datetime import datetime
from typing import Any, ClassVar, Literal, Self, TypeAlias, TypeVar, final, overload

from typing_extensions import disjoint_base

from esl_proto.errors import DialError as DialError
from esl_proto.errors import LocalProtocolError as LocalProtocolError
from esl_proto.errors import ProtocolError as ProtocolError
from esl_proto.errors import RemoteProtocolError as RemoteProtocolError
from esl_proto._shared.errors import ConnectionClosed
from esl_proto.names import AnswerState, CallDirection, CallState, ChannelState, EventName, HangupCause
from esl_proto.types import Fields, Format, Message, BytesLike, Pairs, Text

__all__ = [
    "ApiResponse",
    "App",
    "HostRequest",
    "Headers",
    "JobResult",
    "AuthRefused",
    "AuthRequest",
    "Authenticated",
    "Call",
    "Calls",
    "Change",
    "Channel",
    "ClientSession",
    "Closed",
    "Command",
    "Connected",
    "Connection",
    "DialError",
    "Effect",
    "Endpoint",
    "Event",
    "EventQueue",
    "Frame",
    "Gap",
    "Lingering",
    "LocalProtocolError",
    "LogLine",
    "OutgoingEvent",
    "ProtocolError",
    "Rejected",
    "RemoteProtocolError",
    "Reply",
    "Server",
    "ServerClosed",
    "Sim",
    "Unexpected",
    "Variables",
    "__version__",
    "bridge_line",
    "bridge_parts",
    "closed_of_parts",
    "end_reasons",
    "frame_of_parts",
    "hook_variable",
    "named_originate",
    "new_uuid",
    "inline_line",
    "inline_parts",
    "originate_line",
    "originate_parts",
    "rows",
    "vocabulary",
]

__version__: str

_D = TypeVar("_D")

@disjoint_base
class Headers(Mapping[str, str | list[str]]):
    """An immutable mapping of names to values, decoded on demand: the base of `Event` and its `variables`.

    Values are `str`, or `list[str]` for arrays; bytes that are not UTF-8 become U+FFFD; `get_bytes` returns the
    original bytes. Look-ups ignore the case of names. FreeSWITCH sends some headers twice: the mapping has the last
    value, which is the newer fact. Iteration gives each name once, in order of first appearance.
    """

    @overload
    def get(self, name: Text, default: None = None) -> str | list[str] | None: ...
    @overload
    def get(self, name: Text, default: str | list[str]) -> str | list[str]: ...
    @overload
    def get(self, name: Text, default: _D) -> str | list[str] | _D:
        """The value of this name, or `default`."""
    @overload
    def get_str(self, name: Text, default: str = "") -> str: ...
    @overload
    def get_str(self, name: Text, default: _D) -> str | _D:
        """The value of this name as one text, or `default`: an array as the server writes it, `ARRAY::a|:b`."""
    def get_bytes(self, name: Text) -> bytes | list[bytes] | None:
        """The value of this name in bytes, or None."""
    @overload
    def get_int(self, name: Text, default: None = None) -> int | None: ...
    @overload
    def get_int(self, name: Text, default: _D) -> int | _D:
        """The value of this name as a whole number, or `default` if it is missing or empty. Raises ValueError, with the
        name, if it is not a number.
        """
    @overload
    def get_float(self, name: Text, default: None = None) -> float | None: ...
    @overload
    def get_float(self, name: Text, default: _D) -> float | _D:
        """The value of this name as a number, or `default` if it is missing or empty. Raises ValueError, with the name, if
        it is not a number.
        """
    @overload
    def get_time(self, name: Text, default: None = None) -> datetime | None: ...
    @overload
    def get_time(self, name: Text, default: _D) -> datetime | _D:
        """The value of this name as a `datetime` in UTC, or `default` if it is missing or 0, which means never. It counts
        microseconds since 1970 or, below 100000000000, seconds (`variable_start_epoch`). Raises ValueError, with the
        name, if it is not a time.
        """
    def get_list(self, name: Text) -> list[str]:
        """The value of this name as a list: the items of an array, or the one value; empty if there is none. In XML an array is
        several headers of one name, so that it has the values of all of them.
        """
    def to_dict(self) -> dict[str, str | list[str]]:
        """The mapping as a `dict`, with names as they are first written."""
    def keys(self) -> KeysView[str]:
        """The names, as a view."""
    def values(self) -> ValuesView[str | list[str]]:
        """The values, as a view."""
    def items(self) -> ItemsView[str, str | list[str]]:
        """Names and values, as a view."""
    def __getitem__(self, name: Text, /) -> str | list[str]: ...
    def __contains__(self, name: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...

@final
class Event(Headers):
    """An event: its headers, decoded on demand.

    `get_all` and `headers` have all values of the headers that FreeSWITCH sends twice. `Event(format, text)` reads the text of
    an event, as `Event.text` gives it. Two events are equal if their format and text are.
    """

    def __new__(cls, format: Format, text: BytesLike) -> Self: ...
    @property
    def name(self) -> EventName | str | None:
        """The event's name: an `EventName`, or a `str` if the word is unknown. None for an event diverted from its
        session.
        """
    @property
    def subclass(self) -> str | None:
        """Event-Subclass, of a CUSTOM event."""
    @property
    def sequence(self) -> int | None:
        """Event-Sequence: the server's number of the event. Events do not arrive in this order."""
    @property
    def timestamp(self) -> datetime | None:
        """Event-Date-Timestamp: when the event happened."""
    @property
    def core_uuid(self) -> str | None:
        """Core-UUID: the running server; a new one after a restart."""
    @property
    def unique_id(self) -> str | None:
        """Unique-ID: the channel that the event is about."""
    @property
    def channel_name(self) -> str | None:
        """Channel-Name: the channel's name, such as `sofia/internal/1000@pbx`."""
    @property
    def other_leg(self) -> str | None:
        """Other-Leg-Unique-ID: the channel that this one is bridged to or made by."""
    @property
    def channel_state(self) -> ChannelState | str | None:
        """Channel-State: where the channel is in its life. A `ChannelState`, or a `str` if the word is unknown, as for all
        enumerated words.
        """
    @property
    def call_state(self) -> CallState | str | None:
        """Channel-Call-State: where the call is in its life."""
    @property
    def answer_state(self) -> AnswerState | str | None:
        """Answer-State: whether the call has been answered."""
    @property
    def direction(self) -> CallDirection | str | None:
        """Call-Direction: who called, seen from FreeSWITCH."""
    @property
    def hangup_cause(self) -> HangupCause | str | None:
        """Hangup-Cause: why the call has ended."""
    @property
    def caller_number(self) -> str | None:
        """Caller-Caller-ID-Number: the caller's number."""
    @property
    def caller_name(self) -> str | None:
        """Caller-Caller-ID-Name: the caller's name, which the caller chooses."""
    @property
    def destination(self) -> str | None:
        """Caller-Destination-Number: what was dialled."""
    @property
    def created_time(self) -> datetime | None:
        """Caller-Channel-Created-Time: when the channel was made. None if it has not happened, here and below."""
    @property
    def progress_time(self) -> datetime | None:
        """Caller-Channel-Progress-Time: when it began to ring."""
    @property
    def progress_media_time(self) -> datetime | None:
        """Caller-Channel-Progress-Media-Time: when early media began."""
    @property
    def answered_time(self) -> datetime | None:
        """Caller-Channel-Answered-Time: when it was answered."""
    @property
    def bridged_time(self) -> datetime | None:
        """Caller-Channel-Bridged-Time: when it was bridged."""
    @property
    def hangup_time(self) -> datetime | None:
        """Caller-Channel-Hangup-Time: when it was hung up."""
    @property
    def application(self) -> str | None:
        """Application: the application that runs or has run."""
    @property
    def application_data(self) -> str | None:
        """Application-Data: its argument; None if there was none."""
    @property
    def application_response(self) -> str | None:
        """Application-Response: the application's result."""
    @property
    def dtmf_digit(self) -> str | None:
        """DTMF-Digit: the digit of a DTMF event."""
    @property
    def dtmf_duration(self) -> int | None:
        """DTMF-Duration: how long it was, in samples."""
    @property
    def variables(self) -> Variables:
        """The variables of the channel."""
    @property
    def job_uuid(self) -> str | None:
        """Job-UUID: the job that a BACKGROUND_JOB event is the end of."""
    @property
    def application_uuid(self) -> str | None:
        """Application-UUID: the event_uuid of the `execute` that a CHANNEL_EXECUTE or CHANNEL_EXECUTE_COMPLETE event
        belongs to.
        """
    @property
    def format(self) -> Format:
        """The format that the event came in: 'plain', 'json' or 'xml'."""
    @property
    def text(self) -> bytes:
        """The event's text as on the wire."""
    @property
    def body(self) -> bytes | None:
        """The event's own body: the result of a background job, the text of a message."""
    @property
    def body_text(self) -> str | None:
        """`body` as text."""
    @property
    def error(self) -> RemoteProtocolError | None:
        """Why a JSON or XML document could be read only in part; otherwise None."""
    def get_all(self, name: Text) -> list[str | list[str]]:
        """All values of this name, in the order of the wire."""
    def headers(self) -> list[tuple[str, str | list[str]]]:
        """All headers in the order of the wire, including duplicates."""
    def headers_bytes(self) -> list[tuple[bytes, bytes | list[bytes]]]:
        """`headers` in bytes."""
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """`headers` in bytes as on the wire, not decoded."""
    def json(self) -> str:
        """The event as one JSON object (RFC 8259), whatever format it came in: every header in the order of the wire, and the body
        under `_body`, as in FreeSWITCH's own JSON events. Headers that come more than once are arrays; bytes that are not
        UTF-8 are U+FFFD. Raises `RemoteProtocolError` if the event cannot be read to its end.
        """
    def json_bytes(self) -> bytes:
        """`json` in bytes, UTF-8, for a file or a socket."""
    def plain(self) -> bytes:
        """The event as a plain event's text, whatever format it came in, so that every value is read back unchanged. Bytes
        of names and body that are not UTF-8 are U+FFFD.
        """
    def xml(self) -> bytes:
        """The event as well-formed XML, whatever format it came in. Raises `LocalProtocolError` if a header's name is not
        a valid XML name.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Event], tuple[str, bytes]]: ...

@final
class Variables(Headers):
    """The variables of an event's channel: a variable `x` is the event's header `variable_x`, with the same methods."""

    def __new__(cls, format: Format, text: BytesLike) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> tuple[type[Variables], tuple[str, bytes]]: ...

def rows(output: Text) -> list[Event]:
    """The rows in the answer to `api show ... as json`, each as an `Event` with the columns as headers. Raises
    RemoteProtocolError if the output cannot be read to its end.
    """

@disjoint_base
class Frame:
    """A frame that is not an event: its headers, undecoded, and its body. The names of headers match in any case."""

    @property
    def raw(self) -> bytes:
        """The frame as on the wire, head and body."""
    @property
    def content_type(self) -> str | None:
        """The Content-Type."""
    @property
    def body(self) -> bytes | None:
        """The body, if the head has a Content-Length."""
    @property
    def text(self) -> str:
        """The frame's text: the Reply-Text of a reply, otherwise the body. Bytes that are not UTF-8 become U+FFFD."""
    @property
    def text_bytes(self) -> bytes:
        """`text` in bytes."""
    @property
    def elements(self) -> list[str]:
        """`text` as a list: the elements of an array, as the server writes one (`ARRAY::one|:two`), or the one text."""
    def headers(self) -> list[tuple[str, str]]:
        """The headers in the order of the wire."""
    def headers_bytes(self) -> list[tuple[bytes, bytes]]:
        """`headers` in bytes."""
    def get(self, name: Text) -> str | None:
        """The first value of this name, or None."""
    def get_bytes(self, name: Text) -> bytes | None:
        """The first value of this name in bytes, or None."""

@disjoint_base
class Reply(Frame):
    """The answer to a command: command/reply."""

    @property
    def text(self) -> str:
        """The reply's text: its Reply-Text. Bytes that are not UTF-8 become U+FFFD."""
    def json(self) -> Any:
        """`text` as Python objects, as of an answer to `api`. Raises `ValueError` if it is not JSON."""
    @property
    def id(self) -> int:
        """The id of the command that it answers."""
    @property
    def status(self) -> Literal["ok", "err", "usage", "bare", "broken"]:
        """How it begins: 'ok' (`+OK`), 'err' (`-ERR`), 'usage' (`-USAGE`), 'bare' (with none of these: the meaning depends
        on the command), or 'broken'.
        """
    @property
    def ok(self) -> bool:
        """Whether it is not an error, judging by the text."""
    @property
    def broken(self) -> bool:
        """Whether the server has broken this reply: its Reply-Text is replaced by the value of a variable that begins with
        `~`, or the end of the reply is missing. `text` is incomplete and may be anything; `id` is right, and so are the
        ids of all other answers.

        This happens only with `getvar`, and with `userauth` and `bgapi` if the reply is too long for the server. A
        reply that has lost its end is complete when the next frame begins, or the stream ends. `api uuid_getvar` reads
        variables of any value.
        """
    @property
    def error(self) -> bool:
        """Whether it begins with `-ERR` or `-USAGE`."""
    @property
    def detail(self) -> str:
        """What follows `+OK`, `-ERR` or `-USAGE`, without the blanks around it; otherwise the whole text."""
    @property
    def no_such_channel(self) -> bool:
        """Whether `sendmsg` has found no channel of the uuid that it names."""
    @property
    def variable(self) -> tuple[Literal["set", "unset", "cut", "unread"], str]:
        """The variable according to the answer to `getvar`: 'set' and its value, 'unset', 'cut' and the part that arrived,
        or 'unread'.
        """
    @property
    def job_uuid(self) -> str | None:
        """The name of the job that `bgapi` has started."""
    @property
    def text_to_end(self) -> str:
        """The text with everything that follows it in the head: the whole value in the answer to `getvar`, if it has
        several lines.
        """

@final
class Authenticated(Reply):
    """The password was accepted."""

    @property
    def allowed_events(self) -> str | None:
        """After `userauth`: the events that may be subscribed to, or 'all'."""
    @property
    def allowed_api(self) -> str | None:
        """After `userauth`: the API commands that may be used, or 'all'."""
    @property
    def allowed_log(self) -> bool | None:
        """After `userauth`: whether `log` may be used."""

@final
class AuthRefused(Reply):
    """The password was refused. The end follows."""

@final
class Connected(Reply):
    """The answer to `connect`: the call that this connection is about."""

    @property
    def channel(self) -> Event:
        """The data of the channel, as an event."""
    @property
    def is_async(self) -> bool:
        """Whether applications run asynchronously; otherwise each `execute` is answered when it has ended."""
    @property
    def full_control(self) -> bool:
        """Whether all commands may be used, or only those for the one channel."""

@final
class ApiResponse(Frame):
    """The answer to `api`: api/response. Its body is the command's output."""

    @property
    def id(self) -> int:
        """The id of the command that it answers."""
    @property
    def status(self) -> Literal["ok", "err", "usage", "bare", "broken"]:
        """How it begins: 'ok' (`+OK`), 'err' (`-ERR`), 'usage' (`-USAGE`), 'bare' (with none of these: the meaning depends
        on the command), or 'broken'.
        """
    @property
    def ok(self) -> bool:
        """Whether it is not an error, judging by the text."""
    @property
    def error(self) -> bool:
        """Whether it begins with `-ERR` or `-USAGE`."""
    @property
    def detail(self) -> str:
        """What follows `+OK`, `-ERR` or `-USAGE`, without white space around it; otherwise the whole body without white
        space at its end.
        """
    @property
    def exists(self) -> bool | None:
        """Whether there is the channel that `api uuid_exists` has asked for; None if this is no answer to that."""
    @property
    def no_such_channel(self) -> bool:
        """Whether an API command has found no channel of the uuid that it names."""
    @property
    def variable(self) -> tuple[Literal["set", "unset", "cut", "unread"], str]:
        """The variable according to the answer to `api uuid_getvar`: 'set' and its value, 'unset', 'cut' and the part that
        arrived, or 'unread'.
        """
    def json(self) -> Any:
        """The output of a command that ends in `as json`, as Python objects. Raises `ValueError` if it is none."""

@final
class JobResult:
    """The output of a command that ran in the background, with the attributes of an answer to `api`."""

    def __new__(cls, event: Event) -> Self: ...
    @property
    def event(self) -> Event:
        """The BACKGROUND_JOB event."""
    @property
    def text(self) -> str:
        """The output: unlike that of `api`, it is empty if the command has printed nothing."""
    @property
    def status(self) -> Literal["ok", "err", "usage", "bare", "broken"]:
        """How it begins: see `ApiResponse.status`."""
    @property
    def ok(self) -> bool:
        """Whether it is not an error, judging by the text."""
    @property
    def error(self) -> bool:
        """Whether it begins with `-ERR` or `-USAGE`."""
    @property
    def detail(self) -> str:
        """What follows `+OK`, `-ERR` or `-USAGE`, without white space around it; otherwise the text without white space at its
        end.
        """
    def json(self) -> Any:
        """The output of a command that ends in `as json`, as Python objects. Raises `ValueError` if it is none."""
    def __reduce__(self) -> tuple[type[JobResult], tuple[Event]]: ...

@final
class AuthRequest(Frame):
    """The server wants `auth` or `userauth`."""

@final
class LogLine(Frame):
    """A line of the server's log; `text` is the line with its line end."""

    @property
    def level(self) -> str | None:
        """How urgent it is, 'CONSOLE' to 'DEBUG'; None for the levels below DEBUG, which have no names."""
    @property
    def level_number(self) -> int | None:
        """The level as a number, 0 to 63."""
    @property
    def file(self) -> str | None:
        """The source file that wrote it."""
    @property
    def function(self) -> str | None:
        """The source function that wrote it."""
    @property
    def line(self) -> int | None:
        """The line of the source file."""
    @property
    def channel_uuid(self) -> str | None:
        """The channel that it is about, if any."""

@final
class Lingering(Frame):
    """The controlled channel has ended; the connection stays open for its last events, and accepts commands."""

    @property
    def session_uuid(self) -> str | None:
        """The channel."""
    @property
    def channel_name(self) -> str | None:
        """The channel's name."""
    @property
    def seconds(self) -> int | None:
        """How long the connection stays, in seconds; -1 for ever."""

@final
class Rejected(Frame):
    """The access list does not allow this address. The end follows."""

    @property
    def unanswered(self) -> range:
        """The ids of the commands that will never be answered."""

@final
class Unexpected(Frame):
    """An unexpected frame: an answer without a command, or a frame of an unknown kind."""

@final
class Closed:
    """The connection is over: the last message, unless its framing was broken."""

    @property
    def end(
        self,
    ) -> Literal[
        "exit",
        "auth-refused",
        "auth-timeout",
        "rejected",
        "channel-ended",
        "shutdown",
        "events-lost",
        "goodbye",
        "eof",
    ]:
        """Why: 'exit', 'auth-refused', 'auth-timeout', 'rejected', 'channel-ended', 'shutdown', 'events-lost', 'goodbye'
        or 'eof'.
        """
    @property
    def text(self) -> str:
        """The text of the server's notice; empty without one."""
    @property
    def notice(self) -> Frame | None:
        """The notice; None without one."""
    @property
    def unanswered(self) -> range:
        """The ids of the commands that will never be answered."""
    @property
    def incomplete(self) -> int:
        """How many bytes have arrived of a frame that the end has cut off."""
    @property
    def missing(self) -> int:
        """How many bytes are missing from this frame; 0 if its length is not known from its head."""

@final
class Command:
    """A command as it goes out: `bytes(command)`.

    Made by the static methods, which refuse with LocalProtocolError whatever would break or forge the protocol; the
    error's offset counts bytes of the argument. Text goes out as UTF-8. Send it with `Connection.send`.
    """

    @staticmethod
    def auth(password: Text) -> Command:
        """`auth <password>`: answers the `AuthRequest`. A wrong password ends the connection."""
    @staticmethod
    def userauth(user: Text, domain: Text, password: Text) -> Command:
        """`userauth <user>@<domain>:<password>`: answers the `AuthRequest` as a user of the directory."""
    @staticmethod
    def api(line: Text, *, console: bool = False) -> Command:
        """`api <line>`: runs an API command. No event arrives before it has ended. `console` enables the server's console
        aliases.
        """
    @staticmethod
    def uuid_getvar(uuid: Text, name: Text) -> Command:
        """`api uuid_getvar`: the value of a channel's variable, for `ApiResponse.variable`, whatever the name."""
    @staticmethod
    def uuid_dump(uuid: Text) -> Command:
        """`api uuid_dump ... json`: what the server knows of a channel now; the answer's text is an event in JSON."""
    @staticmethod
    def uuid_bridge(uuid: Text, other: Text) -> Command:
        """`api uuid_bridge`: connects a channel with another one."""
    @staticmethod
    def uuid_exists(uuid: Text) -> Command:
        """`api uuid_exists`: whether there is a channel, as `ApiResponse.exists` tells it."""
    @staticmethod
    def bgapi(line: Text, *, job_uuid: Text | None = None) -> Command:
        """`bgapi <line>`: runs an API command in the background; its result is a BACKGROUND_JOB event with this
        `job_uuid`, any text up to 200 bytes, or one that the server makes.
        """
    @staticmethod
    def event(*names: Text, format: Format | None = None, subclasses: Sequence[Text] = ...) -> Command:
        """`event [<format>] <names>`: subscribes to more events; a `format` applies to all events from then on.
        `subclasses` are those of CUSTOM events; a name with `::` is one of them.
        """
    @staticmethod
    def nixevent(*names: Text, subclasses: Sequence[Text] = ...) -> Command:
        """`nixevent <names>`: subscribes to fewer events."""
    @staticmethod
    def noevents() -> Command:
        """`noevents`: ends all subscriptions and discards waiting events. Filters stay."""
    @staticmethod
    def myevents(uuid: Text | None = None, *, format: Format | None = None) -> Command:
        """`myevents`: subscribes to the events of one channel. Inbound: with its `uuid`, after `event` has set the format;
        outbound: without, perhaps with a `format`.
        """
    @staticmethod
    def divert_events(on: bool) -> Command:
        """`divert_events on|off`: whether this connection gets the events for the channel's own script."""
    @staticmethod
    def filter(header: Text, value: Text, *, exclude: bool = False) -> Command:
        """`filter add <header> <value>`: passes only matching events; several filters are alternatives. A value `/.../` is
        a regular expression. `exclude` excludes matching events instead.
        """
    @staticmethod
    def filter_delete(header: Text | None = None, value: Text | None = None) -> Command:
        """`filter delete`: removes one filter, all filters of a header, or (without arguments) all."""
    @staticmethod
    def sendevent(name: Text, headers: Pairs = (), body: Text | None = None) -> Command:
        """`sendevent <name>`: fires an event. An unknown name fires CUSTOM, which needs a header Event-Subclass."""
    @staticmethod
    def execute(
        app: Text,
        arg: Text | None = None,
        *,
        uuid: Text | None = None,
        event_uuid: Text | None = None,
        event_uuid_name: Text | None = None,
        loops: int | None = None,
        hold_bleg: bool = False,
        event_lock: bool = False,
        event_lock_pri: bool = False,
        lead_frames: int | None = None,
        run_async: bool = False,
    ) -> Command:
        """`sendmsg` with `execute`: runs an application on a channel; without `uuid` on the one that the connection
        controls. CHANNEL_EXECUTE_COMPLETE carries `event_uuid` as Application-UUID.

        `loops` repeats it (negative: for ever); `event_lock` lets the channel take no other message before it has ended;
        `lead_frames` waits for media first; `run_async` does not wait for its end in sync outbound mode.
        """
    @staticmethod
    def hangup(cause: Text | int | None = None, *, uuid: Text | None = None, event_lock: bool = False) -> Command:
        """`sendmsg` with `hangup`: ends a call, for a cause by name or number, `"USER_BUSY"`, `17` or `"17"`."""
    @staticmethod
    def unicast(
        *,
        uuid: Text | None = None,
        local_ip: Text | None = None,
        local_port: int | None = None,
        remote_ip: Text | None = None,
        remote_port: int | None = None,
        transport: Text | None = None,
        flags: Text | None = None,
    ) -> Command:
        """`sendmsg` with `unicast`: sends and receives a call's media at a socket."""
    @staticmethod
    def nomedia(nomedia_uuid: Text, *, uuid: Text | None = None) -> Command:
        """`sendmsg` with `nomedia`: lets the media of a bridged call flow past the server."""
    @staticmethod
    def xferext(applications: Pairs, *, uuid: Text | None = None) -> Command:
        """`sendmsg` with `xferext`: transfers a channel to an extension made of these applications, each with its argument."""
    @staticmethod
    def log(level: Text | int | None = None) -> Command:
        """`log [<level>]`: subscribes to log lines up to a level, by name or number; without one to DEBUG."""
    @staticmethod
    def nolog() -> Command:
        """`nolog`: ends the subscription to log lines."""
    @staticmethod
    def linger(seconds: int | None = None) -> Command:
        """`linger [<seconds>]`: keeps the connection after its channel has ended; without a number for ever."""
    @staticmethod
    def nolinger() -> Command:
        """`nolinger`: undoes `linger`."""
    @staticmethod
    def getvar(name: Text) -> Command:
        """`getvar <name>`: asks for a variable of the controlled channel."""
    @staticmethod
    def connect() -> Command:
        """`connect`: the first command of an outbound connection."""
    @staticmethod
    def resume() -> Command:
        """`resume`: lets the dialplan continue when the outbound connection ends."""
    @staticmethod
    def exit() -> Command:
        """`exit`: ends the connection. Waiting events are discarded."""
    @staticmethod
    def raw(head: Text, body: Text | None = None) -> Command:
        """Any command line, optionally with header lines after it, and a body. Line ends at its end are normalised, and
        Content-Length is added. Text that would be more than one command is refused; whether the server knows the
        command is up to the caller.
        """
    @staticmethod
    def parse(data: BytesLike) -> Command:
        """Parses exactly one command, as on the wire."""
    @property
    def kind(self) -> str:
        """The command's word: 'api', 'sendmsg', ...; 'unknown' for one that the core does not know."""
    def __bytes__(self) -> bytes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[bytes]]: ...

@final
class Connection:
    """One connection to FreeSWITCH's event socket as its client sees it, without the socket.

    Pass bytes from the socket to `receive_data`, iterate over the messages, and write the bytes that `send` returns;
    call `receive_eof` when the stream has ended. Iteration ends when more bytes are needed, and can be resumed at any
    time.

    Objects may be used from several threads, with a GIL or without; each call is atomic. The bytes of one
    `receive_data` stay together, and each message goes to one of the iterating threads. Sequences of calls need a lock
    of the program: `send`, `last_id` and the write to the socket.
    """

    @staticmethod
    def inbound(*, max_head: int = 1048576, max_body: int = 67108864) -> Connection:
        """A connection that the client has opened. The server speaks first: an `AuthRequest`.

        `max_head` and `max_body` are the most bytes that a frame may have.
        """
    @staticmethod
    def outbound(*, max_head: int = 1048576, max_body: int = 67108864) -> Connection:
        """A connection that FreeSWITCH has opened for a call. The first command must be `connect`."""
    @staticmethod
    def resume(saved: BytesLike, *, max_head: int = 1048576, max_body: int = 67108864) -> Connection:
        """Resumes a connection that another process has `save`d; this process now has the socket. Raises ValueError if the
        bytes were not saved by this version.
        """
    def save(self) -> bytes | None:
        """The state of the connection, for a process that takes it over with `resume`: the unanswered commands, and the
        bytes received and not read. The program hands over the socket. None if the connection cannot be handed over
        because it is not open, or over.
        """
    def receive_data(self, data: BytesLike) -> None:
        """Takes received bytes; they are parsed by the next iteration."""
    def receive_eof(self) -> None:
        """Reports the end of the stream. Iterate once more for a `Closed`, unless there was one before."""
    def __iter__(self) -> Self: ...
    def __next__(self) -> Message: ...
    def send(self, command: Command) -> bytes:
        """Counts a command as sent and returns its bytes, which must be written in the order of the calls; `last_id` is
        then its id. Raises LocalProtocolError if it may not be sent now; nothing has changed then.
        """
    @property
    def last_id(self) -> int | None:
        """The id of the last command sent; the first is 0. None before that."""
    @property
    def pending(self) -> range:
        """The ids of the commands that have been sent and not yet answered."""
    @property
    def closed(self) -> str | None:
        """Why the connection is over, as `Closed.end` or 'protocol'; None while it is not."""
    @property
    def is_open(self) -> bool:
        """Whether all commands may be sent: the password has been accepted, or `connect` has been sent."""
    @property
    def is_lingering(self) -> bool:
        """Whether the controlled channel has ended and the connection lingers."""
    @property
    def stats(self) -> dict[str, int]:
        """Counts of what was received so far: octets, frames, events, log_lines, unexpected."""

@final
class App:
    """An application of the dialplan with its argument, made by the static methods.

    What a program passes arrives as it is, or is refused with LocalProtocolError: no text can end an argument early, add
    another or have something expanded. With `expand`, the server replaces `${...}` in it.
    """

    @property
    def name(self) -> str:
        """The application."""
    @property
    def argument(self) -> bytes:
        """The argument."""
    @property
    def needs_resume(self) -> bool:
        """Whether `resume` must be sent first on an outbound connection, because the call leaves it."""
    @staticmethod
    def playback(path: Text, *, expand: bool = False) -> App:
        """`playback`: plays a file, a tone or a stream to its end."""
    @staticmethod
    def say(words: Text, module: Text, type: Text, method: Text, gender: Text | None) -> App:
        """`say`: reads a text aloud, from recorded words."""
    @staticmethod
    def speak(words: Text, engine: Text | None, voice: Text | None) -> App:
        """`speak`: reads a text aloud, by a speech engine and its voice, or those of the channel's variables."""
    @staticmethod
    def record(path: Text, limit: float | None, silence: tuple[int, float] | None) -> App:
        """`record`: records the caller into a file, for at most `limit` seconds."""
    @staticmethod
    def record_session(path: Text, limit: float | None) -> App:
        """`record_session`: records the call into a file in the background."""
    @staticmethod
    def stop_record_session(path: Text) -> App:
        """`stop_record_session`: ends such a recording, or `all`."""
    @staticmethod
    def sleep(time: float) -> App:
        """`sleep`: waits."""
    @staticmethod
    def set(name: Text, value: Text, *, expand: bool = False) -> App:
        """`set`: sets a variable of the channel."""
    @staticmethod
    def multiset(variables: Pairs) -> App:
        """`multiset`: sets several variables."""
    @staticmethod
    def unset(name: Text) -> App:
        """`unset`: removes a variable."""
    @staticmethod
    def export(name: Text, value: Text, *, nolocal: bool = False, expand: bool = False) -> App:
        """`export`: sets a variable of the channel and of the channels that it calls; with `nolocal`, only of the latter."""
    @staticmethod
    def transfer(extension: Text, dialplan: Text | None, context: Text | None, leg: str) -> App:
        """`transfer`: sends the call elsewhere in the dialplan: this leg, the `"other"`, or `"both"`."""
    @staticmethod
    def play_and_get_digits(
        file: Text,
        min_digits: int,
        max_digits: int,
        tries: int,
        timeout: float,
        terminators: Text,
        invalid_file: Text,
        variable: Text,
        regexp: Text,
        digit_timeout: float | None,
    ) -> App:
        """`play_and_get_digits`: plays a file and collects digits. Times are in seconds."""
    @staticmethod
    def read(
        file: Text,
        min_digits: int,
        max_digits: int,
        timeout: float,
        terminators: Text,
        variable: Text,
    ) -> App:
        """`read`: plays a file and collects digits."""
    @staticmethod
    def send_dtmf(digits: Text, duration: float | None) -> App:
        """`send_dtmf`: sends digits to the other end, each for so many seconds."""
    @staticmethod
    def conference(name: Text, profile: Text | None, pin: Text | None, flags: Sequence[Text]) -> App:
        """`conference`: enters a conference."""
    @staticmethod
    def deflect(target: Text) -> App:
        """`deflect`: makes the caller's own switch send the answered call elsewhere."""
    @staticmethod
    def respond(status: Text) -> App:
        """`respond`: answers a call that is not answered yet with a SIP status."""

@final
class Gap:
    """Marks the place in a stream where the connection was lost and replaced. Events of the meantime are not sent again:
    query the server's current state, for example with `api show channels as json`.
    """

    @property
    def reason(self) -> ConnectionClosed:
        """Why the old connection ended: a `ConnectionClosed`."""
    @property
    def seconds(self) -> float:
        """From the end of the old connection until the subscription was active again, or the first event arrived."""
    @property
    def attempts(self) -> int:
        """The number of attempts to connect."""
    @property
    def core_uuid_before(self) -> str | None:
        """The server's Core-UUID before the gap, if an event has had it."""
    @property
    def core_uuid_after(self) -> str | None:
        """The server's Core-UUID after the gap, if an event has had it already. If it has changed, the server was
        restarted, and no earlier call is left.
        """

@final
class ClientSession:
    """Waits and readers across reconnects: the basis of `esl_proto.aio` and `esl_proto.sync`.

    A wait or a reader is a number that the host chooses. Notices report on it, `(slot, what, value)`, in order:

    - 'answered', 'cut' (an answer that a variable has broken), 'done' (a job or an application), 'channel-ended', 'refused' and 'unheard' (the subscription that it needs
      was refused), 'timed-out', 'lost': a wait has ended. 'begun': the answer to a `bgapi` has come.
    - 'handle': an event for a handler; 'readable': a queue whose reader waits has something; 'dropped': it has lost
      something for the first time; 'refused', 'unheard': a reader whose events will not come.
    - 'opened', 'settled', 'blocked' (nothing more is handled before a full stream has room), 'lingering', 'gap', 'verdict' (the server refuses this client), 'log-refused',
      'filter-refused', 'heartbeat-refused', 'restarted' (it is another server than before the gap), 'unexpected', 'ended': of the
      connection, slot 0.

    Objects may be used from several threads, with a GIL or without. What several calls are needed for takes a lock of the
    host's: `send`, `data_to_send` and the write to the socket.
    """

    def __new__(cls) -> Self: ...
    def connect_inbound(self, login: Command, attempts: int = 0) -> None:
        """A connection to the server has been made, as the `attempts`th try; `login` is sent when the server asks for it."""
    def connect_outbound(self) -> None:
        """The server has made a connection for a call: `connect` is to be sent. Only the events of its channel come."""
    def receive(self, data: BytesLike) -> list[tuple[int, str, Any]] | None:
        """Processes received bytes, as far as full streams allow. Returns the notices, if there are any."""
    def receive_eof(self) -> list[tuple[int, str, Any]] | None:
        """Reports the end of the stream, after all received bytes."""
    def go_on(self) -> list[tuple[int, str, Any]] | None:
        """Processes bytes that were held back while a stream was full. Returns all notices, including earlier ones."""
    def data_to_send(self) -> bytes | None:
        """The bytes to send now, if there are any."""
    def close(self) -> None:
        """The host closes the connection: all waits end."""
    def release(self) -> None:
        """From now on, no stream blocks reading: the connection is being closed."""
    def finish(self) -> None:
        """No connection will follow: streams end after the items that they hold, later streams at once."""
    @property
    def end(self) -> tuple[str, str] | None:
        """Why the connection is over, and the server's text; None while there is a connection, and before the first."""
    @property
    def is_open(self) -> bool:
        """Whether commands can be sent and are answered."""
    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, open or not."""
    @property
    def is_settled(self) -> bool:
        """Whether all subscriptions, filters and the log have been sent and answered."""
    @property
    def is_lingering(self) -> bool:
        """Whether the controlled channel has ended and the connection lingers."""
    @property
    def is_blocked(self) -> bool:
        """Whether nothing more is handled before a full stream has room."""
    @property
    def waiting(self) -> int:
        """The number of pending answers, jobs and applications."""
    @property
    def core_uuid(self) -> str | None:
        """The server's Core-UUID, if an event has had it."""
    @property
    def stats(self) -> dict[str, int]:
        """Counts of what was received and sent so far, across reconnects."""
    @property
    def seconds_left(self) -> float | None:
        """In how many seconds `advance` must be called, at the latest."""
    def advance(self) -> None:
        """Advances the time: a connection that has been silent for too long ends."""
    def set_silence(self, seconds: float | None) -> None:
        """Ends the connection when nothing has arrived for this many seconds."""
    def send(self, command: Command, slot: int | None = None) -> int:
        """Sends a command. `slot` waits for its answer. Raises LocalProtocolError if it may not be sent now."""
    def bgapi(self, line: Text, slot: int, begun: int) -> str:
        """Begins a job, and returns its Job-UUID. `slot` waits for its end, `begun` for the answer."""
    def execute(
        self,
        app: Text,
        arg: Text,
        slot: int,
        *,
        uuid: Text | None = None,
        loops: int | None = None,
        event_lock: bool = False,
        hold_bleg: bool = False,
    ) -> None:
        """Executes an application, on the channel of the connection or another. `slot` waits for its end."""
    def read_variable(self, name: Text, slot: int, uuid: Text | None = None) -> int:
        """Asks for a variable of a channel, or of that of the connection. `slot` waits for it: 'answered' tells the answer that holds
        it whole, 'cut' one that the value has broken, 'refused' that there is no such channel, or the API may not be used.
        """
    def give_up(self, slot: int) -> bool:
        """Gives up a wait: nothing is reported, and a late result is ignored."""
    def stream(
        self,
        slot: int,
        names: Sequence[str],
        subclasses: Sequence[str],
        channel: str | None,
        maxsize: int,
        overflow: str,
        gaps: bool,
    ) -> EventQueue:
        """A stream of these events, across reconnects. Without any name or subclass, of every event that arrives anyway."""
    def handler(self, slot: int, names: Sequence[str], subclasses: Sequence[str], channel: str | None) -> None:
        """A reader whose events are reported by notices."""
    def subscribe(self, slot: int, names: Sequence[str], subclasses: Sequence[str]) -> None:
        """Subscribes to events without reading them."""
    def unsubscribe(self, names: Sequence[str], subclasses: Sequence[str]) -> None:
        """Unsubscribes from these events for all readers; without any, from all."""
    def unlisten(self, slot: int) -> bool:
        """Removes the reader `slot`. Returns whether reading from the socket can continue now."""
    @property
    def readers(self) -> int:
        """How many readers there are."""
    def log_stream(self, slot: int, level: str | int, maxsize: int, overflow: str) -> EventQueue:
        """A stream of log lines, up to the level requested last."""
    def set_log(self, level: str | int | None) -> None:
        """Sets the level of the server's log; None for no log."""
    def refused_filters(self) -> list[tuple[str, str]]:
        """The filters that the server has refused since the last call."""
    def set_filters(self, filters: Sequence[tuple[Text, Text]]) -> None:
        """Replaces the program's filters, pairs of header and value."""
    def set_format(self, format: Format) -> None:
        """The format of events."""

@final
class EventQueue:
    """The unread items of one reader of a `ClientSession`."""

    @property
    def slot(self) -> int: ...
    def pop(self) -> Any:
        """The next item; None if there is none, and then a 'readable' notice comes with the next one, or at the end."""
    @property
    def is_readable(self) -> bool:
        """Whether there is something to read, or the end."""
    @property
    def end(self) -> tuple[str, Any] | None:
        """Why there is nothing more, once everything has been read: 'closed' (with the connection, or by its reader),
        'overflow', 'refused' or 'not-allowed', and the refusal.
        """
    @property
    def waiting(self) -> int:
        """How many items wait to be read."""
    @property
    def received(self) -> int:
        """How many have arrived, including dropped ones."""
    @property
    def dropped(self) -> int:
        """How many were dropped because they were not read in time."""
    @property
    def gaps(self) -> int:
        """How often the connection was replaced."""
    def close(self) -> bool:
        """Closes the queue. Returns whether reading from the socket can continue now."""

@final
class HostRequest:
    """A client's request to the host, which must answer with a method of `Server`; each kind has its own.

    | kind | attributes | answers |
    |---|---|---|
    | 'password' | password | accept, refuse |
    | 'user' | user, domain, password | accept, refuse |
    | 'api' | line, command, argument, console | output |
    | 'bgapi' | line, command, argument, job_uuid | job |
    | 'sendmsg' | uuid, call, app, arg, cause, event_uuid, headers, body, wait | ok, no_such_channel |
    | 'sendevent' | name, headers, body | fired |
    | 'connect' | | channel |
    | 'getvar' | name | value |
    | 'myevents' | uuid | control, no_such_channel |

    All except passwords can also be declined with `reply`. Attributes of other kinds are None or empty.
    """

    @property
    def kind(
        self,
    ) -> Literal["password", "user", "api", "bgapi", "sendmsg", "sendevent", "connect", "getvar", "myevents"]:
        """The kind of request."""
    @property
    def raw(self) -> bytes:
        """The command as it was sent."""
    @property
    def password(self) -> str | None:
        """The client's password."""
    @property
    def password_bytes(self) -> bytes | None:
        """The password in bytes; compare this."""
    @property
    def user(self) -> str | None:
        """`userauth`: the user."""
    @property
    def domain(self) -> str | None:
        """`userauth`: the domain."""
    @property
    def line(self) -> str | None:
        """The API command and its argument, as they were sent."""
    @property
    def command(self) -> str | None:
        """The API command."""
    @property
    def argument(self) -> str | None:
        """What follows the first blank after the API command."""
    @property
    def console(self) -> bool:
        """Whether the API command is to be interpreted as on the console, with aliases; `command` is then the whole line."""
    @property
    def job_uuid(self) -> str | None:
        """The client's name for the job."""
    @property
    def uuid(self) -> str | None:
        """The channel; None for the one that the connection controls."""
    @property
    def call(self) -> str | None:
        """`sendmsg`: the call-command, such as 'execute' or 'hangup'."""
    @property
    def app(self) -> str | None:
        """`execute`: the application."""
    @property
    def arg(self) -> str | None:
        """`execute`: its argument, whether it came in a header or as the body."""
    @property
    def event_uuid(self) -> str | None:
        """`execute`: the Application-UUID for CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE."""
    @property
    def cause(self) -> str | None:
        """`hangup`: why."""
    @property
    def wait(self) -> bool:
        """`sendmsg`: whether the answer must wait until it is done."""
    @property
    def name(self) -> str | None:
        """The name of the event, or of the variable."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of the command, in their order."""
    @property
    def body(self) -> bytes | None:
        """The body, if there is a Content-Length."""

@final
class Effect:
    """A command that the listener has answered."""

    @property
    def kind(self) -> Literal["all-events", "divert", "undivert", "resume", "linger", "none"]:
        """Its effect on the host: 'all-events' (subscribe to the known subclasses), 'divert' and 'undivert', 'resume',
        'linger' (`Server.linger` has changed), or 'none'.
        """
    @property
    def raw(self) -> bytes:
        """The command as it was sent."""

@final
class ServerClosed:
    """The listener has ended the connection: send the remaining data, then close it."""

    @property
    def why(self) -> str:
        """Why, as `Server.closed`."""
    @property
    def error(self) -> RemoteProtocolError | None:
        """What could not be read, for 'unreadable'."""

@final
class OutgoingEvent:
    """An event for several connections: `Server.offer` takes it, and it is written once for each format that they ask for.

    All headers must be given, Event-Name too; a list is an array. Only Content-Length comes by itself.
    `OutgoingEvent.of(event)` is an event that has come, as it is.
    """

    def __new__(cls, headers: Fields, body: Text | None = None) -> Self: ...
    @staticmethod
    def of(event: Event) -> OutgoingEvent:
        """An event received from a server, header by header, unchanged."""

@final
class Server:
    """One connection of a listener, without the socket: what FreeSWITCH's event socket is to one client.

    Pass the client's bytes to `receive_data` and iterate: each `HostRequest` must be answered (now or later; until then
    the iteration ends), each `Effect` is a command that the listener has answered. Write what `data_to_send` returns
    after each iteration, answer and delivery. Pass every event to `offer`, which decides whether this client wants it.

    Objects may be used from several threads, with a GIL or without; each call is atomic. The thread that got a
    `HostRequest` answers it; what `data_to_send` returns must be written in the order of its calls.

    Nothing here has a clock: a host ends a connection that `is_awaiting_first_command` for 25 seconds, and one that lingers in
    its time.
    """

    FIRST_COMMAND_TIMEOUT: ClassVar[float]
    """How many seconds FreeSWITCH waits for a client's first command."""

    @staticmethod
    def inbound(
        *,
        lossless_percent: bool = False,
        storage: int = 65536,
        max_queued: int = 100000,
        max_lost: int = 500,
        max_head: int = 65536,
        max_body: int = 1048576,
    ) -> Server:
        """A connection that a client has made. Iterate once for the greeting, or `reject` the client's address.

        `lossless_percent` encodes values so that each arrives unchanged, where FreeSWITCH's own encoding loses some;
        `storage` is how many bytes of subscriptions, filters and rights are kept; `max_queued` events may wait, and
        `max_lost` in a row may be lost beyond that before the connection ends; `max_head` and `max_body` limit a
        command.
        """
    @staticmethod
    def outbound(
        uuid: Text,
        *,
        full: bool = True,
        is_async: bool = True,
        lossless_percent: bool = False,
        storage: int = 65536,
        max_queued: int = 100000,
        max_lost: int = 500,
        max_head: int = 65536,
        max_body: int = 1048576,
    ) -> Server:
        """The connection that the channel `uuid` has made to a program. `full` allows all commands, `is_async` answers
        `sendmsg` at once.
        """
    def receive_data(self, data: BytesLike) -> None:
        """Takes bytes that the client has sent."""
    def receive_eof(self) -> None:
        """Reports that the client has closed its side. When everything that it sent has been read, it gets the disconnect
        notice.
        """
    def __iter__(self) -> Self: ...
    def __next__(self) -> HostRequest | Effect | ServerClosed: ...
    def data_to_send(self, amount: int | None = None) -> bytes:
        """The bytes to send: greeting, replies, and waiting events and log lines. With an `amount`, at most that many; the
        next calls return the rest. If a host fetches only as much as its socket accepts, events wait here while a
        client does not read, and are eventually lost, as in FreeSWITCH.
        """
    def accept(
        self, *, allowed_events: Text | None = None, allowed_api: Text | None = None, allowed_log: bool = True
    ) -> None:
        """Accepts a password. `allowed_events` and `allowed_api` are what a user of `userauth` may subscribe to and run,
        as in FreeSWITCH's `esl-allowed-events` and `esl-allowed-api`; None is all.
        """
    def refuse(self) -> None:
        """Refuses a password. The connection ends."""
    def output(self, text: Text) -> None:
        """Answers `api` with the command's output."""
    def job(self, uuid: Text) -> None:
        """Answers `bgapi`: the job has begun under this name. Its result is a BACKGROUND_JOB event from the host."""
    def ok(self) -> None:
        """Answers `sendmsg`: it is done, or will be."""
    def no_such_channel(self, uuid: Text) -> None:
        """Answers `sendmsg` or `myevents`: there is no channel of this uuid."""
    def control(self, uuid: Text) -> None:
        """Answers `myevents`: the channel exists."""
    def fired(self, uuid: Text) -> None:
        """Answers `sendevent`: the event has been fired and has this uuid."""
    def value(self, value: Text) -> None:
        """Answers `getvar`; an empty value means not set. One line of at most 511 bytes arrives."""
    def channel(self, headers: Fields) -> None:
        """Answers `connect`: the channel's data, as headers of a CHANNEL_DATA event."""
    def reply(self, text: Text) -> None:
        """Answers anything but a password with another text, such as `-ERR` and a reason. Nothing changes."""
    def offer(self, event: Fields | Event | OutgoingEvent, body: Text | None = None) -> bool:
        """Offers an event to this connection: if its subscriptions and filters want the event, it waits for
        `data_to_send`, which writes it when no command is half read or unanswered, in the current format. Returns
        whether it waits.

        The event is given as headers and a body, a received `Event`, or an `OutgoingEvent`, which is written once for
        many connections. All headers must be given, including Event-Name; a list is an array. Only Content-Length is
        added. Regular expressions in filters take linear time, and so support neither look-around nor back references.
        """
    def offer_diverted(self, event: Fields | Event | OutgoingEvent, body: Text | None = None) -> bool:
        """Offers an event of the controlled channel's own queue to this connection, after an `Effect` 'divert';
        subscriptions and filters do not apply.
        """
    def offer_log(
        self,
        level: Text | int,
        text: Text,
        *,
        file: Text | None = None,
        function: Text | None = None,
        line: int = 0,
        channel_uuid: Text | None = None,
    ) -> bool:
        """Offers a log line to this connection; `text` with its line end. Returns whether it is wanted."""
    def subscribe(self, subclass: Text) -> None:
        """Subscribes to a subclass of CUSTOM events that the host knows: for the `Effect` 'all-events'."""
    def reject(self) -> None:
        """Refuses the client by its address, instead of the greeting."""
    def disconnect(
        self, why: Literal["disconnected", "shutdown", "lost-events", "lost-log-lines"] = "disconnected"
    ) -> None:
        """Ends the connection with a notice: 'disconnected', 'shutdown', 'lost-events' or 'lost-log-lines'. All but the
        first are immediate: if a part of a frame has been fetched, the notice replaces the rest of it.
        """
    def channel_ended(self, channel_name: Text | None = None) -> None:
        """Reports the end of the controlled channel: the client gets a notice that the connection lingers, or is
        disconnected.
        """
    @property
    def format(self) -> Format:
        """The format of events: 'plain', 'json' or 'xml'."""
    @property
    def is_authenticated(self) -> bool:
        """Whether the client has given a password that was accepted, or needs none."""
    @property
    def is_awaiting_first_command(self) -> bool:
        """Whether no command has arrived yet, except perhaps invalid ones before a password."""
    @property
    def is_mid_command(self) -> bool:
        """Whether a command has arrived in part, which holds back all events."""
    @property
    def is_lingering(self) -> bool:
        """Whether the controlled channel has ended and the connection has stayed."""
    @property
    def linger(self) -> int | None:
        """How long the connection stays open after its channel has ended: seconds, -1 for ever, None for not at all."""
    @property
    def channel_uuid(self) -> str | None:
        """The controlled channel."""
    @property
    def log_level(self) -> int | None:
        """The level up to which log lines are wanted, as a number; None for no lines."""
    @property
    def waiting_events(self) -> int:
        """How many events wait to be written."""
    @property
    def closed(self) -> str | None:
        """Why the connection is over: 'exit', 'refused', 'rejected', 'unreadable', 'no-command' (one that begins with a NUL),
        'channel-gone', 'disconnected', 'shutdown', 'lost-events' or 'lost-log-lines'; None as long as it is not.
        """

def end_reasons() -> list[tuple[str, str]]:
    """The possible values of `Closed.end`, each with the core's text for it."""
def vocabulary() -> list[tuple[str, list[tuple[str, int | None]]]]:
    """The core's vocabulary: for each kind its words, with their numbers where they have any."""

@final
class Sim:
    """A simulated switch without sockets and without a clock: `esl_proto.testing.Switch` is a shell around it."""

    def __new__(
        cls,
        start: float,
        utc_offset: int,
        seed: int,
        heartbeat: float,
        calls_per_second: float = 0.0,
        is_scenario: bool = False,
        lossless_percent: bool = False,
    ) -> Self: ...
    def configure(self, settings: object) -> None:
        """Changes the settings to the attributes of an object, as in `esl_proto.testing`."""
    def advance(self, now: float) -> None:
        """Advances the time to this many seconds since the start."""
    @property
    def deadline(self) -> float | None:
        """When something will happen without input, in seconds since the start."""
    def connect(self, denied: bool = False) -> int:
        """A client connects; with `denied` one whose address is not allowed. Its number."""
    def connected(self, connection: int) -> None:
        """A program is connected to."""
    def refused(self, connection: int, reason: str) -> None:
        """A program cannot be connected to."""
    def receive_data(self, connection: int, data: bytes) -> None:
        """Takes bytes that a client has sent."""
    def receive_eof(self, connection: int) -> None:
        """A client has closed its side."""
    def forget(self, connection: int) -> None:
        """A connection is gone in both directions."""
    def listens(self, connection: int) -> bool:
        """Whether more should be read from a client now."""
    def data_to_send(self, connection: int, amount: int) -> bytes:
        """Bytes for a client, at most this many."""
    def is_closed(self, connection: int) -> bool:
        """Whether the switch has closed its side, and all that it has written was taken."""
    def end(self, connection: int) -> str | None:
        """Why the listener has ended a connection, if it has."""
    def waiting(self, connection: int) -> int:
        """How many events wait for a client."""
    def controlled(self, connection: int) -> Channel | None:
        """The channel that a connection controls."""
    def set_faults(
        self, connection: int, settings: object, *, held: bool = False, after: int | None = None
    ) -> None:
        """Sets the network faults of one connection: those of the settings; nothing is sent while it is held; it breaks
        after this many more bytes.
        """
    def inject(self, connection: int, data: bytes) -> None:
        """Sends arbitrary bytes to a client."""
    def disconnect(self, connection: int, why: str) -> None:
        """Ends a connection with a notice: 'disconnected', 'shutdown', 'lost-events' or 'lost-log-lines'."""
    def next_active(self) -> int | None:
        """The next connection that has something to send, has room to read, or has ended."""
    def next_request(self) -> tuple[str, int, list[str]] | None:
        """What the host is to do next: what it is ('connect', 'api', 'app', 'withdrawn', 'shutdown'), its number, and words."""
    def next_received(self) -> tuple[int, bytes] | None:
        """The next command that a client has sent: the connection, and its bytes."""
    def answer(self, hook: int, answer: bytes | None = None) -> None:
        """Answers a hook, or leaves it to the simulation."""
    def fire(
        self,
        name: str,
        headers: list[tuple[bytes, bytes]],
        body: bytes | None = None,
        *,
        channel: Channel | None = None,
        bare: bool = False,
    ) -> int:
        """Fires an event; returns how many connections get it. The headers of every event come first, unless it is `bare`,
        then those of a channel's events, if there is one.
        """
    def log(self, level: str, text: str, source: tuple[str, str, int], uuid: str) -> int:
        """Writes a line of the log as it is; how many connections get it."""
    def begin_call(
        self,
        name: str,
        uuid: str | None,
        caller: str,
        variables: list[tuple[bytes, bytes]],
        steps: list[tuple[str, str]] | None,
    ) -> Channel:
        """A call comes in: with these applications as its dialplan, or one that does what it is ordered to."""
    def channel(self, uuid: str) -> Channel | None:
        """The channel of this uuid, if it is not hung up."""
    def channels(self) -> list[Channel]:
        """The channels that are not over."""
    @property
    def calls_so_far(self) -> int:
        """How many calls there have been."""
    def ring(self, channel: Channel) -> None:
        """The other side of a channel rings."""
    def answer_call(self, channel: Channel) -> None:
        """A channel is answered."""
    def press(self, channel: Channel, keys: str) -> None:
        """Keys are pressed."""
    def execute(
        self, channel: Channel, app: str, arg: str, loops: int = 1, event_uuid: str | None = None
    ) -> bool:
        """Orders an application."""
    def hang_up(self, channel: Channel, cause: str) -> None:
        """Ends a call, if it has not ended."""

@final
class Channel:
    """A channel of a simulated switch: what can be seen of it, also when it has ended."""

    @property
    def uuid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def caller(self) -> tuple[str, str]:
        """The name of who calls, and the number."""
    @property
    def destination(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def state(self) -> str:
        """The call state: DOWN, RINGING, ACTIVE, HELD or HANGUP."""
    @property
    def cause(self) -> str | None:
        """Why it has ended, if it has."""
    @property
    def is_destroyed(self) -> bool:
        """Whether its last event has happened."""
    @property
    def is_bridged(self) -> bool:
        """Whether it is, or was, connected to another."""
    @property
    def other_leg(self) -> tuple[Channel, str] | None:
        """The channel that it is, or was, connected to, or that it was made for, and what that is to it."""
    def variable(self, name: str) -> str:
        """A variable; nothing if it is not set."""
    @property
    def variables(self) -> dict[str, str | list[str]]:
        """All variables, in their order."""
    def set_variable(self, name: str, value: bytes) -> None:
        """Sets a variable, or removes it if the value is empty."""
    @property
    def executed(self) -> list[tuple[str, str]]:
        """The applications that have begun, each with its argument."""
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

_TextPairs: TypeAlias = Sequence[tuple[Text, Text]]
_Variables: TypeAlias = tuple[tuple[str, str], ...]
_DialParts: TypeAlias = tuple[list[tuple[list[list[tuple[str, _Variables]]], _Variables]], _Variables]
_Legs: TypeAlias = Sequence[tuple[int, _TextPairs, _TextPairs, Text]]

def bridge_line(variables: _TextPairs, legs: _Legs) -> bytes:
    """The argument of `bridge` that these legs make."""
def bridge_parts(text: Text) -> _DialParts:
    """The handles and variables in an argument of `bridge`."""
def named_originate(call: Text, uuid: Text | None) -> tuple[bytes, str | None]:
    """The line of `originate` for a call, the word itself perhaps left out, and the uuid of its channel: this one, or a new one. None
    if the call has several legs or an `origination_uuid` of its own, or cannot be read: it goes out as it is.
    """
def new_uuid() -> str:
    """A random uuid."""
def originate_line(
    variables: _TextPairs,
    legs: _Legs,
    app: Text | None,
    destination: Text,
    dialplan: Text | None,
    context: Text | None,
    cid_name: Text | None,
    cid_num: Text | None,
    timeout_sec: int | None,
) -> bytes:
    """The line of `originate` with these legs. The destination is an extension, or with `app` an application's argument."""
def originate_parts(
    line: Text,
) -> tuple[_DialParts, str | None, str, str | None, str | None, str | None, str | None, int | None]:
    """The parts of a line of `originate`, in the order of `originate_line`."""
def inline_line(tasks: _TextPairs) -> bytes:
    """The text of an inline dialplan with these applications and arguments."""
def inline_parts(text: Text) -> _Variables:
    """The applications and arguments of an inline dialplan."""
def hook_variable(occasion: str, app: Text | None, arg: Text, background: bool) -> tuple[str, str]:
    """The variable that has a channel execute something on an occasion, and its value: an application (`background`: when the
    channel comes to it), or, without one, an API command, which is the argument.
    """
@final
class Endpoint:
    """What a leg calls, put together of its parts, as text for `Leg`.

    No part can become another: what the endpoint's module would read as the end of a part is refused with DialError,
    whose `item` is the part. Any other endpoint is given to `Leg` as text.
    """

    @staticmethod
    def user(user: Text, domain: Text | None = None) -> str:
        """A user of the directory, wherever it is registered: `user/<user>@<domain>`."""
    @staticmethod
    def group(group: Text, domain: Text | None = None) -> str:
        """All users of a group of the directory: `group/<group>@<domain>`."""
    @staticmethod
    def sofia(profile: Text, address: Text) -> str:
        """A SIP address, from one of the server's profiles: `sofia/<profile>/<address>`."""
    @staticmethod
    def gateway(gateway: Text, number: Text) -> str:
        """A number at a SIP provider: `sofia/gateway/<gateway>/<number>`."""
    @staticmethod
    def contact(profile: Text, user: Text, domain: Text) -> str:
        """Where a user has registered at a profile: `sofia/<profile>/<user>%<domain>`."""
    @staticmethod
    def loopback(extension: Text, context: Text | None = None, dialplan: Text | None = None) -> str:
        """An extension of the dialplan, through a loopback channel: `loopback/<extension>/<context>/<dialplan>`."""
    @staticmethod
    def verto(user: Text, domain: Text | None = None) -> str:
        """A browser that has logged in: `verto.rtc/<user>@<domain>`."""
    @staticmethod
    def error(cause: Text) -> str:
        """Nobody: the call fails with this cause, `error/<cause>`."""
    @staticmethod
    def null() -> str:
        """A channel without anybody, which answers at once: `null`."""
    @staticmethod
    def pickup(key: Text) -> str:
        """Whoever takes the call with the application `pickup`: `pickup/<key>`."""

_Ends: TypeAlias = tuple[int, int] | None

def frame_of_parts(
    class_: str,
    parts: tuple[bytes, int, _Ends, _Ends, int],
    more: tuple[int | None, Event | None, _Ends],
) -> Frame:
    """A frame that was pickled."""
def closed_of_parts(
    end: str, text: str, notice: Frame | None, unanswered: tuple[int, int], incomplete: int, missing: int
) -> Closed:
    """The end of a connection that was pickled."""

@final
class Call:
    """A snapshot of one channel."""

    @property
    def uuid(self) -> str:
        """The channel."""
    @property
    def name(self) -> str:
        """Its name, such as `sofia/internal/1000@pbx`. Empty if unknown, like all texts here."""
    @property
    def direction(self) -> CallDirection | str | None:
        """Which side has begun the call: a `CallDirection`, or a `str` if the word is unknown, as for all enumerated
        words.
        """
    @property
    def state(self) -> ChannelState | str | None:
        """Where the channel is in its life."""
    @property
    def call_state(self) -> CallState | str | None:
        """Where the call is in its life, as a person sees it."""
    @property
    def answer_state(self) -> AnswerState | str | None:
        """Whether the call has been answered."""
    @property
    def caller_name(self) -> str:
        """The caller's name."""
    @property
    def caller_number(self) -> str:
        """The caller's number."""
    @property
    def destination(self) -> str:
        """What was dialled."""
    @property
    def application(self) -> str:
        """The application that runs, or has run last."""
    @property
    def application_data(self) -> str:
        """Its argument."""
    @property
    def created(self) -> datetime | None:
        """When it began."""
    @property
    def answered(self) -> datetime | None:
        """When it was answered."""
    @property
    def hung_up(self) -> datetime | None:
        """When it was hung up."""
    @property
    def other_leg(self) -> str | None:
        """The channel that it is bridged to."""
    @property
    def cause(self) -> HangupCause | str | None:
        """Why it has ended, once it has: a `HangupCause`."""
    @property
    def variables(self) -> dict[str, str]:
        """The variables that are kept of it."""

@final
class Change:
    """What an event has changed of `Calls`."""

    @property
    def kind(self) -> Literal["began", "updated", "renamed", "ended", "overlooked"]:
        """'began', 'updated', 'renamed' (the channel has got another uuid), 'ended', or 'overlooked': there was no room for it."""
    @property
    def call(self) -> Call | None:
        """The channel that the event is about, in its current or last state; None if it was overlooked, or the event names
        two others (`loopback::bowout`).
        """
    @property
    def old_uuid(self) -> str | None:
        """The uuid that it had before, if it has got another."""

@final
class Calls:
    """The channels of a server, each in the state of its last event. It does no I/O.

    Subscribe to `Calls.EVENTS` and `Calls.SUBCLASSES`, `restore` the list of channels that are there already, and give
    each event to `take`; after a gap, `restore` again. With fewer events it knows less. It keeps at most `bound`
    channels, and for each the named `variables`. It may be used from several threads.
    """

    EVENTS: ClassVar[tuple[str, ...]]
    SUBCLASSES: ClassVar[tuple[str, ...]]
    def __new__(cls, bound: int = 10000, *, variables: Sequence[Text] = ()) -> Self: ...
    def take(self, event: Event) -> Change | None:
        """Updates the table from an event. Returns the change; None if the event is about no channel, or one that is gone."""
    def restore(self, output: Text) -> list[Call]:
        """Restores the table from the output of `show channels as json`, and returns the channels that are gone. Raises
        RemoteProtocolError if it cannot be read; nothing has changed then.
        """
    def get(self, uuid: Text) -> Call | None:
        """A snapshot of a channel, or None."""
    @property
    def overlooked(self) -> int:
        """How many channels there was no room for."""
    def __getitem__(self, uuid: Text, /) -> Call: ...
    def __contains__(self, uuid: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Call]: ...
