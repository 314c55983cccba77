//! API commands and events, beside what a real server said.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use esl_proto::frame::Step;
use esl_proto::name::Format;
use esl_proto::{Decoder, Event, Limits, Message};
use esl_sim::Config;

use crate::harness::{Kind, Switch};

/// What the server and its client said in a recording.
fn recording(name: &str) -> (Vec<u8>, String) {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/captures")).join(name);
    let client = fs::read(folder.join("client.bin")).unwrap();
    (fs::read(folder.join("server.bin")).unwrap(), String::from_utf8(client).unwrap())
}

fn frames(stream: &[u8], mut each: impl FnMut(Message<'_>)) {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut rest = stream;
    while let Ok(Step::Frame { frame, consumed }) = decoder.decode(rest) {
        each(Message::from(frame));
        rest = &rest[consumed..];
    }
}

/// The commands of a recording with their answers.
fn answers(name: &str) -> Vec<(String, String)> {
    let (server, client) = recording(name);
    let mut answers = Vec::new();
    frames(&server, |message| {
        if let Message::ApiResponse(response) = message {
            answers.push(String::from_utf8_lossy(response.body()).into_owned());
        }
    });
    let commands = client.split_terminator("\n\n").filter_map(|command| command.strip_prefix("api "));
    commands.map(str::to_owned).zip(answers).collect()
}

#[test]
fn answers_are_those_of_the_real_server() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    let same = [
        "show channels",
        "show channels as json",
        "show channels as xml",
        "show channels count",
        "nosuchcommand",
        "nosuchcommand with args",
        "msleep 1",
        "global_setvar capture_utf8=Żółć – 日本語 😀",
        "global_getvar capture_utf8",
        "global_getvar nosuch",
        "eval ${capture_utf8}",
        "eval ",
        "eval",
        "echo Żółć",
        "uuid_dump nosuch-uuid",
        "uuid_getvar nosuch x",
        "uuid_kill nosuch",
        "originate",
        "originate error/USER_BUSY &park()",
    ];
    let mut compared = 0;
    for (command, answer) in answers("02-api-basic") {
        if same.contains(&&*command) {
            assert_eq!(client.api(&command), answer, "{command}");
            compared += 1;
        }
    }
    assert_eq!(compared, same.len());
    // What differs in numbers only.
    let shape = |text: &str| text.split(|symbol: char| symbol.is_ascii_digit()).collect::<String>();
    for command in ["status", "uptime", "version short"] {
        let (_, answer) = answers("02-api-basic").into_iter().find(|(known, _)| known == command).unwrap();
        let ours = client.api(command).replace("second,", "seconds,").replace("-simulated", "-dev");
        assert_eq!(shape(&ours), shape(&answer.replace("-dev\n", "\n")), "{command}");
    }
}

#[test]
fn answers_about_a_call_are_those_of_the_real_server() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    let recorded = answers("02-api-live-channel");
    let uuid = recorded.iter().find_map(|(command, _)| command.strip_prefix("uuid_exists ")).unwrap();
    let order = format!("originate {{origination_uuid={uuid},origination_caller_id_number=1234}}loopback/park &park");
    assert_eq!(client.api(&order), format!("+OK {uuid}\n"));
    let mut compared = 0;
    for (command, answer) in &recorded {
        let word = command.split(' ').next().unwrap();
        let known = ["uuid_setvar", "uuid_getvar", "uuid_exists", "uuid_broadcast", "uuid_send_dtmf", "uuid_kill"];
        if known.contains(&word) {
            assert_eq!(&client.api(command), answer, "{command}");
            compared += 1;
        }
    }
    assert!(compared > 25, "{compared}");
    for (command, answer) in [
        ("uuid_kill", "-USAGE: <uuid> [cause]\n"),
        ("uuid_setvar x", "-USAGE: <uuid> <var> [value]\n"),
        ("uuid_getvar x", "-USAGE: <uuid> <var>\n"),
        ("uuid_dump", "-USAGE: <uuid> [format]\n"),
        ("uuid_bridge x", "-USAGE: <uuid> <other_uuid>\n"),
        ("uuid_bridge x y", "-ERR Invalid uuid\n"),
        ("uuid_send_dtmf x 1", "-ERR Cannot locate session!\n"),
        ("uuid_answer x", "-ERROR\n"),
        ("uuid_exists", "false"),
        ("uptime x", "-USAGE: [us|ms|s|m|h|d|microseconds|milliseconds|seconds|minutes|hours|days]\n"),
        ("hupall", "+OK hangup all channels with cause MANAGER_REQUEST\n"),
        ("show channels as html", "-ERR Cannot find format html\n"),
        ("fsctl sync_clock", "+OK clock synchronized\n"),
    ] {
        assert_eq!(client.api(command), answer, "{command}");
    }
}

