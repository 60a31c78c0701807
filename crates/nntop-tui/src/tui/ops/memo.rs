//! What was worked out for the last picture, kept until a burst or a key changes it: a screen is drawn several times a second,
//! and of a model with a thousand operators that would be a tenth of a core.

use super::OpsUi;
use super::data::Content;
use nntop_core::event::Slot;
use nntop_core::unit::Nanos;
use nntop_state::Variant;
use std::cell::RefCell;
use std::rc::Rc;

/// One content, and what it was made for.
type Kept = Box<(Key, Rc<Content>)>;

/// Of one content, and of which.
#[derive(Default)]
pub(crate) struct Memo(RefCell<Option<Kept>>);

/// What a content follows from: the choices, and each variant's newest burst.
#[derive(PartialEq, Eq)]
struct Key {
    choices: OpsUi,
    bursts: Vec<(Slot, u32, u64, Nanos)>,
}

impl Memo {
    /// The content for these choices and variants, by `make` unless it is the last one again.
    pub(super) fn get(&self, choices: &OpsUi, variants: &[&Variant], make: impl FnOnce() -> Content) -> Rc<Content> {
        let bursts = variants.iter().map(|v| (v.slot, v.run, v.ops.bursts, v.ops.at)).collect();
        let key = Key { choices: choices.clone(), bursts };
        let mut last = self.0.borrow_mut();
        match &*last {
            Some(last) if last.0 == key => last.1.clone(),
            _ => {
                let content = Rc::new(make());
                *last = Some(Box::new((key, content.clone())));
                content
            }
        }
    }
}

/// It is no choice: choices that differ in it alone are the same.
impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Memo {}

/// Begins empty, so that a key does not hold the content before it.
impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Memo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memo")
    }
}
