//! Asks `status`, makes a call, and prints who answers: with freeswitch-esl-tokio.

use freeswitch_esl_tokio::{BgJobTracker, EslClient, EslEventType, EventFormat, HeaderLookup};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8021".into());
    let (host, port) = address.rsplit_once(':').ok_or("no port")?;
    let (client, mut events) = EslClient::connect(host, port.parse()?, "ClueCon").await?;
    let wanted = [EslEventType::ChannelAnswer, EslEventType::BackgroundJob];
    client.subscribe_events(EventFormat::Plain, &wanted).await?;
    println!("{}", client.api("status").await?.body().unwrap_or_default().trim_end());
    let mut jobs = BgJobTracker::new();
    jobs.bgapi(&client, "originate user/1000 &park()", ()).await?;
    while let Some(event) = events.recv().await {
        let event = event?;
        if let Some(((), result)) = jobs.try_complete(&event) {
            match result.body().unwrap_or_default().trim_end().split_once(' ') {
                Some(("+OK", uuid)) => println!("made: {uuid}"),
                Some((_, cause)) => println!("not answered: {cause}"),
                None => println!("no answer to originate"),
            }
        } else if event.is_event_type(EslEventType::ChannelAnswer) {
            println!("answered: {}", event.unique_id().unwrap_or_default());
        }
    }
    Ok(())
}
