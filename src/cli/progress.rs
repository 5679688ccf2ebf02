//! How far a long run has come: a line on standard error, where that is a terminal, and only after a while.

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::plan::Progress;

/// How long a run stays silent.
const SILENT: Duration = Duration::from_millis(800);
/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// Does something and shows how far it has come.
pub fn watched<T>(progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let (done, ended) = channel::<()>();
    let watched = progress.clone();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut bar: Option<ProgressBar> = None;
            let mut wait = SILENT;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = EVERY;
                let (all, read) = watched.read();
                if all > 0 {
                    let bar = bar.get_or_insert_with(|| ProgressBar::new(all as u64).with_style(style()));
                    bar.set_position(read as u64);
                }
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        let result = work();
        // The watcher hears of the end when this is dropped.
        drop(done);
        result
    })
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{pos} of {len} files {wide_bar}").unwrap_or_else(|_| ProgressStyle::default_bar())
}
