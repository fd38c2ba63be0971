//! What higher acts do to forms, in their own transaction: what was told of a matter or decided has its form, and who signs
//! the matter signs the form that stands for it.

use super::{
    drawing::{Origin, Record, fallen},
    machine::{self, FormKind, FormState as State, falls},
    receipts,
    service::{Issue, put_down, save},
    signing::applicant_name,
    store::{self, Form, FormRecord, FormSignature},
};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    entrustments::{self, Entrustment, Signature},
    kernel::{Code as _, Id},
    organization,
    routing::arbitration::store::Arbitration,
};

/// Something was told of a matter.
pub fn on_told(tx: &mut Tx, actor: &Actor, e: &Entrustment, told: &str) -> Result<()> {
    match told {
        "one_time_notice" => draw(tx, actor, e, FormKind::OneTimeNotice),
        "suspended" => draw(tx, actor, e, FormKind::Suspension),
        "resumed" => draw(tx, actor, e, FormKind::Resumption),
        "extension_granted" => draw(tx, actor, e, FormKind::Extension),
        "planned" | "plan_revised" => {
            let act = Record::of(tx, e)?.act(FormKind::Plan, &Origin::Matter);
            set_aside(tx, actor, e, FormKind::Plan, act.as_deref(), PLAN_MADE_ANEW)
        }
        "completed" => draw(tx, actor, e, FormKind::Completion),
        "completion_refused" => set_aside(tx, actor, e, FormKind::Completion, None, "申请人未签收，本件继续办理"),
        "termination_cancelled" => set_aside(tx, actor, e, FormKind::Termination, None, "终止已取消，本件继续办理"),
        "withdrawn" => {
            let unsettled = [FormKind::Agreement, FormKind::Amendment, FormKind::Plan];
            unsettled.into_iter().try_for_each(|kind| set_aside(tx, actor, e, kind, None, "申请人已撤回委托"))
        }
        "agreement_signed" | "closed" | "termination_signed" => follow(tx, actor, e, told),
        "terminated" => {
            follow(tx, actor, e, told)?;
            // Ended by the center alone: what was to be signed by both is not.
            let act = Record::of(tx, e)?.act(FormKind::Termination, &Origin::Matter);
            set_aside(tx, actor, e, FormKind::Termination, act.as_deref(), "本件已单方终止，另行出具终止单")?;
            draw(tx, actor, e, FormKind::Termination)
        }
        _ => Ok(()),
    }
}

/// An arbitration was decided: the decision has its form, in the name of who decides.
pub fn on_decided(tx: &mut Tx, actor: &Actor, row: &Arbitration) -> Result<()> {
    let Some(e) = entrustments::store::entrustment(tx, row.entrustment_id)? else { return Ok(()) };
    let origin = Origin::find(tx, &e, FormKind::ArbitrationDecision, Some(row.id))?;
    Issue { kind: FormKind::ArbitrationDecision, origin: &origin, identity: None }.unless_there(tx, actor, &e)
}

/// A transfer or a joint handling was offered, answered or ended: what forms about it say may not have come about.
pub fn on_relay(tx: &mut Tx, actor: &Actor, matter: Id, about: Id) -> Result<()> {
    for row in store::about(tx, matter, about)?.into_iter().filter(|f| falls(f.state)) {
        if let Some(why) = fallen(tx, row.kind, about)? {
            fall(tx, actor, row, why)?;
        }
    }
    Ok(())
}

/// Why a form of a former plan is void.
pub const PLAN_MADE_ANEW: &str = "代办计划已重新制定";

fn draw(tx: &mut Tx, actor: &Actor, e: &Entrustment, kind: FormKind) -> Result<()> {
    Issue { kind, origin: &Origin::Matter, identity: None }.unless_there(tx, actor, e)
}

/// What it says did not come about: nobody shall take it for valid, and whoever signed it reads why. The form of the act
/// that does stand stays.
pub fn set_aside(tx: &mut Tx, actor: &Actor, e: &Entrustment, kind: FormKind, stands: Option<&str>, why: &str) -> Result<()> {
    let over = |f: &Form| f.kind == kind && Some(f.act.as_str()) != stands && falls(f.state);
    store::of_matter(tx, e.id)?.into_iter().filter(over).try_for_each(|row| fall(tx, actor, row, why))
}

