//! Applications, and what a call does after them.

use std::time::Duration;

use esl_sim::{Config, Registration};

use crate::harness::{Client, Switch};

fn parked(client: &mut Client) -> String {
    client.api("originate user/1 &park").trim().replace("+OK ", "")
}

fn execute(client: &mut Client, uuid: &str, app: &str, arg: &str) {
    let order = format!("sendmsg {uuid}\ncall-command: execute\nexecute-app-name: {app}\nexecute-app-arg: {arg}");
    assert_eq!(client.reply(&order), "+OK");
}

#[test]
fn variables_are_set_and_read() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    let uuid = parked(&mut client);
    for (app, arg, name, value) in [
        ("set", "a=x y", "a", "x y"),
        ("set", "b=<${a}|${hostname}|${nosuch}>", "b", "<x y|simulated|>"),
        ("multiset", "c=1 d=2", "d", "2"),
        ("multiset", "^^;e=1 2;f=3", "e", "1 2"),
        ("multiunset", "c d", "d", "_undef_"),
        ("push", "list=one", "list", "one"),
        ("push", "list=two", "list", "ARRAY::one|:two"),
        ("unshift", "list=zero", "list", "ARRAY::zero|:one|:two"),
        ("export", "g=1", "export_vars", "g"),
        ("export", "nolocal:h=2", "export_vars", "g,nolocal:h"),
        ("unset", "g", "g", "_undef_"),
    ] {
        execute(&mut client, &uuid, app, arg);
        assert_eq!(client.api(&format!("uuid_getvar {uuid} {name}")), value, "{app} {arg}");
    }
    execute(&mut client, &uuid, "set_global", "everywhere=1");
    assert_eq!(client.api("global_getvar everywhere"), "1");
    let core = client.api("global_getvar core_uuid");
    assert!(client.api(&format!("uuid_dump {uuid}")).contains(&format!("Core-UUID: {core}\n")));
    // A variable that is made of itself does not grow for ever.
    for _ in 0..40 {
        execute(&mut client, &uuid, "set", "a=${a}${a}");
    }
    assert!(client.api(&format!("uuid_getvar {uuid} a")).len() <= 1 << 19);
}

/// What a real server makes of them.
#[test]
fn texts_are_expanded() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    let uuid = parked(&mut client);
    let setvar = |client: &mut Client, name: &str, value: &str| {
        assert_eq!(client.api(&format!("uuid_setvar {uuid} {name} {value}")), "+OK\n");
    };
    setvar(&mut client, "v", "abcdefg");
    setvar(&mut client, "n", "v");
    setvar(&mut client, "w", "${v}");
    setvar(&mut client, "list", "ARRAY::one|:two");
    client.api("global_setvar g=global");
    for (text, expanded) in [
        ("${toupper(abc)}", "ABC"),
        ("${toupper abc}", "ABC"),
        ("${toupper(${v})}", "ABCDEFG"),
        ("<${nosuchapi(x)}>", "<>"),
        ("${echo a (b) c}", "a (b"),
        ("${echo(a(b)c)}", "a(b)c"),
        ("${v:2}", "cdefg"),
        ("${v:2:3}", "cde"),
        ("${v:-3}", "efg"),
        ("${v:-3:2}", "ef"),
        ("${v:1:1}", "b"),
        ("${v:99}", "_undef_"),
        ("${${n}}", "abcdefg"),
        ("$v", "$v"),
        ("$${g}", "global"),
        ("$${v}", "abcdefg"),
        ("\\${v}", "abcdefg"),
        ("a\\\\b", "a\\b"),
        ("a\\'b", "ab"),
        ("${eval ${v}}", "abcdefg"),
        ("${uuid_getvar(${uuid} v)}", "abcdefg"),
        ("${v", "abcdefg"),
        ("${v} $", "abcdefg $"),
        ("${w}", "abcdefg"),
        ("${nosuch}", "_undef_"),
        ("${toupper (abc)}", "(ABC"),
        ("${ v}", "_undef_"),
        ("${v }", "_undef_"),
        ("a\\nb", "a\\nb"),
        ("${list[1]}", "two"),
        ("${v[0]}", "_undef_"),
        ("$$", "$$"),
        ("${msleep(1)}", "+OK"),
        ("${destination_number}", "1"),
    ] {
        execute(&mut client, &uuid, "set", &format!("r={text}"));
        client.api("msleep 50");
        assert_eq!(client.api(&format!("uuid_getvar {uuid} r")), expanded, "{text}");
    }
    for (command, answer) in [
        ("eval ${toupper(abc)}", "ABC"),
        ("eval ${g:2}", "obal"),
        ("eval ${v}", "-ERR no reply\n"),
        ("expand echo ${toupper(x)}", "X"),
        ("expand", "-ERR No input\n"),
        ("expand nosuch x", "INVALID COMMAND!\n-ERR Cannot execute command\n"),
        (&format!("eval uuid:{uuid} ${{variable_v}}"), "abcdefg"),
    ] {
        assert_eq!(client.api(command), answer, "{command}");
    }
    // A variable that is made of itself ends.
    setvar(&mut client, "v", "${v}${v}x");
    execute(&mut client, &uuid, "set", "r=${v}");
    assert!(client.api(&format!("uuid_getvar {uuid} r")).len() <= 1 << 19);
}

