//! `limbeck explain CODE`: the page of an error code.

use crate::args::Explain;
use crate::exit::Exit;
use crate::explain::{PAGES, page, suggestion};
use crate::failure::{Report, Result};
use crate::out::Out;

/// Prints the page, or all codes.
pub(crate) fn run(args: &Explain, out: &Out) -> Result<Exit> {
    let Some(code) = &args.code else {
        out.data(PAGES.iter().map(|(code, page)| format!("{code}  {}\n", summary(page))).collect::<String>());
        return Ok(Exit::Done);
    };
    // What people copy from a message may have its brackets still on.
    let code =
        code.trim().trim_start_matches("error").trim_start_matches("warning").trim_matches(['[', ']', ':']);
    let Some(page) = page(code) else {
        let mut report = Report::error("cli::unknown_code", format!("there is no error code `{code}`"));
        report = match suggestion(code) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report.help("run `limbeck explain` for all codes"),
        };
        return Err(report.exit(Exit::Usage));
    };
    out.data(page);
    Ok(Exit::Done)
}

/// The first sentence of a page.
fn summary(page: &str) -> &str {
    page.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default()
}
