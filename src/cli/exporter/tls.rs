//! TLS 1.2 and 1.3 by rustls, with certificates from files.

use super::tls_files::{Clients, TlsFiles};
use nntop_core::event::Fault;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{DEFAULT_VERSIONS, RootCertStore, ServerConfig, version};
use tokio_rustls::server::TlsStream;

/// Makes encrypted connections of plain ones.
pub(super) struct Acceptor {
    inner: tokio_rustls::TlsAcceptor,
    asks: bool,
}

impl Acceptor {
    /// Reads the files.
    pub(super) fn new(files: &TlsFiles) -> Result<Self, Fault> {
        let provider = Arc::new(ring::default_provider());
        let versions = if files.only_newest { &[&version::TLS13] } else { DEFAULT_VERSIONS };
        let config = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions);
        let config = config.map_err(|e| Fault::run(format!("TLS cannot be set up: {e}")))?;
        let verifier = |ca: &Path| {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(ca, "client_ca_file")? {
                roots.add(certificate).map_err(|e| about("client_ca_file", ca, &e))?;
            }
            Ok::<_, Fault>(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()))
        };
        let built = |e| Fault::input(format!("client_ca_file: {e}"));
        let (config, asks) = match &files.clients {
            Clients::Any => (config.with_no_client_auth(), false),
            Clients::IfGiven(ca) => {
                let verifier = verifier(ca)?.allow_unauthenticated().build().map_err(built)?;
                (config.with_client_cert_verifier(verifier), false)
            }
            Clients::Known(ca) => {
                let verifier = verifier(ca)?.build().map_err(built)?;
                (config.with_client_cert_verifier(verifier), true)
            }
        };
        let chain = certificates(&files.cert, "cert_file")?;
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| about("key_file", &files.key, &e))?;
        let config = config.with_single_cert(chain, key).map_err(|e| about("cert_file", &files.cert, &e))?;
        Ok(Self { inner: Arc::new(config).into(), asks })
    }

    /// Whether only clients with a certificate are served.
    pub(super) fn asks_for_certificates(&self) -> bool {
        self.asks
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.inner.accept(stream).await
    }
}

fn certificates(path: &Path, key: &str) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all = all.map_err(|e| about(key, path, &e))?;
    if all.is_empty() {
        return Err(about(key, path, &"it holds no certificate"));
    }
    Ok(all)
}

fn about(key: &str, path: &Path, e: &dyn std::fmt::Display) -> Fault {
    Fault::input(format!("{key}: {}: cannot be used: {e}", path.display()))
        .hint("certificates and keys are PEM files, as Prometheus reads them")
}