#[test]
fn tables_have_the_real_servers_columns() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    let [one, other] = ["Ada & <1>", "x"].map(|name| {
        let order = format!("originate {{origination_caller_id_name='{name}'}}user/1000 &park");
        client.api(&order).trim().replace("+OK ", "")
    });
    client.api(&format!("uuid_bridge {one} {other}"));
    for (command, answer) in answers("02-api-live-channel") {
        let ours = if command.starts_with("show c") { client.api(&command) } else { continue };
        if command.ends_with("json") {
            let names = |text: &str| -> Vec<String> {
                let row = text.split_once("\"rows\":[{").unwrap().1.split('}').next().unwrap().to_owned();
                row.split("\":\"").filter_map(|part| part.rsplit('"').next()).map(str::to_owned).collect()
            };
            assert_eq!(names(&ours), names(&answer), "{command}");
            let parsed: serde_json::Value = serde_json::from_str(&ours).unwrap();
            assert_eq!(parsed["rows"][0]["uuid"], *one);
            assert_eq!(parsed["rows"][0]["cid_name"], "Ada & <1>");
        } else if command.ends_with("xml") {
            let names = |text: &str| -> Vec<String> {
                let lines = text.lines().filter_map(|line| line.strip_prefix("    <"));
                lines.map(|line| line.split('>').next().unwrap().to_owned()).collect()
            };
            assert_eq!(names(&ours), names(&answer), "{command}");
        } else {
            assert_eq!(ours.lines().next(), answer.lines().next(), "{command}");
        }
    }
    let table = client.api("show calls as delim |");
    let row: Vec<&str> = table.lines().nth(1).unwrap().split('|').collect();
    let names: Vec<&str> = table.lines().next().unwrap().split('|').collect();
    let of = |name: &str| row[names.iter().position(|known| *known == name).unwrap()];
    assert_eq!((of("uuid"), of("b_uuid"), of("b_cid_name")), (&*one, &*other, "x"));
    assert!(table.ends_with("\n\n1 total.\n"));
    assert_eq!(client.api("show channels count"), "\n2 total.\n");
}

/// The names of an event's headers, without those that not every call has.
fn names(event: &Event<'_>) -> Vec<String> {
    let some = [
        "API-Command-Argument",
        "Application-Data",
        "Hangup-Cause",
        "Caller-Caller-ID-Name",
        "Caller-Orig-Caller-ID-Name",
        "Caller-Callee-ID-Name",
        "Caller-RDNIS",
    ];
    let is_common = |name: &String| {
        let begins = ["variable_", "Other-", "Caller-Transfer-"].iter().any(|begin| name.starts_with(begin));
        !begins && !some.contains(&name.as_str())
    };
    event.headers().map(|header| header.name.to_string()).filter(is_common).collect()
}

