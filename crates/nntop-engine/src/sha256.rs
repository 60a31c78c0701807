//! SHA-256 as hexadecimal digits: what tells one file's content from another's.

use sha2::{Digest as _, Sha256};
use std::io::Read;

/// The sum of all that can be read, as 64 hexadecimal digits.
///
/// ```
/// let sum = nntop_engine::sha256::sha256_hex(&b"abc"[..])?;
/// assert!(sum.starts_with("ba7816bf") && sum.len() == 64);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// What reading failed with.
pub fn sha256_hex(mut content: impl Read) -> std::io::Result<String> {
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match content.read(&mut chunk) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(n) => hasher.update(&chunk[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// The same of bytes in memory.
pub fn sha256_hex_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_the_sum_of_its_bytes() {
        let bytes: Vec<u8> = (0..600_000u32).map(|n| n as u8).collect();
        assert_eq!(sha256_hex(&bytes[..]).unwrap(), sha256_hex_of(&bytes));
        assert_eq!(sha256_hex_of(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
