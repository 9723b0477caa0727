//! Tensors as text: torch's `repr`, character by character. Only what is printed is fetched from the device.

use parking_lot::RwLock;
use smallvec::SmallVec;

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::Op,
    types::{DType, Dim, Kind},
};
use flashlight_runtime::Device;

use crate::{
    autograd::Scope,
    elements::{integers, numbers},
    emitter::Base,
    error::Result,
    fetch::fetch,
    function::default_dtype,
    tensor::Tensor,
    value::{Payload, Value},
};

/// The package's name, as it stands before element types.
pub const PACKAGE: &str = "flashlight";

/// How tensors are printed: `torch.set_printoptions`.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintOptions {
    /// Digits behind the point.
    pub precision: usize,
    /// Tensors of more elements are summarised.
    pub threshold: f64,
    /// Elements at each end of a summarised axis.
    pub edgeitems: usize,
    /// Characters in a line.
    pub linewidth: usize,
    /// Whether numbers have exponents; none chooses by their sizes.
    pub sci_mode: Option<bool>,
}

impl PrintOptions {
    /// torch's defaults.
    pub const DEFAULT: PrintOptions =
        PrintOptions { precision: 4, threshold: 1000.0, edgeitems: 3, linewidth: 80, sci_mode: None };

    /// The options `default`, `short` or `full`.
    pub fn profile(name: &str) -> Option<PrintOptions> {
        match name {
            "default" => Some(Self::DEFAULT),
            "short" => Some(PrintOptions { precision: 2, edgeitems: 2, ..Self::DEFAULT }),
            "full" => Some(PrintOptions { threshold: f64::INFINITY, ..Self::DEFAULT }),
            _ => None,
        }
    }
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

static OPTIONS: RwLock<PrintOptions> = RwLock::new(PrintOptions::DEFAULT);

/// The options that printing takes.
pub fn print_options() -> PrintOptions {
    OPTIONS.read().clone()
}

/// Sets [`print_options`].
pub fn set_print_options(options: PrintOptions) {
    *OPTIONS.write() = options;
}

/// The name of an element type in Python: `float32`.
pub fn dtype_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "bool",
        DType::U8 => "uint8",
        DType::U16 => "uint16",
        DType::U32 => "uint32",
        DType::U64 => "uint64",
        DType::I8 => "int8",
        DType::I16 => "int16",
        DType::I32 => "int32",
        DType::I64 => "int64",
        DType::F16 => "float16",
        DType::BF16 => "bfloat16",
        DType::F32 => "float32",
        DType::F64 => "float64",
        DType::C64 => "complex64",
    }
}

/// torch's word for this platform's GPUs.
pub const GPU: &str = if cfg!(target_os = "macos") { "mps" } else { "cuda" };

/// The name of a device in Python: `cuda:0`.
pub fn device_name(device: Device) -> String {
    match device {
        Device::Cpu => "cpu".to_owned(),
        Device::Gpu(index) => format!("{GPU}:{index}"),
    }
}

/// A tensor as torch's `repr` shows it. A tensor that is being traced has no elements: three dots stand for them.
///
/// # Errors
/// What computing the elements fails with.
pub fn format_tensor(tensor: &Tensor, options: &PrintOptions) -> Result<String> {
    const PREFIX: &str = "tensor(";
    let core = tensor.core();
    let var = tensor.read()?;
    let dtype = core.ty.dtype;
    let mut suffixes: Vec<String> = Vec::new();
    if core.device != Device::Cpu {
        suffixes.push(format!("device='{}'", device_name(core.device)));
    }
    let named = format!("dtype={PACKAGE}.{}", dtype_name(dtype));
    let traced = matches!(var.value.payload(), Payload::Traced(_));
    let sizes: Option<Vec<usize>> = core.ty.shape.iter().map(|d| d.as_known().map(|n| n as usize)).collect();
    let body = match sizes {
        Some(sizes) if !traced => {
            let count: usize = sizes.iter().product();
            if (count == 0 && sizes.len() != 1) || (count > 0 && options.edgeitems == 0) {
                suffixes.push(size_suffix(&core.ty.shape));
            }
            let told = dtype == default_dtype()
                || (count > 0 && (matches!(dtype, DType::I64 | DType::Bool) || is_default_complex(dtype)));
            if !told {
                suffixes.push(named);
            }
            if count == 0 { "[]".to_owned() } else { elements_text(&var.value, sizes, options, PREFIX.len())? }
        }
        _ => {
            suffixes.push(size_suffix(&core.ty.shape));
            if dtype != default_dtype() {
                suffixes.push(named);
            }
            "...".to_owned()
        }
    };
    match tensor.grad_fn()? {
        Some(edge) => suffixes.push(format!("grad_fn=<{}>", edge.node.name())),
        None if tensor.requires_grad()? => suffixes.push("requires_grad=True".to_owned()),
        None => {}
    }
    Ok(with_suffixes(format!("{PREFIX}{body}"), &suffixes, PREFIX.len(), options.linewidth))
}

