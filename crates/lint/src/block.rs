//! The statements in the body of a DO block, as far as they stand there as statements: what EXECUTE builds from text,
//! nobody can read.

use std::ops::Range;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SourceFile, SyntaxKind, SyntaxToken};

/// The words with which a statement begins that changes something; PL/pgSQL has none of its own among them.
const VERBS: [&str; 14] = [
    "ALTER", "CLUSTER", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "LOCK", "MERGE", "REFRESH", "REINDEX",
    "TRUNCATE", "UPDATE", "WITH",
];

/// What a statement may follow: `BEGIN`, `IF … THEN`, `LOOP`, a label.
const BEFORE: [&str; 7] = [";", "BEGIN", "THEN", "ELSE", "LOOP", ">", ">>"];

/// Where the statements of a block stand in its text. Bodies in other languages than PL/pgSQL hold none.
pub(crate) fn statements(block: &ast::Do) -> Vec<Range<usize>> {
    let named = block.do_language().map(|language| language.syntax().text().to_string().to_ascii_lowercase());
    if named.is_some_and(|language| !language.contains("plpgsql")) {
        return Vec::new();
    }
    let Some((body, at)) = block.body().and_then(|body| dollar_quoted(&body)) else { return Vec::new() };
    inside(&body).into_iter().map(|range| at + range.start..at + range.end).collect()
}

/// What stands between dollar quotes, and where it begins.
fn dollar_quoted(body: &ast::Literal) -> Option<(String, usize)> {
    let token = tokens(body.syntax()).find(|token| token.kind() == SyntaxKind::DOLLAR_QUOTED_STRING)?;
    let text = token.text();
    let quote = text.get(1..)?.find('$')? + 2;
    let inside = text.get(quote..text.len().checked_sub(quote)?)?;
    Some((inside.to_owned(), usize::from(token.text_range().start()) + quote))
}

fn inside(body: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut before = ";".to_owned();
    let parse = SourceFile::parse(body);
    for token in tokens(parse.tree().syntax()) {
        let range = Range::<usize>::from(token.text_range());
        let word = token.text().to_ascii_uppercase();
        match start {
            Some(begin) if word == ";" => {
                found.push(begin..range.start);
                start = None;
            }
            None if VERBS.contains(&word.as_str()) && BEFORE.contains(&before.as_str()) => {
                start = Some(range.start);
            }
            _ => {}
        }
        before = word;
    }
    found
}

/// All that is no space and no comment.
fn tokens(node: &squawk_syntax::SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    node.descendants_with_tokens()
        .filter_map(|element| element.into_token())
        .filter(|token| !matches!(token.kind(), SyntaxKind::WHITESPACE | SyntaxKind::COMMENT))
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn what_a_block_does_is_seen_where_it_stands() {
        let sql = "DO $x$\nBEGIN\n  DELETE FROM app.t;\n  IF now() > 'today' THEN DROP TABLE app.u; END IF;\nEND\n$x$;";
        assert_eq!(found(sql), ["lint::delete_without_where 3:3", "lint::unlabelled_loss 4:38"]);
        let looped =
            "DO $$ DECLARE n int; BEGIN <<a>> TRUNCATE app.t; LOOP UPDATE app.t SET a = 1; END LOOP; END $$;";
        assert_eq!(found(looped), ["lint::truncate 1:43", "lint::update_without_where 1:55"]);
        assert_eq!(found("DO $$BEGIN CREATE INDEX i ON app.t (a); END$$;"), Vec::<String>::new());
    }

    #[test]
    fn labels_and_acknowledgements_of_a_block_are_for_all_that_it_does() {
        let block = "DO $$ BEGIN DROP TABLE app.t; END $$;";
        assert_eq!(found(block), ["lint::unlabelled_loss 1:24"]);
        assert!(found(&format!("-- loses: every row of app.t\n{block}")).is_empty());
        assert!(found(&format!("-- limbeck:allow data-loss: it is empty\n{block}")).is_empty());
    }

    #[test]
    fn text_and_other_languages_are_not_read_as_statements() {
        let quiet = [
            "DO $$ BEGIN RAISE NOTICE 'DROP TABLE app.t; DELETE FROM app.t'; END $$;",
            "DO $$ BEGIN /* DROP TABLE app.t; */ PERFORM 1; -- DELETE FROM app.t;\n END $$;",
            "DO $$ BEGIN EXECUTE $q$SELECT 1; DROP TABLE app.t$q$; END $$;",
            "DO $$ BEGIN MERGE INTO app.t USING app.u ON t.a = u.a WHEN MATCHED THEN DELETE; END $$;",
            "DO $$ BEGIN UPDATE app.t SET a = CASE WHEN b THEN 1 ELSE 2 END WHERE c; END $$;",
            "DO $$ BEGIN INSERT INTO app.t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 1; END $$;",
            "DO $$ DECLARE r record; BEGIN FOR r IN SELECT 1 FROM app.t FOR UPDATE LOOP NULL; END LOOP; END $$;",
            "DO LANGUAGE plpython3u $$ DROP TABLE app.t; $$;",
            "DO $$ begin create temp table x (a int); drop table pg_temp.x; end $$;",
            "DO 'no dollars'; DO $$$$; DO $$ ; $$;",
        ];
        for sql in quiet {
            assert_eq!(found(sql), Vec::<String>::new(), "{sql}");
        }
    }
}
