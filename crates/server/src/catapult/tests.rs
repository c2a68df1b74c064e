//! The interface of CATAPULT's player, as its clients call it. What is behind it is tested in `cmi5`
//! and `content`.
