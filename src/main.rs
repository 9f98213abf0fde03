use std::process::ExitCode;

fn main() -> ExitCode {
    meshstats::cli::main()
}
