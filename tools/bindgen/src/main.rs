//! Runs wasm-bindgen on one module: `bindgen <input.wasm> <out folder> <name>` writes `<name>.js`, `<name>.d.ts`,
//! `<name>_bg.wasm` and `<name>_bg.wasm.d.ts`. `bindgen --version` prints the version of wasm-bindgen it carries.

use std::path::PathBuf;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [input, folder, name] => match generate(input, folder, name) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("bindgen: {error:?}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!("expected: bindgen <input.wasm> <out folder> <name>");
            ExitCode::from(2)
        }
    }
}

fn generate(input: &str, folder: &str, name: &str) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)?
        .input_path(PathBuf::from(input))
        .out_name(name)
        .typescript(true)
        // `new URL('x_bg.wasm', import.meta.url)` makes bundlers emit a file that nobody loads.
        .omit_default_module_path(true)
        // Names stay: wasm-opt strips them, and until then they tell which function is how large.
        .remove_producers_section(true);
    bindgen.generate(folder)
}
