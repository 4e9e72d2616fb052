//! What a partition takes of its parent's rows (`FOR VALUES …`), as the server prints it.

use std::cmp::Ordering;

use limbeck_sql::Sql;

use crate::expression::{bare, split_list, tokens};

/// The bound of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// All that no other partition takes.
    Default,
    /// From the first row of values up to the second.
    Range(Vec<String>, Vec<String>),
    /// These values.
    List(Vec<String>),
    /// The rows whose hash leaves this remainder.
    Hash {
        /// The divisor.
        modulus: u64,
        /// What is left.
        remainder: u64,
    },
}

impl Bound {
    /// Reads what the server printed.
    pub fn read(text: &Sql) -> Option<Self> {
        if text.as_str().eq_ignore_ascii_case("DEFAULT") {
            return Some(Self::Default);
        }
        let text = text.as_str().strip_prefix("FOR VALUES ")?;
        if let Some(values) = text.strip_prefix("IN ") {
            return Some(Self::List(row(values)));
        }
        if let Some(values) = text.strip_prefix("WITH ") {
            let number = |text: &str| text.split_whitespace().last()?.parse().ok();
            return match row(values).as_slice() {
                [modulus, remainder] => {
                    Some(Self::Hash { modulus: number(modulus)?, remainder: number(remainder)? })
                }
                _ => None,
            };
        }
        let (low, high) = split_to(text.strip_prefix("FROM ")?)?;
        Some(Self::Range(row(low), row(high)))
    }

    /// Whether a row could be of both, so that there is no moment for both. Values whose order is not plain are taken
    /// for such; what no other partition takes may hold rows of any.
    pub fn may_overlap(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Range(low, high), Self::Range(other_low, other_high)) => {
                !is_up_to(high, other_low) && !is_up_to(other_high, low)
            }
            (Self::List(values), Self::List(others)) => values.iter().any(|value| others.contains(value)),
            (
                Self::Hash { modulus, remainder },
                Self::Hash { modulus: other_modulus, remainder: other_remainder },
            ) => {
                let common = greatest_common_divisor(*modulus, *other_modulus);
                common == 0 || remainder % common == other_remainder % common
            }
            _ => true,
        }
    }
}

/// The values in parentheses.
fn row(text: &str) -> Vec<String> {
    split_list(&bare(&Sql::from_trusted(text)))
}

/// What stands before and behind `TO`.
fn split_to(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for token in tokens(text) {
        if token.is("TO") {
            return Some((text[..at].trim(), text[at + "TO".len()..].trim()));
        }
        at += token.text().len();
    }
    None
}

/// Whether the first row of values is surely not beyond the second: their first values decide, unless they are the same.
fn is_up_to(high: &[String], low: &[String]) -> bool {
    high == low
        || matches!((high.first(), low.first()), (Some(high), Some(low))
            if order(high, low) == Some(Ordering::Less))
}

/// The order of two values, where it is the same in every type that is printed so: of bare numbers, and of digits that
/// stand in the same places, as in dates.
fn order(one: &str, other: &str) -> Option<Ordering> {
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return Some(one.cmp(&other));
    }
    let is_digital = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "'-: .".contains(c));
    let shape =
        |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    let same = is_digital(one) && shape(one) == shape(other) && !one.starts_with("'-");
    same.then(|| one.cmp(other))
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(one: &str, other: &str) -> bool {
        let read = |text: &str| Bound::read(&Sql::from_trusted(text)).unwrap();
        let found = read(one).may_overlap(&read(other));
        assert_eq!(found, read(other).may_overlap(&read(one)));
        found
    }

    #[test]
    fn ranges_overlap_unless_one_surely_ends_before_the_other() {
        let year = |year: u32| format!("FOR VALUES FROM ('{year}-01-01') TO ('{}-01-01')", year + 1);
        assert!(overlap(&year(2020), &year(2020)));
        assert!(!overlap(&year(2020), &year(2021)));
        assert!(!overlap(&year(2020), &year(2025)));
        assert!(!overlap("FOR VALUES FROM (MINVALUE) TO (9)", "FOR VALUES FROM (10) TO (MAXVALUE)"));
        assert!(!overlap("FOR VALUES FROM ('-20') TO ('-10')", "FOR VALUES FROM ('-10') TO ('5')"));
        assert!(
            overlap("FOR VALUES FROM ('a') TO ('c')", "FOR VALUES FROM ('d') TO ('e')"),
            "by its collation"
        );
        assert!(!overlap(
            "FOR VALUES FROM ('a', 1) TO (') TO (', 2)",
            "FOR VALUES FROM (') TO (', 2) TO ('z', 1)"
        ));
        assert!(overlap("FOR VALUES FROM (1, 1) TO (2, 2)", "FOR VALUES FROM (2, 1) TO (3, 1)"));
    }

    #[test]
    fn lists_overlap_in_their_values_and_hashes_in_their_divisors() {
        assert!(overlap("FOR VALUES IN ('a', NULL)", "FOR VALUES IN (NULL)"));
        assert!(!overlap("FOR VALUES IN ('a', 'b')", "FOR VALUES IN ('a, b')"));
        let hash = |modulus, remainder| format!("FOR VALUES WITH (modulus {modulus}, remainder {remainder})");
        assert!(overlap(&hash(4, 1), &hash(8, 5)));
        assert!(!overlap(&hash(4, 1), &hash(8, 6)));
    }

    #[test]
    fn what_takes_the_rest_may_hold_rows_of_any() {
        assert!(overlap("DEFAULT", "FOR VALUES IN (1)"));
        assert!(overlap("DEFAULT", "DEFAULT"));
    }
}
