use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::scan::work;

const KINDS: [Kind; 4] = [Kind::Subclass, Kind::Filter, Kind::AllowedSubclass, Kind::AllowedApi];

/// What a arena holds, in another shape: kind, first text (a header in lower case) and second text.
type Model = BTreeSet<(u8, Vec<u8>, Vec<u8>)>;

fn key(kind: Kind, first: &[u8], second: &[u8]) -> (u8, Vec<u8>, Vec<u8>) {
    let first = if kind == Kind::Filter { first.to_ascii_lowercase() } else { first.to_vec() };
    (kind as u8, first, second.to_vec())
}

fn check(arena: &RecordArena<Vec<u8>>, model: &Model) {
    let filters: BTreeSet<_> = arena.filters().map(|filter| key(Kind::Filter, filter.first, filter.second)).collect();
    assert_eq!(filters, model.iter().filter(|(kind, ..)| *kind == Kind::Filter as u8).cloned().collect());
    assert_eq!(arena.has_filters(), !filters.is_empty());
    for (kind, first, second) in model {
        assert!(arena.find(&Record { kind: *kind, first, second }).is_some());
    }
    let live: usize = model.iter().map(|(kind, first, second)| front(*kind) + first.len() + second.len()).sum();
    assert_eq!(arena.live, live);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is added and removed: it is a set, and a record is refused only where less than an eighth would be free.
    #[test]
    fn a_store_is_a_set(
        room in 0..600_usize,
        steps in prop::collection::vec((0..8_u8, 0..4_usize, "[abAB]{0,4}", "[ab]{0,2}"), 0..80),
    ) {
        let mut arena = RecordArena::new(vec![0; room]);
        let mut model = Model::new();
        for (step, kind, first, second) in steps {
            let (kind, first) = (KINDS[kind], first.as_bytes());
            let second = if kind == Kind::Filter { second.as_bytes() } else { b"" };
            let key = key(kind, first, second);
            match step {
                0..5 => {
                    let required = arena.required(front(kind as u8) + first.len() + second.len());
                    let known = model.contains(&key);
                    let added = arena.add(kind, first, second);
                    prop_assert_eq!(added.is_ok(), known || required <= room);
                    if added.is_ok() {
                        model.insert(key);
                    }
                }
                5 => {
                    arena.remove(kind, first, second);
                    model.remove(&key);
                }
                6 if kind == Kind::Filter => {
                    arena.remove_filters(first, None);
                    model.retain(|(kind, header, _)| *kind != key.0 || *header != key.1);
                }
                6 if kind == Kind::AllowedSubclass => {
                    let allowed: Vec<_> =
                        model.iter().filter(|(kind, ..)| *kind == Kind::AllowedSubclass as u8).cloned().collect();
                    if arena.subscribe_to_allowed().is_ok() {
                        model.extend(allowed.into_iter().map(|(_, first, second)| (Kind::Subclass as u8, first, second)));
                    } else {
                        // Some of them are.
                        let some = allowed.iter().filter(|(_, text, _)| arena.has(Kind::Subclass, text));
                        model.extend(some.map(|(_, text, _)| (Kind::Subclass as u8, text.clone(), Vec::new())).collect::<Vec<_>>());
                    }
                }
                _ => {
                    arena.clear(kind);
                    model.retain(|(other, ..)| *other != kind as u8);
                }
            }
            check(&arena, &model);
        }
        for first in ["", "a", "ab", "B", "abab"] {
            for kind in KINDS {
                let known = model.contains(&key(kind, first.as_bytes(), b""));
                prop_assert_eq!(arena.has(kind, first.as_bytes()), known);
            }
        }
    }
}

/// The bytes that the keys of `count` texts are looked at, for each byte of them.
fn cost(texts: &[String], act: impl Fn(&mut RecordArena<Vec<u8>>, &[u8])) -> usize {
    let mut arena = RecordArena::new(vec![0; 8 << 20]);
    texts.iter().for_each(|text| arena.insert(Kind::Subclass, text.as_bytes()).expect("room"));
    let done = work::of(|| texts.iter().for_each(|text| act(&mut arena, text.as_bytes())));
    done / texts.iter().map(String::len).sum::<usize>()
}

/// Texts that differ early, late, and by their length only.
fn texts(count: usize) -> Vec<Vec<String>> {
    vec![
        (0..count).map(|number| format!("{:08x}", number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff)).collect(),
        (0..count).map(|number| format!("conference::maintenance::{number:05}")).collect(),
        (0..count.min(600)).map(|number| "x".repeat(number + 1)).collect(),
    ]
}

#[test]
fn what_a_client_makes_us_keep_makes_nothing_slower() {
    for texts in texts(20_000) {
        let done = cost(&texts, |arena, text| assert!(arena.has(Kind::Subclass, text)));
        assert!(done < 24, "look-ups: {done} for each octet");
        let done = cost(&texts, |arena, text| arena.insert(Kind::Subclass, text).expect("room"));
        assert!(done < 24, "repeated: {done} for each octet");
        let done = cost(&texts, |arena, text| arena.remove(Kind::Subclass, text, b""));
        assert!(done < 40, "removal: {done} for each octet");
        let done = work::of(|| {
            let mut arena = RecordArena::new(vec![0; 8 << 20]);
            texts.iter().for_each(|text| arena.add(Kind::Filter, b"Header", text.as_bytes()).expect("room"));
            arena.remove_filters(b"header", None);
            assert!(!arena.has_filters());
        });
        let octets: usize = texts.iter().map(|text| text.len() + 6).sum();
        assert!(done / octets < 120, "filters: {} for each octet", done / octets);
    }
}

/// Adding and removing at the end of the storage moves all records only now and then.
#[test]
fn a_full_store_is_not_moved_for_each_text() {
    let mut arena = RecordArena::new(vec![0; 1 << 20]);
    let mut kept = 0;
    while arena.insert(Kind::Subclass, format!("{kept:06}").as_bytes()).is_ok() {
        kept += 1;
    }
    let done = work::of(|| {
        for number in 0..20_000 {
            arena.remove(Kind::Subclass, format!("{number:06}").as_bytes(), b"");
            arena.insert(Kind::Subclass, format!("x{number:05}").as_bytes()).expect("room");
        }
    });
    assert!(done / (20_000 * 12) < 200, "{} for each octet", done / (20_000 * 12));
}