#[test]
fn the_other_leg_gets_what_is_exported() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event json CHANNEL_BRIDGE");
    let uuid = parked(&mut client);
    execute(&mut client, &uuid, "export", "a=1");
    execute(&mut client, &uuid, "export", "nolocal:b=2");
    execute(&mut client, &uuid, "bridge", "user/2");
    let other = client.event("CHANNEL_BRIDGE").get("Other-Leg-Unique-ID").unwrap().to_owned();
    assert_eq!(client.api(&format!("uuid_getvar {other} a")), "1");
    assert_eq!(client.api(&format!("uuid_getvar {other} b")), "2");
    assert!(client.api("show bridged_calls").ends_with("\n\n1 total.\n"));
}

#[test]
fn a_call_is_transferred() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP");
    let uuid = parked(&mut client);
    client.event("CHANNEL_EXECUTE");
    assert_eq!(client.api(&format!("uuid_transfer {uuid} echo")), "+OK\n");
    let done = client.event("CHANNEL_EXECUTE_COMPLETE");
    assert_eq!((done.get("Application"), done.get("Answer-State")), (Some("park"), Some("answered")));
    assert_eq!(client.event("CHANNEL_EXECUTE").get("Application"), Some("echo"));
    execute(&mut client, &uuid, "transfer", "'set:a=b,sleep:1000,hangup:USER_BUSY' inline");
    let apps = [(); 4].map(|()| client.event("CHANNEL_EXECUTE").get("Application").unwrap().to_owned());
    assert_eq!(apps, ["transfer", "set", "sleep", "hangup"]);
    assert_eq!(client.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("USER_BUSY"));
    // A leg that is transferred out of a bridge lives on; the other ends.
    let uuid = client.api("originate user/1 &bridge(user/2)").trim().replace("+OK ", "");
    switch.pass(Duration::from_secs(1));
    client.api(&format!("uuid_transfer {uuid} park"));
    switch.pass(Duration::from_secs(1));
    assert_eq!(switch.sim.borrow().calls(), [uuid]);
}

#[test]
fn applications_take_their_time_or_are_broken_off() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain RECORD_START RECORD_STOP CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HOLD CUSTOM conference::maintenance");
    let uuid = parked(&mut client);
    execute(&mut client, &uuid, "record", "/tmp/a.wav 5");
    assert_eq!(client.event("RECORD_START").get("Record-File-Path"), Some("/tmp/a.wav"));
    let before = switch.sim.borrow().now();
    client.event("RECORD_STOP");
    assert_eq!(switch.sim.borrow().now() - before, Duration::from_secs(5));
    execute(&mut client, &uuid, "sleep", "3600000");
    assert_eq!(client.api(&format!("uuid_break {uuid}")), "+OK\n");
    execute(&mut client, &uuid, "read", "1 4 x.wav digits 5000 #");
    assert_eq!(client.api(&format!("uuid_recv_dtmf {uuid} 12#")), format!("+OK {uuid} received DTMF 12#.\n"));
    assert_eq!(client.api(&format!("uuid_getvar {uuid} digits")), "12");
    execute(&mut client, &uuid, "hold", "");
    assert_eq!(client.event("CHANNEL_HOLD").get("Channel-Call-State"), Some("HELD"));
    // Those that have no effect here are known all the same.
    execute(&mut client, &uuid, "displace_session", "x");
    execute(&mut client, &uuid, "conference", "room@default");
    for action in ["conference-create", "add-member", "floor-change"] {
        assert_eq!(client.event("CUSTOM").get("Action"), Some(action));
    }
    execute(&mut client, &uuid, "sched_hangup", "+3 CALL_REJECTED");
    for action in ["floor-change", "del-member", "conference-destroy"] {
        assert_eq!(client.event("CUSTOM").get("Action"), Some(action));
    }
    assert!(switch.is_over());
}

#[test]
fn tables_of_what_there_is() {
    let registration =
        Registration { user: "1000".into(), realm: "x.org".into(), url: "sofia/internal/sip:1000@127.0.0.1".into() };
    let switch = Switch::start(Config { registrations: vec![registration], ..Config::default() });
    let mut client = switch.client();
    let table = client.api("show registrations");
    assert!(table.starts_with("reg_user,realm,token,url,expires,"), "{table}");
    assert!(table.contains("\n1000,x.org,") && table.ends_with("\n\n1 total.\n"), "{table}");
    assert_eq!(client.api("show registrations count as json"), r#"{"row_count":1,"rows":[]}"#);
    assert!(client.api("show application").contains("\napplication,socket,mod_event_socket\n"));
    assert!(client.api("show modules mod_say_en").contains("\nsay,en,mod_say_en,"));
    assert!(client.api("show api uuid_kill").starts_with("name,description,syntax,ikey\nuuid_kill,"));
    let uuid = parked(&mut client);
    assert!(
        client.api(&format!("show channels like {uuid} as json")).starts_with(r#"{"row_count":1,"rows":[{"uuid":"#)
    );
    assert_eq!(client.api("show channels like nobody as json"), "{\"row_count\": 0}\n");
    assert_eq!(client.api("show channels count as xml"), "<result row_count=\"1\"></result>\n");
}
