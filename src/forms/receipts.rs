//! Receipts 回执: what is known only after a form was issued, told beside the signatures from the record as it stands now: what
//! was answered, what arrived, how it was delivered, which originals went back. The sheet leaves these places blank, or open.
//!
//! The hash covers the sheet alone, with its receipts blank, as a paper form is handed over; neither receipts nor signatures
//! are part of it. What a receipt said when its place was signed stays with that signature, whatever comes after. Until
//! something can be said there, nobody signs it.

use super::{
    drawing::{Record, answer_of_joint, answer_of_transfer, joint_fallen, originals, transfer_fallen},
    kinds::{Answer, Arrival, Delivery, Difference, Originals},
    machine::{FormKind as K, WAITS},
    printing::{Block, Sheet},
    store::{Arrived, Form, FormRecord, FormSignature},
};
use crate::{
    db::{Result, Tx},
    entrustments::{
        Entrustment,
        vocabulary::{HandOutState, HandOutWay},
    },
    kernel::Code as _,
    routing::{
        joint::store as joints,
        transfers::{machine::TransferState, store as transfers},
    },
};

/// What is told at a place.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Which place.
    pub place: &'static str,
    /// What the box says, in the stead of its blank.
    pub statement: String,
    /// What stands above the boxes.
    pub above: Vec<Block>,
    /// There is something to sign for.
    pub known: bool,
}

/// The receipts of a form, as the record stands now.
pub fn of(tx: &mut Tx, row: &Form, record: &FormRecord, e: &Entrustment, sheet: &Sheet) -> Result<Vec<Receipt>> {
    match row.kind {
        K::Transfer | K::HandOverList => {
            let Some(t) = transfers::transfer(tx, row.about_id)? else { return Ok(Vec::new()) };
            let said = t.record.open(tx.vault)?;
            let answer = answer_of_transfer(&t, &said);
            if row.kind == K::Transfer {
                return Ok(vec![answered("receiver", answer.of_transfer(), &answer)]);
            }
            let arrival = match answer {
                Answer::Taken(day) => match differences(sheet, said.papers_received.as_deref(), record.arrived.as_deref()) {
                    Some(differences) => Arrival::Checked(day, differences),
                    None => Arrival::Unchecked(day),
                },
                _ if transfer_fallen(&t).is_some() => Arrival::Fallen,
                _ => Arrival::Open,
            };
            let known = matches!(arrival, Arrival::Checked(..) | Arrival::Unchecked(_));
            Ok(vec![Receipt { place: "taker", statement: arrival.statement(), above: arrival.told(), known }])
        }
        K::JointRequest => {
            let Some(j) = joints::joint_handling(tx, row.about_id)? else { return Ok(Vec::new()) };
            let said = j.record.open(tx.vault)?;
            let answer = answer_of_joint(tx, &j, &said)?;
            let receipt = answered("receiver", answer.of_letter(), &answer);
            Ok(vec![Receipt { known: receipt.known && joint_fallen(&j).is_none(), ..receipt }])
        }
        // Drawn up after the end, it claims nothing that could still change.
        K::Termination if sheet.places().any(|place| place == "center") => {
            let papers = originals(&Record::of(tx, e)?.view, "尚未退还，退还日期和办法由中心签署时写明");
            let originals = Originals { papers, known: true };
            let [center, applicant] = originals.statements();
            let above = originals.told();
            let receipt = |place, statement, above| Receipt { place, statement, above, known: true };
            Ok(vec![receipt("center", center, above), receipt("applicant", applicant, Vec::new())])
        }
        K::DeliveryReceipt => {
            let delivery = delivery(tx, e, record)?;
            let (known, above) = (delivery.known(), delivery.told());
            let receipt = |place, statement: &str, above| Receipt { place, statement: statement.to_owned(), above, known };
            // Whoever delivers says how, where nothing else does.
            let own = |place| blank(sheet, place).unwrap_or_default();
            Ok(vec![
                receipt("recipient", &delivery.statement(), above),
                Receipt { known: true, ..receipt("deliverer", own("deliverer"), Vec::new()) },
                receipt("witness", own("witness"), Vec::new()),
            ])
        }
        _ => Ok(Vec::new()),
    }
}

fn answered(place: &'static str, statement: String, answer: &Answer) -> Receipt {
    Receipt { place, statement, above: answer.told(), known: matches!(answer, Answer::Taken(_) | Answer::Imposed(_)) }
}

/// What a box says on the sheet.
fn blank<'a>(sheet: &'a Sheet, place: &str) -> Option<&'a str> {
    let parties = sheet.blocks.iter().filter_map(|b| if let Block::Signatures { parties } = b { Some(parties) } else { None });
    parties.flatten().find(|p| p.place == place).map(|p| p.statement.as_str())
}

/// Whether there is something to sign for at a place.
pub fn known(kind: K, place: &str, receipts: &[Receipt]) -> bool {
    !WAITS.iter().any(|(k, places, _)| *k == kind && places.contains(&place)) || receipts.iter().any(|r| r.place == place && r.known)
}

