//! Names as PostgreSQL chooses them.

use limbeck_sql::Ident;

/// The longest identifier, in bytes (`NAMEDATALEN - 1`).
pub const MAX_LENGTH: usize = 63;

/// `name1_name2_label`, cut to [`MAX_LENGTH`] as the server does it: bytes go from the longer of the two
/// names, whole characters at a time (`makeObjectName` in src/backend/commands/indexcmds.c).
pub fn object_name(name1: Ident, name2: Option<Ident>, label: &str) -> Ident {
    let (name1, name2) = (name1.as_str(), name2.map_or("", |name| name.as_str()));
    let overhead = label.len() + usize::from(!label.is_empty()) + usize::from(!name2.is_empty());
    let available = MAX_LENGTH.saturating_sub(overhead);
    let (mut length1, mut length2) = (name1.len(), name2.len());
    while length1 + length2 > available {
        if length1 > length2 {
            length1 -= 1;
        } else {
            length2 -= 1;
        }
    }
    let mut name = clip(name1, length1).to_owned();
    for part in [clip(name2, length2), label] {
        if !part.is_empty() {
            name.push('_');
            name.push_str(part);
        }
    }
    Ident::new(&name)
}

/// The first of `name_label`, `name_label2` and so on that is free, cut to the length of a name.
pub fn free_label(name: Ident, label: &str, is_free: impl Fn(Ident) -> bool) -> Ident {
    let labels = (2..).map(|number| [label, &number.to_string()].concat());
    std::iter::once(label.to_owned())
        .chain(labels)
        .map(|label| object_name(name, None, &label))
        .find(|name| is_free(*name))
        .unwrap_or(name)
}

/// The longest prefix of at most `length` bytes that ends between characters (`pg_mbcliplen`).
pub fn clip(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_bytes_from_the_longer_part() {
        let long = Ident::new(&"t".repeat(60));
        assert_eq!(object_name(Ident::new("t"), Some(Ident::new("a")), "key"), Ident::new("t_a_key"));
        let name = object_name(long, Some(Ident::new("column_name")), "fkey");
        assert_eq!(name.as_str().len(), 63);
        assert!(name.as_str().ends_with("_column_name_fkey"));
    }

    #[test]
    fn characters_are_not_cut_in_half() {
        assert_eq!(clip("aß", 2), "a");
    }
}
