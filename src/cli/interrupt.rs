//! Signals that end the program: what was staged is removed before it ends, and a swap of files is finished.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is staged now; who holds it keeps signals waiting.
static STAGED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Signals wait as long as there is one of these.
pub struct Held(MutexGuard<'static, Vec<PathBuf>>);

/// Has signals wait until what this gives is dropped.
pub fn hold() -> Held {
    Held(STAGED.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Held {
    /// Has a staged file or directory removed when a signal ends the program.
    pub fn remove_on_signal(&mut self, path: &Path) {
        // What is not there any more was renamed or removed.
        self.0.retain(|path| path.exists());
        self.0.push(path.to_owned());
    }
}

/// Waits for Ctrl-C, SIGTERM and SIGHUP from now on. Each ends the program as it would without this, so that a shell sees
/// which signal it was.
#[cfg(unix)]
pub fn watch() {
    use std::fs;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use crate::collect::is_ignored;

    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
    let Ok(mut signals) = Signals::new(wanted) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let staged = hold();
            for path in staged.0.iter() {
                let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            }
            let _ = emulate_default_handler(signal);
        }
    });
}

#[cfg(not(unix))]
pub fn watch() {}
