//! The templates: embedded, and single files of them replaced by those of a directory.
//!
//! Templates have the usual delimiters (`{{ … }}`, `{% … %}`); LaTeX ones have `\VAR{…}`, `\BLOCK{…}` and `\REM{…}`, which
//! LaTeX editors can read. Every string is escaped for its format unless it is markup already.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::{html, latex, markdown, verbatim};
use crate::error::{Fault, Problem};

macro_rules! embedded {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../templates/", $name)))),*] };
}

/// Name and source of each.
const EMBEDDED: [(&str, &str); 13] = embedded![
    "numbers.md",
    "numbers.tex",
    "preamble.tex",
    "report.html",
    "report.md",
    "report.tex",
    "style.html",
    "table-float.tex",
    "table.html",
    "table.md",
    "table.tex",
    "table-notes.tex",
    "tabular.tex",
];

/// The templates that reports are rendered with.
pub struct Templates {
    environment: Environment<'static>,
    /// Where each replaced template was read from.
    replaced: BTreeMap<String, String>,
}

impl Templates {
    /// The embedded templates, those that `overrides` holds a file of the same name for replaced by it.
    ///
    /// # Errors
    /// A directory that cannot be read, a file in it that is no template's name, a template that is not well formed.
    pub fn new(overrides: Option<&Path>) -> Result<Self, Problem> {
        let mut templates = Self { environment: environment(), replaced: BTreeMap::new() };
        let mut sources = match overrides {
            Some(directory) => read_overrides(directory)?,
            None => BTreeMap::new(),
        };
        for (name, embedded) in EMBEDDED {
            let source = match sources.remove(name) {
                Some((path, source)) => {
                    templates.replaced.insert(name.into(), path);
                    source
                }
                None => embedded.into(),
            };
            templates.environment.set_syntax(syntax(language(name).delimiters));
            if let Err(error) = templates.environment.add_template_owned(name, source) {
                return Err(templates.problem(name, &error));
            }
        }
        Ok(templates)
    }

    /// The template `name` filled in.
    pub(super) fn render(&self, name: &str, context: Value) -> Result<String, Problem> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(context))
            .map_err(|error| self.problem(name, &error))
    }

    /// The innermost place that `error` names: an included template's own line, not that of the `include`.
    fn problem(&self, name: &str, error: &Error) -> Problem {
        let mut error = error;
        while let Some(cause) = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Error>()) {
            error = cause;
        }
        let name = error.name().unwrap_or(name);
        let path = self.replaced.get(name).cloned().unwrap_or_else(|| format!("templates/{name}"));
        let what = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        let remedy = if self.replaced.contains_key(name) {
            "correct the template, or remove it to use the built-in one"
        } else {
            REPORT_BUG
        };
        Problem { path, fault: Fault { line: error.line(), what, remedy: remedy.into() } }
    }
}

const REPORT_BUG: &str = "this is a built-in template; please report it as a bug";

/// What begins and ends a block, a variable and a comment.
type Delimiters = [(&'static str, &'static str); 3];

const BRACES: Delimiters = [("{%", "%}"), ("{{", "}}"), ("{#", "#}")];
const COMMANDS: Delimiters = [(r"\BLOCK{", "}"), (r"\VAR{", "}"), (r"\REM{", "}")];

/// How a template is written, and what is made of the strings that it is filled with.
struct Language {
    delimiters: Delimiters,
    escape: fn(&str) -> String,
}

/// The language of the template `name`, by its extension.
fn language(name: &str) -> Language {
    match name.rsplit('.').next() {
        Some("html") => Language { delimiters: BRACES, escape: html::escape },
        Some("tex") => Language { delimiters: COMMANDS, escape: latex::escape },
        _ => Language { delimiters: BRACES, escape: markdown::escape },
    }
}

fn syntax(delimiters: Delimiters) -> SyntaxConfig {
    let [(block, block_end), (variable, variable_end), (comment, comment_end)] = delimiters;
    SyntaxConfig::builder()
        .block_delimiters(block, block_end)
        .variable_delimiters(variable, variable_end)
        .comment_delimiters(comment, comment_end)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .expect("the delimiters are constants and differ")
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // Release builds would leave out which name is undefined.
    environment.set_debug(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // What is escaped how is the formatter's, which sees whose template it is; a template may still switch it off.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("by language".into()));
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() && matches!(state.auto_escape(), AutoEscape::Custom(_)) => {
            out.write_str(&(language(state.name()).escape)(text)).map_err(Error::from)
        }
        Some(text) => out.write_str(text).map_err(Error::from),
        None if value.is_number() => out.write_str(&value.to_string()).map_err(Error::from),
        None => Err(Error::new(ErrorKind::InvalidOperation, format!("{} is not text: {value}", value.kind()))),
    });
    environment.add_filter("url", url);
    environment.add_filter("tr", |text: &str| text.to_owned());
    environment
}

/// The filter `url`: a relative path as it stands in a link, whatever the format.
fn url(path: &str) -> Value {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => out.push(byte.into()),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    verbatim(&out)
}

/// Name → (path, source) of the templates in `directory`.
fn read_overrides(directory: &Path) -> Result<BTreeMap<String, (String, String)>, Problem> {
    let shown = directory.display().to_string();
    let unreadable = |path: &str, error: std::io::Error| {
        Problem::new(path, format!("cannot be read ({error})"), "give --templates a directory of UTF-8 text files")
    };
    let mut sources = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(|error| unreadable(&shown, error))? {
        let entry = entry.map_err(|error| unreadable(&shown, error))?;
        let path = entry.path().display().to_string();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !EMBEDDED.iter().any(|(known, _)| *known == name) {
            let known: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
            return Err(Problem::new(
                path,
                "is not the name of a template",
                format!("remove it, or name it one of {}", known.join(", ")),
            ));
        }
        let source = fs::read_to_string(entry.path()).map_err(|error| unreadable(&path, error))?;
        sources.insert(name, (path, source));
    }
    Ok(sources)
}
