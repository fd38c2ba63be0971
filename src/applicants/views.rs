//! How applicants are shown.

use super::{
    model::{Applicant, ApplicantKind, IdType},
    store::ApplicantRow,
};
use crate::{
    access::Sight,
    db::{Result, Tx},
    kernel::Code as _,
};

/// Shows an applicant as far as the view allows. Organisations' names and credit codes are public.
pub fn show(tx: &Tx, row: &ApplicantRow, sight: Sight) -> Result<Applicant> {
    let person = row.person_name.as_ref().map(|n| n.open(tx.vault)).transpose()?;
    let number = row.id_number.open(tx.vault)?;
    let address = row.address.as_ref().map(|a| a.open(tx.vault)).transpose()?;
    let name = match person {
        Some(name) if sight.masked => tx.masking.name(&name),
        Some(name) => name,
        None => row.name.clone(),
    };
    let hide_number = sight.masked && row.id_type != IdType::CreditCode.code();
    Ok(Applicant {
        id: row.id,
        kind: row.kind.clone(),
        kind_label: ApplicantKind::parse(&row.kind).map_or("", ApplicantKind::label).into(),
        name,
        id_type: row.id_type.clone(),
        id_number: if hide_number { tx.masking.id_number(&number) } else { number },
        division_code: row.division_code.clone(),
        address: address.map(|a| if sight.masked { tx.masking.address(&a) } else { a }),
        flags: row.flags.get()?,
    })
}
