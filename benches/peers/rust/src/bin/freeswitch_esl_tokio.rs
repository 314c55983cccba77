//! freeswitch-esl-tokio, with a queue that holds all events, so that none is lost on the way.

use std::error::Error;

use esl_peers::{NAMES, Seen, Task};
use freeswitch_esl_tokio::{AuthMethod, EslClient, EslConnectOptions, EventFormat};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let task = Task::from_args();
    let mut seen = Seen::default();
    let options = EslConnectOptions::default().with_event_queue_size(usize::try_from(task.events)? + 1);
    let password = AuthMethod::password("ClueCon");
    let (client, mut events) = EslClient::connect_with_auth("127.0.0.1", task.port, password, options).await?;
    client.subscribe_events_raw(EventFormat::Plain, "ALL").await?;
    while seen.events < task.events {
        match events.recv().await {
            Some(Ok(event)) => {
                seen.events += 1;
                seen.headers += NAMES.iter().filter(|name| event.header_str(name).is_some()).count() as u64;
            }
            Some(Err(_)) => {}
            None => break,
        }
    }
    seen.report();
    Ok(())
}
