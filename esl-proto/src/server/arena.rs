//! What a listener keeps for its client, in storage of the host: a set of texts of any length.
//!
//! Records lie one behind the other, in the order in which they came. Each also holds one node of a binary trie over all
//! records (a PATRICIA tree): a look-up follows one node for each bit at which it must choose, so it takes no more steps
//! than the text has bits, however many others are kept. That holds for every choice of texts: there is no hash that a
//! hostile client could flood, and nothing to be balanced.
//!
//! Invariants: the node of a record, if it is in use, is on the path from the root to the record; the bits of the nodes on
//! a path increase; all records but one have their node in use.
//!
//! A record that is removed leaves its bytes behind. They are reclaimed by moving all records together when the end of
//! the storage is reached; an eighth of the storage is left free for that, so that each such move is paid for by an
//! eighth of the storage that was removed since the last.

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// The controlled channel's uuid.
    Channel = 1,
    /// A subclass that is subscribed to.
    Subclass,
    /// A filter: its header, in any case of its letters, and its value.
    Filter,
    /// A subclass that may be subscribed to.
    AllowedSubclass,
    /// An API command that may be used.
    AllowedApi,
}

/// The kind of a record that was removed.
const GONE: u8 = 0;

/// Places in a record: its kind, the length of its first text, and its node: the bit, and where to go on if it is 0 or 1.
const FIRST_LEN: usize = 1;
const BIT: usize = 5;
const ZERO: usize = 9;
const ONE: usize = 13;
/// Of a record of a listed kind also: the length of its second text, and the record of its kind that came after it.
const SECOND_LEN: usize = 17;
const NEXT: usize = 21;

/// Whether the records of a kind are also listed: all filters are asked for each event, and `event ALL` subscribes to all
/// subclasses that are allowed.
const fn is_listed(kind: u8) -> bool {
    kind == Kind::Filter as u8 || kind == Kind::AllowedSubclass as u8
}

/// The bytes before the texts of a record.
const fn front(kind: u8) -> usize {
    if is_listed(kind) { 25 } else { 17 }
}

/// No record.
const NONE: u32 = u32::MAX;

/// The storage is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// The records of a kind in the order in which they came, gone ones among them.
#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
    /// How many are not gone.
    count: u32,
}

impl List {
    const EMPTY: Self = Self { first: NONE, last: NONE, count: 0 };
}

/// The set of texts.
#[derive(Clone)]
pub(super) struct RecordArena<S> {
    storage: S,
    /// Bytes of all records.
    used: usize,
    /// Bytes of the records that are not gone.
    live: usize,
    /// Twice the place of a record, and 1 more if its node is meant.
    root: u32,
    filters: List,
    allowed: List,
}

/// One record, or a text that is looked for.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    kind: u8,
    pub(super) first: &'a [u8],
    pub(super) second: &'a [u8],
}

impl Record<'_> {
    const fn len(&self) -> usize {
        front(self.kind) + self.first.len() + self.second.len()
    }

    /// The key's byte at a place, and before it a bit that only the end of a text has not: the kind, the first text and
    /// its end, the second text and its end.
    fn key(&self, place: usize) -> u32 {
        let octet = |octet: u8| 0x100 | u32::from(octet);
        let Some(place) = place.checked_sub(1) else { return octet(self.kind) };
        #[cfg(test)]
        crate::scan::work::add(1);
        match self.first.get(place) {
            Some(text) if self.kind == Kind::Filter as u8 => octet(text.to_ascii_lowercase()),
            Some(text) => octet(*text),
            None => {
                let place = place.saturating_sub(self.first.len());
                place.checked_sub(1).and_then(|place| self.second.get(place)).map_or(0, |text| octet(*text))
            }
        }
    }

    /// A bit of the key, by its place (the higher 28 bits) and from the front of the byte there.
    fn bit(&self, bit: u32) -> bool {
        self.key((bit >> 4) as usize) >> (8 - (bit & 0xf).min(8)) & 1 == 1
    }

    /// The first bit in which two keys differ.
    fn difference(&self, other: &Record<'_>) -> Option<u32> {
        let end = self.first.len() + self.second.len() + 3;
        let place = (0..end).find(|place| self.key(*place) != other.key(*place))?;
        let differing = self.key(place) ^ other.key(place);
        Some((place as u32) << 4 | (differing.leading_zeros() - 23))
    }
}

