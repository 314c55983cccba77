//! Client and listener wired together: what the reference's rules let through arrives as it was, and nothing else does.

#[path = "../../esl-proto/tests/pair/events.rs"]
mod events;
#[path = "../../esl-proto/tests/pair/model.rs"]
mod model;
#[path = "../../esl-proto/tests/pair/play.rs"]
mod play;

use arbitrary::{Result, Unstructured};
use esl_proto::text::Percent;

use crate::texts::{several, text};
use events::{Content, Happening};
use model::{KNOWN, NAMES};
use play::{CHANNEL, Deed};

/// Lines for which the model knows the answer, whatever came before.
const LINES: &[&str] = &[
    "event json ALL",
    "noevents",
    "filter delete all",
    "log 7",
    "log 3",
    "log",
    "log disable",
    "nolog",
    "log 99",
    "linger",
    "linger 3",
    "nolinger",
    "divert_events on",
    "divert_events off",
    "api status",
    "bgapi status x",
    "getvar a",
    "resume",
    "sendmsg nobody\ncall-command: hangup",
];
const SUBCLASSES: &[&str] = &["a::b", "a::c", "x"];
const HEADERS: &[&str] = &["Foo", "foo", "Bar", "Event-Name", "Event-Subclass", "_body", "Nosuch"];
const VALUES: &[&str] = &[
    "one",
    "ONE",
    "- one",
    "+two",
    "-two",
    "HEARTBEAT",
    "a::b",
    "ARRAY::one|:two",
    "%",
    "- HEARTBEAT",
    "/ne/",
    "/w/",
    "-/ne/",
];
const HEADER_NAMES: &[&str] = &["Foo", "foo", "Bar", "My Header", "a:b", "variable_nolocal:x", "\u{17b}\u{f3}", "1num"];

/// See the module.
pub fn run(data: &[u8]) {
    // An input that is too short says nothing.
    let _ = deeds(&mut Unstructured::new(data));
}

fn deeds(u: &mut Unstructured<'_>) -> Result<()> {
    let outbound = u.arbitrary()?;
    let percent = if u.arbitrary()? { Percent::Lossless } else { Percent::FreeSwitch };
    let pieces = [1 + usize::from(u.arbitrary::<u8>()?), 1 + usize::from(u.arbitrary::<u8>()?)];
    let mut deeds = Vec::new();
    while !u.is_empty() && deeds.len() < 60 {
        deeds.push(match u.int_in_range(0..=10)? {
            0..=4 => Deed::Send(line(u)?),
            10 => Deed::Log(u.int_in_range(0..=8)?),
            _ => Deed::Happen(happening(u)?),
        });
    }
    play::run(&deeds, &pieces, outbound, percent);
    Ok(())
}

fn line(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=6)? {
        0 | 1 => {
            let format = u.choose(&["", "plain ", "json ", "xml ", "JSON "])?;
            format!("event {format}{}", names(u)?)
        }
        2 => format!("nixevent {}", names(u)?),
        3 => format!("filter {} {}", u.choose(HEADERS)?, u.choose(VALUES)?),
        4 => format!("filter delete {} {}", u.choose(HEADERS)?, u.choose(VALUES)?),
        5 => format!("myevents {CHANNEL}"),
        _ => (*u.choose(LINES)?).to_owned(),
    })
}

fn names(u: &mut Unstructured<'_>) -> Result<String> {
    let mut words = several(u, 3, |u| u.choose(&NAMES).copied())?;
    if u.arbitrary()? {
        words.push("CUSTOM");
        words.extend(several(u, 2, |u| u.choose(SUBCLASSES).copied())?);
    }
    Ok(words.join(" "))
}

fn happening(u: &mut Unstructured<'_>) -> Result<Happening> {
    let name = *u.choose(&KNOWN)?;
    let mut headers = vec![("Event-Name".to_owned(), name.into())];
    if name == "CUSTOM" && u.arbitrary()? {
        headers.insert(0, ("Event-Subclass".to_owned(), (*u.choose(SUBCLASSES)?).into()));
    }
    if u.arbitrary()? {
        let header = u.choose(&["Job-Owner-UUID", "Unique-ID"])?;
        headers.push(((*header).to_owned(), (*u.choose(&[CHANNEL, "another"])?).into()));
    }
    headers.extend(several(u, 3, |u| Ok(((*u.choose(HEADER_NAMES)?).to_owned(), content(u)?)))?);
    let body = if u.arbitrary()? { Some(text(u)?) } else { None };
    Ok(Happening { name: name.to_owned(), headers, body })
}

/// A value that does not look like another: no format can tell those apart.
fn content(u: &mut Unstructured<'_>) -> Result<Content> {
    let item = |u: &mut Unstructured<'_>| {
        let text = text(u)?;
        let odd = text.is_empty() || text == b"_undef_" || text.contains(&b'|') || text.starts_with(b"ARRAY::");
        Ok(if odd { b"one".to_vec() } else { text })
    };
    Ok(if u.ratio(1, 3)? {
        Content::Array(several(u, 2, item)?.into_iter().chain([item(u)?]).collect())
    } else {
        Content::Text(item(u)?)
    })
}
