//! This library's client on tokio.

use std::error::Error;

use esl_peers::{NAMES, Seen, Task};
use esl_tokio::name::Format;
use esl_tokio::{Interest, Login, Options, Overflow};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let task = Task::from_args();
    let mut seen = Seen::default();
    let options = Options::new(Login::password("ClueCon")).format(Format::Plain);
    let fs = options.connect(&format!("127.0.0.1:{}", task.port)).await?;
    let mut events = fs.events_with(Interest::all(), 1000, Overflow::Block).await?;
    while seen.events < task.events
        && let Some(Ok(event)) = events.next().await
    {
        seen.events += 1;
        seen.headers += event.find(NAMES).iter().flatten().count() as u64;
    }
    seen.report();
    Ok(())
}