/// Where a link to another node or record is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Root,
    /// In the record at a place, [`ZERO`] or [`ONE`].
    At(usize, usize),
}

impl<S> RecordArena<S> {
    pub(super) const fn new(storage: S) -> Self {
        Self { storage, used: 0, live: 0, root: NONE, filters: List::EMPTY, allowed: List::EMPTY }
    }
}

impl<S: AsRef<[u8]>> RecordArena<S> {
    fn word(&self, at: usize) -> u32 {
        let octets = self.storage.as_ref().get(at..).and_then(<[u8]>::first_chunk);
        octets.map_or(0, |octets| u32::from_le_bytes(*octets))
    }

    /// The record at a place, gone or not.
    fn record(&self, at: usize) -> Option<Record<'_>> {
        let octets = self.storage.as_ref().get(at..self.used)?;
        // One that is gone keeps the bytes of its kind's front: `remove` has put the length of what follows there.
        let kind = *octets.first()?;
        let texts = octets.get(front(kind)..)?;
        let (first, rest) = texts.split_at_checked(self.word(at + FIRST_LEN) as usize)?;
        let second = if is_listed(kind) { self.word(at + SECOND_LEN) as usize } else { 0 };
        Some(Record { kind, first, second: rest.get(..second)? })
    }

    fn link(&self, link: Link) -> u32 {
        match link {
            Link::Root => self.root,
            Link::At(at, child) => self.word(at + child),
        }
    }

    /// The way that a key goes at the node of the record at a place.
    fn way(&self, at: usize, key: &Record<'_>) -> Link {
        Link::At(at, if key.bit(self.word(at + BIT)) { ONE } else { ZERO })
    }

    /// Follows a key from the root, as far as `goes_on` says of the node of the record at a place.
    fn follow(&self, key: &Record<'_>, mut goes_on: impl FnMut(&Self, Link, usize) -> bool) -> Link {
        let mut link = Link::Root;
        loop {
            let to = self.link(link);
            let at = (to >> 1) as usize;
            if to == NONE || to & 1 == 0 || !goes_on(self, link, at) {
                return link;
            }
            link = self.way(at, key);
        }
    }

    /// The place of the record that has a key.
    fn find(&self, key: &Record<'_>) -> Option<usize> {
        let to = self.link(self.follow(key, |_, _, _| true));
        let at = (to != NONE).then_some((to >> 1) as usize)?;
        self.record(at)?.difference(key).is_none().then_some(at)
    }

    pub(super) fn has(&self, kind: Kind, text: &[u8]) -> bool {
        self.find(&Record { kind: kind as u8, first: text, second: &[] }).is_some()
    }

    /// The text of a kind that has one only.
    pub(super) fn one(&self, kind: Kind) -> Option<&[u8]> {
        let key = Record { kind: kind as u8, first: &[], second: &[] };
        Some(self.under(&key, 1)?.first)
    }

    /// A record whose key begins as another does, up to a place.
    fn under(&self, key: &Record<'_>, places: usize) -> Option<Record<'_>> {
        let inside = |arena: &Self, at: usize| (arena.word(at + BIT) >> 4) as usize >= places;
        let mut link = self.follow(key, |arena, _, at| !inside(arena, at));
        // Any of those below will do.
        while self.link(link) != NONE && self.link(link) & 1 == 1 {
            link = Link::At((self.link(link) >> 1) as usize, ZERO);
        }
        let record = self.record((self.link(link) >> 1) as usize)?;
        (0..places).all(|place| record.key(place) == key.key(place)).then_some(record)
    }

    /// Whether there are filters.
    pub(super) const fn has_filters(&self) -> bool {
        self.filters.count > 0
    }

    /// The filters, in the order in which they came.
    pub(super) fn filters(&self) -> impl Iterator<Item = Record<'_>> {
        let mut next = self.filters.first;
        core::iter::from_fn(move || {
            loop {
                let record = self.record((next != NONE).then_some(next as usize)?)?;
                next = self.word(next as usize + NEXT);
                if record.kind != GONE {
                    return Some(record);
                }
            }
        })
    }

    /// The bytes that a text takes.
    pub(super) const fn room_for(kind: Kind, text: &[u8]) -> usize {
        front(kind as u8) + text.len()
    }

    /// The storage length needed for this number of further bytes: an eighth stays free.
    pub(super) const fn required(&self, more: usize) -> usize {
        let needed = self.live.saturating_add(more);
        needed.saturating_add(needed.saturating_sub(1) / 7)
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> RecordArena<S> {
    fn set_word(&mut self, at: usize, word: u32) {
        if let Some(octets) = self.storage.as_mut().get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *octets = word.to_le_bytes();
        }
    }

    fn set_link(&mut self, link: Link, to: u32) {
        match link {
            Link::Root => self.root = to,
            Link::At(at, child) => self.set_word(at + child, to),
        }
    }

    /// Adds a text to the set, once.
    pub(super) fn insert(&mut self, kind: Kind, text: &[u8]) -> Result<(), Full> {
        self.add(kind, text, &[])
    }

    /// Adds a record to the set, once.
    pub(super) fn add(&mut self, kind: Kind, first: &[u8], second: &[u8]) -> Result<(), Full> {
        let record = Record { kind: kind as u8, first, second };
        if self.find(&record).is_some() {
            return Ok(());
        }
        let len = record.len();
        let room = self.storage.as_ref().len();
        // Links and bits have 31 and 28 bits for a place.
        if self.live.saturating_add(len) > (room - room / 8).min(1 << 30) || len >= 1 << 27 {
            return Err(Full);
        }
        if self.used.saturating_add(len) > room {
            self.compact();
        }
        let at = self.used;
        self.set_word(at + FIRST_LEN, first.len() as u32);
        if is_listed(record.kind) {
            self.set_word(at + SECOND_LEN, second.len() as u32);
        }
        let storage = self.storage.as_mut();
        if let Some(to) = storage.get_mut(at) {
            *to = record.kind;
        }
        let texts = storage.get_mut(at + front(record.kind)..).unwrap_or_default();
        texts.iter_mut().zip(first.iter().chain(second)).for_each(|(to, octet)| *to = *octet);
        self.used += len;
        self.live += len;
        self.enter(at);
        Ok(())
    }

    /// Enters the record at a place into the trie and the list of filters.
    fn enter(&mut self, at: usize) {
        let Some(record) = self.record(at) else { return };
        let leaf = (at as u32) << 1;
        let nearest = self.link(self.follow(&record, |_, _, _| true));
        let other = if nearest == NONE { None } else { self.record((nearest >> 1) as usize) };
        let branch = other.and_then(|other| record.difference(&other)).map(|bit| {
            let link = self.follow(&record, |arena, _, at| arena.word(at + BIT) < bit);
            (bit, link, record.bit(bit))
        });
        let kind = record.kind;
        match branch {
            None => self.root = leaf,
            Some((bit, link, is_one)) => {
                let before = self.link(link);
                let (to_record, to_before) = if is_one { (ONE, ZERO) } else { (ZERO, ONE) };
                self.set_word(at + BIT, bit);
                self.set_word(at + to_record, leaf);
                self.set_word(at + to_before, before);
                self.set_link(link, leaf | 1);
            }
        }
        if let Some(list) = self.list(kind) {
            let last = list.last;
            list.last = at as u32;
            list.count += 1;
            match last {
                NONE => list.first = at as u32,
                last => self.set_word(last as usize + NEXT, at as u32),
            }
            self.set_word(at + NEXT, NONE);
        }
    }

    fn list(&mut self, kind: u8) -> Option<&mut List> {
        match kind {
            kind if kind == Kind::Filter as u8 => Some(&mut self.filters),
            kind if kind == Kind::AllowedSubclass as u8 => Some(&mut self.allowed),
            _ => None,
        }
    }

    /// Removes a record that has this key, if there is one.
    pub(super) fn remove(&mut self, kind: Kind, first: &[u8], second: &[u8]) {
        if let Some(at) = self.find(&Record { kind: kind as u8, first, second }) {
            self.remove_at(at);
        }
    }

    /// Removes all records of a kind.
    pub(super) fn clear(&mut self, kind: Kind) {
        self.remove_under(Record { kind: kind as u8, first: &[], second: &[] }, 1);
    }

    /// Removes the filters on a header, or the one with this value.
    pub(super) fn remove_filters(&mut self, header: &[u8], value: Option<&[u8]>) {
        match value {
            Some(value) => self.remove(Kind::Filter, header, value),
            // The kind, the header and its end.
            None => {
                let key = Record { kind: Kind::Filter as u8, first: header, second: &[] };
                self.remove_under(key, header.len() + 2);
            }
        }
    }

    fn remove_under(&mut self, key: Record<'_>, places: usize) {
        while let Some(at) = self.under(&key, places).and_then(|record| self.find(&record)) {
            self.remove_at(at);
        }
    }

    fn remove_at(&mut self, at: usize) {
        let Some(record) = self.record(at) else { return };
        let (len, kind) = (record.len(), record.kind);
        // Where the link to the last node before the record is, and that to the record's own node.
        let (mut to_parent, mut parent, mut to_own) = (Link::Root, None, None);
        let to_record = self.follow(&record, |_, link, node| {
            (to_parent, parent) = (link, Some(node));
            if node == at {
                to_own = Some(link);
            }
            true
        });
        match (parent, to_record) {
            (Some(parent), Link::At(_, child)) => {
                let sibling = self.word(parent + if child == ZERO { ONE } else { ZERO });
                self.set_link(to_parent, sibling);
                // The parent's node is free now, and takes the place of the record's own.
                if let Some(to_own) = to_own.filter(|_| parent != at) {
                    for word in [BIT, ZERO, ONE] {
                        let value = self.word(at + word);
                        self.set_word(parent + word, value);
                    }
                    self.set_link(to_own, (parent as u32) << 1 | 1);
                }
            }
            _ => self.root = NONE,
        }
        self.live -= len;
        // What is gone is a record of nothing but a first text, so that the next one is found behind it. It stays in its
        // list as long as others are there.
        self.set_word(at + FIRST_LEN, (len - front(GONE)) as u32);
        if let Some(kind) = self.storage.as_mut().get_mut(at) {
            *kind = GONE;
        }
        if let Some(list) = self.list(kind) {
            list.count -= 1;
            if list.count == 0 {
                *list = List::EMPTY;
            }
        }
        if self.live == 0 {
            self.forget();
        }
    }

    fn forget(&mut self) {
        (self.used, self.live, self.root) = (0, 0, NONE);
        (self.filters, self.allowed) = (List::EMPTY, List::EMPTY);
    }

    /// Moves all records that are not gone to the front, and enters them anew.
    fn compact(&mut self) {
        let (mut from, end) = (0, self.used);
        self.forget();
        loop {
            self.used = end;
            let Some(record) = self.record(from).filter(|_| from < end) else { break };
            let (kind, len) = (record.kind, record.len());
            if kind != GONE {
                let to = self.live;
                copy(self.storage.as_mut(), from, to, len);
                self.live += len;
                self.used = self.live;
                self.enter(to);
            }
            from += len;
        }
        self.used = self.live;
    }

    /// Copies the allowed subclasses to those that are subscribed to.
    pub(super) fn subscribe_to_allowed(&mut self) -> Result<(), Full> {
        let mut next = self.allowed.first;
        while next != NONE {
            let at = next as usize;
            next = self.word(at + NEXT);
            let Some(record) = self.record(at) else { break };
            let text = record.first.len();
            if record.kind == GONE || self.has(Kind::Subclass, record.first) {
                continue;
            }
            let len = front(Kind::Subclass as u8) + text;
            let room = self.storage.as_ref().len();
            if self.live.saturating_add(len) > room - room / 8 {
                return Err(Full);
            }
            if self.used.saturating_add(len) > room {
                // All have moved. What was copied is passed over the second time, and nothing is gone any more.
                self.compact();
                next = self.allowed.first;
                continue;
            }
            let to = self.used;
            self.set_word(to + FIRST_LEN, text as u32);
            let storage = self.storage.as_mut();
            copy(storage, at + front(Kind::AllowedSubclass as u8), to + front(Kind::Subclass as u8), text);
            if let Some(kind) = storage.get_mut(to) {
                *kind = Kind::Subclass as u8;
            }
            self.used += len;
            self.live += len;
            self.enter(to);
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests;
