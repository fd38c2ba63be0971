//! The demo's consultations: one in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    consultations,
    db::{Result, Tx},
    entrustments::Identity,
    kernel::Target,
    organization,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// How far a consultation of the demo has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Come {
    Open,
    Answered,
    /// Answered on the spot, by an article.
    OnTheSpot,
    Offered,
    Withdrawn,
}

/// Questions as people ask them; no persons.
const ASKED: [(&str, &str, &str, &str); 4] = [
    ("materials", "供水报装需要哪些材料", "新建厂房申请供水报装，需要准备哪些材料？", "需要供水报装申请表、营业执照和用地证明，已打印一次性告知书。"),
    ("procedure", "供水报装多久能办好", "从申请到通水一般要多少天，可以代办吗？", "承诺时限内办结，符合条件的可以委托代办专员全程代办。"),
    ("place_and_time", "周末可以办理吗", "工作日没有时间，周六上午窗口办公吗？", "窗口周六上午提供延时服务，也可以在网上提交。"),
    ("policy", "小微企业有没有接水优惠", "小型微型企业接水工程费有没有减免政策？", "符合“三零”服务条件的小微企业，接水工程由供水企业投资到表前。"),
];

/// Nantong's: of the county and, offered to it, of the city.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    if organization::store::center_by_division(tx, "320623000000")?.is_none() {
        return Ok(());
    }
    use Come::{Answered, Offered, OnTheSpot, Open, Withdrawn};
    let county = [Open, Open, Answered, Answered, Open, Open, Open, Open, Open, Open, Open, OnTheSpot, Answered, Withdrawn, OnTheSpot];
    for (n, come) in (1..).zip(county) {
        enter(tx, ("320623", "rd_clerk"), n, come)?;
    }
    for n in 1..=4 {
        enter(tx, ("320600", "city_clerk"), n, Offered)?;
    }
    Ok(())
}

fn enter(tx: &mut Tx, (division, clerk): (&str, &str), n: usize, come: Come) -> Result<()> {
    let number = format!("ZX-{division}-20260105-{n:06}-{}", 100 + n);
    let identity = Identity { id: fixed("consultation", &number), number };
    if consultations::store::consultation(tx, identity.id)?.is_some() {
        return Ok(());
    }
    let clerk = actor(tx, clerk)?;
    let (theme, subject, question, answer) = ASKED[(n - 1) % ASKED.len()];
    let mut input = json!({
        "center": format!("{division}000000"), "channel": if n.is_multiple_of(3) { "on_site" } else { "phone" }, "theme": theme, "subject": subject,
        "question": question, "items": ["GS-320623-0001"], "contact": { "name": "联系人甲", "phone": format!("1390000{:04}", 1233 + n) },
    });
    if n == 10 {
        // Who has shown who they are need not be named again when the question becomes a matter.
        input["applicant"] = json!({ "kind": "enterprise", "name": "南通柜台演示有限公司", "id_type": "credit_code", "id_number": "91320600MATE5T017G" });
    }
    if come == Come::OnTheSpot {
        input["answer"] = json!(answer);
        input["articles"] = json!(["ZS-320623-20260105-000001-101"]);
    }
    let at = Target::any(identity.id);
    consultations::take_in_as(tx, &clerk, &read(input)?, Some(identity))?;
    match come {
        Come::Open | Come::OnTheSpot => {}
        Come::Answered => {
            consultations::answer(tx, &clerk, &at, &read(json!({ "answer": answer }))?)?;
        }
        Come::Offered => {
            consultations::transfer(tx, &clerk, &at, &read(json!({ "to": "320623000000", "reason": "供水报装由如东县承办，请答复" }))?)?;
        }
        Come::Withdrawn => {
            consultations::service::withdraw(
                tx,
                &clerk,
                &at,
                &read(json!({ "reason": "问题已经自行解决", "evidence": "咨询人来电，录音编号 LY-20260105-01" }))?,
            )?;
        }
    }
    Ok(())
}
