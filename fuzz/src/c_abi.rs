//! The C library under a random sequence of calls, right ones and wrong ones: in memory of exactly the lengths that are
//! said, so that AddressSanitizer sees each octet too many. What is found points into the host's buffer; what is wrong
//! is told and changes nothing.

mod memory;
mod questions;

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use arbitrary::{Result, Unstructured};
use c_library::client::{
    eslp_client, eslp_client_alignof, eslp_client_drop, eslp_client_eof, eslp_client_free, eslp_client_in_flight,
    eslp_client_init, eslp_client_new, eslp_client_poll, eslp_client_send, eslp_client_sizeof,
};
use c_library::command::{eslp_command, eslp_command_encode, eslp_pair, eslp_pairs};
use c_library::data::{
    eslp_event_data, eslp_event_data_add, eslp_event_data_body, eslp_event_data_encode, eslp_event_data_init,
    eslp_field_slot,
};
use c_library::decoder::{
    eslp_decoder, eslp_decoder_alignof, eslp_decoder_decode, eslp_decoder_drop, eslp_decoder_init, eslp_decoder_sizeof,
    eslp_limits,
};
use c_library::octets::eslp_bytes;
use c_library::server::{
    eslp_answer, eslp_server, eslp_server_alignof, eslp_server_answer, eslp_server_deliver, eslp_server_drop,
    eslp_server_init, eslp_server_offer, eslp_server_options, eslp_server_poll, eslp_server_sizeof,
};
use c_library::status::eslp_status;
use memory::{Memory, bytes, exact, zeroed};

use crate::client::FRAMES;
use crate::texts::{several, text};

const OK: eslp_status = eslp_status::ESLP_OK;

/// Lines that clients send.
const LINES: &[&str] = &[
    "auth x\n\n",
    "userauth a@b:c\n\n",
    "event json ALL\n\n",
    "event xml CUSTOM a::b\n\n",
    "filter a /b/\n\n",
    "api status\n\n",
    "bgapi status x\nJob-UUID: y\n\n",
    "sendmsg u\ncall-command: execute\nexecute-app-name: a\n\n",
    "sendevent CUSTOM\nContent-Length: 2\n\nab",
    "connect\n\n",
    "getvar x\n\n",
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
    _storage: Memory,
    room: usize,
    /// What each of them has not consumed.
    to_decoder: Vec<u8>,
    to_client: Vec<u8>,
    to_server: Vec<u8>,
}

