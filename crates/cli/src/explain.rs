//! The pages of `docs/errors`, compiled in.

/// Code and page, sorted by code.
pub(crate) const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The page of a code.
pub(crate) fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == code).map(|(_, page)| *page)
}

/// The code nearest to one that does not exist.
pub(crate) fn suggestion(code: &str) -> Option<&'static str> {
    crate::suggest::nearest(code, PAGES.iter().map(|(known, _)| *known))
}
