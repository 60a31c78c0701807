//! The exporter's server: one page, GET and HEAD, one answer per connection, bounded in time, size and number.

use super::Page;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use nntop_core::event::Fault;
use nntop_device::device_report::MEDIA_TYPE;
use signal_hook::iterator::Signals;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long a request's head may take to come.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// How long a connection may last in all: who reads so slowly is not served.
const CONNECTION_TIME: Duration = Duration::from_secs(15);

/// What a request's head may have; what is longer is refused with 431.
const HEAD_SIZE: usize = 16 * 1024;

/// Connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 32;

/// What a person sees who opens the address in a browser.
const FRONT: &str =
    "<!doctype html><title>nntop exporter</title><p>nntop exporter: <a href=\"/metrics\">/metrics</a>\n";

type Answer = Response<Full<Bytes>>;

/// Serves until a signal comes.
pub(super) async fn serve(listener: TcpListener, page: Page, mut signals: Signals) -> Result<(), Fault> {
    let page = Arc::new(Mutex::new(page));
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    let (say, mut heard) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        signals.forever().next();
        let _ = say.send(());
    });
    loop {
        let next = async {
            let seat = seats.clone().acquire_owned().await;
            (seat, listener.accept().await)
        };
        let (seat, accepted) = tokio::select! {
            _ = &mut heard => return Ok(()),
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // The other side has left already, or there are no descriptors left just now: neither ends the server.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let page = page.clone();
        tokio::spawn(async move {
            connection(stream, page).await;
            drop(seat);
        });
    }
}

async fn connection(stream: TcpStream, page: Arc<Mutex<Page>>) {
    let service = service_fn(|request| answer(request, page.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_SIZE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A client that breaks off or talks nonsense has had its answer, if any; nobody else is concerned.
    let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
}

async fn answer(request: Request<Incoming>, page: Arc<Mutex<Page>>) -> Result<Answer, Infallible> {
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
    let read = tokio::task::spawn_blocking(move || page.lock().unwrap_or_else(PoisonError::into_inner).text());
    Ok(match read.await {
        Ok(Ok(text)) => {
            let mut answer = of(StatusCode::OK, MEDIA_TYPE, text);
            answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
        Ok(Err(fault)) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{fault}\n")),
        Err(e) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("the device cannot be read: {e}\n")),
    })
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
