//! NVML's functions, as its header declares them: the ones that are asked, each found by its name when it is first called for.
//!
//! A driver of another age may lack any of them; the rest works.
#![allow(unsafe_code, reason = "calls of NVML's C library")]

use libloading::Library;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fmt;

/// What the driver brings, wherever the loader finds it.
const LIBRARY: &str = "libnvidia-ml.so.1";

/// `NVML_DEVICE_NAME_V2_BUFFER_SIZE`.
const NAME: usize = 96;

/// Processes that may have come since the driver counted them.
const MORE: c_uint = 5;

/// `NVML_ERROR_INSUFFICIENT_SIZE`.
const INSUFFICIENT_SIZE: c_int = 7;

/// A GPU, as NVML names it.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(super) struct Handle(*mut c_void);

/// `nvmlClockType_t`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    Sm = 1,
    Memory = 2,
}

/// `nvmlPcieUtilCounter_t`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Direction {
    Sent = 0,
    Received = 1,
}

/// `nvmlUtilization_t`: percent.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Utilization {
    pub(super) gpu: c_uint,
    pub(super) memory: c_uint,
}

/// `nvmlMemory_v2_t`: bytes.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memory {
    version: c_uint,
    pub(super) total: u64,
    pub(super) reserved: u64,
    pub(super) free: u64,
    pub(super) used: u64,
}

/// `nvmlPciInfo_t`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pci {
    legacy: [c_char; 16],
    domain: c_uint,
    bus: c_uint,
    device: c_uint,
    ids: [c_uint; 2],
    id: [c_char; 32],
}

/// `nvmlProcessInfo_t` of the functions in their third version.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Process {
    pub(super) pid: c_uint,
    used: u64,
    gpu_instance: c_uint,
    compute_instance: c_uint,
}

impl Process {
    /// Bytes of GPU memory; `None` where the driver does not know.
    pub(super) fn memory(&self) -> Option<u64> {
        (self.used != u64::MAX).then_some(self.used)
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Error {
    /// The library is not there or cannot be loaded: the loader's words.
    Library(String),
    /// The library has no function of this name.
    Function(&'static str),
    /// The name of a GPU is no text.
    Name,
    /// NVML's own number.
    Code(c_int),
}

impl Error {
    /// `NVML_ERROR_NOT_SUPPORTED`.
    pub(super) const NOT_SUPPORTED: c_int = 3;
    /// `NVML_ERROR_NO_PERMISSION`.
    pub(super) const NO_PERMISSION: c_int = 4;
    /// `NVML_ERROR_DRIVER_NOT_LOADED`.
    pub(super) const DRIVER_NOT_LOADED: c_int = 9;
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Library(reason) => reason,
            Self::Function(name) => return write!(f, "this driver has no {name}"),
            Self::Name => "the name is not UTF-8",
            Self::Code(code) => match code {
                1 => "NVML was not initialized",
                2 => "a supplied argument was invalid",
                3 => "the requested operation is not available on the target device",
                4 => "the current user does not have permission to perform this operation",
                6 => "a query to find an object was unsuccessful",
                7 => "an input argument is not large enough",
                8 => "device's external power cables are not properly attached",
                9 => "NVIDIA driver is not loaded",
                10 => "the provided timeout was reached",
                11 => "NVIDIA kernel detected an interrupt issue with a device",
                12 => "a shared library couldn't be found or loaded",
                13 => "a function couldn't be found in a shared library",
                14 => "the infoROM is corrupted",
                15 => "device fell off the bus or has otherwise become inaccessible",
                16 => "device requires a reset before it can be used again",
                17 => "device control has been blocked by the operating system/cgroups",
                18 => "driver and library are of different versions",
                19 => "operation cannot be performed because the GPU is currently in use",
                20 => "insufficient memory",
                21 => "no data",
                999 => "an internal driver error occurred",
                other => return write!(f, "error {other} of NVML"),
            },
        })
    }
}

