//! Calls every public function of esl-proto on octets that the optimiser cannot know.
//!
//! A panic would call a function that nobody defines: linking fails if the optimiser could not prove that none is
//! left. Formatting counts too; only `{:?}` of a `str` is avoided here, whose code in `core` has panic paths of its own.
#![no_std]

use core::error::Error;
use core::fmt::{self, Debug, Write};
use core::hash::{Hash, Hasher};
use core::hint::black_box;
use core::panic::PanicInfo;
use core::str::FromStr;

use esl_proto::calls::{CallSlot, Calls, Change};
use esl_proto::client::{Answer, EventSequence, Follow, Linger, PendingSlot, PendingTable, Poll, Tag};
use esl_proto::command::app::{
    App, Conference, Dtmf, Ending, Outcome, PlayAndGetDigits, Read, Record, Say, Socket, Text, Transfer, TransferLeg,
};
use esl_proto::command::{
    CallCommand, ChannelApi, EventNames, Events, Execute, Filter, PairSource, Pairs, Secret, SendEvent, SendMsg,
    Unicast, Words,
};
use esl_proto::dial::{
    Bridge, Destination, DialHandle, DialHandles, DialString, Endpoint, FlatLeg, Hook, Inline, Join, Leg, LegList,
    LegSource, Originate, ReadVariables, Task, Variables,
};
use esl_proto::event::{Content, EncodeOptions, EventSource, Field, HeaderSlot, Invalid, OutgoingEvent, Rows};
use esl_proto::frame::{Lines, Request, Step};
use esl_proto::message::{Status, Variable};
use esl_proto::name::{
    AnswerState, CallDirection, CallState, ChannelName, ChannelState, EventName, Format, HangupCause, LogLevel,
    Priority,
};
use esl_proto::server::{self, Admission, Control, Goodbye, HostRequest, LogData, Rights, Server, ServerLimits};
use esl_proto::text::Percent;
use esl_proto::{
    Client, Command, Connection, Decoder, Event, Frame, Incoming, Limits, Message, RecvBuf, Subscription, Value, raw,
};

unsafe extern "C" {
    /// Defined nowhere.
    fn a_panic_path_is_left() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: never runs: a program that contains this call does not link.
    unsafe { a_panic_path_is_left() }
}

/// Lists in a shape of the host's.
struct Host<'o>(&'o [u8]);

impl PairSource for Host<'_> {
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        (place < 2).then_some((self.0, self.0))
    }
}

impl LegSource for Host<'_> {
    fn leg(&self, place: usize) -> Option<FlatLeg<'_>> {
        let join = [Join::And, Join::Or, Join::Enterprise].get(place)?;
        Some(FlatLeg { join: *join, handle_variables: Variables::NONE, leg: Leg::new(self.0) })
    }
}

/// Counts what is shown to it, so that no call is optimised away.
struct Sum(usize);

impl Write for Sum {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.wrapping_add(black_box(text).len());
        Ok(())
    }
}

impl Hasher for Sum {
    fn write(&mut self, octets: &[u8]) {
        self.0 = octets.iter().fold(self.0, |sum, octet| sum.rotate_left(5) ^ usize::from(*octet));
    }

    fn finish(&self) -> u64 {
        self.0 as u64
    }
}

impl Sum {
    /// An error, and what is behind it.
    fn error(&mut self, error: &dyn Error) {
        self.show(format_args!("{error}"));
        if let Some(source) = error.source() {
            self.show(format_args!("{source}"));
        }
    }

    fn add<T: Debug>(&mut self, result: T) {
        self.show(format_args!("{:?}", black_box(result)));
    }

    fn show(&mut self, text: fmt::Arguments<'_>) {
        if self.write_fmt(text).is_err() {
            self.0 = 0;
        }
    }

