//! The address of a picture as a QR code: for a phone that sees the projection, for paper.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};
use tiny_skia::{PathBuilder, Rect};

use super::scene::{Colour, Item};
use crate::model::{Text, shortened};

/// Light modules that a reader wants around the code (ISO/IEC 18004).
const QUIET: i32 = 4;
const DARK: Colour = Colour {
    rgb: [0x14, 0x1c, 0x24],
    opacity: 1.0,
};
const LIGHT: Colour = Colour {
    rgb: [0xff, 0xff, 0xff],
    opacity: 1.0,
};

/// A QR code.
pub struct Code(QrCode);

impl Code {
    /// The code of an address. Of its modules 15 % may be unreadable, as under a fold.
    ///
    /// # Errors
    /// Where it is longer than such a code can hold, about 2,300 bytes.
    pub fn of(address: &str) -> Result<Self, Text> {
        QrCode::encode_text(address, QrCodeEcc::Medium)
            .map(Self)
            .map_err(|_| {
                let address = shortened(address);
                Text::new(
                    format!("地址太长，二维码容不下：{address}"),
                    format!("the address is too long for a QR code: {address}"),
                )
            })
    }

    /// Modules along a side, those of the quiet margin among them.
    #[must_use]
    pub fn modules(&self) -> u16 {
        u16::try_from(self.0.size() + 2 * QUIET).unwrap_or_default()
    }

    /// The code as a picture of its own, in one path.
    #[must_use]
    pub fn svg(&self) -> String {
        let side = self.modules();
        let mut path = String::new();
        self.each_run(|x, y, length| {
            write!(path, "M{x} {y}h{length}v1h-{length}z")
                .expect("a String takes all that is written");
        });
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
             <path fill=\"#141c24\" d=\"{path}\"/></svg>\n"
        )
    }

    /// The code in a square of a sheet. Modules are whole pixels wide where there is room for that,
    /// so that their edges are sharp.
    pub fn draw(&self, items: &mut Vec<Item>, place: Rect) {
        let side = place.width().min(place.height());
        let exact = side / f32::from(self.modules());
        let module = if exact >= 2.0 { exact.floor() } else { exact };
        let margin = (side - module * f32::from(self.modules())) / 2.0;
        let [left, top] = [place.left() + margin, place.top() + margin];
        let mut dark = PathBuilder::new();
        self.each_run(|x, y, length| {
            let [x, y, length] = [x, y, length].map(|count| f32::from(count) * module);
            if let Some(run) = Rect::from_xywh(left + x, top + y, length, module) {
                dark.push_rect(run);
            }
        });
        items.push(Item::Fill(PathBuilder::from_rect(place), LIGHT));
        if let Some(dark) = dark.finish() {
            items.push(Item::Fill(dark, DARK));
        }
    }

    /// Each run of dark modules: how many from the left and the top it begins, and how long it is.
    fn each_run(&self, mut take: impl FnMut(u16, u16, u16)) {
        let size = self.0.size();
        let modules = |count: i32| u16::try_from(count).unwrap_or_default();
        for y in 0..size {
            let mut x = 0;
            while x < size {
                let length = (x..size).take_while(|x| self.0.get_module(*x, y)).count();
                let length = i32::try_from(length).unwrap_or_default();
                if length > 0 {
                    take(modules(x + QUIET), modules(y + QUIET), modules(length));
                }
                x += length + 1;
            }
        }
    }
}
