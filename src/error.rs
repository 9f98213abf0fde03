//! What can go wrong, said once and the same way everywhere: where, what, and what to do about it.

use std::fmt;

/// What is wrong inside one log or file, before anyone has said which file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// 1-based line, where one can be named.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What the user can do about it.
    pub remedy: String,
    /// The line of source with a mark under the place, for those who see the message on a terminal.
    pub excerpt: Option<Box<Excerpt>>,
}

/// A line of a source, and the place in it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Without white space around it.
    pub source: String,
    /// The first character that is meant, and how many are.
    pub at: usize,
    pub length: usize,
}

impl Fault {
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line: None, what: what.into(), remedy: remedy.into(), excerpt: None }
    }

    pub fn on_line(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }

    pub fn at(self, path: impl Into<String>) -> Problem {
        Problem { path: path.into(), fault: self }
    }
}

/// A [`Fault`] with the path it was found at. Prints as `path[:line]: what: remedy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    pub fault: Fault,
}

impl Problem {
    pub fn new(path: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Fault::new(what, remedy).at(path)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(line) = self.fault.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}", self.fault.what, self.fault.remedy)
    }
}

/// What the system says went wrong.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    }
}

/// Why a command stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The input or the machine: all problems found, listed at once. Exit code 1.
    Failed(Vec<Problem>),
    /// The command line. Exit code 2.
    Usage(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Failed(vec![problem])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(problems) => {
                for (i, problem) in problems.iter().enumerate() {
                    if i > 0 {
                        writeln!(f)?;
                    }
                    write!(f, "{problem}")?;
                }
                Ok(())
            }
            Self::Usage(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}
