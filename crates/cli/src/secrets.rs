//! The secrets that this process has seen, and the filter that takes them out of what it prints.
//!
//! Messages are redacted where they are made (a URL is printed without its password). This is the last line of
//! defence behind that: whoever loads a secret tells it here, and `out` passes everything through.

use std::sync::{Mutex, PoisonError};

static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What stands in place of a secret.
const STARS: &str = "***";

/// Remembers a secret, as it is and as it stands in a URL.
pub(crate) fn keep(secret: &str) {
    if secret.is_empty() {
        return;
    }
    let mut secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    for form in [secret.to_owned(), percent_decoded(secret), percent_encoded(secret)] {
        if !secrets.contains(&form) {
            secrets.push(form);
        }
    }
    // The longest first, so that a secret inside another leaves no rest.
    secrets.sort_by_key(|form| std::cmp::Reverse(form.len()));
}

/// Remembers the password of a URL.
pub(crate) fn keep_password_of(url: &str) {
    if let Some((start, end)) = userinfo_password(url) {
        keep(&url[start..end]);
    }
    for (at, key) in url.match_indices("password=") {
        let value = &url[at + key.len()..];
        keep(value.split(['&', '#', ' ']).next().unwrap_or_default().trim_matches('\''));
    }
}

/// Whether a URL carries a password.
pub(crate) fn has_password(url: &str) -> bool {
    // An `@` in a parameter (`?user=ann@shop`) is no sign of one.
    let before = url.split('?').next().unwrap_or_default();
    userinfo_password(before).is_some_and(|(start, end)| end > start) || url.contains("password=")
}

/// Where the password stands in `scheme://user:password@host`.
///
/// A password with `/`, `?` or `@` in it should have been encoded; where it was not, rather too much goes than too
/// little: everything up to the last `@`.
fn userinfo_password(url: &str) -> Option<(usize, usize)> {
    let authority = url.find("://")? + 3;
    let end = authority + url[authority..].rfind('@')?;
    let colon = authority + url[authority..end].find(':')?;
    Some((colon + 1, end))
}

/// How strictly a text is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Talk: every secret goes, wherever it stands as a word of its own or is too long for a chance hit.
    Talk,
    /// Data: only secrets that can't be an ordinary word, for a password `habits` must not change the SQL of a
    /// schema of that name.
    Data,
}

/// The text without any secret.
pub(crate) fn filter(text: &str, filter: Filter) -> String {
    let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| text.contains(secret.as_str())).cloned().collect::<Vec<_>>()
    {
        text = without(&text, &secret, filter);
    }
    text
}

fn without(text: &str, secret: &str, filter: Filter) -> String {
    let distinctive =
        secret.chars().count() >= 6 && !secret.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(secret) {
        let (before, after) = (&rest[..at], &rest[at + secret.len()..]);
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let alone = !before.chars().next_back().or(out.chars().next_back()).is_some_and(word)
            && !after.chars().next().is_some_and(word);
        let labelled = before.ends_with(':') && after.starts_with('@') || before.ends_with("password=");
        let take = labelled
            || match filter {
                Filter::Talk => distinctive || secret.len() >= 8 || alone,
                Filter::Data => distinctive,
            };
        out.push_str(before);
        out.push_str(if take { STARS } else { secret });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = (first == b'%' && tail.len() >= 2)
            .then(|| std::str::from_utf8(&tail[..2]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .flatten();
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_url_is_kept_in_all_its_forms() {
        for (url, secret) in [
            ("postgres://u:meadow-1@h:5432/d", "meadow-1"),
            ("postgres://u:mea@dow/2@h/d", "mea@dow/2"),
            ("postgres://u@h/d?password=meadow-3&x=1", "meadow-3"),
            ("host=h password='meadow-4' user=u", "meadow-4"),
        ] {
            keep_password_of(url);
            assert_eq!(filter(&format!("is {secret}."), Filter::Talk), "is ***.", "{url}");
        }
    }

    #[test]
    fn secrets_leave_talk_in_every_spelling() {
        keep("Str0ng&secret");
        assert_eq!(filter("is Str0ng&secret.", Filter::Talk), "is ***.");
        assert_eq!(filter("at u:Str0ng%26secret@h", Filter::Data), "at u:***@h");
        keep("meadow");
        assert_eq!(filter("password `meadow` is wrong", Filter::Talk), "password `***` is wrong");
        assert_eq!(filter("CREATE TABLE meadow ();", Filter::Data), "CREATE TABLE meadow ();");
        assert_eq!(filter("postgres://u:meadow@h", Filter::Data), "postgres://u:***@h");
    }

    #[test]
    fn a_password_is_seen_in_a_url() {
        assert!(has_password("postgres://u:x@h/d"));
        assert!(has_password("postgres://h/d?password=x"));
        assert!(!has_password("postgres://u@h:5432/d"));
        assert!(!has_password("postgres://u:@h/d"));
    }
}
