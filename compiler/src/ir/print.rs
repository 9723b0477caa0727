//! A graph as text: canonical, so that the same program is the same bytes. It checks nothing: what `verify` refuses
//! prints too, with `%?7` for a value that does not exist.

use std::{
    collections::HashSet,
    fmt::{self, Write},
};

use super::{Graph, Node, NodeId, ValueId};
use crate::ops::Attr;

/// The column that comments are aligned to at most.
const COMMENT_COLUMN: usize = 72;
/// The longest line of parameters or outputs; past it each has its own line.
const LINE_WIDTH: usize = 120;

/// Prints graphs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Printer {
    /// Whether each node ends in a comment that says where it comes from. The text form does not keep it: the parser
    /// skips comments.
    pub provenance: bool,
}

impl Printer {
    /// The text form of a graph, with a newline at its end.
    pub fn print(&self, graph: &Graph) -> String {
        render(graph, Style { provenance: self.provenance, names: true })
    }
}

impl Graph {
    /// What the text form calls each value.
    pub fn value_names(&self) -> Vec<String> {
        let names = Names::new(self, Style { provenance: false, names: true });
        (0..self.values.len() as u32).map(|i| names.of(ValueId(i))).collect()
    }

    /// Each node as its line in the text form says it.
    pub fn calls(&self) -> Vec<String> {
        let names = Names::new(self, Style { provenance: false, names: true });
        self.nodes.iter().map(|node| call(self, node, &names)).collect()
    }
}

impl fmt::Display for Graph {
    /// The text form; `{:#}` adds provenance as comments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Printer { provenance: f.alternate() }.print(self))
    }
}

/// The text form without what is not part of a graph's identity: its name, its parameters' names and provenance.
pub(super) fn canonical(graph: &Graph) -> String {
    render(graph, Style { provenance: false, names: false })
}

/// A string as the text form writes it.
pub(super) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                c if c.is_control() => write!(f, "{}", c.escape_unicode())?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// Whether a name stands in the text form without quotes.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && bytes.all(is_name_byte)
}

/// What an identifier goes on with.
pub(super) fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'.'
}

#[derive(Clone, Copy)]
struct Style {
    provenance: bool,
    names: bool,
}

struct Line {
    text: String,
    comment: String,
}

fn render(graph: &Graph, style: Style) -> String {
    let mut lines = Vec::new();
    write_graph(graph, style, 0, &mut lines);
    let commented = lines.iter().filter(|l| !l.comment.is_empty());
    let column = commented.map(|l| l.text.chars().count()).filter(|&n| n <= COMMENT_COLUMN).max().unwrap_or(0);
    let mut out = String::new();
    for Line { text, comment } in lines {
        out.push_str(&text);
        if !comment.is_empty() {
            out.extend(std::iter::repeat_n(' ', column.saturating_sub(text.chars().count()) + 2));
            out.push_str("; ");
            out.push_str(&comment);
        }
        out.push('\n');
    }
    out
}

/// What each value is called: parameters by their names where those are identifiers that no other parameter has,
/// results by the order of definition.
struct Names(Vec<String>);

impl Names {
    fn new(graph: &Graph, style: Style) -> Self {
        let mut names = Self(vec![String::new(); graph.values.len()]);
        let mut used: HashSet<String> = HashSet::new();
        let mut renamed = Vec::new();
        for (i, param) in graph.params.iter().enumerate() {
            if style.names && is_identifier(&param.name) && used.insert(param.name.clone()) {
                names.set(param.value, param.name.clone());
            } else {
                renamed.push((i, param.value));
            }
        }
        for (i, value) in renamed {
            let mut name = format!("p{i}");
            while !used.insert(name.clone()) {
                name.push('_');
            }
            names.set(value, name);
        }
        for (i, &value) in graph.nodes.iter().flat_map(|n| &n.results).enumerate() {
            names.set(value, (i + 1).to_string());
        }
        names
    }

    fn set(&mut self, value: ValueId, name: String) {
        if let Some(place) = self.0.get_mut(value.0 as usize) {
            *place = name;
        }
    }

    fn of(&self, value: ValueId) -> String {
        match self.0.get(value.0 as usize) {
            Some(name) if !name.is_empty() => format!("%{name}"),
            _ => format!("%?{}", value.0),
        }
    }

