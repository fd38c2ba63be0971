//! SQL of evaluations.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    db::{Json, Private, Result, Tx, code_enum, schema::evaluations},
    kernel::{Id, Moment},
};

code_enum! {
    /// State of an evaluation.
    EvaluationState in "evaluation-states" {
        Open "open" "待评价",
        Rated "rated" "已评价",
        Expired "expired" "已过期",
    }
}
code_enum! {
    /// The five grades. GB/T 39046 counts 1…5 from 非常满意; the 好差评 reporting interface counts 5…1: never store a number.
    Grade in "grades" {
        VerySatisfied "very_satisfied" "非常满意" = "1",
        Satisfied "satisfied" "满意" = "2",
        BasicallySatisfied "basically_satisfied" "基本满意" = "3",
        Dissatisfied "dissatisfied" "不满意" = "4",
        VeryDissatisfied "very_dissatisfied" "非常不满意" = "5",
    }
}
code_enum! {
    /// How a rating came in.
    RatingChannel in "rating-channels" {
        Pc "pc" "PC端",
        Mobile "mobile" "移动端",
        QrCode "qr_code" "二维码",
        Tablet "tablet" "大厅平板",
        OtherTerminal "other_terminal" "其他终端",
        Phone "phone" "电话",
        Sms "sms" "短信",
        SystemDefault "system_default" "系统默认",
    }
}
code_enum! {
    /// What a grade is about (text 004).
    Dimension in "dimensions" {
        Process "process" "办事流程",
        Materials "materials" "办事材料",
        Mechanism "mechanism" "服务机制",
        Efficiency "efficiency" "服务效率",
        Visits "visits" "跑动次数",
        OneDoor "one_door" "一门",
        OneWindow "one_window" "一窗",
        OneChain "one_chain" "一链",
        Charges "charges" "服务收费",
        Convenience "convenience" "便捷性",
        Stability "stability" "稳定性",
        Performance "performance" "高效性",
        Security "security" "安全性",
        Attitude "attitude" "服务态度",
        Competence "competence" "服务水平",
    }
}

impl Grade {
    /// 差评.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Dissatisfied | Self::VeryDissatisfied)
    }
}

/// What was said with a grade; the comment is sealed because it may name people.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rating {
    /// What it is about.
    pub dimensions: Vec<Dimension>,
    /// Sealed words.
    pub comment: Option<String>,
}

/// An evaluation.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = evaluations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Evaluation {
    /// Identity.
    pub id: Id,
    /// Of which matter; one each, and a second one after a follow-up.
    pub entrustment_id: Id,
    /// Number of the matter.
    pub number: String,
    /// Name of the item.
    pub title: String,
    /// Rated center.
    pub center_id: Id,
    /// Rated person.
    pub staff_id: Option<Id>,
    /// Who rates.
    pub applicant_id: Id,
    /// State.
    pub state: EvaluationState,
    /// Grade.
    pub grade: Option<Grade>,
    /// How it came in.
    pub channel: Option<RatingChannel>,
    /// A default rating; left out of every published rate.
    pub is_default: bool,
    /// Named, or anonymous.
    pub is_named: bool,
    /// What was said.
    pub rating: Option<Json<Rating>>,
    /// Open until.
    pub due_at: Moment,
    /// When rated.
    pub rated_at: Option<Moment>,
    /// Version.
    pub version: i64,
    /// When opened.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// 1, or 2 after a follow-up: the second never replaces the first.
    pub round: i32,
    /// An appeal was upheld: kept and shown, and left out of every rate.
    pub is_excluded: bool,
    /// Why, as who decided the appeal said.
    pub excluded_why: Option<Private<String>>,
    /// The follow-up that a bad grade opened.
    pub follow_up_id: Option<Id>,
}

/// The evaluations of one applicant become another's.
pub fn move_applicant(tx: &mut Tx, from: Id, to: Id) -> Result<()> {
    diesel::update(evaluations::table.filter(evaluations::applicant_id.eq(from))).set(evaluations::applicant_id.eq(to)).execute(tx.conn)?;
    Ok(())
}

/// By id.
pub fn evaluation(tx: &mut Tx, id: Id) -> Result<Option<Evaluation>> {
    Ok(evaluations::table.filter(evaluations::id.eq(id)).select(Evaluation::as_select()).first(tx.conn).optional()?)
}

/// By the number of its matter: the one that is open, else the first.
pub fn by_number(tx: &mut Tx, number: &str) -> Result<Option<Evaluation>> {
    let all = evaluations::table.filter(evaluations::number.eq(number)).order(evaluations::round.asc());
    Ok(open_or_first(all.select(Evaluation::as_select()).load(tx.conn)?))
}

/// Of a matter: the one that is open, else the first.
pub fn of_matter(tx: &mut Tx, entrustment: Id) -> Result<Option<Evaluation>> {
    let all = evaluations::table.filter(evaluations::entrustment_id.eq(entrustment)).order(evaluations::round.asc());
    Ok(open_or_first(all.select(Evaluation::as_select()).load(tx.conn)?))
}

fn open_or_first(mut all: Vec<Evaluation>) -> Option<Evaluation> {
    let at = all.iter().position(|row| row.state == EvaluationState::Open).unwrap_or(0);
    (at < all.len()).then(|| all.swap_remove(at))
}

/// Several, by id.
pub fn evaluations_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<Evaluation>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(evaluations::table.filter(evaluations::id.eq_any(ids.to_vec())).select(Evaluation::as_select()).load(tx.conn)?)
}

/// A new evaluation.
pub fn insert(tx: &mut Tx, row: &Evaluation) -> Result<()> {
    diesel::insert_into(evaluations::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves an evaluation whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &Evaluation) -> Result<bool> {
    let changed = diesel::update(evaluations::table.filter(evaluations::id.eq(row.id)).filter(evaluations::version.eq(row.version - 1)))
        .set(row.clone())
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Open evaluations whose window is over.
pub fn overdue(tx: &mut Tx, now: Moment, limit: i64) -> Result<Vec<Evaluation>> {
    Ok(evaluations::table
        .filter(evaluations::state.eq(EvaluationState::Open))
        .filter(evaluations::due_at.le(now))
        .order(evaluations::id.asc())
        .limit(limit)
        .select(Evaluation::as_select())
        .load(tx.conn)?)
}
