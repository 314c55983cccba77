//! Writes inputs for the fuzz targets, made of the recorded connections, the golden cases and some lines by hand, to
//! `DIRECTORY/<target>/`: `cargo run --example seed DIRECTORY`. `fuzz/corpus` holds what is worth keeping of them.

#[path = "../../esl-proto/tests/common/golden.rs"]
#[expect(dead_code, reason = "only what a case sends is wanted here")]
mod golden;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use esl_proto::frame::Step;
use esl_proto::{Decoder, Frame, Limits, Message};

/// Longer ones say nothing that shorter ones do not, and are slow.
const MOST: usize = 2048;

/// Lines that a program may write or read as calls.
const CALLS: &[&str] = &[
    "originate user/1000 &park()",
    "originate sofia/gateway/gw/1234 1000 XML default O\\'Hara 1000 20",
    "originate '{^^;originate_timeout=20;sales_note=A, B}user/1000,[leg_delay_start=5]user/1001|sofia/gateway/gw/1' &park()",
    "originate '{a=1,b=\\'x, y\\'}[c=d]user/1000,user/1001|u' '&playback(a b)' XML default",
    "<a=1> u:_: <b=2>{c=3}v",
    "{a='1,2',b=it's}[a=1][^^;b=2,3;c=4] u|w",
    r"[a=;~!#*+&.?/%\\\\,][b=@\\\\,]u/1",
    "{a=b:_'':_'':}u/$''{y}$''$",
];

/// What clients seldom say: as a user with rights, behind the octets that give them.
const SESSIONS: &[(u8, &str)] = &[
    (8, "userauth a@b:c\n\nevent ALL\n\nevent plain CUSTOM a::c\n\nnixevent CUSTOM a::c\n\n"),
    (8, "userauth a@b:c\n\nevent ALL\n\nfilter list x\n\nfilter delete list\n\nlog 5\n\n"),
    (0, "userauth a@b:c\n\nevent HEARTBEAT CUSTOM a::b\n\nevent TALK\n\napi bgapi status\n\napi bgapi x\n\nlog\n\n"),
    (16, "auth x\n\nbgapi unload mod_event_socket\n\nreload mod_event_socket\n\n"),
    (16, "auth x\n\nmyevents u\n\nsendmsg u\nasync: true\n\nsendmsg\n\nlinger 5\n\nnolinger\n\n"),
    (17, "bgapi status\n\nconnect\n\nsendmsg 5fd4\nasync: on\n\nfilter Unique-ID /5/\n\nevent xml ALL\n\n"),
];

/// What clients seldom say, as a server reads it all the same.
const ODD: &[&str] = &[
    "linger -5\n\n",
    "LINGER x\n\nlinger  7y\n\nlinger\n\n",
    "log warning x\n\nlog -1\n\nlog 64\n\nlogx\n\n",
    "event json CUSTOM a::b TALK\n\nevent  xml SWITCH_EVENT_TALK\n\nevent\n\nnixevent xSWITCH_EVENTxTALK custom\n\n",
    "userauth u:p@d:q\n\nuserauth u@d:q\n\nuserauth u\n\nauth  x\n\n",
    "filter  delete all\n\nfilter delete a b c\n\nfilter add a\n\nfilter ADD a \n\nfilter delete\n\nfilter x  y\n\n",
    "myevents  u json\n\nmyevents XML\n\nmyevents\n\n",
    "divert_events ON\n\ndivert_events\n\ngetvar\n\ngetvarx  y\n\n...\n\nnolog\n\n",
    "sendmsg u\ncall-command: unicast\nlocal-port: 70000\nremote-port: -1\nlocal-ip: a\ntransport: b\nflags: c\n\n",
    "sendmsg\nsession-id: u\ncall-command: execute\nexecute-app-name: a\ncontent-type: TEXT/plain\nhold-bleg: 2\n\
     Content-Length: 2\nContent-Length: 3\nevent-uuid: x\nevent-uuid-name: y\nloops: -3\nlead-frames: 99999999999\n\
     event-lock: yes\nevent-lock-pri: 0\nasync: ACTIVE\n\nabcde",
    "sendmsg u\ncall-command: hangup\nhangup-cause: 17\n\nsendmsg u\ncall-command: nomedia\nnomedia-uuid: v\n\n",
    "sendmsg u\ncall-command: xferext\napplication: a b c\nAPPLICATION: d\n\nsendmsg  u\ncall-command: EXECUTE\n\n",
    "sendevent \tSWITCH_EVENT_TALK\na:b\nc:  d\ne\nf:\n\nbgapi a\njob-uuid: b\n\napi a\nconsole_execute: 007\n\n",
    "api a\n\rb: c\n\r\n\r\r\napi a\0b\n\n\0x\n\n",
];

