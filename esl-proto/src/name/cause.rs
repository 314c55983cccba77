//! Hangup causes.

use crate::text::decimal;

macro_rules! causes {
    ($($variant:ident = $word:literal $number:literal,)+) => {
        words!(open
            /// Why a call ended: `Hangup-Cause`, by name or number (Q.850 and FreeSWITCH's own beyond it). Bytes may say
            /// either, as they may to FreeSWITCH: `USER_BUSY` or `17`.
            HangupCause { $($variant = $word,)+ } or of_digits
        );

        impl HangupCause<'_> {
            /// The cause of this number, if it is in the list.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The number of this cause; [`None`] for an unknown word.
            #[must_use]
            pub const fn number(&self) -> Option<u16> {
                match self {
                    $(Self::$variant => Some($number),)+
                    Self::Other(_) => None,
                }
            }
        }
    };
}

fn of_digits(octets: &[u8]) -> Option<HangupCause<'static>> {
    let number = decimal(octets.iter().copied())?;
    HangupCause::from_number(u16::try_from(number).ok()?)
}

causes! {
    None = "NONE" 0,
    UnallocatedNumber = "UNALLOCATED_NUMBER" 1,
    NoRouteTransitNet = "NO_ROUTE_TRANSIT_NET" 2,
    NoRouteDestination = "NO_ROUTE_DESTINATION" 3,
    ChannelUnacceptable = "CHANNEL_UNACCEPTABLE" 6,
    CallAwardedDelivered = "CALL_AWARDED_DELIVERED" 7,
    NormalClearing = "NORMAL_CLEARING" 16,
    UserBusy = "USER_BUSY" 17,
    NoUserResponse = "NO_USER_RESPONSE" 18,
    NoAnswer = "NO_ANSWER" 19,
    SubscriberAbsent = "SUBSCRIBER_ABSENT" 20,
    CallRejected = "CALL_REJECTED" 21,
    NumberChanged = "NUMBER_CHANGED" 22,
    RedirectionToNewDestination = "REDIRECTION_TO_NEW_DESTINATION" 23,
    ExchangeRoutingError = "EXCHANGE_ROUTING_ERROR" 25,
    DestinationOutOfOrder = "DESTINATION_OUT_OF_ORDER" 27,
    InvalidNumberFormat = "INVALID_NUMBER_FORMAT" 28,
    FacilityRejected = "FACILITY_REJECTED" 29,
    ResponseToStatusEnquiry = "RESPONSE_TO_STATUS_ENQUIRY" 30,
    NormalUnspecified = "NORMAL_UNSPECIFIED" 31,
    NormalCircuitCongestion = "NORMAL_CIRCUIT_CONGESTION" 34,
    NetworkOutOfOrder = "NETWORK_OUT_OF_ORDER" 38,
    NormalTemporaryFailure = "NORMAL_TEMPORARY_FAILURE" 41,
    SwitchCongestion = "SWITCH_CONGESTION" 42,
    AccessInfoDiscarded = "ACCESS_INFO_DISCARDED" 43,
    RequestedChanUnavail = "REQUESTED_CHAN_UNAVAIL" 44,
    PreEmpted = "PRE_EMPTED" 45,
    FacilityNotSubscribed = "FACILITY_NOT_SUBSCRIBED" 50,
    OutgoingCallBarred = "OUTGOING_CALL_BARRED" 52,
    IncomingCallBarred = "INCOMING_CALL_BARRED" 54,
    BearercapabilityNotauth = "BEARERCAPABILITY_NOTAUTH" 57,
    BearercapabilityNotavail = "BEARERCAPABILITY_NOTAVAIL" 58,
    ServiceUnavailable = "SERVICE_UNAVAILABLE" 63,
    BearercapabilityNotimpl = "BEARERCAPABILITY_NOTIMPL" 65,
    ChanNotImplemented = "CHAN_NOT_IMPLEMENTED" 66,
    FacilityNotImplemented = "FACILITY_NOT_IMPLEMENTED" 69,
    ServiceNotImplemented = "SERVICE_NOT_IMPLEMENTED" 79,
    InvalidCallReference = "INVALID_CALL_REFERENCE" 81,
    IncompatibleDestination = "INCOMPATIBLE_DESTINATION" 88,
    InvalidMsgUnspecified = "INVALID_MSG_UNSPECIFIED" 95,
    MandatoryIeMissing = "MANDATORY_IE_MISSING" 96,
    MessageTypeNonexist = "MESSAGE_TYPE_NONEXIST" 97,
    WrongMessage = "WRONG_MESSAGE" 98,
    IeNonexist = "IE_NONEXIST" 99,
    InvalidIeContents = "INVALID_IE_CONTENTS" 100,
    WrongCallState = "WRONG_CALL_STATE" 101,
    RecoveryOnTimerExpire = "RECOVERY_ON_TIMER_EXPIRE" 102,
    MandatoryIeLengthError = "MANDATORY_IE_LENGTH_ERROR" 103,
    ProtocolError = "PROTOCOL_ERROR" 111,
    Interworking = "INTERWORKING" 127,
    Success = "SUCCESS" 142,
    OriginatorCancel = "ORIGINATOR_CANCEL" 487,
    Crash = "CRASH" 700,
    SystemShutdown = "SYSTEM_SHUTDOWN" 701,
    LoseRace = "LOSE_RACE" 702,
    ManagerRequest = "MANAGER_REQUEST" 703,
    BlindTransfer = "BLIND_TRANSFER" 800,
    AttendedTransfer = "ATTENDED_TRANSFER" 801,
    AllottedTimeout = "ALLOTTED_TIMEOUT" 802,
    UserChallenge = "USER_CHALLENGE" 803,
    MediaTimeout = "MEDIA_TIMEOUT" 804,
    PickedOff = "PICKED_OFF" 805,
    UserNotRegistered = "USER_NOT_REGISTERED" 806,
    ProgressTimeout = "PROGRESS_TIMEOUT" 807,
    InvalidGateway = "INVALID_GATEWAY" 808,
    GatewayDown = "GATEWAY_DOWN" 809,
    InvalidUrl = "INVALID_URL" 810,
    InvalidProfile = "INVALID_PROFILE" 811,
    NoPickup = "NO_PICKUP" 812,
    SrtpReadError = "SRTP_READ_ERROR" 813,
    Bowout = "BOWOUT" 814,
    BusyEverywhere = "BUSY_EVERYWHERE" 815,
    Decline = "DECLINE" 816,
    DoesNotExistAnywhere = "DOES_NOT_EXIST_ANYWHERE" 817,
    NotAcceptable = "NOT_ACCEPTABLE" 818,
    Unwanted = "UNWANTED" 819,
    NoIdentity = "NO_IDENTITY" 820,
    BadIdentityInfo = "BAD_IDENTITY_INFO" 821,
    UnsupportedCertificate = "UNSUPPORTED_CERTIFICATE" 822,
    InvalidIdentity = "INVALID_IDENTITY" 823,
    StaleDate = "STALE_DATE" 824,
    RejectAll = "REJECT_ALL" 825,
}
