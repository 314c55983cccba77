//! `show`, with FreeSWITCH's columns.

use std::fmt::Write;
use std::sync::Arc;

use super::answer::{json_text, usage};
use super::uuid;
use crate::config::Registration;
use crate::modules::names::{ACCEPTED, COMMANDS, KNOWN};
use crate::switch::headers::CODEC;
use crate::switch::{Call, HOSTNAME, Switch};

const CHANNELS: &str = "uuid,direction,created,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,application,\
    application_data,dialplan,context,read_codec,read_rate,read_bit_rate,write_codec,write_rate,write_bit_rate,secure,\
    hostname,presence_id,presence_data,accountcode,callstate,callee_name,callee_num,callee_direction,call_uuid,\
    sent_callee_name,sent_callee_num,initial_cid_name,initial_cid_num,initial_ip_addr,initial_dest,initial_dialplan,\
    initial_context";
/// What begins with `b_` is of the other leg.
const CALLS: &str = "uuid,direction,created,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,presence_id,\
    presence_data,accountcode,callstate,callee_name,callee_num,callee_direction,call_uuid,hostname,sent_callee_name,\
    sent_callee_num,b_uuid,b_direction,b_created,b_created_epoch,b_name,b_state,b_cid_name,b_cid_num,b_ip_addr,b_dest,\
    b_presence_id,b_presence_data,b_accountcode,b_callstate,b_callee_name,b_callee_num,b_callee_direction,\
    b_sent_callee_name,b_sent_callee_num,call_created_epoch";

const REGISTRATIONS: &str = "reg_user,realm,token,url,expires,network_ip,network_port,network_proto,hostname,metadata";
const TASKS: &str = "task_id,task_desc,task_group,task_runtime,task_sql_manager,hostname";
const USAGE: &str = "codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|\
    calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|management|modules|nat_map|say|\
    interfaces|interface_types|tasks|limits|status";
/// What the modules of this server offer, beside applications and API commands: kind, name, module.
const INTERFACES: &[(&str, &str, &str)] = &[
    ("chat", "event", "mod_dptools"),
    ("codec", "G.711 alaw", "CORE_PCM_MODULE"),
    ("codec", "G.711 ulaw", "CORE_PCM_MODULE"),
    ("dialplan", "XML", "mod_dialplan_xml"),
    ("dialplan", "inline", "mod_dptools"),
    ("endpoint", "error", "mod_dptools"),
    ("endpoint", "loopback", "mod_loopback"),
    ("endpoint", "null", "mod_loopback"),
    ("endpoint", "sofia", "mod_sofia"),
    ("endpoint", "user", "mod_dptools"),
    ("file", "wav", "mod_sndfile"),
    ("limit", "hash", "mod_hash"),
    ("management", "1001", "mod_sofia"),
    ("say", "en", "mod_say_en"),
    ("timer", "soft", "CORE_SOFTTIMER_MODULE"),
];

/// The cells of a table, row by row.
type Rows<'a> = Vec<Vec<(&'a str, String)>>;

/// The answer: a table in one of its forms.
pub(crate) fn show(switch: &Switch, argument: &str) -> String {
    let words: Vec<&str> = argument.split(' ').filter(|word| !word.is_empty()).collect();
    let is = |place: usize, what: &str| words.get(place).is_some_and(|word: &&str| word.eq_ignore_ascii_case(what));
    let subject = words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let counts = matches!(&*subject, "channels" | "calls" | "registrations") && is(1, "count");
    let like = if subject == "channels" && is(1, "like") { words.get(2).copied() } else { None };
    // Another word than these is a name to look for, and hides the form that follows it.
    let name = words.get(1).copied().filter(|_| !is(1, "as") && !is(1, "count"));
    let (columns, rows): (String, Rows<'_>) = match &*subject {
        "channels" => {
            let is_like = |call: &Arc<Call>| {
                like.is_none_or(|like| {
                    let columns = ["uuid", "name", "cid_name", "cid_num", "presence_data", "accountcode"];
                    columns.iter().any(|column| field(call, column).contains(like))
                })
            };
            (CHANNELS.into(), rows(CHANNELS, &switch.calls().into_iter().filter(is_like).collect::<Vec<_>>()))
        }
        "calls" => (CALLS.into(), rows(CALLS, &legs(switch, false))),
        "bridged_calls" => (CALLS.into(), rows(CALLS, &legs(switch, true))),
        "detailed_calls" | "detailed_bridged_calls" => {
            let columns = detailed();
            let calls = legs(switch, subject == "detailed_bridged_calls");
            let rows = calls.iter().map(|call| {
                let cell = |column: &str| (leaked(column), field(call, column));
                columns.split(',').map(cell).collect()
            });
            let rows = rows.collect();
            (columns, rows)
        }
        "registrations" => (REGISTRATIONS.into(), registrations(switch)),
        "tasks" => (TASKS.into(), Vec::new()),
        "aliases" | "complete" | "nat_map" | "interface_types" => (String::new(), Vec::new()),
        "modules" => ("type,name,ikey,filename".into(), interfaces(None, name, true)),
        "interfaces" => ("type,name,ikey".into(), interfaces(None, None, false)),
        "api" | "application" => match name {
            Some(name) => ("name,description,syntax,ikey".into(), described(&subject, name)),
            None if is(1, "count") => (String::new(), Vec::new()),
            None => ("type,name,ikey".into(), interfaces(Some(&subject), None, false)),
        },
        "limits" => ("type,name,ikey".into(), interfaces(Some("limit"), None, false)),
        "codec" | "endpoint" | "dialplan" | "file" | "timer" | "chat" | "management" | "say" => {
            ("type,name,ikey".into(), interfaces(Some(&subject), None, false))
        }
        _ => return usage(USAGE),
    };
    let form = match () {
        () if is(1, "as") => words.get(2..),
        () if counts && is(2, "as") => words.get(3..),
        () if like.is_some() && is(3, "as") => words.get(4..),
        () => None,
    };
    let form = form.unwrap_or_default();
    match form.first().map(|word| word.to_ascii_lowercase()).as_deref() {
        Some("json") if counts => format!("{{\"row_count\":{},\"rows\":[]}}", rows.len()),
        Some("xml") if counts => format!("<result row_count=\"{}\"></result>\n", rows.len()),
        Some("json") => json(&rows),
        Some("xml") => xml(&rows),
        Some("delim" | "csv") | None if counts => total(&rows),
        Some("delim" | "csv") => text(&columns, &rows, form.get(1).unwrap_or(&",")),
        None => text(&columns, &rows, ","),
        Some(_) => format!("-ERR Cannot find format {}\n", form[0]),
    }
}

