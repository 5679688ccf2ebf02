//! The one place where files are opened: only regular ones, without waiting for a pipe or a device that stands there instead.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Largest document that is read as a whole, in bytes.
pub const LARGEST: u64 = 512 << 20;

/// What came of opening a file.
pub enum Opened {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// Its first bytes do not look like what was asked for; the rest was not read.
    Other,
    /// It could not be read, for this reason.
    NotRead(String),
}

#[cfg(unix)]
fn open_regular(path: &Path, follow: bool) -> io::Result<File> {
    use rustix::fs::{FileType, Mode, OFlags, fstat, open};
    let mut flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    if !follow {
        flags |= OFlags::NOFOLLOW;
    }
    let file = open(path, flags, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("not a regular file"));
    }
    Ok(File::from(file))
}

#[cfg(not(unix))]
fn open_regular(path: &Path, _follow: bool) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("not a regular file")) }
}

/// Opens a regular file, which may be a link to one.
///
/// # Errors
/// Why it cannot be opened.
pub fn regular(path: &Path) -> Result<File, String> {
    open_regular(path, true)
        .map_err(|error| if error.to_string() == "not a regular file" { "no regular file: not read".into() } else { super::reason(&error) })
}

/// Reads a file whose first bytes `wanted` accepts. `follow` permits the last part of the path to be a link.
pub fn open(path: &Path, follow: bool, wanted: impl Fn(&[u8]) -> bool) -> Opened {
    let read = || -> io::Result<Opened> {
        let mut file = open_regular(path, follow)?;
        let size = file.metadata()?.len();
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(LARGEST)).unwrap_or(0) + 1);
        (&mut file).take(4096).read_to_end(&mut bytes)?;
        if !wanted(&bytes) {
            return Ok(Opened::Other);
        }
        (&mut file).take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Ok(Opened::NotRead("larger than 512 MB, the largest document that is read as a whole".into()));
        }
        Ok(Opened::Bytes(bytes))
    };
    match read() {
        Ok(opened) => opened,
        Err(error) if error.to_string() == "not a regular file" => Opened::NotRead("no regular file: not read".into()),
        Err(error) => Opened::NotRead(super::reason(&error)),
    }
}

/// A file that is read bit by bit.
pub struct Stream<'r>(From<'r>);

/// Where the bytes of a stream come from.
enum From<'r> {
    File(File),
    Bytes(&'r [u8]),
    Reader(&'r mut dyn io::Read),
    Nowhere,
}

impl<'r> Stream<'r> {
    /// Opens a file. `follow` permits the last part of the path to be a link.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(path: &Path, follow: bool) -> Result<Self, String> {
        match open_regular(path, follow) {
            Ok(file) => Ok(Self(From::File(file))),
            Err(error) if error.to_string() == "not a regular file" => Err("no regular file: not read".into()),
            Err(error) => Err(super::reason(&error)),
        }
    }
    /// Nothing more to read: what there was is in the buffer.
    pub fn ended() -> Self {
        Self(From::Nowhere)
    }
    /// Bytes that are there.
    pub fn bytes(bytes: &'r [u8]) -> Self {
        Self(From::Bytes(bytes))
    }
    /// What something else reads.
    pub fn reader(reader: &'r mut dyn io::Read) -> Self {
        Self(From::Reader(reader))
    }
    /// Appends to `buffer` until it is `full` bytes long or the file ends.
    ///
    /// # Errors
    /// Why it cannot be read on.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, full: usize) -> Result<(), String> {
        let missing = full.saturating_sub(buffer.len()) as u64;
        let read = match &mut self.0 {
            From::File(file) => file.take(missing).read_to_end(buffer),
            From::Bytes(bytes) => bytes.take(missing).read_to_end(buffer),
            From::Reader(reader) => reader.take(missing).read_to_end(buffer),
            From::Nowhere => return Ok(()),
        };
        read.map(|_| ()).map_err(|e| super::reason(&e))
    }
}

/// Reads standard input to its end.
pub fn read_stdin() -> Opened {
    let mut bytes = Vec::new();
    match io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > LARGEST => Opened::NotRead("larger than 512 MB, the largest document that is read as a whole".into()),
        Ok(_) => Opened::Bytes(bytes),
        Err(error) => Opened::NotRead(super::reason(&error)),
    }
}
