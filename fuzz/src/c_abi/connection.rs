//! A client with its buffers in one handle, in memory of exactly the lengths that are said, which grows now and then.

use std::ptr::null_mut;

use arbitrary::{Result, Unstructured};
use c_library::client::{eslp_client_result, eslp_eof, eslp_role, eslp_sent};
use c_library::command::eslp_command;
use c_library::connection::{eslp_connection, eslp_connection_state};
use c_library::decoder::{ESLP_BUFFER_MIN, eslp_limits};
use c_library::status::eslp_status;

use super::client::{command, pairs, subscription, texts};
use super::memory::{Memory, result, zeroed};
use super::{OK, messages, octets};
use crate::c_functions::*;

const INSUFFICIENT: eslp_status = eslp_status::ESLP_INSUFFICIENT;
const NEED_DATA: eslp_status = eslp_status::ESLP_NEED_DATA;

struct Host {
    connection: *mut eslp_connection,
    _memory: Memory,
    input: Memory,
    output: Memory,
    grows: bool,
    sent: u64,
    /// What has been told to be sent and was not taken yet.
    to_send: Vec<u8>,
}

/// A connection of some steps.
pub(super) fn step(u: &mut Unstructured<'_>) -> Result<()> {
    let grows = u.arbitrary()?;
    let room = if grows { u.int_in_range(0..=40)? } else { ESLP_BUFFER_MIN + u.int_in_range(0..=600)? };
    let role = eslp_role(u.int_in_range(1..=2)?);
    let memory = Memory::new(eslp_connection_sizeof(), eslp_connection_alignof());
    let (input, output) = (Memory::new(room, 1), Memory::new(u.int_in_range(0..=60)?, 1));
    let mut limits: eslp_limits = zeroed();
    limits.max_buffered = if grows { usize::MAX } else { 0 };
    let mut connection = null_mut();
    // SAFETY: memory as long as said, which lives on in `Host`.
    unsafe {
        let (at, len) = (memory.at(), memory.len());
        let (in_at, in_len, out_at, out_len) = (input.at(), input.len(), output.at(), output.len());
        let made = eslp_connection_init(at, len, role, &limits, in_at, in_len, out_at, out_len, &mut connection);
        assert_eq!(made, OK);
    }
    let mut host = Host { connection, _memory: memory, input, output, grows, sent: 0, to_send: Vec::new() };
    for _ in 0..u.int_in_range(0..=12)? {
        match u.int_in_range(0..=5)? {
            0 | 1 => host.arrive(&octets(u)?),
            2 => host.send(u)?,
            3 => host.subscribe(u)?,
            4 => host.send_external(&octets(u)?),
            _ => host.write(u.int_in_range(0..=90)?),
        }
    }
    host.end();
    Ok(())
}

impl Host {
    fn state(&self) -> eslp_connection_state {
        let mut state = zeroed();
        // SAFETY: the handle is there.
        assert_eq!(unsafe { eslp_connection_get_state(self.connection, &mut state) }, OK);
        assert!(state.in_flight <= self.sent && (state.is_connected == 1 || state.full_control == 0));
        state
    }

    /// More is read, in as many pieces as there is room for, and all that is there is looked at.
    fn arrive(&mut self, mut octets: &[u8]) {
        while self.look() == NEED_DATA {
            let required = self.state().required;
            if required != 0 {
                assert!(self.grows && required > self.input.len() && required < 1 << 28);
                self.grow_input(required.min(1 << 16));
            }
            let (mut spare, mut room) = (null_mut(), 0);
            // SAFETY: as much is written as there is room for.
            unsafe {
                let status = eslp_connection_spare(self.connection, &mut spare, &mut room);
                if room == 0 {
                    assert_eq!(status, eslp_status::ESLP_INSUFFICIENT);
                    return;
                }
                assert_eq!(status, OK);
                let count = room.min(octets.len());
                spare.cast::<u8>().copy_from(octets.as_ptr(), count);
                assert_eq!(eslp_connection_commit(self.connection, count), OK);
                octets = &octets[count..];
                if count == 0 {
                    return;
                }
            }
        }
    }

    /// Looks at all that is there.
    fn look(&mut self) -> eslp_status {
        loop {
            let mut result: eslp_client_result = zeroed();
            // SAFETY: the handle is there.
            let status = unsafe { eslp_connection_next(self.connection, &mut result) };
            assert_eq!(result.consumed, 0);
            assert_eq!(result.required, self.state().required);
            if status != OK {
                return status;
            }
            messages::about_message(&result.message, self.input.octets());
            messages::about_lines(result.lines, self.input.octets());
        }
    }

    /// As `realloc` would: the old memory is gone before the connection knows the new one.
    fn grow_input(&mut self, len: usize) {
        let memory = grown(&self.input, len);
        self.input = memory;
        // SAFETY: memory as long as said, which lives on.
        let grown = unsafe { eslp_connection_grow_input(self.connection, self.input.at(), self.input.len()) };
        assert_eq!(grown, OK);
    }

