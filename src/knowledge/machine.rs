//! The states of an article, as a table. Absent = refused.

use crate::{
    db::code_enum,
    kernel::{Code as _, ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of an article: of the text that is being worked on.
    ArticleState in "knowledge-states" {
        Draft "draft" "草稿",
        InReview "in_review" "审核中",
        SentBack "sent_back" "已退回修改",
        Published "published" "已发布",
        Withdrawn "withdrawn" "已撤下",
        Expired "expired" "已失效",
    }
}

code_enum! {
    /// What can be done with an article.
    ArticleAction in "knowledge-actions" {
        Edit "edit" "修改",
        Submit "submit" "提交审核",
        SendBack "send_back" "退回",
        Publish "publish" "发布",
        Withdraw "withdraw" "撤下",
        Expire "expire" "失效",
    }
}

use ArticleAction as A;
use ArticleState as S;

/// What the guards need to know beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// A version can be read.
    pub live: bool,
    /// The caller wrote the draft, or submitted it.
    pub own: bool,
}

/// The table.
pub const TABLE: &[(A, &[S], S)] = &[
    (A::Edit, &[S::Draft, S::SentBack, S::Published, S::Withdrawn, S::Expired], S::Draft),
    (A::Submit, &[S::Draft, S::SentBack], S::InReview),
    (A::SendBack, &[S::InReview], S::SentBack),
    (A::Publish, &[S::InReview], S::Published),
    (A::Withdraw, &[S::Draft, S::InReview, S::SentBack, S::Published], S::Withdrawn),
    (A::Expire, &[S::Published], S::Expired),
];

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The state forbids it.
    #[error("{} is not possible when {}", .0.code(), .1.code())]
    State(A, S),
    /// Nothing is published.
    #[error("nothing is published")]
    NotLive,
    /// Who wrote it does not judge it.
    #[error("somebody else must review it")]
    Own,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::State(action, state) => format!("该知识条目当前为“{}”，不能{}。", state.label(), action.label()),
            Self::NotLive => "该知识条目尚未发布。".into(),
            Self::Own => "该知识条目由您编写或提交，须由另一人审核。".into(),
        }
    }
}

/// The state after an action.
pub fn decide(state: S, facts: Facts, action: A) -> Result<S, Refusal> {
    let row = TABLE.iter().find(|(a, from, _)| *a == action && from.contains(&state));
    let to = row.map(|(_, _, to)| *to).ok_or(Refusal::State(action, state))?;
    match action {
        A::Withdraw if !facts.live => Err(Refusal::NotLive),
        A::Publish | A::SendBack if facts.own => Err(Refusal::Own),
        _ => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_as_it_stands() {
        let told = |state: S| {
            let facts = Facts { live: true, own: false };
            let may = A::ALL.iter().filter_map(|a| decide(state, facts, *a).ok().map(|to| format!("{}→{}", a.code(), to.code())));
            format!("{}: {}", state.code(), may.collect::<Vec<_>>().join(" "))
        };
        insta::assert_snapshot!(S::ALL.iter().map(|s| told(*s)).collect::<Vec<_>>().join("\n"), @r"
        draft: edit→draft submit→in_review withdraw→withdrawn
        in_review: send_back→sent_back publish→published withdraw→withdrawn
        sent_back: edit→draft submit→in_review withdraw→withdrawn
        published: edit→draft withdraw→withdrawn expire→expired
        withdrawn: edit→draft
        expired: edit→draft
        ");
    }

    #[test]
    fn nobody_publishes_what_they_wrote() {
        assert!(decide(S::InReview, Facts { live: true, own: true }, A::Publish).is_err());
        assert!(decide(S::InReview, Facts::default(), A::Withdraw).is_err());
    }
}
