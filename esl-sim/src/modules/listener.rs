//! A connection at work: between its client, its listener and the switch.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use esl_proto::server::{Closed, DeliverError, Effect, Goodbye, LogData, Poll, Response, Server};

use super::answers::{Question, Said};
use crate::base::task::{First, first};
use crate::base::wire::Received;
use crate::switch::{Connection, LogLine, Switch};

/// How long the last words of a connection may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// What may wait in the output before the socket has to take it.
const OUTPUT: usize = 65_536;

/// Why a connection goes on no longer.
struct End;

/// A connection at work.
pub(crate) struct Session {
    switch: Arc<Switch>,
    connection: Arc<Connection>,
    input: Vec<u8>,
    output: Vec<u8>,
    scratch: Vec<u8>,
    began: Duration,
    heard: Duration,
    /// When the connection's lingering ends.
    lingers_until: Option<Duration>,
}

impl Session {
    pub(crate) fn new(switch: &Arc<Switch>, connection: &Arc<Connection>) -> Self {
        switch.add_connection(connection);
        let now = switch.clock.now();
        Self {
            switch: Arc::clone(switch),
            connection: Arc::clone(connection),
            input: Vec::new(),
            output: Vec::new(),
            scratch: vec![0; Server::REPLY_MAX],
            began: now,
            heard: now,
            lingers_until: None,
        }
    }

    /// Turns a client away.
    pub(crate) async fn reject(mut self) {
        let written = self.connection.server.lock().reject(&mut self.scratch).unwrap_or(0);
        self.output.extend_from_slice(&self.scratch[..written]);
        self.farewell().await;
    }

