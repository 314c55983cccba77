//! FreeSWITCH's event socket protocol without I/O.
#![cfg_attr(not(test), no_std)]

mod buffer;
mod command;
mod event;
mod frame;
mod message;
pub mod name;
mod scan;
mod text;

pub use buffer::RecvBuf;
pub use command::{
    Call, Command, CommandError, CommandErrorKind, EncodeError, EventNames, Events, Execute, Field, Filter, Pairs,
    ParseError, ParseErrorKind, Secret, SendEvent, SendMsg, Unicast, Words,
};
pub use event::{Event, EventError, EventErrorKind, GetAll, HeaderSlot, Headers, Indexed};
pub use frame::{
    DecodeError, DecodeErrorKind, Decoder, Frame, FrameHeaders, Header, Limits, Request, RequestHeaders, Step,
};
pub use message::{ApiResponse, DisconnectNotice, Disposition, LogLine, Message, Rejection, Reply, SocketMode, Status};
pub use text::{Bytes, Insufficient, Items, Value};