    fn value(&mut self, value: Value<'_>) {
        let mut storage = [0; 64];
        self.show(format_args!("{value}"));
        self.add(value.raw());
        self.add(value.as_plain());
        self.show(format_args!("{}", value.as_str().unwrap_or_default()));
        self.add(value.decoded_len());
        self.add(value.decode_into(&mut storage).map(<[u8]>::len));
        self.add(value.bytes().count());
        self.add(value.is_array());
        for item in value.items() {
            self.add(item.decoded_len());
        }
        self.add(value.to_u64());
        self.add(value.to_i64());
        let (raw, coding, limit) = value.parts();
        self.add(Value::from_parts(raw, coding, limit) == Some(value));
        self.add(value == Value::from_bytes(b"x"));
        self.add(value == *"x" && "x" == value && b"x" == value && value == b"x" && *b"x" == value);
        self.add(value.cmp(&Value::from("x")));
        let mut hasher = Sum(0);
        value.hash(&mut hasher);
        self.add(hasher.finish());
        self.add((u64::try_from(value), i64::try_from(value)));
        self.add((EventName::try_from(value), HangupCause::try_from(value), ChannelState::try_from(value)));
        self.add((CallState::try_from(value), AnswerState::try_from(value), CallDirection::try_from(value)));
        self.add((Priority::try_from(value), Format::try_from(value)));
        let text = value.as_str().unwrap_or_default();
        self.add((EventName::from_str(text), HangupCause::from_str(text), ChannelState::from_str(text)));
        self.add((CallState::from_str(text), AnswerState::from_str(text), CallDirection::from_str(text)));
        self.add((Priority::from_str(text), Format::from_str(text), LogLevel::from_str(text)));
        self.add(value.eq_ignore_ascii_case("x"));
        self.show(format_args!("{}", EventName::from_bytes(value.raw())));
        self.add(HangupCause::from_bytes(value.raw()).number());
        self.add(ChannelState::from_bytes(value.raw()).number());
        self.add(CallState::from_bytes(value.raw()).as_bytes());
        self.show(format_args!("{}", AnswerState::from_bytes(value.raw()).as_str().unwrap_or_default()));
        self.add(CallDirection::from_bytes(value.raw()));
        self.add(Priority::from_bytes(value.raw()));
        self.show(format_args!("{}", Format::from_bytes(value.raw()).map_or("", Format::content_type)));
        if let Some(level) = LogLevel::from_bytes(value.raw()) {
            self.show(format_args!("{level} {}", level.name().unwrap_or_default()));
        }
        self.add(LogLevel::try_from(value));
        self.add(value.to_u64().map(|number| HangupCause::from_number(number as u16)));
        self.add(value.to_u64().map(|number| ChannelState::from_number(number as usize)));
        self.add(Status::of(value.raw()));
    }

    fn maybe(&mut self, value: Option<Value<'_>>) {
        if let Some(value) = value {
            self.value(value);
        }
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        self.add((*frame, frame.head(), frame.body(), frame.content_type(), frame.is_crlf()));
        self.add(Frame::from_parts(frame.head(), frame.body(), frame.content_type(), frame.flags()) == *frame);
        self.add((frame.kind(), frame.is_cut(), frame.into_iter().count()));
        for header in frame.headers() {
            self.value(header.name);
            self.value(header.value);
            self.add(header.is("x"));
        }
        self.maybe(frame.get("Reply-Text"));
        self.maybe(frame.get_to_end("Reply-Text"));
    }

    fn lines(&mut self, lines: &Lines<'_>) {
        self.add((lines, lines.goes_on(), lines.is_event()));
        self.add(Lines::from_parts(lines.as_bytes(), lines.goes_on(), lines.is_event()) == *lines);
        for part in lines {
            self.add((part, part.after_line_end, part.is_complete));
            self.maybe(part.name);
            self.value(part.value);
        }
    }

    fn variable(&mut self, variable: Variable<'_>) {
        self.add(variable);
        if let Variable::Set(value) | Variable::Cut(value) = variable {
            self.value(value);
        }
    }

    fn event(&mut self, event: Event<'_>) {
        self.add(event.as_json().map(str::len));
        self.transcoding(&event, &mut [0; 512]);
        self.add((event, event.format(), event.text()));
        self.add(event.with_crlf(!event.is_crlf()).body());
        let mut headers = event.headers();
        self.add(&headers);
        for header in headers.by_ref() {
            self.value(header.name);
            self.value(header.value);
        }
        if let Some(error) = headers.error() {
            self.show(format_args!("{} {error}", error.code()));
        }
        self.maybe(headers.into_body());
        self.maybe(event.get("x"));
        self.add(event.into_iter().count());
        self.add(event.get_all("x").count());
        self.add(event.name().map(|name| name.as_bytes()));
        self.maybe(event.subclass());
        self.maybe(event.body());
        self.add(event.validate());
        let mut slots = [HeaderSlot::EMPTY; 4];
        let indexed = event.index(&mut slots);
        self.add(indexed.event());
        self.add(&indexed);
        let mut headers = indexed.headers();
        self.add(headers.by_ref().count());
        self.add(headers.error());
        self.maybe(indexed.get("x"));
        self.add((&indexed).into_iter().count());
        self.add(indexed.get_all("x").count());
        self.add(indexed.name());
        self.maybe(indexed.body());
        self.add(indexed.validate());
    }

