//! Client and listener wired together in memory: random commands and events, random pieces, three formats. What arrives
//! is compared with a model of the subscription rules of the protocol's reference (docs/protocol.md) that shares no
//! code with the listener: every event that the rules let through arrives once, in order, with its exact headers and
//! body; every other one does not; and every command has the answer that the real server would give.
#![cfg(feature = "server")]

#[path = "pair/events.rs"]
mod events;
#[path = "common/lossy.rs"]
mod lossy;
#[path = "pair/made.rs"]
mod made;
#[path = "pair/model.rs"]
mod model;
#[path = "pair/play.rs"]
mod play;

use esl_proto::text::Percent;
use made::deeds;
use play::run;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_rules_let_through_arrives_and_nothing_else(
        deeds in deeds(),
        pieces in prop::collection::vec(1..400_usize, 1..8),
        outbound: bool,
        exact: bool,
    ) {
        run(&deeds, &pieces, outbound, if exact { Percent::Lossless } else { Percent::FreeSwitch });
    }
}
