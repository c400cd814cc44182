//! Carries PROJ's database and the fonts of pictures into the program, so that a moved binary still
//! has them.

use std::{env, fs, path::Path};

/// Where `npm ci` puts Noto Sans SC (SIL Open Font License 1.1).
const FONTS: &str = "web/node_modules/@expo-google-fonts/noto-sans-sc";

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let out = Path::new(&out);
    // `proj-sys` links PROJ and tells its dependents where it installed it.
    let root = env::var("DEP_PROJ_ROOT").expect("proj-sys builds PROJ from source and says where");
    let database = Path::new(&root).join("share/proj/proj.db");
    fs::copy(&database, out.join("proj.db"))
        .unwrap_or_else(|error| panic!("copying {}: {error}", database.display()));
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", database.display());
    for weight in ["400Regular", "500Medium", "700Bold"] {
        let font = Path::new(FONTS).join(format!("{weight}/NotoSansSC_{weight}.ttf"));
        // Where only the service is worked on there may be none; pictures then say so.
        let bytes = fs::read(&font).unwrap_or_default();
        let target = out.join(format!("{weight}.ttf"));
        fs::write(&target, bytes)
            .unwrap_or_else(|error| panic!("writing {}: {error}", target.display()));
        println!("cargo:rerun-if-changed={}", font.display());
    }
}
