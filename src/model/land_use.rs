//! What land is for.

use std::str::{FromStr, from_utf8};

use serde::Deserialize;

/// The code of a category of the national classification of land use (《国土空间调查、规划、用途管制
/// 用地用海分类指南》, 自然资发〔2023〕234号): two digits for a class, such as 09, and two more for each
/// level below it, such as 0804.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct LandUse {
    /// ASCII, filled up with zero bytes.
    digits: [u8; 6],
}

impl LandUse {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.digits.iter().position(|digit| *digit == 0);
        from_utf8(&self.digits[..end.unwrap_or(self.digits.len())]).unwrap_or_default()
    }
}

impl FromStr for LandUse {
    type Err = &'static str;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        if !matches!(code.len(), 2 | 4 | 6) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("应为用地分类代码：2、4 或 6 位数字 (a code of 2, 4 or 6 digits)");
        }
        let mut digits = [0; 6];
        digits[..code.len()].copy_from_slice(code.as_bytes());
        Ok(Self { digits })
    }
}

impl TryFrom<String> for LandUse {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        code.parse()
    }
}

impl std::fmt::Debug for LandUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_two_four_or_six_digits() {
        for code in ["09", "0804", "070102"] {
            assert_eq!(code.parse::<LandUse>().unwrap().as_str(), code);
        }
        for wrong in ["", "9", "080", "08040101", "0a", "B1", "０９"] {
            assert!(wrong.parse::<LandUse>().is_err(), "{wrong}");
        }
    }
}
