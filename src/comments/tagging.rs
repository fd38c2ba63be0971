//! What a comment is about, by the words that give it away. Pure.

use crate::{db::code_enum, evaluations::model::RatingTag};

code_enum! {
    /// What a comment is about.
    ProblemTag in "problem-tags" {
        Waiting "waiting" "等候时间长",
        Visits "visits" "反复跑动",
        Materials "materials" "材料繁琐",
        NotToldOnce "not_told_once" "未一次性告知",
        Attitude "attitude" "服务态度",
        Competence "competence" "业务不熟",
        Process "process" "流程复杂",
        Overdue "overdue" "办理超期",
        Shirking "shirking" "推诿扯皮",
        System "system" "系统不便",
        Charges "charges" "收费问题",
        Guide "guide" "指南与实际不符",
        Absence "absence" "窗口空岗",
        Unreachable "unreachable" "电话打不通",
        Delivery "delivery" "结果送达",
        Praise "praise" "表扬",
    }
}

use ProblemTag as T;

/// Words that give a tag away; texts are folded.
const CUES: &[(T, &[&str])] = &[
    (T::Waiting, &["排队", "等了", "等候", "等待", "等半天", "叫号"]),
    (T::Visits, &["跑了", "多跑", "来回跑", "反复跑", "白跑", "跑几趟", "跑好几", "两趟", "三趟", "折返"]),
    (T::Materials, &["材料多", "材料太多", "重复提交", "重复材料", "材料繁", "补材料", "又要材料", "证明太多", "复印件"]),
    (T::NotToldOnce, &["没说清", "没有说清", "没告知", "没有告知", "没有一次性", "没一次性", "未一次性", "一会儿说", "说法不一", "不一次说"]),
    (T::Attitude, &["态度", "不耐烦", "冷漠", "爱理不理", "脸色", "凶"]),
    (T::Competence, &["不熟", "不专业", "不懂", "答不上", "不清楚政策", "业务水平"]),
    (T::Process, &["流程复杂", "手续复杂", "环节多", "太复杂", "繁琐", "麻烦"]),
    (T::Overdue, &["超期", "超时", "拖", "迟迟", "太慢", "没办好", "逾期", "效率低"]),
    (T::Shirking, &["推诿", "踢皮球", "推来推去", "互相推", "不归我们", "扯皮"]),
    (T::System, &["系统", "网站", "打不开", "闪退", "卡顿", "登录不了", "上传不了", "小程序"]),
    (T::Charges, &["收费", "乱收", "费用", "要钱"]),
    (T::Guide, &["指南", "与网上不一致", "网上写的", "和网上不一样", "不一致"]),
    (T::Absence, &["没人", "空岗", "窗口无人", "找不到人", "不在岗"]),
    (T::Unreachable, &["打不通", "没人接", "不接电话", "占线"]),
    (T::Delivery, &["没收到", "邮寄", "快递", "寄错", "送达"]),
    (T::Praise, &["感谢", "点赞", "表扬", "热情", "耐心", "贴心", "很方便", "高效", "周到"]),
];

/// Words before a cue that turn it round.
const TURNED: [&str; 4] = ["不用", "没有", "无需", "不再"];

/// What a text is about; praise only of a good grade, for “一点都不热情” is none.
pub fn tags_of(folded: &str, bad: bool) -> Vec<T> {
    let said = |cue: &str| folded.match_indices(cue).any(|(at, _)| folded.get(..at).is_none_or(|before| !TURNED.iter().any(|t| before.ends_with(t))));
    CUES.iter().filter(|(tag, cues)| (*tag != T::Praise || !bad) && cues.iter().any(|cue| said(cue))).map(|(tag, _)| *tag).collect()
}

/// What a rater's chosen word is about.
pub fn of_chosen(tag: RatingTag) -> T {
    use RatingTag as R;
    match tag {
        R::DoneAtOnce | R::KindStaff | R::ExplainedWell | R::Quick | R::FewPapers | R::NoErrand | R::EasyOnline => T::Praise,
        R::ManyErrands => T::Visits,
        R::NeedlessPapers => T::Materials,
        R::LongWait => T::Waiting,
        R::UnclearNotice => T::NotToldOnce,
        R::ColdStaff => T::Attitude,
        R::PassedOn => T::Shirking,
        R::LateDone => T::Overdue,
        R::WrongCharges => T::Charges,
        R::FailingSystem => T::System,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_give_tags_away() {
        assert_eq!(tags_of("排队一小时，跑了三趟还说材料太多", true), [T::Waiting, T::Visits, T::Materials]);
        assert_eq!(tags_of("工作人员很热情，不用排队", false), [T::Praise], "what is denied is no problem");
        assert_eq!(tags_of("一点都不热情", true), []);
        assert!(tags_of("", true).is_empty());
    }
}
