//! States, directions, priorities and formats.

words!(closed
    /// How events are written.
    Format {
        Plain = "plain",
        Json = "json",
        Xml = "xml",
    }
);

impl Format {
    /// The Content-Type of events in this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Plain => "text/event-plain",
            Self::Json => "text/event-json",
            Self::Xml => "text/event-xml",
        }
    }
}

words!(open
    /// Where a channel is in its life: `Channel-State`.
    ChannelState {
        New = "CS_NEW",
        Init = "CS_INIT",
        Routing = "CS_ROUTING",
        SoftExecute = "CS_SOFT_EXECUTE",
        Execute = "CS_EXECUTE",
        ExchangeMedia = "CS_EXCHANGE_MEDIA",
        Park = "CS_PARK",
        ConsumeMedia = "CS_CONSUME_MEDIA",
        Hibernate = "CS_HIBERNATE",
        Reset = "CS_RESET",
        Hangup = "CS_HANGUP",
        Reporting = "CS_REPORTING",
        Destroy = "CS_DESTROY",
        None = "CS_NONE",
    }
);

impl ChannelState<'_> {
    /// The state of this `Channel-State-Number`, if it is in the list.
    #[must_use]
    pub fn from_number(number: usize) -> Option<Self> {
        Self::KNOWN.get(number).copied()
    }

    /// The `Channel-State-Number`; [`None`] for an unknown word.
    #[must_use]
    pub fn number(&self) -> Option<usize> {
        Self::KNOWN.iter().position(|state| state == self)
    }
}

words!(open
    /// Where a call is in its life: `Channel-Call-State`.
    CallState {
        Down = "DOWN",
        Dialing = "DIALING",
        Ringing = "RINGING",
        Early = "EARLY",
        Active = "ACTIVE",
        Held = "HELD",
        RingWait = "RING_WAIT",
        Hangup = "HANGUP",
        Unheld = "UNHELD",
    }
);

words!(open
    /// Whether a call has been answered: `Answer-State`.
    AnswerState {
        Ringing = "ringing",
        Early = "early",
        Answered = "answered",
        Hangup = "hangup",
    }
);

words!(open
    /// Who called, seen from FreeSWITCH: `Call-Direction`.
    CallDirection {
        Inbound = "inbound",
        Outbound = "outbound",
    }
);

words!(open
    /// The `priority` of an event.
    Priority {
        Normal = "NORMAL",
        Low = "LOW",
        High = "HIGH",
    }
);