impl Host {
    fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let whole = if u.arbitrary()? { 0 } else { u.int_in_range(2..=200)? };
        let limits = eslp_limits { whole, ..eslp_limits::default() };
        let (role, sender) = (u.int_in_range(1..=2)?, u.int_in_range(1..=2)?);
        let mut options: eslp_server_options = zeroed();
        options.channel = if u.arbitrary()? { bytes(b"5fd4") } else { bytes(b"") };
        (options.queued, options.full) = (3, u8::from(u.arbitrary::<bool>()?));
        let storage = Memory::new(160, 1);
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
            assert_eq!(eslp_server_init(memory[2].at(), s, &options, storage.at(), 160, &mut server), OK);
        }
        let [of_decoder, of_client, of_server] = memory;
        Ok(Self {
            decoder: (of_decoder, decoder),
            client: (of_client, client),
            server: (of_server, server),
            _storage: storage,
            room: if whole == 0 { usize::MAX } else { whole },
            to_decoder: Vec::new(),
            to_client: Vec::new(),
            to_server: Vec::new(),
        })
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=9)? {
            0 => {
                let octets = octets(u)?;
                self.to_decoder.extend(&octets);
                self.to_client.extend(&octets);
            }
            1 => self.to_server.extend(if u.arbitrary()? { u.choose(LINES)?.as_bytes().to_vec() } else { octets(u)? }),
            2 => self.decode(),
            3 => self.poll_client(),
            4 => self.poll_server(u)?,
            5 => self.send(u)?,
            6 => questions::about_text(u.int_in_range(0..=4)?, u.int_in_range(0..=9)?, &exact(&octets(u)?)),
            7 => self.offer(u)?,
            8 => self.wrong(),
            _ => on_the_heap(u.arbitrary()?),
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
                questions::about_message(&step.message, &buffer);
            }
            self.to_decoder.drain(..step.consumed);
            if status != OK {
                return;
            }
        }
    }

    fn poll_client(&mut self) {
        for _ in 0..20 {
            let buffer = exact(&self.to_client[..self.to_client.len().min(self.room)]);
            let mut found = zeroed();
            // SAFETY: the buffer is as long as said.
            let status = unsafe { eslp_client_poll(self.client.1, at(&buffer), buffer.len(), &mut found) };
            assert!(found.consumed <= buffer.len());
            if status == OK {
                questions::lies_in(found.data, &buffer);
                questions::about_message(&found.message, &buffer);
            }
            self.to_client.drain(..found.consumed);
            if status != OK {
                return;
            }
        }
    }

    fn poll_server(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        for _ in 0..20 {
            let buffer = exact(&self.to_server);
            let out = Memory::new(2048, 1);
            let mut found = zeroed();
            // SAFETY: buffer and memory are as long as said.
            let status =
                unsafe { eslp_server_poll(self.server.1, at(&buffer), buffer.len(), out.at(), 2048, &mut found) };
            assert!(found.consumed <= buffer.len() && found.written <= 2048);
            if status == OK && found.ask.kind != 0 {
                let ask = &found.ask;
                let texts = [ask.password, ask.user, ask.domain, ask.command, ask.argument, ask.job, ask.variable];
                texts.into_iter().chain([ask.uuid]).for_each(|text| questions::lies_in(text, &buffer));
                questions::about_request(&ask.request, &buffer);
                let text = exact(&text(u)?);
                self.answer(u, &text)?;
            }
            self.to_server.drain(..found.consumed);
            if status != OK {
                break;
            }
        }
        Ok(())
    }

    /// Gives any answer, right or wrong.
    fn answer(&mut self, u: &mut Unstructured<'_>, text: &[u8]) -> Result<()> {
        let mut answer: eslp_answer = zeroed();
        answer.kind = u.int_in_range(0..=12)?;
        answer.text = bytes(text);
        with_event(&[(b"Event-Name", b"CHANNEL_DATA"), (text, text)], |event| {
            answer.channel = event;
            for size in [7, 4096 + 4 * text.len()] {
                let out = Memory::new(size, 1);
                let mut written = 0;
                // SAFETY: the memory is as long as said, and what the answer points to lives on.
                let status = unsafe { eslp_server_answer(self.server.1, &answer, out.at(), size, &mut written) };
                assert!(status != OK || written <= size);
            }
        });
        Ok(())
    }

    fn send(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts: Vec<Box<[u8]>> = (0..4).map(|_| Ok(exact(&text(u)?))).collect::<Result<_>>()?;
        let [a, b, c, d] = [0, 1, 2, 3].map(|place: usize| bytes(&texts[place]));
        let pairs = [eslp_pair { name: a, value: b }, eslp_pair { name: c, value: d }];
        let mut command: eslp_command = zeroed();
        command.kind = u.int_in_range(-1..=23)?;
        match command.kind {
            3 | 4 => (command.r#as.api.line, command.r#as.api.job_uuid) = (a, b),
            5 | 6 => (command.r#as.event.names, command.r#as.event.subclasses) = (a, b),
            13 => {
                let mut headers: eslp_pairs = zeroed();
                (headers.items, headers.count) = (pairs.as_ptr(), u.int_in_range(0..=2)?);
                command.r#as.sendevent.headers = headers;
                (command.r#as.sendevent.name, command.r#as.sendevent.body) = (c, d);
            }
            14 => {
                command.r#as.sendmsg.call = u.int_in_range(0..=7)?;
                command.r#as.sendmsg.uuid = a;
                (command.r#as.sendmsg.execute.app, command.r#as.sendmsg.execute.arg) = (b, c);
                (command.r#as.sendmsg.hangup_cause, command.r#as.sendmsg.nomedia_uuid) = (b, c);
            }
            15 => command.r#as.log_level = u.int_in_range(-3..=64)?,
            17 => command.r#as.linger_seconds = u.arbitrary()?,
            // Three texts at most, one after the other.
            _ => (command.r#as.auth.password, command.r#as.auth.user, command.r#as.auth.domain) = (a, b, c),
        }
        let mut len = 0;
        // SAFETY: the command's texts live on, and the memory is as long as said.
        unsafe {
            let status = eslp_command_encode(&command, null_mut(), 0, &mut len, null_mut());
            let before = eslp_client_in_flight(self.client.1);
            let short = Memory::new(len.saturating_sub(1), 1);
            let mut sent = zeroed();
            assert!(eslp_client_send(self.client.1, &command, short.at(), short.len(), &mut sent) != OK);
            assert_eq!(eslp_client_in_flight(self.client.1), before, "an error changes nothing");
            let out = Memory::new(len, 1);
            let written = eslp_command_encode(&command, out.at(), len, &mut len, null_mut());
            assert!((written == OK) == (status == eslp_status::ESLP_INSUFFICIENT), "{written:?} {status:?}");
            if eslp_client_send(self.client.1, &command, out.at(), out.len(), &mut sent) == OK {
                assert_eq!((sent.len, written), (len, OK));
                self.to_server.extend(out.octets());
            }
        }
        Ok(())
    }

    fn offer(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts: Vec<Box<[u8]>> = several(u, 3, |u| Ok(exact(&text(u)?)))?;
        let mut pairs: Vec<(&[u8], &[u8])> = vec![(b"Event-Name", b"HEARTBEAT")];
        pairs.extend(texts.iter().map(|text| (&text[..], &text[..])));
        let (format, percent) = (u.int_in_range(0..=4)?, u.int_in_range(0..=3)?);
        with_event(&pairs, |event| {
            let (mut offer, mut len, mut written) = (0, 0, 0);
            // SAFETY: the event lives on, and the memory is as long as said.
            unsafe {
                if eslp_event_data_encode(event, format, percent, null_mut(), 0, &mut len)
                    == eslp_status::ESLP_INSUFFICIENT
                {
                    let out = Memory::new(len, 1);
                    assert_eq!(eslp_event_data_encode(event, format, percent, out.at(), len, &mut len), OK);
                    questions::about_text(format, 3, out.octets());
                }
                assert_eq!(eslp_server_offer(self.server.1, event, None, null_mut(), &mut offer), OK);
                let size = 256;
                let out = Memory::new(size, 1);
                let status = eslp_server_deliver(self.server.1, event, out.at(), size, &mut written);
                assert!(status != OK || written <= size);
            }
        });
        Ok(())
    }

    /// What is no handle, or another's, or has ended, is found out.
    fn wrong(&mut self) {
        let (mut step, mut found) = (zeroed(), zeroed());
        let zeros = Memory::new(4096, 16);
        // SAFETY: NULL, or memory of more than a handle's length.
        unsafe {
            let (decoder, client) = (self.decoder.1, self.client.1);
            assert_eq!(eslp_decoder_decode(null_mut(), null(), 0, &mut step), eslp_status::ESLP_NULL);
            assert_eq!(eslp_decoder_decode(decoder, null(), 1, &mut step), eslp_status::ESLP_NULL);
            assert_eq!(eslp_decoder_decode(decoder, null(), 0, null_mut()), eslp_status::ESLP_NULL);
            assert_eq!(eslp_decoder_decode(client.cast(), null(), 0, &mut step), eslp_status::ESLP_BAD_HANDLE);
            assert_eq!(eslp_client_poll(zeros.at().cast(), null(), 0, &mut found), eslp_status::ESLP_BAD_HANDLE);
            let odd = zeros.at().cast::<u8>().add(1);
            assert_eq!(eslp_client_poll(odd.cast(), null(), 0, &mut found), eslp_status::ESLP_MISALIGNED);
            // Only those from the heap are given back to it.
            eslp_client_free(client);
            eslp_client_free(null_mut());
            let longest = usize::MAX;
            let status = eslp_decoder_decode(decoder, zeros.at(), longest, &mut step);
            assert_eq!(status, eslp_status::ESLP_INVALID_ARGUMENT);
        }
    }

    fn end(mut self) {
        self.decode();
        self.poll_client();
        let rest = exact(&self.to_client);
        let mut eof = zeroed();
        // SAFETY: the buffer is as long as said; the handles are there, and then are not.
        unsafe {
            assert_eq!(eslp_client_eof(self.client.1, at(&rest), rest.len(), &mut eof), OK);
            assert!(eof.incomplete <= rest.len() && eslp_client_in_flight(self.client.1) == 0);
            for status in [OK, eslp_status::ESLP_BAD_HANDLE] {
                assert_eq!(eslp_client_drop(self.client.1), status);
                assert_eq!(eslp_decoder_drop(self.decoder.1), status);
                assert_eq!(eslp_server_drop(self.server.1), status);
            }
        }
    }
}

fn octets(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if u.arbitrary()? {
        return Ok(u.choose(FRAMES)?.to_vec());
    }
    let len = u.int_in_range(0..=80)?.min(u.len());
    Ok(u.bytes(len)?.to_vec())
}

/// Where a buffer is.
fn at(buffer: &[u8]) -> *const c_void {
    buffer.as_ptr().cast()
}

/// A client on the heap, which AddressSanitizer watches.
fn on_the_heap(role: i32) {
    let mut client = null_mut();
    // SAFETY: what was made is given back once.
    unsafe {
        if eslp_client_new(role, null(), &mut client) == OK {
            eslp_client_free(client);
        }
    }
}

/// Calls `look` with an event of these headers, in slots for all of them but the last.
fn with_event(pairs: &[(&[u8], &[u8])], look: impl FnOnce(*const eslp_event_data)) {
    let slots = Memory::new(pairs.len() * size_of::<eslp_field_slot>(), align_of::<eslp_field_slot>());
    let mut event: eslp_event_data = zeroed();
    // SAFETY: there are as many slots as said, and all texts live longer than the event.
    unsafe {
        assert_eq!(eslp_event_data_init(&mut event, slots.at().cast(), pairs.len()), OK);
        for (name, value) in pairs {
            assert_eq!(eslp_event_data_add(&mut event, bytes(name), bytes(value)), OK);
        }
        let full = eslp_event_data_add(&mut event, bytes(b"a"), bytes(b"b"));
        assert_eq!(full, eslp_status::ESLP_INSUFFICIENT, "all slots are used");
        assert_eq!(eslp_event_data_body(&mut event, eslp_bytes { data: null(), len: 0 }), OK);
    }
    look(&event);
}