    fn message(&mut self, frame: Frame<'_>) {
        self.frame(&frame);
        let message = Message::from(frame);
        self.add(message);
        match raw::Message::from(message) {
            raw::Message::AuthRequest(frame) | raw::Message::Other(frame) => self.frame(&frame),
            raw::Message::Reply(reply) => {
                self.frame(reply.frame());
                self.add(reply.headers().count());
                self.add((reply.is_connect(), reply.status(), reply.detail(), reply.socket_mode()));
                self.add((reply.has_full_control(), reply.allowed_log(), reply.is_no_such_channel()));
                self.value(reply.text());
                self.value(reply.text_to_end());
                self.variable(reply.variable());
                for value in [reply.job_uuid(), reply.allowed_events(), reply.allowed_api()] {
                    self.maybe(value);
                }
                if let Some(event) = reply.channel_data() {
                    self.event(event);
                }
            }
            raw::Message::ApiResponse(answer) => {
                self.frame(answer.frame());
                self.add((answer.body(), answer.status(), answer.detail()));
                self.add((answer.exists(), answer.is_no_such_channel()));
                self.variable(answer.variable());
            }
            raw::Message::Event(event) => self.event(event),
            raw::Message::Log(line) => {
                self.frame(line.frame());
                self.add((line.text(), line.level(), line.line(), line.text_channel()));
                for value in [line.file(), line.function(), line.channel_uuid()] {
                    self.maybe(value);
                }
            }
            raw::Message::Disconnect(notice) => {
                self.frame(notice.frame());
                self.add((notice.disposition(), notice.linger_seconds(), notice.text()));
                self.maybe(notice.session_uuid());
                self.maybe(notice.channel_name());
            }
            raw::Message::Rejection(rejection) => {
                self.frame(rejection.frame());
                self.add(rejection.text());
            }
        }
    }

    fn command(&mut self, command: Command<'_>) {
        let mut storage = [0; 1024];
        let uuid = command.body().unwrap_or_default();
        let name = uuid;
        for api in [
            ChannelApi::Exists { uuid },
            ChannelApi::Dump { uuid },
            ChannelApi::GetVar { uuid, name },
            ChannelApi::Bridge { uuid, other: name },
            ChannelApi::Break { uuid, all: true },
        ] {
            self.add(api.encode(&mut storage).map(<[u8]>::len));
            self.add(api);
        }
        self.add(command.body());
        self.add((command, command.encoded_len()));
        match command.encode(&mut storage) {
            Ok(written) => self.requests(written),
            Err(error) => {
                self.add(error.code());
                self.error(&error);
            }
        }
    }

    fn commands(&mut self, octets: &[u8]) {
        let names = [EventName::from_bytes(octets), EventName::Custom];
        let words: [&[u8]; 1] = [octets];
        let pairs: [(&[u8], &[u8]); 1] = [(octets, octets)];
        let events = Events::new(&names, Words::from(&words[..]));
        self.add((events.names.iter().count(), events.has_custom(), events == Events::from(&names)));
        let line = Events::from_line(octets);
        let (names_line, words_line) = (line.names.as_line(), line.subclasses.as_line());
        self.add(EventNames::from_line(names_line.unwrap_or(octets)).iter().count());
        self.add(Words::from_line(words_line.unwrap_or(octets)) == line.subclasses);
        let host = Host(octets);
        self.command(SendEvent::new(EventName::Custom, Pairs::from_source(&host)).into());
        let slice = &pairs[..];
        for pairs in [Pairs::from_source(&pairs), Pairs::from_source(&slice), Pairs::from(&pairs)] {
            self.add((pairs.iter(), pairs.iter().size_hint()));
            self.command(Command::sendevent(EventName::Custom, pairs));
        }
        self.add((Words::from(&words).iter(), Words::from_texts(&["a"]).into_iter().count()));
        self.add((EventNames::from_names(&names).iter(), EventNames::from_line(octets).into_iter().size_hint()));
        let execute = Execute::new(octets, octets).loops(octets.len() as i32).event_uuid(octets);
        let execute = execute.event_uuid_name(octets).hold_bleg();
        let unicast = Unicast::new().local_ip(octets).local_port(octets.len() as u16).remote_ip(octets);
        let unicast = unicast.remote_port(octets.len() as u16).transport(octets).flags(octets);
        let calls = [
            execute.into(),
            CallCommand::hangup(HangupCause::from_bytes(octets)),
            CallCommand::unicast(unicast),
            CallCommand::execute(octets, octets),
            Execute::from_bytes(octets, octets).into(),
            CallCommand::nomedia(octets),
            CallCommand::xferext(&pairs[..]),
            CallCommand::other(octets),
        ];
        for call in calls {
            let message = SendMsg::new(call).to(octets).event_lock().event_lock_pri().run_async();
            self.command(message.lead_frames(octets.len() as u32).into());
        }
        for command in [
            Command::Auth { password: Secret::new(octets) },
            Command::Auth { password: Secret::from_bytes(octets) },
            Command::auth(octets),
            Command::api_console(octets),
            Command::noevents(),
            Command::divert_events(octets.is_empty()),
            Command::filter(Filter::delete_all()),
            Command::sendmsg(execute),
            SendMsg::from_call(CallCommand::hangup(None)).into(),
            Command::log(LogLevel::new(octets.len() as i8)),
            Command::nolog(),
            Command::linger(octets.len() as u32),
            Command::nolinger(),
            Command::connect(),
            Command::resume(),
            Command::exit(),
            Command::userauth(octets, octets, octets),
            Command::api(octets),
            Command::bgapi(octets),
            Command::bgapi_named(octets, octets),
            Command::event(Format::from_bytes(octets), events),
            Command::nixevent(events),
            Command::myevents(Format::from_bytes(octets)),
            Command::myevents_of(octets),
            Command::getvar(octets),
            Command::Log { level: LogLevel::new(octets.len() as i8) },
            Command::Linger { seconds: Some(octets.len() as u32) },
            Filter::add(octets, octets).into(),
            Filter::delete(octets).into(),
            Filter::delete_value(octets, octets).into(),
            SendEvent::new(EventName::from_bytes(octets), Pairs::from(&pairs[..])).body(octets).into(),
            Command::Exit,
        ] {
            self.command(command);
        }
    }

