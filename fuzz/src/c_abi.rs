//! The C library under a random sequence of calls, right ones and wrong ones: in memory of exactly the lengths that are
//! said, so that AddressSanitizer sees each octet too many. What is found points into the host's buffer; what is wrong
//! is told and changes nothing. Each function of the header is called: `fuzz/run` sees to that.

mod apart;
mod calls;
mod client;
mod connection;
mod memory;
mod messages;
mod parts;
mod questions;
mod server;
mod sessions;

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use arbitrary::{Result, Unstructured};
use c_library::client::{eslp_client, eslp_role};
use c_library::decoder::{ESLP_BUFFER_MIN, eslp_decoder, eslp_limits, eslp_sender};
use c_library::server::{eslp_server, eslp_server_options};
use c_library::status::eslp_status;
use memory::{Memory, NONE, bytes, exact, zeroed};
use server::QUEUED;

use crate::c_functions::*;
use crate::client::FRAMES;

const OK: eslp_status = eslp_status::ESLP_OK;

/// Room for what a listener keeps: little, so that it is full at times.
const STORAGE: usize = 160;

/// Lines that clients send.
const LINES: &[&str] = &[
    "auth x\n\n",
    "userauth a@b:c\n\n",
    "event json ALL\n\n",
    "event xml CUSTOM a::b\n\n",
    "filter a /b/\n\n",
    "filter Event-Name /T/\n\n",
    "api status\n\n",
    "bgapi status x\nJob-UUID: y\n\n",
    "sendmsg u\ncall-command: execute\nexecute-app-name: a\n\n",
    "sendmsg u\ncall-command: xferext\napplication: a b\napplication: c\n\n",
    "sendevent CUSTOM\nContent-Length: 2\n\nab",
    "connect\n\n",
    "getvar x\n\n",
    "log 7\n\n",
    "linger 5\n\n",
    "divert_events on\n\n",
    "myevents u\n\n",
    "exit\n\n",
];

/// See the module.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    // An input that is too short says nothing.
    let Ok(mut host) = Host::new(&mut u) else { return };
    while !u.is_empty() && host.step(&mut u).is_ok() {}
    host.end();
}

/// Three handles in memory of the host's, and the streams that they read.
struct Host {
    decoder: (Memory, *mut eslp_decoder),
    client: (Memory, *mut eslp_client),
    server: (Memory, *mut eslp_server),
    /// What the listener keeps its texts in.
    storage: Memory,
    room: usize,
    /// What each of them has not consumed.
    to_decoder: Vec<u8>,
    to_client: Vec<u8>,
    to_server: Vec<u8>,
    /// What the decoder and the client have consumed.
    decoded: u64,
    consumed: u64,
    /// How many commands the client has sent, and how many of them were answered or reported.
    sent: u64,
    reported: u64,
    /// The eslp_command_kind that the client has to begin with.
    first: i32,
    /// The eslp_host_request_kind that the host has not answered.
    asked: i32,
}

