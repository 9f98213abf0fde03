//! One test program, so that the dependencies are linked once.

mod architecture;
mod asciidoc;
mod audit;
mod chromium;
mod compare;
mod corpus;
mod coverage;
mod figures;
mod formats;
mod golden;
mod html;
mod language;
mod latex;
mod methods;
mod panels;
mod program;
mod readme;
mod reconstruct;
mod reference;
mod render;
mod study;
mod table;
mod templates;
mod typst;
mod wrk_script;
