//! What the listener asks, and what the switch says.

use std::sync::Arc;

use esl_proto::command::{CallCommand as Order, SendMsg};
use esl_proto::event::OutgoingEvent;
use esl_proto::frame::Request;
use esl_proto::name::EventName;
use esl_proto::server::{HostRequest, Response, Rights};

use super::api;
use crate::base::event::{Event, Value};
use crate::base::task::{Latch, LatchGuard};
use crate::config::User;
use crate::switch::{Connection, Switch, Task, known_cause};

/// A question, whose bytes need not stay in the connection's buffer.
pub(crate) enum Question {
    /// The answer is known.
    Said(Said),
    Api(String, Option<String>),
    /// A task for a channel, whose end is waited for.
    Wait(Arc<Latch>),
}

/// An answer with all that belongs to it.
pub(crate) enum Said {
    Refuse,
    Accept,
    AcceptUser(User),
    Output(Vec<u8>),
    Job(String),
    Ok,
    /// No place for another order.
    Full,
    NoSuchChannel(Vec<u8>),
    Control(String),
    Event(String),
    Value(Vec<u8>),
    Channel(Event),
}

impl Said {
    pub(crate) fn with<R>(&self, say: impl FnOnce(Response<'_>) -> R) -> R {
        let answer = match self {
            Self::Refuse => Response::Refuse,
            Self::Accept => Response::Accept(Rights::ALL),
            Self::AcceptUser(user) => {
                let [events, api] = [&user.events, &user.api].map(|list| list.as_deref().map(str::as_bytes));
                Response::Accept(Rights { allowed_events: events, allowed_api: api, allowed_log: user.log })
            }
            Self::Output(output) => Response::Output(output),
            Self::Job(job) => Response::Job(job.as_bytes()),
            Self::Ok => Response::Ok,
            Self::Full => Response::Reply(b"-ERR memory error"),
            Self::NoSuchChannel(uuid) => Response::NoSuchChannel(uuid),
            Self::Control(uuid) => Response::Control(uuid.as_bytes()),
            Self::Event(uuid) => Response::Fired(uuid.as_bytes()),
            Self::Value(value) => Response::Value(value),
            Self::Channel(event) => return event.view(|view: &OutgoingEvent<'_>| say(Response::Channel(*view))),
        };
        say(answer)
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

impl Question {
    pub(crate) fn of(ask: HostRequest<'_>, switch: &Arc<Switch>, connection: &Arc<Connection>) -> Self {
        let said = match ask {
            HostRequest::Password(password) if password.matches(&switch.config().password) => Said::Accept,
            HostRequest::User { user, domain, password } => {
                let right = |known: &&User| {
                    known.name.as_bytes() == user
                        && known.domain.as_bytes() == domain
                        && password.matches(&known.password)
                };
                switch.config().users.iter().find(right).cloned().map_or(Said::Refuse, Said::AcceptUser)
            }
            HostRequest::Api { command, argument, console, .. } => {
                let line = text(command);
                let (command, rest) = match line.split_once(' ') {
                    Some((command, rest)) if console => (command.to_owned(), Some(rest.to_owned())),
                    _ => (line, argument.map(text)),
                };
                return Self::Api(command, rest);
            }
            HostRequest::BgApi { command, argument, job, .. } => {
                let job = job.map_or_else(|| switch.uuid(), text);
                let owner = connection.controlled().map(|call| call.uuid.clone());
                api::begin(switch, &text(command), argument.map(text), &job, owner);
                Said::Job(job)
            }
            HostRequest::SendMsg { message, wait, .. } => return Self::order(&message, wait, switch, connection),
            HostRequest::SendEvent { name, request } => Said::Event(send_event(switch, name, &request)),
            HostRequest::Connect => {
                connection.has_connected.set(true);
                connection.connected.notify_waiters();
                connection.controlled().map_or(Said::Channel(Event::default()), |call| {
                    Said::Channel(call.event("CHANNEL_DATA", ("mod_event_socket.c", "parse_command", 2029)))
                })
            }
            HostRequest::GetVar(name) => Said::Value(
                connection.controlled().and_then(|call| call.value(&text(name))).map_or_else(Vec::new, |v| v.text()),
            ),
            HostRequest::MyEvents(uuid) => match switch.call(uuid) {
                Some(call) => {
                    connection.control(&call);
                    Said::Control(call.uuid.clone())
                }
                None => Said::NoSuchChannel(uuid.into()),
            },
            _ => Said::Refuse,
        };
        Self::Said(said)
    }

    /// `sendmsg`: an order for a channel.
    fn order(message: &SendMsg<'_>, wait: bool, switch: &Arc<Switch>, connection: &Arc<Connection>) -> Self {
        let call = match message.uuid {
            Some(uuid) => switch.call(uuid),
            None => connection.controlled(),
        };
        let Some(call) = call else {
            return Self::Said(Said::NoSuchChannel(message.uuid.unwrap_or_default().into()));
        };
        match message.call {
            // Without a name there is nothing to do.
            Order::Execute(execute) if !execute.app.is_empty() => {
                let (done, is_done) = LatchGuard::new();
                let ordered = call.order(Task {
                    app: text(execute.app),
                    arg: text(execute.arg),
                    loops: execute.loops.unwrap_or(1),
                    event_uuid: execute.event_uuid.map(text),
                    event_uuid_name: execute.event_uuid_name.map(text),
                    done: wait.then_some(done),
                });
                if !ordered {
                    return Self::Said(Said::Full);
                }
                if wait {
                    return Self::Wait(is_done);
                }
            }
            Order::Hangup { cause } => call.hangup(known_cause(cause)),
            _ => {}
        }
        Self::Said(Said::Ok)
    }

    pub(crate) async fn answer(self, switch: &Arc<Switch>) -> Said {
        match self {
            Self::Said(said) => said,
            Self::Api(command, argument) => {
                Said::Output(api::run(switch, &command, argument.as_deref().unwrap_or_default()).await)
            }
            Self::Wait(done) => {
                done.opened().await;
                Said::Ok
            }
        }
    }
}

/// Fires the event that a client has sent, and says its uuid.
fn send_event(switch: &Switch, name: EventName<'_>, request: &Request<'_>) -> String {
    let uuid = switch.uuid();
    let mut event = Event::default();
    let known = EventName::KNOWN.contains(&name);
    if name == EventName::Custom
        && let Some(subclass) = request.get("Event-Subclass")
    {
        event.add("Event-Subclass", subclass);
    }
    event.add("Command", request.line());
    for header in request.headers() {
        let (name, value) = (header.name.raw(), header.value.raw());
        if name.eq_ignore_ascii_case(b"Event-Subclass") && event.view(|view| view.get(name).is_some()) {
            continue;
        }
        let at = name.iter().position(|octet| *octet == b'[');
        let place = at.and_then(|at| text(&name[at + 1..]).trim_end_matches(']').parse().ok());
        match (at, place) {
            (Some(at), Some(place @ 0..=4000)) => event.set_item(&name[..at], place, value),
            (Some(_), _) => {}
            (None, _) => drop(event.add_value(name, Value::of(value))),
        }
    }
    event.body = request.body().filter(|body| !body.is_empty()).map(Vec::from);
    event.add("Event-UUID", &uuid);
    let diverted = request.get("unique-id").and_then(|uuid| switch.call(uuid)).and_then(|call| call.diverted());
    if let Some(connection) = diverted {
        connection.offer_diverted(event);
        return uuid;
    }
    let name = if known { text(name.as_bytes()) } else { "CUSTOM".to_owned() };
    switch.stamp(&mut event, &name, ("mod_event_socket.c", "parse_command", 2283));
    switch.fire(event);
    uuid
}
