//! Filters that are regular expressions.

use esl_proto::Value;
use std::cell::RefCell;
use std::collections::HashMap;

use regex_lite::Regex;

/// How many expressions are kept.
const MOST: usize = 64;

/// A cache of compiled expressions. Invalid expressions are cached, too: they match nothing.
#[derive(Default)]
pub(crate) struct Patterns(RefCell<HashMap<Box<[u8]>, Option<Regex>>>);

impl Patterns {
    /// Whether a filter's `/.../` matches a value.
    pub(crate) fn matches(&self, pattern: &[u8], value: Value<'_>) -> bool {
        let mut patterns = self.0.borrow_mut();
        if patterns.len() >= MOST && !patterns.contains_key(pattern) {
            patterns.clear();
        }
        let regex = patterns.entry(pattern.into()).or_insert_with(|| compile(pattern));
        regex.as_ref().is_some_and(|regex| regex.is_match(&value.to_string()))
    }
}

/// Compiles the text between the slashes.
fn compile(pattern: &[u8]) -> Option<Regex> {
    let pattern = str::from_utf8(pattern).ok()?;
    let (inner, _) = pattern.strip_prefix('/')?.rsplit_once('/')?;
    Regex::new(inner).ok()
}
