//! The command line, and what it makes the program subscribe to.

use std::time::Duration;

use esl_proto::Subscription;
use esl_proto::command::Events;
use esl_proto::name::{EventName, Format};

use crate::common::{self, Login};

/// The events that say something about a call.
const CALL_EVENTS: &[EventName<'static>] = &[
    EventName::ChannelCreate,
    EventName::ChannelCallstate,
    EventName::ChannelProgress,
    EventName::ChannelProgressMedia,
    EventName::ChannelAnswer,
    EventName::ChannelExecute,
    EventName::ChannelBridge,
    EventName::ChannelUnbridge,
    EventName::ChannelHold,
    EventName::ChannelUnhold,
    EventName::ChannelPark,
    EventName::CallUpdate,
    EventName::Dtmf,
    EventName::ChannelHangup,
    EventName::ChannelHangupComplete,
    EventName::ChannelDestroy,
];

/// What the command line says.
pub(crate) struct Options {
    pub(crate) server: String,
    pub(crate) login: Login,
    pub(crate) json: bool,
    pub(crate) once_for: Option<Duration>,
}

impl Options {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let login = Login::with_password("ClueCon");
        let mut options = Self { server: "127.0.0.1:8021".into(), login, json: false, once_for: None };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--password" => options.login = Login::with_password(&arguments.next()?),
                "--user" => options.login = Login::of_user(&arguments.next()?)?,
                "--json" => options.json = true,
                "--once-for" => options.once_for = Some(common::seconds(&arguments.next()?)?),
                option if option.starts_with('-') => return None,
                server => {
                    let (_, port) = server.rsplit_once(':')?;
                    port.parse::<u16>().ok()?;
                    options.server = server.to_owned();
                }
            }
        }
        Some(options)
    }

    /// What every connection subscribes to. JSON has the exact values; plain is faster.
    pub(crate) fn subscription(&self) -> Subscription<'static> {
        let (format, events) = match self.json {
            true => (Format::Json, Events::from(&[EventName::All])),
            false => (Format::Plain, Events::from(CALL_EVENTS)),
        };
        Subscription { format: Some(format), events, ..Subscription::NONE }
    }
}
