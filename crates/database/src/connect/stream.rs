//! A stream that counts round trips: how often something is read after something was written.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};

/// Bytes read from the socket at once; a server fills 8 KiB at a time, and catalogs are megabytes.
const READ_BUFFER: usize = 64 * 1024;

/// What a connection runs over: a TCP or a Unix socket.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Duplex for T {}

/// A socket whose turnarounds are counted.
pub(super) struct Counted {
    inner: BufReader<Box<dyn Duplex>>,
    round_trips: Arc<AtomicU64>,
    written: bool,
}

impl Counted {
    pub(super) fn new(socket: Box<dyn Duplex>, round_trips: Arc<AtomicU64>) -> Self {
        Self { inner: BufReader::with_capacity(READ_BUFFER, socket), round_trips, written: false }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if self.written && buffer.filled().len() > before {
            self.written = false;
            self.round_trips.fetch_add(1, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written = true;
        Pin::new(&mut self.inner).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
