//! Standard Webhooks: how a delivery is signed, and when a failed one is tried again. Pure.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD as B64};
use chrono::TimeDelta;

use crate::{kernel::random_bytes, outbound::Pauses};

const PREFIX: &str = "whsec_";

/// A new secret of 192 bits.
pub fn secret() -> String {
    format!("{PREFIX}{}", B64.encode(random_bytes::<24>()))
}

/// The value of `webhook-signature`: one signature for each secret, separated by blanks.
pub fn signature(secrets: &[&str], id: &str, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let one = |secret: &&str| {
        let text = secret.strip_prefix(PREFIX).unwrap_or(secret);
        let key = B64.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
        format!("v1,{}", B64.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes())))
    };
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Five seconds to fourteen hours: over a day in all.
const PAUSES: Pauses = Pauses(&[5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400]);
/// Hours of trying after which a delivery is dead.
pub const GIVE_UP_HOURS: i64 = 72;
/// Hours of nothing but failure after which a subscription is paused: before its deliveries die, so that a receiver that is
/// simply down loses nothing.
const PAUSE_AFTER_HOURS: i64 = 48;
/// The trouble with which a receiver counts as down: then it is asked by one delivery at a time. Faults of the connection in a
/// row, or as many records as this refused with no success: a few bad records say nothing of the others.
pub const DOWN: i32 = 20;
/// What a fault weighs.
const FAULT: i32 = 4;
/// What a receiver may ask for by `Retry-After`.
const LONGEST_ASKED: i64 = 86_400;

/// The wait until the next try; a longer one that the receiver asked for, in seconds, is honoured.
pub fn pause(attempts: i32, retry_after: Option<i64>) -> TimeDelta {
    PAUSES.after(attempts).max(asked(retry_after.unwrap_or(0)))
}

/// The wait that a receiver asked for by so many seconds.
pub fn asked(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds.clamp(0, LONGEST_ASKED))
}

/// Whether a receiver with so much trouble counts as down.
pub const fn is_down(trouble: i32) -> bool {
    trouble >= DOWN
}

/// Whether nobody took a request, or only a gateway before who should have: no fault of what was sent.
pub const fn is_fault(status: Option<u16>) -> bool {
    matches!(status, None | Some(429 | 502..=504))
}

/// The trouble after a failed try. What was refused before and is refused again is nothing new, unless all is refused.
pub fn troubled(trouble: i32, status: Option<u16>, attempts: i32) -> i32 {
    let more = match attempts {
        _ if is_fault(status) || is_down(trouble) => FAULT,
        1 => 1,
        _ => 0,
    };
    trouble.saturating_add(more)
}

/// Seconds for which a receiver that is down is left alone: hardly where it answers, for it may refuse one kind of many.
pub fn rest(trouble: i32, status: Option<u16>) -> i64 {
    let over = u32::try_from((trouble - DOWN) / FAULT).unwrap_or(0).min(8);
    if is_fault(status) { (5 << over).min(900) } else { (1 << over).min(5) }
}

/// Whether a subscription is paused that has failed for so many hours: nothing was ever taken, or the receiver is down. One that
/// took what it could and refuses a few records goes on; so does one that answers, until every kind of event was tried.
pub fn gives_up(hours: i64, trouble: i32, ever_took: bool, status: Option<u16>, all_kinds_tried: bool) -> bool {
    hours >= PAUSE_AFTER_HOURS && (!ever_took || is_down(trouble)) && (is_fault(status) || all_kinds_tried)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks libraries.
    #[test]
    fn signs_as_the_standard_does() {
        let signed = signature(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let (old, new) = (secret(), secret());
        let both = signature(&[&new, &old], "a", 1, "{}");
        assert_eq!(both, format!("{} {}", signature(&[&new], "a", 1, "{}"), signature(&[&old], "a", 1, "{}")));
        assert!(new.starts_with("whsec_") && new.len() == 38 && old != new);
    }

    #[test]
    fn pauses_grow_over_more_than_a_day() {
        assert!(PAUSES.0.is_sorted() && PAUSES.0.iter().sum::<i64>() > 86_400);
        assert_eq!(pause(1, Some(120)), TimeDelta::seconds(120), "asked for");
        assert!(pause(3, Some(1)) >= TimeDelta::seconds(240), "not sooner for that");
        assert_eq!(pause(1, Some(i64::MAX)), TimeDelta::days(1));
        assert_eq!((rest(DOWN, None), rest(DOWN + FAULT, Some(503)), rest(i32::MAX, None)), (5, 10, 900));
        assert_eq!((rest(DOWN, Some(500)), rest(i32::MAX, Some(500))), (1, 5), "it answers");
    }

    #[test]
    fn a_few_bad_records_are_no_outage() {
        let after = |tries: &[(Option<u16>, i32)]| tries.iter().fold(0, |trouble, (status, attempts)| troubled(trouble, *status, *attempts));
        assert!(is_down(after(&[(None, 1); 5])) && is_down(after(&[(Some(503), 9); 5])) && !is_down(after(&[(None, 1); 4])));
        assert!(!is_down(after(&[(Some(500), 1); 12])) && is_down(after(&[(Some(500), 1); 20])), "many different ones");
        assert_eq!(after(&[(Some(500), 2); 1_000]), 0, "one again and again");
        let after = |hours, trouble, ever_took| gives_up(hours, trouble, ever_took, Some(500), true);
        assert_eq!([after(47, DOWN, false), after(48, 1, false), after(48, DOWN - 1, true), after(48, DOWN, true)], [false, true, false, true]);
        assert!(!gives_up(48, DOWN, true, Some(500), false) && gives_up(48, DOWN, true, None, false), "it answers, and may take another kind");
    }
}
