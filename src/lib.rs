//! meshstats: from the raw logs of repeated benchmark runs to the statistics, tables and figures of a paper.
//!
//! One pipeline, one direction; each module is a stage, and imports only stages before it:
//! `stats, parse → study, metric → table, claims → audit → analysis, reconstruct, collect → report → render, plot → verify → cli`.

pub mod analysis;
pub mod audit;
pub mod claims;
pub mod cli;
pub mod collect;
pub mod error;
pub mod language;
pub mod latex;
pub mod metric;
pub mod parse;
pub mod plot;
pub mod reconstruct;
pub mod render;
pub mod report;
pub mod run;
pub mod stats;
pub mod study;
pub mod table;
pub mod toml_file;
pub mod verify;
pub mod xml;
