//! The demo's knowledge base: a dozen articles that are looked up, and one in each state that a documented example begins with.

use serde_json::{Value, json};

use super::{demo::fixed, matters::actor};
use crate::{
    db::{Result, Tx},
    entrustments::Identity,
    kernel::Target,
    knowledge, organization,
};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// How far an article of the demo has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Come {
    Published,
    Draft,
    InReview,
    /// Published, and somebody says that it is outdated.
    Doubted,
}

/// Kind, visibility, title, question, summary, text, keywords.
type Written = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

/// From the guides and the rules of the service; no persons.
const ARTICLES: [Written; 12] = [
    (
        "guide",
        "public",
        "供水报装需要哪些材料",
        "企业新建厂房接水，要准备什么？",
        "三样：供水报装申请表、营业执照、用地或房屋证明。",
        "1. 供水报装申请表（窗口提供，也可网上填写）；\n2. 营业执照；\n3. 用地证明或不动产权证书。\n\n能通过数据共享取得的，不再要求提供。",
        &["接水", "用水报装", "自来水"],
    ),
    (
        "guide",
        "public",
        "供水报装办理流程和时限",
        "接水要跑几次，多少天能通水？",
        "受理、现场踏勘、竣工通水三个环节，承诺时限内办结，最多跑一次。",
        "## 流程\n\n受理 → 现场踏勘 → 竣工通水。\n\n## 时限\n\n以办事指南公布的承诺时限为准；外线工程的行政审批并联办理，不计入供水企业办理时间。",
        &["接水", "通水", "踏勘"],
    ),
    (
        "faq",
        "public",
        "代办帮办怎么收费",
        "委托代办要交多少钱？",
        "代办帮办服务全程免费，只缴纳法定的行政事业性收费。",
        "代办帮办是免费服务，代办机构和专员不得向申请人收取任何费用，也不得指定中介机构。依法应当缴纳的行政事业性收费，由申请人按规定缴纳。",
        &["免费", "费用", "收费标准"],
    ),
    (
        "faq",
        "public",
        "哪些人可以申请代办",
        "我们企业符合代办条件吗？",
        "重点项目、招商引资项目、重点企业和特殊群体等；不符合的可以申请帮办。",
        "代办对象由各中心公布。符合条件的，签订委托代办协议后由专员全程办理；不符合条件或不需要代办的，可以选择帮办，由工作人员指导、协助申请人自己办理。",
        &["代办条件", "代办对象", "帮办"],
    ),
    (
        "guide",
        "public",
        "委托代办协议怎么签",
        "签协议需要法定代表人到场吗？",
        "可以线上签，也可以由经授权的经办人到窗口签。",
        "1. 代办专员起草协议，写明事项、材料、时限和双方责任；\n2. 申请人线上签署，或由持授权委托书的经办人到窗口签署；\n3. 签署后开始计算代办时限。变更承办中心的，签订变更协议。",
        &["代办协议", "授权委托书"],
    ),
    (
        "policy",
        "public",
        "材料不齐可以先受理吗（容缺受理）",
        "少一份材料能不能先办？",
        "次要材料可以容缺，作出书面承诺后先行受理，在约定期限内补交。",
        "基本条件具备、主要材料齐全且符合法定形式，次要材料欠缺的，申请人书面承诺在规定期限内补齐后，可以先行受理。可以容缺的材料在办事指南中标明；到期未补交的，按规定终止办理。",
        &["容缺", "承诺", "补材料"],
    ),
    (
        "policy",
        "public",
        "“办不成事”反映窗口受理什么",
        "到处都说不归他管，找谁？",
        "新领域无对应机构、无牵头单位、跨部门跨层级、历史遗留等办不成的事，都可以反映。",
        "受理范围：新兴行业无对应机构或渠道；有法律依据但未列入系统的事项；机构调整致无牵头单位；跨部门跨层级的复杂事项；历史遗留及待政策处理的问题；其他。\n\n已进入诉讼、仲裁、复议、信访、纪检程序的，按相应程序办理。",
        &["兜底", "没人管", "推诿"],
    ),
    (
        "faq",
        "public",
        "怎么查询办理进度",
        "交上去以后怎么知道办到哪一步了？",
        "凭编号和联系电话后四位，在网上或者电话都可以查。",
        "受理时给出的编号，加上所留联系电话的后四位，可以在网上查询进度；登录后可以看到全部办理经过。",
        &["进度查询", "办到哪了"],
    ),
    (
        "precedent",
        "hotline",
        "厂房跨区的供水报装由谁承办",
        "厂房在两个区的交界，两边都说不归自己",
        "按用水地址所在区划承办；有争议的先由首个受理的中心负责，提请上级指定。",
        "首个受理的中心为责任中心，不得让申请人往返。对由谁承办有争议的，由共同的上级中心指定，指定期间责任中心继续服务。",
        &["跨区", "指定办理", "交界"],
    ),
    (
        "script",
        "hotline",
        "来电人情绪激动时的应答",
        "对方一直说窗口推诿",
        "先致歉、再复述、给出编号和时限，不当场评判窗口对错。",
        "“很抱歉给您添了麻烦，我把您说的记下来，您听一下对不对。”复述后告知：“已为您登记，编号稍后短信发给您，一个工作日内由责任中心与您联系。”不承诺结果，不评判经办人。",
        &["安抚", "情绪", "推诿"],
    ),
    (
        "script",
        "hotline",
        "转接前的告知用语",
        "要把来电转给承办中心",
        "转接前告知转给谁、为什么，并留下首问责任人。",
        "“您咨询的事项由承办中心答复更准确，我现在为您转过去；万一没有接通，我会跟进到有结果为止。”转接后在系统登记，首问责任人不变。",
        &["转接", "首问负责"],
    ),
    (
        "guide",
        "staff",
        "咨询转为代办件的操作",
        "咨询人决定委托办理，怎么转？",
        "在咨询上选“转为代办帮办”，补全申请人即可，首问责任人不变。",
        "1. 打开咨询，选择“转为代办帮办”；\n2. 确认事项、方式，补全申请人和联系人；\n3. 提交后咨询与办件双向关联。咨询不再单独评价，由办件评价。",
        &["转件", "关联"],
    ),
];

