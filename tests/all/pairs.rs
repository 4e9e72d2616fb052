//! A few generated pairs; docs/testing.md has the command for two thousand.

use limbeck_tests::pairs::{Pair, Workshop, judge};

use crate::support;

/// Where the short run begins. Another seed gives other pairs.
const SEED: u64 = 1;

/// How many pairs it judges: a few seconds' worth.
const COUNT: u64 = 5;

#[test]
fn generated_pairs_are_walked_up_and_down() {
    let workshop = Workshop::new(&support::binary());
    let mut differing = 0;
    for seed in SEED..SEED + COUNT {
        match judge(&workshop, &Pair::new(seed)) {
            Ok(verdict) => {
                assert!(
                    verdict.taken > verdict.refused.len() * 4,
                    "the server refuses most of seed {seed}: {:#?}",
                    verdict.refused
                );
                differing += u64::from(verdict.differs);
            }
            Err(failure) => panic!("seed {seed}: {failure:#?}"),
        }
    }
    assert!(differing > 0, "no pair differs: the generator edits nothing");
}
