//! Arguments → config → run.

#[actix_web::main]
async fn main() -> std::process::ExitCode {
    jieli::cli::run().await
}
