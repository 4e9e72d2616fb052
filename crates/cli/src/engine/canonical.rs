//! Declared schemas in a server's words: what is known settles the most, kept answers the rest, a scratch
//! server what is new.

use limbeck_kinds::Schema;
use limbeck_plan::canonical::{Declared, adopt_equivalent, differing_texts, texts};
use limbeck_schema::{Canonical, Id, Origin};
use limbeck_sql::Sql;

use super::Engine;
use super::answers::Answers;
use super::scratch::{Order, Refused};
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};

impl Engine<'_> {
    /// The declared schema as a server would print it; `known` is what it will be compared with.
    ///
    /// # Errors
    ///
    /// A text that the server does not take, at the place where it is declared; no scratch server.
    pub(crate) fn canonical(&mut self, declared: Schema, known: &Schema) -> Result<Canonical<Schema>> {
        let origins = declared.origins.clone();
        let mut declared = Declared::new(declared, known);
        self.resolve(&mut declared, known, &origins)?;
        declared.finish().map_err(|open| left_open(&open.into_iter().collect::<Vec<_>>(), &origins))
    }

    /// `to`, with the texts of `from` wherever the server reads both as the same: what is left differs in
    /// meaning.
    ///
    /// # Errors
    ///
    /// No scratch server.
    pub(crate) fn reconciled(&mut self, from: &Schema, to: Canonical<Schema>) -> Result<Canonical<Schema>> {
        let ids = differing_texts(from, &to);
        if ids.is_empty() {
            return Ok(to);
        }
        let mut again = Vec::new();
        for side in [from, &*to] {
            let mut declared = Declared::reopened(side, ids.clone());
            // A text that scratch cannot read (it needs what only the database has) stays a difference.
            if let Err(failure) = self.resolve(&mut declared, side, &Origins::new()) {
                self.out.detail(format!("a text could not be read again: {failure:?}"));
            }
            again.push(declared);
        }
        let mut to = to.into_inner();
        adopt_equivalent(from, &mut to, &again[0], &again[1], &ids);
        Ok(Canonical::from_server(to))
    }

    /// Answers what is open, from the kept answers and then from a scratch server.
    fn resolve(&mut self, declared: &mut Declared, known: &Schema, origins: &Origins) -> Result<()> {
        if declared.open().is_empty() {
            return Ok(());
        }
        let mut answers = Answers::of(self.major().unwrap_or_default());
        let keys: Vec<(Id, String)> =
            declared.open().iter().filter_map(|id| declared.key(id).map(|key| (*id, key))).collect();
        for (id, key) in &keys {
            if let Some(answer) = answers.get(key) {
                let answer: Vec<Sql> = answer.iter().map(Sql::from_trusted).collect();
                declared.answer(id, &answer);
            }
        }
        if declared.open().is_empty() {
            return Ok(());
        }
        let built = self.ask(declared, known, origins)?;
        declared.settle(&built);
        for (id, key) in &keys {
            if let Some(object) = built.get(id) {
                answers.put(key, texts(object).iter().map(ToString::to_string).collect());
            }
        }
        answers.save();
        Ok(())
    }

    /// Builds what is open on scratch. The database's extensions are made there only if it does not go without.
    fn ask(&mut self, declared: &Declared, known: &Schema, origins: &Origins) -> Result<Canonical<Schema>> {
        let version = super::plan_version(self.major());
        let mut refused = None;
        for with_extensions in [false, true] {
            let question = declared
                .question(known, version, with_extensions)
                .map_err(|error| Report::error(error.code(), error.to_string()))?;
            let statements: Vec<&str> =
                question.statements.iter().map(|statement| statement.sql.as_str()).collect();
            match self.build(&statements, Order::AsWritten)? {
                Ok(built) => return Ok(built.schema),
                Err(error) => {
                    let text = statements.get(error.at).copied().unwrap_or_default().to_owned();
                    refused.get_or_insert((error, text));
                }
            }
        }
        match refused {
            Some((error, statement)) => {
                let report = refusal(&error, &statement, declared, origins);
                Err(self.too_old(&error).into_iter().fold(report, Report::help).exit(Exit::Failed))
            }
            None => Err(Report::error("models::expression", "the scratch server gave no answer").into()),
        }
    }
}

type Origins = std::collections::BTreeMap<Id, Origin>;

/// The server's refusal at the place of the declaration whose text it points at.
fn refusal(refused: &Refused, statement: &str, declared: &Declared, origins: &Origins) -> Report {
    let message = refused.message();
    let position = match refused.error.as_db_error().and_then(|error| error.position()) {
        Some(tokio_postgres::error::ErrorPosition::Original(at)) => Some(*at as usize),
        _ => None,
    };
    let guilty = declared.guilty(statement, position);
    let mut report = Report::error("models::expression", format!("PostgreSQL does not take this: {message}"));
    if let Some(origin) = guilty.and_then(|id| origins.get(&id)) {
        report = report.at(origin.clone());
    } else if let Some(id) = guilty {
        report = report.place(format!("{id:?}"));
    }
    if let Some(hint) = refused.error.as_db_error().and_then(|error| error.hint()) {
        report = report.help(hint);
    }
    report.help(format!("the statement was: {statement}"))
}

fn left_open(open: &[Id], origins: &Origins) -> Failure {
    let reports = open.iter().map(|id| {
        let report =
            Report::error("models::expression", format!("no server told the canonical form of {id:?}"));
        match origins.get(id) {
            Some(origin) => report.at(origin.clone()),
            None => report,
        }
    });
    Failure::of(Exit::Failed, reports)
}