struct Seeds {
    directory: PathBuf,
    known: BTreeSet<(&'static str, Vec<u8>)>,
}

impl Seeds {
    fn add(&mut self, target: &'static str, front: &[u8], octets: &[u8]) {
        if octets.len() <= MOST {
            self.known.insert((target, [front, octets].concat()));
        }
    }

    /// What a server sends.
    fn server(&mut self, stream: &[u8]) {
        for mode in [0, 2, 4, 6] {
            self.add("decode", &[mode, 200, 7, 40], stream);
        }
        let is_outbound = !stream.starts_with(b"Content-Type: auth/request");
        for size in [0, 1] {
            self.add("parts", &[is_outbound.into(), 30, 100, size, 7, 40], stream);
        }
        each(Decoder::new(Limits::DEFAULT), stream, |frame, octets| {
            self.add("decode", &[0, 0, 7, 40], octets);
            match Message::from(frame) {
                Message::Event(event) => self.event(event.format() as u8, event.text()),
                Message::Reply(reply) if reply.is_connect() => self.event(3, octets),
                _ => {}
            }
        });
    }

    fn event(&mut self, format: u8, text: &[u8]) {
        self.add("events", &[format, 8], text);
        for target in 0..3 {
            for how in [0, 1, 3, 14] {
                self.add("transcode", &[format + 3 * target, how], text);
            }
        }
        let oracle = match format {
            1 => "json",
            2 => "xml",
            _ => return,
        };
        self.add(oracle, &[], text);
    }

    /// What a client sends.
    fn client(&mut self, stream: &[u8]) {
        self.add("decode", &[1, 200, 7, 40], stream);
        self.add("server", &[0, 60, 7, 40], stream);
        self.add("server", &[1, 60, 7, 40], stream);
        each(Decoder::for_requests(Limits::DEFAULT), stream, |_, octets| self.add("request", &[], octets));
    }

    fn write(&self) -> std::io::Result<()> {
        for (number, (target, octets)) in self.known.iter().enumerate() {
            let directory = self.directory.join(target);
            fs::create_dir_all(&directory)?;
            fs::write(directory.join(format!("{number:05}")), octets)?;
        }
        println!("{} inputs", self.known.len());
        Ok(())
    }
}

/// Calls `look` with each frame of a stream and its octets.
fn each(mut decoder: Decoder, mut stream: &[u8], mut look: impl FnMut(Frame<'_>, &[u8])) {
    while let Ok(Step::Frame { frame, consumed }) = decoder.decode(stream) {
        look(frame, &stream[..consumed]);
        stream = &stream[consumed..];
    }
}

fn main() -> std::io::Result<()> {
    let directory = std::env::args_os().nth(1).expect("a directory").into();
    let mut seeds = Seeds { directory, known: BTreeSet::new() };
    for case in golden::cases() {
        seeds.server(&case.wire);
    }
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/captures");
    for capture in fs::read_dir(captures)? {
        let capture = capture?.path();
        if let Ok(stream) = fs::read(capture.join("server.bin")) {
            seeds.server(&stream);
        }
        if let Ok(stream) = fs::read(capture.join("client.bin")) {
            seeds.client(&stream);
        }
    }
    for (mode, session) in SESSIONS {
        seeds.add("server", &[*mode, 160, 7, 40], session.as_bytes());
    }
    for requests in ODD {
        seeds.client(requests.as_bytes());
    }
    for line in CALLS {
        seeds.add("dial", &[0], line.as_bytes());
    }
    seeds.write()
}
