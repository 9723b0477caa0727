//! Orthogonal polynomials by their recurrences of three terms (Abramowitz and Stegun, table 22.7), and by their
//! trigonometric forms (22.3.15 and 16) where the degree is high and the argument within the interval.

/// A family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polynomial {
    /// Of the first to fourth kind; the flag is whether the interval is from 0 to 1.
    Chebyshev(Kind, bool),
    /// The physicist's.
    HermiteH,
    /// The probabilist's.
    HermiteHe,
    LaguerreL,
    LegendreP,
}

/// The kinds of Chebyshev's polynomials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    T,
    U,
    V,
    W,
}

impl Polynomial {
    /// The family of that name.
    pub(crate) fn named(name: &str) -> Option<Polynomial> {
        let (name, shifted) = name.strip_prefix("shifted_").map_or((name, false), |rest| (rest, true));
        Some(match name {
            "chebyshev_t" => Polynomial::Chebyshev(Kind::T, shifted),
            "chebyshev_u" => Polynomial::Chebyshev(Kind::U, shifted),
            "chebyshev_v" => Polynomial::Chebyshev(Kind::V, shifted),
            "chebyshev_w" => Polynomial::Chebyshev(Kind::W, shifted),
            "hermite_h" => Polynomial::HermiteH,
            "hermite_he" => Polynomial::HermiteHe,
            "laguerre_l" => Polynomial::LaguerreL,
            "legendre_p" => Polynomial::LegendreP,
            _ => return None,
        })
    }
}

/// The polynomial of a degree, cut to an integer, at x; 0 for a negative degree. Hermite's are NaN beyond `limit`.
pub(crate) fn polynomial(family: Polynomial, x: f64, degree: f64, limit: i64) -> f64 {
    let n = degree as i64;
    if n < 0 {
        return 0.0;
    }
    match family {
        Polynomial::Chebyshev(kind, shifted) => chebyshev(kind, if shifted { x + x - 1.0 } else { x }, n),
        Polynomial::HermiteH | Polynomial::HermiteHe if n > limit => f64::NAN,
        Polynomial::HermiteH => recurrence(n, 2.0 * x, |k, p, q| 2.0 * (x * q - k * p)),
        Polynomial::HermiteHe => recurrence(n, x, |k, p, q| x * q - k * p),
        Polynomial::LaguerreL if x == 0.0 => 1.0,
        Polynomial::LaguerreL if n > LONGEST && x.abs() < 1e3 => laguerre_of_high_degree(x, n as f64),
        Polynomial::LaguerreL => recurrence(n, 1.0 - x, |k, p, q| ((k + k + 1.0 - x) * q - k * p) / (k + 1.0)),
        Polynomial::LegendreP if x.abs() == 1.0 => power_of_sign(x, n),
        Polynomial::LegendreP if n > LONGEST && x.abs() < 1.0 => legendre_of_high_degree(x, n as f64),
        Polynomial::LegendreP => recurrence(n, x, |k, p, q| ((k + k + 1.0) * x * q - k * p) / (k + 1.0)),
    }
}

/// Terms of higher degrees are not reached from the lowest: what has a formula for them takes that, and the rest is NaN.
const LONGEST: i64 = 10_000_000;

/// By Fejér and Perron (Szegő, "Orthogonal Polynomials", 8.22): to within 1 / sqrt(n).
fn laguerre_of_high_degree(x: f64, n: f64) -> f64 {
    let size = (x / 2.0).exp() / (std::f64::consts::PI.sqrt() * (x.abs() * n).powf(0.25));
    let root = 2.0 * (n * x.abs()).sqrt();
    if x > 0.0 { size * (root - std::f64::consts::FRAC_PI_4).cos() } else { size * root.exp() / 2.0 }
}

/// By Laplace (Szegő, 8.21): to within 1 / n.
fn legendre_of_high_degree(x: f64, n: f64) -> f64 {
    let angle = x.acos();
    let phase = (n + 0.5) * angle - std::f64::consts::FRAC_PI_4;
    (2.0 / (std::f64::consts::PI * n * angle.sin())).sqrt() * phase.cos()
}

/// The term of degree n, from those of degree 0, which is 1, and 1: `next(k, p, q)` is the one behind p and q, the latter of
/// degree k. NaN stays what it is.
fn recurrence(n: i64, first: f64, next: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let (mut p, mut q) = (1.0, first);
    if n == 0 {
        return p;
    }
    if n > LONGEST {
        return f64::NAN;
    }
    for k in 1..n {
        if q.is_nan() {
            break;
        }
        (p, q) = (q, next(k as f64, p, q));
    }
    q
}

/// x to the power of n, where x is 1 or -1.
fn power_of_sign(x: f64, n: i64) -> f64 {
    if x > 0.0 || n % 2 == 0 { 1.0 } else { -1.0 }
}

fn chebyshev(kind: Kind, x: f64, n: i64) -> f64 {
    let ends = n as f64 + 1.0;
    let odd = 2.0 * n as f64 + 1.0;
    if x.abs() == 1.0 {
        let sign = power_of_sign(x, n);
        return match kind {
            Kind::T => sign,
            Kind::U => sign * ends,
            Kind::V if x > 0.0 => 1.0,
            Kind::V => sign * odd,
            Kind::W if x > 0.0 => odd,
            Kind::W => sign,
        };
    }
    if n > 8 && x.abs() < 1.0 {
        let angle = x.acos();
        let half = (n as f64 + 0.5) * angle;
        return match kind {
            Kind::T => (n as f64 * angle).cos(),
            Kind::U => (ends * angle).sin() / angle.sin(),
            Kind::V => half.cos() / (angle / 2.0).cos(),
            Kind::W => half.sin() / (angle / 2.0).sin(),
        };
    }
    let first = match kind {
        Kind::T => x,
        Kind::U => x + x,
        Kind::V => x + x - 1.0,
        Kind::W => x + x + 1.0,
    };
    recurrence(n, first, |_, p, q| (x + x) * q - p)
}
