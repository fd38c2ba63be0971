//! How consultations are answered: the asker reads what concerns them, and who is confidential is shown to few.

use serde::Serialize;

use super::{
    load::{self, Opened},
    machine::ConsultationState,
    model::{Answer, CitedArticle, ConsultationChannel, ConsultationTheme, TransferStanding},
    store::{self, Consultation, Turned},
};
use crate::{
    access::{self, Sight},
    attachments::{self, AttachmentView},
    auth::{Actor, Role, Scope},
    clocks::{self, ClockView},
    db::{Result, Tx},
    evaluations::occasions,
    kernel::{Code as _, Id, Moment},
    organization::{self, CenterBrief},
};

/// An answer as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsultationAnswer {
    /// In words.
    pub answer: String,
    /// Articles of the knowledge base that it rests on.
    pub articles: Vec<CitedArticle>,
    /// Of which center.
    pub center_id: Id,
    /// Who; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<Id>,
    /// When.
    pub at: Moment,
}

/// A round before the present one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsultationRound {
    /// What was asked.
    pub question: String,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<ConsultationAnswer>,
    /// When it was asked again.
    pub until: Moment,
}

/// What a consultation was turned into.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsultationRecord {
    /// Kind of record.
    #[schema(example = "entrustment")]
    pub kind: String,
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "DB-320623-20260105-000001-101")]
    pub number: String,
    /// When.
    pub at: Moment,
}

/// An offer between centers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsultationOffer {
    /// From.
    pub from: CenterBrief,
    /// To.
    pub to: CenterBrief,
    /// How it stands.
    pub state: TransferStanding,
    /// In Chinese.
    pub state_label: String,
    /// Why; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why the center should have it, as the rules say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Why it came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_reason: Option<String>,
    /// When offered.
    pub at: Moment,
    /// When answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
}

/// How a consultation is rated.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsultationRating {
    /// Its evaluation.
    pub evaluation_id: Id,
    /// The single-use link: for the one who asked; and for staff who are not rated by it, in the answer to what closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Beside it: the code for the slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_code: Option<String>,
}

/// A consultation as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsultationView {
    /// Identity.
    pub id: Id,
    /// Number that people read.
    #[schema(example = "ZX-320623-20260105-000001-101")]
    pub number: String,
    /// State.
    pub state: ConsultationState,
    /// In Chinese.
    pub state_label: String,
    /// How it came in.
    pub channel: ConsultationChannel,
    /// In Chinese.
    pub channel_label: String,
    /// What it is about.
    pub theme: ConsultationTheme,
    /// In Chinese.
    pub theme_label: String,
    /// The center that answers.
    pub center_id: Id,
    /// Named; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center: Option<CenterBrief>,
    /// The center that took it in.
    pub intake_center_id: Id,
    /// At which window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_id: Option<Id>,
    /// Round of answering, from 1.
    pub round: i32,
    /// In a few words; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The question; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The answer of this round; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<ConsultationAnswer>,
    /// Rounds before; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Vec<ConsultationRound>>,
    /// Why it was withdrawn; absent where words are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<String>,
    /// What proves it, where staff withdrew for the asker; staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal_evidence: Option<String>,
    /// The item that it is about first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<Id>,
    /// All items that it is about.
    pub item_ids: Vec<Id>,
    /// Nobody is known who asked.
    pub is_anonymous: bool,
    /// The asker is shown to nobody but the counter and who answers.
    pub confidential: bool,
    /// Who asked, where they are registered; absent where they are withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant_id: Option<Id>,
    /// Whom to call; masked where the view is, absent where they are withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_name: Option<String>,
    /// Their telephone; as the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
    /// Whoever met the asker first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_responder_id: Option<Id>,
    /// Who answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Id>,
    /// Offers that were accepted.
    pub hand_overs: i32,
    /// The center that has an offer of it; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered_to_id: Option<Id>,
    /// Its offers between centers; for staff, single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<Vec<ConsultationOffer>>,
    /// What it was turned into.
    pub records: Vec<ConsultationRecord>,
    /// Its number in the system that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How it is rated; single records only, once it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<ConsultationRating>,
    /// Files; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<AttachmentView>>,
    /// Its limits; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Vec<ClockView>>,
    /// Civil date of intake.
    #[schema(example = "2026-11-22")]
    pub received_on: String,
    /// Answer until.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    /// The deadline has passed.
    pub overdue: bool,
    /// When last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
    /// While it is answered: it closes by itself then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Moment>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// Personal data is masked for this caller.
    pub masked: bool,
    /// Exactly what this caller may do now; single records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Version, as in `ETag`.
    pub version: i64,
    /// When taken in.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
}

