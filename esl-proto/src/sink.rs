//! Output targets.

/// Output target: buffer, byte counter, or `Formatter`.
pub(crate) trait Sink {
    fn put(&mut self, octets: &[u8]);

    fn put_secret(&mut self, octets: &[u8]) {
        self.put(octets);
    }

    fn put_number(&mut self, number: u64) {
        let mut digits = [0; 20];
        let mut rest = number;
        let mut first = digits.len();
        for (place, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            first = place;
            if rest == 0 {
                break;
            }
        }
        self.put(digits.get(first..).unwrap_or_default());
    }

    /// `name: value` and a line end.
    fn put_header(&mut self, name: &str, value: &[u8]) {
        self.put(name.as_bytes());
        self.put(b": ");
        self.put(value);
        self.put(b"\n");
    }

    fn put_option(&mut self, name: &str, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.put_header(name, value);
        }
    }

    fn put_flag(&mut self, name: &str, flag: bool) {
        if flag {
            self.put_header(name, b"true");
        }
    }

    fn put_number_header(&mut self, name: &str, number: u64) {
        self.put(name.as_bytes());
        self.put(b": ");
        self.put_number(number);
        self.put(b"\n");
    }

    fn put_body(&mut self, body: &[u8]) {
        if !body.is_empty() {
            self.put_number_header("Content-Length", body.len() as u64);
        }
        self.put(b"\n");
        self.put(body);
    }
}

pub(crate) struct Length(pub(crate) usize);

impl Sink for Length {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        self.0 = self.0.saturating_add(octets.len());
    }
}

/// Writes to the front of storage that is known to be long enough.
pub(crate) struct Writer<'o>(pub(crate) &'o mut [u8]);

impl Sink for Writer<'_> {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        if let Some((to, rest)) = core::mem::take(&mut self.0).split_at_mut_checked(octets.len()) {
            to.copy_from_slice(octets);
            self.0 = rest;
        }
    }
}
