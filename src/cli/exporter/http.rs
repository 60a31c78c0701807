//! The exporter's server: one page, GET and HEAD, one answer per connection, bounded in time, size and number.

use super::Page;
use super::negotiate::{Hosts, wants_openmetrics};
use super::tls::Acceptor;
use super::users::{Login, Users};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use nntop_core::event::Fault;
use nntop_device::device_report::{MEDIA_TYPE, TEXT_MEDIA_TYPE};
use signal_hook::iterator::Signals;
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// How long a request's head may take to come.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// How long a connection may last in all: who reads so slowly is not served.
const CONNECTION_TIME: Duration = Duration::from_secs(15);

/// What a request's head may have; what is longer is refused with 431.
const HEAD_SIZE: usize = 16 * 1024;

/// Connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 128;

/// Connections of one address at a time. One more takes the place of its oldest, which has had more time than a scrape takes: who
/// opens connections and says nothing keeps nobody waiting.
const OF_ONE_ADDRESS: usize = 8;

/// The connections of each address, oldest first.
#[derive(Debug, Default)]
struct Crowd(HashMap<IpAddr, VecDeque<AbortHandle>>);

impl Crowd {
    /// Makes room for one more of this address.
    fn make_room(&mut self, address: IpAddr) {
        self.0.retain(|_, open| {
            open.retain(|connection| !connection.is_finished());
            !open.is_empty()
        });
        let open = self.0.entry(address).or_default();
        while open.len() >= OF_ONE_ADDRESS {
            open.pop_front().iter().for_each(AbortHandle::abort);
        }
    }

    fn add(&mut self, address: IpAddr, connection: AbortHandle) {
        self.0.entry(address).or_default().push_back(connection);
    }
}

/// What a person sees who opens the address in a browser.
const FRONT: &str =
    "<!doctype html><title>nntop exporter</title><p>nntop exporter: <a href=\"/metrics\">/metrics</a>\n";

type Answer = Response<Full<Bytes>>;

/// What is served, and to whom.
pub(super) struct Door {
    pub(super) page: Arc<Mutex<Page>>,
    pub(super) hosts: Hosts,
    /// Where there are any, only they are served.
    pub(super) users: Option<Arc<Users>>,
    /// Where there is one, all of it is encrypted.
    pub(super) tls: Option<Acceptor>,
}

/// Serves until a signal comes.
pub(super) async fn serve(listener: TcpListener, door: Door, mut signals: Signals) -> Result<(), Fault> {
    let door = Arc::new(door);
    let mut crowd = Crowd::default();
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let (say, mut heard) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        signals.forever().next();
        let _ = say.send(());
    });
    loop {
        let next = async {
            let permit = permits.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            _ = &mut heard => return Ok(()),
            next = next => next,
        };
        let (stream, from) = match accepted {
            Ok((stream, from)) => (stream, from.ip().to_canonical()),
            // The other side has left already, or there are no descriptors left just now: neither ends the server.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let door = door.clone();
        crowd.make_room(from);
        let served = tokio::spawn(async move {
            connection(stream, door).await;
            drop(permit);
        });
        crowd.add(from, served.abort_handle());
    }
}

async fn connection(stream: TcpStream, door: Arc<Door>) {
    let served = async {
        match &door.tls {
            None => speak(stream, door.clone()).await,
            // One who speaks no TLS has been answered by the handshake, if at all.
            Some(tls) => {
                if let Ok(Ok(stream)) = tokio::time::timeout(HEAD_TIME, tls.accept(stream)).await {
                    speak(stream, door.clone()).await;
                }
            }
        }
    };
    let _ = tokio::time::timeout(CONNECTION_TIME, served).await;
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, door: Arc<Door>) {
    let service = service_fn(|request| answer(request, door.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_SIZE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A client that breaks off or talks nonsense has had its answer, if any; nobody else is concerned.
    let _ = connection.await;
}

async fn answer(request: Request<Incoming>, door: Arc<Door>) -> Result<Answer, Infallible> {
    if !door.hosts.have(request.headers()) {
        let why =
            "this server is not called that: ask it by its address or its own name, or start it with --host NAME\n";
        return Ok(plain(StatusCode::MISDIRECTED_REQUEST, why.into()));
    }
    if let Some(refusal) = refusal(&request, &door).await {
        return Ok(refusal);
    }
    let path = request.uri().path();
    if path != "/metrics" && path != "/" {
        return Ok(plain(StatusCode::NOT_FOUND, "not found: the metrics are at /metrics\n".into()));
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n".into());
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(answer);
    }
    if path == "/" {
        return Ok(of(StatusCode::OK, "text/html; charset=utf-8", FRONT.into()));
    }
    // Files and libraries may take their time: not on the thread that answers others. Whoever comes meanwhile waits for
    // this reading and shares it.
    let open = wants_openmetrics(request.headers());
    let page = door.page.clone();
    let read = tokio::task::spawn_blocking(move || page.lock().unwrap_or_else(PoisonError::into_inner).text());
    Ok(match read.await {
        Ok(Ok(text)) => {
            let (media, text) = if open { (MEDIA_TYPE, text.openmetrics) } else { (TEXT_MEDIA_TYPE, text.plain) };
            let mut answer = of(StatusCode::OK, media, text);
            answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
            answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
        Ok(Err(fault)) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{fault}\n")),
        Err(e) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("the device cannot be read: {e}\n")),
    })
}

/// The answer to a request without the name and password that are asked for.
async fn refusal(request: &Request<Incoming>, door: &Door) -> Option<Answer> {
    let users = door.users.as_ref()?;
    match users.check(request.headers().get(AUTHORIZATION)).await {
        Login::Good => None,
        Login::Refused => {
            let mut answer = plain(StatusCode::UNAUTHORIZED, "a name and its password are asked for\n".into());
            let scheme = HeaderValue::from_static("Basic realm=\"nntop\", charset=\"UTF-8\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            Some(answer)
        }
        Login::Busy => {
            let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, "too many passwords are being checked\n".into());
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
            Some(answer)
        }
    }
}

fn plain(status: StatusCode, text: String) -> Answer {
    of(status, "text/plain; charset=utf-8", text.into())
}

fn of(status: StatusCode, media: &'static str, text: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    answer
}
