//! The end of the record: no thread uses a connection after it, whoever else still holds a handle.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::sync_channel,
    },
    thread,
};

use matterbox::store::StoreError;

use crate::support;

#[test]
fn whoever_closes_the_record_waits_for_what_is_being_written_also_when_another_closes_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let record = support::open(folder.path()).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let (begun, started) = sync_channel(0);
    let (go, gone) = sync_channel::<()>(0);
    let (store, flag) = (record.clone(), Arc::clone(&done));
    let writer = thread::spawn(move || {
        store.write_blocking("slow", move |_| {
            begun.send(()).unwrap();
            gone.recv().unwrap();
            flag.store(true, Ordering::SeqCst);
            Ok(())
        })
    });
    started.recv().unwrap();
    let closers: Vec<_> = (0..3)
        .map(|_| {
            let (store, done) = (record.clone(), Arc::clone(&done));
            thread::spawn(move || {
                store.shutdown();
                done.load(Ordering::SeqCst)
            })
        })
        .collect();
    while !matches!(record.read_blocking("ask", |_| Ok(())), Err(StoreError::Closed)) {
        thread::yield_now();
    }
    go.send(()).unwrap();
    assert!(
        closers.into_iter().all(|closer| closer.join().unwrap()),
        "all of it was written first"
    );
    writer.join().unwrap().unwrap();
}

#[test]
fn a_use_case_that_asks_who_waits_does_not_keep_the_record_from_closing() {
    let folder = tempfile::tempdir().unwrap();
    let record = support::open(folder.path()).unwrap();
    let (begun, started) = sync_channel(0);
    let store = record.clone();
    let writer = thread::spawn(move || {
        let asked = store.clone();
        store.write_blocking("asks", move |_| {
            begun.send(()).unwrap();
            while !matches!(asked.read_blocking("ask", |_| Ok(())), Err(StoreError::Closed)) {
                thread::yield_now();
            }
            for _ in 0..10_000 {
                thread::yield_now();
                asked.is_waited_for();
            }
            Ok(())
        })
    });
    started.recv().unwrap();
    record.shutdown();
    writer.join().unwrap().unwrap();
}
