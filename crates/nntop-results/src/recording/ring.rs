//! The newest part of the stream in memory, for "save what I just saw".

use std::collections::VecDeque;

/// Bytes kept, compressed: about twenty minutes at 2,000 inferences a second.
const MOST: usize = 24 << 20;

/// Chunks as a file has them. The first is a keyframe, or the stream's beginning.
#[derive(Debug, Default)]
pub(super) struct Ring {
    chunks: VecDeque<(bool, Vec<u8>)>,
    bytes: usize,
}

impl Ring {
    pub(super) fn push(&mut self, key: bool, chunk: Vec<u8>) {
        self.bytes += chunk.len();
        self.chunks.push_back((key, chunk));
        // What lies before a keyframe goes as one.
        while self.bytes > MOST && self.chunks.iter().skip(1).any(|(key, _)| *key) {
            self.drop_first();
            while self.chunks.front().is_some_and(|(key, _)| !key) {
                self.drop_first();
            }
        }
    }

    fn drop_first(&mut self) {
        self.bytes -= self.chunks.pop_front().map_or(0, |(_, chunk)| chunk.len());
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> + '_ {
        self.chunks.iter().map(|(_, chunk)| chunk.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_always_begins_with_a_keyframe() {
        let mut ring = Ring::default();
        for i in 0..300 {
            ring.push(i % 8 == 7, vec![0; 1 << 20]);
        }
        assert!(ring.bytes <= MOST && ring.bytes > MOST / 4, "{}", ring.bytes);
        assert!(ring.chunks[0].0);
        assert_eq!(ring.bytes, ring.iter().map(<[u8]>::len).sum::<usize>());
    }
}
