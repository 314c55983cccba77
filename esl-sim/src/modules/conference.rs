//! Conferences: those who take part, what is said to them, and their events.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::HangupCause;

use super::api::answer::json_text as quoted;
use crate::base::event::{Event, Source};
use crate::base::slot::Slot;
use crate::base::task::LatchGuard;
use crate::switch::{Call, Conference, HOSTNAME, Member, Switch};

const RATE: u32 = 8000;
const ENERGY: i32 = 100;
const API: Source = ("conference_api.c", "conference_api_dispatch", 4221);
/// How many recordings and relations a conference may have.
const MOST: usize = 1000;

/// The commands, what follows each, and how many words of that it must have.
const COMMANDS: &[(&str, &str, usize)] = &[
    ("count", "", 0),
    ("list", "[delim <string>]|[count]", 0),
    ("xml_list", "", 0),
    ("json_list", "[compact]", 0),
    ("energy", "<member_id|all|last|non_moderator> [<newval>]", 1),
    ("volume_in", "<member_id|all|last|non_moderator> [<newval>]", 1),
    ("volume_out", "<member_id|all|last|non_moderator> [<newval>]", 1),
    ("play", "<file_path> [async|<member_id> [nomux]]", 1),
    ("say", "<text>", 0),
    ("stop", "<[current|all|async|last]> [<member_id>]", 1),
    ("dtmf", "<[member_id|all|last|non_moderator]> <digits>", 2),
    ("kick", "<[member_id|all|last|non_moderator]> [<optional sound file>]", 1),
    ("hup", "<[member_id|all|last|non_moderator]>", 1),
    ("hold", "<[member_id|all]|last|non_moderator> [file]", 1),
    ("unhold", "<[member_id|all]|last|non_moderator>", 1),
    ("mute", "<[member_id|all]|last|non_moderator> [<quiet>]", 1),
    ("tmute", "<[member_id|all]|last|non_moderator> [<quiet>]", 1),
    ("unmute", "<[member_id|all]|last|non_moderator> [<quiet>]", 1),
    ("deaf", "<[member_id|all]|last|non_moderator>", 1),
    ("undeaf", "<[member_id|all]|last|non_moderator>", 1),
    ("relate", "<member_id>[,<member_id>] <other_member_id>[,<other_member_id>] [nospeak|nohear|clear]", 3),
    ("lock", "", 0),
    ("unlock", "", 0),
    ("enter_sound", "on|off|none|file <filename>", 1),
    ("exit_sound", "on|off|none|file <filename>", 1),
    ("record", "<filename>", 1),
    ("norecord", "<[filename|all]>", 1),
    ("pin", "<pin#>", 1),
    ("nopin", "", 0),
    ("get", "<parameter-name>", 1),
    ("set", "<max_members> <value>", 2),
    ("transfer", "<conference_name> <member id> [...<member id>]", 2),
];

/// Takes part in a conference: `name@profile`, and more after `+` that counts for nothing here.
pub(super) async fn take_part(call: &Arc<Call>, argument: &str) {
    let whole = argument.split('+').next().unwrap_or_default();
    let (name, profile) = whole.split_once('@').unwrap_or((whole, "default"));
    let switch = &call.switch;
    call.answer();
    let conference = find(switch, name).unwrap_or_else(|| begin(switch, name, profile));
    let (kick, kicked) = LatchGuard::new();
    let max_members = conference.max_members.get();
    if conference.is_locked.get() || (max_members > 0 && conference.members.lock().len() >= max_members) {
        return;
    }
    let id = switch.last_member.get() + 1;
    switch.last_member.set(id);
    let member = Arc::new(Member {
        id,
        call: Arc::clone(call),
        joined: switch.clock.now(),
        hears: Slot::new(true),
        speaks: Slot::new(true),
        is_held: Slot::default(),
        energy: Slot::new(ENERGY),
        volume_in: Slot::default(),
        volume_out: Slot::default(),
        kick: Slot::new(Some(kick)),
        ends: Slot::default(),
    });
    conference.members.lock().insert(0, Arc::clone(&member));
    tell(
        switch,
        &conference,
        Some(&member),
        ("conference_member.c", "conference_member_add", 962),
        &[action("add-member")],
    );
    pass_floor(switch, &conference);
    call.obey(kicked.opened()).await;
    leave(switch, &conference, &member);
    if member.ends.get() {
        call.hangup(HangupCause::NormalClearing);
    }
}

