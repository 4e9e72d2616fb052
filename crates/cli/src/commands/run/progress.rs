//! What a long statement is doing, on a terminal: its first line, the server's own view of an index build, who holds
//! the lock that it waits for, and how long it has run.

use std::future::Future;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar};
use limbeck_database::apply::Event;
use limbeck_database::{Connection, progress};

use super::steps;
use crate::out::{Format, Out, Verbosity};

/// A statement that has run so long is shown.
const LONG: Duration = Duration::from_secs(1);

/// How often what is shown is brought up to date, and how long the server may take to say it.
const BEAT: Duration = Duration::from_millis(500);

/// Shows the statements of one run.
pub(super) struct Watch<'a> {
    connection: &'a Connection,
    service: &'a str,
    out: &'a Out,
    now: Mutex<Option<Now>>,
    bar: ProgressBar,
}

/// The statement that runs.
struct Now {
    since: Instant,
    first_line: String,
}

impl<'a> Watch<'a> {
    pub(super) fn new(connection: &'a Connection, service: &'a str, out: &'a Out) -> Self {
        let is_seen = std::io::stderr().is_terminal()
            && out.format == Format::Text
            && out.verbosity >= Verbosity::Normal;
        let bar = if is_seen { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        Self { connection, service, out, now: Mutex::new(None), bar }
    }

    /// Takes note of what happens, and says it.
    pub(super) fn tell(&self, event: &Event<'_>) {
        let now = match event {
            Event::Statement { text, .. } => {
                let first_line = text.lines().next().unwrap_or_default().to_owned();
                Some(Now { since: Instant::now(), first_line })
            }
            _ => None,
        };
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.bar.suspend(|| steps::tell(event, self.service, self.out));
    }

    /// Does the work, and shows what takes long meanwhile.
    pub(super) async fn over<T>(&self, work: impl Future<Output = T>) -> T {
        if self.bar.is_hidden() {
            return work.await;
        }
        let process = progress::process(self.connection).await.ok().flatten();
        let done = tokio::select! {
            done = work => done,
            never = self.show(process.filter(|_| !self.connection.is_pooled())) => match never {},
        };
        self.bar.finish_and_clear();
        done
    }

    async fn show(&self, process: Option<i32>) -> std::convert::Infallible {
        let mut observer = Observer::NotYet;
        loop {
            tokio::time::sleep(BEAT).await;
            let Some((since, first_line)) = self.long() else {
                self.bar.set_message("");
                continue;
            };
            let words = match process {
                Some(process) => observer.words(self.connection, process).await,
                None => String::new(),
            };
            let service = self.service;
            let elapsed = HumanDuration(Duration::from_secs(since.elapsed().as_secs()));
            self.bar.set_message(format!("{service}:   {first_line} … {words}{elapsed}"));
            self.bar.tick();
        }
    }

    /// The statement that runs, if it has run long.
    fn long(&self) -> Option<(Instant, String)> {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.as_ref().filter(|now| now.since.elapsed() >= LONG)?;
        Some((now.since, now.first_line.clone()))
    }
}

/// A second session, opened when the first statement takes long. Where there is none to be had, the time is shown.
enum Observer {
    NotYet,
    Here(Box<Connection>),
    Nowhere,
}

impl Observer {
    async fn words(&mut self, watched: &Connection, process: i32) -> String {
        if matches!(self, Self::NotYet) {
            let opened = tokio::time::timeout(2 * BEAT, Connection::open(&watched.target)).await;
            *self = opened.ok().and_then(Result::ok).map_or(Self::Nowhere, |open| Self::Here(Box::new(open)));
        }
        let Self::Here(connection) = self else { return String::new() };
        match tokio::time::timeout(2 * BEAT, progress::of(connection, process)).await {
            Ok(Ok(Some(progress))) => words(&progress),
            Ok(Ok(None)) => String::new(),
            Ok(Err(_)) | Err(_) => {
                *self = Self::Nowhere;
                String::new()
            }
        }
    }
}

fn words(progress: &progress::Progress) -> String {
    let mut words = String::new();
    if let Some(phase) = &progress.phase {
        words.push_str(phase);
        if let Some((done, total)) = progress.done {
            words.push_str(&format!(" {} %", done.saturating_mul(100) / total));
        }
        words.push_str(", ");
    }
    if !progress.blocked_by.is_empty() {
        let holders: Vec<String> = progress.blocked_by.iter().map(i32::to_string).collect();
        words.push_str(&format!("waits for a lock of process {}, ", holders.join(", ")));
    }
    words
}
