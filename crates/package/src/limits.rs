//! What a package may be at most.

/// The bounds of one archive.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Entries, folders among them.
    pub entries_max: usize,
    /// Bytes of one file, inflated.
    pub file_bytes_max: u64,
    /// Bytes of all files, inflated.
    pub total_bytes_max: u64,
    /// Inflated bytes for each byte of the archive, once a file is past `ratio_from_bytes`.
    pub ratio_max: u64,
    /// From how many inflated bytes on the ratio counts.
    pub ratio_from_bytes: u64,
    /// Bytes of a path.
    pub path_bytes_max: usize,
    /// Folders above a file.
    pub depth_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries_max: 20_000,
            file_bytes_max: 2 << 30,
            total_bytes_max: 4 << 30,
            ratio_max: 200,
            ratio_from_bytes: 10 << 20,
            path_bytes_max: 512,
            depth_max: 32,
        }
    }
}
