//! A dim as text and back: `s0*2+1`, `(s0+1)//2`, `s0%2`, `s0**2`, `max(s0,4)`, `min(s0,4)`; neither brackets nor a
//! bare comma, so that it stands unambiguously in a shape.
//!
//! Precedence is Python's: `**` (by a literal), unary `-`, then `*`, `//` and `%` from the left, then `+` and `-`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::polynomial::{Atom, Polynomial};
use super::{Dim, Fault, Form, Symbol, simplify};

/// The deepest nesting of parentheses, calls and signs in a text.
const NESTING_LIMIT: usize = 96;
/// The longest text, in bytes.
const LENGTH_LIMIT: usize = 1 << 16;

/// Why a text is not a dim. Positions are byte offsets into the text.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ParseDimError {
    /// The text goes on, or stops, where something else has to stand.
    #[error("size: expected {expected} at byte {position}, found {found}")]
    Unexpected {
        /// What has to stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
        /// Where.
        position: usize,
    },
    /// A number or the index of a symbol does not fit.
    #[error("size: {digits} at byte {position} is larger than {limit}")]
    NumberTooLarge {
        /// The number as written.
        digits: String,
        /// The largest number allowed there.
        limit: i64,
        /// Where.
        position: usize,
    },
    /// A divisor is 0.
    #[error("size: division by 0 at byte {position}")]
    ZeroDivisor {
        /// Where the operator stands.
        position: usize,
    },
    /// The value of what stands before the position does not fit a `Dim`.
    #[error("size: the expression that ends at byte {position} is too large to represent")]
    TooLarge {
        /// Where the expression ends.
        position: usize,
    },
    /// The text nests too deeply.
    #[error("size: nested more than {limit} deep at byte {position}")]
    TooDeep {
        /// The deepest nesting allowed.
        limit: usize,
        /// Where.
        position: usize,
    },
    /// The text is too long.
    #[error("size: the text has {length} bytes, more than {limit}")]
    TooLong {
        /// The length of the text.
        length: usize,
        /// The longest text allowed.
        limit: usize,
    },
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s{}", self.0)
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Known(value) => write!(formatter, "{value}"),
            Form::Symbolic(expression) => write_sum(formatter, &expression.polynomial),
        }
    }
}

fn write_sum(formatter: &mut fmt::Formatter<'_>, polynomial: &Polynomial) -> fmt::Result {
    for (position, term) in polynomial.terms().iter().enumerate() {
        let (negative, magnitude) = (term.is_negative(), term.coefficient.unsigned_abs());
        match (negative, position) {
            (true, _) => formatter.write_str("-")?,
            (false, 0) => {}
            (false, _) => formatter.write_str("+")?,
        }
        if term.monomial.is_one() {
            write!(formatter, "{magnitude}")?;
            continue;
        }
        // A leading sign would bind to the first operand of a bare division.
        let bare = term.monomial.as_atom().is_some() && magnitude == 1 && !(negative && position == 0);
        for (index, factor) in term.monomial.factors().iter().enumerate() {
            if index > 0 {
                formatter.write_str("*")?;
            }
            write_atom(formatter, &factor.atom, bare)?;
            if factor.power > 1 {
                write!(formatter, "**{}", factor.power)?;
            }
        }
        if magnitude != 1 {
            write!(formatter, "*{magnitude}")?;
        }
    }
    Ok(())
}

fn write_atom(formatter: &mut fmt::Formatter<'_>, atom: &Atom, bare: bool) -> fmt::Result {
    match atom {
        Atom::Symbol(symbol) => write!(formatter, "{symbol}"),
        Atom::FloorDiv(left, right) => write_infix(formatter, left, "//", right, bare),
        Atom::Modulo(left, right) => write_infix(formatter, left, "%", right, bare),
        Atom::Max(operands) => {
            let minimum = atom.is_negated_minimum();
            formatter.write_str(if minimum { "min(" } else { "max(" })?;
            // Known operands sort first and print last: max(s0,4).
            let known = operands.iter().filter(|operand| operand.is_known());
            let symbolic = operands.iter().filter(|operand| !operand.is_known());
            for (position, operand) in symbolic.chain(known).enumerate() {
                if position > 0 {
                    formatter.write_str(",")?;
                }
                match minimum {
                    true => write!(formatter, "{}", -operand)?,
                    false => write!(formatter, "{operand}")?,
                }
            }
            formatter.write_str(")")
        }
    }
}

