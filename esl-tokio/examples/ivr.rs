//! Answers calls: `<action application="socket" data="127.0.0.1:9042 async full"/>` in the dialplan sends them here.

mod common;

use std::process::ExitCode;
use std::time::Duration;

use common::{Args, Trouble, address, finish, number, print, unknown};
use esl_tokio::app::{PlayAndGetDigits, Transfer};
use esl_tokio::name::HangupCause;
use esl_tokio::{Call, CallOptions, Error, Listener};

const USAGE: &str = "usage: ivr [OPTION]... [ADDRESS:PORT]
Answers each call that FreeSWITCH sends to ADDRESS:PORT (127.0.0.1:9042) with
  <action application=\"socket\" data=\"ADDRESS:PORT async full\"/>
in any mode: plays a tone, asks for up to four digits, says them back as tones, and hangs up. Each step is a line.

  --transfer EXTENSION   transfer callers who enter digits, instead of hanging up
  --max-calls N          maximum number of simultaneous calls (1000); others get a busy line
  --help                 show this text

Ctrl-C ends it; calls may continue for ten seconds.";

const PROMPT: &str = "tone_stream://%(200,100,440);loops=2";

/// A line on standard output. Where nobody reads it, the calls go on.
fn say(call: &Call, text: &str) {
    let name = call.data().map(|data| data.get("Channel-Name").unwrap_or_default()).unwrap_or_default();
    let _ = print(format!("{name}: {text}\n"));
}

async fn talk(call: &Call, to: Option<&str>) -> Result<(), Error> {
    call.answer().await?;
    // A caller who is silent is not waited for without end.
    let call = call.within(Duration::from_secs(60));
    call.playback(PROMPT).await?;
    let ask = PlayAndGetDigits::new(1, 4, PROMPT, "digits").invalid_file("silence_stream://250").regexp(r"\d+");
    let digits = call.play_and_get_digits(ask.digit_timeout(2000)).await?;
    say(&call, &format!("typed {:?}", digits.as_deref().unwrap_or_default()));
    if let (Some(_), Some(extension)) = (&digits, to) {
        call.transfer(Transfer::new(extension)).await?;
        return Ok(());
    }
    let beeps = digits.map_or(1, |digits| digits.len());
    call.playback(&format!("tone_stream://%(100,100,800);loops={beeps}")).await?;
    call.hangup(HangupCause::NormalClearing).await?;
    say(&call, &format!("hung up: {}", call.hung_up().await?));
    Ok(())
}

async fn run() -> Result<(), Trouble> {
    let (mut at, mut to, mut most, mut args) = ("127.0.0.1:9042".to_owned(), None::<String>, 1000, Args::new());
    while let Some(word) = args.word()? {
        match &*word {
            "--transfer" => to = Some(args.value(&word, |word| Some(word.to_owned()))?),
            "--max-calls" => most = args.value(&word, number)?,
            option if option.starts_with('-') => return Err(unknown(option)),
            text => at = address(text).ok_or_else(|| Trouble::Usage(Some(format!("'{text}' is no ADDRESS:PORT"))))?,
        }
    }
    let wrong = |error: std::io::Error| Trouble::Other(at.clone(), error.to_string());
    let listener = Listener::bind(&at).await.map_err(wrong)?;
    print(format!("listening on {}\n", listener.local_addr().map_err(wrong)?))?;
    let listener = listener.max_calls(most).options(CallOptions::new().linger(5));
    let end = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let calls = listener.serve_until(end, move |call| {
        let to = to.clone();
        async move {
            let number =
                call.data().map(|data| data.get("Caller-Caller-ID-Number").unwrap_or_default()).unwrap_or_default();
            say(&call, &format!("has come from {number}"));
            talk(&call, to.as_deref()).await.inspect_err(|error| say(&call, &error.to_string()))
        }
    });
    let calls = calls.await.map_err(wrong)?;
    print(format!("{} calls taken, {} refused, {} failed\n", calls.taken, calls.refused, calls.failed))?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    finish("ivr", USAGE, run().await)
}
