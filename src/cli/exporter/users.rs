//! Names and passwords of those who may read (basic authentication, RFC 7617), kept as bcrypt hashes.
//!
//! A hash is made to be slow. So one is worked out at a time, the desk rests after a wrong password, and the last good password of
//! a user is remembered by its sum: a scrape every second costs one hash for all of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::HashParts;
use hyper::header::HeaderValue;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::Fault;
use nntop_engine::sha256::sha256_hex_of;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// The highest cost of a hash: about a second on a PC, and doubled with every step.
const HIGHEST_COST: u32 = 14;

/// How many may wait for the desk.
const QUEUE: usize = 4;

/// After a wrong password the check pauses for this many times what it took: guessing has a tenth of one core at most.
const REST: u32 = 9;

/// What came of a request's name and password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    Good,
    /// None, or a wrong one: which of both, or whether there is such a user, is not said.
    Refused,
    /// More are being checked than may wait.
    Busy,
}

/// Those who may read.
pub(super) struct Users {
    hashes: BTreeMap<String, String>,
    /// Sums of each user's last good password.
    good: Mutex<HashMap<String, String>>,
    /// Keys what nobody outside should be able to work out.
    secret: RandomState,
    desk: Semaphore,
    queue: Arc<Semaphore>,
    clock: MonotonicClock,
}

impl Users {
    /// Of names and their hashes; at least one.
    pub(super) fn new(hashes: Vec<(String, String)>) -> Result<Self, Fault> {
        const MAKE: &str = "make one with: htpasswd -nBC 10 NAME (Debian: apache2-utils)";
        for (name, hash) in &hashes {
            let about = |why: String| Fault::input(format!("basic_auth_users: {name}: {why}")).hint(MAKE);
            let parts = HashParts::from_str(hash).map_err(|_| about("is no bcrypt hash ($2y$10$…)".into()))?;
            let cost = parts.get_cost();
            if !(4..=HIGHEST_COST).contains(&cost) {
                return Err(about(format!("its cost is {cost}, and 4 to {HIGHEST_COST} are taken")));
            }
        }
        Ok(Self {
            hashes: hashes.into_iter().collect(),
            good: Mutex::default(),
            secret: RandomState::new(),
            desk: Semaphore::new(1),
            queue: Arc::new(Semaphore::new(QUEUE)),
            clock: MonotonicClock::start(),
        })
    }

    /// Checks what a request brought.
    pub(super) async fn check(self: &Arc<Self>, header: Option<&HeaderValue>) -> Login {
        let Some((name, password)) = header.and_then(credentials) else { return Login::Refused };
        let sum = self.sum(&name, &password);
        if self.remembers(&name, &sum) {
            return Login::Good;
        }
        let Ok(place) = self.queue.clone().try_acquire_owned() else { return Login::Busy };
        let (say, heard) = oneshot::channel();
        let users = self.clone();
        // On its own: one that hangs up does not cut the desk's rest short.
        tokio::spawn(async move {
            let Ok(_desk) = users.desk.acquire().await else { return };
            let begun = users.clock.now();
            let checked = users.clone();
            let tried = name.clone();
            let is_right = tokio::task::spawn_blocking(move || checked.is_right(&tried, &password)).await;
            let is_right = is_right.unwrap_or(false);
            if is_right {
                users.good.lock().unwrap_or_else(PoisonError::into_inner).insert(name, sum);
            }
            let _ = say.send(is_right);
            if !is_right {
                tokio::time::sleep(Duration::from(users.clock.now().since(begun)) * REST).await;
            }
            drop(place);
        });
        if heard.await.unwrap_or(false) { Login::Good } else { Login::Refused }
    }

    /// Whether it is the user's password. A name that nobody has takes as long as one that somebody has.
    fn is_right(&self, name: &str, password: &[u8]) -> bool {
        let known = self.hashes.get(name);
        let stand_in = || {
            let place = self.secret.hash_one(name) as usize % self.hashes.len().max(1);
            self.hashes.values().nth(place)
        };
        let Some(hash) = known.or_else(stand_in) else { return false };
        // The comparison within takes the same time wherever the hashes differ.
        bcrypt::verify(password, hash).unwrap_or(false) && known.is_some()
    }

    /// What is remembered of a password.
    fn sum(&self, name: &str, password: &[u8]) -> String {
        let hash = self.hashes.get(name).map_or("", String::as_str);
        let key = self.secret.hash_one(name).to_le_bytes();
        let text = [&key, hash.as_bytes(), b"\0", password].concat();
        sha256_hex_of(&text)
    }

    fn remembers(&self, name: &str, sum: &str) -> bool {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        good.get(name).is_some_and(|known| are_equal(known.as_bytes(), sum.as_bytes()))
    }
}

/// In the same time wherever they differ.
fn are_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && std::hint::black_box(a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b))) == 0
}

/// The name and the password in `Authorization: Basic …`.
fn credentials(header: &HeaderValue) -> Option<(String, Vec<u8>)> {
    let (scheme, encoded) = header.to_str().ok()?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    Some((String::from_utf8(decoded[..colon].to_vec()).ok()?, decoded[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `secret` at the least cost, as `htpasswd -nbBC 4` writes it.
    fn users() -> Arc<Users> {
        let hash = bcrypt::hash_with_salt("secret", 4, *b"0123456789abcdef").unwrap().to_string();
        Arc::new(Users::new(vec![("ada".into(), hash)]).unwrap())
    }

    fn basic(text: &str) -> HeaderValue {
        HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(text))).unwrap()
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn only_the_right_password_of_a_user_opens() {
        wait(async {
            let users = users();
            assert_eq!(users.check(None).await, Login::Refused);
            assert_eq!(users.check(Some(&basic("ada:secret"))).await, Login::Good);
            for wrong in ["ada:wrong", "eve:secret", "ada:", ":secret", "ada", "", "ADA:secret", "ada:secret "] {
                assert_eq!(users.check(Some(&basic(wrong))).await, Login::Refused, "{wrong:?}");
            }
            for wrong in ["Bearer YWRhOnNlY3JldA==", "Basic", "Basic !!!", "YWRhOnNlY3JldA=="] {
                assert_eq!(users.check(Some(&HeaderValue::from_static(wrong))).await, Login::Refused, "{wrong:?}");
            }
            assert_eq!(users.check(Some(&HeaderValue::from_static("bAsIc YWRhOnNlY3JldA=="))).await, Login::Good);
        });
    }

    #[test]
    fn who_was_let_in_once_waits_for_no_desk_and_guessers_are_turned_away() {
        wait(async {
            let users = users();
            let right = basic("ada:secret");
            assert_eq!(users.check(Some(&right)).await, Login::Good);
            // The desk is taken for good, and as many wait for it as may.
            let _desk = users.desk.acquire().await.unwrap();
            let _places = users.queue.clone().acquire_many_owned(QUEUE as u32).await.unwrap();
            assert_eq!(users.check(Some(&basic("ada:guess"))).await, Login::Busy);
            assert_eq!(users.check(Some(&right)).await, Login::Good);
        });
    }
}
