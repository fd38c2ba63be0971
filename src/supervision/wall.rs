//! The wall: which limits run, come near and are broken, by center and by department. Counted from the clocks themselves, each
//! charged to whoever must act; what an applicant owes is on nobody's wall.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    auth::Actor,
    clocks::{self, ChargedClocks, ClockKind},
    db::{Result, Tx},
    kernel::{Code as _, Id, Moment},
    organization::{self, CenterBrief},
};

/// How many limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WallCounts {
    /// Running and not near their end.
    pub running: i64,
    /// Near their end 黄牌.
    pub near: i64,
    /// Past their end 红牌.
    pub broken: i64,
}

impl WallCounts {
    fn add(&mut self, c: &ChargedClocks) {
        self.running += c.running - c.near - c.broken;
        self.near += c.near;
        self.broken += c.broken;
    }
}

/// Limits of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WallKind {
    /// What is measured.
    pub kind: ClockKind,
    /// In Chinese.
    pub kind_label: String,
    /// How many.
    pub counts: WallCounts,
}

/// Limits of one center with all below it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct WallCenter {
    /// Which.
    pub center: CenterBrief,
    /// How many.
    pub counts: WallCounts,
}

/// Limits of one department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WallDepartment {
    /// Identity.
    pub id: Id,
    /// Name.
    #[schema(example = "如东县市场监督管理局")]
    pub name: String,
    /// How many.
    pub counts: WallCounts,
}

/// The wall of a center and everything below it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct WallView {
    /// As of when; in the stream absent, where each piece is of its own moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Moment>,
    /// Whose wall.
    pub center: CenterBrief,
    /// All limits, those of departments among them.
    pub totals: WallCounts,
    /// Limits of the center itself, without those of departments.
    pub own: WallCounts,
    /// By what is measured; most broken first.
    pub kinds: Vec<WallKind>,
    /// By the centers right below, each with everything below it, without those of departments; most broken first.
    pub centers: Vec<WallCenter>,
    /// By the departments that owe something; most broken first.
    pub departments: Vec<WallDepartment>,
}

fn worst(counts: WallCounts) -> std::cmp::Reverse<(i64, i64, i64)> {
    std::cmp::Reverse((counts.broken, counts.near, counts.running))
}

/// The wall as it is watched: equal as long as nothing has changed.
pub fn watched(tx: &mut Tx, actor: &Actor, reference: Option<&str>) -> Result<WallView> {
    Ok(WallView { as_of: None, ..wall(tx, actor, reference)? })
}

/// The wall of a center (id or division code); the caller's own where none is named.
pub fn wall(tx: &mut Tx, actor: &Actor, reference: Option<&str>) -> Result<WallView> {
    let center = organization::asked(tx, actor, "supervision_wall", reference)?;
    let counted = clocks::charged(tx, &center.path)?;
    let children = organization::store::children(tx, center.id)?;
    let mut ids: Vec<Id> = counted.iter().map(|c| c.center_id).collect();
    ids.sort();
    ids.dedup();
    let paths: BTreeMap<Id, String> = organization::store::centers_by_id(tx, &ids)?.into_iter().map(|c| (c.id, c.path)).collect();

    let (mut totals, mut own) = (WallCounts::default(), WallCounts::default());
    let mut kinds: BTreeMap<&'static str, (ClockKind, WallCounts)> = BTreeMap::new();
    let mut by_child: BTreeMap<Id, WallCounts> = BTreeMap::new();
    let mut by_department: BTreeMap<Id, WallCounts> = BTreeMap::new();
    for c in &counted {
        totals.add(c);
        kinds.entry(c.kind.code()).or_insert((c.kind, WallCounts::default())).1.add(c);
        if let Some(department) = c.department_id {
            by_department.entry(department).or_default().add(c);
        } else if c.center_id == center.id {
            own.add(c);
        } else if let Some(child) = paths.get(&c.center_id).and_then(|path| children.iter().find(|child| path.starts_with(&child.path))) {
            by_child.entry(child.id).or_default().add(c);
        }
    }
    let mut kinds: Vec<WallKind> = kinds.into_values().map(|(kind, counts)| WallKind { kind, kind_label: kind.label().into(), counts }).collect();
    kinds.sort_by_key(|k| worst(k.counts));
    let mut centers: Vec<WallCenter> =
        children.iter().filter_map(|child| Some(WallCenter { center: CenterBrief::from(child), counts: *by_child.get(&child.id)? })).collect();
    centers.sort_by_key(|c| worst(c.counts));
    let ids: Vec<Id> = by_department.keys().copied().collect();
    let mut departments: Vec<WallDepartment> = organization::store::departments_by_id(tx, &ids)?
        .into_iter()
        .map(|d| WallDepartment { counts: by_department.get(&d.id).copied().unwrap_or_default(), id: d.id, name: d.name })
        .collect();
    departments.sort_by_key(|d| worst(d.counts));
    Ok(WallView { as_of: Some(tx.now), center: CenterBrief::from(&center), totals, own, kinds, centers, departments })
}
