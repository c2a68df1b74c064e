//! Who is let in and what they may do, through HTTP, on both engines.

mod keys;
