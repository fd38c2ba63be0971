//! Ledgers over HTTP.

use actix_web::{FromRequest as _, HttpRequest, get, http::header, post, web};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    machine::ExportState,
    running::{Making, pieces},
    service::{self, ExportInput, ExportView},
    writing::LedgerForm,
};
use crate::{
    auth::policy,
    db::Error,
    http::{Answer, Ask, Body, Command, Download, Empty, Filter, FilterKind, List, ListKind, Named, Nothing, Params, State},
    kernel::{Code, ErrorCode, Page, Problem},
};

pub mod kinds;

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(ledgers).service(download).service(list).service(order).service(fetch).service(cancel);
}

/// Rows that are answered at once.
const AT_ONCE: u32 = 100_000;

/// A column of a ledger.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LedgerColumn {
    /// Header.
    #[schema(example = "办件编号")]
    header: &'static str,
    /// Where the list keeps the value: a JSON pointer.
    #[schema(example = "/number")]
    field: &'static str,
}

/// A ledger that the caller may export.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LedgerView {
    /// Code.
    #[schema(example = "entrustments")]
    code: &'static str,
    /// Title.
    #[schema(example = "帮办代办台账")]
    title: &'static str,
    /// The list whose filters and sort it takes.
    #[schema(example = "/api/v1/entrustments")]
    list: &'static str,
    /// Columns, from left to right.
    columns: Vec<LedgerColumn>,
}

/// The ledgers that the caller may export.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Ledgers {
    /// All of them.
    items: Vec<LedgerView>,
}

/// 台账目录（ledgers）
///
/// 列出本人可以导出的台账、各列的中文表头，以及其筛选条件所同的列表。
#[utoipa::path(tag = "ledgers", operation_id = "list_ledgers", responses((status = 200, description = "台账", body = Ledgers)))]
#[get("/ledgers")]
async fn ledgers(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(|_, actor, _| {
        if !policy::may(actor, "export", "create") {
            return Err(Problem::of(ErrorCode::Forbidden).into());
        }
        let may = kinds::LEDGERS.iter().filter(|ledger| policy::may(actor, ledger.resource, "read"));
        let columns = |ledger: &kinds::Ledger| ledger.columns.iter().map(|c| LedgerColumn { header: c.header, field: c.at }).collect();
        let items = may.map(|l| LedgerView { code: l.code, title: l.title, list: l.list, columns: columns(l) }).collect();
        Ok(Ledgers { items })
    })
    .await
}

/// In which form, and what of it.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LedgerParams {
    /// 格式：xlsx 或 csv
    #[param(inline, example = "xlsx")]
    format: LedgerForm,
    /// 筛选和排序，写法同该列表的查询串（整体编码），例如 state=in_progress&sort=due_at；不填为全部
    #[serde(default)]
    #[param(max_length = 2000, example = "state=in_progress")]
    filter: String,
}

/// 导出台账（download ledger）
///
/// 即时生成并下载，最多十万行，更多的请用 /exports。内容与本人在该列表中所见一致，个人姓名、电话和地址一律脱敏；每次导出都记入审计。
#[utoipa::path(tag = "ledgers", operation_id = "download_ledger", params(("id" = String, Path, description = "台账代码", max_length = 100, example = "entrustments"), LedgerParams),
    responses((status = 200, description = "表格文件", content((Vec<u8> = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[get("/ledgers/{id}")]
async fn download(ask: Ask, request: HttpRequest, state: web::Data<State>, named: Named) -> Answer {
    let LedgerParams { format, filter } = Params::extract(&request).await?.0;
    let who = ask.actor();
    let (code, caller, request_id) = (named.0, who.caller(), who.request_id());
    let note = move |tx: &mut crate::db::Tx| {
        let actor = who.load(tx)?;
        let ledger = service::permitted(&actor, &code)?;
        let query = (ledger.query)(&filter)?;
        service::note(tx, &actor, ledger, crate::kernel::Id::new(), "")?;
        Ok((ledger, query))
    };
    let (ledger, query) = state.db.commit(note).await.map_err(Error::into_problem)?;
    let making = Making { ledger, form: format, query, caller, request_id, most: AT_ONCE };
    let made = making.run(&state.db, async |_| Ok(true)).await.map_err(Error::into_problem)?;
    let (file, _) = made.ok_or_else(|| Problem::of(ErrorCode::Internal))?;
    let name = format!("{}.{}", ledger.title, format.code());
    let mut response = Download { name: &name, media: format.media() }.answer();
    Ok(response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(pieces(file).map_err(|e| actix_web::error::ErrorInternalServerError(e.to_string()))))
}

/// The list of exports.
pub struct Exports;
impl ListKind for Exports {
    const FILTERS: &'static [Filter] =
        &[Filter { name: "state", kind: FilterKind::Codes(|| ExportState::ALL.iter().map(|s| s.code()).collect()), doc: "状态" }];
    const SORTS: &'static [&'static str] = &["created_at"];
}

/// 查询导出（exports）
///
/// 本人的台账导出及其进度；文件保留七天。
#[utoipa::path(tag = "ledgers", operation_id = "list_exports", params(List<Exports>), responses((status = 200, description = "一页导出", body = Page<ExportView>)))]
#[get("/exports")]
async fn list(ask: Ask, asked: List<Exports>) -> Answer {
    ask.list(asked.query, service::list).await
}

/// 申请导出（order export）
///
/// 在后台生成，rows 为已生成的行数；可下载后，download 是五分钟内有效的链接，再次查看可取得新的链接。须写明用途，记入审计。每人同时至多五项。
#[utoipa::path(tag = "ledgers", operation_id = "order_export", request_body = ExportInput, responses((status = 201, description = "导出", body = ExportView)))]
#[post("/exports")]
async fn order(command: Command, body: Body<ExportInput>) -> Answer {
    let caller = command.actor().caller();
    command.create("/api/v1/exports", body, move |tx, actor, _, input| service::order(tx, actor, &caller, input)).await
}

/// 查看导出（export）
///
/// 只有申请人本人可见。
#[utoipa::path(tag = "ledgers", operation_id = "get_export", params(("id" = String, Path, description = "导出 id", max_length = 100)), responses((status = 200, description = "导出", body = ExportView)))]
#[get("/exports/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(service::fetch).await
}

/// 取消导出（cancel export）
///
/// 尚未生成完毕的，停止生成。
#[utoipa::path(tag = "ledgers", operation_id = "cancel_export", params(("id" = String, Path, description = "导出 id", max_length = 100)), request_body = Empty, responses((status = 200, description = "导出", body = ExportView)))]
#[post("/exports/{id}/cancel")]
async fn cancel(command: Command, body: Body<Empty>) -> Answer {
    command.act(body, |tx, actor, target, _| service::cancel(tx, actor, target)).await
}
