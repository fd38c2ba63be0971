//! The tables of forms, as they are reviewed.

use std::fmt::Write as _;

use super::*;

#[test]
fn what_is_signed_stays() {
    assert!(permits(S::Signed, A::Void).is_err() && permits(S::Voided, A::Sign).is_err() && permits(S::Voided, A::Link).is_err());
    assert!(permits(S::Issued, A::Void).is_ok() && permits(S::Signed, A::Sign).is_ok());
    assert!(falls(S::Issued) && falls(S::Signed) && !falls(S::Voided));
}

#[test]
fn signed_when_all_have_signed() {
    let of = |kind: FormKind, by: &[&str]| {
        let places: Vec<String> =
            PLACES.iter().find(|(k, _)| *k == kind).map(|(_, p)| p.iter().map(|(name, _)| (*name).to_owned()).collect()).unwrap_or_default();
        signed(kind, &places, |place| by.contains(&place))
    };
    assert_eq!(of(K::Plan, &[]), S::Issued);
    assert_eq!(of(K::Plan, &["center"]), S::PartlySigned);
    assert_eq!(of(K::Plan, &["center", "applicant"]), S::Signed);
    assert_eq!(of(K::DeliveryReceipt, &["recipient", "deliverer"]), S::Signed, "a witness only where one was");
    for (kind, places, _) in WAITS {
        assert!(places.iter().all(|place| side_of(*kind, place).is_some()), "{kind:?}");
    }
}

#[test]
fn every_kind_has_its_places_and_times() {
    for kind in K::ALL {
        assert_eq!(PLACES.iter().filter(|(k, _)| k == kind).count(), 1, "{kind:?}");
        // Those of fallback tickets have their times beside what they hang on (`fallback/subject.rs`).
        assert_eq!(TIMES.iter().filter(|(k, _)| k == kind).count(), usize::from(!kind.about().is_fallback()), "{kind:?}");
    }
    assert_eq!(side_of(K::ArbitrationDecision, "recipient_2"), Some(Party));
    assert_eq!((side_of(K::ArbitrationDecision, "recipient_x"), side_of(K::Plan, "issuer")), (None, None));
}

#[test]
fn who_signs_where() {
    let sides = [Issuer, Manager, Receiver, Addressee, Decider, Party, Applicant, Witness];
    let mut out = format!("{:22}{:12}", "form", "place");
    for side in sides {
        let _ = write!(out, "{:>11}", format!("{side:?}"));
    }
    for (kind, places) in PLACES {
        for (place, whose) in *places {
            let _ = write!(out, "\n{:22}{place:12}", kind.code());
            for side in sides {
                let how = match signing(&[side], *whose) {
                    Some(Own) => "own",
                    Some(Recorded) => "recorded",
                    None => "-",
                };
                let _ = write!(out, "{how:>11}");
            }
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn when_each_form_is_issued() {
    let mut out = String::new();
    for kind in K::ALL.iter().filter(|kind| !kind.about().is_fallback()) {
        let in_state = |of: fn(FormKind, Matter) -> bool| Matter::ALL.iter().filter(|s| of(*kind, **s)).map(|s| s.code()).collect::<Vec<_>>().join(" ");
        let copies = in_state(late);
        let _ = writeln!(out, "{:22}{}", kind.code(), in_state(|kind, state| timely(kind, state) && !late(kind, state)));
        if !copies.is_empty() {
            let _ = writeln!(out, "{:22}{copies}", "  as a copy");
        }
    }
    insta::assert_snapshot!(out);
}