fn write_infix(formatter: &mut fmt::Formatter<'_>, left: &Dim, operator: &str, right: &Dim, bare: bool) -> fmt::Result {
    if !bare {
        formatter.write_str("(")?;
    }
    write_operand(formatter, left)?;
    formatter.write_str(operator)?;
    write_operand(formatter, right)?;
    if !bare {
        formatter.write_str(")")?;
    }
    Ok(())
}

fn write_operand(formatter: &mut fmt::Formatter<'_>, operand: &Dim) -> fmt::Result {
    let stands_alone = match &operand.0 {
        Form::Known(value) => *value >= 0,
        Form::Symbolic(expression) => match expression.polynomial.terms() {
            [term] => {
                term.coefficient.unsigned_abs() == 1
                    && !term.is_negative()
                    && matches!(term.monomial.as_atom(), Some(Atom::Symbol(_) | Atom::Max(_)))
            }
            _ => false,
        },
    };
    if stands_alone { write!(formatter, "{operand}") } else { write!(formatter, "({operand})") }
}

impl FromStr for Dim {
    type Err = ParseDimError;

    /// Reads what `Display` writes, and any other expression of the same operators; spaces may stand between tokens.
    fn from_str(text: &str) -> Result<Dim, ParseDimError> {
        let (dim, rest) = Dim::parse_prefix(text)?;
        if rest.is_empty() {
            return Ok(dim);
        }
        Err(unexpected(text, text.len() - rest.len(), "an operator or the end"))
    }
}

impl Dim {
    /// Reads the longest expression that the text starts with, and returns what follows it: for a reader that meets a
    /// size inside a larger text.
    pub fn parse_prefix(text: &str) -> Result<(Dim, &str), ParseDimError> {
        let mut parser = Parser { text, position: 0, nesting: 0 };
        let dim = parser.sum()?;
        parser.skip_spaces();
        if parser.position > LENGTH_LIMIT {
            return Err(parser.too_long());
        }
        Ok((dim, parser.rest()))
    }
}

