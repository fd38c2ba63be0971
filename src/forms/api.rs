//! Official forms over HTTP.

use actix_web::{HttpResponse, get, http::header, post, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    doors::{self, SigningLinkInput},
    links::{self, LinkSignInput, SigningLink, SigningView, Tried},
    service::{self, IssueInput, VoidInput},
    signing::FormSignInput,
    views::{self, FormVerification, FormView, MatterForms},
};
use crate::{
    http::{Answer, Ask, Body, Command, Download, LinkCommand, Named, Nothing, Params, Public, State},
    kernel::Problem,
};

/// Mounts the operations.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(of_matter).service(issue).service(verify).service(fetch).service(pdf).service(sign).service(link).service(void);
    cfg.service(by_link).service(sign_by_link);
}

/// 本件的文书（forms of a matter）
///
/// 本人目前可以出具的文书种类，和可以阅读的已出具文书。转办、联办、指定办理的对方单位可以阅读相应的文书；看本件时个人信息脱敏的，看到的是脱敏件；项目服务经理只看所跟进各件的进度，不看其文书。
#[utoipa::path(tag = "forms", operation_id = "list_forms", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), responses((status = 200, description = "本件的文书", body = MatterForms)))]
#[get("/entrustments/{id}/forms")]
async fn of_matter(ask: Ask, _none: Params<Nothing>) -> Answer {
    ask.view(service::of_matter).await
}

/// 出具文书（issue form）
///
/// 按本件当前的记录出具一份文书；出具后文本固定，附文号、校验码和全文的 SHA-256。同一事项只能有一份有效文书，作废后才能重新出具；重新制定计划的，原计划文书自行作废。办结、签收或者终止之后，申请表、收件凭证、协议和计划仍可出具，标明“补制件”。转办、联办未成立的，不能出具相应文书。转办单、资料交接清单由转出单位出具，指定办理决定书由决定单位出具。一次性告知、中止、续办、准予延期、办结、终止和作出指定办理决定时自动出具相应文书。
#[utoipa::path(tag = "forms", operation_id = "issue_form", params(("id" = String, Path, description = "代办件 id 或编号", max_length = 100)), request_body = IssueInput, responses((status = 201, description = "文书", body = FormView)))]
#[post("/entrustments/{id}/forms")]
async fn issue(command: Command, body: Body<IssueInput>) -> Answer {
    command.create("/api/v1/forms", body, service::issue).await
}

/// 查看文书（form）
///
/// 路径中可用 id，也可用文号。
#[utoipa::path(tag = "forms", operation_id = "get_form", params(("id" = String, Path, description = "文书 id 或文号", max_length = 100)), responses((status = 200, description = "文书", body = FormView)))]
#[get("/forms/{id}")]
async fn fetch(ask: Ask) -> Answer {
    ask.get(doors::fetch).await
}

/// 打印文书（form as PDF）
///
/// A4 版式的 PDF：正文、签章处、已有的签署、校验码和二维码。转办、联办的回执、资料接收核对、送达情况、原件退还情况按当前记录填写，不属于固定的文本。作废的文书每页有“作废”字样；看本件时个人信息脱敏的，得到标明“脱敏件”的复制件。
#[utoipa::path(tag = "forms", operation_id = "print_form", params(("id" = String, Path, description = "文书 id 或文号", max_length = 100)), responses((status = 200, description = "PDF", content((Vec<u8> = "application/pdf")))))]
#[get("/forms/{id}/pdf")]
async fn pdf(ask: Ask, state: web::Data<State>, Named(id): Named, _none: Params<Nothing>) -> Answer {
    let public = state.config.public_url.clone();
    let (name, bytes) = ask.file(move |tx, actor| doors::pdf(tx, actor, &id, &public)).await?;
    Ok(Download { name: &name, media: "application/pdf" }.answer().insert_header((header::CACHE_CONTROL, "no-store")).body(bytes))
}

/// 签署文书（sign form）
///
/// 出具单位、对方单位、决定单位、争议各方和申请人各以本人账号签署自己的一处，不能代签；申请人或见证人线下签字的，由出具单位的工作人员写明凭据登记，扫描件可作为附件上传。接收方、主送方在答复之后才能签署，送达回证写明送达方式和日期之后才能签署。签署委托协议、办结单、终止单即为本件签约、签收、同意终止；终止时仍有原件未退还的，中心逐件写明退还日期或者情况。
#[utoipa::path(tag = "forms", operation_id = "sign_form", params(("id" = String, Path, description = "文书 id 或文号", max_length = 100)), request_body = FormSignInput, responses((status = 200, description = "文书", body = FormView)))]
#[post("/forms/{id}/sign")]
async fn sign(command: Command, body: Body<FormSignInput>) -> Answer {
    command.act(body, doors::sign).await
}