    fn requests(&mut self, octets: &[u8]) {
        let mut decoder = Decoder::for_requests(Limits::default());
        if let Ok(Step::Frame { frame, .. }) = decoder.decode(octets) {
            let request = Request::from(frame);
            self.add((request.line(), request.body(), request.get("x"), request.headers().count()));
            self.add((request.head(), Pairs::headers(request), Pairs::applications(request)));
            match Command::parse(&request) {
                Ok(command) => {
                    self.add(command.encoded_len());
                    self.add(command == Command::Exit);
                }
                Err(error) => self.show(format_args!("{} {error}", error.code())),
            }
        }
    }

    fn stream(&mut self, octets: &[u8], limits: Limits) {
        let mut decoder = Decoder::new(limits);
        let mut buffer = RecvBuf::new([0_u8; 256]);
        let mut rest = octets;
        for _ in 0..octets.len() {
            let step = match decoder.decode(buffer.filled()) {
                Ok(step) => step,
                Err(error) => return self.show(format_args!("{} {error}", error.code())),
            };
            match step {
                Step::Frame { frame, .. } => self.message(frame),
                Step::Head { head, body_len, .. } => {
                    self.frame(&head);
                    self.add(body_len);
                }
                Step::HeadPart { lines, kind, end, .. } => {
                    self.lines(&lines);
                    self.add((kind, end));
                }
                Step::Body { data, lines, remaining, .. } => {
                    self.add((data, remaining));
                    if let Some(lines) = lines {
                        self.lines(&lines);
                    }
                }
                Step::NeedData { required, .. } => self.add(required),
            }
            buffer.consume(step.consumed());
            let spare = buffer.spare_mut();
            let count = spare.len().min(rest.len());
            for (to, from) in spare.iter_mut().zip(rest) {
                *to = *from;
            }
            rest = rest.get(count..).unwrap_or_default();
            buffer.commit(count);
        }
        self.add((decoder.incomplete(buffer.filled()), decoder.position(), decoder.is_streaming()));
        self.add(&decoder);
        self.add(buffer.capacity());
        buffer.grow(|storage| storage.rotate_left(1));
        self.add(buffer.into_storage());
    }
}