#[test]
fn headers_are_those_of_the_real_server() {
    let (server, _) = recording("04-single-call-json");
    let mut real: Vec<(String, Vec<String>)> = Vec::new();
    let wanted = [
        "CHANNEL_STATE",
        "CHANNEL_CALLSTATE",
        "CHANNEL_ANSWER",
        "CHANNEL_EXECUTE",
        "CHANNEL_EXECUTE_COMPLETE",
        "CHANNEL_HANGUP",
        "CHANNEL_HANGUP_COMPLETE",
        "CHANNEL_DESTROY",
        "HEARTBEAT",
        "API",
    ];
    frames(&server, |message| {
        if let Message::Event(event) = message
            && let Some(name) = event.name().map(|name| name.to_string())
            && wanted.contains(&&*name)
        {
            // The last one: an argument and a response come with some applications only.
            real.retain(|(known, _)| *known != name);
            real.push((name, names(&event)));
        }
    });
    assert_eq!(real.len(), wanted.len());

    let switch = Switch::start(Config { heartbeat: Duration::from_secs(1), ..Config::default() });
    for (name, real) in real {
        let mut client = switch.client();
        client.reply(&format!("event json {name}"));
        client.say("bgapi originate user/1 &hangup(USER_BUSY)\n\n");
        let event = client.event(&name).text;
        let document = event.split_once("\n\n").unwrap().1;
        assert_eq!(names(&Event::new(Format::Json, document.as_bytes())), real, "{name}");
    }
}

#[test]
fn a_call_is_accounted_for_at_its_end() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain CHANNEL_HANGUP_COMPLETE API");
    client.api("originate user/1 &sleep(30)");
    let api = client.event("API");
    assert_eq!(
        (api.get("API-Command"), api.get("API-Command-Argument")),
        (Some("originate"), Some("user/1 &sleep(30)"))
    );
    let end = client.event("CHANNEL_HANGUP_COMPLETE");
    let number = |name: &str| end.get(&format!("variable_{name}")).unwrap().parse::<u64>().unwrap();
    assert_eq!(number("hangup_cause_q850"), 16);
    assert!(number("billmsec") >= 30 && number("mduration") >= number("billmsec"));
    assert!(number("start_uepoch") <= number("answer_uepoch") && number("answer_uepoch") < number("end_uepoch"));
    assert_eq!(number("duration"), number("end_epoch") - number("start_epoch"));
    assert_eq!(number("bridge_epoch"), 0);
    assert_eq!(end.get("variable_last_app"), Some("sleep"));
}

#[test]
fn a_dump_is_percent_coded_unless_it_is_plain() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    let uuid = client.api("originate {a='x: y'}user/1 &park").trim().replace("+OK ", "");
    assert!(client.api(&format!("uuid_dump {uuid} plain")).contains("\nvariable_a: x: y\n"));
    assert!(client.api(&format!("uuid_dump {uuid}")).contains("\nvariable_a: x%3A%20y\n"));
    let json = client.api(&format!("uuid_dump {uuid} json"));
    assert!(Event::new(Format::Json, json.as_bytes()).get("variable_a").is_some_and(|value| value == *"x: y"));
    assert!(client.api(&format!("uuid_dump {uuid} xml")).contains("<variable_a>x%3A%20y</variable_a>"));
}

#[test]
fn filters_know_regular_expressions_with_their_flags() {
    let switch = Switch::start(Config::default());
    for (filter, comes) in [
        ("/^b.r$/", true),
        ("/^B.R$/", false),
        ("/^B.R$/i", true),
        ("/^bar", false),
        ("/(/", false),
        ("/b(.{999}){99}|b/", false),
    ] {
        let mut client = switch.client();
        client.reply("event json CUSTOM");
        client.reply(&format!("filter Foo {filter}"));
        client.reply("filter Last yes");
        for headers in ["Foo: bar", "Last: yes"] {
            client.say(format!("sendevent CUSTOM\n{headers}\n\n"));
            client.answer(Kind::Reply);
        }
        assert_eq!(client.event("CUSTOM").get("Foo").is_some(), comes, "{filter}");
    }
}
