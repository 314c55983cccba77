//! What the events of a channel say of it: FreeSWITCH's headers, in its order.

use std::time::Duration;

use super::Call;
use crate::base::event::Event;

/// The events that leave the channel's variables out.
const WITHOUT_VARIABLES: [&str; 5] =
    ["CHANNEL_STATE", "CHANNEL_CALLSTATE", "CHANNEL_OUTGOING", "CHANNEL_APPLICATION", "DTMF"];
/// Every channel's codec, its rate and its bit rate.
pub(crate) const CODEC: (&str, &str, &str) = ("PCMU", "8000", "64000");

/// A time as the events have it: in microseconds, and 0 if it has not come.
fn micros(time: Option<Duration>) -> String {
    time.unwrap_or_default().as_micros().to_string()
}

impl Call {
    /// Adds what an event of this name says of the channel.
    pub(crate) fn describe(&self, name: &str, event: &mut Event) {
        self.describe_briefly(event);
        if !WITHOUT_VARIABLES.contains(&name) {
            for (name, value) in self.variables.lock().iter() {
                event.add_value(format!("variable_{name}"), value.clone());
            }
        }
    }

    /// The same without its variables.
    pub(crate) fn describe_briefly(&self, event: &mut Event) {
        let (state, number) = self.state.get();
        let answer_state = match (self.cause(), self.answered.get(), self.early.get()) {
            (Some(_), ..) => "hangup",
            (None, Some(_), _) => "answered",
            (None, None, Some(_)) => "early",
            (None, None, None) => "ringing",
        };
        event
            .add("Channel-State", state)
            .add("Channel-Call-State", self.call_state.get().0)
            .add("Channel-State-Number", number.to_string())
            .add("Channel-Name", &self.setup.name)
            .add("Unique-ID", &self.uuid)
            .add("Call-Direction", self.direction())
            .add("Presence-Call-Direction", self.direction())
            .add("Channel-HIT-Dialplan", (self.setup.is_incoming || self.is_in_dialplan.get()).to_string())
            .add("Channel-Call-UUID", self.variable("call_uuid").map_or_else(Vec::new, |uuid| uuid.text()))
            .add("Answer-State", answer_state);
        if let Some(cause) = self.cause() {
            event.add("Hangup-Cause", cause.as_bytes());
        }
        for way in ["Read", "Write"] {
            event
                .add(format!("Channel-{way}-Codec-Name"), CODEC.0)
                .add(format!("Channel-{way}-Codec-Rate"), CODEC.1)
                .add(format!("Channel-{way}-Codec-Bit-Rate"), CODEC.2);
        }
        self.profile("Caller", event);
        if let Some((other, role)) = self.other_leg_as() {
            event.add("Other-Type", role);
            other.profile("Other-Leg", event);
        }
    }

    /// Who is called.
    fn callee(&self) -> (&str, &str) {
        ("Outbound Call", &self.setup.destination)
    }

    /// Who is at the other end of the line: the name and the number.
    pub(crate) fn party(&self) -> (&str, &str) {
        if self.setup.is_incoming { (&self.setup.caller_name, &self.setup.caller_number) } else { self.callee() }
    }

    /// Who calls whom, and when what happened.
    fn profile(&self, prefix: &str, event: &mut Event) {
        let created = micros(Some(self.created));
        let is_incoming = self.setup.is_incoming;
        // What the other leg says of this one is what it was when they met.
        let is_own = prefix == "Caller";
        let source = self.transfers.lock().last().filter(|_| is_own).cloned().unwrap_or_default();
        let redirected =
            if is_own && self.is_redirected.get() { self.setup.destination.clone() } else { String::new() };
        let index = (self.transfers.lock().len() + 1).to_string();
        let (callee_name, callee_number) = if is_incoming { ("", "") } else { self.callee() };
        for (name, value) in [
            ("Direction", self.direction()),
            ("Logical-Direction", self.direction()),
            ("Dialplan", "xml"),
            ("Caller-ID-Name", &self.setup.caller_name),
            ("Caller-ID-Number", &self.setup.caller_number),
            ("Orig-Caller-ID-Name", &self.setup.caller_name),
            ("Orig-Caller-ID-Number", &self.setup.caller_number),
            ("Callee-ID-Name", callee_name),
            ("Callee-ID-Number", callee_number),
            ("ANI", &self.setup.caller_number),
            ("Destination-Number", &self.setup.destination),
            ("Unique-ID", &self.uuid),
            ("Source", if is_incoming { "mod_sofia" } else { "src/switch_ivr_originate.c" }),
            ("Transfer-Source", &source),
            ("Context", "default"),
            ("RDNIS", &redirected),
            ("Channel-Name", &self.setup.name),
            ("Profile-Index", if is_own { &index } else { "" }),
            ("Profile-Created-Time", &created),
            ("Channel-Created-Time", &created),
            ("Channel-Answered-Time", &micros(self.answered.get())),
            ("Channel-Progress-Time", &micros(self.rang.get())),
            ("Channel-Progress-Media-Time", &micros(self.early.get())),
            ("Channel-Hangup-Time", &micros(self.ended.get())),
            ("Channel-Transfer-Time", "0"),
            ("Channel-Resurrect-Time", "0"),
            ("Channel-Bridged-Time", &micros(self.bridged.get())),
            ("Channel-Last-Hold", "0"),
            ("Channel-Hold-Accum", "0"),
            ("Screen-Bit", "true"),
            ("Privacy-Hide-Name", "false"),
            ("Privacy-Hide-Number", "false"),
        ] {
            event.add(format!("{prefix}-{name}"), value);
        }
    }

    /// Sets the variables that say how long the call was, when it is over.
    pub(crate) fn account(&self) {
        let set = |name: &str, value: &str| self.set_variable(name, value.as_bytes());
        if let Some(cause) = self.cause() {
            set("hangup_cause_q850", &cause.number().unwrap_or(16).to_string());
        }
        let ended = self.ended.get();
        let moments = [
            ("start", Some(self.created)),
            ("progress", self.rang.get()),
            ("answer", self.answered.get()),
            ("bridge", self.bridged.get()),
            ("end", ended),
        ];
        for (name, moment) in moments {
            if let Some(moment) = moment {
                set(&format!("{name}_stamp"), &self.switch.date(moment));
            }
            set(&format!("{name}_epoch"), &moment.unwrap_or_default().as_secs().to_string());
            set(&format!("{name}_uepoch"), &micros(moment));
        }
        let (application, argument) = self.application.lock().clone();
        set("last_app", &application);
        set("last_arg", &argument);
        let caller = format!("\"{}\" <{}>", self.setup.caller_name, self.setup.caller_number);
        set("caller_id", &caller);
        let ended = ended.unwrap_or_default();
        for (whole, milli, micro, began) in [
            ("duration", "mduration", "uduration", Some(self.created)),
            ("billsec", "billmsec", "billusec", self.answered.get()),
        ] {
            let span = began.map_or(Duration::ZERO, |began| ended.saturating_sub(began));
            // Whole seconds of the clock, from the one to the other.
            let seconds = began.map_or(0, |began| ended.as_secs().saturating_sub(began.as_secs()));
            set(whole, &seconds.to_string());
            set(milli, &span.as_millis().to_string());
            set(micro, &span.as_micros().to_string());
        }
    }
}
