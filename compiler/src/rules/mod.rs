//! The rule language and its one evaluator. Derivatives are written in it; batching rules, decompositions and the right-hand
//! sides of rewrites use the same terms. `README.md` beside this file describes it.

mod evaluate;
mod function;
mod parse;
mod pattern;
mod rewrite;

pub use evaluate::{Binding, Bound, Evaluator, Outcome, instantiate, is_identity};
pub use function::{Argument, function_named};
pub use parse::{Sides, Statement, parse_sides, parse_statements};
pub use pattern::{AttrTerm, Pattern, Term, TermId, VariableId};
pub use rewrite::{Numerics, Rewrite, RuleFile, read_rules, shipped_rules};
