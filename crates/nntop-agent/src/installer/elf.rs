//! What an ELF header says: whether it is of a shared library that this machine can load.

/// What a file is instead of a loadable library.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// It has no ELF header.
    #[error("it is not an ELF file")]
    NotElf,
    /// An ELF file, but a program or an object file.
    #[error("it is an ELF file, but not a shared library")]
    NotShared,
    /// For another machine.
    #[error("it is for {theirs}, this machine is {ours}")]
    OtherMachine {
        /// What it was built for.
        theirs: String,
        /// What this machine is.
        ours: &'static str,
    },
}

const MAGIC: &[u8] = b"\x7fELF";
const CLASS_32: u8 = 1;
const LITTLE_ENDIAN: u8 = 1;
const ET_DYN: u16 = 3;
/// Bytes that [`check_header`] reads.
pub(super) const HEADER_LEN: u64 = 20;

/// Checks the first 20 bytes of a file.
pub(super) fn check_header(header: &[u8]) -> Result<(), ElfError> {
    if header.len() < HEADER_LEN as usize || !header.starts_with(MAGIC) {
        return Err(ElfError::NotElf);
    }
    let theirs = machine(half(header, 18), header[4] == CLASS_32);
    if theirs != std::env::consts::ARCH {
        return Err(ElfError::OtherMachine { theirs, ours: std::env::consts::ARCH });
    }
    if half(header, 16) != ET_DYN {
        return Err(ElfError::NotShared);
    }
    Ok(())
}

/// The machine that an ELF file is for, as `std::env::consts::ARCH` has its name; `None` where it is no such file.
pub fn machine_of(path: &std::path::Path) -> Option<String> {
    let mut header = [0; HEADER_LEN as usize];
    std::io::Read::read_exact(&mut std::fs::File::open(path).ok()?, &mut header).ok()?;
    header.starts_with(MAGIC).then(|| machine(half(&header, 18), header[4] == CLASS_32))
}

/// A number of two bytes, in the file's own order.
fn half(header: &[u8], at: usize) -> u16 {
    match header[5] {
        LITTLE_ENDIAN => u16::from_le_bytes([header[at], header[at + 1]]),
        _ => u16::from_be_bytes([header[at], header[at + 1]]),
    }
}

/// The machine's name as `std::env::consts::ARCH` has it.
fn machine(e_machine: u16, is_32: bool) -> String {
    match (e_machine, is_32) {
        (62, false) => "x86_64".into(),
        (3, true) => "x86".into(),
        (183, false) => "aarch64".into(),
        (40, true) => "arm".into(),
        (243, false) => "riscv64".into(),
        (243, true) => "riscv32".into(),
        (n, is_32) => format!("ELF machine {n} ({} bit)", if is_32 { 32 } else { 64 }),
    }
}

/// A header that passes here, or one for `e_machine`; for the tests of other modules.
#[cfg(test)]
pub(super) fn header_for_tests(e_machine: Option<u16>) -> Vec<u8> {
    use std::io::Read;
    let exe = std::env::current_exe().unwrap();
    let mut header = Vec::new();
    std::fs::File::open(exe).unwrap().take(64).read_to_end(&mut header).unwrap();
    header[16..18].copy_from_slice(&ET_DYN.to_le_bytes());
    if let Some(m) = e_machine {
        header[18..20].copy_from_slice(&m.to_le_bytes());
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_named() {
        let error = check_header(&header_for_tests(Some(if cfg!(target_arch = "x86_64") { 183 } else { 62 })));
        let shown = error.unwrap_err().to_string();
        assert!(shown.starts_with("it is for ") && shown.ends_with(std::env::consts::ARCH), "{shown}");
    }

    #[test]
    fn an_object_file_is_not_a_library() {
        let mut header = header_for_tests(None);
        header[16] = 1;
        assert_eq!(check_header(&header), Err(ElfError::NotShared));
    }
}