fn is_default_complex(dtype: DType) -> bool {
    dtype == DType::C64 && default_dtype() != DType::F64
}

fn size_suffix(shape: &[Dim]) -> String {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let comma = if sizes.len() == 1 { "," } else { "" };
    format!("size=({}{comma})", sizes.join(", "))
}

/// Adds each suffix on the last line, or on a new one where it would be too long.
fn with_suffixes(mut text: String, suffixes: &[String], indent: usize, linewidth: usize) -> String {
    // As torch counts: from the last line break, one more than there are characters; two more where there is none.
    let mut last_line = match text.rfind('\n') {
        Some(at) => text.len() - at + 1,
        None => text.len() + 2,
    };
    for suffix in suffixes {
        if last_line + suffix.len() + 2 > linewidth {
            text += &format!(",\n{:indent$}{suffix}", "");
            last_line = indent + suffix.len();
        } else {
            text += &format!(", {suffix}");
            last_line += suffix.len() + 2;
        }
    }
    text + ")"
}

/// What is printed of a tensor: the fetched elements, and the sizes they were taken from.
struct Printed<'a> {
    options: &'a PrintOptions,
    sizes: Vec<usize>,
    summarized: bool,
    cells: Vec<String>,
    /// Characters of a cell.
    width: usize,
}

fn elements_text(value: &Value, sizes: Vec<usize>, options: &PrintOptions, indent: usize) -> Result<String> {
    let summarized = sizes.iter().product::<usize>() as f64 > options.threshold;
    if summarized && options.edgeitems == 0 {
        return Ok("[...]".to_owned());
    }
    let value = if summarized { corners(value, &sizes, options.edgeitems)? } else { value.clone() };
    let bytes = fetch(&value, "printing")?;
    let (cells, width) = cells(&bytes, value.ty().dtype, options);
    let printed = Printed { options, sizes, summarized, cells, width };
    Ok(printed.axis(0, 0, indent).0)
}

/// The elements at both ends of every axis that is too long to be printed.
fn corners(value: &Value, sizes: &[usize], edge: usize) -> Result<Value> {
    let mut base = Base::on(value.device());
    let mut scope = Scope::over(&mut base, false);
    let mut kept = value.clone().untracked();
    for (axis, &size) in (0u32..).zip(sizes) {
        if size > 2 * edge {
            let (count, rest) = (Dim::known(edge as i64), Dim::known((size - edge) as i64));
            let first = scope.slice_axis(&kept, axis, Dim::known(0), count.clone(), 1)?;
            let last = scope.slice_axis(&kept, axis, rest, count, 1)?;
            kept = scope.emit_one(Op::Concat, attrs![axis], &[first, last])?;
        }
    }
    Ok(kept)
}

