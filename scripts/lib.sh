# Shared by the scripts beside it, which source it: `. "$(dirname "$0")/lib.sh"`.
# Leaves the caller in the repository's top folder.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# root COMMAND…: runs it as root, or fails if we may not.
root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo && [ -t 0 ]; then
        sudo "$@"
    elif has sudo; then
        sudo -n "$@" # nobody is there to type a password
    else
        return 1
    fi
}

# packages NAME…: installs Debian packages, or says exactly what is missing and stops.
packages() {
    has apt-get || die "missing: $*. Install them with this system's package manager."
    say "installing $*"
    {
        root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
            root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    } >&2 </dev/null || die "missing: $*. Run as root: apt-get update && apt-get install -y $*"
}

# Everything that `cargo build` needs: SQLite, zstd and AWS-LC are C and are compiled with ours.
need_build_tools() {
    local missing=()
    has cc || missing+=(gcc libc6-dev)
    has make || missing+=(make)
    has pkg-config || missing+=(pkg-config)
    [ ${#missing[@]} = 0 ] || packages "${missing[@]}"

    # rustup puts cargo here, and a shell that is not a login shell may not know it.
    has cargo || PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
    has cargo || die "missing: Rust. Install it as https://rustup.rs says, then run this again."
    local wanted version
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    version=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n' "$wanted" "$version" | sort -V | head -n 1)" = "$wanted" ] ||
        die "Rust $version is too old: Rollbook needs $wanted. Run: rustup update stable"
}

# What the pages and the real clients are built and run with.
need_node() {
    has npm || packages nodejs npm
    local version
    version=$(node --version | sed 's/v\([0-9]*\).*/\1/')
    [ "$version" -ge 20 ] || die "Node.js $version is too old: 20 or later is needed (https://nodejs.org)"
}

# Python that can make a virtual environment; Debian has that in a package of its own.
need_python() {
    if has python3 && python3 -c 'import ensurepip' 2>/dev/null; then return; fi
    packages python3 python3-venv
}

# Where cargo puts what it builds.
target_dir() {
    local dir=${CARGO_TARGET_DIR:-target}
    case $dir in /*) printf '%s\n' "$dir" ;; *) printf '%s/%s\n' "$PWD" "$dir" ;; esac
}
