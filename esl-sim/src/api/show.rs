//! `show channels` and `show calls`, with FreeSWITCH's columns.

use std::fmt::Write;
use std::sync::Arc;

use crate::api::usage;
use crate::call::Call;
use crate::switch::{HOSTNAME, Switch};

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

/// The answer: a table in one of its forms.
pub(crate) fn show(switch: &Switch, argument: &str) -> String {
    let words: Vec<&str> = argument.split(' ').filter(|word| !word.is_empty()).collect();
    let (columns, calls): (&str, Vec<Arc<Call>>) = match words.first() {
        Some(&"channels") => (CHANNELS, switch.calls()),
        // A call of two legs is one: that of the leg that is called first.
        Some(&"calls") => {
            let is_second = |call: &Arc<Call>| call.other_leg().is_some_and(|other| other.number < call.number);
            (CALLS, switch.calls().into_iter().filter(|call| !is_second(call)).collect())
        }
        _ => return usage("channels|calls [count|as json|as xml|as delim <string>]"),
    };
    let rows: Vec<Vec<(&str, String)>> =
        calls.iter().map(|call| columns.split(',').map(|column| (column, field(call, column))).collect()).collect();
    match words[1..] {
        [] => text(columns, &rows, ","),
        ["count", ..] => total(&rows),
        ["as", "delim" | "csv"] => text(columns, &rows, ","),
        ["as", "delim" | "csv", separator, ..] => text(columns, &rows, separator),
        ["as", "json", ..] => json(&rows),
        ["as", "xml", ..] => xml(&rows),
        ["as", form, ..] => format!("-ERR Cannot find format {form}\n"),
        _ => text(columns, &rows, ","),
    }
}

fn field(call: &Call, column: &str) -> String {
    if let Some(column) = column.strip_prefix("b_") {
        return call.other_leg().map_or_else(String::new, |other| field(&other, column));
    }
    let (application, argument) = call.application.lock().clone();
    match column {
        "uuid" | "call_uuid" => call.uuid.clone(),
        "direction" => "outbound".into(),
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
        "read_codec" | "write_codec" => crate::headers::CODEC.0.into(),
        "read_rate" | "write_rate" => crate::headers::CODEC.1.into(),
        "read_bit_rate" | "write_bit_rate" => crate::headers::CODEC.2.into(),
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
                row.iter().map(|(name, cell)| format!("\"{name}\":{}", serde_json::Value::from(&**cell))).collect();
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
