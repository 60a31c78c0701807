//! The loop, driven through its channel, writing to memory.

use super::super::present::Screen;
use super::super::run::{Ended, Input, Loop, Options, Outside};
use crate::tui::Colors;
use crossterm::event::{Event as Term, KeyCode, KeyEvent, KeyModifiers};
use nntop_core::event::{Event, Kind, Order};
use nntop_core::unit::Nanos;
use std::num::NonZero;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

/// A terminal in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<Vec<u8>>>>);

impl std::io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn key(code: char) -> Input {
    Input::Term(Term::Key(KeyEvent::new(KeyCode::Char(code), KeyModifiers::NONE)))
}

fn said(kind: Kind) -> Input {
    Input::Said(Box::new(Event::new(Nanos(5), kind)))
}

/// Runs the loop against a script that is told when a frame was written.
fn script(tell: impl FnOnce(&Sender<Input>, &dyn Fn(usize))) -> (Vec<Vec<u8>>, Vec<Order>, Ended) {
    let (tx, rx) = channel();
    let memory = Memory::default();
    let writes = memory.clone();
    let (done, orders) = std::thread::scope(|scope| {
        let run = scope.spawn(move || {
            let mut orders = Vec::new();
            let mut screen = Screen::new(memory, (80, 24));
            let options = Options { fps: 1_000, colors: Colors::True, ..Options::default() };
            let mut send = |order| orders.push(order);
            let mut outside = Outside { send: &mut send, recorder: &mut |_| false, playback: None };
            let ended = Loop::new(&mut screen, &mut outside, &mut || Ok((90, 30)), options).drive(&rx).unwrap();
            (ended, orders)
        });
        let until = |n: usize| {
            while writes.0.lock().unwrap().len() < n {
                std::thread::yield_now();
            }
        };
        tell(&tx, &until);
        run.join().unwrap()
    });
    let writes = writes.0.lock().unwrap().clone();
    (writes, orders, done)
}

#[test]
fn a_changed_frame_is_one_bracketed_write_and_an_unchanged_one_is_none() {
    let (writes, _, ended) = script(|tx, until| {
        until(1);
        // Changes nothing that can be seen.
        for _ in 0..50 {
            tx.send(said(Kind::Unknown)).unwrap();
            std::thread::yield_now();
        }
        tx.send(key('?')).unwrap();
        until(2);
        tx.send(said(Kind::Unknown)).unwrap();
        tx.send(key('q')).unwrap();
    });
    assert_eq!(writes.len(), 2, "the first picture and the help");
    for write in &writes {
        let text = String::from_utf8_lossy(write);
        assert!(text.starts_with("\x1b[?2026h") && text.ends_with("\x1b[?2026l"), "{text:?}");
    }
    assert!(writes[1].len() < 8_000, "only what changed");
    assert_eq!(ended.signal, None);
}

#[test]
fn the_picture_is_what_was_drawn() {
    let (writes, ..) = script(|tx, until| {
        until(1);
        tx.send(key('5')).unwrap();
        until(2);
        tx.send(key('q')).unwrap();
    });
    let mut terminal = vt100::Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 0);
    writes.iter().for_each(|w| terminal.process(w));
    let shown = terminal.screen().contents();
    assert!(shown.contains("[5Log]") && shown.contains("No log output yet."), "{shown}");
}

#[test]
fn space_pauses_and_signals_end() {
    let (_, orders, ended) = script(|tx, until| {
        until(1);
        tx.send(key(' ')).unwrap();
        tx.send(said(Kind::Paused { paused: true })).unwrap();
        tx.send(key(' ')).unwrap();
        tx.send(key('?')).unwrap();
        until(2);
        tx.send(Input::Signal(15)).unwrap();
    });
    let orders: Vec<Order> = orders.into_iter().filter(|o| !matches!(o, Order::Tick(_))).collect();
    assert_eq!(orders, [Order::Pause, Order::Resume]);
    assert_eq!(ended.signal, Some(15));
    assert!(ended.state.paused, "the state comes back");
}

#[test]
fn a_frozen_picture_stands_while_events_are_folded() {
    let (writes, _, ended) = script(|tx, until| {
        until(1);
        tx.send(key('z')).unwrap();
        until(2);
        tx.send(said(Kind::Done)).unwrap();
        tx.send(said(Kind::Unknown)).unwrap();
        tx.send(key('z')).unwrap();
        until(3);
        tx.send(key('q')).unwrap();
    });
    assert_eq!(writes.len(), 3);
    assert!(ended.state.done);
    assert!(!String::from_utf8_lossy(&writes[1]).contains("done"));
}

#[test]
fn coming_back_from_the_shell_paints_everything_anew() {
    let (writes, ..) = script(|tx, until| {
        until(1);
        let ctrl_z = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL);
        tx.send(Input::Term(Term::Key(ctrl_z))).unwrap();
        until(2);
        tx.send(key('q')).unwrap();
    });
    assert!(String::from_utf8_lossy(&writes[1]).contains("\x1b[2J"));
}
