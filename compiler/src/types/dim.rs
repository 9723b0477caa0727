//! Sizes (stub: replaced by the full expression type).
use std::{collections::BTreeSet, fmt};
/// A size.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dim(i64);
/// A symbol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Symbol(pub u32);
#[allow(missing_docs)]
impl Dim {
    pub const fn known(n: i64) -> Dim {
        Dim(n)
    }
    pub fn as_known(&self) -> Option<i64> {
        Some(self.0)
    }
    pub fn is_known(&self) -> bool {
        true
    }
    pub fn symbols(&self) -> BTreeSet<Symbol> {
        BTreeSet::new()
    }
    pub fn exact_div(&self, o: &Dim) -> Option<Dim> {
        (o.0 != 0 && self.0 % o.0 == 0).then(|| Dim(self.0 / o.0))
    }
    pub fn floor_div(&self, o: &Dim) -> Dim {
        Dim(self.0.div_euclid(o.0))
    }
    pub fn max(&self, o: &Dim) -> Dim {
        Dim(self.0.max(o.0))
    }
    pub fn substitute(&self, _: &dyn Fn(Symbol) -> Option<Dim>) -> Dim {
        self.clone()
    }
}
impl std::str::FromStr for Dim {
    type Err = std::num::ParseIntError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(Dim)
    }
}
impl From<i64> for Dim {
    fn from(n: i64) -> Self {
        Dim(n)
    }
}
impl From<usize> for Dim {
    fn from(n: usize) -> Self {
        Dim(n as i64)
    }
}
impl std::iter::Product for Dim {
    fn product<I: Iterator<Item = Dim>>(i: I) -> Dim {
        Dim(i.map(|d| d.0).product())
    }
}
impl std::iter::Sum for Dim {
    fn sum<I: Iterator<Item = Dim>>(i: I) -> Dim {
        Dim(i.map(|d| d.0).sum())
    }
}
macro_rules! o { ($t:ident $f:ident $x:tt) => {
impl std::ops::$t for Dim { type Output = Dim; fn $f(self, o: Dim) -> Dim { Dim(self.0 $x o.0) } }
impl std::ops::$t<&Dim> for &Dim { type Output = Dim; fn $f(self, o: &Dim) -> Dim { Dim(self.0 $x o.0) } }
impl std::ops::$t<i64> for Dim { type Output = Dim; fn $f(self, o: i64) -> Dim { Dim(self.0 $x o) } }
impl std::ops::$t<i64> for &Dim { type Output = Dim; fn $f(self, o: i64) -> Dim { Dim(self.0 $x o) } } } }
o!(Add add +);
o!(Sub sub -);
o!(Mul mul *);
impl PartialEq<i64> for Dim {
    fn eq(&self, o: &i64) -> bool {
        self.0 == *o
    }
}
impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl fmt::Debug for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