    /// Serves the connection to its end. A call may do so, and a connection may make calls.
    pub(crate) fn run(self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.serve())
    }

    async fn serve(mut self) {
        while self.step().await.is_ok() {}
        if let Some(goodbye) = self.connection.killed.get() {
            self.disconnect(goodbye);
        }
        self.farewell().await;
        if let Some(call) = self.connection.controlled() {
            call.released(&self.connection);
        }
    }

    /// Writes what is left.
    async fn farewell(&mut self) {
        let words = self.connection.write(&self.output);
        let _ = self.switch.clock.timeout(FAREWELL, words).await;
        self.switch.remove_connection(self.connection.id);
        self.connection.close();
    }

    async fn step(&mut self) -> Result<(), End> {
        self.commands().await?;
        self.queues();
        self.channel_end();
        self.flush().await?;
        if self.connection.server.lock().closed().is_some() {
            return Err(End);
        }
        // It may have come while the output was written.
        if !self.connection.has_news() {
            self.wait().await?;
        }
        Ok(())
    }

    /// Reads commands and answers them.
    async fn commands(&mut self) -> Result<(), End> {
        loop {
            let poll = self.connection.server.lock().poll(&self.input, &mut self.scratch).map_err(|_| End)?;
            let consumed = poll.consumed();
            self.output.extend_from_slice(&self.scratch[..poll.written()]);
            let command = match poll {
                Poll::Done { .. } | Poll::HostRequest { .. } => &self.input[..consumed],
                Poll::Closed { why: Closed::Exit, .. } => b"exit\n\n",
                _ => b"",
            };
            if self.switch.config().record && command.iter().any(|octet| *octet != b'\n') {
                let received = Received { connection: self.connection.id, octets: command.into() };
                self.switch.received.lock().push_back(received);
            }
            match poll {
                Poll::Done { effect, .. } => self.effect(effect),
                Poll::HostRequest { request: ask, .. } => {
                    let question = Question::of(ask, &self.switch, &self.connection);
                    self.flush().await?;
                    let said = self.ask(question).await?;
                    self.answer(&said)?;
                }
                Poll::NeedData { .. } | Poll::Waiting => {
                    self.input.drain(..consumed);
                    return Ok(());
                }
                _ => {
                    self.flush().await?;
                    return Err(End);
                }
            }
            self.input.drain(..consumed);
            if self.output.len() > OUTPUT {
                self.flush().await?;
            }
        }
    }

    /// Waits for the answer to a question, as long as the connection lives.
    async fn ask(&self, question: Question) -> Result<Said, End> {
        let mut answer = std::pin::pin!(question.answer(&self.switch));
        loop {
            match first(answer.as_mut(), self.connection.wake.notified()).await {
                First::One(said) => return Ok(said),
                First::Other(()) => self.alive()?,
            }
        }
    }

    fn alive(&self) -> Result<(), End> {
        if self.connection.killed.get().is_some() { Err(End) } else { Ok(()) }
    }

    fn answer(&mut self, said: &Said) -> Result<(), End> {
        let server = &self.connection.server;
        let written = said.with(|answer: Response<'_>| {
            loop {
                match server.lock().respond(answer, &mut self.scratch) {
                    Ok(written) => return Ok(written),
                    Err(error) => match error.required().filter(|required| *required > self.scratch.len()) {
                        Some(required) => self.scratch.resize(required, 0),
                        // What cannot be said: a name that would forge a header, or rights beyond the storage.
                        None => return Err(End),
                    },
                }
            }
        })?;
        self.output.extend_from_slice(&self.scratch[..written]);
        Ok(())
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::EventsFlushed => self.connection.events.lock().clear(),
            Effect::LogFlushed => self.connection.log.lock().clear(),
            Effect::Resume => {
                if let Some(call) = self.connection.controlled() {
                    call.set_variable("socket_resume", b"true");
                }
            }
            Effect::Divert(on) => {
                if let Some(call) = self.connection.controlled() {
                    call.divert(on.then_some(&self.connection));
                }
            }
            // `nolinger` comes too late then.
            Effect::Linger if self.lingers_until.is_some() && self.connection.server.lock().linger().is_some() => {
                self.linger();
            }
            Effect::AllEvents => {
                for subclass in &self.switch.config().subclasses {
                    // Beyond the storage it is as if nobody had announced it.
                    let _ = self.connection.server.lock().subscribe(subclass);
                }
            }
            _ => {}
        }
    }

    /// Writes what waits, as far as the client may get it now: one log line, then all events, as FreeSWITCH does.
    fn queues(&mut self) {
        let mut wrote = true;
        while wrote && self.output.len() < OUTPUT {
            wrote = self.next_log_line();
            while self.output.len() < OUTPUT && self.next_event() {
                wrote = true;
            }
        }
    }

    fn next_log_line(&mut self) -> bool {
        let Some(line) = self.connection.log.lock().first() else { return false };
        let written = self.deliver(|server, out| deliver_log(server, &line, out));
        if written {
            self.connection.log.lock().drop_first();
        }
        written
    }

    fn next_event(&mut self) -> bool {
        let Some(event) = self.connection.events.lock().first() else { return false };
        let mut server = self.connection.server.lock();
        let coding = server.coding();
        match event.frame(coding) {
            Some(frame) if server.delivered(coding).is_ok() => self.output.extend_from_slice(&frame),
            // It can never be written.
            None if server.is_ready_for_events() => server.skip(),
            _ => return false,
        }
        self.connection.events.lock().drop_first();
        true
    }

    /// Whether something could be delivered, or never can be.
    fn deliver(&mut self, write: impl Fn(&mut Server<Box<[u8]>>, &mut [u8]) -> Result<usize, DeliverError>) -> bool {
        let mut server = self.connection.server.lock();
        loop {
            match write(&mut server, &mut self.scratch) {
                Ok(written) => {
                    self.output.extend_from_slice(&self.scratch[..written]);
                    return true;
                }
                Err(DeliverError::Insufficient(error)) => self.scratch.resize(error.required, 0),
                Err(DeliverError::Refused(_)) => {
                    server.skip();
                    return true;
                }
                Err(_) => return false,
            }
        }
    }

    /// Says that the channel has ended, after all that waits.
    fn channel_end(&mut self) {
        if self.connection.events.lock().first().is_some() && self.connection.server.lock().is_ready_for_events() {
            return;
        }
        let gone = self.connection.gone.lock().take();
        // Before `connect`, an asynchronous connection does not see the end of its channel.
        if let Some(name) = gone.filter(|_| !self.connection.is_blind()) {
            let written = self.connection.server.lock().channel_ended(name, &mut self.scratch).unwrap_or(0);
            self.output.extend_from_slice(&self.scratch[..written]);
        }
        if self.connection.server.lock().is_lingering() && self.lingers_until.is_none() {
            self.linger();
        }
    }

    fn linger(&mut self) {
        let seconds = match self.connection.server.lock().linger() {
            // A year is for ever here.
            Some(-1) => 365 * 86_400,
            seconds => seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0),
        };
        self.lingers_until = Some(self.switch.clock.now() + Duration::from_secs(seconds));
    }

    /// Gives the client all that is written. One that does not take it may be killed over it.
    async fn flush(&mut self) -> Result<(), End> {
        let mut is_killed = false;
        {
            let mut write = std::pin::pin!(self.connection.write(&self.output));
            while let First::Other(()) = first(write.as_mut(), self.connection.wake.notified()).await {
                // What else it wakes for, it finds when this is written.
                if self.alive().is_err() {
                    is_killed = true;
                    break;
                }
            }
        }
        self.output.clear();
        // What was large once need not be kept large.
        self.output.shrink_to(OUTPUT);
        self.scratch.truncate(OUTPUT);
        self.scratch.shrink_to(OUTPUT);
        if self.input.is_empty() {
            self.input.shrink_to(OUTPUT);
        }
        if is_killed { Err(End) } else { Ok(()) }
    }

    /// Waits for the client, for something to tell it, or for the end of its time.
    async fn wait(&mut self) -> Result<(), End> {
        if !self.connection.has_input() {
            let deadline = self.deadline();
            let time_is_over = async {
                match deadline {
                    Some(deadline) => self.switch.clock.sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            if let First::Other(()) = first(self.connection.wake.notified(), time_is_over).await {
                self.disconnect(Goodbye::Disconnected);
                return Err(End);
            }
            self.alive()?;
        }
        let (octets, is_end) = self.connection.take_input();
        if !octets.is_empty() {
            self.input.extend_from_slice(&octets);
            self.heard = self.switch.clock.now();
        } else if is_end {
            self.disconnect(Goodbye::Disconnected);
            return Err(End);
        }
        Ok(())
    }

    fn deadline(&self) -> Option<Duration> {
        let server = self.connection.server.lock();
        let patience = self.switch.config().patience;
        let stranger = server.is_awaiting_first_command().then_some(self.began + patience);
        let half_said = server.is_mid_command().then_some(self.heard + patience);
        [stranger, half_said, self.lingers_until].into_iter().flatten().min()
    }

    fn disconnect(&mut self, goodbye: Goodbye) {
        let written = self.connection.server.lock().disconnect(goodbye, &mut self.scratch).unwrap_or(0);
        self.output.extend_from_slice(&self.scratch[..written]);
    }
}

fn deliver_log(server: &mut Server<Box<[u8]>>, line: &LogLine, out: &mut [u8]) -> Result<usize, DeliverError> {
    let (file, function, number) = &line.source;
    let data = LogData {
        level: line.level,
        // What is logged for a channel, and what is not.
        text_channel: if line.uuid.is_empty() { 0 } else { 3 },
        file: file.as_bytes(),
        function: function.as_bytes(),
        line: *number,
        user_data: line.uuid.as_bytes(),
        text: line.text.as_bytes(),
    };
    server.deliver_log(&data, out)
}
