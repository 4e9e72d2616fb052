//! When a trigger fires: `before insert or update of a, b`.

use crate::columns::{Kind, Token, tokens, unquoted};

/// What stands between a trigger's name and ON, as CREATE TRIGGER takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerEvents {
    /// `BEFORE`, `AFTER` or `INSTEAD OF`.
    pub timing: &'static str,
    /// `INSERT`, `DELETE`, `UPDATE`, `TRUNCATE`, in this order, each once.
    pub events: Vec<&'static str>,
    /// The columns that an UPDATE must set; empty for any. Bare words are in lower case, as the server reads them.
    pub columns: Vec<String>,
}

impl TriggerEvents {
    /// The order in which the server prints events.
    const EVENTS: [&str; 4] = ["INSERT", "DELETE", "UPDATE", "TRUNCATE"];

    /// Reads the attribute's text; `None` for what CREATE TRIGGER would not take, or takes elsewhere.
    pub fn parse(sql: &str) -> Option<Self> {
        let tokens = tokens(sql);
        let mut rest = tokens.as_slice();
        let timing = ["BEFORE", "AFTER", "INSTEAD"].into_iter().find(|word| take(&mut rest, word))?;
        let timing = match timing {
            "INSTEAD" if !take(&mut rest, "OF") => return None,
            "INSTEAD" => "INSTEAD OF",
            timing => timing,
        };
        let (mut events, mut columns) = (Vec::new(), Vec::new());
        loop {
            let event = Self::EVENTS.into_iter().find(|word| take(&mut rest, word))?;
            events.push(event);
            if event == "UPDATE" && take(&mut rest, "OF") {
                columns.extend(names(&mut rest)?);
            }
            if rest.is_empty() {
                break;
            }
            if !take(&mut rest, "OR") {
                return None;
            }
        }
        events.sort_by_key(|event| Self::EVENTS.iter().position(|known| known == event));
        events.dedup();
        Some(Self { timing, events, columns })
    }
}

/// Steps over a key word, if it is the next.
fn take(rest: &mut &[Token<'_>], word: &str) -> bool {
    let [first, tail @ ..] = *rest else { return false };
    let found = first.is(word);
    if found {
        *rest = tail;
    }
    found
}

/// Steps over names with commas between them.
fn names(rest: &mut &[Token<'_>]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    loop {
        let [name, tail @ ..] = *rest else { return None };
        if !name.is_name() {
            return None;
        }
        *rest = tail;
        let text = unquoted(name);
        found.push(if name.kind == Kind::Word { text.to_lowercase() } else { text });
        match *rest {
            [comma, tail @ ..] if comma.text == "," => *rest = tail,
            _ => return Some(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(sql: &str) -> Option<(&'static str, String, String)> {
        TriggerEvents::parse(sql).map(|found| (found.timing, found.events.join(" "), found.columns.join(" ")))
    }

    #[test]
    fn timing_events_and_columns_are_told_apart() {
        let all = parsed("after UPDATE of A, \"Of\" or insert or delete");
        assert_eq!(all, Some(("AFTER", "INSERT DELETE UPDATE".to_owned(), "a Of".to_owned())));
        let view = parsed("instead of insert");
        assert_eq!(view, Some(("INSTEAD OF", "INSERT".to_owned(), String::new())));
        assert_eq!(parsed("before truncate"), Some(("BEFORE", "TRUNCATE".to_owned(), String::new())));
    }

    #[test]
    fn whatever_else_stands_there_is_not_read() {
        for text in ["", "before", "instead insert", "after insert update", "after update of", "after select"]
        {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert_eq!(parsed("after insert on t referencing new table as n"), None);
    }
}
