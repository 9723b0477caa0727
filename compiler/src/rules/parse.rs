//! Reads rule text into patterns. Rules are ours, so an error here is a fault of ours; it still names line and column.

use std::collections::HashMap;

use super::{
    function::function_named,
    pattern::{AttrTerm, Pattern, Term, TermId},
};
use crate::{
    error::{Error, Result},
    ops::{Attr, AttrKind, Axes, Op},
    types::Scalar,
};

/// `name = term`, `each name = term`, or `name = unknown`.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What is defined.
    pub name: String,
    /// Whether it is said of each operand of a variadic op.
    pub each: bool,
    /// The term; none where what is defined is unknown.
    pub term: Option<TermId>,
}

/// Reads the statements of a rule of `op` over the variables of `pattern`.
///
/// # Errors
/// [`Error::Parse`] with the place of what was not understood.
pub fn parse_statements(text: &str, op: Op, pattern: &mut Pattern) -> Result<Vec<Statement>> {
    let scope = Scope {
        subject: format!("a rule of {op}"),
        attributes: op.row().attributes.iter().map(|a| a.name.to_owned()).collect(),
        binds: false,
    };
    let mut parser = Parser { text, at: 0, scope, pattern, names: HashMap::new() };
    let mut statements = Vec::new();
    loop {
        let mut name = parser.word()?;
        let prefix =
            if name == "let" || name == "each" { Some(std::mem::replace(&mut name, parser.word()?)) } else { None };
        parser.expect('=')?;
        if prefix.is_none() && parser.eat_word("unknown") {
            statements.push(Statement { name: name.to_owned(), each: false, term: None });
        } else {
            let term = parser.term()?;
            if prefix == Some("let") {
                parser.names.insert(name, term);
            } else {
                statements.push(Statement { name: name.to_owned(), each: prefix.is_some(), term: Some(term) });
            }
        }
        if !parser.eat(';') {
            break;
        }
    }
    parser.skip_space();
    if parser.at < text.len() {
        return parser.fail("the end of the rule");
    }
    Ok(statements)
}

/// The two sides of a rewrite over one set of variables.
#[derive(Clone, Debug)]
pub struct Sides {
    /// The left side binds what it names; both sides are terms of this pattern.
    pub pattern: Pattern,
    /// What is looked for.
    pub left: TermId,
    /// What it equals.
    pub right: TermId,
    /// Functions that give a truth value; all must hold.
    pub conditions: Vec<AttrTerm>,
    /// The names of the attributes that the left side binds.
    pub attributes: Vec<String>,
}

/// Reads `lhs => rhs`, or `lhs => rhs if @condition(..) @condition(..)`. In the left side a new `?x` or a new name for an
/// attribute binds it, and `..` binds the attributes that are not written to their own names; in the right side `..`
/// copies them.
///
/// # Errors
/// [`Error::Parse`] with the place of what was not understood: an unknown op, a variable that the left side does not
/// bind.
pub fn parse_sides(text: &str, subject: &str) -> Result<Sides> {
    let mut pattern = Pattern::default();
    let scope = Scope { subject: subject.to_owned(), attributes: Vec::new(), binds: true };
    let mut parser = Parser { text, at: 0, scope, pattern: &mut pattern, names: HashMap::new() };
    let left = parser.term()?;
    parser.scope.binds = false;
    parser.expect('=')?;
    parser.expect('>')?;
    let right = parser.term()?;
    let mut conditions = Vec::new();
    parser.skip_space();
    if parser.at < text.len() {
        if parser.word()? != "if" {
            return parser.fail("'if' or the end of the rule");
        }
        while parser.peek() == Some('@') {
            conditions.push(parser.attr_term(AttrKind::Bool)?);
        }
        parser.skip_space();
        if parser.at < text.len() || conditions.is_empty() {
            return parser.fail("a condition '@name(..)'");
        }
    }
    let attributes = parser.scope.attributes;
    Ok(Sides { pattern, left, right, conditions, attributes })
}

/// Whose rule it is, and which names of attributes it may read.
struct Scope {
    subject: String,
    attributes: Vec<String>,
    /// Whether new names are bound: in the left side of a rewrite.
    binds: bool,
}

impl Scope {
    fn attribute(&mut self, name: &str) -> Option<AttrTerm> {
        let known = self.attributes.iter().position(|a| a == name);
        let at = known.or_else(|| {
            self.binds.then(|| {
                self.attributes.push(name.to_owned());
                self.attributes.len() - 1
            })
        });
        at.map(|i| AttrTerm::Bound(i as u32))
    }
}

struct Parser<'t, 'p> {
    text: &'t str,
    at: usize,
    scope: Scope,
    pattern: &'p mut Pattern,
    names: HashMap<&'t str, TermId>,
}

