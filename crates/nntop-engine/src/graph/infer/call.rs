//! A node with what is known of its inputs.

use super::Value;
use crate::graph::proto::NodeProto;

/// A node and its inputs.
pub(crate) struct Call<'a> {
    pub(crate) node: &'a NodeProto,
    pub(crate) inputs: &'a [Value],
}

impl Call<'_> {
    pub(crate) fn op(&self) -> &str {
        self.node.op()
    }

    /// An input, unless it is left out.
    pub(crate) fn input(&self, at: usize) -> Option<&Value> {
        self.inputs.get(at).filter(|_| self.node.input.get(at).is_some_and(|name| !name.is_empty()))
    }

    /// The shape of an input.
    pub(crate) fn shape(&self, at: usize) -> Option<&[u64]> {
        self.input(at)?.shape.as_deref()
    }

    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        self.node.attribute(name)?.i
    }

    pub(crate) fn ints(&self, name: &str) -> Option<&[i64]> {
        self.node.attribute(name).map(|a| a.ints.as_slice()).filter(|ints| !ints.is_empty())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.node.attribute(name)?.s.as_ref().and_then(|s| std::str::from_utf8(s).ok())
    }

    /// Axes, or whatever newer operator sets take as an input and older ones had as an attribute. `Err` where the input
    /// is there and its values are not known.
    pub(crate) fn ints_of(&self, at: usize, name: &str) -> Result<Option<Vec<i64>>, ()> {
        match self.input(at) {
            Some(value) => value.as_ints().map(Some).ok_or(()),
            None => Ok(self.ints(name).map(<[i64]>::to_vec)),
        }
    }
}

/// An axis counted from the front; absent where there is none such.
pub(crate) fn axis(at: i64, rank: usize) -> Option<usize> {
    let from_front = if at < 0 { at.checked_add(i64::try_from(rank).ok()?)? } else { at };
    usize::try_from(from_front).ok().filter(|at| *at < rank)
}

/// Axes counted from the front.
pub(crate) fn axes(of: &[i64], rank: usize) -> Option<Vec<usize>> {
    of.iter().map(|at| axis(*at, rank)).collect()
}
