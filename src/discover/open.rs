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
fn open_regular(path: &Path, follow: bool) -> io::Result<(File, u64)> {
    use rustix::fs::{FileType, Mode, OFlags, fstat, open};
    let mut flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    if !follow {
        flags |= OFlags::NOFOLLOW;
    }
    let file = open(path, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("not a regular file"));
    }
    Ok((File::from(file), u64::try_from(stat.st_size).unwrap_or(0)))
}

#[cfg(not(unix))]
fn open_regular(path: &Path, _follow: bool) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_file() { Ok((file, meta.len())) } else { Err(io::Error::other("not a regular file")) }
}

/// Opens a regular file, which may be a link to one.
///
/// # Errors
/// Why it cannot be opened.
pub fn regular(path: &Path) -> Result<File, String> {
    open_regular(path, true)
        .map(|(file, _)| file)
        .map_err(|error| if error.to_string() == "not a regular file" { "no regular file: not read".into() } else { super::reason(&error) })
}

/// Reads a file whose first bytes `wanted` accepts. `follow` permits the last part of the path to be a link.
pub fn open(path: &Path, follow: bool, wanted: impl Fn(&[u8]) -> bool) -> Opened {
    let read = || -> io::Result<Opened> {
        let (mut file, size) = open_regular(path, follow)?;
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
pub struct Stream<'r> {
    /// Where its bytes come from; nowhere where all of it was read.
    from: From<'r>,
    /// How many bytes the system says that it has, and how many of them were read.
    size: u64,
    read: u64,
}

/// Reads what there is room for, at most: how many bytes came.
#[cfg(unix)]
fn read_some(file: &File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    Ok(rustix::io::read(file, rustix::buffer::spare_capacity(buffer))?)
}

#[cfg(not(unix))]
fn read_some(file: &File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let room = buffer.capacity() - buffer.len();
    file.take(room as u64).read_to_end(buffer)
}

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
            Ok((file, size)) => Ok(Self { from: From::File(file), size, read: 0 }),
            Err(error) if error.to_string() == "not a regular file" => Err("no regular file: not read".into()),
            Err(error) => Err(super::reason(&error)),
        }
    }
    /// Nothing more to read: what there was is in the buffer.
    pub fn ended() -> Self {
        Self { from: From::Nowhere, size: 0, read: 0 }
    }
    /// Bytes that are there.
    pub fn bytes(bytes: &'r [u8]) -> Self {
        Self { from: From::Bytes(bytes), size: 0, read: 0 }
    }
    /// What something else reads.
    pub fn reader(reader: &'r mut dyn io::Read) -> Self {
        Self { from: From::Reader(reader), size: 0, read: 0 }
    }
    /// Appends to `buffer` until it is `full` bytes long or the file ends; more where it has room for more.
    ///
    /// # Errors
    /// Why it cannot be read on.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, full: usize) -> Result<(), String> {
        let missing = full.saturating_sub(buffer.len()) as u64;
        let copied = match &mut self.from {
            From::Bytes(bytes) => bytes.take(missing).read_to_end(buffer),
            From::Reader(reader) => reader.take(missing).read_to_end(buffer),
            From::File(_) | From::Nowhere => Ok(0),
        };
        copied.map_err(|e| super::reason(&e))?;
        while let From::File(file) = &self.from
            && buffer.len() < full
        {
            if buffer.len() == buffer.capacity() {
                let left = usize::try_from(self.size.saturating_sub(self.read)).unwrap_or(0) + 1;
                buffer.reserve(left.max(1 << 13).min(full - buffer.len()));
            }
            let room = buffer.capacity() - buffer.len();
            match read_some(file, buffer) {
                Ok(n) => {
                    self.read += n as u64;
                    // Less than there was room for, and no less than there is: no need to be told that nothing follows.
                    if n == 0 || (n < room && self.size > 0 && self.read >= self.size) {
                        self.from = From::Nowhere;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(super::reason(&error)),
            }
        }
        Ok(())
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
