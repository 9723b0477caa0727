//! Reads the text form of a graph. Every call goes through `GraphBuilder`, so that a graph that parses is typed; what a
//! whole graph must be (states written once, guards that can hold) is `verify`'s.

use std::{collections::HashMap, str::FromStr, sync::Arc};

use super::{
    Emit, Graph, GraphBuilder, Reference, Typed,
    print::is_name_byte,
    verify::{REGION_DEPTH, check_type},
};
use crate::{
    error::{Error, Result},
    ops::{Attr, AttrKind, Attrs, Axes, Op, Row},
    types::{DType, Dim, Scalar, Shape, Type, dim::ParseDimError},
};

/// The longest text, in bytes.
const TEXT_LIMIT: usize = 1 << 28;
/// The most items of one list of axes or sizes.
pub(super) const RANK_LIMIT: usize = 64;

/// Reads one graph.
///
/// # Errors
/// [`Error::Parse`] with the place, what has to stand there and what does; a call that its op's row refuses is one too.
pub fn parse(text: &str) -> Result<Graph> {
    if text.len() > TEXT_LIMIT {
        let message = format!("the text has {} bytes, more than {TEXT_LIMIT}", text.len());
        return Err(Error::Parse { line: 1, column: 1, message });
    }
    let mut parser = Parser { text, at: 0 };
    let graph = parser.graph(0)?;
    parser.end("after the graph")?;
    Ok(graph)
}

impl FromStr for Graph {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse(text)
    }
}

impl FromStr for Type {
    type Err = Error;