impl Sum {
    fn client(&mut self, mut client: Client, octets: &[u8]) {
        let mut storage = [0; 256];
        let mut sequence = EventSequence::new();
        let mut jobs = PendingTable::new([PendingSlot::EMPTY; 4]);
        let subscription = Subscription {
            format: Format::from_bytes(octets),
            filters: Pairs::from(&[("a", "b")]),
            log: LogLevel::from_bytes(octets),
            channel: Follow::Uuid(octets),
            linger: Some(Linger::Seconds(octets.len() as u32)),
            ..Subscription::NONE
        };
        self.add((subscription, &client));
        let wanted = [Command::auth(octets), Command::Connect, Command::api(octets), Command::Exit];
        let commands = wanted.into_iter().chain(subscription.commands()).chain(subscription.reset_commands());
        for command in commands {
            match client.send(&command, &mut storage) {
                Ok(sent) => {
                    let tag = Tag::new(octets.len() as u64, sent.id.number());
                    self.show(format_args!("{tag} {tag:?}"));
                    self.add(Tag::number_in(Value::from_bytes(octets), 1));
                    self.add(jobs.insert(sent.id.number(), sent.len));
                }
                Err(error) => {
                    self.add(error.code());
                    self.error(&error);
                }
            }
        }
        self.add((client.track(&Command::Exit), client.track_external()));
        self.connection(client.clone(), octets);
        let mut rest = octets;
        for _ in 0..octets.len() {
            match client.ready(rest) {
                Ok(ready) => self.add((ready, ready.is_ready(), ready.consumed())),
                Err(error) => self.show(format_args!("{error}")),
            }
            let poll = match client.poll(rest) {
                Ok(poll) => poll,
                Err(error) => {
                    self.error(&error);
                    break;
                }
            };
            self.add(poll);
            if let Poll::Incoming { incoming, .. } = poll {
                match incoming {
                    Incoming::Answer { id, answer } => {
                        self.add((jobs.take(id.number()), answer.status(), answer.text()));
                        self.add(matches!(answer, Answer::Api(_)));
                        self.variable(answer.variable());
                    }
                    Incoming::Event(event) => {
                        sequence.note(&event);
                        self.maybe(event.job_uuid());
                        self.maybe(event.application_uuid());
                    }
                    Incoming::Goodbye { end, unanswered, .. } => {
                        self.error(&end);
                        self.add((unanswered.len(), unanswered.ids().next_back(), unanswered.into_iter().size_hint()));
                        self.add((unanswered.ids().count(), unanswered.is_empty(), unanswered.end()));
                    }
                    _ => {}
                }
            }
            rest = rest.get(poll.consumed()..).unwrap_or_default();
        }
        self.add((jobs.len(), jobs.is_empty(), jobs.drain().count(), sequence.highest(), sequence.missing()));
        self.add((client.is_open(), client.end(), client.is_lingering(), client.has_full_control()));
        let saved = client.save();
        self.add(saved.and_then(|saved| Client::resume(&saved, Limits::DEFAULT)).map(|client| client.is_open()));
        self.add((client.in_flight(), client.stats(), client.eof(rest)));
    }
}

impl Sum {
    fn connection(&mut self, client: Client, octets: &[u8]) {
        let mut connection = Connection::new(client, [0; 256], [0; 512]);
        let mut rest = octets;
        for _ in 0..octets.len() {
            match connection.ready() {
                Ok(ready) => self.add(ready),
                Err(error) => self.show(format_args!("{error}")),
            }
            match connection.next() {
                Ok(poll) => self.add(poll),
                Err(error) => self.show(format_args!("{error}")),
            }
            self.add(connection.required());
            let spare = connection.spare_mut();
            let count = spare.len().min(rest.len());
            for (to, from) in spare.iter_mut().zip(rest) {
                *to = *from;
            }
            rest = rest.get(count..).unwrap_or_default();
            connection.commit(count);
            self.add(connection.send(&Command::api(octets)));
            self.add(connection.send_external(octets));
            self.add(connection.send_all([Command::api(octets), Command::Exit].into_iter()));
            self.add(connection.to_send());
            self.add(connection.split());
            connection.sent(octets.len() / 2);
        }
        connection.grow_input(|storage| storage.reverse());
        connection.grow_output(|storage| storage.reverse());
        self.add(connection.eof());
        self.add((connection.client().end(), connection.into_storage()));
    }