type Nothing = unsafe extern "C" fn() -> c_int;
type Count = unsafe extern "C" fn(*mut c_uint) -> c_int;
type ByIndex = unsafe extern "C" fn(c_uint, *mut Handle) -> c_int;
type Name = unsafe extern "C" fn(Handle, *mut c_char, c_uint) -> c_int;
type Number = unsafe extern "C" fn(Handle, *mut c_uint) -> c_int;
type Long = unsafe extern "C" fn(Handle, *mut u64) -> c_int;
type NumberOf = unsafe extern "C" fn(Handle, c_uint, *mut c_uint) -> c_int;
type Codec = unsafe extern "C" fn(Handle, *mut c_uint, *mut c_uint) -> c_int;
type Rates = unsafe extern "C" fn(Handle, *mut Utilization) -> c_int;
type MemoryOf = unsafe extern "C" fn(Handle, *mut Memory) -> c_int;
type PciOf = unsafe extern "C" fn(Handle, *mut Pci) -> c_int;
type Processes = unsafe extern "C" fn(Handle, *mut c_uint, *mut Process) -> c_int;

macro_rules! functions {
    ($($name:ident: $type:ty,)*) => {
        /// The functions, `None` where the driver lacks them.
        #[allow(non_snake_case, reason = "the names are the library's")]
        #[derive(Default)]
        pub(super) struct Api {
            $($name: Option<$type>,)*
        }

        impl Api {
            fn of(library: &Library) -> Self {
                // SAFETY: the types are those of nvml.h, the same in all versions that have these functions.
                unsafe {
                    Self { $($name: library.get::<$type>(concat!(stringify!($name), "\0")).ok().map(|f| *f),)* }
                }
            }
        }
    };
}

functions! {
    nvmlInit_v2: Nothing,
    nvmlShutdown: Nothing,
    nvmlDeviceGetCount_v2: Count,
    nvmlDeviceGetHandleByIndex_v2: ByIndex,
    nvmlDeviceGetName: Name,
    nvmlDeviceGetPciInfo_v3: PciOf,
    nvmlDeviceGetUtilizationRates: Rates,
    nvmlDeviceGetClockInfo: NumberOf,
    nvmlDeviceGetMaxClockInfo: NumberOf,
    nvmlDeviceGetMemoryInfo_v2: MemoryOf,
    nvmlDeviceGetTemperature: NumberOf,
    nvmlDeviceGetTemperatureThreshold: NumberOf,
    nvmlDeviceGetPowerUsage: Number,
    nvmlDeviceGetEnforcedPowerLimit: Number,
    nvmlDeviceGetTotalEnergyConsumption: Long,
    nvmlDeviceGetEncoderUtilization: Codec,
    nvmlDeviceGetDecoderUtilization: Codec,
    nvmlDeviceGetPcieThroughput: NumberOf,
    nvmlDeviceGetCurrentClocksThrottleReasons: Long,
    nvmlDeviceGetComputeRunningProcesses_v3: Processes,
    nvmlDeviceGetGraphicsRunningProcesses_v3: Processes,
}

/// Calls a function of the table, or says that the driver lacks it, or what it answered.
macro_rules! call {
    ($api:expr, $name:ident($($with:expr),*)) => {
        match $api.$name {
            None => Err(Error::Function(stringify!($name))),
            // SAFETY: the arguments are what nvml.h asks for; pointers are to live places of the caller's own.
            Some(function) => match unsafe { function($($with),*) } {
                0 => Ok(()),
                code => Err(Error::Code(code)),
            },
        }
    };
}

/// NVML, initialised; shut down with this.
pub(super) struct Nvml {
    api: Api,
    /// What `api` points into; `None` for the tests' functions.
    _library: Option<Library>,
}

