//! One test program, so that the dependencies are linked once.

mod architecture;
mod audit;
mod collect;
mod compare;
mod corpus;
mod coverage;
mod figures;
mod formats;
mod golden;
mod kind;
mod latex;
mod methods;
mod program;
mod readme;
mod reconstruct;
mod reference;
mod render;
mod study;
mod table;
mod wrk_script;
