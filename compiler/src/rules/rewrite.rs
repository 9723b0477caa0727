//! Rewrites: the rule files in `compiler/rules`, read and checked. It knows patterns, not the e-graph that applies them.
//!
//! A file holds sentences and rules: `; sentence.`, then `name: lhs => rhs [if condition] [class]`. A rule's name ends at
//! the first colon; the class is the last word in brackets. `(?f:unary ..)` stands for one rule for each op of the group.
//! `commutative: add mul` says of which ops the two operands may be exchanged; patterns match them in both orders.

use std::{fmt, sync::LazyLock};

use super::{
    parse::{Sides, parse_sides},
    pattern::Term,
};
use crate::{
    error::{Error, Result},
    ops::{Class, Op, Row},
    types::DType,
};

/// How far a rule may change numbers. A level allows its own class and those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Numerics {
    /// Bitwise equal: every scalar operation and each reduction's order is kept.
    Exact,
    /// Equal in real arithmetic; rounding may differ.
    #[default]
    Reassoc,
    /// Equal for finite values; infinities, NaN and the last digits may differ.
    Fast,
}

impl fmt::Display for Numerics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Numerics::Exact => "exact",
            Numerics::Reassoc => "reassoc",
            Numerics::Fast => "fast",
        })
    }
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// Its name; of a rule for a group of ops, with the op's.
    pub name: String,
    /// What it says, in English.
    pub sentence: String,
    /// The file and line where it stands.
    pub place: String,
    /// How far it may change numbers.
    pub numerics: Numerics,
    /// Both sides and the conditions.
    pub sides: Sides,
    /// How many calls stand one inside the other in the left side.
    pub height: usize,
}

/// What rule files hold.
#[derive(Clone, Debug, Default)]
pub struct RuleFile {
    /// The rules, in order.
    pub rules: Vec<Rewrite>,
    /// The ops of which the two operands may be exchanged.
    pub commutative: Vec<Op>,
}

const FILES: &[(&str, &str)] = &[
    ("algebra.rules", include_str!("../../rules/algebra.rules")),
    ("powers.rules", include_str!("../../rules/powers.rules")),
    ("movement.rules", include_str!("../../rules/movement.rules")),
    ("products.rules", include_str!("../../rules/products.rules")),
];

/// The rules of this crate.
///
/// # Errors
/// What does not read; rules are ours, so it is a fault of ours.
pub fn shipped_rules() -> Result<&'static RuleFile> {
    static SHIPPED: LazyLock<Result<RuleFile>> = LazyLock::new(|| {
        let mut all = RuleFile::default();
        for (name, text) in FILES {
            let file = read_rules(name, text)?;
            all.rules.extend(file.rules);
            all.commutative.extend(file.commutative);
        }
        for (i, rule) in all.rules.iter().enumerate() {
            if let Some(other) = all.rules[..i].iter().find(|r| r.name == rule.name) {
                return Err(Error::internal(format_args!(
                    "two rules are called '{}': {} and {}",
                    rule.name, other.place, rule.place
                )));
            }
        }
        Ok(all)
    });
    SHIPPED.as_ref().map_err(Clone::clone)
}

