//! Looking at projects again, and raising once what is to be raised: four fifths of the cap used or more than all of it
//! expected, and the cap passed.

use serde_json::json;

use super::{
    machine::ProjectState,
    model::WarningLevel,
    progress::{self, Standing},
    service::{self, Told},
    store::{self, Project},
};
use crate::{
    auth::Actor,
    clocks::midnight,
    db::{Error, Result, Tx, dialect},
    events::Audience,
    kernel::{Id, Moment},
    organization,
};

/// Whether a project is to be looked at.
pub fn anything_due(tx: &mut Tx) -> Result<bool> {
    Ok(!store::to_look_at(tx, 1)?.is_empty())
}

/// A matter of the project has changed: what it has used may be more by now.
pub fn look_again(tx: &mut Tx, project: Id) -> Result<()> {
    store::look_now(tx, project)
}

/// Looks at the projects whose time has come; answers how many. Safe on many servers: each is locked and read anew.
pub fn sweep(tx: &mut Tx, batch: i64) -> Result<usize> {
    let due = store::to_look_at(tx, batch)?;
    for id in &due {
        dialect::lock_root(tx.conn, "projects", id.as_str())?;
        let Some(row) = store::project(tx, *id)?.filter(|p| p.state == ProjectState::Open && p.check_at <= tx.now) else { continue };
        look(tx, row)?;
    }
    Ok(due.len())
}

fn look(tx: &mut Tx, mut row: Project) -> Result<()> {
    let before = (row.used_days, row.forecast_days, row.warning, row.due_at);
    let standing = count(tx, &mut row)?;
    let news = before != (row.used_days, row.forecast_days, row.warning, row.due_at);
    // While a day is being used, the next one begins at midnight; otherwise only a change of a matter can matter.
    let tomorrow = tx.now.local_date().succ_opt().map_or(Moment::NEVER, midnight);
    row.check_at = if standing.running { tomorrow } else { Moment::NEVER };
    let mut raised = Vec::new();
    if row.warning != WarningLevel::None && row.warned_at.is_none() {
        row.warned_at = Some(tx.now);
        raised.push("warning");
    }
    if row.warning == WarningLevel::Exceeded && row.exceeded_at.is_none() {
        row.exceeded_at = Some(tx.now);
        raised.push("cap_exceeded");
    }
    if !news && raised.is_empty() {
        return store::look_at(tx, row.id, row.check_at);
    }
    row.version += 1;
    row.updated_at = tx.now;
    if !store::save(tx, &row)? {
        return Err(Error::Contended);
    }
    let center = organization::load(tx, row.center_id)?;
    service::place(tx, &row, &center)?;
    for kind in raised {
        let params = json!({ "number": row.number, "used": row.used_days, "forecast": row.forecast_days, "cap": row.cap_days });
        service::tell(tx, &Actor::system("projects"), &row, Told::new(kind, Audience::Staff, params))?;
    }
    Ok(())
}

/// Counts a project, and takes over what was counted.
fn count(tx: &mut Tx, row: &mut Project) -> Result<Standing> {
    let details = row.details.open(tx.vault)?;
    let standing = progress::standing(tx, row, &details)?;
    take(row, &standing);
    Ok(standing)
}

/// Takes over what was counted.
pub(super) fn take(row: &mut Project, standing: &Standing) {
    let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    (row.used_days, row.forecast_days) = (count(standing.used), count(standing.forecast));
    (row.warning, row.due_at) = (standing.level, standing.due_at);
}

/// Whether something has changed since a project was counted: a matter of it, the project itself, or the day.
pub(super) fn is_outdated(row: &Project, now: Moment) -> bool {
    row.state == ProjectState::Open && row.check_at <= now
}

/// Projects as they stand, for who reads them before the worker has looked: few are outdated at any moment.
pub(super) fn current(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Project>> {
    let mut rows = store::projects_by_id(tx, ids)?;
    for row in &mut rows {
        if is_outdated(row, tx.now) {
            count(tx, row)?;
        }
    }
    Ok(rows)
}