crate::versioned!(ConsultationView, "consultation");

/// What a reader may know of a consultation.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    /// Reads what was asked and answered.
    pub(super) words: bool,
    /// Reads what centers say to each other.
    pub(super) staff: bool,
    /// The asker is shown masked.
    pub(super) masked: bool,
    /// A confidential asker is shown.
    pub(super) knows: bool,
}

impl Reader {
    pub(super) fn of(actor: &Actor, row: &Consultation, sight: Sight) -> Self {
        let own = actor.applicant_id.is_some() && actor.applicant_id == row.applicant_id;
        Self {
            words: own || sight.words,
            staff: actor.applicant_id.is_none() && actor.kind != "client" && sight.words,
            masked: !own && sight.masked,
            knows: own || knows(actor, row),
        }
    }
}

/// Who is shown a confidential asker: the counter of the center that answers, who answers, and the client that took them in.
pub(super) fn knows(actor: &Actor, row: &Consultation) -> bool {
    let desk = actor.nodes(Role::Clerk).any(|n| n == row.center_id.as_str());
    let made = actor.kind == "client" && row.source_by.is_some() && row.source_by == actor.id;
    actor.is_system() || desk || made || row.assignee_id.is_some_and(|id| actor.answers_for(id))
}

fn answer_view(a: Answer, staff: bool) -> ConsultationAnswer {
    ConsultationAnswer { answer: a.answer, articles: a.articles, center_id: a.center_id, answered_by: a.by.filter(|_| staff), at: a.at }
}

