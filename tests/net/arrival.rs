//! Two connections are enough: one that works and one that listens. A long download holds nothing up.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use matterbox::{
    app::rows::{Answer, Query},
    imap::worker::Order,
};

use crate::{
    bureau::{Bureau, letter, letters},
    support::scripted::{Act, Folder, Scripted, fetches},
};

const OLD: u32 = 400;
/// In the middle of the older mail something happens.
const FIFTH: usize = 5;

#[test]
fn new_mail_and_a_flag_do_not_wait_for_the_end_of_a_long_download() {
    let mail = letters(OLD);
    let (now, reached) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let (wait, count) = (Arc::new(Mutex::new(wait)), AtomicUsize::new(0));
    let server = Scripted::start("IDLE MOVE UIDPLUS", [Folder::new("INBOX").with(&mail)]).whenever(
        |line| line.contains("BODY.PEEK[]"),
        Act::rewrite(move |answer| {
            if count.fetch_add(1, Ordering::Relaxed) + 1 == FIFTH {
                now.send(()).unwrap();
                wait.lock().unwrap().recv().unwrap();
            }
            answer
        }),
    );
    let mut bureau = Bureau::at(server.port);
    bureau.settings.listens = true;
    bureau.settings.poll = Duration::from_hours(1);
    (bureau.settings.caps.newest, bureau.settings.caps.batch_count) = (20, 10);
    let live = bureau.live();
    reached.recv_timeout(Duration::from_mins(1)).unwrap();
    // A letter comes, and somebody marks another as read, while the server sends the fifth part.
    let told = server.count("DONE");
    live.until_so(|| server.count("IDLE") > told);
    let new = server.arrives("INBOX", &letter(OLD + 1, None, "It is urgent."));
    live.until_so(|| server.count("DONE") > told && server.heard().last().unwrap() == "IDLE");
    let Answer::Inbox(rows) = bureau.ask(Query::Inbox { limit: 1_000 }) else { panic!() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(bureau.office.mark(vec![rows[0].thread], true)).unwrap();
    assert!(live.worker.order(Order::Operate).is_ok());
    go_on.send(()).unwrap();
    live.until_so(|| bureau.ledger("INBOX").stored.len() == OLD as usize + 1);
    live.worker.join();
    assert_eq!(server.connections(), 2, "one works, one listens");
    let heard = server.heard();
    let bodies = |line: &&String| line.contains("BODY.PEEK[]");
    let before = |is: &dyn Fn(&String) -> bool| {
        let place = heard.iter().position(is).expect("it was asked for");
        heard[..place].iter().filter(bodies).count()
    };
    let all = heard.iter().filter(bodies).count();
    assert!(all > 35, "a long download: {all}");
    assert!(before(&|line| fetches(line, new)) <= FIFTH + 1, "the new letter comes next");
    assert!(before(&|line| line.starts_with("UID STORE")) <= FIFTH + 2, "and so does the flag");
}
