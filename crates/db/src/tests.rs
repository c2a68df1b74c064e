//! The same bodies on both engines.
