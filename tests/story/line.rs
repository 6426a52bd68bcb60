//! A line between the program and the relay that a test can stop, and count.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use crate::support::servers::{GOOD_HOST, Servers};

/// A line between the program and the relay that stops carrying at a moment of our choice.
pub struct Line {
    pub port: u16,
    taken: Arc<AtomicUsize>,
    stopped: Receiver<()>,
}

#[derive(Clone, Copy)]
pub enum Stops {
    /// Never.
    Never,
    /// In the middle of the message.
    After(usize),
    /// When the relay has answered what came after so many bytes: its 250 is held back.
    AnswersAfter(usize),
}

impl Line {
    pub fn to_the_relay(stops: Stops) -> Self {
        let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, stopped) = sync_channel(16);
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        thread::spawn(move || {
            for near in listener.incoming() {
                let Ok(near) = near else { return };
                count.fetch_add(1, Ordering::SeqCst);
                let far = TcpStream::connect((GOOD_HOST, Servers::get().smtps)).unwrap();
                carry(near, far, stops, tell.clone());
            }
        });
        Self { port, taken, stopped }
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Waits until it has stopped.
    pub fn wait(&self) {
        self.stopped.recv_timeout(Duration::from_mins(1)).unwrap();
    }
}

fn carry(near: TcpStream, far: TcpStream, stops: Stops, tell: SyncSender<()>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let (mut from_near, mut to_far) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    let told = tell.clone();
    thread::spawn(move || {
        let mut buffer = [0; 8_192];
        while let Ok(read @ 1..) = from_near.read(&mut buffer) {
            let total = count.fetch_add(read, Ordering::SeqCst) + read;
            if matches!(stops, Stops::After(limit) if total > limit) {
                told.send(()).unwrap();
                // Until the program is gone; then the relay sees the line end in the middle.
                while let Ok(1..) = from_near.read(&mut buffer) {}
                break;
            }
            if to_far.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        drop(to_far.shutdown(Shutdown::Both));
    });
    let (mut from_far, mut to_near) = (far, near);
    thread::spawn(move || {
        let mut buffer = [0; 8_192];
        while let Ok(read @ 1..) = from_far.read(&mut buffer) {
            let total = sent.load(Ordering::SeqCst);
            if matches!(stops, Stops::AnswersAfter(limit) if total > limit) {
                tell.send(()).ok();
                continue;
            }
            if to_near.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
    });
}
