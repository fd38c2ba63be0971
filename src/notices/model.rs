//! Channels, states, and what a message says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::kinds::{NoticeKind, NoticeParameter};
use crate::{
    db::code_enum,
    kernel::{Code as _, Problem},
};

code_enum! {
    /// How a message goes.
    NoticeChannel in "notice-channels" {
        InApp "in_app" "站内消息",
        Sms "sms" "短信",
        Wechat "wechat" "微信订阅消息",
    }
}

code_enum! {
    /// State of a message.
    NoticeState in "notice-states" {
        Waiting "waiting" "待发送",
        Sent "sent" "已发送",
        Dead "dead" "发送失败",
        Skipped "skipped" "未发送",
        Dropped "dropped" "不再发送",
    }
}

code_enum! {
    /// State of a template's version.
    TemplateStatus in "notice-template-states" {
        Published "published" "启用",
        Withdrawn "withdrawn" "停用",
    }
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeContent {
    /// Above it in the app.
    #[validate(length(min = 2, max = 40))]
    #[schema(min_length = 2, max_length = 40, example = "办结待签收")]
    pub title: String,
    /// With parameters in braces.
    #[validate(length(min = 2, max = 300))]
    #[schema(min_length = 2, max_length = 300, example = "“{title}”（{number}）已办结，请到{center}或在小程序中签收。")]
    pub text: String,
    /// How it goes.
    #[validate(length(min = 1, max = 3))]
    #[schema(min_items = 1, max_items = 3)]
    pub channels: Vec<NoticeChannel>,
    /// What the text message gateway calls this text, where it wants that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "SMS_1001")]
    pub sms_template: Option<String>,
    /// What WeChat calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "wx-template-1")]
    pub wechat_template: Option<String>,
}

/// The names in braces, in order; `None` where a brace stands alone.
fn names(text: &str) -> Option<Vec<&str>> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let after = rest.get(at..)?.strip_prefix('{')?;
        let (name, next) = after.split_once('}')?;
        if name.contains('{') {
            return None;
        }
        all.push(name);
        rest = next;
    }
    Some(all)
}

impl NoticeContent {
    /// Refuses what could not be filled in.
    pub fn check(&self, kind: NoticeKind) -> Result<(), Problem> {
        if self.channels.iter().enumerate().any(|(at, channel)| self.channels.iter().skip(at + 1).any(|c| c == channel)) {
            return Err(Problem::rule("/content/channels", "repeated", "同一渠道只写一次。", "Each channel once."));
        }
        let known = kind.parameters();
        let list = || known.iter().map(|p| format!("{{{}}}", p.code())).collect::<Vec<_>>();
        for (pointer, text) in [("/content/title", &self.title), ("/content/text", &self.text)] {
            let fits = names(text).is_some_and(|names| names.iter().all(|n| NoticeParameter::parse(n).is_some_and(|p| known.contains(&p))));
            if !fits {
                let zh = format!("花括号须成对，此类通知可用的参数：{}。", list().join("、"));
                return Err(Problem::rule(pointer, "unknown_parameter", zh, format!("Braces in pairs; parameters: {}.", list().join(", "))));
            }
        }
        let needed = [(NoticeKind::RatingCode, NoticeParameter::Code), (NoticeKind::SigningLink, NoticeParameter::Link)];
        if let Some((_, missing)) = needed.iter().find(|(k, p)| *k == kind && !self.text.contains(&format!("{{{}}}", p.code()))) {
            let zh = format!("此类通知须含 {{{}}}。", missing.code());
            return Err(Problem::rule("/content/text", "parameter_missing", zh, format!("{{{}}} is needed.", missing.code())));
        }
        if kind.is_urgent() && self.channels.contains(&NoticeChannel::InApp) {
            // Whoever can read the app needs no code, and a link there would be a second key.
            return Err(Problem::rule("/content/channels", "not_in_app", "此类通知不发站内消息。", "Not in the app."));
        }
        Ok(())
    }
}

/// A text with its parameters filled in; one that has no value is left out. Quotation marks of what stands between quotation marks
/// are single ones.
pub fn fill(text: &str, params: &BTreeMap<NoticeParameter, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, next)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        if let Some(value) = NoticeParameter::parse(name).and_then(|p| params.get(&p)) {
            let quoted = out.matches('“').count() > out.matches('”').count();
            out.push_str(&if quoted { value.replace('“', "‘").replace('”', "’") } else { value.clone() });
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

/// What is kept of a message, sealed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NoticeWords {
    /// To whom.
    pub name: String,
    /// Their telephone.
    pub phone: String,
    /// Above it.
    pub title: String,
    /// What it says.
    pub text: String,
    /// What the gateway calls it.
    pub template: String,
    /// What was filled in.
    pub params: BTreeMap<NoticeParameter, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_text_can_be_filled_in() {
        for kind in NoticeKind::ALL {
            let usual = kind.usual();
            usual.check(*kind).unwrap_or_else(|e| panic!("{}: {}", kind.code(), e.detail.zh));
            let params = kind.parameters().iter().map(|p| (*p, "甲".to_owned())).collect();
            assert!(!fill(&usual.text, &params).contains(['{', '}']), "{}", kind.code());
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_refused() {
        let content = |text: &str| NoticeContent { text: text.into(), ..NoticeKind::ResultReady.usual() };
        for text in ["{name}已办结", "{number", "number}", "{{number}}", "{}"] {
            assert!(content(text).check(NoticeKind::ResultReady).is_err(), "{text}");
        }
        assert!(content("{number}办结").check(NoticeKind::ResultReady).is_ok());
        assert!(content("没有验证码").check(NoticeKind::RatingCode).is_err());
        let params = [(NoticeParameter::Title, "{number}".to_owned())].into();
        assert_eq!(fill("甲{title}乙{number}", &params), "甲{number}乙", "what is filled in is not filled again");
        let params = [(NoticeParameter::Title, "“办不成事”反映".to_owned())].into();
        assert_eq!(fill("“{title}”：{title}", &params), "“‘办不成事’反映”：“办不成事”反映");
        let twice = NoticeContent { channels: vec![NoticeChannel::Sms, NoticeChannel::Sms], ..NoticeKind::ResultReady.usual() };
        assert!(twice.check(NoticeKind::ResultReady).is_err());
    }
}
