//! Compiles the program again when the files for browsers were built again.

fn main() {
    // Without a line like this cargo would run this file after every change of the crate.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../web/dist");
}