fn find(switch: &Switch, name: &str) -> Option<Arc<Conference>> {
    switch.conferences.lock().iter().find(|conference| conference.name == name).cloned()
}

fn begin(switch: &Switch, name: &str, profile: &str) -> Arc<Conference> {
    let conference = Arc::new(Conference {
        name: name.into(),
        profile: profile.into(),
        uuid: switch.uuid(),
        began: switch.clock.now(),
        members: Slot::default(),
        floor: Slot::default(),
        is_locked: Slot::default(),
        enter_sound: Slot::new(true),
        exit_sound: Slot::new(true),
        max_members: Slot::default(),
        recordings: Slot::default(),
        relations: Slot::default(),
    });
    switch.conferences.lock().push(Arc::clone(&conference));
    tell(switch, &conference, None, ("mod_conference.c", "conference_new", 3848), &[action("conference-create")]);
    conference
}

fn leave(switch: &Switch, conference: &Arc<Conference>, member: &Arc<Member>) {
    conference.members.lock().retain(|other| other.id != member.id);
    if conference.floor.get() == Some(member.id) {
        pass_floor(switch, conference);
    }
    tell(
        switch,
        conference,
        Some(member),
        ("conference_member.c", "conference_member_del", 1300),
        &[action("del-member")],
    );
    if conference.members.lock().is_empty() {
        for path in conference.recordings.take() {
            stop_recording(switch, conference, &path);
        }
        tell(
            switch,
            conference,
            None,
            ("mod_conference.c", "conference_thread_run", 800),
            &[action("conference-destroy")],
        );
        switch.conferences.lock().retain(|other| !Arc::ptr_eq(other, conference));
    }
}

/// Whoever is there longest has the floor, if nobody has.
fn pass_floor(switch: &Switch, conference: &Conference) {
    let before = conference.floor.get();
    let next = {
        let members = conference.members.lock();
        match before {
            Some(id) if members.iter().any(|member| member.id == id) => return,
            _ => members.last().cloned(),
        }
    };
    conference.floor.set(next.as_ref().map(|member| member.id));
    let name = |id: Option<u32>| id.map_or_else(|| "none".into(), |id| id.to_string());
    let mut event =
        event(switch, conference, None, ("conference_member.c", "conference_member_set_floor_holder", 1158));
    event.add("Action", "floor-change").add("Old-ID", name(before));
    if let Some(next) = &next {
        describe(switch, conference, &mut event);
        describe_member(conference, next, &mut event);
    }
    event.add("New-ID", name(next.map(|member| member.id)));
    switch.fire(event);
}

type Said<'a> = (&'a str, &'a str);

fn action(name: &str) -> Said<'_> {
    ("Action", name)
}

