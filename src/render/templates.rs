//! The templates: embedded, and single files of them replaced by those of a directory.
//!
//! Templates have the usual delimiters (`{{ … }}`, `{% … %}`); LaTeX ones have `\VAR{…}`, `\BLOCK{…}` and `\REM{…}`, which
//! LaTeX editors can read. Every string is escaped for its format unless it is markup already.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::{asciidoc, catalogue, html, latex, markdown, typst, verbatim};
use crate::error::{Excerpt, Fault, Problem};
use crate::study;
use crate::toml_file::suggest;

macro_rules! embedded {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../templates/", $name)))),*] };
}

/// Name and source of each.
pub(super) const EMBEDDED: [(&str, &str); 20] = embedded![
    "numbers.md",
    "numbers.tex",
    "numbers.typ",
    "preamble.tex",
    "report.adoc",
    "report.html",
    "report.md",
    "report.tex",
    "report.typ",
    "script.html",
    "style.html",
    "table-figure.typ",
    "table-float.tex",
    "table-notes.tex",
    "table.adoc",
    "table.html",
    "table.md",
    "table.tex",
    "table.typ",
    "tabular.tex",
];

/// The templates that reports are rendered with.
pub struct Templates {
    environment: Environment<'static>,
    /// Where each replaced template was read from.
    replaced: BTreeMap<String, String>,
    /// What each template was given, where somebody wants to know it.
    given: Option<Arc<Mutex<Given>>>,
}

/// Template → path of a variable → its types.
pub type Given = BTreeMap<String, BTreeMap<String, BTreeSet<&'static str>>>;

impl Templates {
    /// The embedded templates, those that `overrides` holds a file of the same name for replaced by it.
    ///
    /// # Errors
    /// A directory that cannot be read, a file in it that is no template's name, a template that is not well formed.
    pub fn new(overrides: Option<&Path>) -> Result<Self, Problem> {
        let mut templates = Self { environment: environment(), replaced: BTreeMap::new(), given: None };
        let mut sources = match overrides {
            Some(directory) => read_overrides(directory)?,
            None => BTreeMap::new(),
        };
        for (name, embedded) in EMBEDDED {
            templates.environment.set_syntax(syntax(language(name).delimiters));
            let added = match sources.remove(name) {
                Some((path, source)) => {
                    templates.replaced.insert(name.into(), path);
                    compile(&mut templates.environment, name, source)
                }
                None => templates.environment.add_template_owned(name, embedded),
            };
            if let Err(error) = added {
                return Err(templates.problem(name, &error));
            }
        }
        if !templates.replaced.is_empty() {
            templates.environment.set_fuel(Some(FUEL));
        }
        Ok(templates)
    }

    /// The same templates, which keep account of what they are given.
    pub fn recording(self) -> Self {
        Self { given: Some(Arc::default()), ..self }
    }

    /// What the templates were given since [`Templates::recording`].
    pub fn given(&self) -> Given {
        self.given.as_ref().and_then(|given| given.lock().ok()).map(|given| given.clone()).unwrap_or_default()
    }

    /// The names that a template uses and does not make itself.
    pub fn used(&self, name: &str) -> BTreeSet<String> {
        let template = self.environment.get_template(name);
        template.map(|template| template.undeclared_variables(false).into_iter().collect()).unwrap_or_default()
    }

    /// The same templates with their fixed words in `language`.
    pub fn in_language(&self, language: &'static crate::language::Language) -> Self {
        let mut environment = self.environment.clone();
        environment.add_filter("tr", |text: &str| match language.template_word(text) {
            Some(word) => Ok(word.to_owned()),
            None => Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("templates/lang/{}.toml has no “{text}”", language.id),
            )),
        });
        Self { environment, replaced: self.replaced.clone(), given: self.given.clone() }
    }

    /// The template `name` filled in.
    pub(super) fn render(&self, name: &str, context: Value) -> Result<String, Problem> {
        if let Some(mut given) = self.given.as_ref().and_then(|given| given.lock().ok()) {
            record("", &context, given.entry(name.into()).or_default());
        }
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
            _ if error.kind() == ErrorKind::OutOfFuel => {
                "makes more than a report can be (a loop or text without bound)".into()
            }
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        let remedy = if self.replaced.contains_key(name) { remedy(name, error) } else { REPORT_BUG.into() };
        Problem { path, fault: Fault { line: error.line(), what, remedy, excerpt: excerpt(error).map(Box::new) } }
    }
}

/// What a template of a user may use up while a file is made of it: a unit is an instruction, or 64 bytes of text. The
/// built-in ones need less than 1 % of it for a study of 80 logs.
const FUEL: u64 = 50_000_000;
/// The largest template, in bytes. The largest of the built-in ones has 7 KB.
const LARGEST: u64 = 256 * 1024;
/// Stack for the compiler of templates, which goes down once for every term of a sum: for the longest that fits into
/// [`LARGEST`].
const STACK: usize = 1 << 30;

