"""FreeSWITCH's vocabulary as enums of `str`.

A member equals its word, so that `event["Answer-State"] == AnswerState.ANSWERED` reads as it should. Servers newer or
older than this list, and modules of their own, use other words: those stay plain `str`, `EventName("X")` raises
ValueError for them.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

__all__ = [
    "AnswerState",
    "CallDirection",
    "CallState",
    "ChannelState",
    "EventName",
    "HangupCause",
    "LogLevel",
    "Priority",
    "split_names",
]


def split_names(names: Iterable[object], subclasses: Iterable[object] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of events as a program gives them: the names in capitals, and the subclasses of CUSTOM events.

    A name with `::` is a subclass, as no event is called so. What is no `str` is a TypeError: a list in place of its
    items, bytes, a number; and so is one text in place of subclasses.
    """
    if isinstance(subclasses, str | bytes):
        raise TypeError("subclasses are several texts, not one")
    plain, custom = list[str](), list[str]()
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"the name of an event is a str, not {type(name).__name__}")
        if "::" in name:
            custom.append(str(name))
        else:
            plain.append(str(name).upper())
    for subclass in subclasses:
        if not isinstance(subclass, str):
            raise TypeError(f"a subclass is a str, not {type(subclass).__name__}")
        custom.append(str(subclass))
    return tuple(plain), tuple(custom)


class _Coded(StrEnum):
    """Words that have numbers, too."""

    code: int
    """The number."""

    # With a default, so that type checkers know `HangupCause("USER_BUSY")`, too.
    def __new__(cls, word: str, code: int = 0) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.code = code
        return member

    @classmethod
    def from_code(cls, code: int) -> Self:
        """The member of this number. Raises ValueError if there is none."""
        for member in cls:
            if member.code == code:
                return member
        raise ValueError(f"{code} is not a valid code of {cls.__name__}")


