//! Answering and closing: what is closed was a service of its own, and is rated once.

use chrono::TimeDelta;
use serde_json::json;

use super::{
    input::ConsultationAnswerInput,
    load::{self, CITE, Opened, Told},
    machine::{ConsultationAction as Action, ConsultationState as State},
    model::{Answer, ConsultationChannel as Channel},
    moving, service, store,
    views::{self, ConsultationView},
};
use crate::{
    auth::Actor,
    catalogue,
    db::{Json, Result, Tx, dialect},
    evaluations::occasions::{self, OccasionKind, ServedRecord},
    events::Audience,
    kernel::{Id, Moment, Problem, Target},
};

/// What is answered.
pub(super) struct Said<'a> {
    /// In words.
    pub answer: &'a str,
    /// Articles that it rests on.
    pub articles: &'a [String],
    /// Where they stand in what was sent.
    pub at: &'a str,
    /// It is closed at once.
    pub close: bool,
}

/// Answers.
pub fn answer(tx: &mut Tx, actor: &Actor, target: &Target, input: &ConsultationAnswerInput) -> Result<ConsultationView> {
    let mut loaded = load::load_for(tx, actor, Action::Answer, target)?;
    loaded.decide(actor, Action::Answer)?;
    loaded.row.theme = input.theme.unwrap_or(loaded.row.theme);
    if let Some(references) = &input.items {
        let items = service::items_of(tx, references, "/items")?;
        loaded.row.item_id = items.first().copied();
        loaded.row.items = Json::new(&items)?;
    }
    // The hotline tells the caller itself, and asks whether they are satisfied.
    let close = input.close || loaded.row.channel == Channel::Hotline;
    answer_loaded(tx, actor, &mut loaded, &Said { answer: &input.answer, articles: &input.articles, at: "", close })?;
    load::index(tx, &loaded.row)?;
    if close { views::view_ended(tx, actor, loaded.row.id) } else { views::view(tx, actor, loaded.row.id) }
}

/// [`answer`] of one in hand.
pub(super) fn answer_loaded(tx: &mut Tx, actor: &Actor, loaded: &mut Opened, said: &Said) -> Result<()> {
    let next = loaded.decide(actor, Action::Answer)?;
    moving::fall(tx, loaded)?;
    let cited = match CITE.get().filter(|_| !said.articles.is_empty()) {
        Some(cite) => cite(tx, actor, loaded.row.id, &loaded.center, said.articles)?,
        None if said.articles.is_empty() => Vec::new(),
        None => {
            return Err(Problem::rule(&format!("{}/articles/0", said.at), "unknown_article", "没有这个知识条目。", "No such article.").into());
        }
    };
    let by = actor.id.filter(|_| actor.kind == "user");
    loaded.details.answer = Some(Answer { answer: said.answer.to_owned(), articles: cited, center_id: loaded.center.id, by, at: tx.now });
    loaded.row.state = next;
    loaded.row.answered_at = Some(tx.now);
    loaded.row.answered_by = by;
    loaded.row.assignee_id = loaded.row.assignee_id.or(by.filter(|_| actor.center_id == Some(loaded.center.id)));
    let days = TimeDelta::days(i64::from(loaded.rules.consultation_close_days));
    loaded.row.closes_at = tx.now.plus(days);
    let params = json!({ "center": loaded.center.name, "round": loaded.row.round });
    load::save(tx, actor, loaded, Told::new("answered", Audience::Applicant, params).saying(said.answer))?;
    if said.close { close_loaded(tx, actor, loaded, false) } else { Ok(()) }
}

/// Closes what was answered: the asker has no more questions.
pub fn close(tx: &mut Tx, actor: &Actor, target: &Target) -> Result<ConsultationView> {
    let mut loaded = load::load_for(tx, actor, Action::Close, target)?;
    close_loaded(tx, actor, &mut loaded, false)?;
    views::view_ended(tx, actor, loaded.row.id)
}

fn close_loaded(tx: &mut Tx, actor: &Actor, loaded: &mut Opened, by_time: bool) -> Result<()> {
    loaded.row.state = loaded.decide(actor, Action::Close)?;
    loaded.row.closes_at = Moment::NEVER;
    loaded.row.ended_at = Some(tx.now);
    load::save(tx, actor, loaded, Told::new("closed", Audience::Applicant, json!({ "by_time": by_time })))?;
    ended(tx, actor, loaded)
}

/// It has ended: what was answered is rated, once however often it is asked again; and other rooms are told.
pub(super) fn ended(tx: &mut Tx, actor: &Actor, loaded: &mut Opened) -> Result<()> {
    if loaded.row.state == State::Closed {
        let row = &loaded.row;
        let item = match row.item_id {
            Some(id) => catalogue::store::items_by_id(tx, &[id])?.pop().map(|i| (i.id, i.name)),
            None => None,
        };
        let served = ServedRecord {
            kind: OccasionKind::Consultation,
            source_by: row.intake_center_id,
            service_no: row.number.clone(),
            center: loaded.center.clone(),
            window_id: row.window_id.filter(|_| row.center_id == row.intake_center_id),
            staff_id: row.answered_by,
            item,
            served_at: row.answered_at.unwrap_or(tx.now),
            applicant_id: row.applicant_id,
            name: row.name.clone(),
            phone: row.phone.clone(),
            client_id: row.source_by.filter(|id| *id != row.intake_center_id),
        };
        occasions::open_of_record(tx, actor, served)?;
    }
    load::step(tx, actor, &loaded.row, load::Step::Ended)
}

/// Whether something that was answered closes by itself now.
pub fn anything_to_close(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    Ok(!store::to_close(tx, now, 1)?.is_empty())
}

/// Closes what was answered and not asked again; answers how many. Each under its lock, so it happens once.
pub fn close_due(tx: &mut Tx, batch: i64) -> Result<usize> {
    let actor = Actor::system("consultations");
    let now = tx.now;
    let ids: Vec<Id> = store::to_close(tx, now, batch)?;
    for id in &ids {
        dialect::lock_root(tx.conn, "consultations", id.as_str())?;
        let mut loaded = load::load_behind(tx, *id)?;
        if loaded.row.state == State::Answered && loaded.row.closes_at <= now {
            close_loaded(tx, &actor, &mut loaded, true)?;
        }
    }
    Ok(ids.len())
}