/// Compiles a template of a user's, whose expressions may be of any length.
fn compile(environment: &mut Environment<'static>, name: &'static str, source: String) -> Result<(), Error> {
    std::thread::scope(|scope| {
        let compiled = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || environment.add_template_owned(name, source))
            .map(std::thread::ScopedJoinHandle::join);
        let failed = |what: &str| Err(Error::new(ErrorKind::InvalidOperation, what.to_owned()));
        match compiled {
            Ok(Ok(added)) => added,
            Ok(Err(_)) => failed("the template cannot be compiled"),
            Err(error) => failed(&format!("no thread to compile the template can be started ({error})")),
        }
    })
}

/// Adds the paths of the variables below `value`, each with its type.
fn record(path: &str, value: &Value, paths: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    let children = || value.try_iter().into_iter().flatten();
    match value.kind() {
        ValueKind::Map => {
            for key in children() {
                let inner = value.get_item(&key).unwrap_or_default();
                let path = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
                paths.entry(path.clone()).or_default().insert(type_of(&inner));
                record(&path, &inner, paths);
            }
        }
        ValueKind::Seq | ValueKind::Iterable => {
            for inner in children() {
                record(&format!("{path}[]"), &inner, paths);
            }
        }
        _ => {}
    }
}

/// The type as the catalogue calls it.
fn type_of(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::None => "none",
        ValueKind::Bool => "true or false",
        ValueKind::Number => "number",
        ValueKind::String if value.is_safe() => "markup",
        ValueKind::String => "text",
        ValueKind::Map => "object",
        ValueKind::Seq | ValueKind::Iterable => "list",
        _ => "undefined",
    }
}

/// What the author of a template can do about its error.
fn remedy(name: &str, error: &Error) -> String {
    let undefined = error.detail().filter(|_| error.kind() == ErrorKind::UndefinedError);
    let Some(expression) = undefined.and_then(|detail| detail.split('`').nth(1)) else {
        return "correct the template, or remove it to use the built-in one".into();
    };
    let (parent, last) = match expression.rsplit_once('.') {
        Some((before, last)) => (before.rsplit('.').next(), last),
        None => (None, expression),
    };
    let known = catalogue::names(name, parent);
    match parent {
        _ if known.is_empty() => "see `meshstats templates variables`".into(),
        Some(parent) => suggest(last, known, &format!("`{parent}` has")),
        None => suggest(last, known, "The variables are"),
    }
}

/// The line of the template that `error` is about, with its place.
fn excerpt(error: &Error) -> Option<Excerpt> {
    let source = error.template_source()?;
    let range = error.range()?;
    let before = source.get(..range.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = source.get(start..)?.lines().next()?;
    let indent = line.len() - line.trim_start().len();
    let meant = line.get(range.start - start..)?.get(..range.len()).or(line.get(range.start - start..))?;
    let at = line.get(indent..range.start - start).map_or(0, |text| text.chars().count());
    // Of a long line, what is around the place.
    const SHOWN: usize = 120;
    let from = if at > SHOWN / 2 { at - SHOWN / 4 } else { 0 };
    let source: String = line.trim().chars().skip(from).take(SHOWN).collect();
    let length = meant.chars().count().clamp(1, SHOWN - (at - from));
    Some(Excerpt { source, at: at - from, length })
}

/// The file that describes the templates.
pub const PAGE: &str = "README.md";

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
        Some("adoc") => Language { delimiters: BRACES, escape: asciidoc::escape },
        Some("html") => Language { delimiters: BRACES, escape: html::escape },
        Some("tex") => Language { delimiters: COMMANDS, escape: latex::escape },
        Some("typ") => Language { delimiters: BRACES, escape: typst::escape },
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
    environment.add_filter("literal", |text: &str| verbatim(&typst::literal(text)));
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
        // The page that is exported with the templates, and what editors leave beside them.
        if name == PAGE || study::is_hidden(&entry.path()) {
            continue;
        }
        if !EMBEDDED.iter().any(|(known, _)| *known == name) {
            let known: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
            return Err(Problem::new(
                path,
                "is not the name of a template",
                format!("remove it, or name it one of {}", known.join(", ")),
            ));
        }
        let metadata = fs::metadata(entry.path()).map_err(|error| unreadable(&path, error))?;
        if !metadata.is_file() {
            return Err(Problem::new(path, "is not a file", "give --templates a directory of UTF-8 text files"));
        }
        if metadata.len() > LARGEST {
            let what = format!("has more than {} KiB, and so is no template", LARGEST / 1024);
            return Err(Problem::new(path, what, "make it shorter, or remove it to use the built-in one"));
        }
        let source = fs::read_to_string(entry.path()).map_err(|error| unreadable(&path, error))?;
        sources.insert(name, (path, source));
    }
    Ok(sources)
}
