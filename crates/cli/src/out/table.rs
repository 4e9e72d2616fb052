//! Plain tables: columns aligned by spaces, so that they can be read, cut and compared.

/// Rows under a heading; the last column is not padded.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading = heading.iter().map(ToString::to_string).collect::<Vec<_>>();
    let lines = std::iter::once(&heading).chain(rows);
    let mut widths = vec![0; heading.len()];
    for line in lines.clone() {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (width, cell) in widths.iter().zip(line) {
            row.push_str(cell);
            row.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_aligned_by_characters() {
        let rows = [vec!["größe".to_owned(), "1".to_owned()], vec!["a".to_owned(), String::new()]];
        assert_eq!(super::table(&["NAME", "N"], &rows), "NAME   N\ngröße  1\na\n");
    }
}
