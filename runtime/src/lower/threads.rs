//! Divides the host work of one op among threads that end with it: no pool, so nothing is lost in a fork. What a part
//! computes must not depend on how many parts there are.

use std::num::NonZero;
use std::thread;

use crate::mlx;

/// Work on fewer elements than these is over before a thread starts.
const ENOUGH: usize = 1 << 16;

/// How many threads share work on that many elements: those of matrix products, of which the user says how many there are.
fn count(elements: usize) -> usize {
    if elements < ENOUGH {
        return 1;
    }
    let all = mlx::blas_threads().unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get));
    all.min(elements / (ENOUGH / 2)).max(1)
}

/// Cuts the elements into parts of whole rows, and calls `work(first row, part)` for each, all at once.
pub(super) fn by_rows<T: Send>(elements: &mut [T], row: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let rows = elements.len() / row.max(1);
    let parts = count(elements.len()).min(rows);
    if parts <= 1 {
        return work(0, elements);
    }
    let each = rows.div_ceil(parts);
    thread::scope(|scope| {
        let mut rest = elements;
        let mut first = 0;
        while rest.len() > each * row {
            let (part, behind) = rest.split_at_mut(each * row);
            let (work, at) = (&work, first);
            scope.spawn(move || work(at, part));
            (rest, first) = (behind, first + each);
        }
        work(first, rest);
    });
}

/// Calls `work(place, value)` for each of the values, all at once where they stand for that many elements.
pub(super) fn each<T: Send>(values: &mut [T], elements: usize, work: impl Fn(usize, &mut T) + Sync) {
    let parts = count(elements).min(values.len());
    let some = |first: usize, part: &mut [T]| part.iter_mut().enumerate().for_each(|(i, value)| work(first + i, value));
    if parts <= 1 {
        return some(0, values);
    }
    let size = values.len().div_ceil(parts);
    thread::scope(|scope| {
        let mut chunks = values.chunks_mut(size).enumerate();
        let own = chunks.next();
        for (i, chunk) in chunks {
            scope.spawn(move || some(i * size, chunk));
        }
        if let Some((_, chunk)) = own {
            some(0, chunk);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_visited_once_with_its_number() {
        for rows in [0, 1, 3, 1000, 100_003] {
            let mut elements = vec![0usize; rows * 3];
            by_rows(&mut elements, 3, |first, part| {
                part.iter_mut().enumerate().for_each(|(i, x)| *x += (first * 3 + i) + 1);
            });
            assert!(elements.iter().enumerate().all(|(i, &x)| x == i + 1));
        }
    }

    #[test]
    fn every_value_is_visited_once_with_its_place() {
        for values in [0, 1, 2, 7] {
            let mut all = vec![0; values];
            each(&mut all, 1 << 20, |place, value| *value += place + 1);
            assert!(all.iter().enumerate().all(|(i, &x)| x == i + 1));
        }
    }
}