    fn list(&self, values: &[ValueId]) -> String {
        values.iter().map(|&v| self.of(v)).collect::<Vec<_>>().join(", ")
    }
}

fn ty(graph: &Graph, value: ValueId) -> String {
    graph.values.get(value.0 as usize).map_or_else(|| "?".to_owned(), |v| v.ty.to_string())
}

fn write_graph(graph: &Graph, style: Style, indent: usize, lines: &mut Vec<Line>) {
    let names = Names::new(graph, style);
    let margin = " ".repeat(indent);
    let plain = |text: String| Line { text, comment: String::new() };

    let mut head = format!("{margin}graph");
    match graph.name.as_str() {
        name if name.is_empty() || !style.names => {}
        name if is_identifier(name) => head.extend([" @", name]),
        name => head.push_str(&format!(" @{}", Quoted(name))),
    }
    head.push('(');
    let params: Vec<String> = graph
        .params
        .iter()
        .map(|p| {
            let state = p.state.as_ref().map(|s| format!(" {{state {}}}", Quoted(s))).unwrap_or_default();
            format!("{}: {}{state}", names.of(p.value), ty(graph, p.value))
        })
        .collect();
    lines.extend(wrapped(head, &params, ") {", indent).map(plain));

    for (a, b) in &graph.guards {
        lines.push(plain(format!("{margin}  requires {a} == {b}")));
    }
    for (id, node) in graph.enumerate() {
        let open = if node.regions.is_empty() { "" } else { " {" };
        let comment = if style.provenance { comment(graph, id) } else { String::new() };
        lines.push(Line { text: format!("{margin}  {}{open}", call(graph, node, &names)), comment });
        for region in &node.regions {
            write_graph(region, style, indent + 4, lines);
        }
        if !node.regions.is_empty() {
            lines.push(plain(format!("{margin}  }}")));
        }
    }

    let outputs: Vec<String> = graph
        .outputs
        .iter()
        .map(|o| {
            let writes = o.writes.as_ref().map(|s| format!(" {{writes {}}}", Quoted(s))).unwrap_or_default();
            format!("{}{writes}", names.of(o.value))
        })
        .collect();
    let head = format!("{margin}  return{}", if outputs.is_empty() { "" } else { " " });
    lines.extend(wrapped(head, &outputs, "", indent + 2).map(plain));
    lines.push(plain(format!("{margin}}}")));
}

/// A list on one line, or where that is too long one item a line.
fn wrapped(head: String, items: &[String], tail: &str, indent: usize) -> impl Iterator<Item = String> {
    let line = format!("{head}{}{tail}", items.join(", "));
    if items.len() < 2 || line.chars().count() <= LINE_WIDTH {
        return vec![line].into_iter();
    }
    let margin = " ".repeat(indent);
    let mut lines = vec![head.trim_end().to_owned()];
    let last = items.len() - 1;
    lines.extend(
        items.iter().enumerate().map(|(i, item)| format!("{margin}    {item}{}", if i < last { "," } else { "" })),
    );
    match (tail, lines.last_mut()) {
        ("", _) | (_, None) => {}
        (tail, Some(_)) => lines.push(format!("{margin}{tail}")),
    }
    lines.into_iter()
}

/// One node, its regions left out.
fn call(graph: &Graph, node: &Node, names: &Names) -> String {
    let mut text = String::new();
    if !node.results.is_empty() {
        text.push_str(&names.list(&node.results));
        text.push_str(" = ");
    }
    text.push_str(node.op.name());
    if !node.operands.is_empty() {
        text.push(' ');
        text.push_str(&names.list(&node.operands));
    }
    for (i, attr) in node.attrs.iter().enumerate() {
        let name = node.op.row().attributes.get(i).map_or("?", |spec| spec.name);
        text.extend([" ", name, "="]);
        text.push_str(&match attr {
            Attr::Name(word) => Quoted(word).to_string(),
            other => other.to_string(),
        });
    }
    if !node.results.is_empty() {
        text.push_str(" : ");
        text.push_str(&node.results.iter().map(|&v| ty(graph, v)).collect::<Vec<_>>().join(", "));
    }
    text
}

/// The sources of a node, on one line whatever they are called.
fn comment(graph: &Graph, id: NodeId) -> String {
    let Some(set) = graph.provenance(id) else { return String::new() };
    let sources: Vec<String> = graph.sources_of(set).map(|s| s.to_string()).collect();
    sources.join(", ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
