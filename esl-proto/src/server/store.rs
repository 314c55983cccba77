//! What a listener keeps for its client, in storage of the host: texts of any length, one after the other.

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// The controlled channel's uuid.
    Channel = 1,
    /// A subclass that is subscribed to.
    Subclass,
    /// A filter: its header and its value.
    Filter,
    /// A subclass that may be subscribed to.
    AllowedSubclass,
    /// An API command that may be used.
    AllowedApi,
}

/// Octets before the texts of a record: its kind and the two lengths.
const FRONT: usize = 9;

/// The storage is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// Records behind each other: kind, length of the first text, length of the second, the texts.
#[derive(Clone)]
pub(super) struct Store<S> {
    storage: S,
    used: usize,
}

/// One record.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    kind: u8,
    pub(super) first: &'a [u8],
    pub(super) second: &'a [u8],
}

impl Record<'_> {
    pub(super) const fn is(&self, kind: Kind) -> bool {
        self.kind == kind as u8
    }

    const fn len(&self) -> usize {
        FRONT + self.first.len() + self.second.len()
    }
}

/// Takes the first record off `rest`.
fn take<'a>(rest: &mut &'a [u8]) -> Option<Record<'a>> {
    let [kind, a, b, c, d, e, f, g, h, texts @ ..] = *rest else { return None };
    let (first, texts) = texts.split_at_checked(u32::from_le_bytes([*a, *b, *c, *d]) as usize)?;
    let (second, texts) = texts.split_at_checked(u32::from_le_bytes([*e, *f, *g, *h]) as usize)?;
    *rest = texts;
    Some(Record { kind: *kind, first, second })
}

/// `memmove` towards the front (ranges may overlap), or into free space.
fn copy(storage: &mut [u8], from: usize, to: usize, len: usize) {
    for place in 0..len {
        if let Some(octet) = storage.get(from + place).copied()
            && let Some(there) = storage.get_mut(to + place)
        {
            *there = octet;
        }
    }
}

impl<S> Store<S> {
    pub(super) const fn new(storage: S) -> Self {
        Self { storage, used: 0 }
    }
}

impl<S: AsRef<[u8]>> Store<S> {
    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut rest = self.storage.as_ref().get(..self.used).unwrap_or_default();
        core::iter::from_fn(move || take(&mut rest))
    }

    /// The records of one kind, in their order.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = Record<'_>> {
        self.records().filter(move |record| record.is(kind))
    }

    /// How long the storage must be at most for texts.
    pub(super) fn required_for<'w>(texts: impl Iterator<Item = &'w [u8]>) -> usize {
        texts.fold(0, |required, text| required + FRONT + text.len())
    }

    /// How long the storage must be for one more text.
    pub(super) const fn required(&self, text: &[u8]) -> usize {
        self.used + FRONT + text.len()
    }

    pub(super) fn has(&self, kind: Kind, text: &[u8]) -> bool {
        self.of(kind).any(|record| record.first == text)
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Store<S> {
    pub(super) fn add(&mut self, kind: Kind, first: &[u8], second: &[u8]) -> Result<(), Full> {
        let lengths = u32::try_from(first.len()).ok().zip(u32::try_from(second.len()).ok());
        let ([a, b, c, d], [e, f, g, h]) =
            lengths.map(|(first, second)| (first.to_le_bytes(), second.to_le_bytes())).ok_or(Full)?;
        let front = [kind as u8, a, b, c, d, e, f, g, h];
        let end = self.used + FRONT + first.len() + second.len();
        let room = self.storage.as_mut().get_mut(self.used..end).ok_or(Full)?;
        let texts = front.iter().chain(first).chain(second);
        room.iter_mut().zip(texts).for_each(|(to, octet)| *to = *octet);
        self.used = end;
        Ok(())
    }

    /// Adds a text to a set: once.
    pub(super) fn insert(&mut self, kind: Kind, text: &[u8]) -> Result<(), Full> {
        if self.has(kind, text) { Ok(()) } else { self.add(kind, text, &[]) }
    }

    /// Removes the records for which `gone` says so.
    pub(super) fn remove(&mut self, mut gone: impl FnMut(&Record<'_>) -> bool) {
        let mut from = 0;
        let mut to = 0;
        let storage = self.storage.as_mut();
        while let Some(mut rest) = storage.get(from..self.used) {
            let Some(record) = take(&mut rest) else { break };
            let len = record.len();
            if !gone(&record) {
                copy(storage, from, to, len);
                to += len;
            }
            from += len;
        }
        self.used = to;
    }

    /// Removes the filters on a header, or the one with this value.
    pub(super) fn remove_filters(&mut self, header: &[u8], value: Option<&[u8]>) {
        self.remove(|record| {
            record.is(Kind::Filter)
                && record.first.eq_ignore_ascii_case(header)
                && value.is_none_or(|value| record.second == value)
        });
    }

    /// Copies the allowed subclasses to those that are subscribed to.
    pub(super) fn subscribe_to_allowed(&mut self) -> Result<(), Full> {
        let mut from = 0;
        loop {
            // One at a time: the record lies in the storage that it is copied to.
            let storage = self.storage.as_mut();
            let Some(mut rest) = storage.get(from..self.used) else { return Ok(()) };
            let Some(record) = take(&mut rest) else { return Ok(()) };
            let len = record.len();
            if record.is(Kind::AllowedSubclass) && !self.has_at(from) {
                let end = self.used + len;
                let storage = self.storage.as_mut();
                let room = storage.get_mut(self.used..end).ok_or(Full)?;
                room.fill(Kind::Subclass as u8);
                // All but the kind.
                copy(storage, from + 1, self.used + 1, len - 1);
                self.used = end;
            }
            from += len;
        }
    }

    /// Whether the text of the record at `at` is subscribed to.
    fn has_at(&self, at: usize) -> bool {
        let mut rest = self.storage.as_ref().get(at..self.used).unwrap_or_default();
        take(&mut rest).is_some_and(|record| self.has(Kind::Subclass, record.first))
    }
}
