//! Text to a revision file, with everything that is wrong with it.

use std::str::FromStr;

use jiff::Timestamp;
use limbeck_sql::script::{Marks, What, pieces, words};
use limbeck_sql::{HazardKind, Preflight, Sql};

use super::{Allow, Allowed, Item, Mark, Mode, Placed, RevisionFile, Script, Segment};
use crate::{Error, Place, RevisionId};

/// What came of reading a file.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The revision, as far as it could be read; `None` if the header names no id. With errors beside it, it
    /// may be listed, never run.
    pub file: Option<RevisionFile>,
    /// Everything that is wrong, in the order of the file.
    pub errors: Vec<Error>,
}

impl Reading {
    /// The file, if nothing is wrong with it.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn into_result(self) -> Result<RevisionFile, Vec<Error>> {
        match self.file {
            Some(file) if self.errors.is_empty() => Ok(file),
            Some(_) | None => Err(self.errors),
        }
    }
}

/// Reads the bytes of a file; `name` is what errors call it.
pub fn read_bytes(name: &str, bytes: &[u8]) -> Reading {
    match std::str::from_utf8(bytes) {
        Ok(text) => read(name, text),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let place = Places { name, text: &valid }.at(valid.len());
            Reading { file: None, errors: vec![Error::NotUtf8 { place }] }
        }
    }
}

/// Reads the text of a file; `name` is what errors call it.
///
/// A byte order mark is dropped. Where every line ends in CRLF, the file was converted and is read with LF; in
/// a mixed file a CR is left alone, because it may be part of a string.
pub fn read(name: &str, text: &str) -> Reading {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let converted = text.matches("\r\n").count() == text.matches('\n').count();
    let unix = if converted { text.replace("\r\n", "\n") } else { text.to_owned() };
    let mut reader = Reader {
        places: Places { name, text: &unix },
        header: Header::default(),
        upgrade: None,
        downgrade: None,
        section: None,
        errors: Vec::new(),
    };
    for piece in pieces(&unix, marks) {
        reader.piece(&piece.what, piece.at);
    }
    reader.finish()
}

/// Offsets to lines and columns.
struct Places<'a> {
    name: &'a str,
    text: &'a str,
}

impl Places<'_> {
    fn at(&self, offset: usize) -> Place {
        let before = &self.text[..offset];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: self.name.to_owned(),
            line: count(before.matches('\n').count() + 1),
            column: count(before[start..].chars().count() + 1),
        }
    }
}

/// The header, as far as it has been read.
#[derive(Default)]
struct Header {
    id: Option<RevisionId>,
    /// A header line was there, though its id was bad.
    seen: bool,
    parents: Option<Vec<RevisionId>>,
    message: Option<String>,
    created: Option<Option<Timestamp>>,
    labels: Option<Vec<String>>,
    depends: Option<Vec<String>>,
    summary: Vec<String>,
    locks: Vec<String>,
    proved: Vec<String>,
    allowed: Vec<Allow>,
}

#[derive(Clone, Copy)]
enum Section {
    Upgrade,
    Downgrade,
}

struct Reader<'a> {
    places: Places<'a>,
    header: Header,
    upgrade: Option<Script>,
    downgrade: Option<Script>,
    section: Option<Section>,
    errors: Vec<Error>,
}

/// The markers that open something.
const OPENING: [&str; 4] = ["upgrade", "downgrade", "no-transaction", "transaction"];
/// All markers.
const MARKERS: [&str; 7] =
    ["upgrade", "downgrade", "no-transaction", "transaction", "todo", "allow", "preflight"];
/// The marker's word and what follows it, if the comment is one.
fn marker(comment: &str) -> Option<(&str, &str)> {
    let text = comment.strip_prefix("--")?.trim().strip_prefix("limbeck:")?.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    Some((&text[..end], text[end..].trim()))
}

