//! Who said that a finding is known.

use std::ops::Range;

use limbeck_revisions::file::Allowed;

use crate::file::{Acknowledgement, File};
use crate::rules::{Hit, UNUSED_ALLOW};

/// Whether the file acknowledges a finding: by a marker, or by a label where the rule takes one.
pub(crate) fn acknowledged(file: &File, hit: &Hit) -> bool {
    let mut known = false;
    for allow in file.allows.iter().filter(|allow| covers(allow, &hit.range) && speaks_of(allow, hit)) {
        allow.used.set(true);
        known = true;
    }
    known || hit.labelled
}

/// Whether a marker acknowledges a finding.
pub(crate) fn is_allowed(file: &File, hit: &Hit) -> bool {
    file.allows.iter().any(|allow| covers(allow, &hit.range) && speaks_of(allow, hit))
}

/// The markers that acknowledge nothing. One whose hazard the file itself names is of use to the runner.
pub(crate) fn unused(file: &File) -> Vec<Hit> {
    let labelled = |allow: &Acknowledgement| {
        let statements = file.scripts.iter().flat_map(|script| &script.statements);
        let mut covered = statements.filter(|statement| covers(allow, &statement.range()));
        matches!(allow.allow.what, Allowed::Hazard(hazard) if covered.any(|it| it.labels.contains(&hazard)))
    };
    let idle = file.allows.iter().filter(|allow| !allow.used.get() && !labelled(allow));
    idle.map(|allow| Hit {
        rule: &UNUSED_ALLOW,
        range: allow.range.clone(),
        labelled: false,
        judged: true,
        message: format!("nothing here is acknowledged by `limbeck:allow {}`", allow.allow.what),
        help: "remove it, or put it above the statement that it is meant for".to_owned(),
    })
    .collect()
}

fn covers(allow: &Acknowledgement, range: &Range<usize>) -> bool {
    match &allow.covers {
        Some(covered) => covered.start <= range.start && range.start < covered.end,
        None => true,
    }
}

fn speaks_of(allow: &Acknowledgement, hit: &Hit) -> bool {
    match &allow.allow.what {
        Allowed::Hazard(hazard) => hit.rule.hazard == Some(*hazard),
        Allowed::Rule(code) => hit.rule.code == code,
    }
}
