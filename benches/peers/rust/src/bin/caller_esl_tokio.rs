//! Asks `status`, makes a call, and prints who answers: with esl-tokio.

use esl_tokio::dial::{Destination, Originate};
use esl_tokio::{Login, name::EventName};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8021".into());
    let fs = esl_tokio::connect(&address, Login::password("ClueCon")).await?;
    let mut events = fs.events([EventName::ChannelAnswer]).await?;
    println!("{}", fs.api("status").await?);
    match fs.originate(&Originate::new("user/1000", Destination::application("park", ""))).await {
        Ok(call) => println!("made: {}", String::from_utf8_lossy(call.uuid())),
        Err(error) => println!("{error}"),
    }
    while let Some(event) = events.next().await {
        println!("answered: {}", event?.unique_id().unwrap_or_default());
    }
    Ok(())
}
