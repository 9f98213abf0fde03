//! SVG → PDF.

use krilla::configure::{ConfigurationBuilder, PdfVersion};
use krilla::geom::Size;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};
use krilla_svg::{SurfaceExt, SvgSettings};
use usvg::roxmltree;

use super::{Format, fonts};
use crate::error::Fault;

pub(super) const FORMAT: Format =
    Format { id: "pdf", label: "PDF, for LaTeX", files: |drawn| Ok(vec![("pdf", pdf(drawn.svg)?)]) };

/// Converts a figure that [`svg`](super::svg) drew to a PDF of one page of the figure's size. The glyphs that are used
/// are embedded as TrueType; the title and the description become the document's. The same SVG gives the same bytes.
///
/// # Errors
///
/// When the text is not SVG, or asks for what a PDF cannot hold.
pub fn pdf(svg: &str) -> Result<Vec<u8>, Fault> {
    let xml = roxmltree::Document::parse(svg).map_err(fault)?;
    let tree = fonts::tree(&xml, 72.0).map_err(fault)?;
    let size = Size::from_wh(tree.size().width(), tree.size().height()).ok_or_else(|| fault("it has no size"))?;
    // Newer versions make pdfTeX warn when it includes the figure.
    let configuration = ConfigurationBuilder::new()
        .with_version(PdfVersion::Pdf14)
        .finish()
        .map_err(|error| fault(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut page = document.start_page_with(PageSettings::new(size));
    let mut surface = page.surface();
    surface.draw_svg(&tree, size, SvgSettings::default()).ok_or_else(|| fault("it cannot be drawn"))?;
    surface.finish();
    page.finish();
    let element = |name| xml.root_element().children().find(|child| child.has_tag_name(name));
    let content = |name| element(name).and_then(|child| child.text()).unwrap_or_default().to_owned();
    document.set_metadata(Metadata::new().title(content("title")).description(content("desc")));
    document.finish().map_err(fault)
}

fn fault(why: impl std::fmt::Display) -> Fault {
    Fault::new(format!("the figure cannot be written as PDF: {why}"), "take the SVG, and report this")
}