class EventName(StrEnum):
    """The name of an event: its Event-Name, or what a subscription asks for. In the server's order."""

    CUSTOM = "CUSTOM"
    CLONE = "CLONE"
    CHANNEL_CREATE = "CHANNEL_CREATE"
    CHANNEL_DESTROY = "CHANNEL_DESTROY"
    CHANNEL_STATE = "CHANNEL_STATE"
    CHANNEL_CALLSTATE = "CHANNEL_CALLSTATE"
    CHANNEL_ANSWER = "CHANNEL_ANSWER"
    CHANNEL_HANGUP = "CHANNEL_HANGUP"
    CHANNEL_HANGUP_COMPLETE = "CHANNEL_HANGUP_COMPLETE"
    CHANNEL_EXECUTE = "CHANNEL_EXECUTE"
    CHANNEL_EXECUTE_COMPLETE = "CHANNEL_EXECUTE_COMPLETE"
    CHANNEL_HOLD = "CHANNEL_HOLD"
    CHANNEL_UNHOLD = "CHANNEL_UNHOLD"
    CHANNEL_BRIDGE = "CHANNEL_BRIDGE"
    CHANNEL_UNBRIDGE = "CHANNEL_UNBRIDGE"
    CHANNEL_PROGRESS = "CHANNEL_PROGRESS"
    CHANNEL_PROGRESS_MEDIA = "CHANNEL_PROGRESS_MEDIA"
    CHANNEL_OUTGOING = "CHANNEL_OUTGOING"
    CHANNEL_PARK = "CHANNEL_PARK"
    CHANNEL_UNPARK = "CHANNEL_UNPARK"
    CHANNEL_APPLICATION = "CHANNEL_APPLICATION"
    CHANNEL_ORIGINATE = "CHANNEL_ORIGINATE"
    CHANNEL_UUID = "CHANNEL_UUID"
    API = "API"
    LOG = "LOG"
    INBOUND_CHAN = "INBOUND_CHAN"
    OUTBOUND_CHAN = "OUTBOUND_CHAN"
    STARTUP = "STARTUP"
    SHUTDOWN = "SHUTDOWN"
    PUBLISH = "PUBLISH"
    UNPUBLISH = "UNPUBLISH"
    TALK = "TALK"
    NOTALK = "NOTALK"
    SESSION_CRASH = "SESSION_CRASH"
    MODULE_LOAD = "MODULE_LOAD"
    MODULE_UNLOAD = "MODULE_UNLOAD"
    DTMF = "DTMF"
    MESSAGE = "MESSAGE"
    PRESENCE_IN = "PRESENCE_IN"
    NOTIFY_IN = "NOTIFY_IN"
    PRESENCE_OUT = "PRESENCE_OUT"
    PRESENCE_PROBE = "PRESENCE_PROBE"
    MESSAGE_WAITING = "MESSAGE_WAITING"
    MESSAGE_QUERY = "MESSAGE_QUERY"
    ROSTER = "ROSTER"
    CODEC = "CODEC"
    BACKGROUND_JOB = "BACKGROUND_JOB"
    DETECTED_SPEECH = "DETECTED_SPEECH"
    DETECTED_TONE = "DETECTED_TONE"
    PRIVATE_COMMAND = "PRIVATE_COMMAND"
    HEARTBEAT = "HEARTBEAT"
    TRAP = "TRAP"
    ADD_SCHEDULE = "ADD_SCHEDULE"
    DEL_SCHEDULE = "DEL_SCHEDULE"
    EXE_SCHEDULE = "EXE_SCHEDULE"
    RE_SCHEDULE = "RE_SCHEDULE"
    RELOADXML = "RELOADXML"
    NOTIFY = "NOTIFY"
    PHONE_FEATURE = "PHONE_FEATURE"
    PHONE_FEATURE_SUBSCRIBE = "PHONE_FEATURE_SUBSCRIBE"
    SEND_MESSAGE = "SEND_MESSAGE"
    RECV_MESSAGE = "RECV_MESSAGE"
    REQUEST_PARAMS = "REQUEST_PARAMS"
    CHANNEL_DATA = "CHANNEL_DATA"
    GENERAL = "GENERAL"
    COMMAND = "COMMAND"
    SESSION_HEARTBEAT = "SESSION_HEARTBEAT"
    CLIENT_DISCONNECTED = "CLIENT_DISCONNECTED"
    SERVER_DISCONNECTED = "SERVER_DISCONNECTED"
    SEND_INFO = "SEND_INFO"
    RECV_INFO = "RECV_INFO"
    RECV_RTCP_MESSAGE = "RECV_RTCP_MESSAGE"
    SEND_RTCP_MESSAGE = "SEND_RTCP_MESSAGE"
    CALL_SECURE = "CALL_SECURE"
    NAT = "NAT"
    RECORD_START = "RECORD_START"
    RECORD_STOP = "RECORD_STOP"
    PLAYBACK_START = "PLAYBACK_START"
    PLAYBACK_STOP = "PLAYBACK_STOP"
    CALL_UPDATE = "CALL_UPDATE"
    FAILURE = "FAILURE"
    SOCKET_DATA = "SOCKET_DATA"
    MEDIA_BUG_START = "MEDIA_BUG_START"
    MEDIA_BUG_STOP = "MEDIA_BUG_STOP"
    CONFERENCE_DATA_QUERY = "CONFERENCE_DATA_QUERY"
    CONFERENCE_DATA = "CONFERENCE_DATA"
    CALL_SETUP_REQ = "CALL_SETUP_REQ"
    CALL_SETUP_RESULT = "CALL_SETUP_RESULT"
    CALL_DETAIL = "CALL_DETAIL"
    DEVICE_STATE = "DEVICE_STATE"
    TEXT = "TEXT"
    SHUTDOWN_REQUESTED = "SHUTDOWN_REQUESTED"
    CERT_RELOAD = "CERT_RELOAD"
    ALL = "ALL"