impl Nvml {
    pub(super) fn init() -> Result<Self, Error> {
        // The text that helps is in the source: "dlopen failed" alone names nothing.
        let why =
            |e: libloading::Error| std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
        // SAFETY: the driver's own library; its initialisers are NVIDIA's.
        let library = unsafe { Library::new(LIBRARY) }.map_err(|e| Error::Library(why(e)))?;
        Self::with(Api::of(&library), Some(library))
    }

    fn with(api: Api, library: Option<Library>) -> Result<Self, Error> {
        call!(api, nvmlInit_v2())?;
        Ok(Self { api, _library: library })
    }

    pub(super) fn device_count(&self) -> Result<u32, Error> {
        let mut count = 0;
        call!(self.api, nvmlDeviceGetCount_v2(&raw mut count))?;
        Ok(count)
    }

    pub(super) fn device(&self, index: u32) -> Result<Device<'_>, Error> {
        let mut handle = Handle(std::ptr::null_mut());
        call!(self.api, nvmlDeviceGetHandleByIndex_v2(index, &raw mut handle))?;
        Ok(Device { api: &self.api, handle })
    }
}

impl Drop for Nvml {
    fn drop(&mut self) {
        let _ = call!(self.api, nvmlShutdown());
    }
}

/// A GPU that NVML knows.
#[derive(Clone, Copy)]
pub(super) struct Device<'a> {
    api: &'a Api,
    handle: Handle,
}

