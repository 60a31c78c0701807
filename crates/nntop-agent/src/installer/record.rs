//! A wheel's RECORD: the size and SHA-256 of each of its files.

use std::collections::HashMap;

/// What RECORD says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    /// SHA-256 in URL-safe base64 without padding.
    pub(super) sha256: String,
    /// Its size, where given.
    pub(super) bytes: Option<u64>,
}

/// Reads RECORD; files without a SHA-256 (such as RECORD itself) are left out.
pub(super) fn parse(text: &str) -> HashMap<String, Recorded> {
    text.lines().filter_map(parse_line).collect()
}

/// `path,sha256=SUM,SIZE`; a path with a comma is in quotes.
fn parse_line(line: &str) -> Option<(String, Recorded)> {
    let mut fields = line.trim().rsplitn(3, ',');
    let bytes = fields.next()?.parse().ok();
    let sha256 = fields.next()?.strip_prefix("sha256=")?.trim_end_matches('=').to_owned();
    let path = fields.next()?;
    let path = match path.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => path.to_owned(),
    };
    Some((path, Recorded { sha256, bytes }))
}

/// Bytes in URL-safe base64 without padding, as RECORD has its sums.
pub(super) fn base64_url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(*group.get(i).unwrap_or(&0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..=group.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_url_safe_and_unpadded() {
        // The examples of RFC 4648, and one with both special digits.
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")] {
            assert_eq!(base64_url(bytes.as_bytes()), text);
        }
        assert_eq!(base64_url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn record_lines_are_read_from_the_right() {
        let record = parse("a/b.so,sha256=AbC-_,12\n\"a,b\",sha256=x=,\nRECORD,,\nold,md5=1,2\n");
        assert_eq!(record["a/b.so"], Recorded { sha256: "AbC-_".into(), bytes: Some(12) });
        assert_eq!(record["a,b"], Recorded { sha256: "x".into(), bytes: None });
        assert_eq!(record.len(), 2);
    }
}
