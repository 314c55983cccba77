//! The bytes that a call is kept in.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

/// The bytes of one call: an array of the caller's, or a vector that grows.
pub trait Octets: AsRef<[u8]> + AsMut<[u8]> {
    /// Has room for `len` bytes, if that is possible.
    fn reserve(&mut self, len: usize) -> bool;
}

impl<const N: usize> Octets for [u8; N] {
    fn reserve(&mut self, len: usize) -> bool {
        len <= N
    }
}

#[cfg(feature = "alloc")]
impl Octets for Vec<u8> {
    fn reserve(&mut self, len: usize) -> bool {
        if self.len() < len {
            self.resize(len, 0);
        }
        true
    }
}
