//! Execution providers that libraries bring (plugins), from ONNX Runtime 1.22 on.
//!
//! A build of `ort` that knows these functions refuses older runtimes, so they are taken from the API table by their places.

use super::library::Library;
use super::status::check;
use ort::AsPointer;
use ort::environment::Environment;
use ort::session::builder::SessionBuilder;
use std::ffi::{CStr, CString, c_char, c_void};

/// The API version that brought them; the runtime's minor version has the same number.
const SINCE: u32 = 22;

// Their places in that version's table (`struct OrtApi` of onnxruntime_c_api.h; places never change).
const REGISTER: usize = 301;
const GET_EP_DEVICES: usize = 303;
const APPEND_V2: usize = 304;
const HARDWARE_DEVICE_TYPE: usize = 307;
const EP_DEVICE_EP_NAME: usize = 312;
const EP_DEVICE_DEVICE: usize = 316;

type Status = ort::sys::OrtStatusPtr;
type Register = unsafe extern "system" fn(*mut ort::sys::OrtEnv, *const c_char, *const c_char) -> Status;
type GetDevices = unsafe extern "system" fn(*const ort::sys::OrtEnv, *mut *const *const c_void, *mut usize) -> Status;
type Append = unsafe extern "system" fn(
    *mut ort::sys::OrtSessionOptions,
    *mut ort::sys::OrtEnv,
    *const *const c_void,
    usize,
    *const *const c_char,
    *const *const c_char,
    usize,
) -> Status;
type HardwareType = unsafe extern "system" fn(*const c_void) -> i32;
type EpName = unsafe extern "system" fn(*const c_void) -> *const c_char;
type EpHardware = unsafe extern "system" fn(*const c_void) -> *const c_void;

/// What kind of hardware a provider's device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Hardware {
    Cpu,
    Gpu,
    Npu,
    Other,
}

/// A device of a provider. ONNX Runtime owns it, as long as the provider's library is registered, which is until the process
/// ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Device {
    raw: *const c_void,
    pub(in super::super) hardware: Hardware,
}

// SAFETY: the device is ONNX Runtime's, does not change, and is not tied to a thread.
unsafe impl Send for Device {}

/// The functions, and the library that they are part of.
pub(in super::super) struct Plugins {
    register: Register,
    devices: GetDevices,
    append: Append,
    hardware: HardwareType,
    name: EpName,
    device: EpHardware,
    _library: Library,
}

impl Plugins {
    /// Of a library that has that API version, or a later one; absent where it has not.
    pub(in super::super) fn of(library: Library) -> Option<Self> {
        // SAFETY: the table of this version has more than 316 places.
        let at = |place: usize| unsafe { library.function(SINCE, place) };
        let all = (at(REGISTER)?, at(GET_EP_DEVICES)?, at(APPEND_V2)?);
        let of_device = (at(HARDWARE_DEVICE_TYPE)?, at(EP_DEVICE_EP_NAME)?, at(EP_DEVICE_DEVICE)?);
        // SAFETY: these places have had these functions, of these types, since the version that brought them.
        unsafe {
            Some(Self {
                register: std::mem::transmute::<*const c_void, Register>(all.0),
                devices: std::mem::transmute::<*const c_void, GetDevices>(all.1),
                append: std::mem::transmute::<*const c_void, Append>(all.2),
                hardware: std::mem::transmute::<*const c_void, HardwareType>(of_device.0),
                name: std::mem::transmute::<*const c_void, EpName>(of_device.1),
                device: std::mem::transmute::<*const c_void, EpHardware>(of_device.2),
                _library: library,
            })
        }
    }

    /// Loads a provider's library, for as long as the process lives.
    ///
    /// # Errors
    /// ONNX Runtime's words.
    pub(in super::super) fn register(&self, to: &Environment, name: &CStr, path: &CStr) -> Result<(), String> {
        // SAFETY: all pointers are valid for the call; the runtime copies both texts.
        check(unsafe { (self.register)(to.ptr().cast_mut(), name.as_ptr(), path.as_ptr()) })
    }

    /// All devices that providers have here, with the provider's name.
    ///
    /// # Errors
    /// ONNX Runtime's words.
    pub(in super::super) fn devices(&self, of: &Environment) -> Result<Vec<(String, Device)>, String> {
        let (mut list, mut count) = (std::ptr::null(), 0usize);
        // SAFETY: both are valid out-parameters.
        check(unsafe { (self.devices)(of.ptr(), &raw mut list, &raw mut count) })?;
        let one = |place: usize| {
            // SAFETY: the list has `count` devices, which are the environment's; their names are static in it.
            unsafe {
                let raw = *list.add(place);
                let name = CStr::from_ptr((self.name)(raw)).to_string_lossy().into_owned();
                let hardware = match (self.hardware)((self.device)(raw)) {
                    0 => Hardware::Cpu,
                    1 => Hardware::Gpu,
                    2 => Hardware::Npu,
                    _ => Hardware::Other,
                };
                (name, Device { raw, hardware })
            }
        };
        Ok((0..count).map(one).collect())
    }

    /// Gives a session the provider of this device, behind those that it has.
    ///
    /// # Errors
    /// ONNX Runtime's words.
    pub(in super::super) fn append(
        &self,
        builder: &mut SessionBuilder,
        environment: &Environment,
        device: Device,
        settings: &[(CString, CString)],
    ) -> Result<(), String> {
        let keys: Vec<_> = settings.iter().map(|(key, _)| key.as_ptr()).collect();
        let values: Vec<_> = settings.iter().map(|(_, value)| value.as_ptr()).collect();
        // SAFETY: all lists live for the call and have as many entries as it is given; the runtime copies the texts.
        check(unsafe {
            (self.append)(
                builder.ptr_mut(),
                environment.ptr().cast_mut(),
                &raw const device.raw,
                1,
                keys.as_ptr(),
                values.as_ptr(),
                settings.len(),
            )
        })
    }
}
