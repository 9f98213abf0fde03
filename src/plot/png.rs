//! SVG → PNG.

use png::{BitDepth, ColorType, Compression, Encoder, PixelDimensions, Unit};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use usvg::roxmltree;

use super::{Format, fonts};
use crate::error::Fault;

pub(super) const FORMAT: Format = Format {
    id: "png",
    label: "PNG of 300 dots an inch, for documents and slides that take nothing else",
    files: |drawn| Ok(vec![("png", png(drawn.svg)?)]),
};

const DOTS_PER_INCH: f32 = 300.0;
const DOTS_PER_METRE: u32 = 11811;

/// Converts a figure that [`svg`](super::svg) drew to pixels, 300 an inch of its physical size, which is written into the
/// file. It is opaque. The same SVG gives the same bytes.
///
/// # Errors
///
/// When the text is not SVG, or has no size.
pub fn png(svg: &str) -> Result<Vec<u8>, Fault> {
    let xml = roxmltree::Document::parse(svg).map_err(fault)?;
    let tree = fonts::tree(&xml, DOTS_PER_INCH).map_err(fault)?;
    let [width, height] = [tree.size().width(), tree.size().height()].map(|dots| dots.round() as u32);
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| fault("it has no size"))?;
    pixels.fill(Color::WHITE);
    // The pixels are whole, the size is not: the drawing is stretched by less than half a pixel.
    let stretch = Transform::from_scale(width as f32 / tree.size().width(), height as f32 / tree.size().height());
    resvg::render(&tree, stretch, &mut pixels.as_mut());
    let opaque: Vec<u8> = pixels.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    let dimensions = PixelDimensions { xppu: DOTS_PER_METRE, yppu: DOTS_PER_METRE, unit: Unit::Meter };
    encoder.set_pixel_dims(Some(dimensions));
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(&opaque).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(bytes)
}

fn fault(why: impl std::fmt::Display) -> Fault {
    Fault::new(format!("the figure cannot be written as PNG: {why}"), "take the SVG, and report this")
}
