//! What `--web-config` says of TLS: files, and which clients are served.

use std::path::PathBuf;

/// The files of TLS, and how it is spoken.
#[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "a build without TLS only checks them"))]
pub(super) struct TlsFiles {
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
    pub(super) clients: Clients,
    /// TLS 1.3 alone.
    pub(super) only_newest: bool,
}

/// Which clients are served, by their certificates.
#[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "a build without TLS only checks them"))]
pub(super) enum Clients {
    Any,
    /// All, but a certificate that is shown has to be signed by these.
    IfGiven(PathBuf),
    /// Those with a certificate that is signed by these.
    Known(PathBuf),
}
