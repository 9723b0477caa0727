//! The archive: a zip file of entries that are stored as they are, each at an offset that memory can be mapped at. It holds
//! exactly the entries of a program; whatever else a zip file may be is refused before any of it is used.

use std::io::{self, Read, Seek, SeekFrom, Write};

use zip::{
    CompressionMethod, DateTime, ZipArchive, ZipWriter,
    read::ZipReadOptions,
    result::{ZipError, ZipResult},
    write::SimpleFileOptions,
};

use crate::error::{Error, Result};

/// What the offset of every entry is a multiple of.
pub(crate) const ALIGNMENT: usize = 64;
/// What the last record of an archive begins with, and its bytes where no comment follows.
const END: (&[u8], u64) = (b"PK\x05\x06", 22);
/// Entries of this size and above need the wide headers.
const WIDE: u64 = u32::MAX as u64;

/// An entry's name and the most bytes that it may have.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub name: &'static str,
    pub limit: u64,
}

/// Writes an archive of entries; the same entries give the same bytes.
pub(crate) fn write(out: impl Write + Seek, entries: &[(Slot, &[u8])]) -> ZipResult<()> {
    let mut archive = ZipWriter::new(out);
    for (slot, bytes) in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(bytes.len() as u64 >= WIDE)
            .with_alignment(ALIGNMENT as u16);
        archive.start_file(slot.name, options)?;
        archive.write_all(bytes)?;
    }
    archive.finish()?.flush()?;
    Ok(())
}

/// Reads an archive of exactly these entries, in their order.
///
/// # Errors
/// No zip file, or a damaged one; entries that are missing, unknown, compressed, encrypted or larger than they may be.
pub(crate) fn read(mut file: impl Read + Seek, slots: &[Slot]) -> Result<Vec<Vec<u8>>> {
    let unreadable = |e: io::Error| damaged(e.into());
    let size = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(size.saturating_sub(END.1))).map_err(unreadable)?;
    file.by_ref().take(END.1).read_to_end(&mut end).map_err(unreadable)?;
    if !end.starts_with(END.0) {
        return Err(Error::format(
            "archive",
            "no exported program, or one that is cut off: the archive's end is missing",
        ));
    }
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    if archive.offset() != 0 {
        return Err(Error::format("archive", "bytes that are not the archive's stand before it"));
    }
    archive.validate_header_consistency().map_err(damaged)?;
    let names: Vec<String> = archive.file_names_raw().map(|n| String::from_utf8_lossy(n).into_owned()).collect();
    if let Some(name) = names.iter().find(|n| slots.iter().all(|s| s.name != **n)) {
        return Err(Error::format("archive", format_args!("the entry {name:?} is none of an exported program's")));
    }
    if let Some(slot) = slots.iter().find(|s| names.iter().all(|n| *n != s.name)) {
        return Err(Error::format("archive", format_args!("the entry {:?} is missing", slot.name)));
    }
    slots.iter().map(|slot| entry(&mut archive, *slot, size)).collect()
}

fn entry(archive: &mut ZipArchive<impl Read + Seek>, slot: Slot, file: u64) -> Result<Vec<u8>> {
    let options = ZipReadOptions::new().enforce_header_consistency(true);
    let mut entry = archive.by_name_with_options(slot.name, options).map_err(damaged)?;
    let wrong = |message: String| Err(Error::format(slot.name, message));
    if entry.compression() != CompressionMethod::Stored || entry.encrypted() || !entry.is_file() {
        return wrong("the entry is compressed, encrypted or no file; entries are stored as they are".to_owned());
    }
    let size = entry.size();
    if size != entry.compressed_size() || size > file {
        let stored = entry.compressed_size();
        return wrong(format!("the entry has {size} bytes and takes {stored} of a file of {file}"));
    }
    if size > slot.limit {
        return wrong(format!("the entry has {size} bytes, more than {}", slot.limit));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    // Reading to the end compares the checksum.
    match entry.read_to_end(&mut bytes) {
        Ok(read) if read as u64 == size => Ok(bytes),
        Ok(read) => wrong(format!("the entry has {size} bytes, of which {read} are there")),
        Err(error) => wrong(format!("the entry is damaged: {error}")),
    }
}

fn damaged(error: ZipError) -> Error {
    let message = match &error {
        ZipError::Io(error) => format!("the archive is cut off or damaged: {error}"),
        error => format!("no exported program, or a damaged one: {error}"),
    };
    Error::format("archive", message)
}
