//! The agency directory 代办目录 of a center: what it can be entrusted with, as a public page of data.

use serde::Serialize;

use super::{
    model::Mode,
    store::{self, ItemFilter},
    views::ItemBrief,
};
use crate::{
    db::{Result, Tx},
    kernel::{Code as _, Id, Limit, ListQuery, Moment, Page, Problem},
    organization,
};

/// An entry of the directory.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DirectoryEntry {
    /// The item.
    pub item: ItemBrief,
    /// The kinds of help that are offered.
    pub modes: Vec<Mode>,
    /// In Chinese.
    pub mode_labels: Vec<String>,
    /// In what time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised_limit: Option<Limit>,
    /// How many materials are asked for.
    pub materials: usize,
    /// How many steps its ready-made plan has.
    pub steps: usize,
    /// The items it is made of.
    pub bundle: Vec<String>,
}

const BATCH: i64 = 200;

/// What a center can be entrusted with: the published items of its division, for which some help is offered.
pub fn of_center(tx: &mut Tx, reference: &str, q: &ListQuery) -> Result<Page<DirectoryEntry>> {
    let center = organization::store::center_by_reference(tx, reference)?.ok_or_else(Problem::not_found)?;
    let wanted: Vec<Mode> = q.all("mode").iter().filter_map(|m| Mode::parse(m)).collect();
    let mut filter = ItemFilter {
        states: vec!["published".into()],
        divisions: vec![center.division_code],
        themes: q.all("theme"),
        bundles: q.one("bundle").map(|v| v == "true"),
        descending: true,
        limit: BATCH,
        after: q.cursor.as_ref().and_then(|c| c.id.parse::<Id>().ok()).map(|id| (Moment::NEVER, id)),
        ..ItemFilter::default()
    };
    let mut entries = Vec::new();
    loop {
        let rows = store::items(tx, &filter)?;
        let more = rows.len() == usize::try_from(BATCH).unwrap_or(usize::MAX);
        filter.after = rows.last().map(|i| (Moment::NEVER, i.id)).or(filter.after);
        for row in rows {
            let Some(content) = row.published.as_ref().map(|p| p.get()).transpose()? else { continue };
            // An item that names no way is offered in all of them.
            let modes: Vec<Mode> = if content.modes.is_empty() { Mode::ALL.to_vec() } else { content.modes };
            if !wanted.is_empty() && !modes.iter().any(|m| wanted.contains(m)) {
                continue;
            }
            entries.push(DirectoryEntry {
                item: ItemBrief::from(row),
                mode_labels: modes.iter().map(|m| m.label().to_owned()).collect(),
                modes,
                promised_limit: content.promised_limit,
                materials: content.materials.len(),
                steps: content.template.len(),
                bundle: content.bundle,
            });
        }
        if !more || entries.len() > q.limit {
            break;
        }
    }
    Ok(Page::cut(entries, q.limit, tx.vault, |e| q.cursor_of(String::new(), e.item.id.to_string())))
}
