//! What the benches of esl-proto share: the events of a real server, the work that is measured, and ratios that noise
//! cannot move.
//!
//! A speed alone says more of the machine than of the code. Each figure is therefore a ratio to a yardstick that runs
//! in the same process in turns with the work, so that whatever slows the one down slows the other down, too.

mod busy;
mod live;
mod ratio;
mod work;

pub use busy::Busy;
pub use live::{Bare, Cost, Result};
pub use ratio::{Row, Work, print_table};
pub use work::Works;
