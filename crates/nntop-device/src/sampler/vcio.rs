//! The mailbox of the Raspberry Pi's firmware, `/dev/vcio`: one ioctl that takes and gives a list of properties.
//!
//! ```text
//! u32: size of all, 0 (a request), tag, size of the value, 0 (a request), the value …, 0 (the end)
//! ```
//! Tags: <https://github.com/raspberrypi/firmware/wiki/Mailbox-property-interface>

use super::Root;
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

const DEVICE: &str = "/dev/vcio";

/// `_IOWR(100, 0, char *)`: direction, size of a pointer, 100, 0.
const PROPERTY: u64 = 3 << 30 | (size_of::<*const u8>() as u64) << 16 | 100 << 8;

/// The firmware has done what was asked.
const DONE: u32 = 0x8000_0000;

const GET_THROTTLED: u32 = 0x0003_0046;
const GET_CLOCK_MEASURED: u32 = 0x0003_0047;
const GET_GENCMD_RESULT: u32 = 0x0003_0080;

/// The clock of the processor's cores.
const ARM: u32 = 3;

/// The text of a command and of its answer has so much room.
const TEXT: usize = 1024;

/// The open mailbox.
#[derive(Debug, Clone)]
pub(super) struct Mailbox {
    file: Arc<File>,
    root: Root,
}

impl Mailbox {
    pub(super) fn open(root: &Root) -> Result<Self> {
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(DEVICE)?;
        Ok(Self { file: Arc::new(file), root: root.clone() })
    }

    /// The throttling flags. A 0 in the question leaves those that stay set as they are.
    pub(super) fn throttled(&self) -> Result<u32> {
        Ok(self.ask(GET_THROTTLED, &[0])?[0])
    }

    /// The clock of the cores as the firmware measures it: what a throttled Pi really runs at.
    pub(super) fn arm_hertz(&self) -> Result<f64> {
        Ok(f64::from(self.ask(GET_CLOCK_MEASURED, &[ARM, 0])?[1]))
    }

    /// What the power chip's converter reads, as text.
    pub(super) fn adc(&self) -> Result<String> {
        // The first word of the value is the command's own error code.
        let mut value = vec![0u32; 1 + TEXT / 4];
        for (word, bytes) in value[1..].iter_mut().zip(b"pmic_read_adc\0\0\0".chunks(4)) {
            *word = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        let answer = self.ask(GET_GENCMD_RESULT, &value)?;
        let bytes: Vec<u8> = answer[1..].iter().flat_map(|word| word.to_ne_bytes()).collect();
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        Ok(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    /// Asks for one property; the answer has the length of the question.
    #[allow(unsafe_code, reason = "the firmware's ioctl")]
    fn ask(&self, tag: u32, value: &[u32]) -> Result<Vec<u32>> {
        let size = |words: usize| u32::try_from(words * 4).map_err(|_| Error::from(ErrorKind::InvalidInput));
        let mut message = vec![size(value.len() + 6)?, 0, tag, size(value.len())?, 0];
        message.extend_from_slice(value);
        message.push(0);
        // SAFETY: the kernel writes at most as many bytes as the first word of the message says, its length.
        let mut call = || unsafe { libc::ioctl(self.file.as_raw_fd(), PROPERTY as _, message.as_mut_ptr()) };
        self.root.watch(Path::new(DEVICE), || match call() {
            result if result < 0 => Err(Error::last_os_error()),
            _ => Ok(()),
        })?;
        if message[1] != DONE {
            return Err(Error::other("the firmware does not know this question"));
        }
        message.truncate(message.len() - 1);
        Ok(message.split_off(5))
    }
}