impl Host {
    fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let whole = match u.int_in_range(0..=3)? {
            0 | 1 => 0,
            2 => u.int_in_range(2..=200)?,
            _ => u.int_in_range(ESLP_BUFFER_MIN..=600)?,
        };
        let limits = eslp_limits { max_buffered: whole, ..zeroed() };
        let (role, sender) = (eslp_role(u.int_in_range(1..=2)?), eslp_sender(u.int_in_range(1..=2)?));
        let mut options: eslp_server_options = zeroed();
        options.channel = if u.arbitrary()? { bytes(b"5fd4") } else { NONE };
        (options.max_queued, options.full) = (QUEUED, u8::from(u.arbitrary::<bool>()?));
        let storage = Memory::new(STORAGE, 1);
        let sizes = [eslp_decoder_sizeof(), eslp_client_sizeof(), eslp_server_sizeof()];
        let [d, c, s] = sizes;
        let memory = [
            Memory::new(d, eslp_decoder_alignof()),
            Memory::new(c, eslp_client_alignof()),
            Memory::new(s, eslp_server_alignof()),
        ];
        let (mut decoder, mut client, mut server) = (null_mut(), null_mut(), null_mut());
        // SAFETY: memory of the lengths that are said, which nobody else uses, and which lives as long as the host.
        unsafe {
            assert!(eslp_client_init(memory[1].at(), c - 1, role, &limits, &mut client) != OK && client.is_null());
            assert_eq!(eslp_decoder_init(memory[0].at(), d, sender, &limits, &mut decoder), OK);
            assert_eq!(eslp_client_init(memory[1].at(), c, role, &limits, &mut client), OK);
            assert_eq!(eslp_server_init(memory[2].at(), s, &options, storage.at(), STORAGE, &mut server), OK);
        }
        let [of_decoder, of_client, of_server] = memory;
        Ok(Self {
            decoder: (of_decoder, decoder),
            client: (of_client, client),
            server: (of_server, server),
            storage,
            room: if whole == 0 { usize::MAX } else { whole },
            to_decoder: Vec::new(),
            to_client: Vec::new(),
            to_server: Vec::new(),
            decoded: 0,
            consumed: 0,
            sent: 0,
            reported: 0,
            first: if role.0 == 1 { 1 } else { 20 },
            asked: 0,
        })
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=15)? {
            0 => {
                let octets = octets(u)?;
                self.to_decoder.extend(&octets);
                self.to_client.extend(&octets);
            }
            1 => {
                self.to_server.extend(if u.ratio(3, 4)? { u.choose(LINES)?.as_bytes().to_vec() } else { octets(u)? });
                self.poll_server(u)?;
            }
            2 => self.decode(),
            3 => self.poll_client(),
            4 => self.poll_server(u)?,
            5 => self.send(u)?,
            6 => questions::about_text(u.int_in_range(0..=4)?, u.int_in_range(0..=9)?, &exact(&octets(u)?)),
            7 | 8 => self.happen(u)?,
            9 => self.subscribe(u)?,
            10 => self.send_elsewhere(),
            11 => calls::write(u)?,
            12 => calls::read(u)?,
            13 => match u.int_in_range(0..=3)? {
                0 => apart::step(u)?,
                1 => parts::step(u)?,
                _ => sessions::step(u)?,
            },
            14 => self.go_on(),
            _ => {
                self.wrong();
                on_the_heap(u.int_in_range(0..=3)?);
            }
        }
        Ok(())
    }

    fn decode(&mut self) {
        for _ in 0..20 {
            let buffer = exact(&self.to_decoder[..self.to_decoder.len().min(self.room)]);
            let mut step = zeroed();
            // SAFETY: the buffer is as long as said.
            let status = unsafe { eslp_decoder_decode(self.decoder.1, at(&buffer), buffer.len(), &mut step) };
            assert!(step.consumed <= buffer.len());
            if status == OK {
                questions::lies_in(step.data, &buffer);
                messages::about_lines(step.lines, &buffer);
                messages::about_message(&step.message, &buffer);
            }
            let is_stuck = status == eslp_status::ESLP_NEED_DATA && buffer.len() == self.room && step.consumed == 0;
            assert!(!is_stuck, "never asked for more than the buffer holds");
            self.to_decoder.drain(..step.consumed);
            self.decoded += step.consumed as u64;
            let rest = &buffer[step.consumed..];
            // SAFETY: as above.
            unsafe {
                assert_eq!(eslp_decoder_position(self.decoder.1), self.decoded);
                let incomplete = eslp_decoder_incomplete(self.decoder.1, at(rest), rest.len());
                assert!(incomplete as u64 <= self.decoded + rest.len() as u64);
                let missing = eslp_decoder_missing(self.decoder.1, at(rest), rest.len());
                assert!(missing == 0 || incomplete > 0);
                let mut last = zeroed();
                if eslp_decoder_at_end(self.decoder.1, at(rest), rest.len(), &mut last) == OK {
                    assert!(matches!(last.kind.0, 2 | 6) && last.frame.head.len <= rest.len());
                    messages::about_message(&last, rest);
                }
            }
            if status != OK {
                return;
            }
        }
    }

    /// What is no handle, or another's, or has ended, is found out.
    fn wrong(&mut self) {
        let (mut step, mut result) = (zeroed(), zeroed());
        let nothing = Memory::new(4096, 16);
        // SAFETY: NULL, or memory of more than a handle's length.
        unsafe {
            let (decoder, client) = (self.decoder.1, self.client.1);
            assert_eq!(eslp_decoder_decode(null_mut(), null(), 0, &mut step), eslp_status::ESLP_NULL);
            assert_eq!(eslp_decoder_decode(decoder, null(), 1, &mut step), eslp_status::ESLP_NULL);
            assert_eq!(eslp_decoder_decode(decoder, null(), 0, null_mut()), eslp_status::ESLP_NULL);
            assert_eq!(eslp_decoder_decode(client.cast(), null(), 0, &mut step), eslp_status::ESLP_BAD_HANDLE);
            assert_eq!(eslp_client_poll(nothing.at().cast(), null(), 0, &mut result), eslp_status::ESLP_BAD_HANDLE);
            let odd = nothing.at().cast::<u8>().add(1);
            assert_eq!(eslp_client_poll(odd.cast(), null(), 0, &mut result), eslp_status::ESLP_MISALIGNED);
            // Only those from the heap are given back to it.
            eslp_client_free(client);
            eslp_decoder_free(decoder);
            eslp_server_free(self.server.1);
            eslp_client_free(null_mut());
            let longest = usize::MAX;
            let status = eslp_decoder_decode(decoder, nothing.at(), longest, &mut step);
            assert_eq!(status, eslp_status::ESLP_INVALID_ARGUMENT);
        }
    }

    fn end(mut self) {
        self.decode();
        self.poll_client();
        self.end_of_stream();
        // SAFETY: the handles are there, and then are not.
        unsafe {
            for status in [OK, eslp_status::ESLP_BAD_HANDLE] {
                assert_eq!(eslp_client_drop(self.client.1), status);
                assert_eq!(eslp_decoder_drop(self.decoder.1), status);
                assert_eq!(eslp_server_drop(self.server.1), status);
            }
        }
    }
}

