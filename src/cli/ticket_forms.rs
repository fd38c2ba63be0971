//! The demo's forms of fallback tickets: a 申请单, a 交办单 as it was issued and as it came back, a 记录表, the list of a batch.

use super::{demo::fixed, matters::actor};
use crate::{
    db::{Result, Tx},
    entrustments::Identity,
    forms::{self, FormKind, fallback::Of, machine::About},
};

/// Who issues which form of what, under which number.
const FORMS: [(&str, FormKind, About, &str, &str); 5] = [
    ("rd_clerk", FormKind::TicketApplication, About::Ticket, "DD-320623-20260105-000002-102", "WS-320623-20260105-000011-111"),
    ("rd_clerk", FormKind::AssignmentSheet, About::Sheet, "JB-320623-20260105-000009-109", "WS-320623-20260105-000012-112"),
    ("rd_clerk", FormKind::AssignmentReply, About::Sheet, "JB-320623-20260105-000009-109", "WS-320623-20260105-000013-113"),
    ("rd_clerk", FormKind::TicketRecord, About::Ticket, "DD-320623-20260105-000109-209", "WS-320623-20260105-000014-114"),
    ("city_reform", FormKind::BatchList, About::Batch, "TJ-320600-20260105-000004-104", "WS-320600-20260105-000015-115"),
];

/// Loads what is not there yet.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    for (login, kind, about, reference, number) in FORMS {
        let id = fixed("form", number);
        if forms::store::form(tx, id)?.is_none() {
            let (by, of) = (actor(tx, login)?, Of::find(tx, about, reference)?);
            // What has moved on since an older demo was loaded has no such form any more.
            match forms::fallback::issue_as(tx, &by, &of, kind, Identity { id, number: number.into() }) {
                Ok(_) | Err(crate::db::Error::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
    }
    Ok(())
}