fn tell(switch: &Switch, conference: &Conference, member: Option<&Member>, source: Source, said: &[Said<'_>]) {
    let mut event = event(switch, conference, member, source);
    for (name, value) in said {
        event.add(name, value);
    }
    switch.fire(event);
}

fn event(switch: &Switch, conference: &Conference, member: Option<&Member>, source: Source) -> Event {
    let mut event = Event::default();
    event.add("Event-Subclass", "conference::maintenance");
    switch.stamp(&mut event, "CUSTOM", source);
    describe(switch, conference, &mut event);
    if let Some(member) = member {
        describe_member(conference, member, &mut event);
    }
    event
}

fn describe(switch: &Switch, conference: &Conference, event: &mut Event) {
    let domain = switch.globals.lock().get("domain").cloned().unwrap_or_else(|| HOSTNAME.into());
    event
        .add("Conference-Name", &conference.name)
        .add("Conference-Domain", domain)
        .add("Conference-Size", conference.members.lock().len().to_string())
        .add("Conference-Ghosts", "0")
        .add("Conference-Profile-Name", &conference.profile)
        .add("Conference-Unique-ID", &conference.uuid);
}

fn describe_member(conference: &Conference, member: &Member, event: &mut Event) {
    event.add("Floor", (conference.floor.get() == Some(member.id)).to_string());
    member.call.describe_briefly(event);
    event
        .add("Video", "false")
        .add("Hear", member.hears.get().to_string())
        .add("See", "true")
        .add("Speak", member.speaks.get().to_string())
        .add("Talking", "false")
        .add("Mute-Detect", "false")
        .add("Hold", member.is_held.get().to_string())
        .add("Member-ID", member.id.to_string())
        .add("Member-Type", "member")
        .add("Member-Ghost", "false")
        .add("Energy-Level", member.energy.get().to_string())
        .add("Current-Energy", "0");
}

/// The API command: `<conference> <command> ...`, or `list` and its kin for all.
pub(super) fn api(switch: &Arc<Switch>, argument: &str) -> String {
    let words: Vec<&str> = argument.split(' ').filter(|word| !word.is_empty()).collect();
    let all = switch.conferences.lock().clone();
    match words.first() {
        None => return usages(),
        Some(&("list" | "count" | "json_list" | "xml_list")) if all.is_empty() => {
            return "+OK No active conferences.\n".into();
        }
        Some(&"list") => return all.iter().map(|conference| headline(conference) + &list(conference, ";")).collect(),
        Some(&"count") => return all.len().to_string(),
        Some(&"json_list") => return json(switch, &all),
        Some(&"xml_list") => return xml(switch, &all),
        Some(_) => {}
    }
    let Some(conference) = find(switch, words[0]) else { return format!("-ERR Conference {} not found\n", words[0]) };
    let Some(command) = words.get(1) else { return usages() };
    let Some((command, usage, least)) = COMMANDS.iter().find(|(name, ..)| name == command) else {
        return format!("-ERR Conference command '{command}' not found.\n");
    };
    let rest = &words[2..];
    if rest.len() < *least {
        return format!("{command} {usage}");
    }
    match (*command, rest) {
        ("list", ["count", ..]) | ("count", _) => conference.members.lock().len().to_string(),
        ("list", ["delim", separator, ..]) => list(&conference, separator),
        ("list", _) => list(&conference, ";"),
        ("json_list", _) => json(switch, &[conference]),
        ("xml_list", _) => xml(switch, &[conference]),
        ("lock" | "unlock", _) => {
            conference.is_locked.set(*command == "lock");
            tell(switch, &conference, None, API, &[action(command)]);
            format!("+OK {} {command}ed\n", conference.name)
        }
        ("enter_sound" | "exit_sound", [word, ..]) => {
            let (slot, name) = match *command {
                "enter_sound" => (&conference.enter_sound, "enter"),
                _ => (&conference.exit_sound, "exit"),
            };
            slot.set(*word != "off");
            tell(switch, &conference, None, API, &[action(&format!("{name}-sounds-{word}"))]);
            format!("+OK {} {name} sounds {word} ()\n", conference.name)
        }
        ("pin", [pin, ..]) => format!("+OK Pin for conference {} set: {pin}\n", conference.name),
        ("nopin", _) => format!("+OK Pin for conference {} deleted\n", conference.name),
        ("say", []) => format!("-ERR (say) Error! No text.\n{command} {usage}"),
        // There is no engine that would speak.
        ("say", _) => format!("-ERR (say) Error!\n{command} {usage}"),
        ("stop", _) => "+OK Stopped 0 files.\n".into(),
        ("play", [path, member @ ..]) => play(switch, &conference, path, member.first().copied()),
        ("record", [path, ..]) => {
            let mut recordings = conference.recordings.lock();
            if recordings.len() < MOST {
                recordings.push((*path).into());
            }
            drop(recordings);
            tell(switch, &conference, None, API, &[action("start-recording"), ("Path", path)]);
            format!("+OK Record file {path}\n")
        }
        ("norecord", [which, ..]) => norecord(switch, &conference, which),
        ("get", [parameter, ..]) => match *parameter {
            "count" => conference.members.lock().len().to_string(),
            "max_members" => conference.max_members.get().to_string(),
            "run_time" => switch.clock.now().saturating_sub(conference.began).as_secs().to_string(),
            _ => "0".into(),
        },
        ("set", [parameter, value, ..]) => match *parameter {
            "max_members" => conference.max_members.replace(value.parse().unwrap_or(0)).to_string(),
            _ => "0".into(),
        },
        ("relate", [one, other, what, ..]) => relate(&conference, one, other, what),
        ("transfer", [to, members @ ..]) => members.iter().map(|id| transfer(switch, &conference, id, to)).collect(),
        (_, [who, more @ ..]) => {
            let act = |member: &Arc<Member>| for_member(switch, &conference, command, member, more);
            let members = conference.members.lock().clone();
            let chosen: Vec<&Arc<Member>> = match *who {
                "all" | "non_moderator" => members.iter().collect(),
                "last" => members.first().into_iter().collect(),
                id => members.iter().filter(|member| member.id.to_string() == id).collect(),
            };
            if chosen.is_empty() {
                return format!("-ERR Non-Existant ID {who}\n");
            }
            chosen.into_iter().map(act).collect()
        }
        _ => format!("{command} {usage}"),
    }
}

fn usages() -> String {
    COMMANDS.iter().map(|(name, usage, _)| format!("<conf name> {name} {usage}\n")).collect()
}

/// Does what is said of one who takes part.
fn for_member(switch: &Switch, conference: &Conference, command: &str, member: &Arc<Member>, more: &[&str]) -> String {
    let id = member.id;
    let say = |what: &str, said: &[Said<'_>]| {
        let what = format!("{what}-member");
        let said: Vec<Said<'_>> = [action(&what)].into_iter().chain(said.iter().copied()).collect();
        tell(switch, conference, Some(member), API, &said);
    };
    let level = |slot: &Slot<i32>, most: i32| -> Option<i32> {
        let value = match *more.first()? {
            "up" => slot.get() + 1,
            "down" => slot.get() - 1,
            text => text.parse().unwrap_or(0),
        };
        slot.set(value.clamp(-most, most));
        Some(slot.get())
    };
    match command {
        "mute" | "unmute" | "tmute" => {
            let speaks = command == "unmute" || (command == "tmute" && !member.speaks.get());
            member.speaks.set(speaks);
            let word = if speaks { "unmute" } else { "mute" };
            say(word, &[]);
            format!("+OK {word} {id}\n")
        }
        "deaf" | "undeaf" => {
            member.hears.set(command == "undeaf");
            say(command, &[]);
            format!("+OK {command} {id}\n")
        }
        "hold" | "unhold" => {
            member.is_held.set(command == "hold");
            say(command, &[]);
            format!("+OK {command} {id}\n")
        }
        "kick" => {
            say(command, &[]);
            drop(member.kick.take());
            format!("+OK kicked {id}\n")
        }
        "hup" => {
            say(command, &[]);
            drop(member.kick.take());
            member.ends.set(true);
            format!("+OK hup {id}\n")
        }
        "dtmf" => {
            let keys = more.first().copied().unwrap_or_default();
            say(command, &[("Digits", keys)]);
            format!("+OK sent {keys} to {id}\n")
        }
        "energy" => {
            if let Some(level) = level(&member.energy, 1800) {
                say("energy-level", &[("Energy-Level", &level.to_string())]);
            }
            format!("Energy {id} = {}\n", member.energy.get())
        }
        _ => {
            let (slot, way) = match command {
                "volume_in" => (&member.volume_in, "in"),
                _ => (&member.volume_out, "out"),
            };
            if let Some(level) = level(slot, 4) {
                say(&format!("volume-{way}"), &[("Volume-Level", &level.to_string())]);
            }
            format!("+OK Volume {} {id} = {}\n", way.to_uppercase(), slot.get())
        }
    }
}

fn play(switch: &Arc<Switch>, conference: &Arc<Conference>, path: &str, id: Option<&str>) -> String {
    let found = |id: &str| conference.members.lock().iter().find(|member| member.id.to_string() == id).cloned();
    let member = match id.filter(|word| *word != "async").map(|id| (id, found(id))) {
        None => None,
        Some((_, Some(member))) => Some(member),
        Some((id, None)) => {
            return format!("-ERR Member: {id} not found.\nplay <file_path> [async|<member_id> [nomux]]");
        }
    };
    let (name, async_said) = match &member {
        Some(_) => ("play-file-member", None),
        None => ("play-file", Some(("Async", if id.is_some() { "true" } else { "false" }))),
    };
    let said: Vec<Said<'_>> = [action(name), ("File", path)].into_iter().chain(async_said).collect();
    tell(switch, conference, member.as_deref(), API, &said);
    let answer = match &member {
        Some(member) => format!("+OK (play) Playing file {path} to member {}\n", member.id),
        None => format!("+OK (play) Playing file {path}\n"),
    };
    let (later, conference, path) = (Arc::clone(switch), Arc::clone(conference), path.to_owned());
    switch.queues.spawn(async move {
        let time = later.config().playing;
        later.clock.sleep(time).await;
        if !later.conferences.lock().iter().any(|other| Arc::ptr_eq(other, &conference)) {
            return;
        }
        let mut event = event(&later, &conference, None, ("conference_file.c", "conference_file_close", 90));
        event
            .add("seconds", time.as_secs().to_string())
            .add("milliseconds", time.as_millis().to_string())
            .add("samples", samples(time))
            .add("Action", format!("{name}-done"));
        if let Some(member) = &member {
            describe(&later, &conference, &mut event);
            describe_member(&conference, member, &mut event);
        }
        event.add("File", path);
        later.fire(event);
    });
    answer
}

fn samples(time: Duration) -> String {
    (time.as_millis() * u128::from(RATE) / 1000).to_string()
}

fn norecord(switch: &Switch, conference: &Conference, which: &str) -> String {
    let all = conference.recordings.take();
    let (stopped, kept): (Vec<String>, Vec<String>) = all.into_iter().partition(|path| which == "all" || path == which);
    conference.recordings.set(kept);
    let mut answer = match stopped.is_empty() && which != "all" {
        true => format!("-ERR non-existant recording '{which}'\n"),
        false => String::new(),
    };
    for path in stopped {
        stop_recording(switch, conference, &path);
        answer += &format!("Stopped recording file {path}\n");
    }
    // As a server counts them.
    answer + "+OK Stopped recording 0 files\n"
}

fn stop_recording(switch: &Switch, conference: &Conference, path: &str) {
    let said = [
        action("stop-recording"),
        ("Path", path),
        ("Other-Recordings", "false"),
        ("Samples-Out", "0"),
        ("Samplerate", "8000"),
        ("Milliseconds-Elapsed", "0"),
        ("Record-File-Size", "44"),
    ];
    tell(switch, conference, None, ("conference_record.c", "conference_record_thread_run", 400), &said);
}

fn relate(conference: &Conference, one: &str, other: &str, what: &str) -> String {
    let id = |text: &str| {
        let members = conference.members.lock();
        members.iter().find(|member| member.id.to_string() == text).map(|member| member.id)
    };
    let missing = format!("-ERR relationship {one}->{other} not found.\n");
    let (Some(from), Some(to)) = (id(one), id(other)) else { return missing };
    let mut relations = conference.relations.lock();
    match what {
        "clear" if relations.remove(&(from, to)).is_some() => format!("+OK relationship {one}->{other} cleared.\n"),
        "clear" => missing,
        _ => {
            if relations.len() < MOST {
                relations.insert((from, to), ());
            }
            format!("+OK {one}->{other} {what} set\n")
        }
    }
}

fn transfer(switch: &Switch, conference: &Conference, id: &str, to: &str) -> String {
    let member = conference.members.lock().iter().find(|member| member.id.to_string() == id).cloned();
    let Some(member) = member else { return format!("-ERR No Member {id} in conference {}.\n", conference.name) };
    let said = [("Old-Conference-Name", &*conference.name), ("New-Conference-Name", to), action("transfer")];
    tell(switch, conference, Some(&member), API, &said);
    member.call.transfer(&format!("conference:{to}@{}", conference.profile), "inline");
    format!("+OK Member '{id}' sent to conference {to}.\n")
}

fn headline(conference: &Conference) -> String {
    let flags: Vec<&str> = [
        ("locked", conference.is_locked.get()),
        ("running", true),
        ("answered", true),
        ("enforce_min", true),
        ("dynamic", true),
        ("exit_sound", conference.exit_sound.get()),
        ("enter_sound", conference.enter_sound.get()),
        ("recording", !conference.recordings.lock().is_empty()),
        ("json_status", true),
    ]
    .iter()
    .filter(|(_, is_set)| *is_set)
    .map(|(name, _)| *name)
    .collect();
    let count = conference.members.lock().len();
    let (plural, locked) = (if count == 1 { "" } else { "s" }, if flags[0] == "locked" { " locked" } else { "" });
    format!(
        "+OK Conference {} ({count} member{plural} rate: {RATE}{locked} flags: {})\n",
        conference.name,
        flags.join("|")
    )
}

fn list(conference: &Conference, separator: &str) -> String {
    let members = conference.members.lock();
    let row = |member: &Arc<Member>| {
        let (name, number) = member.call.party();
        let flags: Vec<&str> = [
            ("hear", member.hears.get()),
            ("speak", member.speaks.get()),
            ("floor", conference.floor.get() == Some(member.id)),
            ("hold", member.is_held.get()),
        ]
        .iter()
        .filter(|(_, is_set)| *is_set)
        .map(|(name, _)| *name)
        .collect();
        let cells = [
            &member.id.to_string(),
            &member.call.setup.name,
            &member.call.uuid,
            name,
            number,
            &flags.join("|"),
            &member.volume_in.get().to_string(),
            &member.volume_out.get().to_string(),
            &member.energy.get().to_string(),
        ];
        cells.join(separator) + "\n"
    };
    members.iter().map(row).collect()
}

/// What both lists say of a conference, and of a member: what is so, and what is not.
fn is_so(conference: &Conference) -> [(&'static str, bool); 7] {
    [
        ("locked", conference.is_locked.get()),
        ("running", true),
        ("answered", true),
        ("enforce_min", true),
        ("dynamic", true),
        ("exit_sound", conference.exit_sound.get()),
        ("enter_sound", conference.enter_sound.get()),
    ]
}

fn seconds(switch: &Switch, since: Duration) -> u64 {
    switch.clock.now().saturating_sub(since).as_secs()
}

fn json(switch: &Switch, conferences: &[Arc<Conference>]) -> String {
    let one = |conference: &Arc<Conference>| {
        let flag = |name: &str| is_so(conference).iter().any(|(known, is_set)| *known == name && *is_set);
        let recording = !conference.recordings.lock().is_empty();
        let mut out = String::from("{\n");
        let mut say = |name: &str, value: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "\t\t\"{name}\":\t{value},");
        };
        say("conference_name", quoted(&conference.name));
        say("member_count", conference.members.lock().len().to_string());
        say("ghost_count", "0".into());
        say("rate", RATE.to_string());
        say("run_time", seconds(switch, conference.began).to_string());
        say("conference_uuid", quoted(&conference.uuid));
        for name in ["canvas_count", "max_bw_in", "force_bw_in", "video_floor_packets"] {
            say(name, "0".into());
        }
        for name in
            ["locked", "destruct", "wait_mod", "audio_always", "running", "answered", "enforce_min", "bridge_to"]
        {
            say(name, flag(name).to_string());
        }
        for name in ["dynamic", "exit_sound", "enter_sound"] {
            say(name, flag(name).to_string());
        }
        say("recording", recording.to_string());
        for name in ["video_bridge", "video_floor_only", "video_rfc4579"] {
            say(name, "false".into());
        }
        if conference.max_members.get() > 0 {
            say("max_members", conference.max_members.get().to_string());
        }
        say("variables", "{\n\t\t}".into());
        let members: Vec<String> =
            conference.members.lock().iter().map(|member| json_member(switch, conference, member)).collect();
        out + &format!("\t\t\"members\":\t[{}]\n\t}}", members.join(", "))
    };
    format!("[{}]", conferences.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn json_member(switch: &Switch, conference: &Conference, member: &Member) -> String {
    let (name, number) = member.call.party();
    let flags: Vec<String> = member_flags(conference, member)
        .iter()
        .filter(|(name, _)| *name != "is_ghost")
        .chain(&[("pass_digits", false)])
        .map(|(name, is_set)| format!("\t\t\t\t\t\"{name}\":\t{is_set}"))
        .collect();
    let rows = [
        ("type", "\"caller\"".into()),
        ("id", member.id.to_string()),
        ("flags", format!("{{\n{}\n\t\t\t\t}}", flags.join(",\n"))),
        ("uuid", quoted(&member.call.uuid)),
        ("caller_id_name", quoted(name)),
        ("caller_id_number", quoted(number)),
        ("join_time", seconds(switch, member.joined).to_string()),
        ("last_talking", "0".into()),
        ("energy", member.energy.get().to_string()),
        ("volume_in", member.volume_in.get().to_string()),
        ("volume_out", member.volume_out.get().to_string()),
        ("output-volume", member.volume_out.get().to_string()),
        ("input-volume", "0".into()),
    ];
    let rows: Vec<String> = rows.iter().map(|(name, value)| format!("\t\t\t\t\"{name}\":\t{value}")).collect();
    format!("{{\n{}\n\t\t\t}}", rows.join(",\n"))
}

/// The flags of a member as JSON and XML have them. XML has the hold after the talking.
fn member_flags(conference: &Conference, member: &Member) -> [(&'static str, bool); 13] {
    [
        ("can_hear", member.hears.get()),
        ("can_see", true),
        ("can_speak", member.speaks.get()),
        ("hold", member.is_held.get()),
        ("mute_detect", false),
        ("talking", false),
        ("has_video", false),
        ("video_bridge", false),
        ("has_floor", conference.floor.get() == Some(member.id)),
        ("is_moderator", false),
        ("end_conference", false),
        ("mandatory_member_end_conference", false),
        ("is_ghost", false),
    ]
}

fn xml(switch: &Switch, conferences: &[Arc<Conference>]) -> String {
    let mut out = String::from("<?xml version=\"1.0\"?>\n<conferences>\n");
    for conference in conferences {
        let members = conference.members.lock();
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "  <conference name=\"{}\" member-count=\"{}\" ghost-count=\"0\" rate=\"{RATE}\" uuid=\"{}\"",
            escaped(&conference.name),
            members.len(),
            conference.uuid,
        );
        for (name, is_set) in is_so(conference) {
            if is_set {
                let _ = write!(out, " {name}=\"true\"");
            }
        }
        if conference.max_members.get() > 0 {
            let _ = write!(out, " max_members=\"{}\"", conference.max_members.get());
        }
        if !conference.recordings.lock().is_empty() {
            out += " recording=\"true\"";
        }
        let run_time = seconds(switch, conference.began);
        let _ = write!(out, " run_time=\"{run_time}\">\n    <variables></variables>\n    <members>\n");
        for member in members.iter() {
            xml_member(switch, conference, member, &mut out);
        }
        out += "    </members>\n  </conference>\n";
    }
    out + "</conferences>\n"
}

fn xml_member(switch: &Switch, conference: &Conference, member: &Member, out: &mut String) {
    let (name, number) = member.call.party();
    let _ = write!(out, "      <member type=\"caller\">\n        <id>{}</id>\n        <flags>\n", member.id);
    let mut flags = member_flags(conference, member);
    flags[3..6].rotate_left(1);
    for (name, is_set) in flags {
        let _ = writeln!(out, "          <{name}>{is_set}</{name}>");
    }
    out.push_str("        </flags>\n");
    let rows = [
        ("uuid", member.call.uuid.clone()),
        ("caller_id_name", name.replace(' ', "%20")),
        ("caller_id_number", number.replace(' ', "%20")),
        ("join_time", seconds(switch, member.joined).to_string()),
        ("last_talking", "N/A".into()),
        ("energy", member.energy.get().to_string()),
        ("volume_in", member.volume_in.get().to_string()),
        ("volume_out", member.volume_out.get().to_string()),
        ("output-volume", member.volume_out.get().to_string()),
    ];
    for (name, value) in rows {
        let _ = writeln!(out, "        <{name}>{}</{name}>", escaped(&value));
    }
    out.push_str("      </member>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