/// A column of the detailed table by its lasting name: what begins with `b_` has no name of its own among the channels'.
fn leaked(column: &str) -> &'static str {
    let own = column.strip_prefix("b_").unwrap_or(column);
    match column.len() - own.len() {
        0 => CHANNELS.split(',').find(|known| *known == own).unwrap_or("call_created_epoch"),
        _ => B_COLUMNS.split(',').find(|known| *known == column).unwrap_or_default(),
    }
}

const B_COLUMNS: &str = "b_uuid,b_direction,b_created,b_created_epoch,b_name,b_state,b_cid_name,b_cid_num,b_ip_addr,b_dest,\
    b_application,b_application_data,b_dialplan,b_context,b_read_codec,b_read_rate,b_read_bit_rate,b_write_codec,b_write_rate,\
    b_write_bit_rate,b_secure,b_hostname,b_presence_id,b_presence_data,b_accountcode,b_callstate,b_callee_name,b_callee_num,\
    b_callee_direction,b_call_uuid,b_sent_callee_name,b_sent_callee_num";

fn detailed() -> String {
    let own = CHANNELS.split_once(",initial_cid_name").map_or(CHANNELS, |(own, _)| own);
    format!("{own},{B_COLUMNS},call_created_epoch")
}

/// The calls by their first legs; only those of two that are connected, perhaps.
fn legs(switch: &Switch, bridged: bool) -> Vec<Arc<Call>> {
    // A call of two legs is one: that of the leg that is called first.
    let is_first = |call: &Arc<Call>| call.other_leg().is_none_or(|other| other.number > call.number);
    let is_wanted = |call: &Arc<Call>| !bridged || (call.bridged.get().is_some() && call.other_leg().is_some());
    switch.calls().into_iter().filter(is_first).filter(is_wanted).collect()
}

fn rows(columns: &'static str, calls: &[Arc<Call>]) -> Rows<'static> {
    calls.iter().map(|call| columns.split(',').map(|column| (column, field(call, column))).collect()).collect()
}

fn registrations(switch: &Switch) -> Rows<'static> {
    let row = |registration: &Registration| {
        let cell = |column| {
            let text = match column {
                "reg_user" => registration.user.clone(),
                "realm" => registration.realm.clone(),
                "token" => format!("{}@{}", registration.user, HOSTNAME),
                "url" => registration.url.clone(),
                "expires" => (switch.now().as_secs() + 3600).to_string(),
                "network_ip" => "127.0.0.1".into(),
                "network_port" => "5060".into(),
                "network_proto" => "udp".into(),
                "hostname" => HOSTNAME.into(),
                _ => String::new(),
            };
            (column, text)
        };
        REGISTRATIONS.split(',').map(cell).collect()
    };
    switch.config().registrations.iter().map(row).collect()
}