    fn dial(&mut self, octets: &[u8]) {
        let mut storage = [0; 512];
        let mut out = [0; 1024];
        let pairs = [(octets, octets)];
        let legs = [Leg::new(octets).variables(&pairs[..]), Leg::from(octets)];
        let lists = [LegList::from(&legs), LegList::from(octets)];
        let handles = [DialHandle::new(&lists).variables(&pairs[..])];
        let dial = DialString::new(&handles).variables(&pairs[..]);
        for destination in [Destination::extension(octets), Destination::application(octets, octets)] {
            let call = Originate::new(dial, destination).dialplan(octets).context(octets).cid_name(octets);
            let call = call.cid_num(octets).timeout_sec(octets.len() as u32);
            self.add((call, call.encoded_len()));
            match call.encode(&mut out) {
                Ok(line) => self.add(line),
                Err(error) => self.show(format_args!("{} {error}", error.code())),
            }
        }
        let host = Host(octets);
        let flat = DialString::new(DialHandles::from_legs(&host));
        match Bridge::new(flat).encode(&mut out) {
            Ok(argument) => self.add((argument, flat)),
            Err(error) => self.show(format_args!("{} {error}", error.code())),
        }
        match Bridge::new(octets).encode(&mut out) {
            Ok(argument) => self.add(argument),
            Err(error) => self.show(format_args!("{} {error}", error.code())),
        }
        for hook in [Hook::Originate, Hook::ToneDetect] {
            self.add((hook, hook.execute_name().len(), hook.api_name().len()));
            for task in [Task::new(octets, octets), App::set(octets, octets).into()] {
                self.add(task == task);
                self.add(hook.execute(task, &mut out).is_ok());
                self.add(hook.execute_async(task, &mut out).is_ok());
            }
            match hook.api(octets, &mut out) {
                Ok((_, value)) => self.add(value),
                Err(error) => self.show(format_args!("{} {error}", error.code())),
            }
        }
        match Inline::from_tasks(&[Task::new("set", octets), App::set(octets, octets).into()], &mut storage) {
            Ok(plan) => self.add(plan),
            Err(error) => self.show(format_args!("{} {error} {:?}", error.code(), error.required())),
        }
        match Inline::new(&[("set".as_bytes(), octets)]).encode(&mut out) {
            Ok(text) => self.add(Originate::inline(octets, text).encoded_len()),
            Err(error) => self.show(format_args!("{} {error}", error.code())),
        }
        match Inline::parse(octets, &mut storage) {
            Ok(plan) => self.add((plan, plan == plan, plan.into_iter().count())),
            Err(error) => self.show(format_args!("{} {error}", error.code())),
        }
        match Originate::parse(octets, &mut storage) {
            Ok(call) => self.add((call, call.encoded_len(), call == call)),
            Err(error) => self.show(format_args!("{} {error}", error.code())),
        }
        match Bridge::parse(octets, &mut storage) {
            Ok(call) => {
                for handle in call.dial.handles.iter() {
                    self.add(handle.variables.iter().count());
                    if let Some((text, mark)) = handle.variables.parts() {
                        self.add(Variables::from_parts(text, mark) == handle.variables);
                        self.add(ReadVariables::new(text, mark).count());
                    }
                    self.add(handle.variables.into_iter().count());
                    self.add(handle.leg_lists.into_iter().flatten().count());
                }
            }
            Err(error) => self.show(format_args!("{} {error}", error.code())),
        }
    }
}

impl Sum {
    /// What is known of calls in slots.
    fn calls(&mut self, octets: &[u8]) {
        let mut slots = [CallSlot::<[u8; 128]>::EMPTY; 4];
        let words = [octets];
        let mut calls = Calls::in_slots(&mut slots, Words::from_bytes(&words));
        for format in Format::KNOWN {
            let change = calls.take(&Event::new(*format, octets));
            self.add(change);
            if let Change::Ended(call) = change {
                self.add((call.created(), call.other_leg().is_some(), call.cause(), call.call_state()));
            }
        }
        if let Err(error) = calls.restore(octets, |call| self.add(call)) {
            self.show(format_args!("{} {error}", error.code()));
        }
        self.add(&calls);
        for call in calls.iter() {
            self.add((call.variable(octets).map(<[u8]>::len), call.is_cut(), call.name().len(), call.state()));
        }
        self.add((calls.get(octets).is_some(), calls.len(), calls.overlooked()));
    }

