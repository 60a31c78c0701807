//! `nntop exporter`: the device's metrics over HTTP, for Prometheus and what reads its format.

mod http;
mod negotiate;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
mod tls_files;
mod users;
mod web_config;

use super::monitor::Device;
use super::values::{interval, listen};
use super::{Exit, output, run};
use bytes::Bytes;
use clap::Args;
use negotiate::Hosts;
use nntop_core::clock::Clock;
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use nntop_device::device_report::{openmetrics, text_format};
use nntop_device::sampler::host_info;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use web_config::WebConfig;

const EXAMPLES: &str = "\
Examples:
  nntop exporter                        http://127.0.0.1:9099/metrics
  nntop exporter --listen 0.0.0.0:9099  for a Prometheus server on another host
  nntop exporter --listen 0.0.0.0:9099 --web-config web.yml   with a password, and TLS";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExporterArgs {
    /// Address to listen on; a port alone is on loopback, 0.0.0.0:9099 is reachable from other hosts
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9099", value_parser = listen)]
    pub(super) listen: SocketAddr,
    /// Another name of this machine, under which it is asked (repeatable); its addresses and its own name are known
    #[arg(long, value_name = "NAME")]
    pub(super) host: Vec<String>,
    /// File with passwords (basic_auth_users) and certificates (tls_server_config), as Prometheus' own web.yml
    #[arg(long, value_name = "FILE", alias = "web.config.file")]
    pub(super) web_config: Option<PathBuf>,
    /// Scrapes within this time of each other share a reading
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub(super) interval: Nanos,
    /// Read a recorded /proc and /sys in this folder instead of this machine
    #[arg(long, value_name = "DIR")]
    pub(super) sysroot: Option<PathBuf>,
}

pub(super) fn run(args: &ExporterArgs) -> Result<Exit, Fault> {
    // Caught from here on, so that an end while probing is one, too.
    let signals = run::signals()?;
    let web = args.web_config.as_deref().map(WebConfig::read).transpose()?.unwrap_or_default();
    let device = Device::open(args.sysroot.as_deref(), None, None)?;
    let page = Page::new(device, args.interval)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Fault::run(format!("the server cannot be started: {e}")))?;
    let served = runtime.block_on(async {
        let listener = TcpListener::bind(args.listen).await.map_err(|e| taken(args.listen, &e))?;
        let address = listener.local_addr().map_err(|e| taken(args.listen, &e))?;
        announce(address, &web)?;
        let door = http::Door {
            page: Arc::new(Mutex::new(page)),
            hosts: Hosts::of(address, &args.host),
            users: web.users.map(Arc::new),
            tls: web.tls,
        };
        http::serve(listener, door, signals).await
    });
    // A reading in hand is not waited for.
    runtime.shutdown_background();
    served.map(|()| Exit::Ok)
}

/// The address is data: scripts wait for this line. That others may read is a note.
fn announce(address: SocketAddr, web: &WebConfig) -> Result<(), Fault> {
    let scheme = if web.tls.is_some() { "https" } else { "http" };
    output::print(&format!("serving {scheme}://{address}/metrics\n"))?;
    let lacks = match (&web.users, &web.tls) {
        (None, None) => "without authentication and TLS",
        (None, Some(tls)) if !tls.asks_for_certificates() => "without authentication",
        (Some(_), None) => "without TLS: who listens in reads the password",
        _ => return Ok(()),
    };
    if !address.ip().is_loopback() {
        output::note(&format!("note: other hosts can reach this address, {lacks}"));
    }
    Ok(())
}

fn taken(address: SocketAddr, e: &std::io::Error) -> Fault {
    Fault::run(format!("--listen {address}: {e}")).hint("name a free port of this machine: --listen 127.0.0.1:9100")
}

/// One reading in both formats.
#[derive(Debug, Clone)]
struct Texts {
    openmetrics: Bytes,
    plain: Bytes,
}

/// The text that is served, and how it is made anew.
struct Page {
    device: Device,
    every: Nanos,
    made: Option<(Nanos, Texts)>,
}

impl Page {
    /// Reads once, so that the first scrape has rates.
    fn new(mut device: Device, every: Nanos) -> Result<Self, Fault> {
        device.sample(|_, _| ())?;
        Ok(Self { device, every, made: None })
    }

    /// The text: that of the last scrape where it is younger than the interval.
    fn text(&mut self) -> Result<Texts, Fault> {
        if let Some((at, text)) = &self.made
            && self.device.clock.now().since(*at) < self.every
        {
            return Ok(text.clone());
        }
        let text = self.device.sample(|source, sample| {
            let host = host_info(source.root());
            openmetrics(&host, source.samplers(), &sample.readings, sample.cost)
        })?;
        let text = Texts { plain: Bytes::from(text_format(&text)), openmetrics: Bytes::from(text) };
        self.made = Some((self.device.clock.now(), text.clone()));
        Ok(text)
    }
}
