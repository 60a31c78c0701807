//! TLS in a build without it: a file that asks for it is refused, rather than served in the clear.

use super::tls_files::TlsFiles;
use nntop_core::event::Fault;
use std::io;
use tokio::net::TcpStream;

/// There is none.
pub(super) enum Acceptor {}

impl Acceptor {
    pub(super) fn new(_: &TlsFiles) -> Result<Self, Fault> {
        Err(Fault::input("tls_server_config: this nntop was built without TLS")
            .hint("build it with TLS: cargo install nntop --features tls; or put a reverse proxy in front"))
    }

    pub(super) fn asks_for_certificates(&self) -> bool {
        match *self {}
    }

    #[allow(clippy::unused_async, reason = "as in a build with TLS")]
    pub(super) async fn accept(&self, _: TcpStream) -> io::Result<TcpStream> {
        match *self {}
    }
}