    /// Reads what `Display` writes: `f32[128,s0*2]`.
    fn from_str(text: &str) -> Result<Self> {
        let mut parser = Parser { text, at: 0 };
        let (ty, _) = parser.ty()?;
        parser.end("after the type")?;
        Ok(ty)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

/// The values of one graph by name; regions see none of them.
type Scope<'a> = HashMap<&'a str, Reference>;

impl<'a> Parser<'a> {
    // Tokens.

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with(';') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// The place of the next token.
    fn here(&mut self) -> usize {
        self.skip();
        self.at
    }

    fn peek(&mut self, token: &str) -> bool {
        self.skip();
        self.rest().starts_with(token)
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.peek(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// The identifier that comes next, not taken.
    fn peek_word(&mut self) -> Option<&'a str> {
        self.skip();
        let rest = self.rest();
        let starts = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts.then(|| &rest[..name_length(rest)])
    }

    fn eat_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek_word() == Some(keyword);
        if found {
            self.at += keyword.len();
        }
        found
    }

    fn word(&mut self, expected: &str) -> Result<&'a str> {
        match self.peek_word() {
            Some(word) => {
                self.at += word.len();
                Ok(word)
            }
            None => Err(self.unexpected(expected)),
        }
    }

    // Errors.

    fn error(&self, at: usize, message: impl std::fmt::Display) -> Error {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Error::Parse {
            line: before.bytes().filter(|&b| b == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.to_string(),
        }
    }

    /// Something else than `expected` comes next.
    fn unexpected(&mut self, expected: &str) -> Error {
        let at = self.here();
        let rest = self.rest();
        let length = match rest.chars().next() {
            None => return self.error(at, format_args!("expected {expected}, found the end")),
            Some('%' | '@') => 1 + token_length(&rest[1..]),
            Some(_) => token_length(rest),
        };
        let found: String = rest[..length].chars().take(32).collect();
        self.error(at, format_args!("expected {expected}, found {found:?}"))
    }

    fn expect(&mut self, token: &str, place: &str) -> Result<()> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected(&format!("'{token}' {place}"))) }
    }

    fn end(&mut self, place: &str) -> Result<()> {
        self.skip();
        if self.rest().is_empty() { Ok(()) } else { Err(self.unexpected(&format!("the end {place}"))) }
    }

    // Graphs.

    fn graph(&mut self, depth: usize) -> Result<Graph> {
        let at = self.here();
        if !self.eat_keyword("graph") {
            return Err(self.unexpected("'graph'"));
        }
        if depth > REGION_DEPTH {
            return Err(self.error(at, format_args!("regions are nested more than {REGION_DEPTH} deep")));
        }
        let name = match self.eat("@") {
            false => String::new(),
            true if self.rest().starts_with('"') => self.string("the graph's name")?,
            true => self.word("the graph's name")?.to_owned(),
        };
        let (mut builder, mut scope) = (GraphBuilder::new(name), Scope::new());

        self.expect("(", "before the parameters")?;
        while !self.peek(")") {
            self.param(&mut builder, &mut scope)?;
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")", "after the parameters")?;
        self.expect("{", "before the body")?;
        while self.eat_keyword("requires") {
            self.requires(&mut builder)?;
        }
        while !self.eat_keyword("return") {
            self.node(&mut builder, &mut scope, depth)?;
        }
        if self.peek("%") {
            loop {
                let value = self.operand(&scope)?;
                let writes = self.state("writes")?;
                builder.output(&value, writes);
                if !self.eat(",") {
                    break;
                }
            }
        }
        self.expect("}", "after the outputs")?;
        Ok(builder.finish())
    }

    fn param(&mut self, builder: &mut GraphBuilder, scope: &mut Scope<'a>) -> Result<()> {
        let (name, at) = self.value_name()?;
        self.expect(":", "before the parameter's type")?;
        let (ty, type_at) = self.ty()?;
        check_type(&ty).map_err(|message| self.error(type_at, message))?;
        let state = self.state("state")?;
        let value = builder.param(name, ty, state);
        self.define(scope, name, at, value)
    }

    fn requires(&mut self, builder: &mut GraphBuilder) -> Result<()> {
        let a = self.dim()?;
        self.expect("==", "between the sizes")?;
        let b = self.dim()?;
        builder.guard(a, b);
        Ok(())
    }

    /// `{keyword "0.weight"}`, where it stands.
    fn state(&mut self, keyword: &str) -> Result<Option<String>> {
        if !self.eat("{") {
            return Ok(None);
        }
        if !self.eat_keyword(keyword) {
            return Err(self.unexpected(&format!("'{keyword}'")));
        }
        let name = self.string("the state's name")?;
        self.expect("}", "after the state's name")?;
        Ok(Some(name))
    }

    // Nodes.

    fn node(&mut self, builder: &mut GraphBuilder, scope: &mut Scope<'a>, depth: usize) -> Result<()> {
        let mut results = Vec::new();
        if self.peek("%") {
            loop {
                results.push(self.value_name()?);
                if !self.eat(",") {
                    break;
                }
            }
            self.expect("=", "after the results")?;
        }
        let op_at = self.here();
        let expected = if results.is_empty() { "a value, an op or 'return'" } else { "an op" };
        let name = self.word(expected)?;
        if name == "requires" {
            return Err(self.error(op_at, "'requires' stands before the first op"));
        }
        let op = Op::named(name).ok_or_else(|| self.error(op_at, format_args!("{name} is no op")))?;

        let mut operands = Vec::new();
        if self.peek("%") {
            loop {
                operands.push(self.operand(scope)?);
                if !self.eat(",") {
                    break;
                }
            }
        }
        let attrs = self.attrs(op.row(), op_at)?;
        let types_at = self.here();
        let mut types = Vec::new();
        if !results.is_empty() {
            self.expect(":", "before the types of the results")?;
            loop {
                types.push(self.ty()?);
                if !self.eat(",") {
                    break;
                }
            }
        }
        let mut regions = Vec::new();
        if self.eat("{") {
            loop {
                regions.push(Arc::new(self.graph(depth + 1)?));
                if self.eat("}") {
                    break;
                }
            }
        }

        let values = builder.emit_with(op, attrs, &operands, &regions).map_err(|e| match e {
            Error::User { op, message, .. } => self.error(op_at, format_args!("{op}: {message}")),
            other => self.error(op_at, other),
        })?;
        if values.len() != results.len() {
            let (gives, named) = (values.len(), results.len());
            return Err(self.error(op_at, format_args!("results of {op}: {gives}, names written: {named}")));
        }
        if values.len() != types.len() {
            let (gives, given) = (values.len(), types.len());
            return Err(self.error(types_at, format_args!("results of {op}: {gives}, types written: {given}")));
        }
        for ((value, (name, at)), (ty, type_at)) in values.into_iter().zip(results).zip(types) {
            check_type(value.ty()).map_err(|message| self.error(op_at, format_args!("{op}: {message}")))?;
            if *value.ty() != ty {
                return Err(self.error(type_at, format_args!("{op} gives {}, {ty} is written", value.ty())));
            }
            self.define(scope, name, at, value)?;
        }
        Ok(())
    }

    /// `name=value` for every attribute of the row, in any order.
    fn attrs(&mut self, row: &Row, op_at: usize) -> Result<Attrs> {
        let mut given: Vec<Option<Attr>> = vec![None; row.attributes.len()];
        while let Some(name) = self.peek_word() {
            let at = self.at;
            self.at += name.len();
            if !self.peek("=") {
                // The next node, without results.
                self.at = at;
                break;
            }
            self.expect("=", "after the attribute")?;
            let Some(i) = row.attributes.iter().position(|spec| spec.name == name) else {
                return Err(self.error(at, format_args!("{} has no attribute '{name}'", row.name)));
            };
            if given[i].is_some() {
                return Err(self.error(at, format_args!("attribute '{name}' is given twice")));
            }
            given[i] = Some(self.attr(row.attributes[i].kind)?);
        }
        let attrs = row.attributes.iter().zip(given).map(|(spec, attr)| {
            attr.ok_or_else(|| self.error(op_at, format_args!("{} lacks its attribute '{}'", row.name, spec.name)))
        });
        attrs.collect()
    }

    fn attr(&mut self, kind: AttrKind) -> Result<Attr> {
        Ok(match kind {
            AttrKind::Bool if self.eat_keyword("true") => Attr::Bool(true),
            AttrKind::Bool if self.eat_keyword("false") => Attr::Bool(false),
            AttrKind::Bool => return Err(self.unexpected("true or false")),
            AttrKind::Axis => Attr::Axis(self.axis()?),
            AttrKind::Axes => Attr::Axes(Axes::from_vec(self.list(Self::axis)?)),
            AttrKind::Dim => Attr::Dim(self.dim()?),
            AttrKind::Dims => Attr::Dims(Shape::from_vec(self.list(Self::dim)?)),
            AttrKind::DType => Attr::DType(self.dtype()?),
            AttrKind::Scalar => Attr::Scalar(self.scalar()?),
            AttrKind::Name => Attr::Name(self.string("a word in quotes")?.into()),
        })
    }

    // Values.

    /// `%name`, without the `%`, and its place.
    fn value_name(&mut self) -> Result<(&'a str, usize)> {
        let at = self.here();
        let length = name_length(self.rest().get(1..).unwrap_or_default());
        if !self.peek("%") || length == 0 {
            return Err(self.unexpected("a value"));
        }
        let name = &self.rest()[1..=length];
        self.at += 1 + length;
        Ok((name, at))
    }

    fn operand(&mut self, scope: &Scope<'a>) -> Result<Reference> {
        let (name, at) = self.value_name()?;
        scope.get(name).cloned().ok_or_else(|| self.error(at, format_args!("%{name} is not defined before this use")))
    }

    fn define(&self, scope: &mut Scope<'a>, name: &'a str, at: usize, value: Reference) -> Result<()> {
        match scope.insert(name, value) {
            Some(_) => Err(self.error(at, format_args!("%{name} is defined twice"))),
            None => Ok(()),
        }
    }

    // Types and attributes.

    fn ty(&mut self) -> Result<(Type, usize)> {
        let at = self.here();
        let dtype = self.dtype()?;
        let shape = Shape::from_vec(self.list(Self::dim)?);
        Ok((Type { dtype, shape }, at))
    }

    fn dtype(&mut self) -> Result<DType> {
        let at = self.here();
        let name = self.word("an element type")?;
        name.parse().map_err(|e| self.error(at, e))
    }

    fn list<T>(&mut self, item: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let at = self.here();
        self.expect("[", "before the list")?;
        let mut items = Vec::new();
        while !self.peek("]") {
            if items.len() == RANK_LIMIT {
                return Err(self.error(at, format_args!("the list has more than {RANK_LIMIT} items")));
            }
            items.push(item(self)?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect("]", "after the list")?;
        Ok(items)
    }

    fn axis(&mut self) -> Result<u32> {
        self.skip();
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        match rest[..length].parse() {
            Ok(axis) => {
                self.at += length;
                Ok(axis)
            }
            Err(_) => Err(self.unexpected("an axis (a number from 0)")),
        }
    }

    fn dim(&mut self) -> Result<Dim> {
        let at = self.here();
        match Dim::parse_prefix(self.rest()) {
            Ok((dim, rest)) => {
                self.at = self.text.len() - rest.len();
                Ok(dim)
            }
            Err(ParseDimError::Unexpected { expected, position, .. }) => {
                self.at = at + position;
                Err(self.unexpected(expected))
            }
            Err(ParseDimError::NumberTooLarge { digits, limit, position }) => {
                Err(self.error(at + position, format_args!("{digits} is larger than {limit}")))
            }
            Err(ParseDimError::ZeroDivisor { position }) => Err(self.error(at + position, "division by 0")),
            Err(ParseDimError::TooLarge { .. }) => Err(self.error(at, "the size is too large to represent")),
            Err(e) => Err(self.error(at, e)),
        }
    }

    fn scalar(&mut self) -> Result<Scalar> {
        let at = self.here();
        let rest = self.rest();
        let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'));
        let mut length = rest.find(end).unwrap_or(rest.len());
        if rest[length..].starts_with('(') {
            length = rest.find(')').map_or(length, |i| i + 1);
        }
        if length == 0 {
            return Err(self.unexpected("a number"));
        }
        let scalar = rest[..length].parse().map_err(|e| self.error(at, e))?;
        self.at += length;
        Ok(scalar)
    }

    /// A string in quotes, with the escapes that the printer writes.
    fn string(&mut self, expected: &str) -> Result<String> {
        let at = self.here();
        if !self.eat("\"") {
            return Err(self.unexpected(&format!("{expected} in quotes")));
        }
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                return Err(self.error(at, "the string has no closing quote"));
            };
            let (c, length) = match c {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\n' => return Err(self.error(at, "the string has no closing quote on its line")),
                '\\' => escape(rest).ok_or_else(|| self.error(self.at, "unknown escape in a string"))?,
                c => (c, c.len_utf8()),
            };
            text.push(c);
            self.at += length;
        }
    }
}

/// The character that an escape stands for, and its length in the text.
fn escape(text: &str) -> Option<(char, usize)> {
    match text.as_bytes().get(1)? {
        b'"' => Some(('"', 2)),
        b'\\' => Some(('\\', 2)),
        b'n' => Some(('\n', 2)),
        b'u' => {
            let digits = text.strip_prefix("\\u{")?.split_once('}')?.0;
            let code =
                u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() <= 6 && !digits.starts_with('+'))?;
            Some((char::from_u32(code)?, digits.len() + 4))
        }
        _ => None,
    }
}

/// The length of the name or of the character that a text starts with.
fn token_length(text: &str) -> usize {
    name_length(text).max(text.chars().next().map_or(0, char::len_utf8))
}

/// The length of the name that a text starts with.
fn name_length(text: &str) -> usize {
    text.bytes().take_while(|&b| is_name_byte(b)).count()
}