    /// Each application, with texts as they are and to be expanded.
    fn applications(&mut self, octets: &[u8]) {
        let pairs = [(octets, octets)];
        let (number, words) = (octets.len() as u32, [octets]);
        for text in [Text::from(octets), Text::expand(octets)] {
            let digits = PlayAndGetDigits::new(number, number, text, text).tries(number).timeout(number);
            let digits = digits.terminators(text).invalid_file(text).regexp(text).digit_timeout(number);
            let conference = Conference::new(text).profile(text).pin(text).flags(Words::from_bytes(&words));
            let apps = [
                App::Answer,
                App::playback(text),
                App::Playback { path: text, start_sample: Some(number) },
                App::GenTones { script: text, loops: Some(-1) },
                Say::new(text, text, text, text).gender(text).into(),
                App::speak(text, text, text),
                App::speak_text(text),
                App::phrase(text, text),
                Read::new(number, number, text, text).terminators(text).digit_timeout(number).into(),
                digits.transfer_on_failure(text).into(),
                Record::new(text).limit(number).silence(number, number).into(),
                App::record_session(text, number),
                App::stop_record_session(text),
                App::bridge(octets),
                App::att_xfer(octets),
                Transfer::new(text).leg(TransferLeg::Both).dialplan(text).context(text).into(),
                App::set(text, text),
                App::multiset(&pairs[..]),
                App::unset(text),
                App::Export { name: text, value: text, nolocal: true },
                App::push(text, text),
                App::unshift(text, text),
                App::sleep(number),
                App::send_dtmf(Dtmf::new(octets).duration(number)),
                App::queue_dtmf(octets),
                conference.into(),
                App::deflect(text),
                App::redirect(text),
                App::respond(text),
                App::hangup(HangupCause::from_bytes(octets)),
                App::sched_hangup(number, HangupCause::from_bytes(octets)),
                App::event(&pairs[..]),
                App::log(LogLevel::new(number as i8).unwrap_or(LogLevel::DEBUG), text),
                App::info(LogLevel::INFO),
                Socket::new(text).run_async().full().into(),
                App::eavesdrop(text),
                App::Intercept { uuid: text, bleg: true },
            ];
            let mut out = [0; 512];
            for app in &apps {
                self.add((app, Task::from(*app)));
                self.add((
                    app.name().len(),
                    app.ending() == Ending::Lasts,
                    app.needs_resume(),
                    app.encoded_len().is_ok(),
                ));
                match app.execute(&mut out) {
                    Ok(execute) => self.add(execute.event_uuid(octets)),
                    Err(error) => self.show(format_args!("{} {error} {:?}", error.code(), error.required())),
                }
            }
        }
        for format in [Format::Plain, Format::Json, Format::Xml] {
            let event = Event::new(format, octets);
            self.add(Outcome::of(&event));
            self.add(PlayAndGetDigits::new(1, 2, octets, octets).typed(&event));
            self.add(Read::new(1, 2, octets, octets).typed(&event));
            self.add(Status::split(octets));
        }
    }
}

/// # Safety
/// `octets` points to `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn use_all(octets: *const u8, len: usize) -> usize {
    // SAFETY: see above.
    let octets = black_box(unsafe { core::slice::from_raw_parts(octets, len) });
    let mut sum = Sum(0);
    sum.stream(octets, Limits::DEFAULT);
    sum.stream(octets, Limits::for_buffer(256));
    sum.message_of_each_format(octets);
    sum.calls(octets);
    sum.commands(octets);
    sum.dial(octets);
    sum.applications(octets);
    sum.client(Client::inbound(Limits::DEFAULT), octets);
    sum.client(Client::outbound(Limits::for_buffer(256)), octets);
    sum.requests(octets);
    sum.listener(Server::inbound(ServerLimits::DEFAULT, [0; 256]), octets);
    let control = Control { full: octets.len() > 1, is_async: octets.len() > 2 };
    match Server::outbound(ServerLimits::default(), [0; 256], octets, control) {
        Ok(server) => sum.listener(server.with_percent(Percent::Lossless), octets),
        Err(error) => sum.add(error),
    }
    sum.0
}

impl Sum {
    fn message_of_each_format(&mut self, octets: &[u8]) {
        for format in Format::KNOWN {
            self.event(Event::new(*format, octets));
        }
    }
}

impl Sum {
    fn listener(&mut self, mut server: Server<[u8; 256]>, octets: &[u8]) {
        let mut out = [0; 4096];
        let items = [octets, octets];
        let fields = [Field::new(octets, octets), Field::array(octets, &items)];
        let event = OutgoingEvent::new(&fields).with_body(octets);
        self.outgoing_event(&event, &mut out);
        let mut rest = octets;
        for _ in octets {
            match server.poll(rest, &mut out) {
                Ok(poll) => {
                    self.add(poll);
                    rest = rest.get(poll.consumed()..).unwrap_or_default();
                    self.add(poll.written());
                    if let server::Poll::HostRequest { request: ask, .. } = poll {
                        self.answers(&mut server, ask, octets, &event, &mut out);
                    }
                }
                Err(error) => self.add(error),
            }
            self.deliveries(&mut server, octets, &event, &mut out);
        }
        self.add(server.subscribe(octets));
        self.add(server.channel_ended(octets, &mut out));
        for goodbye in [Goodbye::Disconnected, Goodbye::ShutDown, Goodbye::LostEvents, Goodbye::LostLogLines] {
            self.show(format_args!("{}{}{:?}", goodbye.text(), goodbye.name(), Goodbye::from_name("")));
            self.add(server.clone().disconnect(goodbye, &mut out));
        }
        self.add(server.clone().reject(&mut out));
        self.add((
            server.is_awaiting_first_command(),
            server.is_mid_command(),
            server.closed(),
            server.is_authenticated(),
        ));
        self.add((server.format(), server.log_level(), server.linger(), server.is_lingering(), server.channel()));
        self.add((server.waiting_events(), server.waiting_log_lines()));
        self.add(server);
    }

