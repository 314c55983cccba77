//! Makes calls at a rate, and tells what becomes of them.

mod common;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use common::{Args, SERVER, Server, Trouble, about, finish, number, print, seconds, unknown};
use esl_tokio::dial::{Destination, Originate};
use esl_tokio::name::HangupCause;
use esl_tokio::{Error, Session};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

fn usage() -> String {
    format!(
        "usage: dialer [OPTION]... ENDPOINT...
Calls each ENDPOINT (user/1000, sofia/gateway/gw/1234), at a rate, and prints a line for each call: how it was answered, how
long it lasted and why it ended, or why it was not answered. At the end a line for each cause.

  dialer --rate 5 --repeat 20 --say /tmp/hello.wav user/1000 user/1001

{SERVER}
  --rate N                            calls a second (1)
  --repeat N                          how often the list is called (1)
  --ring SECONDS                      how long to ring (30)
  --say PATH                          what is played to who answers (a tone)
  --talk SECONDS                      how long a call may last (60)
  --help                              show this text

Exit status: 0, 2 if the command line makes no sense, 3 for trouble with the connection."
    )
}

struct Plan {
    ring: Duration,
    talk: Duration,
    path: String,
}

/// One call, to its end: how it ended.
async fn call(fs: Session, endpoint: String, plan: &Plan) -> Result<String, Error> {
    let ring = u32::try_from(plan.ring.as_secs()).unwrap_or(u32::MAX);
    let originate = Originate::new(&*endpoint, Destination::application("park", "")).timeout_sec(ring.max(1));
    // The server's own time limit comes first.
    let call = fs.within(plan.ring + Duration::from_secs(10)).originate(&originate).await?;
    let talk = async {
        call.playback(&plan.path).await?;
        call.hangup(HangupCause::NormalClearing).await?;
        call.hung_up().await
    };
    match timeout(plan.talk, talk).await {
        Ok(Ok(hung_up) | Err(Error::ChannelEnded(hung_up))) => Ok(hung_up.to_string()),
        Ok(Err(error)) => Err(error),
        Err(_) => {
            call.hangup(HangupCause::AllottedTimeout).await?;
            Ok("ALLOTTED_TIMEOUT".into())
        }
    }
}

async fn run() -> Result<(), Trouble> {
    let (mut server, mut args) = (Server::new(), Args::new());
    let (mut rate, mut repeat, mut endpoints) = (1.0_f64, 1_usize, Vec::new());
    let (ring, talk) = (Duration::from_secs(30), Duration::from_secs(60));
    let mut plan = Plan { ring, talk, path: "tone_stream://%(200,100,440);loops=2".into() };
    while let Some(word) = args.word()? {
        match &*word {
            "--rate" => rate = args.value(&word, |text| number(text).filter(|rate| (0.01..=1000.0).contains(rate)))?,
            "--repeat" => repeat = args.value(&word, number)?,
            "--ring" => plan.ring = args.value(&word, seconds)?,
            "--talk" => plan.talk = args.value(&word, seconds)?,
            "--say" => plan.path = args.value(&word, |text| Some(text.to_owned()))?,
            option if server.takes(option, &mut args)? => {}
            option if option.starts_with('-') => return Err(unknown(option)),
            _ => endpoints.push(word),
        }
    }
    if endpoints.is_empty() {
        return Err(Trouble::Usage(Some("there is nobody to call".into())));
    }
    let about = about(&server.address);
    let fs = server.options().silence(Duration::from_secs(45)).connect(&server.address).await.map_err(&about)?;
    let plan = std::sync::Arc::new(plan);
    let mut ticks = interval(Duration::from_secs_f64(1.0 / rate));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut running = JoinSet::new();
    let mut causes = BTreeMap::<String, u32>::new();
    let mut tell = |ended: (String, f64, Result<String, Error>)| {
        let (endpoint, lasted, result) = ended;
        let (what, cause) = match result {
            Ok(cause) => ("answered", cause),
            Err(Error::NotAnswered(hung_up)) => ("not answered", hung_up.to_string()),
            Err(error) => ("failed", error.to_string()),
        };
        *causes.entry(format!("{what}: {cause}")).or_default() += 1;
        print(format!("{endpoint} {what}, {cause}, {lasted:.1} s\n"))
    };
    for endpoint in std::iter::repeat_n(endpoints, repeat).flatten() {
        ticks.tick().await;
        let (fs, plan) = (fs.clone(), plan.clone());
        running.spawn(async move {
            let began = std::time::Instant::now();
            let result = call(fs, endpoint.clone(), &plan).await;
            (endpoint, began.elapsed().as_secs_f64(), result)
        });
        while let Some(Ok(ended)) = running.try_join_next() {
            tell(ended)?;
        }
    }
    while let Some(Ok(ended)) = running.join_next().await {
        tell(ended)?;
    }
    for (cause, count) in causes {
        print(format!("{count} {cause}\n"))?;
    }
    fs.close().await;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    finish("dialer", &usage(), run().await)
}
