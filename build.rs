//! Lists the files under `rules/` and `terminals/` at compile time, so that a rule is one file, a service is one file, and no
//! list has to be kept.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let (mut rows, mut shapes) = (String::new(), String::new());
    for family in sorted(&root.join("rules"))? {
        if !family.is_dir() {
            continue;
        }
        println!("cargo::rerun-if-changed={}", family.display());
        for file in sorted(&family)? {
            let name = |p: &Path| p.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
            if file.extension().is_some_and(|e| e == "yaml") {
                let (family, id) = (name(&family), name(&file));
                if family == "secrets" {
                    writeln!(shapes, "    ({id:?}, include_str!({:?})),", file.display()).map_err(io::Error::other)?;
                    continue;
                }
                writeln!(rows, "    ({:?}, {family:?}, {id:?}, include_str!({:?})),", format!("rules/{family}/{id}.yaml"), file.display())
                    .map_err(io::Error::other)?;
            }
        }
    }
    println!("cargo::rerun-if-changed=terminals");
    let mut services = String::new();
    for file in sorted(&root.join("terminals"))?.into_iter().filter(|f| f.extension().is_some_and(|e| e == "yaml")) {
        let name = file.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        writeln!(services, "    ({name:?}, include_str!({:?})),", file.display()).map_err(io::Error::other)?;
    }
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    let shapes_head = "/// Id and source of every built-in shape file.\nconst EMBEDDED: &[(&str, &str)] = &[\n";
    fs::write(out.join("embedded_shapes.rs"), format!("{shapes_head}{shapes}];\n"))?;
    let services_head = "/// Name and source of every service that is known.\nconst EMBEDDED: &[(&str, &str)] = &[\n";
    fs::write(out.join("embedded_terminals.rs"), format!("{services_head}{services}];\n"))?;
    let head = "/// Path, family, id and source of every built-in rule.\nconst EMBEDDED: &[(&str, &str, &str, &str)] = &[\n";
    fs::write(out.join("embedded_rules.rs"), format!("{head}{rows}];\n"))
}

fn sorted(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(dir)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
