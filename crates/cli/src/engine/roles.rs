//! Roles that a plan needs: they belong to the server, and no plan makes them.

use std::collections::BTreeMap;

use limbeck_database::Target;
use limbeck_kinds::{Schema, expression};
use limbeck_schema::Origin;
use limbeck_sql::{Ident, sql};

use super::Engine;
use super::script::Written;
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};

impl Engine<'_> {
    /// Makes sure that the roles which only `to` names are on the server that the plan is for; `written` are statements
    /// that may name them.
    ///
    /// # Errors
    ///
    /// The roles that are missing, where they are named.
    pub(crate) fn roles_are_there(
        &self,
        target: &Target,
        from: &Schema,
        to: &Schema,
        written: impl FnOnce() -> Result<Vec<Written>>,
    ) -> Result<()> {
        let mut wanted: BTreeMap<Ident, Option<Origin>> = BTreeMap::new();
        for (id, object) in to.iter().filter(|(id, object)| from.get(id) != Some(object)) {
            for role in object.roles().into_iter().filter(|role| !role.is_empty() && *role != "public") {
                let origin = wanted.entry(role).or_default();
                *origin = origin.take().or_else(|| to.origins.get(id).cloned());
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let connection = self.connect(target)?;
        let known = self.runtime.block_on(limbeck_database::roles(&connection))?;
        wanted.retain(|role, _| !known.contains(role.as_str()));
        if wanted.is_empty() {
            return Ok(());
        }
        let written = written()?;
        let reports = wanted.into_iter().map(|(role, origin)| {
            let named = || written.iter().find(|(text, _)| expression::mentions(text, role.as_str()));
            let place = origin.or_else(|| named().map(|(_, origin)| origin.clone()));
            let report =
                Report::error("cli::missing_role", format!("role `{role}` does not exist on {target}"));
            let report = match place {
                Some(origin) => report.at(origin),
                None => report,
            };
            report.help(format!(
                "roles belong to the server, so make it there first: `{}`",
                sql!("CREATE ROLE {}", role)
            ))
        });
        Err(Failure::of(Exit::Refused, reports))
    }
}
