//! Lines of a stream that somebody else writes, with a limit: one without an end must not fill the memory.

use std::io::{BufRead, Error, Read, Result};

/// The longest line that is read. An event of a profile with a quarter of a million rows has a third of it.
pub const LONGEST_LINE: usize = 256 << 20;

/// What a line that is longer is.
pub fn too_long() -> Error {
    Error::other("a line of more than 256 MiB")
}

/// Reads one line, its end included, into `line`, which is emptied first. At the end of the stream it stays empty.
///
/// # Errors
/// When the stream cannot be read, or the line is longer than [`LONGEST_LINE`].
pub fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<usize> {
    line.clear();
    let n = Read::take(input, LONGEST_LINE as u64).read_until(b'\n', line)?;
    if n == LONGEST_LINE && line.last() != Some(&b'\n') { Err(too_long()) } else { Ok(n) }
}

/// The lines of a stream, without their ends, until it ends or one is too long, which is the last item.
pub fn lines(mut input: impl BufRead) -> impl Iterator<Item = Result<String>> {
    let mut bytes = Vec::new();
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        match read_line(&mut input, &mut bytes) {
            Ok(0) => None,
            Ok(_) => Some(Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned())),
            Err(e) => {
                ended = true;
                Some(Err(e))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, repeat};

    #[test]
    fn a_line_without_an_end_is_an_error_and_the_last() {
        let text = lines(BufReader::new(&b"a\r\nb"[..])).collect::<Result<Vec<_>>>().unwrap();
        assert_eq!(text, ["a", "b"]);
        let mut endless = lines(BufReader::with_capacity(1 << 20, repeat(b'x')));
        assert!(endless.next().unwrap().unwrap_err().to_string().contains("256 MiB"));
        assert!(endless.next().is_none());
    }
}
