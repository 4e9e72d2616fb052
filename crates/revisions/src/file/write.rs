//! A revision file to text.

use super::{Allow, Item, Mode, RevisionFile, Script, Segment};
use crate::Error;
use limbeck_sql::script::ends_in_comment;

impl RevisionFile {
    /// The file's text: LF, UTF-8, and the same bytes for the same value.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if what would be written does not read back as this value: a line break in a line
    /// of the header, two statements in one, SQL that is never closed. So that no file of ours is ever refused
    /// when its turn comes.
    pub fn text(&self) -> Result<String, Error> {
        let text = self.unchecked();
        let reading = super::read("the new file", &text);
        let reason = match (reading.errors.first(), reading.file) {
            (Some(error), _) => match error.place() {
                Some(place) => format!("{error} ({place})"),
                None => error.to_string(),
            },
            (None, Some(file)) if file == *self => return Ok(text),
            (None, file) => file.map_or("its id", |file| self.first_difference(&file)).to_owned(),
        };
        Err(Error::Unwritable { id: self.id.clone(), reason })
    }

    fn unchecked(&self) -> String {
        let Self {
            id,
            parents,
            message,
            created,
            labels,
            depends,
            summary,
            locks,
            proved,
            allowed,
            upgrade,
            downgrade,
        } = self;
        let mut lines = vec![format!("-- limbeck revision {id}")];
        let parents = if parents.is_empty() { "base".to_owned() } else { crate::error::commas(parents) };
        lines.push(format!("-- parents: {parents}"));
        lines.push(format!("-- message: {message}").trim_end().to_owned());
        if let Some(created) = created {
            lines.push(format!("-- created: {created}"));
        }
        for (key, words) in [("labels", labels), ("depends", depends)] {
            if !words.is_empty() {
                lines.push(format!("-- {key}: {}", words.join(", ")));
            }
        }
        if !(summary.is_empty() && locks.is_empty() && proved.is_empty() && allowed.is_empty()) {
            lines.push("--".to_owned());
        }
        lines.extend(summary.iter().map(|line| format!("-- {line}")));
        lines.extend(locks.iter().map(|line| format!("-- locks: {line}")));
        lines.extend(proved.iter().map(|line| format!("-- proved: {line}")));
        lines.extend(allowed.iter().map(allow_line));
        lines.extend([String::new(), "-- limbeck:upgrade".to_owned()]);
        script_lines(upgrade, &mut lines);
        if let Some(downgrade) = downgrade {
            lines.extend([String::new(), "-- limbeck:downgrade".to_owned()]);
            script_lines(downgrade, &mut lines);
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn first_difference(&self, other: &Self) -> &'static str {
        let parts = [
            ("its parents", self.parents == other.parents),
            ("its message", self.message == other.message),
            ("its time", self.created == other.created),
            ("its labels", self.labels == other.labels),
            ("its dependencies", self.depends == other.depends),
            ("its summary", self.summary == other.summary),
            ("its locks", self.locks == other.locks),
            ("its proof", self.proved == other.proved),
            ("what it allows", self.allowed == other.allowed),
            ("its upgrade", self.upgrade == other.upgrade),
            ("its downgrade", self.downgrade == other.downgrade),
        ];
        parts.into_iter().find(|(_, equal)| !equal).map_or("its id", |(part, _)| part)
    }
}

fn script_lines(script: &Script, lines: &mut Vec<String>) {
    for (number, Segment { mode, items }) in script.segments.iter().enumerate() {
        if number > 0 {
            lines.push(String::new());
        }
        match mode {
            Mode::NoTransaction => lines.push("-- limbeck:no-transaction".to_owned()),
            Mode::Transaction if number > 0 => lines.push("-- limbeck:transaction".to_owned()),
            Mode::Transaction => {}
        }
        item_lines(items, lines);
    }
}

/// Statements of several lines stand apart from their neighbours; marks and comments stand close to the
/// statement that follows them.
fn item_lines(items: &[Item], lines: &mut Vec<String>) {
    let mut long_before = None;
    let mut rest = items;
    while !rest.is_empty() {
        let length = rest
            .iter()
            .position(|item| matches!(item, Item::Statement(_)))
            .map_or(rest.len(), |statement| statement + 1);
        let (group, after) = rest.split_at(length);
        rest = after;
        let text: Vec<String> = group.iter().map(item_text).collect();
        let long = text.last().is_some_and(|text| text.contains('\n'));
        if long_before.is_some_and(|before| before || long) {
            lines.push(String::new());
        }
        long_before = Some(long);
        lines.extend(text);
    }
}

fn allow_line(allow: &Allow) -> String {
    let Allow { what, reason } = allow;
    format!("-- limbeck:allow {what}: {}", reason.text)
}

fn item_text(item: &Item) -> String {
    match item {
        Item::Statement(statement) => {
            let sql = statement.sql.as_str();
            let end = if ends_in_comment(sql) { "\n;" } else { ";" };
            format!("{sql}{end}")
        }
        Item::Todo(mark) => format!("-- limbeck:todo {}", mark.text),
        Item::Allow(allow) => allow_line(allow),
        Item::Loses(text) => format!("-- loses: {text}"),
        Item::Preflight(preflight) => {
            format!("-- limbeck:preflight {} -- {}", preflight.count, preflight.rows)
        }
        Item::Comment(text) => text.clone(),
    }
}
