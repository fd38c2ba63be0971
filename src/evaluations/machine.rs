//! The states of an evaluation, as a table. Absent = refused.
//!
//! People see three states. The table knows five: an open evaluation may wait for the end of what is handled again, and a
//! grade may be a default that nobody gave.

use crate::{
    db::code_enum,
    kernel::{ErrorCode, problem::Refuse},
};

code_enum! {
    /// State of an evaluation.
    EvaluationState in "evaluation-states" {
        Open "open" "待评价",
        Rated "rated" "已评价",
        Expired "expired" "已过期",
    }
}

/// Where an evaluation stands: its state with what the record knows beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its window is open.
    Open,
    /// What it rates is handled again: it waits for the new end.
    Held,
    /// Somebody rated it.
    Rated,
    /// Nobody did, and the city has default ratings.
    Defaulted,
    /// Nobody did.
    Expired,
}

/// What happens to an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody rates.
    Rate,
    /// The applicant is reminded.
    Remind,
    /// The window ends, where the city has default ratings.
    Default,
    /// The window ends.
    Expire,
    /// What it rates is handled again.
    Hold,
    /// That ended, again: the window begins anew.
    AskAnew,
    /// That ended without being served: there is nothing to rate.
    Fall,
}

use Standing as W;
use Step as A;

impl W {
    /// What people see of it.
    pub fn state(self) -> EvaluationState {
        match self {
            W::Open | W::Held => EvaluationState::Open,
            W::Rated | W::Defaulted => EvaluationState::Rated,
            W::Expired => EvaluationState::Expired,
        }
    }
}

/// In which rounds a row holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// The first and the second.
    Any,
    /// A second evaluation ends for good: it belongs to its follow-up, and has no default.
    First,
}

use Round as R;

const TABLE: &[(A, R, &[W], W)] = &[
    (A::Rate, R::Any, &[W::Open], W::Rated),
    (A::Remind, R::Any, &[W::Open], W::Open),
    (A::Default, R::First, &[W::Open], W::Defaulted),
    (A::Expire, R::Any, &[W::Open], W::Expired),
    (A::Hold, R::Any, &[W::Open], W::Held),
    (A::Hold, R::First, &[W::Defaulted, W::Expired], W::Held),
    (A::AskAnew, R::Any, &[W::Open, W::Held], W::Open),
    (A::AskAnew, R::First, &[W::Defaulted, W::Expired], W::Open),
    (A::Fall, R::Any, &[W::Open, W::Held], W::Expired),
];

/// What the guards know beside the standing.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// 1, or 2 after a follow-up.
    pub round: i32,
    /// The window is over.
    pub over: bool,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It waits.
    #[error("It is handled again, and rated when it ends.")]
    Held,
    /// Once only.
    #[error("Rated already.")]
    Rated,
    /// Too late: a default stands.
    #[error("The window is over; it was rated by default.")]
    Defaulted,
    /// Too late.
    #[error("The window is over.")]
    Over,
    /// Too early.
    #[error("The window is still open.")]
    NotOver,
}

impl Refuse for Refusal {
    fn code(&self) -> ErrorCode {
        ErrorCode::StateConflict
    }

    fn zh(&self) -> String {
        match self {
            Self::Held => "本件正在重新办理，办结后再请您评价。",
            Self::Rated => "本件已评价，一件只评一次。",
            Self::Defaulted => "评价期限已过，系统已默认评价。",
            Self::Over => "评价期限已过。",
            Self::NotOver => "评价期限还没有到。",
        }
        .into()
    }
}

/// Where it stands after a step.
pub fn decide(at: W, facts: Facts, step: A) -> Result<W, Refusal> {
    let holds = |round: R| round == R::Any || facts.round == 1;
    let to = TABLE.iter().find(|(a, round, from, _)| *a == step && holds(*round) && from.contains(&at)).map(|(.., to)| *to);
    let to = to.ok_or(match at {
        W::Held => Refusal::Held,
        W::Rated => Refusal::Rated,
        W::Defaulted => Refusal::Defaulted,
        W::Open | W::Expired => Refusal::Over,
    })?;
    match step {
        A::Rate | A::Remind if facts.over => Err(Refusal::Over),
        A::Default | A::Expire if !facts.over => Err(Refusal::NotOver),
        _ => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [A; 7] = [A::Rate, A::Remind, A::Default, A::Expire, A::Hold, A::AskAnew, A::Fall];

    #[test]
    fn the_table_as_it_stands() {
        let told = |round, over| {
            let line = |at: W| {
                let may = STEPS.iter().filter_map(|a| decide(at, Facts { round, over }, *a).ok().map(|to| format!("{a:?}→{to:?}")));
                format!("{round} {} {at:?}: {}", if over { "over" } else { "runs" }, may.collect::<Vec<_>>().join(" "))
            };
            [W::Open, W::Held, W::Rated, W::Defaulted, W::Expired].map(line).join("\n")
        };
        insta::assert_snapshot!([told(1, false), told(1, true), told(2, false), told(2, true)].join("\n"), @r"
        1 runs Open: Rate→Rated Remind→Open Hold→Held AskAnew→Open Fall→Expired
        1 runs Held: AskAnew→Open Fall→Expired
        1 runs Rated: 
        1 runs Defaulted: Hold→Held AskAnew→Open
        1 runs Expired: Hold→Held AskAnew→Open
        1 over Open: Default→Defaulted Expire→Expired Hold→Held AskAnew→Open Fall→Expired
        1 over Held: AskAnew→Open Fall→Expired
        1 over Rated: 
        1 over Defaulted: Hold→Held AskAnew→Open
        1 over Expired: Hold→Held AskAnew→Open
        2 runs Open: Rate→Rated Remind→Open Hold→Held AskAnew→Open Fall→Expired
        2 runs Held: AskAnew→Open Fall→Expired
        2 runs Rated: 
        2 runs Defaulted: 
        2 runs Expired: 
        2 over Open: Expire→Expired Hold→Held AskAnew→Open Fall→Expired
        2 over Held: AskAnew→Open Fall→Expired
        2 over Rated: 
        2 over Defaulted: 
        2 over Expired: 
        ");
    }
}
