//! Where git looks for the hooks of a repository. Unlike all else here this asks what is configured, as somebody who installs
//! a hook wants it where git runs it; it is asked by nothing that scans.

use std::path::PathBuf;

use gix::open::{Permissions, permissions};
use gix::sec::Permission;

use super::{Refused, Repository, first_line};

/// Where git looks for hooks.
pub struct Hooks {
    /// The folder of the repository's own, which its linked working trees share.
    pub folder: PathBuf,
    /// The folder that `core.hooksPath` sets in its stead, in any file of configuration that git reads.
    pub configured: Option<PathBuf>,
}

impl Repository {
    /// Where git looks for hooks.
    ///
    /// # Errors
    /// Why the configuration cannot be read.
    pub fn hooks(&self) -> Result<Hooks, Refused> {
        let mut allowed = Permissions::isolated();
        // The user's and the system's files count as much as the repository's. No program is asked where they are.
        allowed.config = permissions::Config { git_binary: false, ..permissions::Config::all() };
        allowed.env.home = Permission::Allow;
        allowed.env.xdg_config_home = Permission::Allow;
        allowed.env.git_prefix = Permission::Allow;
        let options = gix::open::Options::isolated().permissions(allowed).with(gix::sec::Trust::Full);
        let refused = |error: &dyn std::fmt::Display| Refused {
            message: format!("git's configuration cannot be read: {}", first_line(error)),
            help: "`git config --list --show-origin` tells what is wrong with it",
        };
        let repo = options.open(&self.root).map_err(|e| refused(&e))?.to_thread_local();
        let folder = repo.common_dir().join("hooks");
        let config = repo.config_snapshot();
        let set = config.string("core.hooksPath").map(|s| s.to_string());
        // With `~` for the home folder. What is empty is no path to that function, and all the same not the default to git.
        let path = config.trusted_path("core.hooksPath").map_err(|e| refused(&e))?.or(set.map(PathBuf::from));
        let configured =
            path.map(|p| self.root.join(p)).filter(|p| p.canonicalize().ok().is_none_or(|p| folder.canonicalize().ok() != Some(p)));
        Ok(Hooks { folder, configured })
    }
}
