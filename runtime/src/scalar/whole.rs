//! Divisors and multiples of integers, without signs.

/// The greatest common divisor; of 0 and another number, that number.
pub(crate) fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The least common multiple, cut to 64 bits; 0 where either is.
pub(crate) fn lcm(a: u64, b: u64) -> u64 {
    match gcd(a, b) {
        0 => 0,
        common => (a / common).wrapping_mul(b),
    }
}
