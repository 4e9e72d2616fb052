//! One revision, from where its row says it stands to its end.

use std::time::Duration;

use limbeck_sql::{Ident, Literal, Sql, sql};
use tokio_postgres::error::SqlState;

use super::interrupted::{self, Begun};
use super::{ApplyOptions, Direction, Event, Statement, Step};
use crate::version_table::{AppliedRevision, Progress, State, VersionTable};
use crate::{Connection, Error};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

const LOCK_TIMEOUT: &str = "lock_timeout";

pub(super) struct Run<'a> {
    pub(super) connection: &'a Connection,
    pub(super) table: &'a VersionTable,
    pub(super) step: &'a Step,
    pub(super) options: &'a ApplyOptions,
    pub(super) on: &'a mut (dyn FnMut(Event<'_>) + Send),
}

/// What the row of a revision says, which each record expects to find.
#[derive(Clone, Copy)]
enum Row {
    Missing,
    There(State),
}

impl Run<'_> {
    pub(super) async fn step(&mut self) -> Result<(), Error> {
        let step = self.step;
        let rows = self.table.read(self.connection).await?;
        let Some((mut row, start)) = self.start(&rows)? else {
            (self.on)(Event::AlreadyDone { id: &step.id });
            return Ok(());
        };
        let total = step.statements().count();
        (self.on)(Event::Begin { id: &step.id, statements: total });
        if start.done > 0 || start.begun {
            (self.on)(Event::Resume { id: &step.id, done: start.done });
        }
        let mut done = 0;
        for segment in &step.segments {
            let begin = done.max(start.done);
            let end = done + segment.statements.len();
            let skipped = (begin - done).min(segment.statements.len());
            done = end;
            let statements = &segment.statements[skipped..];
            if statements.is_empty() {
                continue;
            }
            row = if segment.transactional {
                self.transaction(statements, begin, end == total, row).await?
            } else {
                self.one_by_one(statements, begin, start, end == total, row).await?
            };
        }
        // A revision without statements, and one whose last segments are empty, are recorded all the same.
        if !finished(step.direction, row) {
            self.transaction(&[], total, true, row).await?;
        }
        (self.on)(Event::Done { id: &step.id });
        Ok(())
    }

    /// Where to begin; nothing where there is nothing to do.
    fn start(&self, rows: &[AppliedRevision]) -> Result<Option<(Row, Progress)>, Error> {
        let step = self.step;
        let unfinished = |row: &AppliedRevision| Error::Unfinished {
            id: row.id.clone(),
            upgrading: matches!(row.state, State::Upgrading(_)),
        };
        if let Some(other) = rows.iter().find(|row| row.id != step.id && row.state != State::Done) {
            return Err(unfinished(other));
        }
        let new = Progress { done: 0, begun: false };
        let Some(row) = rows.iter().find(|row| row.id == step.id) else {
            return match step.direction {
                Direction::Upgrade => Ok(Some((Row::Missing, new))),
                Direction::Downgrade => {
                    Err(Error::NotApplied { table: self.table.name().to_string(), id: step.id.clone() })
                }
            };
        };
        let progress = match (step.direction, row.state) {
            (Direction::Upgrade, State::Done) => return Ok(None),
            (Direction::Downgrade, State::Done) => new,
            (Direction::Upgrade, State::Upgrading(progress))
            | (Direction::Downgrade, State::Downgrading(progress)) => progress,
            (Direction::Upgrade, State::Downgrading(_)) | (Direction::Downgrade, State::Upgrading(_)) => {
                return Err(unfinished(row));
            }
        };
        if row.state != State::Done
            && (progress.done > step.statements().count()
                || row.checksum != step.checksum_of_first(progress.done))
        {
            let (id, file) = (step.id.clone(), step.file.clone());
            return Err(Error::EditedWhileRunning { id, file, done: progress.done });
        }
        Ok(Some((Row::There(row.state), progress)))
    }

    /// A segment and its record in one transaction, tried again where a lock was not to be had.
    async fn transaction(
        &mut self,
        statements: &[Statement],
        done: usize,
        last: bool,
        row: Row,
    ) -> Result<Row, Error> {
        let mut pause = self.options.pause;
        let mut attempt = 1;
        loop {
            let error = match self.transaction_once(statements, done, last, row, attempt).await {
                Ok(row) => return Ok(row),
                Err(error) => error,
            };
            let _ = self.connection.client.batch_execute("ROLLBACK").await;
            if attempt > self.options.retries || !is_passing(&error) {
                return Err(error);
            }
            (self.on)(Event::Retry { attempt, pause, message: &error.to_string() });
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            attempt += 1;
        }
    }

    async fn transaction_once(
        &mut self,
        statements: &[Statement],
        done: usize,
        last: bool,
        row: Row,
        attempt: u32,
    ) -> Result<Row, Error> {
        self.execute("BEGIN").await?;
        // LOCAL: nothing leaks through a pooler.
        self.execute(self.settings(&sql!("SET LOCAL"), self.options.lock_timeout).as_str()).await?;
        if self.table.exists(self.connection).await? {
            self.execute(sql!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", self.table.name()).as_str())
                .await?;
        }
        let end = done + statements.len();
        // Downwards the record comes first, so that the last revision may drop the schema that the table is in.
        let downwards = last && self.step.direction == Direction::Downgrade;
        let next = if downwards { self.record(row, end, true).await? } else { row };
        for (at, statement) in statements.iter().enumerate() {
            (self.on)(Event::Statement { number: done + at, text: &statement.text });
            let result = self.connection.client.batch_execute(&statement.text).await;
            result.map_err(|error| self.step.fail(statement, error, attempt))?;
            self.warnings();
        }
        // Upwards it comes last, so that the first revision may create that schema.
        let next = if downwards { next } else { self.record(row, end, last).await? };
        self.execute("COMMIT").await?;
        Ok(next)
    }

    /// A segment without a transaction round it: each statement is recorded on its own.
    async fn one_by_one(
        &mut self,
        statements: &[Statement],
        first: usize,
        start: Progress,
        last: bool,
        mut row: Row,
    ) -> Result<Row, Error> {
        for (at, statement) in statements.iter().enumerate() {
            let done = first + at;
            let last = last && at + 1 == statements.len();
            if interrupted::may_share(&statement.text) {
                // With its record in one transaction there is never a doubt whether it has run.
                row = self.transaction(std::slice::from_ref(statement), done, last, row).await?;
                continue;
            }
            let uncertain = start.begun && done == start.done;
            if !uncertain {
                row = self.record_alone(row, self.step.state(done, true), done).await?;
            }
            (self.on)(Event::Statement { number: done, text: &statement.text });
            if let Err(error) = self.alone(statement, uncertain).await {
                // The server said no, so it is certain that the statement has not run. If this record fails too,
                // the next run finds out by itself.
                if matches!(error, Error::Statement { .. }) {
                    let _ = self.record_alone(row, self.step.state(done, false), done).await;
                }
                return Err(error);
            }
            self.warnings();
            row = match last {
                true => self.transaction(&[], done + 1, true, row).await?,
                false => self.record_alone(row, self.step.state(done + 1, false), done + 1).await?,
            };
        }
        Ok(row)
    }

    /// One statement outside of a transaction, tried again where a lock was not to be had.
    async fn alone(&mut self, statement: &Statement, mut uncertain: bool) -> Result<(), Error> {
        // A concurrent build waits for old transactions by design and hinders nobody meanwhile; a timeout would
        // only leave invalid indexes behind.
        let timeout = match interrupted::is_concurrent(&statement.text) {
            true => Duration::ZERO,
            false => self.options.lock_timeout,
        };
        // A pooler's session is not ours to change.
        let own_session = !self.connection.is_pooled();
        if own_session {
            self.execute(self.settings(&sql!("SET"), timeout).as_str()).await?;
        }
        let mut pause = self.options.pause;
        let mut attempt = 1;
        let result = loop {
            let instead = match interrupted::prepare(self.connection, statement, uncertain, self.on).await? {
                Begun::Finished => break Ok(()),
                Begun::Instead(text) => Some(text),
                Begun::ToDo => None,
            };
            let text = instead.as_deref().unwrap_or(&statement.text);
            let Err(error) = self.connection.client.batch_execute(text).await else {
                break Ok(());
            };
            if uncertain && interrupted::says_done(&statement.text, &error) {
                break Ok(());
            }
            let error = self.step.fail(statement, error, attempt);
            if attempt > self.options.retries || !is_passing(&error) {
                if matches!(error, Error::Statement { .. }) {
                    // The first error is the one to tell.
                    let _ = interrupted::clean_up(self.connection, statement).await;
                }
                break Err(error);
            }
            (self.on)(Event::Retry { attempt, pause, message: &error.to_string() });
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            attempt += 1;
            uncertain = false;
        };
        if own_session && !matches!(result, Err(Error::Server(_))) {
            let mut reset = sql!("");
            self.timeouts().for_each(|name| reset.push(&sql!("RESET {}; ", name)));
            self.execute(reset.as_str()).await?;
        }
        result
    }

    /// The settings under which statements run: how long they may queue for a lock, with everybody else queueing
    /// behind them; and no end to what they do, whatever the role is used to, for a validation takes its time.
    fn settings(&self, set: &Sql, lock_timeout: Duration) -> Sql {
        let lock_timeout = u64::try_from(lock_timeout.as_millis()).unwrap_or(u64::MAX);
        let mut settings = sql!("");
        for name in self.timeouts() {
            let value = if name == LOCK_TIMEOUT { lock_timeout } else { 0 };
            settings.push(&sql!("{} {} = {}; ", set, name, value));
        }
        settings
    }

    fn timeouts(&self) -> impl Iterator<Item = Ident> {
        let since_17 = (self.connection.version >= 170_000).then_some("transaction_timeout");
        [LOCK_TIMEOUT, "statement_timeout"].into_iter().chain(since_17).map(Ident::new)
    }

    /// Records progress in a transaction of its own.
    async fn record_alone(&mut self, row: Row, to: State, done: usize) -> Result<Row, Error> {
        self.execute("BEGIN").await?;
        match self.write(row, to, done).await {
            Ok(()) => {
                self.execute("COMMIT").await?;
                Ok(Row::There(to))
            }
            Err(error) => {
                let _ = self.connection.client.batch_execute("ROLLBACK").await;
                Err(error)
            }
        }
    }

    /// Records the end of a segment, inside its transaction.
    async fn record(&mut self, row: Row, done: usize, last: bool) -> Result<Row, Error> {
        match (last, self.step.direction) {
            (true, Direction::Downgrade) => {
                let query = sql!("{} AND state = {}", self.table.delete(&self.step.id), literal(row));
                self.expect_one(&query).await?;
                self.table.drop_if_empty(self.connection).await?;
                Ok(Row::Missing)
            }
            (true, Direction::Upgrade) => {
                self.write(row, State::Done, done).await?;
                Ok(Row::There(State::Done))
            }
            (false, _) => {
                let to = self.step.state(done, false);
                self.write(row, to, done).await?;
                Ok(Row::There(to))
            }
        }
    }

    async fn write(&mut self, row: Row, to: State, done: usize) -> Result<(), Error> {
        let checksum =
            if to == State::Done { self.step.checksum.clone() } else { self.step.checksum_of_first(done) };
        let record = self.step.record(&checksum);
        match row {
            Row::Missing => {
                self.table.create(self.connection).await?;
                match self.execute(self.table.insert(&record, to).as_str()).await {
                    Err(Error::Server(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                        Err(self.concurrent())
                    }
                    other => other,
                }
            }
            Row::There(from) => self.expect_one(&self.table.update(&record, from, to)).await,
        }
    }

    async fn expect_one(&mut self, query: &Sql) -> Result<(), Error> {
        let messages = self.connection.client.simple_query(query.as_str()).await?;
        let one = |message: &_| matches!(message, tokio_postgres::SimpleQueryMessage::CommandComplete(1));
        if messages.iter().any(one) { Ok(()) } else { Err(self.concurrent()) }
    }

    fn concurrent(&self) -> Error {
        Error::Concurrent { table: self.table.name().to_string(), id: self.step.id.clone() }
    }

    async fn execute(&mut self, statement: &str) -> Result<(), Error> {
        Ok(self.connection.client.batch_execute(statement).await?)
    }

    fn warnings(&mut self) {
        for notice in self.connection.take_notices() {
            (self.on)(Event::Warning { message: notice.message() });
        }
    }
}

fn finished(direction: Direction, row: Row) -> bool {
    match (direction, row) {
        (Direction::Upgrade, Row::There(state)) => state == State::Done,
        (Direction::Downgrade, Row::Missing) => true,
        (Direction::Upgrade, Row::Missing) | (Direction::Downgrade, Row::There(_)) => false,
    }
}

fn literal(row: Row) -> Literal {
    Literal::new(match row {
        Row::Missing => String::new(),
        Row::There(state) => state.to_string(),
    })
}

/// Whether the same may work a moment later: a lock timeout, a deadlock, a serialization failure.
fn is_passing(error: &Error) -> bool {
    let passing =
        [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE];
    match error {
        Error::Statement { state, .. } => passing.iter().any(|code| code.code() == state),
        Error::Server(error) => error.code().is_some_and(|code| passing.contains(code)),
        _ => false,
    }
}
