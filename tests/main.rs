//! One test program, so that the dependencies are linked once.

mod architecture;
mod asciidoc;
mod audit;
mod chromium;
mod collect;
mod compare;
mod corpus;
mod coverage;
mod diff;
mod drawings;
mod figures;
mod formats;
mod gate;
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
<<<<<<< HEAD
mod templates;
mod terminal;
mod typst;
mod verify;
=======
mod testbed;
>>>>>>> netns
mod wrk_script;
