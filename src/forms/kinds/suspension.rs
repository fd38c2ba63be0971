//! 中止单, 续办单 and 延期告知书: when the center's clock stops, runs again, or is given more time.

use chrono::NaiveDate;

use super::{Head, Matter, grid, pair, paragraph, recipient, sealed_and_received, sheet, wide};
use crate::forms::printing::{Block, Sheet, Style, date, or_dash};

/// What a suspension adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Suspension {
    /// The listed reason.
    pub cause: String,
    /// The facts.
    pub facts: String,
    /// First day.
    pub from: NaiveDate,
    /// The last day it may last.
    pub until: NaiveDate,
    /// What is left of the limit, such as 7个工作日.
    pub days_left: String,
    /// What makes it go on, and what the applicant has to do.
    pub resume_when: String,
    /// Which manager approved it.
    pub approved_by: String,
}

/// 中止单.
pub fn suspension(head: &Head, matter: &Matter, form: &Suspension) -> Sheet {
    let mut sheet = sheet("suspension", Style::Form, "代办帮办中止单", head, "本单一式两份，申请人、代办中心各执一份。");
    let more = vec![
        wide("中止原因", &form.cause),
        wide("具体情况", &form.facts),
        pair(("中止日期", &date(form.from)), ("最迟恢复", &date(form.until))),
        pair(("批准人", &form.approved_by), ("剩余时限", &form.days_left)),
        wide("恢复条件", &form.resume_when),
    ];
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(paragraph("中止期间代办中心的服务时限停止计算，不影响行政审批部门的法定时限和承诺时限。中止原因消除后，代办中心立即续办并告知申请人。"));
    sheet.blocks.push(sealed_and_received(head, recipient()));
    sheet
}

/// What a resumption adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Resumption {
    /// Number of the sheet by which it was suspended.
    pub suspension_number: String,
    /// Since when it was suspended.
    pub suspended_on: NaiveDate,
    /// From when it goes on.
    pub from: NaiveDate,
    /// Why it goes on.
    pub cause: String,
    /// What is left of the limit.
    pub days_left: String,
    /// The limit from now on, in words.
    pub new_due: String,
    /// What comes next.
    pub next: String,
}

/// 续办单.
pub fn resumption(head: &Head, matter: &Matter, form: &Resumption) -> Sheet {
    let mut sheet = sheet("resumption", Style::Form, "代办帮办续办单", head, "本单一式两份，申请人、代办中心各执一份。");
    let more = vec![
        wide("原中止单编号", &form.suspension_number),
        pair(("中止日期", &date(form.suspended_on)), ("续办日期", &date(form.from))),
        wide("续办原因", &form.cause),
        wide("剩余时限", &form.days_left),
        wide("新的办结期限", &form.new_due),
        wide("下一步安排", &form.next),
    ];
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(paragraph("中止原因已经消除，自续办之日起恢复办理，代办中心的服务时限继续计算。"));
    sheet.blocks.push(sealed_and_received(head, recipient()));
    sheet
}

/// What an extension adds to the matter.
#[derive(Clone, Debug, Default)]
pub struct Extension {
    /// Which limit is extended, such as 提交申报.
    pub limit: String,
    /// As it was.
    pub old_due: NaiveDate,
    /// As it is now.
    pub new_due: NaiveDate,
    /// By how much, such as 5个工作日.
    pub days: String,
    /// Why.
    pub reason: String,
    /// What has been done.
    pub progress: String,
}

/// 延期告知书.
pub fn extension(head: &Head, matter: &Matter, form: &Extension) -> Sheet {
    let mut sheet = sheet("extension", Style::Form, "代办帮办延期告知书", head, "本告知书一式两份，申请人、代办中心各执一份。");
    sheet.blocks.push(Block::Addressee { text: format!("{}：", or_dash(&matter.applicant_name)) });
    sheet.blocks.push(paragraph("您（贵单位）委托办理的下列事项因情况特殊，不能在原定期限内完成，现将延期的理由和新的期限告知如下。"));
    let more = vec![
        pair(("延期环节", &form.limit), ("延长时间", &form.days)),
        pair(("原定期限", &date(form.old_due)), ("新的期限", &date(form.new_due))),
        wide("延期理由", &form.reason),
        wide("已经办理", &form.progress),
    ];
    sheet.blocks.push(grid(matter, more));
    sheet.blocks.push(paragraph("本次延期只延长代办中心的服务时限，不延长行政审批部门的法定时限和承诺时限。行政审批部门依法延长期限的，由其另行告知。"));
    sheet.blocks.push(sealed_and_received(head, recipient()));
    sheet
}
