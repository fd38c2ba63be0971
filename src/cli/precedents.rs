//! The demo's precedents: two that everybody reads, and one in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    auth::Actor,
    db::{Result, Tx},
    entrustments::Identity,
    kernel::Target,
    organization, precedents,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// How far a precedent of the demo has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Come {
    Draft,
    InReview,
    Published,
    Proposed,
}

/// Nantong's.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    let come = [Come::Published, Come::Published, Come::Draft, Come::Draft, Come::InReview, Come::InReview, Come::Published, Come::Proposed];
    enter(tx, "320623000000", "rd_clerk", &come)?;
    let ticket = fixed("fallback_ticket", "DD-320623-20260105-000004-104");
    let number = "AL-320623-20260105-000002-102";
    if organization::store::center_by_division(tx, "320623000000")?.is_none() || precedents::store::is_cited(tx, fixed("precedent", number))? {
        return Ok(());
    }
    let input = json!({ "precedent": number, "helped": "参照案例由发展改革部门牵头，各部门并联出具意见" });
    let clerk = actor(tx, "rd_clerk")?;
    precedents::cite(tx, &clerk, &Target::any(ticket), &read(input)?).map(|_| ())
}

/// A city's: two published ones.
pub(super) fn of_city(tx: &mut Tx, root: &str) -> Result<()> {
    enter(tx, root, "city_clerk", &[Come::Published, Come::Published])
}

fn enter(tx: &mut Tx, division: &str, clerk: &str, come: &[Come]) -> Result<()> {
    if organization::store::center_by_division(tx, division)?.is_none() {
        return Ok(());
    }
    let prefix = division.get(..6).unwrap_or(division).to_owned();
    let (clerk, reform) = (actor(tx, clerk)?, actor(tx, "city_reform")?);
    for (n, come) in (1..).zip(come) {
        let number = format!("AL-{prefix}-20260105-{n:06}-{}", 100 + n);
        let id = fixed("precedent", &number);
        if precedents::store::precedent(tx, id)?.is_none() {
            precedent(tx, (&clerk, &reform), division, n, *come, Identity { id, number })?;
        }
    }
    Ok(())
}

fn precedent(tx: &mut Tx, (clerk, reform): (&Actor, &Actor), division: &str, n: usize, come: Come, identity: Identity) -> Result<()> {
    let (at, number) = (Target::any(identity.id), identity.number.clone());
    let input = json!({ "center": division, "content": content(n) });
    precedents::create_as(tx, clerk, &read(input)?, Some(identity))?;
    if come != Come::Draft {
        precedents::submit(tx, clerk, &at)?;
    }
    if matches!(come, Come::Published | Come::Proposed) {
        precedents::publish(tx, reform, &at, &read(json!({}))?)?;
    }
    if come == Come::Proposed {
        let proposal = json!({ "proposal": "建议增设“低空配送起降点备案”事项，明确受理部门和材料" });
        precedents::promote_as(tx, reform, &at, &read(proposal)?, fixed("promotion", &number))?;
    }
    Ok(())
}

/// Worded like the cases of text 003; no persons.
fn content(n: usize) -> Value {
    match n % 2 {
        1 => json!({
            "title": "开发企业注销后的历史遗留房屋办理不动产登记",
            "category": "historical_issue", "tier": "exceptional",
            "problem": "某小区建成多年，开发企业已经注销，竣工资料缺失，住户多次申请不动产首次登记，各窗口均以资料不全为由不予受理，住户无法办理产权证书。",
            "cause": "建设时未办理竣工验收备案，开发企业注销后没有申请主体；规划、住建、税务、不动产登记各有前置要求，没有部门牵头。",
            "handling": "“办不成事”反映窗口登记后列为特别疑难问题，由改革办列入当月批次提交政府研究，明确由自然资源和规划部门牵头：住建部门组织房屋安全鉴定代替缺失的竣工资料，税务部门按现状核定税费，属地街道作为代为申请主体，不动产登记机构容缺受理、分批办理。",
            "result": "全部住户办结不动产登记，逐户回访均表示满意，予以销号。",
            "basis": ["《不动产登记暂行条例》", "历史遗留国有建设用地上房屋不动产登记的有关处理意见"],
            "advice": "同类小区先由属地街道造册，再由自然资源和规划部门牵头会商；竣工资料缺失的以房屋安全鉴定结论替代，税费与登记分开办理，不得以开发企业注销为由不予受理。",
            "keywords": ["不动产登记", "历史遗留", "开发企业注销", "容缺受理"],
            "departments": ["自然资源和规划局", "住房和城乡建设局", "税务局"],
        }),
        _ => json!({
            "title": "无人机低空配送起降点备案无对应办理渠道",
            "category": "emerging_field", "tier": "difficult",
            "problem": "企业拟在产业园区设置无人机配送起降点，发展改革、交通运输、住建、应急等窗口均答复不属于本部门受理，系统中也没有相应事项。",
            "cause": "低空配送属于新兴领域，现行事项目录没有对应的事项，空域、场地、消防各环节的要求分散在不同部门。",
            "handling": "“办不成事”反映窗口受理后列为疑难复杂问题，改革办召开部门协调会，明确由发展改革部门牵头，交通运输、应急、消防和园区管理机构并联出具意见，空域使用由企业按民航规定另行申请，帮办代办专员全程跟踪。",
            "result": "五个工作日内出具联合备案意见，企业完成设置并投入使用，对办理结果表示满意。",
            "basis": ["《无人驾驶航空器飞行管理暂行条例》"],
            "advice": "同类申请由发展改革部门牵头受理，一次性告知场地、消防和安全管理材料，各部门并联出具意见；空域使用不在备案范围内，应当同时告知企业向民航管理机构申请。",
            "keywords": ["无人机", "低空配送", "新兴领域", "备案"],
            "departments": ["发展和改革委员会", "交通运输局", "应急管理局"],
        }),
    }
}
