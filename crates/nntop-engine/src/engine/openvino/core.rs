//! The loaded library and its core, and objects that are released with their last user.

use super::api::{Api, Devices, Handle, Status, Version};
use super::element::Elements;
use super::message;
use crate::engine::native;
use nntop_core::event::Fault;
use std::ffi::{CStr, CString, c_char};
use std::path::Path;

/// What to do where a library is none of OpenVINO's.
const HINT: &str = "give a libopenvino_c.so, or fetch one: nntop engine install openvino";

/// OpenVINO's core: its plugins and frontends. Everything else is made from it.
pub(super) struct Core {
    pub(super) api: Api,
    pub(super) handle: Handle,
    pub(super) elements: Elements,
    /// `2026.4.1`.
    pub(super) version: String,
}

// SAFETY: `ov::Core` may be used from several threads at once (its documentation says so); the handle is a pointer to it.
unsafe impl Send for Core {}
// SAFETY: as above.
unsafe impl Sync for Core {}

impl Core {
    pub(super) fn load(path: &Path) -> Result<Self, Fault> {
        let library = native::load(path, HINT)?;
        let api = Api::of(library).map_err(|name| match told(library) {
            Some(version) => Fault::input(format!(
                "{}: OpenVINO {version} is too old: nntop needs 2024.2 or newer (it has no {name})",
                path.display()
            ))
            .hint("nntop engine install openvino"),
            None => {
                Fault::input(format!("{}: is not OpenVINO's C library (it has no {name})", path.display())).hint(HINT)
            }
        })?;
        let version = version(api.ov_get_openvino_version, api.ov_version_free);
        let elements = Elements::of(&api).ok_or_else(|| {
            Fault::input(format!("{}: OpenVINO {version} numbers its element types in an unknown way", path.display()))
        })?;
        let mut core = Self { api, handle: std::ptr::null_mut(), elements, version };
        // SAFETY: an out-parameter.
        let status = unsafe { (core.api.ov_core_create)(&raw mut core.handle) };
        core.check(status).map_err(|why| {
            Fault::input(format!("{}: OpenVINO {} does not start: {why}", path.display(), core.version)).hint(HINT)
        })?;
        Ok(core)
    }

    /// Whether a call went well; else OpenVINO's words.
    #[inline]
    pub(super) fn check(&self, status: Status) -> Result<(), String> {
        if status == 0 { Ok(()) } else { Err(self.said(status)) }
    }

    #[cold]
    fn said(&self, status: Status) -> String {
        // SAFETY: the message is a copy for us to release; the other text is static.
        unsafe {
            let said = self.take((self.api.ov_get_last_err_msg)()).unwrap_or_default();
            let words = message::clean(&said);
            if !words.is_empty() {
                return words;
            }
            let general = (self.api.ov_get_error_info)(status);
            if general.is_null() {
                format!("status {status}")
            } else {
                CStr::from_ptr(general).to_string_lossy().into()
            }
        }
    }

    /// A string that the library made, copied and released.
    ///
    /// # Safety
    /// It must be null or one that `ov_free` releases.
    pub(super) unsafe fn take(&self, text: *const c_char) -> Option<String> {
        if text.is_null() {
            return None;
        }
        // SAFETY: the caller's promise.
        unsafe {
            let copy = CStr::from_ptr(text).to_string_lossy().into_owned();
            (self.api.ov_free)(text);
            Some(copy)
        }
    }

    /// The devices whose plugins start: `CPU`, `GPU.0`, `NPU`.
    pub(super) fn devices(&self) -> Result<Vec<String>, String> {
        let mut list = Devices { names: std::ptr::null_mut(), count: 0 };
        // SAFETY: an out-parameter, released after it was copied.
        unsafe {
            self.check((self.api.ov_core_get_available_devices)(self.handle, &raw mut list))?;
            let name = |i| CStr::from_ptr(*list.names.add(i)).to_string_lossy().into_owned();
            let names = (0..list.count).map(name).collect();
            (self.api.ov_available_devices_free)(&raw mut list);
            Ok(names)
        }
    }

    /// A device's property as text; absent where it has none of this name.
    pub(super) fn property(&self, device: &str, key: &str) -> Option<String> {
        let (device, key) = (CString::new(device).ok()?, CString::new(key).ok()?);
        let mut value = std::ptr::null_mut();
        // SAFETY: texts that live for the call; the value is ours to release.
        unsafe {
            let status = (self.api.ov_core_get_property)(self.handle, device.as_ptr(), key.as_ptr(), &raw mut value);
            if status == 0 { self.take(value) } else { None }
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // SAFETY: whatever was made from the core holds it, so nothing is left; null is legal.
        unsafe { (self.api.ov_core_free)(self.handle) }
    }
}

type Tell = unsafe extern "C" fn(*mut Version) -> Status;
type Free = unsafe extern "C" fn(*mut Version);

/// What a library says of itself that lacks some functions; nothing if it is none of OpenVINO's.
fn told(library: &'static libloading::Library) -> Option<String> {
    // SAFETY: the types are those of OpenVINO's headers, in all versions that have these functions.
    unsafe {
        let tell = library.get::<Tell>(b"ov_get_openvino_version\0").ok()?;
        let free = library.get::<Free>(b"ov_version_free\0").ok()?;
        Some(version(*tell, *free))
    }
}

/// `2026.4.1` of `2026.4.1-22982-e213a147257-releases/2026/4`.
fn version(tell: Tell, free: Free) -> String {
    let mut version = Version { build: std::ptr::null(), description: std::ptr::null() };
    // SAFETY: an out-parameter, released after it was copied.
    unsafe {
        if tell(&raw mut version) != 0 || version.build.is_null() {
            return "unknown".into();
        }
        let build = CStr::from_ptr(version.build).to_string_lossy().into_owned();
        free(&raw mut version);
        build.split('-').next().unwrap_or_default().to_owned()
    }
}