fn octets(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    match u.int_in_range(0..=4)? {
        0 | 1 => return Ok(u.choose(FRAMES)?.to_vec()),
        2 => return Ok(long_frame(u.int_in_range(0..=4)?, u.int_in_range(0..=900)?, u.int_in_range(0..=60)?)),
        _ => {}
    }
    let len = u.int_in_range(0..=80)?.min(u.len());
    Ok(u.bytes(len)?.to_vec())
}

/// A frame that may be longer than the buffer, of lines of about such a length.
fn long_frame(kind: u8, len: usize, line: usize) -> Vec<u8> {
    let mut lines = String::new();
    while lines.len() < len {
        lines += &format!("Name-{}: %20{}\n", lines.len(), "x%3A".repeat(line / 4));
    }
    let frame = match kind {
        0 => format!(
            "Event-Name: CHANNEL_DATA\n{lines}Content-Type: command/reply\nReply-Text: %2BOK%0A\nControl: full\n\n"
        ),
        1 => {
            let event = format!("Event-Name: TALK\n{lines}Content-Length: 4\n\nbody");
            format!("Content-Length: {}\nContent-Type: text/event-plain\n\n{event}", event.len())
        }
        2 => format!("Content-Type: command/reply\nReply-Text: {lines}\n"),
        3 => format!("Content-Type: command/reply\n{lines}"),
        _ => format!("Content-Type: text/disconnect-notice\nContent-Disposition: linger\n{lines}Content-Length: 0\n\n"),
    };
    frame.into_bytes()
}

/// Where a buffer is.
fn at(buffer: &[u8]) -> *const c_void {
    buffer.as_ptr().cast()
}

/// Handles on the heap, which AddressSanitizer watches. 1 and 2 are roles and senders.
fn on_the_heap(role: i32) {
    let (mut client, mut decoder, mut server) = (null_mut(), null_mut(), null_mut());
    let storage = Memory::new(STORAGE, 1);
    // SAFETY: what was made is given back once.
    unsafe {
        let known = if matches!(role, 1 | 2) { OK } else { eslp_status::ESLP_UNKNOWN_NUMBER };
        assert_eq!(eslp_client_new(eslp_role(role), null(), &mut client), known);
        assert_eq!(eslp_decoder_new(eslp_sender(role), null(), &mut decoder), known);
        assert_eq!(eslp_server_new(null(), storage.at(), STORAGE, &mut server), OK);
        for not_mine in [eslp_client_drop(client), eslp_decoder_drop(decoder), eslp_server_drop(server)] {
            assert!(not_mine != OK, "only those in the host's memory are dropped");
        }
        eslp_client_free(client);
        eslp_decoder_free(decoder);
        eslp_server_free(server);
    }
}
