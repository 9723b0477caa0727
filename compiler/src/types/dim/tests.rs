//! The behaviour of `Dim`: its normal forms by example, and its arithmetic against direct evaluation on random trees.

#![allow(clippy::expect_used)]

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use proptest::prelude::*;

use super::*;

fn dim(text: &str) -> Dim {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Each text on the left prints as the text on the right, which parses to the same dim and prints as itself.
fn assert_normal_forms(cases: &[(&str, &str)]) {
    for (text, normal) in cases {
        assert_eq!(dim(text).to_string(), *normal, "{text}");
        assert_eq!(dim(normal).to_string(), *normal, "{text} printed");
        assert_eq!(dim(normal), dim(text), "{text} printed and parsed");
    }
}

#[test]
fn a_dim_takes_sixteen_bytes() {
    assert_eq!(size_of::<Dim>(), 16);
    assert_eq!(size_of::<Option<Dim>>(), 16);
}

#[test]
fn polynomials_have_one_form() {
    assert_normal_forms(&[
        ("1+s0*2", "s0*2+1"),
        ("s1*s0+s0*s1", "s0*s1*2"),
        ("(s0+1)*(s0-1)", "s0**2-1"),
        ("s0-s0", "0"),
        ("4-s0", "-s0+4"),
        ("-s0*2", "-s0*2"),
        ("-(s0-s1)", "-s0+s1"),
        ("s0 * 3 - 2 * s0", "s0"),
        ("s1+s0+s0**2+s0*s1+s1*s1", "s0**2+s0*s1+s1**2+s0+s1"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("2**10", "1024"),
        ("-2**2", "-4"),
        ("s3**0", "1"),
    ]);
}

#[test]
fn floor_divisions_simplify() {
    assert_normal_forms(&[
        ("7//2", "3"),
        ("-7//2", "-4"),
        ("7//-2", "-4"),
        ("s0//1", "s0"),
        ("0//s0", "0"),
        ("s0//s0", "1"),
        ("s0*6//3", "s0*2"),
        ("s0*s1*4//(s1*2)", "s0*2"),
        ("(s0*4+3)//4", "s0"),
        ("(s0*4-1)//4", "s0-1"),
        ("(s0*4+s1%4)//4", "s0"),
        ("(s0-1)//2+1", "(s0+1)//2"),
        ("-(-s0//4)", "(s0+3)//4"),
        ("-(-s0//s1)", "(s0-1)//s1+1"),
        ("(s0+s1-1)//s1", "(s0-1)//s1+1"),
        ("s0*3//4", "(s0*3)//4"),
        ("s0*4//6", "(s0*2)//3"),
        ("(s0*4+3)//6", "(s0*2+1)//3"),
        ("s0//2//3", "s0//6"),
        ("(s0//2+1)//3", "(s0+2)//6"),
        ("s0//(-2)", "-((s0+1)//2)"),
        ("s0//(-s1)", "-((s0-1)//s1)-1"),
        ("s0//(s0+1)", "0"),
        ("(s0+1)//s0", "1"),
        ("(s0**2-1)//(s0-1)", "s0+1"),
        ("(s0-s0%8)//8", "s0//8"),
        ("s0*(s1//2)", "s0*(s1//2)"),
        ("(s1//2)*s0*3", "s0*(s1//2)*3"),
        ("(s0//2)**2", "(s0//2)**2"),
        ("s1-s0//2", "s1-s0//2"),
        ("s0//(s1//2)", "s0//(s1//2)"),
        ("s0//(s1-s2)", "s0//(s1-s2)"),
    ]);
}

#[test]
fn remainders_simplify() {
    assert_normal_forms(&[
        ("7%3", "1"),
        ("-7%3", "2"),
        ("7%-3", "-2"),
        ("s0%1", "0"),
        ("s0%s0", "0"),
        ("s0*6%3", "0"),
        ("(s0*4+3)%4", "3"),
        ("(s0*4+s1)%4", "s1%4"),
        ("(s0-1)%4", "(s0+3)%4"),
        ("(s0*2)%6", "(s0%3)*2"),
        ("(s0*2+1)%6", "(s0%3)*2+1"),
        ("s0%8%4", "s0%4"),
        ("s0%4%8", "s0%4"),
        ("(s0%4+s1)%4", "(s0+s1)%4"),
        ("s0%(-4)", "-((-s0)%4)"),
        ("s0%(s0+1)", "s0"),
        ("s1-s0%2", "s1-s0%2"),
        ("s0%2+1", "s0%2+1"),
    ]);
}

#[test]
fn maxima_and_minima_simplify() {
    assert_normal_forms(&[
        ("max(3,5)", "5"),
        ("min(3,5)", "3"),
        ("max(s0,s0)", "s0"),
        ("max(s0,2)", "s0"),
        ("max(s0,1,0)", "s0"),
        ("max(4,s0)", "max(s0,4)"),
        ("max(max(s0,s1),max(s2,4))", "max(s0,s1,s2,4)"),
        ("max(s0*s1,s0)", "s0*s1"),
        ("max(s0,s0//2)", "s0"),
        ("min(s0//2,s0)", "s0//2"),
        ("min(s0%s1,s1)", "s0%s1"),
        ("max(s0-1,0)", "s0-1"),
        ("max(s0-3,0)", "max(s0-3,0)"),
        ("max(s0*2,6)", "max(s0,3)*2"),
        ("min(s0,4)", "min(s0,4)"),
        ("min(s0,s1)", "min(s0,s1)"),
        ("-min(s0,4)*2", "-min(s0,4)*2"),
        ("s1-min(s0,4)", "s1-min(s0,4)"),
        ("max(max(s0*2,s1*2),5)", "max(s0*2,s1*2,5)"),
        ("min(s0,9223372036854775807)", "s0"),
        ("min(9223372036854775807,s0*2+1,5)", "5"),
        ("min(s0,4)**2", "min(s0,4)**2"),
        ("min(s0,4)//3", "min(s0,4)//3"),
        ("-min(s0,4)//s1", "-((min(s0,4)-1)//s1)-1"),
        ("s1//min(s0,4)", "s1//min(s0,4)"),
        ("s1%min(s0,4)", "s1%min(s0,4)"),
        ("min(4,s0)+(s0-min(s0,4))", "s0"),
        ("max(min(s0,4),0)", "min(s0,4)"),
        ("max(-s0,s1-9)", "max(-s0,s1-9)"),
    ]);
}

#[test]
fn exact_division_divides_polynomials_only_where_it_is_proved() {
    let quotient = |a: &str, b: &str| dim(a).exact_div(&dim(b)).map(|q| q.to_string());
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(quotient("12", "4"), some("3"));
    assert_eq!(quotient("12", "5"), None);
    assert_eq!(quotient("12", "0"), None);
    assert_eq!(quotient("0", "s0"), some("0"));
    assert_eq!(quotient("s0*6", "3"), some("s0*2"));
    assert_eq!(quotient("s0*6+3", "3"), some("s0*2+1"));
    assert_eq!(quotient("s0*6+1", "3"), None);
    assert_eq!(quotient("s0*s1*4", "s1*2"), some("s0*2"));
    assert_eq!(quotient("s0*s1", "s2"), None);
    assert_eq!(quotient("s0**2-s1**2", "s0+s1"), some("s0-s1"));
    assert_eq!(quotient("(s0//2)*6", "s0//2"), some("6"));
    assert_eq!(quotient("s0-s0%8", "8"), some("s0//8"));
    assert_eq!(dim("-9223372036854775808").exact_div(&dim("-1")), None);
}

#[test]
fn bounds_hold_for_all_symbols_of_at_least_two() {
    let bounds = |text: &str| (dim(text).lower_bound(), dim(text).upper_bound());
    assert_eq!(bounds("7"), (Some(7), Some(7)));
    assert_eq!(bounds("s0"), (Some(2), None));
    assert_eq!(bounds("-s0"), (None, Some(-2)));
    assert_eq!(bounds("s0*s1-s0"), (Some(2), None));
    assert_eq!(bounds("s0-s1"), (None, None));
    assert_eq!(bounds("s0%8"), (Some(0), Some(7)));
    assert_eq!(bounds("s0//2"), (Some(1), None));
    assert_eq!(bounds("s0-(s0//2)*2"), (Some(0), Some(1)));
    assert_eq!(bounds("min(s0,4)"), (Some(2), Some(4)));
    assert!(dim("s0*s1").is_at_least(&dim("s0+s1")));
    assert!(!dim("s0").is_at_least(&dim("s1")));
}

#[test]
fn known_arithmetic_saturates_and_its_checked_form_refuses() {
    let (largest, smallest) = (Dim::known(i64::MAX), Dim::known(i64::MIN));
    assert_eq!(&largest + 1, i64::MAX);
    assert_eq!(&smallest - 1, i64::MIN);
    assert_eq!(&largest * -2, i64::MIN);
    assert_eq!(-&smallest, i64::MAX);
    assert_eq!(smallest.floor_div(&Dim::known(-1)), i64::MAX);
    assert_eq!(smallest.modulo(&Dim::known(-1)), 0);
    assert_eq!(largest.checked_add(&Dim::known(1)), None);
    assert_eq!(largest.checked_sub(&Dim::known(-1)), None);
    assert_eq!(largest.checked_mul(&Dim::known(2)), None);
    assert_eq!(smallest.checked_floor_div(&Dim::known(-1)), None);
    assert_eq!(Dim::from(usize::MAX), i64::MAX);
}

#[test]
fn symbolic_arithmetic_saturates_and_its_checked_form_refuses() {
    let huge = Dim::symbol(Symbol(0)) * (i64::MAX - 1);
    assert_eq!(huge.checked_add(&Dim::symbol(Symbol(0))), None);
    assert_eq!(&huge + Dim::symbol(Symbol(0)), i64::MAX);
    assert_eq!(&huge * -2, i64::MIN);
    assert_eq!(&huge * Dim::known(0), 0);
    assert_eq!(Dim::symbol(Symbol(0)).checked_add(&Dim::known(i64::MIN)), None);
    let mut power = Dim::symbol(Symbol(0));
    for _ in 0..40 {
        power = &power * &power;
    }
    assert_eq!(power, i64::MAX);
}

#[test]
fn a_saturated_dim_stays_saturated() {
    let (largest, smallest, symbol) = (Dim::known(i64::MAX), Dim::known(i64::MIN), Dim::symbol(Symbol(0)));
    for result in [&largest + &symbol, &largest - &symbol, &largest * &symbol, largest.floor_div(&symbol)] {
        assert_eq!(result, i64::MAX);
    }
    assert_eq!(&smallest * &symbol, i64::MIN);
    assert_eq!(Dim::max(&symbol, &largest), i64::MAX);
    assert_eq!(Dim::max(&symbol, &smallest), symbol);
    assert_eq!(Dim::min(&symbol, &largest), symbol);
    assert_eq!(Dim::min(&symbol, &smallest), i64::MIN);
}

#[test]
fn division_by_a_known_zero_is_refused() {
    for text in ["4", "s0"] {
        assert_eq!(dim(text).checked_floor_div(&Dim::known(0)), None);
        assert_eq!(dim(text).checked_modulo(&Dim::known(0)), None);
        assert_eq!(dim(text).floor_div(&Dim::known(0)), i64::MAX);
        assert_eq!(dim(text).modulo(&Dim::known(0)), i64::MAX);
    }
}

#[test]
fn growth_ends_in_a_refusal() {
    let mut nested = Dim::symbol(Symbol(0));
    for index in 1..100 {
        nested = nested.modulo(&Dim::symbol(Symbol(index)));
    }
    assert_eq!(nested.checked_modulo(&Dim::symbol(Symbol(100))), None);
    let factors = (0..40).map(|index| Dim::symbol(Symbol(index)) + 1);
    assert_eq!(factors.product::<Dim>(), i64::MAX);
    let wide = (0..500).map(|index| Dim::symbol(Symbol(index)));
    assert_eq!(wide.sum::<Dim>().symbols().len(), 500);
}

#[test]
fn the_deepest_dim_prints_and_parses() {
    for wrap in [
        |inner: &Dim, other: &Dim| other.checked_modulo(&-inner),
        |inner: &Dim, other: &Dim| (-inner - 7).checked_max(&(other * -3))?.checked_floor_div(&(other - 1)),
    ] {
        let mut deepest = Dim::symbol(Symbol(0));
        for index in 1.. {
            match wrap(&deepest, &Dim::symbol(Symbol(index))) {
                Some(next) => deepest = next,
                None => break,
            }
        }
        assert!(deepest.symbols().len() > 10, "{deepest}");
        assert_eq!(deepest.to_string().parse::<Dim>(), Ok(deepest));
    }
}

#[test]
fn both_spellings_of_max_mean_the_larger_size() {
    let (known, symbol) = (Dim::known(1), Dim::symbol(Symbol(0)));
    assert!(known < symbol, "the structural order puts known dims first");
    assert_eq!(Ord::max(Dim::known(9), symbol.clone()).to_string(), "max(s0,9)");
    assert_eq!(Ord::min(known.clone(), symbol.clone()), known);
    assert_eq!(symbol.clone().clamp(known, Dim::known(2)), 2);
}

#[test]
fn substitution_replaces_all_symbols_at_once() {
    let swap = |symbol: Symbol| match symbol {
        Symbol(0) => Some(dim("s1")),
        Symbol(1) => Some(dim("s0")),
        _ => None,
    };
    let swapped = dim("s0**2+s1//3+max(s0-s1,s2)").substitute(&swap);
    assert_eq!(swapped, dim("s1**2+s0//3+max(s1-s0,s2)"));
    let known = |_: Symbol| Some(Dim::known(5));
    assert_eq!(dim("s0**2+s1//3").substitute(&known), 26);
    assert_eq!(dim("s2//(s0-s1)").checked_substitute(&known), None);
}

#[test]
fn evaluation_refuses_missing_symbols_and_zero_divisors() {
    let five = |symbol: Symbol| (symbol.0 < 2).then_some(5);
    assert_eq!(dim("s0*s1+1").evaluate(&five), Some(26));
    assert_eq!(dim("s2").evaluate(&five), None);
    assert_eq!(dim("s2//(s0-s1)").evaluate(&|_| Some(5)), None);
    assert_eq!(dim("s0**40").evaluate(&five), None);
    assert_eq!(dim("-s0%3").evaluate(&five), Some(1));
}

#[test]
fn symbols_inside_operands_are_found() {
    let found: Vec<u32> = dim("s4//s1+max(s3,s0%7)*s9").symbols().into_iter().map(|symbol| symbol.0).collect();
    assert_eq!(found, [0, 1, 3, 4, 9]);
}

#[test]
fn parse_errors_say_what_and_where() {
    let cases = [
        ("", "size: expected a number, a symbol, max(, min( or ( at byte 0, found the end"),
        ("s0+", "size: expected a number, a symbol, max(, min( or ( at byte 3, found the end"),
        ("s0/2", "size: expected an operator or the end at byte 2, found '/'"),
        ("s0 s1", "size: expected an operator or the end at byte 3, found 's'"),
        ("(s0", "size: expected an operator or ) at byte 3, found the end"),
        ("max(s0)", "size: expected an operator or , at byte 6, found ')'"),
        ("t0", "size: expected a number, a symbol, max(, min( or ( at byte 0, found 't'"),
        ("é", "size: expected a number, a symbol, max(, min( or ( at byte 0, found 'é'"),
        ("s4294967296", "size: 4294967296 at byte 1 is larger than 4294967295"),
        ("9223372036854775808", "size: 9223372036854775808 at byte 0 is larger than 9223372036854775807"),
        ("s0**65", "size: 65 at byte 4 is larger than 64"),
        ("1+s0//(2-2)", "size: division by 0 at byte 4"),
        ("s0%0", "size: division by 0 at byte 2"),
        ("s0*9223372036854775806*2+1", "size: the expression that ends at byte 24 is too large to represent"),
    ];
    for (text, message) in cases {
        match text.parse::<Dim>() {
            Ok(dim) => panic!("{text} parses to {dim}"),
            Err(error) => assert_eq!(error.to_string(), message, "{text}"),
        }
    }
}

#[test]
fn a_prefix_ends_where_the_expression_does() {
    let (dim, rest) = Dim::parse_prefix("max(s0, 4) , s1]").expect("a dim");
    assert_eq!((dim.to_string().as_str(), rest), ("max(s0,4)", ", s1]"));
}

#[test]
fn hostile_texts_are_refused_within_bounds() {
    let parens = format!("{}s0{}", "(".repeat(50_000), ")".repeat(50_000));
    let signs = format!("{}s0", "-".repeat(50_000));
    let calls = format!("{}s0", "max(".repeat(50_000));
    for text in [parens, signs, calls] {
        let error = text.parse::<Dim>();
        assert!(matches!(error, Err(ParseDimError::TooDeep { .. })), "{error:?}");
    }
    let error = "s0+".repeat(1 << 20).parse::<Dim>();
    assert!(matches!(error, Err(ParseDimError::TooLong { .. })), "{error:?}");
    let product = (0..200).map(|i| format!("(s{i}+1)*")).collect::<String>() + "1";
    let error = product.parse::<Dim>();
    assert!(matches!(error, Err(ParseDimError::TooLarge { .. })), "{error:?}");
    let digits = "9".repeat(60_000).parse::<Dim>();
    assert!(digits.is_err_and(|error| error.to_string().len() < 100));
    // Many operands, each of which has to be compared with the others.
    let operands: Vec<String> =
        (0..32).map(|i| format!("(s{i}*s{}+s{}//3)%(s5+s{i}*7)-max(s{i}%5,s8)", i + 1, i + 2)).collect();
    dim(&format!("max({})", operands.join(",")));
    let many = format!("max({})", (0..33).map(|i| format!("s{i}")).collect::<Vec<_>>().join(","));
    let error = many.parse::<Dim>();
    assert!(matches!(error, Err(ParseDimError::TooLarge { .. })), "{error:?}");
}

#[test]
fn serde_writes_integers_and_texts() {
    let dims = vec![Dim::known(-3), dim("s0*2+1")];
    let text = serde_json::to_string(&dims).expect("serialisable");
    assert_eq!(text, r#"[-3,"s0*2+1"]"#);
    assert_eq!(serde_json::from_str::<Vec<Dim>>(&text).expect("readable"), dims);
    for refused in ["1.5", "\"s0//0\"", "18446744073709551615", "null"] {
        assert!(serde_json::from_str::<Dim>(refused).is_err(), "{refused}");
    }
}

#[test]
fn operators_take_owned_borrowed_and_integer_operands() {
    let a = Dim::symbol(Symbol(0));
    let mut sum = &a + &a + a.clone() + 1 + (2 - &a) * 2;
    sum += 3;
    sum *= &a;
    sum -= a.clone() * 4;
    assert_eq!(sum, dim("s0**2+s0*4"));
    assert_eq!([&a, &Dim::known(2)].into_iter().product::<Dim>(), dim("s0*2"));
    assert_eq!(a.ceil_div(&Dim::known(4)), dim("(s0+3)//4"));
    assert!(Dim::from(4) == 4 && 4 == Dim::from(4_usize) && Dim::from(Symbol(0)) == a);
}

/// An expression as written, before any normal form.
#[derive(Clone, Debug)]
enum Tree {
    Known(i64),
    Symbol(u32),
    Binary(Operator, Box<Tree>, Box<Tree>),
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Add,
    Sub,
    Mul,
    FloorDiv,
    Modulo,
    Max,
    Min,
}

impl Tree {
    fn build(&self) -> Option<Dim> {
        match self {
            Tree::Known(value) => Some(Dim::known(*value)),
            Tree::Symbol(index) => Some(Dim::symbol(Symbol(*index))),
            Tree::Binary(operator, left, right) => {
                let (left, right) = (left.build()?, right.build()?);
                match operator {
                    Operator::Add => left.checked_add(&right),
                    Operator::Sub => left.checked_sub(&right),
                    Operator::Mul => left.checked_mul(&right),
                    Operator::FloorDiv => left.checked_floor_div(&right),
                    Operator::Modulo => left.checked_modulo(&right),
                    Operator::Max => left.checked_max(&right),
                    Operator::Min => left.checked_min(&right),
                }
            }
        }
    }

    fn saturating_build(&self) -> Dim {
        match self {
            Tree::Known(value) => Dim::known(*value),
            Tree::Symbol(index) => Dim::symbol(Symbol(*index)),
            Tree::Binary(operator, left, right) => {
                let (left, right) = (left.saturating_build(), right.saturating_build());
                match operator {
                    Operator::Add => left + right,
                    Operator::Sub => left - right,
                    Operator::Mul => left * right,
                    Operator::FloorDiv => left.floor_div(&right),
                    Operator::Modulo => left.modulo(&right),
                    Operator::Max => Dim::max(&left, &right),
                    Operator::Min => Dim::min(&left, &right),
                }
            }
        }
    }

    fn evaluate(&self, values: &[i64]) -> Option<i128> {
        match self {
            Tree::Known(value) => Some(i128::from(*value)),
            Tree::Symbol(index) => Some(i128::from(values[*index as usize])),
            Tree::Binary(operator, left, right) => {
                let (left, right) = (left.evaluate(values)?, right.evaluate(values)?);
                match operator {
                    Operator::Add => left.checked_add(right),
                    Operator::Sub => left.checked_sub(right),
                    Operator::Mul => left.checked_mul(right),
                    Operator::FloorDiv => floor(left, right),
                    Operator::Modulo => Some(left - floor(left, right)? * right),
                    Operator::Max => Some(left.max(right)),
                    Operator::Min => Some(left.min(right)),
                }
            }
        }
    }
}

/// The floor by Euclid's quotient, so not by the code under test.
fn floor(left: i128, right: i128) -> Option<i128> {
    let quotient = left.checked_div_euclid(right)?;
    let rounds_up = right < 0 && left.rem_euclid(right) != 0;
    Some(if rounds_up { quotient - 1 } else { quotient })
}

const SYMBOLS: u32 = 4;

fn trees() -> impl Strategy<Value = Tree> {
    trees_over((-12..=12_i64).boxed())
}

fn extreme_trees() -> impl Strategy<Value = Tree> {
    let number = prop_oneof![
        Just(0),
        Just(i64::MAX),
        Just(i64::MAX - 1),
        Just(i64::MIN),
        Just(i64::MIN + 1),
        any::<i64>(),
        -3..=3_i64,
    ];
    trees_over(number.boxed())
}

fn trees_over(numbers: BoxedStrategy<i64>) -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        1 => numbers.prop_map(Tree::Known),
        2 => (0..SYMBOLS).prop_map(Tree::Symbol),
    ];
    leaf.prop_recursive(6, 24, 2, |inner| {
        let operator = prop_oneof![
            3 => Just(Operator::Add),
            2 => Just(Operator::Sub),
            2 => Just(Operator::Mul),
            3 => Just(Operator::FloorDiv),
            2 => Just(Operator::Modulo),
            1 => Just(Operator::Max),
            1 => Just(Operator::Min),
        ];
        (operator, inner.clone(), inner)
            .prop_map(|(operator, left, right)| Tree::Binary(operator, left.into(), right.into()))
    })
}

fn values() -> impl Strategy<Value = Vec<i64>> {
    let small = prop_oneof![2 => 2..=6_i64, 1 => 2..=40_i64, 1 => 2..=5000_i64];
    prop::collection::vec(small, SYMBOLS as usize)
}

fn hash(dim: &Dim) -> u64 {
    let mut hasher = DefaultHasher::new();
    dim.hash(&mut hasher);
    hasher.finish()
}

fn evaluate(dim: &Dim, values: &[i64]) -> Option<i64> {
    dim.evaluate(&|symbol| values.get(symbol.0 as usize).copied())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_normal_form_has_the_value_of_the_tree(tree in trees(), values in prop::collection::vec(values(), 8)) {
        let Some(dim) = tree.build() else { return Ok(()) };
        for values in values {
            // A tree without a value (a divisor that is 0) may have a normal form with one.
            if let Some(direct) = tree.evaluate(&values).and_then(|value| i64::try_from(value).ok()) {
                prop_assert_eq!(evaluate(&dim, &values), Some(direct), "{} at {:?}", dim, values);
            }
        }
    }

    #[test]
    fn printing_and_parsing_are_inverse(tree in trees()) {
        let Some(dim) = tree.build() else { return Ok(()) };
        let text = dim.to_string();
        let parsed: Dim = match text.parse() {
            Ok(parsed) => parsed,
            Err(error) => return Err(TestCaseError::fail(format!("{text}: {error}"))),
        };
        prop_assert_eq!(&parsed, &dim);
        prop_assert_eq!(parsed.to_string(), text);
        prop_assert_eq!(hash(&parsed), hash(&dim));
    }

    #[test]
    fn normal_forms_are_their_own(tree in trees()) {
        let Some(dim) = tree.build() else { return Ok(()) };
        prop_assert_eq!(dim.checked_substitute(&|_| None), Some(dim));
    }

    #[test]
    fn substitution_agrees_with_evaluation(tree in trees(), values in values()) {
        let Some(dim) = tree.build() else { return Ok(()) };
        let known = dim.checked_substitute(&|symbol| values.get(symbol.0 as usize).map(|value| Dim::known(*value)));
        if let (Some(known), Some(value)) = (known, evaluate(&dim, &values)) {
            prop_assert_eq!(known, value);
        }
    }

    #[test]
    fn values_stay_inside_the_bounds(tree in trees(), values in prop::collection::vec(values(), 8)) {
        let Some(dim) = tree.build() else { return Ok(()) };
        let (low, high) = (dim.lower_bound(), dim.upper_bound());
        for values in values {
            if let Some(value) = evaluate(&dim, &values) {
                prop_assert!(low.is_none_or(|low| low <= value), "{} is {} at {:?}, below {:?}", dim, value, values, low);
                prop_assert!(high.is_none_or(|high| value <= high), "{} is {} at {:?}, above {:?}", dim, value, values, high);
            }
        }
    }

    #[test]
    fn sums_and_products_form_a_ring(a in trees(), b in trees(), c in trees()) {
        let (Some(a), Some(b), Some(c)) = (a.build(), b.build(), c.build()) else { return Ok(()) };
        let same = |left: Option<Dim>, right: Option<Dim>| match (left, right) {
            (Some(left), Some(right)) => {
                prop_assert_eq!(hash(&left), hash(&right));
                prop_assert_eq!(left, right);
                Ok(())
            }
            _ => Ok(()),
        };
        let (sum, product) = (a.checked_add(&b), a.checked_mul(&b));
        same(sum.clone(), b.checked_add(&a))?;
        same(product.clone(), b.checked_mul(&a))?;
        same(sum.as_ref().and_then(|s| s.checked_add(&c)), b.checked_add(&c).and_then(|s| a.checked_add(&s)))?;
        same(product.as_ref().and_then(|p| p.checked_mul(&c)), b.checked_mul(&c).and_then(|p| a.checked_mul(&p)))?;
        same(
            sum.as_ref().and_then(|s| s.checked_mul(&c)),
            a.checked_mul(&c).zip(b.checked_mul(&c)).and_then(|(x, y)| x.checked_add(&y)),
        )?;
        same(sum.and_then(|s| s.checked_sub(&b)), Some(a.clone()))?;
        if let Some(product) = product && b != 0 {
            prop_assert_eq!(product.exact_div(&b), Some(a));
        }
    }

    #[test]
    fn maxima_commute(a in trees(), b in trees()) {
        let (Some(a), Some(b)) = (a.build(), b.build()) else { return Ok(()) };
        prop_assert_eq!(a.checked_max(&b), b.checked_max(&a));
        prop_assert_eq!(a.checked_min(&b), b.checked_min(&a));
    }

    #[test]
    fn no_arithmetic_panics(tree in extreme_trees()) {
        let dim = tree.saturating_build();
        let _ = (dim.lower_bound(), dim.upper_bound(), dim.exact_div(&Dim::symbol(Symbol(0))));
        let _ = dim.evaluate(&|symbol| Some(i64::MAX - i64::from(symbol.0)));
        let _ = dim.substitute(&|_| Some(Dim::known(i64::MIN)));
        prop_assert_eq!(dim.to_string().parse::<Dim>(), Ok(dim));
    }

    #[test]
    fn no_text_panics(text in "[s0-9+*/%(),max in-]{0,40}") {
        if let Ok(dim) = text.parse::<Dim>() {
            prop_assert_eq!(dim.to_string().parse::<Dim>(), Ok(dim));
        }
    }
}