fn fall(tx: &mut Tx, actor: &Actor, mut row: Form, why: &str) -> Result<()> {
    let record = FormRecord { void_reason: why.into(), fell: true, link_until: None, ..row.record.open(tx.vault)? };
    row.state = State::Voided;
    save(tx, actor, &mut row, &record, "voided")
}

/// Who signs the matter itself has signed the form that stands for it, and no other text.
fn follow(tx: &mut Tx, actor: &Actor, e: &Entrustment, told: &str) -> Result<()> {
    let record = Record::of(tx, e)?;
    let v = &record.view;
    let (kinds, signed): (&[FormKind], Vec<(&str, Signature)>) = match told {
        // An amendment is the agreement with the center that carries on.
        "agreement_signed" => {
            (&[FormKind::Agreement, FormKind::Amendment], v.agreement.iter().filter_map(|a| Some(("applicant", a.signature.clone()?))).collect())
        }
        "closed" => (&[FormKind::Completion], v.completion.iter().filter_map(|c| Some(("applicant", c.signature.clone()?))).collect()),
        _ => {
            let both = v.termination.iter().flat_map(|t| [("applicant", t.applicant_signature.clone()), ("center", t.center_signature.clone())]);
            (&[FormKind::Termination], both.filter_map(|(place, s)| Some((place, s?))).collect())
        }
    };
    kinds.iter().try_for_each(|kind| set_signed(tx, actor, e, &record, *kind, &signed))
}

/// The form of this kind that stands for what was signed has these signatures too.
fn set_signed(tx: &mut Tx, actor: &Actor, e: &Entrustment, record: &Record, kind: FormKind, signed: &[(&str, Signature)]) -> Result<()> {
    let Some(act) = record.act(kind, &Origin::Matter) else { return Ok(()) };
    let Some(mut row) = store::of_act(tx, e.id, kind, &act)? else { return Ok(()) };
    let places = super::service::places(tx, &row)?;
    let mut of = row.record.open(tx.vault)?;
    let before = of.signatures.len();
    let told = receipts::of(tx, &row, &of, e, &super::service::sheet_of(tx, &row)?)?;
    for (place, s) in signed {
        if places.iter().any(|p| p == *place) && of.signatures.iter().all(|s| s.place != *place) {
            let who = if *place == "applicant" { applicant_name(tx, &row)? } else { organization::load(tx, row.center_id)?.name };
            let how = s.method.label().to_owned();
            let evidence = s.evidence.clone();
            let statement = told.iter().find(|r| r.place == *place).map(|r| r.statement.clone());
            let (place, by) = ((*place).to_owned(), s.recorded_by);
            of.link_until = of.link_until.filter(|_| place != "applicant");
            of.signatures.push(FormSignature { place, who, how, evidence, at: s.at, by, code_told_by: None, statement });
        }
    }
    if of.signatures.len() == before {
        return Ok(());
    }
    row.state = machine::signed(kind, &places, |place| of.has(place));
    save(tx, actor, &mut row, &of, "signed")
}

impl Issue<'_> {
    /// Draws it up, unless the act has its form already.
    fn unless_there(self, tx: &mut Tx, actor: &Actor, e: &Entrustment) -> Result<()> {
        let record = Record::of(tx, e)?;
        let Some(act) = record.act(self.kind, self.origin) else { return Ok(()) };
        if store::of_act(tx, e.id, self.kind, &act)?.is_some() {
            return Ok(());
        }
        put_down(tx, actor, e, &record, self).map(|_| ())
    }
}

/// The signature that an agreement had before its form was drawn up: it is the very text that was signed.
pub fn signed_before(record: &Record, kind: FormKind) -> Option<Signature> {
    record.view.agreement.as_ref().filter(|_| matches!(kind, FormKind::Agreement | FormKind::Amendment))?.signature.clone()
}
