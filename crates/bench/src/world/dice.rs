//! Chance that is the same on every machine and in every release: `SplitMix64`.
//!
//! Each statement has its own stream, so statement `n` is a pure function of (seed, `n`).

use uuid::{Builder, Uuid};

/// A stream of numbers that look random.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream number `stream` of `seed`.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut dice = Self(seed ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        dice.roll();
        dice
    }

    /// 64 bits.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`, which is not 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).expect("a usize fits 64 bits");
        usize::try_from(self.roll() % count).expect("smaller than a usize")
    }

    /// A number below `count`; small ones are more frequent, as some learners are more active.
    pub(crate) fn skewed(&mut self, count: usize) -> usize {
        self.below(count).min(self.below(count))
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = self.below(choices.len());
        choices.get(index).expect("the index is below the length")
    }

    /// A random (version 4) id.
    pub(crate) fn uuid(&mut self) -> Uuid {
        let bits = (u128::from(self.roll()) << 64) | u128::from(self.roll());
        Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// Fills `bytes`.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let roll = self.roll().to_le_bytes();
            chunk.iter_mut().zip(roll).for_each(|(byte, random)| *byte = random);
        }
    }
}
