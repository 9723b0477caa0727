//! Arrays in `.npy` files: any byte order and both orders of axes are read, little-endian rows are written. numpy has no
//! bfloat16; its elements stand there as two raw bytes each (`V2`), as numpy writes those of ml_dtypes.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::Path,
};

use flashlight_compiler::types::{DType, Type};
use flashlight_export::Elements;
use npyz::{DType as Descr, NpyFile, Order, TypeStr, WriteOptions, WriterBuilder};

use crate::{Failure, Result};

/// Element types as numpy's type strings name them.
const NAMES: [(DType, &str); 14] = [
    (DType::Bool, "|b1"),
    (DType::U8, "|u1"),
    (DType::U16, "<u2"),
    (DType::U32, "<u4"),
    (DType::U64, "<u8"),
    (DType::I8, "|i1"),
    (DType::I16, "<i2"),
    (DType::I32, "<i4"),
    (DType::I64, "<i8"),
    (DType::F16, "<f2"),
    (DType::BF16, "|V2"),
    (DType::F32, "<f4"),
    (DType::F64, "<f8"),
    (DType::C64, "<c8"),
];

/// Reads an array.
///
/// # Errors
/// A file that cannot be read, that is no `.npy` file, or whose elements no tensor has.
pub fn read(path: &Path) -> Result<Elements> {
    let wrong = |message: &dyn std::fmt::Display| Failure::new(format_args!("{}: {message}", path.display()));
    let file = File::open(path).map_err(|e| wrong(&e))?;
    let file = NpyFile::new(BufReader::new(file)).map_err(|e| wrong(&format_args!("no .npy file: {e}")))?;
    let Descr::Plain(name) = file.dtype() else { return Err(wrong(&"the elements have fields; a tensor's have none")) };
    let text = name.to_string();
    let dtype = NAMES.iter().find(|(_, known)| known[1..] == text[1..]).map(|(dtype, _)| *dtype);
    let dtype = dtype.ok_or_else(|| wrong(&format_args!("no tensor has elements of the type {text}")))?;
    let sizes: Option<Vec<i64>> = file.shape().iter().map(|&n| i64::try_from(n).ok()).collect();
    let sizes = sizes.ok_or_else(|| wrong(&format_args!("the sizes are {:?}", file.shape())))?;
    let order = file.order();
    let ty = Type::new(dtype, sizes.iter().copied());
    let mut bytes = Vec::new();
    file.into_inner().read_to_end(&mut bytes).map_err(|e| wrong(&e))?;
    if ty.known_bytes() != Some(bytes.len() as u64) {
        return Err(wrong(&format_args!("{} bytes follow the header, which do not make {ty}", bytes.len())));
    }
    if text.starts_with('>') {
        let width = if dtype == DType::C64 { dtype.size() / 2 } else { dtype.size() };
        bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
    }
    if dtype == DType::Bool {
        bytes.iter_mut().for_each(|b| *b = u8::from(*b != 0));
    }
    if order == Order::Fortran {
        bytes = by_rows(&bytes, &sizes, dtype.size());
    }
    Ok(Elements { ty, bytes })
}

/// Elements that lie by columns, by rows.
fn by_rows(columns: &[u8], sizes: &[i64], width: usize) -> Vec<u8> {
    let sizes: Vec<usize> = sizes.iter().map(|&n| n as usize).collect();
    let mut rows = Vec::with_capacity(columns.len());
    let mut index = vec![0; sizes.len()];
    for _ in 0..columns.len() / width {
        let place = index.iter().zip(&sizes).rev().fold(0, |place, (i, n)| place * n + i);
        rows.extend_from_slice(&columns[place * width..(place + 1) * width]);
        for (i, n) in index.iter_mut().zip(&sizes).rev() {
            *i += 1;
            if *i < *n {
                break;
            }
            *i = 0;
        }
    }
    rows
}

/// Writes an array.
///
/// # Errors
/// A file that cannot be written.
pub fn write(path: &Path, elements: &Elements) -> Result<()> {
    let wrong = |message: &dyn std::fmt::Display| Failure::new(format_args!("{}: {message}", path.display()));
    let ty = &elements.ty;
    let name = NAMES.iter().find(|(dtype, _)| *dtype == ty.dtype).map_or("", |(_, name)| *name);
    let name: TypeStr = name.parse().map_err(|e| wrong(&e))?;
    let sizes: Option<Vec<u64>> =
        ty.known_shape().and_then(|sizes| sizes.iter().map(|&n| u64::try_from(n).ok()).collect());
    let sizes = sizes.ok_or_else(|| wrong(&format_args!("the sizes of {ty} are no numbers")))?;
    let attempt = || {
        let file = BufWriter::new(File::create(path)?);
        let header = WriteOptions::new_header_only().dtype(Descr::Plain(name)).shape(&sizes).writer(file);
        let mut file = header.write_header_only()?;
        file.write_all(&elements.bytes)?;
        file.flush()
    };
    attempt().map_err(|e| wrong(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_type_comes_back() {
        let folder = std::env::temp_dir().join(format!("flashlight-npy-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for dtype in DType::ALL {
            for sizes in [vec![], vec![3], vec![2, 0], vec![2, 3]] {
                let ty = Type::new(*dtype, sizes.iter().copied());
                let bytes = (0..ty.known_bytes().unwrap()).map(|i| u8::from(i % 3 == 0)).collect();
                let (path, elements) = (folder.join("x.npy"), Elements { ty, bytes });
                write(&path, &elements).unwrap();
                assert_eq!(read(&path).unwrap(), elements);
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn columns_become_rows() {
        let columns = [1, 4, 2, 5, 3, 6];
        assert_eq!(by_rows(&columns, &[2, 3], 1), [1, 2, 3, 4, 5, 6]);
        assert_eq!(by_rows(&[1, 5, 3, 7, 2, 6, 4, 8], &[2, 2, 2], 1), [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