impl<'t> Parser<'t, '_> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.rest().chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let found = self.rest().strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<()> {
        if self.eat(c) { Ok(()) } else { self.fail(&format!("'{c}'")) }
    }

    fn fail<T>(&self, wanted: &str) -> Result<T> {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        let column = self.at - before.rfind('\n').map_or(0, |i| i + 1) + 1;
        let found: String = self.rest().chars().take(20).collect();
        Err(Error::Parse {
            line,
            column,
            message: format!("in {}: expected {wanted}, found '{found}'", self.scope.subject),
        })
    }

    fn word(&mut self) -> Result<&'t str> {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end == 0 {
            return self.fail("a name");
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn number(&mut self) -> Result<Scalar> {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || ")];,=".contains(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        let scalar = word.parse().map(Scalar::Int).or_else(|_| word.parse().map(Scalar::Float));
        match scalar {
            Ok(x) => {
                self.at += end;
                Ok(x)
            }
            Err(_) => self.fail("a number"),
        }
    }

    fn starts_number(&mut self) -> bool {
        self.peek().is_some_and(|c| c.is_ascii_digit() || c == '-')
    }

    fn term(&mut self) -> Result<TermId> {
        if self.eat('?') {
            let name = self.word()?;
            if let Some(&term) = self.names.get(name) {
                return Ok(term);
            }
            return match self.pattern.variable(name) {
                Some(v) => Ok(self.pattern.add(Term::Variable(v))),
                None if self.scope.binds => {
                    let v = self.pattern.add_variable(name);
                    Ok(self.pattern.add(Term::Variable(v)))
                }
                None => self.fail(&format!("a variable of {}, not '{name}'", self.scope.subject)),
            };
        }
        if self.eat('(') {
            return self.call();
        }
        let number =
            if self.starts_number() { AttrTerm::number(self.number()?) } else { self.attr_term(AttrKind::Scalar)? };
        Ok(self.pattern.add(Term::Number(number)))
    }

    fn call(&mut self) -> Result<TermId> {
        let name = self.word()?;
        let Some(op) = Op::named(name) else { return self.fail(&format!("an op, not '{name}'")) };
        let row = op.row();
        let mut operands = Vec::new();
        let mut attrs: Vec<Option<AttrTerm>> = vec![None; row.attributes.len()];
        while !self.eat(')') {
            if self.peek() == Some('.') && self.rest().starts_with("..") {
                self.at += 2;
                for (attr, spec) in attrs.iter_mut().zip(row.attributes).filter(|(a, _)| a.is_none()) {
                    *attr = self.scope.attribute(spec.name);
                }
                continue;
            }
            let before = self.at;
            let keyword = if self.peek().is_some_and(|c| c.is_ascii_alphabetic()) { self.word().ok() } else { None };
            match keyword {
                Some(keyword) if self.eat('=') => {
                    let Some(i) = row.attributes.iter().position(|a| a.name == keyword) else {
                        return self.fail(&format!("an attribute of {op}, not '{keyword}'"));
                    };
                    attrs[i] = Some(self.attr_term(row.attributes[i].kind)?);
                }
                _ => {
                    self.at = before;
                    operands.push(self.term()?);
                }
            }
        }
        let attrs: Option<Vec<AttrTerm>> = attrs.into_iter().collect();
        let Some(attrs) = attrs else { return self.fail(&format!("every attribute of {op} before here")) };
        if row.is_variadic() || row.operands.len() == operands.len() {
            Ok(self.pattern.add(Term::Call { op, operands, attrs }))
        } else {
            self.fail(&format!("{} operands of {op} before here", row.operands.len()))
        }
    }

    fn attr_term(&mut self, kind: AttrKind) -> Result<AttrTerm> {
        if self.eat('@') {
            let name = self.word()?;
            let Some(function) = function_named(name) else { return self.fail(&format!("a function, not '{name}'")) };
            self.expect('(')?;
            let mut arguments = Vec::new();
            while !self.eat(')') {
                if self.eat('?') {
                    let name = self.word()?;
                    match self.pattern.variable(name) {
                        Some(v) => arguments.push(AttrTerm::TypeOf(v)),
                        None => return self.fail(&format!("a variable of {}, not '{name}'", self.scope.subject)),
                    }
                } else {
                    arguments.push(self.attr_term(AttrKind::Axes)?);
                }
            }
            return Ok(AttrTerm::Computed(function, arguments));
        }
        if self.eat('[') {
            let mut axes = Axes::new();
            while !self.eat(']') {
                match self.number()?.as_i64().and_then(|n| u32::try_from(n).ok()) {
                    Some(axis) => axes.push(axis),
                    None => return self.fail("an axis before here"),
                }
                self.eat(',');
            }
            return Ok(AttrTerm::Literal(Attr::Axes(axes)));
        }
        if self.starts_number() {
            let number = self.number()?;
            return match (kind, number.as_i64().and_then(|n| u32::try_from(n).ok())) {
                (AttrKind::Scalar, _) => Ok(AttrTerm::number(number)),
                (AttrKind::Axis, Some(axis)) => Ok(AttrTerm::Literal(Attr::Axis(axis))),
                _ => self.fail(&format!("a value of kind {kind:?}")),
            };
        }
        let name = self.word()?;
        if let (AttrKind::Bool, Ok(flag)) = (kind, name.parse()) {
            return Ok(AttrTerm::Literal(Attr::Bool(flag)));
        }
        match self.scope.attribute(name) {
            Some(bound) => Ok(bound),
            None => self.fail(&format!("an attribute of {}, not '{name}'", self.scope.subject)),
        }
    }
}
