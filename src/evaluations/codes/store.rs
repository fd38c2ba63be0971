//! SQL of codes, and the messages that wait to be sent.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    db::{Private, Result, Tx, schema::evaluation_codes},
    kernel::{Id, Moment},
};

/// A message that is to go out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CodeMessage {
    /// To which telephone.
    pub phone: String,
    /// What it says.
    pub text: String,
    /// The code in it.
    pub code: String,
}

/// The one code of an evaluation.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = evaluation_codes, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct CodeRow {
    /// For which evaluation.
    pub evaluation_id: Id,
    /// Keyed hash of the code.
    pub code_mark: String,
    /// Wrong ones so far.
    pub tries: i32,
    /// What is to go out.
    pub message: Private<CodeMessage>,
    /// When it went.
    pub sent_at: Option<Moment>,
    /// When it was made.
    pub made_at: Moment,
    /// It is good until.
    pub expires_at: Moment,
}

/// The code of an evaluation.
pub fn code(tx: &mut Tx, evaluation: Id) -> Result<Option<CodeRow>> {
    Ok(evaluation_codes::table.find(evaluation).select(CodeRow::as_select()).first(tx.conn).optional()?)
}

/// Keeps a code; `there`: in the place of the former one.
pub fn put(tx: &mut Tx, row: &CodeRow, there: bool) -> Result<()> {
    if there {
        diesel::update(evaluation_codes::table.find(row.evaluation_id)).set(row.clone()).execute(tx.conn)?;
    } else {
        diesel::insert_into(evaluation_codes::table).values(row.clone()).execute(tx.conn)?;
    }
    Ok(())
}

/// A code that was used.
pub fn forget(tx: &mut Tx, evaluation: Id) -> Result<()> {
    diesel::delete(evaluation_codes::table.find(evaluation)).execute(tx.conn)?;
    Ok(())
}

/// Messages that wait to be sent, oldest first.
pub fn outgoing(tx: &mut Tx, limit: i64) -> Result<Vec<(Id, CodeMessage)>> {
    let now = tx.now;
    let rows = evaluation_codes::table.filter(evaluation_codes::sent_at.is_null()).filter(evaluation_codes::expires_at.gt(now));
    let rows: Vec<CodeRow> = rows.order(evaluation_codes::made_at.asc()).limit(limit).select(CodeRow::as_select()).load(tx.conn)?;
    rows.into_iter().map(|row| Ok((row.evaluation_id, row.message.open(tx.vault)?))).collect()
}

/// A message that was taken along.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// For which evaluation.
    pub evaluation_id: Id,
    /// What goes out.
    pub message: CodeMessage,
    /// When the code was made.
    pub made_at: Moment,
    /// It is good until.
    pub expires_at: Moment,
}

/// Takes along what waits: whoever sends it has it from now on.
pub fn take_outgoing(tx: &mut Tx, limit: i64) -> Result<Vec<Outgoing>> {
    let now = tx.now;
    let waiting = evaluation_codes::table.filter(evaluation_codes::sent_at.is_null()).filter(evaluation_codes::expires_at.gt(now));
    let rows: Vec<CodeRow> = waiting.order(evaluation_codes::made_at.asc()).limit(limit).select(CodeRow::as_select()).load(tx.conn)?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        // A code that was asked for anew meanwhile is another one.
        let this = evaluation_codes::table
            .filter(evaluation_codes::evaluation_id.eq(row.evaluation_id))
            .filter(evaluation_codes::code_mark.eq(row.code_mark.clone()))
            .filter(evaluation_codes::sent_at.is_null());
        if diesel::update(this).set(evaluation_codes::sent_at.eq(Some(now))).execute(tx.conn)? == 1 {
            let message = row.message.open(tx.vault)?;
            taken.push(Outgoing { evaluation_id: row.evaluation_id, message, made_at: row.made_at, expires_at: row.expires_at });
        }
    }
    Ok(taken)
}

/// Whether a message waits.
pub fn any_outgoing(tx: &mut Tx) -> Result<bool> {
    let now = tx.now;
    let waiting = evaluation_codes::table.filter(evaluation_codes::sent_at.is_null()).filter(evaluation_codes::expires_at.gt(now));
    Ok(!waiting.select(evaluation_codes::evaluation_id).limit(1).load::<Id>(tx.conn)?.is_empty())
}
