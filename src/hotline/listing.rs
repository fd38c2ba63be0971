//! Many orders as each is seen, who reads what of one, and what happened with it.

use super::{
    load::{self, KIND},
    machine::OrderState,
    mapping,
    model::{OrderDetails, Secrecy},
    narrative,
    store::{self, Order},
    views::{Beside, OrderView, render},
    withheld::Cover,
};
use crate::{
    access::{self, Sight},
    auth::{Actor, Role},
    db::{Result, Tx},
    entrustments::TimelineEntry,
    events::{Audience, store as log},
    kernel::{Code as _, Id, ListQuery, Page},
    organization,
};

/// What a reader may read of an order.
pub struct Reader {
    /// The caller is not withheld.
    pub(super) caller: bool,
    /// Nothing personal is masked.
    pub(super) clear: bool,
    /// Words are read.
    pub(super) words: bool,
}

impl Reader {
    /// By who asks.
    pub fn of(actor: &Actor, row: &Order, details: &OrderDetails, sight: Sight) -> Self {
        let hotline = actor.is_system() || (actor.kind == "client" && row.client_id == actor.id);
        let subs = details.subs.iter().map(|s| s.department_id);
        let mut departments = row.department_id.into_iter().chain(subs);
        // Whoever has a part of it reads what it is about, but not who called.
        let part = departments.any(|id| actor.nodes(Role::DepartmentHandler).any(|n| n == id.as_str()));
        let strict = row.secrecy == Secrecy::Strict;
        Self { caller: hotline || !row.withheld(), clear: hotline || !sight.masked, words: hotline || if strict { !sight.masked } else { sight.words || part } }
    }

    /// Whoever does not read who called does not read it in words, either.
    pub fn cover(&self, details: &OrderDetails) -> Cover {
        if self.caller && self.clear { Cover::default() } else { Cover::personal(details) }
    }
}

/// Several, each as it is seen.
pub fn views(tx: &mut Tx, actor: &Actor, rows: Vec<(Order, Sight)>) -> Result<Vec<OrderView>> {
    let ids: Vec<Id> = rows.iter().flat_map(|(r, _)| [r.center_id, r.home_center_id]).collect();
    let centers = organization::briefs(tx, &ids)?;
    let mut codes: Vec<(Option<Id>, mapping::MappingContent)> = Vec::new();
    let mut all = Vec::with_capacity(rows.len());
    for (row, sight) in rows {
        if !codes.iter().any(|(client, _)| *client == row.client_id) {
            codes.push((row.client_id, mapping::in_force(tx, row.client_id)?.1));
        }
        let details = row.details.open(tx.vault)?;
        let reader = Reader::of(actor, &row, &details, sight);
        if let Some((_, codes)) = codes.iter().find(|(client, _)| *client == row.client_id) {
            all.push(render(tx, &row, &details, &reader, &Beside { centers: &centers, codes }, false)?);
        }
    }
    Ok(all)
}

/// The orders that the caller sees.
pub fn list(tx: &mut Tx, actor: &Actor, q: &ListQuery) -> Result<Page<OrderView>> {
    let keep = |tx: &mut Tx, ids: &[Id]| keep(tx, q, ids);
    let sieve = access::Sieve { by: None, keep: &keep };
    let plain = !super::api::SIEVED.iter().any(|name| !q.all(name).is_empty());
    let load = store::orders_by_id;
    let page = if plain {
        access::listed::<OrderState, _>(tx, actor, KIND, q, load, |row: &Order| row.id)?
    } else {
        access::sifted::<OrderState, _>(tx, actor, KIND, q, sieve, load, |row: &Order| row.id)?
    };
    let mut rows = Vec::new();
    let page = page.with(|found| {
        rows = found;
        Vec::<OrderView>::new()
    });
    let items = views(tx, actor, rows)?;
    Ok(page.with(|_| items))
}

fn keep(tx: &mut Tx, q: &ListQuery, ids: &[Id]) -> Result<Vec<Id>> {
    let (types, urgencies, secrecies, appeals) = (q.all("order_type"), q.all("urgency"), q.all("secrecy"), q.all("appeal"));
    let (centers, departments, clients) = (q.ids("center_id"), q.ids("department_id"), q.ids("client_id"));
    let external = q.all("external_number");
    let flag = |name: &str| q.one(name).map(|v| v == "true");
    let (overdue, unmapped, supervised) = (flag("overdue"), flag("unmapped"), flag("supervised"));
    let now = tx.now;
    let any = |wanted: &[String], code: &str| wanted.is_empty() || wanted.iter().any(|w| w == code);
    let rows = store::orders_by_id(tx, ids)?;
    let kept = rows.iter().filter(|row| {
        any(&types, row.order_type.code())
            && any(&urgencies, row.urgency.code())
            && any(&secrecies, row.secrecy.code())
            && any(&appeals, row.appeal.code())
            && any(&external, &row.external_number)
            && (centers.is_empty() || centers.contains(&row.center_id))
            && (departments.is_empty() || row.department_id.is_some_and(|d| departments.contains(&d)))
            && (clients.is_empty() || row.client_id.is_some_and(|c| clients.contains(&c)))
            && overdue.is_none_or(|wanted| wanted == (row.due_at <= now))
            && unmapped.is_none_or(|wanted| wanted == row.unmapped)
            && supervised.is_none_or(|wanted| wanted == row.supervised)
    });
    Ok(kept.map(|row| row.id).collect())
}

/// What happened with an order, oldest first.
pub fn timeline(tx: &mut Tx, actor: &Actor, reference: &str, q: &ListQuery) -> Result<Page<TimelineEntry>> {
    let loaded = load::load_seen(tx, actor, reference)?;
    let reader = Reader::of(actor, &loaded.row, &loaded.details, loaded.sight);
    let cover = reader.cover(&loaded.details);
    let after = q.cursor.as_ref().and_then(|c| c.id.parse().ok());
    let mut rows = Vec::new();
    for event in log::timeline(tx, loaded.row.id, Audience::ALL, after, i64::try_from(q.limit + 1).unwrap_or(201))? {
        let text = narrative::tell(&event.kind, &event.params.get()?);
        let words = event.words.filter(|_| reader.words && reader.caller).map(|w| w.open(tx.vault)).transpose()?.map(|w| cover.over(&w));
        rows.push(TimelineEntry { id: event.id, kind: event.kind, text, words, actor: event.actor_label, at: event.occurred_at });
    }
    Ok(Page::cut(rows, q.limit, tx.vault, |t: &TimelineEntry| q.cursor_of(String::new(), t.id.to_string())))
}