/// 发送签署链接（signing link）
///
/// 给申请人一次性的签署链接和验证码；验证码与文书全文绑定，只答复这一次，由发送链接的工作人员当面告知申请人本人，文书上注明由谁告知。重新发送后，先前的链接失效。“办不成事”反映的文书有几位申请人的，用 place 指明发给谁；在文书上签字不是销号的反馈。不能试运行。
#[utoipa::path(tag = "forms", operation_id = "make_signing_link", params(("id" = String, Path, description = "文书 id 或文号", max_length = 100)), request_body = SigningLinkInput, responses((status = 200, description = "链接和验证码", body = SigningLink)))]
#[post("/forms/{id}/signing-link")]
async fn link(command: Command, body: Body<SigningLinkInput>) -> Answer {
    command.in_earnest()?.act(body, doors::link).await
}

/// 作废文书（void form）
///
/// 作废一份没有人签署过的文书；校验时显示已作废。
#[utoipa::path(tag = "forms", operation_id = "void_form", params(("id" = String, Path, description = "文书 id 或文号", max_length = 100)), request_body = VoidInput, responses((status = 200, description = "文书", body = FormView)))]
#[post("/forms/{id}/void")]
async fn void(command: Command, body: Body<VoidInput>) -> Answer {
    command.act(body, doors::void).await
}

/// What the reader has before them.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VerifyParams {
    /// 纸面上的全文校验值（SHA-256），可不填
    #[serde(default)]
    #[param(min_length = 64, max_length = 64, pattern = "^[0-9A-Fa-f]{64}$")]
    pub hash: Option<String>,
}

/// 校验文书（verify form）
///
/// 公开。凭文书上的校验码（有无连字符、大小写均可）确认文书由本系统出具、是否有效、全文的校验值、各方的签署情况和尚未签署的一方；不含个人信息。转办、联办未成立的，相应文书已作废并说明原因。
#[utoipa::path(tag = "public", operation_id = "verify_form", security(()), params(("id" = String, Path, description = "校验码", max_length = 100, example = "7K3M-Q2XD-9TBF"), VerifyParams), responses((status = 200, description = "校验结果", body = FormVerification)))]
#[get("/forms/verify/{id}")]
async fn verify(state: web::Data<State>, Named(code): Named, params: Params<VerifyParams>) -> Answer {
    let hash = params.0.hash;
    if hash.as_ref().is_some_and(|h| h.len() != 64 || !h.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err(Problem::parameter("hash", "format", "应为 64 位十六进制的校验值。", "64 hexadecimal digits."));
    }
    let found = state.db.read(move |tx| views::verify(tx, &code, hash.as_deref())).await.map_err(crate::db::Error::into_problem)?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(found))
}

/// 阅读待签文书（signing link）
///
/// 公开。凭一次性链接阅读文书全文和校验值；签署之后七日内仍可阅读。
#[utoipa::path(tag = "public", operation_id = "get_signing_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), responses((status = 200, description = "待签文书", body = SigningView)))]
#[get("/signing-links/{id}")]
async fn by_link(public: Public) -> Answer {
    public.fresh(links::by_link).await
}

/// 凭链接签署（sign by link）
///
/// 公开。填写代办中心告知的验证码和所读文书的校验值；链接只能使用一次，五次错误即失效。
#[utoipa::path(tag = "public", operation_id = "sign_by_link", security(()), params(("id" = String, Path, description = "链接中的令牌", max_length = 100)), request_body = LinkSignInput, responses((status = 200, description = "已签署", body = SigningView)))]
#[post("/signing-links/{id}")]
async fn sign_by_link(command: LinkCommand, body: Body<LinkSignInput>) -> Answer {
    command
        .attempt(body, |tx, token, request_id, input| {
            Ok(match links::sign_by_link(tx, token, request_id, input)? {
                Tried::Signed(view) => Ok(view),
                Tried::Wrong(problem) => Err(problem),
            })
        })
        .await
}
