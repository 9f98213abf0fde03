//! Watching files: what was made of them is made again when one changes.
//!
//! Files are looked at twice a second. That needs no notifications of the operating system, which network drives and
//! containers do not always give.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::study;

const PAUSE: Duration = Duration::from_millis(500);
/// Files are left to themselves until nothing changed for so long: many are written in several steps.
const SETTLED: Duration = Duration::from_millis(200);

/// Modification time and size of each file.
type State = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

/// Files and directories that are watched, and how they were when they were last looked at.
pub struct Watch {
    /// What is made of them stands here and is not looked at.
    apart: PathBuf,
    state: State,
}

impl Watch {
    /// Notes how `places` are now.
    pub fn new(places: &[PathBuf], apart: &Path) -> Self {
        let mut watch = Self { apart: apart.to_owned(), state: State::new() };
        watch.state = watch.look(places);
        watch
    }

    /// Watches `place`, too, as it is now.
    pub fn add(&mut self, place: &Path) {
        let more = self.look(&[place.to_owned()]);
        self.state.extend(more);
    }

    /// Waits until something changed, and nothing does any more; gives the files that changed, came or went.
    pub fn wait(&mut self, places: &[PathBuf]) -> Vec<PathBuf> {
        loop {
            sleep(PAUSE);
            let mut now = self.look(places);
            if now == self.state {
                continue;
            }
            loop {
                sleep(SETTLED);
                let later = self.look(places);
                if later == now {
                    break;
                }
                now = later;
            }
            let mut changed: Vec<PathBuf> = now
                .iter()
                .filter(|(path, state)| self.state.get(*path) != Some(state))
                .map(|(path, _)| path.clone())
                .chain(self.state.keys().filter(|path| !now.contains_key(*path)).cloned())
                .collect();
            changed.sort();
            self.state = now;
            if !changed.is_empty() {
                return changed;
            }
        }
    }

    fn look(&self, places: &[PathBuf]) -> State {
        let apart = self.apart.canonicalize().ok();
        let mut state = State::new();
        for place in places {
            self.enter(place, apart.as_deref(), &mut state, 0);
        }
        state
    }

    fn enter(&self, path: &Path, apart: Option<&Path>, state: &mut State, depth: usize) {
        if path.is_dir() {
            // A link to a directory above would never end.
            if depth > 32 || (apart.is_some() && path.canonicalize().ok().as_deref() == apart) {
                return;
            }
            let Ok(entries) = fs::read_dir(path) else { return };
            for path in entries.flatten().map(|entry| entry.path()).filter(|path| !study::is_hidden(path)) {
                self.enter(&path, apart, state, depth + 1);
            }
        } else {
            let metadata = fs::metadata(path).ok();
            let stamp = metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
            state.insert(path.to_owned(), stamp);
        }
    }
}
