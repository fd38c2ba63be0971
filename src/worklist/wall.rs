//! What stands behind the numbers of the wall: each running limit by name, who must act, and until when.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    items,
    service::{WorkItem, WorkKind},
};
use crate::{
    access::{self, Entry},
    auth::{Actor, Scope},
    clocks::{self, ClockKind, RunningClock},
    db::{Result, Tx, code_enum},
    kernel::{Code as _, Id, ListQuery, Moment, Page, page::moment_or_date},
    organization,
};

code_enum! {
    /// How near a limit is to its end.
    LimitStanding in "limit-standings" {
        Broken "broken" "已超期",
        Near "near" "临近到期",
        Running "running" "正常计时",
    }
}

/// A running limit.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct WallItem {
    /// What is measured.
    pub limit: ClockKind,
    /// In Chinese.
    pub limit_label: String,
    /// How near it is to its end.
    pub standing: LimitStanding,
    /// In Chinese.
    pub standing_label: String,
    /// Of what kind of record.
    pub kind: WorkKind,
    /// In Chinese.
    pub kind_label: String,
    /// Which.
    pub record_id: Id,
    /// Its number.
    pub number: String,
    /// What it is about; absent where the caller does not see the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// State of the record, in Chinese.
    pub state_label: String,
    /// Who must act.
    #[schema(example = "如东县政务服务中心")]
    pub responsible: String,
    /// Until when.
    pub due_at: Moment,
}

/// A page of the running limits charged at or below a center, nearest end first.
pub fn limits(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<WallItem>> {
    let center = organization::asked(tx, actor, "supervision_wall", q.one("center").as_deref())?;
    let kinds: Vec<ClockKind> = q.all("limit_kind").iter().filter_map(|k| ClockKind::parse(k)).collect();
    let standing = q.one("standing").and_then(|s| LimitStanding::parse(&s));
    let after = q.cursor.as_ref().and_then(|c| Some((moment_or_date(&c.key)?, c.id.parse().ok()?)));
    let asked = clocks::Running {
        path: &center.path,
        departments: q.ids("department_id"),
        kinds,
        broken: standing.map(|s| s == LimitStanding::Broken),
        near: standing.and_then(|s| (s != LimitStanding::Broken).then_some(s == LimitStanding::Near)),
        after,
        limit: i64::try_from(q.limit + 1).unwrap_or(201),
    };
    let rows = clocks::running(tx, &asked)?;
    let page = Page::cut(rows, q.limit, tx.vault, |c: &RunningClock| q.cursor_of(c.due_at.rfc3339(), c.id.to_string()));
    page.try_with(|rows| told(tx, actor, &rows))
}

fn told(tx: &mut Tx, actor: &Actor, rows: &[RunningClock]) -> Result<Vec<WallItem>> {
    let mut wanted: Vec<(WorkKind, Entry)> = Vec::new();
    for row in rows {
        let Some(kind) = WorkKind::parse(&row.record_kind) else { continue };
        if !wanted.iter().any(|(_, e)| e.record == row.record_id) {
            wanted.push((kind, Entry { record: row.record_id, masked: true, due_at: row.due_at, updated_at: row.due_at }));
        }
    }
    let mut seen: Vec<Id> = Vec::new();
    for kind in WorkKind::ALL {
        let ids: Vec<Id> = wanted.iter().filter(|(k, _)| k == kind).map(|(_, e)| e.record).collect();
        seen.extend(access::seen(tx, &Scope::of(actor, kind.code()), &ids)?);
    }
    let heads: BTreeMap<Id, WorkItem> = items::of(tx, actor, &wanted)?.into_iter().map(|item| (item.id, item)).collect();
    let ids: Vec<Id> = rows.iter().map(|r| r.department_id.unwrap_or(r.center_id)).collect();
    let names = organization::names(tx, &ids)?;
    let now = tx.now;
    let item = |row: &RunningClock| {
        let head = heads.get(&row.record_id)?;
        let standing = if row.due_at <= now {
            LimitStanding::Broken
        } else if row.warn_at <= now {
            LimitStanding::Near
        } else {
            LimitStanding::Running
        };
        Some(WallItem {
            limit: row.kind,
            limit_label: row.kind.label().into(),
            standing,
            standing_label: standing.label().into(),
            kind: head.kind,
            kind_label: head.kind_label.clone(),
            record_id: row.record_id,
            number: head.number.clone(),
            title: seen.contains(&row.record_id).then(|| head.title.clone()),
            state_label: head.state_label.clone(),
            responsible: names.get(&row.department_id.unwrap_or(row.center_id)).cloned().unwrap_or_default(),
            due_at: row.due_at,
        })
    };
    Ok(rows.iter().filter_map(item).collect())
}
