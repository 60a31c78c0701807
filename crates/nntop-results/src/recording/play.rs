//! Plays a recording on a clock of its own, obeying a person.

use super::{Player, Recording};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Fault, Playback, Playhead};
use nntop_core::unit::Nanos;
use nntop_state::Replayed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Events are fed this often while it plays.
const BEAT: Duration = Duration::from_millis(50);

/// The slowest and the fastest.
const SPEEDS: (f64, f64) = (1.0 / 16.0, 256.0);

/// Plays until nobody listens any more. `feed` says whether anybody does.
pub fn play(
    recording: Recording,
    at: Nanos,
    speed: f64,
    orders: &Receiver<Playback>,
    feed: &mut dyn FnMut(Replayed) -> bool,
) {
    let mut deck = Deck { at, speed: speed.clamp(SPEEDS.0, SPEEDS.1), playing: true, player: Player::new(recording) };
    let mut alive = deck.jump(deck.at, feed);
    let clock = MonotonicClock::start();
    let mut then = clock.now();
    while alive {
        // Standing still there is nothing to do but to wait for a person.
        let order = match deck.playing {
            true => orders.recv_timeout(BEAT),
            false => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let now = clock.now();
        if deck.playing {
            deck.at = deck.at + Nanos::from_secs_f64(now.since(then).as_secs_f64() * deck.speed);
        }
        then = now;
        alive = match order {
            Ok(order) => deck.obey(order, feed),
            Err(RecvTimeoutError::Timeout) => deck.go_on(feed),
            Err(RecvTimeoutError::Disconnected) => false,
        } && feed(Replayed::At(deck.head()));
    }
}

struct Deck {
    /// From the recording's beginning.
    at: Nanos,
    speed: f64,
    playing: bool,
    player: Player<Recording>,
}

impl Deck {
    fn length(&self) -> Nanos {
        self.player.recording().length()
    }

    fn head(&self) -> Playhead {
        let sixteenths = (self.speed * 16.0).round() as u32;
        Playhead { at: self.at, length: self.length(), sixteenths, playing: self.playing }
    }

    /// On the stream's clock.
    fn stream(&self, at: Nanos) -> Nanos {
        self.player.recording().start() + at
    }

    fn obey(&mut self, order: Playback, feed: &mut dyn FnMut(Replayed) -> bool) -> bool {
        match order {
            Playback::Toggle => {
                self.playing = !self.playing;
                // At the end going on is beginning anew.
                if self.playing && self.at >= self.length() {
                    return self.jump(Nanos::ZERO, feed);
                }
            }
            Playback::Faster => self.speed = (self.speed * 2.0).min(SPEEDS.1),
            Playback::Slower => self.speed = (self.speed / 2.0).max(SPEEDS.0),
            Playback::By(ms) => {
                let by = Nanos::from_millis(ms.unsigned_abs());
                return self.jump(if ms < 0 { self.at.since(by) } else { self.at + by }, feed);
            }
            Playback::Start => return self.jump(Nanos::ZERO, feed),
            Playback::End => return self.jump(self.length(), feed),
            Playback::Step => {
                self.playing = false;
                return match self.player.step() {
                    Ok(Some(event)) => {
                        self.at = self.player.state().now.since(self.player.recording().start());
                        feed(Replayed::Event(Box::new(event)))
                    }
                    Ok(None) => feed(Replayed::Say("this is the end of the recording".into())),
                    Err(fault) => self.stop(&fault, feed),
                };
            }
            Playback::NextMark => {
                return match self.player.next_mark(self.stream(self.at)) {
                    Ok(Some(t)) => self.jump(t.since(self.player.recording().start()), feed),
                    Ok(None) => feed(Replayed::Say("there is no mark after this".into())),
                    Err(fault) => self.stop(&fault, feed),
                };
            }
        }
        true
    }

    fn jump(&mut self, at: Nanos, feed: &mut dyn FnMut(Replayed) -> bool) -> bool {
        self.at = at.min(self.length());
        let result = self.player.seek(self.stream(self.at));
        feed(Replayed::State(Box::new(self.player.state().clone())))
            && result.map_or_else(|fault| self.stop(&fault, feed), |()| true)
    }

    fn go_on(&mut self, feed: &mut dyn FnMut(Replayed) -> bool) -> bool {
        if self.at >= self.length() {
            (self.at, self.playing) = (self.length(), false);
        }
        loop {
            match self.player.due(self.stream(self.at)) {
                Ok(Some(event)) => {
                    if !feed(Replayed::Event(Box::new(event))) {
                        return false;
                    }
                }
                Ok(None) => return true,
                Err(fault) => return self.stop(&fault, feed),
            }
        }
    }

    fn stop(&mut self, fault: &Fault, feed: &mut dyn FnMut(Replayed) -> bool) -> bool {
        self.playing = false;
        feed(Replayed::Say(fault.message.clone()))
    }
}
