//! SVG with its text laid out in the one font that there is.

use std::sync::{Arc, LazyLock};

use usvg::fontdb::{Database, Source};
use usvg::{Error, Options, Tree, roxmltree};

/// What is installed on a machine must not change a figure.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(dejavu::sans::regular())));
    Arc::new(fonts)
});

/// A document whose unit is a dot, of which `dpi` make an inch.
pub(super) fn tree(xml: &roxmltree::Document, dpi: f32) -> Result<Tree, Error> {
    Tree::from_xmltree(xml, &Options { dpi, fontdb: FONTS.clone(), ..Options::default() })
}
