//! The templates: embedded, and single files of them replaced by those of a directory.
//!
//! Markdown templates have the usual delimiters (`{{ … }}`, `{% … %}`); LaTeX ones have `\VAR{…}`, `\BLOCK{…}` and
//! `\REM{…}`, which LaTeX editors can read. Every string is escaped for its format unless it is markup already.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::{latex, markdown};
use crate::error::{Fault, Problem};

macro_rules! embedded {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../templates/", $name)))),*] };
}

/// Name and source of each.
const EMBEDDED: [(&str, &str); 9] = embedded![
    "numbers.md",
    "numbers.tex",
    "preamble.tex",
    "report.md",
    "report.tex",
    "table-float.tex",
    "table.md",
    "table.tex",
    "tabular.tex",
];

/// The templates that reports are rendered with.
pub struct Templates {
    markdown: Environment<'static>,
    latex: Environment<'static>,
    /// Where each replaced template was read from.
    replaced: BTreeMap<String, String>,
}

impl Templates {
    /// The embedded templates, those that `overrides` holds a file of the same name for replaced by it.
    ///
    /// # Errors
    /// A directory that cannot be read, a file in it that is no template's name, a template that is not well formed.
    pub fn new(overrides: Option<&Path>) -> Result<Self, Problem> {
        let markdown_syntax = syntax([("{%", "%}"), ("{{", "}}"), ("{#", "#}")]);
        let latex_syntax = syntax([(r"\BLOCK{", "}"), (r"\VAR{", "}"), (r"\REM{", "}")]);
        let mut templates = Self {
            markdown: environment("markdown", markdown::escape, markdown_syntax),
            latex: environment("latex", latex::escape, latex_syntax),
            replaced: BTreeMap::new(),
        };
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
            if let Err(error) = templates.environment_of(name).add_template_owned(name, source) {
                return Err(templates.problem(name, &error));
            }
        }
        Ok(templates)
    }

    fn environment_of(&mut self, name: &str) -> &mut Environment<'static> {
        if is_latex(name) { &mut self.latex } else { &mut self.markdown }
    }

    /// The template `name` filled in.
    pub(super) fn render(&self, name: &str, context: Value) -> Result<String, Problem> {
        let environment = if is_latex(name) { &self.latex } else { &self.markdown };
        environment
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

fn is_latex(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "tex")
}

fn syntax(delimiters: [(&'static str, &'static str); 3]) -> SyntaxConfig {
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

fn environment(format: &'static str, escape: fn(&str) -> String, syntax: SyntaxConfig) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax);
    // Release builds would leave out which name is undefined.
    environment.set_debug(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(move |_| AutoEscape::Custom(format.into()));
    environment.set_formatter(move |out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() && matches!(state.auto_escape(), AutoEscape::Custom(_)) => {
            out.write_str(&escape(text)).map_err(Error::from)
        }
        Some(text) => out.write_str(text).map_err(Error::from),
        None if value.is_number() => out.write_str(&value.to_string()).map_err(Error::from),
        None => Err(Error::new(ErrorKind::InvalidOperation, format!("{} is not text: {value}", value.kind()))),
    });
    environment
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
