//! The catalogue as a table: imported and exported by its editors.

use actix_multipart::Multipart;
use actix_web::{get, http::header, post, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    import::{self, BadRow, ImportReport, TableRow},
    service,
    table::Form,
};
use crate::{
    auth::{Actor, policy},
    db::Tx,
    http::{Answer, Ask, Body, Command, Download, FormFile, Params},
    kernel::{ErrorCode, FieldError, Problem, division_code::DivisionCode},
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(import_table).service(export_table);
}

/// The form of an import.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the form")]
pub struct ImportForm {
    /// CSV in UTF-8 or GB18030, or XLSX; at most 20 MB.
    #[schema(format = "binary", max_length = 20_971_520)]
    file: String,
    /// `true`: take the good rows and report the others; else all or nothing.
    #[schema(max_length = 5, example = "")]
    skip_bad: Option<String>,
}

/// Most rows that a refusal names.
const NAMED: usize = 1_000;

fn refused(bad: Vec<BadRow>) -> Problem {
    let errors = bad.into_iter().take(NAMED).map(|b| {
        let en = format!("Line {}: {}", b.line, b.reason);
        FieldError::body(&format!("/file/{}", b.line), "bad_row", format!("第 {} 行：{}。", b.line, b.reason), en)
    });
    Problem::fields(ErrorCode::RuleViolation, errors.collect())
}

/// 导入目录（import catalogue）
///
/// 上传 CSV（UTF-8 或 GB18030）或 XLSX，按中文表头识别，缺少的列保持原样；逐行报告全部错误和未识别的列（表头与单元格写法见部署说明），导入即发布；默认有一行错误即全部不导入。dry_run=true 只给出报告。
#[utoipa::path(tag = "catalogue", operation_id = "import_service_items", request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "导入结果", body = ImportReport)))]
#[post("/service-items/import")]
async fn import_table(command: Command, form: Multipart) -> Answer {
    let command = command.admit(|actor| policy::may(actor, "service_item", "import")).await?;
    let FormFile { bytes, digest, mut fields } = FormFile::read(form, &["skip_bad"]).await?;
    let skip = match fields.remove("skip_bad").as_deref() {
        Some("true") => true,
        None | Some("" | "false") => false,
        Some(_) => return Err(Problem::parameter("skip_bad", "invalid_value", "skip_bad 应为 true 或 false。", "skip_bad must be true or false.")),
    };
    let import::Read { rows, bad, ignored } = web::block(move || import::read_table(&bytes)).await.map_err(|_| Problem::of(ErrorCode::Internal))?;
    let lenient = skip || command.is_dry();
    let body = Body { value: (rows, bad), digest: format!("{digest} {skip}") };
    command
        .report(body, move |tx: &mut Tx, actor: &Actor, (rows, bad): &(Vec<TableRow>, Vec<BadRow>)| {
            if !policy::may(actor, "service_item", "import") {
                return Err(Problem::of(ErrorCode::Forbidden).into());
            }
            if !lenient && !bad.is_empty() {
                return Err(refused(bad.clone()).into());
            }
            let mut report: ImportReport = import::import_table(tx, actor, rows, false)?;
            report.bad.extend(bad.iter().cloned());
            report.bad.sort_by_key(|b| b.line);
            report.failed = report.bad.len();
            report.ignored_columns.clone_from(&ignored);
            report.bad.truncate(NAMED);
            if lenient || report.failed == 0 { Ok(report) } else { Err(refused(report.bad).into()) }
        })
        .await
}

/// What to export, and how.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// 格式：csv 或 xlsx
    #[param(inline, example = "xlsx")]
    pub format: ExportFormat,
    /// 只导出该行政区划的事项
    #[param(pattern = "^(1[1-9]|[2-7][0-9]|8[0-2])[0-9]{10}$", min_length = 12, max_length = 12, example = "320623000000")]
    pub division_code: Option<String>,
}

/// In which form.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// CSV with BOM.
    Csv,
    /// A workbook.
    Xlsx,
}

/// 导出目录（export catalogue）
///
/// 供编目人员导出已发布的事项；导出的表格可以原样导入，再次导入不产生变化。
#[utoipa::path(tag = "catalogue", operation_id = "export_service_items", params(ExportParams),
    responses((status = 200, description = "表格文件", content((Vec<u8> = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[get("/service-items/export")]
async fn export_table(ask: Ask, params: Params<ExportParams>) -> Answer {
    let ExportParams { format, division_code } = params.0;
    let (form, extension, media) = match format {
        ExportFormat::Csv => (Form::Csv, "csv", "text/csv; charset=utf-8"),
        ExportFormat::Xlsx => (Form::Xlsx, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    };
    if division_code.as_deref().is_some_and(|code| DivisionCode::parse(code).is_err()) {
        return Err(Problem::parameter("division_code", "invalid_value", "应为 12 位行政区划代码。", "A 12-digit division code."));
    }
    let divisions: Vec<String> = division_code.into_iter().collect();
    let bytes = ask.bytes(move |tx, actor| service::export(tx, actor, form, &divisions)).await?;
    Ok(Download { name: &format!("事项目录.{extension}"), media }.answer().insert_header((header::CACHE_CONTROL, "no-store")).body(bytes))
}