class HangupCause(_Coded):
    """Why a call ended: Hangup-Cause. `code` is its number (Q.850, and FreeSWITCH's own beyond it)."""

    NONE = "NONE", 0
    UNALLOCATED_NUMBER = "UNALLOCATED_NUMBER", 1
    NO_ROUTE_TRANSIT_NET = "NO_ROUTE_TRANSIT_NET", 2
    NO_ROUTE_DESTINATION = "NO_ROUTE_DESTINATION", 3
    CHANNEL_UNACCEPTABLE = "CHANNEL_UNACCEPTABLE", 6
    CALL_AWARDED_DELIVERED = "CALL_AWARDED_DELIVERED", 7
    NORMAL_CLEARING = "NORMAL_CLEARING", 16
    USER_BUSY = "USER_BUSY", 17
    NO_USER_RESPONSE = "NO_USER_RESPONSE", 18
    NO_ANSWER = "NO_ANSWER", 19
    SUBSCRIBER_ABSENT = "SUBSCRIBER_ABSENT", 20
    CALL_REJECTED = "CALL_REJECTED", 21
    NUMBER_CHANGED = "NUMBER_CHANGED", 22
    REDIRECTION_TO_NEW_DESTINATION = "REDIRECTION_TO_NEW_DESTINATION", 23
    EXCHANGE_ROUTING_ERROR = "EXCHANGE_ROUTING_ERROR", 25
    DESTINATION_OUT_OF_ORDER = "DESTINATION_OUT_OF_ORDER", 27
    INVALID_NUMBER_FORMAT = "INVALID_NUMBER_FORMAT", 28
    FACILITY_REJECTED = "FACILITY_REJECTED", 29
    RESPONSE_TO_STATUS_ENQUIRY = "RESPONSE_TO_STATUS_ENQUIRY", 30
    NORMAL_UNSPECIFIED = "NORMAL_UNSPECIFIED", 31
    NORMAL_CIRCUIT_CONGESTION = "NORMAL_CIRCUIT_CONGESTION", 34
    NETWORK_OUT_OF_ORDER = "NETWORK_OUT_OF_ORDER", 38
    NORMAL_TEMPORARY_FAILURE = "NORMAL_TEMPORARY_FAILURE", 41
    SWITCH_CONGESTION = "SWITCH_CONGESTION", 42
    ACCESS_INFO_DISCARDED = "ACCESS_INFO_DISCARDED", 43
    REQUESTED_CHAN_UNAVAIL = "REQUESTED_CHAN_UNAVAIL", 44
    PRE_EMPTED = "PRE_EMPTED", 45
    FACILITY_NOT_SUBSCRIBED = "FACILITY_NOT_SUBSCRIBED", 50
    OUTGOING_CALL_BARRED = "OUTGOING_CALL_BARRED", 52
    INCOMING_CALL_BARRED = "INCOMING_CALL_BARRED", 54
    BEARERCAPABILITY_NOTAUTH = "BEARERCAPABILITY_NOTAUTH", 57
    BEARERCAPABILITY_NOTAVAIL = "BEARERCAPABILITY_NOTAVAIL", 58
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE", 63
    BEARERCAPABILITY_NOTIMPL = "BEARERCAPABILITY_NOTIMPL", 65
    CHAN_NOT_IMPLEMENTED = "CHAN_NOT_IMPLEMENTED", 66
    FACILITY_NOT_IMPLEMENTED = "FACILITY_NOT_IMPLEMENTED", 69
    SERVICE_NOT_IMPLEMENTED = "SERVICE_NOT_IMPLEMENTED", 79
    INVALID_CALL_REFERENCE = "INVALID_CALL_REFERENCE", 81
    INCOMPATIBLE_DESTINATION = "INCOMPATIBLE_DESTINATION", 88
    INVALID_MSG_UNSPECIFIED = "INVALID_MSG_UNSPECIFIED", 95
    MANDATORY_IE_MISSING = "MANDATORY_IE_MISSING", 96
    MESSAGE_TYPE_NONEXIST = "MESSAGE_TYPE_NONEXIST", 97
    WRONG_MESSAGE = "WRONG_MESSAGE", 98
    IE_NONEXIST = "IE_NONEXIST", 99
    INVALID_IE_CONTENTS = "INVALID_IE_CONTENTS", 100
    WRONG_CALL_STATE = "WRONG_CALL_STATE", 101
    RECOVERY_ON_TIMER_EXPIRE = "RECOVERY_ON_TIMER_EXPIRE", 102
    MANDATORY_IE_LENGTH_ERROR = "MANDATORY_IE_LENGTH_ERROR", 103
    PROTOCOL_ERROR = "PROTOCOL_ERROR", 111
    INTERWORKING = "INTERWORKING", 127
    SUCCESS = "SUCCESS", 142
    ORIGINATOR_CANCEL = "ORIGINATOR_CANCEL", 487
    CRASH = "CRASH", 700
    SYSTEM_SHUTDOWN = "SYSTEM_SHUTDOWN", 701
    LOSE_RACE = "LOSE_RACE", 702
    MANAGER_REQUEST = "MANAGER_REQUEST", 703
    BLIND_TRANSFER = "BLIND_TRANSFER", 800
    ATTENDED_TRANSFER = "ATTENDED_TRANSFER", 801
    ALLOTTED_TIMEOUT = "ALLOTTED_TIMEOUT", 802
    USER_CHALLENGE = "USER_CHALLENGE", 803
    MEDIA_TIMEOUT = "MEDIA_TIMEOUT", 804
    PICKED_OFF = "PICKED_OFF", 805
    USER_NOT_REGISTERED = "USER_NOT_REGISTERED", 806
    PROGRESS_TIMEOUT = "PROGRESS_TIMEOUT", 807
    INVALID_GATEWAY = "INVALID_GATEWAY", 808
    GATEWAY_DOWN = "GATEWAY_DOWN", 809
    INVALID_URL = "INVALID_URL", 810
    INVALID_PROFILE = "INVALID_PROFILE", 811
    NO_PICKUP = "NO_PICKUP", 812
    SRTP_READ_ERROR = "SRTP_READ_ERROR", 813
    BOWOUT = "BOWOUT", 814
    BUSY_EVERYWHERE = "BUSY_EVERYWHERE", 815
    DECLINE = "DECLINE", 816
    DOES_NOT_EXIST_ANYWHERE = "DOES_NOT_EXIST_ANYWHERE", 817
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE", 818
    UNWANTED = "UNWANTED", 819
    NO_IDENTITY = "NO_IDENTITY", 820
    BAD_IDENTITY_INFO = "BAD_IDENTITY_INFO", 821
    UNSUPPORTED_CERTIFICATE = "UNSUPPORTED_CERTIFICATE", 822
    INVALID_IDENTITY = "INVALID_IDENTITY", 823
    STALE_DATE = "STALE_DATE", 824
    REJECT_ALL = "REJECT_ALL", 825