fn marks(comment: &str) -> Marks {
    match marker(comment) {
        Some((word, _)) if OPENING.contains(&word) => Marks::End,
        Some(_) => Marks::Misplaced,
        None => Marks::Nothing,
    }
}

impl Reader<'_> {
    fn piece(&mut self, what: &What<'_>, at: usize) {
        match what {
            What::Statement(text) => self.statement(text, at),
            What::Comment(text) => match (marker(text), self.section) {
                (Some((word, rest)), _) => self.marker(word, rest, at),
                (None, None) => self.header_line(text, at),
                (None, Some(_)) => {
                    let item =
                        match text.strip_prefix("--").map(str::trim).and_then(|t| t.strip_prefix("loses:")) {
                            Some(lost) => Item::Loses(lost.trim().to_owned()),
                            None => Item::Comment((*text).to_owned()),
                        };
                    self.item(item);
                }
            },
            What::Misplaced(text) => {
                let word = marker(text).map_or(*text, |(word, _)| word);
                self.bad_marker(at, word, "stands inside a statement; move it above");
            }
            What::Unterminated(what) => {
                self.errors.push(Error::Unterminated { place: self.places.at(at), what });
            }
            What::Meta(given) => {
                let given = (*given).to_owned();
                self.errors.push(Error::MetaCommand { place: self.places.at(at), given });
            }
        }
    }

    fn bad_marker(&mut self, at: usize, marker: &str, reason: &str) {
        let (marker, reason) = (marker.to_owned(), reason.to_owned());
        self.errors.push(Error::BadMarker { place: self.places.at(at), marker, reason });
    }

    fn statement(&mut self, text: &str, at: usize) {
        let place = self.places.at(at);
        if self.section.is_none() {
            // One error is enough for a file that is no revision at all.
            if !self.errors.iter().any(|error| matches!(error, Error::StrayStatement { .. })) {
                self.errors.push(Error::StrayStatement { place });
            }
            return;
        }
        let words: Vec<String> = words(text).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Some(given) = ends_transaction(&words) {
            self.errors.push(Error::TransactionCommand { place: place.clone(), given });
        } else if words.first() == Some(&"copy") && words.contains(&"stdin") {
            let given = "COPY … FROM stdin".to_owned();
            self.errors.push(Error::MetaCommand { place: place.clone(), given });
        }
        let Place { line, column, .. } = place;
        self.item(Item::Statement(Placed { sql: Sql::from_trusted(text), line, column }));
    }

    fn script(&mut self) -> Option<&mut Script> {
        match self.section? {
            Section::Upgrade => self.upgrade.as_mut(),
            Section::Downgrade => self.downgrade.as_mut(),
        }
    }

    fn item(&mut self, item: Item) {
        let Some(script) = self.script() else { return };
        match script.segments.last_mut() {
            Some(segment) => segment.items.push(item),
            None => script.segments.push(Segment { mode: Mode::Transaction, items: vec![item] }),
        }
    }

    fn open(&mut self, section: Section, at: usize, rest: &str) {
        let (word, script) = match section {
            Section::Upgrade => ("upgrade", &mut self.upgrade),
            Section::Downgrade => ("downgrade", &mut self.downgrade),
        };
        let again = script.is_some();
        script.get_or_insert_default();
        self.section = Some(section);
        if again {
            self.bad_marker(at, word, "stands in the file twice");
        }
        if !rest.is_empty() {
            self.bad_marker(at, word, "takes no text");
        }
    }

    fn segment(&mut self, mode: Mode, word: &str, rest: &str, at: usize) {
        if !rest.is_empty() {
            self.bad_marker(at, word, "takes no text");
        }
        match self.script() {
            Some(script) => script.segments.push(Segment { mode, items: Vec::new() }),
            None => self.bad_marker(at, word, "stands before `-- limbeck:upgrade`"),
        }
    }

    fn marker(&mut self, word: &str, rest: &str, at: usize) {
        match word {
            "upgrade" => self.open(Section::Upgrade, at, rest),
            "downgrade" => self.open(Section::Downgrade, at, rest),
            "transaction" => self.segment(Mode::Transaction, word, rest, at),
            "no-transaction" => self.segment(Mode::NoTransaction, word, rest, at),
            "todo" if self.section.is_none() => {
                self.bad_marker(at, word, "stands before `-- limbeck:upgrade`");
            }
            "todo" if rest.is_empty() => self.bad_marker(at, word, "needs a text: what is to be done?"),
            "todo" => {
                let Place { line, column, .. } = self.places.at(at);
                self.item(Item::Todo(Mark { text: rest.to_owned(), line, column }));
            }
            "preflight" if self.section.is_none() => {
                self.bad_marker(at, word, "stands before `-- limbeck:upgrade`");
            }
            "preflight" => match preflight(rest) {
                Some(preflight) => self.item(Item::Preflight(preflight)),
                None => self.bad_marker(at, word, "needs a query and what it counts: `QUERY -- ROWS`"),
            },
            "allow" => match allow(rest) {
                Ok((what, reason)) => {
                    let Place { line, column, .. } = self.places.at(at);
                    let allow = Allow { what, reason: Mark { text: reason, line, column } };
                    match self.section {
                        Some(_) => self.item(Item::Allow(allow)),
                        None => self.header.allowed.push(allow),
                    }
                }
                Err(reason) => self.bad_marker(at, word, &reason),
            },
            _ => {
                let nearest = nearest(word, MARKERS);
                let place = self.places.at(at);
                self.errors.push(Error::UnknownMarker { place, given: word.to_owned(), nearest });
            }
        }
    }

    fn header_line(&mut self, comment: &str, at: usize) {
        let Some(line) = comment.strip_prefix("--") else { return };
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        if line.trim().is_empty() {
            return;
        }
        if let Some(id) = line.trim().strip_prefix("limbeck revision") {
            if self.header.seen {
                let place = self.places.at(at);
                self.errors.push(Error::RepeatedHeader { place, key: "limbeck revision" });
                return;
            }
            self.header.seen = true;
            self.header.id = self.parsed(line.trim(), id.trim(), at);
            return;
        }
        let Some((key, value)) = line.trim().split_once(':') else {
            self.header.summary.push(line.to_owned());
            return;
        };
        let value = value.trim();
        match key {
            "parents" => {
                let parents = self.list(line, value, at);
                self.once("parents", at, |header| header.parents.replace(parents).is_some());
            }
            "depends" => {
                let depends: Vec<RevisionId> = self.list(line, value, at);
                let depends = depends.into_iter().map(String::from).collect();
                self.once("depends", at, |header| header.depends.replace(depends).is_some());
            }
            "labels" => {
                // A label is a word of the same kind as an id.
                let labels: Vec<RevisionId> = self.list(line, value, at);
                let labels = labels.into_iter().map(String::from).collect();
                self.once("labels", at, |header| header.labels.replace(labels).is_some());
            }
            "message" => {
                self.once("message", at, |header| header.message.replace(value.to_owned()).is_some());
            }
            "created" => {
                let created = self.parsed(line, value, at);
                self.once("created", at, |header| header.created.replace(created).is_some());
            }
            "locks" => self.header.locks.push(value.to_owned()),
            "proved" => self.header.proved.push(value.to_owned()),
            _ => self.header.summary.push(line.to_owned()),
        }
    }

    fn once(&mut self, key: &'static str, at: usize, set: impl FnOnce(&mut Header) -> bool) {
        if set(&mut self.header) {
            let place = self.places.at(at);
            self.errors.push(Error::RepeatedHeader { place, key });
        }
    }

    fn list(&mut self, line: &str, value: &str, at: usize) -> Vec<RevisionId> {
        if value.is_empty() || value == "base" {
            return Vec::new();
        }
        let mut ids = Vec::new();
        for id in value.split([',', ' ', '\t']).map(str::trim).filter(|id| !id.is_empty()) {
            if let Some(id) = self.parsed(line, id, at)
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        ids
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        line: &str,
        value: &str,
        at: usize,
    ) -> Option<T> {
        value
            .parse()
            .map_err(|error: T::Err| {
                let (given, reason) = (line.trim().to_owned(), error.to_string());
                self.errors.push(Error::BadHeader { place: self.places.at(at), given, reason });
            })
            .ok()
    }

    fn finish(mut self) -> Reading {
        let top = self.places.at(0);
        let header = self.header;
        if !header.seen {
            // Whatever else was found is only a consequence.
            return Reading { file: None, errors: vec![Error::NoHeader { place: top }] };
        }
        if header.parents.is_none() {
            self.errors.push(Error::MissingHeader { place: top, key: "parents" });
        }
        if self.upgrade.is_none() {
            self.errors.push(Error::MissingUpgrade { place: self.places.at(self.places.text.len()) });
        }
        self.errors.sort_by_key(|error| error.place().map(|place| (place.line, place.column)));
        let file = header.id.map(|id| RevisionFile {
            id,
            parents: header.parents.unwrap_or_default(),
            message: header.message.unwrap_or_default(),
            created: header.created.flatten(),
            labels: header.labels.unwrap_or_default(),
            depends: header.depends.unwrap_or_default(),
            summary: header.summary,
            locks: header.locks,
            proved: header.proved,
            allowed: header.allowed,
            upgrade: self.upgrade.map(without_empty).unwrap_or_default(),
            downgrade: self.downgrade.map(without_empty),
        });
        Reading { file, errors: self.errors }
    }
}

