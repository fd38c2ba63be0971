use std::fmt::Write as _;

use super::*;

/// The whole table, state by action, as people review it.
#[test]
fn table() {
    let mut out = String::new();
    for state in S::ALL {
        for action in A::ALL {
            if let Some((_, _, to)) = TABLE.iter().find(|(a, from, _)| a == action && from.contains(state)) {
                let _ = writeln!(out, "{:20} {:24} {}", state.code(), action.code(), to.map_or("·", |to| to.code()));
            }
        }
    }
    insta::assert_snapshot!(out);
}

/// Every combination of what the guards know.
fn every_fact() -> impl Iterator<Item = Facts> {
    let tiers = [None, Some(T::General), Some(T::Difficult), Some(T::Exceptional)];
    tiers.into_iter().flat_map(|tier| {
        (0u32..1024).map(move |bits| {
            let bit = |n: u32| bits & (1 << n) != 0;
            Facts {
                tier,
                reform_led: bit(0),
                reform_office: bit(1),
                coordinated: bit(2),
                decided: bit(3),
                proposed: bit(4),
                own_proposal: bit(5),
                objected: bit(6),
                others_satisfied: bit(7),
                others_withdrawn: bit(8),
                sheets_open: bit(9),
            }
        })
    })
}

/// 群众不满意的，不予销号.
#[test]
fn only_the_last_satisfied_answer_clears() {
    for facts in every_fact() {
        for state in S::ALL.iter().filter(|s| **s != S::Cleared) {
            for action in A::ALL {
                if matches!(decide(*state, &facts, *action), Ok(S::Cleared)) {
                    assert_eq!((*state, *action), (S::AwaitingFeedback, A::FeedbackSatisfied));
                    assert!(facts.others_satisfied, "every caller is asked");
                }
            }
        }
    }
    // What is cleared is opened again by a bad return visit, and by nothing else.
    for action in A::ALL.iter().filter(|a| !matches!(a, A::Reveal)) {
        assert_eq!(decide(S::Cleared, &Facts::default(), *action).is_ok(), *action == A::ReopenAfterVisit, "{action:?}");
    }
}

#[test]
fn what_has_ended_stays_ended() {
    for state in [S::Merged, S::Withdrawn] {
        assert!(every_fact().all(|f| A::ALL.iter().all(|a| *a == A::Reveal || decide(state, &f, *a).is_err())), "{state:?}");
    }
    let dismissed = Facts { objected: true, ..Facts::default() };
    assert!(A::ALL.iter().all(|a| *a == A::Reveal || decide(S::Inadmissible, &dismissed, *a).is_err()));
}

#[test]
fn a_second_person_confirms() {
    let own = Facts { proposed: true, own_proposal: true, ..Facts::default() };
    assert!(decide(S::Registered, &own, A::ConfirmInadmissible).is_err());
    assert!(decide(S::Registered, &own, A::RefuseInadmissible).is_ok(), "who proposed may take it back");
    let other = Facts { own_proposal: false, ..own };
    assert!(matches!(decide(S::Registered, &other, A::ConfirmInadmissible), Ok(S::Inadmissible)));
    assert!(decide(S::Registered, &Facts::default(), A::ConfirmInadmissible).is_err());
}

#[test]
fn tiers_do_not_fall_after_a_dissatisfied_round() {
    assert!(tier_fits(Some(T::Exceptional), 0, T::General));
    assert!(!tier_fits(Some(T::Difficult), 1, T::General));
    assert!(tier_fits(Some(T::General), 1, T::General));
    assert!(!tier_fits(Some(T::General), 2, T::General));
    assert!(tier_fits(Some(T::General), 2, T::Difficult));
    assert!(!tier_fits(Some(T::Exceptional), 3, T::Difficult));
}

#[test]
fn nobody_is_asked_while_a_department_has_its_sheet() {
    let open = Facts { sheets_open: true, ..Facts::default() };
    for state in [S::SettledOnSpot, S::Replied] {
        assert!(decide(state, &open, A::AskFeedback).is_err() && decide(state, &Facts::default(), A::AskFeedback).is_ok(), "{state:?}");
    }
    assert!(decide(S::Replied, &open, A::SendBack).is_ok(), "what is not confirmed may be sent back");
}

#[test]
fn departments_are_charged_with_what_was_coordinated_or_decided() {
    let difficult = Facts { tier: Some(T::Difficult), coordinated: true, ..Facts::default() };
    assert!(decide(S::InCoordination, &difficult, A::Assign).is_ok());
    assert!(decide(S::InCoordination, &Facts { coordinated: false, ..difficult }, A::Assign).is_err());
    let exceptional = Facts { tier: Some(T::Exceptional), ..difficult };
    assert!(decide(S::Triaged, &exceptional, A::Assign).is_err());
    assert!(decide(S::Triaged, &Facts { decided: true, ..exceptional }, A::Assign).is_ok());
}