class ChannelState(_Coded):
    """Where a channel is in its life: Channel-State. `code` is its Channel-State-Number."""

    NEW = "CS_NEW", 0
    INIT = "CS_INIT", 1
    ROUTING = "CS_ROUTING", 2
    SOFT_EXECUTE = "CS_SOFT_EXECUTE", 3
    EXECUTE = "CS_EXECUTE", 4
    EXCHANGE_MEDIA = "CS_EXCHANGE_MEDIA", 5
    PARK = "CS_PARK", 6
    CONSUME_MEDIA = "CS_CONSUME_MEDIA", 7
    HIBERNATE = "CS_HIBERNATE", 8
    RESET = "CS_RESET", 9
    HANGUP = "CS_HANGUP", 10
    REPORTING = "CS_REPORTING", 11
    DESTROY = "CS_DESTROY", 12
    NONE = "CS_NONE", 13


class CallState(StrEnum):
    """Where a call is in its life: Channel-Call-State."""

    DOWN = "DOWN"
    DIALING = "DIALING"
    RINGING = "RINGING"
    EARLY = "EARLY"
    ACTIVE = "ACTIVE"
    HELD = "HELD"
    RING_WAIT = "RING_WAIT"
    HANGUP = "HANGUP"
    UNHELD = "UNHELD"


class AnswerState(StrEnum):
    """Whether a call has been answered: Answer-State."""

    RINGING = "ringing"
    EARLY = "early"
    ANSWERED = "answered"
    HANGUP = "hangup"


class CallDirection(StrEnum):
    """Who called, seen from FreeSWITCH: Call-Direction."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Priority(StrEnum):
    """The priority of an event."""

    NORMAL = "NORMAL"
    LOW = "LOW"
    HIGH = "HIGH"


class LogLevel(_Coded):
    """How urgent a log line is: `code`, the lower the more urgent. DISABLE is a level of `log` only."""

    DISABLE = "DISABLE", -1
    CONSOLE = "CONSOLE", 0
    ALERT = "ALERT", 1
    CRIT = "CRIT", 2
    ERR = "ERR", 3
    WARNING = "WARNING", 4
    NOTICE = "NOTICE", 5
    INFO = "INFO", 6
    DEBUG = "DEBUG", 7
