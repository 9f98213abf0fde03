//! What each template makes, and the variables that it sees: `templates/README.md` is made from it.

use super::templates::EMBEDDED;

/// Path, type and meaning. `notes[]` is each of `notes`.
pub type Variable = (&'static str, &'static str, &'static str);

/// A template.
pub struct Entry {
    pub name: &'static str,
    /// The file that is made from it, or where it is included.
    pub makes: &'static str,
    variables: &'static [&'static [Variable]],
}

impl Entry {
    pub fn variables(&self) -> impl Iterator<Item = &'static Variable> {
        self.variables.iter().copied().flatten()
    }
}

/// The entry of a template.
pub fn entry(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

/// The names that a template may say after `parent.`, or by themselves where there is no parent.
///
/// What stands before the dot is mostly the variable of a loop: `block` for the entries of `blocks`.
pub(super) fn names(template: &str, parent: Option<&str>) -> Vec<&'static str> {
    let of_parent = |path: &&'static str| match (path.rsplit_once('.'), parent) {
        (None, None) => true,
        (Some((before, _)), Some(parent)) => {
            before.rsplit('.').next().is_some_and(|last| last.trim_end_matches("[]").starts_with(parent))
        }
        _ => false,
    };
    let variables = entry(template).into_iter().flat_map(Entry::variables).map(|(path, ..)| *path);
    let mut names: Vec<&str> =
        variables.filter(of_parent).map(|path| path.rsplit('.').next().unwrap_or(path)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

const GENERATOR: &[Variable] =
    &[("generator", "text", "Name and version of the program, and what the runs are if not measured")];

const REPORT: &[Variable] = &[
    ("title", "text", "Title of the study"),
    ("banner", "text or none", "What must be read before any number"),
    ("language", "text", "Id of the language of the report, such as `en`"),
    ("headline", "list", "The answer at a glance, a line for each treatment in each scenario"),
    ("headline[].place", "text", "What is compared with what, and where"),
    ("headline[].changes", "list", "The change of each primary metric"),
    ("headline[].changes[].text", "text", "How much has changed, and whether for the better or the worse"),
    ("headline[].changes[].outcome", "text", "`better`, `worse`, `changed` or `not_shown`"),
    ("summary", "list of text", "The answer, a sentence each"),
    ("sections", "list", "The sections in reading order; in HTML with one for each primary metric"),
    ("sections[].id", "markup", "Identifier, for links"),
    ("sections[].title", "text", "Heading"),
    ("sections[].blocks", "list", "What the section holds, in reading order"),
    (
        "sections[].blocks[].type",
        "text",
        "`heading` (in HTML), `text`, `list`, `table`, `figure` or `asides`: which of the following the block has",
    ),
    ("sections[].blocks[].text", "text", "Of a text: a paragraph; of a heading: its words"),
    ("sections[].blocks[].items", "list of text", "Of a list: its entries; to be written `block[\"items\"]`"),
    ("sections[].blocks[].aside", "true or false", "Of a table: whether it is a detail that few readers want"),
    ("sections[].blocks[].id", "text", "Of a figure: its id"),
    ("sections[].blocks[].number", "number", "Of a figure: which it is of the report, from 1"),
    ("sections[].blocks[].path", "markup", "Of a figure: its file without extension, relative to the report"),
    ("sections[].blocks[].label", "markup", "Of a figure: identifier, for references"),
    ("sections[].blocks[].caption", "text", "Of a figure: what it shows"),
    ("sections[].blocks[].alt", "text", "Of a figure: what one who cannot see it must know"),
];

/// Of formats that have details in files of their own.
const ASIDES: &[Variable] = &[
    (
        "sections[].blocks[].tables",
        "list",
        "Of asides: tables of details, which are files and stand nowhere in the report",
    ),
    ("sections[].blocks[].tables[].caption", "text", "What the table shows"),
    ("sections[].blocks[].tables[].path", "text", "Its file without extension, relative to the report"),
];

const CAPTION: &[Variable] =
    &[("caption", "text", "What the table shows"), ("notes", "list of text", "What stands under the table")];

const NUMBERS: &[Variable] = &[
    ("numbers", "list", "Every number that prose may cite"),
    ("numbers[].name", "markup", "Name, without the endings of the other two forms"),
    ("numbers[].formatted", "markup", "As the tables print it"),
    ("numbers[].raw", "markup", "With all its digits"),
    ("numbers[].quantity", "markup", "As the tables print it, with its unit"),
];

const LATEX_TABLE: &[Variable] = &[
    ("id", "text", "Name of the table's files without extension"),
    ("label", "text", "Identifier, for references"),
    ("tblr", "true or false", "Whether the table is a `tblr` of the package tabularray"),
    ("notes_in", "text", "Where the notes stand: `threeparttable`, `minipage` or `none`"),
    ("head", "number", "How many lines the header has"),
    ("specification", "list of markup", "Each column's specification"),
    ("header", "list of markup", "The header's lines"),
    ("rows", "list of markup", "The body's lines, one a row"),
    ("columns", "number", "How many columns the `tabular` has"),
    ("environment", "text", "The float that the table fits into: `table`, `table*` or `sidewaystable*`"),
    ("sideways", "true or false", "Whether it only fits on a page on its side"),
    ("long", "true or false", "Whether it is broken over pages"),
    ("size", "markup", "Command for the size of type in which it fits"),
    ("gap", "number", "`\\tabcolsep` in points"),
    ("width", "number", "Width of the table in points"),
    ("packages", "list of text", "Packages that the `tabular` needs"),
    ("float_packages", "list of text", "Packages that the float needs"),
];

const TYPST_TABLE: &[Variable] = &[
    ("file", "text", "Name of the bare table's file"),
    ("label", "markup", "Identifier, for references"),
    ("columns", "number", "How many columns the table has"),
    ("align", "markup", "Array of the columns' alignments"),
    ("header", "markup", "The header's cells"),
    ("rows", "list of markup", "The cells of the body, a row each"),
    ("pads", "list", "Functions that the cells call"),
    ("pads[].name", "markup", "Name of the function"),
    ("pads[].side", "text", "Where its text stands: `left` or `right`"),
    ("pads[].shapes", "markup", "Array of texts; the function makes its text as wide as the widest of them"),
    ("size", "number", "Size of type in which it fits, in em"),
    ("gap", "number", "Space left and right of a cell, in points"),
    ("scope", "text", "Where it floats in a document of two columns: `column`, or `parent` where it needs both"),
    ("sideways", "true or false", "Whether it only fits on a page on its side"),
    ("long", "true or false", "Whether it is broken over pages"),
];

const TABLE_AS_MARKUP: &[Variable] =
    &[("sections[].blocks[].table", "markup", "Of a table: the table, as its own template made it")];

const HTML_TABLE: &[Variable] = &[
    ("sections[].blocks[].table", "object", "Of a table: the table"),
    ("sections[].blocks[].table.number", "number", "Which it is of the report, from 1"),
    ("sections[].blocks[].table.anchor", "text", "Identifier, for links"),
    ("sections[].blocks[].table.caption", "text", "What the table shows"),
    ("sections[].blocks[].table.columns", "list", "The columns"),
    ("sections[].blocks[].table.columns[].header", "text", "Header, unit included"),
    ("sections[].blocks[].table.columns[].class", "text", "`left`, `left long` (sentences), `number` or `centre`"),
    (
        "sections[].blocks[].table.paper",
        "text",
        "How it is printed: `upright`, `small` (upright, in smaller type) or `landscape`",
    ),
    ("sections[].blocks[].table.rows", "list", "The rows; each is a list of the cells"),
    ("sections[].blocks[].table.notes", "list of text", "What stands under the table"),
];

const HTML_FIGURES: &[Variable] = &[
    ("figures", "object", "The figures by their ids: `figures[block.id]`"),
    ("figures[].anchor", "text", "Identifier, for links"),
    ("figures[].svg", "markup", "The figure as an SVG element"),
];

/// Every template, in the order of their names.
pub static CATALOGUE: &[Entry] = &[
    Entry {
        name: "numbers.md",
        makes: "numbers.md",
        variables: &[
            GENERATOR,
            &[
                ("title", "text", "Title of the study"),
                ("table", "markup", "Each macro of `numbers.tex` with its value and definition"),
            ],
        ],
    },
    Entry { name: "numbers.tex", makes: "numbers.tex", variables: &[GENERATOR, NUMBERS] },
    Entry {
        name: "numbers.typ",
        makes: "numbers.typ",
        variables: &[GENERATOR, NUMBERS, &[("numbers[].definition", "text", "What the number is")]],
    },
    Entry {
        name: "preamble.tex",
        makes: "preamble.tex",
        variables: &[
            GENERATOR,
            &[
                ("packages", "list of text", "Packages that the tables and `numbers.tex` need"),
                ("tblr", "true or false", "Whether tables are made with the package tabularray"),
                ("decimal_comma", "true or false", "Whether the decimal separator is a comma"),
            ],
        ],
    },
    Entry { name: "report.adoc", makes: "report.adoc", variables: &[GENERATOR, REPORT, ASIDES, TABLE_AS_MARKUP] },
    Entry { name: "report.html", makes: "report.html", variables: &[GENERATOR, REPORT, HTML_TABLE, HTML_FIGURES] },
    Entry { name: "report.md", makes: "report.md", variables: &[GENERATOR, REPORT, ASIDES, TABLE_AS_MARKUP] },
    Entry {
        name: "report.tex",
        makes: "report.tex",
        variables: &[
            GENERATOR,
            REPORT,
            ASIDES,
            &[
                ("sections[].blocks[].table", "markup", "Of a table: the file of its float, without extension"),
                ("cyrillic", "true or false", "Whether the report has Cyrillic letters"),
            ],
        ],
    },
    Entry {
        name: "report.typ",
        makes: "report.typ",
        variables: &[
            GENERATOR,
            REPORT,
            ASIDES,
            &[
                ("sections[].blocks[].table", "object", "Of a table: the table"),
                ("sections[].blocks[].table.path", "text", "File of the figure that holds it, relative to the report"),
            ],
        ],
    },
    Entry {
        name: "script.html",
        makes: "included by report.html",
        variables: &[GENERATOR, REPORT, HTML_TABLE, HTML_FIGURES],
    },
    Entry {
        name: "style.html",
        makes: "included by report.html",
        variables: &[GENERATOR, REPORT, HTML_TABLE, HTML_FIGURES],
    },
    Entry { name: "table-figure.typ", makes: "tables/<id>-figure.typ", variables: &[GENERATOR, CAPTION, TYPST_TABLE] },
    Entry { name: "table-float.tex", makes: "tables/<id>-float.tex", variables: &[GENERATOR, CAPTION, LATEX_TABLE] },
    Entry {
        name: "table-notes.tex",
        makes: "included by table-float.tex",
        variables: &[GENERATOR, CAPTION, LATEX_TABLE],
    },
    Entry {
        name: "table.adoc",
        makes: "tables/<id>.adoc, and in report.adoc",
        variables: &[
            CAPTION,
            &[
                ("label", "markup", "Identifier, for references"),
                ("specification", "markup", "How the columns are aligned, as `cols` takes it"),
                ("rows", "list of markup", "The header and the rows, a line each"),
            ],
        ],
    },
    Entry {
        name: "table.html",
        makes: "included by report.html",
        variables: &[GENERATOR, REPORT, HTML_TABLE, HTML_FIGURES],
    },
    Entry {
        name: "table.md",
        makes: "tables/<id>.md, and in report.md",
        variables: &[
            CAPTION,
            &[("number", "number", "Which it is of the report, from 1"), ("table", "markup", "The table itself")],
        ],
    },
    Entry { name: "table.tex", makes: "tables/<id>.tex", variables: &[GENERATOR, CAPTION, LATEX_TABLE] },
    Entry { name: "table.typ", makes: "tables/<id>.typ", variables: &[GENERATOR, CAPTION, TYPST_TABLE] },
    Entry {
        name: "tabular.tex",
        makes: "included by table.tex and table-float.tex",
        variables: &[GENERATOR, CAPTION, LATEX_TABLE],
    },
];

/// What the page of the templates says before the lists.
const INTRODUCTION: &str = r#"# Templates

Reports are made with these templates. `meshstats templates export DIR` writes them into a directory; change those you
want to change, delete the others, and give the directory with `--templates DIR`: a file that it has replaces the
built-in template of the same name. With `--watch` the report is made again whenever you save one.

This page is made by `meshstats templates variables`.

- **Language.** The templates are in the language of Jinja, as [MiniJinja](https://docs.rs/minijinja) understands it.
  Delimiters are `{{ … }}` for a value, `{% … %}` for a statement and `{# … #}` for a comment; in `.tex` templates
  `\VAR{…}`, `\BLOCK{…}` and `\REM{…}`, which LaTeX editors can read. A statement that stands alone takes its line along.
- **Escaping.** *Text* is escaped for the format that the template's extension names, so that a `_`, `<` or `#` in a
  label comes out as such. *Markup* is inserted as it is.
- **Errors.** A variable that does not exist is an error, as is a value that is no text or number. Nothing is written
  then; the message shows the line and the place.
- **Numbers** arrive as they are printed: templates do no arithmetic and no rounding.
- **Filters** besides those of MiniJinja:
  - `url`: a path as it stands in a link
  - `literal`: text as a string of Typst code, quotes included
  - `tr`: the words of a template in the language of the report
"#;

/// The page that lists the templates and their variables, in Markdown.
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str("\n| template | makes |\n| :--- | :--- |\n");
    for entry in CATALOGUE {
        page.push_str(&format!("| [`{}`](#{}) | {} |\n", entry.name, entry.name.replace('.', ""), entry.makes));
    }
    for entry in CATALOGUE {
        page.push_str(
            &format!("\n## {}\n\nMakes: {}\n", entry.name, entry.makes).replace("Makes: included", "Included"),
        );
        page.push_str("\n| variable | type | meaning |\n| :--- | :--- | :--- |\n");
        for (path, kind, meaning) in entry.variables() {
            page.push_str(&format!("| `{path}` | {kind} | {meaning} |\n"));
        }
    }
    page.replace("<id>", "‹id›")
}

/// Name and source of every built-in template.
pub fn sources() -> &'static [(&'static str, &'static str)] {
    &EMBEDDED
}
