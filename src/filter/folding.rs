//! What `CASEI` and `ACCENTI` make of a text.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::{CodePointMapData, props::GeneralCategory};

/// The voicing marks of kana make other letters of them, as U+0308 does not of `u`.
const KANA_MARKS: [char; 2] = ['\u{3099}', '\u{309A}'];

/// Full case folding of Unicode: texts that differ only in case become the same.
pub fn case_folded(text: &str) -> String {
    CaseMapper::new().fold_string(text).into_owned()
}

/// Without marks that are drawn over or under a letter, then composed (NFC).
pub fn unaccented(text: &str) -> String {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let bare: String = decomposed
        .chars()
        .filter(|c| KANA_MARKS.contains(c) || categories.get(*c) != GeneralCategory::NonspacingMark)
        .collect();
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(&bare)
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_are_lost_and_nothing_else() {
        assert_eq!(case_folded("Straße ΟΔΟΣ"), case_folded("STRASSE οδος"));
        assert_eq!(case_folded("红桥区 A1"), "红桥区 a1");
        assert_eq!(unaccented("Débárquér"), "Debarquer");
        assert_eq!(unaccented("de\u{301}bar"), "debar");
        assert_eq!(unaccented("红桥区 København"), "红桥区 København");
        assert_eq!(unaccented("ガ한"), "ガ한");
    }
}
