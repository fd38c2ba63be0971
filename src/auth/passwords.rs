//! Argon2id off the async threads, in bounded memory: two at a time, each with memory of its own kept for the next.

use std::sync::{Mutex, OnceLock};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as B64};
use tokio::sync::Semaphore;

use crate::kernel::random_bytes;

/// Memory in KiB and passes of one hash (OWASP's second choice: m = 19 MiB, t = 2, p = 1).
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory: 19_456, passes: 2 }
    }
}

static TURN: Semaphore = Semaphore::const_new(2);

fn buffers() -> &'static Mutex<Vec<Vec<Block>>> {
    static BUFFERS: OnceLock<Mutex<Vec<Vec<Block>>>> = OnceLock::new();
    BUFFERS.get_or_init(Mutex::default)
}

fn digest(password: &str, salt: &[u8], cost: Cost) -> Option<[u8; 32]> {
    let params = Params::new(cost.memory, cost.passes, 1, Some(32)).ok()?;
    let mut memory = buffers().lock().unwrap_or_else(|e| e.into_inner()).pop().unwrap_or_default();
    memory.resize(params.block_count(), Block::default());
    let mut out = [0u8; 32];
    let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(password.as_bytes(), salt, &mut out, &mut memory);
    buffers().lock().unwrap_or_else(|e| e.into_inner()).push(memory);
    done.ok().map(|()| out)
}

/// Hashes a password into the PHC form `$argon2id$v=19$m=…,t=…,p=1$salt$hash`. Blocks: for the command line and imports.
pub fn hash(password: &str, cost: Cost) -> String {
    let salt = random_bytes::<16>();
    let hash = digest(password, &salt, cost).unwrap_or_default();
    format!("$argon2id$v=19$m={},t={},p=1${}${}", cost.memory, cost.passes, B64.encode(salt), B64.encode(hash))
}

fn check(password: &str, phc: &str) -> bool {
    let mut parts = phc.split('$').skip(1);
    let (Some("argon2id"), Some("v=19"), Some(params), Some(salt), Some(hash)) = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let number = |key: &str| params.split(',').find_map(|p| p.strip_prefix(key)?.strip_prefix('=')?.parse().ok());
    let (Some(memory), Some(passes), Ok(salt), Ok(expected)) = (number("m"), number("t"), B64.decode(salt), B64.decode(hash)) else {
        return false;
    };
    digest(password, &salt, Cost { memory, passes }).is_some_and(|found| aws_lc_rs::constant_time::verify_slices_are_equal(&found, &expected).is_ok())
}

/// Checks a password. `None` stands for an unknown account and costs as much time as a known one.
pub async fn verify(password: String, phc: Option<String>, cost: Cost) -> bool {
    let Ok(_turn) = TURN.acquire().await else { return false };
    tokio::task::spawn_blocking(move || match phc {
        Some(phc) => check(&password, &phc),
        None => {
            let _ = digest(&password, b"no such account!", cost);
            false
        }
    })
    .await
    .unwrap_or(false)
}

/// [`hash`] off the async threads.
pub async fn hash_async(password: String, cost: Cost) -> String {
    let _turn = TURN.acquire().await;
    tokio::task::spawn_blocking(move || hash(&password, cost)).await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_checks() {
        let cost = Cost { memory: 64, passes: 1 };
        let phc = hash("口令-1234", cost);
        assert!(check("口令-1234", &phc));
        assert!(!check("口令-1235", &phc));
        assert!(!check("x", "$argon2id$v=19$broken"));
    }
}
