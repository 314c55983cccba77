//! Subclasses of CUSTOM events, as the modules of FreeSWITCH name them: what a program subscribes to, and what
//! [`Event::subclass`](crate::Event::subclass) is compared with.

/// A phone has registered.
pub const SOFIA_REGISTER: &str = "sofia::register";
/// A phone is about to be registered.
pub const SOFIA_PRE_REGISTER: &str = "sofia::pre_register";
/// A phone tries to register; its first request may have no password.
pub const SOFIA_REGISTER_ATTEMPT: &str = "sofia::register_attempt";
/// A phone could not register.
pub const SOFIA_REGISTER_FAILURE: &str = "sofia::register_failure";
/// A phone has ended its registration.
pub const SOFIA_UNREGISTER: &str = "sofia::unregister";
/// A registration has expired.
pub const SOFIA_EXPIRE: &str = "sofia::expire";
/// A gateway is in another state.
pub const SOFIA_GATEWAY_STATE: &str = "sofia::gateway_state";
/// A gateway has been added.
pub const SOFIA_GATEWAY_ADD: &str = "sofia::gateway_add";
/// A gateway has been deleted.
pub const SOFIA_GATEWAY_DELETE: &str = "sofia::gateway_delete";
/// A gateway's challenge cannot be answered.
pub const SOFIA_GATEWAY_INVALID_DIGEST_REQ: &str = "sofia::gateway_invalid_digest_req";
/// A phone answers the server's pings, or does not any more.
pub const SOFIA_SIP_USER_STATE: &str = "sofia::sip_user_state";
/// The progress of a transfer.
pub const SOFIA_NOTIFY_REFER: &str = "sofia::notify_refer";
/// A message has a header that is watched for.
pub const SOFIA_NOTIFY_WATCHED_HEADER: &str = "sofia::notify_watched_header";
/// A peer changes a call's media.
pub const SOFIA_REINVITE: &str = "sofia::reinvite";
/// A call is recovered from another server.
pub const SOFIA_RECOVERY_RECV: &str = "sofia::recovery_recv";
/// A call is offered for recovery.
pub const SOFIA_RECOVERY_SEND: &str = "sofia::recovery_send";
/// A call has been recovered.
pub const SOFIA_RECOVERY_RECOVERED: &str = "sofia::recovery_recovered";
/// Something has failed in the SIP stack.
pub const SOFIA_ERROR: &str = "sofia::error";
/// A profile has started.
pub const SOFIA_PROFILE_START: &str = "sofia::profile_start";
/// A message does not fit the state of its call.
pub const SOFIA_WRONG_CALL_STATE: &str = "sofia::wrong_call_state";
/// The channel transfers a call.
pub const SOFIA_TRANSFEROR: &str = "sofia::transferor";
/// The channel is transferred.
pub const SOFIA_TRANSFEREE: &str = "sofia::transferee";
/// The channel is replaced by another.
pub const SOFIA_REPLACED: &str = "sofia::replaced";
/// The channel's call has been taken by another.
pub const SOFIA_INTERCEPTED: &str = "sofia::intercepted";
/// The answer to a BYE.
pub const SOFIA_BYE_RESPONSE: &str = "sofia::bye_response";
/// A loopback channel leaves a call: the channels on its two sides are joined without it, and its end is none of the call's.
pub const LOOPBACK_BOWOUT: &str = "loopback::bowout";
/// What happens in a conference.
pub const CONFERENCE_MAINTENANCE: &str = "conference::maintenance";
/// What has happened in a conference, at its end.
pub const CONFERENCE_CDR: &str = "conference::cdr";
/// What happens in a call centre.
pub const CALLCENTER_INFO: &str = "callcenter::info";
/// What happens in a queue.
pub const FIFO_INFO: &str = "fifo::info";
/// A call is parked or leaves its place.
pub const VALET_PARKING_INFO: &str = "valet_parking::info";
/// What happens in voice mail.
pub const VM_MAINTENANCE: &str = "vm::maintenance";
/// A fax has been sent, or not.
pub const SPANDSP_TXFAXRESULT: &str = "spandsp::txfaxresult";
/// A fax has been received, or not.
pub const SPANDSP_RXFAXRESULT: &str = "spandsp::rxfaxresult";