macro_rules! readings {
    ($($(#[$doc:meta])* $method:ident($($as:ident: $with:ty => $number:expr)?) -> $of:ident = $function:ident;)*) => {$(
        $(#[$doc])*
        pub(super) fn $method(self $(, $as: $with)?) -> Result<$of, Error> {
            let mut value = $of::default();
            call!(self.api, $function(self.handle, $($number,)? &raw mut value))?;
            Ok(value)
        }
    )*};
}

impl Device<'_> {
    readings! {
        /// Percent of the last sampling period.
        utilization() -> Utilization = nvmlDeviceGetUtilizationRates;
        /// Megahertz.
        clock(of: Clock => of as c_uint) -> u32 = nvmlDeviceGetClockInfo;
        /// Megahertz.
        max_clock(of: Clock => of as c_uint) -> u32 = nvmlDeviceGetMaxClockInfo;
        /// Milliwatts.
        power() -> u32 = nvmlDeviceGetPowerUsage;
        /// Milliwatts.
        power_limit() -> u32 = nvmlDeviceGetEnforcedPowerLimit;
        /// Millijoules since the driver was loaded.
        energy() -> u64 = nvmlDeviceGetTotalEnergyConsumption;
        /// Units of 1024 bytes a second.
        pcie(direction: Direction => direction as c_uint) -> u32 = nvmlDeviceGetPcieThroughput;
        /// `nvmlClocksThrottleReason…`, a bit each.
        throttle_reasons() -> u64 = nvmlDeviceGetCurrentClocksThrottleReasons;
    }

    pub(super) fn name(self) -> Result<String, Error> {
        let mut name = [0 as c_char; NAME];
        call!(self.api, nvmlDeviceGetName(self.handle, name.as_mut_ptr(), NAME as c_uint))?;
        let name = name.map(|c| c as u8);
        let text = CStr::from_bytes_until_nul(&name).ok().and_then(|name| name.to_str().ok());
        text.map(str::to_owned).ok_or(Error::Name)
    }

    /// Its PCI address as the kernel writes it: `0000:01:00.0`.
    pub(super) fn pci_address(self) -> Result<String, Error> {
        let mut pci = Pci::default();
        call!(self.api, nvmlDeviceGetPciInfo_v3(self.handle, &raw mut pci))?;
        Ok(format!("{:04x}:{:02x}:{:02x}.0", pci.domain, pci.bus, pci.device))
    }

    pub(super) fn memory(self) -> Result<Memory, Error> {
        // As the header's macro NVML_STRUCT_VERSION makes it.
        let version = size_of::<Memory>() as c_uint | 2 << 24;
        let mut memory = Memory { version, ..Memory::default() };
        call!(self.api, nvmlDeviceGetMemoryInfo_v2(self.handle, &raw mut memory))?;
        Ok(memory)
    }

    /// Degrees Celsius of the GPU itself.
    pub(super) fn temperature(self) -> Result<u32, Error> {
        let mut degrees = 0;
        call!(self.api, nvmlDeviceGetTemperature(self.handle, 0, &raw mut degrees))?;
        Ok(degrees)
    }

    /// Degrees Celsius from which on it slows itself down.
    pub(super) fn slowdown_temperature(self) -> Result<u32, Error> {
        let mut degrees = 0;
        call!(self.api, nvmlDeviceGetTemperatureThreshold(self.handle, 1, &raw mut degrees))?;
        Ok(degrees)
    }

    /// Percent.
    pub(super) fn encoder(self) -> Result<u32, Error> {
        let (mut share, mut period) = (0, 0);
        call!(self.api, nvmlDeviceGetEncoderUtilization(self.handle, &raw mut share, &raw mut period))?;
        Ok(share)
    }

    /// Percent.
    pub(super) fn decoder(self) -> Result<u32, Error> {
        let (mut share, mut period) = (0, 0);
        call!(self.api, nvmlDeviceGetDecoderUtilization(self.handle, &raw mut share, &raw mut period))?;
        Ok(share)
    }

    pub(super) fn compute_processes(self) -> Result<Vec<Process>, Error> {
        processes(|n, into| call!(self.api, nvmlDeviceGetComputeRunningProcesses_v3(self.handle, n, into)))
    }

    pub(super) fn graphics_processes(self) -> Result<Vec<Process>, Error> {
        processes(|n, into| call!(self.api, nvmlDeviceGetGraphicsRunningProcesses_v3(self.handle, n, into)))
    }
}

/// Asks how many there are, then for them.
fn processes(ask: impl Fn(*mut c_uint, *mut Process) -> Result<(), Error>) -> Result<Vec<Process>, Error> {
    let mut n = 0;
    match ask(&raw mut n, std::ptr::null_mut()) {
        Ok(()) => return Ok(Vec::new()),
        Err(Error::Code(INSUFFICIENT_SIZE)) => n += MORE,
        Err(e) => return Err(e),
    }
    let mut found = vec![Process::default(); n as usize];
    ask(&raw mut n, found.as_mut_ptr())?;
    found.truncate(n as usize);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn fine() -> c_int {
        0
    }

    extern "C" fn two(count: *mut c_uint) -> c_int {
        // SAFETY: the caller's own number.
        unsafe { *count = 2 };
        0
    }

    extern "C" fn by_index(index: c_uint, handle: *mut Handle) -> c_int {
        // SAFETY: the caller's own handle.
        unsafe { *handle = Handle(std::ptr::without_provenance_mut(index as usize + 1)) };
        if index < 2 { 0 } else { 2 }
    }

    extern "C" fn name(gpu: Handle, name: *mut c_char, room: c_uint) -> c_int {
        let text = format!("GPU {}\0", gpu.0.addr());
        assert!(text.len() <= room as usize);
        // SAFETY: there is room for it.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), name, text.len()) };
        0
    }

    extern "C" fn memory(_: Handle, memory: *mut Memory) -> c_int {
        // SAFETY: the caller's own struct.
        let memory = unsafe { &mut *memory };
        // What nvml.h's nvmlMemory_v2 is: 40 bytes, in its second version.
        if memory.version != 0x0200_0028 {
            return 25;
        }
        (memory.total, memory.used) = (80 << 30, 3 << 30);
        0
    }

    extern "C" fn pci(_: Handle, pci: *mut Pci) -> c_int {
        // SAFETY: the caller's own struct.
        unsafe { *pci = Pci { domain: 0, bus: 0xc1, device: 2, ..Pci::default() } };
        0
    }

    extern "C" fn clock(_: Handle, of: c_uint, clock: *mut c_uint) -> c_int {
        // SAFETY: the caller's own number.
        unsafe { *clock = 1000 * of };
        0
    }

    extern "C" fn pcie(_: Handle, counter: c_uint, value: *mut c_uint) -> c_int {
        // SAFETY: the caller's own number.
        unsafe { *value = 7 + counter };
        0
    }

    extern "C" fn unsupported(_: Handle, _: *mut c_uint) -> c_int {
        3
    }

    extern "C" fn running(_: Handle, n: *mut c_uint, into: *mut Process) -> c_int {
        // SAFETY: the caller's own number, and as many places as it says.
        unsafe {
            if *n < 2 {
                *n = 2;
                return INSUFFICIENT_SIZE;
            }
            *n = 2;
            *into = Process { pid: 11, used: 4096, ..Process::default() };
            *into.add(1) = Process { pid: 12, used: u64::MAX, ..Process::default() };
        }
        0
    }

    extern "C" fn none(_: Handle, n: *mut c_uint, _: *mut Process) -> c_int {
        // SAFETY: the caller's own number.
        unsafe { *n = 0 };
        0
    }

    fn api() -> Api {
        Api {
            nvmlInit_v2: Some(fine),
            nvmlShutdown: Some(fine),
            nvmlDeviceGetCount_v2: Some(two),
            nvmlDeviceGetHandleByIndex_v2: Some(by_index),
            nvmlDeviceGetName: Some(name),
            nvmlDeviceGetPciInfo_v3: Some(pci),
            nvmlDeviceGetMemoryInfo_v2: Some(memory),
            nvmlDeviceGetClockInfo: Some(clock),
            nvmlDeviceGetPcieThroughput: Some(pcie),
            nvmlDeviceGetPowerUsage: Some(unsupported),
            nvmlDeviceGetComputeRunningProcesses_v3: Some(running),
            nvmlDeviceGetGraphicsRunningProcesses_v3: Some(none),
            ..Api::default()
        }
    }

    #[test]
    fn values_come_as_the_header_declares_them() {
        let nvml = Nvml::with(api(), None).unwrap();
        assert_eq!(nvml.device_count().unwrap(), 2);
        let gpu = nvml.device(1).unwrap();
        assert_eq!((gpu.name().unwrap(), gpu.pci_address().unwrap()), ("GPU 2".into(), "0000:c1:02.0".into()));
        let memory = gpu.memory().unwrap();
        assert_eq!((memory.total, memory.used), (80 << 30, 3 << 30));
        assert_eq!((gpu.clock(Clock::Sm).unwrap(), gpu.clock(Clock::Memory).unwrap()), (1000, 2000));
        assert_eq!((gpu.pcie(Direction::Sent).unwrap(), gpu.pcie(Direction::Received).unwrap()), (7, 8));
        let running = gpu.compute_processes().unwrap();
        assert_eq!(running.iter().map(|p| (p.pid, p.memory())).collect::<Vec<_>>(), [(11, Some(4096)), (12, None)]);
        assert!(gpu.graphics_processes().unwrap().is_empty());
        assert_eq!((size_of::<Process>(), size_of::<Pci>()), (24, 68));
    }

    #[test]
    fn what_is_not_answered_has_its_reason() {
        let nvml = Nvml::with(api(), None).unwrap();
        let gpu = nvml.device(0).unwrap();
        let reason = "the requested operation is not available on the target device";
        assert_eq!(gpu.power().unwrap_err().to_string(), reason);
        assert_eq!(gpu.energy().unwrap_err().to_string(), "this driver has no nvmlDeviceGetTotalEnergyConsumption");
        assert!(matches!(nvml.device(2).err(), Some(Error::Code(2))));
        assert!(matches!(Nvml::with(Api::default(), None).err(), Some(Error::Function("nvmlInit_v2"))));
    }
}