/// What modules offer: of a kind, or of a module.
fn interfaces(kind: Option<&str>, module: Option<&str>, with_file: bool) -> Rows<'static> {
    let mut all: Vec<(&str, &str, &str)> = INTERFACES.to_vec();
    all.extend(COMMANDS.iter().copied().chain(uuid::names()).map(|name| {
        let module = if name == "conference" { "mod_conference" } else { "mod_commands" };
        ("api", name, module)
    }));
    all.extend(KNOWN.iter().chain(ACCEPTED).map(|name| ("application", *name, module_of(name))));
    all.sort_unstable();
    let is_wanted = |(of, _, from): &(&str, &str, &str)| {
        kind.is_none_or(|kind| kind == *of) && module.is_none_or(|module| module == *from)
    };
    let row = |(kind, name, module): (&'static str, &'static str, &'static str)| {
        let mut row = vec![("type", kind.to_owned()), ("name", name.to_owned()), ("ikey", module.to_owned())];
        if with_file {
            row.push(("filename", format!("/usr/lib/freeswitch/mod/{module}.so")));
        }
        row
    };
    all.into_iter().filter(is_wanted).map(row).collect()
}

fn module_of(application: &str) -> &'static str {
    match application {
        "socket" => "mod_event_socket",
        "conference" => "mod_conference",
        _ => "mod_dptools",
    }
}

fn described(kind: &str, name: &str) -> Rows<'static> {
    let found = interfaces(Some(kind), None, false);
    let is_name = |row: &&Vec<(&str, String)>| row.iter().any(|(column, cell)| *column == "name" && cell == name);
    let row = |row: &Vec<(&'static str, String)>| {
        let module = row.last().map_or_else(String::new, |(_, module)| module.clone());
        vec![("name", name.to_owned()), ("description", String::new()), ("syntax", String::new()), ("ikey", module)]
    };
    found.iter().filter(is_name).map(row).collect()
}

fn field(call: &Call, column: &str) -> String {
    if let Some(column) = column.strip_prefix("b_") {
        return call.other_leg().map_or_else(String::new, |other| field(&other, column));
    }
    let (application, argument) = call.application.lock().clone();
    match column {
        "uuid" | "call_uuid" => call.uuid.clone(),
        "direction" => call.direction().into(),
        "created" => call.switch.date(call.created),
        "created_epoch" => call.created.as_secs().to_string(),
        "call_created_epoch" => call.bridged.get().map_or_else(String::new, |time| time.as_secs().to_string()),
        "name" => call.setup.name.clone(),
        "state" => call.state.get().0.into(),
        "callstate" => call.call_state.get().0.into(),
        "cid_name" | "initial_cid_name" => call.setup.caller_name.clone(),
        "cid_num" | "initial_cid_num" => call.setup.caller_number.clone(),
        "dest" | "initial_dest" | "callee_num" => call.setup.destination.clone(),
        "callee_name" => "Outbound Call".into(),
        "application" => application,
        "application_data" => argument,
        "dialplan" | "initial_dialplan" => "xml".into(),
        "context" | "initial_context" => "default".into(),
        "read_codec" | "write_codec" => CODEC.0.into(),
        "read_rate" | "write_rate" => CODEC.1.into(),
        "read_bit_rate" | "write_bit_rate" => CODEC.2.into(),
        "hostname" => HOSTNAME.into(),
        "presence_id" | "presence_data" | "accountcode" => {
            call.variable(column).map_or_else(String::new, |value| String::from_utf8_lossy(&value.text()).into_owned())
        }
        _ => String::new(),
    }
}

fn total<R>(rows: &[R]) -> String {
    format!("\n{} total.\n", rows.len())
}

fn text(columns: &str, rows: &[Vec<(&str, String)>], separator: &str) -> String {
    let mut text = String::new();
    if !rows.is_empty() {
        text = columns.replace(',', separator) + "\n";
    }
    for row in rows {
        let cells: Vec<&str> = row.iter().map(|(_, cell)| &**cell).collect();
        text += &(cells.join(separator) + "\n");
    }
    text + &total(rows)
}

/// By hand: the columns keep their order.
fn json(rows: &[Vec<(&str, String)>]) -> String {
    if rows.is_empty() {
        return "{\"row_count\": 0}\n".into();
    }
    let objects: Vec<String> = rows
        .iter()
        .map(|row| {
            let members: Vec<String> =
                row.iter().map(|(name, cell)| format!("\"{name}\":{}", json_text(cell))).collect();
            format!("{{{}}}", members.join(","))
        })
        .collect();
    format!("{{\"row_count\":{},\"rows\":[{}]}}", rows.len(), objects.join(","))
}

fn xml(rows: &[Vec<(&str, String)>]) -> String {
    if rows.is_empty() {
        return "<result row_count=\"0\"/>\n".into();
    }
    let mut text = format!("<result row_count=\"{}\">\n", rows.len());
    for (place, row) in rows.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  <row row_id=\"{}\">", place + 1);
        for (name, cell) in row {
            let cell = cell.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let _ = writeln!(text, "    <{name}>{cell}</{name}>");
        }
        text += "  </row>\n";
    }
    text + "</result>\n"
}