/// The sheet with its receipts filled in. A place that is signed says what it said then.
pub fn filled(mut sheet: Sheet, receipts: &[Receipt], signatures: &[FormSignature]) -> Sheet {
    let mut blocks = Vec::with_capacity(sheet.blocks.len());
    for mut block in sheet.blocks {
        if let Block::Signatures { parties } = &mut block {
            for party in parties {
                let signed = signatures.iter().find(|s| s.place == party.place).and_then(|s| s.statement.as_ref());
                let receipt = receipts.iter().find(|r| r.place == party.place);
                if let Some(statement) = signed.or(receipt.map(|r| &r.statement)) {
                    party.statement.clone_from(statement);
                }
                blocks.extend(receipt.into_iter().flat_map(|r| r.above.iter().cloned()));
            }
        }
        blocks.push(block);
    }
    sheet.blocks = blocks;
    sheet
}

/// A row of a hand-over list, as it was frozen.
struct Listed<'a> {
    number: u32,
    name: &'a str,
    form: &'a str,
    count: u32,
}

fn listed(sheet: &Sheet) -> Vec<Listed<'_>> {
    let tables = sheet.blocks.iter().filter_map(|b| if let Block::Table { rows, .. } = b { Some(rows) } else { None });
    let mut all = Vec::new();
    for (i, row) in tables.flatten().enumerate() {
        if let [_, name, form, count, ..] = row.as_slice() {
            all.push(Listed { number: u32::try_from(i + 1).unwrap_or(u32::MAX), name, form, count: count.parse().unwrap_or(0) });
        }
    }
    all
}

/// What differs between what was sent and what arrived; none: nobody has said what arrived.
fn differences(sheet: &Sheet, received: Option<&[String]>, arrived: Option<&[Arrived]>) -> Option<Vec<Difference>> {
    if received.is_none() && arrived.is_none() {
        return None;
    }
    let received = received.unwrap_or_default();
    let rows = listed(sheet);
    let named = |name: &str| received.iter().any(|r| r.trim() == name);
    let mut all = Vec::new();
    for row in &rows {
        let said = arrived.unwrap_or_default().iter().find(|a| a.row == row.number);
        // Who checks the list says what differs; at the acceptance, what arrived was named.
        let count = match (said, arrived) {
            (Some(said), _) => said.count,
            (None, Some(_)) => row.count,
            (None, None) if named(row.name) => row.count,
            (None, None) => 0,
        };
        let note = said.map(|s| s.note.clone()).unwrap_or_default();
        if count != row.count || !note.is_empty() {
            let (name, form) = (row.name.to_owned(), row.form.to_owned());
            all.push(Difference { row: Some(row.number), name, form, sent: row.count, received: count, note });
        }
    }
    let beside = received.iter().filter(|r| rows.iter().all(|row| row.name != r.trim()));
    all.extend(beside.map(|name| Difference { row: None, name: name.clone(), form: String::new(), sent: 0, received: 1, note: String::new() }));
    Some(all)
}

/// The rows of a list that the taker named and that are not on it.
pub fn stray(sheet: &Sheet, arrived: &[Arrived]) -> Option<usize> {
    let rows = listed(sheet);
    let twice = |i: usize| arrived.get(i).is_some_and(|a| arrived.iter().take(i).any(|b| b.row == a.row));
    (0..arrived.len()).find(|i| twice(*i) || arrived.get(*i).is_some_and(|a| rows.iter().all(|row| row.number != a.row)))
}

/// How it was delivered: as its deliverer says, else as it was handed out.
fn delivery(tx: &mut Tx, e: &Entrustment, record: &FormRecord) -> Result<Delivery> {
    if let Some(said) = &record.delivered {
        return Ok(Delivery { way: said.way.label().into(), tracking: said.tracking.clone(), on: Some(said.on), remark: said.remark.clone() });
    }
    let Some(out) = e.facts.open(tx.vault)?.hand_out.filter(|out| matches!(out.state, HandOutState::Sent | HandOutState::Received)) else {
        return Ok(Delivery::default());
    };
    let way = match out.way {
        HandOutWay::Counter => "直接送达",
        HandOutWay::Express => "邮寄送达",
        HandOutWay::Electronic => "电子送达",
    };
    let on = out.sent_at.or(out.done_at).map(|at| at.local_date());
    Ok(Delivery { way: way.into(), tracking: out.tracking_no.unwrap_or_default(), on, remark: String::new() })
}

/// Nobody has said what arrived of a list.
pub fn unchecked(tx: &mut Tx, row: &Form, record: &FormRecord) -> Result<bool> {
    let taken = transfers::transfer(tx, row.about_id)?.filter(|t| t.state == TransferState::Accepted);
    let said = taken.map(|t| t.record.open(tx.vault)).transpose()?;
    Ok(record.arrived.is_none() && said.is_some_and(|said| said.papers_received.is_none()))
}

/// It is known how a document was delivered.
pub fn delivered(tx: &mut Tx, e: &Entrustment, record: &FormRecord) -> Result<bool> {
    Ok(delivery(tx, e, record)?.known())
}
