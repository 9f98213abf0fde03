//! The languages of reports. What the program says is written in English where it is made; a language is one file of
//! `templates/lang/` that has a translation for each of these sentences, and one line in [`LANGUAGES`].
//!
//! A key of the file is an English sentence as it stands in the source, with `{}` for each value; its translation names
//! the values in its own order (`{1}`, `{2}`, …). [`Translator`] finds the sentence that a finished text was made from.

mod catalogue;
mod locale;
mod pattern;
mod translator;

use std::fmt;
use std::sync::OnceLock;

use crate::toml_file::nearest;
use catalogue::Catalogue;
pub use locale::Locale;
pub use translator::Translator;

/// A language that reports can be written in.
pub struct Language {
    /// What `--lang` takes, and the name of the file: `ru`.
    pub id: &'static str,
    /// Its name in English, and in itself.
    pub label: &'static str,
    file: &'static str,
    catalogue: OnceLock<Catalogue>,
    of_sessions: OnceLock<Catalogue>,
}

macro_rules! language {
    ($id:literal, $label:literal) => {
        Language {
            id: $id,
            label: $label,
            file: include_str!(concat!("../../templates/lang/", $id, ".toml")),
            catalogue: OnceLock::new(),
            of_sessions: OnceLock::new(),
        }
    };
}

/// Every language. The first is that of the source, which needs no translation.
pub static LANGUAGES: [Language; 2] = [language!("en", "English"), language!("ru", "Russian (русский)")];

impl Language {
    /// The language of that id, or what is said of an id that is none.
    pub fn find(id: &str) -> Result<&'static Self, String> {
        let known: Vec<&str> = LANGUAGES.iter().map(|language| language.id).collect();
        LANGUAGES.iter().find(|language| language.id == id).ok_or_else(|| match nearest(id, known.iter().copied()) {
            Some(near) => format!("did you mean {near}? Known: {}", known.join(", ")),
            None => format!("known: {}", known.join(", ")),
        })
    }

    /// The language that the program is written in.
    pub fn source() -> &'static Self {
        &LANGUAGES[0]
    }

    /// Whether it is the language of the source.
    pub fn is_source(&self) -> bool {
        self.id == LANGUAGES[0].id
    }

    /// How it writes numbers.
    pub fn locale(&self) -> Locale {
        self.catalogue().locale
    }

    /// The translation of a fixed text; `None` where the language's file lacks it.
    pub fn word<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        if self.is_source() { Some(text) } else { self.catalogue().word(text) }
    }

    /// The translation of a fixed text of a template.
    pub fn template_word<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        if self.is_source() { Some(text) } else { self.catalogue().template_word(text) }
    }

    /// The sentences that its file has a translation for.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.catalogue().keys.iter().map(String::as_str)
    }

    fn catalogue(&self) -> &Catalogue {
        self.catalogue.get_or_init(|| self.read(false))
    }

    /// Where sessions are compared, some words of modes are said of the sessions.
    fn catalogue_of_sessions(&self) -> &Catalogue {
        self.of_sessions.get_or_init(|| self.read(true))
    }

    fn read(&self, of_sessions: bool) -> Catalogue {
        Catalogue::read(self.id, self.file, of_sessions).unwrap_or_else(|fault| {
            // A test reads every file.
            unreachable!("templates/lang/{}.toml: {}: {}", self.id, fault.what, fault.remedy)
        })
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