/// Reads one rule file.
///
/// # Errors
/// [`Error::Parse`] with the file's line: a rule without a sentence or class, an unknown op or function, a variable that
/// the left side does not bind.
pub fn read_rules(file: &str, text: &str) -> Result<RuleFile> {
    let mut read = RuleFile::default();
    let mut sentence: Vec<&str> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((i, line)) = lines.next() {
        let wrong = |message: String| Error::Parse { line: i + 1, column: 1, message: format!("{file}: {message}") };
        let line = line.trim();
        if line.is_empty() {
            sentence.clear();
        } else if let Some(words) = line.strip_prefix(';') {
            sentence.push(words.trim());
        } else if let Some(names) = line.strip_prefix("commutative:") {
            for name in names.split_whitespace() {
                let op = Op::named(name).ok_or_else(|| wrong(format!("'{name}' is no op")))?;
                if op.row().operands.len() != 2 {
                    return Err(wrong(format!("'{name}' has not two operands")));
                }
                read.commutative.push(op);
            }
        } else {
            // A rule may go on in lines that are indented.
            let mut rule = line.to_owned();
            while let Some((_, more)) = lines.next_if(|(_, l)| l.starts_with(' ') && !l.trim().is_empty()) {
                rule.push(' ');
                rule.push_str(more.trim());
            }
            let english = sentence.join(" ");
            if !english.ends_with('.') {
                return Err(wrong(format!("no sentence above '{rule}'")));
            }
            let rules = expand(&rule).map_err(&wrong)?.into_iter();
            let rules = rules.map(|text| one_rule(&text, &english, format!("{file}:{}", i + 1)));
            read.rules.extend(rules.collect::<Result<Vec<_>>>().map_err(|e| wrong(e.to_string()))?);
            sentence.clear();
        }
    }
    Ok(read)
}

/// A group of ops: its name, and which rows are in it.
type Group = (&'static str, fn(&Row) -> bool);

/// The groups that `?f:group` stands for.
const GROUPS: &[Group] = &[
    ("unary", |row| {
        let bare = row.class == Class::Elementwise && row.operands.len() == 1 && row.attributes.is_empty();
        bare && (row.samples)().iter().any(|sample| sample.inputs[0].dtype != DType::C64)
    }),
    ("binary", |row| row.class == Class::Elementwise && row.operands.len() == 2 && row.attributes.is_empty()),
];

/// One text for each member of the group that a rule names, the rule itself where it names none.
fn expand(rule: &str) -> std::result::Result<Vec<String>, String> {
    let names_group = |at: &usize| {
        let word = rule[at + 2..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        word.is_some_and(|end| rule[at + 2 + end..].starts_with(':'))
    };
    let Some(at) = rule.match_indices("(?").map(|(i, _)| i).find(names_group) else {
        return Ok(vec![rule.to_owned()]);
    };
    let variable: String = rule[at + 1..].chars().take_while(|c| !c.is_whitespace() && *c != ')').collect();
    let (_, group) = variable.split_once(':').unwrap_or_default();
    let Some((_, member)) = GROUPS.iter().find(|(n, _)| *n == group) else {
        return Err(format!("'{group}' is no group of ops"));
    };
    let (title, body) = rule.split_once(':').ok_or("a rule has a name and a colon")?;
    let texts = Op::rows()
        .filter(|row| member(row))
        .map(|row| format!("{title}-{}:{}", row.name, body.replace(&variable, row.name)));
    Ok(texts.collect())
}

fn one_rule(text: &str, sentence: &str, place: String) -> Result<Rewrite> {
    let internal = |message: &str| Error::internal(format_args!("'{text}': {message}"));
    let (name, rest) = text.split_once(':').ok_or_else(|| internal("a rule has a name and a colon"))?;
    let rest = rest.trim();
    let numerics = [Numerics::Exact, Numerics::Reassoc, Numerics::Fast];
    let class = numerics.into_iter().find_map(|n| Some((n, rest.strip_suffix(&format!("[{n}]"))?)));
    let (numerics, body) = class.ok_or_else(|| internal("a rule ends in [exact], [reassoc] or [fast]"))?;
    let sides = parse_sides(body.trim(), &format!("the rule {name}"))?;
    let height = height(&sides, sides.left);
    if height == 0 {
        return Err(internal("the left side is no call"));
    }
    Ok(Rewrite { name: name.trim().to_owned(), sentence: sentence.to_owned(), place, numerics, sides, height })
}

fn height(sides: &Sides, term: super::pattern::TermId) -> usize {
    match sides.pattern.term(term) {
        Term::Call { operands, .. } => 1 + operands.iter().map(|&t| height(sides, t)).max().unwrap_or(0),
        Term::Variable(_) | Term::Number(_) => 0,
    }
}