/// The articles of a city and its county, where they are.
pub(super) fn load(tx: &mut Tx) -> Result<()> {
    if organization::store::center_by_division(tx, "320623000000")?.is_none() {
        return Ok(());
    }
    use Come::{Doubted, Draft, InReview, Published};
    let come = [Published; 12].into_iter().chain([Draft, Draft, InReview, InReview, Published, Doubted, Published, Doubted]);
    for (n, come) in (1..).zip(come) {
        enter(tx, n, come)?;
    }
    Ok(())
}

fn enter(tx: &mut Tx, n: usize, come: Come) -> Result<()> {
    let number = format!("ZS-320623-20260105-{n:06}-{}", 100 + n);
    let id = fixed("knowledge_article", &number);
    if knowledge::store::article(tx, id)?.is_some() {
        return Ok(());
    }
    let (clerk, manager) = (actor(tx, "rd_clerk")?, actor(tx, "rd_manager")?);
    let (kind, visibility, title, question, summary, body, keywords) = ARTICLES[(n - 1) % ARTICLES.len()];
    let title = if n > ARTICLES.len() { format!("{title}（{n}）") } else { title.to_owned() };
    let about = if n <= 2 { json!(["GS-320623-0001"]) } else { json!([]) };
    let content = json!({ "title": title, "question": question, "summary": summary, "body": body, "keywords": keywords, "items": about, "visibility": visibility,
        "sources": [{ "kind": "document", "name": "政务服务帮办代办工作规则" }] });
    let input = json!({ "center": "320623000000", "kind": kind, "content": content });
    knowledge::create_as(tx, &clerk, &read(input)?, Some(Identity { id, number: number.clone() }))?;
    let at = Target::any(id);
    if come != Come::Draft {
        knowledge::submit(tx, &clerk, &at)?;
    }
    if matches!(come, Come::Published | Come::Doubted) {
        knowledge::publish(tx, &manager, &at)?;
    }
    if come == Come::Doubted {
        let agent = actor(tx, "rd_agent")?;
        let said = json!({ "kind": "outdated", "words": "今年起不再需要用地证明原件" });
        knowledge::give_feedback_as(tx, &agent, &at, &read(said)?, fixed("knowledge_feedback", &number))?;
    }
    Ok(())
}
