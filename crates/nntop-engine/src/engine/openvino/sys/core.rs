//! `ov_core_t`: plugins and frontends.

use super::Library;
use super::api::{Devices, RawCore};
use std::ffi::{CStr, CString};
use std::ptr::NonNull;

/// OpenVINO's core. Everything else is made from it.
pub(in super::super) struct Core {
    pub(super) library: Library,
    pub(super) raw: NonNull<RawCore>,
}

// SAFETY: `ov::Core` may be used from several threads at once (its documentation says so); this is a pointer to it.
unsafe impl Send for Core {}
// SAFETY: as above.
unsafe impl Sync for Core {}

impl Core {
    pub(in super::super) fn new(library: Library) -> Result<Self, String> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: an out-parameter.
        library.check(unsafe { (library.0.ov_core_create)(&raw mut raw) })?;
        let raw = NonNull::new(raw).ok_or("no core")?;
        Ok(Self { library, raw })
    }

    /// The devices whose plugins start: `CPU`, `GPU.0`, `NPU`.
    pub(in super::super) fn devices(&self) -> Result<Vec<String>, String> {
        let api = self.library.0;
        let mut list = Devices { names: std::ptr::null_mut(), count: 0 };
        // SAFETY: an out-parameter.
        self.library.check(unsafe { (api.ov_core_get_available_devices)(self.raw.as_ptr(), &raw mut list) })?;
        // SAFETY: there are as many names as the list says, and it is released once they are copied.
        unsafe {
            let name = |i| CStr::from_ptr(*list.names.add(i)).to_string_lossy().into_owned();
            let names = (0..list.count).map(name).collect();
            (api.ov_available_devices_free)(&raw mut list);
            Ok(names)
        }
    }

    /// A device's property as text; absent where it has none of this name.
    pub(in super::super) fn property(&self, device: &str, key: &str) -> Option<String> {
        let (device, key) = (CString::new(device).ok()?, CString::new(key).ok()?);
        let mut value = std::ptr::null_mut();
        let get = self.library.0.ov_core_get_property;
        // SAFETY: texts that live for the call; the value is ours to release.
        unsafe {
            let status = get(self.raw.as_ptr(), device.as_ptr(), key.as_ptr(), &raw mut value);
            if status == 0 { self.library.take(value) } else { None }
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // SAFETY: whatever was made from the core holds it, so nothing is left.
        unsafe { (self.library.0.ov_core_free)(self.raw.as_ptr()) }
    }
}
