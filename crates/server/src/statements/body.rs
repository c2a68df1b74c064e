//! Bodies of statements, compressed one by one with a dictionary.
//!
//! Dictionary 0 is built in: typical fragments of statements. A tenant that has stored enough gets
//! dictionaries trained on its own statements (see `train.rs`); the number beside each body says
//! which one it needs. Dictionaries are never changed or deleted.

use anyhow::{Context as _, Result, anyhow};
use std::cell::RefCell;
use std::sync::Arc;
use zstd::zstd_safe::{self, CCtx, CDict, DCtx, DDict};

/// Fast enough for every write, and within a few percent of the slow levels once trained.
const LEVEL: i32 = 3;
/// A body longer than this when decompressed is damaged: no limit lets one in.
const BODY_BYTES_MAX: u64 = 64 << 20;

/// The built-in dictionary.
const STARTER: &[u8] = include_bytes!("starter.txt");

/// One dictionary, ready for both directions.
pub(super) struct Dictionary {
    number: i64,
    encoder: CDict<'static>,
    decoder: DDict<'static>,
}

thread_local! {
    static COMPRESSOR: RefCell<CCtx<'static>> = RefCell::new(CCtx::create());
    static DECOMPRESSOR: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

impl Dictionary {
    /// The built-in one, which every tenant starts with.
    pub(super) fn starter() -> Arc<Self> {
        Self::new(0, STARTER)
    }

    /// Dictionary `number` of a tenant.
    pub(super) fn new(number: i64, contents: &[u8]) -> Arc<Self> {
        let encoder = zstd_safe::create_cdict(contents, LEVEL);
        Arc::new(Self { number, encoder, decoder: zstd_safe::create_ddict(contents) })
    }

    /// Its number, stored beside each body.
    pub(super) fn number(&self) -> i64 {
        self.number
    }

    /// Compresses one body.
    pub(super) fn compress(&self, text: &str) -> Result<Vec<u8>> {
        let mut body = Vec::with_capacity(zstd_safe::compress_bound(text.len()));
        COMPRESSOR
            .with_borrow_mut(|context| {
                context.compress_using_cdict(&mut body, text.as_bytes(), &self.encoder)
            })
            .map_err(|code| {
                anyhow!("compressing a statement: {}", zstd_safe::get_error_name(code))
            })?;
        body.shrink_to_fit();
        Ok(body)
    }

    /// Decompresses one body.
    pub(super) fn decompress(&self, body: &[u8]) -> Result<String> {
        let size = zstd_safe::get_frame_content_size(body).ok().flatten();
        let size =
            size.filter(|size| *size <= BODY_BYTES_MAX).context("a damaged statement body")?;
        let mut text = Vec::with_capacity(usize::try_from(size)?);
        DECOMPRESSOR
            .with_borrow_mut(|context| {
                context.decompress_using_ddict(&mut text, body, &self.decoder)
            })
            .map_err(|code| {
                anyhow!("decompressing a statement: {}", zstd_safe::get_error_name(code))
            })?;
        String::from_utf8(text).context("a stored statement is UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_as_it_went_in() {
        let dictionary = Dictionary::starter();
        for text in ["{}", r#"{"id":"x","result":{"score":{"raw":1.10}}}"#] {
            let body = dictionary.compress(text).unwrap();
            assert_eq!(dictionary.decompress(&body).unwrap(), text);
        }
    }

    #[test]
    fn the_starter_already_halves_a_first_statement() {
        let text = r#"{"actor":{"objectType":"Agent","name":"Ada","account":{"homePage":"https://lms.example.org","name":"4711"}},"verb":{"id":"http://adlnet.gov/expapi/verbs/completed","display":{"en-US":"completed"}},"object":{"objectType":"Activity","id":"https://example.org/course/1"},"version":"1.0.0"}"#;
        assert!(Dictionary::starter().compress(text).unwrap().len() * 2 < text.len());
    }

    #[test]
    fn damaged_bodies_are_errors() {
        assert!(Dictionary::starter().decompress(b"not zstd").is_err());
    }
}