impl Printed<'_> {
    /// Places along an axis: those that are printed, and whether dots stand before them.
    fn places(&self, axis: usize) -> impl Iterator<Item = bool> {
        let (size, edge) = (self.sizes[axis], self.options.edgeitems);
        let cut = self.summarized && size > 2 * edge;
        (0..if cut { 2 * edge } else { size }).map(move |i| cut && i == edge)
    }

    /// The text of an axis from the cell `at` on, and the cell behind it.
    fn axis(&self, axis: usize, mut at: usize, indent: usize) -> (String, usize) {
        let rank = self.sizes.len();
        if rank == 0 {
            return (self.cells[at].clone(), at + 1);
        }
        let mut parts: Vec<String> = Vec::new();
        if axis + 1 == rank {
            for dots in self.places(axis) {
                if dots {
                    parts.push(" ...".to_owned());
                }
                parts.push(self.cells[at].clone());
                at += 1;
            }
            let in_line = (self.options.linewidth.saturating_sub(indent) / (self.width + 2)).max(1);
            let lines: Vec<String> = parts.chunks(in_line).map(|line| line.join(", ")).collect();
            return (format!("[{}]", lines.join(&format!(",\n{:1$}", "", indent + 1))), at);
        }
        for dots in self.places(axis) {
            if dots {
                parts.push("...".to_owned());
            }
            let (text, next) = self.axis(axis + 1, at, indent + 1);
            parts.push(text);
            at = next;
        }
        let between = format!(",{}{:2$}", "\n".repeat(rank - axis - 1), "", indent + 1);
        (format!("[{}]", parts.join(&between)), at)
    }
}

/// The text of every element, and the width that lines are broken by.
fn cells(bytes: &[u8], dtype: DType, options: &PrintOptions) -> (Vec<String>, usize) {
    match dtype.kind() {
        Kind::Float => {
            let values = numbers(bytes, dtype);
            let style = Style::of(&values, options);
            (values.iter().map(|&x| style.text(x)).collect(), style.width)
        }
        Kind::Complex => {
            let (real, imaginary): (Vec<f64>, Vec<f64>) =
                numbers(bytes, dtype).chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
            let (first, second) = (Style::of(&real, options), Style::of(&imaginary, options));
            let cell = |(&x, &y): (&f64, &f64)| {
                let tail = format!("{}j", second.text(y)).trim_start().to_owned();
                let sign = if tail.starts_with(['+', '-']) { "" } else { "+" };
                format!("{}{sign}{tail}", first.text(x))
            };
            (real.iter().zip(&imaginary).map(cell).collect(), first.width + second.width + 1)
        }
        Kind::Bool => aligned(bytes.iter().map(|&b| if b != 0 { "True" } else { "False" }.to_owned()).collect()),
        Kind::Integer if dtype == DType::U64 => {
            aligned(integers(bytes, dtype).iter().map(|&n| (n as u64).to_string()).collect())
        }
        Kind::Integer => aligned(integers(bytes, dtype).iter().map(ToString::to_string).collect()),
    }
}

/// Texts filled up on the left to the longest one.
fn aligned(texts: Vec<String>) -> (Vec<String>, usize) {
    let width = texts.iter().map(String::len).max().unwrap_or(1);
    (texts.into_iter().map(|t| format!("{t:>width$}")).collect(), width)
}

/// How the floating-point numbers of one tensor are written.
struct Style {
    whole: bool,
    scientific: bool,
    precision: usize,
    width: usize,
}

impl Style {
    fn of(values: &[f64], options: &PrintOptions) -> Self {
        let telling: SmallVec<[f64; 64]> = values.iter().copied().filter(|x| x.is_finite() && *x != 0.0).collect();
        let mut style = Self { whole: true, scientific: false, precision: options.precision, width: 1 };
        if telling.is_empty() {
            return style;
        }
        let least = telling.iter().fold(f64::INFINITY, |m, x| m.min(x.abs()));
        let most = telling.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        style.whole = telling.iter().all(|x| x.fract() == 0.0);
        style.scientific = options.sci_mode.unwrap_or(most / least > 1000.0 || most > 1.0e8 || least < 1.0e-4);
        style.width = telling.iter().map(|&x| style.digits(x).len()).max().unwrap_or(1).max(1);
        style
    }

    /// The number alone.
    fn digits(&self, x: f64) -> String {
        if x.is_nan() {
            return "nan".to_owned();
        }
        if x.is_infinite() {
            return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
        }
        if self.scientific {
            return scientific(x, self.precision);
        }
        if self.whole { format!("{x:.0}.") } else { format!("{x:.*}", self.precision) }
    }

    /// The number, filled up to the width of all.
    fn text(&self, x: f64) -> String {
        format!("{:>1$}", self.digits(x), self.width)
    }
}

/// A number with an exponent of a sign and two digits or more.
fn scientific(x: f64, precision: usize) -> String {
    let text = format!("{x:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
    format!("{digits}e{sign}{exponent:0>2}")
}