fn unexpected(text: &str, position: usize, expected: &'static str) -> ParseDimError {
    ParseDimError::Unexpected {
        expected,
        found: match text.get(position..).and_then(|rest| rest.chars().next()) {
            Some(character) => format!("{character:?}"),
            None => "the end".to_owned(),
        },
        position,
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
    nesting: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start_matches(' ').len();
    }

    /// Consumes a token, spaces before it included.
    fn eat(&mut self, token: &str) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(token);
        if found {
            self.position += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str, expected: &'static str) -> Result<(), ParseDimError> {
        match self.eat(token) {
            true => Ok(()),
            false => Err(unexpected(self.text, self.position, expected)),
        }
    }

    fn too_long(&self) -> ParseDimError {
        ParseDimError::TooLong { length: self.text.len(), limit: LENGTH_LIMIT }
    }

    fn settle(&self, result: Result<Dim, Fault>, operator: usize) -> Result<Dim, ParseDimError> {
        result.map_err(|fault| match fault {
            Fault::ZeroDivisor => ParseDimError::ZeroDivisor { position: operator },
            Fault::TooLarge { .. } => ParseDimError::TooLarge { position: self.position },
        })
    }

    fn sum(&mut self) -> Result<Dim, ParseDimError> {
        let mut sum = self.product()?;
        loop {
            self.skip_spaces();
            let operator = self.position;
            let result = if self.eat("+") {
                sum.try_add(&self.product()?)
            } else if self.eat("-") {
                sum.try_sub(&self.product()?)
            } else {
                return Ok(sum);
            };
            sum = self.settle(result, operator)?;
        }
    }

    fn product(&mut self) -> Result<Dim, ParseDimError> {
        let mut product = self.signed()?;
        loop {
            self.skip_spaces();
            let operator = self.position;
            let result = if self.eat("//") {
                simplify::floor_div(&product, &self.signed()?)
            } else if self.eat("*") {
                product.try_mul(&self.signed()?)
            } else if self.eat("%") {
                simplify::modulo(&product, &self.signed()?)
            } else {
                return Ok(product);
            };
            product = self.settle(result, operator)?;
        }
    }

    fn signed(&mut self) -> Result<Dim, ParseDimError> {
        let operator = self.position;
        if !self.eat("-") {
            return self.power();
        }
        // The one number whose magnitude does not fit.
        const SMALLEST: &str = "9223372036854775808";
        if let Some(rest) = self.rest().strip_prefix(SMALLEST)
            && !rest.starts_with(|next: char| next.is_ascii_digit())
        {
            self.position += SMALLEST.len();
            return Ok(Dim::known(i64::MIN));
        }
        let operand = self.nested(Parser::signed)?;
        self.settle(operand.try_neg(), operator)
    }

    fn power(&mut self) -> Result<Dim, ParseDimError> {
        let base = self.primary()?;
        self.skip_spaces();
        let operator = self.position;
        if !self.eat("**") {
            return Ok(base);
        }
        self.skip_spaces();
        let exponent = self.number(64)?;
        let mut power = Dim::known(1);
        for _ in 0..exponent {
            power = self.settle(power.try_mul(&base), operator)?;
        }
        Ok(power)
    }

    fn primary(&mut self) -> Result<Dim, ParseDimError> {
        const EXPECTED: &str = "a number, a symbol, max(, min( or (";
        self.skip_spaces();
        // Checked where the work happens, so that a long text costs no more than the limit.
        if self.position > LENGTH_LIMIT {
            return Err(self.too_long());
        }
        let start = self.position;
        if self.rest().starts_with(|next: char| next.is_ascii_digit()) {
            return self.number(i64::MAX).map(Dim::known);
        }
        if self.eat("(") {
            let dim = self.nested(Parser::sum)?;
            self.expect(")", "an operator or )")?;
            return Ok(dim);
        }
        if self.eat("max(") {
            let operands = self.nested(Parser::operands)?;
            return self.settle(simplify::max_of(operands), start);
        }
        if self.eat("min(") {
            let operands = self.nested(Parser::operands)?;
            return self.settle(simplify::min_of(operands), start);
        }
        if self.eat("s") && self.rest().starts_with(|next: char| next.is_ascii_digit()) {
            let index = self.number(i64::from(u32::MAX))?;
            // The limit just passed is u32's.
            return Ok(Dim::symbol(Symbol(u32::try_from(index).unwrap_or(u32::MAX))));
        }
        Err(unexpected(self.text, start, EXPECTED))
    }

    /// The operands of a call, its closing parenthesis included: two or more.
    fn operands(&mut self) -> Result<Vec<Dim>, ParseDimError> {
        let mut operands = vec![self.sum()?];
        self.expect(",", "an operator or ,")?;
        loop {
            operands.push(self.sum()?);
            if !self.eat(",") {
                self.expect(")", "an operator, , or )")?;
                return Ok(operands);
            }
        }
    }

    fn number(&mut self, limit: i64) -> Result<i64, ParseDimError> {
        let (rest, position) = (self.rest(), self.position);
        let length = rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest.get(..length).unwrap_or_default();
        if digits.is_empty() {
            return Err(unexpected(self.text, position, "a number"));
        }
        let number = digits.parse().ok().filter(|number| *number <= limit);
        self.position += length;
        number.ok_or_else(|| ParseDimError::NumberTooLarge {
            digits: match digits.len() {
                0..=40 => digits.to_owned(),
                length => format!("a number of {length} digits"),
            },
            limit,
            position,
        })
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ParseDimError>) -> Result<T, ParseDimError> {
        if self.nesting == NESTING_LIMIT {
            return Err(ParseDimError::TooDeep { limit: NESTING_LIMIT, position: self.position });
        }
        self.nesting += 1;
        let result = read(self);
        self.nesting -= 1;
        result
    }
}
