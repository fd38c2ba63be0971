use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const AGENCY: Facts = Facts {
    agency: true,
    agreement_drafted: true,
    agreement_signed: true,
    transfer_open: false,
    open_legs: 0,
    arbitration_open: false,
    arbitrated: false,
    steps_free: true,
    hand_overs: 0,
    max_hand_overs: 4,
    returns: 0,
    max_returns: 2,
    reminders: 2,
    reminders_needed: 2,
    notice_unmet: true,
    supply_over: true,
    notice_given: false,
    steps_open: 0,
    steps_recordable: true,
    extension_asked: false,
    extensions: 0,
    max_extensions: 1,
    promise_running: true,
    materials_submittable: true,
    materials_reviewable: true,
    originals_held: true,
    mandate_void: false,
    ineligible: false,
    level_without_agency: false,
    handing_out: false,
    hand_out_open: true,
    something_done: true,
};

/// What changes nothing of the matter itself.
const BESIDE: [Action; 6] = [Action::ReturnOriginal, Action::Reveal, Action::Note, Action::Mark, Action::Link, Action::RecordHandOut];

/// The whole table, state by action, as people review it.
#[test]
fn table() {
    let mut out = String::new();
    for state in State::ALL {
        for action in Action::ALL {
            if let Some((_, _, to)) = TABLE.iter().find(|(a, from, _)| a == action && from.contains(state)) {
                let to = match to {
                    To::Into(s) => s.code(),
                    To::Stay => "·",
                    To::Back => "(state before)",
                };
                let _ = writeln!(out, "{:20} {:24} {to}", state.code(), action.code());
            }
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn final_states_only_reopen() {
    for state in State::ALL.iter().filter(|s| s.is_final()) {
        for action in Action::ALL.iter().filter(|a| !BESIDE.contains(a)) {
            let allowed = permits(*state, &AGENCY, *action).is_ok();
            assert_eq!(allowed, *state == State::Closed && *action == Action::Reopen, "{state:?} {action:?}");
        }
    }
}

#[test]
fn closing_takes_the_applicant() {
    // No row leads to `closed` but the applicant's signature (DOMAIN §2.5).
    for (action, _, to) in TABLE {
        if *to == To::Into(State::Closed) {
            assert_eq!(*action, Action::SignCompletion);
        }
    }
}

#[test]
fn guards() {
    let assisted = Facts { agency: false, ..AGENCY };
    assert_eq!(permits(State::Accepted, &AGENCY, Action::Start), Err(Refusal::WrongMode(Action::Start)));
    assert!(permits(State::Accepted, &assisted, Action::Start).is_ok());
    assert_eq!(permits(State::Accepted, &assisted, Action::SignAgreement), Err(Refusal::WrongMode(Action::SignAgreement)));
    let open = Facts { transfer_open: true, ..AGENCY };
    assert_eq!(permits(State::InProgress, &open, Action::Complete), Err(Refusal::TransferOpen));
    assert_eq!(permits(State::InProgress, &open, Action::Transfer), Err(Refusal::TransferOpen));
    let legs = Facts { open_legs: 1, ..AGENCY };
    assert_eq!(permits(State::InProgress, &legs, Action::Complete), Err(Refusal::LegsOpen(1)));
    let worn = Facts { hand_overs: 4, ..AGENCY };
    assert_eq!(permits(State::Accepted, &worn, Action::Transfer), Err(Refusal::HandedOverEnough(4)));
    let moved = Facts { agreement_signed: false, ..AGENCY };
    assert_eq!(permits(State::InProgress, &moved, Action::RecordStep), Err(Refusal::AgreementMissing));
    let asked = |facts: Facts, action| permits(State::CorrectionRequired, &facts, action);
    assert_eq!(asked(Facts { reminders: 1, ..AGENCY }, Action::Lapse), Err(Refusal::TooFewReminders { sent: 1, needed: 2 }));
    assert_eq!(asked(Facts { supply_over: false, ..AGENCY }, Action::Lapse), Err(Refusal::SupplyRunning));
    assert_eq!(asked(Facts { notice_unmet: false, ..AGENCY }, Action::Lapse), Err(Refusal::Supplied));
    assert_eq!(asked(AGENCY, Action::Resubmit), Err(Refusal::StillMissing));
    assert!(asked(Facts { notice_unmet: false, ..AGENCY }, Action::Resubmit).is_ok());
    let tossed = Facts { returns: 2, ..AGENCY };
    assert_eq!(permits(State::Accepted, &tossed, Action::Transfer), Err(Refusal::ReturnedEnough(2)));
    let running = |facts: Facts, action| permits(State::InProgress, &facts, action);
    assert_eq!(running(Facts { extension_asked: true, ..AGENCY }, Action::RequestExtension), Err(Refusal::ExtensionAsked));
    assert_eq!(running(Facts { extensions: 1, ..AGENCY }, Action::RequestExtension), Err(Refusal::ExtendedEnough(1)));
    assert_eq!(running(Facts { promise_running: false, ..AGENCY }, Action::RequestExtension), Err(Refusal::NoPromise));
    assert_eq!(running(AGENCY, Action::GrantExtension), Err(Refusal::NoExtension));
    assert_eq!(running(AGENCY, Action::RecordHelp), Err(Refusal::WrongMode(Action::RecordHelp)));
    assert_eq!(permits(State::InProgress, &Facts { steps_recordable: false, ..AGENCY }, Action::RecordStep), Err(Refusal::NoStep));
}

#[test]
fn step_table() {
    let mut out = String::new();
    for state in StepState::ALL {
        for act in StepAct::ALL {
            if let Some(to) = decide_step(*state, *act) {
                let _ = writeln!(out, "{:18} {:16} {}", state.code(), act.code(), to.code());
            }
        }
    }
    insta::assert_snapshot!(out);
}

fn any_of<T: Clone + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever is done in whatever order: an ended matter stays ended (but for reopening), what is offered is what is
    /// accepted, and termination always returns to where it came from.
    #[test]
    fn random_walks(actions in proptest::collection::vec(any_of(Action::ALL), 1..40), agency in any::<bool>()) {
        let mut state = State::Submitted;
        let mut held = None;
        let facts = Facts { agency, agreement_drafted: true, agreement_signed: false, max_hand_overs: 4, max_returns: 2, reminders: 2, supply_over: true, ..Facts::default() };
        for action in actions {
            let before = state;
            match decide(state, held, &facts, action) {
                Ok(next) => {
                    prop_assert!(permits(before, &facts, action).is_ok());
                    if action == Action::RequestTermination { held = Some(before); }
                    if action == Action::CancelTermination { prop_assert_eq!(Some(next), held); }
                    if before.is_final() { prop_assert!(action == Action::Reopen || BESIDE.contains(&action)); }
                    state = next;
                }
                Err(_) => prop_assert!(permits(before, &facts, action).is_err()),
            }
        }
    }
}