/// What a list and a single record have in common.
fn head(tx: &Tx, row: Consultation, reader: Reader, turned: &[Turned]) -> Result<ConsultationView> {
    let d = row.details.open(tx.vault)?;
    let shown = !row.confidential || reader.knows;
    let open = |sealed: &Option<crate::db::Sealed>| sealed.as_ref().filter(|_| shown).map(|s| s.open(tx.vault)).transpose();
    let (name, phone) = (open(&row.name)?, open(&row.phone)?);
    let words = reader.words;
    // Who writes a confidential question down forgets that it is read.
    let hidden: Vec<String> = match shown {
        true => Vec::new(),
        false => row.name.iter().chain(&row.phone).map(|s| s.open(tx.vault)).collect::<Result<_>>()?,
    };
    let told = |text: String| hidden.iter().filter(|h| h.chars().count() > 1).fold(text, |text, h| text.replace(h.as_str(), "（保密）"));
    let records = turned.iter().filter(|t| t.consultation_id == row.id);
    Ok(ConsultationView {
        id: row.id,
        state: row.state,
        state_label: row.state.label().into(),
        channel: row.channel,
        channel_label: row.channel.label().into(),
        theme: row.theme,
        theme_label: row.theme.label().into(),
        center_id: row.center_id,
        center: None,
        intake_center_id: row.intake_center_id,
        window_id: row.window_id,
        round: row.round,
        subject: words.then(|| told(d.subject)),
        question: words.then(|| told(d.question)),
        answer: d.answer.filter(|_| words).map(|a| answer_view(a, reader.staff)),
        rounds: None,
        withdrawal: d.withdrawal.filter(|_| words),
        withdrawal_evidence: d.withdrawal_evidence.filter(|_| words && reader.staff),
        item_id: row.item_id,
        item_ids: row.items.get()?,
        is_anonymous: row.applicant_id.is_none() && row.phone.is_none(),
        confidential: row.confidential,
        applicant_id: row.applicant_id.filter(|_| shown),
        contact_name: name.map(|n| if reader.masked { tx.masking.name(&n) } else { n }),
        contact_phone: phone.map(|p| if reader.masked { tx.masking.phone(&p) } else { p }),
        first_responder_id: row.first_responder_id,
        assignee_id: row.assignee_id,
        hand_overs: row.hand_overs,
        offered_to_id: row.offered_to_id.filter(|_| reader.staff),
        transfers: None,
        records: records.map(|t| ConsultationRecord { kind: t.record_kind.clone(), id: t.record_id, number: t.number.clone(), at: t.created_at }).collect(),
        source: row.source,
        rating: None,
        attachments: None,
        clocks: None,
        received_on: row.received_on,
        due_at: row.due_at.known(),
        overdue: row.due_at <= tx.now,
        answered_at: row.answered_at,
        closes_at: row.closes_at.known(),
        ended_at: row.ended_at,
        masked: reader.masked,
        allowed_actions: None,
        number: row.number,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn offer_views(tx: &mut Tx, c: &Opened) -> Result<Vec<ConsultationOffer>> {
    let sides: Vec<Id> = c.offers.iter().flat_map(|o| [o.from_center_id, o.to_center_id]).collect();
    let named = organization::briefs(tx, &sides)?;
    let gone = || crate::db::Error::Corrupt("center gone".into());
    let center = |id: Id| named.iter().find(|c| c.id == id).cloned().ok_or_else(gone);
    let of = |text: String| Some(text).filter(|t| !t.is_empty());
    let view = |o: &store::Offer| -> Result<ConsultationOffer> {
        let words = o.words.open(tx.vault)?;
        Ok(ConsultationOffer {
            from: center(o.from_center_id)?,
            to: center(o.to_center_id)?,
            state: o.state,
            state_label: o.state.label().into(),
            reason: of(words.reason),
            why: of(words.why),
            return_reason: of(words.return_reason),
            at: o.created_at,
            answered_at: o.answered_at,
        })
    };
    c.offers.iter().map(view).collect()
}

/// A consultation with all that belongs to it, as the caller sees it.
pub(super) fn render(tx: &mut Tx, actor: &Actor, c: &Opened, reader: Reader) -> Result<ConsultationView> {
    let turned = store::turned(tx, &[c.row.id])?;
    let past = c.details.rounds.iter().cloned();
    let past = past.map(|r| ConsultationRound { question: r.question, answer: r.answer.map(|a| answer_view(a, reader.staff)), until: r.until });
    let rated = occasions::of_record(tx, actor, c.row.intake_center_id, &c.row.number)?;
    let shown = head(tx, c.row.clone(), reader, &turned)?;
    let words = shown.question.is_some();
    Ok(ConsultationView {
        center: Some(CenterBrief::from(&c.center)),
        rounds: words.then(|| past.collect()),
        transfers: if reader.staff { Some(offer_views(tx, c)?) } else { None },
        // Who asked rates it from here.
        rating: rated.map(|r| ConsultationRating { evaluation_id: r.evaluation_id, link: r.link.filter(|_| actor.applicant_id.is_some()), receipt_code: None }),
        attachments: Some(if words { attachments::of_record(tx, c.row.id, reader.masked)? } else { Vec::new() }),
        clocks: Some(clocks::of_record(tx, c.row.id)?),
        allowed_actions: Some(c.allowed(actor)),
        ..shown
    })
}

/// One consultation as the caller sees it now.
pub fn view(tx: &mut Tx, actor: &Actor, id: Id) -> Result<ConsultationView> {
    fetch(tx, actor, id.as_str())
}

/// [`view`] after it was closed: whoever closed it for the asker is given the link to hand on.
pub(super) fn view_ended(tx: &mut Tx, actor: &Actor, id: Id) -> Result<ConsultationView> {
    let shown = view(tx, actor, id)?;
    let rated = occasions::of_record(tx, actor, shown.intake_center_id, &shown.number)?;
    let opener = actor.applicant_id.is_none() && shown.question.is_some();
    let rating =
        rated.map(|r| ConsultationRating { evaluation_id: r.evaluation_id, link: r.link.filter(|_| opener), receipt_code: r.receipt_code.filter(|_| opener) });
    Ok(ConsultationView { rating, ..shown })
}

/// [`view`] after custody moved away: who acted is answered even where they see it no more.
pub(super) fn after(tx: &mut Tx, actor: &Actor, c: &Opened) -> Result<ConsultationView> {
    let sight = access::sight(tx, &Scope::of(actor, load::KIND), c.row.id)?.unwrap_or(Sight::masked(true));
    render(tx, actor, c, Reader::of(actor, &c.row, sight))
}

/// One consultation.
pub fn fetch(tx: &mut Tx, actor: &Actor, reference: &str) -> Result<ConsultationView> {
    let loaded = load::load_seen(tx, actor, reference)?;
    let reader = Reader::of(actor, &loaded.row, loaded.sight);
    render(tx, actor, &loaded, reader)
}

/// Consultations in a list.
pub fn listed(tx: &mut Tx, actor: &Actor, rows: Vec<(Consultation, Sight)>) -> Result<Vec<ConsultationView>> {
    let ids: Vec<Id> = rows.iter().map(|(row, _)| row.id).collect();
    let turned = store::turned(tx, &ids)?;
    rows.into_iter().map(|(row, sight)| head(tx, row.clone(), Reader::of(actor, &row, sight), &turned)).collect()
}

/// In a few words, for who finds it among their work.
pub fn title_of(tx: &Tx, row: &Consultation) -> Result<String> {
    Ok(format!("{}：{}", row.theme.label(), row.details.open(tx.vault)?.subject))
}
