//! Carries PROJ's database into the program, so that a moved binary still has it.

use std::{env, fs, path::Path};

fn main() {
    // `proj-sys` links PROJ and tells its dependents where it installed it.
    let root = env::var("DEP_PROJ_ROOT").expect("proj-sys builds PROJ from source and says where");
    let database = Path::new(&root).join("share/proj/proj.db");
    let target = Path::new(&env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join("proj.db");
    fs::copy(&database, &target)
        .unwrap_or_else(|error| panic!("copying {}: {error}", database.display()));
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", database.display());
}