    fn grow_output(&mut self, len: usize) {
        let memory = grown(&self.output, len);
        self.output = memory;
        // SAFETY: memory as long as said, which lives on.
        let grown = unsafe { eslp_connection_grow_output(self.connection, self.output.at(), self.output.len()) };
        assert_eq!(grown, OK);
    }

    /// That what is to be sent is what was told, and no more.
    fn check_output(&self) {
        // SAFETY: the octets are there until the next call.
        assert_eq!(unsafe { result(eslp_connection_to_send(self.connection)) }, self.to_send);
    }

    fn send(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts = texts(u)?;
        let pairs = pairs(&texts);
        let kind = u.int_in_range(-1..=23)?;
        let command: eslp_command = command(u, kind, &texts, &pairs)?;
        let mut sent: eslp_sent = zeroed();
        // SAFETY: the command's texts live on.
        unsafe {
            let allowed = eslp_connection_may_send(self.connection, &command);
            let mut status = eslp_connection_send(self.connection, &command, &mut sent);
            if status == INSUFFICIENT {
                self.check_output();
                self.grow_output(self.to_send.len() + sent.len);
                status = eslp_connection_send(self.connection, &command, &mut sent);
                assert_eq!(status, OK);
            }
            assert!(allowed == OK || status == allowed);
            if status == OK {
                let wire = Memory::new(sent.len, 1);
                let mut len = 0;
                assert_eq!(eslp_command_encode(&command, wire.at(), wire.len(), &mut len, null_mut()), OK);
                assert_eq!((sent.id, sent.count, len), (self.sent, 1, sent.len));
                self.sent += 1;
                self.to_send.extend(wire.octets());
            }
        }
        self.check_output();
        Ok(())
    }

    fn subscribe(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts = texts(u)?;
        let pairs = pairs(&texts);
        let wanted = subscription(u, &texts, &pairs)?;
        let undo = u.arbitrary()?;
        let mut sent: eslp_sent = zeroed();
        // SAFETY: the texts live on.
        unsafe {
            let mut status = eslp_connection_subscribe(self.connection, &wanted, undo, &mut sent);
            if status == INSUFFICIENT {
                self.check_output();
                self.grow_output(self.to_send.len() + sent.len);
                status = eslp_connection_subscribe(self.connection, &wanted, undo, &mut sent);
                assert_ne!(status, INSUFFICIENT);
            }
            if status == OK {
                let all = result(eslp_connection_to_send(self.connection)).to_vec();
                let new = all.strip_prefix(&self.to_send[..]).expect("behind what was there");
                assert_eq!((new.len(), messages::frames(new, 2)), (sent.len, sent.count));
                assert_eq!(sent.id, if sent.count == 0 { u64::MAX } else { self.sent });
                self.sent += sent.count;
                self.to_send = all;
            }
        }
        self.check_output();
        Ok(())
    }

    fn send_external(&mut self, octets: &[u8]) {
        let mut id = 0;
        // SAFETY: the octets are as many as said.
        let status =
            unsafe { eslp_connection_send_external(self.connection, octets.as_ptr().cast(), octets.len(), &mut id) };
        match status {
            eslp_status::ESLP_OK => {
                assert_eq!(id, self.sent);
                self.sent += 1;
                self.to_send.extend(octets);
            }
            _ => assert!(status == INSUFFICIENT && self.to_send.len() + octets.len() > self.output.len()),
        }
        self.check_output();
    }

    /// Some of what is to be sent is written.
    fn write(&mut self, count: usize) {
        // SAFETY: the handle is there.
        assert_eq!(unsafe { eslp_connection_sent(self.connection, count) }, OK);
        self.to_send.drain(..count.min(self.to_send.len()));
        self.check_output();
    }

    fn end(mut self) {
        let _ = self.look();
        let mut eof: eslp_eof = zeroed();
        // SAFETY: the handle is there, and then is not.
        unsafe {
            assert_eq!(eslp_connection_eof(self.connection, &mut eof), OK);
            assert!(eof.end.0 != 0 && self.state().in_flight == 0);
            if eof.message.kind.0 != 0 {
                messages::about_message(&eof.message, self.input.octets());
            }
            for status in [OK, eslp_status::ESLP_BAD_HANDLE] {
                assert_eq!(eslp_connection_drop(self.connection), status);
            }
        }
    }
}

/// Longer memory with the same octets at its front.
fn grown(memory: &Memory, len: usize) -> Memory {
    let new = Memory::new(len.max(memory.len()), 1);
    // SAFETY: the new memory is no shorter.
    unsafe { new.at().cast::<u8>().copy_from(memory.octets().as_ptr(), memory.len()) };
    new
}
