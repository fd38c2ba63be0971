//! A file of cases, resolved by the rules as they stand and as they would stand: nothing changes.

use serde::Serialize;

use super::{RoutingRuleSet, RuleBook, service};
use crate::{
    auth::{Actor, policy},
    catalogue::{self, BadRow, Published, Table},
    db::{Result, Tx},
    kernel::{ErrorCode, Id, Problem},
    organization::{self, Center},
    routing::resolver::{Explanation, decide_by, home},
};

/// Most cases of one file.
const MOST: usize = 1_000;

/// A case as the file says it.
pub struct CaseRow {
    line: u64,
    item: String,
    applicant: Option<String>,
    custodian: String,
    expected: Option<String>,
}

/// What the rules say of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RuledOutcome {
    /// Division code of the center that should handle it.
    pub handler: String,
    /// Its name.
    pub handler_name: String,
    /// What to do and why.
    #[serde(flatten)]
    pub why: Explanation,
}

/// A case resolved.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CaseResolved {
    /// Line in the file.
    pub line: u64,
    /// Item.
    pub item: String,
    /// Where the applicant is seated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant_division: Option<String>,
    /// Who has it.
    pub custodian: String,
    /// As the rules stand.
    pub now: RuledOutcome,
    /// As they would stand; absent where that is no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<RuledOutcome>,
    /// Whom the file expects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Whether it comes out as expected, where the file expects something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_expected: Option<bool>,
}

/// What a file of cases comes to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DryRunReport {
    /// Cases resolved.
    pub total: usize,
    /// Of these, that the new rules send elsewhere.
    pub changed: usize,
    /// Of these, that do not come out as the file expects.
    pub unexpected: usize,
    /// Lines that could not be resolved, and why.
    pub bad: Vec<BadRow>,
    /// Each case.
    pub cases: Vec<CaseResolved>,
}

/// Reads the cases: 事项编码, 申请人区划, 现责任中心, 应承办中心 (the last may be left out).
pub fn read(bytes: &[u8]) -> (Vec<CaseRow>, Vec<BadRow>) {
    let Table { headers, rows, mut bad } = match catalogue::read_rows(bytes) {
        Ok(table) => table,
        Err(row) => return (Vec::new(), vec![row]),
    };
    let column = |names: &[&str]| headers.iter().position(|h| names.contains(&h.trim()));
    let (Some(item), Some(custodian)) = (column(&["事项编码", "实施编码", "item"]), column(&["现责任中心", "custodian"])) else {
        return (Vec::new(), vec![BadRow { line: 1, reason: "表头应有 事项编码、现责任中心，可有 申请人区划、应承办中心".into() }]);
    };
    let (applicant, expected) = (column(&["申请人区划", "applicant_division"]), column(&["应承办中心", "expected"]));
    let mut cases = Vec::new();
    for (line, cells) in rows {
        let cell = |at: Option<usize>| at.and_then(|i| cells.get(i)).map(|c| c.trim().to_owned()).filter(|c| !c.is_empty());
        match (cell(Some(item)), cell(Some(custodian))) {
            (Some(item), Some(custodian)) => cases.push(CaseRow { line, item, custodian, applicant: cell(applicant), expected: cell(expected) }),
            _ => bad.push(BadRow { line, reason: "事项编码和现责任中心不能为空".into() }),
        }
    }
    for row in cases.drain(MOST.min(cases.len())..) {
        bad.push(BadRow { line: row.line, reason: format!("最多 {MOST} 行") });
    }
    bad.truncate(MOST);
    (cases, bad)
}

/// Resolves the cases by the rules in force and, where a draft is given, with it in the place of the center's own.
pub fn run(tx: &mut Tx, actor: &Actor, reference: &str, draft: Option<&RoutingRuleSet>, cases: &[CaseRow], mut bad: Vec<BadRow>) -> Result<DryRunReport> {
    if !policy::may(actor, "routing_rules", "edit") {
        return Err(Problem::of(ErrorCode::Forbidden).into());
    }
    let center = service::center_named(tx, reference)?;
    service::authorize(actor, &center)?;
    if let Some(set) = draft {
        service::check(tx, &center, set)?;
    }
    let mut resolved = Vec::new();
    for case in cases {
        match one(tx, &center, draft, case)? {
            Ok(outcome) => resolved.push(outcome),
            Err(reason) => bad.push(BadRow { line: case.line, reason }),
        }
    }
    bad.sort_by_key(|b| b.line);
    Ok(DryRunReport {
        total: resolved.len(),
        changed: resolved.iter().filter(|c| c.then.is_some()).count(),
        unexpected: resolved.iter().filter(|c| c.as_expected == Some(false)).count(),
        bad,
        cases: resolved,
    })
}

fn one(tx: &mut Tx, center: &Center, draft: Option<&RoutingRuleSet>, case: &CaseRow) -> Result<Result<CaseResolved, String>> {
    let Some(item) = catalogue::published(tx, &case.item)? else { return Ok(Err(format!("没有已发布的事项 {}", case.item))) };
    let Some(custodian) = organization::store::center_by_reference(tx, &case.custodian)?.filter(|c| center.contains(c)) else {
        return Ok(Err(format!("本中心及下级没有服务中心 {}", case.custodian)));
    };
    let malformed = |code: &String| crate::kernel::division_code::DivisionCode::parse(code).is_err();
    if case.applicant.as_ref().is_some_and(malformed) {
        return Ok(Err("申请人区划应为 12 位区划代码".into()));
    }
    let at = home(tx, &item)?;
    let mut book = service::in_force(tx, at.as_ref(), &custodian)?;
    let applicant = case.applicant.as_deref();
    let now = outcome(tx, &book, &item, applicant, &custodian)?;
    let then = match draft {
        Some(set) => {
            put(tx, &mut book, center.id, set)?;
            Some(outcome(tx, &book, &item, applicant, &custodian)?).filter(|then| *then != now)
        }
        None => None,
    };
    let last = then.as_ref().unwrap_or(&now).handler.clone();
    Ok(Ok(CaseResolved {
        line: case.line,
        item: item.code,
        applicant_division: case.applicant.clone(),
        custodian: custodian.division_code,
        now,
        then,
        as_expected: case.expected.as_ref().map(|e| *e == last),
        expected: case.expected.clone(),
    }))
}

/// The draft in the place of what the center has set.
fn put(tx: &mut Tx, book: &mut RuleBook, center: Id, set: &RoutingRuleSet) -> Result<()> {
    let rules = service::stand(tx, set.clone())?;
    match book.sets.iter_mut().find(|(id, ..)| *id == center) {
        Some(own) => own.2 = rules,
        // Rules of centers above are asked after those of this one.
        None => book.sets.insert(0, (center, 0, rules)),
    }
    Ok(())
}

fn outcome(tx: &mut Tx, book: &RuleBook, item: &Published, applicant: Option<&str>, custodian: &Center) -> Result<RuledOutcome> {
    let (handler, why) = decide_by(tx, book, item, applicant, custodian)?;
    Ok(RuledOutcome { handler: handler.division_code, handler_name: handler.name, why })
}