fn without_empty(mut script: Script) -> Script {
    script.segments.retain(|segment| !segment.items.is_empty());
    script
}

/// `HAZARD: REASON`, or `lint::RULE: REASON`.
fn allow(text: &str) -> Result<(Allowed, String), String> {
    let rule = text.strip_prefix("lint::");
    let (name, reason) = rule.unwrap_or(text).split_once(':').unwrap_or((rule.unwrap_or(text), ""));
    let (name, reason) = (name.trim(), reason.trim());
    let hazard = HazardKind::ALL.into_iter().find(|hazard| hazard.name() == name);
    let what = match (rule, hazard) {
        (Some(_), _) => Allowed::Rule(format!("lint::{name}")),
        (None, Some(hazard)) => Allowed::Hazard(hazard),
        (None, None) => {
            let names = HazardKind::ALL.map(HazardKind::name);
            return Err(format!("names no hazard: `{name}` is none of {}", names.join(", ")));
        }
    };
    if reason.is_empty() {
        return Err("needs a reason: `HAZARD: REASON`".to_owned());
    }
    Ok((what, reason.to_owned()))
}

/// `QUERY -- ROWS`.
fn preflight(text: &str) -> Option<Preflight> {
    let (query, rows) = text.rsplit_once(" -- ")?;
    let (query, rows) = (query.trim(), rows.trim());
    let whole = !query.is_empty() && !rows.is_empty();
    whole.then(|| Preflight { count: Sql::from_trusted(query), rows: rows.to_owned() })
}

/// The words of a statement that ends or opens a transaction.
fn ends_transaction(words: &[&str]) -> Option<String> {
    let given = match words {
        ["begin" | "commit" | "end" | "abort", ..] => words.first().map(|word| (*word).to_owned()),
        ["rollback", rest @ ..] if !rest.contains(&"to") => Some("rollback".to_owned()),
        ["start", "transaction", ..] | ["prepare", "transaction", ..] => Some(words[..2].join(" ")),
        _ => None,
    };
    given.map(|given| given.to_uppercase())
}

/// The word nearest to the one given, if one is near.
pub(crate) fn nearest<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(given, word), word))
        .filter(|(distance, word)| *distance <= (word.len() / 3).max(1))
        .min()
        .map(|(_, word)| word)
}
