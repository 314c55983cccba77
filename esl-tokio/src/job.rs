//! Commands that run in the background.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use esl_proto::Value;
use esl_proto::client::Tag;

use crate::state::{Given, Handle, Waiting};
use crate::{Answer, Error};

/// A command that runs in the background. If this is dropped, the command continues on the server, and its result is
/// discarded.
#[must_use = "the result of a job is what it is for"]
pub struct Job {
    waiting: Waiting<Arc<Handle>>,
    tag: Option<Tag>,
}

impl Job {
    pub(crate) const fn new(waiting: Waiting<Arc<Handle>>, tag: Option<Tag>) -> Self {
        Self { waiting, tag }
    }

    /// The `Job-UUID`, by which its BACKGROUND_JOB and the server's log name it. This side has chosen it.
    #[must_use]
    pub fn uuid(&self) -> &[u8] {
        self.tag.as_ref().map(Tag::as_bytes).unwrap_or_default()
    }

    /// What the command has printed; `-ERR` is an answer.
    ///
    /// It ends with the job, whenever that is: with the BACKGROUND_JOB event, which is subscribed to for that, or with the
    /// deadline of [`Session::within`](crate::Session::within).
    ///
    /// # Errors
    /// [`Error::Refused`] if the server does not begin the job, or refuses the subscription; [`Error::TimedOut`];
    /// [`Error::Lost`] if the connection ends before.
    pub async fn result(self) -> Result<Answer, Error> {
        match self.waiting.result().await? {
            Given::Event(event) => Ok(Answer::new(event.body().map(|body| body.to_vec()).unwrap_or_default())),
            Given::Answer(answer) => Ok(answer),
            Given::Variable(_) | Given::Nothing => Ok(Answer::new(*b"")),
        }
    }
}

impl IntoFuture for Job {
    type Output = Result<Answer, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.result())
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("uuid", &Value::from_bytes(self.uuid())).finish()
    }
}
