//! The desktop's keyring by the Secret Service of freedesktop.org (GNOME Keyring, KWallet, KeePassXC): built in with the
//! feature `secret-service`.
//!
//! Owns the asking of it. It never waits for ever: a keyring that nobody unlocks, or that refuses, is not asked again by
//! this process, and no secret leaves by it in clear (the session to it is encrypted, by Diffie-Hellman).

use keyring_core::{Entry, Error};

/// What came of something done with an entry of the desktop's keyring; `None` when there is no such keyring, or it was
/// not unlocked in time. Blocks.
#[cfg(feature = "secret-service")]
pub(super) fn with<T: Send + 'static>(
    name: &str,
    what: &str,
    deed: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Option<Result<T, Error>> {
    use std::{
        collections::HashMap,
        sync::{
            atomic::{AtomicBool, Ordering},
            mpsc,
        },
        thread,
        time::Duration,
    };

    use keyring_core::api::CredentialStoreApi as _;

    use crate::domain::fault::Ignore;

    /// So long a person has to unlock it.
    const PATIENCE: Duration = Duration::from_secs(30);
    /// It is not there, or stayed locked: nobody is asked a second time.
    static SHUT: AtomicBool = AtomicBool::new(false);

    if SHUT.load(Ordering::Relaxed) || !has_bus() {
        return None;
    }
    let (name, label) = (name.to_owned(), format!("matterbox: {what}"));
    let (done, wait) = mpsc::sync_channel(1);
    // A thread of its own: the library has a runtime of its own, and its wait for an unlocked keyring has no end.
    let asked = thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        let end = zbus_secret_service_keyring_store::Store::new().and_then(|store| {
            let label = HashMap::from([("label", label.as_str())]);
            deed(&store.build("matterbox", &name, Some(&label))?)
        });
        done.send(end).ignore("nobody waits any more");
    });
    let end = asked.ok().and_then(|_| wait.recv_timeout(PATIENCE).ok());
    if !matches!(end, Some(Ok(_) | Err(Error::NoEntry))) {
        SHUT.store(true, Ordering::Relaxed);
        tracing::info!("the desktop's keyring is not there or stays locked; it is not used");
    }
    end
}

/// Is there a session bus at all? Over SSH and for a timer there is none, as a rule.
#[cfg(feature = "secret-service")]
fn has_bus() -> bool {
    use std::{env, path::Path};

    env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty())
        || env::var_os("XDG_RUNTIME_DIR").is_some_and(|dir| Path::new(&dir).join("bus").exists())
}

/// Without the feature there is none.
#[cfg(not(feature = "secret-service"))]
pub(super) fn with<T>(
    _: &str,
    _: &str,
    _: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Option<Result<T, Error>> {
    None
}
