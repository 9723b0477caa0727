//! Signatures of torch functions: parsed once from the text in their rows.

use flashlight_compiler::types::Scalar;

use super::argument::Argument;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A tensor.
    Tensor,
    /// A tensor or a Python number.
    Operand,
    /// A list or tuple of tensors.
    Tensors,
    /// Tensors one by one, as the last positional arguments.
    Each,
    /// A Python number.
    Number,
    /// An integer.
    Int,
    /// A float (an integer is taken too).
    Float,
    /// A truth value.
    Bool,
    /// A sequence of integers, or one integer.
    Ints,
    /// A sequence of real numbers, or one.
    Floats,
    /// As [`Kind::Ints`], where `None` may stand for [`MISSING`].
    Entries,
    /// Sizes: a sequence of integers, or the integers one by one as the last positional arguments.
    Size,
    /// An element type.
    DType,
    /// A device, by object, name or number.
    Device,
    /// A word.
    Text,
    /// A generator.
    Generator,
    /// Whatever the caller gives; the function looks at it itself.
    Any,
}

/// `None` among the integers of an [`Kind::Entries`] argument.
pub const MISSING: i64 = i64::MIN;

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub kind: Kind,
    /// Whether `None` may be given.
    pub optional: bool,
    /// What stands for it where nothing is given.
    pub default: Option<Argument>,
    /// Whether it must be given by keyword.
    pub keyword_only: bool,
}

/// A parsed signature.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The function's name.
    pub name: &'static str,
    /// As it stands in the row, without what is returned.
    pub text: &'static str,
    /// In order.
    pub parameters: Vec<Parameter>,
    /// What the function returns, for the type stubs: `Tensor` where the row says nothing, else a kind, `Tensors`, `Size`,
    /// or `A | B`, where A is what comes when the last parameter is left out.
    pub returns: &'static str,
}

impl Signature {
    /// Parses `(Kind name, Kind? name=default, *, ...) -> returns`. The rows are ours: what does not parse is a fault that the tests of
    /// the table find, and such a parameter takes anything.
    pub fn parse(name: &'static str, text: &'static str) -> Self {
        let (text, returns) = text.split_once(" -> ").unwrap_or((text, "Tensor"));
        let inner = text.trim().trim_start_matches('(').trim_end_matches(')');
        let mut parameters = Vec::new();
        let mut keyword_only = false;
        for part in split(inner) {
            if part == "*" {
                keyword_only = true;
                continue;
            }
            let (declared, default) = match part.split_once('=') {
                Some((declared, default)) => (declared, Some(literal(default.trim()))),
                None => (part, None),
            };
            let (kind, name) = declared.trim().rsplit_once(' ').unwrap_or(("Any", declared.trim()));
            let optional = kind.ends_with('?');
            parameters.push(Parameter {
                name: name.to_owned(),
                kind: Kind::named(kind.trim_end_matches('?')).unwrap_or(Kind::Any),
                optional,
                default,
                keyword_only,
            });
        }
        Self { name, text, parameters, returns }
    }

    /// The place of a parameter.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|p| p.name == name)
    }
}

/// Splits at commas outside brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// A default written out.
fn literal(text: &str) -> Argument {
    match text {
        "None" => Argument::None,
        "True" => Argument::Number(Scalar::Bool(true)),
        "False" => Argument::Number(Scalar::Bool(false)),
        _ if text.starts_with('"') => Argument::Text(text.trim_matches('"').into()),
        _ if text.starts_with('[') => {
            let inner = text.trim_matches(['[', ']']);
            Argument::Ints(inner.split(',').filter_map(|n| n.trim().parse().ok()).collect())
        }
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(n), _) => Argument::Number(Scalar::Int(n)),
            (_, Ok(x)) => Argument::Number(Scalar::Float(x)),
            _ => Argument::None,
        },
    }
}

impl Kind {
    const NAMES: &'static [(&'static str, Kind)] = &[
        ("Tensor", Kind::Tensor),
        ("Operand", Kind::Operand),
        ("Tensors", Kind::Tensors),
        ("each", Kind::Each),
        ("Number", Kind::Number),
        ("int", Kind::Int),
        ("float", Kind::Float),
        ("bool", Kind::Bool),
        ("ints", Kind::Ints),
        ("floats", Kind::Floats),
        ("entries", Kind::Entries),
        ("size", Kind::Size),
        ("dtype", Kind::DType),
        ("device", Kind::Device),
        ("str", Kind::Text),
        ("Generator", Kind::Generator),
        ("Any", Kind::Any),
    ];

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Kind> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, k)| *k)
    }

    /// Its name in signatures.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, k)| *k == self).map_or("Any", |(n, _)| n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_of_the_table_parses() {
        for function in super::super::functions() {
            for overload in function.overloads {
                let (text, returns) = overload.signature.split_once(" -> ").unwrap_or((overload.signature, "Tensor"));
                for part in returns.split(" | ") {
                    assert!(part == "Size" || Kind::named(part).is_some(), "{}{}", function.name, overload.signature);
                }
                let inner = text.trim_start_matches('(').trim_end_matches(')');
                for part in split(inner).into_iter().filter(|p| *p != "*") {
                    let declared = part.split('=').next().unwrap_or_default().trim();
                    let known = declared.split_once(' ').is_some_and(|(k, n)| {
                        Kind::named(k.trim_end_matches('?')).is_some()
                            && n.chars().all(|c| c.is_alphanumeric() || c == '_')
                    });
                    assert!(known, "{}{}: '{part}'", function.name, overload.signature);
                }
            }
        }
    }
}
