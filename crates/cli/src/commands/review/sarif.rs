//! A review as SARIF 2.1.0, the exchange form of static analysis.

use std::collections::BTreeSet;

use limbeck_schema::Severity;
use serde_json::{Value, json};

use super::Report;
use crate::explain::page;

/// The log of one run.
pub(super) fn log(report: &Report) -> Value {
    let mut results = Vec::new();
    let mut codes = BTreeSet::new();
    for revision in &report.revisions {
        for error in &revision.verdict.errors {
            let (line, column) = error.place().map_or((1, 1), |place| (place.line, place.column));
            codes.insert(error.code());
            results.push(result(
                error.code(),
                "error",
                &error.to_string(),
                &revision.file,
                (line, column, 0),
            ));
        }
        for finding in &revision.verdict.findings {
            let level = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let origin = &finding.origin;
            let text = format!("{}. {}", finding.message, finding.help);
            let place = (origin.line, origin.column, origin.length);
            codes.insert(finding.code);
            results.push(result(finding.code, level, &text, &revision.file, place));
        }
    }
    for changed in &report.changed {
        codes.insert("cli::edited");
        results.push(result("cli::edited", "error", changed.message(), &changed.file, (1, 1, 0)));
    }
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "limbeck",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Value {
    let text = page(code).unwrap_or_default();
    let short = text.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or(code);
    json!({
        "id": code,
        "shortDescription": { "text": short },
        "help": { "text": text, "markdown": text },
    })
}

fn result(code: &str, level: &str, text: &str, file: &str, (line, column, length): (u32, u32, u32)) -> Value {
    let mut region = json!({ "startLine": line.max(1), "startColumn": column.max(1) });
    if length > 0 {
        region["endColumn"] = json!(column.max(1) + length);
    }
    json!({
        "ruleId": code,
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": file.replace('\\', "/").replace('%', "%25").replace(' ', "%20") },
            "region": region,
        }}],
    })
}
