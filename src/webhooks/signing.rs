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
pub const PAUSE_AFTER_HOURS: i64 = 48;
/// Failures in a row after which the receiver counts as down: then it is asked by one delivery at a time.
pub const DOWN: i32 = 5;
/// What a receiver may ask for by `Retry-After`.
const LONGEST_ASKED: i64 = 86_400;

/// The wait until the next try; a longer one that the receiver asked for, in seconds, is honoured.
pub fn pause(attempts: i32, retry_after: Option<i64>) -> TimeDelta {
    PAUSES.after(attempts).max(TimeDelta::seconds(retry_after.unwrap_or(0).clamp(0, LONGEST_ASKED)))
}

/// Seconds for which a receiver that is down is left alone.
pub fn rest(failures: i32) -> i64 {
    let over = u32::try_from(failures - DOWN).unwrap_or(0).min(6);
    (5 << over).min(300)
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
        assert_eq!((rest(5), rest(6), rest(100)), (5, 10, 300));
    }
}
