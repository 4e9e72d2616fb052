use crate::{Ident, Literal, Name, list, sql};

#[test]
fn identifiers_are_quoted_where_the_server_would_not_read_them_back() {
    let quoted = |text| Ident::new(text).to_string();
    assert_eq!(quoted("plain_1"), "plain_1");
    assert_eq!(quoted("we\"ird"), "\"we\"\"ird\"");
    assert_eq!(quoted("select"), "\"select\"");
    assert_eq!(quoted("Mixed"), "\"Mixed\"");
    assert_eq!(quoted("1st"), "\"1st\"");
    assert_eq!(quoted("größe"), "\"größe\"");
    assert_eq!(quoted("name"), "name");
}

#[test]
fn a_server_quotes_the_key_words_that_it_knows() {
    let json = crate::Ident::new("json");
    assert_eq!([json.printed_by(160_000), json.printed_by(170_000)], ["json", "\"json\""]);
    assert_eq!(crate::Ident::new("order").printed_by(130_000), "\"order\"");
}

#[test]
fn the_keyword_list_is_sorted() {
    assert!(crate::ident::keywords().is_sorted());
}

#[test]
fn literals_double_quotes_and_escape_backslashes() {
    assert_eq!(Literal::new("it's").to_string(), "'it''s'");
    assert_eq!(Literal::new("a\\b'").to_string(), "E'a\\\\b'''");
}

#[test]
fn names_and_lists_join() {
    let names = [Name::new("s", "t"), Name::new("", "u")];
    assert_eq!(sql!("({})", list(names)).as_str(), "(s.t, u)");
}