    fn answers(
        &mut self,
        server: &mut Server<[u8; 256]>,
        ask: HostRequest<'_>,
        octets: &[u8],
        event: &OutgoingEvent<'_>,
        out: &mut [u8],
    ) {
        self.add(ask);
        let rights = Rights { allowed_events: Some(octets), allowed_api: Some(octets), allowed_log: octets.len() > 3 };
        for answer in [
            server::Response::Accept(rights),
            server::Response::Accept(Rights::ALL),
            server::Response::Output(octets),
            server::Response::Job(octets),
            server::Response::Ok,
            server::Response::Control(octets),
            server::Response::NoSuchChannel(octets),
            server::Response::Fired(octets),
            server::Response::Value(octets),
            server::Response::Channel(*event),
            server::Response::Reply(octets),
            server::Response::Refuse,
        ] {
            self.add(answer);
            match server.respond(answer, out) {
                Ok(written) => self.add(written),
                Err(error) => {
                    self.add((error, error.code()));
                    self.error(&error);
                }
            }
        }
    }

    fn deliveries(&mut self, server: &mut Server<[u8; 256]>, octets: &[u8], event: &OutgoingEvent<'_>, out: &mut [u8]) {
        for offer in [
            server.offer(event),
            server.offer_with(event, &|pattern, text| text == *pattern),
            server.offer_diverted(),
            server.delivered(server.coding()).map_or(Admission::Dropped, |()| Admission::Skip),
            server.offer_log(LogLevel::DEBUG),
        ] {
            self.add((offer, offer == Admission::Enqueue));
        }
        let level = LogLevel::from_bytes(octets).unwrap_or(LogLevel::INFO);
        let log = LogData {
            level,
            text_channel: 0,
            file: octets,
            function: octets,
            line: octets.len() as u32,
            user_data: octets,
            text: octets,
        };
        self.add((log, server.is_ready_for_events(), server.is_ready_for_log()));
        for result in [server.deliver(event, out), server.deliver_log(&log, out)] {
            match result {
                Ok(written) => self.add(written),
                Err(error) => {
                    self.add((error, error.code()));
                    self.error(&error);
                }
            }
        }
        server.skip();
    }

    fn transcoding(&mut self, event: &Event<'_>, out: &mut [u8]) {
        for format in Format::KNOWN {
            for options in [EncodeOptions::FREESWITCH, EncodeOptions::STRICT] {
                for invalid in [Invalid::Keep, Invalid::Refuse, Invalid::Replace, Invalid::Escape] {
                    self.add(event.encode(*format, options.invalid(invalid), out).is_ok());
                }
            }
        }
        self.add(event.find(["a", "b"]).map(|found| found.is_some()));
        self.add(Rows::new(event.text()).map(|row| row.is_ok_and(|row| row.validate().is_ok())).count());
        self.add(event.headers().map(|header| header.value.elements().count()).max());
        let name = ChannelName::from_bytes(event.text());
        self.add((name, name.loopback_side()));
        let text = event.text();
        for endpoint in [
            Endpoint::user(text).domain(text),
            Endpoint::group(text).domain(text),
            Endpoint::sofia(text, text),
            Endpoint::gateway(text, text),
            Endpoint::contact(text, text, text),
            Endpoint::loopback(text).context(text).dialplan(text),
            Endpoint::verto(text),
            Endpoint::error(HangupCause::from_bytes(text)),
            Endpoint::null(),
            Endpoint::pickup(text),
        ] {
            self.add(endpoint);
            self.add(endpoint.encode(out).is_ok());
        }
        self.add((event.hangup_cause().is_some(), event.variable("x").is_some(), event.variables().count()));
    }

    fn outgoing_event(&mut self, event: &OutgoingEvent<'_>, out: &mut [u8]) {
        self.add(event);
        self.add((event.name(), event.get("x")));
        self.add(event.get("y").is_some_and(|content| content == Content::Text(Value::from_bytes(b"z"))));
        for format in Format::KNOWN {
            for percent in [Percent::FreeSwitch, Percent::Lossless] {
                self.add((percent, event.encoded_len(*format, percent)));
                match event.encode(*format, percent, out) {
                    Ok(written) => self.add(written),
                    Err(error) => {
                        self.add((error, error.code()));
                        self.error(&error);
                    }
                }
            }
        }
    }
}
