//! A tile's pixels, from PNG or JPEG.

use std::io::Cursor;

use geo::Coord;
use png::{ColorType, Decoder, Limits, Transformations};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::model::Text;

/// Pixels of a side at most.
const MAX_SIDE: u16 = 1_024;
/// With which a PNG file begins (ISO/IEC 15948, 5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// With which a JPEG file begins: start of image, and the first byte of a marker.
const JPEG: &[u8] = b"\xff\xd8\xff";

/// A format of tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

impl Format {
    /// What a file begins as, whatever its sender calls it.
    fn of(bytes: &[u8]) -> Option<Self> {
        let known = [(PNG, Self::Png), (JPEG, Self::Jpeg)];
        let found = known
            .into_iter()
            .find(|(start, _)| bytes.starts_with(start));
        found.map(|(_, format)| format)
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// Pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Pixels across.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Red, green, blue and opacity of each, row by row.
    pub rgba: Vec<u8>,
}

impl Raster {
    /// Reads an image file of at most 1,024 pixels a side.
    ///
    /// # Errors
    /// What would be right where it is none.
    pub fn read(bytes: &[u8]) -> Result<(Self, Format), Text> {
        let format = Format::of(bytes).ok_or_else(|| {
            Text::new(
                "瓦片既不是 PNG 也不是 JPEG",
                "the tile is neither PNG nor JPEG",
            )
        })?;
        let raster = match format {
            Format::Png => read_png(bytes),
            Format::Jpeg => read_jpeg(bytes),
        };
        let raster = raster.map_err(|why| {
            Text::new(
                format!("瓦片无法读取：{why}"),
                format!("the tile can't be read: {why}"),
            )
        })?;
        Ok((raster, format))
    }

    /// Pixels of which nothing is seen.
    #[must_use]
    pub fn empty(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            rgba: vec![0; 4 * width as usize * height as usize],
        }
    }

    /// Sets the pixel in a column and row.
    ///
    /// # Panics
    /// Where there is none.
    pub fn set(&mut self, (column, row): (u32, u32), rgba: [u8; 4]) {
        let at = 4 * (row as usize * self.width as usize + column as usize);
        self.rgba[at..at + 4].copy_from_slice(&rgba);
    }

    /// Lays other pixels over these, from a column and row on.
    ///
    /// # Panics
    /// Where they reach beyond.
    pub fn lay(&mut self, (column, row): (u32, u32), other: &Self) {
        let [wide, own] = [self.width, other.width].map(|width| 4 * width as usize);
        let start = row as usize * wide + 4 * column as usize;
        let rows = self.rgba[start..].chunks_mut(wide);
        for (row, laid) in rows.zip(other.rgba.chunks_exact(own)) {
            row[..own].copy_from_slice(laid);
        }
    }

    /// What is seen at a place, in pixels from the upper left corner: between the middles of pixels
    /// something between, and nothing off the raster.
    #[must_use]
    pub fn at(&self, place: Coord<f64>) -> [u8; 4] {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        if !(0.0..=width).contains(&place.x) || !(0.0..=height).contains(&place.y) {
            return [0; 4];
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a pixel of the raster"
        )]
        let around = |at: f64, size: f64| {
            let at = (at - 0.5).clamp(0.0, size - 1.0);
            let next = (at.floor() + 1.0).min(size - 1.0);
            (at.floor() as usize, next as usize, at - at.floor())
        };
        let (left, right, across) = around(place.x, width);
        let (upper, lower, down) = around(place.y, height);
        let mut colour = [0.0; 3];
        let mut opacity = 0.0;
        for (column, row, weight) in [
            (left, upper, (1.0 - across) * (1.0 - down)),
            (right, upper, across * (1.0 - down)),
            (left, lower, (1.0 - across) * down),
            (right, lower, across * down),
        ] {
            let at = 4 * (row * self.width as usize + column);
            // What is not seen has no colour.
            let weight = weight * f64::from(self.rgba[at + 3]);
            opacity += weight;
            for (sum, channel) in colour.iter_mut().zip(&self.rgba[at..]) {
                *sum += weight * f64::from(*channel);
            }
        }
        if opacity <= 0.0 {
            return [0; 4];
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 255"
        )]
        let byte = |value: f64| value.round().clamp(0.0, 255.0) as u8;
        let [red, green, blue] = colour.map(|sum| byte(sum / opacity));
        [red, green, blue, byte(opacity)]
    }
}

fn read_png(bytes: &[u8]) -> Result<Raster, String> {
    let most = 4 * usize::from(MAX_SIDE) * usize::from(MAX_SIDE);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: 2 * most });
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let (width, height) = reader.info().size();
    if width.max(height) > MAX_SIDE.into() {
        return Err(format!("{width}×{height} > {MAX_SIDE}"));
    }
    let size = reader.output_buffer_size().filter(|size| *size <= most);
    let mut pixels = vec![0; size.ok_or("size")?];
    let frame = reader
        .next_frame(&mut pixels)
        .map_err(|error| error.to_string())?;
    let rgba = match frame.color_type {
        ColorType::Rgba => pixels,
        ColorType::GrayscaleAlpha => pixels
            .chunks_exact(2)
            .flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]])
            .collect(),
        other => return Err(format!("{other:?}")),
    };
    Ok(Raster {
        width,
        height,
        rgba,
    })
}

fn read_jpeg(bytes: &[u8]) -> Result<Raster, String> {
    // Without processors' own instructions the pixels are the same on every machine.
    let options = DecoderOptions::new_safe()
        .set_max_width(MAX_SIDE.into())
        .set_max_height(MAX_SIDE.into())
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let rgba = decoder.decode().map_err(|error| format!("{error:?}"))?;
    let (width, height) = decoder.dimensions().ok_or("size")?;
    let side = |side: usize| u32::try_from(side).map_err(|error| error.to_string());
    let (width, height) = (side(width)?, side(height)?);
    let is_whole = rgba.len() == 4 * width as usize * height as usize;
    is_whole
        .then_some(Raster {
            width,
            height,
            rgba,
        })
        .ok_or_else(|| "size".to_owned())
}
